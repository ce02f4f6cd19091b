"""Tags: identity without case, counts, and what changes them."""

from __future__ import annotations

import pytest
from strawberry import Some

from models import Bookmark, Change
from models.queries.tags import TagOrder, position_of
from schema.door import GRAPHQL, Door
from schema.errors import Conflict, Invalid
from schema.page import Window
from schema.resolvers import bookmarks, tags, trash
from schema.search.linkding import parse
from tests.databases import statements_counted
from tests.factories import make_bookmark


async def names(ann, **options):
    return [tag.name for tag in (await tags.find(await ann.ctx(), **options)).items]


async def test_a_tag_is_itself_in_any_case(ann):
    first, is_new = await tags.create(await ann.ctx(), "  Éclair ")
    again, is_new_again = await tags.create(await ann.ctx(), "éCLAIR")

    assert ("Éclair", True) == (first.name, is_new)
    assert (first.id, "Éclair", False) == (again.id, again.name, is_new_again)


@pytest.mark.parametrize(
    ("name", "rule"),
    [("", "blank"), (" \u00a0 ", "blank"), ("x" * 256, "too_long"), ("a\0b", "nul"), ("\ud800", "surrogate")],
)
async def test_a_name_that_cannot_be_is_refused(name, rule, ann):
    with pytest.raises(Invalid) as refusal:
        await tags.create(await ann.ctx(), name)

    assert rule == refusal.value.faults[0].rule
    assert [] == await names(ann)


async def test_lists_by_name_count_and_part_of_a_name(ann):
    await make_bookmark(ann, tag_names=["beta", "Alpha"])
    gone = await make_bookmark(ann, tag_names=["beta", "gamma"])
    await trash.delete(await ann.ctx(), [gone.id])

    assert ["Alpha", "beta", "gamma"] == await names(ann, order=TagOrder.NAME)
    assert ["gamma", "beta", "Alpha"] == await names(ann, order=TagOrder.NAME, descending=True)
    assert ["Alpha"] == await names(ann, search="LPH")
    assert [] == await names(ann, search="%")
    counts = {tag.name: tag.bookmark_count for tag in (await tags.find(await ann.ctx(), counts=True)).items}
    assert {"beta": 1, "Alpha": 1, "gamma": 0} == counts


async def test_pages_join_without_gap_or_double(ann):
    for number in range(7):
        await tags.create(await ann.ctx(), f"tag {number}")
    seen, window = [], Window(3)
    while True:
        page = await tags.find(await ann.ctx(), window, order=TagOrder.NAME)
        seen += [tag.name for tag in page.items]
        if not page.has_next:
            break
        window = Window(3, after=position_of(page.items[-1], TagOrder.NAME))
    before = Window(3, before=position_of(page.items[0], TagOrder.NAME), backwards=True)
    back = await tags.find(await ann.ctx(), before, order=TagOrder.NAME)

    assert [f"tag {number}" for number in range(7)] == seen
    assert ["tag 3", "tag 4", "tag 5"] == [tag.name for tag in back.items]
    assert back.has_previous
    assert 7 == await page.count()


async def test_renaming_reaches_every_bookmark(ann):
    row = await make_bookmark(ann, tag_names=["old"])
    (tag,) = (await tags.find(await ann.ctx())).items
    renamed = await tags.rename(await ann.ctx(), tag.id, "New name")
    found = (await bookmarks.find(await ann.ctx(), parse("#old"))).items

    assert ("New name", 1) == (renamed.name, renamed.bookmark_count)
    assert ["New name"] == (await bookmarks.get(await ann.ctx(), row.id)).tag_names
    assert [] == found


async def test_a_name_that_is_taken_is_a_conflict(ann):
    one, _ = await tags.create(await ann.ctx(), "one")
    two, _ = await tags.create(await ann.ctx(), "two")
    with pytest.raises(Conflict) as refusal:
        await tags.rename(await ann.ctx(), two.id, "ONE")
    recased = await tags.rename(await ann.ctx(), one.id, "ONE")

    assert one.id == refusal.value.existing
    assert "ONE" == recased.name


@pytest.mark.parametrize("color", ["red", "#12", "#12345", "fff", "#ggg", "#fff; x"])
async def test_a_colour_is_hexadecimal(color, ann):
    with pytest.raises(Invalid):
        await tags.create(await ann.ctx(), "t", color)

    assert [] == await names(ann)


