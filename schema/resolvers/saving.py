"""Saving and changing bookmarks: the one place that knows what happens when an address is kept already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from models import Bookmark, PageContent, Placement, kinds
from models import url as urls
from models.queries import bookmarks as queries
from models.rows import BookmarkRow
from schema.auto_tagging import tags_for
from schema.context import Context
from schema.door import Identity
from schema.errors import Conflict, Fault, Invalid, NotFound
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy
from schema.operation import gated, writes, writing
from schema.ports import PageData
from schema.resolvers.addresses import address_columns, check_address
from schema.resolvers.bookmark_rows import before_image, live, read_back_bookmark, store, text_columns
from schema.resolvers.bookmarks import look_up
from schema.resolvers.jobs import ask_scrape
from schema.resolvers.kept_pages import ask_to_keep, has_page
from schema.resolvers.page_contents import ask_for_pictures, keep_content
from schema.resolvers.placing import add_places, live_folders, place_last, replace_places
from schema.resolvers.tagging import add_tags, ensure_tags, own_tags, put_tags, replace_tags
from schema.resolvers.texts import check_tag_names, check_texts
from schema.types.kind import word_of
from schema.unit import Unit

NEW = queries.Kept(None, 0, None)  # what is kept of no address
SAME = timedelta(milliseconds=1)  # moments less apart than this look the same to some clients


@dataclass(slots=True)
class Saved:
    """The bookmark as it is now, and whether it is new."""

    bookmark: BookmarkRow
    created: bool


@gated("bookmarks:write")
async def save(
    ctx: Context,
    draft: BookmarkDraft,
    policy: ConflictPolicy = ConflictPolicy.ERROR,
    *,
    fetch: bool = True,
    snapshot: bool = True,
) -> Saved:
    """Bookmark an address, or do to the one that has it already what the policy says; a note or code is always new.

    Which one that is, is the door's identity; of several the one with the lowest id. It goes into the folders that the
    draft names, a new one into the root unless there are any. With ``fetch`` an empty title or description is taken
    from the page, which is waited for as long as the setting says; what it did not bring by then a job fills in.
    Of a new one a snapshot is taken, and the Internet Archive asked to keep it, if its owner wants that of all; without
    ``snapshot`` no snapshot (LD-NEW-7).

    Raises Invalid for text that cannot be stored, for an address that is missing or not for this door and for a note or
    code of no text, Conflict for policy ERROR, NotFound for a folder and a tag.
    """
    address, columns = check_draft(ctx, draft)
    fetch = fetch and bool(ctx.ports.limits.fetch_timeout) and has_page(address, columns["kind"])
    page = None
    if fetch and not (draft.title and draft.description):  # before the transaction: never wait inside one
        await _check_early(ctx, draft, policy, columns)
        page = await look_up(ctx, address)
    async with writing(ctx) as unit:
        folder_ids = await _check_folders(ctx, draft.folder_ids or [])
        kept = NEW if columns["href_hash"] is None else await _kept(ctx, address, columns["href_hash"])
        if policy is ConflictPolicy.COPY:
            kept = replace(kept, id=None, trashed_id=None)
        if policy is ConflictPolicy.ERROR:
            await _check_free(ctx, kept)
        existing = None if kept.id is None else await Bookmark.get(id=kept.id)
        if existing is None and kept.trashed_id is not None:
            existing = await _revive(unit, kept.trashed_id, kept.free_copy)
            policy = ConflictPolicy.MERGE  # what was in the trash was in nobody's way
        if existing is None:
            id = await _insert(ctx, unit, draft, page, folder_ids, columns | {"copy": kept.free_copy})
            await ask_to_keep(ctx, unit, id, address, columns["kind"], snapshot=snapshot)
        else:
            id = existing.id
            if policy is not ConflictPolicy.RETURN_EXISTING:
                await _update_existing(ctx, unit, existing, draft, page, policy)
                if not folder_ids and not await Placement.exists(bookmark_id=id, deleted_at=None):
                    folder_ids = [ctx.user.root_folder_id]  # it comes out of the trash
                await add_places(ctx, unit, id, folder_ids)
        if fetch and (existing is None or policy is not ConflictPolicy.RETURN_EXISTING):
            await _follow_up(ctx, unit, id, page)
        return Saved(await read_back_bookmark(ctx, id), existing is None)


@writes("bookmarks")
async def update(ctx: Context, id: int, patch: BookmarkPatch, *, drop_unknown_folders: bool = False) -> BookmarkRow:
    """Change what the patch gives. A patch that changes nothing writes nothing, unless the door always touches.

    Raises NotFound, also for a tag and a folder (with ``drop_unknown_folders`` when none of several is known), Invalid
    as ``save``, and Conflict when another bookmark of the owner has the new address: at a door that tells addresses
    apart by linkding's key only for exactly the same text (LD-UPD-6).
    """
    unit = unit_of(ctx)
    bookmark = await live(ctx, id)
    folder_ids = await _check_folders(ctx, patch.folder_ids or [], some=drop_unknown_folders)
    values = await _patched(ctx, bookmark, patch)
    before = await before_image(bookmark)
    tags_changed = await _patch_tags(ctx, unit, bookmark, patch, values.get("url", bookmark.url) or "")
    changed = {name: value for name, value in values.items() if getattr(bookmark, name) != value}
    if "href_hash" in changed:  # what another page said and showed is not this one's
        await PageContent.filter(bookmark_id=id).delete()
        changed |= {"favicon": None, "preview_image": None, "web_archive_url": None}
    moved = patch.folder_ids is not None and await replace_places(ctx, unit, id, folder_ids)
    if changed or tags_changed or moved or ctx.door.always_touches:
        changed["updated_at"] = unit.now
        await store(bookmark, changed)
        unit.record("bookmark", id, "update", before)
    return await read_back_bookmark(ctx, id)


@gated("bookmarks:write")
async def check_known(ctx: Context, id: int) -> None:
    """Pass when a patch could be for this id; for doors that say so before they speak of the patch. Raises NotFound."""
    await live(ctx, id)


def check_draft(ctx: Context, draft: BookmarkDraft) -> tuple[str, dict[str, Any]]:
    """The draft's address, stripped, empty for none, and the columns that follow from it.

    Raises Invalid when it is not one for this kind and door, or a text of the draft cannot be stored or is missing.
    """
    check_texts(
        (("url", draft.url), ("title", draft.title), ("description", draft.description), ("notes", draft.notes))
    )
    check_tag_names(draft.tag_names)
    kind = None if draft.kind is None else word_of(draft.kind)
    address = urls.clean(draft.url or "")
    check_address(ctx, address, kind, "required" if draft.url is None else "blank")
    if kind in kinds.TEXTS and not (draft.title or draft.description):
        raise Invalid(Fault(("description",), "required"))
    return address, address_columns(address, kind)


def unit_of(ctx: Context) -> Unit:
    """The open write; ``@writes`` has opened it."""
    if ctx.unit is None:
        message = "this helper belongs inside a write"
        raise RuntimeError(message)
    return ctx.unit


async def _check_folders(ctx: Context, ids: list[int], *, some: bool = False) -> list[int]:
    """Those of the ids that are the owner's live folders. Raises NotFound unless all are, or at least some."""
    found = await live_folders(ctx.owner_id, ids) if ids else []
    if ids and (not found if some else len(found) < len(set(ids))):
        raise NotFound("folder")
    return found


