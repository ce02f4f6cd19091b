"""What a page says of itself: from bytes to PageData, pure and slow.

Three parts. The head (title, description, pictures) is cut off at ``</head>`` as linkding does (LD-SCR-1) and costs
milliseconds. The body (main text, author, date) goes through trafilatura, which takes a tenth of a second for an
ordinary page and minutes for a hostile one. The article, the body once more with its links and pictures, takes about
half of that again (docs/decisions/0023-the-reader-view.md). No part has a time limit of its own: ``sandbox.py`` runs
them in a process that can be ended, and answers with the parts that were ready when one takes too long. This module is
imported there, not in the server.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from urllib.parse import urljoin, urlsplit

import trafilatura
from lxml.html import HtmlElement
from selectolax.lexbor import LexborHTMLParser, LexborNode
from trafilatura.settings import Document

from models.text import mend_text
from schema.formats.encodings import codec_in_ascii, codec_of
from schema.ports import PageData
from server.outside.article import read_article

SNIFFED = 1445  # how many bytes tell a binary file, by https://mimesniff.spec.whatwg.org/#reading-the-resource-header
PRESCAN = 4096  # where a page names its charset; browsers look at 1,024 bytes, real pages are later
SENSIBLE_ICON = 256  # pixels a side: more is only larger, not better
MOST_LINKS = 200  # of a head that are looked at

# Characters; what is longer is cut, for a page may be nothing but its title.
MAX_TITLE = 10_000
MAX_DESCRIPTION = 65_536
MAX_NAME = 10_000  # of an author or a site
MAX_ADDRESS = 8_192  # half an address leads nowhere: a longer one is left out

_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_HTML_TAG = re.compile(rb"<(?:!doctype\s+html|html|head|title|meta|body)\b", re.IGNORECASE)
_TAG = re.compile(rb"<[a-zA-Z!?/]")
_HEAD_END = re.compile(r"</head\b", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,400}?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
_ICON_SIZE = re.compile(r"(\d{1,4})x\d{1,4}", re.IGNORECASE)

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def read_page(html: bytes, charset: str | None, url: str, requested_url: str) -> PageData:
    """Everything that can be said of a page: ``read_head``, ``read_body`` and ``read_article`` together.

    ``charset`` is the Content-Type header's, ``url`` where the bytes came from, ``requested_url`` what was asked for
    (they differ after a redirect). What is not HTML gives a PageData of Nones.
    """
    *_, page = read_parts(html, charset, url, requested_url)
    return page


def read_parts(html: bytes, charset: str | None, url: str, requested_url: str) -> Iterator[PageData]:
    """The same as far as it is read: the head, then with the body, then with the article, which is all."""
    text = decode(html, charset)
    if text is None:
        yield PageData(url=url)
        return
    head = read_head(text, url, requested_url)
    yield head
    tree = trafilatura.load_html(text)
    if tree is None:
        return
    body = read_body(tree, head)
    yield body
    if body.text is not None:
        yield replace(body, html=read_article(tree, body.url))


def decode(html: bytes, charset: str | None) -> str | None:
    """The bytes as text, what cannot be read as U+FFFD; None when they are not HTML (binary, or without any tag).

    The encoding is, in this order: the byte order mark's, the header's, the one that the document names, UTF-8 when
    the bytes are valid, windows-1252. https://html.spec.whatwg.org/#determining-the-character-encoding
    """
    marked = next((mark for mark in _BYTE_ORDER_MARKS if html.startswith(mark)), None)
    encoding = _BYTE_ORDER_MARKS[marked] if marked else codec_of(charset or "")
    if not (encoding or "").startswith("utf-16") and not _is_html(html):
        return None
    text = html.decode(encoding or _named(html) or _guess(html), "replace")
    return text.removeprefix("\ufeff").replace("\0", "\ufffd")  # U+0000: as HTML's tokenizer has it


def _is_html(html: bytes) -> bool:
    """Whether there is a tag, and where there are bytes that no text has, one that only HTML has."""
    if _BINARY.search(html[:SNIFFED]):
        return _HTML_TAG.search(html[:PRESCAN]) is not None
    return _TAG.search(html) is not None


def _named(html: bytes) -> str | None:
    """The encoding that the document names itself."""
    found = _XML_CHARSET.search(html[:PRESCAN]) or _META_CHARSET.search(html[:PRESCAN])
    return codec_in_ascii(found[1]) if found else None


def _guess(html: bytes) -> str:
    """UTF-8 when the bytes are, a last character that was cut through apart."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(html)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def read_head(text: str, url: str, requested_url: str) -> PageData:
    """Title, description, preview image, favicon and language, as LD-SCR-2 to LD-SCR-4 have them.

    Nothing behind the first ``</head>`` is looked at. The preview image is made absolute against ``requested_url``
    (LD-SCR-4), the favicon as browsers do, against the page's own address or its ``<base>``.
    """
    end = _HEAD_END.search(text)
    tree = LexborHTMLParser(text[: end.start()] if end else text)
    description = _meta(tree, "name", "description") or _meta(tree, "property", "og:description")
    root = tree.css_first("html")
    return PageData(
        url=url,
        title=_clean(_title(tree), MAX_TITLE),
        description=_clean(description, MAX_DESCRIPTION),
        preview_image=_absolute(requested_url, _meta(tree, "property", "og:image")),
        favicon=_favicon(tree, url),
        language=_language(root.attributes.get("lang") if root else None),
    )


