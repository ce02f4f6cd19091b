import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.ports import PageData
from server.outside.reading import (
    MAX_ADDRESS,
    MAX_DESCRIPTION,
    MAX_NAME,
    MAX_TITLE,
    decode,
    read_head,
    read_page,
)

URL = "https://site.example/blog/post"
ASKED = "https://short.example/x/y"

ARTICLE = """<!doctype html>
<html lang="pt-BR"><head>
<title>A walk along the river</title>
<meta name="author" content="Ann Walker">
<meta property="og:site_name" content="The River Review">
<meta property="article:published_time" content="2024-05-17T08:30:00+02:00">
</head><body>
<nav><a href="/">Home</a> <a href="/about">About us</a></nav>
<article><h1>A walk along the river</h1>
<p>On the first warm day of the year we took the path that follows the water, from the mill to the old bridge.</p>
<p>Nobody had mown the banks yet, so the grass stood as high as the fence, full of larks and of last year's reeds.</p>
<p>Behind the bridge the path ends at a gate, and those who go on need boots, patience and a dry day after it.</p>
</article>
<footer>Copyright, all rights reserved, imprint and privacy</footer>
</body></html>"""


def read(html: str | bytes, charset: str | None = None) -> PageData:
    html = html.encode() if isinstance(html, str) else html
    return read_page(html, charset, URL, ASKED)


def in_head(markup: str) -> PageData:
    return read_head(f"<html><head>{markup}</head><body></body></html>", URL, ASKED)


# LD-SCR-2: title


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("<title>Plain</title>", "Plain"),
        ("<TITLE>\n  Stripped \t</TITLE>", "Stripped"),
        ("<title>two  spaces\nand a line</title>", "two  spaces\nand a line"),
        ("<title>R&amp;D &#8211; &uuml;ber &lt;b&gt;</title>", "R&D – über <b>"),  # noqa: RUF001 - a dash
        ("<title>no <b>tags</b> inside</title>", "no <b>tags</b> inside"),
        ("<title>first</title><title>second</title>", "first"),
        ("<meta property='og:title' content='og'><title>own</title>", "own"),
        ("<meta property='og:title' content='og'>", None),
        ("<title></title>", None),
        ("<title> \n </title>", None),
        ("", None),
    ],
)
def test_the_title_is_the_title_elements_text(markup, title):
    """LD-SCR-2: stripped, inner white space kept, entities decoded, ``og:title`` not used, None when absent."""
    assert title == in_head(markup).title


def test_a_long_title_stays_long():
    """LD-SCR-7: also above 512 characters."""
    assert "long " * 300 + "end" == in_head(f"<title>{'long ' * 300}end</title>").title


def test_a_drawings_title_is_not_the_pages():
    """LD-SCR-2. Without head tags nothing is cut off, and SVG has titles of its own."""
    page = read_head("<svg><title>Logo</title></svg><p>text", URL, ASKED)

    assert page.title is None


def test_nothing_behind_the_head_is_read():
    """LD-SCR-1: reading stops after ``</head>``."""
    page = read_head(
        "<head><title>a</title></HEAD ><body><meta name=description content=b><meta property=og:image content=/c>",
        URL,
        ASKED,
    )

    assert ("a", None, None) == (page.title, page.description, page.preview_image)


def test_a_page_without_head_tags_is_read_all_the_same():
    """LD-SCR-2: HTML allows to leave them out."""
    assert "a" == read_head("<!doctype html><title>a</title><p>b", URL, ASKED).title


# LD-SCR-3: description


