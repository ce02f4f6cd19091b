"""Whole libraries as files: out of one account and into another, with every byte; and what is not believed."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import json
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models import Asset, Bookmark, Bundle, PageContent, User
from models.rows import AssetRow
from schema.context import ALL_SCOPES, Context, Viewer
from schema.errors import Forbidden, Invalid, Unavailable
from schema.formats.entries import Refused
from schema.formats.sniffing import Format
from schema.ports import Limits
from schema.resolvers import accounts, assets, bundles, exports, imports, library_files, trash
from schema.resolvers.asset_bytes import read_asset, store_packed
from schema.resolvers.bundles import BundleDraft
from server.outside.files import DiskFiles
from tests.factories import make_bookmark, make_person
from tests.schema.resolvers.test_exports import import_rows, libraries, settled

DAY = datetime(2020, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
_numbers = itertools.count(1)


async def chunks(data):
    for start in range(0, len(data), 100_000):
        yield data[start : start + 100_000]


async def add_file(person, bookmark_id, data, *, kind="upload", name="a.txt", content_type="text/plain", packed=False):
    ctx = await person.ctx()
    stored = await (store_packed(ctx.ports, chunks(data)) if packed else ctx.ports.files.store(chunks(data)))
    return await Asset.create(
        bookmark_id=bookmark_id, kind=kind, status="complete", content_type=content_type, display_name=name,
        size=len(data), sha256=stored.sha256, encoding=stored.encoding, created_at=DAY,
    )  # fmt: skip


async def archive_of(person, said=None):
    return b"".join([piece async for piece in await library_files.write_library(await person.ctx(), said)])


async def take(person, data, format=None, **options):
    heard = []
    ctx = await person.ctx(imports.IMPORT)
    if options:
        ctx.ports = replace(ctx.ports, limits=Limits(**options))
    tally = await library_files.take_file(
        ctx, io.BytesIO(data), format, tell=lambda _, troubles: heard.extend(troubles)
    )
    return tally, heard


def parts_of(data):
    """The library without what differs between servers, and the names of its files."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        whole = settled(file.read("library.json"))
        del whole["account"]["username"]
        return whole, sorted(name for name in file.namelist() if name != "library.json")


async def bytes_of(person):
    """What the files of all bookmarks hold, unpacked, by address and name."""
    found = {}
    for asset in await Asset.filter(bookmark__owner_id=person.user.id).prefetch_related("bookmark"):
        row = AssetRow(
            asset.id, asset.bookmark_id, asset.kind, asset.status, asset.content_type, asset.display_name, asset.size,
            asset.sha256, asset.created_at, asset.encoding,
        )  # fmt: skip
        data = b"".join([chunk async for chunk in read_asset(person.ports, row)])
        assert asset.size == len(data)
        found.setdefault((asset.bookmark.title, asset.display_name, asset.kind), []).append(data)
    return {key: sorted(values) for key, values in found.items()}


