"""Handing a library out: nothing is lost on the way out, and what comes back in is the same."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Bookmark, Folder, Placement
from schema.context import ALL_SCOPES, Context, Viewer
from schema.errors import Forbidden
from schema.formats import library, netscape, raindrop
from schema.formats.entries import Entry, FolderEntry, Place, Refused, TagEntry
from schema.resolvers import exports, imports, trash
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_person

DAY = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
_numbers = itertools.count(1)

# What the format can hold: no control characters, no white space at the ends, no commas in tags, whole seconds.
letters = st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters=",[]")
words = st.lists(st.text(letters, max_size=8), max_size=3).map(lambda parts: " ".join(filter(None, parts)))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
paths = st.lists(st.sampled_from(["F", "G", 'a "name" & <more>', "ë 漢"]), max_size=3).map(tuple)
entries = st.builds(
    Entry,
    url=st.builds("{}://{}.example/{}".format, st.sampled_from(["https", "ftp"]), st.sampled_from("abc"), words),
    title=words,
    description=words,
    notes=words,
    tags=st.lists(st.text(letters, min_size=1, max_size=8), max_size=4, unique_by=str.lower).map(tuple),
    folder=paths,
    created_at=moments,
    updated_at=moments,
    to_read=st.booleans(),
    is_archived=st.booleans(),
    is_public=st.booleans(),
    is_favorite=st.booleans(),
)
folders = st.builds(FolderEntry, path=paths.filter(bool), description=words, created_at=moments)


async def import_rows(person, rows):
    return await imports.take_in(await person.ctx(imports.IMPORT), rows)


async def outline(person):
    return [row async for chunk in await exports.outline(await person.ctx()) for row in chunk]


async def document(person):
    return json.loads(await own_json(person))


async def test_folders_come_depth_first_in_their_order(ann):
    rows = [
        FolderEntry(("F",), "why", DAY),
        Entry("https://a.example/", "A", "about", "mine", ("x", "y"), ("F",), DAY, DAY, True, True, True, True),
        FolderEntry(("F", "G"), "", DAY),
        FolderEntry(("H",), "", DAY),
        Entry("https://b.example/", created_at=DAY, updated_at=DAY),
        Entry("https://a.example/", "A", "about", "mine", ("x", "y"), (), DAY, DAY, True, True, True, True),
    ]  # fmt: skip
    await import_rows(ann, rows)

    assert rows == [row if isinstance(row, FolderEntry) else without_change(row) for row in await outline(ann)]


def without_change(row):
    """The second mention of an address is a change of this moment; here the file's own date is put back."""
    return dataclasses.replace(row, updated_at=DAY)


async def test_trash_is_left_out_of_the_list_and_lost_places_stand_in_the_root(ann):
    gone = await make_bookmark(ann, url="https://gone.example/")
    await trash.delete(await ann.ctx(), [gone.id])
    await import_rows(ann, [Entry("https://a.example/", folder=("F",)), Entry("https://b.example/")])
    await Folder.filter(name="F").update(deleted_at=DAY)

    assert [("https://b.example/", ()), ("https://a.example/", ())] == [
        (row.url, row.folder) for row in await outline(ann)
    ]


async def test_what_has_no_address_is_named_and_not_silently_left_out(ann):
    note = await make_bookmark(ann)
    await Bookmark.filter(id=note.id).update(url=None, url_href=None, href_hash=None, kind="note")

    assert [Refused(note.id, "A note without an address cannot stand in a list of links.")] == await outline(ann)


async def test_only_the_viewers_own_is_handed_out(ann, ben):
    await make_bookmark(ben, url="https://ben.example/", is_public=True, tag_names=["bens"])

    assert [] == await outline(ann)
    assert ([], []) == ((await document(ann))["bookmarks"], (await document(ann))["tags"])


async def test_a_token_that_may_not_read_gets_nothing(ann):
    ctx = Context(ann.ports, imports.IMPORT, Viewer(ann.user, ALL_SCOPES - {"bookmarks:read"}))

    with pytest.raises(Forbidden):
        await exports.outline(ctx)
    with pytest.raises(Forbidden):
        await exports.library(ctx)


async def test_a_list_costs_no_statements_for_its_folders(ann):
    await import_rows(ann, [Entry(f"https://{number}.example/", folder=(f"f{number}",)) for number in range(100)])
    async with statements_counted([]) as many:
        await outline(ann)

    assert 6 == len(many)


