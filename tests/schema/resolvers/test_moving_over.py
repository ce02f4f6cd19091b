"""A linkding's rows become ours: which is which, whose word counts, and that nothing else moves."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models import Asset, Bookmark, User
from schema.context import Context
from schema.errors import Forbidden, NotFound, TooLarge
from schema.formats import linkding as form
from schema.formats.entries import Entry, TagEntry
from schema.ports import Limits
from schema.resolvers import (
    bookmarks,
    moving_over,
    moving_over_bundles,
    tags,
    tokens,
    trash,
)
from schema.resolvers.imports import IMPORT
from schema.resolvers.moving_over import Crossing
from schema.resolvers.moving_over_assets import is_whole, keep_asset, missing_assets
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_person

NOW = datetime(2020, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


def entry(id, url="https://a.example/", day=1, **fields):
    """A row; it was added at a moment of its own, and last changed a day later."""
    created_at = NOW + timedelta(days=day, microseconds=id)
    return Entry(
        url,
        position=id,
        **({"title": f"{id}", "created_at": created_at, "updated_at": created_at + timedelta(days=1)} | fields),
    )


async def take(person, *entries):
    """Take the rows, whole, and compare; the run and the differences."""
    run = Crossing()
    ctx = await person.ctx(IMPORT)
    await moving_over.take_bookmarks(ctx, run, entries)
    return run, await moving_over.compare_bookmarks(await person.ctx(), run, entries)


async def copies(person):
    """The bookmarks: address, number and title, by id."""
    return await Bookmark.of(person.user.id).order_by("id").values_list("url", "copy", "title")


def counts(run):
    tally = run.tally
    return tally.created, tally.updated, tally.unchanged, len(run.kept)


SPELLINGS = ["https://a.example", "https://a.example/", "https://a.example:443/", "https://A.example/"]
MOMENTS = st.integers(-700_000, 2_900_000).map(lambda days: NOW + timedelta(days=days, microseconds=days % 7))
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
TAGS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=5))
ROWS = st.lists(
    st.builds(
        form.Bookmark,
        id=st.integers(1, 2**63 - 1),
        url=st.sampled_from([*SPELLINGS, "https://b.example/ü", "https://b.example/%C3%BC", "ftp://x:99999/"])
        | TEXTS.map(lambda text: f"https://c.example/{text}"),
        date_added=MOMENTS,
        date_modified=MOMENTS,
        title=TEXTS,
        description=TEXTS,
        notes=TEXTS,
        web_archive_snapshot_url=st.sampled_from(["", "https://web.archive.org/web/2020/https://a.example"]),
        unread=st.booleans(),
        shared=st.booleans(),
        tag_names=TAGS,
    ),
    max_size=8,
    unique_by=lambda row: row.id,
)


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=ROWS, archived=st.booleans())
async def test_whatever_a_linkding_holds_comes_whole_and_only_once(database, ports, rows, archived):
    """No difference after the first run, and nothing to do in the second, not even a change in the log."""
    person = await make_person(ports, f"p{next(_numbers)}")
    rows.sort(key=lambda row: row.id)
    entries = [form.read_bookmark(row, archived=archived)[0] for row in rows]
    first, differences = await take(person, *entries)
    log = (await User.get(id=person.user.id)).change_seq
    second, again = await take(person, *entries)

    assert [] == differences == again
    assert (len(rows), 0, 0, 0) == counts(first)
    assert (0, 0, len(rows), 0) == counts(second)
    assert first.placed == second.placed
    assert len(rows) == len(set(first.placed.values()))
    assert log == (await User.get(id=person.user.id)).change_seq


async def test_rows_of_one_address_come_side_by_side_in_the_order_of_their_ids(ann):
    """LD-NORM-1, LD-UPD-6: linkding tells them apart, WHATWG does not; numbers follow ids, run after run."""
    rows = [entry(id, url) for id, url in zip((4, 1, 3, 2), SPELLINGS, strict=True)]
    run, differences = await take(ann, *sorted(rows, key=lambda row: row.position))
    part, _ = await take(ann, *sorted(rows, key=lambda row: row.position))

    assert [] == differences
    assert [
        ("https://a.example/", 0, "1"), ("https://A.example/", 1, "2"),
        ("https://a.example:443/", 2, "3"), ("https://a.example", 3, "4"),
    ] == await copies(ann)  # fmt: skip
    assert run.placed == part.placed


async def test_a_row_keeps_its_partner_when_another_of_its_address_goes_or_is_spelled_anew(ann):
    """The exact spelling first, then the moment, then what is left."""
    one, two, three = (entry(id, SPELLINGS[id]) for id in (1, 2, 3))
    first, _ = await take(ann, one, two, three)
    anew = entry(3, SPELLINGS[0], updated_at=NOW + timedelta(days=9))
    second, differences = await take(ann, two, anew)

    assert [] == differences
    assert (0, 1, 1, 0) == counts(second)
    assert {2: first.placed[2], 3: first.placed[3]} == second.placed
    assert 3 == len(await copies(ann))


async def test_a_bookmark_that_was_here_before_is_linkdings_where_that_is_newer(ann):
    """Its id, places and favourite stay; all that linkding knows becomes linkding's."""
    mine = await make_bookmark(ann, url="https://a.example", title="mine", tag_names=["old"], is_favorite=True)
    new = entry(1, tags=("x",), is_archived=True, updated_at=datetime(2100, 1, 1, tzinfo=UTC))
    run, differences = await take(ann, new)
    row = await bookmarks.get(await ann.ctx(), mine.id)

    assert [] == differences
    assert {1: mine.id} == run.placed
    assert ("https://a.example/", "1", ["x"], True, True) == (
        row.url, row.title, row.tag_names, row.is_archived, row.is_favorite,
    )  # fmt: skip
    assert row.updated_at == new.updated_at
    assert row.read_at == mine.read_at


