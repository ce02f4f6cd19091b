"""Bookmarks and what their pages say."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from models.rows import BookmarkRow, ContentRow, TagRow
from models.web_archive import archived_at
from schema import loaders
from schema.connections import Slot, asset_window
from schema.execution import rows
from schema.execution.connection import Connection
from schema.execution.fields import attribute, computed, global_id
from schema.execution.rows import Rows
from schema.own_paths import own_path
from schema.ports import PageData
from schema.reading_time import count_words, reading_minutes
from schema.resolvers.kept_pages import has_page
from schema.selection import selected
from schema.types.arguments import After, Before, First, Info, Last
from schema.types.asset import Asset
from schema.types.kind import BookmarkKind
from schema.types.node import Node
from schema.types.scope import needs

if TYPE_CHECKING:
    from models.rows import AssetRow, FolderRow
    from schema.types.folder import Folder
    from schema.types.tag import Tag


OF_TEXT = frozenset({"text", "wordCount", "readingMinutes"})  # what is told of a page's text


def static_path(name: str | None) -> str | None:
    """The path under which a picture's file is served."""
    return None if name is None else own_path(f"/static/{name}")


def names_of(row: BookmarkRow) -> list[str]:
    """The names of the row's tags, in one order whatever the database's."""
    return sorted(row.tag_names or [tag.name for tag in row.tags], key=str.lower)


def tags_of(row: BookmarkRow) -> list[TagRow]:
    """The row's tags in the same order."""
    return sorted(row.tags, key=lambda tag: tag.name.lower())


@strawberry.type(description="What a bookmark's page said when it was read: what a reader view needs.")
class BookmarkContent:
    """GraphQL's words for a ContentRow."""

    text: str = strawberry.field(description="The readable main text.")
    html: str | None = computed(
        lambda row: row.html or None,
        description=(
            "The same as HTML for a reader view: nothing in it runs, and all addresses are absolute. "
            "Null where no article was found, or the page was read before this was kept: see `readPage`."
        ),
    )
    word_count: int = computed(
        lambda row: count_words(row.text),
        description="Words of the text. Where a script has no blanks, two characters of Chinese or Japanese are one.",
    )
    reading_minutes: int = computed(
        lambda row: reading_minutes(count_words(row.text)),
        description="Minutes to read the text, rounded up, at 230 words a minute.",
    )
    author: str | None = strawberry.field(description="Who wrote it, as the page says.")
    site_name: str | None = strawberry.field(description="The site's name, as the page says.")
    language: str | None = strawberry.field(description="The language tag that the page gives.")
    published_at: str | None = strawberry.field(description="The date as the page gives it, ISO 8601 as a rule.")
    fetched_at: datetime = strawberry.field(description="When the page was read.")

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, ContentRow))


