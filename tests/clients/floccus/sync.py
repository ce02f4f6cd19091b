"""A browser with floccus in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import aiohttp

from tests.clients.floccus.adapter import MOST_TO_IMPORT, Adapter, bookmark_file
from tests.clients.floccus.hashes import FUNCTIONS, hashes
from tests.clients.floccus.merge import Merge, Merged
from tests.clients.floccus.tree import Browser, Item
from tests.clients.floccus.wire import Wire


class Floccus:
    """Keeps a browser's tree and an account's, or a folder of it, in step; ``wire.calls`` tells what that took.

    ``functions`` are the hash functions that it knows, ``path`` the titles down to the folder it syncs with.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        user: str,
        password: str,
        *,
        functions: tuple[str, ...] = tuple(FUNCTIONS),
        path: tuple[str, ...] = (),
        tickets: bool = False,
    ) -> None:
        self.browser = Browser()
        self.wire = Wire(session, base, user, password, tickets=tickets)
        self._adapter = Adapter(self.wire, functions)
        self._path = list(path)
        self._cache: Item | None = None  # the browser's tree as it was after the last sync
        self._ids: dict[int, int] = {}  # the server's ids of what is in it, by the browser's

    async def sync(self) -> bool:
        """Bring both trees into step; whether there was anything to do. Raises BusyError when another client syncs."""
        function = await self._adapter.start()
        async with self.wire.locked():
            root = await self._adapter.find_root(self._path)
            server = await self._load(root, function)
            if server is None:
                return False
            cache = self._cache or Item(self.browser.root.id, "")
            merge = Merge(cache, self._ids, self.browser.root, server)
            ids = await self._push(merge)
        self._keep(merge.root, ids)
        return True

    async def look(self) -> Item:
        """The whole tree on the server, as if this were the first sync."""
        root = await self._adapter.find_root(self._path)
        return await self._whole(root)

    async def _whole(self, root: int) -> Item:
        tree = Item(root, "")
        for child in await self._adapter.children(root, -1):
            tree.add(child)
        return tree

    async def _load(self, root: int, function: str) -> Item | None:
        """The server's tree: what neither side changed is taken from the cache. None when nobody changed anything."""
        if self._cache is None:
            return await self._whole(root)
        tree = Item(root, self._path[-1] if self._path else "", loaded=False)
        self._cache.title = self.browser.root.title = tree.title
        cached = hashes(self._cache, function, titled=bool(self._path))
        here = hashes(self.browser.root, function, titled=bool(self._path))
        known = {self._ids.get(item.id, root): item for item in self._cache.walk() if item.is_folder}
        folders = {item.id: item for item in self.browser.root.walk() if item.is_folder}

        async def load(folder: Item) -> None:
            if folder.loaded:
                await load_all(folder.children)
                return
            theirs = await self._adapter.hash(folder.id)
            item = known.get(folder.id)
            ours = folders.get(item.id) if item else None
            if item and ours and cached[item] == theirs == here[ours]:
                self._fill(folder, item)
                return
            folder.loaded = True
            for child in await self._adapter.children(folder.id, 1):
                folder.add(child)
            await load_all(folder.children)

        async def load_all(items: Iterable[Item]) -> None:
            await asyncio.gather(*[load(item) for item in items if item.is_folder])

        await load(tree)
        return tree if tree.loaded else None

    def _fill(self, folder: Item, cached: Item) -> None:
        """Take the contents of a folder from the cache; the folder itself stays marked as not loaded."""
        for item in cached.children:
            child = folder.add(Item(self._ids[item.id], item.title, item.url, loaded=False))
            self._fill(child, item)

    async def _push(self, merge: Merge) -> dict[Merged, int]:
        """Make the server's tree the merged one; the ids of all there."""
        ids = {node: node.server.id for node in merge.root.walk() if node.server}
        folder_of = {node.server: node for node in merge.nodes if node.server and node.is_folder}
        staying = {(node.url, node.parent) for node in merge.root.walk() if not node.is_folder}

        async def bring(node: Merged) -> None:
            folder, server = ids[node.parent], node.server
            if server is None and node.is_folder:
                ids[node] = await self._adapter.create_folder(folder, node.title)
                await self._import(node, ids)
            elif server is None:
                ids[node] = await self._adapter.create_bookmark(folder, node.title, node.url)
            elif folder_of[server.parent] is node.parent and (server.title, server.url) == (node.title, node.url):
                return
            elif node.is_folder:
                await self._adapter.update_folder(server.id, folder, node.title)
            else:
                stays = (server.url, folder_of[server.parent]) in staying
                await self._adapter.update_bookmark(
                    server.id, server.parent.id, folder, node.title, node.url, stays=stays
                )

        async def take_away(node: Merged) -> None:
            above = folder_of[node.server.parent]
            if not above.alive:
                return  # it goes with its folder
            if node.is_folder:
                await self._adapter.delete_folder(node.server.id)
            elif (node.server.url, above) not in staying:
                await self._adapter.delete_bookmark(node.server.id, above.server.id)

        # Level by level from the top, so that no folder is ever moved below itself; uploads are over before bookmarks
        # are changed one by one, for they write into the same bookmarks.
        level = [merge.root]
        while level:
            below = [node for folder in level for node in folder.children if node.server or node not in ids]
            await asyncio.gather(*[bring(node) for node in below if node.is_folder])
            await asyncio.gather(*[bring(node) for node in below if not node.is_folder])
            level = [node for folder in level for node in folder.children if node.is_folder]
        await asyncio.gather(*[take_away(node) for node in merge.nodes if node.server and not node.alive])
        await asyncio.gather(*[self._arrange(node, ids) for node in merge.root.walk() if node.is_folder])
        return ids

    async def _import(self, folder: Merged, ids: dict[Merged, int]) -> None:
        """Fill a folder that was just made by one upload, if all in it is new to the server and it is not too much."""
        inside = [node for node in folder.walk() if node is not folder]
        if not 0 < len(inside) <= MOST_TO_IMPORT or any(node.server for node in inside):
            return
        said = await self._adapter.import_into(ids[folder], bookmark_file(_as_item(folder)))

        def take(nodes: list[Merged], entries: list[dict[str, object]]) -> None:
            # Folders are known again by their titles, bookmarks by their addresses: one that the server has somewhere
            # else may have the title of another folder's.
            assert [node.title if node.is_folder else node.url for node in nodes] == [
                entry["title"] if entry["type"] == "folder" else entry.get("target") or entry["url"]
                for entry in entries
            ]
            for node, entry in zip(nodes, entries, strict=True):
                ids[node] = int(entry["id"])
                if node.is_folder:
                    take(node.children, entry["children"])

        take(folder.children, said)

    async def _arrange(self, folder: Merged, ids: dict[Merged, int]) -> None:
        """Put what is in a folder into its order, unless it must be in it already."""
        staying = {node.server: node for node in folder.children if node.server}
        there = [staying[item] for item in folder.server.children if item in staying] if folder.server else []
        touched = any(node.is_folder and node.server and node.server.title != node.title for node in folder.children)
        if there != folder.children or (touched and len(there) > 1):
            kinds = {True: "folder", False: "bookmark"}
            await self._adapter.order(ids[folder], [(kinds[node.is_folder], ids[node]) for node in folder.children])

    def _keep(self, root: Merged, ids: dict[Merged, int]) -> None:
        """Make the browser's tree the merged one, and remember how it was."""
        self._ids = {}

        def settle(node: Merged) -> Item:
            item = node.local or Item(self.browser.new_id(), "")
            item.title, item.url = node.title, node.url
            self._ids[item.id] = ids[node]
            item.children = []
            for child in node.children:
                item.add(settle(child))
            return item

        root.title = self.browser.root.title
        settle(root)
        self._cache = self.browser.root.copy()


def _as_item(node: Merged) -> Item:
    item = Item(node.local.id if node.local else 0, node.title, node.url)
    for child in node.children:
        item.add(_as_item(child))
    return item