async def test_a_bookmark_that_was_changed_here_later_is_kept(ann):
    mine = await make_bookmark(ann, url="https://a.example", title="mine")
    run, differences = await take(ann, entry(1))

    assert (0, 0, 0, 1) == counts(run)
    assert {1: mine.id} == run.placed
    assert [(1, moving_over.CHANGED_HERE)] == [(one.id, one.reason) for one in differences]
    assert {"url", "title", "date_added", "date_modified"} == set(differences[0].fields)


async def test_what_came_from_there_and_was_deleted_here_stays_deleted(ann):
    """Until linkding changes it; another bookmark of that address in the trash is no reason to leave it out."""
    other = await make_bookmark(ann, url="https://b.example/")
    run, _ = await take(ann, entry(1))
    await trash.delete(await ann.ctx(), [run.placed[1], other.id])
    kept, differences = await take(ann, entry(1), entry(2, "https://b.example/"))
    changed, _ = await take(ann, entry(1, updated_at=datetime(2100, 1, 1, tzinfo=UTC)))

    assert (1, 0, 0, 1) == counts(kept)
    assert [(("missing",), moving_over.IN_TRASH)] == [(one.fields, one.reason) for one in differences]
    assert [2] == list(kept.placed)
    assert (1, 0, 0, 0) == counts(changed)


async def test_equal_moments_leave_the_word_to_linkding(ann):
    """LD-TAG-6: a tag that goes there moves no date; what the Internet Archive kept for us alone stays."""
    run, _ = await take(ann, entry(1, tags=("a", "b")))
    await Bookmark.filter(id=run.placed[1]).update(web_archive_url="https://web.archive.org/web/1/x")
    second, differences = await take(ann, entry(1, tags=("B",), to_read=True))
    row = await bookmarks.get(await ann.ctx(), run.placed[1])

    assert [] == differences
    assert (0, 1, 0, 0) == counts(second)
    assert (["b"], None) == (row.tag_names, row.read_at)
    assert "https://web.archive.org/web/1/x" == row.web_archive_url


async def test_an_update_is_one_change_with_the_row_as_it_was(ann):
    run, _ = await take(ann, entry(1, tags=("a",)))
    changes = (await User.get(id=ann.user.id)).change_seq
    await take(ann, entry(1, notes="n", tags=("a",)))
    stored = await Bookmark.get(id=run.placed[1])

    assert changes + 1 == (await User.get(id=ann.user.id)).change_seq
    assert "n" in stored.search_text