@pytest.mark.parametrize(
    ("markup", "description"),
    [
        ('<meta name="description" content=" said &amp; done ">', "said & done"),
        ('<meta name="description" content="own"><meta property="og:description" content="og">', "own"),
        ('<meta property="og:description" content=" og ">', "og"),
        ('<meta name="description" content=""><meta property="og:description" content="og">', "og"),
        ('<meta name="description" content=" \n"><meta property="og:description" content="og">', "og"),
        ('<meta name="description"><meta property="og:description" content="og">', "og"),
        ('<meta name="description" content=""><meta property="og:description" content=" ">', None),
        ('<meta name="twitter:description" content="not this">', None),
        ("", None),
    ],
)
def test_the_description_is_the_meta_elements_or_og(markup, description):
    """LD-SCR-3: og:description when the other is absent or empty; stripped; None when absent."""
    assert description == in_head(markup).description


# LD-SCR-4: preview image


@pytest.mark.parametrize(
    ("content", "image"),
    [
        ("https://cdn.example/a.png?b=c d", "https://cdn.example/a.png?b=c d"),
        ("HTTPS://cdn.example/a.png", "https://cdn.example/a.png"),
        ("/a.png", "https://short.example/a.png"),
        ("a.png", "https://short.example/x/a.png"),
        ("../a.png", "https://short.example/a.png"),
        ("//cdn.example/a.png", "https://cdn.example/a.png"),
        (" /a.png ", "https://short.example/a.png"),
        ("", None),
        ("data:image/png;base64,AAAA", None),
        ("javascript:alert(1)", None),
        ("http://[::1", None),
    ],
)
def test_the_preview_image_is_seen_from_the_requested_address(content, image):
    """LD-SCR-4: made absolute against what was asked for, not where a redirect led. Not the web: None."""
    assert image == in_head(f'<meta property="og:image" content="{content}">').preview_image


# Favicon and language


@pytest.mark.parametrize(
    ("markup", "icon"),
    [
        ("", "https://site.example/favicon.ico"),
        ('<link rel="icon" href="i.png">', "https://site.example/blog/i.png"),
        ('<link rel="SHORTCUT ICON" href="//cdn.example/i.ico">', "https://cdn.example/i.ico"),
        ('<link rel="stylesheet" href="a.css">', "https://site.example/favicon.ico"),
        ('<link rel="icon" sizes="16x16" href="/s"><link rel="icon" sizes="32x32" href="/m">', "https://site.example/m"),
        ('<link rel="icon" sizes="512x512" href="/l"><link rel="icon" sizes="96x96" href="/m">', "https://site.example/m"),
        ('<link rel="icon" sizes="1024x1024" href="/xl"><link rel="icon" sizes="512x512" href="/l">', "https://site.example/l"),
        ('<link rel="icon" href="/i"><link rel="apple-touch-icon" href="/touch">', "https://site.example/touch"),
        ('<link rel="icon" sizes="16x16 48x48" href="/two"><link rel="icon" sizes="32x32" href="/m">', "https://site.example/two"),
        ('<link rel="icon" type="image/svg+xml" href="/d"><link rel="icon" href="/e.svg?v=1">', "https://site.example/favicon.ico"),
        ('<link rel="mask-icon" href="/mask">', "https://site.example/favicon.ico"),
        ('<link rel="icon" href="data:image/png;base64,AA">', "https://site.example/favicon.ico"),
        ('<link rel="icon" href="http://[::1">', "https://site.example/favicon.ico"),
        ('<link rel="icon" sizes="any" href="/any">', "https://site.example/any"),
        ('<base href="/deep/er/"><link rel="icon" href="i.png">', "https://site.example/deep/er/i.png"),
        ('<base href="http://["><link rel="icon" href="i.png">', "https://site.example/blog/i.png"),
    ],
)  # fmt: skip
def test_the_favicon_is_the_largest_sensible_one(markup, icon):
    """Up to 256 pixels; seen from where the page is; drawings passed over; ``/favicon.ico`` when none is named."""
    assert icon == in_head(markup).favicon


@pytest.mark.parametrize(
    ("lang", "language"), [("de", "de"), (" pt-BR ", "pt-BR"), ("zh-Hant-TW", "zh-Hant-TW"), ("", None), ("<x>", None)]
)
def test_the_language_is_the_html_elements(lang, language):
    assert language == read_head(f'<html lang="{lang}"><head></head>', URL, ASKED).language


