"""Changing: what each mutation does, and what it refuses."""

from __future__ import annotations

import pytest

from models import Asset, PageContent
from schema.execution.fields import global_id
from schema.graph import schema
from schema.ports import Limits, PageData
from schema.resolvers import assets, bookmarks, bundles, capture, snapshots, tags, trash
from schema.resolvers.bundles import BundleDraft
from schema.types.kind import BookmarkKind
from tests.factories import PASSWORD, make_bookmark
from tests.schema.types import test_webhooks
from tests.schema.types.asking import ask, execute, faults, gid, narrow, nobody, refusal

SHOWN = "id title url tagNames tags { name bookmarkCount } isArchived toRead"
CREATE = f"""mutation M($input: BookmarkDraft!, $if: IfBookmarked! = KEEP, $fetch: Boolean! = false) {{
  createBookmark(input: $input, ifBookmarked: $if, fetchPage: $fetch) {{ __typename
    ... on BookmarkCreated {{ bookmark {{ {SHOWN} }} }}
    ... on BookmarkUpdated {{ bookmark {{ {SHOWN} }} }}
    ... on BookmarkExists {{ bookmark {{ {SHOWN} }} }} }} }}"""
UPDATE = f"""mutation M($id: ID!, $input: BookmarkPatch!) {{ updateBookmark(id: $id, input: $input) {{ __typename
    ... on BookmarkUpdated {{ bookmark {{ {SHOWN} }} }} ... on BookmarkExists {{ bookmark {{ {SHOWN} }} }} }} }}"""


async def test_a_new_address_is_created_with_whole_tags(ann):
    draft = {"url": "https://a.example", "title": "A", "tagNames": ["y", "X"], "toRead": True, "isArchived": True}
    created = (await ask(ann, CREATE, input=draft))["createBookmark"]

    assert "BookmarkCreated" == created["__typename"]
    shown = created["bookmark"]
    assert ("A", "https://a.example", True, True) == (
        shown["title"], shown["url"], shown["isArchived"], shown["toRead"],
    )  # fmt: skip
    assert ["X", "y"] == shown["tagNames"]
    assert [{"name": "X", "bookmarkCount": 1}, {"name": "y", "bookmarkCount": 1}] == shown["tags"]


@pytest.mark.parametrize(
    ("policy", "outcome", "title", "names"),
    [
        ("KEEP", "BookmarkExists", "Old", ["old"]),
        ("MERGE", "BookmarkUpdated", "New", ["new", "old"]),
        ("REPLACE", "BookmarkUpdated", "New", ["new"]),
    ],
)
async def test_a_known_address_meets_the_policy(ann, policy, outcome, title, names):
    row = await make_bookmark(ann, url="https://a.example/", title="Old", tag_names=["old"])
    draft = {"url": "HTTPS://A.EXAMPLE", "title": "New", "tagNames": ["new"]}
    variables = {"input": draft, "if": policy}
    answer = (await ask(ann, CREATE, **variables))["createBookmark"]

    assert outcome == answer["__typename"]
    assert (gid("Bookmark", row), title, names) == tuple(answer["bookmark"][key] for key in ("id", "title", "tagNames"))


async def test_a_page_is_read_for_what_the_draft_leaves_out(ann):
    page = PageData(url="https://a.example/", title="From the page", text="Main text", author="Eve")
    ann.ports.websites.pages["https://a.example"] = page
    created = (await ask(ann, CREATE, input={"url": "https://a.example"}, fetch=True))["createBookmark"]
    query = "{ bookmarks { nodes { title content { text author siteName language publishedAt fetchedAt } } } }"
    (shown,) = (await ask(ann, query))["bookmarks"]["nodes"]

    assert "From the page" == created["bookmark"]["title"] == shown["title"]
    assert ("Main text", "Eve") == tuple(shown["content"][key] for key in ("text", "author"))


async def test_a_page_is_read_again_for_the_reader_view(ann):
    """A job brings the article; of the large parts only those that are asked for leave the database."""
    row = await make_bookmark(ann, url="https://a.example/")
    shown = f'bookmark(id: "{gid("Bookmark", row)}") {{ content {{ %s }} }}'
    every = "html text wordCount readingMinutes language author publishedAt siteName"
    assert None is (await ask(ann, f"{{ {shown % every} }}"))["bookmark"]["content"]
    ann.ports.websites.pages["https://a.example/"] = PageData(
        "https://a.example/", text="one two " * 120, html="<p>one two</p>", author="Eve", language="en"
    )
    asked = await ask(ann, f'mutation {{ readPage(id: "{gid("Bookmark", row)}") {{ bookmark {{ title tagNames }} }} }}')
    await capture.read_page(await ann.ctx(), row.id)  # what the job does

    assert {"title": "A title", "tagNames": []} == asked["readPage"]["bookmark"]
    for names in (every, "html", "wordCount", "readingMinutes author"):
        content = (await ask(ann, f"{{ {shown % names} }}"))["bookmark"]["content"]
        known = {
            "html": "<p>one two</p>", "text": "one two " * 120, "wordCount": 240, "readingMinutes": 2,
            "language": "en", "author": "Eve", "publishedAt": None, "siteName": None,
        }  # fmt: skip
        assert {name: known[name] for name in names.split()} == content


async def test_what_was_read_before_articles_were_kept_has_none(ann):
    row = await make_bookmark(ann)
    await PageContent.create(bookmark_id=row.id, text="old", fetched_at=ann.ports.clock.now())
    (shown,) = (await ask(ann, "{ bookmarks { nodes { content { html text } } } }"))["bookmarks"]["nodes"]

    assert {"html": None, "text": "old"} == shown["content"]


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ({"url": " "}, [(["input", "url"], "blank")]),
        ({"url": "https://a.example/\0", "notes": "\ud800"},
         [(["input", "url"], "nul"), (["input", "notes"], "surrogate")]),
        ({"url": "https://a.example", "tagNames": ["a", "x" * 256]}, [(["input", "tagNames", 1], "too_long")]),
    ],
)  # fmt: skip
async def test_a_draft_that_cannot_be_kept_is_invalid_by_its_fields(ann, draft, expected):
    assert expected == await faults(ann, CREATE, input=draft)
    assert {"totalCount": 0} == (await ask(ann, "{ bookmarks { totalCount } }"))["bookmarks"]


