"""``folder`` (NC section 8): S02 to S05."""

from __future__ import annotations

import json
import random

import pytest

from models import Bookmark, Folder
from schema.resolvers import hashes
from tests.factories import make_bookmark
from tests.rest_compat.nextcloud.conftest import SUCCESS, error, state

FOLDER = {"parent_folder": -1, "userId": "ann", "userDisplayName": "ann"}


class TestOne:
    """S02."""

    async def test_s02_a_folder_is_made_read_and_changed(self, both):
        outer = await both.item("POST", "folder", json={"title": "outer"})
        inner = await both.item("POST", f"folder?title=inner&parent_folder={outer['id']}")

        assert FOLDER | {"id": outer["id"], "title": "outer"} == outer
        assert inner["parent_folder"] == outer["id"]
        assert inner == await both.item("GET", f"folder/{inner['id']}")

        moved = await both.item("PUT", f"folder/{inner['id']}", json={"parent_folder": "-1"})
        renamed = await both.item("PUT", f"folder/{inner['id']}", data={"title": "new"})

        assert (-1, "inner") == (moved["parent_folder"], moved["title"])
        assert moved | {"title": "new"} == renamed == await both.item("PUT", f"folder/{inner['id']}")

    async def test_defaults_and_equal_titles(self, both):
        first, second = (
            await both.item("POST", "folder"),
            await both.item("POST", "folder", data={"parent_folder": "-1"}),
        )

        assert [("", -1), ("", -1)] == [(one["title"], one["parent_folder"]) for one in (first, second)]
        assert first["id"] != second["id"]

    async def test_the_root(self, both):
        """It reads as its own parent, and nothing can be done to it."""
        assert FOLDER | {"id": -1, "title": ""} == await both.item("GET", "folder/-1")
        assert error(400, "Unsupported operation") == (await both.put("folder/-1", json={"title": "x"})).seen
        assert error(400, "Unsupported operation") == (await both.delete("folder/-1")).seen
        assert error(400, "Unsupported operation") == (await both.delete("folder/-1?hardDelete=true")).seen

    async def test_s02_unknown_and_foreign_ones(self, both, ann, ben, cloud_ben):
        """S02, NC-8.4: one code an address, and nothing is changed."""
        theirs, own = await cloud_ben.make_folder(), await both.make_folder()
        item = await both.save()
        before = await state(ann, ben)
        for id in (theirs, 999, 0):
            parent = {"parent_folder": id}
            assert error(400, "Could not find folder") == (await both.get(f"folder/{id}")).seen
            assert error(404, "Not found") == (await both.put(f"folder/{id}", json={"title": "x"})).seen
            assert error(400, "Could not find parent folder") == (await both.post("folder", json=parent)).seen
            assert error(404, "Not found") == (await both.put(f"folder/{own}", json=parent)).seen
            assert SUCCESS == (await both.delete(f"folder/{id}")).seen
            assert error(404, "Not found") == (await both.get(f"folder?root={id}")).seen
            for path in ("children", "childorder", "count", "hash"):
                assert error(404, "Not found") == (await both.get(f"folder/{id}/{path}")).seen
            assert error(404, "Not found") == (await both.patch(f"folder/{id}/childorder", json={"data": []})).seen
            assert error(404, "Not found") == (await both.post(f"folder/{id}/bookmarks/{item['id']}")).seen
            assert error(400, "Not found") == (await both.delete(f"folder/{id}/bookmarks/{item['id']}")).seen
            assert error(404, "Not found") == (await both.post(f"folder/{id}/undelete")).seen
            assert error(404, "Not found") == (await both.post(f"folder/{id}/bookmarks/{item['id']}/undelete")).seen
        assert before == await state(ann, ben)

    @pytest.mark.parametrize("id", ["abc", "1.5", "-2", "%00", "9" * 30])
    async def test_what_is_nobodys_id(self, both, id):
        assert (await both.get(f"folder/{id}")).status in {400, 404}
        assert error(404, "Not found") == (await both.get(f"folder/{id}/children")).seen

    async def test_s02_no_folder_into_itself(self, both, ann):
        """S02: nor below itself."""
        outer = await both.make_folder()
        inner = await both.make_folder(parent=outer)
        before = await state(ann)
        for parent in (outer, inner):
            answer = await both.put(f"folder/{outer}", json={"title": "x", "parent_folder": parent})
            assert error(400, "Unsupported operation") == answer.seen
        assert before == await state(ann)

    async def test_a_folder_that_moves_goes_to_the_end_and_one_that_stays_keeps_its_place(self, both):
        """NC-8.3."""
        one, two = await both.make_folder("1"), await both.make_folder("2")
        inner = await both.make_folder("inner", one)
        await both.item("PUT", f"folder/{one}", json={"parent_folder": -1, "title": "1"})
        await both.item("PUT", f"folder/{inner}", json={"parent_folder": -1})

        assert [one, two, inner] == [entry["id"] for entry in await both.data("folder/-1/childorder")]

    async def test_s02_a_folder_is_deleted_with_what_is_only_in_it(self, both):
        """S02: bookmarks that are elsewhere too stay there."""
        outer = await both.make_folder()
        inner = await both.make_folder(parent=outer)
        kept = await both.save("https://kept.example/", folders=[inner, -1])
        gone = await both.save("https://gone.example/", folders=[inner])

        assert SUCCESS == (await both.delete(f"folder/{outer}")).seen
        assert [kept | {"folders": [-1]}] == await both.data("bookmark")
        assert [{"type": "bookmark", "id": kept["id"]}] == await both.data("folder/-1/childorder?layers=-1")
        assert error(400, "Could not find folder") == (await both.get(f"folder/{inner}")).seen
        assert [] == (await both.item("GET", f"bookmark/{gone['id']}"))["folders"]
        assert SUCCESS == (await both.delete(f"folder/{outer}")).seen

    async def test_hard_delete_is_for_good(self, both):
        folder = await both.make_folder()
        gone = await both.save(folders=[folder])

        assert SUCCESS == (await both.delete(f"folder/{folder}?hardDelete=true")).seen
        assert ([], []) == (await both.data("folder/deleted"), await both.data("bookmark/deleted"))
        assert 404 == (await both.get(f"bookmark/{gone['id']}")).status

    async def test_count(self, both):
        """Each bookmark of the subtree once."""
        outer = await both.make_folder()
        inner = await both.make_folder(parent=outer)
        await both.save("https://a.example/", folders=[outer, inner])
        await both.save("https://b.example/")

        assert [1, 1, 2] == [await both.item("GET", f"folder/{id}/count") for id in (inner, outer, -1)]