# The body


def test_an_article_is_read():
    page = read(ARTICLE)

    assert "A walk along the river" == page.title
    assert "Ann Walker" == page.author
    assert "The River Review" == page.site_name
    assert "2024-05-17" == page.published_at
    assert "pt-BR" == page.language
    assert page.text is not None
    assert "larks and of last year's reeds" in page.text
    assert "all rights reserved" not in page.text
    assert URL == page.url


def test_xhtml_with_its_declaration_is_read():
    """XML's encoding declaration makes some parsers refuse text that is decoded already."""
    page = read('<?xml version="1.0" encoding="utf-8"?>\n' + ARTICLE.replace("larks", "lärks"))

    assert "A walk along the river" == page.title
    assert "lärks" in (page.text or "")


def test_a_page_without_words_has_no_text():
    page = read("<html><head><title>t</title><meta name=author content='Ann Walker'></head><body></body></html>")

    assert ("t", None) == (page.title, page.text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just words",
        b'{"title": "a < b"}',
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\x00\x01 1 0 obj <</Type /Catalog>> <a",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR <x",
        bytes(range(256)) * 20,
        b"\x1f\x8b\x08\x00 <!x",
    ],
)
def test_what_is_not_html_says_nothing(content):
    """LD-SCR-5: nulls."""
    assert PageData(url=URL) == read(content)


def test_text_that_no_database_takes_is_mended():
    """U+0000 as such and U+D800 by its number; both become U+FFFD, in every part."""
    page = read(
        "<html><head><title>a\0b&#xD800;&#0;c</title>"
        "<meta name=description content='d\0e&#xDFFF;'>"
        "<meta property=og:image content='/f\0&#xD800;'></head>"
        "<body><article><p>"
        + "words and more words, for a text of some length\0&#xD800; " * 5
        + "</p></article></body>"
    )

    assert "a\ufffdb\ufffd\ufffdc" == page.title
    assert "d\ufffde\ufffd" == page.description
    assert "https://short.example/f\ufffd\ufffd" == page.preview_image
    assert "words and more words" in (page.text or "")
    for part in (page.title, page.description, page.text, page.preview_image):
        assert part is not None
        assert "\0" not in part
        assert part.encode()


# Pages that are nothing but one part


def test_a_text_without_measure_is_cut():
    """Five million characters of title would be kept in memory, in the database and in every answer."""
    long = "ä" * 5_000_000
    page = in_head(f"<title> {long}</title><meta name=description content='{long}'>")

    assert "ä" * MAX_TITLE == page.title
    assert "ä" * MAX_DESCRIPTION == page.description


def test_names_without_measure_are_cut():
    long = "Ann Walker " * 20_000
    page = read(ARTICLE.replace("Ann Walker", long).replace("The River Review", long))

    assert 0 < len(page.site_name or "") <= MAX_NAME
    assert len(page.author or "") <= MAX_NAME


def test_a_picture_address_without_measure_is_left_out():
    """The next best icon counts in its place."""
    fits = "https://a.example/".ljust(MAX_ADDRESS, "a")
    markup = "<meta property=og:image content='{}'><link rel=icon sizes=64x64 href='{}'><link rel=icon href=/i.png>"
    kept, dropped = in_head(markup.format(fits, fits)), in_head(markup.format(f"{fits}a", f"{fits}a"))
    joined = in_head(markup.format("/a".ljust(MAX_ADDRESS, "a"), "/a".ljust(MAX_ADDRESS, "a")))

    assert (fits, fits) == (kept.preview_image, kept.favicon)
    assert (None, "https://site.example/i.png") == (dropped.preview_image, dropped.favicon)
    assert (None, "https://site.example/i.png") == (joined.preview_image, joined.favicon)