async def test_a_patch_changes_what_it_gives_and_nothing_else(ann):
    row = await make_bookmark(ann, title="Old", description="Kept", tag_names=["old"], to_read=True)
    patch = {"title": "", "tagNames": ["new"], "isArchived": True, "toRead": False}
    updated = (await ask(ann, UPDATE, id=gid("Bookmark", row), input=patch))["updateBookmark"]
    now = await bookmarks.get(await ann.ctx(), row.id)

    assert "BookmarkUpdated" == updated["__typename"]
    assert ("", ["new"], True, False) == tuple(
        updated["bookmark"][key] for key in ("title", "tagNames", "isArchived", "toRead")
    )
    assert [{"name": "new", "bookmarkCount": 1}] == updated["bookmark"]["tags"]
    assert ("Kept", row.url) == (now.description, now.url)


async def test_an_address_that_is_taken_leaves_both_bookmarks_alone(ann):
    first = await make_bookmark(ann, url="https://a.example/", title="First", tag_names=["x"])
    second = await make_bookmark(ann, title="Second")
    patch = {"url": "https://A.example", "title": "Changed"}
    answer = (await ask(ann, UPDATE, id=gid("Bookmark", second), input=patch))["updateBookmark"]

    assert "BookmarkExists" == answer["__typename"]
    assert (gid("Bookmark", first), ["x"]) == (answer["bookmark"]["id"], answer["bookmark"]["tagNames"])
    assert "Second" == (await bookmarks.get(await ann.ctx(), second.id)).title


@pytest.mark.parametrize("name", ["title", "kind", "notes", "tagNames", "isArchived", "createdAt"])
async def test_null_is_no_value_for_a_patch(ann, name):
    row = await make_bookmark(ann)
    code, _, _ = await refusal(ann, UPDATE, id=gid("Bookmark", row), input={name: None})

    assert "BAD_USER_INPUT" == code


STATES = {
    "archiveBookmarks": ("isArchived", False, True),
    "unarchiveBookmarks": ("isArchived", True, False),
    "favoriteBookmarks": ("isFavorite", False, True),
    "unfavoriteBookmarks": ("isFavorite", True, False),
    "publishBookmarks": ("isPublic", False, True),
    "unpublishBookmarks": ("isPublic", True, False),
    "markBookmarksRead": ("toRead", True, False),
    "markBookmarksToRead": ("toRead", False, True),
}
COLUMNS = {"isArchived": "is_archived", "isFavorite": "is_favorite", "isPublic": "is_public", "toRead": "to_read"}


@pytest.mark.parametrize("mutation", STATES)
async def test_a_state_is_set_on_many_at_once(ann, ben, mutation):
    """The answer has the bookmarks in the order of the ids, and the ids under which there is none."""
    field, before, after = STATES[mutation]
    rows = [await make_bookmark(ann, tag_names=["x"], **{COLUMNS[field]: before}) for _ in range(2)]
    foreign = await make_bookmark(ben, **{COLUMNS[field]: before})
    ids = [gid("Bookmark", row) for row in (rows[1], foreign, rows[0])] + [gid("Bookmark", 2**40)] * 2
    query = f"""mutation M($ids: [ID!]!) {{ {mutation}(ids: $ids) {{
        bookmarks {{ id {field} tagNames tags {{ name }} }} notFound }} }}"""
    answer = (await ask(ann, query, ids=ids))[mutation]

    assert [ids[0], ids[2]] == [shown["id"] for shown in answer["bookmarks"]]
    assert [after, after] == [shown[field] for shown in answer["bookmarks"]]
    assert all(shown["tagNames"] == ["x"] and shown["tags"] == [{"name": "x"}] for shown in answer["bookmarks"])
    assert [ids[1], ids[3]] == answer["notFound"]
    untouched = await bookmarks.get(await ben.ctx(), foreign.id)
    assert foreign.updated_at == untouched.updated_at


async def test_a_summary_is_shown_wherever_the_bookmark_is(ann):
    """A note's own text has one; without a text there is nothing to summarise."""
    row = await make_bookmark(ann, kind=BookmarkKind.NOTE, description="Tea is a drink that very many people like.")
    mutation = f'mutation {{ summarizeBookmark(id: "{gid("Bookmark", row)}") {{ bookmark {{ summary }} }} }}'
    made = (await ask(ann, mutation))["summarizeBookmark"]["bookmark"]
    listed = (await ask(ann, "{ bookmarks { nodes { summary } } }"))["bookmarks"]["nodes"]
    title = f'mutation {{ updateBookmark(id: "{gid("Bookmark", row)}", input: {{title: "x"}}) {{'
    changed = await ask(ann, f"{title} ... on BookmarkUpdated {{ bookmark {{ summary }} }} }} }}")
    other = await make_bookmark(ann, kind=BookmarkKind.NOTE, description="short")
    code, _, extensions = await refusal(ann, mutation.replace(gid("Bookmark", row), gid("Bookmark", other)))

    assert made["summary"].startswith("In short: Tea")
    assert [made] == listed
    assert made == changed["updateBookmark"]["bookmark"]
    assert ("CONFLICT", "no_text") == (code, extensions["rule"])