async def _kept(ctx: Context, address: str, href_hash: str) -> queries.Kept:
    """What is kept of the address already, as this door sees it."""
    trash = ctx.door.trash if ctx.door.revives else queries.NOTHING
    return await queries.kept(ctx.mine(), ctx.door.identity.value, ctx.door.digest(address), href_hash, trash)


async def _check_early(ctx: Context, draft: BookmarkDraft, policy: ConflictPolicy, columns: dict[str, Any]) -> None:
    """Refuse before anybody waits for a page what would be refused afterwards. Raises NotFound and Conflict."""
    if draft.folder_ids:
        await _check_folders(ctx, draft.folder_ids)
    if policy is ConflictPolicy.ERROR:
        await _check_free(ctx, await _kept(ctx, columns["url"], columns["href_hash"]))


async def _check_free(ctx: Context, kept: queries.Kept) -> None:
    """Pass an address that no bookmark has. Raises Conflict."""
    row = None if kept.id is None else await queries.one(ctx.mine(), kept.id)
    if row is not None:
        raise Conflict("bookmark", "url", row.id, uid=row.uid)


async def _revive(unit: Unit, id: int, copy: int) -> Bookmark:
    """Bring a bookmark back out of the trash, into no folder yet."""
    bookmark = await Bookmark.get(id=id)
    unit.record("bookmark", id, "restore", await before_image(bookmark))
    bookmark.deleted_at = None
    bookmark.copy = copy
    await bookmark.save(update_fields=["deleted_at", "copy"])
    return bookmark


