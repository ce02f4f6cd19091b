"""What an address makes of a bookmark; used inside the writes of others."""

from __future__ import annotations

from typing import Any

from models import kinds
from models import url as urls
from schema.context import Context
from schema.errors import Fault, Invalid


def check_address(ctx: Context, address: str, kind: str | None, none: str) -> None:
    """Pass an address that something of this kind can have. Raises Invalid, with rule ``none`` for an empty one."""
    if not address and kind not in kinds.TEXTS:
        raise Invalid(Fault(("url",), none))
    is_refused = (ctx.door.web_only and not urls.is_web(address)) or (kind in kinds.TEXTS and urls.is_script(address))
    if address and is_refused:
        raise Invalid(Fault(("url",), "url"))


def address_columns(address: str, kind: str | None = None) -> dict[str, Any]:
    """The columns that follow from an address: its two forms' hashes and what it makes of the bookmark.

    ``kind`` is what the bookmark is to be; LINK and BOOKMARKLET are told apart by the address. The address of a note or
    of code, which may be empty, is only what it is about: no hash makes it the same as another.
    """
    if kind in kinds.TEXTS:
        href = urls.href(address) if address else None
        return {"url": address or None, "url_href": href, "href_hash": None, "key_hash": None, "kind": kind}
    href = urls.href(address)
    return {
        "url": address,
        "url_href": href,
        "href_hash": urls.digest(href),
        "key_hash": urls.digest(urls.key(address)),
        "kind": _kind_of(address, kind),
    }


def _kind_of(address: str, kind: str | None) -> str:
    if urls.is_script(address):
        return kinds.BOOKMARKLET
    return kinds.IMAGE if kind == kinds.IMAGE else kinds.LINK
