"""Making rows of ranked text from bookmarks: the one place that writes them, and the vocabulary.

Triggers note in ``ranked_stale`` whose row no longer says what the bookmark says (migration 0005), whatever wrote it.
``catch_up`` makes those rows anew; every write of an owner ends with it (schema/unit.py), so whoever reads after the
commit finds what was written. What is more than one write should carry is left to a job.
"""

from __future__ import annotations

from typing import Any

import orjson
from tortoise.connection import get_connection

from models.queries.connection import POSTGRES, SQLITE, current
from models.words import LONGEST, MOST, content_column, ranked_columns, stemmed

BATCH = 500  # rows at once
PAGES = 10  # rows at once of which what the page says is read as well: that is some ten milliseconds each
NAMES = ("spelled", "title", "tags", "description", "address", "notes")
COLUMNS = ("bookmark_id", "owner_id", *NAMES, "content")
# No more of each than is looked at, for five hundred rows may hold a megabyte each.
TEXTS = ", ".join(
    f"substr(b.{column}, 1, {MOST[name] * LONGEST})"
    for column, name in (("title", "title"), ("description", "description"), ("url", "address"), ("notes", "notes"))
)


async def owners_behind(client: Any | None = None) -> list[int]:
    """The owners of rows that are not in step."""
    (rows,) = await _client(client).read([("SELECT DISTINCT owner_id FROM ranked_stale ORDER BY owner_id", [])])
    return [row[0] for row in rows]


async def catch_up(owner_id: int, client: Any | None = None) -> bool:
    """Make up to 500 rows of the owner's anew; tells whether more are not in step. One statement when all are.

    It belongs into the owner's write, after all else that it writes.
    """
    connection = _client(client)
    dialect = SQLITE if connection.capabilities.dialect == "sqlite" else POSTGRES
    mark = dialect.placeholder
    stale = (
        f"SELECT s.bookmark_id, s.has_content, {TEXTS},"
        f" {dialect.tag_names} FROM ranked_stale s JOIN bookmark b ON b.id = s.bookmark_id"
        f" WHERE s.owner_id = {mark(1)} ORDER BY s.has_content, s.bookmark_id LIMIT {BATCH + 1}"
    )
    (rows,) = await connection.read([(stale, [owner_id])])
    if not rows:
        return False
    with_pages = [row[0] for row in rows if row[1]][:PAGES]
    known = set(with_pages)
    taken = [row for row in rows[:BATCH] if not row[1] or row[0] in known]
    pages = await _pages(connection, owner_id, with_pages) if with_pages else {}
    made: list[tuple[Any, ...]] = []
    vocabulary: set[str] = set()
    for id, has_content, title, description, url, notes, tags in taken:
        columns, words = ranked_columns(owner_id, title, description, url or "", notes, dialect.json(tags))
        vocabulary |= words
        content = pages.get(id, "") if has_content else None  # None: as it was
        made.append((id, owner_id, *(columns[name] for name in NAMES), content))
    await _store(connection, owner_id, made, sorted(vocabulary))
    return len(taken) < len(rows)


async def doubt() -> None:
    """Note every bookmark as not in step, and forget the vocabulary: all of it is then made anew.

    What is found meanwhile is what was found before, whole words and stems at least.
    """
    connection = _client(None)
    await connection.execute_query("DELETE FROM ranked_word")
    await connection.execute_query("DELETE FROM ranked_stale")
    await connection.execute_query(
        "INSERT INTO ranked_stale (bookmark_id, owner_id, has_content) SELECT b.id, b.owner_id, TRUE FROM bookmark b"
    )


