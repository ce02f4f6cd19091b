"""What a ranked search costs: milliseconds of the operation, by one caller, and how the database goes about it.

Run by ``python -m benchmarks``; ``--searched`` says for which sizes of a library. Its words are made up: 60,000 of
them, the n-th as common as one n-th of the first, so the first is in most bookmarks and most are in a few; and every
bookmark has a word of its own in its address.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from tortoise.connection import get_connection

from benchmarks.seed import CHUNK, START
from benchmarks.serving import PASSWORD, database
from models import Bookmark, BookmarkTag, Folder, Placement, Tag, User, ranking
from models.queries.bookmarks import EVERYTHING
from models.queries.tree import Tagged, Tree
from schema.context import ALL_SCOPES, Context, Viewer
from schema.door import GRAPHQL
from schema.operation import writing
from schema.resolvers import accounts, search
from schema.resolvers.addresses import address_columns
from schema.resolvers.bookmark_rows import text_columns
from schema.resolvers.search import Reach
from server.database import connected, database_config, migrate
from server.outside.ports import make_outside
from server.settings import Settings

VOCABULARY = 60_000
ENDINGS = ("", "", "s", "ed", "ing")
PLANTED = "typescript"  # in the title of one in a hundred
STEMMED = ("brewing", "brewed", "brews")  # one of them in the description of one in two hundred
TAG = "tagged"  # on one in fifty
DULL = re.compile(r"COMPOUND|LEFT-MOST|CO-ROUTINE|UNION ALL|SCAN [lps]\d*$|SUBQUERY|Limit|Append|never executed")
SYLLABLES = [a + b for a in "bcdfghjklmnprstvwz" for b in ("a", "e", "i", "o", "u", "an", "er", "il", "on")]


def vocabulary(dice: random.Random) -> list[str]:
    """Made-up words, the commonest first, each once."""
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(dice.choices(SYLLABLES, k=dice.choice((2, 2, 3, 3, 4))))] = None
    return list(words)


def library(owner_id: int, number: int, words: list[str], dice: random.Random) -> Iterator[Bookmark]:
    """As many bookmarks."""
    weights = list(itertools.accumulate(1 / (place + 1) for place in range(len(words))))

    def some(count: int) -> list[str]:
        return [word + dice.choice(ENDINGS) for word in dice.choices(words, cum_weights=weights, k=count)]

    for place in range(number):
        title, description = some(6), some(25)
        if place % 100 == 0:
            title.insert(dice.randrange(6), PLANTED.capitalize())
        if place % 200 == 0:
            description.append(dice.choice(STEMMED))
        title_text, text = " ".join(title).capitalize(), " ".join(description)
        url = f"https://{dice.choice(words)}.example/{some(1)[0]}/{dice.getrandbits(40):x}"
        moment = START + timedelta(minutes=place)
        yield Bookmark(
            uid=UUID(int=dice.getrandbits(128)), owner_id=owner_id, title=title_text, description=text,
            read_at=moment, created_at=moment, updated_at=moment,
            **address_columns(url), **text_columns(title_text, text, url, ""),
        )  # fmt: skip


async def fill(ctx: Context, number: int, words: list[str], dice: random.Random) -> float:
    """Put the library into the tables; the seconds that the ranked index took."""
    owner_id = ctx.owner_id
    tag = await Tag.create(
        uid=UUID(int=1), owner_id=owner_id, name=TAG, name_key=TAG, created_at=START, updated_at=START
    )
    root = await Folder.get(owner_id=owner_id, parent_id=None)
    rows = library(owner_id, number, words, dice)
    while chunk := list(itertools.islice(rows, CHUNK)):
        await Bookmark.bulk_create(chunk, batch_size=CHUNK)
    ids = sorted(await Bookmark.filter(owner_id=owner_id).values_list("id", flat=True))
    await BookmarkTag.bulk_create([BookmarkTag(bookmark_id=id, tag_id=tag.id) for id in ids[::50]], batch_size=CHUNK)
    await Placement.bulk_create(
        [Placement(bookmark_id=id, folder_id=root.id, position=id, created_at=START) for id in ids], batch_size=CHUNK
    )
    begun = time.perf_counter()
    while await ranking.owners_behind():
        async with writing(ctx):
            pass
    await User.filter(id=owner_id).update(change_seq=number)
    seconds = time.perf_counter() - begun
    await get_connection("default").execute_script("ANALYZE")
    return seconds


def searches(words: list[str]) -> list[tuple[str, str, Tree]]:
    """What is measured: its name, its text, what else must be true."""
    return [
        ("exact word, 1 in 100", PLANTED, EVERYTHING),
        ("exact word, the commonest", words[0], EVERYTHING),
        ("two words, common", f"{words[1]} {words[4]}", EVERYTHING),
        ("two words, rarely together", f"{words[700]} {words[2]}", EVERYTHING),
        ("stem, 1 in 200", "brew", EVERYTHING),
        ("phrase of two common words", f'"{words[0]} {words[1]}"', EVERYTHING),
        ("common word, one tag", words[0], Tagged(TAG)),
        ("one typing error", "tpyescript", EVERYTHING),
        ("one typing error, two words", f"tpyescript {words[0]}", EVERYTHING),
        ("partial word, its start", "typescr", EVERYTHING),
        ("partial word, its middle", "ypescrip", EVERYTHING),
        ("nothing at all", "qwxyzzyqw", EVERYTHING),
    ]


class Statements(logging.Handler):
    """Keeps the statements that are logged, with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[str, list[object]]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple) and len(record.args) == 2:
            self.kept.append((str(record.args[0]), list(record.args[1])))


