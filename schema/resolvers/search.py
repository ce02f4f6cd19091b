"""Ranked search: whole words and their stems first; where nothing holds them, words that may have been meant.

What the levels and their ranks are is said in schema/search/ranked.py, and why in docs/decisions/0018-ranked-search.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

import msgspec
import orjson

from models.queries import bookmarks as queries
from models.queries import ranked
from models.queries.bookmarks import ALL, EVERYTHING, Wanted
from models.queries.ranked import CHOSEN, Level, Meant, Part, Spot
from models.queries.tree import And, Ranked, Tree
from models.rows import BookmarkRow
from models.words import WORD_BYTES, is_forgiven, stems_of
from schema.context import Context
from schema.errors import Fault, Invalid
from schema.operation import reads
from schema.search.ranked import MOST_EXPANDED, Asked, exact_levels, forgiving_levels, parse
from schema.search.snippets import Piece, snippet

EXACT, FORGIVING = 1, 2
PATH = ("text",)
Packed = tuple[str, int, int, int, list[tuple[tuple[str, ...], tuple[str, ...]]]]  # what a cursor holds


@dataclass(frozen=True, slots=True)
class Reach:
    """The part of a search that a caller wants: ``after`` and ``before`` are cursors of the same search."""

    limit: int = 20
    after: str | None = None
    before: str | None = None
    backwards: bool = False


FIRST = Reach()


@dataclass(slots=True)
class Hit:
    """A bookmark that was found. ``tier`` is 1 for whole words and stems, 2 for what may have been meant.

    Within a tier a larger ``rank`` is a better match. ``snippet`` is empty unless asked for.
    """

    bookmark: BookmarkRow
    tier: int
    rank: int
    cursor: str
    snippet: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """A page of hits, best first, all of one tier; ``count`` counts the whole list when asked.

    ``next_cursor`` is None on the last page.
    """

    items: list[Hit]
    next_cursor: str | None
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class _Search:
    """A search that has settled for a tier; ``choices`` are what the words of tier 2 may have meant."""

    key: str
    tier: int
    levels: list[Level]
    words: tuple[str, ...]
    choices: tuple[Meant, ...] = ()

    def cursor(self, spot: Spot) -> str:
        """The place as opaque text, with all that the next page needs to be one of the same list."""
        choices = [(choice.near, choice.others) for choice in self.choices]
        packed = orjson.dumps([self.key, self.tier, spot.rank, spot.id, choices])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @property
    def stems(self) -> frozenset[str]:
        """The stems of the words that are looked for."""
        others = chain.from_iterable((*choice.near, *choice.others) for choice in self.choices)
        return frozenset(stems_of([*self.words, *others]))


@reads("bookmarks", "search")
async def find(
    ctx: Context,
    text: str,
    tree: Tree = EVERYTHING,
    reach: Reach = FIRST,
    wanted: Wanted = ALL,
    *,
    snippets: bool = False,
    path: tuple[str, ...] = PATH,
    after_path: tuple[str, ...] = ("after",),
) -> Found:
    """A page of the viewer's live bookmarks that hold the words of a text and that the tree is true of.

    Which of their texts are searched is the door's fact (``Door.ranked_fields``). Raises Invalid, at ``path``, for a
    text without a word or too long, and for a cursor of another search.
    """
    asked = parse(text, path)
    key = _key(ctx, asked, tree)
    after = _decode(key, reach.after, asked, after_path)
    before = _decode(key, reach.before, asked, ("before",))
    given = [cursor for cursor in (after, before) if cursor is not None]
    if len({(cursor.tier, cursor.choices) for cursor in given}) > 1:
        raise Invalid(Fault(("before",), "cursor"))
    part = Part(
        reach.limit + 1,
        None if after is None else after.spot,
        None if before is None else before.spot,
        backwards=reach.backwards,
    )
    if given:
        search = _settled(ctx, key, asked, given[0].choices if given[0].tier == FORGIVING else None)
        found = await ranked.spots(ctx.mine(), search.levels, tree, part)
    else:
        search, found = await _first(ctx, key, asked, tree, part)
    more = len(found) > reach.limit
    if reach.backwards:
        found, has_next, has_previous = found[1:] if more else found, reach.before is not None, more
    else:
        found, has_next, has_previous = found[: reach.limit], more, reach.after is not None
    hits = await _hits(ctx, search, found, wanted)
    if snippets:
        await _add_snippets(ctx, search, hits, wanted)
    next_cursor = search.cursor(found[-1]) if has_next and found else None
    return Found(hits, next_cursor, has_next, has_previous, partial(_count, ctx, search, tree))


@reads("bookmarks", "search")
async def leaf(
    ctx: Context, text: str, tree: Tree = EVERYTHING, *, tier: int | None = None, path: tuple[str, ...] = PATH
) -> tuple[Ranked, int]:
    """What is true of all that ``find`` finds, for lists with another order, and its tier.

    A list that goes on gives the tier that it began with. Raises Invalid as ``find``.
    """
    asked = parse(text, path)
    search = _settled(ctx, "", asked, None)
    if tier is None:
        tier = EXACT if await ranked.spots(ctx.mine(), search.levels, tree, Part(1)) else FORGIVING
    if tier == FORGIVING:
        search = _settled(ctx, "", asked, await _choices(ctx, asked))
    return Ranked(search.levels[-1].needle), tier


async def _first(ctx: Context, key: str, asked: Asked, tree: Tree, part: Part) -> tuple[_Search, list[Spot]]:
    """The tier that finds something, and what it finds."""
    search = _settled(ctx, key, asked, None)
    found = await ranked.spots(ctx.mine(), search.levels, tree, part)
    if found or part.limit <= 1:
        return search, found
    search = _settled(ctx, key, asked, await _choices(ctx, asked))
    return search, await ranked.spots(ctx.mine(), search.levels, tree, part)


async def _choices(ctx: Context, asked: Asked) -> tuple[Meant, ...]:
    """What each word may have meant; beyond some words, just itself."""
    unclear = [word for word in asked.words if is_forgiven(word)][:MOST_EXPANDED]
    known = {choice.word: choice for choice in await ranked.meant(ctx.owner_id, unclear)}
    return tuple(known.get(word, Meant(word)) for word in asked.words)


def _settled(ctx: Context, key: str, asked: Asked, choices: tuple[Meant, ...] | None) -> _Search:
    """The search of tier 2 with these choices, or of tier 1 without."""
    fields = ctx.door.ranked_fields
    if choices is None:
        return _Search(key, EXACT, exact_levels(ctx.owner_id, asked, fields), asked.words)
    return _Search(key, FORGIVING, forgiving_levels(ctx.owner_id, choices, fields), asked.words, choices)


async def _hits(ctx: Context, search: _Search, found: Sequence[Spot], wanted: Wanted) -> list[Hit]:
    rows = {row.id: row for row in await queries.by_ids(ctx.mine(), [spot.id for spot in found], wanted=wanted)}
    return [
        Hit(rows[spot.id], search.tier, spot.rank, search.cursor(spot))
        for spot in found
        if spot.id in rows  # one that went meanwhile is not there
    ]


async def _add_snippets(ctx: Context, search: _Search, hits: list[Hit], wanted: Wanted) -> None:
    """Texts that the caller does not want are read for it, and what pages say only where nothing else shows a word."""
    ids = [hit.bookmark.id for hit in hits]
    rows = {hit.bookmark.id: hit.bookmark for hit in hits}
    if not (wanted.description and wanted.notes):
        rows = {row.id: row for row in await queries.by_ids(ctx.mine(), ids, wanted=TEXTS)}
    for hit in hits:
        row = rows.get(hit.bookmark.id, hit.bookmark)
        hit.snippet = snippet((row.description, row.notes, row.title, row.url or ""), search.stems)
    missing = [hit for hit in hits if not any(piece.is_match for piece in hit.snippet)]
    pages = await queries.contents(ctx.mine(), [hit.bookmark.id for hit in missing], html=False) if missing else {}
    for hit in missing:
        said = pages.get(hit.bookmark.id)
        from_page = snippet((said.text,), search.stems) if said is not None else []
        if any(piece.is_match for piece in from_page):
            hit.snippet = from_page


TEXTS = Wanted(tags=queries.TagDetail.NONE)


async def _count(ctx: Context, search: _Search, tree: Tree) -> int:
    return await queries.count(ctx.mine(), And((tree, Ranked(search.levels[-1].needle))))


def _key(ctx: Context, asked: Asked, tree: Tree) -> str:
    """What tells a search from others: cursors name it."""
    told = repr((asked.parts, tree, ctx.door.ranked_fields))
    return hashlib.blake2b(told.encode(), digest_size=9).hexdigest()


@dataclass(frozen=True, slots=True)
class _Cursor:
    """A cursor's meaning."""

    tier: int
    spot: Spot
    choices: tuple[Meant, ...]


