"""Section 3: API keys at the wire, and ``GET /me``."""

from __future__ import annotations

import re

import pytest

from models import Token
from tests.factories import make_token

KEYS = "/api/v1/api-keys"
DRAFT = {"name": "nightly mirror", "scopes": ["bookmarks:read", "tags:read"]}
LATER = "2031-03-01T00:00:00.000Z"
NOBODYS = ["0196f3a0-11aa-7b00-8c10-000000000002", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "tea", "1", "%00", "%ff", "a%2Fb"]


async def make(client, **changes):
    answer = await client.post(KEYS, json=DRAFT | changes)

    assert 201 == answer.status, answer.body
    return answer.body


def refused(answer, status, error):
    """The one shape of every error (section 1.5)."""
    assert (status, error, status) == (answer.status, answer.body["error"], answer.body["statusCode"])
    assert answer.body.keys() - {"details"} == {"error", "message", "statusCode"}
    return answer.body


async def test_bk8_a_key_is_shown_once_and_recognised_by_its_first_eleven_characters(bkmark):
    """BK8: 35 characters; the list shows the first 11 and never the key."""
    made = await make(bkmark, expiresAt=LATER)
    listed = await bkmark.get(KEYS)
    one = {name: value for name, value in made.items() if name != "key"}

    assert re.fullmatch(r"bk_[0-9a-f]{32}", made["key"])
    assert {
        "id": made["id"],
        "name": "nightly mirror",
        "key": made["key"],
        "keyPrefix": made["key"][:11],
        "scopes": ["bookmarks:read", "tags:read"],
        "expiresAt": LATER,
        "lastUsedAt": None,
        "createdAt": "2026-01-02T03:04:05.600Z",
    } == made
    assert (200, {"data": [one], "nextCursor": None}) == listed.seen
    patched = await bkmark.patch(f"{KEYS}/{made['id']}", json={})
    assert (200, one) == patched.seen
    for answer in (listed, patched, await bkmark.get("/api/v1/me")):
        assert made["key"] not in answer.raw.decode()
    assert made["key"] not in str(await Token.all().values())


async def test_a_key_is_a_credential_that_can_do_what_it_says(bkmark, anonymous):
    key = (await make(bkmark, scopes=["tags:read", "tags:read"]))["key"]
    script = anonymous.as_(key, "bEaReR")
    me = await script.get("/api/v1/me")

    assert 200 == (await script.get("/api/v1/tags")).status
    refused(await script.post("/api/v1/tags", json={"name": "tea"}), 403, "insufficient_scope")
    assert {"id": me.body["id"], "email": None, "name": "ann", "plan": "self-hosted", "scopes": ["tags:read"]} == (
        me.body
    )


async def test_keys_are_listed_the_newest_first_and_no_other_tokens(bkmark, ann):
    await make_token(ann, "tags:read")
    ids = [(await make(bkmark, name=name))["id"] for name in "abc"]

    assert ids[::-1] == [key["id"] for key in (await bkmark.get(KEYS)).body["data"]]


async def test_me_says_whose_credential_it_is(bkmark, ann):
    me = await bkmark.get("/api/v1/me")

    assert me.seen == (
        200,
        {
            "id": ann.user.uid,
            "email": None,
            "name": "ann",
            "plan": "self-hosted",
            "scopes": [
                "bookmarks:read", "bookmarks:write", "tags:read", "tags:write", "groups:read", "groups:write",
                "search:read",
            ],
        },
    )  # fmt: skip


async def test_a_key_is_changed_and_found_by_either_spelling_of_its_id(bkmark):
    made = await make(bkmark)
    ulid = (await bkmark.get(KEYS, headers={"X-Bkmark-Id-Format": "ulid"})).body["data"][0]["id"]
    answer = await bkmark.patch(
        f"{KEYS}/{ulid}", json={"name": " weekly ", "scopes": ["groups:read"], "expiresAt": "2031-03-01T01:00:00+01:00"}
    )

    assert 26 == len(ulid)
    assert 200 == answer.status
    assert {"id": made["id"], "name": "weekly", "scopes": ["groups:read"], "expiresAt": LATER}.items() <= (
        answer.body.items()
    )
    forever = await bkmark.patch(f"{KEYS}/{made['id']}", json={"expiresAt": None, "key": "x", "keyPrefix": "y"})
    assert answer.body | {"expiresAt": None} == forever.body


