"""Handing a library out: as rows for schema/formats, or as one JSON document (``schema/formats/library.py`` reads it).

All stream: what stays in memory is the folders and the ids of the bookmarks, never their texts. A library that is
written to meanwhile is exported with some of those writes; every bookmark is whole.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Final

import orjson

from models import Asset, Bookmark, Bundle, Folder, PageContent, Placement, Tag
from models.asset import COMPLETE
from models.queries import bookmarks as queries
from models.queries.bookmarks import Wanted
from models.queries.build import Mine
from models.queries.window import Order, Slice, Sort
from models.rows import BookmarkRow
from schema.context import Context
from schema.formats.entries import Entry, FolderEntry, Refused
from schema.operation import reads
from schema.ports import Ports
from schema.preferences import Preferences
from schema.resolvers.placing import root_of

CHUNK: Final = 500
PAGES: Final = 50  # bookmarks whose pages are in the memory at once
JSON_FORMAT: Final = 1  # raised when a reader of the old form would go wrong
ALL_ROWS: Final = Slice(2**31 - 1)
OLDEST: Final = Sort(Order.ADDED, descending=False)

Outgoing = Entry | FolderEntry | Refused
Make = Callable[[BookmarkRow, tuple[str, ...]], Entry | Refused]


@dataclass(slots=True)
class _Node:
    """A folder with what is in it: children and bookmarks with their positions."""

    entry: FolderEntry
    items: list[tuple[int, bool, int]] = field(default_factory=list)  # position, is a bookmark, id


@dataclass(frozen=True, slots=True)
class _Link:
    """A bookmark where it stands."""

    path: tuple[str, ...]
    id: int


@reads("bookmarks")
async def outline(ctx: Context, *, of_links: bool = True) -> AsyncGenerator[list[Outgoing], None]:
    """The viewer's live bookmarks in their folders, depth first, each folder in its order; in chunks.

    A bookmark is there once for every folder it is in. In a list of links one without an address cannot stand and is a
    Refused, its id as ``position``; elsewhere bookmarks are told with their kind, source and summary.
    """
    return _outline(ctx, _entry if of_links else _full_entry)


async def _outline(ctx: Context, make: Make) -> AsyncGenerator[list[Outgoing], None]:
    root_id = await root_of(ctx.owner_id)
    nodes = await _nodes(ctx.owner_id, root_id)
    steps = _walk(nodes, root_id)
    while chunk := list(islice(steps, CHUNK)):
        ids = list(dict.fromkeys(step.id for step in chunk if isinstance(step, _Link)))
        rows = {row.id: row for row in await queries.by_ids(ctx.mine(), ids, wanted=OWN)}
        yield [
            make(rows[step.id], step.path) if isinstance(step, _Link) else step
            for step in chunk
            if not isinstance(step, _Link) or step.id in rows  # else deleted meanwhile
        ]


async def _nodes(owner_id: int, root_id: int) -> dict[int, _Node]:
    """The live folders by id; bookmarks whose folders are all gone stand at the end of the root."""
    folders = await Folder.filter(owner_id=owner_id, deleted_at=None).order_by("id")
    by_id = {folder.id: folder for folder in folders}
    paths: dict[int, tuple[str, ...]] = {root_id: ()}
    nodes = {root_id: _Node(FolderEntry(()))}
    below: dict[int, list[Folder]] = {}
    for folder in by_id.values():
        below.setdefault(folder.parent_id or 0, []).append(folder)
    pending = [root_id]
    while pending:
        parent_id = pending.pop()
        for folder in below.get(parent_id, ()):
            paths[folder.id] = (*paths[parent_id], folder.name)
            nodes[folder.id] = _Node(FolderEntry(paths[folder.id], folder.description, folder.created_at))
            nodes[parent_id].items.append((folder.position, False, folder.id))
            pending.append(folder.id)
    places = Placement.filter(folder__owner_id=owner_id, deleted_at=None, bookmark__deleted_at=None)
    placed: set[int] = set()
    for folder_id, position, bookmark_id in await places.values_list("folder_id", "position", "bookmark_id"):
        if folder_id in nodes:
            nodes[folder_id].items.append((position, True, bookmark_id))
            placed.add(bookmark_id)
    for (id,) in await Bookmark.of(owner_id).values_list("id"):
        if id not in placed:
            nodes[root_id].items.append((2**63, True, id))
    for node in nodes.values():
        node.items.sort()
    return nodes


def _walk(nodes: dict[int, _Node], root_id: int) -> Iterator[FolderEntry | _Link]:
    """Folders as they are entered, and bookmarks; without recursion, folders may nest deeply."""
    stack = [(nodes[root_id], iter(nodes[root_id].items))]
    while stack:
        node, items = stack[-1]
        for _, is_bookmark, id in items:
            if is_bookmark:
                yield _Link(node.entry.path, id)
                continue
            yield nodes[id].entry
            stack.append((nodes[id], iter(nodes[id].items)))
            break
        else:
            stack.pop()


def _entry(row: BookmarkRow, folder: tuple[str, ...]) -> Entry | Refused:
    if not row.url:
        return Refused(row.id, f"A {row.kind} without an address cannot stand in a list of links.")
    return Entry(row.url, folder=folder, **_facts(row))


def _full_entry(row: BookmarkRow, folder: tuple[str, ...]) -> Entry:
    return Entry(
        row.url or "",
        folder=folder,
        kind=row.kind,
        source=row.source,
        read_at=row.read_at,
        summary=row.summary,
        **_facts(row),
    )


def _facts(row: BookmarkRow) -> dict[str, Any]:
    return {
        "title": row.title,
        "description": row.description,
        "notes": row.notes,
        "tags": tuple(sorted(row.tag_names)),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "to_read": row.read_at is None,
        "is_archived": row.is_archived,
        "is_public": row.is_public,
        "is_favorite": row.is_favorite,
    }


@reads("bookmarks")
async def library(ctx: Context, files: Files | None = None) -> AsyncGenerator[bytes, None]:
    """The viewer's library as one JSON document, piece by piece, one row a line: what an empty account has again of it.

    ``{"polymark": 1, "exported_at", "tags", "folders", "bundles", "bookmarks"}``: live rows only, with all that people
    made of them and nothing of this server's: no page texts, no pictures, no assets, nothing of the account. Folders
    and bookmarks tell their ``uid``; places name folders by it. Moments are RFC 3339 in UTC.

    With ``files`` it is the part of an archive: bookmarks tell what their pages say and which files they have, there
    is an ``account`` with preferences and rules, and ``files`` learns whose bytes belong beside it.
    """
    return _library(ctx, files)


async def _library(ctx: Context, files: Files | None) -> AsyncGenerator[bytes, None]:
    head: dict[str, Any] = {"polymark": JSON_FORMAT, "exported_at": ctx.ports.clock.now()}
    if files is not None:
        preferences = asdict(Preferences.load(ctx.user.preferences))
        head["account"] = {name: getattr(ctx.user, name) for name in OWN_ACCOUNT} | {"preferences": preferences}
    yield _json(head).removesuffix(b"}")
    tags = await Tag.of(ctx.owner_id).order_by("name_key").values(*TAG_COLUMNS)
    yield b',"tags":[' + b",".join(b"\n" + _json(tag) for tag in tags)
    yield b'\n],"folders":['
    folders = await _reachable(ctx.owner_id)
    uids = {folder["id"]: folder["uid"] for folder in folders}
    rows = [
        {name: folder[name] for name in OWN_FOLDER} | {"parent": uids.get(folder["parent_id"])} for folder in folders
    ]
    yield b",".join(b"\n" + _json(row) for row in rows)
    yield b'\n],"bundles":['
    bundles = await Bundle.filter(owner_id=ctx.owner_id).order_by("position", "id").values(*BUNDLE_COLUMNS)
    yield b",".join(b"\n" + _json(bundle) for bundle in bundles)
    yield b'\n],"bookmarks":['
    separator = b"\n"
    size = CHUNK if files is None else PAGES
    async for chunk in _in_order(ctx):
        for start in range(0, len(chunk), size):
            some = chunk[start : start + size]
            own = await _own(some, uids)
            pieces = [_json(row) for row in (own if files is None else await _with_extras(some, own, files))]
            yield separator + b",\n".join(pieces)
            separator = b",\n"
    yield b"\n]}\n"


async def _in_order(ctx: Context) -> AsyncGenerator[Sequence[BookmarkRow], None]:
    """The oldest first, but those that are one more of an address at the end: takers need the first of it first."""
    found = Bookmark.of(ctx.owner_id).filter(copy__gt=0).order_by("copy", "created_at", "id")
    more = dict(await found.values_list("id", "copy"))
    async for chunk in queries.stream(Mine(ctx.owner_id), queries.EVERYTHING, OLDEST, ALL_ROWS, wanted=OWN):
        yield [row for row in chunk if row.id not in more]
    ids = list(more)
    for start in range(0, len(ids), CHUNK):
        yield await queries.by_ids(ctx.mine(), ids[start : start + CHUNK], wanted=OWN)


async def _with_extras(
    rows: Sequence[BookmarkRow], own: Sequence[dict[str, Any]], files: Files
) -> list[dict[str, Any]]:
    """The same with their pages and files; two statements."""
    ids = [row.id for row in rows]
    assets: dict[int, list[dict[str, Any]]] = {}
    for asset in await Asset.filter(bookmark_id__in=ids).order_by("id").values("bookmark_id", *ASSET_COLUMNS):
        id = asset.pop("bookmark_id")
        if files.take(asset):
            assets.setdefault(id, []).append(asset)
    contents = {
        content.pop("bookmark_id"): content
        for content in await PageContent.filter(bookmark_id__in=ids).values("bookmark_id", *CONTENT_COLUMNS)
    }
    return [
        told
        | {
            "web_archive_url": row.web_archive_url,
            "assets": assets.get(row.id, []),
            "content": contents.get(row.id),
        }
        for row, told in zip(rows, own, strict=True)
    ]


class Files:
    """The files of a library: each name once, in the library's order; how many were left out, or are damaged."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.names: dict[str, None] = {}
        self.unfinished = 0
        self.lost = 0
        self.damaged = 0

    def take(self, asset: dict[str, Any]) -> bool:
        """Whether an asset is told of: it must be complete, and its bytes be there."""
        if asset["status"] != COMPLETE or asset["sha256"] is None:
            self.unfinished += 1
            return False
        if self._ports.files.path(asset["sha256"]) is None:
            self.lost += 1
            return False
        self.names[asset["sha256"]] = None
        return True


