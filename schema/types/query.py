"""What can be asked: one-line fields onto operations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from models.queries.window import Order, Sort
from models.rows import BookmarkRow, BundleRow, DeliveryRow, FolderRow, TagRow, UserRow, WebhookRow
from schema import nodes
from schema.connections import (
    Slot,
    bookmark_connection,
    bookmark_window,
    bundle_connection,
    bundle_window,
    delivery_connection,
    delivery_window,
    search_connection,
    search_reach,
    tag_connection,
    tag_window,
)
from schema.context import SCOPES
from schema.errors import Fault, Invalid, NotFound
from schema.execution import rows
from schema.execution.connection import Connection
from schema.execution.rows import Rows
from schema.filters import tree_of
from schema.ids import Kind, id_of
from schema.inputs import BookmarkFilter
from schema.nodes import AnyRow
from schema.outline import Enter, Leave
from schema.resolvers import bookmarks, bundles, edges, folders, search, tags, webhooks
from schema.resolvers.search import Hit
from schema.selection import selected, wanted_of
from schema.types.account import User
from schema.types.arguments import (
    After,
    Before,
    BookmarkSort,
    First,
    Info,
    Last,
    OrderBy,
    TagSort,
    meaning,
)
from schema.types.bookmark import Bookmark, UrlCheck
from schema.types.bundle import Bundle
from schema.types.folder import Folder, FolderTreeEntry
from schema.types.node import Node
from schema.types.scope import needs
from schema.types.search import SearchHit
from schema.types.tag import Tag
from schema.types.webhook import Delivery, Webhook
from schema.version import VERSION

DELETED_LAST = Sort(Order.DELETED)
TREE = 500  # folders, as a cost: most people have fewer, and the cost is to be known before they are read

Filter = Annotated[
    BookmarkFilter | None, strawberry.argument(description="Which bookmarks the list holds; all if left out.")
]
Id = Annotated[strawberry.ID | None, strawberry.argument(description="Its global id.")]
DatabaseId = Annotated[int | None, strawberry.argument(description="The number under which the REST APIs know it.")]


@strawberry.type(description="What can be asked. Without a credential only `viewer` (null) and `version` answer.")
class Query:
    """The reading half of the graph."""

    @strawberry.field(graphql_type=User | None, description="Your account; null without a credential.")
    def viewer(self, info: Info) -> UserRow | None:
        """Who is asking."""
        return info.context.viewer.user

    @strawberry.field(description="This server's version.")
    def version(self) -> str:
        """The release."""
        return VERSION

    @strawberry.field(
        graphql_type=Node | None,
        description="Something of yours by its global id; null if there is none, and for what lies in the trash.",
    )
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
    ) -> AnyRow | None:
        """One thing."""
        return (await nodes.find(info.context, [id], wanted_of(info), path="id"))[0]

    @strawberry.field(
        graphql_type=list[Node | None], description="The same for several ids: in their order, null where `node` is."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")],
    ) -> list[AnyRow | None]:
        """Many things."""
        return await nodes.find(info.context, ids, wanted_of(info))

    @strawberry.field(
        graphql_type=Connection[Bookmark],
        description="Your bookmarks, without those in the trash.",
        directives=[needs("bookmarks:read")],
    )
    async def bookmarks(
        self,
        info: Info,
        filter: Filter = None,
        order_by: OrderBy = BookmarkSort.ADDED_DESC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[BookmarkRow]:
        """A page of the viewer's bookmarks."""
        ctx, sort = info.context, meaning(order_by)
        ctx.allow("bookmarks:read")
        window = bookmark_window(Slot(first, after, last, before), sort)
        page = await bookmarks.find(ctx, await tree_of(ctx, filter), sort, window, wanted_of(info))
        return bookmark_connection(page, sort)

    @strawberry.field(
        graphql_type=Connection[SearchHit],
        description=(
            "Your bookmarks that hold words, best match first: in title, tags, description, address, notes or what "
            "the page says. Where none holds them all, words that may have been meant are looked for."
        ),
        directives=[needs("bookmarks:read", "search:read")],
    )
    async def search(
        self,
        info: Info,
        text: Annotated[
            str,
            strawberry.argument(
                description="Words, of which all must be there; double quotes make a phrase. At most 32 words."
            ),
        ],
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[Hit]:
        """A page of what was found."""
        ctx = info.context
        ctx.allow("bookmarks:read", "search:read")
        reach = search_reach(Slot(first, after, last, before))
        snippets = "snippet" in selected(info)
        return search_connection(
            await search.find(ctx, text, await tree_of(ctx, filter), reach, wanted_of(info), snippets=snippets)
        )

    @strawberry.field(
        graphql_type=Connection[Bookmark],
        description="What everybody on this server shares with its users, you included; archived ones too.",
        directives=[needs("bookmarks:read")],
    )
    async def shared_bookmarks(
        self,
        info: Info,
        owner: Annotated[str | None, strawberry.argument(description="Only what the user of this name shares.")] = None,
        filter: Filter = None,
        order_by: OrderBy = BookmarkSort.ADDED_DESC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[BookmarkRow]:
        """A page of what is shared; unlike linkding's list it is not for the whole world."""
        ctx, sort = info.context, meaning(order_by)
        ctx.allow("bookmarks:read")
        window = bookmark_window(Slot(first, after, last, before), sort)
        page = await bookmarks.shared(ctx, await tree_of(ctx, filter, owner=owner), sort, window, wanted_of(info))
        return bookmark_connection(page, sort)

    @strawberry.field(
        graphql_type=Connection[Bookmark],
        description="Your deleted bookmarks, the last deleted first.",
        directives=[needs("bookmarks:read")],
    )
    async def trash(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> rows.Connection[BookmarkRow]:
        """A page of the viewer's trash."""
        ctx = info.context
        ctx.allow("bookmarks:read")
        window = bookmark_window(Slot(first, after, last, before), DELETED_LAST)
        return bookmark_connection(await bookmarks.trash(ctx, window, wanted_of(info)), DELETED_LAST)

    @strawberry.field(
        graphql_type=Bookmark | None,
        description="A live bookmark of yours by exactly one of its ids; null if there is none.",
        directives=[needs("bookmarks:read")],
    )
    async def bookmark(
        self,
        info: Info,
        id: Id = None,
        database_id: DatabaseId = None,
        uid: Annotated[UUID | None, strawberry.argument(description="Its UUID.")] = None,
    ) -> BookmarkRow | None:
        """One bookmark."""
        info.context.allow("bookmarks:read")
        return await nodes.bookmark(info.context, id, database_id, uid, wanted_of(info))

    @strawberry.field(
        graphql_type=Connection[Tag], description="Your tags, used or not.", directives=[needs("tags:read")]
    )
    async def tags(
        self,
        info: Info,
        search: Annotated[
            str, strawberry.argument(description="Only tags whose name holds this text, without regard to case.")
        ] = "",
        order_by: Annotated[TagSort, strawberry.argument(description="What the list is sorted by.")] = TagSort.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[TagRow]:
        """A page of the viewer's tags."""
        info.context.allow("tags:read")
        order, descending = meaning(order_by)
        window = tag_window(Slot(first, after, last, before), order, descending=descending)
        counts = "bookmarkCount" in selected(info)
        page = await tags.find(
            info.context, window, order=order, descending=descending, counts=counts, search=search.strip()
        )
        return tag_connection(page, order, descending=descending)

    @strawberry.field(
        graphql_type=Tag | None,
        description="A tag of yours by exactly one of its ids or its name; null if none.",
        directives=[needs("tags:read")],
    )
    async def tag(
        self,
        info: Info,
        id: Id = None,
        database_id: DatabaseId = None,
        name: Annotated[str | None, strawberry.argument(description="Its name, without regard to case.")] = None,
    ) -> TagRow | None:
        """One tag."""
        info.context.allow("tags:read")
        return await nodes.tag(info.context, id, database_id, name, counts="bookmarkCount" in selected(info))

    @strawberry.field(
        graphql_type=Connection[Bundle],
        description="Your bundles, in their order.",
        directives=[needs("bookmarks:read")],
    )
    async def bundles(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> rows.Connection[BundleRow]:
        """A page of the viewer's bundles."""
        info.context.allow("bookmarks:read")
        window = bundle_window(Slot(first, after, last, before))
        return bundle_connection(await bundles.find(info.context, window))

    @strawberry.field(
        graphql_type=Bundle | None,
        description="A bundle of yours by exactly one of its ids; null if there is none.",
        directives=[needs("bookmarks:read")],
    )
    async def bundle(self, info: Info, id: Id = None, database_id: DatabaseId = None) -> BundleRow | None:
        """One bundle."""
        info.context.allow("bookmarks:read")
        return await nodes.bundle(info.context, id, database_id)

    @strawberry.field(
        graphql_type=Folder | None,
        description="A live folder of yours by exactly one of its ids; null if there is none.",
        directives=[needs("groups:read")],
    )
    async def folder(self, info: Info, id: Id = None, database_id: DatabaseId = None) -> FolderRow | None:
        """One folder."""
        info.context.allow("groups:read")
        return await nodes.folder(info.context, id, database_id)

    @strawberry.field(
        graphql_type=Folder,
        description="The folder that all others hang on. Bookmarks that are in no folder lie in it.",
        directives=[needs("groups:read")],
    )
    async def root_folder(self, info: Info) -> FolderRow:
        """The viewer's root."""
        return await folders.get(info.context, info.context.user.root_folder_id)

    @strawberry.field(
        graphql_type=list[FolderTreeEntry] | None,
        description=(
            "Your live folders below one, as a reader meets them in a tree that is folded out: each with all that is "
            "below it before the next one beside it. Null if there is no such folder."
        ),
        metadata={"size": TREE},
        directives=[needs("groups:read")],
    )
    async def folder_tree(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Global id of the folder; the root if left out.")
        ] = None,
        depth: Annotated[
            int | None,
            strawberry.argument(description="How many levels below it are told, at least 1; all if left out."),
        ] = None,
    ) -> list[FolderTreeEntry] | None:
        """The folders below one, in one statement."""
        ctx = info.context
        ctx.allow("groups:read")
        top = ctx.user.root_folder_id if id is None else id_of(id, Kind.FOLDER)
        if depth is not None and depth < 1:
            raise Invalid(Fault(("depth",), "too_small", 1))
        entries: Rows[FolderTreeEntry] = Rows()
        level = 1
        try:
            levels = None if depth is None else depth - 1
            async for steps in await folders.outline(ctx, top, depth=levels, detail=folders.Detail.FOLDERS):
                for step in steps:
                    if isinstance(step, Enter):
                        entries.append(FolderTreeEntry(depth=level, folder=step.folder))
                        level += step.expanded
                    elif isinstance(step, Leave):
                        level -= 1
        except NotFound:
            return None
        return entries

    @strawberry.field(
        graphql_type=list[Folder],
        description=(
            "Your deleted folders, the last deleted first. What went along with one is not named, and comes back with "
            "it."
        ),
        directives=[needs("groups:read")],
    )
    async def trashed_folders(self, info: Info) -> list[FolderRow]:
        """The folders of the viewer's trash."""
        return Rows(await folders.trashed(info.context))

    @strawberry.field(
        graphql_type=UrlCheck,
        description="What is known of an address before it is saved: your bookmark, its page, the tags it would get.",
        directives=[needs("bookmarks:read")],
    )
    async def check_url(
        self,
        info: Info,
        url: Annotated[str, strawberry.argument(description="Any text; one that is no address is known to nobody.")],
        fetch: Annotated[bool, strawberry.argument(description="Whether to read the page as well.")] = True,
        fresh: Annotated[bool, strawberry.argument(description="Read it anew, whatever is remembered of it.")] = False,
    ) -> UrlCheck:
        """What the operation found, with whole tags if they were asked for."""
        ctx = info.context
        checked = await bookmarks.check(ctx, url, fresh=fresh, fetch=fetch)
        found = [] if checked.bookmark is None else [checked.bookmark]
        shown = await edges.with_tags(ctx, found, wanted_of(info))
        return UrlCheck(bookmark=shown[0] if shown else None, page=checked.page, auto_tags=checked.auto_tags)

    @strawberry.field(
        graphql_type=list[Webhook],
        description="Your webhooks, in the order in which they were made, without their secrets.",
        directives=[needs(*SCOPES)],
        metadata={"size": webhooks.MOST},
    )
    async def webhooks(self, info: Info) -> list[WebhookRow]:
        """The viewer's webhooks."""
        return Rows(await webhooks.find(info.context))

    @strawberry.field(
        graphql_type=Connection[Delivery] | None,
        description="What a webhook of yours was sent or will be in 30 days, the newest first; null if there is none.",
        directives=[needs(*SCOPES)],
    )
    async def deliveries(
        self,
        info: Info,
        webhook: Annotated[strawberry.ID, strawberry.argument(description="Global id of a webhook of yours.")],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> rows.Connection[DeliveryRow] | None:
        """A page of a webhook's log."""
        window = delivery_window(Slot(first, after, last, before))
        found = await webhooks.get_many(info.context, [id_of(webhook, Kind.WEBHOOK, "webhook")])
        return delivery_connection(await webhooks.deliveries(info.context, found[0].name, window)) if found else None
