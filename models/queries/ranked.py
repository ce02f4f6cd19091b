"""Searching by rank: levels of likeness, each walked from the newest bookmark, best level first.

A rank is a number that follows from one bookmark and the query alone: which level of the search it meets. What else
comes or goes changes no rank, so a list goes on where it stopped. Within a level the last made bookmark comes first.
SQLite and PostgreSQL give the same rows in the same order (docs/decisions/0018-ranked-search.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import OSA

from models.queries.bookmarks import common_leaves
from models.queries.build import Mine, Sql
from models.queries.connection import current
from models.queries.tree import Needle, Tree

PROPOSED = 4_000  # words that one look at the vocabulary may propose
LONGER = 12  # letters that a word has more than one that it begins with
CHOSEN = 8  # words of a kind that one may have meant
TWO_ERRORS = 8  # letters of a word in which two errors are forgiven
ONE_ERROR = 4
LAST = "\U0010ffff"  # sorts behind every letter


@dataclass(frozen=True, slots=True)
class Meant:
    """Words that one may have meant: ``near`` differ in one letter, or in two neighbours that changed places.

    The others begin with it, hold it, or differ twice (long words of which one half is right).
    """

    word: str
    near: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """Bookmarks in which the needle is found and none of the better ones, which stand for all levels above."""

    rank: int
    needle: Needle
    better: tuple[Needle, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a search: the rank and the id of a bookmark."""

    rank: int
    id: int


@dataclass(frozen=True, slots=True)
class Part:
    """At most ``limit`` bookmarks between two places; ``backwards``: the last of them, not the first."""

    limit: int
    after: Spot | None = None
    before: Spot | None = None
    backwards: bool = False


async def spots(scope: Mine, levels: Sequence[Level], tree: Tree, part: Part) -> list[Spot]:
    """The asked-for part of the scope's bookmarks that meet a level and that the tree is true of, in their order.

    ``levels`` come best first. One statement, or two where it must first be known how common the tree's leaves are.
    """
    connection, dialect = current()
    chosen = [(level, bounds) for level in levels if (bounds := _bounds(level.rank, part)) is not None]
    if not chosen or part.limit < 1:
        return []
    scan = await common_leaves(scope, tree)
    sql = Sql(dialect)
    limit = sql.value(part.limit)
    direction = "ASC" if part.backwards else "DESC"
    steps = []
    for level, bounds in reversed(chosen) if part.backwards else chosen:
        conditions = [dialect.walked(sql, scope.owner_id, level.needle, level.better)]
        conditions += [f"{dialect.ranked_id} {sign} {sql.value(id)}" for sign, id in bounds]
        conditions += [sql.scope(scope, by_id=True), sql.where(tree, scope, scan=scan)]
        source = f"{dialect.ranked_source} WHERE {' AND '.join(conditions)}"
        order = f"ORDER BY {dialect.ranked_id} {direction} LIMIT {limit}"
        steps.append(f"SELECT * FROM (SELECT {level.rank} AS level, b.id FROM {source} {order}) AS l{level.rank}")
    # One after the other until there are enough: SQL does not promise it, but SQLite has no other way, and PostgreSQL
    # gives no subquery with a limit to several workers.
    text = f"{' UNION ALL '.join(steps)} LIMIT {limit}"
    (rows,) = await connection.read([(text, sql.values)])
    result = [Spot(rank, id) for rank, id in rows]
    if part.backwards:
        result.reverse()
    return result


def _bounds(rank: int, part: Part) -> list[tuple[str, int]] | None:
    """What is true of the ids of a level's bookmarks in the part; None when the level lies outside of it."""
    bounds: list[tuple[str, int]] = []
    for spot, sign, is_outside in (
        (part.after, "<", part.after is not None and rank > part.after.rank),
        (part.before, ">", part.before is not None and rank < part.before.rank),
    ):
        if is_outside:
            return None
        if spot is not None and rank == spot.rank:
            bounds.append((sign, spot.id))
    return bounds


async def meant(owner_id: int, words: Sequence[str]) -> list[Meant]:
    """What each of the words may have meant, by the words of the owner's bookmarks; in one go."""
    connection, dialect = current()
    statements = []
    for word in words:
        sql = Sql(dialect)
        statements.append((_proposals(sql, owner_id, word), sql.values))
    found = await connection.read(statements) if statements else []
    return [_chosen(word, rows) for word, rows in zip(words, found, strict=True)]


def _proposals(sql: Sql, owner_id: int, word: str) -> str:
    """Words that may be near the word (their kind is 0), that begin with it (1), that hold it (2)."""
    owner = f"owner_id = {sql.value(owner_id)}"
    size, half = len(word), len(word) // 2
    words = f"SELECT word, length FROM ranked_word WHERE {owner}"
    begun = f"{words} AND {_long(size, size + LONGER)} AND {_begins(sql, 'word', word)} LIMIT {PROPOSED}"
    holding = f"{words} AND {sql.dialect.word_holds(sql, word)}"
    shortest = f"ORDER BY length, word LIMIT {CHOSEN + 1}"
    parts = [f"SELECT {kind} AS kind, word FROM ({some}) AS s {shortest}" for kind, some in ((1, begun), (2, holding))]
    if size >= ONE_ERROR:  # an error leaves the first half whole, or the last one but for the letter next to the middle
        errors = 2 if size >= TWO_ERRORS else 1
        some = f"SELECT 0 AS kind, word FROM ranked_word WHERE {owner} AND {_long(size - errors, size + errors)}"
        for column, start in (("word", word[:half]), ("reversed", word[:half:-1])):
            parts.append(f"{some} AND {_begins(sql, column, start)} LIMIT {PROPOSED}")
    return " UNION ALL ".join(f"SELECT * FROM ({part}) AS p{number}" for number, part in enumerate(parts))


def _long(least: int, most: int) -> str:
    """A condition that an index answers: the word has so many letters."""
    return f"length IN ({', '.join(map(str, range(least, most + 1)))})"


def _begins(sql: Sql, column: str, start: str) -> str:
    """A condition that an index answers: the column begins with the text."""
    return f"{column} >= {sql.value(start)} AND {column} < {sql.value(start + LAST)}"


def _chosen(word: str, rows: Iterable[Sequence[Any]]) -> Meant:
    """The nearest of what was proposed."""
    near: dict[int, set[str]] = {1: set(), 2: set()}
    parts: list[str] = []
    for kind, other in rows:
        if kind:
            parts.append(other)
        elif (errors := OSA.distance(word, other, score_cutoff=2)) in near:
            near[errors].add(other)
    close, others = ([*sorted(near[errors], key=lambda other: (abs(len(other) - len(word)), other))] for errors in near)
    close = close[:CHOSEN]
    far = [other for other in dict.fromkeys((*parts, *others)) if other != word and other not in close]
    return Meant(word, tuple(close), tuple(far[:CHOSEN]))
