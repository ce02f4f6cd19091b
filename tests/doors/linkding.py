"""linkding's voice."""

from __future__ import annotations

from tests.doors.door import Door, Seen, expect


class Linkding(Door):
    """/api/."""

    name = "linkding"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}"}

    async def save(self, url: str, title: str, tags: tuple[str, ...]) -> int:
        """POST /api/bookmarks/."""
        body = {"url": url, "title": title, "tag_names": list(tags)}
        response = await self.http.post("/api/bookmarks/?disable_scraping", json=body, headers=self.headers)
        return int((await expect(response, 201))["id"])

    async def find(self) -> list[Seen]:
        """GET /api/bookmarks/."""
        answer = await expect(await self.http.get("/api/bookmarks/?limit=100", headers=self.headers), 200)
        seen = [Seen(one["id"], one["url"], one["title"], tuple(one["tag_names"])) for one in answer["results"]]
        return sorted(seen, key=lambda one: one.id)

    async def change(self, id: int, title: str) -> None:
        """PATCH /api/bookmarks/{id}/."""
        response = await self.http.patch(f"/api/bookmarks/{id}/", json={"title": title}, headers=self.headers)
        await expect(response, 200)

    async def remove(self, id: int) -> None:
        """DELETE /api/bookmarks/{id}/."""
        await expect(await self.http.delete(f"/api/bookmarks/{id}/", headers=self.headers), 204)
