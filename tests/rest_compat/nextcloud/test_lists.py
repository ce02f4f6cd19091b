"""``GET bookmark`` (NC-6.1)."""

from __future__ import annotations

import pytest

from models import Bookmark
from schema.resolvers import bookmarks
from tests.factories import make_bookmark
from tests.rest_compat.nextcloud.conftest import error


async def titles(cloud, query=""):
    return [item["title"] for item in await cloud.data(f"bookmark?{query}")]


class TestPages:
    @pytest.fixture(autouse=True)
    async def dozen(self, ann):
        for number in range(12):
            await make_bookmark(ann, title=f"{number:02}")

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("", 10), ("page=0", 10), ("page=1", 2), ("page=2", 0), ("page=-1", 12), ("page=-2", 12), ("page=abc", 10),
            ("page=", 10), ("limit=5", 5), ("limit=5&page=2", 2), ("limit=0", 0), ("limit=-1", 12), ("limit=300", 12),
            ("limit=-1&page=3", 12), ("page=99999999999999999999", 0), ("limit=99999999999999999999&page=1", 0),
            ("page=1&limit=99999999999999999999", 0), ("limit=99999999999999999999", 12),
        ],
    )  # fmt: skip
    async def test_m07_the_page(self, both, query, count):
        """M07, D9, section 17: ``page=-2``."""
        assert count == len(await both.data(f"bookmark?{query}"))

    async def test_m07_pages_follow_each_other(self, both):
        """M07: the newest first."""
        newest = [f"{number:02}" for number in reversed(range(12))]

        assert newest == await titles(both, "page=0") + await titles(both, "page=1")
        assert newest == await titles(both, "page=-1")


async def test_s15_pages_of_three_hundred(cloud, ann, ports):
    """S15: not capped, also over what is sent at once."""
    for number in range(3):
        await make_bookmark(ann, title=f"{number}")
    first = await Bookmark.get(title="0")
    rows = []
    for number in range(1100):
        row = {name: getattr(first, name) for name in first._meta.fields_db_projection if name != "id"}
        rows.append(Bookmark(**row | {"uid": ports.clock.uuid(), "copy": number + 1}))
    await Bookmark.bulk_create(rows, batch_size=200)
    sizes = [len(await cloud.data(f"bookmark?limit=300&page={page}")) for page in range(5)]
    everything = await cloud.data("bookmark?page=-1")

    assert [300, 300, 300, 203, 0] == sizes
    assert 1103 == len(everything) == len({item["id"] for item in everything})
    assert 1001 == len(await cloud.data("bookmark?limit=1001"))


TAGGED = {"ab": ["a", "b"], "a": ["a"], "b": ["b"], "B": ["B2"], "none": [], "abc": ["abc"]}


class TestTags:
    @pytest.fixture(autouse=True)
    async def tagged(self, ann):
        for title, tags in TAGGED.items():
            await make_bookmark(ann, title=title, tag_names=tags)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("tags[]=a&tags[]=b", {"ab", "a", "b"}),
            ("tags[]=a&tags[]=b&conjunction=or", {"ab", "a", "b"}),
            ("tags[]=a&tags[]=b&conjunction=and", {"ab"}),
            ("tags[]=a&tags[]=b&conjunction=foo", {"ab", "a", "b"}),
            ("item[tags][]=abc", {"abc"}),
            ("tags[]=A", set()),
            ("tags[]=b2", set()),
            ("tags=a", {"ab", "a"}),
            ("tags[]=a&tags[]=%20", {"ab", "a"}),
            ("tags[]=a&tags[]=%20&conjunction=and", {"ab", "a"}),
            ("tags[]=", set(TAGGED)),
            ("tags[]=%20&search[]=%20", set(TAGGED)),
            ("untagged=true", {"none"}),
            ("untagged=0&untagged=", set(TAGGED)),
            ("tags[]=zzz", set()),
        ],
    )
    async def test_m08_tags(self, both, query, found):
        """M08, D6, D7, C09, section 17: exact, with regard to case, and blank entries filter nothing."""
        assert found == set(await titles(both, f"page=-1&{query}"))

    async def test_tags_and_words_must_both_hold(self, both):
        """The conjunction is of each for itself."""
        assert {"ab"} == set(await titles(both, "page=-1&tags[]=a&search[]=ab&conjunction=or"))


