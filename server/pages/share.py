"""Saving from elsewhere: the small page that bookmarklets and other programs' share buttons open (decision 27).

``GET /bookmarks/new?url=&title=&description=&notes=&tags=&auto_close`` shows a form and never saves anything. The
parameters are linkding's, so what opens its page opens this one.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from models import url as urls
from models.rows import BookmarkRow
from rest_compat import wire
from rest_compat.house import address_of
from schema.errors import Conflict, Invalid
from schema.inputs import BookmarkDraft, ConflictPolicy
from schema.resolvers import bookmarks, saving
from schema.resolvers.bookmarks import Checked
from server.pages.forms import Form, local_path
from server.pages.pages import SHARE, Visit, errors_of
from server.pages.sign_in import show_form

TEXTS: Final = ("url", "title", "description", "notes", "tags")
CLOSE: Final = "auto_close"
LONGEST_WAY_BACK: Final = 7000  # characters; servers and proxies read lines of 8,000
TAKEN: Final = "This address is bookmarked already. Nothing was saved yet: saving now replaces what is kept."

Values = dict[str, Any]


async def show(visit: Visit) -> web.Response:
    """The form, with what the address says, or with what is kept already; who is not signed in does that first."""
    visit.keep_opener()
    if visit.viewer.user is None:
        return show_form(visit, to=local_path(address_of(visit.request).raw_path_qs) or SHARE)
    query = wire.read_query(visit.request)
    given: Values = {name: query.get(name, "") for name in TEXTS} | {"to_read": False, "is_public": False}
    checked = await bookmarks.check(visit.ctx(), given["url"], fetch=False)
    values = given if checked.bookmark is None else _kept(checked.bookmark, given)
    return _page(visit, values, checked, closes=CLOSE in query)


async def take(visit: Visit, form: Form) -> web.Response:
    """Save what the form says.

    An address that is kept already is only changed by who was shown what is kept of it; others are shown a word of
    warning first, with all that they typed.
    """
    visit.keep_opener()
    if visit.viewer.user is None:
        return show_form(visit, to=_way_back(form))
    visit.check_csrf(form)
    ctx = visit.ctx()
    values: Values = {name: form.text(name) for name in TEXTS}
    values |= {name: name in form.fields for name in ("to_read", "is_public")}
    closes = CLOSE in form.fields
    checked = await bookmarks.check(ctx, values["url"], fetch=False)
    is_known = checked.bookmark is not None
    if checked.bookmark is not None and form.text("kept") != str(checked.bookmark.id):
        return _page(visit, values, checked, 409, closes=closes, warning=TAKEN)
    draft = BookmarkDraft(
        url=values["url"],
        title=values["title"],
        description=values["description"],
        notes=values["notes"],
        tag_names=names_of(values["tags"]),
        is_public=values["is_public"],
        to_read=values["to_read"],
    )
    try:
        saved = await saving.save(ctx, draft, ConflictPolicy.REPLACE if is_known else ConflictPolicy.ERROR)
    except Invalid as problem:
        return _page(visit, values, checked, 422, closes=closes, errors=errors_of(problem))
    except Conflict:  # saved by another program this moment
        checked = await bookmarks.check(ctx, values["url"], fetch=False)
        return _page(visit, values, checked, 409, closes=closes, warning=TAKEN)
    return visit.lead(f"/bookmarks/saved/{saved.bookmark.id}{'?' + CLOSE if closes else ''}")


async def saved(visit: Visit) -> web.Response:
    """What became of it; a page that closes itself where that was wished for."""
    visit.keep_opener()
    bookmark = await bookmarks.get(visit.ctx(), int(visit.request.match_info["id"]))
    closes = CLOSE in wire.read_query(visit.request)
    if closes:
        visit.run_scripts()
    url = bookmark.url or ""
    return visit.show(
        "saved.html",
        bookmark=bookmark,
        tags=sorted(bookmark.tag_names),
        opens=urls.is_web(url),
        edit=f"{SHARE}?{urlencode({'url': url})}",
        closes=closes,
    )


def names_of(text: str) -> list[str]:
    """The tags that somebody typed: divided by commas if there is one, else by blanks."""
    return [name.strip() for name in (text.split(",") if "," in text else text.split()) if name.strip()]


def text_of(names: list[str]) -> str:
    """Tags as ``names_of`` reads them; a comma at the end says that one tag with a blank is one."""
    if not any(len(name.split()) > 1 for name in names):
        return " ".join(names)
    return ", ".join(names) + ("," if len(names) == 1 else "")


def _kept(bookmark: BookmarkRow, given: Values) -> Values:
    """What is kept, and what was given where nothing is; the given tags come behind those that are there."""
    tags = {name.lower(): name for name in names_of(given["tags"])}
    tags |= {name.lower(): name for name in sorted(bookmark.tag_names)}
    return {
        "url": bookmark.url,
        "title": bookmark.title or given["title"],
        "description": bookmark.description or given["description"],
        "notes": bookmark.notes or given["notes"],
        "tags": text_of(list(tags.values())),
        "to_read": bookmark.read_at is None,
        "is_public": bookmark.is_public,
    }


def _page(
    visit: Visit,
    values: Values,
    checked: Checked,
    status: int = 200,
    *,
    closes: bool,
    errors: dict[str, str] | None = None,
    warning: str = "",
) -> web.Response:
    return visit.show(
        "share.html",
        status,
        values=values,
        kept=checked.bookmark,
        auto_tags=checked.auto_tags,
        closes=closes,
        errors=errors or {},
        warning=warning,
        fetches=bool(visit.ports.limits.fetch_timeout),
    )


def _way_back(form: Form) -> str:
    """Where to go on after signing in: the page with as much of what was typed as an address can carry."""
    pairs = [(name, form.text(name)) for name in (*TEXTS, CLOSE) if name in form.fields]
    query: list[tuple[str, str]] = []
    for pair in pairs:
        if len(urlencode([*query, pair])) <= LONGEST_WAY_BACK:
            query.append(pair)
    return f"{SHARE}?{urlencode(query)}"
