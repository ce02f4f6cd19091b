"""What a file is by its first bytes: no server's word for it gets into a snapshot."""

from __future__ import annotations

import re
from collections.abc import Callable

SNIFFED = 1024  # bytes that are enough to tell
SVG = "image/svg+xml"
PDF = "application/pdf"

_SVG = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<svg\b", re.IGNORECASE | re.DOTALL
)
_ISO_IMAGES = (b"avif", b"avis")

Test = Callable[[bytes], bool]


def _begins(*marks: bytes) -> Test:
    return lambda head: head.startswith(marks)


_IMAGES: tuple[tuple[str, Test], ...] = (
    ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", _begins(b"\xff\xd8\xff")),
    ("image/gif", _begins(b"GIF87a", b"GIF89a")),
    ("image/webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    ("image/avif", lambda head: head[4:8] == b"ftyp" and head[8:12] in _ISO_IMAGES),
    ("image/x-icon", _begins(b"\0\0\1\0", b"\0\0\2\0")),
    ("image/bmp", _begins(b"BM")),
    (SVG, lambda head: _SVG.match(head) is not None),
)
_FONTS: tuple[tuple[str, Test], ...] = (
    ("font/woff2", _begins(b"wOF2")),
    ("font/woff", _begins(b"wOFF")),
    ("font/otf", _begins(b"OTTO")),
    ("font/ttf", _begins(b"\0\1\0\0", b"true")),
    ("font/collection", _begins(b"ttcf")),
)
_MEDIA: tuple[tuple[str, Test], ...] = (
    ("video/mp4", lambda head: head[4:8] == b"ftyp" and head[8:12] not in _ISO_IMAGES),
    ("video/webm", _begins(b"\x1a\x45\xdf\xa3")),
    ("video/ogg", _begins(b"OggS")),
    ("audio/mpeg", _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    ("audio/wav", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE"),
    ("audio/flac", _begins(b"fLaC")),
)
_KINDS = {"image": _IMAGES, "font": _FONTS, "media": _MEDIA}
KEPT = frozenset(name for name, _ in _IMAGES if name not in {SVG, "image/x-icon"})  # as snapshots of their own


def sniff(head: bytes, kind: str) -> str | None:
    """The content type of a file of this kind (``image``, ``font``, ``media``) by its first bytes; None for others."""
    return next((name for name, test in _KINDS[kind] if test(head)), None)


def is_pdf(head: bytes) -> bool:
    """Whether the bytes begin a PDF; readers allow some rubbish before the mark."""
    return b"%PDF-" in head[:SNIFFED]
