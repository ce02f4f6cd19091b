"""The steps of moving over from a linkding: read it, take it in, fetch its files, look whether all is here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from schema.context import Context
from schema.errors import NotFound, TooLarge
from schema.formats import linkding
from schema.formats.entries import Refused
from schema.formats.linkding import COMPLETE, AssetEntry, BundleEntry
from schema.resolvers import moving_over, moving_over_assets, moving_over_bundles
from schema.resolvers.import_run import Trouble
from schema.resolvers.moving_over import Crossing, Difference
from schema.resolvers.moving_over_assets import KeptAsset
from schema.resolvers.moving_over_bundles import BundleTally
from server.outside.linkding import CONNECTIONS, Gone, Linkding, LinkdingFailed
from server.outside.linkding_rows import Rows

T = TypeVar("T")

READINGS: Final = 3  # of a library that changes while it is read
FAILURES: Final = 5  # files in a row; after these the server itself is in trouble
LISTS: Final = ("bookmarks/", "bookmarks/archived/")


class Told(Protocol):
    """Who is told how it goes."""

    def step(self, name: str, total: int | None) -> None:
        """Something begins that has so many parts."""

    def advance(self, number: int = 1) -> None:
        """So many of them are done."""

    def trouble(self, trouble: Trouble) -> None:
        """A row was refused or mended."""

    def note(self, text: str) -> None:
        """A line for the person."""

    def difference(self, difference: Difference) -> None:
        """Something is not here as linkding says."""


@dataclass(slots=True)
class Outcome:
    """What became of everything."""

    run: Crossing = field(default_factory=Crossing)
    bundles: BundleTally = field(default_factory=BundleTally)
    tags: int = 0
    refused: set[int] = field(default_factory=set)
    fetched: int = 0
    fetched_bytes: int = 0
    there: int = 0
    skipped: int = 0
    failed: int = 0
    differences: int = 0
    on_purpose: int = 0
    here_only: int = 0
    has_changed: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether everything of linkding's is here, as far as it was not changed here since."""
        return not self.refused and not self.failed and self.differences == self.on_purpose and not self.has_changed