async def test_tags_are_added_and_taken_from_many(ann):
    rows = [await make_bookmark(ann, tag_names=["a", "b"]) for _ in range(2)]
    query = """mutation M($ids: [ID!]!) { tagBookmarks(ids: $ids, add: ["C"], remove: ["B"]) {
        bookmarks { tagNames tags { name } } notFound } }"""
    answer = (await ask(ann, query, ids=[gid("Bookmark", row) for row in rows]))["tagBookmarks"]

    assert [["a", "C"]] * 2 == [shown["tagNames"] for shown in answer["bookmarks"]]
    assert [[{"name": "a"}, {"name": "C"}]] * 2 == [shown["tags"] for shown in answer["bookmarks"]]


async def test_counts_are_counted_anew_after_each_mutation_of_a_request(ann):
    """One request, two mutations: the second sees what the first did, whatever the loaders remember."""
    row = await make_bookmark(ann, tag_names=["x"])
    other = await make_bookmark(ann)
    query = """mutation M($a: [ID!]!, $b: [ID!]!) {
        one: tagBookmarks(ids: $a, add: ["y"]) { bookmarks { tags { name bookmarkCount } } }
        two: tagBookmarks(ids: $b, add: ["x"]) { bookmarks { tags { name bookmarkCount } } } }"""
    answer = await ask(ann, query, a=[gid("Bookmark", row)], b=[gid("Bookmark", other)])

    assert {"name": "x", "bookmarkCount": 1} in answer["one"]["bookmarks"][0]["tags"]
    assert [{"name": "x", "bookmarkCount": 2}] == answer["two"]["bookmarks"][0]["tags"]


async def test_deleting_puts_into_the_trash_and_restoring_brings_back(ann):
    row = await make_bookmark(ann, tag_names=["x"])
    ids = [gid("Bookmark", row), gid("Bookmark", 999)]
    delete = "mutation M($ids: [ID!]!) { deleteBookmarks(ids: $ids) { deletedIds notFound } }"
    restore = """mutation M($ids: [ID!]!) { restoreBookmarks(ids: $ids) { __typename
        ... on BookmarksRestored { bookmarks { id deletedAt tags { name } } notFound } } }"""
    deleted = (await ask(ann, delete, ids=ids))["deleteBookmarks"]
    trashed = (await ask(ann, "{ trash { totalCount } }"))["trash"]
    restored = (await ask(ann, restore, ids=ids))["restoreBookmarks"]

    assert {"deletedIds": ids[:1], "notFound": ids[1:]} == deleted
    assert {"totalCount": 1} == trashed
    assert [{"id": ids[0], "deletedAt": None, "tags": [{"name": "x"}]}] == restored["bookmarks"]
    assert ids[1:] == restored["notFound"]


RESTORE = """mutation M($ids: [ID!]!) { restoreBookmarks(ids: $ids) { __typename
    ... on BookmarkExists { bookmark { id tags { name } } } } }"""


async def test_restoring_an_address_that_is_taken_restores_nothing(ann):
    old = await make_bookmark(ann, url="https://a.example/")
    free = await make_bookmark(ann)
    await trash.delete(await ann.ctx(), [old.id, free.id])
    new = await make_bookmark(ann, url="https://a.example/", tag_names=["x"])
    answer = (await ask(ann, RESTORE, ids=[gid("Bookmark", old), gid("Bookmark", free)]))["restoreBookmarks"]

    assert "BookmarkExists" == answer["__typename"]
    assert {"id": gid("Bookmark", new), "tags": [{"name": "x"}]} == answer["bookmark"]
    assert {"totalCount": 2} == (await ask(ann, "{ trash { totalCount } }"))["trash"]


async def test_two_of_one_address_cannot_both_come_back(ann):
    """The one in the way is in the trash again when the answer is made."""
    rows = []
    for _ in range(2):
        rows.append(await make_bookmark(ann, url="https://a.example/"))
        await trash.delete(await ann.ctx(), [rows[-1].id])
    answer = (await ask(ann, RESTORE, ids=[gid("Bookmark", row) for row in rows]))["restoreBookmarks"]

    assert "BookmarkExists" == answer["__typename"]
    assert gid("Bookmark", rows[0]) == answer["bookmark"]["id"]


async def test_what_is_deleted_for_good_does_not_come_back(ann):
    """At once, from the trash, or with all of the trash."""
    rows = [await make_bookmark(ann) for _ in range(4)]
    ids = [gid("Bookmark", row) for row in rows]
    delete = "mutation M($ids: [ID!]!) { deleteBookmarks(ids: $ids, permanent: true) { deletedIds notFound } }"
    purge = "mutation M($ids: [ID!]!) { purgeBookmarks(ids: $ids) { deletedIds notFound } }"

    assert {"deletedIds": ids[:1], "notFound": []} == (await ask(ann, delete, ids=ids[:1]))["deleteBookmarks"]
    assert {"deletedIds": [], "notFound": ids[1:2]} == (await ask(ann, purge, ids=ids[1:2]))["purgeBookmarks"]
    await trash.delete(await ann.ctx(), [row.id for row in rows])
    assert {"deletedIds": ids[1:2], "notFound": []} == (await ask(ann, purge, ids=ids[1:2]))["purgeBookmarks"]
    assert {"deletedCount": 2} == (await ask(ann, "mutation { emptyTrash { deletedCount } }"))["emptyTrash"]
    assert {"totalCount": 0} == (await ask(ann, "{ trash { totalCount } }"))["trash"]


async def test_more_ids_than_an_operation_takes_are_too_many(ann):
    query = "mutation M($ids: [ID!]!) { archiveBookmarks(ids: $ids) { notFound } }"

    assert [(["ids"], "too_many")] == await faults(ann, query, ids=[gid("Bookmark", n) for n in range(1, 502)])
    assert [(["ids", 1], "id")] == await faults(ann, query, ids=[gid("Bookmark", 1), gid("Tag", 1)])