def _title(tree: LexborHTMLParser) -> str | None:
    """The text of the first ``<title>`` that is the page's and not a drawing's (SVG has titles too)."""
    for node in islice(tree.css("title"), MOST_LINKS):
        parent = node.parent
        if parent is None or parent.tag in {"head", "body", "html"}:
            return str(node.text())
    return None


def _meta(tree: LexborHTMLParser, attribute: str, value: str) -> str | None:
    """The stripped content of the first ``<meta>`` of that name; None when it is missing or empty."""
    node = tree.css_first(f'meta[{attribute}="{value}"]')
    content = node.attributes.get("content") if node else None
    return (content or "").strip() or None


def _favicon(tree: LexborHTMLParser, url: str) -> str:
    """The best icon that the page names, else the address where browsers look unasked.

    Best is the largest up to 256 pixels, then the smallest above. Drawings (SVG) are passed over: ``pictures.py``
    refuses them.
    """
    base = tree.css_first("base[href]")
    here = _urljoin(url, base.attributes.get("href") or "") if base else None
    best: tuple[int, str] | None = None
    for size, href in _icons(tree):
        address = _absolute(here or url, href)
        rank = size if size <= SENSIBLE_ICON else -size
        if address is not None and (best is None or rank > best[0]):
            best = (rank, address)
    return best[1] if best else urljoin(url, "/favicon.ico")


def _icons(tree: LexborHTMLParser) -> Iterator[tuple[int, str]]:
    """Size in pixels (a guess when the page does not say) and address of each icon that is not a drawing."""
    for node in islice(tree.css("link[rel][href]"), MOST_LINKS):
        kinds = (node.attributes.get("rel") or "").lower().split()
        href = (node.attributes.get("href") or "").strip()
        touch = "apple-touch-icon" in kinds or "apple-touch-icon-precomposed" in kinds
        if href and (touch or "icon" in kinds) and not _is_drawing(node, href):
            sizes = [int(size) for size in _ICON_SIZE.findall(node.attributes.get("sizes") or "")]
            yield max(sizes, default=180 if touch else 16), href


def _is_drawing(node: LexborNode, href: str) -> bool:
    """Whether a link leads to an SVG, by its type or its address."""
    kind = (node.attributes.get("type") or "").lower()
    return "svg" in kind or href.partition("?")[0].lower().endswith(".svg")


def _urljoin(base: str, address: str) -> str | None:
    """The address seen from ``base``; None where ``urljoin`` raises, as for a bracket that does not close."""
    try:
        return urljoin(base, address)
    except ValueError:
        return None


def _absolute(base: str, address: str | None) -> str | None:
    """A picture's address, untouched when it is absolute; None when it does not lead to the web (``data:`` …).

    One that is too long leads nowhere either.
    """
    if not address or len(address) > MAX_ADDRESS:
        return None
    joined = _urljoin(base, address)
    if joined is None or len(joined) > MAX_ADDRESS or urlsplit(joined).scheme not in {"http", "https"}:
        return None
    return _clean(address if address.startswith(("http://", "https://")) else joined)


def _language(lang: str | None) -> str | None:
    """A language tag of the usual shape (``de``, ``pt-BR``), else None."""
    lang = (lang or "").strip()
    return lang if len(lang) <= 35 and _LANGUAGE.fullmatch(lang) else None  # 35: RFC 5646, 4.4.1


def read_body(tree: HtmlElement, head: PageData) -> PageData:
    """``head`` with main text, author, date and site name. Raises whatever a hostile page makes trafilatura raise."""
    facts = trafilatura.extract_metadata(tree, default_url=head.url)
    article = trafilatura.bare_extraction(tree, url=head.url, include_comments=False)
    return replace(
        head,
        text=_clean(article.text if isinstance(article, Document) else None),
        author=_clean(facts.author, MAX_NAME),
        published_at=_clean(facts.date, MAX_NAME),
        site_name=_clean(facts.sitename, MAX_NAME),
    )


def _clean(text: str | None, most: int | None = None) -> str | None:
    """Stripped, cut to so many characters, fit for the database; None when nothing is left."""
    return mend_text(text.strip()[:most].rstrip()) or None if text else None
