"""Whatever is sent: no 500, and a refusal changes nothing."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rest_compat.nextcloud.routes import BOOKMARKS
from tests.rest_compat.nextcloud.conftest import API, state

FUZZ = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

NAMES = [
    "url", "target", "title", "description", "tags", "item", "is_public", "folders", "record_id", "page", "limit",
    "sortby", "search", "conjunction", "user", "folder", "recursive", "untagged", "deleted", "duplicated", "old_name",
    "new_name", "name", "count", "root", "layers", "parent_folder", "hardDelete", "data", "fields", "hashFn", "token",
]  # fmt: skip
TEXTS = st.text(st.characters(codec=None), max_size=20)  # lone surrogates and U+0000 too
WORDS = st.sampled_from(
    ["1", "-1", "0", "2", "99999999999999999999", "ann", "ben", "title", "and", "sha256", "https://a.example", ""]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS | st.sampled_from(["id", "type", "tags"]), inner, max_size=4)
    ),
    max_leaves=8,
)
ENTRIES = st.lists(
    st.fixed_dictionaries({}, optional={"id": VALUES, "type": st.sampled_from(["folder", "bookmark"]) | VALUES}),
    max_size=4,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), VALUES | ENTRIES | WORDS, max_size=6)
JSON_BODIES = (OBJECTS | VALUES).map(lambda value: json.dumps(value).encode())
PAIRS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(["", "[]", "[0]", "[x]", "%5B%5D", "[tags][]", "[0][id]", "[", "]", "[][][][][][][]"]),
        WORDS | TEXTS | st.integers().map(str),
    ),
    max_size=6,
).map(lambda pairs: "&".join(f"{a}{b}={quote(c.encode('utf-8', 'surrogatepass'))}" for a, b, c in pairs))
BODIES = JSON_BODIES | PAIRS.map(str.encode) | st.binary(max_size=200) | JSON_BODIES.map(lambda body: body[:-1])
TYPES = st.sampled_from(
    [
        "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b",
        "multipart/form-data", "text/plain", "", "application/json; charset=utf-16", "application/x+json",
    ]
)  # fmt: skip
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
PIECES = st.sampled_from(
    [
        "bookmark", "folder", "tag", "lock", "1", "-1", "0", "2", "9999999999", "abc", "%00", "%FF", "", "%2F", "a",
        "children", "childorder", "hash", "count", "bookmarks", "undelete", "deleted", "shared", "import", "export",
        "click",
        "1.5", "%D9%A3", "\u00b2",
    ]
)  # fmt: skip
PATHS = st.lists(PIECES, max_size=5).map(lambda pieces: quote("/".join(pieces), safe="/%"))
CALLS = st.sampled_from(
    [
        (
            method,
            endpoint.path.replace("{folder_id:[^/]+}", "1").replace("{id:[^/]+}", "1").replace("{old_name:[^/]+}", "a"),
        )
        for endpoint in BOOKMARKS
        for method in endpoint.methods
    ]
)


@pytest.fixture
async def rows(cloud, cloud_ben):
    """Two bookmarks, in a folder of their own."""
    folder = await cloud.make_folder()
    for number in range(2):
        await cloud.save(f"https://{number}.example/", tags=["a", str(number)], folders=[folder, -1])
    await cloud_ben.save(is_public=True)


async def hold(cloud, ann, ben, method, path, **options):
    """Send it; the answer is no server's fault, has the shape of this door, and changed nothing if it is an error."""
    before = await state(ann, ben)
    answer = await cloud.at(method, f"{API}{path}", **options)

    assert answer.status < 500, answer
    if answer.status >= 400:
        assert before == await state(ann, ben)
        if method != "HEAD" and answer.raw:
            assert ("error", 1) == (answer.body["status"], len(answer.body["data"]))
    elif method == "GET":
        assert before == await state(ann, ben)


@FUZZ
@given(CALLS, PAIRS, TYPES, BODIES)
async def test_no_request_makes_a_server_error(cloud, ann, ben, rows, call, query, kind, body):
    method, path = call
    await hold(cloud, ann, ben, method, f"{path}?{query}", data=body, headers={"Content-Type": kind})


@FUZZ
@given(
    st.sampled_from(["/bookmark", "/folder", "/folder/-1/children", "/tag", "/bookmark/1", "/folder/-1/hash"]), PAIRS
)
async def test_no_query_makes_a_server_error(cloud, ann, ben, rows, path, query):
    await hold(cloud, ann, ben, "GET", f"{path}?{query}")


@FUZZ
@given(METHODS, PATHS)
async def test_no_path_makes_a_server_error(cloud, ann, ben, rows, method, path):
    await hold(cloud, ann, ben, method, f"/{path}")


@FUZZ
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40))
async def test_no_credential_makes_a_server_error(nobody, value):
    answer = await nobody.client.raw(
        f"GET {API}/bookmark HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ".encode()
        + value.encode("latin-1")
        + b"\r\n\r\n"
    )

    assert answer.status in {400, 401, 429}