async def test_a_tag_is_made_once(ann):
    query = """mutation M($input: TagDraft!) { createTag(input: $input) { __typename
        ... on TagCreated { tag { id name color bookmarkCount } } ... on TagExists { tag { id name color } } } }"""
    created = (await ask(ann, query, input={"name": " New ", "color": "#AbC123"}))["createTag"]
    again = (await ask(ann, query, input={"name": "NEW"}))["createTag"]

    assert ("TagCreated", "New", "#AbC123", 0) == (
        created["__typename"], created["tag"]["name"], created["tag"]["color"], created["tag"]["bookmarkCount"],
    )  # fmt: skip
    assert ("TagExists", created["tag"]["id"], "New") == (again["__typename"], again["tag"]["id"], again["tag"]["name"])
    assert [(["input", "color"], "color")] == await faults(ann, query, input={"name": "b", "color": "red"})
    assert [(["input", "name"], "blank")] == await faults(ann, query, input={"name": " "})
    assert [(["input", "name", 0], "too_long")] == await faults(ann, query, input={"name": "x" * 256})


async def test_a_tag_gets_another_name_unless_it_is_taken(ann):
    await make_bookmark(ann, tag_names=["one", "two"])
    one, two = (await tags.find(await ann.ctx(), order=tags.TagOrder.NAME)).items
    query = """mutation M($id: ID!, $name: String!) { renameTag(id: $id, name: $name) { __typename
        ... on TagRenamed { tag { name bookmarkCount } } ... on TagNameTaken { tag { id bookmarkCount } } } }"""
    renamed = (await ask(ann, query, id=gid("Tag", one), name="ONE"))["renameTag"]
    taken = (await ask(ann, query, id=gid("Tag", one), name="Two"))["renameTag"]

    assert {"__typename": "TagRenamed", "tag": {"name": "ONE", "bookmarkCount": 1}} == renamed
    assert {"__typename": "TagNameTaken", "tag": {"id": gid("Tag", two), "bookmarkCount": 1}} == taken
    assert [(["name"], "blank")] == await faults(ann, query, id=gid("Tag", one), name="")


async def test_a_tag_gets_a_colour_and_loses_it(ann):
    tag, _ = await tags.create(await ann.ctx(), "x")
    query = "mutation M($id: ID!, $color: String) { recolorTag(id: $id, color: $color) { tag { color } } }"

    assert {"tag": {"color": "#fff"}} == (await ask(ann, query, id=gid("Tag", tag), color="#fff"))["recolorTag"]
    assert {"tag": {"color": None}} == (await ask(ann, query, id=gid("Tag", tag), color=None))["recolorTag"]
    without = "mutation M($id: ID!) { recolorTag(id: $id) { tag { color } } }"
    assert {"tag": {"color": None}} == (await ask(ann, without, id=gid("Tag", tag)))["recolorTag"]
    assert [(["color"], "color")] == await faults(ann, query, id=gid("Tag", tag), color="#ff")


MERGE = """mutation M($sources: [ID!]!, $target: ID!) { mergeTags(sources: $sources, target: $target) {
    tag { name bookmarkCount } } }"""


async def test_tags_become_one(ann):
    await make_bookmark(ann, tag_names=["a", "b"])
    await make_bookmark(ann, tag_names=["c"])
    a, b, c = (await tags.find(await ann.ctx(), order=tags.TagOrder.NAME)).items
    merged = await ask(ann, MERGE, sources=[gid("Tag", b), gid("Tag", c), gid("Tag", a)], target=gid("Tag", a))

    assert {"tag": {"name": "a", "bookmarkCount": 2}} == merged["mergeTags"]
    assert {"totalCount": 1} == (await ask(ann, "{ tags { totalCount } }"))["tags"]


@pytest.mark.parametrize("number", [999, 2**31, 2**60])
async def test_a_tag_that_is_missing_keeps_all_from_being_merged(ann, number):
    """Also one whose number no row can have."""
    await make_bookmark(ann, tag_names=["a", "b"])
    a, b = (await tags.find(await ann.ctx(), order=tags.TagOrder.NAME)).items
    sources = [gid("Tag", b), gid("Tag", number)]

    assert ("NOT_FOUND", ["mergeTags"]) == (await refusal(ann, MERGE, sources=sources, target=gid("Tag", a)))[:2]
    assert {"totalCount": 2} == (await ask(ann, "{ tags { totalCount } }"))["tags"]


async def test_a_deleted_tag_leaves_its_bookmarks(ann):
    await make_bookmark(ann, tag_names=["a", "b"])
    a, _ = (await tags.find(await ann.ctx(), order=tags.TagOrder.NAME)).items
    query = "mutation M($id: ID!) { deleteTag(id: $id) { deletedId } }"

    assert {"deletedId": gid("Tag", a)} == (await ask(ann, query, id=gid("Tag", a)))["deleteTag"]
    assert [{"tagNames": ["b"]}] == (await ask(ann, "{ bookmarks { nodes { tagNames } } }"))["bookmarks"]["nodes"]


ANNOUNCE = """mutation M($id: ID!, $name: String!, $type: String! = "text/plain") {
  createAssetUpload(bookmarkId: $id, name: $name, contentType: $type) { uploadUrl expiresAt
    asset { id databaseId kind status contentType displayName size sha256 downloadUrl
      bookmark { title tagNames } } } }"""


async def chunks(data: bytes):
    yield data


