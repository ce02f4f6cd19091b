"""Words for what was sent wrongly (LD section 3). Clients compare them letter by letter."""

from __future__ import annotations

import pytest

from tests.factories import make_bookmark

DATETIME = (
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)
URL = "https://a.example"
POST = "/api/bookmarks/?disable_scraping"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({}, {"url": ["This field is required."]}, id="LD-ERR-1"),
        pytest.param({"url": ""}, {"url": ["This field may not be blank."]}, id="LD-ERR-2 empty"),
        pytest.param({"url": " \u3000\t"}, {"url": ["This field may not be blank."]}, id="LD-ERR-2 white space"),
        pytest.param({"url": URL, "title": None}, {"title": ["This field may not be null."]}, id="LD-ERR-3"),
        pytest.param({"url": URL, "tag_names": None}, {"tag_names": ["This field may not be null."]}, id="LD-ERR-3 l"),
        pytest.param({"url": URL, "unread": None}, {"unread": ["This field may not be null."]}, id="LD-ERR-3 b"),
        pytest.param({"url": URL, "title": True}, {"title": ["Not a valid string."]}, id="LD-ERR-4 boolean"),
        pytest.param({"url": URL, "notes": {}}, {"notes": ["Not a valid string."]}, id="LD-ERR-4 object"),
        pytest.param({"url": URL, "notes": ["x"]}, {"notes": ["Not a valid string."]}, id="LD-ERR-4 list"),
        pytest.param(
            {"url": URL, "title": "x" * 513},
            {"title": ["Ensure this field has no more than 512 characters."]},
            id="LD-ERR-5",
        ),
        pytest.param({"url": URL, "notes": "a\0b"}, {"notes": ["Null characters are not allowed."]}, id="LD-ERR-6"),
        pytest.param({"url": URL, "unread": "maybe"}, {"unread": ["Must be a valid boolean."]}, id="LD-ERR-8"),
        pytest.param({"url": URL, "unread": 2}, {"unread": ["Must be a valid boolean."]}, id="LD-ERR-8 number"),
        pytest.param({"url": URL, "unread": " true"}, {"unread": ["Must be a valid boolean."]}, id="LD-ERR-8 blank"),
        pytest.param({"url": URL, "unread": []}, {"unread": ["Must be a valid boolean."]}, id="LD-ERR-8 list"),
        pytest.param({"url": URL, "date_added": "tomorrow"}, {"date_added": [DATETIME]}, id="LD-ERR-11"),
        pytest.param({"url": URL, "date_added": 5}, {"date_added": [DATETIME]}, id="LD-ERR-11 number"),
        pytest.param(
            {"url": URL, "date_added": "0001-01-01T00:00:00+01:00"},
            {"date_added": ["Datetime value out of range."]},
            id="LD-ERR-12",
        ),
        pytest.param(
            {"url": URL, "tag_names": "a"},
            {"tag_names": ['Expected a list of items but got type "str".']},
            id="LD-ERR-13",
        ),
        pytest.param(
            {"url": URL, "tag_names": {"a": 1}},
            {"tag_names": ['Expected a list of items but got type "dict".']},
            id="LD-ERR-13 dict",
        ),
        pytest.param(
            {"url": URL, "tag_names": 5},
            {"tag_names": ['Expected a list of items but got type "int".']},
            id="LD-ERR-13 int",
        ),
        pytest.param(
            {"url": URL, "tag_names": ["a", "b", "c", "d", " ", "e", False]},
            {"tag_names": {"4": ["This field may not be blank."], "6": ["Not a valid string."]}},
            id="LD-ERR-14",
        ),
        pytest.param({"url": "nowhere"}, {"url": ["Enter a valid URL."]}, id="LD-ERR-15"),
        pytest.param(
            {"url": f"{URL}/{'x' * 2048}"},
            {"url": ["Enter a valid URL.", "Ensure this field has no more than 2048 characters."]},
            id="LD-ERR-16",
        ),
        pytest.param([], {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}, id="LD-ERR-18"),
        pytest.param(
            "x", {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}, id="LD-ERR-18 str"
        ),
        pytest.param(
            1, {"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]}, id="LD-ERR-18 int"
        ),
    ],
)
async def test_each_mistake_in_a_field_has_its_words(linkding, body, words):
    """The table of section 3; nothing is saved."""
    answer = await linkding.post(POST, json=body)

    assert (400, words) == answer.seen
    assert 0 == (await linkding.get("/api/bookmarks/")).body["count"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(
            rb'{"url": "https://a.example", "title": "x\ud800y"}',
            {"title": ["Surrogate characters are not allowed: U+D800."]},
            id="LD-ERR-7",
        ),
        pytest.param(
            rb'{"url": "https://a.example", "title": "x\uDC01"}',
            {"title": ["Surrogate characters are not allowed: U+DC01."]},
            id="LD-ERR-7 low",
        ),
        pytest.param(
            rb'{"url": "https://a.example", "tag_names": ["a", "\ud800"]}',
            {"tag_names": {"1": ["Surrogate characters are not allowed: U+D800."]}},
            id="LD-ERR-7 tag",
        ),
        pytest.param(b"null", {"non_field_errors": ["No data provided"]}, id="LD-ERR-19"),
    ],
)
async def test_each_mistake_in_bytes_has_its_words(linkding, body, words):
    answer = await linkding.post(POST, data=body, headers=JSON)

    assert (400, words) == answer.seen


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="LD-ERR-20"),
        pytest.param(b" ", id="LD-ERR-20 blank"),
        pytest.param(b'{"url": x}', id="LD-ERR-20 word"),
        pytest.param(b'{"title": NaN}', id="LD-ERR-21 NaN"),
        pytest.param(b'{"title": -Infinity}', id="LD-ERR-21 Infinity"),
        pytest.param(b'{"title": "\\ud800", "x": Infinity}', id="LD-ERR-21 both"),
        pytest.param(b'{"title": "\xff"}', id="LD-ERR-21 no UTF-8"),
        pytest.param(b'{"title": "\xff\\ud800"}', id="LD-ERR-21 no UTF-8, surrogate"),
        pytest.param(b"\xef\xbb\xbf{}", id="LD-ERR-21 mark"),
        pytest.param(b"[" * 100_000, id="LD-ERR-20 deep"),
        pytest.param(b'{"a": ' * 100_000 + b'"\\ud800', id="LD-ERR-20 deep, surrogate"),
    ],
)
async def test_what_is_not_json_is_a_parse_error(linkding, body):
    answer = await linkding.post(POST, data=body, headers=JSON)

    assert 400 == answer.status
    assert answer.body["detail"].startswith("JSON parse error - ")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nno header"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="url"\r\n\r\nno end'),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--"),
        ("multipart/form-data; boundary=" + "b" * 99, b"x"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="x"\r\nContent-Transfer-Encoding: x\r\n\r\ny\r\n--b--\r\n',
        ),
    ],
)
async def test_a_multipart_that_is_none_is_a_parse_error(linkding, kind, body):
    """LD-ERR-22."""
    answer = await linkding.post(POST, data=body, headers={"Content-Type": kind})

    assert 400 == answer.status
    assert answer.body["detail"].startswith("Multipart form parse error - ")


