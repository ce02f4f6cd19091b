"""Between Nextcloud's JSON and the canonical rows; nothing here asks a database."""

from __future__ import annotations

from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from aiohttp import web

from models import url as urls
from models.rows import BookmarkRow, FolderRow
from rest_compat.house import address_of, context_of, house_of
from rest_compat.nextcloud.shapes import BookmarkAnswer, ChildBookmark, ChildFolder, FolderAnswer, Ordered
from schema.errors import NotFound

ROOT = -1  # what clients call their root folder
JSON_UTF8 = "application/json; charset=utf-8"
INDEX = "/index.php"
LARGEST_DIGITS = 18  # a longer number is nobody's id

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Encoder:
    """Rows in Nextcloud's words.

    ``username`` owns them, ``root_id`` is the folder that is called -1, ``text_ids``: a bookmark's id is a string of
    digits (NC, D1). ``foreign``: another's public bookmarks, of whose folders nothing is told.
    """

    username: str
    root_id: int
    text_ids: bool = False
    foreign: bool = False

    def bookmark(self, row: BookmarkRow) -> BookmarkAnswer:
        """A bookmark (NC-5.1): the fields of old and of new clients."""
        target = row.url_href or ""  # an image that was uploaded has none
        return {
            "id": self.bookmark_id(row.id),
            "url": "" if urls.is_script(target) else target,
            "target": target,
            "title": row.title,
            "description": row.description,
            "tags": sorted(row.tag_names),
            "public": int(row.is_public),
            "added": seconds(row.created_at),
            "lastmodified": seconds(row.updated_at),
            "clickcount": row.click_count,
            "user_id": self.username,
            "userId": self.username,
            "folders": self._folders(row),
            "available": True,
            "lastPreview": 0,
            "archivedFile": None,
        }

    def folder(self, row: FolderRow) -> FolderAnswer:
        """A folder (NC-5.2); the root calls itself its own parent."""
        parent = row.parent_id if row.parent_id is not None else row.id
        return {
            "id": self.folder_id(row.id),
            "title": "" if row.parent_id is None else row.name,
            "parent_folder": self.folder_id(parent),
            "userId": self.username,
            "userDisplayName": self.username,
        }

    def child_folder(self, row: FolderRow) -> ChildFolder:
        """A folder among the children of another (NC-8.2)."""
        return {"type": "folder", **self.folder(row)}

    def child_bookmark(self, row: BookmarkRow) -> ChildBookmark:
        """A bookmark among the children of a folder (NC-8.2)."""
        return {"type": "bookmark", **self.bookmark(row)}

    def ordered_folder(self, row: FolderRow) -> Ordered:
        """A folder's place in an order (NC section 8)."""
        return {"type": "folder", "id": row.id}

    def ordered_bookmark(self, id: int) -> Ordered:
        """A bookmark's place in an order."""
        return {"type": "bookmark", "id": self.bookmark_id(id)}

    def bookmark_id(self, id: int) -> int | str:
        """The id in the spelling that this client knows (NC, D1)."""
        return str(id) if self.text_ids else id

    def folder_id(self, id: int) -> int:
        """The id, or -1 for the root."""
        return ROOT if id == self.root_id else id

    def _folders(self, row: BookmarkRow) -> list[int]:
        """The folders in a fixed order: none of what is in the trash, and otherwise never none (NC-5.1)."""
        if row.deleted_at is not None:
            return []
        if self.foreign or not row.folder_ids:
            return [ROOT]
        return sorted(map(self.folder_id, row.folder_ids))


def encoder_of(request: web.Request) -> Encoder:
    """Words for the rows of whoever asks."""
    user = context_of(request).user
    return Encoder(user.username, user.root_folder_id, text_ids=has_text_ids(request))


def encoder_of_other(request: web.Request, username: str) -> Encoder:
    """Words for another user's public bookmarks."""
    return Encoder(username, 0, text_ids=has_text_ids(request), foreign=True)


def has_text_ids(request: web.Request) -> bool:
    """Whether this client reads a bookmark's id as text.

    Old clients, which call paths without ``/index.php``, do; the newer ones read numbers (NC, D1). A setting may
    have it otherwise.
    """
    spelling = house_of(request).nextcloud_ids
    return not below_index(request) if spelling == "auto" else spelling == "string"


def below_index(request: web.Request) -> bool:
    """Whether the path was called with ``/index.php`` in front (NC-1.2)."""
    return address_of(request).raw_path.startswith(f"{INDEX}/")


def decode_id(request: web.Request, name: str = "id") -> int:
    """A bookmark's id in the address; one that no row can have is 0. Raises NotFound when it is no number."""
    text = request.match_info[name]
    if not (text.isascii() and text.isdigit()):
        raise NotFound("address")
    return int(text) if len(text) <= LARGEST_DIGITS else 0


def decode_folder_id(request: web.Request, name: str = "id") -> int:
    """A folder's id in the address, the real one for -1. Raises NotFound when it is no number."""
    if request.match_info[name] == str(ROOT):
        return context_of(request).user.root_folder_id
    return decode_id(request, name)


def seconds(moment: datetime) -> int:
    """Unix time, cut to the second."""
    return timegm(moment.utctimetuple())  # right for the years 1 and 9999 too, which asyncpg gives without a zone


def respond(content: object, status: int = 200) -> web.Response:
    """A JSON answer (NC-1.7)."""
    return web.Response(body=dump(content), status=status, headers={"Content-Type": JSON_UTF8})


def dump(content: object) -> bytes:
    """Compact JSON in UTF-8."""
    return orjson.dumps(content)
