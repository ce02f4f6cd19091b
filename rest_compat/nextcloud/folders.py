"""``folder``: the tree, what is in it and in which order, and the hashes by which clients compare (NC section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from strawberry import Some

from rest_compat.house import context_of
from rest_compat.nextcloud.answers import send_tree, succeed, succeed_fresh
from rest_compat.nextcloud.codec import ROOT, decode_folder_id, decode_id, encoder_of
from rest_compat.nextcloud.errors import saying
from rest_compat.nextcloud.parameters import Parameters, read_integer, read_parameters
from rest_compat.nextcloud.trees import TreeWriter
from schema.errors import Fault, Invalid, NotFound
from schema.inputs import FolderDraft, FolderPatch
from schema.resolvers import filing, folder_trash, folders, hashes
from schema.resolvers.filing import Child
from schema.resolvers.folders import Detail

KINDS = (filing.FOLDER, filing.BOOKMARK)


async def find(request: web.Request) -> web.StreamResponse:
    """The folders below ``root``, each with those below it as far as ``layers`` says."""
    ctx, sent = context_of(request), await read_parameters(request)
    id = _folder(request, sent, "root")
    steps = await folders.outline(ctx, id, depth=_depth(sent, -1), detail=Detail.FOLDERS)
    return await send_tree(request, steps, TreeWriter(encoder_of(request).folder))


async def create(request: web.Request) -> web.Response:
    """Make a folder at the end of its parent."""
    sent = await read_parameters(request)
    draft = FolderDraft(name=sent.text("title") or "", parent_id=_folder(request, sent, "parent_folder"))
    with saying(400, "Could not find parent folder"):
        row = await filing.create(context_of(request), draft)
    return succeed(request, item=encoder_of(request).folder(row))


async def get(request: web.Request) -> web.Response:
    """One folder; that there is none is a 400 here, as clients have it (NC section 8)."""
    with saying(400, "Could not find folder"):
        row = await folders.get(context_of(request), decode_folder_id(request))
    return succeed(request, item=encoder_of(request).folder(row))


async def update(request: web.Request) -> web.Response:
    """Give it another title or another parent."""
    sent = await read_parameters(request)
    title = sent.text("title")
    patch = FolderPatch(
        name=None if title is None else Some(title),
        parent_id=_folder(request, sent, "parent_folder") if sent.filled("parent_folder") else None,
    )
    row = await filing.update(context_of(request), decode_folder_id(request), patch)
    return succeed(request, item=encoder_of(request).folder(row))


async def delete(request: web.Request) -> web.Response:
    """Into the trash with all below it, or with ``hardDelete`` for good; what is not there is gone already."""
    sent = await read_parameters(request)
    try:
        await folder_trash.delete(
            context_of(request), decode_folder_id(request), permanent=bool(sent.flag("hardDelete"))
        )
    except NotFound as problem:
        if problem.entity != "folder":
            raise
    return succeed(request)


async def count(request: web.Request) -> web.Response:
    """How many bookmarks there are in it and below it."""
    return succeed(request, item=await folders.count(context_of(request), decode_folder_id(request)))


async def children(request: web.Request) -> web.StreamResponse:
    """Folders and bookmarks in their order (NC-8.2)."""
    ctx, sent, encoder = context_of(request), await read_parameters(request), encoder_of(request)
    steps = await folders.outline(ctx, decode_folder_id(request), depth=_depth(sent, 0))
    return await send_tree(request, steps, TreeWriter(encoder.child_folder, encoder.child_bookmark))


async def order(request: web.Request) -> web.StreamResponse:
    """The same, of which only kind and id are told."""
    ctx, sent, encoder = context_of(request), await read_parameters(request), encoder_of(request)
    steps = await folders.outline(ctx, decode_folder_id(request), depth=_depth(sent, 0), detail=Detail.IDS)
    return await send_tree(request, steps, TreeWriter(encoder.ordered_folder, encoder.ordered_bookmark))


async def reorder(request: web.Request) -> web.Response:
    """Put everything in the folder into the order of ``data`` (NC-8.3)."""
    sent = await read_parameters(request)
    wanted = [_child(entry) for entry in sent.entries("data") or ()]
    await filing.reorder(context_of(request), decode_folder_id(request), wanted)
    return succeed(request)


async def hash(request: web.Request) -> web.Response:
    """What the folder and all below it come to (NC section 9)."""
    ctx, sent = context_of(request), await read_parameters(request)
    function, fields = sent.filled("hashFn") or "sha256", sent.texts("fields") or hashes.DEFAULT_FIELDS
    return succeed_fresh(request, data=await hashes.of(ctx, decode_folder_id(request), function, fields))


async def file(request: web.Request) -> web.Response:
    """Put a bookmark into the folder as well."""
    await filing.file(context_of(request), decode_folder_id(request, "folder_id"), decode_id(request))
    return succeed(request)


async def take_out(request: web.Request) -> web.Response:
    """Take a bookmark out of the folder; out of its last one it goes into the trash, or for good."""
    sent = await read_parameters(request)
    folder_id, id = decode_folder_id(request, "folder_id"), decode_id(request)
    with saying(400, "Not found", "folder"):
        await filing.take_out(context_of(request), folder_id, id, permanent=bool(sent.flag("hardDelete")))
    return succeed(request)


async def put_back(request: web.Request) -> web.Response:
    """Undo that (NC-13.3)."""
    await folder_trash.put_back(context_of(request), decode_folder_id(request, "folder_id"), decode_id(request))
    return succeed(request)


async def restore(request: web.Request) -> web.Response:
    """Bring a folder back from the trash with what went along (NC-13.3)."""
    await folder_trash.restore(context_of(request), decode_id(request))
    return succeed(request)


async def find_deleted(request: web.Request) -> web.Response:
    """The folders in the trash (NC-13.4)."""
    encoder = encoder_of(request)
    return succeed(request, data=[encoder.folder(row) for row in await folders.trashed(context_of(request))])


async def empty(request: web.Request) -> web.Response:
    """Delete those for good."""
    await folder_trash.empty(context_of(request))
    return succeed(request, data=[])


async def find_shared(request: web.Request) -> web.Response:
    """The folders that others share with me: none, for folders cannot be shared here."""
    return succeed(request, data=[])


def _folder(request: web.Request, sent: Parameters, name: str) -> int:
    """The folder that a parameter names; the root when it names none."""
    id = sent.integer(name, ROOT)
    return context_of(request).user.root_folder_id if id == ROOT else id


def _depth(sent: Parameters, default: int) -> int | None:
    """How many levels below the first are opened, None all (NC-8.1)."""
    layers = sent.integer("layers", default)
    return None if layers < 0 else layers


def _child(entry: Any) -> Child:
    """An entry of an order. Raises Invalid when it lacks kind or id."""
    kind, id = (entry.get("type"), entry.get("id")) if isinstance(entry, Mapping) else (None, None)
    if kind not in KINDS or id is None:
        raise Invalid(Fault(("data",), "child"))
    return Child(kind, read_integer(id))
