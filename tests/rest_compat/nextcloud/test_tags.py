"""``tag`` (NC section 7): M20 and S19."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from schema.resolvers import tags
from tests.rest_compat.nextcloud.conftest import SUCCESS, error, state


@pytest.fixture(autouse=True)
async def tagged(cloud, cloud_ben):
    """Two bookmarks of Ann's with a, one of them with b; Ben has an a as well."""
    await cloud.save("https://one.example/", tags=["a", "b"])
    await cloud.save("https://two.example/", tags=["a"])
    await cloud_ben.save("https://one.example/", tags=["a"])


async def used(cloud):
    return (await cloud.get("tag")).body


async def of_one(cloud):
    (item,) = await cloud.data("bookmark?url=https://one.example/")
    return item["tags"]


async def test_m20_a_bare_array_of_those_in_use(both, ann):
    """M20: the most used first; no envelope and no ticket around it."""
    await tags.create(await ann.ctx(), "unused")
    answer = await both.get("tag")

    assert ("application/json; charset=utf-8", ["a", "b"]) == (answer.headers["Content-Type"], answer.body)
    assert [{"name": "a", "count": 2}, {"name": "b", "count": 1}] == (await both.get("tag?count=true")).body


WAYS = {
    "query": lambda both, method, names: both.call(
        method, "tag?" + "&".join(f"{k}={quote(v)}" for k, v in names.items())
    ),
    "form": lambda both, method, names: both.call(method, "tag", data=names),
    "json": lambda both, method, names: both.call(method, "tag", json=names),
}


@pytest.fixture(params=WAYS)
def call(request, both):
    """Call ``tag`` with names in one of the three ways."""
    return lambda method, **names: WAYS[request.param](both, method, names)


async def test_m20_delete(call, both, cloud_ben):
    """M20: missing is as good; nobody else's is touched."""
    assert SUCCESS == (await call("DELETE", old_name="a")).seen
    assert SUCCESS == (await call("DELETE", old_name="a")).seen
    assert (["b"], ["b"]) == (await used(both), await of_one(both))
    assert ["a"] == await used(cloud_ben)


async def test_m20_rename(call, both, cloud_ben):
    """M20, D13."""
    assert SUCCESS == (await call("POST", old_name="a", new_name="New, with blanks & ü")).seen
    assert ["New, with blanks & ü", "b"] == await of_one(both)
    assert ["a"] == await used(cloud_ben)


async def test_m20_rename_onto_another_unites_them(call, both):
    """M20: without duplicates."""
    assert SUCCESS == (await call("POST", old_name="b", new_name="a")).seen
    assert (["a"], ["a"]) == (await used(both), await of_one(both))


async def test_m20_what_changes_nothing(call, ann):
    """M20, section 17: a tag that is renamed onto itself is not lost."""
    before = await state(ann)

    assert SUCCESS == (await call("POST", old_name="a", new_name="a")).seen
    assert SUCCESS == (await call("POST", old_name="nobody's", new_name="b")).seen
    assert SUCCESS == (await call("DELETE", old_name="B")).seen
    assert before == await state(ann)


async def test_m20_names_that_are_missing(call, ann):
    before = await state(ann)
    sentence = "Must provide old_name and a new name"

    assert 400 == (await call("DELETE")).status
    assert 400 == (await call("DELETE", old_name=" ")).status
    assert error(400, sentence) == (await call("POST", old_name="a")).seen
    assert error(400, sentence) == (await call("POST", new_name="a")).seen
    assert error(400, sentence) == (await call("POST", old_name="a", new_name="")).seen
    assert 400 == (await call("POST", old_name="a", new_name="x" * 256)).status
    assert before == await state(ann)


NAMES = ["plain", "with blank", "a/b", "50%", "%41", "ü,+&?#", "..", "C++", "index.php", "🔖"]


class TestPath:
    """S19, D13: the name as the last segment of the path."""

    @pytest.mark.parametrize("name", NAMES)
    async def test_s19_every_name_can_be_deleted(self, both, name):
        await both.save("https://three.example/", tags=[name, "kept"])

        assert SUCCESS == (await both.delete(f"tag/{encoded(name)}")).seen
        assert ["kept"] == (await both.data("bookmark?url=https://three.example/"))[0]["tags"]

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    @pytest.mark.parametrize("parameter", ["new_name", "name"])
    @pytest.mark.parametrize("name", NAMES[:5])
    async def test_s19_every_name_can_be_changed(self, both, method, parameter, name):
        await both.save("https://three.example/", tags=[name])

        assert SUCCESS == (await both.call(method, f"tag/{encoded(name)}", json={parameter: "new"})).seen
        assert ["new"] == (await both.data("bookmark?url=https://three.example/"))[0]["tags"]

    async def test_s19_the_path_goes_before_the_parameter(self, both):
        assert SUCCESS == (await both.delete("tag/b?old_name=a")).seen
        assert ["a"] == await used(both)

    async def test_without_a_new_name(self, both, ann):
        before = await state(ann)

        assert 400 == (await both.put("tag/a")).status
        assert 400 == (await both.post("tag/a", json={"name": " "})).status
        assert before == await state(ann)

    @pytest.mark.parametrize("name", ["%00", "%FF", "%20", "%ED%A0%80"])
    async def test_what_is_no_name(self, both, ann, name):
        before = await state(ann)

        assert (await both.delete(f"tag/{name}")).status in {200, 400, 404}
        assert before == await state(ann)


def encoded(name):
    """As clients write a segment: dots alone would be taken for a way up."""
    return quote(name, safe="").replace(".", "%2E") if set(name) == {"."} else quote(name, safe="")
