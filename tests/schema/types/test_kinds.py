"""Notes, code and images in the graph."""

from __future__ import annotations

from tests.factories import make_bookmark
from tests.schema.types.asking import ask, faults, gid

SHOWN = "kind source url href title description readAt toRead"
CREATE = f"""mutation M($input: BookmarkDraft!, $if: IfBookmarked! = KEEP) {{
  createBookmark(input: $input, ifBookmarked: $if, fetchPage: false) {{ __typename
    ... on BookmarkCreated {{ bookmark {{ {SHOWN} }} }} ... on BookmarkExists {{ bookmark {{ {SHOWN} }} }} }} }}"""
UPDATE = f"""mutation M($id: ID!, $input: BookmarkPatch!) {{ updateBookmark(id: $id, input: $input) {{
    ... on BookmarkUpdated {{ bookmark {{ {SHOWN} }} }} ... on BookmarkExists {{ bookmark {{ {SHOWN} }} }} }} }}"""
LIST = "query Q($filter: BookmarkFilter) { bookmarks(filter: $filter) { nodes { title } } }"


async def created(ann, outcome="BookmarkCreated", policy="KEEP", **draft):
    answer = (await ask(ann, CREATE, input=draft, **{"if": policy}))["createBookmark"]

    assert outcome == answer["__typename"]
    return answer["bookmark"]


async def titles(ann, **filter):
    return [node["title"] for node in (await ask(ann, LIST, filter=filter))["bookmarks"]["nodes"]]


async def test_a_note_is_saved_without_an_address(ann):
    """An address that it names is only what it is about, and may be named again."""
    note = await created(ann, kind="NOTE", title="N", description="Text", source="SLACK", readAt="2030-01-01T00:00:00Z")
    await created(ann, kind="CODE", title="C", url="https://a.example/")
    await created(ann, kind="CODE", title="C2", url="https://a.example/")
    await created(ann, kind="IMAGE", title="I", url="https://a.example/")
    await created(ann, "BookmarkExists", url="https://a.example/")

    assert {
        "kind": "NOTE", "source": "slack", "url": None, "href": None, "title": "N", "description": "Text",
        "readAt": "2030-01-01T00:00:00+00:00", "toRead": False,
    } == note  # fmt: skip
    assert ["N"] == await titles(ann, kind="NOTE") == await titles(ann, source="SLACK")
    assert ["C2", "C"] == await titles(ann, kind="CODE")
    assert [] == await titles(ann, kind="LINK")


async def test_what_needs_an_address_or_a_text_says_so(ann):
    for draft, rule in (
        ({"title": "x"}, "required"), ({"kind": "IMAGE"}, "required"), ({"url": " "}, "blank"),
        ({"kind": "NOTE", "description": "x", "url": "javascript:x"}, "url"), ({"kind": "BOOKMARKLET"}, "required"),
    ):  # fmt: skip
        assert [(["input", "url"], rule)] == await faults(ann, CREATE, input=draft)
    assert [(["input", "description"], "required")] == await faults(ann, CREATE, input={"kind": "CODE"})


async def test_the_address_tells_links_from_bookmarklets(ann):
    assert "BOOKMARKLET" == (await created(ann, kind="LINK", url="javascript:1"))["kind"]
    assert "LINK" == (await created(ann, kind="BOOKMARKLET", url="https://a.example/"))["kind"]


async def test_a_copy_is_made_beside_the_first(ann):
    for number in range(3):
        assert (
            "https://a.example/"
            == (await created(ann, policy="COPY", url="https://a.example/", title=f"{number}"))["url"]
        )
    assert ["2", "1", "0"] == await titles(ann)


async def test_kind_and_address_are_changed(ann):
    """An image stays one at another address; a link may become a note, and a note give up its address."""
    row = await make_bookmark(ann, url="https://a.example/")
    steps = [
        ({"kind": "IMAGE"}, ("IMAGE", "https://a.example/")),
        ({"url": "https://b.example/"}, ("IMAGE", "https://b.example/")),
        ({"kind": "NOTE", "readAt": None}, ("NOTE", "https://b.example/")),
        ({"url": None}, ("NOTE", None)),
        ({"url": "https://c.example/", "readAt": "2030-01-01T00:00:00Z"}, ("NOTE", "https://c.example/")),
        ({"kind": "LINK"}, ("LINK", "https://c.example/")),
        ({"url": "javascript:1"}, ("BOOKMARKLET", "javascript:1")),
        ({"url": "https://a.example/"}, ("LINK", "https://a.example/")),
    ]
    for patch, expected in steps:
        shown = (await ask(ann, UPDATE, id=gid("Bookmark", row), input=patch))["updateBookmark"]["bookmark"]

        assert expected == (shown["kind"], shown["url"])
        assert shown["toRead"] == (shown["readAt"] is None)
    assert [(["input", "url"], "required")] == await faults(ann, UPDATE, id=gid("Bookmark", row), input={"url": None})
