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

# Python's name of a declared encoding -> the one to read it with. Browsers have always read the small old standards as
# the larger encodings that grew from them, and so exports are written. Only what is listed is believed: Python also
# knows "encodings" such as idna or unicode_escape that no file of text has.
_READ_AS: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "euc_kr": "cp949",
} | {
    name: name
    for name in (
        *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
        *(f"cp{page}" for page in (866, 874, 932, 949, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258)),
        *("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "gb18030", "big5hkscs", "euc_jp", "iso2022_jp"),
    )
}


def codec(head: bytes) -> str:
    """Name the Python codec for a file that begins with ``head``."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    declared = _DECLARED.search(head, 0, _LOOK)
    if declared is None:
        return "utf-8"
    label = declared[1].decode("ascii").lower()
    try:
        found = codecs.lookup(label).name
    except LookupError:  # Python does not know it; the table may, for Netscape's own old x-sjis
        found = label
    # A META that could be read as single bytes and says UTF-16 is wrong; HTML takes it for UTF-8, as all the rest here.
    return _READ_AS.get(found, "utf-8")


def decoded(source: BinaryIO) -> Iterator[str]:
    """Read ``source`` to its end as text with line feeds for all line ends and without U+0000 and lone surrogates."""
    chunk = source.read(CHUNK)
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(codec(chunk))(errors="replace"), translate=True)
    while chunk:
        yield mend_text(decoder.decode(chunk))
        chunk = source.read(CHUNK)
    yield mend_text(decoder.decode(b"", final=True))
