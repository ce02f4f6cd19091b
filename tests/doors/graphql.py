"""GraphQL's voice."""

from __future__ import annotations

from typing import Any

from tests.doors.door import Door, Seen, expect

FIND = "{ bookmarks(first: 100, orderBy: ADDED_ASC) { nodes { databaseId href title tagNames } } }"
ID = "query ($id: Int!) { bookmark(databaseId: $id) { id } }"


class GraphQL(Door):
    """Documents at /graphql."""

    name = "graphql"

    async def save(self, url: str, title: str, tags: tuple[str, ...]) -> int:
        """CreateBookmark."""
        document = (
            "mutation ($input: BookmarkDraft!) { createBookmark(input: $input, ifBookmarked: MERGE, fetchPage: false) {"
            " ... on BookmarkCreated { bookmark { databaseId } } ... on BookmarkUpdated { bookmark { databaseId } } } }"
        )
        data = await self.run(document, input={"url": url, "title": title, "tagNames": list(tags)})
        return int(data["createBookmark"]["bookmark"]["databaseId"])

    async def find(self) -> list[Seen]:
        """Bookmarks."""
        nodes = (await self.run(FIND))["bookmarks"]["nodes"]
        seen = [
            Seen(node["databaseId"], node["href"], node["title"], tuple(sorted(node["tagNames"]))) for node in nodes
        ]
        return sorted(seen, key=lambda one: one.id)

    async def change(self, id: int, title: str) -> None:
        """UpdateBookmark."""
        document = (
            "mutation ($id: ID!, $input: BookmarkPatch!) { updateBookmark(id: $id, input: $input) { __typename } }"
        )
        await self.run(document, id=await self._id(id), input={"title": title})

    async def remove(self, id: int) -> None:
        """DeleteBookmarks."""
        document = "mutation ($ids: [ID!]!) { deleteBookmarks(ids: $ids) { deletedIds } }"
        await self.run(document, ids=[await self._id(id)])

    async def _id(self, id: int) -> str:
        return str((await self.run(ID, id=id))["bookmark"]["id"])

    async def run(self, document: str, **variables: Any) -> Any:
        """Any other document; its data."""
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"query": document, "variables": variables}
        answer = await expect(await self.http.post("/graphql", json=body, headers=headers), 200)
        if "errors" in answer:
            raise AssertionError(answer["errors"])
        return answer["data"]
