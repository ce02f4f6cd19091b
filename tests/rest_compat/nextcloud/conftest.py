"""Nextcloud clients, as their own programs would call: ``S`` without ``/index.php`` and ``I`` with it."""

from __future__ import annotations

import dataclasses
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from models import Bookmark, BookmarkTag, Change, Folder, Placement, Tag
from rest_compat.dialect import Dialect
from rest_compat.nextcloud.routes import NEXTCLOUD
from tests.factories import Person
from tests.rest_compat.conftest import Answer, Client, Serve

API = "/apps/bookmarks/public/rest/v2"


def basic(name: str, secret: str) -> str:
    """The value of a header that signs in."""
    return f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"


@dataclass(slots=True)
class Cloud:
    """A client of one person, or of nobody. Paths are those below the API; ``ticket`` is taken out of the bodies."""

    client: Client
    credential: str | None = None
    index: str = ""

    async def call(self, method: str, path: str = "", **options: Any) -> Answer:
        return await self.at(method, f"{API}/{path}", **options)

    async def at(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Answer:
        """The same for a path from the root on."""
        signed = {} if self.credential is None else {"Authorization": self.credential}
        answer = await self.client.request(method, f"{self.index}{path}", headers=signed | (headers or {}), **options)
        if isinstance(answer.body, dict):
            answer.body.pop("ticket", None)
        return answer

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.call("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Answer:
        return await self.call("POST", path, **options)

    async def put(self, path: str, **options: Any) -> Answer:
        return await self.call("PUT", path, **options)

    async def patch(self, path: str, **options: Any) -> Answer:
        return await self.call("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> Answer:
        return await self.call("DELETE", path, **options)

    async def item(self, method: str, path: str, **options: Any) -> Any:
        """What a call that must succeed answers as ``item``."""
        answer = await self.call(method, path, **options)

        assert (200, "success") == (answer.status, answer.body["status"])
        return answer.body["item"]

    async def data(self, path: str, **options: Any) -> Any:
        """What a list that must succeed answers as ``data``."""
        answer = await self.get(path, **options)

        assert (200, "success") == (answer.status, answer.body["status"])
        return answer.body["data"]

    async def save(self, url: str = "https://example.org/", **content: Any) -> Any:
        """Save a bookmark as floccus does; its item."""
        return await self.item("POST", "bookmark", json={"url": url, "title": "T"} | content)

    async def make_folder(self, title: str = "F", parent: int = -1) -> int:
        """Make a folder; its id."""
        id: int = (await self.item("POST", "folder", json={"title": title, "parent_folder": parent}))["id"]
        return id

    def id(self, id: int) -> int | str:
        """A bookmark's id as this client is told it."""
        return id if self.index else str(id)

    def below_index(self) -> Cloud:
        """The same with ``/index.php`` in front of every path."""
        return dataclasses.replace(self, index="/index.php")


def error(status: int, sentence: str) -> tuple[int, dict[str, Any]]:
    """What an error looks like, to compare with ``Answer.seen``."""
    return status, {"status": "error", "data": [sentence]}


SUCCESS = (200, {"status": "success"})


@pytest.fixture(params=["S", "I"])
def index(request: pytest.FixtureRequest) -> str:
    """Without ``/index.php`` and with it."""
    return "/index.php" if request.param == "I" else ""


@pytest.fixture
def doors() -> tuple[Dialect, ...]:
    """Nextcloud's alone."""
    return (NEXTCLOUD,)


@pytest.fixture
async def anonymous(serve: Serve) -> Client:
    """Somebody without a credential, at a server that takes odd paths as the whole one does."""
    return await serve(odd_paths=True)


@pytest.fixture
def cloud_of(anonymous: Client) -> Callable[[Person], Cloud]:
    """Makes clients of people."""
    return lambda person: Cloud(anonymous, basic(person.user.username, person.secret))


@pytest.fixture
async def cloud(cloud_of: Callable[[Person], Cloud], ann: Person) -> Cloud:
    """Ann's client, without ``/index.php``."""
    return cloud_of(ann)


@pytest.fixture
async def cloud_ben(cloud_of: Callable[[Person], Cloud], ben: Person) -> Cloud:
    """Ben's client."""
    return cloud_of(ben)


@pytest.fixture
async def both(cloud: Cloud, index: str) -> Cloud:
    """Ann's client, in both ways to call."""
    return dataclasses.replace(cloud, index=index)


@pytest.fixture
async def nobody(anonymous: Client) -> Cloud:
    """A client without a credential."""
    return Cloud(anonymous)


async def state(*people: Person) -> Any:
    """All that a refused request must leave alone."""
    ids = [person.user.id for person in people]
    own = {"owner_id__in": ids}
    return [
        await Bookmark.filter(**own).order_by("id").values(),
        await Folder.filter(**own).order_by("id").values(),
        await Placement.filter(folder__owner_id__in=ids).order_by("id").values(),
        await Tag.filter(**own).order_by("id").values(),
        await BookmarkTag.filter(tag__owner_id__in=ids).order_by("id").values("bookmark_id", "tag_id"),
        await Change.filter(**own).count(),
    ]