# The encoding


@pytest.mark.parametrize(
    ("html", "header"),
    [
        ("<title>ü</title>".encode(), None),
        ("<title>ü</title>".encode(), "utf-8"),
        ("<title>ü</title>".encode(), '"UTF8"'),
        ("<title>ü</title>".encode(), "no-such-charset"),
        (b"<title>\xfc</title>", None),
        (b"<title>\xfc</title>", "iso-8859-1"),
        (b"<title>\xfc</title>", "us-ascii"),
        (b"<meta charset=latin1><title>\xfc</title>", None),
        (b'<meta http-equiv="content-type" content="text/html; charset=windows-1252"><title>\xfc</title>', None),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><title>\xfc</title>", None),
        ("<meta charset=utf-16><title>ü</title>".encode(), None),
        ("<meta charset=iso-8859-1><title>ü</title>".encode(), "utf-8"),
        ("\ufeff<meta charset=iso-8859-1><title>ü</title>".encode(), "iso-8859-1"),
        (codecs.BOM_UTF16_LE + "<title>ü</title>".encode("utf-16-le"), "utf-8"),
        (codecs.BOM_UTF16_BE + "<title>ü</title>".encode("utf-16-be"), None),
        ("<title>ü</title>".encode("utf-16-be"), "utf-16be"),
        ("<title>ü</title>".encode("utf-16-le"), "utf-16"),
    ],
)
def test_the_encoding_is_found_as_browsers_do(html, header):
    """Byte order mark, then header, then what the document says, then UTF-8 where valid, then windows-1252."""
    text = decode(html, header)

    assert text is not None
    assert not text.startswith("\ufeff")
    assert "ü" == read_head(text, URL, ASKED).title


@pytest.mark.parametrize(
    ("charset", "codec", "letters"),
    [
        ("Shift_JIS", "cp932", "日本語①"),
        ("x-sjis", "cp932", "日本語"),
        ("EUC-JP", "euc_jp", "日本語"),
        ("ISO-2022-JP", "iso2022_jp", "日本語"),
        ("gb2312", "gbk", "中文繁體"),
        ("Big5", "big5", "中文"),
        ("euc-kr", "cp949", "한국어똠"),
        ("windows-1251", "cp1251", "русский"),
        ("koi8-r", "koi8-r", "русский"),
        ("iso-8859-2", "iso8859-2", "žluť"),
        ("iso-8859-1", "cp1252", "“€”"),
        ("windows-874", "cp874", "ไทย"),
    ],
)
def test_old_encodings_are_read(charset, codec, letters):
    """Labels mean what browsers take them for, which is often more than their name says."""
    named = f"<meta charset={charset}><title>{letters}</title>".encode(codec)
    bare = f"<title>{letters}</title>".encode(codec)

    assert letters in (decode(named, None) or "")
    assert letters in (decode(bare, charset) or "")


@pytest.mark.parametrize(
    "charset", ["utf-7", "unicode_escape", "punycode", "idna", "rot13", "zlib", "a\0b", "undefined"]
)
def test_pythons_own_encodings_are_no_pages(charset):
    """They would run, or decode one text to another behind everybody's back."""
    html = b"<title>+ADw-a\\x41&#252;</title>"

    assert html.decode() == decode(html, charset)


@settings(deadline=None)
@given(
    st.binary(max_size=300),
    st.none() | st.text(max_size=12),
    st.sampled_from([b"", b"<html>", b"<head><meta charset="]),
)
def test_no_bytes_make_the_reader_stumble(content, charset, prefix):
    """LD-SCR-5. Whatever comes out can be stored."""
    text = decode(prefix + content, charset)
    page = read_head(text, URL, ASKED) if text is not None else PageData(url=URL)

    for part in (page.title, page.description, page.preview_image, page.favicon):
        assert part is None or "\0" not in part
        assert part is None or part.encode() is not None
