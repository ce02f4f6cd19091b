"""Global ids (Relay's: base64 of ``Type:number``) in arguments; ``schema.execution.fields.global_id`` writes them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from enum import Enum

from schema.errors import Fault, Invalid
from schema.execution.fields import global_id


class Kind(Enum):
    """The types whose objects have a global id; the value is the type's name in the graph."""

    BOOKMARK = "Bookmark"
    TAG = "Tag"
    FOLDER = "Folder"
    ASSET = "Asset"
    BUNDLE = "Bundle"
    TOKEN = "Token"  # noqa: S105 - the type's name
    USER = "User"
    WEBHOOK = "Webhook"
    DELIVERY = "Delivery"


Path = str | tuple[str | int, ...]


def id_of(text: str, kind: Kind, path: Path = "id") -> int:
    """The number in a global id of that kind. Raises Invalid for text that is none, or is one of another kind."""
    found, number = any_id_of(text, path)
    if found is not kind:
        raise Invalid(Fault(as_path(path), "id", (kind.value,), found.value))
    return number


def any_id_of(text: str, path: Path = "id") -> tuple[Kind, int]:
    """Kind and number of a global id of any kind. Raises Invalid for text that is none.

    Only the one spelling that ``global_id`` writes is an id: no other base64, no leading zeros, no blanks.
    """
    try:
        name, _, digits = b64decode(text, validate=True).decode("ascii").partition(":")
        kind, number = Kind(name), int(digits)
    except ValueError:  # not base64, not ASCII, no such kind, no number
        raise Invalid(Fault(as_path(path), "id")) from None
    if global_id(kind.value, number) != text:
        raise Invalid(Fault(as_path(path), "id"))
    return kind, number


def ids_of(texts: Sequence[str], kind: Kind, path: str = "ids") -> list[int]:
    """The numbers in global ids of that kind, in their order. Raises Invalid for all that are none."""
    numbers: list[int] = []
    faults: list[Fault] = []
    for place, text in enumerate(texts):
        try:
            numbers.append(id_of(text, kind, (path, place)))
        except Invalid as problem:
            faults += problem.faults
    if faults:
        raise Invalid(*faults)
    return numbers


def as_path(path: Path) -> tuple[str | int, ...]:
    """One name as a path of one step."""
    return path if isinstance(path, tuple) else (path,)