async def _insert(
    ctx: Context,
    unit: Unit,
    draft: BookmarkDraft,
    page: PageData | None,
    folder_ids: list[int],
    columns: dict[str, Any],
) -> int:
    """Make a bookmark; ``columns`` are those of its address."""
    address = columns["url"] or ""
    title, description = _texts(ctx, draft, page)
    make_up = None if columns["kind"] in kinds.TEXTS else ctx.door.make_up_title
    made_up = not title and draft.title is None and make_up is not None
    if made_up and make_up is not None:
        title = make_up(address)
    bookmark = await Bookmark.create(
        uid=ctx.ports.clock.uuid(),
        owner_id=unit.owner_id,
        source=ctx.door.source if draft.source is None else word_of(draft.source),
        title=title,
        description=description,
        notes=draft.notes,
        is_title_provisional=made_up,
        is_archived=draft.is_archived,
        is_favorite=draft.is_favorite,
        is_public=draft.is_public,
        read_at=None if draft.to_read else draft.read_at or unit.now,
        created_at=draft.created_at or unit.now,
        updated_at=draft.updated_at or unit.now,
        **columns,
        **text_columns(title, description, address, draft.notes),
    )
    await put_tags(bookmark.id, await _tags(ctx, unit, draft, address))
    await place_last(unit, bookmark.id, _own_folders(ctx, folder_ids) or [ctx.user.root_folder_id])
    unit.record("bookmark", bookmark.id, "create")
    return bookmark.id


async def _update_existing(
    ctx: Context, unit: Unit, existing: Bookmark, draft: BookmarkDraft, page: PageData | None, policy: ConflictPolicy
) -> None:
    """REPLACE is linkding's silent update (LD-DUP-1 to LD-DUP-9); MERGE keeps what the draft leaves out."""
    before = await before_image(existing)
    title, description = _texts(ctx, draft, page)
    tags = await _tags(ctx, unit, draft, existing.url or "")
    if policy is ConflictPolicy.REPLACE:
        await replace_tags(existing.id, tags)
        changes: dict[str, Any] = {
            "title": title,
            "description": description,
            "notes": draft.notes,
            "is_favorite": draft.is_favorite or existing.is_favorite,  # linkding's drafts cannot say that it is none
            "is_public": draft.is_public,
            "read_at": None if draft.to_read else draft.read_at or existing.read_at or unit.now,
        }
    else:
        await add_tags(existing.id, tags)
        made_up = existing.is_title_provisional and not _is_given(ctx, draft.title)
        kept = "" if made_up else existing.title  # a title that a door made up gives way to the page's
        changes = {
            "title": title if _is_given(ctx, draft.title) else kept or title or existing.title,
            "is_title_provisional": made_up and not title,
            "description": description if _is_given(ctx, draft.description) else existing.description or description,
            "notes": draft.notes or existing.notes,
            "is_archived": draft.is_archived or existing.is_archived,
            "is_favorite": draft.is_favorite or existing.is_favorite,
            "is_public": draft.is_public or existing.is_public,
            "read_at": None if draft.to_read else draft.read_at or existing.read_at,
        }
    await store(existing, changes | {"updated_at": unit.now})
    unit.record("bookmark", existing.id, "update", before)


async def _follow_up(ctx: Context, unit: Unit, id: int, page: PageData | None) -> None:
    """Keep what the page said, or ask for it to be read later."""
    if page is None:
        ask_scrape(unit, id)
        return
    await keep_content(unit, id, page)
    ask_for_pictures(ctx, unit, id, page)


def _texts(ctx: Context, draft: BookmarkDraft, page: PageData | None) -> tuple[str, str]:
    """Title and description: those of the draft where it gives them, else the page's."""
    title = draft.title if _is_given(ctx, draft.title) else page.title if page else None
    description = draft.description if _is_given(ctx, draft.description) else page.description if page else None
    return title or "", description or ""


