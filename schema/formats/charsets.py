"""From the bytes of a file to clean text, piece by piece.

That of an HTML file is found as browsers find it (WHATWG HTML 13.2.3, simplified): a byte order mark, else the zero
bytes that UTF-16 leaves around ``<``, else what a META near the beginning declares, else UTF-8. Bytes that the encoding
does not know become U+FFFD: an import mends, it does not refuse. Other files declare nothing: they have a mark or are
UTF-8, of which bytes that are none are read as Windows would have written them.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from models.text import mend_text
from schema.formats.encodings import codec_in_ascii

CHUNK: Final = 1 << 16
"""Bytes asked of the source at a time."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)

_DECLARED: Final = re.compile(rb"""<meta\b[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)

_LOOK: Final = 4096
"""Bytes in which a META is looked for; HTML itself says 1,024, but some programs put a licence before it."""


def codec(head: bytes) -> str:
    """Name the Python codec for a file that begins with ``head``."""
    marked = _marked(head)
    if marked is not None:
        return marked
    declared = _DECLARED.search(head, 0, _LOOK)
    return (codec_in_ascii(declared[1]) if declared else None) or "utf-8"


def decoded(source: BinaryIO) -> Iterator[str]:
    """Read ``source`` to its end as text with line feeds for all line ends and without U+0000 and lone surrogates."""
    chunk = source.read(CHUNK)
    yield from _decoded(source, chunk, codecs.getincrementaldecoder(codec(chunk))(errors="replace"))


def decoded_plain(source: BinaryIO) -> Iterator[str]:
    """The same for files that are no HTML: tables that came out of a spreadsheet, for example."""
    chunk = source.read(CHUNK)
    marked = _marked(chunk) or _by_zeros(chunk)
    yield from _decoded(source, chunk, codecs.getincrementaldecoder(marked or "utf-8")(errors=AS_WINDOWS))


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _by_zeros(head: bytes) -> str | None:
    """UTF-16 without a mark, of a text that begins with two ASCII characters."""
    if head[1:2] == b"\0" and head[3:4] == b"\0" and head[:1] != b"\0":
        return "utf-16-le"
    return "utf-16-be" if head[:1] == b"\0" and head[2:3] == b"\0" and head[1:2] != b"\0" else None


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that an encoding does not know as code page 1252; those of UTF-16 become U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    is_utf_8 = error.encoding.replace("-", "").lower().startswith("utf8")
    return wrong.decode("cp1252", "replace") if is_utf_8 else "\ufffd", error.end


AS_WINDOWS: Final = "polymark.as_windows"
codecs.register_error(AS_WINDOWS, _as_windows)


def _decoded(source: BinaryIO, chunk: bytes, inner: codecs.IncrementalDecoder) -> Iterator[str]:
    decoder = io.IncrementalNewlineDecoder(inner, translate=True)
    while chunk:
        yield mend_text(decoder.decode(chunk))
        chunk = source.read(CHUNK)
    yield mend_text(decoder.decode(b"", final=True))