@pytest.fixture
async def tree(both):
    """A and E at the top, with bookmarks between; B in A, C in B; E is empty."""
    a = await both.make_folder("A")
    first = await both.save("https://first.example/", title="first")
    b = await both.make_folder("B", a)
    await both.save("https://second.example/", title="second", folders=[a])
    c = await both.make_folder("C", b)
    await both.save("https://third.example/", title="third", folders=[c])
    e = await both.make_folder("E")
    return {"A": a, "B": b, "C": c, "E": e, "first": first}


def outline(items):
    """Titles of a hierarchy, with the children where the key is there."""
    return [(one["title"], outline(one["children"])) if "children" in one else one["title"] for one in items]


class TestHierarchy:
    """S03: ``children`` is there exactly on the levels that were asked for."""

    @pytest.mark.parametrize(
        ("layers", "expected"),
        [
            ("layers=0", ["A", "E"]),
            ("layers=1", [("A", ["B"]), ("E", [])]),
            ("layers=2", [("A", [("B", ["C"])]), ("E", [])]),
            ("layers=3", [("A", [("B", [("C", [])])]), ("E", [])]),
            ("layers=-1", [("A", [("B", [("C", [])])]), ("E", [])]),
            ("", [("A", [("B", [("C", [])])]), ("E", [])]),
            ("layers=abc", ["A", "E"]),
            (f"layers={10**30}", [("A", [("B", [("C", [])])]), ("E", [])]),
        ],
    )
    async def test_s03_folders(self, both, tree, layers, expected):
        assert expected == outline(await both.data(f"folder?{layers}"))

    async def test_s03_folders_below_another(self, both, tree):
        assert ["B"] == outline(await both.data(f"folder?layers=0&root={tree['A']}"))
        assert [("C", [])] == outline(await both.data(f"folder?root={tree['B']}"))
        assert [] == await both.data(f"folder?root={tree['E']}")

    @pytest.mark.parametrize(
        ("layers", "expected"),
        [
            ("", ["A", "first", "E"]),
            ("layers=0", ["A", "first", "E"]),
            ("layers=1", [("A", ["B", "second"]), "first", ("E", [])]),
            ("layers=-1", [("A", [("B", [("C", ["third"])]), "second"]), "first", ("E", [])]),
        ],
    )
    async def test_s03_children(self, both, tree, layers, expected):
        assert expected == outline(await both.data(f"folder/-1/children?{layers}"))

    async def test_s03_order(self, both, tree):
        def entry(kind, id, **more):
            return {"type": kind, "id": id} | more

        first = entry("bookmark", tree["first"]["id"])
        assert [entry("folder", tree["A"]), first, entry("folder", tree["E"])] == await both.data(
            "folder/-1/childorder"
        )

        (a, _, e) = await both.data("folder/-1/childorder?layers=1")
        assert (entry("folder", tree["E"], children=[]), 2) == (e, len(a["children"]))
        assert entry("folder", tree["B"]) == a["children"][0]

    async def test_s03_what_a_child_tells(self, both, tree):
        """NC-8.2: the fields of a bookmark and of a folder, and which of them it is."""
        a, first, _ = await both.data("folder/-1/children")

        assert FOLDER | {"type": "folder", "id": tree["A"], "title": "A"} == a
        assert {"type": "bookmark"} | tree["first"] == first

    @pytest.mark.parametrize("path", ["folder", "folder/-1/children", "folder/-1/childorder", "folder/-1/hash"])
    async def test_nobody_on_the_way_remembers_it(self, both, path):
        """NC-1.7."""
        answer = await both.get(path)

        assert "no-cache, must-revalidate" == answer.headers["Cache-Control"]
        assert answer.headers["Expires"].endswith("1970 00:00:00 GMT")

    async def test_s04_one_bookmark_in_two_folders(self, both, tree):
        """S04: one id, one entry in lists, two in the tree; taken out of one, then of the last."""
        id = tree["first"]["id"]
        path = f"folder/{tree['E']}/bookmarks/{id}"

        assert [SUCCESS, SUCCESS] == [(await both.post(path)).seen for _ in range(2)]
        assert sorted([tree["E"], -1]) == (await both.item("GET", f"bookmark/{id}"))["folders"]
        assert 1 == [item["id"] for item in await both.data("bookmark")].count(id)
        assert [("A", ["B", "second"]), "first", ("E", ["first"])] == outline(
            await both.data("folder/-1/children?layers=1")
        )

        assert SUCCESS == (await both.delete(f"folder/-1/bookmarks/{id}")).seen
        assert [tree["E"]] == (await both.item("GET", f"bookmark/{id}"))["folders"]
        assert SUCCESS == (await both.delete(f"folder/-1/bookmarks/{id}")).seen
        assert [tree["E"]] == (await both.item("GET", f"bookmark/{id}"))["folders"]

        assert SUCCESS == (await both.delete(path)).seen
        assert [] == (await both.item("GET", f"bookmark/{id}"))["folders"]
        assert id not in [item["id"] for item in await both.data("bookmark")]
        assert SUCCESS == (await both.delete("folder/-1/bookmarks/999")).seen
        assert error(404, "Not found") == (await both.post("folder/-1/bookmarks/999")).seen

    async def test_s04_taken_out_for_good(self, both):
        item = await both.save()
        await both.delete(f"folder/-1/bookmarks/{item['id']}?hardDelete=1")

        assert error(404, "Not found") == (await both.get(f"bookmark/{item['id']}")).seen

    async def test_the_bookmark_of_another_is_not_there(self, both, ann, ben, cloud_ben):
        theirs = await cloud_ben.save()
        before = await state(ann, ben)

        assert error(404, "Not found") == (await both.post(f"folder/-1/bookmarks/{theirs['id']}")).seen
        assert SUCCESS == (await both.delete(f"folder/-1/bookmarks/{theirs['id']}")).seen
        assert before == await state(ann, ben)


