"""Bundles: saved searches (LD section 14)."""

from __future__ import annotations

import pytest

from schema.resolvers import accounts
from tests.databases import statements_counted
from tests.factories import make_bookmark

URL = "/api/bundles/"
KEYS = [
    "id", "name", "search", "any_tags", "all_tags", "excluded_tags", "filter_unread", "filter_shared", "order",
    "date_created", "date_modified",
]  # fmt: skip
DEFAULTS = {
    "search": "", "any_tags": "", "all_tags": "", "excluded_tags": "", "filter_unread": "off", "filter_shared": "off",
}  # fmt: skip
FULL = {
    "name": "News", "search": "a #b  c", "any_tags": "x  y", "all_tags": "#a a,b", "excluded_tags": "z",
    "filter_unread": "yes", "filter_shared": "no", "order": -3,
}  # fmt: skip
NUMBER = ["A valid integer is required."]
NULL = ["This field may not be null."]
NOT_FOUND = (404, {"detail": "No BookmarkBundle matches the given query."})


async def make(client, **values):
    answer = await client.post(URL, json={"name": "A"} | values)

    assert 201 == answer.status, answer.body
    return answer.body


async def listed(client):
    return [(one["name"], one["order"]) for one in (await client.get(URL)).body["results"]]


async def test_a_bundle_is_made_and_shown_with_all_its_keys(linkding):
    """LD-BUN-2: what is sent is stored as it stands; what is not is empty, off or next."""
    full, bare = await make(linkding, **FULL), await make(linkding, name=" B ")

    assert KEYS == list(full) == list(bare)
    assert FULL == {name: full[name] for name in FULL}
    assert DEFAULTS | {"name": "B", "order": -2} == {name: bare[name] for name in [*DEFAULTS, "name", "order"]}
    assert (200, full) == (await linkding.get(f"{URL}{full['id']}/")).seen


async def test_the_list_is_mine_in_its_order(linkding, linkding_ben):
    """LD-BUN-1: by ``order``, equal ones by id; LD-BUN-2: one without an order comes last."""
    await make(linkding_ben, name="ben's", order=99)
    for name, order in (("c", 5), ("a", -1), ("d", 5), ("b", 0)):
        await make(linkding, name=name, order=order)
    await make(linkding, name="e")

    assert [("a", -1), ("b", 0), ("c", 5), ("d", 5), ("e", 6)] == await listed(linkding)
    assert [("ben's", 99)] == await listed(linkding_ben)


async def test_orders_begin_at_nought_and_names_need_not_differ(linkding):
    """LD-BUN-2."""
    for _ in range(3):
        await make(linkding)

    assert [("A", 0), ("A", 1), ("A", 2)] == await listed(linkding)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_an_update_keeps_what_it_leaves_out(linkding, method):
    """LD-BUN-3: for PUT only the name is required; the order of the others is untouched."""
    first, other = await make(linkding, **FULL), await make(linkding, order=7)
    path = f"{URL}{first['id']}/"
    answer = await linkding.request(method, path, json={"name": "New", "order": 7, "id": 5, "date_created": "x"})

    assert 200 == answer.status
    changed = first | {"name": "New", "order": 7, "date_modified": answer.body["date_modified"]}
    assert changed == answer.body == (await linkding.get(path)).body
    assert first["date_modified"] < answer.body["date_modified"]
    assert other == (await linkding.get(f"{URL}{other['id']}/")).body


async def test_an_update_of_nothing_is_a_change(linkding):
    """LD-BUN-3: PATCH needs nothing, and both set ``date_modified`` all the same; PUT needs the name."""
    made = await make(linkding)
    path = f"{URL}{made['id']}/"
    again = (await linkding.patch(path, json={})).body
    put = (await linkding.put(path, json={"name": "A"})).body

    assert made["date_modified"] < again["date_modified"] < put["date_modified"]
    assert made == put | {"date_modified": made["date_modified"]}
    assert (400, {"name": ["This field is required."]}) == (await linkding.put(path, json={})).seen


