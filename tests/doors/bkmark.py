"""Bkmark's voice."""

from __future__ import annotations

from typing import Any

from models import Bookmark
from tests.doors.door import Door, Seen, expect

PREFIX = "/api/v1"


class Bkmark(Door):
    """/api/v1, where ids are UUIDs: the table says which bookmark each of them is."""

    name = "bkmark"

    async def save(self, url: str, title: str, tags: tuple[str, ...]) -> int:
        """POST /bookmarks; an address that is kept already is refused, and its bookmark changed instead."""
        body = {"url": url, "title": title, "tagNames": list(tags)}
        response = await self.http.post(f"{PREFIX}/bookmarks", json=body, headers=self.headers)
        if response.status == 409:
            known = (await response.json())["details"]["bookmarkId"]
            answer = await self.call("PATCH", f"/bookmarks/{known}", {"title": title, "tagNames": list(tags)})
        else:
            answer = await expect(response, 201)
        return (await Bookmark.get(uid=answer["id"])).id

    async def find(self) -> list[Seen]:
        """GET /bookmarks."""
        answer = await self.call("GET", "/bookmarks?limit=100")
        seen = [
            Seen((await Bookmark.get(uid=one["id"])).id, one["url"], one["title"], tuple(sorted(one["tags"])))
            for one in answer["data"]
        ]
        return sorted(seen, key=lambda one: one.id)

    async def change(self, id: int, title: str) -> None:
        """PATCH /bookmarks/:id."""
        await self.call("PATCH", f"/bookmarks/{await self.uid(id)}", {"title": title})

    async def remove(self, id: int) -> None:
        """DELETE /bookmarks/:id."""
        await self.call("DELETE", f"/bookmarks/{await self.uid(id)}")

    async def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Any other request; its answer."""
        sent = {} if body is None else {"json": body}
        return await expect(await self.http.request(method, PREFIX + path, headers=self.headers, **sent), status)

    async def uid(self, id: int) -> str:
        """The id by which this door knows a bookmark."""
        return str((await Bookmark.get(id=id)).uid)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}
