"""What hangs on the bookmarks of a batch of an import: files, and what their pages say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from models import Asset, PageContent
from models.asset import COMPLETE
from schema.context import Context
from schema.formats.entries import Entry, FileEntry, PageEntry
from schema.ports import StoredFile
from schema.resolvers.import_run import Run
from schema.resolvers.import_targets import Target
from schema.resolvers.placing import BATCH
from schema.unit import Unit

PAGES: Final = 50  # of one statement: each may be long


class Extras:
    """A file is there already where the bookmark has one of its kind, name and bytes; as often as the library has it.

    A page's text is there already where the bookmark has any.
    """

    def __init__(self, ctx: Context, unit: Unit, run: Run) -> None:
        self._ctx = ctx
        self._unit = unit
        self._run = run
        self._kept: dict[int, Counter[tuple[str, str, str]]] = {}
        self._known: set[int] = set()
        self._read: set[int] = set()
        self._files: list[tuple[Target, FileEntry, StoredFile]] = []
        self._pages: dict[Target, PageEntry] = {}

    async def load(self, entries: Sequence[Entry], targets: Iterable[Target]) -> None:
        """Read what the stored bookmarks have: two statements, none where the batch brings nothing."""
        ids = sorted({target.bookmark.id for target in targets if not target.is_new})
        if ids and any(entry.files for entry in entries):
            columns = ("id", "bookmark_id", "kind", "display_name", "sha256")
            for id, bookmark_id, *key in await Asset.filter(bookmark_id__in=ids).values_list(*columns):
                self._known.add(id)
                self._kept.setdefault(bookmark_id, Counter())[str(key[0]), str(key[1]), str(key[2])] += 1
        if ids and any(entry.page for entry in entries):
            self._read = {id for (id,) in await PageContent.filter(bookmark_id__in=ids).values_list("bookmark_id")}

    def add(self, target: Target, entry: Entry) -> bool:
        """Note what the bookmark lacks of the entry's. Says whether it lacks anything."""
        fresh = False
        kept = Counter(None if target.is_new else self._kept.get(target.bookmark.id))
        kept.update((file.kind, file.display_name, file.sha256) for one, file, _ in self._files if one is target)
        for file in entry.files:
            stored = self._run.shelf.get((file.sha256, file.encoding))
            key = file.kind, file.display_name, file.sha256
            if stored is None:
                continue
            if kept[key]:
                kept[key] -= 1
                continue
            self._files.append((target, file, stored))
            fresh = True
        is_read = target in self._pages or (not target.is_new and target.bookmark.id in self._read)
        if entry.page is not None and not is_read:
            self._pages[target] = entry.page
            fresh = True
        return fresh

    async def store(self) -> None:
        """Write it: after the bookmarks, for their ids."""
        if self._files:
            await Asset.bulk_create(
                [
                    Asset(
                        bookmark_id=target.bookmark.id,
                        kind=file.kind,
                        status=COMPLETE,
                        content_type=file.content_type,
                        display_name=file.display_name,
                        size=stored.size,
                        sha256=stored.sha256,
                        encoding=stored.encoding,
                        created_at=file.created_at or self._unit.now,
                    )
                    for target, file, stored in self._files
                ],
                batch_size=BATCH,
            )
            having = sorted({target.bookmark.id for target, _, _ in self._files})
            for (id,) in await Asset.filter(bookmark_id__in=having).order_by("id").values_list("id"):
                if id not in self._known:
                    self._unit.record("asset", id, "create")
            self._run.tally.files += len(self._files)
        if self._pages:
            await PageContent.bulk_create(
                [
                    PageContent(
                        bookmark_id=target.bookmark.id,
                        text=page.text,
                        html=page.html if page.is_clean else "",
                        author=page.author,
                        site_name=page.site_name,
                        language=page.language,
                        published_at=page.published_at,
                        fetched_at=page.fetched_at or self._unit.now,
                    )
                    for target, page in self._pages.items()
                ],
                batch_size=PAGES,
            )
