"""What Nextcloud Bookmarks' API says, as types: the answers that the codec writes, and what requests may carry."""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, NotRequired, TypedDict, TypeVar

from msgspec import Meta

T = TypeVar("T")

Id = int | str  # a bookmark's: text or a number, by the path (NC, D1)


class BookmarkAnswer(TypedDict):
    """A bookmark (NC-5.1)."""

    id: Id
    url: str
    target: str
    title: str
    description: str
    tags: list[str]
    public: int
    added: int
    lastmodified: int
    clickcount: int
    user_id: str
    userId: str
    folders: list[int]
    available: bool
    lastPreview: int
    archivedFile: None


class FolderAnswer(TypedDict):
    """A folder (NC-5.2), with those below it where they were asked for."""

    id: int
    title: str
    parent_folder: int
    userId: str
    userDisplayName: str
    children: NotRequired[list[dict[str, Any]]]


class ChildFolder(FolderAnswer):
    """A folder among the children of another (NC-8.2)."""

    type: Literal["folder"]


class ChildBookmark(BookmarkAnswer):
    """A bookmark among the children of a folder (NC-8.2)."""

    type: Literal["bookmark"]


class Ordered(TypedDict):
    """A place in the order of a folder (NC section 8)."""

    type: Literal["folder", "bookmark"]
    id: Id
    children: NotRequired[list[dict[str, Any]]]


class Succeeded(TypedDict):
    """That it was done; whoever signed in by password is handed a ticket with it (NC-2.4)."""

    status: Literal["success"]
    ticket: NotRequired[str]


class Item(TypedDict, Generic[T]):
    """One thing."""

    status: Literal["success"]
    ticket: NotRequired[str]
    item: T


class Data(TypedDict, Generic[T]):
    """Many things, or a hash."""

    status: Literal["success"]
    ticket: NotRequired[str]
    data: T


class Failed(TypedDict):
    """What went wrong, as a sentence (NC section 4)."""

    status: Literal["error"]
    data: list[str]
    request_id: NotRequired[str]


class CountedTag(TypedDict):
    """A tag, and how many bookmarks have it (NC section 7)."""

    name: str
    count: int | None


class BookmarkBody(TypedDict, total=False):
    """What may be sent of a bookmark, in the address, as a form or as JSON (NC section 3)."""

    url: str
    target: str
    title: str
    description: str
    is_public: bool
    tags: list[str]
    folders: list[int]


class FolderBody(TypedDict, total=False):
    """What may be sent of a folder."""

    title: str
    parent_folder: int


class OrderBody(TypedDict):
    """All that is in a folder, in its new order."""

    data: list[Ordered]


class AddressBody(TypedDict):
    """An address that was followed."""

    url: str


class TagBody(TypedDict, total=False):
    """A tag's names."""

    old_name: str
    new_name: str
    name: str


class BookmarkQuery(TypedDict, total=False):
    """Which bookmarks are asked for (NC-6.1); lists are sent as ``tags[]=a&tags[]=b``."""

    page: Annotated[int, Meta(description="From 0; negative: everything.")]
    limit: Annotated[int, Meta(description="Rows of a page, 10 if left out; negative: everything.")]
    sortby: Annotated[str, Meta(description="lastmodified, added, clickcount, title, url, description, id or index.")]
    conjunction: Literal["and", "or"]
    folder: int
    recursive: bool
    url: str
    user: str
    untagged: bool
    duplicated: bool
    unavailable: bool
    archived: bool
    deleted: bool


class UserQuery(TypedDict, total=False):
    """Whose public bookmark it is."""

    user: str


class TreeQuery(TypedDict, total=False):
    """How much of a tree is told."""

    root: Annotated[int, Meta(description="Where it begins; -1 is the root.")]
    layers: Annotated[int, Meta(description="How many levels are told; -1: all.")]


class DeleteQuery(TypedDict, total=False):
    """Whether it is for good."""

    hardDelete: bool


class HashQuery(TypedDict, total=False):
    """What is hashed, and how (NC section 9)."""

    hashFn: Literal["sha256", "xxh32", "murmur3a"]


class TagQuery(TypedDict, total=False):
    """What is told of the tags."""

    count: bool
