"""``/api/bookmarks/singlefile/``: what the SingleFile extension uploads (LD section 16)."""

from __future__ import annotations

from aiohttp import web

from rest_compat import wire
from rest_compat.house import context_of
from rest_compat.linkding.codec import read_fields, respond
from rest_compat.linkding.shapes import SingleFileAnswer
from schema.context import Context
from schema.errors import Fault, Invalid, Unavailable
from schema.ports import StoredFile
from schema.resolvers import assets, singlefile

URL, FILE = "url", "file"
ENTITY = "singlefile"  # what the faults of this address begin with: its words for them are its own


async def create(request: web.Request) -> web.Response:
    """Keep a page as the browser saw it, with the bookmark of its address or a new one (LD-SF-1).

    Whether uploads are allowed is said before the body is looked at (LD-SF-6). The two parts may come in any order; the
    file's bytes go to the disk as they come. Of several parts of one name the last counts.
    """
    ctx = context_of(request)
    await singlefile.check(ctx)
    try:
        url, stored = await _receive(request, ctx)
        await singlefile.keep(ctx, url, stored)
    except Unavailable:
        raise Unavailable("asset storage") from None
    except Invalid as problem:
        raise Invalid(*(_own(fault) for fault in problem.faults)) from None
    answer: SingleFileAnswer = {"message": "Snapshot uploaded successfully."}
    return respond(answer, 201)


async def _receive(request: web.Request, ctx: Context) -> tuple[str, StoredFile]:
    """The address and the file. Raises Invalid unless both are there, else as the readers of ``wire`` do."""
    url, stored = "", None
    if wire.media_type(request) == wire.MULTIPART:
        async for name, value in wire.read_texts_and_files(request):
            if isinstance(value, str):
                url = value.strip() if name == URL else url
            elif name == FILE and assets.plain_name(value.name):
                stored = await singlefile.receive(ctx, value.chunks)
    else:
        await read_fields(request, {})  # a body that cannot be read is another mistake
    if not url or stored is None:
        raise Invalid(Fault((), "required"))  # LD-SF-4
    return url, stored


def _own(fault: Fault) -> Fault:
    return Fault((ENTITY, *fault.path), fault.rule)
