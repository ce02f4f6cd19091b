"""Asking: lists, look-ups, checks."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from models.queries.window import Position
from schema.page import encode_cursor
from schema.ports import PageData
from schema.resolvers import accounts, tags, trash
from tests.factories import make_bookmark
from tests.schema.types.asking import ask, execute, faults, gid, narrow, nobody, refusal

RELEASE = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
EVERY_FIELD = """
  __typename id databaseId uid kind source url href title description notes isArchived isFavorite isPublic toRead
  readAt clickCount faviconUrl previewImageUrl createdAt updatedAt deletedAt tagNames
  tags { __typename id databaseId uid name color createdAt updatedAt bookmarkCount }
  assets { totalCount nodes { id } } content { text }
"""


async def test_nobody_is_told_the_version_and_that_they_are_nobody(ann, ports):
    answer = await ask(nobody(ports), "{ viewer { username } version __typename }")

    assert answer["viewer"] is None
    assert RELEASE == answer["version"]
    assert "Query" == answer["__typename"]


@pytest.mark.parametrize(
    "field",
    [
        "bookmarks { totalCount }",
        "sharedBookmarks { totalCount }",
        "trash { totalCount }",
        'bookmark(id: "Qm9va21hcms6MQ==") { id }',
        "bundles { totalCount }",
        "bundle(databaseId: 1) { id }",
        'bookmarks(filter: {bundle: "QnVuZGxlOjE="}) { totalCount }',
        "tags { totalCount }",
        'tag(name: "a") { id }',
        'node(id: "Qm9va21hcms6MQ==") { id }',
        'nodes(ids: ["Qm9va21hcms6MQ=="]) { id }',
        'checkUrl(url: "https://a.example") { autoTags }',
    ],
)
async def test_nobody_may_ask_nothing_else(ann, ports, field):
    code, path, _ = await refusal(nobody(ports), f"{{ {field} }}")

    assert "UNAUTHENTICATED" == code
    assert [field.partition("(")[0].partition(" ")[0]] == path


async def test_every_field_of_a_bookmark_can_be_had_in_a_list(ann):
    """What was saved comes back, with names, tags and edges; each by its GraphQL type."""
    row = await make_bookmark(
        ann, url=" HTTPS://A.example ", title="A", description="d", notes="n", tag_names=["b", "A"], to_read=True
    )
    (shown,) = (await ask(ann, f"{{ bookmarks {{ nodes {{ {EVERY_FIELD} }} }} }}"))["bookmarks"]["nodes"]

    assert gid("Bookmark", row) == shown["id"]
    assert (row.id, row.uid) == (shown["databaseId"], shown["uid"])
    assert ("HTTPS://A.example", "https://a.example/") == (shown["url"], shown["href"])
    assert ("A", "d", "n") == (shown["title"], shown["description"], shown["notes"])
    assert ("LINK", "api", True, None) == (shown["kind"], shown["source"], shown["toRead"], shown["readAt"])
    assert ["A", "b"] == shown["tagNames"] == [tag["name"] for tag in shown["tags"]]
    assert [1, 1] == [tag["bookmarkCount"] for tag in shown["tags"]]
    assert {"totalCount": 0, "nodes": []} == shown["assets"]
    assert shown["content"] is None
    assert row.created_at.isoformat() == shown["createdAt"]
    assert shown["faviconUrl"] is shown["previewImageUrl"] is shown["deletedAt"] is None


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ("{}", "cba"),
        ('{query: "two"}', "b"),
        ('{query: "#x not #y"}', "a"),
        ('{query: "((("}', ""),
        ('{tags: ["X", " y "]}', "b"),
        ('{anyTags: ["x", "y"]}', "ba"),
        ('{excludedTags: ["y"]}', "ca"),
        ("{tags: [], anyTags: [], excludedTags: []}", "cba"),
        ("{isArchived: true}", "c"),
        ("{isArchived: false, isFavorite: true}", "b"),
        ("{isPublic: true}", "a"),
        ("{toRead: true}", "a"),
        ("{isUntagged: true}", "c"),
        ("{isUntagged: false}", "ba"),
        ('{addedSince: "2000-01-01T00:00:00Z"}', "cba"),
        ('{modifiedSince: "2999-01-01T00:00:00+01:00"}', ""),
    ],
)
async def test_a_filter_keeps_what_all_of_it_is_true_of(ann, asked, titles):
    await make_bookmark(ann, title="a", description="one", tag_names=["x"], is_public=True, to_read=True)
    await make_bookmark(ann, title="b", description="two", tag_names=["x", "y"], is_favorite=True)
    await make_bookmark(ann, title="c", is_archived=True)
    answer = await ask(ann, f"{{ bookmarks(filter: {asked}) {{ totalCount nodes {{ title }} }} }}")

    assert titles == "".join(node["title"] for node in answer["bookmarks"]["nodes"])
    assert len(titles) == answer["bookmarks"]["totalCount"]


async def test_a_word_finds_a_tag_only_for_those_who_prefer_lax_search(ann):
    await make_bookmark(ann, title="A", tag_names=["word"])
    query = '{ bookmarks(filter: {query: "word"}) { totalCount } }'

    assert {"totalCount": 0} == (await ask(ann, query))["bookmarks"]
    await accounts.set_preferences(await ann.ctx(), {"tag_search": "lax"})
    assert {"totalCount": 1} == (await ask(ann, query))["bookmarks"]


async def test_the_longest_query_with_the_most_tags_is_answered(ann):
    """900 words and three times 50 tags stay inside what SQLite takes."""
    words = " ".join(f"word{number}" for number in range(900))
    names = [f"tag{number}" for number in range(50)]
    asked = {"query": words, "tags": names, "anyTags": names, "excludedTags": names}
    query = "query Q($filter: BookmarkFilter) { bookmarks(filter: $filter) { totalCount nodes { id } } }"
    await accounts.set_preferences(await ann.ctx(), {"tag_search": "lax"})

    assert {"totalCount": 0, "nodes": []} == (await ask(ann, query, filter=asked))["bookmarks"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"query": "\0"}, [(["filter", "query"], "nul")]),
        ({"query": "\ud800"}, [(["filter", "query"], "surrogate")]),
        ({"tags": ["a", "\0"]}, [(["filter", "tags", 1], "nul")]),
        ({"excludedTags": ["x"] * 51}, [(["filter", "excludedTags"], "too_many")]),
    ],
)
async def test_a_filter_that_cannot_be_compared_is_invalid(ann, asked, expected):
    query = "query Q($filter: BookmarkFilter) { bookmarks(filter: $filter) { totalCount } }"

    assert expected == await faults(ann, query, filter=asked)


@pytest.mark.parametrize("moment", ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "yesterday", "", 5])
async def test_a_moment_without_doubt_is_asked_for(ann, moment):
    query = "query Q($filter: BookmarkFilter) { bookmarks(filter: $filter) { totalCount } }"
    code, path, _ = await refusal(ann, query, filter={"addedSince": moment})

    assert ("BAD_USER_INPUT", None) == (code, path)


ORDERS = {
    "ADDED_DESC": "dcba",
    "ADDED_ASC": "abcd",
    "MODIFIED_DESC": "dcba",
    "MODIFIED_ASC": "abcd",
    "TITLE_ASC": "abcd",
    "TITLE_DESC": "dcba",
}


@pytest.mark.parametrize("order", ORDERS)
async def test_pages_lead_through_the_whole_list_in_both_directions(ann, order):
    """Every order, forwards by first/after and backwards by last/before, without a gap or a double."""
    for title in "abcd":
        await make_bookmark(ann, title=title)
    forwards = f"""query Q($at: String) {{ bookmarks(orderBy: {order}, first: 3, after: $at) {{
        edges {{ cursor node {{ title }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    first = (await ask(ann, forwards))["bookmarks"]
    second = (await ask(ann, forwards, at=first["pageInfo"]["endCursor"]))["bookmarks"]
    backwards = forwards.replace("first: 3, after", "last: 3, before")
    last = (await ask(ann, backwards))["bookmarks"]
    before = (await ask(ann, backwards, at=last["pageInfo"]["startCursor"]))["bookmarks"]

    def titles(page):
        return "".join(edge["node"]["title"] for edge in page["edges"])

    def more(page):
        return page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]

    assert ORDERS[order] == titles(first) + titles(second) == titles(before) + titles(last)
    assert [(False, True), (True, False)] == [more(first), more(second)]
    assert [(True, False), (False, True)] == [more(last), more(before)]
    assert first["edges"][-1]["cursor"] == first["pageInfo"]["endCursor"]


async def test_a_page_is_of_twenty_unless_told_otherwise(ann):
    for _ in range(21):
        await make_bookmark(ann)
    answer = await ask(ann, "{ bookmarks { nodes { id } totalCount pageInfo { hasNextPage } } }")

    assert 20 == len(answer["bookmarks"]["nodes"])
    assert {"hasNextPage": True} == answer["bookmarks"]["pageInfo"]
    assert 21 == answer["bookmarks"]["totalCount"]


async def test_a_page_of_none_says_whether_there_is_more(ann):
    await make_bookmark(ann)
    answer = await ask(ann, "{ bookmarks(first: 0) { nodes { id } pageInfo { hasNextPage endCursor } } }")

    assert {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}} == answer["bookmarks"]


LISTS = ["bookmarks", "sharedBookmarks", "trash", "tags"]


@pytest.mark.parametrize("field", LISTS)
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("first: 101", [(["first"], "too_large")]),
        ("last: 101", [(["last"], "too_large")]),
        ("first: -1", [(["first"], "too_small")]),
        ("first: 1, last: 1", [(["last"], "exclusive")]),
        ('after: "nonsense"', [(["after"], "cursor")]),
        ('before: "é"', [(["before"], "cursor")]),
    ],
)
async def test_a_page_that_cannot_be_is_invalid(ann, field, arguments, expected):
    assert expected == await faults(ann, f"{{ {field}({arguments}) {{ nodes {{ id }} }} }}")


async def test_a_cursor_of_another_list_is_invalid(ann):
    """Of another order, of another type, and made up with a value of the wrong kind."""
    query = "query Q($at: String) { bookmarks(after: $at) { nodes { id } } }"
    made_up = [
        encode_cursor("added_asc", Position(5, 1)),
        encode_cursor("title_asc", Position(b"a", 1)),
        encode_cursor("added_desc", Position("a", 1)),
        encode_cursor("added_desc", Position(b"a", 1)),
        encode_cursor("added_desc", Position(5, 1)),
    ]
    for cursor in made_up:
        assert [(["after"], "cursor")] == await faults(ann, query, at=cursor)
    for number in (2**31, -(2**31), 2**62):
        cursor = encode_cursor("tag_id_asc", Position(number, 1))
        query = "query Q($at: String) { tags(orderBy: CREATED_ASC, after: $at) { nodes { id } } }"

        assert [(["after"], "cursor")] == await faults(ann, query, at=cursor)


async def test_the_trash_holds_what_was_deleted_last_first(ann):
    rows = [await make_bookmark(ann, title=title) for title in "ab"]
    for row in rows:
        await trash.delete(await ann.ctx(), [row.id])
    answer = await ask(ann, "{ trash { totalCount nodes { title deletedAt tagNames assets { totalCount } } } }")

    assert 2 == answer["trash"]["totalCount"]
    assert ["b", "a"] == [node["title"] for node in answer["trash"]["nodes"]]
    assert all(node["deletedAt"] for node in answer["trash"]["nodes"])


async def test_what_others_share_is_seen_without_what_hangs_on_it(ann, ben):
    """The bookmark with its texts and tag names; not the files, not the page's text, and no way to its owner's tags."""
    await accounts.set_preferences(await ben.ctx(), {"enable_sharing": True})
    row = await make_bookmark(ben, title="Shared", tag_names=["x"], is_public=True)
    await make_bookmark(ben, title="Private")
    query = """query Q($owner: String) { sharedBookmarks(owner: $owner) { totalCount nodes {
        title tagNames tags { name bookmarkCount bookmarks { totalCount nodes { id } } }
        assets { totalCount nodes { id } } content { text } } } }"""
    answer = await ask(ann, query, owner="ben")

    assert 1 == answer["sharedBookmarks"]["totalCount"]
    (shown,) = answer["sharedBookmarks"]["nodes"]
    assert ("Shared", ["x"]) == (shown["title"], shown["tagNames"])
    nothing = {"totalCount": 0, "nodes": []}
    assert [{"name": "x", "bookmarkCount": 0, "bookmarks": nothing}] == shown["tags"]
    assert (nothing, None) == (shown["assets"], shown["content"])
    assert {"totalCount": 0} == (await ask(ann, '{ sharedBookmarks(owner: "ann") { totalCount } }'))["sharedBookmarks"]
    assert {"bookmark": None} == await ask(
        ann, "query Q($id: ID) { bookmark(id: $id) { id } }", id=gid("Bookmark", row)
    )


@pytest.mark.parametrize("key", ["id: $id", "databaseId: $databaseId", "uid: $uid"])
async def test_a_bookmark_is_found_by_each_of_its_ids(ann, ben, key):
    row = await make_bookmark(ann, title="A", description="d", tag_names=["x"])
    foreign = await make_bookmark(ben)
    query = f"""query Q($id: ID, $databaseId: Int, $uid: UUID) {{
        bookmark({key}) {{ title description tags {{ name }} }} }}"""

    def keys(row):
        given = {"id": gid("Bookmark", row), "databaseId": row.id, "uid": row.uid}
        return {name: given[name] for name in (key.partition(":")[0],)}

    def declared(query, row):
        name = key.partition(":")[0]
        kept = {"id": "$id: ID", "databaseId": "$databaseId: Int", "uid": "$uid: UUID"}[name]
        return query.replace("$id: ID, $databaseId: Int, $uid: UUID", kept)

    shown = (await ask(ann, declared(query, row), **keys(row)))["bookmark"]

    assert {"title": "A", "description": "d", "tags": [{"name": "x"}]} == shown
    assert {"bookmark": None} == await ask(ann, declared(query, row), **keys(foreign))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", [(["id"], "exactly_one")]),
        ('id: "Qm9va21hcms6MQ==", databaseId: 1', [(["databaseId"], "exactly_one")]),
        ('id: "nonsense"', [(["id"], "id")]),
        ('id: "VGFnOjE="', [(["id"], "id")]),
        ("id: 5", [(["id"], "id")]),
    ],
)
async def test_a_bookmark_is_asked_for_by_exactly_one_id_of_its_own_kind(ann, arguments, expected):
    query = f"{{ bookmark{f'({arguments})' if arguments else ''} {{ id }} }}"

    assert expected == await faults(ann, query)


@pytest.mark.parametrize("arguments", ["databaseId: 0", "databaseId: -1", "databaseId: 2147483647"])
async def test_a_number_that_no_bookmark_has_finds_none(ann, arguments):
    assert {"bookmark": None} == await ask(ann, f"{{ bookmark({arguments}) {{ id }} }}")


async def test_tags_come_sorted_searched_and_counted(ann):
    await make_bookmark(ann, tag_names=["Beta", "alpha"])
    await make_bookmark(ann, tag_names=["beta"])
    await tags.create(await ann.ctx(), "unused")
    answer = await ask(ann, "{ tags { totalCount nodes { name bookmarkCount } } }")
    searched = await ask(ann, '{ tags(search: "ET", orderBy: CREATED_DESC) { totalCount nodes { name } } }')
    named = [("alpha", 1), ("Beta", 2), ("unused", 0)]

    assert named == [(tag["name"], tag["bookmarkCount"]) for tag in answer["tags"]["nodes"]]
    assert 3 == answer["tags"]["totalCount"]
    assert {"totalCount": 1, "nodes": [{"name": "Beta"}]} == searched["tags"]


@pytest.mark.parametrize("order", ["NAME_ASC", "NAME_DESC", "CREATED_ASC", "CREATED_DESC"])
async def test_pages_of_tags_lead_through_the_whole_list(ann, order):
    await make_bookmark(ann, tag_names=["a"])
    await make_bookmark(ann, tag_names=["b"])
    await make_bookmark(ann, tag_names=["c"])
    query = f"""query Q($at: String) {{ tags(first: 2, orderBy: {order}, after: $at) {{
        nodes {{ name }} pageInfo {{ endCursor hasNextPage }} }} }}"""
    first = (await ask(ann, query))["tags"]
    second = (await ask(ann, query, at=first["pageInfo"]["endCursor"]))["tags"]

    expected = ["a", "b", "c"] if order.endswith("ASC") else ["c", "b", "a"]
    assert expected == [tag["name"] for page in (first, second) for tag in page["nodes"]]
    assert (True, False) == (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"])


async def test_a_search_for_tags_that_cannot_be_compared_is_invalid(ann):
    query = "query Q($text: String!) { tags(search: $text) { totalCount } }"

    assert [(["search"], "nul")] == await faults(ann, query, text="\0")


async def test_a_tag_leads_to_its_bookmarks(ann, ben):
    """By pages of their own, without those of others who have a tag of that name, and without the trash."""
    for title in "abc":
        await make_bookmark(ann, title=title, tag_names=["x"], description="d")
    gone = await make_bookmark(ann, tag_names=["x"])
    await trash.delete(await ann.ctx(), [gone.id])
    await make_bookmark(ben, tag_names=["x"])
    query = """query Q($at: String) { tag(name: "X") { name bookmarkCount bookmarks(first: 2, after: $at) {
        totalCount nodes { title description tags { name } } pageInfo { hasNextPage endCursor } } } }"""
    tag = (await ask(ann, query))["tag"]
    rest = (await ask(ann, query, at=tag["bookmarks"]["pageInfo"]["endCursor"]))["tag"]["bookmarks"]

    assert ("x", 3, 3) == (tag["name"], tag["bookmarkCount"], tag["bookmarks"]["totalCount"])
    assert ["c", "b"] == [node["title"] for node in tag["bookmarks"]["nodes"]]
    assert {"title": "c", "description": "d", "tags": [{"name": "x"}]} == tag["bookmarks"]["nodes"][0]
    assert ["a"] == [node["title"] for node in rest["nodes"]]
    assert (True, False) == (tag["bookmarks"]["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"])


async def test_a_tags_bookmarks_can_be_read_from_the_end(ann):
    for title in "abc":
        await make_bookmark(ann, title=title, tag_names=["x"])
    query = (
        '{ tag(name: "x") { bookmarks(orderBy: TITLE_ASC, last: 2) { nodes { title } pageInfo { hasPreviousPage } } } }'
    )
    shown = (await ask(ann, query))["tag"]["bookmarks"]

    assert {"nodes": [{"title": "b"}, {"title": "c"}], "pageInfo": {"hasPreviousPage": True}} == shown


@pytest.mark.parametrize("key", ["id", "databaseId", "name"])
async def test_a_tag_is_found_by_its_ids_and_its_name(ann, ben, key):
    mine, _ = await tags.create(await ann.ctx(), "Mine", "#abc")
    foreign, _ = await tags.create(await ben.ctx(), "Foreign")
    kinds = {"id": "ID", "databaseId": "Int", "name": "String"}
    query = f"query Q($key: {kinds[key]}) {{ tag({key}: $key) {{ name color uid bookmarkCount }} }}"

    def value(row):
        return {"id": gid("Tag", row), "databaseId": row.id, "name": row.name.upper()}[key]

    assert {"name": "Mine", "color": "#abc", "uid": mine.uid, "bookmarkCount": 0} == (
        await ask(ann, query, key=value(mine))
    )["tag"]
    assert {"tag": None} == await ask(ann, query, key=value(foreign))


async def test_nodes_come_in_order_and_null_where_there_is_none(ann, ben):
    """Missing, foreign, deleted and impossible ids are null; every kind is found."""
    row = await make_bookmark(ann, title="A", description="d", tag_names=["x"])
    gone = await make_bookmark(ann)
    await trash.delete(await ann.ctx(), [gone.id])
    foreign = await make_bookmark(ben, tag_names=["y"])
    (tag,) = (await tags.find(await ann.ctx())).items
    (foreign_tag,) = (await tags.find(await ben.ctx())).items
    ctx = await ann.ctx()
    ids = [
        gid("Bookmark", row), gid("Bookmark", gone), gid("Bookmark", foreign), gid("Bookmark", 2**31),
        gid("Tag", tag), gid("Tag", foreign_tag), gid("User", ann.user), gid("User", ben.user),
        gid("Token", ctx.viewer.token_id), gid("Token", (await ben.ctx()).viewer.token_id), gid("Asset", 1),
        gid("Bookmark", row),
    ]  # fmt: skip
    query = """query Q($ids: [ID!]!) { nodes(ids: $ids) { __typename id databaseId
        ... on Bookmark { title description tags { name } } ... on Tag { name } ... on User { username }
        ... on Token { prefix } } }"""
    shown = (await ask(ann, query, ids=ids))["nodes"]
    kinds = ["Bookmark", None, None, None, "Tag", None, "User", None, "Token", None, None, "Bookmark"]

    assert kinds == [node and node["__typename"] for node in shown]
    assert all(node is None or node["id"] == id for id, node in zip(ids, shown, strict=True))
    assert ("A", "d", [{"name": "x"}]) == (shown[0]["title"], shown[0]["description"], shown[0]["tags"])


async def test_one_node_is_found_by_its_id(ann, ben):
    row = await make_bookmark(ann, title="A")
    foreign = await make_bookmark(ben)
    query = "query Q($id: ID!) { node(id: $id) { id ... on Bookmark { title } } }"

    assert {"id": gid("Bookmark", row), "title": "A"} == (await ask(ann, query, id=gid("Bookmark", row)))["node"]
    assert {"node": None} == await ask(ann, query, id=gid("Bookmark", foreign))


@pytest.mark.parametrize(
    "id",
    ["", "nonsense", "Qm9va21hcms6MQ", "Qm9va21hcms6MDE=", "UGFnZTox", "Qm9va21hcms6", "Qm9va21hcms6LTE=\n", "é", "\0",
     "\ud800"],
)  # fmt: skip
async def test_a_text_that_is_no_global_id_is_invalid(ann, id):
    """No base64, no padding, a leading zero, an unknown type, no number, a line end, no ASCII."""
    assert [(["id"], "id")] == await faults(ann, "query Q($id: ID!) { node(id: $id) { id } }", id=id)
    query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert [(["ids", 1], "id")] == await faults(ann, query, ids=[gid("Bookmark", 1), id])


async def test_more_than_a_hundred_nodes_are_too_many(ann):
    query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    assert [(["ids"], "too_many")] == await faults(ann, query, ids=[gid("Bookmark", 1)] * 101)


async def test_an_address_is_checked_with_bookmark_page_and_tags(ann):
    row = await make_bookmark(ann, url="https://a.example/", tag_names=["x"])
    await accounts.set_auto_tagging_rules(await ann.ctx(), "a.example letters")
    page = PageData(url="https://a.example/", title="Its title", author="Ann", text="long")
    ann.ports.websites.pages["https://a.example"] = page
    query = """query Q($url: String!, $fetch: Boolean!) { checkUrl(url: $url, fetch: $fetch) {
        bookmark { id tags { name } tagNames } page { title author siteName } autoTags } }"""
    known = (await ask(ann, query, url="https://a.example", fetch=True))["checkUrl"]
    unknown = (await ask(ann, query, url="https://b.example", fetch=False))["checkUrl"]

    assert {"id": gid("Bookmark", row), "tags": [{"name": "x"}], "tagNames": ["x"]} == known["bookmark"]
    assert {"title": "Its title", "author": "Ann", "siteName": None} == known["page"]
    assert ["letters"] == known["autoTags"]
    assert {"bookmark": None, "page": None, "autoTags": []} == unknown


@pytest.mark.parametrize("url", ["", "no address", "javascript:alert(1)", "https://x.example/\0", "http://[", "\ud800"])
async def test_any_text_can_be_checked(ann, url):
    answer = await ask(ann, "query Q($url: String!) { checkUrl(url: $url) { bookmark { id } autoTags } }", url=url)

    assert {"bookmark": None, "autoTags": []} == answer["checkUrl"]


NEEDS = {
    "bookmarks { totalCount }": "bookmarks:read",
    "sharedBookmarks { totalCount }": "bookmarks:read",
    "trash { totalCount }": "bookmarks:read",
    "bookmark(databaseId: 1) { id }": "bookmarks:read",
    'checkUrl(url: "https://a.example") { autoTags }': "bookmarks:read",
    "bundles { totalCount }": "bookmarks:read",
    "bundle(databaseId: 1) { id }": "bookmarks:read",
    'node(id: "QnVuZGxlOjE=") { id }': "bookmarks:read",
    "tags { totalCount }": "tags:read",
    "tag(databaseId: 1) { id }": "tags:read",
    'node(id: "Qm9va21hcms6MQ==") { id }': "bookmarks:read",
    'nodes(ids: ["VGFnOjE="]) { id }': "tags:read",
    'node(id: "VG9rZW46MQ==") { id }': "account",
    'node(id: "QXNzZXQ6MQ==") { id }': "bookmarks:read",
}


@pytest.mark.parametrize("field", NEEDS)
async def test_a_credential_without_the_scope_is_forbidden_at_the_field(ann, field):
    """The error names the scope and the field; with just that scope the field answers."""
    scope = NEEDS[field]
    others = [other for other in ("bookmarks:read", "tags:read", "account", "bookmarks:write") if other != scope]
    code, path, extensions = await refusal(await narrow(ann, *others), f"{{ {field} }}")

    assert ("FORBIDDEN", {"needs": scope}) == (code, extensions)
    assert [field.partition("(")[0].partition(" ")[0]] == path
    await ask(await narrow(ann, scope), f"{{ {field} }}")


async def test_an_edge_needs_the_scope_of_what_it_leads_to(ann):
    await make_bookmark(ann, tag_names=["x"])
    query = "{ tags { nodes { name bookmarks { nodes { id } } } } }"
    code, path, _ = await refusal(await narrow(ann, "tags:read"), query)

    assert ("FORBIDDEN", ["tags", "nodes", 0, "bookmarks"]) == (code, path)


async def test_a_field_that_fails_leaves_what_others_wait_for_alone(ann):
    """Both fields wait for one count; the first is given up for its sibling's error, the second has its answer."""
    await make_bookmark(ann, tag_names=["x"])
    answer = await execute(
        ann,
        """{ a: tag(name: "x") { bookmarkCount bookmarks(first: 101) { totalCount } }
             b: tag(name: "x") { bookmarkCount bookmarks { totalCount } } }""",
    )

    assert {"a": None, "b": {"bookmarkCount": 1, "bookmarks": {"totalCount": 1}}} == answer.data
    assert [["a", "bookmarks"]] == [error.path for error in answer.errors]
