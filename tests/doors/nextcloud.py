"""Nextcloud Bookmarks' voice."""

from __future__ import annotations

from typing import Any

from aiohttp import encode_basic_auth

from tests.doors.door import Door, Seen, expect

PREFIX = "/index.php/apps/bookmarks/public/rest/v2"


class Nextcloud(Door):
    """/apps/bookmarks/public/rest/v2."""

    name = "nextcloud"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": encode_basic_auth(self.username, self.token)}

    async def save(self, url: str, title: str, tags: tuple[str, ...]) -> int:
        """POST bookmark."""
        body = {"url": url, "title": title, "tags": list(tags)}
        response = await self.http.post(f"{PREFIX}/bookmark", json=body, headers=self.headers)
        return int((await expect(response, 200))["item"]["id"])

    async def find(self) -> list[Seen]:
        """GET bookmark."""
        answer = await expect(await self.http.get(f"{PREFIX}/bookmark?page=-1", headers=self.headers), 200)
        seen = [Seen(one["id"], one["url"], one["title"], tuple(sorted(one["tags"]))) for one in answer["data"]]
        return sorted(seen, key=lambda one: one.id)

    async def change(self, id: int, title: str) -> None:
        """PUT bookmark/{id}."""
        response = await self.http.put(f"{PREFIX}/bookmark/{id}", json={"title": title}, headers=self.headers)
        await expect(response, 200)

    async def remove(self, id: int) -> None:
        """DELETE bookmark/{id}."""
        await expect(await self.http.delete(f"{PREFIX}/bookmark/{id}", headers=self.headers), 200)

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Any other request; its answer."""
        sent = {} if body is None else {"json": body}
        return await expect(await self.http.request(method, f"{PREFIX}/{path}", headers=self.headers, **sent), 200)
