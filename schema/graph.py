"""The canonical graph, put together: ``schema`` is what ``/graphql`` serves."""

from __future__ import annotations

import strawberry

from schema.execution.limits import GraphLimits
from schema.execution.schema import Schema, make_schema
from schema.scalars import CONFIG
from schema.types.account import Token, User
from schema.types.asset import Asset
from schema.types.bookmark import Bookmark
from schema.types.bundle import Bundle
from schema.types.folder import Folder
from schema.types.mutations.account import AccountMutations
from schema.types.mutations.assets import AssetMutations
from schema.types.mutations.bookmarks import BookmarkMutations
from schema.types.mutations.bundles import BundleMutations
from schema.types.mutations.folders import FolderMutations
from schema.types.mutations.tags import TagMutations
from schema.types.mutations.webhooks import WebhookMutations
from schema.types.query import Query
from schema.types.tag import Tag
from schema.types.webhook import Delivery, Webhook


@strawberry.type(
    description=(
        "What can be changed. Outcomes that you may expect are types of the answer; refusals are errors with a code."
    )
)
class Mutation(
    BookmarkMutations,
    FolderMutations,
    TagMutations,
    BundleMutations,
    AssetMutations,
    AccountMutations,
    WebhookMutations,
):
    """The writing half of the graph."""


def make_graph(limits: GraphLimits | None = None) -> Schema:
    """The graph with limits of one's own; ``schema`` has the default ones."""
    types = [Bookmark, Folder, Tag, Bundle, Asset, Token, User, Webhook, Delivery]
    return make_schema(Query, Mutation, types=types, limits=limits or GraphLimits(), config=CONFIG)


schema = make_graph()


def sdl() -> str:
    """The schema in GraphQL's own language, with a line end."""
    return schema.as_str().rstrip() + "\n"