async def test_a_snapshot_is_asked_for_and_can_be_looked_at_until_it_is_there(ann, ports):
    """Its sha256 is not told, for its file is packed; a page that cannot be had has none."""
    row = await make_bookmark(ann, url="https://a.example/")
    ports.snapshots.pages["https://a.example/"] = ("text/html", b"kept")
    mutation = "mutation M($id: ID!) { createSnapshot(bookmarkId: $id) { asset { id kind status displayName } } }"
    asked = (await ask(ann, mutation, id=gid("Bookmark", row)))["createSnapshot"]["asset"]
    id = int(await Asset.get().values_list("id", flat=True))
    await snapshots.take(await ann.ctx(), id)
    query = "query Q($id: ID!) { node(id: $id) { ... on Asset { status contentType size sha256 downloadUrl } } }"
    kept = (await ask(ann, query, id=asked["id"]))["node"]
    script = await make_bookmark(ann, url="javascript:1")
    code, path, extensions = await refusal(ann, mutation, id=gid("Bookmark", script))

    assert {"id": gid("Asset", id), "kind": "SNAPSHOT", "status": "PENDING", "displayName": "New snapshot"} == asked
    assert ("COMPLETE", "text/html", 4, None) == (kept["status"], kept["contentType"], kept["size"], kept["sha256"])
    assert kept["downloadUrl"].startswith("/files/")
    assert ("INVALID", ["createSnapshot"]) == (code, path)
    assert [{"path": ["bookmarkId"], "rule": "no_page"}] == extensions["faults"]


async def test_a_file_comes_in_two_steps(ann):
    """Announced through the graph, its bytes to the signed address, then it can be downloaded from one."""
    row = await make_bookmark(ann, title="A", tag_names=["x"])
    upload = (await ask(ann, ANNOUNCE, id=gid("Bookmark", row), name="dir/a.txt"))["createAssetUpload"]
    asset = upload["asset"]

    assert f"/uploads/{ann.user.id}-{asset['databaseId']}-PUT" == upload["uploadUrl"]
    assert upload["expiresAt"].startswith("2026-01-02T03:14:05")
    assert ("UPLOAD", "PENDING", "text/plain", "a.txt") == tuple(
        asset[key] for key in ("kind", "status", "contentType", "displayName")
    )
    assert asset["size"] is asset["sha256"] is asset["downloadUrl"] is None
    assert {"title": "A", "tagNames": ["x"]} == asset["bookmark"]
    await assets.complete(await ann.ctx(), asset["databaseId"], chunks(b"hello"))
    query = "{ bookmarks { nodes { assets { totalCount nodes { id status size downloadUrl bookmark { title } } } } } }"
    (shown,) = (await ask(ann, query))["bookmarks"]["nodes"]
    assert 1 == shown["assets"]["totalCount"]
    expected = {
        "id": asset["id"], "status": "COMPLETE", "size": 5, "bookmark": {"title": "A"},
        "downloadUrl": f"/files/{ann.user.id}-{asset['databaseId']}-GET",
    }  # fmt: skip
    assert [expected] == shown["assets"]["nodes"]


async def test_a_file_needs_a_name_and_a_server_that_takes_it(ann):
    row = await make_bookmark(ann)

    assert [(["name"], "blank")] == await faults(ann, ANNOUNCE, id=gid("Bookmark", row), name="/")
    assert [(["contentType"], "nul")] == await faults(ann, ANNOUNCE, id=gid("Bookmark", row), name="a", type="\0")
    assert [(["bookmarkId"], "id")] == await faults(ann, ANNOUNCE, id=gid("Tag", 1), name="a")
    ctx = await ann.ctx()
    object.__setattr__(ctx.ports, "limits", Limits(asset_upload=False))
    code, _, extensions = await refusal(ctx, ANNOUNCE, id=gid("Bookmark", row), name="a")
    assert ("FORBIDDEN", {"needs": "asset_upload"}) == (code, extensions)


async def test_files_larger_than_32_bits_count_have_a_size(ann):
    from models import Asset

    row = await make_bookmark(ann)
    asset = await assets.upload(await ann.ctx(), row.id, "a", "text/plain", chunks(b"x"))
    await Asset.filter(id=asset.id).update(size=3_000_000_000)
    answer = await ask(ann, "query Q($id: ID!) { node(id: $id) { ... on Asset { size } } }", id=gid("Asset", asset))

    assert {"size": 3_000_000_000} == answer["node"]