class TestSearch:
    @pytest.fixture(autouse=True)
    async def rows(self, ann):
        await make_bookmark(ann, title="Title ÜBER", url="https://one.example/", description="x", notes="secret")
        await make_bookmark(ann, title="two", url="https://two.example/path_b", description="100% sure")
        await make_bookmark(ann, title="three", url="https://three.example/pathxb", tag_names=["Tagged"])

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("search[]=%C3%BCber", {"Title ÜBER"}),
            ("search[]=TWO.EXAMPLE", {"two"}),
            ("search[]=sure", {"two"}),
            ("search[]=%25", {"two"}),
            ("search[]=path_b", {"two"}),
            ("search[]=aGGe", {"three"}),
            ("search[]=two&search[]=three", {"two", "three"}),
            ("search[]=two&search[]=sure&conjunction=and", {"two"}),
            ("search[]=two&search[]=three&conjunction=and", set()),
            ("search=two", {"two"}),
            ("search[]=secret", set()),
            ("search[]=two&search[]=+", {"two"}),
        ],
    )
    async def test_m09_words(self, both, query, found):
        """M09: in the address, the texts and the tags, without regard to case; ``%`` and ``_`` are themselves."""
        assert found == set(await titles(both, f"page=-1&{query}"))

    @pytest.mark.parametrize("name", ["tags", "search"])
    async def test_too_much_at_once_is_refused(self, both, name):
        many = [f"w{number}" for number in range(101)]

        assert 400 == (await both.get("bookmark", json={name: many})).status
        assert 200 == (await both.get("bookmark", json={name: many[:100], "page": -1})).status
        assert 200 == (await both.get("bookmark", json={name: many[:100] * 2, "conjunction": "and"})).status


class TestOrder:
    """M10, S19, D8: every order in its direction, and another is that of the last change."""

    @pytest.fixture(autouse=True)
    async def rows(self, ann, ports):
        given = {
            "b": {"url": "https://c.example/", "description": "y", "is_public": True},
            "A": {"url": "https://a.example/", "description": "z"},
            "c": {"url": "https://b.example/", "description": "x"},
        }
        for title, draft in given.items():
            await make_bookmark(ann, title=title, **draft)
            ports.clock.forward(seconds=5)
        await Bookmark.filter(title="A").update(click_count=7, updated_at=ports.clock.now())

    @pytest.mark.parametrize(
        ("sortby", "order"),
        [
            ("url", "Acb"), ("title", "Abc"), ("description", "Abc"), ("public", "bcA"), ("clickcount", "Acb"),
            ("lastmodified", "Acb"), ("added", "cAb"), ("id", "cAb"), ("tags", "Acb"), ("", "Acb"), ("index", "Acb"),
            ("URL;+DROP", "Acb"),
        ],
    )  # fmt: skip
    async def test_each(self, both, sortby, order):
        assert order == "".join(await titles(both, f"sortby={sortby}"))

    async def test_that_of_a_folder(self, both):
        """``index`` with ``folder``: the order by hand."""
        ids = {title: (await Bookmark.get(title=title)).id for title in "bAc"}
        data = [{"type": "bookmark", "id": ids[title]} for title in "cbA"]

        assert 200 == (await both.patch("folder/-1/childorder", json={"data": data})).status
        assert "cbA" == "".join(await titles(both, "sortby=index&folder=-1"))

    @pytest.mark.parametrize("sortby", ["public", "clickcount", "lastmodified", "title", "url"])
    async def test_ties_are_stable_over_pages(self, both, ann, sortby):
        for _ in range(5):
            await make_bookmark(ann, title="same")
        await Bookmark.all().update(click_count=0, is_public=False)
        whole = [item["id"] for item in await both.data(f"bookmark?page=-1&sortby={sortby}")]
        paged = [
            item["id"] for page in range(4) for item in await both.data(f"bookmark?limit=2&page={page}&sortby={sortby}")
        ]

        assert whole == paged
        assert 8 == len(set(whole))


class TestAddress:
    """S08: only the bookmark of that address."""

    @pytest.mark.parametrize(
        ("url", "count"),
        [
            ("https%3A%2F%2Fexample.org%2F", 1), ("HTTPS%3A%2F%2FEXAMPLE.org", 1), ("http%3A%2F%2Fexample.org%2F", 0),
            ("https%3A%2F%2Fexample.org%2Fx", 0), ("example.org", 1), ("https%3A%2F%2Fexample.org%2F%23f", 0),
        ],
    )  # fmt: skip
    async def test_s08_exact_and_normalised(self, both, url, count):
        await both.save()
        await both.save("https://other.example/")

        assert count == len(await both.data(f"bookmark?url={url}"))

    @pytest.mark.parametrize("url", ["foo%20bar", "http://", "mailto:x@y.z", "", "%20"])
    async def test_s08_no_address(self, both, url):
        assert error(400, "Failed to parse URL") == (await both.get(f"bookmark?url={url}")).seen

    async def test_other_filters_still_hold(self, both):
        await both.save(tags=["a"])

        assert [1, 0] == [len(await both.data(f"bookmark?url=https://example.org/&tags[]={tag}")) for tag in "ab"]

    async def test_of_two_copies_the_older_comes_first(self, both, ann):
        """Another door may have kept one address twice; ``POST`` means the older as well."""
        first = await make_bookmark(ann, url="https://example.org/")
        await Bookmark.create(
            **(await Bookmark.filter(id=first.id).values())[0] | {"id": 77, "uid": "0" * 32, "copy": 1}
        )

        assert both.id(first.id) == (await both.data("bookmark?url=https://example.org/"))[0]["id"]
        assert both.id(first.id) == (await both.save())["id"]