async def test_a_url_of_another_bookmark_is_refused_once_the_fields_are_sound(linkding, ann):
    """LD-ERR-17."""
    await make_bookmark(ann, url="https://taken.example/")
    other = await make_bookmark(ann)
    taken = await linkding.patch(f"/api/bookmarks/{other.id}/", json={"url": "https://taken.example/"})
    unsound = await linkding.patch(f"/api/bookmarks/{other.id}/", json={"url": "https://taken.example/", "unread": 7})

    assert (400, {"url": ["A bookmark with this URL already exists."]}) == taken.seen
    assert (400, {"unread": ["Must be a valid boolean."]}) == unsound.seen


IDS = ("0", "-1", "999", "2147483648", "99999999999999999999", "9" * 5000)


@pytest.mark.parametrize("id", IDS)
async def test_ids_that_no_row_has_are_not_found(linkding, ann, id):
    """LD-ERR-23, LD-ERR-24, LD-ERR-25: zero, negative and huge ones alike."""
    own = await make_bookmark(ann)
    no_bookmark = {"detail": "No Bookmark matches the given query."}

    for method, path in (("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "archive/")):
        assert (404, no_bookmark) == (await linkding.request(method, f"/api/bookmarks/{id}/{path}")).seen
    for method in ("GET", "DELETE"):
        assert (404, {"detail": "No Tag matches the given query."}) == (
            await linkding.request(method, f"/api/tags/{id}/")
        ).seen
        assert (404, {"detail": "No BookmarkAsset matches the given query."}) == (
            await linkding.request(method, f"/api/bookmarks/{own.id}/assets/{id}/")
        ).seen
        assert (404, {"detail": "Bookmark does not exist"}) == (
            await linkding.request(method, f"/api/bookmarks/{id}/assets/1/")
        ).seen
    assert (404, {"detail": "Bookmark does not exist"}) == (await linkding.get(f"/api/bookmarks/{id}/assets/")).seen


@pytest.mark.parametrize("id", ["abc", "1a", "--1", "%C2%B2", "+1", "%20"])
async def test_an_id_that_is_no_number_is_not_found(linkding, id):
    """LD-ERR-26."""
    for path in (f"/api/bookmarks/{id}/", f"/api/tags/{id}/", f"/api/bookmarks/{id}/archive/"):
        answer = await linkding.request("POST" if "archive" in path else "GET", path)

        assert (404, {"detail": "Not found."}) == answer.seen


@pytest.mark.parametrize(
    "path", ["/api/bookmarks/1.5/", "/api/tags/1.5/", "/api/bookmarks/abc/assets/", "/api/bookmarks/abc/assets/1/"]
)
async def test_an_id_that_makes_no_address_is_the_small_page(linkding, path):
    """LD-ERR-27."""
    answer = await linkding.get(path)

    assert (404, "text/html; charset=utf-8") == (answer.status, answer.headers["Content-Type"])


async def test_all_bad_fields_are_reported_together_in_the_order_of_the_object(linkding):
    """Section 3's multi-error body."""
    answer = await linkding.post(
        POST,
        json={
            "date_added": "x", "tag_names": [""], "unread": "x", "notes": [], "title": "x" * 600, "url": "x",
        },
    )  # fmt: skip

    assert ["url", "title", "notes", "unread", "tag_names", "date_added"] == list(answer.body)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [(5, "5"), (1.5, "1.5"), ("\u00a0 x \u3000", "x"), ("\u200bx\ufeff", "\u200bx\ufeff"), (" ", "")],
)
async def test_numbers_are_texts_and_white_space_is_stripped(linkding, sent, stored):
    """Section 3: the coercions of a string field."""
    answer = await linkding.post(POST, json={"url": URL, "notes": sent})

    assert (201, stored) == (answer.status, answer.body["notes"])


@pytest.mark.parametrize("sent", [True, 1, 1.0, "true", "T", "Yes", "y", "ON", "1"])
async def test_many_words_are_true(linkding, sent):
    answer = await linkding.post(POST, json={"url": URL, "unread": sent, "shared": "No", "is_archived": 0})

    assert [True, False, False] == [answer.body[name] for name in ("unread", "shared", "is_archived")]


async def test_a_key_given_twice_counts_with_its_last_value(linkding):
    """Section 3."""
    answer = await linkding.post(POST, data=b'{"url": "x", "url": "https://a.example"}', headers=JSON)

    assert (201, URL) == (answer.status, answer.body["url"])


async def test_words_that_no_field_of_a_bookmark_needs_are_known_as_well():
    """LD-ERR-9, LD-ERR-10: for the fields of bundles, in the same words."""
    from rest_compat.linkding.errors import word_faults
    from rest_compat.linkding.fields import Choice, Integer, read_json

    resource = {"order": Integer(), "filter_unread": Choice(("off", "yes", "no"))}
    _, faults = read_json(resource, {"order": 1.5, "filter_unread": "maybe"})

    assert {
        "order": ["A valid integer is required."],
        "filter_unread": ['"maybe" is not a valid choice.'],
    } == word_faults(faults)