class TestOrder:
    """S05, NC-8.3."""

    @pytest.fixture
    async def entries(self, both):
        for number in range(4):
            await both.make_folder(str(number))
            await both.save(f"https://{number}.example/", title=str(number))
        return await both.data("folder/-1/childorder")

    async def test_s05_any_order_round_trips(self, both, entries):
        """S05: ids as texts, as floccus sends them."""
        chance = random.Random(1)  # noqa: S311 - the same orders on every run are the point
        for _ in range(5):
            chance.shuffle(entries)
            data = [entry | {"id": str(entry["id"])} for entry in entries]

            assert SUCCESS == (await both.patch("folder/-1/childorder", json={"data": data})).seen
            assert entries == await both.data("folder/-1/childorder")
            assert [int(one["id"]) for one in entries] == [
                int(one["id"]) for one in await both.data("folder/-1/children")
            ]

    async def test_s05_as_a_form(self, both, entries):
        entries.reverse()
        pairs = {f"data[{at}][{name}]": str(entry[name]) for at, entry in enumerate(entries) for name in ("type", "id")}

        assert SUCCESS == (await both.patch("folder/-1/childorder", data=pairs)).seen
        assert entries == await both.data("folder/-1/childorder")

    async def test_s05_what_is_no_order_changes_nothing(self, both, ann, entries):
        """S05: missing, surplus and malformed entries."""
        before = await state(ann)
        start = "invalid children order: "
        bookmark = next(entry for entry in entries if entry["type"] == "bookmark")
        without = [entry for entry in entries if entry != bookmark]
        cases = [
            (without, f"{start}A child is missing: bookmark:{bookmark['id']}"),
            ([*without, bookmark | {"id": 999}], f"{start}A child is missing: bookmark:{bookmark['id']}"),
            ([*entries, {"type": "bookmark", "id": 999}], f"{start}Too many children"),
            ([*entries, entries[0]], f"{start}Too many children"),
            ([*entries, {"type": "bookmark"}], f"{start}A child item is missing properties"),
            ([*entries, {"id": 5}], f"{start}A child item is missing properties"),
            ([*entries, {"id": 5, "type": "thing"}], f"{start}A child item is missing properties"),
            ([*entries, {"id": 5, "type": ["folder"]}], f"{start}A child item is missing properties"),
            ([*entries, "x", None], f"{start}A child item is missing properties"),
        ]
        for data, sentence in cases:
            assert error(400, sentence) == (await both.patch("folder/-1/childorder", json={"data": data})).seen
        for body in ({}, {"data": []}, {"data": None}, {"data": "x"}, {"data": {"a": {}}}):
            assert 400 == (await both.patch("folder/-1/childorder", json=body)).status
        assert before == await state(ann)

    async def test_an_empty_folder_has_an_empty_order(self, both):
        folder = await both.make_folder()

        assert SUCCESS == (await both.patch(f"folder/{folder}/childorder", json={"data": []})).seen

    async def test_what_is_not_shown_is_not_named(self, both, ann):
        """Notes hold their place at other doors."""
        note = await make_bookmark(ann)
        await Bookmark.filter(id=note.id).update(kind="note")
        item = await both.save()
        data = [{"type": "bookmark", "id": item["id"]}]

        assert data == await both.data("folder/-1/childorder")
        assert SUCCESS == (await both.patch("folder/-1/childorder", json={"data": data})).seen
        assert 1 == await both.item("GET", "folder/-1/count")

    async def test_new_things_go_to_the_end(self, both, entries):
        folder, item = await both.make_folder(), await both.save()
        last = (await both.data("folder/-1/childorder"))[-2:]

        assert [{"type": "folder", "id": folder}, {"type": "bookmark", "id": item["id"]}] == last


