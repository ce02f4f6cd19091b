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

from models import Asset, Bookmark, Folder, PageContent, Placement
from schema.context import ALL_SCOPES, Context, Viewer
from schema.errors import Forbidden
from schema.formats import netscape
from schema.formats.entries import Entry, FolderEntry, Refused
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
    return json.loads(b"".join([piece async for piece in await exports.document(await person.ctx())]))


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
        await exports.document(ctx)


async def test_a_list_costs_no_statements_for_its_folders(ann):
    await import_rows(ann, [Entry(f"https://{number}.example/", folder=(f"f{number}",)) for number in range(100)])
    async with statements_counted([]) as many:
        await outline(ann)

    assert 6 == len(many)


async def test_the_document_holds_everything_but_secrets_and_bytes(ann):
    """Trash, page texts, assets' names, folders by uid; the account without password and tokens."""
    await import_rows(ann, [Entry("https://a.example/", "A", tags=("x",), folder=("F",), created_at=DAY)])
    kept = await Bookmark.get()
    folder = await Folder.get(name="F")
    await Asset.create(bookmark_id=kept.id, display_name="a.pdf", size=3, sha256="0" * 64, created_at=DAY)
    await PageContent.create(bookmark_id=kept.id, text="page", fetched_at=DAY)
    gone = await make_bookmark(ann, url="https://gone.example/")
    await trash.delete(await ann.ctx(), [gone.id])
    found = await document(ann)
    first, second = found["bookmarks"]

    assert 1 == found["polymark"]
    assert "ann" == found["account"]["username"]
    assert ["x"] == [tag["name"] for tag in found["tags"]]
    assert [None, found["folders"][0]["uid"]] == [row["parent"] for row in found["folders"]]
    assert ("https://a.example/", ["x"], "2020-02-03T04:05:06Z") == (first["url"], first["tags"], first["created_at"])
    assert [str(folder.uid)] == [place["folder"] for place in first["places"]]
    assert ["a.pdf"] == [asset["display_name"] for asset in first["assets"]]
    assert "page" == first["content"]["text"]
    assert (gone.uid, None) == (second["uid"], second["content"])
    assert second["deleted_at"]
    assert ann.secret not in json.dumps(found)
    assert "fake$" not in json.dumps(found)


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
