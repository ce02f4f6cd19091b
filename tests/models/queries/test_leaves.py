"""What filters say of folders, spellings and texts: alike on both databases, by index and row by row on SQLite."""

from __future__ import annotations

from uuid import UUID

import pytest
from strawberry import Some

from models import Bookmark, Folder, Placement
from models.queries import bookmarks as queries
from models.queries.tree import (
    And,
    Duplicated,
    From,
    HasTag,
    InFolder,
    InGroup,
    Mentions,
    Not,
    OfKind,
    Or,
    Placed,
    Spelled,
)
from models.queries.window import Order, Slice, Sort
from schema.inputs import BookmarkPatch, FolderDraft
from schema.resolvers import filing, folder_trash, saving, tags, trash
from schema.types.kind import BookmarkKind, BookmarkSource
from tests.factories import make_bookmark
from tests.schema.library import SYNC


@pytest.fixture(params=["by index", "row by row"])
def way(request, monkeypatch):
    """On SQLite a leaf that many rows hold is looked at row by row; here every leaf, or none."""
    monkeypatch.setattr(queries, "COMMON", 0 if request.param == "row by row" else 10**6)


async def found(person, tree, *, trash=False, sort=None, **part):
    """The titles of the rows that the tree is true of, oldest first, and the same as ``count`` has it."""
    ctx = await person.ctx(SYNC)
    scope = ctx.mine(trash=trash)
    rows = await queries.page(scope, tree, sort or Sort(descending=False), Slice(**({"limit": 100} | part)))
    if not part:
        assert len(rows) == await queries.count(scope, tree)
        assert [row.id for row in rows] == [
            row.id async for chunk in queries.stream(scope, tree, sort or Sort(descending=False)) for row in chunk
        ]
    return [row.title for row in rows]


async def test_m09_a_text_is_looked_for_in_title_description_address_and_tags(way, ann, ben):
    await make_bookmark(ann, title="Needle")
    await make_bookmark(ann, title="1", description="a NEEDLE here")
    await make_bookmark(ann, title="2", url="https://needle.example/")
    await make_bookmark(ann, title="3", tag_names=["pins", "Needles"])
    await make_bookmark(ann, title="4", notes="needle")
    await make_bookmark(ann, title="5", tag_names=["pin"])
    await make_bookmark(ann, title="6 needle", notes="needle, once more")
    await make_bookmark(ben, title="ben's needle", tag_names=["needle"])

    assert ["Needle", "1", "2", "3", "6 needle"] == await found(ann, Mentions("nEEdle"))
    assert ["4", "5"] == await found(ann, Not(Mentions("needle")))
    assert ["3"] == await found(ann, And((Mentions("needle"), Mentions("pin"))))


@pytest.mark.parametrize("text", ["%", "_", "100%", "a_b", "\\", "'", '"', '" OR "', "*", "a%b", "é"])
async def test_m09_every_character_is_literal(way, text, ann):
    await make_bookmark(ann, title="plain aXb 100 ab e")
    await make_bookmark(ann, title=f"<{text}>")
    await make_bookmark(ann, title="in a tag", tag_names=[f"x{text}x"])
    await make_bookmark(ann, title="in the notes", notes=text)

    assert [f"<{text}>", "in a tag"] == await found(ann, Mentions(text))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("ä", "Ä"),
        ("GRÜSSE", "grüsse"),
        ("ß", "ẞ"),
        ("σ", "ς"),  # noqa: RUF001 - meant
        ("я", "Я"),
        ("日", "日本"),
        ("日本語", "日本語"),
        ("🙂", "a🙂b"),
    ],
)
async def test_case_is_folded_and_short_texts_are_found(way, text, title, ann):
    await make_bookmark(ann, title="other", notes=title)
    await make_bookmark(ann, title=title)

    assert [title] == await found(ann, Mentions(text))


async def test_notes_that_begin_as_the_title_ends_are_no_occurrence(way, ann):
    """Nothing is found across two fields, and positions are counted in characters, not in bytes."""
    await make_bookmark(ann, title="🙂🙂🙂 äöü", notes="xyz äöü xyz", url="https://a.example/")
    await make_bookmark(ann, title="abc", notes="def", url="https://b.example/")

    assert ["🙂🙂🙂 äöü"] == await found(ann, Mentions("äöü"))
    assert [] == await found(ann, Mentions("xyz"))
    assert [] == await found(ann, Mentions("example/xyz"))
    assert [] == await found(ann, Mentions("def"))
    assert ["🙂🙂🙂 äöü"] == await found(ann, Mentions("a.example"))


