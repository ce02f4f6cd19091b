"""The encoding of a file is found as browsers find it, and what cannot be stored is mended."""

import io

import pytest

from schema.formats.charsets import CHUNK, codec, decoded


def text_of(source: bytes) -> str:
    return "".join(decoded(io.BytesIO(source)))


@pytest.mark.parametrize(
    ("expected", "head"),
    [
        ("utf-8", b""),
        ("utf-8", b"<DL>"),
        ("utf-8-sig", b"\xef\xbb\xbf<DL>"),
        ("utf-16", b"\xff\xfe<\0"),
        ("utf-16", b"\xfe\xff\0<"),
        ("utf-16-le", b"<\0D\0"),
        ("utf-16-be", b"\0<\0D"),
        ("utf-8", b'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">'),
        ("cp1252", b'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=iso-8859-1">'),
        ("cp1252", b"<meta charset=windows-1252>"),
        ("cp1251", b"<meta charset='windows-1251'>"),
        ("cp932", b'<meta charset="x-sjis">'),
        ("koi8-r", b'<meta charset = "KOI8-R">'),
        ("utf-8", b"<meta charset=utf-16>"),
        ("utf-8", b"<meta charset=unicode_escape>"),
        ("utf-8", b"<meta charset=zlib>"),
        ("utf-8", b"<meta charset=klingon>"),
        ("utf-8", b"<A HREF='?charset=koi8-r'>"),
        ("utf-8", b" " * 4096 + b"<meta charset=koi8-r>"),
    ],
)
def test_the_codec_is_named_by_mark_then_zero_bytes_then_meta(expected, head):
    """An encoding that Python knows but no text file has, or that contradicts the bytes, is taken for UTF-8."""
    assert expected == codec(head)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_files_are_read_whole(encoding):
    text = "<DL>Grüße, 書籍, 🔖" + "ä🔖" * CHUNK

    assert text == text_of(text.encode(encoding))


def test_declared_encodings_are_read():
    assert "<meta charset=latin1>Grüße für 5 €" == text_of("<meta charset=latin1>Grüße für 5 €".encode("cp1252"))


def test_unknown_bytes_become_replacement_characters():
    assert "<DL>a\ufffdb" == text_of(b"<DL>a\xffb")


def test_what_cannot_be_stored_becomes_replacement_characters():
    """U+0000 and lone surrogates, here of UTF-8 (three bytes that are not valid) and of UTF-16."""
    assert "<DL>\ufffd" == text_of(b"<DL>\0")
    assert "<\ufffd" == text_of(b"<\0\0\xd8")
    assert "\ud800" not in text_of(b"<DL>\xed\xa0\x80")


def test_every_line_end_becomes_a_line_feed():
    """Also when the border of two pieces falls inside one."""
    assert "a\nb\nc\nd" == text_of(b"a\r\nb\rc\nd")
    assert "x" * (CHUNK - 1) + "\n!" == text_of(b"x" * (CHUNK - 1) + b"\r\n!")