def _is_given(ctx: Context, text: str | None) -> bool:
    return bool(text) or (text is not None and ctx.door.keeps_empty)


def _own_folders(ctx: Context, ids: list[int]) -> list[int]:
    """The folders that a new bookmark goes to; the root is one of them only where it is a folder like others."""
    return [id for id in ids if ctx.door.root_is_folder or id != ctx.user.root_folder_id]


async def _tags(ctx: Context, unit: Unit, draft: BookmarkDraft, address: str) -> list[int]:
    """The draft's tags and the rules'; those come first, so that of two spellings the sender's wins."""
    names = [*tags_for(ctx.user.auto_tagging_rules, address), *draft.tag_names]
    return [*await own_tags(unit, draft.tag_ids or []), *await ensure_tags(ctx, unit, names)]


async def _patched(ctx: Context, bookmark: Bookmark, patch: BookmarkPatch) -> dict[str, Any]:
    """The patch as columns. Raises Invalid and Conflict."""
    texts = {
        name: sent.value for name in ("title", "description", "notes") if (sent := getattr(patch, name)) is not None
    }
    check_texts(((name, text) for name, text in texts.items()))
    values: dict[str, Any] = dict(texts)
    for name in ("is_archived", "is_favorite", "is_public", "created_at"):
        if (sent := getattr(patch, name)) is not None:
            values[name] = sent.value
    if patch.to_read is not None:
        values["read_at"] = None if patch.to_read.value else bookmark.read_at or unit_of(ctx).now
    if patch.read_at is not None:
        values["read_at"] = _moment(bookmark.read_at, patch.read_at.value)
    if patch.url is not None or patch.kind is not None:
        values |= await _moved(ctx, bookmark, patch)
    return values


def _moment(kept: datetime | None, sent: datetime | None) -> datetime | None:
    """What was sent, or what is kept where that looks the same to a client that sends back what it was shown."""
    return kept if kept is not None and sent is not None and abs(kept - sent) < SAME else sent


async def _moved(ctx: Context, bookmark: Bookmark, patch: BookmarkPatch) -> dict[str, Any]:
    """The columns of another address or kind. Raises Invalid for none, Conflict for one that is taken."""
    kind = bookmark.kind if patch.kind is None else word_of(patch.kind.value)
    url = bookmark.url if patch.url is None else patch.url.value
    check_texts((("url", url),))
    address = urls.clean(url or "")
    if address and (address == bookmark.url or (ctx.door.shows_href and urls.href(address) == bookmark.url_href)):
        address = bookmark.url or ""
    else:
        check_address(ctx, address, kind, "required" if url is None else "blank")
    columns = address_columns(address, kind)
    if columns["url"] == bookmark.url and (columns["href_hash"] is None) == (bookmark.href_hash is None):
        return {"kind": columns["kind"]}
    if columns["href_hash"] is None:
        return columns
    others = (
        await Bookmark.of(ctx.owner_id)
        .filter(href_hash=columns["href_hash"])
        .exclude(id=bookmark.id)
        .order_by("id")
        .values_list("id", "url", "copy", "uid")
    )
    for id, other, _, uid in others:
        if ctx.door.identity is Identity.HREF or other == address:
            raise Conflict("bookmark", "url", id, uid=str(uid))
    if columns["href_hash"] != bookmark.href_hash:
        columns["copy"] = max((copy for _, _, copy, _ in others), default=-1) + 1
    return columns


async def _patch_tags(ctx: Context, unit: Unit, bookmark: Bookmark, patch: BookmarkPatch, address: str) -> bool:
    auto = tags_for(ctx.user.auto_tagging_rules, address) if ctx.door.auto_tags_updates else []
    if patch.tag_names is not None or patch.tag_ids is not None:
        names = [] if patch.tag_names is None else patch.tag_names.value
        check_tag_names(names)
        known = await own_tags(unit, patch.tag_ids or [])
        return await replace_tags(bookmark.id, [*known, *await ensure_tags(ctx, unit, [*auto, *names])])
    return await add_tags(bookmark.id, await ensure_tags(ctx, unit, auto)) if auto else False