async def test_an_empty_library_is_a_whole_document(ann):
    found = await document(ann)

    assert (1, [], []) == (len(found["folders"]), found["tags"], found["bookmarks"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(entries | folders, max_size=12))
async def test_what_was_exported_comes_back_the_same(database, ports, rows):
    """Out as a bookmark file and into an empty account: the same bookmarks, tags and folders in the same order."""
    first = await make_person(ports, f"a{next(_numbers)}")
    second = await make_person(ports, f"b{next(_numbers)}")
    await import_rows(first, rows)
    sent = await outline(first)
    file = "".join(netscape.write(sent)).encode()
    tally = await import_rows(second, netscape.read(io.BytesIO(file)))

    assert 0 == tally.refused
    assert [whole(row) for row in sent] == [whole(row) for row in await outline(second)]
    assert await Placement.filter(folder__owner_id=first.user.id).count() == tally.links


def whole(row):
    """A row with its moments in whole seconds, as the file has them; one that came twice was changed by that."""
    moment = row.created_at.replace(microsecond=0) if row.created_at else None
    return (
        dataclasses.replace(row, created_at=moment, updated_at=None)
        if isinstance(row, Entry)
        else dataclasses.replace(row, created_at=None)
    )


# Our own JSON: all of a library, in and out.

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(tzinfo=UTC)
)
filled = st.none() | texts.filter(bool)
colors = st.none() | st.sampled_from(["#22c55e", "#ABCDEF80"])
ranks = st.integers(-(2**20), 2**20)
FOLDERS = (("F",), ("F", "G"), ("H",), ("F",), ("H", ""))


@st.composite
def libraries(draw):
    """What a file could hold: tags of their own, a few folders, two with one name, and bookmarks of every kind."""
    tags = draw(st.lists(st.sampled_from(["x", "Y", "ü z"]), unique=True))
    rows = [TagEntry(name, draw(colors), draw(instants), draw(instants)) for name in tags]
    rows += [
        FolderEntry(path, draw(texts), draw(instants), draw(instants), draw(colors), draw(filled), str(n), n)
        for n, path in enumerate(FOLDERS)
    ]
    rows += draw(st.lists(bookmarks(), max_size=8))
    return rows


@st.composite
def bookmarks(draw):
    kind = draw(st.sampled_from(["link", "image", "note", "code"]))
    is_text = kind in {"note", "code"}
    scheme = draw(st.sampled_from(["https", "ftp"] if is_text else ["https", "ftp", "javascript"]))
    address = f"{scheme}://{draw(st.sampled_from('abc'))}.example/"
    folders = draw(st.lists(st.sampled_from(["", *map(str, range(len(FOLDERS)))]), unique=True, max_size=3))
    to_read = draw(st.booleans())
    return Entry(
        "" if is_text and draw(st.booleans()) else address,
        title=draw(texts),
        description=draw(texts),
        notes=draw(texts),
        tags=tuple(draw(st.lists(st.sampled_from(["x", "y", "new"]), unique=True))),
        created_at=draw(instants),
        updated_at=draw(instants),
        to_read=to_read,
        is_archived=draw(st.booleans()),
        is_public=draw(st.booleans()),
        is_favorite=draw(st.booleans()),
        kind=kind,
        source=draw(st.sampled_from(["web", "slack", "import"])),
        read_at=None if to_read else draw(instants),
        summary=draw(filled),
        is_title_provisional=draw(st.booleans()),
        click_count=draw(st.integers(0, 9)),
        copy=0 if is_text else draw(st.integers(0, 2)),
        places=tuple(Place(folder, draw(ranks), draw(instants)) for folder in folders),
    )


async def own_json(person):
    return b"".join([piece async for piece in await exports.library(await person.ctx())])


def settled(file):
    """A library without what differs from server to server: ids are the order of things now."""
    found = json.loads(file)
    del found["exported_at"]
    below = {}
    for folder in found["folders"]:
        below.setdefault(folder["parent"], []).append(folder)
    names, pending = {}, [(None, ())]
    while pending:
        uid, path = pending.pop()
        for number, folder in enumerate(sorted(below.get(uid, []), key=lambda one: one["position"])):
            names[folder["uid"]] = (*path, number, folder["name"])
            pending.append((folder["uid"], names[folder["uid"]]))
    for folder in found["folders"]:
        folder["parent"] = names.get(folder["parent"])
        folder["uid"] = names[folder["uid"]]
        if folder["parent"] is None:  # the root was made with the account
            del folder["created_at"], folder["updated_at"]
    for bookmark in found["bookmarks"]:
        del bookmark["uid"]
        for place in bookmark["places"]:
            place["folder"] = names[place["folder"]]
        bookmark["places"].sort(key=lambda place: place["folder"])
    found["folders"].sort(key=lambda folder: folder["uid"])
    found["bookmarks"].sort(key=lambda bookmark: json.dumps(bookmark, sort_keys=True))
    return found


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=libraries())
async def test_our_json_comes_back_equal(database, ports, rows):
    """Out of one account and into an empty one: everything but ids; a second time it changes nothing."""
    first = await make_person(ports, f"a{next(_numbers)}")
    second = await make_person(ports, f"b{next(_numbers)}")
    await import_rows(first, rows)
    file = await own_json(first)
    tally = await import_rows(second, library.read(io.BytesIO(file)))
    again = await import_rows(second, library.read(io.BytesIO(file)))

    assert 0 == tally.refused
    assert await Bookmark.filter(owner_id=first.user.id).count() == tally.created
    assert settled(file) == settled(await own_json(second))
    assert (0, 0, tally.links) == (again.created, again.updated, again.unchanged)


