"""What PostgreSQL says in its own way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from models.queries.build import Sql
from models.queries.tree import Needle, Tree


class PostgresDialect:
    """Native moments, UUIDs and flags; pg_trgm for substrings."""

    uid = "uid::text"
    sort_key = "encode(b.sort_key, 'hex')"
    skip_locked = " FOR UPDATE SKIP LOCKED"  # rows that another is claiming are not waited for
    bytewise = ' COLLATE "C"'  # as SQLite sorts text
    address = "lower(substr(coalesce(b.url_href, ''), 1, 400) COLLATE \"C\")"  # as its index has it
    in_order_of_part = " ORDER BY part.number, part.position, part.id"
    folder_ids = "ARRAY(SELECT p.folder_id FROM placement p WHERE p.bookmark_id = b.id AND p.deleted_at IS NULL)"
    folder_uids = (
        "array_remove(ARRAY(SELECT"
        " (SELECT f.uid::text FROM folder f WHERE f.id = p.folder_id AND f.parent_id IS NOT NULL)"
        " FROM placement p WHERE p.bookmark_id = b.id AND p.deleted_at IS NULL), NULL)"
    )
    # A tag is looked up for each tagging by a subquery: as a join, the planner reads a small table of tags whole, a
    # hundred times a page.
    tag_names = (
        "ARRAY(SELECT (SELECT t.name FROM tag t WHERE t.id = bt.tag_id)"
        " FROM bookmark_tag bt WHERE bt.bookmark_id = b.id)"
    )
    tag_labels = (
        "(SELECT json_agg((SELECT json_build_array(t.id, t.name, t.color) FROM tag t WHERE t.id = bt.tag_id))"
        " FROM bookmark_tag bt WHERE bt.bookmark_id = b.id)::text"
    )
    tags = (
        "(SELECT json_agg((SELECT json_build_array(t.id, t.name, t.color, t.uid, t.created_at, t.updated_at)"
        " FROM tag t WHERE t.id = bt.tag_id)) FROM bookmark_tag bt WHERE bt.bookmark_id = b.id)::text"
    )

    ranked_source = "ranked_text r JOIN bookmark b ON b.id = r.bookmark_id"
    ranked_id = "r.bookmark_id"

    def page(self, columns: str, source: str, order: str, limit: str, *, indexed: bool) -> str:
        """One statement for a page.

        What an index of texts or tags proposes (``indexed``) comes unsorted: then bare ids are sorted, and whole rows
        read only for those that are asked for.
        """
        if not indexed:
            return f"SELECT {columns} {source} {order} {limit}"
        ids = f"WITH part AS MATERIALIZED (SELECT b.id {source} {order} {limit})"
        return f"{ids} SELECT {columns} FROM part JOIN bookmark b ON b.id = part.id {order}"

    def unpack(self, rows: list[tuple[Any, ...]]) -> list[Any]:
        """The rows of ``page``."""
        return rows

    def placeholder(self, number: int) -> str:
        """Markers carry their number."""
        return f"${number}"

    def occurs(self, sql: Sql, folded: str, *, scan: bool) -> str:
        """LIKE, which the trigram index answers; the planner knows frequencies, so no ``scan``."""
        del scan
        return self.contains(sql, "b.search_text", folded)

    def is_indexed(self, leaf: Tree) -> bool:
        """No: the planner knows by itself where to start."""
        del leaf
        return False

    def contains(self, sql: Sql, column: str, text: str) -> str:
        """LIKE, which minds the case here."""
        return f"{column} LIKE {sql.value(f'%{escape_like(text)}%')}"

    def ranked(self, sql: Sql, needle: Needle, *, scan: bool) -> str:
        """The tsvector's answer; the planner knows whether to ask it for all rows or row by row."""
        del sql, scan
        found = f"r.words @@ {literal(match(needle))}"
        return f"EXISTS (SELECT 1 FROM ranked_text r WHERE r.bookmark_id = b.id AND {found})"

    def walked(self, sql: Sql, owner_id: int, needle: Needle, better: Sequence[Needle]) -> str:
        """A condition on ``ranked_source``: the needle is found and none of the better ones."""
        text = match(needle)
        if better:
            text += f" & !({' | '.join(map(match, better))})"
        return f"r.owner_id = {sql.value(owner_id)} AND r.words @@ {literal(text)}"

    def word_holds(self, sql: Sql, part: str) -> str:
        """A condition on ``ranked_word``: the word has a part; pg_trgm's index answers it."""
        return self.contains(sql, "word", part)

    def start(self, sql: Sql, column: str, text: str) -> str:
        """PostgreSQL counts characters."""
        return f"strpos({column}, {sql.value(text)})"

    def listed(self, sql: Sql, ids: Collection[int]) -> str:
        """The ids as one parameter, however many, and as a subquery."""
        return f"(SELECT unnest({sql.value(sorted(ids))}::int[]))"

    def texts(self, sql: Sql, texts: Sequence[str]) -> str:
        """The texts as one parameter, however many, and as a subquery."""
        return f"(SELECT unnest({sql.value(list(texts))}::text[]))"

    def segments(self, sql: Sql, segments: Sequence[tuple[int, int, int]]) -> str:
        """A table ``s (number, folder_id, low, high)`` of these, numbered from 0, as a source of rows."""
        folders, lows, highs = (sql.value(list(column)) for column in zip(*segments, strict=True))
        return (
            "(SELECT n - 1 AS number, folder_id, low, high FROM unnest("
            f"{folders}::int[], {lows}::bigint[], {highs}::bigint[]) WITH ORDINALITY AS u (folder_id, low, high, n)) s"
        )

    @staticmethod
    def moment(value: datetime) -> datetime:
        """A stored moment in UTC; asyncpg gives the first and the last one there is without their zone."""
        return value if value.tzinfo else value.replace(tzinfo=UTC)

    def stored(self, moment: datetime) -> Any:
        """A moment as a parameter of a writing statement."""
        return moment

    def flag(self, value: bool) -> bool:
        """A stored flag."""
        return value

    def json(self, value: Any) -> Any:
        """A stored or aggregated JSON text; arrays come as lists."""
        return orjson.loads(value) if isinstance(value, str) else value


def match(needle: Needle) -> str:
    """A needle in the language of tsquery; words are of letters and digits, so nothing in them is language."""
    groups = []
    for phrases in needle.groups:
        told = [" <-> ".join(f"'{word}':{needle.weights}" for word in phrase) for phrase in phrases]
        groups.append(f"({' | '.join(f'({phrase})' for phrase in told)})")
    return f"({' & '.join(groups)})"


def literal(query: str) -> str:
    """A tsquery in the statement itself.

    Of a parameter the planner knows nothing once it has met the statement a few times, and takes each word for rare: a
    common one then cost a hundred times as much.
    """
    return "'" + query.replace("'", "''") + "'::tsquery"


def escape_like(text: str) -> str:
    """The text with LIKE's wildcards and its escape character made ordinary."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