async def test_pages_of_assets_lead_through_all_of_them(ann):
    row = await make_bookmark(ann)
    for name in "abc":
        await assets.upload(await ann.ctx(), row.id, name, "text/plain", chunks(b"x"))
    query = """query Q($id: ID, $first: Int, $after: String, $last: Int, $before: String) { bookmark(id: $id) {
        assets(first: $first, after: $after, last: $last, before: $before) { totalCount nodes { displayName }
            pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }"""
    id = gid("Bookmark", row)
    first = (await ask(ann, query, id=id, first=2))["bookmark"]["assets"]
    rest = (await ask(ann, query, id=id, first=2, after=first["pageInfo"]["endCursor"]))["bookmark"]["assets"]
    last = (await ask(ann, query, id=id, last=2))["bookmark"]["assets"]
    before = (await ask(ann, query, id=id, last=2, before=last["pageInfo"]["startCursor"]))["bookmark"]["assets"]

    def names(page):
        return "".join(node["displayName"] for node in page["nodes"])

    assert ("ab", "c", "bc", "a") == (names(first), names(rest), names(last), names(before))
    assert (True, False) == (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"])
    assert (True, False) == (last["pageInfo"]["hasPreviousPage"], before["pageInfo"]["hasPreviousPage"])
    assert {3} == {page["totalCount"] for page in (first, rest, last, before)}


async def test_an_asset_is_deleted(ann):
    row = await make_bookmark(ann)
    asset = await assets.upload(await ann.ctx(), row.id, "a", "text/plain", chunks(b"x"))
    query = "mutation M($id: ID!) { deleteAsset(id: $id) { deletedId } }"

    assert {"deletedId": gid("Asset", asset)} == (await ask(ann, query, id=gid("Asset", asset)))["deleteAsset"]
    assert ("NOT_FOUND", ["deleteAsset"]) == (await refusal(ann, query, id=gid("Asset", asset)))[:2]


async def test_a_credential_that_may_only_write_sees_what_it_wrote(ann):
    """Also the bookmark that is in the way; not the edges, which are reads, nor a way to the bytes."""
    row = await make_bookmark(ann, url="https://a.example/", tag_names=["x"])
    writer = await narrow(ann, "bookmarks:write")
    created = await ask(writer, CREATE.replace(" bookmarkCount", ""), input={"url": "https://a.example"})
    query = "mutation M($ids: [ID!]!) { archiveBookmarks(ids: $ids) { bookmarks { assets { totalCount } } } }"
    code, path, _ = await refusal(await narrow(ann, "bookmarks:write"), query, ids=[gid("Bookmark", row)])

    assert "BookmarkExists" == created["createBookmark"]["__typename"]
    assert [{"name": "x"}] == created["createBookmark"]["bookmark"]["tags"]
    assert ("FORBIDDEN", ["archiveBookmarks", "bookmarks", 0, "assets"]) == (code, path)
    code, path, _ = await refusal(
        await narrow(ann, "bookmarks:write"), ANNOUNCE.replace("bookmark { title tagNames }", ""),
        id=gid("Bookmark", row), name="a",
    )  # fmt: skip
    assert ("FORBIDDEN", ["createAssetUpload", "asset", "downloadUrl"]) == (code, path)


ANY = 'id: "Qm9va21hcms6MQ=="'
ANY_IDS = 'ids: ["Qm9va21hcms6MQ=="]'
ANY_TAG = 'id: "VGFnOjE="'
ANY_FOLDER = 'id: "Rm9sZGVyOjE="'
NEEDS = {
    'createBookmark(input: {url: "https://a.example"}) { __typename }': "bookmarks:write",
    f"updateBookmark({ANY}, input: {{}}) {{ __typename }}": "bookmarks:write",
    **{f"{name}({ANY_IDS}) {{ notFound }}": "bookmarks:write" for name in STATES},
    f"tagBookmarks({ANY_IDS}) {{ notFound }}": "bookmarks:write",
    f"summarizeBookmark({ANY}) {{ bookmark {{ summary }} }}": "bookmarks:write",
    f"readPage({ANY}) {{ bookmark {{ title }} }}": "bookmarks:write",
    f"deleteBookmarks({ANY_IDS}) {{ notFound }}": "bookmarks:write",
    f"restoreBookmarks({ANY_IDS}) {{ __typename }}": "bookmarks:write",
    f"purgeBookmarks({ANY_IDS}) {{ notFound }}": "bookmarks:write",
    "emptyTrash { deletedCount }": "bookmarks:write",
    'createFolder(input: {name: "a"}) { folder { name } }': "groups:write",
    f"updateFolder({ANY_FOLDER}, input: {{}}) {{ folder {{ name }} }}": "groups:write",
    f'moveFolder({ANY_FOLDER}, parentId: "Rm9sZGVyOjE=") {{ __typename }}': "groups:write",
    f"deleteFolder({ANY_FOLDER}) {{ deletedId }}": "groups:write",
    f"restoreFolder({ANY_FOLDER}) {{ folder {{ name }} }}": "groups:write",
    f"reorderFolder({ANY_FOLDER}, children: []) {{ __typename }}": "groups:write",
    f"fileBookmarks(folderI{ANY_FOLDER[1:]}, {ANY_IDS}) {{ notFound }}": "groups:write",
    f"takeOutBookmarks(folderI{ANY_FOLDER[1:]}, {ANY_IDS}) {{ notFound }}": "groups:write",
    'createBundle(input: {name: "a"}) { bundle { name } }': "bookmarks:write",
    'updateBundle(id: "QnVuZGxlOjE=", input: {}) { bundle { name } }': "bookmarks:write",
    'deleteBundle(id: "QnVuZGxlOjE=") { deletedId }': "bookmarks:write",
    'createTag(input: {name: "a"}) { __typename }': "tags:write",
    f'renameTag({ANY_TAG}, name: "a") {{ __typename }}': "tags:write",
    f"recolorTag({ANY_TAG}) {{ __typename }}": "tags:write",
    'mergeTags(sources: [], target: "VGFnOjE=") { __typename }': "tags:write",
    f"deleteTag({ANY_TAG}) {{ deletedId }}": "tags:write",
    'createAssetUpload(bookmarkId: "Qm9va21hcms6MQ==", name: "a") { uploadUrl }': "bookmarks:write",
    'createSnapshot(bookmarkId: "Qm9va21hcms6MQ==") { asset { id } }': "bookmarks:write",
    'deleteAsset(id: "QXNzZXQ6MQ==") { deletedId }': "bookmarks:write",
    'createToken(input: {name: "a"}) { secret }': "account",
    'revokeToken(id: "VG9rZW46MQ==") { revokedId }': "account",
    "setPreferences(input: {}) { user { id } }": "account",
    'setAutoTaggingRules(rules: "") { user { id } }': "account",
    'changePassword(input: {oldPassword: "x", newPassword: "correct horse"}) { user { id } }': "account",
}


def name_of(field: str) -> str:
    return field.partition("(")[0].partition(" ")[0]


def test_every_mutation_is_in_the_list_of_needs():
    from schema.graph import schema

    mutation = schema._schema.mutation_type

    assert set(mutation.fields) == {name_of(field) for field in [*NEEDS, *test_webhooks.MUTATIONS]}


@pytest.mark.parametrize("field", NEEDS, ids=name_of)
async def test_a_mutation_needs_its_scope(ann, ports, field):
    """Nobody is unauthenticated; a token with every other scope is forbidden, at the field, by the scope's name."""
    from schema.context import SCOPES

    code, path, _ = await refusal(nobody(ports), f"mutation {{ {field} }}")
    assert ("UNAUTHENTICATED", [name_of(field)]) == (code, path)
    others = [scope for scope in SCOPES if scope != NEEDS[field]]
    code, path, extensions = await refusal(await narrow(ann, *others), f"mutation {{ {field} }}")
    assert ("FORBIDDEN", [name_of(field)], {"needs": NEEDS[field]}) == (code, path, extensions)


FOREIGN = {
    "Bookmark": [
        'updateBookmark(id: "ID", input: {title: "x"}) { __typename ... on BookmarkUpdated { bookmark { title } } }',
        'updateBookmark(id: "ID", input: {url: "https://foreign.example/"}) { __typename }',
        *(f'{name}(ids: ["ID"]) {{ notFound bookmarks {{ title }} }}' for name in STATES),
        'tagBookmarks(ids: ["ID"], add: ["x"], remove: ["foreign"]) { notFound bookmarks { title } }',
        'summarizeBookmark(id: "ID") { bookmark { title summary } }',
        'readPage(id: "ID") { bookmark { title } }',
        'deleteBookmarks(ids: ["ID"]) { deletedIds notFound }',
        'deleteBookmarks(ids: ["ID"], permanent: true) { deletedIds notFound }',
        'restoreBookmarks(ids: ["ID"]) { __typename ... on BookmarksRestored { notFound bookmarks { title } } }',
        'purgeBookmarks(ids: ["ID"]) { deletedIds notFound }',
        'createAssetUpload(bookmarkId: "ID", name: "x") { uploadUrl }',
        'createSnapshot(bookmarkId: "ID") { asset { id } }',
    ],
    "Tag": [
        'renameTag(id: "ID", name: "x") { __typename }',
        'recolorTag(id: "ID", color: "#fff") { __typename }',
        'mergeTags(sources: ["ID"], target: "OWN") { tag { name } }',
        'mergeTags(sources: ["OWN"], target: "ID") { tag { name } }',
        'deleteTag(id: "ID") { deletedId }',
    ],
    "Bundle": [
        'updateBundle(id: "ID", input: {name: "x"}) { bundle { name } }',
        'deleteBundle(id: "ID") { deletedId }',
    ],
    "Asset": ['deleteAsset(id: "ID") { deletedId }'],
    "Token": ['revokeToken(id: "ID") { revokedId }'],
}


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in FOREIGN.items() for field in fields],
    ids=lambda text: text.partition(")")[0],
)  # fmt: skip
async def test_a_foreign_row_answers_as_a_missing_one_and_stays(ann, ben, kind, field):
    """Ann asks for Ben's row and for one that nobody has: the same answer but for the id, and Ben's is untouched."""
    foreign = await make_bookmark(ben, url="https://foreign.example/", tag_names=["foreign"])
    trashed = await make_bookmark(ben)
    await trash.delete(await ben.ctx(), [trashed.id])
    asset = await assets.upload(await ben.ctx(), foreign.id, "a", "text/plain", chunks(b"x"))
    (tag,) = (await tags.find(await ben.ctx())).items
    bundle = await bundles.create(await ben.ctx(), BundleDraft("bens"))
    own, _ = await tags.create(await ann.ctx(), "own")
    bens = await ben.ctx()
    rows = {
        "Bookmark": trashed.id if "restore" in field or "purge" in field else foreign.id,
        "Tag": tag.id, "Bundle": bundle.id, "Asset": asset.id, "Token": bens.viewer.token_id,
    }  # fmt: skip
    everything = """{ bookmarks { nodes { title isArchived tags { name color } updatedAt assets { totalCount } } }
        trash { totalCount } bundles { nodes { name updatedAt } } tags { nodes { name color } }
        viewer { tokens { id } } }"""
    before = await ask(ben, everything)

    async def answer(number: int) -> str:
        id = gid(kind, number)
        result = await execute(ann, f"mutation {{ {field.replace('ID', id, 1).replace('OWN', gid('Tag', own))} }}")
        errors = [(error.message, error.path, error.extensions) for error in result.errors or ()]
        return repr((result.data, errors)).replace(id, "ID")

    told = await answer(rows[kind])
    assert await answer(900_000) == told
    assert "NOT_FOUND" in told or "notFound" in told
    assert before == await ask(ben, everything)


