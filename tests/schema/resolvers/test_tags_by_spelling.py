"""NC section 7: tags in use, and tags that are named instead of numbered."""

from __future__ import annotations

import pytest

from models import Tag
from schema.door import Door
from schema.errors import Forbidden, Invalid
from schema.resolvers import bookmarks, tags, trash
from tests.factories import make_bookmark, make_token


async def used(person):
    return [(tag.name, tag.bookmark_count) for tag in await tags.used(await person.ctx())]


async def test_tags_in_use_come_the_most_used_first_and_then_by_name(ann, ben):
    """M20."""
    await tags.create(await ann.ctx(), "never")
    await make_bookmark(ann, tag_names=["b", "C"])
    await make_bookmark(ann, tag_names=["b", "a"])
    gone = await make_bookmark(ann, tag_names=["gone", "a"])
    await trash.delete(await ann.ctx(), [gone.id])
    await make_bookmark(ben, tag_names=["his"])

    assert [("b", 2), ("a", 1), ("C", 1)] == await used(ann)
    assert [("his", 1)] == await used(ben)
    assert [] == await tags.used(await ann.ctx(Door("narrow", kinds=frozenset({"image"}))))


async def test_a_rename_goes_by_the_spelling(ann, ben):
    row = await make_bookmark(ann, tag_names=["Old"])
    his = await make_bookmark(ben, tag_names=["Old"])
    await tags.rename_spelled(await ann.ctx(), "old", "new")  # nobody's spelling
    await tags.rename_spelled(await ann.ctx(), " Old ", " new ")

    assert ["new"] == (await bookmarks.get(await ann.ctx(), row.id)).tag_names
    assert ["Old"] == (await bookmarks.get(await ben.ctx(), his.id)).tag_names


async def test_a_rename_may_change_the_case_only(ann):
    await make_bookmark(ann, tag_names=["news"])
    await tags.rename_spelled(await ann.ctx(), "news", "News")

    assert [("News", 1)] == await used(ann)


async def test_a_rename_onto_another_tag_unites_the_two(ann):
    """M20: no bookmark has it twice."""
    both = await make_bookmark(ann, tag_names=["a", "b", "c"])
    one = await make_bookmark(ann, tag_names=["a"])
    await tags.rename_spelled(await ann.ctx(), "a", "b")

    assert [("b", 2), ("c", 1)] == await used(ann)
    assert ["b", "c"] == sorted((await bookmarks.get(await ann.ctx(), both.id)).tag_names)
    assert ["b"] == (await bookmarks.get(await ann.ctx(), one.id)).tag_names
    assert {"b", "c"} == set(await Tag.all().values_list("name", flat=True))


async def test_a_rename_onto_itself_and_of_nothing_change_nothing(ann):
    """NC section 17: the tag is not lost."""
    await make_bookmark(ann, tag_names=["a"])
    before = (await ann.ctx()).user.change_seq
    await tags.rename_spelled(await ann.ctx(), "a", "a")
    await tags.rename_spelled(await ann.ctx(), "nobody's", "b")
    await tags.delete_spelled(await ann.ctx(), "nobody's")
    await tags.delete_spelled(await ann.ctx(), "A")

    assert ([("a", 1)], before) == (await used(ann), (await ann.ctx()).user.change_seq)


async def test_a_tag_is_deleted_by_its_spelling(ann, ben):
    row = await make_bookmark(ann, tag_names=["a", "b"])
    await make_bookmark(ben, tag_names=["a"])
    await tags.delete_spelled(await ann.ctx(), "a")

    assert ["b"] == (await bookmarks.get(await ann.ctx(), row.id)).tag_names
    assert [("a", 1)] == await used(ben)


@pytest.mark.parametrize(
    ("old", "new", "rule"), [("a", " ", "blank"), ("a", "x" * 256, "too_long"), ("\0", "b", "nul")]
)
async def test_a_name_that_cannot_be_changes_nothing(ann, old, new, rule):
    await make_bookmark(ann, tag_names=["a"])
    with pytest.raises(Invalid) as refused:
        await tags.rename_spelled(await ann.ctx(), old, new)

    assert (rule, [("a", 1)]) == (refused.value.faults[0].rule, await used(ann))


async def test_a_credential_needs_the_scope(ann):
    ann.secret = await make_token(ann, "bookmarks:read")
    for asked in (tags.used(await ann.ctx()), tags.delete_spelled(await ann.ctx(), "a")):
        with pytest.raises(Forbidden):
            await asked