async def test_after_a_delete_the_others_are_numbered_anew(linkding, linkding_ben):
    """LD-BUN-4: 0, 1, 2 in their order, and nobody else's."""
    ids = [(await make(linkding, name=name, order=order))["id"] for name, order in (("a", 9), ("b", -5), ("c", 9))]
    await make(linkding, name="d", order=2)
    await make(linkding_ben, name="ben's", order=9)
    before = (await linkding.get(f"{URL}{ids[1]}/")).body
    answer = await linkding.delete(f"{URL}{ids[0]}/")

    assert (204, b"") == (answer.status, answer.raw)
    assert [("b", 0), ("d", 1), ("c", 2)] == await listed(linkding)
    assert [("ben's", 9)] == await listed(linkding_ben)
    assert before | {"order": 0} == (await linkding.get(f"{URL}{ids[1]}/")).body


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_a_foreign_bundle_is_none(linkding, linkding_ben, method):
    """LD-BUN-5: and that is said before anything about the body (LD-AUTH-10)."""
    made = await make(linkding_ben)
    for id in (made["id"], 0, -1, 10**30, 2**31):
        assert NOT_FOUND == (await linkding.request(method, f"{URL}{id}/", json={"order": "x"})).seen
    assert made == (await linkding_ben.get(f"{URL}{made['id']}/")).body
    assert (404, {"detail": "Not found."}) == (await linkding.request(method, f"{URL}abc/", json={})).seen


BAD = [
    ("name", None, NULL),
    ("name", "", ["This field may not be blank."]),
    ("name", "\u3000 ", ["This field may not be blank."]),
    ("name", [], ["Not a valid string."]),
    ("name", "x" * 257, ["Ensure this field has no more than 256 characters."]),
    ("name", "a\0", ["Null characters are not allowed."]),
    ("search", "x" * 257, ["Ensure this field has no more than 256 characters."]),
    ("search", None, NULL),
    *((name, "x" * 1025, ["Ensure this field has no more than 1024 characters."]) for name in
      ("any_tags", "all_tags", "excluded_tags")),
    ("any_tags", ["x"], ["Not a valid string."]),
    ("filter_unread", "maybe", ['"maybe" is not a valid choice.']),
    ("filter_unread", "", ['"" is not a valid choice.']),
    ("filter_shared", True, ['"True" is not a valid choice.']),
    ("filter_shared", None, NULL),
    ("order", None, NULL),
    ("order", 1.5, NUMBER),
    ("order", True, NUMBER),
    ("order", "", NUMBER),
    ("order", 2**63, NUMBER),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "words"), BAD)
async def test_a_bad_value_is_refused(linkding, field, value, words):
    """LD-ERR-2 to LD-ERR-10, and LD-ERR-3 for an order (LD-BUN-2): nothing is made, and nothing is changed."""
    made = await make(linkding)
    path = f"{URL}{made['id']}/"

    assert (400, {field: words}) == (await linkding.post(URL, json={"name": "A"} | {field: value})).seen
    assert (400, {field: words}) == (await linkding.patch(path, json={field: value})).seen
    assert [made] == (await linkding.get(URL)).body["results"]


async def test_all_that_is_wrong_is_said_at_once(linkding):
    """LD-BUN-2: in the order of the object."""
    answer = await linkding.post(URL, json={"order": "x", "search": None, "filter_unread": "x", "all_tags": {}})

    assert 400 == answer.status
    assert ["name", "search", "all_tags", "filter_unread", "order"] == list(answer.body)


