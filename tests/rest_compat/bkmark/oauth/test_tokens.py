"""``POST /oauth/token`` with a code (section 2.3, step 4)."""

from __future__ import annotations

import re

import pytest

from tests.rest_compat.bkmark.oauth.conftest import CALLBACK, VERIFIER, make_program


async def test_a_code_gives_tokens(program, public, ann):
    for client in (program, public):
        answer = await client.exchange(await client.ask(ann))

        assert (200, "no-store", "no-cache") == (
            answer.status,
            answer.headers["Cache-Control"],
            answer.headers["Pragma"],
        )
        assert ["access_token", "token_type", "expires_in", "refresh_token", "scope"] == list(answer.body)
        assert ("Bearer", 3600, "bookmarks:read tags:read") == (
            answer.body["token_type"],
            answer.body["expires_in"],
            answer.body["scope"],
        )
        assert re.fullmatch(r"bkr_[0-9a-f]{32}", answer.body["refresh_token"])
        api = client.bearer(answer.body["access_token"])
        assert 200 == (await api.get("/api/tags/")).status
