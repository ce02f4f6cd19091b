"""``bookmark``: lists, and what can be done to one bookmark (NC section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web
from strawberry import Some

from models import url as urls
from models.queries.tree import Addressed, And, Duplicated, Or, Tree
from models.queries.window import Order, Sort
from models.rows import BookmarkRow
from rest_compat.house import context_of
from rest_compat.nextcloud.addresses import accept, candidates
from rest_compat.nextcloud.answers import UNLIMITED, send_rows, succeed
from rest_compat.nextcloud.codec import ROOT, decode_id, encoder_of, encoder_of_other
from rest_compat.nextcloud.errors import Said, saying
from rest_compat.nextcloud.feeds import send_list
from rest_compat.nextcloud.filters import decode_sort, decode_tree, decode_window
from rest_compat.nextcloud.parameters import Parameters, read_integer, read_parameters
from schema.context import Context
from schema.errors import Forbidden, Invalid, NotFound
from schema.inputs import BookmarkDraft, BookmarkPatch, ConflictPolicy
from schema.page import Window
from schema.resolvers import bookmarks, folders, saving, states, trash

OLDEST = Sort(Order.ID, descending=False)


async def find(request: web.Request) -> web.StreamResponse:
    """My bookmarks, or what another user has made public; each once (NC-6.1)."""
    sent = await read_parameters(request)
    username = sent.filled("user")
    if username is not None:
        return await _find_public(request, sent, username)
    if sent.flag("deleted"):
        return await _find_deleted(request, decode_window(sent))
    ctx, encoder = context_of(request), encoder_of(request)
    folder_id = await _folder(ctx, sent)
    tree, sort = _of_address(sent, decode_tree(sent, folder_id), decode_sort(sent, folder_id))
    wanted = ctx.door.wanted
    return await send_list(
        request,
        sent,
        decode_window(sent),
        find=lambda window: bookmarks.find(ctx, tree, sort, window, wanted),
        stream=lambda window: bookmarks.stream(ctx, tree, sort, window, wanted),
        encoder=encoder,
    )


async def find_deleted(request: web.Request) -> web.StreamResponse:
    """What is in the trash, the last deleted first (NC-13.4)."""
    return await _find_deleted(request, UNLIMITED)


async def get(request: web.Request) -> web.Response:
    """One of my bookmarks, also from the trash, or one that another user has made public (NC-6.3)."""
    ctx, id = context_of(request), decode_id(request)
    username = (await read_parameters(request)).filled("user")
    if username is None:
        row = await bookmarks.get(ctx, id, ctx.door.wanted, or_trash=True)
        return succeed(request, item=encoder_of(request).bookmark(row))
    with _published():
        row = await bookmarks.published_one(ctx, username, id)
    return succeed(request, item=encoder_of_other(request, username).bookmark(row))


async def create(request: web.Request) -> web.Response:
    """Save a bookmark; one that has the address already takes what is new of this one (NC-6.2)."""
    ctx, sent = context_of(request), await read_parameters(request)
    title = sent.written("title")
    draft = BookmarkDraft(
        url=await _address_to_save(ctx, sent.filled("target") or sent.text("url") or ""),
        title=title,
        description=sent.written("description"),
        tag_names=sent.tags() or [],
        is_public=bool(sent.flag("is_public", bare=True)),
        folder_ids=_folders(ctx, sent),
    )
    with saying(400, "Could not add bookmark", "folder"):
        saved = await saving.save(ctx, draft, ConflictPolicy.MERGE, fetch=title is None)
    return _send(request, saved.bookmark)


async def update(request: web.Request) -> web.Response:
    """Change what was sent (NC-6.4). An empty list of folders takes the bookmark out of all, into the trash."""
    ctx, id, sent = context_of(request), decode_id(request), await read_parameters(request)
    with saying(404, "Could not edit bookmark"):
        if sent.has("record_id") and read_integer(sent.values["record_id"]) != id:
            await saving.check_known(ctx, id)
            raise Said(400, "The record_id is that of another bookmark")
        if sent.values.get("folders") == []:
            if not await trash.delete(ctx, [id]):
                raise NotFound("bookmark")
            return succeed(request, item=None)
        row = await saving.update(ctx, id, _decode_patch(ctx, sent), drop_unknown_folders=True)
    return _send(request, row)


async def delete(request: web.Request) -> web.Response:
    """Delete one of my bookmarks, from all folders and for good as far as these clients know (NC-6.5)."""
    await trash.delete(context_of(request), [decode_id(request)], leave_folders=True)
    return succeed(request)


async def click(request: web.Request) -> web.Response:
    """Count that a bookmark was followed (NC-6.6)."""
    ctx, sent = context_of(request), await read_parameters(request)
    with _looking_up():
        addresses = candidates(sent.text("url") or "")
    for address in addresses[:-1]:
        try:
            await states.click(ctx, address)
        except NotFound:
            continue
        return succeed(request)
    with saying(400, "Not found"):
        await states.click(ctx, addresses[-1])
    return succeed(request)


async def count_nothing(request: web.Request) -> web.Response:
    """Dead links and archived files (NC-6.8): none that we know of."""
    return succeed(request, item=0)


async def count_duplicated(request: web.Request) -> web.Response:
    """How many bookmarks are in more than one folder (NC-6.8)."""
    return succeed(request, item=await bookmarks.count(context_of(request), Duplicated()))


async def count_deleted(request: web.Request) -> web.Response:
    """How many are in the trash (NC-6.8)."""
    return succeed(request, item=await bookmarks.count_trash(context_of(request)))


async def count_clicks(request: web.Request) -> web.Response:
    """How often my bookmarks were followed altogether (NC-6.8)."""
    return succeed(request, item=(await bookmarks.clicks(context_of(request)))[0])


async def count_clicked(request: web.Request) -> web.Response:
    """How many of them ever were (NC-6.8)."""
    return succeed(request, item=(await bookmarks.clicks(context_of(request)))[1])


async def _find_public(request: web.Request, sent: Parameters, username: str) -> web.StreamResponse:
    """What a user has made public; of whose folders nothing is told, so there is only the root to look in."""
    ctx, encoder = context_of(request), encoder_of_other(request, username)
    if sent.integer("folder", ROOT) != ROOT:
        raise Said(400, "Not found")
    tree, sort = _of_address(sent, decode_tree(sent), decode_sort(sent, None))
    with _published():
        return await send_list(
            request,
            sent,
            decode_window(sent),
            find=lambda window: bookmarks.published(ctx, username, tree, sort, window),
            stream=lambda window: bookmarks.stream_published(ctx, username, tree, sort, window),
            encoder=encoder,
        )


async def _find_deleted(request: web.Request, window: Window) -> web.StreamResponse:
    ctx = context_of(request)
    wanted = ctx.door.wanted
    return await send_rows(
        request,
        window,
        find=lambda part: bookmarks.trash(ctx, part, wanted),
        stream=lambda part: bookmarks.stream_trash(ctx, part, wanted),
        encode=encoder_of(request).bookmark,
    )


def _of_address(sent: Parameters, tree: Tree, sort: Sort) -> tuple[Tree, Sort]:
    """With ``url`` only what has that address, the oldest first; one without a scheme may be ``https`` or ``http``."""
    text = sent.text("url")
    if text is None:
        return tree, sort  # a blank one is no address: who looks for a bookmark must not be given all there are
    with _looking_up():
        found = tuple(Addressed(urls.digest(urls.href(address))) for address in candidates(text))
    return And((tree, Or(found))), OLDEST  # any other order would have an index of its own walked


async def _folder(ctx: Context, sent: Parameters) -> int | None:
    """The folder that a list is of. What is not mine is a 400 here, as clients have it."""
    if sent.filled("folder") is None:
        return None
    id = sent.integer("folder", ROOT)
    with saying(400, "Not found"):
        return (await folders.get(ctx, ctx.user.root_folder_id if id == ROOT else id)).id


async def _address_to_save(ctx: Context, text: str) -> str:
    """The address that the text stands for: one that is bookmarked, if there is any (NC-5.4)."""
    *others, address = candidates(text)
    for other in others:
        if (await bookmarks.check(ctx, other, fetch=False)).bookmark is not None:
            return other
    return address


def _decode_patch(ctx: Context, sent: Parameters) -> BookmarkPatch:
    address, title, description = (
        sent.filled("target") or sent.text("url"),
        sent.text("title"),
        sent.text("description"),
    )
    tags, is_public = sent.tags(), sent.flag("is_public", bare=True)
    if is_public is None and _is_seed_shaped(sent):
        is_public = False
    return BookmarkPatch(
        url=None if address is None else Some(accept(address)),
        title=None if title is None else Some(title),
        description=None if description is None else Some(description),
        tag_names=None if tags is None else Some(tags),
        is_public=None if is_public is None else Some(is_public),
        folder_ids=_folders(ctx, sent),
    )


def _is_seed_shaped(sent: Parameters) -> bool:
    """Whether an old client sent this edit, which leaves ``is_public`` out to say no (NC, D4)."""
    return sent.has("record_id") and not any(sent.has(name) for name in ("tags", "folders", "target"))


def _folders(ctx: Context, sent: Parameters) -> list[int] | None:
    """The real ids of the folders that were named; None for none, and for nothing but blanks."""
    ids = sent.integers("folders")
    return [ctx.user.root_folder_id if id == ROOT else id for id in ids] if ids else None


@contextmanager
def _published() -> Iterator[None]:
    """Trouble with another user's bookmarks in the words of NC-6.1 and NC-6.3."""
    try:
        with saying(400, "User could not be identified", "user"):
            yield
    except Forbidden as problem:
        if problem.needs != "public":
            raise
        raise Said(400, "Insufficient permissions") from None


@contextmanager
def _looking_up() -> Iterator[None]:
    """An address that is only looked for is refused in other words than one that is to be kept."""
    try:
        yield
    except Invalid:
        raise Said(400, "Failed to parse URL") from None


def _send(request: web.Request, row: BookmarkRow) -> web.Response:
    return succeed(request, item=encoder_of(request).bookmark(row))