@strawberry.type(description="A saved link, note, code or image.")
class Bookmark(Node):
    """GraphQL's words for a BookmarkRow."""

    id: strawberry.ID = computed(lambda row: global_id("Bookmark", row.id), description="Global id.")
    database_id: int = attribute("id", description="The id at the linkding and Nextcloud doors; never used twice.")
    uid: UUID = strawberry.field(description="The id at the Bkmark door, a UUIDv7.")
    kind: BookmarkKind = computed(lambda row: BookmarkKind(row.kind), description="What it is.")
    source: str = strawberry.field(description="Where it came from: `web`, `extension`, `api`, `import` or `slack`.")
    url: str | None = strawberry.field(description="The address as it was sent; notes and code may have none.")
    href: str | None = attribute(
        "url_href", description="The address as browsers write it (WHATWG); two bookmarks that share it are the same."
    )
    title: str = strawberry.field(description="The title; may be empty.")
    description: str = strawberry.field(description="What it is about; may be empty.")
    notes: str = strawberry.field(description="Your own words, Markdown by convention.")
    summary: str | None = strawberry.field(
        description="What its page or text says, in a few sentences; null until `summarizeBookmark` was asked for them."
    )
    is_archived: bool = strawberry.field(description="Whether it is in the archive.")
    is_favorite: bool = strawberry.field(description="Whether it is a favourite.")
    is_public: bool = strawberry.field(description="Whether it is shared, as far as its owner shares at all.")
    to_read: bool = computed(lambda row: row.read_at is None, description="Whether it is still to be read.")
    read_at: datetime | None = strawberry.field(description="When it was read; null while it is to be read.")
    click_count: int = strawberry.field(description="How often it was followed, as far as clients say.")
    favicon_url: str | None = computed(
        lambda row: static_path(row.favicon), description="Path of the site's icon on this server, if it has one."
    )
    preview_image_url: str | None = computed(
        lambda row: static_path(row.preview_image),
        description="Path of a preview image on this server, if the page has one.",
    )
    web_archive_url: str | None = computed(
        lambda row: archived_at(row) if has_page(row.url, row.kind) else None,
        description=(
            "The page at the Internet Archive: the copy that was made for this bookmark, else where one of the moment "
            "that it was saved at would be; null without an http(s) address."
        ),
    )
    created_at: datetime = strawberry.field(description="When it was saved.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    deleted_at: datetime | None = strawberry.field(description="When it went into the trash; null while it is live.")
    tag_names: list[str] = computed(names_of, description="The names of its tags, sorted.")
    tags: list[Annotated[Tag, strawberry.lazy("schema.types.tag")]] = computed(
        tags_of, description="Its tags, sorted by name."
    )

    @strawberry.field(
        graphql_type=list[Annotated["Folder", strawberry.lazy("schema.types.folder")]],
        description=(
            "The folders that it is in, by name; none if it is in the root alone, in the trash, or somebody else's."
        ),
        directives=[needs("groups:read")],
    )
    def folders(self, info: Info, root: strawberry.Parent[BookmarkRow]) -> Awaitable[Rows[FolderRow]]:
        """The bookmark's folders; being in the root means being in none."""
        return loaders.folders_of(info.context).load(root.id)

    @strawberry.field(
        graphql_type=Connection[Asset],
        description="Files kept with it; none while it is in the trash or when it is somebody else's.",
        directives=[needs("bookmarks:read")],
    )
    async def assets(
        self,
        info: Info,
        root: strawberry.Parent[BookmarkRow],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[AssetRow]:
        """A page of the bookmark's assets."""
        window = asset_window(Slot(first, after, last, before))
        return await loaders.assets(info.context, window).load(root.id)

    @strawberry.field(
        graphql_type=BookmarkContent | None,
        description="What its page said; null if not read yet, in the trash, or when it is somebody else's.",
        directives=[needs("bookmarks:read")],
    )
    async def content(self, info: Info, root: strawberry.Parent[BookmarkRow]) -> ContentRow | None:
        """What the bookmark's page said."""
        names = selected(info)
        text = not names.isdisjoint(OF_TEXT)
        return await loaders.content(info.context, text=text, html="html" in names).load(root.id)

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is a row of this type."""
        del info
        return isinstance(obj, (cls, BookmarkRow))


@strawberry.type(name="PageData", description="What a web page says of itself.")
class Page:
    """GraphQL's words for schema.ports.PageData."""

    url: str = strawberry.field(description="The address that was read, after redirects.")
    title: str | None = strawberry.field(description="Its title.")
    description: str | None = strawberry.field(description="Its description.")
    preview_image: str | None = strawberry.field(description="Address of its preview image, elsewhere.")
    favicon: str | None = strawberry.field(description="Address of its icon, elsewhere.")
    site_name: str | None = strawberry.field(description="The name of its site.")
    author: str | None = strawberry.field(description="Its author.")
    published_at: str | None = strawberry.field(description="Its date, as it gives it.")
    language: str | None = strawberry.field(description="The language tag that it gives.")

    @classmethod
    def is_type_of(cls, obj: object, info: Info) -> bool:
        """Whether the object is what the outside returned."""
        del info
        return isinstance(obj, (cls, PageData))


@strawberry.type(description="What is known of an address before it is saved.")
class UrlCheck:
    """What resolvers.bookmarks.check tells."""

    bookmark: BookmarkRow | None = strawberry.field(
        graphql_type=Bookmark | None, description="Your bookmark that has the address, if there is one."
    )
    page: PageData | None = strawberry.field(
        graphql_type=Page | None, description="What the page says; null if it was not read, or not in time."
    )
    auto_tags: list[str] = strawberry.field(description="The tags that your auto-tagging rules would add.")
