"""A cleaned document, with gaps for what it shows: what the child process makes of a stranger's bytes.

The child never sees a picture or a font: it says what is wanted, and where; the server brings it and fills the gaps.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import msgspec

DocumentKind = Literal["style", "frame", "sprite"]  # what is cleaned and put in as text
FileKind = Literal["image", "font", "media"]  # what is put in as a ``data:`` address
Kind = DocumentKind | FileKind
CleanKind = Literal["page", "frame", "sprite", "picture", "style"]  # a picture is an SVG of its own

DOCUMENTS: frozenset[str] = frozenset({"style", "frame", "sprite"})


class Slot(msgspec.Struct, frozen=True, tag="slot", array_like=True):
    """A gap for want ``number`` of its document: ``before``, the thing and ``after``, or ``missing`` without it."""

    number: int
    before: str = ""
    after: str = ""
    missing: str = ""


class Otherwise(msgspec.Struct, frozen=True, tag="otherwise", array_like=True):
    """A text that stands there only when want ``number`` did not come."""

    number: int
    text: str


Piece = str | Slot | Otherwise


class Want(msgspec.Struct, frozen=True):
    """Something that a document shows: where it is, or the ``text`` itself for a document within the document."""

    kind: Kind
    url: str
    text: str | None = None


class Document(msgspec.Struct, frozen=True):
    """Clean text with gaps. ``characters`` are all that its text has, each once, for the choice of fonts."""

    pieces: list[Piece]
    wants: list[Want] = []
    characters: str = ""


class CleanJob(msgspec.Struct, frozen=True, tag="clean"):
    """Clean a document: its bytes, the header's charset and where it came from.

    ``moment`` is written into a page. ``characters`` are those that a style sheet's fonts are for; empty is any.
    """

    kind: CleanKind
    data: bytes
    charset: str | None
    url: str
    moment: str = ""
    characters: str = ""


class Unclean(Exception):  # noqa: N818 - a fact about the outside, not a bug
    """The document cannot be cleaned; the text says why in one line."""


def sprite_prefix(url: str) -> str:
    """What the ids of a drawing begin with that is put into a page, so that they are nobody else's."""
    return f"s{sha256(url.encode()).hexdigest()[:8]}-"