async def test_colours_come_and_go(ann):
    tag, _ = await tags.create(await ann.ctx(), "t", "#aabbcc")

    assert "#aabbcc" == tag.color
    assert (await tags.recolor(await ann.ctx(), tag.id, None)).color is None


async def test_merging_unites_without_doubling(ann):
    """A bookmark that has both source and target keeps the target once."""
    both = await make_bookmark(ann, tag_names=["js", "javascript"])
    one = await make_bookmark(ann, tag_names=["JScript"])
    ids = {tag.name: tag.id for tag in (await tags.find(await ann.ctx())).items}
    merged = await tags.merge(await ann.ctx(), [ids["js"], ids["JScript"]], ids["javascript"])

    assert ("javascript", 2) == (merged.name, merged.bookmark_count)
    assert ["javascript"] == await names(ann)
    for row in (both, one):
        assert ["javascript"] == (await bookmarks.get(await ann.ctx(), row.id)).tag_names


async def test_deleting_leaves_bookmarks_unchanged(ann):
    """LD-TAG-6: date_modified stays."""
    row = await make_bookmark(ann, tag_names=["x", "y"])
    (x, _) = (await tags.find(await ann.ctx())).items
    await tags.delete(await ann.ctx(), x.id)
    after = await bookmarks.get(await ann.ctx(), row.id)

    assert ([{"x", "y"} - {x.name}], row.updated_at) == ([set(after.tag_names)], after.updated_at)


async def test_a_list_of_tags_costs_one_statement(ann):
    await make_bookmark(ann, tag_names=[f"t{number}" for number in range(60)])
    ctx = await ann.ctx()
    async with statements_counted([]) as seen:
        page = await tags.find(ctx, counts=True)

    assert (60, 1) == (len(page.items), len(seen))


async def test_name_and_colour_change_in_one_write(ann):
    ctx = await ann.ctx()
    tag, _ = await tags.create(ctx, "tea", "#abc")
    other, _ = await tags.create(ctx, "other")
    row = await tags.update(ctx, tag.id, name=Some(" Tea "), color=Some(None))
    same = await tags.update(ctx, tag.id, name=Some("Tea"), color=Some(None))

    assert ("Tea", None) == (row.name, row.color)
    assert row == same == await tags.update(ctx, tag.id)
    (change,) = await Change.filter(entity="tag", operation="update")
    assert {"name": "tea", "color": "#abc"} == change.before
    with pytest.raises(Conflict) as refusal:
        await tags.update(ctx, tag.id, name=Some("OTHER"), color=Some("#fff"))
    assert (other.id, other.uid) == (refusal.value.existing, refusal.value.uid)
    for sent in ({"name": Some(" ")}, {"color": Some("red")}):
        with pytest.raises(Invalid):
            await tags.update(ctx, tag.id, **sent)
    assert row == await tags.get(ctx, tag.id, counts=True)


async def test_a_tag_that_looks_so_already_keeps_its_colour(ann):
    ctx = await ann.ctx()
    tag, _ = await tags.create(ctx, "tea", "#abc")
    for color, kept in (("#aabbcc", "#abc"), ("#fff", "#fff"), (None, None)):
        row = await tags.update(ctx, tag.id, color=Some(color), shown=lambda color: color and color[:2])

        assert kept == row.color


async def test_counts_are_of_what_the_door_can_show(ann):
    """Neither in the trash nor of a kind that it hides, nor both."""
    for kind in ("link", "note"):
        row = await make_bookmark(ann, tag_names=["tea"])
        gone = await make_bookmark(ann, tag_names=["tea"])
        await trash.delete(await ann.ctx(), [gone.id])
        await Bookmark.filter(id__in=[row.id, gone.id]).update(kind=kind)
    links = Door("links", kinds=frozenset({"link"}))
    for door, count in ((links, 1), (GRAPHQL, 2)):
        ctx = await ann.ctx(door)
        (row,) = await tags.every(ctx)

        assert count == row.bookmark_count
        assert [row] == (await tags.find(ctx, counts=True)).items == await tags.get_many(ctx, [row.id], counts=True)
        assert row == await tags.get(ctx, row.id, counts=True) == await tags.recolor(ctx, row.id, None)
