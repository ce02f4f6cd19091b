"""Tags: lists with counts, one, and what changes them."""

from __future__ import annotations

from collections.abc import Sequence

from strawberry import Maybe, Some

from models import BookmarkTag, Change, Tag
from models.queries import tags as queries
from models.queries.tags import TagOrder
from models.rows import TagRow
from models.text import tag_key
from schema.context import Context
from schema.errors import Conflict, Fault, Invalid, NotFound
from schema.events import remember_tag
from schema.operation import reads, writes
from schema.page import FIRST, Page, Window, cut
from schema.resolvers.saving import unit_of
from schema.resolvers.tagging import make_tags
from schema.resolvers.texts import Shown, check_color, check_tag_names, check_texts, exactly, known_ids


@reads("tags")
async def find(
    ctx: Context,
    window: Window = FIRST,
    *,
    order: TagOrder = TagOrder.ID,
    descending: bool = False,
    counts: bool = False,
    search: str = "",
) -> Page[TagRow]:
    """A page of the viewer's tags, used or not; ``counts``: with how many live bookmarks that the door can show.

    Raises Invalid for a ``search`` that no database could compare.
    """
    check_texts((("search", search),))
    rows = await queries.page(
        ctx.owner_id,
        window.slice(extra=1),
        order=order,
        descending=descending,
        counts=ctx.mine() if counts else None,
        search=search,
    )
    items, has_next, has_previous = cut(rows, window)

    async def count() -> int:
        return await queries.count(ctx.owner_id, search=search)

    return Page(items, has_next, has_previous, count)


@reads("tags")
async def every(ctx: Context) -> list[TagRow]:
    """All the viewer's tags, used or not, counted as in ``find``: for doors that list them whole."""
    return await queries.every(ctx.owner_id, counts=ctx.mine())


@reads("tags")
async def get(ctx: Context, id: int, *, counts: bool = False) -> TagRow:
    """One of the viewer's tags. Raises NotFound, for a foreign one too."""
    row = await queries.one(ctx.owner_id, id, counts=ctx.mine() if counts else None)
    if row is None:
        raise NotFound("tag")
    return row


@reads("tags")
async def named(ctx: Context, name: str) -> TagRow | None:
    """The viewer's tag of that name, without regard to case, or None. Raises Invalid for bad text."""
    check_texts((("name", name),))
    return await queries.by_name(ctx.owner_id, name.strip())


@reads("tags")
async def used(ctx: Context) -> list[TagRow]:
    """The tags of the viewer's live bookmarks that the door can show, counted, the most used first (NC section 7)."""
    return await queries.used(ctx.mine())


@reads("tags")
async def get_many(ctx: Context, ids: Sequence[int], *, counts: bool = False) -> list[TagRow]:
    """Those of the ids that are the viewer's tags, in their order. Raises Invalid for more than 500."""
    return await queries.by_ids(ctx.owner_id, known_ids(ids), counts=ctx.mine() if counts else None)


@writes("tags")
async def create(ctx: Context, name: str, color: str | None = None) -> tuple[TagRow, bool]:
    """Make a tag; one of that name, without regard to case, is returned unchanged. Tells whether it is new.

    Raises Invalid for an empty name, one over 255 characters, bad text, or a colour that is not ``#rgb``,
    ``#rrggbb`` or ``#rrggbbaa``.
    """
    name = _checked_name(name)
    check_color(color)
    existing = await queries.by_name(ctx.owner_id, name)
    if existing is not None:
        return existing, False
    made = await make_tags(ctx, unit_of(ctx), {tag_key(name): name})
    id = made[tag_key(name)]
    if color is not None:
        await Tag.filter(id=id).update(color=color)
    return await _read_back(ctx, id), True


@writes("tags")
async def rename(ctx: Context, id: int, name: str) -> TagRow:
    """Give the tag another name, at every bookmark that has it.

    Raises NotFound, Invalid as ``create``, and Conflict when another tag has that name (merge the two instead).
    """
    return await _update(ctx, id, name=Some(name))


@writes("tags")
async def update(
    ctx: Context,
    id: int,
    *,
    name: Maybe[str] = None,
    color: Maybe[str | None] = None,
    shown: Shown = exactly,
) -> TagRow:
    """Give the tag another name, another colour or both, in one change. Raises as ``rename``.

    ``shown`` is how the door's clients see colours, where they do not see all: a tag that looks so already keeps its
    own.
    """
    return await _update(ctx, id, name=name, color=color, shown=shown)


