"""The tags of a batch of an import: what bookmarks get, and what the file says of tags themselves."""

from __future__ import annotations

from collections.abc import Sequence

from models import Tag
from models.text import tag_key
from schema.context import Context
from schema.formats.entries import TagEntry
from schema.resolvers.placing import BATCH
from schema.resolvers.tagging import make_tags
from schema.unit import Unit


class Names:
    """The names of tags as the file spells them."""

    def __init__(self, ctx: Context, unit: Unit) -> None:
        self._ctx = ctx
        self._unit = unit
        self._spellings: dict[str, str] = {}  # by key; the first one of the file counts
        self._tags: dict[str, TagEntry] = {}  # what the file says of tags themselves, by key

    def put(self, key: str, name: str) -> None:
        """Have a tag of that key, which a new one is spelled as."""
        self._spellings.setdefault(key, name)

    def describe(self, row: TagEntry) -> None:
        """Have a tag that is as the file says."""
        key = tag_key(row.name)
        self._tags[key] = row
        self.put(key, row.name)

    async def store(self) -> dict[str, int]:
        """The ids of all tags that are put on something or that the file speaks of, by key; missing ones are made."""
        ids: dict[str, int] = {}
        plain: list[Tag] = []
        keys = list(self._spellings)
        for start in range(0, len(keys), BATCH):
            chunk = keys[start : start + BATCH]
            for tag in await Tag.of(self._unit.owner_id).filter(name_key__in=chunk):
                ids[tag.name_key] = tag.id
                if tag.color is None and tag.name_key in self._tags and self._tags[tag.name_key].color:
                    plain.append(tag)
        missing = {key: name for key, name in self._spellings.items() if key not in ids}
        made = await make_tags(self._ctx, self._unit, missing) if missing else {}
        await self._describe(plain, made)
        return ids | made

    async def _describe(self, plain: Sequence[Tag], made: dict[str, int]) -> None:
        """Give new tags what the file says of them, and a colour to those that have none."""
        now = self._unit.now
        for tag in plain:
            self._unit.record("tag", tag.id, "update", {"name": tag.name, "color": None})
            tag.color, tag.updated_at = self._tags[tag.name_key].color, now
        if plain:
            await Tag.bulk_update(plain, ["color", "updated_at"], batch_size=100)
        described = []
        for key, id in made.items():
            if (entry := self._tags.get(key)) is not None:
                created_at = entry.created_at or now
                updated_at = entry.updated_at or created_at
                described.append(Tag(id=id, color=entry.color, created_at=created_at, updated_at=updated_at))
        if described:
            await Tag.bulk_update(described, ["color", "created_at", "updated_at"], batch_size=100)
