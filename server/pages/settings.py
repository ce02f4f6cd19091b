"""What somebody may change about their own account."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from aiohttp import web

from schema.context import SCOPES
from schema.errors import Fault, Invalid
from schema.preferences import CHOICES, Preferences
from schema.resolvers import accounts, oauth_consent, sessions, tokens
from server.pages.forms import Form
from server.pages.pages import Visit, errors_of

DONE = {
    "password": "Your password is changed, and your other browsers are signed out.",
    "preferences": "Your preferences are saved.",
    "rules": "Your auto-tagging rules are saved.",
    "revoked": "The token is revoked.",
    "disconnected": "The app is disconnected.",
    "ended": "That browser is signed out.",
    "ended-all": "Your other browsers are signed out.",
}
SWITCHES = {
    "enable_sharing": "Show the bookmarks that I share to the other users of this server",
    "enable_public_sharing": "Show the bookmarks that I share to everybody, signed in or not",
    "enable_favicons": "Fetch the icons of the sites that I bookmark",
    "enable_preview_images": "Fetch preview images of the pages that I bookmark",
    "automatic_snapshots": "Keep a snapshot of every page that I bookmark from now on",
    "display_url": "Show the address below the title",
    "permanent_notes": "Show notes without being asked",
}
SHARING, FETCHING, SHOWING = tuple(SWITCHES)[:2], tuple(SWITCHES)[2:5], tuple(SWITCHES)[5:]
SELECTS = {
    "theme": "Colours of these pages",
    "tag_search": "A plain word in a search",
    "bookmark_date_display": "Dates of bookmarks",
    "bookmark_link_target": "Links open in",
    "web_archive_integration": "Have the Internet Archive keep the pages that I bookmark from now on",
}
OPTIONS = {
    "auto": "As the system has them",
    "light": "Light",
    "dark": "Dark",
    "strict": "is looked for in texts",
    "lax": "is looked for in texts and tags",
    "relative": "3 days ago",
    "absolute": "2 January 2026",
    "hidden": "Hidden",
    "_blank": "A new tab",
    "_self": "The same tab",
    "disabled": "Off",
    "enabled": "On",
}
FORMATS = {
    "linkding": "Apps of linkding, and everything else",
    "bkmark": "Apps of Bkmark: an API key",
    "app-password": "Apps of Nextcloud, as the password",
}
SCOPE_WORDS = {
    "bookmarks:read": "Read bookmarks",
    "bookmarks:write": "Change bookmarks",
    "tags:read": "Read tags",
    "tags:write": "Change tags",
    "groups:read": "Read folders",
    "groups:write": "Change folders",
    "search:read": "Search",
    "account": "Manage the account: preferences, password, tokens",
}
KINDS = {
    "personal": "Token",
    "app-password": "App password",
    "oauth-access": "App",
    "oauth-refresh": "App",
    "feed": "Feed key",
}


@dataclass(slots=True)
class State:
    """What the page shows beside what is stored: which form went wrong and how, what was typed, what was done.

    ``tried`` are the tags that rules gave when they were tried out.
    """

    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    done: str = ""
    made: tokens.Made | None = None
    tried: list[str] | None = None


async def show(visit: Visit) -> web.Response:
    """Everything on one page."""
    return await page(visit, State(done=DONE.get(visit.request.query.get("done", ""), "")))


async def change_password(visit: Visit, form: Form) -> web.Response:
    """Another password for the old one."""
    new = form.text("new_password")
    if new != form.text("again"):
        return await again(visit, Invalid(Fault(("again",), "mismatch")))
    try:
        await accounts.change_password(visit.ctx(), form.text("old_password"), new)
    except Invalid as problem:
        return await again(visit, problem)
    return visit.lead("/settings?done=password")


async def set_preferences(visit: Visit, form: Form) -> web.Response:
    """All preferences of the page at once: a box that is not sent is not ticked."""
    changes: dict[str, Any] = {name: name in form.fields for name in SWITCHES}
    changes |= {name: form.text(name) for name in SELECTS}
    try:
        await accounts.set_preferences(visit.ctx(), changes)
    except Invalid as problem:
        return await again(visit, problem, **changes)
    return visit.lead("/settings?done=preferences")


async def create_token(visit: Visit, form: Form) -> web.Response:
    """A new token, shown on the page that answers and never again."""
    name, format, expires, scopes = form.text("name"), form.text("format"), form.text("expires"), form.texts("scope")
    typed = {"name": name, "format": format, "expires": expires, "scopes": scopes}
    if not scopes:
        return await again(visit, Invalid(Fault(("scopes",), "none_chosen")), **typed)
    try:
        made = await tokens.create(visit.ctx(), name, scopes=scopes, format=format, expires_at=end_of_day(expires))
    except Invalid as problem:
        return await again(visit, problem, **typed)
    return await page(visit, State(made=made))


async def revoke_token(visit: Visit, form: Form) -> web.Response:
    """A token is worthless from now on."""
    del form
    await tokens.revoke(visit.ctx(), int(visit.request.match_info["id"]))
    return visit.lead("/settings?done=revoked")


async def disconnect(visit: Visit, form: Form) -> web.Response:
    """An app may do nothing any more."""
    del form
    await oauth_consent.disconnect(visit.ctx(), int(visit.request.match_info["id"]))
    return visit.lead("/settings?done=disconnected")


async def end_session(visit: Visit, form: Form) -> web.Response:
    """One browser is signed out."""
    del form
    await sessions.end(visit.ctx(), int(visit.request.match_info["id"]))
    return visit.lead("/settings?done=ended")


async def end_others(visit: Visit, form: Form) -> web.Response:
    """All browsers are signed out but this one."""
    del form
    await sessions.end_all(visit.ctx())
    return visit.lead("/settings?done=ended-all")


def end_of_day(text: str) -> datetime | None:
    """The first moment after the day, in UTC; None for no day at all. Raises Invalid for what is none."""
    if not text.strip():
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        raise Invalid(Fault(("expires_at",), "date")) from None


async def again(visit: Visit, problem: Invalid, **typed: Any) -> web.Response:
    """The page once more, with what was typed and a sentence for each field that something is wrong with."""
    return await page(visit, State(errors_of(problem), typed), 422)


async def page(visit: Visit, state: State, status: int = 200) -> web.Response:
    """The page, with what is stored and what has just happened."""
    visit.run_scripts(requests=True)
    ctx = visit.ctx()
    user = ctx.user
    preferences = await accounts.preferences(ctx)
    stored = {name: getattr(preferences, name) for name in (*SWITCHES, *SELECTS) if name in Preferences.__slots__}
    stored |= {"enable_sharing": user.enable_sharing, "enable_public_sharing": user.enable_public_sharing}
    token = {"name": "", "format": "linkding", "expires": "", "scopes": list(SCOPES)}
    return visit.show(
        "settings.html",
        status,
        state=state,
        values=stored | {"rules": user.auto_tagging_rules, "address": ""} | token | state.typed,
        tokens=await tokens.find(ctx),
        apps=await oauth_consent.connected(ctx),
        sessions=await sessions.find(ctx),
        own=ctx.viewer.session_id,
        now=ctx.ports.clock.now(),
        switches=SWITCHES,
        groups=(("Sharing", SHARING), ("Fetching", FETCHING), ("In apps that ask", SHOWING)),
        selects=SELECTS,
        choices=CHOICES,
        options=OPTIONS,
        formats=FORMATS,
        scopes=SCOPE_WORDS,
        kinds=KINDS,
        password_length=accounts.PASSWORD_LENGTH,
        name_length=tokens.NAME_LENGTH,
    )
