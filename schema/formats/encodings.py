"""What the names of encodings in documents mean: one table for files that are imported and pages that are fetched."""

from __future__ import annotations

import codecs
from typing import Final

# Labels that Python does not know, and the wider sets that browsers read in place of narrow ones, for so documents are
# written: https://encoding.spec.whatwg.org/#names-and-labels. The keys of _WIDER are Python's own names.
_LABELS: Final = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "x-x-big5": "big5hkscs",
    "windows-949": "cp949",
    "windows-874": "cp874",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "unicode": "utf-16-le",
}
_WIDER: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-16-le",
}
# All that the standard has; Python's others (UTF-7, punycode, unicode_escape …) are no document's encoding.
_READABLE: Final = frozenset(
    {f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
    | {f"cp{page}" for page in (866, 874, 932, 949, *range(1250, 1259))}
    | {"utf-8", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"}
    | {"gb18030", "big5hkscs", "euc_jp", "iso2022_jp"}
)


def codec_of(label: str) -> str | None:
    """Python's name for the encoding that a label stands for, None when it is not one that documents have."""
    label = label.strip().strip("\"'").lower()
    try:
        name = codecs.lookup(_LABELS.get(label, label)).name
    except (LookupError, ValueError):  # ValueError: a label with U+0000
        return None
    name = _WIDER.get(name, name)
    return name if name in _READABLE else None


def codec_in_ascii(label: bytes) -> str | None:
    """The same for a label that the document carries itself.

    It was found by reading single bytes, so UTF-16 cannot be true and means UTF-8
    (https://html.spec.whatwg.org/#determining-the-character-encoding).
    """
    name = codec_of(label.decode("ascii", "replace"))
    return "utf-8" if name is not None and name.startswith("utf-16") else name