async def test_a_token_is_shown_once_and_does_what_its_scopes_say(ann):
    query = """mutation M($input: TokenDraft!) { createToken(input: $input) { secret
        token { id name prefix kind scopes createdAt expiresAt lastUsedAt } } }"""
    draft = {"name": "Phone", "scopes": ["TAGS_READ", "BOOKMARKS_READ"], "format": "BKMARK"}
    made = (await ask(ann, query, input=draft | {"expiresAt": "2026-02-01T00:00:00+01:00"}))["createToken"]
    listed = (await ask(ann, "{ viewer { tokens { name prefix scopes } } }"))["viewer"]["tokens"]
    token = made["token"]

    assert made["secret"].startswith("bk_")
    assert made["secret"].startswith(token["prefix"])
    assert ("Phone", "PERSONAL", None) == (token["name"], token["kind"], token["lastUsedAt"])
    assert ["BOOKMARKS_READ", "TAGS_READ"] == token["scopes"]
    assert "2026-01-31T23:00:00+00:00" == token["expiresAt"]
    assert {"name": "Phone", "prefix": token["prefix"], "scopes": token["scopes"]} in listed


async def test_a_token_cannot_make_a_stronger_one(ann):
    query = "mutation M($input: TokenDraft!) { createToken(input: $input) { token { scopes } } }"
    asker = await narrow(ann, "account", "tags:read")
    same = (await ask(asker, query, input={"name": "Same"}))["createToken"]
    code, path, extensions = await refusal(asker, query, input={"name": "More", "scopes": ["BOOKMARKS_READ"]})

    assert {"scopes": ["TAGS_READ", "ACCOUNT"]} == same["token"]
    assert ("FORBIDDEN", ["createToken"], {"needs": "bookmarks:read"}) == (code, path, extensions)
    assert [(["input", "name"], "blank")] == await faults(ann, query, input={"name": " "})
    past = {"name": "Past", "expiresAt": "2020-01-01T00:00:00Z"}
    assert [(["input", "expiresAt"], "past")] == await faults(ann, query, input=past)


