"""A page's article as HTML that can be shown anywhere: trafilatura finds it, and nothing in it runs.

Slow, and for pages of strangers: ``reading.py`` says where it is run.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin

import trafilatura
from lxml.html import HtmlElement

from server.outside.sanitizing import is_web, sanitize

_NOT_IN_ADDRESSES: Final = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")  # lxml takes no such character back


def read_article(tree: HtmlElement, url: str) -> str | None:
    """The article of the page at ``url`` as HTML, with its links and pictures; None when there is none.

    The tree is changed. Raises whatever a hostile page makes trafilatura raise.
    """
    _lead_from(tree, url)
    html = trafilatura.extract(
        tree,
        url=url,
        output_format="html",
        include_comments=False,
        include_formatting=True,
        include_images=True,
        include_links=True,
    )
    return sanitize(html) if html else None


def _lead_from(tree: HtmlElement, url: str) -> None:
    """Make the addresses of links and pictures absolute, as browsers do; pictures that are not on the web go.

    A picture that is to be loaded when it is scrolled to names its address in ``data-src``.
    """
    base = tree.find(".//base[@href]")
    here = url if base is None else _join(url, base.get("href"))
    for link in tree.iter("a"):
        if "href" in link.attrib:
            link.set("href", _join(here, link.get("href")))
    for picture in list(tree.iter("img")):
        named = (_join(here, picture.get(name)) for name in ("src", "data-src") if name in picture.attrib)
        address = next(filter(is_web, named), None)
        if address is not None:
            picture.set("src", address)
        elif picture.getparent() is not None:
            picture.drop_tree()


def _join(base: str, address: str) -> str:
    """The address seen from ``base``, without what no address has; empty where none can be made of it."""
    try:
        return urljoin(base, _NOT_IN_ADDRESSES.sub("", address).strip())
    except ValueError:
        return ""
