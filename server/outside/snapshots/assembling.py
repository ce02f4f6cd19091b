"""Puts a snapshot's parts together: text as it was cleaned, and in its gaps what has been brought, into one file."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from schema.ports import FetchFailed
from server.outside.snapshots.pieces import Document, Otherwise, Slot, Want

DEEPEST = 20  # sheets in sheets in frames …
MOST_PARTS = 5_000  # documents that are put in: sheets that import each other twice are endless
CHUNK = 48 * 1024  # of a file at a time; a multiple of 3, so that Base64 goes on without a seam


@dataclass(slots=True, eq=False)
class Resource:
    """Something that a document shows: a clean document or a file, or neither when it did not come.

    ``shows`` are the resources that its document's gaps are for, in their order; ``depth`` counts frames around it.
    """

    want: Want
    depth: int = 0
    document: Document | None = None
    shows: list[Resource] = field(default_factory=list)
    file: Path | None = None
    content_type: str = ""
    size: int = 0

    @property
    def came(self) -> bool:
        """Whether there is something to put in."""
        return self.document is not None or self.file is not None

    @property
    def begin(self) -> bytes:
        """How the address begins that carries the file."""
        return f"data:{self.content_type};base64,".encode()


@dataclass(frozen=True, slots=True)
class _Gap:
    """A gap for a file: what is around it, and what stands there when it finds no room."""

    resource: Resource
    before: bytes
    after: bytes
    missing: bytes

    @property
    def width(self) -> int:
        """Bytes of the file as an address, and of what is around it."""
        resource = self.resource
        return len(self.before) + len(resource.begin) + 4 * ((resource.size + 2) // 3) + len(self.after)


def assemble(page: Resource, path: Path, limit: int) -> int:
    """Write the page with all that came to ``path``, at most ``limit`` bytes; how many files found no room.

    Text comes first, and what is left of the limit goes to files in their order. Raises FetchFailed, permanent, when
    the text alone is too much, and OSError.
    """
    room = limit
    for part in _Assembly(spare=True).parts(page):
        room -= len(part) if isinstance(part, bytes) else len(part.missing)
        if room < 0:
            raise FetchFailed(f"the page has more than {limit} bytes without any picture", permanent=True)
    writing = _Assembly()
    with path.open("wb") as out:
        for part in writing.parts(page):
            if isinstance(part, bytes):
                out.write(part)
            elif part.width - len(part.missing) <= room:
                room -= part.width - len(part.missing)
                _fill(part, out)
            else:
                writing.refused.add(part.resource)
                out.write(part.missing)
    return len(writing.refused)


def _fill(gap: _Gap, out: BinaryIO) -> None:
    """Write a file as an address."""
    assert gap.resource.file is not None  # noqa: S101 - else it is no _Gap
    out.write(gap.before + gap.resource.begin)
    with gap.resource.file.open("rb") as source:
        while chunk := source.read(CHUNK):
            out.write(base64.b64encode(chunk))
    out.write(gap.after)


class _Assembly:
    """One reading of a page from its beginning to its end; with ``spare``, with all that may stand in for a file."""

    def __init__(self, *, spare: bool = False) -> None:
        self.refused: set[Resource] = set()
        self._spare = spare
        self._parts = 0

    def parts(self, resource: Resource, level: int = 0, around: tuple[Resource, ...] = ()) -> Iterator[bytes | _Gap]:
        """Text and gaps, ``level`` frames deep; a document that is inside itself is left out there."""
        around = (*around, resource)
        assert resource.document is not None  # noqa: S101 - the caller looked
        for piece in resource.document.pieces:
            match piece:
                case str():
                    yield _quoted(piece, level)
                case Otherwise(number, text):
                    shown = resource.shows[number]
                    if self._spare or not shown.came or shown in self.refused:
                        yield _quoted(text, level)
                case Slot():
                    yield from self._slot(piece, resource.shows[piece.number], level, around)

    def _slot(self, slot: Slot, shown: Resource, level: int, around: tuple[Resource, ...]) -> Iterator[bytes | _Gap]:
        before, after, missing = (_quoted(text, level) for text in (slot.before, slot.after, slot.missing))
        if shown.file is not None:
            yield _Gap(shown, before, after, missing)
        elif shown.document is None or shown in around or len(around) > DEEPEST or self._parts >= MOST_PARTS:
            yield missing
        else:
            self._parts += 1
            yield before
            yield from self.parts(shown, level + (shown.want.kind == "frame"), around)
            yield after


def _quoted(text: str, level: int) -> bytes:
    """Text as it stands in an attribute of a document that is in an attribute, and so on."""
    for _ in range(level):
        text = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    return text.encode()
