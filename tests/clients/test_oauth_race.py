"""Two serving processes, twenty callers with one refresh token: rotation is one step of the database's."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from tests.clients.oauth_app import REDIRECT, SCOPE, allow, register, sign_in
from tests.live import serving
from tests.schema.oauth import S256, VERIFIER

CALLERS = 20


def race(url, form):
    """What that many callers are answered who send the same at once."""
    together = Barrier(CALLERS)

    def call():
        together.wait()
        answer = requests.post(url, data=form)
        return answer.status_code, answer.json().get("error")

    with ThreadPoolExecutor(CALLERS) as pool:
        return Counter(future.result() for future in [pool.submit(call) for _ in range(CALLERS)])


def test_of_twenty_callers_one_gets_the_next_tokens(tmp_path, database_url):
    """For a code and for a refresh token; the others fail, and nothing breaks."""
    with serving(tmp_path / "server", database_url, "--workers", "2") as server:
        browser = sign_in(server)
        client_id, secret = register(server, "client_secret_post")
        own = {"client_id": client_id, "client_secret": secret}
        token_url = f"{server.base}/oauth/token"

        def code():
            asked = {"response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT, "scope": SCOPE} | S256
            location = allow(server, browser, f"{server.base}/oauth/authorize?{urlencode(asked)}")
            (found,) = parse_qs(urlsplit(location).query)["code"]
            return own | {
                "grant_type": "authorization_code",
                "code": found,
                "redirect_uri": REDIRECT,
                "code_verifier": VERIFIER,
            }

        codes = race(token_url, code())
        tokens = requests.post(token_url, data=code()).json()
        following = own | {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        refreshed = race(token_url, following)
        server.end()

        assert {(200, None): 1, (400, "invalid_grant"): CALLERS - 1} == codes == refreshed
        assert [] == server.faults()
