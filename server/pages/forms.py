"""What a form sends, and where it may lead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import web

from schema.errors import Invalid, TooLarge, Unsupported

LARGEST = 2 * 1024 * 1024  # bytes: 100,000 characters of rules, each as up to twelve
MOST_FIELDS = 200
MEDIA_TYPE = "application/x-www-form-urlencoded"

_LOCAL = re.compile(r"/[\x21-\x7e]*", re.ASCII)
_DANGEROUS = re.compile(r"[\\]|//|/\.", re.ASCII)  # browsers take a backslash for a slash, and cut dots


@dataclass(frozen=True, slots=True)
class Form:
    """The fields by name; a name may come several times."""

    fields: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The field's first value, empty when it was not sent; line ends are one character."""
        return self.texts(name)[0] if name in self.fields else ""

    def texts(self, name: str) -> list[str]:
        """All values of the field."""
        return [text.replace("\r\n", "\n") for text in self.fields.get(name, [])]


async def read_form(request: web.Request) -> Form:
    """The fields of a form's body; bytes that are no UTF-8 become U+FFFD.

    Raises Unsupported for another media type, TooLarge over 2 MiB, Invalid for what cannot be read.
    """
    if request.content_type != MEDIA_TYPE:
        raise Unsupported("content-type")
    body = bytearray()
    try:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > LARGEST:
                raise TooLarge(LARGEST)
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS
        )
    except (web.RequestPayloadError, ConnectionError, ValueError) as error:
        raise Invalid from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form(fields)


def local_path(path: str) -> str | None:
    """The path, if it leads to a place on this server whatever a browser makes of it; else None."""
    return path if _LOCAL.fullmatch(path) and not _DANGEROUS.search(path.partition("?")[0]) else None