async def test_a_batch_costs_the_same_statements_whatever_its_length(ann):
    """Made, looked at, and updated: one row or fifty."""
    found = []
    for number in (1, 50):
        person = await make_person(ann.ports, f"p{number}")
        rows = [entry(id, f"https://{id}.example/", tags=("t",)) for id in range(1, number + 1)]
        newer = [entry(row.position, row.url, title="new", updated_at=NOW + timedelta(days=99)) for row in rows]
        counted = []
        for batch in (rows, rows, newer):
            ctx = await person.ctx(IMPORT)
            async with statements_counted([]) as statements:
                await moving_over.take_bookmarks(ctx, Crossing(), batch)
            counted.append(len(statements))
        found.append(counted)

    assert found[0] == found[1]


def bundle(id, name="B", **fields):
    moment = NOW + timedelta(days=id)
    values = {
        "search": "x", "any_tags": "a b", "all_tags": "", "excluded_tags": "c", "filter_unread": "yes",
        "filter_shared": "no", "order": id, "created_at": moment, "updated_at": moment, "position": id,
    }  # fmt: skip
    return form.BundleEntry(name=name, **(values | fields))


async def take_bundles(person, *entries):
    ctx = await person.ctx(IMPORT)
    tally = await moving_over_bundles.take_bundles(ctx, entries)
    differences = await moving_over_bundles.compare_bundles(ctx, entries, tally.kept)
    return (tally.created, tally.updated, tally.unchanged, len(tally.kept)), [one.reason for one in differences]


async def test_bundles_come_with_their_names_moments_and_order(ann):
    """LD-BUN-1, LD-BUN-2: names need not be unique; the moment of making tells them apart, and follows a new name."""
    first = await take_bundles(ann, bundle(1), bundle(2), bundle(3, order=-(2**40)))
    again = await take_bundles(ann, bundle(1), bundle(2), bundle(3, order=-(2**40)))
    renamed = await take_bundles(ann, bundle(1, "C", updated_at=NOW + timedelta(days=9)), bundle(2))
    older = await take_bundles(ann, bundle(1, "D", updated_at=NOW + timedelta(days=8)))

    assert ((3, 0, 0, 0), []) == first
    assert ((0, 0, 3, 0), []) == again
    assert ((0, 1, 1, 0), []) == renamed
    assert ((0, 0, 0, 1), [moving_over.CHANGED_HERE]) == older


async def test_tags_come_whether_anything_has_them_or_not(ann):
    """LD-TAG-1, LD-TAG-4: with their dates; one that is here in other letters stays as it is."""
    await tags.create(await ann.ctx(), "News")
    entries = [TagEntry("news", position=1), TagEntry("a, b", created_at=NOW, position=2)]
    await moving_over.take_tags(await ann.ctx(IMPORT), Crossing(), entries)
    found = {row.name: row.created_at for row in (await tags.find(await ann.ctx())).items}

    assert {"News", "a, b"} == set(found)
    assert NOW == found["a, b"]
    assert [] == await moving_over.compare_tags(await ann.ctx(), entries)
    (missing,) = await moving_over.compare_tags(await ann.ctx(), [TagEntry("gone", position=3)])
    assert ("tag", 3, "gone", ("missing",)) == (missing.what, missing.id, missing.name, missing.fields)


def asset(id=1, **fields):
    values = {
        "kind": "snapshot", "status": "complete", "content_type": "text/html", "position": id,
        "display_name": "HTML snapshot from 08/01/2026", "created_at": NOW,
    }  # fmt: skip
    return form.AssetEntry(**(values | fields))


async def bytes_of(*pieces):
    for piece in pieces:
        yield piece


@pytest.mark.parametrize(("kind", "encoding"), [("snapshot", "gzip"), ("upload", "")])
async def test_an_asset_comes_with_its_name_moment_and_bytes_and_the_bookmark_stays_as_it_was(ann, kind, encoding):
    """LD-AST-2: a snapshot's name has slashes, and keeps them; LD-AST-4 would move the bookmark's date."""
    mine = await make_bookmark(ann)
    ctx = await ann.ctx(IMPORT)
    kept = await keep_asset(ctx, Crossing(), mine.id, asset(kind=kind), bytes_of(b"<p>" * 1000, b"</p>"))
    row = await Asset.get(id=kept.id)

    assert ("HTML snapshot from 08/01/2026", NOW, 3004, encoding) == (
        row.display_name, row.created_at, row.size, row.encoding,
    )  # fmt: skip
    assert mine.updated_at == (await bookmarks.get(await ann.ctx(), mine.id)).updated_at
    assert await is_whole(ctx, kept)
    assert {} == await missing_assets(ctx, {mine.id: [asset(kind=kind)]})