async def test_our_json_leaves_out_what_is_the_servers_own(ann):
    """Trash, page texts, assets and the account are not in it; a live folder below a deleted one is not there."""
    await import_rows(ann, [Entry("https://a.example/", folder=("F", "G")), Entry("https://b.example/", folder=("H",))])
    await Folder.filter(name="F").update(deleted_at=DAY)
    gone = await make_bookmark(ann, url="https://gone.example/")
    await trash.delete(await ann.ctx(), [gone.id])
    found = json.loads(await own_json(ann))
    first, second = found["bookmarks"]

    assert ["polymark", "exported_at", "tags", "folders", "bundles", "bookmarks"] == list(found)
    assert ["", "H"] == [folder["name"] for folder in found["folders"]]
    assert ([], 1) == (first["places"], len(second["places"]))
    assert not {"id", "content", "assets", "favicon"} & set(first)


async def test_what_is_there_already_is_completed_by_our_json(ann):
    """Texts and colours that are missing are filled, order is kept behind what is there, nothing else changes."""
    await import_rows(ann, [FolderEntry(("F",)), Entry("https://old.example/", "Old", tags=("x",), folder=("F",))])
    await import_rows(
        ann,
        [
            TagEntry("X", "#22c55e"),
            TagEntry("unused", "#ffffff"),
            FolderEntry(("F",), "why", color="#111111", icon="star", id="f"),
            Entry("https://old.example/", "New", summary="S", places=(Place("f", -9),)),
            Entry("https://b.example/", places=(Place("f", 7), Place("unknown", 1))),
            Entry("https://a.example/", places=(Place("f", -7),)),
        ],
    )
    found = json.loads(await own_json(ann))
    folder = next(folder for folder in found["folders"] if folder["name"] == "F")
    places = {row["url"]: row["places"][0]["position"] for row in found["bookmarks"]}

    assert [("unused", "#ffffff"), ("x", "#22c55e")] == [(tag["name"], tag["color"]) for tag in found["tags"]]
    assert ("why", "#111111", "star") == (folder["description"], folder["color"], folder["icon"])
    assert ("Old", "S") == (found["bookmarks"][0]["title"], found["bookmarks"][0]["summary"])
    assert ["https://old.example/", "https://a.example/", "https://b.example/"] == sorted(places, key=places.get)


async def test_a_table_has_all_kinds_and_comes_back(ann, ben):
    rows = [
        Entry("https://a.example/", "=A", "about", "mine", ("x", "y"), ("F", "G"), DAY, DAY, is_favorite=True),
        Entry("", "N", "note", kind="note", created_at=DAY, updated_at=DAY, read_at=DAY, summary="S"),
    ]
    await import_rows(ann, rows)
    chunks = await exports.outline(await ann.ctx(), of_links=False)
    sent = [row async for chunk in chunks for row in chunk if isinstance(row, Entry)]
    file = "".join(raindrop.write(sent)).encode()
    await import_rows(ben, raindrop.read(io.BytesIO(file)))
    chunks = await exports.outline(await ben.ctx(), of_links=False)

    assert 2 == len(sent)
    assert sent == [row async for chunk in chunks for row in chunk if isinstance(row, Entry)]


@pytest.mark.parametrize("done", [0, 1, 2, 3])
async def test_several_of_one_address_stay_several_wherever_the_run_before_was_cut_off(ann, ben, monkeypatch, done):
    """The one with the first number may be the youngest, and each may come in a batch of its own."""
    moments = [datetime(2023 - number, 1, 1, tzinfo=UTC) for number in range(3)]
    await import_rows(
        ann,
        [Entry("https://a.example/", f"{copy}", copy=copy, created_at=moments[copy]) for copy in range(3)],
    )
    file = await own_json(ann)
    monkeypatch.setattr(imports, "BATCH", 1)
    rows = list(library.read(io.BytesIO(file)))
    kept = [row for row in rows if isinstance(row, Entry)]
    others = [row for row in rows if not isinstance(row, Entry)]
    await import_rows(ben, [*others, *kept[:done]])
    tally = await import_rows(ben, rows)

    assert (3 - done, done) == (tally.created, tally.unchanged)
    assert {"0": 0, "1": 1, "2": 2} == dict(await Bookmark.filter(owner_id=ben.user.id).values_list("title", "copy"))


async def test_several_of_one_address_stay_several_in_any_order(ann, monkeypatch):
    """Files of older releases have the oldest first, whatever its number."""
    monkeypatch.setattr(imports, "BATCH", 1)
    tally = await import_rows(ann, [Entry("https://a.example/", f"{copy}", copy=copy) for copy in (2, 1, 0)])

    assert 3 == tally.created
    assert {"0": 0, "1": 1, "2": 2} == dict(await Bookmark.all().values_list("title", "copy"))
