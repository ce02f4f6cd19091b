"""Authlib's client, which others wrote, goes the whole way at a live server: public, with Basic, and with a form."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6749.errors import MismatchingStateException

from tests.clients.oauth_app import REDIRECT, SCOPE, allow, read_metadata, register, sign_in

METHODS = ("none", "client_secret_basic", "client_secret_post")


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch):
    """The live server speaks no TLS, which Authlib would insist on."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


def test_a_client_goes_the_whole_way(live):
    """Code with PKCE, the API, refresh, rotation, revocation, introspection."""
    metadata, browser = read_metadata(live), sign_in(live)
    api = f"{live.base}/api/v1/tags"
    for method in METHODS:
        client_id, secret = register(live, method)
        session = OAuth2Session(
            client_id,
            secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            introspection_endpoint_auth_method=method,
            scope=SCOPE,
            redirect_uri=REDIRECT,
            code_challenge_method="S256",
            token_endpoint=metadata["token_endpoint"],
        )
        verifier = generate_token(48)
        url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
        location = allow(live, browser, url)

        assert location.startswith(f"{REDIRECT}?")
        assert [live.base] == parse_qs(urlsplit(location).query)["iss"]
        token = session.fetch_token(
            metadata["token_endpoint"], authorization_response=location, state=state, code_verifier=verifier
        )
        assert ("Bearer", SCOPE, 3600) == (token["token_type"], token["scope"], token["expires_in"])
        assert 200 == session.get(api).status_code
        assert 403 == session.post(api, json={"name": "x"}).status_code

        fresh = session.refresh_token(metadata["token_endpoint"])
        assert token["refresh_token"] != fresh["refresh_token"]
        assert 200 == session.get(api).status_code

        if method != "none":
            told = session.introspect_token(metadata["introspection_endpoint"], token=fresh["access_token"]).json()
            assert (True, client_id, live.username) == (told["active"], told["client_id"], told["username"])
        revoked = session.revoke_token(metadata["revocation_endpoint"], fresh["refresh_token"], "refresh_token")
        assert 200 == revoked.status_code
        assert 401 == session.get(api).status_code
        with pytest.raises(OAuthError) as refusal:
            session.refresh_token(metadata["token_endpoint"], fresh["refresh_token"])
        assert "invalid_grant" == refusal.value.error


def test_a_client_that_forgot_its_verifier_or_mixes_states_up_gets_nothing(live):
    metadata, browser = read_metadata(live), sign_in(live)
    client_id, _ = register(live, "none")
    session = OAuth2Session(
        client_id,
        token_endpoint_auth_method="none",
        scope=SCOPE,
        redirect_uri=REDIRECT,
        code_challenge_method="S256",
    )
    verifier = generate_token(48)
    url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
    location = allow(live, browser, url)
    given = {"authorization_response": location, "state": state}
    for wrong in (generate_token(48), verifier[:-1], None):
        with pytest.raises(OAuthError) as refusal:
            session.fetch_token(metadata["token_endpoint"], code_verifier=wrong, **given)
        assert "invalid_grant" == refusal.value.error
    with pytest.raises(MismatchingStateException):  # Authlib's own check, of a state that we must give back unchanged
        session.fetch_token(metadata["token_endpoint"], code_verifier=verifier, **given | {"state": "other"})
    assert session.fetch_token(metadata["token_endpoint"], code_verifier=verifier, **given)
