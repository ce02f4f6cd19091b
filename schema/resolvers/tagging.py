"""Names into tags, and tags onto bookmarks; used inside the writes of others, so without gates of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models import BookmarkTag, Tag
from models.text import hyphenate, tag_key
from schema.context import Context
from schema.errors import NotFound
from schema.resolvers.texts import known_ids
from schema.unit import Unit


async def ensure_tags(ctx: Context, unit: Unit, names: Iterable[str]) -> list[int]:
    """The ids of the owner's tags of these names, in their order; missing tags are made.

    Names are compared without case, the last spelling of a new one wins, a known one keeps its own. At a door that
    hyphenates, inner blanks become hyphens unless a tag of that name exists (LD-TAGN-3, LD-TAGN-4, LD-TAGN-5).
    """
    spellings = {tag_key(name): name for name in (name.strip() for name in names) if name}
    if not spellings:
        return []
    candidates = set(spellings)
    if ctx.door.hyphenates_tags:
        candidates |= {tag_key(hyphenate(name)) for name in spellings.values()}
    known = {
        key: id
        for id, key in await Tag.of(unit.owner_id).filter(name_key__in=list(candidates)).values_list("id", "name_key")
    }
    if ctx.door.hyphenates_tags:
        spellings = {
            key if key in known else tag_key(hyphenate(name)): name if key in known else hyphenate(name)
            for key, name in spellings.items()
        }
    missing = {key: name for key, name in spellings.items() if key not in known}
    if missing:
        known |= await make_tags(ctx, unit, missing)
    return [known[key] for key in spellings]


async def make_tags(ctx: Context, unit: Unit, spellings: dict[str, str]) -> dict[str, int]:
    """New tags from spellings by key; their ids by key."""
    clock = ctx.ports.clock
    await Tag.bulk_create(
        [
            Tag(
                uid=clock.uuid(),
                owner_id=unit.owner_id,
                name=name,
                name_key=key,
                created_at=unit.now,
                updated_at=unit.now,
            )
            for key, name in spellings.items()
        ],
        batch_size=1000,
    )
    made: dict[str, int] = {}
    keys = list(spellings)
    for start in range(0, len(keys), 500):
        chunk = keys[start : start + 500]
        rows = await Tag.of(unit.owner_id).filter(name_key__in=chunk).values_list("id", "name_key")
        made |= {key: id for id, key in rows}
    for id in sorted(made.values()):
        unit.record("tag", id, "create")
    return made


async def own_tags(unit: Unit, ids: Sequence[int]) -> list[int]:
    """The ids, each once. Raises NotFound unless all are the owner's tags, and Invalid for more than 500."""
    wanted = known_ids(ids)
    known = await Tag.of(unit.owner_id).filter(id__in=wanted).values_list("id", flat=True) if wanted else []
    if len(known) < len(set(ids)):
        raise NotFound("tag")
    return wanted


async def put_tags(bookmark_id: int, ids: Iterable[int]) -> None:
    """Put tags on a bookmark that has none of them."""
    taggings = [BookmarkTag(bookmark_id=bookmark_id, tag_id=id) for id in dict.fromkeys(ids)]
    if taggings:
        await BookmarkTag.bulk_create(taggings, batch_size=1000)


async def replace_tags(bookmark_id: int, ids: Iterable[int]) -> bool:
    """Make these the bookmark's tags; says whether anything changed."""
    wanted = set(ids)
    present = await _tags_of(bookmark_id)
    if gone := present - wanted:
        await BookmarkTag.filter(bookmark_id=bookmark_id, tag_id__in=list(gone)).delete()
    await put_tags(bookmark_id, sorted(wanted - present))
    return wanted != present


async def add_tags(bookmark_id: int, ids: Iterable[int]) -> bool:
    """Add these to the bookmark's tags; says whether anything changed."""
    present = await _tags_of(bookmark_id)
    fresh = [id for id in dict.fromkeys(ids) if id not in present]
    await put_tags(bookmark_id, fresh)
    return bool(fresh)


async def named_tags(unit: Unit, names: Iterable[str]) -> list[int]:
    """The ids of the owner's tags of these names, compared without case, as far as there are such."""
    keys = [tag_key(name.strip()) for name in names]
    found = Tag.of(unit.owner_id).filter(name_key__in=keys).values_list("id", flat=True)
    return [int(str(id)) for id in await found] if keys else []


async def retag(bookmark_ids: Sequence[int], add: Iterable[int], remove: Iterable[int]) -> set[int]:
    """Put tags on bookmarks and take others away, which win; the ids of the bookmarks that it made a difference to.

    A fixed number of statements for every thousand taggings.
    """
    gone = set(remove)
    rows = BookmarkTag.filter(bookmark_id__in=list(bookmark_ids)).values_list("bookmark_id", "tag_id")
    present = set(await rows) if bookmark_ids else set()
    fresh = [
        BookmarkTag(bookmark_id=bookmark, tag_id=tag)
        for bookmark in bookmark_ids
        for tag in dict.fromkeys(add)
        if tag not in gone and (bookmark, tag) not in present
    ]
    lost = {bookmark for bookmark, tag in present if tag in gone}
    if fresh:
        await BookmarkTag.bulk_create(fresh, batch_size=1000)
    if lost:
        await BookmarkTag.filter(bookmark_id__in=list(lost), tag_id__in=list(gone)).delete()
    return lost | {tagging.bookmark_id for tagging in fresh}


async def _tags_of(bookmark_id: int) -> set[int]:
    return {int(str(id)) for id in await BookmarkTag.filter(bookmark_id=bookmark_id).values_list("tag_id", flat=True)}
