"""What the nodes of a page say of themselves, read and not written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from selectolax.lexbor import LexborNode

from server.outside.snapshots import pictures

_LAZY_SOURCE = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-url")
_LAZY_SET = ("data-srcset", "data-lazy-srcset", "data-original-set")
_LENGTH = re.compile(r"\s*(\d{0,6}(?:\.\d{1,6})?)\s*([%*]?)\s*")

Attributes = Mapping[str, str | None]


def before(node: LexborNode, tag: str) -> Iterator[LexborNode]:
    """Siblings before the node that have the tag."""
    found = node.prev
    while found is not None:
        if found.tag == tag:
            yield found
        found = found.prev


def children(node: LexborNode, tag: str) -> Iterator[LexborNode]:
    """What is in the node itself and has the tag."""
    child = node.first_child
    while child is not None:
        if child.tag == tag:
            yield child
        child = child.next


def sources_of(node: LexborNode) -> list[pictures.Source]:
    """The ``source`` elements beside an ``img`` in a ``picture``, in order."""
    if node.parent is None or node.parent.tag != "picture":
        return []
    return [source_of(child.attributes) for child in children(node.parent, "source")][: pictures.MOST_SOURCES]


def begins_with_newline(node: LexborNode) -> bool:
    """Whether its text does, which a parser would take away."""
    child = node.first_child
    return child is not None and child.tag == "-text" and (child.text_content or "").startswith("\n")


def href_of(node: LexborNode) -> tuple[str | None, dict[str, str | None]]:
    """Where the element refers to, by whichever spelling of ``href``, and its other attributes."""
    attributes = node.attributes
    names = [name for name in attributes if name.lower().rpartition(":")[2] == "href"]
    found = [attributes[name] for name in names]
    return (found[0] if found else None), {name: attributes[name] for name in attributes if name not in names}


def first_of(attributes: Attributes, names: tuple[str, ...]) -> str:
    """The first of the attributes that says anything."""
    return next((value for name in names if (value := (attributes.get(name) or "").strip())), "")


def source_of(attributes: Attributes) -> pictures.Source:
    """What a ``source`` says of a picture."""
    return pictures.Source(
        srcset=first_of(attributes, ("srcset", *_LAZY_SET)),
        sizes=attributes.get("sizes") or "",
        media=attributes.get("media") or "",
        type=attributes.get("type") or "",
    )


def image_of(attributes: Attributes) -> pictures.Source:
    """What an ``img`` says of its picture: what scripts would have put in place of it counts more."""
    return pictures.Source(
        src=first_of(attributes, (*_LAZY_SOURCE, "src")),
        srcset=first_of(attributes, (*_LAZY_SET, "srcset"))
        if not first_of(attributes, _LAZY_SOURCE)
        else first_of(attributes, _LAZY_SET),
        sizes=attributes.get("sizes") or attributes.get("data-sizes") or "",
    )


def is_lazy(attributes: Attributes) -> bool:
    """Whether a script would have put the picture there."""
    src = (attributes.get("src") or "").strip().lower()
    return bool(first_of(attributes, (*_LAZY_SOURCE, *_LAZY_SET))) or not src or src.startswith("data:")


def is_shown_by_noscript(node: LexborNode) -> bool:
    """Whether the next thing is a ``noscript`` with a picture."""
    following = node.next
    while (
        following is not None and following.tag in {"-text", "-comment"} and not (following.text_content or "").strip()
    ):
        following = following.next
    return following is not None and following.tag == "noscript" and following.css_first("img") is not None


def is_beacon(node: LexborNode) -> bool:
    """Whether it is a picture of a point that counts readers who run no scripts."""
    if node.parent is None or node.parent.tag != "noscript":
        return False
    return all((node.attributes.get(side) or "").strip() in {"0", "1", "0px", "1px"} for side in ("width", "height"))


def tracks(lengths: str) -> str:
    """``20%,*,2*`` as CSS has it: ``20% 1fr 2fr``."""
    written = []
    for length in lengths.split(",")[:50]:
        found = _LENGTH.fullmatch(length)
        number, unit = (found[1], found[2]) if found else ("", "*")
        written.append(f"{number or 1}fr" if unit == "*" or not number else f"{number}{unit or 'px'}")
    return " ".join(written)