async def test_m08_a_spelling_is_exact_in_every_letter(way, ann, ben):
    await make_bookmark(ann, title="upper", tag_names=["News"])
    await make_bookmark(ann, title="other", tag_names=["Newsletter", "new"])
    await make_bookmark(ben, title="ben's", tag_names=["news"])

    assert ["upper"] == await found(ann, Spelled("News"))
    assert [] == await found(ann, Spelled("news"))
    assert ["other"] == await found(ann, Not(Spelled("News")))
    assert ["upper", "other"] == await found(ann, Or((Spelled("News"), Spelled("new"))))
    assert [] == await found(ann, And((Spelled("News"), Spelled("new"))))


@pytest.fixture
async def tree(ann):
    """``a`` with ``b`` in it, beside ``c``; x in a, y in b, z in b and c, w in the root, v was in a."""
    ctx = await ann.ctx(SYNC)
    ids = {}
    for name, parent in (("a", None), ("b", "a"), ("c", None)):
        ids[name] = (await filing.create(ctx, FolderDraft(name=name, parent_id=parent and ids[parent]))).id
    for title, into in (("x", "a"), ("y", "b"), ("z", "bc"), ("w", ""), ("v", "ac")):
        await make_bookmark(ann, SYNC, title=title, folder_ids=[ids[name] for name in into])
    await filing.take_out(ctx, ids["a"], (await Bookmark.get(title="v")).id)
    return ids


async def test_a_folder_is_asked_for_alone_or_with_all_below_it(way, ann, tree):
    root = ann.user.root_folder_id

    assert ["x"] == await found(ann, InFolder(tree["a"]))
    assert ["x", "y", "z"] == await found(ann, InFolder(tree["a"], recursive=True))
    assert ["w"] == await found(ann, InFolder(root))
    assert ["x", "y", "z", "w", "v"] == await found(ann, InFolder(root, recursive=True))
    assert ["x", "w", "v"] == await found(ann, Not(InFolder(tree["b"])))
    assert ["z"] == await found(ann, And((InFolder(tree["b"]), InFolder(tree["c"]))))
    await folder_trash.delete(await ann.ctx(SYNC), tree["b"])
    assert ["x"] == await found(ann, InFolder(tree["a"], recursive=True))
    assert [] == await found(ann, InFolder(tree["b"], recursive=True))


async def test_what_is_in_more_than_one_folder(way, ann, tree):
    ctx = await ann.ctx(SYNC)
    before = await found(ann, Duplicated())
    await folder_trash.delete(ctx, tree["c"])

    assert ["z"] == before
    assert [] == await found(ann, Duplicated())


async def test_what_has_a_place_is_known_in_the_trash(ann, tree):
    ctx = await ann.ctx(SYNC)
    ids = dict(await Bookmark.all().values_list("title", "id"))
    await trash.delete(ctx, [ids["x"]])
    await trash.delete(ctx, [ids["y"]], leave_folders=True)

    assert ["x"] == await found(ann, Placed(), trash=True)
    assert ["y"] == await found(ann, Not(Placed()), trash=True)
    assert ["z", "w", "v"] == await found(ann, Placed())


@pytest.mark.parametrize("order", [one for one in Order if one is not Order.DELETED])
@pytest.mark.parametrize("descending", [False, True])
async def test_m10_ties_are_stable_over_pages(order, descending, ann):
    """Many rows that are alike in what they are sorted by: page after page gives each of them once."""
    ctx = await ann.ctx(SYNC)
    folder = (await filing.create(ctx, FolderDraft())).id
    for number in range(12):
        await make_bookmark(
            ann, SYNC, title=str(number), description=str(number % 3), is_public=number % 2 == 0, folder_ids=[folder]
        )
    await Bookmark.all().update(sort_key=b"same", click_count=7, url_href="https://same.example/")
    first = await Bookmark.all().order_by("id").first()
    await Bookmark.all().update(created_at=first.created_at, updated_at=first.updated_at)
    await Placement.all().update(position=5)
    sort = Sort(order, descending, folder)
    whole = await found(ann, InFolder(folder), sort=sort)
    pages = [
        title for page in range(5) for title in await found(ann, InFolder(folder), sort=sort, limit=3, offset=3 * page)
    ]
    numbers = range(12)
    keys = {Order.DESCRIPTION: lambda n: str(n % 3), Order.PUBLIC: lambda n: n % 2 == 0}
    key = keys.get(order, lambda n: 0)

    assert [str(n) for n in sorted(numbers, key=lambda n: (key(n), n), reverse=descending)] == whole
    assert whole == pages