async def plans(ctx: Context, text: str, tree: Tree) -> list[str]:
    """How the database goes about the statements of one search: each step that is not like one before it."""
    logger, handler = logging.getLogger("tortoise.db_client"), Statements()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    await search.find(ctx, text, tree)
    logger.removeHandler(handler)
    logger.setLevel(level)
    connection = get_connection("default")
    is_sqlite = connection.capabilities.dialect == "sqlite"
    lines = []
    for number, (statement, values) in enumerate(handler.kept, 1):
        words = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "
        (rows,) = await connection.read([(words + statement, values)])
        steps = [
            re.sub(r"[$?0-9]+|_[0-9]+", "#", str(row[-1])).strip() for row in rows if not DULL.search(str(row[-1]))
        ]
        lines += [f"    {number}: {step}" for step in dict.fromkeys(steps)]
    return lines


async def measure(kind: str, number: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with database(kind, Path(folder)) as url:
            settings = Settings(data_dir=folder, database_url=url, fetch_timeout=0)
            config = database_config(settings.database, synchronous="NORMAL")
            await migrate(config)
            outside = make_outside(settings)
            async with connected(config):
                user = await accounts.create(outside.ports, "bench", PASSWORD)
                ctx = Context(outside.ports, GRAPHQL, Viewer(user, ALL_SCOPES))
                dice = random.Random(number)
                words = vocabulary(dice)
                took = await fill(ctx, number, words, dice)
                known = await get_connection("default").execute_query_dict("SELECT count(*) AS n FROM ranked_word")
                print(f"\n{kind}, ranked search in {number:,} bookmarks", end=" ")
                print(f"(indexed in {took:.0f} s, {known[0]['n']:,} words)")
                print(f"{'':34}{'tier':>5}{'hits':>8}{'p50 ms':>8}{'p99 ms':>8}{'page 2':>8}", flush=True)
                for name, text, tree in searches(words):
                    await one(ctx, name, text, tree, seconds)
                for name, text, tree in searches(words):
                    print(f"{name}: {text}", *await plans(ctx, text, tree), sep="\n", flush=True)
            await outside.close()


async def one(ctx: Context, name: str, text: str, tree: Tree, seconds: float) -> None:
    """One line: a first page of 20 again and again, and the second page."""
    first = await search.find(ctx, text, tree)
    hits = await first.count()
    times = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun = time.perf_counter()
        await search.find(ctx, text, tree)
        times.append((time.perf_counter() - begun) * 1000)
    second = 0.0
    if first.next_cursor is not None:
        begun = time.perf_counter()
        await search.find(ctx, text, tree, Reach(after=first.next_cursor))
        second = (time.perf_counter() - begun) * 1000
    times.sort()
    tier = first.items[0].tier if first.items else "-"
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(f"{name:34}{tier:>5}{hits:8,}{p50:8.2f}{p99:8.2f}{second:8.2f}", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", required=True)
    # One: the ORM remembers its statements in the words of the first database that a process has met.
    parser.add_argument("--databases", nargs=1, choices=["sqlite", "postgres"], required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--hello-port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    for kind, number in itertools.product(chosen.databases, chosen.sizes):
        await measure(kind, number, chosen.seconds)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