@pytest.mark.parametrize(
    ("order", "kept"), [(2**63 - 1, 2**63 - 1), (-(2**63), -(2**63)), ("+3", 3), (" 3 ", 3), ("2.0", 2), (2.0, 2)]
)
async def test_an_order_is_any_whole_number_of_64_bits(linkding, order, kept):
    """LD-BUN-2; one after the very last has the same order and stands behind it by its id."""
    made = await make(linkding, order=order)
    next = await make(linkding)

    assert (kept, min(kept + 1, 2**63 - 1)) == (made["order"], next["order"])
    assert [made["id"], next["id"]] == [one["id"] for one in (await linkding.get(URL)).body["results"]]


async def test_a_form_is_as_good(linkding):
    """LD-HTTP-8: what a form has no way to leave out but to leave empty is left out."""
    answer = await linkding.post(URL, data={"name": "A", "order": "", "filter_unread": "", "any_tags": "x"})

    assert (201, "off", "x", 0) == (answer.status, *(answer.body[n] for n in ("filter_unread", "any_tags", "order")))


@pytest.fixture
async def rows(ann):
    """Four that differ in everything that a bundle can ask for, and two of them again in the archive."""
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True})
    for archived, titles in ((False, "1234"), (True, "13")):
        for title, facts in {
            "1": {"description": "alpha beta", "tag_names": ["Py", "web"], "to_read": True},
            "2": {"notes": 'alpha "x"', "tag_names": ["py"], "is_public": True},
            "3": {"description": "gamma #tag", "tag_names": ["web", "a,b"], "to_read": True, "is_public": True},
            "4": {"description": "or alpha"},
        }.items():
            if title in titles:
                await make_bookmark(ann, title=title, is_archived=archived, **facts)


