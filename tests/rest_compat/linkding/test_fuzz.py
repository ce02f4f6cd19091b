"""Whatever is sent: no 500, and a refusal changes nothing."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Bookmark, Change, Tag
from tests.factories import make_bookmark

FUZZ = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

TEXTS = st.text(st.characters(codec=None), max_size=30)  # lone surrogates and U+0000 too
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["url", "title", "description", "notes", "is_archived", "unread", "shared", "tag_names", "date_added", "name", "id"]
)
DATES = st.datetimes().map(str) | st.from_regex(r"[0-9T:Z+. -]{1,30}", fullmatch=True)
URLS = TEXTS.map(lambda text: f"https://a.example/{text}")
OBJECTS = st.dictionaries(FIELDS, VALUES | DATES | URLS | st.lists(TEXTS, max_size=5), max_size=6)
JSON_BODIES = (OBJECTS | VALUES).map(lambda value: json.dumps(value, ensure_ascii=True).encode())
BODIES = JSON_BODIES | st.binary(max_size=200) | JSON_BODIES.map(lambda body: body[:-1])
TYPES = st.sampled_from(
    [
        "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b",
        "multipart/form-data", "text/plain", "", "application/json; charset=utf-16",
    ]
)  # fmt: skip
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
PARAMETERS = st.sampled_from(
    [
        "q", "limit", "offset", "sort", "user", "unread", "shared", "bundle", "added_since", "modified_since", "url",
        "format", "ignore_cache", "disable_scraping",
    ]
)  # fmt: skip
QUERY_VALUES = (
    TEXTS.map(lambda text: quote(text.encode("utf-8", "surrogatepass")))
    | st.binary(max_size=8).map(quote)
    | st.integers().map(str)
    | DATES.map(quote)
    | st.text("ab ()#!\"'\\%and or not", max_size=30).map(quote)
)
QUERIES = st.lists(st.tuples(PARAMETERS, QUERY_VALUES), max_size=5).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
PIECES = st.sampled_from(
    [
        "bookmarks", "archived", "shared", "check", "tags", "user", "profile", "assets", "upload", "download",
        "archive",
        "1", "2", "0", "-1", "9999999999", "abc", "%00", "%FF", "..", "", "%2F", "1.5",
    ]
)  # fmt: skip
PATHS = st.lists(PIECES, max_size=6).map(lambda pieces: "/api/" + "/".join(pieces))
# A multipart body that is nearly one.
PARTS = st.lists(
    st.tuples(
        st.sampled_from(
            ['name="file"; filename="a"', 'name="url"', 'name="_charset_"', "", 'filename="x"', 'name="tag_names"']
        ),
        st.sampled_from(["", "Content-Type: x\r\n", "Content-Transfer-Encoding: base64\r\n", "Content-Length: 3\r\n"]),
        st.binary(max_size=40),
    ),
    max_size=4,
).map(
    lambda parts: b"".join(
        b"--b\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n" + more.encode() + b"\r\n" + data + b"\r\n"
        for head, more, data in parts
    )
    + b"--b--\r\n"
)  # fmt: skip


async def state(ann):
    """All that a refused request must leave alone."""
    return (
        await Bookmark.filter(owner_id=ann.user.id).order_by("id").values(),
        await Tag.filter(owner_id=ann.user.id).order_by("id").values(),
        await Change.filter(owner_id=ann.user.id).count(),
    )


@pytest.fixture
async def rows(ann):
    for _ in range(2):
        await make_bookmark(ann, tag_names=["x"])


async def hold(client, ann, method, path, **options):
    """Send it; the answer is no server's fault, has a known shape, and changed nothing unless it says so."""
    before = await state(ann)
    answer = await client.request(method, path, **options)

    assert answer.status < 500, answer
    if answer.status >= 400:
        assert before == await state(ann)
        if answer.headers["Content-Type"] == "application/json" and method != "HEAD":
            assert isinstance(answer.body, dict)
    return answer


CALLS = st.sampled_from(
    [
        "POST /api/bookmarks/?disable_scraping", "PUT /api/bookmarks/1/", "PATCH /api/bookmarks/1/", "POST /api/tags/",
        "POST /api/bookmarks/1/assets/upload/",
    ]
)  # fmt: skip
LISTS = st.sampled_from(["bookmarks/", "bookmarks/archived/", "bookmarks/shared/", "bookmarks/check/", "tags/"])


@FUZZ
@given(CALLS, TYPES, BODIES | PARTS)
async def test_no_body_makes_a_server_error(linkding, ann, rows, call, kind, body):
    method, path = call.split(" ")
    await hold(linkding, ann, method, path, data=body, headers={"Content-Type": kind})


@FUZZ
@given(LISTS, QUERIES)
async def test_no_query_makes_an_error_at_all(linkding, ann, rows, where, query):
    """But for a ``format`` that nobody has."""
    answer = await hold(linkding, ann, "GET", f"/api/{where}?{query}")

    assert answer.status == 200 or ("format=" in query and answer.status == 404)


@FUZZ
@given(METHODS, PATHS)
async def test_no_path_makes_a_server_error(linkding, ann, rows, method, path):
    await hold(linkding, ann, method, path)
