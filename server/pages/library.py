"""The library as a whole: saving from the browser, feeds, moving in and out."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from aiohttp import web

from schema.errors import NotFound
from schema.resolvers import bookmarks, feed_keys
from server.pages.forms import Form
from server.pages.pages import SHARE, Visit

DONE: Final = {"feeds": "The feed key is removed: its addresses lead nowhere now."}
FEEDS: Final = {
    "all": "Everything but the archive",
    "unread": "What is still to be read",
    "shared": "What people share on this server",
}
COUNTS: Final = {
    "links": "Links in the file",
    "created": "New",
    "updated": "Known, and completed",
    "unchanged": "Known already",
    "refused": "Refused",
    "folders": "New folders",
}  # of an import
ANY_KEY: Final = "KEY"
# The window is as small as the form. What a page calls itself goes along, and nothing else of it.
BOOKMARKLET: Final = (
    "(()=>{{const q=new URLSearchParams({{url:location.href,title:document.title,auto_close:''}});"
    "open({address}+'?'+q,'_blank','popup,width=460,height=800')}})()"
)


@dataclass(slots=True)
class State:
    """What the page shows beside what is stored: what went wrong, what was done, a feed key that was just made."""

    errors: dict[str, str] = field(default_factory=dict)
    done: str = ""
    key: str = ""


async def show(visit: Visit) -> web.Response:
    """Everything on one page."""
    return await page(visit, State(done=DONE.get(visit.request.query.get("done", ""), "")))


async def renew_key(visit: Visit, form: Form) -> web.Response:
    """A feed key, the first or in place of another; its addresses are on the page that answers and never again."""
    del form
    made = await feed_keys.renew(visit.ctx())
    return await page(visit, State(key=made.secret))


async def remove_key(visit: Visit, form: Form) -> web.Response:
    """No feed key any more; one that went meanwhile is gone all the same."""
    del form
    with suppress(NotFound):
        await feed_keys.remove(visit.ctx())
    return visit.lead("/settings/library?done=feeds")


async def page(visit: Visit, state: State, status: int = 200) -> web.Response:
    """The page, with what is stored and what has just happened."""
    visit.run_scripts(requests=True)
    ctx = visit.ctx()
    key = state.key or ANY_KEY
    return visit.show(
        "library.html",
        status,
        state=state,
        key=await feed_keys.get(ctx),
        feeds={words: f"{visit.base}/feeds/{key}/{name}" for name, words in FEEDS.items()},
        public_feed=f"{visit.base}/feeds/shared",
        bookmarklet=bookmarklet(visit.base),
        base=visit.base,
        counts=list(COUNTS.items()),
        count=await bookmarks.count(ctx),
        fetches=bool(ctx.ports.limits.fetch_timeout),
    )


def bookmarklet(base: str) -> str:
    """A ``javascript:`` link that opens the page for saving; whatever the address holds, it stays text in there."""
    return "javascript:" + quote(BOOKMARKLET.format(address=json.dumps(f"{base}{SHARE}")), safe="")