async def test_a_revoked_token_is_gone(ann):
    asker = await narrow(ann, "tags:read")
    id = gid("Token", asker.viewer.token_id)
    query = "mutation M($id: ID!) { revokeToken(id: $id) { revokedId } }"

    assert {"revokedId": id} == (await ask(ann, query, id=id))["revokeToken"]
    assert {"node": None} == await ask(ann, "query Q($id: ID!) { node(id: $id) { id } }", id=id)


PREFERENCES = """theme bookmarkDateDisplay bookmarkLinkTarget webArchiveIntegration tagSearch enableSharing
  enablePublicSharing enableFavicons enablePreviewImages displayUrl permanentNotes automaticSnapshots
  searchPreferences { sort shared unread }"""
DEFAULTS = {
    "theme": "AUTO", "bookmarkDateDisplay": "RELATIVE", "bookmarkLinkTarget": "NEW_TAB",
    "webArchiveIntegration": "DISABLED", "tagSearch": "STRICT", "enableSharing": False, "enablePublicSharing": False,
    "enableFavicons": False, "enablePreviewImages": False, "displayUrl": False, "permanentNotes": False,
    "automaticSnapshots": False, "searchPreferences": {"sort": None, "shared": None, "unread": None},
}  # fmt: skip
SET_PREFERENCES = f"""mutation M($input: PreferencesPatch!) {{ setPreferences(input: $input) {{
  user {{ preferences {{ {PREFERENCES} }} }} }} }}"""


async def test_preferences_have_defaults_and_change_one_by_one(ann):
    shown = (await ask(ann, f"{{ viewer {{ preferences {{ {PREFERENCES} }} }} }}"))["viewer"]["preferences"]
    patch = {"theme": "DARK", "bookmarkLinkTarget": "SAME_TAB", "enableSharing": True, "automaticSnapshots": True,
             "searchPreferences": {"sort": "TITLE_ASC", "unread": "YES"}}  # fmt: skip
    changed = (await ask(ann, SET_PREFERENCES, input=patch))["setPreferences"]["user"]["preferences"]
    again = (await ask(ann, SET_PREFERENCES, input={"displayUrl": True}))["setPreferences"]["user"]["preferences"]

    assert DEFAULTS == shown
    search = {"sort": "TITLE_ASC", "shared": None, "unread": "YES"}
    assert DEFAULTS | patch | {"searchPreferences": search} == changed
    assert changed | {"displayUrl": True} == again


async def test_null_is_no_preference(ann):
    assert "BAD_USER_INPUT" == (await refusal(ann, SET_PREFERENCES, input={"theme": None}))[0]
    assert "BAD_USER_INPUT" == (await refusal(ann, SET_PREFERENCES, input={"theme": "PINK"}))[0]


async def test_auto_tagging_rules_are_replaced(ann):
    query = "mutation M($rules: String!) { setAutoTaggingRules(rules: $rules) { user { autoTaggingRules } } }"
    changed = await ask(ann, query, rules="a.example letters")

    assert {"user": {"autoTaggingRules": "a.example letters"}} == changed["setAutoTaggingRules"]
    assert [(["rules"], "nul")] == await faults(ann, query, rules="\0")
    assert [(["rules"], "too_long")] == await faults(ann, query, rules="x" * 100_001)


async def test_a_password_is_changed_by_who_knows_it(ann):
    query = "mutation M($input: PasswordChange!) { changePassword(input: $input) { user { username } } }"
    wrong = {"oldPassword": "wrong", "newPassword": "battery staple"}
    right = {"oldPassword": PASSWORD, "newPassword": "battery staple"}

    assert [(["input", "oldPassword"], "wrong")] == await faults(ann, query, input=wrong)
    assert {"user": {"username": "ann"}} == (await ask(ann, query, input=right))["changePassword"]
    assert [(["input", "oldPassword"], "wrong")] == await faults(ann, query, input=right)
    assert [(["input", "newPassword"], "too_short")] == await faults(ann, query, input=right | {"newPassword": "x"})


async def test_the_viewer_is_who_asks(ann):
    answer = await ask(await narrow(ann, "tags:read", "account"), "{ viewer { id username isAdmin scopes createdAt } }")

    assert (gid("User", ann.user), "ann", True) == tuple(answer["viewer"][key] for key in ("id", "username", "isAdmin"))
    assert ["TAGS_READ", "ACCOUNT"] == answer["viewer"]["scopes"]


@pytest.mark.parametrize("field", ["preferences { theme }", "autoTaggingRules", "tokens { id }"])
async def test_the_account_itself_needs_its_scope_and_leaves_the_rest(ann, field):
    answer = await execute(await narrow(ann, "bookmarks:read"), f"{{ viewer {{ username {field} }} }}")

    name = field.partition(" ")[0]
    assert {"viewer": {"username": "ann", name: None}} == answer.data
    (error,) = answer.errors
    assert (["viewer", name], "FORBIDDEN") == (error.path, error.extensions["code"])


async def test_a_null_from_a_variable_is_refused_in_the_callers_terms(ann):
    """Strawberry's own sentence shows its Python objects."""
    row = await make_bookmark(ann)
    query = (
        "mutation M($id: ID!, $tags: [String!]) { updateBookmark(id: $id, input: {tagNames: $tags}) { __typename } }"
    )
    result = await schema.execute(
        query, {"id": global_id("Bookmark", row.id), "tags": None}, context_value=await ann.ctx()
    )

    literal = await schema.execute(
        "mutation { setPreferences(input: {theme: null}) { __typename } }", context_value=await ann.ctx()
    )

    assert ["BAD_USER_INPUT"] == [error.extensions["code"] for error in result.errors]
    assert ["GRAPHQL_VALIDATION_FAILED"] == [error.extensions["code"] for error in literal.errors]
    for error in (*result.errors, *literal.errors):
        assert "Strawberry" not in error.message
        assert "Null" in error.message
