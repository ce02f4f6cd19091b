"""HTML of strangers as HTML that can be shown anywhere: nh3 leaves nothing in it that runs."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import nh3

from models.text import mend_text

MOST: Final = 1_000_000  # characters that are looked at: what is longer ends there, each element well closed

WEB: Final = frozenset({"http", "https"})
TAGS: Final = frozenset(
    {
        "a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6",
        "hr", "i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th",
        "thead", "tr", "u", "ul", "var",
    }
)  # fmt: skip
# Gone with all that is in them. What is in neither list goes alone: its text stays.
UNSHOWN: Final = frozenset(
    {
        "applet", "audio", "button", "canvas", "embed", "frame", "frameset", "iframe", "math", "noembed", "noframes",
        "noscript", "object", "plaintext", "portal", "script", "select", "style", "svg", "template", "textarea",
        "title", "video", "xmp",
    }
)  # fmt: skip
ATTRIBUTES: Final[dict[str, set[str]]] = {"a": {"href"}, "img": {"src", "alt"}, "*": set()}


def sanitize(html: str) -> str | None:
    """Any HTML without what could run, be filled in or be laid over the page that shows it; None if nothing is left.

    Links lead to the web or to a mailbox and open without an opener, pictures come from the web without a referrer.
    Addresses that are not absolute go, and so do styles, classes, ids and forms.
    """
    return _CLEANER.clean(mend_text(html[:MOST])).strip() or None


def is_web(address: str) -> bool:
    """Whether an address is one of http or https."""
    try:
        return urlsplit(address).scheme in WEB
    except ValueError:
        return False


def _filter(tag: str, attribute: str, value: str) -> str | None:
    """Pass what nh3 passes, but pictures from the web only."""
    return value if (tag, attribute) != ("img", "src") or is_web(value) else None


_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(UNSHOWN),
    attributes=ATTRIBUTES,
    attribute_filter=_filter,
    strip_comments=True,
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"img": {"referrerpolicy": "no-referrer"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)
