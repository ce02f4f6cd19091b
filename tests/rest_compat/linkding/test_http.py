"""Addresses, methods, content types (LD section 1)."""

from __future__ import annotations

import pytest

from tests.factories import make_bookmark

ALLOW = {
    "/api/": "GET, HEAD, OPTIONS",
    "/api/bookmarks/": "GET, POST, HEAD, OPTIONS",
    "/api/bookmarks/archived/": "GET, HEAD, OPTIONS",
    "/api/bookmarks/shared/": "GET, HEAD, OPTIONS",
    "/api/bookmarks/check/": "GET, HEAD, OPTIONS",
    "/api/bookmarks/singlefile/": "POST, OPTIONS",
    "/api/bookmarks/1/": "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
    "/api/bookmarks/1/archive/": "POST, OPTIONS",
    "/api/bookmarks/1/unarchive/": "POST, OPTIONS",
    "/api/bookmarks/1/assets/": "GET, HEAD, OPTIONS",
    "/api/bookmarks/1/assets/upload/": "POST, OPTIONS",
    "/api/bookmarks/1/assets/1/": "GET, DELETE, HEAD, OPTIONS",
    "/api/bookmarks/1/assets/1/download/": "GET, HEAD, OPTIONS",
    "/api/tags/": "GET, POST, HEAD, OPTIONS",
    "/api/tags/1/": "GET, DELETE, HEAD, OPTIONS",
    "/api/bundles/": "GET, POST, HEAD, OPTIONS",
    "/api/bundles/1/": "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
    "/api/user/profile/": "GET, HEAD, OPTIONS",
}
PART_X = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n'
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LISTS = ("/api/bookmarks", "/api/bookmarks/archived", "/api/bookmarks/shared", "/api/tags", "/api/user/profile")


@pytest.mark.parametrize("path", LISTS)
async def test_addresses_begin_with_api_and_their_last_slash_may_be_left_out(linkding, path):
    """LD-HTTP-1. LD-HTTP-2 is replaced: the slash-less form is the same address, not a redirect that loses a POST."""
    with_slash, without = await linkding.get(f"{path}/"), await linkding.get(path)

    assert 200 == with_slash.status
    assert with_slash.seen == without.seen


async def test_a_post_without_the_last_slash_is_a_post(linkding):
    """LD-HTTP-2, replaced."""
    answer = await linkding.post("/api/bookmarks?disable_scraping", json={"url": "https://a.example"})

    assert 201 == answer.status


@pytest.mark.parametrize(
    "path",
    ["/api/nothing/", "/api/nothing", "/api/user/", "/api/bookmarks/1/nothing/", "/api//bookmarks/", "/api/v2/x",
     "/api/bookmarks/1.5/", "/api/bundles/1.5/", "/api/bookmarks/%00%ff/x/", "/api/bookmarks//"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PROPFIND"])
async def test_an_unknown_address_is_a_small_page(anonymous, method, path):
    """LD-HTTP-3: no credential needed. Doubled slashes are unknown addresses too, and nothing worse."""
    answer = await anonymous.request(method, path)

    assert 404 == answer.status
    assert "text/html; charset=utf-8" == answer.headers["Content-Type"]


@pytest.mark.parametrize("path", ALLOW)
async def test_methods_that_an_address_does_not_have_are_refused(linkding, path):
    """LD-HTTP-4: 405 with Allow, also for a row that does not exist; those that it has reach their handler."""
    for method in METHODS:
        answer = await linkding.request(method, path)

        assert ALLOW[path] == answer.headers["Allow"]
        if method in ALLOW[path].split(", "):
            assert 405 != answer.status
        else:
            assert (405, {"detail": f'Method "{method}" not allowed.'}) == answer.seen


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "LINK"])
async def test_methods_that_nobody_knows_are_refused_alike(linkding, anonymous, method):
    """LD-HTTP-4: and like the others only after the credential."""
    answer = await linkding.request(method, "/api/bookmarks/archived/")
    without = await anonymous.request(method, "/api/bookmarks/archived/")

    assert (405, {"detail": f'Method "{method}" not allowed.'}) == answer.seen
    assert "GET, HEAD, OPTIONS" == answer.headers["Allow"]
    assert 401 == without.status


async def test_json_is_compact_and_carries_its_headers(linkding):
    """LD-HTTP-5: non-ASCII as itself, the two line separators escaped."""
    made = await linkding.post(
        "/api/bookmarks/?disable_scraping", json={"url": "https://a.example", "title": "ä\u2028b\u2029c 日本"}
    )

    assert "application/json" == made.headers["Content-Type"]
    assert "GET, POST, HEAD, OPTIONS" == made.headers["Allow"]
    assert "Accept, Accept-Language, Cookie" == made.headers["Vary"]
    assert '"url":"https://a.example","title":"ä\\u2028b\\u2029c 日本",'.encode() in made.raw


@pytest.mark.parametrize("path", [path for path, allow in ALLOW.items() if "GET" in allow])
async def test_head_works_wherever_get_works(linkding, ann, path):
    """LD-HTTP-6: the same status and headers, no body."""
    await make_bookmark(ann, tag_names=["x"])
    get, head = await linkding.get(path), await linkding.request("HEAD", path)
    left_out = {"X-Request-ID", "X-Request-Id", "Date"}

    assert (get.status, b"") == (head.status, head.raw)
    assert {k: v for k, v in get.headers.items() if k not in left_out} == {
        k: v for k, v in head.headers.items() if k not in left_out
    }