MEANINGS = {
    "LD-BUN-9: empty": ({}, "1234", "13", "233"),
    "LD-BUN-6: every word": ({"search": "alpha beta"}, "1", "1", ""),
    "LD-BUN-6: without case, in notes too": ({"search": "ALPHA"}, "124", "1", "2"),
    "LD-BUN-6: no operators": ({"search": "alpha or"}, "4", "", ""),
    "LD-BUN-6: quotes are letters": ({"search": '"x"'}, "2", "", "2"),
    "LD-BUN-6: no phrases": ({"search": '"alpha beta"'}, "", "", ""),
    "LD-BUN-6: tags and keywords drop": ({"search": "#web !untagged  !"}, "1234", "13", "233"),
    "LD-BUN-6: inside it is a letter": ({"search": "a#tag"}, "", "", ""),
    "LD-BUN-7: any": ({"any_tags": "PY nothing"}, "12", "1", "2"),
    "LD-BUN-7: several of any": ({"any_tags": "py web"}, "123", "13", "233"),
    "LD-BUN-7: all": ({"all_tags": "web PY"}, "1", "1", ""),
    "LD-BUN-7: all of one unknown": ({"all_tags": "py nothing"}, "", "", ""),
    "LD-BUN-7: all, said twice": ({"all_tags": "py Py py"}, "12", "1", "2"),
    "LD-BUN-7: none": ({"excluded_tags": "PY nothing"}, "34", "3", "33"),
    "LD-BUN-7: whole names": ({"any_tags": "p we"}, "", "", ""),
    "LD-BUN-7: literally": ({"any_tags": "#py"}, "", "", ""),
    "LD-BUN-7: commas too": ({"any_tags": "a,b"}, "3", "3", "33"),
    "LD-BUN-8: unread": ({"filter_unread": "yes"}, "13", "13", "33"),
    "LD-BUN-8: read": ({"filter_unread": "no"}, "24", "", "2"),
    "LD-BUN-8: shared": ({"filter_shared": "yes"}, "23", "3", "233"),
    "LD-BUN-8: not shared": ({"filter_shared": "no"}, "14", "1", ""),
    "LD-BUN-9: all of it": (
        {"search": "alpha", "any_tags": "web py", "excluded_tags": "none", "filter_unread": "yes"}, "1", "1", ""
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANINGS)
async def test_a_list_holds_what_its_bundle_matches(linkding, rows, name):
    """LD-BUN-10: the list still decides what is archived and what is shared."""
    values, plain, archived, shared = MEANINGS[name]
    id = (await make(linkding, **values))["id"]
    answers = [
        (await linkding.get(f"/api/bookmarks/{path}?sort=title_asc&bundle={id}")).body
        for path in ("", "archived/", "shared/")
    ]

    assert [plain, archived, shared] == ["".join(row["title"] for row in one["results"]) for one in answers]
    assert [len(plain), len(archived), len(shared)] == [one["count"] for one in answers]


async def test_a_bundle_is_one_filter_among_others(linkding, rows):
    """LD-BUN-9; lax mode is the search's alone (LD-BUN-6)."""
    id = (await make(linkding, search="alpha"))["id"]
    answer = await linkding.get(f"/api/bookmarks/?bundle={id}&unread=yes&q=beta")

    assert ["1"] == [row["title"] for row in answer.body["results"]]
    assert 0 == (await linkding.get(f"/api/bookmarks/?bundle={id}&q=%28")).body["count"]


async def test_lax_search_does_not_apply(linkding, ann, rows):
    """LD-BUN-6: a word that is a tag's name finds no tag."""
    await accounts.set_preferences(await ann.ctx(), {"tag_search": "lax"})
    id = (await make(linkding, search="py"))["id"]

    assert 2 == (await linkding.get("/api/bookmarks/?q=py")).body["count"]
    assert 0 == (await linkding.get(f"/api/bookmarks/?bundle={id}")).body["count"]


@pytest.mark.parametrize("text", ["{foreign}", "999", "abc", "", "-1", "1.5", "9" * 40, "%00", "%C2%B2"])
async def test_what_is_no_bundle_of_mine_filters_nothing(linkding, linkding_ben, anonymous, ann, rows, text):
    """LD-LIST-7 is dropped; section 23: a foreign one is ignored too, and so is any without a credential."""
    foreign = (await make(linkding_ben, search="nothing"))["id"]
    await accounts.set_preferences(await ann.ctx(), {"enable_public_sharing": True})
    query = f"?bundle={text.format(foreign=foreign)}"

    assert 4 == (await linkding.get(f"/api/bookmarks/{query}")).body["count"]
    assert 3 == (await anonymous.get(f"/api/bookmarks/shared/?bundle={foreign}")).body["count"]


async def test_a_bundle_costs_one_statement_however_much_it_says(linkding, ann, rows):
    """Fields that are as long as can be, beside the longest search: a few parameters, and an answer."""
    some = " ".join(f"{n:x}" for n in range(300))[:1024]
    words = " ".join(f"{n:x}" for n in range(100))[:256]
    small, large = (
        (await make(linkding))["id"],
        (await make(linkding, search=words, any_tags=some, all_tags=some, excluded_tags=some))["id"],
    )
    query = "+".join(f"w{n}" for n in range(900))
    cost = []
    for id in (small, large):
        async with statements_counted([]) as found:
            answer = await linkding.get(f"/api/bookmarks/?bundle={id}&q={query}")
        assert (200, 0) == (answer.status, answer.body["count"])
        cost.append(len(found))

    assert cost[0] == cost[1]
    async with statements_counted([]) as found:
        await linkding.get(f"/api/bookmarks/?bundle={small}")
    assert 3 == len(found)  # the credential, the bundle, the list


async def test_a_list_of_bundles_costs_the_same_for_few_as_for_many(linkding):
    counts = []
    for number in (2, 30):
        for _ in range(number):
            await make(linkding)
        async with statements_counted([]) as found:
            await linkding.get(URL)
        id = (await linkding.get(URL)).body["results"][0]["id"]
        async with statements_counted([]) as deleting:
            await linkding.delete(f"{URL}{id}/")
        counts.append((len(found), len(deleting)))

    assert counts[0] == counts[1]
    assert 2 == counts[0][0]
