"""What a linkding said, kept on the disk while it is moved: a whole library in memory would be too much.

The file is SQLite's own temporary one, which has no name and goes with the process, however that ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, Self

import msgspec

from models import url as urls
from schema.formats.entries import Entry, Refused, Remark, TagEntry
from schema.formats.linkding import AssetEntry

BATCH: Final = 500
BATCH_BYTES: Final = 4_000_000

_TABLES: Final = """
CREATE TABLE bookmark (id INTEGER PRIMARY KEY, is_entry INTEGER, href BLOB, body BLOB);
CREATE TABLE remark (bookmark_id INTEGER, body BLOB);
CREATE TABLE tag (id INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE asset (bookmark_id INTEGER, id INTEGER, body BLOB, PRIMARY KEY (bookmark_id, id));
"""
_GROUPED: Final = """
SELECT first, body FROM (SELECT min(id) OVER (PARTITION BY href) AS first, id, body FROM bookmark WHERE is_entry)
ORDER BY first, id
"""


class Rows:
    """Bookmarks, tags and assets by linkding's ids; use it as a context, and in one thread."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def forget_bookmarks(self) -> None:
        """Begin anew."""
        self._file.executescript("DELETE FROM bookmark; DELETE FROM remark;")

    def put_bookmarks(self, rows: Sequence[tuple[Entry | Refused, Sequence[Remark]]]) -> int:
        """Keep these; how many had not been seen before. Of two with one id the later is the newer."""
        before = self.count()
        self._file.execute("BEGIN")
        for row, remarks in rows:
            self._file.execute(
                "INSERT OR REPLACE INTO bookmark VALUES (?, ?, ?, ?)",
                (row.position, isinstance(row, Entry), urls.href(row.url).encode(), msgspec.json.encode(row)),
            )
            self._file.execute("DELETE FROM remark WHERE bookmark_id = ?", (row.position,)) if remarks else None
            for remark in remarks:
                self._file.execute("INSERT INTO remark VALUES (?, ?)", (row.position, msgspec.json.encode(remark)))
        self._file.execute("COMMIT")
        return self.count() - before

    def count(self) -> int:
        """How many bookmarks, those that cannot be taken among them."""
        return int(self._file.execute("SELECT count(*) FROM bookmark").fetchone()[0])

    def troubles(self) -> Iterator[Refused | Remark]:
        """What was refused or mended, by id."""
        for (body,) in self._file.execute("SELECT body FROM bookmark WHERE NOT is_entry ORDER BY id"):
            yield msgspec.json.decode(body, type=Refused)
        for (body,) in self._file.execute("SELECT body FROM remark ORDER BY bookmark_id"):
            yield msgspec.json.decode(body, type=Remark)

    def bookmarks(self) -> Iterator[list[Entry]]:
        """The bookmarks by id in batches; those of one address in WHATWG form are together, where the first is."""
        batch: list[Entry] = []
        last, weight = 0, 0
        for first, body in self._file.execute(_GROUPED):
            if first != last and (len(batch) >= BATCH or weight >= BATCH_BYTES):
                yield batch
                batch, weight = [], 0
            batch.append(msgspec.json.decode(body, type=Entry))
            last, weight = first, weight + len(body)
        if batch:
            yield batch

    def put_tags(self, tags: Sequence[TagEntry]) -> None:
        """Keep these."""
        rows = [(tag.position, msgspec.json.encode(tag)) for tag in tags]
        self._file.executemany("INSERT OR REPLACE INTO tag VALUES (?, ?)", rows)

    def tags(self) -> Iterator[list[TagEntry]]:
        """The tags by id in batches."""
        cursor = self._file.execute("SELECT body FROM tag ORDER BY id")
        while rows := cursor.fetchmany(BATCH):
            yield [msgspec.json.decode(body, type=TagEntry) for (body,) in rows]

    def put_assets(self, bookmark_id: int, assets: Sequence[AssetEntry]) -> None:
        """Keep the assets of a bookmark."""
        rows = [(bookmark_id, asset.position, msgspec.json.encode(asset)) for asset in assets]
        self._file.executemany("INSERT OR REPLACE INTO asset VALUES (?, ?, ?)", rows)

    def assets(self) -> Iterator[dict[int, list[AssetEntry]]]:
        """The assets by the ids of their bookmarks, in batches of bookmarks."""
        batch: dict[int, list[AssetEntry]] = {}
        for bookmark_id, body in self._file.execute("SELECT bookmark_id, body FROM asset ORDER BY bookmark_id, id"):
            if bookmark_id not in batch and len(batch) >= BATCH:
                yield batch
                batch = {}
            batch.setdefault(bookmark_id, []).append(msgspec.json.decode(body, type=AssetEntry))
        if batch:
            yield batch