class TestFolders:
    async def test_direct_children_or_the_whole_subtree(self, both):
        """C09, S04: each bookmark once, however many folders it is in."""
        outer = await both.make_folder("outer")
        inner = await both.make_folder("inner", outer)
        await both.save("https://root.example/", title="root")
        await both.save("https://both.example/", title="both", folders=[outer, inner])
        await both.save("https://inner.example/", title="inner", folders=[inner])

        assert {"root"} == set(await titles(both, "folder=-1"))
        assert {"both"} == set(await titles(both, f"folder={outer}"))
        assert ["inner", "both"] == await titles(both, f"folder={outer}&recursive=true")
        assert ["inner", "both", "root"] == await titles(both, "folder=-1&recursive=1")
        assert ["both"] == await titles(both, "duplicated=1")
        assert ["inner", "both", "root"] == await titles(both, "page=-1")

    async def test_unknown_and_foreign_ones(self, both, cloud_ben):
        theirs = await cloud_ben.make_folder()
        for id in (theirs, 999, 0, "abc", -2):
            assert error(400, "Not found") == (await both.get(f"bookmark?folder={id}")).seen


class TestUser:
    """M06, D3: another user's public bookmarks, for who is signed in."""

    @pytest.fixture(autouse=True)
    async def rows(self, ann, ben):
        await make_bookmark(ann, title="mine public", is_public=True, tag_names=["t"])
        await make_bookmark(ann, title="mine private")
        await make_bookmark(ben, title="his public", is_public=True)

    async def test_m06_lists_exactly_those(self, both, cloud_ben):
        assert ["mine public"] == await titles(cloud_ben, "user=ann")
        assert ["mine public"] == await titles(both, "user=ann")
        assert ["his public"] == await titles(both, "user=ben&page=-1")
        assert ["his public"] == await titles(cloud_ben)

    async def test_m06_other_filters_still_hold(self, cloud_ben):
        assert [1, 0, 1, 0, 1] == [
            len(await titles(cloud_ben, f"user=ann&{query}"))
            for query in ("tags[]=t", "tags[]=u", "search[]=PUBLIC", "url=https://no.example/", "folder=-1")
        ]
        assert error(400, "Not found") == (await cloud_ben.get("bookmark?user=ann&folder=1")).seen

    async def test_m06_the_owner_is_named_and_no_folder(self, cloud_ben):
        (item,) = await cloud_ben.data("bookmark?user=ann")

        assert ("ann", "ann", [-1]) == (item["userId"], item["user_id"], item["folders"])

    @pytest.mark.parametrize("name", ["nobody", "%00", "x" * 300])
    async def test_unknown_user(self, both, name):
        answer = await both.get(f"bookmark?user={name}")

        assert (400, "error") == (answer.status, answer.body["status"])
        assert name == "%00" or ["User could not be identified"] == answer.body["data"]

    async def test_m06_one_of_them(self, both, cloud_ben):
        """M06: public 200, private 400, missing 404, and without ``user`` 404."""
        public = await Bookmark.get(title="mine public")
        private = await Bookmark.get(title="mine private")

        assert "mine public" == (await cloud_ben.item("GET", f"bookmark/{public.id}?user=ann"))["title"]
        assert error(400, "Insufficient permissions") == (await cloud_ben.get(f"bookmark/{private.id}?user=ann")).seen
        assert error(404, "Not found") == (await cloud_ben.get("bookmark/999?user=ann")).seen
        assert error(404, "Not found") == (await cloud_ben.get(f"bookmark/{public.id}")).seen
        assert error(400, "User could not be identified") == (await cloud_ben.get("bookmark/1?user=zed")).seen
        assert error(400, "Insufficient permissions") == (await both.get(f"bookmark/{private.id}?user=ann")).seen


async def test_what_other_doors_keep(both, ann):
    """Archived bookmarks and images are shown, notes and code are not."""
    archived = await make_bookmark(ann, title="archived", is_archived=True)
    note = await make_bookmark(ann, title="note")
    await Bookmark.filter(id=note.id).update(kind="note")

    assert ["archived"] == await titles(both)
    assert 404 == (await both.get(f"bookmark/{note.id}")).status
    assert "note" == (await bookmarks.get(await ann.ctx(), note.id)).title
    assert archived.id == int((await both.data("bookmark"))[0]["id"])


@pytest.mark.parametrize("query", ["unavailable=1", "archived=true"])
async def test_c09_what_nothing_is(both, query):
    """C09: no link is known to be dead, no archived file is shown."""
    await both.save()

    assert [] == await both.data(f"bookmark?{query}")


async def test_names_that_no_id_may_swallow(both):
    """C01, NC-6.8."""
    for name in ("unavailable", "archived", "duplicated", "deletedCount", "totalClicks", "withClicks"):
        assert 0 == await both.item("GET", f"bookmark/{name}")
        assert error(405, "Method not allowed") == (await both.delete(f"bookmark/{name}")).seen
