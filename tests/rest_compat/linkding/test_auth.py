"""Credentials (LD section 2)."""

from __future__ import annotations

import pytest

from models import User
from schema.resolvers import tokens
from tests.factories import make_bookmark, make_token
from tests.rest_compat.linkding.test_http import ALLOW

MISSING = {"detail": "Authentication credentials were not provided."}
INVALID = {"detail": "Invalid token."}


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "BEARER", "tOKEN"])
@pytest.mark.parametrize("path", ["/api/bookmarks/", "/api/tags/", "/api/bookmarks/shared/", "/api/user/profile/"])
async def test_both_schemes_open_every_collection(linkding, scheme, path):
    """LD-AUTH-1, LD-AUTH-2, LD-AUTH-3: the scheme is compared without case."""
    answer = await linkding.as_(linkding.token, scheme).get(path)

    assert 200 == answer.status


async def test_the_key_is_compared_with_case(linkding):
    """LD-AUTH-3."""
    assert (401, INVALID) == (await linkding.as_(linkding.token.upper()).get("/api/tags/")).seen


async def test_a_user_may_have_many_keys_of_any_look(linkding, ann, ports):
    """LD-AUTH-4: those that linkding would make have 40 hexadecimal digits; ours may have other looks, and scopes."""
    for format in ("linkding", "bkmark", "app-password"):
        made = await tokens.issue(ports, ann.user.id, name=format, format=format)

        assert 200 == (await linkding.as_(made.secret).get("/api/tags/")).status
    assert 40 == len(ann.secret)
    assert set(ann.secret) <= set("0123456789abcdef")


@pytest.mark.parametrize("path", ALLOW)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_everything_but_the_shared_list_needs_a_credential(anonymous, method, path):
    """LD-AUTH-5, LD-AUTH-6."""
    answer = await anonymous.request(method, path)
    if (method, path) == ("GET", "/api/bookmarks/shared/"):
        assert 200 == answer.status
        return

    assert (401, MISSING) == answer.seen
    assert "Token" == answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, MISSING["detail"]),
        ("Basic YW5uOnBhc3N3b3Jk", MISSING["detail"]),
        ("Digest x", MISSING["detail"]),
        ("", MISSING["detail"]),
        ("Token " + "0" * 40, INVALID["detail"]),
        ("Token x", INVALID["detail"]),
        ("Token", "Invalid token header. No credentials provided."),
        ("Bearer  ", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
    ],
)
async def test_each_bad_header_has_its_sentence(anonymous, header, detail):
    """LD-AUTH-6, LD-AUTH-8."""
    headers = {} if header is None else {"Authorization": header}
    answer = await anonymous.get("/api/bookmarks/", headers=headers)

    assert (401, {"detail": detail}) == answer.seen
    assert "Token" == answer.headers["WWW-Authenticate"]


async def test_a_key_of_other_bytes_than_utf_8_has_its_sentence(anonymous):
    """LD-AUTH-6."""
    answer = await anonymous.raw(b"GET /api/tags/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token caf\xe9\r\n\r\n")

    detail = "Invalid token header. Token string should not contain invalid characters."
    assert (401, {"detail": detail}) == answer.seen


async def test_a_deactivated_user_is_told_so(linkding, ann):
    """LD-AUTH-6."""
    await User.filter(id=ann.user.id).update(is_active=False)

    assert (401, {"detail": "User inactive or deleted."}) == (await linkding.get("/api/tags/")).seen


async def test_an_expired_key_is_an_invalid_one(linkding, ann, ports):
    made = await tokens.issue(ports, ann.user.id, name="short", expires_at=ports.clock.now())

    assert (401, INVALID) == (await linkding.as_(made.secret).get("/api/tags/")).seen


