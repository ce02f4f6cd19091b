"""The box in which auto-tagging rules are tried out."""

from __future__ import annotations

import json
import re

import pytest

from models import User
from schema.resolvers import accounts

JSON = {"Accept": "application/json"}


async def test_rules_are_tried_out_before_they_are_saved(signed_in, ann):
    await accounts.set_auto_tagging_rules(await ann.ctx(), "saved.example saved")
    given = {"rules": "docs.example Docs reading\nexample any", "address": "https://docs.example/x"}
    page = await signed_in.post("/settings/rules/try", **given)
    tried = page.text.split('id="tried"')[1].partition("</p>")[0]

    assert 200 == page.status
    assert ["docs", "reading", "any"] == re.findall(r'<span class="badge">([^<]*)</span>', tried)
    assert "docs.example Docs reading\nexample any</textarea>" in page.text
    assert 'value="https://docs.example/x"' in page.text
    assert "saved.example saved" == (await User.get(username="ann")).auto_tagging_rules


async def test_no_rule_is_said_to_mean_the_address(signed_in):
    page = await signed_in.post("/settings/rules/try", rules="docs.example docs", address="https://other.example/")

    assert "No rule means this address." in page.words()


async def test_nothing_is_said_before_anything_was_tried(signed_in):
    assert re.search(r'id="tried" role="status"></p>', (await signed_in.get("/settings")).text)


@pytest.mark.parametrize(
    ("rules", "address", "tags"),
    [
        ("docs.example a b", "https://docs.example/", ["a", "b"]),
        ("docs.example a", "", []),
        ("", "https://docs.example/", []),
        ("docs.example <b>", "https://docs.example/", ["<b>"]),
        ("\ufffd[ a", "https://[", []),
        ("docs.example a", "\ufffd\0", []),
        ("docs.example a", "https://docs.example/" + "x" * 10_000, ["a"]),
    ],
)
async def test_a_script_gets_the_tags_alone(signed_in, rules, address, tags):
    page = await signed_in.post("/settings/rules/try", rules=rules, address=address, headers=JSON)

    assert (200, {"tags": tags}) == (page.status, json.loads(page.text))
    assert "application/json" in page.headers["Content-Type"]
    assert "nosniff" == page.headers["X-Content-Type-Options"]


@pytest.mark.parametrize("rules", ["a\0b", "x" * 100_001])
async def test_rules_that_cannot_be_kept_are_not_tried(signed_in, rules):
    page = await signed_in.post("/settings/rules/try", rules=rules, address="x")
    told = await signed_in.post("/settings/rules/try", rules=rules, address="x", headers=JSON)

    assert (422, 422) == (page.status, told.status)
    assert re.search(r'id="rules-error">([^<]*)', page.text).group(1) == json.loads(told.text)["error"]


async def test_what_was_tried_stays_text(signed_in):
    hostile = "'\"></textarea><script>alert(1)</script>"
    page = await signed_in.post(
        "/settings/rules/try", rules=f"x.example {hostile}", address=f"https://x.example/{hostile}"
    )

    assert "<script>" not in page.text
    assert 'class="badge">&#39;&#34;&gt;' in page.text


async def test_only_a_form_of_ours_is_tried(signed_in, browser):
    given = {"rules": "a.example b", "address": "https://a.example/"}
    answers = [
        await signed_in.post("/settings/rules/try", **given, csrf="0" * 64, headers=JSON),
        await signed_in.post("/settings/rules/try", **given, headers={"Sec-Fetch-Site": "same-site"}),
    ]
    signed_in.cookies.clear()
    answers.append(await signed_in.post("/settings/rules/try", **given, headers=JSON))

    assert [403, 403, 303] == [page.status for page in answers]


async def test_scripts_run_where_they_are_used_and_nowhere_else(signed_in):
    """Their own files alone, and never what stands in a page."""
    policies = {
        path: (await signed_in.get(path)).headers["Content-Security-Policy"]
        for path in ("/settings", "/settings/library", "/settings/developer", "/bookmarks/new", "/login/connected")
    }

    assert ["/settings", "/settings/library"] == [path for path, policy in policies.items() if "script" in policy]
    assert all("script-src 'self'; connect-src 'self'" in policies[path] for path in ("/settings", "/settings/library"))
    assert all("default-src 'none'" in policy for policy in policies.values())
    assert not [policy for policy in policies.values() if "unsafe" in policy]


async def test_scripts_are_served_as_such(signed_in):
    page = await signed_in.get("/settings")
    script = await signed_in.get(re.search(r'<script src="([^"]+)"', page.text).group(1))

    assert (200, "text/javascript; charset=utf-8") == (script.status, script.headers["Content-Type"])
    assert "immutable" in script.headers["Cache-Control"]