class TestHash:
    """What the address does with a hash; the hashes themselves are tested where they are made."""

    async def test_a_hash_of_each_function(self, both, ann):
        await both.save(title="Example")
        root = (await ann.ctx()).user.root_folder_id
        for query, function in (
            ("", "sha256"),
            ("?hashFn=sha256", "sha256"),
            ("?hashFn=xxh32", "xxh32"),
            ("?hashFn=", "sha256"),
        ):
            assert await hashes.of(await ann.ctx(), root, function) == await both.data(f"folder/-1/hash{query}")

    async def test_fields_in_their_order(self, both, ann):
        await both.save(title="Example", tags=["a"])
        root = (await ann.ctx()).user.root_folder_id
        expected = await hashes.of(await ann.ctx(), root, "sha256", ("url", "title", "tags"))

        assert expected == await both.data("folder/-1/hash?fields[]=url&fields[]=title&fields[]=tags")
        assert expected != await both.data("folder/-1/hash?fields[]=")

    async def test_a_field_that_is_named_often_is_there_once(self, both):
        """However often: no database has as many columns as a client can name."""
        await both.save(title="Example")
        default = await both.data("folder/-1/hash")
        answer = await both.call(
            "GET",
            "folder/-1/hash",
            data=json.dumps({"fields": ["title", "url"] * 2_000}),
            headers={"Content-Type": "application/json"},
        )

        assert (200, default) == (answer.status, answer.body["data"])

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [("hashFn=md5", "Unsupported hash function"), ("fields[]=nothing", "Unsupported operation")],
    )
    async def test_unknown_ones(self, both, query, sentence):
        assert error(400, sentence) == (await both.get(f"folder/-1/hash?{query}")).seen