async def _reachable(owner_id: int) -> list[dict[str, Any]]:
    """The live folders that hang on the root, which is the first; a live one may be below a deleted one."""
    folders = await Folder.filter(owner_id=owner_id, deleted_at=None).order_by("id").values(*FOLDER_COLUMNS)
    below: dict[int | None, list[dict[str, Any]]] = {}
    for folder in folders:
        below.setdefault(folder["parent_id"], []).append(folder)
    found: list[dict[str, Any]] = []
    pending = below.get(None, [])[:1]
    while pending:
        found += pending
        pending = [child for folder in pending for child in below.get(folder["id"], ())]
    return found


async def _own(rows: Sequence[BookmarkRow], folders: dict[int, Any]) -> list[dict[str, Any]]:
    """Bookmarks as people made them; two statements."""
    ids = [row.id for row in rows]
    copies = await _copies(ids)
    places: dict[int, list[dict[str, Any]]] = {}
    found = Placement.filter(bookmark_id__in=ids, deleted_at=None).order_by("folder_id", "id")
    for place in await found.values("bookmark_id", "folder_id", "position", "created_at"):
        folder = folders.get(place.pop("folder_id"))
        if folder is not None:
            places.setdefault(place.pop("bookmark_id"), []).append({"folder": folder} | place)
    return [
        {name: getattr(row, name) for name in OWN_BOOKMARK}
        | {"copy": copies.get(row.id, 0), "tags": sorted(row.tag_names), "places": places.get(row.id, [])}
        for row in rows
    ]


