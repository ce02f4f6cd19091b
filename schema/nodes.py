"""Finding things by their ids, whatever they are: one statement for each kind that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.queries.bookmarks import Wanted
from models.rows import AssetRow, BookmarkRow, BundleRow, DeliveryRow, FolderRow, TagRow, TokenRow, UserRow, WebhookRow
from schema.context import Context
from schema.errors import Fault, Invalid, NotFound
from schema.ids import Kind, any_id_of, id_of
from schema.resolvers import bookmarks, bundles, edges, folders, tags, tokens, webhooks

AnyRow = BookmarkRow | TagRow | FolderRow | AssetRow | BundleRow | TokenRow | UserRow | WebhookRow | DeliveryRow

MOST = 100


async def find(ctx: Context, ids: Sequence[strawberry.ID], wanted: Wanted, *, path: str = "ids") -> list[AnyRow | None]:
    """The viewer's things of these global ids, in their order; None for what is missing, in the trash or foreign.

    Raises Unauthenticated for nobody, Invalid for a text that is no global id and for more than 100, and Forbidden
    when the credential may not read one of the kinds.
    """
    own = ctx.user
    if len(ids) > MOST:
        raise Invalid(Fault((path,), "too_many", MOST))
    keys = [any_id_of(text, (path,) if path == "id" else (path, place)) for place, text in enumerate(ids)]
    asked: dict[Kind, list[int]] = {}
    for kind, number in keys:
        asked.setdefault(kind, []).append(number)
    found: dict[tuple[Kind, int], AnyRow] = {}
    for kind, numbers in asked.items():
        found |= {(kind, row.id): row for row in await _of_kind(ctx, kind, numbers, wanted, own)}
    return [found.get(key) for key in keys]


async def _of_kind(  # noqa: PLR0911 - one case a kind
    ctx: Context, kind: Kind, numbers: Sequence[int], wanted: Wanted, own: UserRow
) -> Sequence[AnyRow]:
    match kind:
        case Kind.BOOKMARK:
            return await bookmarks.get_many(ctx, numbers, wanted)
        case Kind.TAG:
            return await tags.get_many(ctx, numbers)
        case Kind.FOLDER:
            return await folders.get_many(ctx, numbers)
        case Kind.ASSET:
            return await edges.assets_by_id(ctx, numbers)
        case Kind.BUNDLE:
            return await bundles.get_many(ctx, numbers)
        case Kind.TOKEN:
            return await tokens.find(ctx)
        case Kind.USER:
            return [own]
        case Kind.WEBHOOK:
            return await webhooks.get_many(ctx, numbers)
        case Kind.DELIVERY:
            return await webhooks.deliveries_by_ids(ctx, numbers)


async def bookmark(
    ctx: Context, id: strawberry.ID | None, database_id: int | None, uid: UUID | None, wanted: Wanted
) -> BookmarkRow | None:
    """The viewer's live bookmark by one of its three ids, or None. Raises Invalid unless exactly one is given."""
    _check_one(id=id, databaseId=database_id, uid=uid)
    try:
        if uid is not None:
            return await bookmarks.by_uid(ctx, uid, wanted)
        return await bookmarks.get(ctx, _number(id, Kind.BOOKMARK, database_id), wanted)
    except NotFound:
        return None


async def tag(
    ctx: Context, id: strawberry.ID | None, database_id: int | None, name: str | None, *, counts: bool
) -> TagRow | None:
    """The viewer's tag by its id or name, or None. Raises Invalid unless exactly one is given."""
    _check_one(id=id, databaseId=database_id, name=name)
    if name is not None:
        return await tags.named(ctx, name)
    try:
        return await tags.get(ctx, _number(id, Kind.TAG, database_id), counts=counts)
    except NotFound:
        return None


async def folder(ctx: Context, id: strawberry.ID | None, database_id: int | None) -> FolderRow | None:
    """The viewer's live folder by one of its ids, or None. Raises Invalid unless exactly one is given."""
    _check_one(id=id, databaseId=database_id)
    try:
        return await folders.get(ctx, _number(id, Kind.FOLDER, database_id))
    except NotFound:
        return None


async def bundle(ctx: Context, id: strawberry.ID | None, database_id: int | None) -> BundleRow | None:
    """The viewer's bundle by one of its ids, or None. Raises Invalid unless exactly one is given."""
    _check_one(id=id, databaseId=database_id)
    try:
        return await bundles.get(ctx, _number(id, Kind.BUNDLE, database_id))
    except NotFound:
        return None


def _check_one(**given: object) -> None:
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        raise Invalid(Fault((names[1] if names else next(iter(given)),), "exactly_one", tuple(given)))


def _number(id: strawberry.ID | None, kind: Kind, database_id: int | None) -> int:
    return id_of(id, kind) if id is not None else database_id or 0