@writes("tags")
async def rename_spelled(ctx: Context, spelling: str, name: str) -> None:
    """Give the tag of exactly that spelling another name; a tag that has it already takes over its bookmarks.

    Without such a tag nothing happens, and nothing to one that is called so (NC section 7). Raises Invalid as
    ``create``.
    """
    name = _checked_name(name)
    tag = await _spelled(ctx, spelling)
    if tag is None or tag.name == name:
        return
    other = await queries.by_name(ctx.owner_id, name)
    if other is None or other.id == tag.id:
        await _change(ctx, tag, name=name, name_key=tag_key(name))
    else:
        await merge(ctx, [tag.id], other.id)


@writes("tags")
async def recolor(ctx: Context, id: int, color: str | None) -> TagRow:
    """Give the tag a colour, or none. Raises NotFound, and Invalid as ``create``."""
    return await _update(ctx, id, color=Some(color))


@writes("tags")
async def merge(ctx: Context, sources: Sequence[int], target: int) -> TagRow:
    """Put the target on every bookmark that has one of the sources, then delete the sources.

    Raises NotFound when any of them is not the viewer's; then nothing changes.
    """
    unit = unit_of(ctx)
    await _own(ctx, target)
    wanted = list(dict.fromkeys(id for id in sources if id != target))
    if len(known_ids(wanted)) != len(wanted):
        raise NotFound("tag")
    tags = await Tag.of(ctx.owner_id).filter(id__in=wanted) if wanted else []
    if len(tags) != len(wanted):
        raise NotFound("tag")
    if wanted:
        having = await BookmarkTag.filter(tag_id__in=wanted).distinct().values_list("bookmark_id", flat=True)
        present = set(await BookmarkTag.filter(tag_id=target).values_list("bookmark_id", flat=True))
        missing = [BookmarkTag(bookmark_id=id, tag_id=target) for id in having if id not in present]
        await BookmarkTag.bulk_create(missing, batch_size=1000)
    for tag in tags:
        await _erase(ctx, tag)
    unit.record("tag", target, "merge", {"sources": wanted})
    return await _read_back(ctx, target)


@writes("tags")
async def delete(ctx: Context, id: int) -> None:
    """Delete the tag; it leaves all bookmarks, which do not count as changed (LD-TAG-6). Raises NotFound."""
    await _erase(ctx, await _own(ctx, id))


@writes("tags")
async def delete_spelled(ctx: Context, spelling: str) -> None:
    """Delete the tag of exactly that spelling, if there is one (NC section 7). Raises Invalid for bad text."""
    tag = await _spelled(ctx, spelling)
    if tag is not None:
        await _erase(ctx, tag)


async def _erase(ctx: Context, tag: Tag) -> None:
    unit = unit_of(ctx)
    row = TagRow(tag.id, tag.name, tag.color, str(tag.uid), tag.created_at, tag.updated_at)
    remember_tag(unit, row)
    await Tag.filter(id=tag.id).delete()
    await Change.filter(owner_id=unit.owner_id, entity="tag", entity_id=tag.id).update(before=None)
    unit.record("tag", tag.id, "delete")


async def _update(
    ctx: Context, id: int, *, name: Maybe[str] = None, color: Maybe[str | None] = None, shown: Shown = exactly
) -> TagRow:
    spelling = None if name is None else _checked_name(name.value)
    if color is not None:
        check_color(color.value)
    tag = await _own(ctx, id)
    values: dict[str, str | None] = {}
    if spelling is not None and spelling != tag.name:
        other = await queries.by_name(ctx.owner_id, spelling)
        if other is not None and other.id != id:
            raise Conflict("tag", "name", other.id, uid=other.uid)
        values |= {"name": spelling, "name_key": tag_key(spelling)}
    if color is not None and shown(color.value) != shown(tag.color):
        values["color"] = color.value
    if values:
        await _change(ctx, tag, **values)
    return await _read_back(ctx, id)


async def _change(ctx: Context, tag: Tag, **values: str | None) -> None:
    unit = unit_of(ctx)
    unit.record("tag", tag.id, "update", {"name": tag.name, "color": tag.color})
    await Tag.filter(id=tag.id).update(**values, updated_at=unit.now)


async def _own(ctx: Context, id: int) -> Tag:
    ids = known_ids([id])
    tag = await Tag.of(ctx.owner_id).get_or_none(id=ids[0]) if ids else None
    if tag is None:
        raise NotFound("tag")
    return tag


async def _spelled(ctx: Context, spelling: str) -> Tag | None:
    check_texts((("name", spelling),))
    spelling = spelling.strip()
    return await Tag.of(ctx.owner_id).get_or_none(name_key=tag_key(spelling), name=spelling)


async def _read_back(ctx: Context, id: int) -> TagRow:
    row = await queries.one(ctx.owner_id, id, counts=ctx.mine())
    if row is None:
        raise NotFound("tag")
    return row


def _checked_name(name: str) -> str:
    check_tag_names([name], "name")
    name = name.strip()
    if not name:
        raise Invalid(Fault(("name",), "blank"))
    return name
