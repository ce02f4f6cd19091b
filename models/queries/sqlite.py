"""What SQLite says in its own way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson

from models.queries.build import Mine, Sql
from models.queries.tree import (
    HasTag,
    HasTags,
    InFolder,
    InGroup,
    Leaf,
    Mentions,
    Needle,
    Occurs,
    Ranked,
    Spelled,
    Tagged,
    Tree,
)
from models.text import search_term, tag_key

RANKED_COLUMNS = {"A": "spelled title", "B": "tags", "C": "description address", "D": "notes content"}
TRIGRAM = 3  # FTS5's trigram tokeniser finds nothing shorter


class SqliteDialect:
    """Text for moments and UUIDs, 0 and 1 for flags, FTS5 for substrings."""

    uid = "uid"
    sort_key = "hex(b.sort_key)"  # a page is packed as JSON, which holds no bytes
    skip_locked = ""  # there is one writer at a time
    bytewise = ""  # how text sorts here anyway
    address = "lower(substr(coalesce(b.url_href, ''), 1, 400))"  # in the words of its index: ix_bookmark_address
    in_order_of_part = ""  # a CROSS JOIN is walked as it is written; sorting whole rows again would be for nothing
    folder_ids = (
        "(SELECT json_group_array(p.folder_id) FROM placement p WHERE p.bookmark_id = b.id AND p.deleted_at IS NULL)"
    )
    folder_uids = (
        "(SELECT json_group_array(uid) FROM (SELECT"
        " (SELECT f.uid FROM folder f WHERE f.id = p.folder_id AND f.parent_id IS NOT NULL) AS uid"
        " FROM placement p WHERE p.bookmark_id = b.id AND p.deleted_at IS NULL) WHERE uid IS NOT NULL)"
    )
    tag_names = (
        "(SELECT json_group_array(t.name) FROM bookmark_tag bt JOIN tag t ON t.id = bt.tag_id"
        " WHERE bt.bookmark_id = b.id)"
    )
    tag_labels = (
        "(SELECT json_group_array(json_array(t.id, t.name, t.color))"
        " FROM bookmark_tag bt JOIN tag t ON t.id = bt.tag_id WHERE bt.bookmark_id = b.id)"
    )
    tags = (
        "(SELECT json_group_array(json_array(t.id, t.name, t.color, t.uid, t.created_at, t.updated_at))"
        " FROM bookmark_tag bt JOIN tag t ON t.id = bt.tag_id WHERE bt.bookmark_id = b.id)"
    )

    ranked_source = "ranked_search r CROSS JOIN bookmark b ON b.id = r.rowid"
    ranked_id = "r.rowid"

    def page(self, columns: str, source: str, order: str, limit: str, *, indexed: bool) -> str:
        """One statement for a page, packed into one row of JSON.

        Handing a hundred rows from SQLite to Python one by one makes two threads fight for the interpreter; packed,
        they are put together without it and read at once. Bare ids are sorted first; their order is the CTE's.
        """
        del indexed
        ids = f"WITH part AS MATERIALIZED (SELECT b.id {source} {order} {limit})"
        return f"{ids} SELECT json_group_array(json_array({columns})) FROM part CROSS JOIN bookmark b ON b.id = part.id"

    def unpack(self, rows: list[tuple[Any, ...]]) -> list[Any]:
        """The rows of ``page``."""
        packed: list[Any] = orjson.loads(rows[0][0])
        return packed

    def placeholder(self, number: int) -> str:
        """Markers carry their number, so that a text may name its parameters in any order."""
        return f"?{number}"

    def occurs(self, sql: Sql, folded: str, *, scan: bool) -> str:
        """FTS5 when the text has a trigram and the index is wanted, else a look at the text itself."""
        if scan or len(folded) < TRIGRAM:
            return self.contains(sql, "b.search_text", folded)
        return f"b.id IN (SELECT rowid FROM bookmark_search WHERE search_text MATCH {sql.value(quote(folded))})"

    def probe(self, sql: Sql, leaf: Leaf, owner_id: int, most: int) -> str:
        """How many rows an index knows for the leaf, counted no further than ``most``; 0 where no index is asked."""
        if isinstance(leaf, InFolder):
            if leaf.recursive or not 0 < leaf.folder_id < 2**31:
                return "0"
            found = f"SELECT 1 FROM placement WHERE folder_id = {sql.value(leaf.folder_id)}"
        elif isinstance(leaf, InGroup):
            found = f"SELECT 1 FROM placement WHERE folder_id = {sql.folder_of(leaf.uid, Mine(owner_id))}"
        elif isinstance(leaf, HasTag):
            found = f"SELECT 1 FROM bookmark_tag WHERE tag_id = {sql.tag_of(leaf.uid, Mine(owner_id))}"
        elif isinstance(leaf, HasTags):
            if leaf.every:  # fewer than have any one of them
                return "0"
            keys = self.texts(sql, sorted(set(map(tag_key, leaf.names))))
            tags = f"SELECT id FROM tag WHERE owner_id = {sql.value(owner_id)} AND name_key IN {keys}"
            found = f"SELECT 1 FROM bookmark_tag WHERE tag_id IN ({tags})"
        elif isinstance(leaf, Tagged | Spelled):
            owner, key = sql.value(owner_id), sql.value(tag_key(leaf.name))
            tag = f"SELECT id FROM tag WHERE owner_id = {owner} AND name_key = {key}"
            found = f"SELECT 1 FROM bookmark_tag WHERE tag_id = ({tag})"
        elif isinstance(leaf, Ranked):
            found = f"SELECT 1 FROM ranked_search WHERE ranked_search MATCH {sql.value(match(leaf.needle))}"
        elif len(term := search_term(leaf.text)) < TRIGRAM:
            return "0"
        else:
            found = f"SELECT 1 FROM bookmark_search WHERE search_text MATCH {sql.value(quote(term))}"
        return f"(SELECT count(*) FROM ({found} LIMIT {most}))"

    def is_indexed(self, leaf: Tree) -> bool:
        """Tags, and texts that have a trigram; a text that may be a tag as well is two indexes' business."""
        if isinstance(leaf, Occurs):
            return not leaf.or_tag and len(search_term(leaf.text)) >= TRIGRAM
        if isinstance(leaf, Mentions):
            return len(search_term(leaf.text)) >= TRIGRAM
        return isinstance(leaf, Tagged | Spelled | HasTag | HasTags | InFolder | InGroup | Ranked)

    def contains(self, sql: Sql, column: str, text: str) -> str:
        """A look at every row's text; LIKE would ignore the case of ASCII."""
        return f"instr({column}, {sql.value(text)}) > 0"

    def ranked(self, sql: Sql, needle: Needle, *, scan: bool) -> str:
        """FTS5's answer, or its look at one row."""
        found = f"SELECT rowid FROM ranked_search WHERE ranked_search MATCH {sql.value(match(needle))}"
        return f"EXISTS ({found} AND rowid = b.id)" if scan else f"b.id IN ({found})"

    def walked(self, sql: Sql, owner_id: int, needle: Needle, better: Sequence[Needle]) -> str:
        """A condition on ``ranked_source``: the needle is found and none of the better ones; FTS5 walks by rowid."""
        del owner_id  # the words are marked with it
        text = match(needle)
        if better:
            text += f" NOT ({' OR '.join(map(match, better))})"
        return f"ranked_search MATCH {sql.value(text)}"

    def word_holds(self, sql: Sql, part: str) -> str:
        """A condition on ``ranked_word``: the word has a part; the trigrams propose, the word itself decides."""
        trigrams = " AND ".join(quote(part[n : n + TRIGRAM]) for n in range(len(part) - TRIGRAM + 1))
        proposed = f"SELECT rowid FROM ranked_word_search WHERE ranked_word_search MATCH {sql.value(trigrams)}"
        return f"id IN ({proposed}) AND instr(word, {sql.value(part)}) > 0"

    def start(self, sql: Sql, column: str, text: str) -> str:
        """SQLite counts characters in text."""
        return f"instr({column}, {sql.value(text)})"

    def listed(self, sql: Sql, ids: Collection[int]) -> str:
        """The ids as one parameter, however many, and as a subquery."""
        return f"(SELECT value FROM json_each({sql.value(orjson.dumps(sorted(ids)).decode())}))"

    def texts(self, sql: Sql, texts: Sequence[str]) -> str:
        """The texts as one parameter, however many, and as a subquery."""
        return f"(SELECT value FROM json_each({sql.value(orjson.dumps(list(texts)).decode())}))"

    def segments(self, sql: Sql, segments: Sequence[tuple[int, int, int]]) -> str:
        """A table ``s (number, folder_id, low, high)`` of these, numbered from 0, as a source of rows."""
        packed = sql.value(orjson.dumps(segments).decode())
        return (
            "(SELECT key AS number, json_extract(value, '$[0]') AS folder_id, json_extract(value, '$[1]') AS low,"
            f" json_extract(value, '$[2]') AS high FROM json_each({packed})) s"
        )

    moment = staticmethod(datetime.fromisoformat)  # Tortoise writes ISO 8601 with a blank and +00:00

    def stored(self, moment: datetime) -> Any:
        """A moment as a parameter of a writing statement, as Tortoise writes it: text order is time order."""
        return moment.isoformat(" ")

    def flag(self, value: int) -> bool:
        """A stored flag."""
        return value == 1

    def json(self, value: Any) -> Any:
        """A stored or aggregated JSON text; what came packed with a page is read already."""
        return orjson.loads(value) if isinstance(value, str) else value


def match(needle: Needle) -> str:
    """A needle in FTS5's language; what is between its quotes is no language."""
    groups = []
    for phrases in needle.groups:
        group = " OR ".join(quote(" ".join(phrase)) for phrase in phrases)
        groups.append(f"({group})" if len(phrases) > 1 else group)
    columns = " ".join(RANKED_COLUMNS[weight] for weight in needle.weights)
    return f"({{{columns}}} : ({' AND '.join(groups)}))"


def quote(term: str) -> str:
    """A term as one FTS5 string, so that nothing in it is query syntax."""
    return '"' + term.replace('"', '""') + '"'
