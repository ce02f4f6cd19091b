"""Parameters, wherever and however a client sends them (NC section 3): in the address, as a form, as JSON, or mixed.

Names with brackets are taken apart as PHP does it, since the programs were written for a server in PHP: ``tags[]=a``,
``tags[3]=a`` and ``item[tags][]=a`` are lists, in the order in which they come. Nothing here asks a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from models.text import find_bad_text
from rest_compat import wire
from rest_compat.refusals import Malformed
from rest_compat.wire import SkippedFile
from schema.errors import Fault, Invalid

LARGEST = 2**63 - 1

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\]){0,5})")  # nobody nests deeper than data[0][id]
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,4000})\s*", re.ASCII)
_NO = frozenset({"", "0", "false"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a request says, a body before the address; ``typed`` are the names that came as JSON.

    A value is a text, a JSON value, or a mapping where brackets made one. JSON's null is as good as left out.
    """

    values: Mapping[str, Any]
    typed: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether the parameter was sent, with a value or without."""
        return self.values.get(name) is not None

    def text(self, name: str) -> str | None:
        """A text, or a number as text; None when it was left out.

        Raises Invalid for anything else (``string``) and for text that cannot be stored (``nul``, ``surrogate``).
        """
        value = self.values.get(name)
        return None if value is None else _text(value, (name,))

    def filled(self, name: str) -> str | None:
        """The same, where a blank one is as good as left out."""
        text = self.text(name)
        return text if text is not None and text.strip() else None

    def written(self, name: str) -> str | None:
        """The same, where a blank one counts only if it came as JSON: forms send their empty fields along."""
        return self.text(name) if name in self.typed else self.filled(name)

    def integer(self, name: str, default: int) -> int:
        """A whole number: 0 for what is none, ``default`` when it was left out or is blank."""
        value = self.values.get(name)
        return default if value is None or (isinstance(value, str) and not value.strip()) else read_integer(value)

    def flag(self, name: str, *, bare: bool = False) -> bool | None:
        """Yes or no, or None when it was left out: ``0``, ``false`` and nothing are no, all other text is yes.

        With ``bare`` the parameter's presence without a value is a yes (NC-6.2: ``&is_public``).
        """
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            word = value.strip().lower()
            return bare if not word else word not in _NO
        return bool(value)

    def texts(self, name: str) -> list[str] | None:
        """A list of texts without blank ones; one text alone is a list of it, None when it was left out.

        Raises Invalid as ``text``, with the place in the path.
        """
        return read_texts(self.values.get(name), name)

    def integers(self, name: str) -> list[int] | None:
        """A list of whole numbers, as ``texts`` and ``integer`` have it."""
        texts = self.texts(name)
        return None if texts is None else [read_integer(text) for text in texts]

    def tags(self) -> list[str] | None:
        """``tags[]``, else ``item[tags][]``, else a bare list ``item[]``; None when none was sent (NC-6.2, D2).

        A ``tags`` of nothing but blanks counts only when there is no ``item``. Raises Invalid as ``text``.
        """
        tags = self.texts("tags")
        if tags:
            return tags
        item = self.values.get("item")
        if isinstance(item, Mapping) and "tags" in item:
            inner = read_texts(item["tags"], "tags")
        elif isinstance(item, Mapping) and not (item and all(key.isdigit() for key in item)):
            inner = None  # an object without tags
        else:
            inner = read_texts(item, "item")
        return tags if inner is None else inner

    def entries(self, name: str) -> list[Any] | None:
        """A list of whatever was sent in it; None when there is no list."""
        return _entries(self.values.get(name))


async def read_parameters(request: web.Request) -> Parameters:
    """All parameters of a request. Raises TooLarge, and Malformed for a form that cannot be taken apart.

    JSON that cannot be read, or is no object, brings no parameters; an empty body may be of any type (NC section 3).
    """
    values = nest(wire.read_pairs(request))
    kind = wire.media_type(request)
    if kind == wire.MULTIPART:
        form = await wire.read_multipart(request)
        return Parameters(values | nest((name, text) for name, text in form.items() if not _is_file(text)))
    body = await wire.read_body(request)
    if kind == wire.FORM:
        return Parameters(values | nest(wire.parse_form(body).items()))
    if body and (kind == wire.JSON or kind.endswith("+json")):
        sent = _read_json(body)
        return Parameters(values | sent, frozenset(sent))
    return Parameters(values)


def nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Names with brackets as mappings, the later of two equal names instead of the earlier."""
    values: dict[str, Any] = {}
    for name, text in pairs:
        found = _NAME.fullmatch(name)
        if found is None:
            continue
        place, step = values, found[1]
        for inner in _BRACKET.findall(found[2]):
            below = place.get(step)
            if not isinstance(below, dict):
                below = place[step] = {}
            place, step = below, inner.strip() or _next(below)
        place[step] = text
    return values


def read_integer(value: object) -> int:
    """A whole number from JSON or text, kept within 64 bits; 0 for what is none (NC section 3)."""
    match value:
        case bool() | int():
            number = int(value)
        case float():
            number = int(value) if abs(value) < LARGEST else 0
        case str() if found := _INTEGER.fullmatch(value):
            number = int(found[1])
        case _:
            number = 0
    return max(-LARGEST, min(LARGEST, number))


def read_texts(value: object, name: str) -> list[str] | None:
    """The texts of a list without blank ones. Raises Invalid for an entry that is neither text nor number."""
    entries = _entries(value)
    if entries is None:
        return None
    texts = [_text(entry, (name, place)) for place, entry in enumerate(entries) if entry is not None]
    return [text for text in texts if text.strip()]


def _entries(value: object) -> list[Any] | None:
    match value:
        case None:
            return None
        case list():
            return value
        case dict():
            return list(value.values())
        case _:
            return [value]


def _text(value: object, path: tuple[str | int, ...]) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Invalid(Fault(path, "string"))
    text = str(value)
    if rule := find_bad_text(text):
        raise Invalid(Fault(path, rule))
    return text


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        sent = wire.parse_json(body)
    except Malformed:
        return {}
    return sent if isinstance(sent, dict) else {}


def _is_file(value: object) -> bool:
    return isinstance(value, SkippedFile)


def _next(below: Mapping[str, Any]) -> str:
    """The first free number from the length on: ``[]`` appends."""
    number = len(below)
    while str(number) in below:
        number += 1
    return str(number)