async def test_the_order_in_a_folder_is_that_folders(ann):
    ctx = await ann.ctx(SYNC)
    a, b = [(await filing.create(ctx, FolderDraft())).id for _ in "ab"]
    ids = [(await make_bookmark(ann, SYNC, title=title, folder_ids=[a])).id for title in "xyz"]
    for id in reversed(ids):
        await filing.file(ctx, b, id)
    inner = (await filing.create(ctx, FolderDraft(parent_id=a))).id
    await make_bookmark(ann, SYNC, title="deeper", folder_ids=[inner])
    place = Sort(Order.PLACE, descending=False, folder_id=a)

    assert ["x", "y", "z"] == await found(ann, InFolder(a), sort=place)
    assert ["z", "y", "x"] == await found(ann, InFolder(b), sort=Sort(Order.PLACE, descending=False, folder_id=b))
    assert ["x", "y", "z", "deeper"] == await found(ann, InFolder(a, recursive=True), sort=place)


async def test_m10_each_order_sorts_by_what_it_says(ann):
    ctx = await ann.ctx(SYNC)
    for title, description, url in (
        ("b", "B", "https://B.example/"),
        ("A", "a", "https://c.example/"),
        ("c", "", "https://a.example/Z"),
    ):
        await make_bookmark(ann, SYNC, title=title, description=description, url=url, is_public=title == "A")
    changed = await Bookmark.get(title="b")
    await saving.update(ctx, changed.id, BookmarkPatch(notes=Some("n")))
    await Bookmark.filter(title="c").update(click_count=3)
    ascending = {
        order: "".join(await found(ann, queries.EVERYTHING, sort=Sort(order, descending=False)))
        for order in Order
        if order not in {Order.DELETED, Order.PLACE}
    }

    assert {
        Order.ADDED: "bAc", Order.MODIFIED: "Acb", Order.TITLE: "Abc", Order.ID: "bAc", Order.URL: "cbA",
        Order.ADDRESS: "cbA", Order.DESCRIPTION: "cbA", Order.PUBLIC: "bcA", Order.CLICKS: "bAc",
    } == ascending  # fmt: skip
    assert ["b", "A"] == [
        row.title for row in await queries.page(ctx.mine(), sort=Sort(Order.ID, False), part=Slice(2))
    ]


async def test_no_conditions_leave_everything_and_no_choices_nothing(ann):
    row = await make_bookmark(ann)

    assert [row.title] == await found(ann, And(())) == await found(ann, Not(Or(())))
    assert [] == await found(ann, Or(()))


async def test_tags_and_groups_by_their_uids(way, ann, ben):
    """The owner's own, and live ones; the root is no group, and somebody else's uid is true of nothing."""
    ctx = await ann.ctx(SYNC)
    outer = await filing.create(ctx, FolderDraft(name="Outer"))
    inner = await filing.create(ctx, FolderDraft(name="Inner", parent_id=outer.id))
    await make_bookmark(ann, title="1", tag_names=["x"], folder_ids=[outer.id])
    await make_bookmark(ann, title="2", tag_names=["x", "y"], folder_ids=[outer.id, inner.id])
    await make_bookmark(ann, title="3")
    x = UUID((await tags.named(ctx, "X")).uid)
    group, root = UUID(outer.uid), (await Folder.get(id=ann.user.root_folder_id)).uid

    assert ["1", "2"] == await found(ann, HasTag(x)) == await found(ann, InGroup(group))
    assert ["2"] == await found(ann, And((HasTag(x), InGroup(UUID(inner.uid)))))
    assert ["3"] == await found(ann, Not(HasTag(x))) == await found(ann, Not(InGroup(group)))
    assert ["2"] == await found(ann, InGroup(group), sort=Sort(Order.ADDED), limit=1)
    for tree in (HasTag(group), InGroup(x), InGroup(root)):
        assert [] == await found(ann, tree)
    for tree in (HasTag(x), InGroup(group)):
        assert [] == await found(ben, tree)
    await folder_trash.delete(ctx, outer.id, keep_contents=True)
    assert [] == await found(ann, InGroup(group))


async def test_kinds_and_sources(ann):
    await make_bookmark(ann, title="link")
    await make_bookmark(ann, title="image", kind=BookmarkKind.IMAGE, source=BookmarkSource.SLACK)

    assert ["image"] == await found(ann, OfKind("image")) == await found(ann, From("slack"))
    assert ["link"] == await found(ann, Not(OfKind("image"))) == await found(ann, From("api"))
    assert [] == await found(ann, And((OfKind("link"), From("slack"))))