@pytest.mark.parametrize("path", ALLOW)
async def test_options_says_what_is_allowed_to_who_is_signed_in(linkding, anonymous, path):
    """LD-HTTP-7: a bare 200."""
    answer = await linkding.request("OPTIONS", path)

    assert (200, b"", ALLOW[path]) == (answer.status, answer.raw, answer.headers["Allow"])
    assert 401 == (await anonymous.request("OPTIONS", path)).status


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("application/json", b'{"name": "x"}'),
        ("application/json; charset=utf-8", b'{"name": "x"}'),
        ("APPLICATION/JSON", b'{"name": "x"}'),
        ("application/x-www-form-urlencoded", b"name=x"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n',
        ),
    ],
)
async def test_bodies_come_in_three_forms(linkding, kind, data):
    """LD-HTTP-8."""
    answer = await linkding.post("/api/tags/", data=data, headers={"Content-Type": kind})

    assert (201, "x") == (answer.status, answer.body["name"])


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("text/plain", "text/plain"), ("application/xml; q=1", "application/xml; q=1"), (None, ""),
     ("application/jsonx", "application/jsonx")],
)  # fmt: skip
async def test_other_types_are_refused_unless_the_body_is_empty(linkding, kind, shown):
    """LD-HTTP-9."""
    headers = {} if kind is None else {"Content-Type": kind}
    full = await linkding.post("/api/tags/", data=b"x", headers=headers)
    empty = await linkding.post("/api/tags/", headers=headers)

    assert (415, {"detail": f'Unsupported media type "{shown}" in request.'}) == full.seen
    assert (400, {"name": ["This field is required."]}) == empty.seen


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=b", "multipart/form-data"])
async def test_an_empty_body_counts_as_no_fields(linkding, kind):
    """LD-HTTP-9: whatever the type says."""
    answer = await linkding.post("/api/tags/", headers={"Content-Type": kind})

    assert (400, {"name": ["This field is required."]}) == answer.seen


@pytest.mark.parametrize(
    ("accept", "status"),
    [("*/*", 200), ("application/json", 200), ("application/json; indent=4", 200), ("application/*", 200),
     ("text/html", 200), ("text/html,application/xml;q=0.9,*/*;q=0.8", 200), ("", 200), ("image/png", 406),
     ("application/xml", 406), ("application/xml, APPLICATION/JSON", 200)],
)  # fmt: skip
async def test_accept_is_minded(linkding, accept, status):
    """LD-HTTP-10."""
    answer = await linkding.get("/api/tags/", headers={"Accept": accept})

    assert status == answer.status
    if status == 406:
        assert {"detail": "Could not satisfy the request Accept header."} == answer.body


async def test_accept_comes_before_the_credential_and_format_does_not_override_it(anonymous, linkding):
    """LD-HTTP-10."""
    assert 406 == (await anonymous.get("/api/tags/", headers={"Accept": "image/png"})).status
    assert 406 == (await linkding.get("/api/tags/?format=json", headers={"Accept": "image/png"})).status
    assert 200 == (await linkding.get("/api/tags/?format=json")).status
    assert 200 == (await linkding.get("/api/tags/?format=api")).status
    assert (404, {"detail": "Not found."}) == (await anonymous.get("/api/tags/?format=xml")).seen


async def test_there_are_no_etags_and_no_method_override(linkding):
    """LD-HTTP-11, but for CORS, which replaces it (tests/server/test_cors.py)."""
    answer = await linkding.get("/api/tags/")
    overridden = await linkding.post("/api/tags/", json={"name": "x"}, headers={"X-HTTP-Method-Override": "GET"})

    assert not {"ETag", "Last-Modified", "Access-Control-Allow-Origin"} & set(answer.headers)
    assert 201 == overridden.status
    assert 200 == (await linkding.get("/api/tags/", headers={"If-None-Match": "*"})).status


async def test_unknown_parameters_and_fields_are_ignored_and_the_last_of_two_counts(linkding, ann):
    """LD-HTTP-12: bytes that are not UTF-8 become U+FFFD."""
    await make_bookmark(ann, title="one")
    await make_bookmark(ann, title="two \ufffd")
    both = await linkding.get("/api/bookmarks/?nonsense=1&q=one&q=two")
    undecodable = await linkding.get("/api/bookmarks/?q=%FF")
    made = await linkding.post("/api/tags/?x=y", json={"name": "x", "nonsense": [None]})

    assert ["two \ufffd"] == [row["title"] for row in both.body["results"]]
    assert ["two \ufffd"] == [row["title"] for row in undecodable.body["results"]]
    assert 201 == made.status


async def test_absolute_addresses_come_from_host_and_scheme(linkding, serve, ann):
    """LD-HTTP-13, hardened: forwarded headers are believed from trusted proxies only."""
    await make_bookmark(ann)
    await make_bookmark(ann)
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    plain = await linkding.get("/api/bookmarks/?limit=1", headers={"Host": "other.example:9090"})
    distrusted = await linkding.get("/api/bookmarks/?limit=1", headers=forwarded)
    behind_proxy = (await serve(trusted_proxies="127.0.0.1/32")).as_(ann.secret)
    trusted = await behind_proxy.get("/api/bookmarks/?limit=1", headers=forwarded)

    assert "http://other.example:9090/api/bookmarks/?limit=1&offset=1" == plain.body["next"]
    assert "http://links.example/api/bookmarks/?limit=1&offset=1" == distrusted.body["next"]
    assert "https://evil.example/api/bookmarks/?limit=1&offset=1" == trusted.body["next"]