async def forget_unused(owner_id: int, after: int) -> int | None:
    """Forget those of the owner's next 500 words, by id, that no bookmark has any more.

    Returns the last id that was looked at, None when there was none. It belongs into the owner's write.
    """
    connection = _client(None)
    _, dialect = current()
    one, two = dialect.placeholder(1), dialect.placeholder(2)
    text = f"SELECT id, word FROM ranked_word WHERE owner_id = {one} AND id > {two} ORDER BY id LIMIT {BATCH}"
    (rows,) = await connection.read([(text, [owner_id, after])])
    if not rows:
        return None
    marked = stemmed(owner_id, [word for _, word in rows])
    if connection.capabilities.dialect == "sqlite":
        unused = (
            "SELECT value FROM json_each(?1) WHERE NOT EXISTS"
            " (SELECT 1 FROM ranked_search WHERE ranked_search MATCH '\"' || value || '\"')"
        )
        values: list[Any] = [orjson.dumps(marked).decode()]
    else:
        unused = (
            "SELECT word FROM unnest($1::text[]) AS known (word) WHERE NOT EXISTS"
            " (SELECT 1 FROM ranked_text WHERE words @@ ('''' || word || '''')::tsquery)"
        )
        values = [marked]
    (found,) = await connection.read([(unused, values)])
    gone = {mark for (mark,) in found}
    ids = [row[0] for row, mark in zip(rows, marked, strict=True) if mark in gone]
    if ids:
        await connection.execute_query(f"DELETE FROM ranked_word WHERE id IN ({', '.join(map(str, ids))})")
    return int(rows[-1][0])


async def differing(most: int) -> int:
    """How many of the last so many bookmarks have a row that says something else than they do."""
    connection = _client(None)
    _, dialect = current()
    kept = ", ".join(f"r.{name}" for name in NAMES)
    text = (
        f"SELECT b.owner_id, {TEXTS}, {dialect.tag_names}, {kept} FROM bookmark b"
        " JOIN ranked_text r ON r.bookmark_id = b.id"
        " WHERE b.id NOT IN (SELECT bookmark_id FROM ranked_stale)"
        f" ORDER BY b.id DESC LIMIT {int(most)}"
    )
    (rows,) = await connection.read([(text, [])])
    wrong = 0
    for owner_id, title, description, url, notes, tags, *stored in rows:
        columns, _ = ranked_columns(owner_id, title, description, url or "", notes, dialect.json(tags))
        wrong += stored != [columns[name] for name in NAMES]
    return wrong


async def _pages(connection: Any, owner_id: int, ids: list[int]) -> dict[int, str]:
    """The columns made of what the pages say."""
    text = (
        f"SELECT c.bookmark_id, substr(c.text, 1, {MOST['content'] * LONGEST}) FROM page_content c"
        f" WHERE c.bookmark_id IN ({', '.join(map(str, ids))})"
    )
    (rows,) = await connection.read([(text, [])])
    return {id: content_column(owner_id, said) for id, said in rows}


async def _store(connection: Any, owner_id: int, rows: list[tuple[Any, ...]], words: list[str]) -> None:
    """Write rows, which are in step then, and the words that the owner's vocabulary lacks."""
    kept = ", ".join(f"{name} = excluded.{name}" for name in NAMES)
    upsert = (
        f"ON CONFLICT (bookmark_id) DO UPDATE SET {kept}, content = coalesce(excluded.content, ranked_text.content)"
    )
    into = f"INSERT INTO ranked_text ({', '.join(COLUMNS)})"
    learn = "INSERT INTO ranked_word (owner_id, word, reversed, length)"
    if connection.capabilities.dialect == "sqlite":  # where triggers see to what is in step
        await connection.execute_many(f"{into} VALUES ({', '.join('?' * len(COLUMNS))}) {upsert}", rows)
        if words:
            text = (
                f"{learn} SELECT ?1, json_extract(value, '$[0]'), json_extract(value, '$[1]'),"
                " json_extract(value, '$[2]') FROM json_each(?2) WHERE TRUE ON CONFLICT DO NOTHING"
            )
            packed = orjson.dumps([(word, word[::-1], len(word)) for word in words]).decode()
            await connection.execute_query(text, [owner_id, packed])
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    types = ["int[]", "int[]", *["text[]"] * (len(COLUMNS) - 2)]
    source = ", ".join(f"${number}::{type}" for number, type in enumerate(types, 1))
    # Words are not looked for first: a planner that has not heard of the table's rows yet would go through all of them.
    text = (
        "WITH done AS (DELETE FROM ranked_stale WHERE bookmark_id = ANY($1::int[])), learnt AS ("
        f"{learn} SELECT ${len(types) + 1}, word, reverse(word), length(word)"
        f" FROM unnest(${len(types) + 2}::text[]) AS fresh (word) ON CONFLICT DO NOTHING)"
        f" {into} SELECT * FROM unnest({source}) {upsert}"
    )
    await connection.execute_query(text, [*columns, owner_id, words])


def _client(client: Any | None) -> Any:
    return client or get_connection("default")