class Steps:
    """One pass over a linkding. Every step raises LinkdingFailed, and Problems of what is here."""

    def __init__(self, ctx: Context, source: Linkding, rows: Rows, told: Told) -> None:
        self._ctx = ctx
        self._source = source
        self._rows = rows
        self._told = told
        self._bundles: list[BundleEntry] = []
        self._fetched: list[tuple[AssetEntry, KeptAsset]] = []
        self._passed_over: dict[int, str] = {}  # why an asset was not fetched, by linkding's id
        self._failures = 0
        self._print: list[object] = []
        self.outcome = Outcome()

    async def take_all(self) -> Outcome:
        """Read, take in, fetch, and look whether all is here."""
        await self._read_bookmarks()
        await self._read_tags()
        await self._read_bundles()
        await self._take_in()
        await self._list_assets()
        await self._fetch_assets()
        await self._compare()
        self.outcome.has_changed |= self._print != await self._fingerprint()
        return self.outcome

    async def _read_bookmarks(self) -> None:
        """All bookmarks of both lists, from one moment: when they change meanwhile they are read anew."""
        for _ in range(READINGS):
            self._rows.forget_bookmarks()
            self._print = await self._fingerprint()
            if await self._read_lists() and self._print == await self._fingerprint():
                return
        raise LinkdingFailed("its bookmarks change while they are read, or it miscounts them; try again later")

    async def _read_lists(self) -> bool:
        """Read both lists; whether there were as many as it says."""
        expected = 0
        for path in LISTS:
            total = 0
            async for page in self._source.pages(path, linkding.Bookmark, sort="added_asc"):
                if total != page.count:
                    total = page.count
                    self._told.step("Reading bookmarks", expected + total)
                    self._told.advance(self._rows.count())
                archived = path != LISTS[0]
                fresh = self._rows.put_bookmarks(
                    [linkding.read_bookmark(row, archived=archived) for row in page.results]
                )
                self._told.advance(fresh)
                if page.results and not fresh:  # it repeats itself, or much has moved
                    return False
            expected += total
        return self._rows.count() == expected

    async def _fingerprint(self) -> list[object]:
        """What is another when something was made, changed or deleted."""
        found: list[object] = []
        for path in LISTS:
            page = await self._source.glimpse(path, linkding.Bookmark, sort="modified_desc")
            found += [page.count, [(row.id, row.date_modified) for row in page.results[:1]]]
        return found

    async def _read_tags(self) -> None:
        self._told.step("Reading tags", None)
        async for page in self._source.pages("tags/", linkding.Tag):
            for tag, remarks in map(linkding.read_tag, page.results):
                for remark in remarks:
                    self._told.trouble(remark)
                if tag is not None:
                    self._rows.put_tags([tag])

    async def _read_bundles(self) -> None:
        """The bundles; older releases have none."""
        seen: dict[int, BundleEntry] = {}
        try:
            async for page in self._source.pages("bundles/", linkding.Bundle):
                for bundle, remarks in map(_usable(linkding.read_bundle), page.results):
                    seen[bundle.position] = bundle
                    for remark in remarks:
                        self._told.trouble(remark)
        except Gone:
            self._told.note("This linkding has no bundles yet: there are none to take over.")
        self._bundles = sorted(seen.values(), key=lambda bundle: (bundle.order, bundle.position))

    async def _take_in(self) -> None:
        run, outcome = self.outcome.run, self.outcome
        for trouble in self._rows.troubles():
            self._told.trouble(trouble)
            if isinstance(trouble, Refused):
                outcome.refused.add(trouble.position)
        self._told.step("Taking in tags", None)
        for tags in self._rows.tags():
            await moving_over.take_tags(self._ctx, run, tags)
            outcome.tags += len(tags)
        self._told.step("Taking in bookmarks", self._rows.count())
        for entries in self._rows.bookmarks():
            for trouble in await moving_over.take_bookmarks(self._ctx, run, entries):
                self._told.trouble(trouble)
                if isinstance(trouble, Refused):
                    outcome.refused.add(trouble.position)
            self._told.advance(len(entries))
        if self._bundles:
            outcome.bundles = await moving_over_bundles.take_bundles(self._ctx, self._bundles)

    async def _list_assets(self) -> None:
        """What assets there are; older releases have none."""
        ids = iter(sorted(self.outcome.run.placed))
        self._told.step("Listing files", len(self.outcome.run.placed))
        first = next(ids, None)
        if first is None:
            return
        if not await self._list_assets_of(first):
            self._told.note("This linkding has no files of bookmarks yet: there are none to take over.")
            return

        async def list_others(id: int) -> None:
            if not await self._list_assets_of(id):
                raise LinkdingFailed(f"it knows nothing of the files of bookmark {id}, and of those of others it does")

        await _each(ids, list_others)

    async def _list_assets_of(self, bookmark_id: int) -> bool:
        """Whether it knows of assets at all."""
        try:
            async for page in self._source.pages(f"bookmarks/{bookmark_id}/assets/", linkding.Asset):
                for asset, remarks in (_usable(linkding.read_asset)(row, "") for row in page.results):
                    self._rows.put_assets(bookmark_id, [asset])
                    for remark in remarks:
                        self._told.trouble(remark)
        except Gone as gone:
            if not gone.is_json:
                return False
            self._told.note(f"Bookmark {bookmark_id} of linkding has gone meanwhile.")
            self.outcome.has_changed = True
        self._told.advance()
        return True

    async def _fetch_assets(self) -> None:
        """Fetch what is not here yet."""
        outcome, placed = self.outcome, self.outcome.run.placed
        self._told.step("Fetching files", None)
        for batch in self._rows.assets():
            wanted = {placed[id]: self._complete(id, assets) for id, assets in batch.items()}
            missing = await moving_over_assets.missing_assets(self._ctx, wanted)
            outcome.there += sum(map(len, wanted.values())) - sum(map(len, missing.values()))
            source_ids = {placed[id]: id for id in batch}
            await _each(
                iter([(source_ids[here], here, asset) for here, assets in missing.items() for asset in assets]),
                lambda one: self._fetch(*one),
            )

    def _complete(self, bookmark_id: int, assets: list[AssetEntry]) -> list[AssetEntry]:
        """Those that have bytes; a line for each that has none."""
        for asset in assets:
            if asset.status != COMPLETE:
                self._skip(bookmark_id, asset, f"it is not complete there ({asset.status})")
                self.outcome.skipped += 1
        return [asset for asset in assets if asset.status == COMPLETE]

    async def _fetch(self, bookmark_id: int, here: int, asset: AssetEntry) -> None:
        ctx = Context(self._ctx.ports, self._ctx.door, self._ctx.viewer)  # several write at the same time

        async def once() -> KeptAsset:
            async with self._source.download(bookmark_id, asset) as chunks:
                return await moving_over_assets.keep_asset(ctx, self.outcome.run, here, asset, chunks)

        try:
            kept = await self._source.patiently(once)
        except TooLarge as error:
            self._skip(bookmark_id, asset, f"it is larger than POLYMARK_MAX_ASSET_SIZE allows ({error.limit} bytes)")
            self.outcome.failed += 1
        except Gone:
            self._skip(bookmark_id, asset, "its file is not there")
            self.outcome.failed += 1
        except NotFound:
            self._skip(bookmark_id, asset, "its bookmark was deleted here meanwhile")
            self.outcome.failed += 1
        except LinkdingFailed as error:
            self._failures += 1
            if self._failures >= FAILURES:
                raise
            self._skip(bookmark_id, asset, str(error))
            self.outcome.failed += 1
        else:
            self._failures = 0
            self._fetched.append((asset, kept))
            self.outcome.fetched += 1
            self.outcome.fetched_bytes += kept.size
        self._told.advance()

    def _skip(self, bookmark_id: int, asset: AssetEntry, reason: str) -> None:
        self._told.note(f"file {asset.position} of bookmark {bookmark_id} ({asset.display_name}): left out: {reason}")
        self._passed_over[asset.position] = reason

    async def _compare(self) -> None:
        """Read back what is here and hold it against what linkding said."""
        outcome, placed = self.outcome, self.outcome.run.placed
        self._told.step("Comparing", self._rows.count())
        for entries in self._rows.bookmarks():
            taken = [entry for entry in entries if entry.position not in outcome.refused]
            self._differ(await moving_over.compare_bookmarks(self._ctx, outcome.run, taken))
            self._told.advance(len(entries))
        for tags in self._rows.tags():
            self._differ(await moving_over.compare_tags(self._ctx, tags))
        self._differ(await moving_over_bundles.compare_bundles(self._ctx, self._bundles, outcome.bundles.kept))
        for batch in self._rows.assets():
            wanted = {
                placed[id]: [one for one in assets if one.position not in self._passed_over]
                for id, assets in batch.items()
            }
            for missing in (await moving_over_assets.missing_assets(self._ctx, wanted)).values():
                self._differ(Difference("file", one.position, one.display_name, ("missing",)) for one in missing)
        for asset, kept_asset in self._fetched:
            if not await moving_over_assets.is_whole(self._ctx, kept_asset):
                self._differ([Difference("file", asset.position, asset.display_name, ("bytes",))])
        outcome.here_only = await moving_over.count_here(self._ctx) - len(set(placed.values()))

    def _differ(self, differences: Iterable[Difference]) -> None:
        for difference in differences:
            self.outcome.differences += 1
            self.outcome.on_purpose += bool(difference.reason)
            self._told.difference(difference)


async def _each(items: Iterator[T], work: Callable[[T], Awaitable[Any]]) -> None:
    """Do the work for each item, for a few of them at the same time; the first failure ends all."""

    async def go_on() -> None:
        for item in items:
            await work(item)

    tasks = [asyncio.create_task(go_on()) for _ in range(CONNECTIONS)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _usable(read: Callable[..., T]) -> Callable[..., T]:
    """The reader, whose ValueError is the server's fault."""

    def reading(*arguments: Any) -> T:
        try:
            return read(*arguments)
        except ValueError as error:
            raise LinkdingFailed(f"its answer is not a linkding's: {error}") from None

    return reading