async def test_a_wrong_key_fails_on_the_shared_list_too(anonymous):
    """LD-AUTH-7: and no cookie helps, for there is none here (LD-AUTH-9 is not built)."""
    answer = await anonymous.as_("wrong-key").get("/api/bookmarks/shared/", headers={"Cookie": "ld_sessionid=x"})

    assert (401, INVALID) == answer.seen


@pytest.mark.parametrize("scheme", ["Basic", "Negotiate"])
async def test_another_scheme_is_no_header_at_all(anonymous, scheme):
    """LD-AUTH-8: the shared list is open then."""
    answer = await anonymous.as_("anything", scheme).get("/api/bookmarks/shared/")

    assert 200 == answer.status


async def test_a_session_cookie_opens_nothing(anonymous):
    """LD-AUTH-9, replaced: the API is for tokens."""
    answer = await anonymous.get("/api/bookmarks/", headers={"Cookie": "ld_sessionid=x; sessionid=y"})

    assert (401, MISSING) == answer.seen


async def test_checks_come_in_their_order(serve, ann):
    """LD-AUTH-10: address, Accept, credential, method, upload switch, row, body, fields."""
    from schema.ports import Limits

    nobody = await serve(limits=Limits(asset_upload=False))
    client = nobody.as_(ann.secret)
    image, text = {"Accept": "image/png"}, {"Content-Type": "text/plain"}
    bookmark = await make_bookmark(ann)
    upload = "/api/bookmarks/999/assets/upload/"

    assert 404 == (await nobody.get("/api/nothing/", headers=image)).status
    assert 406 == (await nobody.get("/api/bookmarks/", headers=image)).status
    assert 401 == (await nobody.delete("/api/bookmarks/")).status
    assert 405 == (await client.delete("/api/bookmarks/")).status
    assert 405 == (await client.post("/api/bookmarks/999/", data=b"{", headers=text)).status
    assert 403 == (await client.post(upload, data=b"x", headers=text)).status
    assert 404 == (await client.put("/api/bookmarks/999/", data=b"x", headers=text)).status
    assert 404 == (await client.patch("/api/bookmarks/999/", json={"title": None})).status
    assert 415 == (await client.put(f"/api/bookmarks/{bookmark.id}/", data=b"x", headers=text)).status
    assert 400 == (await client.put(f"/api/bookmarks/{bookmark.id}/", json={})).status


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/bookmarks/", "bookmarks:read"),
        ("GET", "/api/bookmarks/shared/", "bookmarks:read"),
        ("GET", "/api/bookmarks/check/?url=x", "bookmarks:read"),
        ("POST", "/api/bookmarks/?disable_scraping", "bookmarks:write"),
        ("PATCH", "/api/bookmarks/1/", "bookmarks:write"),
        ("DELETE", "/api/bookmarks/1/", "bookmarks:write"),
        ("POST", "/api/bookmarks/1/archive/", "bookmarks:write"),
        ("GET", "/api/bookmarks/1/assets/", "bookmarks:read"),
        ("POST", "/api/bookmarks/1/assets/upload/", "bookmarks:write"),
        ("GET", "/api/tags/", "tags:read"),
        ("POST", "/api/tags/", "tags:write"),
        ("DELETE", "/api/tags/1/", "tags:write"),
    ],
)
async def test_a_missing_scope_is_forbidden(linkding, ann, method, path, scope):
    """Our tokens have scopes (deviation from LD-AUTH-4): the one that is named opens, all others together do not."""
    others = [other for other in ("bookmarks:read", "bookmarks:write", "tags:read", "tags:write") if other != scope]
    body = {"json": {"url": "https://a.example", "name": "x"}} if method in {"POST", "PATCH"} else {}
    refused = await linkding.as_(await make_token(ann, *others)).request(method, path, **body)
    allowed = await linkding.as_(await make_token(ann, scope)).request(method, path, **body)

    assert (403, {"detail": "You do not have permission to perform this action."}) == refused.seen
    assert 403 != allowed.status
    assert allowed.status < 500