BAD = [
    {"name": ""},
    {"name": "  "},
    {"name": "x" * 101},
    {"name": None},
    {"name": 7},
    {"name": "n\0"},
    {"scopes": []},
    {"scopes": None},
    {"scopes": "tags:read"},
    {"scopes": ["account"]},
    {"scopes": ["tags:read", "everything"]},
    {"scopes": [["tags:read"]]},
    {"expiresAt": "2026-01-02T03:04:05Z"},
    {"expiresAt": "tomorrow"},
    {"expiresAt": "2031-03-01T00:00:00"},
    {"expiresAt": "9999-12-31T23:59:59-01:00"},
    {"expiresAt": "0001-01-01T00:00:00+01:00"},
    {"expiresAt": 1},
]


async def test_what_no_key_can_be_is_400_and_changes_nothing(bkmark):
    made = await make(bkmark)
    before = (await bkmark.get(KEYS)).body
    for change in BAD:
        refused(await bkmark.post(KEYS, json=DRAFT | change), 400, "validation_error")
        refused(await bkmark.patch(f"{KEYS}/{made['id']}", json=change), 400, "validation_error")
    for name in DRAFT:
        left = {other: value for other, value in DRAFT.items() if other != name}
        refused(await bkmark.post(KEYS, json=left), 400, "validation_error")
    for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff"):
        refused(await bkmark.post(KEYS, data=body), 400, "validation_error")

    assert before == (await bkmark.get(KEYS)).body


async def test_a_revoked_key_is_worthless_at_once_and_cannot_be_revoked_again(bkmark, anonymous):
    made = await make(bkmark)
    path = f"{KEYS}/{made['id']}"

    assert (200, {"id": made["id"], "deleted": True}) == (await bkmark.delete(path)).seen
    refused(await anonymous.as_(made["key"], "Bearer").get("/api/v1/me"), 401, "unauthorized")
    refused(await bkmark.delete(path), 404, "not_found")
    refused(await bkmark.patch(path, json={"name": "n"}), 404, "not_found")


async def test_an_expired_key_is_worthless(bkmark, anonymous, ports):
    made = await make(bkmark, expiresAt="2026-01-02T04:00:00Z")
    ports.clock.forward(hours=1)

    refused(await anonymous.as_(made["key"], "Bearer").get("/api/v1/me"), 401, "unauthorized")


async def test_nobodys_and_somebody_elses_are_the_same_404(bkmark, bkmark_ben, ann):
    made = await make(bkmark_ben)
    token = await Token.filter(owner_id=ann.user.id).first()
    missing = refused(await bkmark.delete(f"{KEYS}/{NOBODYS[0]}"), 404, "not_found")
    for id in (made["id"], str(token.uid), *NOBODYS):
        for answer in (await bkmark.delete(f"{KEYS}/{id}"), await bkmark.patch(f"{KEYS}/{id}", json={"name": "n"})):
            assert (404, missing) == answer.seen

    assert [made["id"]] == [key["id"] for key in (await bkmark_ben.get(KEYS)).body["data"]]


async def test_a_credential_gives_no_scope_that_it_lacks_and_no_longer_life(bkmark, anonymous):
    weak = await make(bkmark, scopes=["tags:read"], expiresAt=LATER)
    script = anonymous.as_(weak["key"], "Bearer")
    path = f"{KEYS}/{weak['id']}"
    refused(await script.post(KEYS, json=DRAFT), 403, "insufficient_scope")
    refused(await script.patch(path, json={"scopes": ["tags:read", "tags:write"]}), 403, "insufficient_scope")
    child = await script.post(KEYS, json={"name": "child", "scopes": ["tags:read"], "expiresAt": None})

    assert (201, LATER) == (child.status, child.body["expiresAt"])
    assert LATER == (await script.patch(path, json={"expiresAt": None})).body["expiresAt"]
    assert LATER == (await script.patch(path, json={"expiresAt": "2040-01-01T00:00:00Z"})).body["expiresAt"]
    assert ["tags:read"] == (await script.get("/api/v1/me")).body["scopes"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", KEYS), ("POST", KEYS), ("PATCH", f"{KEYS}/1"), ("GET", "/api/v1/me")]
)
async def test_nobody_manages_keys_without_a_credential(method, path, anonymous):
    refused(await anonymous.request(method, path), 401, "unauthorized")