def _decode(key: str, cursor: str | None, asked: Asked, path: tuple[str, ...]) -> _Cursor | None:
    """What a cursor means. Raises Invalid for one of another search."""
    if cursor is None:
        return None
    try:
        return _read(key, cursor, asked)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise Invalid(Fault(path, "cursor")) from None


def _read(key: str, cursor: str, asked: Asked) -> _Cursor:
    padded = cursor.encode() + b"=" * (-len(cursor) % 4)
    packed = base64.b64decode(padded, altchars=b"-_", validate=True)
    made_for, tier, rank, id, choices = msgspec.json.decode(packed, type=Packed)
    if made_for != key or not 0 <= id < 2**31 or (tier == EXACT) != (not choices):
        raise ValueError
    if tier == EXACT:
        return _Cursor(tier, Spot(rank, id), ())
    words = [word for choice in choices for sort in choice for word in sort]
    if tier != FORGIVING or len(choices) != len(asked.words) or len(words) > MOST_EXPANDED * 2 * CHOSEN:
        raise ValueError
    if not all(len(word.encode()) <= WORD_BYTES and word.isalnum() for word in words):
        raise ValueError  # anybody may have made it up
    meant = (Meant(word, near, others) for word, (near, others) in zip(asked.words, choices, strict=True))
    return _Cursor(tier, Spot(rank, id), tuple(meant))