async def test_a_tree_as_deep_as_anybody_may_make_one(cloud, ann):
    """A thousand folders below each other: listed, read and deleted without recursion."""
    root = (await ann.ctx()).user.root_folder_id
    ids = [root]
    for number in range(3):  # the rest by the database, for speed
        ids.append(await cloud.make_folder(str(number), ids[-1] if number else -1))
    made = await Folder.get(id=ids[-1])
    for number in range(1000):
        row = await Folder.create(
            uid=ann.ports.clock.uuid(), owner_id=ann.user.id, parent_id=ids[-1], name=str(number), position=0,
            created_at=made.created_at, updated_at=made.updated_at,
        )  # fmt: skip
        ids.append(row.id)
    await cloud.save(folders=[ids[-1]])
    for path in ("folder", "folder/-1/children?layers=-1", "folder/-1/childorder?layers=-1"):
        answer = await cloud.client.http.get(
            f"/apps/bookmarks/public/rest/v2/{path}", headers={"Authorization": cloud.credential}
        )
        text = await answer.text()
        assert (200, 1003) == (answer.status, text.count('"children":['))
    assert 1 == await cloud.item("GET", f"folder/{ids[1]}/count")
    assert 64 == len(await cloud.data("folder/-1/hash"))
    assert SUCCESS == (await cloud.delete(f"folder/{ids[1]}")).seen
    assert [] == await cloud.data("folder")
