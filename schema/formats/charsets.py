"""From the bytes of an HTML file to clean text, piece by piece.

The encoding is found as browsers find it (WHATWG HTML 13.2.3, simplified): a byte order mark, else the zero bytes that
UTF-16 leaves around ``<``, else what a META near the beginning declares, else UTF-8. Bytes that the encoding does not
know become U+FFFD: an import mends, it does not refuse.
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
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    declared = _DECLARED.search(head, 0, _LOOK)
    return (codec_in_ascii(declared[1]) if declared else None) or "utf-8"


def decoded(source: BinaryIO) -> Iterator[str]:
    """Read ``source`` to its end as text with line feeds for all line ends and without U+0000 and lone surrogates."""
    chunk = source.read(CHUNK)
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(codec(chunk))(errors="replace"), translate=True)
    while chunk:
        yield mend_text(decoder.decode(chunk))
        chunk = source.read(CHUNK)
    yield mend_text(decoder.decode(b"", final=True))
