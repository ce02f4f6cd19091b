"""The pieces of a document as they are written: text without what could not be stored, and gaps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from models.text import mend_text
from server.outside.snapshots.css import Scope
from server.outside.snapshots.pieces import Kind, Otherwise, Piece, Slot

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Writer:
    """Collects pieces; with ``is_xml`` their text has no character that XML refuses."""

    def __init__(self, scope: Scope, *, is_xml: bool) -> None:
        self.pieces: list[Piece] = []
        self._parts: list[str] = []
        self._scope = scope
        self._is_xml = is_xml

    def write(self, text: str) -> None:
        """Append text that is escaped already."""
        self._parts.append(text)

    def flush(self) -> None:
        """End the piece of text that is being written."""
        if self._parts:
            text = "".join(self._parts)
            self.pieces.append(_NOT_XML.sub("\ufffd", text) if self._is_xml else mend_text(text))
            self._parts.clear()

    def put(self, pieces: Iterable[Piece], word: Callable[[str], str] = str) -> None:
        """Write pieces, their texts by way of ``word``."""
        for piece in pieces:
            match piece:
                case str():
                    self.write(word(piece))
                case Slot(number, before, after, missing):
                    self.flush()
                    self.pieces.append(Slot(number, word(before), word(after), word(missing)))
                case Otherwise(number, text):
                    self.flush()
                    self.pieces.append(Otherwise(number, word(text)))

    def file(self, kind: Kind, address: str | None, before: str, after: str, missing: str = "") -> int | None:
        """Write what the address leads to between ``before`` and ``after``; the number of the want, if it is one."""
        found = self._scope.address(address.strip(), kind) if address and address.strip() else None
        if isinstance(found, int):
            self.put([Slot(found, before, after, missing)])
            return found
        self.write(f"{before}{found}{after}" if found else missing)
        return None


def escape(text: str) -> str:
    """Text between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_attribute(text: str) -> str:
    """A value between double quotes."""
    return escape(text).replace('"', "&quot;")
