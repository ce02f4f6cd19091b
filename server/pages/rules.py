"""The auto-tagging rules, and a box to try them out before they are saved."""

from __future__ import annotations

from aiohttp import hdrs, web

from schema.auto_tagging import tags_for
from schema.errors import Invalid
from schema.resolvers import accounts
from server.pages.forms import Form
from server.pages.pages import Visit, errors_of
from server.pages.settings import State, again, page

JSON = "application/json"


async def set_rules(visit: Visit, form: Form) -> web.Response:
    """The auto-tagging rules as one text."""
    rules = form.text("rules")
    try:
        await accounts.set_auto_tagging_rules(visit.ctx(), rules)
    except Invalid as problem:
        return await again(visit, problem, rules=rules, address=form.text("address"))
    return visit.lead("/settings?done=rules")


async def try_out(visit: Visit, form: Form) -> web.Response:
    """The tags that the rules of the form, saved or not, would give to an address; nothing is changed.

    A script is answered in JSON, which is what it asks for: ``{"tags": [...]}``, or ``{"error": "…"}`` with 422.
    """
    rules, address = form.text("rules"), form.text("address")
    as_json = JSON in visit.request.headers.get(hdrs.ACCEPT, "")
    try:
        accounts.check_rules(rules)
    except Invalid as problem:
        if as_json:
            return web.json_response({"error": errors_of(problem)["rules"]}, status=422)
        return await again(visit, problem, rules=rules, address=address)
    tags = tags_for(rules, address)
    if as_json:
        return web.json_response({"tags": tags})
    return await page(visit, State(typed={"rules": rules, "address": address}, tried=tags))
