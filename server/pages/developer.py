"""Programs that somebody makes for others, registered so that they may ask people to let them in (BK section 2.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from schema.errors import Invalid
from schema.resolvers import oauth_clients
from server.pages.consent import PATH
from server.pages.forms import Form
from server.pages.pages import Visit, errors_of
from server.pages.settings import SCOPE_WORDS

DONE = {"removed": "The app is removed, and nobody is connected to it any more."}
SCOPES = {scope: SCOPE_WORDS[scope] for scope in oauth_clients.GRANTABLE}
KINDS = {
    "confidential": "On a server, with a secret",
    "public": "On devices, without a secret",
}


@dataclass(slots=True)
class State:
    """What the page shows beside what is stored: what went wrong, what was typed, what was done."""

    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    done: str = ""
    made: oauth_clients.Registered | None = None


async def show(visit: Visit) -> web.Response:
    """What the viewer has registered, and the form for one more."""
    return await _page(visit, State(done=DONE.get(visit.request.query.get("done", ""), "")))


async def register(visit: Visit, form: Form) -> web.Response:
    """A new program; its secret is shown on the page that answers and never again."""
    name, addresses, kind, scopes = form.text("name"), form.text("uris"), form.text("kind"), form.texts("scope")
    try:
        made = await oauth_clients.register(
            visit.ctx(),
            name=name,
            redirect_uris=list(dict.fromkeys(addresses.split())),
            scopes=scopes,
            public=kind == "public",
        )
    except Invalid as problem:
        typed = {"name": name, "uris": addresses, "kind": kind, "scopes": scopes}
        return await _page(visit, State(errors_of(problem), typed), 422)
    return await _page(visit, State(made=made))


async def remove(visit: Visit, form: Form) -> web.Response:
    """A program is gone, and so is everything that people have let it do."""
    del form
    await oauth_clients.remove(visit.ctx(), int(visit.request.match_info["id"]))
    return visit.lead("/settings/developer?done=removed")


async def _page(visit: Visit, state: State, status: int = 200) -> web.Response:
    return visit.show(
        "developer.html",
        status,
        state=state,
        values={"name": "", "uris": "", "kind": "confidential", "scopes": []} | state.typed,
        clients=await oauth_clients.find(visit.ctx()),
        scopes=SCOPES,
        kinds=KINDS,
        name_length=oauth_clients.NAME_LENGTH,
        addresses={
            "Authorization": f"{visit.base}{PATH}",
            "Token": f"{visit.base}/oauth/token",
            "API": f"{visit.base}/api/v1",
        },
    )
