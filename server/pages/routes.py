"""The map of the pages."""

from __future__ import annotations

from aiohttp import web

from server.pages import (
    asset_view,
    consent,
    developer,
    library,
    login_flow,
    moving_in,
    moving_out,
    rules,
    settings,
    share,
    sign_in,
)
from server.pages.pages import SHARE, Pages

FLOW = "/login/v2/flow/{token:[0-9a-f]{1,128}}"


def add_pages(app: web.Application, pages: Pages) -> None:
    """Put every page on the root application; no page of another origin may read them, so CORS is not laid over."""
    pages.prepare(app)
    router = app.router
    router.add_get("/", pages.shows(sign_in.front, to_all=True))
    router.add_get("/login", pages.shows(sign_in.show, to_all=True))
    router.add_post("/login", pages.takes(sign_in.take, from_all=True))
    router.add_post("/logout", pages.takes(sign_in.sign_out))
    router.add_get("/settings", pages.shows(settings.show))
    router.add_post("/settings/password", pages.takes(settings.change_password))
    router.add_post("/settings/preferences", pages.takes(settings.set_preferences))
    router.add_post("/settings/rules", pages.takes(rules.set_rules))
    router.add_post("/settings/rules/try", pages.takes(rules.try_out))
    router.add_post("/settings/tokens", pages.takes(settings.create_token))
    router.add_post("/settings/tokens/{id:[0-9]{1,10}}/revoke", pages.takes(settings.revoke_token))
    router.add_post("/settings/browsers/{id:[0-9]{1,10}}/sign-out", pages.takes(settings.end_session))
    router.add_post("/settings/browsers/sign-out-others", pages.takes(settings.end_others))
    router.add_post("/settings/apps/{id:[0-9]{1,10}}/disconnect", pages.takes(settings.disconnect))
    router.add_get("/settings/developer", pages.shows(developer.show))
    router.add_post("/settings/developer", pages.takes(developer.register))
    router.add_post("/settings/developer/{id:[0-9]{1,10}}/remove", pages.takes(developer.remove))
    router.add_get("/settings/library", pages.shows(library.show))
    router.add_post("/settings/library/import", pages.takes_file(moving_in.take))
    router.add_get("/settings/library/polymark.{ending:html|json|csv|zip}", pages.shows(moving_out.download))
    router.add_post("/settings/feeds/renew", pages.takes(library.renew_key))
    router.add_post("/settings/feeds/remove", pages.takes(library.remove_key))
    router.add_get(SHARE, pages.shows(share.show, to_all=True))
    router.add_post(SHARE, pages.takes(share.take, from_all=True))
    router.add_get("/bookmarks/saved/{id:[0-9]{1,10}}", pages.shows(share.saved))
    router.add_get(asset_view.PATH, pages.shows(asset_view.show, to_all=True))
    router.add_get(consent.PATH, pages.shows(consent.show, to_all=True))
    router.add_post(consent.PATH, pages.takes(consent.take, from_all=True))
    router.add_get(login_flow.CONNECTED, pages.shows(login_flow.connected))
    for path in (FLOW, f"/index.php{FLOW}"):
        router.add_get(path, pages.shows(login_flow.show))
        router.add_post(path, pages.takes(login_flow.take))
