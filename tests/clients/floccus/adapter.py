"""floccus' calls to the Nextcloud Bookmarks API, one method a thing it does to the server (NC-15.1, step 5)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any
from urllib.parse import quote

from tests.clients.floccus.hashes import FUNCTIONS
from tests.clients.floccus.tree import Item
from tests.clients.floccus.wire import Wire

ROOT = -1
PAGE = 300
MOST_TO_IMPORT = 75
SCRIPT = "javascript:"
UNSAFE = str.maketrans({character: f"&#{ord(character)};" for character in "<>&\"'"})


class Adapter:
    """Reads and writes the server's tree. A folder is known by its id, a bookmark by its id and its folder's."""

    def __init__(self, wire: Wire, functions: tuple[str, ...] = tuple(FUNCTIONS)) -> None:
        self._wire = wire
        self._functions = functions
        self._function = functions[0]
        self._turns: defaultdict[object, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._listed = False

    async def start(self) -> str:
        """Read what the server can do; the hash function that will be used: the server's first that is known here."""
        able = await self._wire.capabilities()

        assert able["javascript-bookmarks"] is True
        assert "hash-function" not in able  # floccus refuses every hash then
        assert set(able["hash-functions"]) <= {"sha256", "murmur3a", "xxh32"}
        self._function = next(name for name in able["hash-functions"] if name in self._functions)
        self._listed = False
        return self._function

    async def find_root(self, path: list[str]) -> int:
        """The folder at the end of a path of titles; what is missing is made."""
        root = ROOT
        for title in path:
            found = (await self._wire.ask("GET", f"folder?root={root}&layers=0"))["data"]
            root = next((folder["id"] for folder in found if folder["title"] == title), None) or (
                await self.create_folder(root, title)
            )
        return root

    async def hash(self, folder: int) -> str:
        """The server's hash of a folder."""
        answer = await self._wire.ask("GET", f"folder/{folder}/hash?hashFn={self._function}")

        assert isinstance(answer["data"], str)
        return answer["data"]

    async def children(self, folder: int, layers: int) -> list[Item]:
        """What is in a folder: so many levels below the first are loaded, all of them with -1."""
        answer = await self._wire.ask("GET", f"folder/{folder}/children?layers={layers}")

        assert isinstance(answer["data"], list)
        return [_item(said) for said in answer["data"]]

    async def create_folder(self, parent: int, title: str) -> int:
        """Make a folder at the end of another; its id."""
        made = (await self._wire.ask("POST", "folder", {"parent_folder": parent, "title": title}))["item"]

        assert made["title"] == title
        return _id(made["id"])

    async def update_folder(self, folder: int, parent: int, title: str) -> None:
        """Rename a folder, move it, or both."""
        await self._wire.ask("PUT", f"folder/{folder}", {"parent_folder": parent, "title": title})

    async def delete_folder(self, folder: int) -> None:
        """Delete a folder with all that is in it."""
        await self._wire.ask("DELETE", f"folder/{folder}")

    async def import_into(self, folder: int, html: str) -> list[dict[str, Any]]:
        """Fill a new folder with a bookmark file; what was made, as a tree."""
        answer = await self._wire.ask("POST", f"folder/{folder}/import", file=("bm_import", html))

        assert isinstance(answer["data"], list)
        return answer["data"]

    async def create_bookmark(self, folder: int, title: str, url: str) -> int:
        """Put an address into a folder; its id. One that the server has somewhere keeps its title there."""
        async with self._turns[url]:
            known = await self._known(url)
            if known is not None:
                id = _id(known["id"])
                await self.update_bookmark(id, folder, folder, known["title"], url)
                return id
            made = (await self._wire.ask("POST", "bookmark", {"url": url, "title": title, "folders": [folder]}))["item"]

        assert folder in made["folders"]
        return _id(made["id"])

    async def update_bookmark(
        self, id: int, old: int, folder: int, title: str, url: str, *, stays: bool = False
    ) -> None:
        """Give a bookmark these words, and put it from one folder into another; it stays in all the others it is in.

        ``stays`` keeps it in the old one too, for another bookmark of the tree comes to stand there.
        """
        async with self._turns[id]:
            item = await self.bookmark(id)
            kept = [one for one in item["folders"] if stays or one != old]
            body = {
                "url": url,
                "title": title,
                "folders": [one for one in kept if one != folder] + [folder],
                "tags": item["tags"],
            }
            await self._wire.ask("PUT", f"bookmark/{id}", body)

    async def bookmark(self, id: int) -> dict[str, Any]:
        """A bookmark with all that floccus reads of it."""
        item = (await self._wire.ask("GET", f"bookmark/{id}"))["item"]

        assert {"id", "title", "target", "folders", "tags"} <= item.keys()
        assert isinstance(item["folders"], list)
        return item

    async def delete_bookmark(self, id: int, folder: int) -> None:
        """Take a bookmark out of a folder; the first time in a sync, all bookmarks are read for that."""
        async with self._turns[id]:
            await self._wire.ask("DELETE", f"folder/{folder}/bookmarks/{id}")
            async with self._turns["list"]:
                if not self._listed:
                    await self._list()
                self._listed = True

    async def order(self, folder: int, children: list[tuple[str, int]]) -> None:
        """Put the children of a folder, each a type and an id, into this order."""
        entries = [{"id": str(id), "type": kind} for kind, id in children]
        await self._wire.ask("PATCH", f"folder/{folder}/childorder", {"data": entries})

    async def _list(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1_000_000):
            data = (await self._wire.ask("GET", f"bookmark?page={page}&limit={PAGE}"))["data"]

            assert isinstance(data, list)
            found += data
            if len(data) != PAGE:
                break
        return found

    async def _known(self, url: str) -> dict[str, Any] | None:
        if url.lower().startswith(SCRIPT):
            data = (await self._wire.ask("GET", f"bookmark?page=-1&search[]={quote(SCRIPT, safe='')}"))["data"]
            return next((one for one in data if one["target"] == url), None)
        data = (await self._wire.ask("GET", f"bookmark?url={quote(url, safe='')}"))["data"]

        assert len(data) <= 1
        return data[0] if data else None


def bookmark_file(folder: Item) -> str:
    """The contents of a folder as the file that floccus uploads."""

    def lines(item: Item, indent: str) -> str:
        title = item.title.translate(UNSAFE)
        if not item.is_folder:
            return f'{indent}<DT><A HREF="{item.url.translate(UNSAFE)}" TAGS="" ID="{item.id}">{title}</A>\n'
        inner = "".join(lines(child, indent + "  ") for child in item.children)
        return f'{indent}<DT><H3 ID="{item.id}">{title}</H3>\n{indent}<DL><p>\n{inner}{indent}</DL><p>\n'

    return (
        "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n"
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">\n'
        "<DL><p>\n" + "".join(lines(child, "") for child in folder.children) + "</DL><p>\n"
    )


def _item(said: dict[str, Any]) -> Item:
    if said["type"] == "bookmark":
        return Item(_id(said["id"]), said["title"], said.get("target") or said["url"])

    assert "folder" == said["type"]
    made = Item(_id(said["id"]), said["title"], loaded="children" in said)
    for child in said.get("children", ()):
        made.add(_item(child))
    return made


def _id(said: object) -> int:
    assert type(said) is int, said  # what every path with /index.php answers
    return said
