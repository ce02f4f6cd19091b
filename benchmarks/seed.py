"""A library of any size, made straight into the tables: the same one for the same number."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

from models import Bookmark, BookmarkTag, Folder, Placement, Tag, User, ranking
from models.folder import STEP
from schema.resolvers.addresses import address_columns
from schema.resolvers.bookmark_rows import text_columns

TAGS = 500
WORDS = [
    a + b
    for a in ("ka", "lo", "mi", "nu", "pe", "ra", "so", "tu", "ve", "xy")
    for b in ("ban", "dor", "fel", "gim", "hul", "jar", "kep", "lin", "mos", "ner")
]
RARE = "zanzibar"  # one in a hundred bookmarks holds this word
START = datetime(2020, 1, 1, tzinfo=UTC)
CHUNK = 2_000


async def seed(owner_id: int, number: int) -> None:
    """Give the account ``number`` bookmarks with three tags each; one in a hundred holds the word ``zanzibar``."""
    dice = random.Random(number)
    tags = await _make_tags(owner_id, dice)
    root = await Folder.get(owner_id=owner_id, parent_id=None)
    for start in range(0, number, CHUNK):
        count = min(CHUNK, number - start)
        await Bookmark.bulk_create(list(_bookmarks(owner_id, start, count, dice)), batch_size=CHUNK)
        hrefs = (
            await Bookmark.filter(owner_id=owner_id, id__gt=0).order_by("-id").limit(count).values_list("id", flat=True)
        )
        ids = sorted(hrefs)
        await BookmarkTag.bulk_create(
            [BookmarkTag(bookmark_id=id, tag_id=tag) for id in ids for tag in dice.sample(tags, 3)], batch_size=CHUNK
        )
        await Placement.bulk_create(
            [
                Placement(bookmark_id=id, folder_id=root.id, position=start + n, created_at=START)
                for n, id in enumerate(ids)
            ],
            batch_size=CHUNK,
        )
    behind = True
    while behind:
        async with in_transaction():
            behind = await ranking.catch_up(owner_id)
    await User.filter(id=owner_id).update(change_seq=number)


async def file_away(owner_id: int) -> None:
    """Put the bookmarks of the root into folders: 25 in each, 40 of those in each of the root's."""
    root = await Folder.get(owner_id=owner_id, parent_id=None)
    ids = await Placement.filter(folder_id=root.id).order_by("position").values_list("bookmark_id", flat=True)
    dice = random.Random(len(ids))

    def folder(parent_id: int, position: int, name: str) -> Folder:
        return Folder(
            uid=UUID(int=dice.getrandbits(128)), owner_id=owner_id, parent_id=parent_id, name=name,
            position=position * STEP, created_at=START, updated_at=START,
        )  # fmt: skip

    async with in_transaction():
        for top, start in enumerate(range(0, len(ids), 1_000)):
            above = folder(root.id, top, WORDS[top % len(WORDS)])
            await above.save()
            for number, first in enumerate(range(start, min(start + 1_000, len(ids)), 25)):
                inner = folder(above.id, number, f"{WORDS[number % len(WORDS)]} {number}")
                await inner.save()
                await Placement.filter(bookmark_id__in=ids[first : first + 25]).update(folder_id=inner.id)


async def _make_tags(owner_id: int, dice: random.Random) -> list[int]:
    names = [f"{WORDS[number % len(WORDS)]}-{number}" for number in range(TAGS)]
    await Tag.bulk_create(
        [
            Tag(
                uid=UUID(int=dice.getrandbits(128)),
                owner_id=owner_id,
                name=name,
                name_key=name,
                created_at=START,
                updated_at=START,
            )
            for name in names
        ]
    )
    return sorted(await Tag.filter(owner_id=owner_id).values_list("id", flat=True))


def _bookmarks(owner_id: int, start: int, count: int, dice: random.Random) -> Iterator[Bookmark]:
    for number in range(start, start + count):
        url = f"https://{dice.choice(WORDS)}.example/{dice.choice(WORDS)}/{number}"
        title = " ".join(dice.choices(WORDS, k=6)).capitalize()
        description = " ".join(dice.choices(WORDS, k=25)) + (f" {RARE}" if number % 100 == 0 else "")
        moment = START + timedelta(minutes=number)
        yield Bookmark(
            uid=UUID(int=dice.getrandbits(128)),
            owner_id=owner_id,
            title=title,
            description=description,
            read_at=moment if number % 10 else None,
            created_at=moment,
            updated_at=moment,
            **address_columns(url),
            **text_columns(title, description, url, ""),
        )
