"""A label means the same wherever it stands: in a file that is imported, on a page, or in a page's header."""

import pytest

from schema.formats import charsets
from schema.formats.encodings import codec_in_ascii, codec_of
from server.outside import reading

LABELS = [
    ("Shift_JIS", "cp932"),
    ("x-sjis", "cp932"),
    ("windows-31j", "cp932"),
    ("x-gbk", "gb18030"),
    ("x-euc-jp", "euc_jp"),
    ("windows-949", "cp949"),
    ("windows-874", "cp874"),
    ("x-cp1252", "cp1252"),
    ("latin1", "cp1252"),
    ("us-ascii", "cp1252"),
    ("macintosh", "mac-roman"),
    ("UTF8", "utf-8"),
]


@pytest.mark.parametrize(("label", "expected"), LABELS)
def test_a_label_means_the_same_in_a_file_and_on_a_page(label, expected):
    head = f"<meta charset={label}>".encode()
    letters = "é" if expected in {"cp1252", "mac-roman", "utf-8"} else "a"

    assert expected == codec_of(label)
    assert expected == charsets.codec(head)
    assert letters in (reading.decode(head + letters.encode(expected), None) or "")


@pytest.mark.parametrize("label", ["", " ", "klingon", "utf-7", "idna", "unicode_escape", "zlib", "a\0b"])
def test_what_no_document_has_is_no_encoding(label):
    assert None is codec_of(label)


@pytest.mark.parametrize("label", ["utf-16", "UTF-16LE", "utf-16be", "unicode"])
def test_a_document_that_says_utf_16_in_single_bytes_is_utf_8(label):
    """A header that says so is believed."""
    assert "utf-8" == codec_in_ascii(label.encode())
    assert (codec_of(label) or "").startswith("utf-16-")