async def test_assets_that_are_alike_are_counted(ann):
    """Two that nothing tells apart are two, whichever is here; what differs in anything but its size is another."""
    mine, ctx = await make_bookmark(ann), await ann.ctx(IMPORT)
    await keep_asset(ctx, Crossing(), mine.id, asset(), bytes_of(b"x"))
    others = [asset(3, created_at=NOW + timedelta(microseconds=1)), asset(4, display_name="x"), asset(5, kind="upload")]
    missing = await missing_assets(ctx, {mine.id: [asset(1), asset(2), *others], 0: []})

    assert {mine.id: [1, 2, 3, 4, 5]} == {id: [one.position for one in found] for id, found in missing.items()}


async def test_assets_that_are_alike_are_known_by_their_bytes(ann):
    """The second of them is here: the first comes, and the second not once more; but as often as linkding has it."""
    mine, ctx = await make_bookmark(ann), await ann.ctx(IMPORT)
    second = await keep_asset(ctx, Crossing(), mine.id, asset(2), bytes_of(b"two"))
    run = Crossing()
    kept = [
        await keep_asset(ctx, run, mine.id, asset(id), bytes_of(data))
        for id, data in ((1, b"one"), (2, b"two"), (3, b"two"))
    ]

    assert second.id == kept[1].id
    assert 3 == len({one.id for one in kept}) == await Asset.all().count()


async def test_bytes_that_are_not_what_came_are_seen(ann, ports):
    mine, ctx = await make_bookmark(ann), await ann.ctx(IMPORT)
    kept = await keep_asset(ctx, Crossing(), mine.id, asset(), bytes_of(b"x"))
    path = ports.files.path((await Asset.get(id=kept.id)).sha256)
    path.unlink()

    assert not await is_whole(ctx, kept)


@pytest.mark.parametrize("kind", ["snapshot", "upload"])
async def test_an_asset_that_is_too_large_or_has_no_bookmark_leaves_nothing(ann, ben, kind):
    """Somebody else's bookmark is none; sizes are those of the bytes as they come."""
    mine, ctx = await make_bookmark(ann), await ann.ctx(IMPORT)
    ctx.ports = replace(ctx.ports, limits=Limits(max_asset_size=1000))
    with pytest.raises(TooLarge):
        await keep_asset(ctx, Crossing(), mine.id, asset(kind=kind), bytes_of(b"x" * 600, b"x" * 401))
    with pytest.raises(NotFound):
        await keep_asset(await ben.ctx(IMPORT), Crossing(), mine.id, asset(kind=kind), bytes_of(b"x"))

    assert 0 == await Asset.all().count()


@pytest.mark.parametrize("operation", ["take_bookmarks", "take_tags"])
async def test_a_token_that_may_only_read_moves_nothing(ann, operation):
    secret = (await tokens.issue(ann.ports, ann.user.id, name="r", scopes=["bookmarks:read"])).secret
    ctx = Context(ann.ports, IMPORT, await tokens.believe(ann.ports, secret))
    with pytest.raises(Forbidden):
        await getattr(moving_over, operation)(ctx, Crossing(), [entry(1)])
    with pytest.raises(Forbidden):
        await moving_over_bundles.take_bundles(ctx, [bundle(1)])
    with pytest.raises(Forbidden):
        await keep_asset(ctx, Crossing(), 1, asset(), bytes_of())


ZONE = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://web.archive.org/web/20200101000000/https://a.example", None),
        ("https://web.archive.org/web/20191231220000/https://a.example", None),
        ("https://web.archive.org/web/20200101000001/https://a.example", True),
        ("", None),
        ("javascript:alert(1)", None),
    ],
)
def test_the_archives_address_is_kept_unless_it_is_made_up(address, kept):
    """LD section 5: made up of the moment, in UTC or in the zone of the server."""
    row = form.Bookmark(1, "https://a.example", datetime(2020, 1, 1, tzinfo=ZONE), NOW)
    row.web_archive_snapshot_url = address
    found, _ = form.read_bookmark(row, archived=False)

    assert (address if kept else None) == found.web_archive_url
