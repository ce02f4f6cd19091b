"""What every address of this door has in common: errors, sizes, numbers, methods (BK sections 1.2 to 1.6)."""

from __future__ import annotations

import pytest

from rest_compat.bkmark.calls import LARGEST
from rest_compat.bkmark.ids import write_ulid
from tests.factories import make_bookmark

BOOKMARKS, SEARCH, TAGS = "/api/v1/bookmarks", "/api/v1/search", "/api/v1/tags"


def note(size):
    """A note's JSON of so many bytes."""
    frame = b'{"type":"note","description":"%s"}'
    return frame % (b"x" * (size - len(frame) + 2))


async def test_a_body_ends_at_a_mebibyte_and_an_import_does_not(bkmark):
    """Section 1.6."""
    fits = await bkmark.post(BOOKMARKS, data=note(LARGEST))
    over = await bkmark.post(BOOKMARKS, data=note(LARGEST + 1))
    unknown_length = b"POST /api/v1/bookmarks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
    unknown_length += b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    chunked = await bkmark.raw(unknown_length % (bkmark.token.encode(), LARGEST + 1, note(LARGEST + 1)))
    page = b'<DL><p><DT><A HREF="https://tea.example/">Tea</A>' + b" " * 2 * LARGEST
    taken_in = await bkmark.post(f"{BOOKMARKS}/import", data=page)

    assert 201 == fits.status
    said = {"error": "too_large", "message": f"Larger than the limit of {LARGEST}.", "statusCode": 413}
    assert [(413, said)] * 2 == [over.seen, chunked.seen]
    assert (200, 1) == (taken_in.status, taken_in.body["imported"])
    assert 2 == len((await bkmark.get(BOOKMARKS)).body["data"])


async def test_a_form_ends_at_a_mebibyte(anonymous):
    """Section 1.6, in the words of OAuth."""
    form = b"client_id=" + b"x" * LARGEST
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = await anonymous.post("/oauth/token", data=form, headers=headers)

    assert (413, "invalid_request") == (answer.status, answer.body["error"])


async def test_a_lower_setting_holds_here_too(serve, ann):
    client = (await serve(max_body_size=2000)).as_(ann.secret, "Bearer")

    assert 413 == (await client.post(BOOKMARKS, data=note(2001))).status
    assert 201 == (await client.post(BOOKMARKS, data=note(2000))).status


@pytest.mark.parametrize("number", ["5.0", "1e1", "+5", "%205", "5_0", "%D9%A5", "0x5", "", "true", "9" * 30])
@pytest.mark.parametrize("path", [f"{BOOKMARKS}?", f"{BOOKMARKS}/trash?", f"{SEARCH}?q=a&"])
async def test_a_limit_is_a_whole_number(bkmark, path, number):
    """Section 1.4."""
    answer = await bkmark.get(f"{path}limit={number}")

    assert (400, "validation_error") == (answer.status, answer.body["error"])
    assert [{"path": ["limit"], "rule": "shape"}] == answer.body["details"]["faults"]


@pytest.mark.parametrize(
    ("method", "path", "body", "message", "at"),
    [
        ("GET", SEARCH, None, "q is required.", ["q"]),
        ("POST", TAGS, {"color": "red"}, "name is required.", ["name"]),
        ("POST", f"{BOOKMARKS}/bulk", {"ids": ["x"]}, "action is required.", ["action"]),
    ],
)
async def test_what_is_left_out_is_named(bkmark, method, path, body, message, at):
    answer = await bkmark.request(method, path, **({} if body is None else {"json": body}))

    details = {"faults": [{"path": at, "rule": "required"}]}
    said = {"error": "validation_error", "message": message, "statusCode": 400, "details": details}
    assert (400, said) == answer.seen


async def test_a_value_in_a_list_is_found_by_its_place(bkmark):
    answer = await bkmark.post(BOOKMARKS, json={"type": "note", "tagNames": ["tea", 5]})

    assert [{"path": ["tagNames", 1], "rule": "shape"}] == answer.body["details"]["faults"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", BOOKMARKS, "GET, POST, HEAD, OPTIONS"),
        ("GET", f"{BOOKMARKS}/bulk", "POST, OPTIONS"),
        ("POST", f"{TAGS}/x", "GET, PATCH, DELETE, HEAD, OPTIONS"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(bkmark, method, path, allow):
    """Section 1.6; RFC 9110, section 15.5.6."""
    refused, asked = await bkmark.request(method, path), await bkmark.request("OPTIONS", path)

    said = {"error": "method_not_allowed", "message": f"{method} is not possible here.", "statusCode": 405}
    assert (405, said, allow) == (*refused.seen, refused.headers["Allow"])
    assert (200, allow) == (asked.status, asked.headers["Allow"])


async def test_what_is_in_the_way_is_named_in_the_spelling_asked_for(bkmark, ann):
    """Section 1.8."""
    tea = await make_bookmark(ann, url="https://tea.example/")
    tag = (await bkmark.post(TAGS, json={"name": "tea"})).body["id"]
    headers = {"X-Bkmark-Id-Format": "ulid"}

    again = await bkmark.post(BOOKMARKS, json={"url": "https://tea.example/"}, headers=headers)
    taken = await bkmark.post(TAGS, json={"name": "tea"}, headers=headers)

    assert (409, {"bookmarkId": write_ulid(tea.uid)}) == (again.status, again.body["details"])
    assert (409, {"tagId": write_ulid(tag)}) == (taken.status, taken.body["details"])


@pytest.mark.parametrize("path", [BOOKMARKS, TAGS, "/api/v1/groups", "/api/v1/webhooks", "/api/v1/api-keys"])
@pytest.mark.parametrize("body", [rb'{"\ud800": 1}', rb'{"name": "\udfff", "url": "\ud800", "title": "\ud800"}'])
async def test_half_of_a_pair_is_refused_wherever_it_stands(bkmark, path, body):
    answer = await bkmark.post(path, data=body)

    assert (400, "validation_error") == (answer.status, answer.body["error"])


async def test_an_id_of_half_a_pair_is_nobodys(bkmark):
    answer = await bkmark.post(f"{BOOKMARKS}/bulk", data=rb'{"ids": ["\ud800"], "action": "delete"}')

    assert (200, {"updated": 0, "failed": [{"id": "\ufffd", "error": "not_found"}]}) == answer.seen
