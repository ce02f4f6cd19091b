"""Small readers of what comes over the wire: queries, and bodies in JSON, as forms and as multipart.

They all raise Malformed for what cannot be taken apart and TooLarge for what is too long, whatever the bytes.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import NoReturn
from urllib.parse import parse_qsl

import orjson
from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import MultiDict

from models.text import mend_text
from rest_compat.house import house_of
from rest_compat.refusals import Malformed
from schema.errors import TooLarge

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

MAX_FIELDS = 1000  # of one form
CHUNK = 64 * 1024
_SURROGATE_ESCAPE = b"\\ud"


@dataclass(slots=True)
class IncomingFile:
    """A part of a body that is a file: its name as sent, its type (empty when it has none), and its bytes, once."""

    name: str
    content_type: str
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """Stands for a file where a form was read for its texts."""

    name: str


def read_query(request: web.Request) -> dict[str, str]:
    """The parameters of the address; of several the last. Bytes that are not UTF-8 become U+FFFD."""
    return dict(_pairs(request.rel_url.raw_query_string))


def read_pairs(request: web.Request) -> list[tuple[str, str]]:
    """All parameters of the address in their order. Bytes that are not UTF-8 become U+FFFD."""
    return _pairs(request.rel_url.raw_query_string)


def media_type(request: web.Request) -> str:
    """The type of the body without its parameters, in lower case; empty when the request does not say."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


async def read_body(request: web.Request, limit: int | None = None) -> bytes:
    """The whole body. Raises TooLarge over the limit, the house's unless given, as soon as that is known."""
    limit = house_of(request).max_body_size if limit is None else limit
    if (request.content_length or 0) > limit:
        raise TooLarge(limit)
    if not request.can_read_body:
        return b""
    body = bytearray()
    with _malformed("body"):
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > limit:
                raise TooLarge(limit)
    return bytes(body)


def parse_json(body: bytes) -> object:
    """What the JSON says; of a key given twice the last. Lone surrogates come through, for the fields to refuse.

    Raises Malformed, also for NaN, Infinity, bytes that are not UTF-8, a byte order mark and very deep nesting.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if _SURROGATE_ESCAPE not in body.lower():
            raise Malformed("json", str(error)) from None
    try:  # slower, but knows what to do with half of a pair
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("json", str(error)) from None


def parse_form(body: bytes) -> MultiDict[str]:
    """The fields of a form-encoded body, in their order. Raises Malformed for more than 1,000."""
    with _malformed("form"):
        return MultiDict(_pairs(body.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS))


async def read_multipart(request: web.Request) -> MultiDict[str | SkippedFile]:
    """The fields of a multipart body; files are passed over. Raises TooLarge, and Malformed for over 1,000 parts."""
    limit = house_of(request).max_body_size
    form: MultiDict[str | SkippedFile] = MultiDict()
    async for part in _parts(request):
        name, filename = _disposition(part)
        if filename is not None:
            form.add(name, SkippedFile(filename))
            continue
        text = bytearray()
        async for chunk in _chunks(part):
            text += chunk
            if len(text) > limit or request.content.total_bytes > limit:
                raise TooLarge(limit)
        form.add(name, text.decode("utf-8", "replace"))
    return form


async def read_files(request: web.Request, name: str) -> AsyncIterator[IncomingFile]:
    """The files of that field in a multipart body, as they come; each must be read before the next is asked for.

    Bytes of a name that are not UTF-8 become U+FFFD. Raises Malformed; there is no limit here but the caller's.
    """
    async for part in _parts(request):
        field, filename = _disposition(part)
        if field == name and filename:
            yield IncomingFile(filename, part.headers.get("Content-Type", ""), _chunks(part))


async def read_texts_and_files(request: web.Request) -> AsyncIterator[tuple[str, str] | tuple[str, IncomingFile]]:
    """The parts of a multipart body by their names, as they come; each file must be read before the next is asked for.

    Raises Malformed, and TooLarge when the texts together are longer than the house's bodies; files have no limit here.
    """
    limit, taken = house_of(request).max_body_size, 0
    async for part in _parts(request):
        name, filename = _disposition(part)
        if filename is not None:
            yield name, IncomingFile(filename, part.headers.get("Content-Type", ""), _chunks(part))
            continue
        text = bytearray()
        async for chunk in _chunks(part):
            text += chunk
            if taken + len(text) > limit:
                raise TooLarge(limit)
        taken += len(text)
        yield name, text.decode("utf-8", "replace")


async def _parts(request: web.Request) -> AsyncIterator[BodyPartReader]:
    """The parts of the body, none of an empty one."""
    if not request.can_read_body:
        return
    count = 0
    with _malformed("multipart"):
        reader = MultipartReader(request.headers, request.content)
    while True:
        with _malformed("multipart"):
            try:
                part = await reader.next()
            except ValueError:
                if request.content.total_bytes == 0:  # an empty body of unknown length
                    return
                raise
        if part is None:
            return
        if not isinstance(part, BodyPartReader):
            raise Malformed("multipart", "a multipart inside a multipart")
        count += 1
        if count > MAX_FIELDS:
            raise Malformed("multipart", "too many parts")
        yield part


def _disposition(part: BodyPartReader) -> tuple[str, str | None]:
    """The field that a part is for and, when the part is a file, the name that it was sent with.

    Not as aiohttp reads it: browsers send the backslashes of Windows' directories as they are, which aiohttp takes for
    escapes, and to it a name with two semicolons is none.
    """
    message = Message()
    message["Content-Disposition"] = mend_text(part.headers.get("Content-Disposition", ""))
    with _malformed("multipart"):
        told = dict(message.get_params([], header="Content-Disposition"))  # filename* comes last, and counts
        texts = {key: mend_text(collapse_rfc2231_value(told[key])) for key in ("name", "filename") if key in told}
    return texts.get("name", ""), texts.get("filename")


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while True:
        with _malformed("multipart"):
            chunk = await part.read_chunk(CHUNK)
            decoded = [bytes(piece) async for piece in part.decode_iter(chunk)] if chunk else []
        if not chunk:
            return
        for piece in decoded:
            yield piece


@contextmanager
def _malformed(form: str) -> Iterator[None]:
    """Whatever aiohttp and the codecs find wrong with a body is the sender's mistake."""
    try:
        yield
    except (ValueError, RuntimeError, AssertionError, LookupError) as error:
        raise Malformed(form, mend_text(str(error))) from None
    except (HttpProcessingError, web.RequestPayloadError) as error:
        raise Malformed(form, mend_text(str(error))) from None


def _pairs(text: str, max_num_fields: int | None = None) -> list[tuple[str, str]]:
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=max_num_fields)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
