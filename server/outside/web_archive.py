"""Asking the Internet Archive to keep a page: one GET of ``/save/…``, which leads to the copy it has made.

Where that is, is believed only of the archive's own host, and only when it looks like a copy's address.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from schema.ports import FetchFailed
from server.outside.fetch import MAX_REDIRECTS, Fetcher, Hop

SECONDS = 90.0  # it loads the page before it answers
TOO_MANY = 429

_COPY = re.compile(r"/web/[0-9]{14}/.")


async def keep(fetcher: Fetcher, archive: str, url: str, *, seconds: float = SECONDS) -> str:
    """Have the archive at that address keep the page; the address of its copy.

    Nothing is asked for an address with a password in it, or on a network of one's own: the whole world would read it.
    Raises FetchFailed: for good unless it was too slow, could not be reached, or asks to be tried again later.
    """
    Fetcher().check(url)  # whatever this server itself may reach
    archive = archive.rstrip("/")
    address = f"{archive}/save/{url.partition('#')[0]}"
    try:
        async with asyncio.timeout(seconds):
            for _ in range(MAX_REDIRECTS + 1):
                hop = await fetcher.hop(address)
                _check(hop)
                for said in (hop.headers.get("Content-Location"), hop.location):
                    if said is not None and is_copy(archive, copy := urljoin(hop.url, said)):
                        return copy
                if hop.location is None:
                    raise FetchFailed("the web archive does not say where it keeps the page", permanent=True)
                address = hop.location
    except TimeoutError as error:
        raise FetchFailed(f"no copy within {seconds:g} s") from error
    raise FetchFailed(f"more than {MAX_REDIRECTS} redirects", permanent=True)


def is_copy(archive: str, address: str) -> bool:
    """Whether the address is of a copy, at the archive of that address: ``/web/<14 digits>/…``."""
    try:
        ours, theirs = urlsplit(archive), urlsplit(address)
        same_host = (theirs.hostname, theirs.port) == (ours.hostname, ours.port)
    except ValueError:
        return False
    is_clean = theirs.scheme in {"http", "https"} and "@" not in theirs.netloc
    return same_host and is_clean and _COPY.match(theirs.path.removeprefix(ours.path)) is not None


def _check(hop: Hop) -> None:
    """Pass an answer that went well or leads on. Raises FetchFailed."""
    if hop.status >= 400:
        is_busy = hop.status == TOO_MANY or hop.status >= 500
        wait = _wait(hop.headers.get("Retry-After", ""))
        raise FetchFailed(f"the web archive answers {hop.status}", permanent=not is_busy, retry_after=wait)


def _wait(text: str) -> float:
    """The seconds that ``Retry-After`` asks for, as a number or a date; 0 for what is neither."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