def zipped(library, files=(), **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("library.json", library if isinstance(library, bytes) else json.dumps(library))
        for name, data in files:
            file.writestr(f"assets/{name}", data, **options)
    return out.getvalue()


def name_of(data):
    return hashlib.sha256(data).hexdigest()


def library_with(*files, **members):
    row = {"url": "https://a.example/", "title": "A", "assets": list(files)} | members
    return {"polymark": 1, "bookmarks": [row]}


def file_of(data, **members):
    facts = {"kind": "upload", "status": "complete", "content_type": "text/plain", "display_name": "a.txt"}
    return facts | {"sha256": name_of(data), "size": len(data), "encoding": "", "created_at": DAY.isoformat()} | members


texts = st.text("ab #", max_size=5)
drafts = st.builds(
    BundleDraft,
    name=st.sampled_from(["A", "B"]), search=texts, any_tags=texts, all_tags=texts, excluded_tags=texts,
    filter_unread=st.sampled_from(["off", "yes", "no"]), filter_shared=st.sampled_from(["off", "yes", "no"]),
    position=st.none() | st.integers(-(2**63), 2**63 - 1),
)  # fmt: skip
pages = st.none() | st.fixed_dictionaries(
    {
        "text": st.text("aä\n", max_size=9), "html": st.sampled_from(["", "<p>x</p>"]),
        "author": st.none() | st.just("B"), "language": st.none() | st.just("de"),
    }
)  # fmt: skip
kept = st.lists(
    st.tuples(
        st.binary(max_size=99),
        st.sampled_from(["upload", "snapshot"]),
        st.sampled_from(["a.txt", "ü b"]),
        st.booleans(),
    ),
    max_size=3,
)


@settings(max_examples=15, phases=(Phase.generate,), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=libraries(), searches=st.lists(drafts, max_size=4), extras=st.lists(st.tuples(pages, kept), max_size=4),
    prefers=st.fixed_dictionaries({}, optional={"theme": st.just("dark"), "display_url": st.just(True)}),
)  # fmt: skip
async def test_a_library_with_its_files_comes_back_equal(database, ports, rows, searches, extras, prefers):
    """Out of one account and into an empty one: everything but ids, byte by byte; a second time it changes nothing."""
    first = await make_person(ports, f"a{next(_numbers)}")
    second = await make_person(ports, f"b{next(_numbers)}")
    await import_rows(first, rows)
    for draft in searches:
        await bundles.create(await first.ctx(), draft)
    await accounts.set_preferences(await first.ctx(), prefers)
    await accounts.set_auto_tagging_rules(await first.ctx(), "a.example x")
    ids = await Bookmark.filter(owner_id=first.user.id).order_by("id").values_list("id", flat=True)
    for id, (page, files) in zip(ids, extras, strict=False):
        if page is not None:
            await PageContent.create(bookmark_id=id, fetched_at=DAY, **page)
        for data, kind, name, packed in files:
            await add_file(first, id, data, kind=kind, name=name, packed=packed)
    await Bookmark.filter(id__in=ids[:1]).update(web_archive_url="https://web.archive.org/web/1/https://a.example/")
    data = await archive_of(first)
    tally, heard = await take(second, data)
    again, heard_again = await take(second, data)
    seq = (await User.get(id=second.user.id)).change_seq
    third, _ = await take(second, data, Format.JSON)

    assert [] == heard == heard_again
    assert (len(ids), 0, 0) == (tally.created, tally.unchanged, tally.refused)
    assert parts_of(data) == parts_of(await archive_of(second))
    assert await bytes_of(first) == await bytes_of(second)
    assert (0, 0, 0, 0) == (again.created, again.updated, again.files, again.bundles)
    assert seq == (await User.get(id=second.user.id)).change_seq
    assert third.unchanged == tally.links


async def test_what_is_there_already_stays_and_is_completed(ann, ben):
    """A file is matched by kind, name and bytes; a page that was read here stays; bundles come behind those there."""
    mine = await make_bookmark(ann, url="https://a.example/", title="A")
    await add_file(ann, mine.id, b"both")
    await add_file(ann, mine.id, b"hers", name="b.txt")
    await PageContent.create(bookmark_id=mine.id, text="hers", fetched_at=DAY)
    await bundles.create(await ann.ctx(), BundleDraft("Hers", search="x", position=3))
    await bundles.create(await ann.ctx(), BundleDraft("Both", position=4))
    theirs = await make_bookmark(ben, url="https://a.example/", title="A")
    await add_file(ben, theirs.id, b"both")
    await PageContent.create(bookmark_id=theirs.id, text="his", fetched_at=DAY)
    await bundles.create(await ben.ctx(), BundleDraft("Both", position=7))
    await bundles.create(await ben.ctx(), BundleDraft("His", position=-7))
    await accounts.set_preferences(await ben.ctx(), {"theme": "light"})
    await accounts.set_preferences(await ann.ctx(), {"theme": "dark", "tag_search": "lax", "enable_sharing": True})
    tally, heard = await take(ben, await archive_of(ann))

    assert (0, 1, 1, 1) == (tally.created, tally.updated, tally.files, tally.bundles)
    assert {("A", "a.txt", "upload"): [b"both"], ("A", "b.txt", "upload"): [b"hers"]} == await bytes_of(ben)
    assert "his" == (await PageContent.get(bookmark_id=theirs.id)).text
    listed = await Bundle.filter(owner_id=ben.user.id).order_by("position").values_list("name", "position")
    assert [("His", -7), ("Both", 7), ("Hers", 8)] == listed
    user = await User.get(id=ben.user.id)
    assert ("light", "lax", False) == (user.preferences["theme"], user.preferences["tag_search"], user.enable_sharing)
    assert ["The account shared its public bookmarks; here nobody sees them before you say so."] == [
        one.reason for one in heard
    ]


async def test_what_is_left_out_is_said(ann):
    """The trash, files that are pending, and those whose bytes are lost; an account of nothing has a whole archive."""
    assert [] == parts_of(await archive_of(ann))[0]["bookmarks"]
    row, gone = await make_bookmark(ann), await make_bookmark(ann, url="https://gone.example/")
    await add_file(ann, gone.id, b"gone")
    await trash.delete(await ann.ctx(), [gone.id])
    await assets.announce(await ann.ctx(), row.id, "later.txt", "")
    await Asset.create(bookmark_id=row.id, status="failure", display_name="x", created_at=DAY)
    await Asset.create(bookmark_id=row.id, status="complete", display_name="x", sha256="0" * 64, size=1, created_at=DAY)
    said = []
    library, files = parts_of(await archive_of(ann, said.append))

    assert ([], []) == (library["bookmarks"][0]["assets"], files)
    assert [
        "Left out, bookmarks in the trash: 1.",
        "Left out, files that have not come whole: 2.",
        "Left out, files whose bytes are lost: 1.",
    ] == said


async def test_a_file_that_is_damaged_on_the_disk_is_said(ann):
    row = await make_bookmark(ann)
    await add_file(ann, row.id, b"whole")
    ann.ports.files.path(name_of(b"whole")).write_bytes(b"whale")
    said = []
    await archive_of(ann, said.append)

    assert ["Damaged on the disk, and refused by an import, files: 1."] == said


async def test_only_the_viewers_own_is_in_it(ann, ben):
    row = await make_bookmark(ben, is_public=True)
    await add_file(ben, row.id, b"bens")
    await bundles.create(await ben.ctx(), BundleDraft("bens"))
    library, files = parts_of(await archive_of(ann))

    assert ([], [], []) == (library["bookmarks"], library["bundles"], files)
    ctx = Context(ann.ports, imports.IMPORT, Viewer(ann.user, ALL_SCOPES - {"bookmarks:read"}))
    with pytest.raises(Forbidden):
        await library_files.write_library(ctx)


SAID = {
    "no bytes": (file_of(b"x"), [], "The bytes of a file are not in the archive."),
    "other bytes": (file_of(b"x"), [(name_of(b"x"), b"y")], "A file has other bytes than its name says."),
    "no name": (file_of(b"x", display_name=" "), [(name_of(b"x"), b"x")], "A file has no name of 1 to 1000"),
    "only folders": (file_of(b"x", display_name="../"), [(name_of(b"x"), b"x")], None),
    "no hash": (file_of(b"x", sha256="../../etc/passwd"), [], "What is said of its files cannot be read: 1"),
    "no kind": (file_of(b"x", kind="virus"), [], "What is said of its files cannot be read: 1"),
    "no encoding": (file_of(b"x", encoding="br"), [], "What is said of its files cannot be read: 1"),
    "no gzip": (file_of(b"x", encoding="gzip"), [(name_of(b"x"), b"x")], "A file is damaged."),
    "half a gzip": (file_of(gzip.compress(b"x" * 99)[:-4], encoding="gzip"), None, "A file is damaged."),
    "two gzips": (file_of(gzip.compress(b"x") * 2, encoding="gzip"), None, "A file is damaged."),
    "too large": (file_of(b"x" * 5_001), [(name_of(b"x" * 5_001), b"x" * 5_001)], "A file is larger than the limit"),
    "a bomb": (file_of(gzip.compress(b"x" * 10**6), size=1, encoding="gzip"), None, "A file is larger than the limit"),
}  # fmt: skip
BYTES = {
    "half a gzip": gzip.compress(b"x" * 99)[:-4], "two gzips": gzip.compress(b"x") * 2,
    "a bomb": gzip.compress(b"x" * 10**6),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
async def test_a_file_is_taken_for_what_its_bytes_are(ann, name):
    """What cannot be kept is one line that names its bookmark, which is kept all the same."""
    file, files, words = SAID[name]
    data = BYTES.get(name)
    if data is not None:
        file, files = file | {"sha256": name_of(data)}, [(name_of(data), data)]
    tally, heard = await take(ann, zipped(library_with(file), files), max_asset_size=5_000)

    assert (1, 0) == (tally.created, tally.files if words else 0)
    if words is not None:
        assert [("https://a.example/", words)] == [(one.url, one.reason[: len(words)]) for one in heard]
        assert 0 == await Asset.all().count()


async def test_what_is_said_of_a_file_is_made_sound(ann):
    """Its size is that of its bytes, an upload's name has no folders, and no type breaks a header."""
    packed = gzip.compress(b"<p>" * 1000)
    files = [
        file_of(b"one", size=10**9, display_name="../../etc/passwd", content_type="Text/PLAIN; charset=x"),
        file_of(b"one", size=-1, display_name="b", content_type="text/x\r\nSet-Cookie: a"),
        file_of(packed, size=1, encoding="gzip", kind="snapshot", display_name="HTML snapshot from 01/02/2026"),
        file_of(packed, kind="upload", display_name="page.gz"),
    ]
    bytes_ = [(name_of(b"one"), b"one"), (name_of(packed), packed)]
    _, heard = await take(ann, zipped(library_with(*files), bytes_))
    columns = "display_name", "content_type", "size", "encoding", "created_at"
    found = await Asset.all().order_by("id").values_list(*columns)

    assert [] == heard
    assert [
        ("passwd", "text/plain", 3, "", DAY),
        ("b", "", 3, "", DAY),
        ("HTML snapshot from 01/02/2026", "text/plain", 3000, "gzip", DAY),
        ("page.gz", "text/plain", len(packed), "", DAY),
    ] == found


async def test_where_no_files_are_taken_none_is(ann):
    """The switch for uploads holds here too."""
    data = zipped(library_with(file_of(b"x")), [(name_of(b"x"), b"x")])
    tally, heard = await take(ann, data, asset_upload=False)

    assert (1, 0) == (tally.created, tally.files)
    assert ["Files are not taken in on this server; 1 of them were left out."] == [one.reason for one in heard]


async def test_a_name_is_no_proof_that_one_has_the_bytes(ann, ben):
    """Plain JSON names files; bytes that somebody else has kept here are not handed out for their names."""
    row = await make_bookmark(ben)
    await add_file(ben, row.id, b"secret")
    library = library_with(file_of(b"secret"))
    for data in (json.dumps(library).encode(), zipped(library)):
        tally, heard = await take(ann, data)

        assert (0, 1) == (tally.files, len(heard))
    assert 0 == await Asset.filter(bookmark__owner_id=ann.user.id).count()


async def test_html_of_a_page_is_cleaned(ann):
    """Whoever wrote the file: what is shown as an article has nothing in it that runs."""
    page = {"text": "T", "html": "<script>alert(1)", "author": "A", "language": "x" * 36, "fetched_at": "never"}
    for data in (zipped(library_with(content=page)), json.dumps(library_with(content=page)).encode()):
        await Bookmark.all().delete()
        await take(ann, data)

        kept = await PageContent.get()
        assert ("T", "alert(1)", "A", None) == (kept.text, kept.html, kept.author, kept.language)


@pytest.mark.parametrize(
    ("bundle", "kept"),
    [
        ({"name": "A", "position": 3, "created_at": DAY.isoformat()}, True),
        ({"name": "A", "filter_unread": "maybe"}, False),
        ({"name": "x" * 257}, False),
        ({"name": "A", "any_tags": "x" * 1025}, False),
        ({"search": "x"}, False),
        ({"name": ["A"]}, False),
        ("A", False),
    ],
)
async def test_a_bundle_that_cannot_be_kept_is_left_out_aloud(ann, bundle, kept):
    tally, heard = await take(ann, json.dumps({"polymark": 1, "bundles": [bundle]}).encode())

    assert (int(kept), int(not kept)) == (tally.bundles, len(heard))
    assert int(kept) == await Bundle.all().count()


async def test_preferences_need_their_scope_and_must_be_some(ann):
    """What is unknown or no choice is passed over; a credential that may not change the account does not."""
    account = {
        "preferences": {"theme": "pink", "display_url": True, "unknown": 1, "search_preferences": {"sort": "x"}},
        "auto_tagging_rules": "a.example x",
    }
    data = json.dumps({"polymark": 1, "account": account}).encode()
    narrow = Context(ann.ports, imports.IMPORT, Viewer(ann.user, frozenset({"bookmarks:write"})))
    heard = []
    await library_files.take_file(narrow, io.BytesIO(data), tell=lambda _, troubles: heard.extend(troubles))
    before = await User.get(id=ann.user.id)
    await take(ann, data)
    after = await User.get(id=ann.user.id)

    assert ({}, "", 1) == (before.preferences, before.auto_tagging_rules, len(heard))
    assert ("auto", True, "a.example x") == (
        after.preferences["theme"], after.preferences["display_url"], after.auto_tagging_rules,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "format", "rule"),
    [
        (zipped({})[:-9], None, "zip_damaged"),
        (zipped({}), None, "format"),
        (zipped(library_with()), Format.NETSCAPE, "format"),
        (b"no file of ours", None, "format"),
    ],
)
async def test_what_cannot_be_read_is_refused_before_anything_is_taken(ann, data, format, rule):
    with pytest.raises(Invalid) as refusal:
        await take(ann, data, format)

    assert rule == refusal.value.faults[0].rule
    assert 0 == await Bookmark.all().count()


async def test_a_library_that_breaks_off_is_taken_as_far_as_it_goes(ann):
    """And the whole one completes it."""
    first, second = ({"url": f"https://{name}.example/", "assets": [file_of(name.encode())]} for name in "ab")
    whole = json.dumps({"polymark": 1, "bookmarks": [first, second]}).encode()
    files = [(name_of(b"a"), b"a"), (name_of(b"b"), b"b")]
    broken, heard = await take(ann, zipped(whole[:-40], files))
    rest, _ = await take(ann, zipped(whole, files))

    assert (1, 1, 1) == (broken.created, broken.files, sum(isinstance(one, Refused) for one in heard))
    assert (1, 1, 1) == (rest.created, rest.unchanged, rest.files)


async def test_an_import_that_was_cut_off_is_completed_by_the_next(ann, monkeypatch):
    """The disk fills up between batches: what was told is there with its files, the rest comes the next time."""
    rows = [{"url": f"https://{n}.example/", "assets": [file_of(b"%d" % n, size=10**9)]} for n in range(6)]
    data = zipped({"polymark": 1, "bookmarks": rows}, [(name_of(b"%d" % n), b"%d" % n) for n in range(6)])
    store, calls = ann.ports.files.store, itertools.count(1)

    async def full(chunks, *, limit=None):
        if next(calls) == 4:
            raise Unavailable("storage")
        return await store(chunks, limit=limit)

    monkeypatch.setattr(type(ann.ports.files), "store", lambda _, chunks, *, limit=None: full(chunks, limit=limit))
    with pytest.raises(Unavailable):
        await take(ann, data)
    there = await Bookmark.all().count()
    tally, _ = await take(ann, data)

    assert 3 == there == await Asset.all().count() - 3
    assert (3, 3, 3) == (tally.created, tally.unchanged, tally.files)


async def test_bytes_that_are_there_are_not_brought_again(ann, monkeypatch):
    data = zipped(library_with(file_of(b"x"), file_of(b"x", display_name="b")), [(name_of(b"x"), b"x")])
    await take(ann, data)

    def refuse(*_args, **_options):
        raise AssertionError("read again")

    monkeypatch.setattr(type(ann.ports.files), "store", refuse)
    tally, _ = await take(ann, data)

    assert (1, 0) == (tally.unchanged, tally.files)


async def test_the_memory_stays_flat(ann, ben, tmp_path):
    """A file of 40 MB, packed and not, out and in again: a few chunks of it at a time."""
    row = await make_bookmark(ann)
    ctx, bens = await ann.ctx(), await ben.ctx(imports.IMPORT)
    ctx.ports = bens.ports = replace(ctx.ports, files=DiskFiles(tmp_path / "disk"))  # the fake one has it all at once

    async def large():
        for number in range(40):
            yield bytes([number]) * 1_000_000

    for packed in (False, True):
        stored = await (store_packed(ctx.ports, large()) if packed else ctx.ports.files.store(large()))
        await assets.attach(ctx, row.id, f"{packed}", "", stored)
    path = tmp_path / "library.zip"
    tracemalloc.start()
    with path.open("wb") as out:
        async for piece in await library_files.write_library(ctx):
            out.write(piece)
    with path.open("rb") as source:
        tally = await library_files.take_file(bens, source)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 2 == tally.files
    assert path.stat().st_size > 40_000_000
    assert peak < 12_000_000


async def test_a_plain_library_is_taken_as_well(ann, ben):
    """What the Bkmark door hands out: bundles ride along."""
    await make_bookmark(ann, url="https://a.example/")
    await bundles.create(await ann.ctx(), BundleDraft("A"))
    data = b"".join([piece async for piece in await exports.library(await ann.ctx())])
    tally, heard = await take(ben, data)

    assert (1, 1, []) == (tally.created, tally.bundles, heard)


class Pipe(io.RawIOBase):
    """A source that cannot be searched."""

    def __init__(self, data):
        self._data = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._data.readinto(buffer)


async def test_a_source_that_cannot_be_searched_is_no_archive(ann):
    plain = await library_files.take_file(await ann.ctx(imports.IMPORT), Pipe(json.dumps(library_with()).encode()))
    with pytest.raises(Invalid):
        await library_files.take_file(await ann.ctx(imports.IMPORT), Pipe(zipped(library_with())))

    assert 1 == plain.created