async def _copies(ids: Sequence[int]) -> dict[int, int]:
    """The numbers of those bookmarks that are one more of the same address."""
    return dict(await Bookmark.filter(id__in=list(ids), copy__gt=0).values_list("id", "copy"))


TAG_COLUMNS = ("name", "color", "created_at", "updated_at")
FOLDER_COLUMNS = (
    "id", "uid", "parent_id", "name", "description", "color", "icon", "position", "created_at", "updated_at",
)  # fmt: skip
BUNDLE_COLUMNS = (
    "name", "search", "any_tags", "all_tags", "excluded_tags", "filter_unread", "filter_shared", "position",
    "created_at", "updated_at",
)  # fmt: skip
OWN_ACCOUNT = ("username", "auto_tagging_rules", "enable_sharing", "enable_public_sharing")
OWN = Wanted(summary=True)
OWN_FOLDER = ("uid", "name", "description", "color", "icon", "position", "created_at", "updated_at")
OWN_BOOKMARK = (
    "uid", "kind", "source", "url", "title", "description", "notes", "summary", "is_title_provisional", "is_archived",
    "is_favorite", "is_public", "read_at", "click_count", "created_at", "updated_at",
)  # fmt: skip
ASSET_COLUMNS = ("kind", "status", "content_type", "display_name", "size", "sha256", "encoding", "created_at")
CONTENT_COLUMNS = ("text", "html", "author", "site_name", "language", "published_at", "fetched_at")


def _json(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
