"""What every door can do, whatever it calls it; one voice a door in the files beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from aiohttp.test_utils import TestClient


@dataclass(frozen=True, slots=True)
class Seen:
    """A bookmark as any door shows it; tags sorted."""

    id: int
    url: str
    title: str
    tags: tuple[str, ...]


class Door(ABC):
    """A signed-in client of one door. Everything it is refused fails the test."""

    name: ClassVar[str]

    def __init__(self, http: TestClient[Any, Any], username: str, token: str) -> None:
        self.http = http
        self.username = username
        self.token = token

    @abstractmethod
    async def save(self, url: str, title: str, tags: tuple[str, ...]) -> int:
        """Bookmark an address; its id."""

    @abstractmethod
    async def find(self) -> list[Seen]:
        """Everything, by id."""

    @abstractmethod
    async def change(self, id: int, title: str) -> None:
        """Give the bookmark another title."""

    @abstractmethod
    async def remove(self, id: int) -> None:
        """Delete the bookmark."""


async def expect(response: Any, status: int) -> Any:
    """The JSON of an answer with this status, or None where there is none."""
    text = await response.text()
    if response.status != status:
        message = f"{response.method} {response.url}: {response.status} {text}"
        raise AssertionError(message)
    return await response.json() if text else None
