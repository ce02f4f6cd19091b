"""Pocket's, Raindrop's and our own tables, as they are written and as spreadsheets leave them."""

from __future__ import annotations

import csv
import io
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import Invalid
from schema.formats import pocket, raindrop
from schema.formats.entries import Entry, Refused, Remark
from schema.formats.sniffing import Format, read, sniff
from schema.formats.tables import MAX_TEXT, guard, read_table, unguard

DAY = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
POCKET = "title,url,time_added,tags,status\n"
RAINDROP = "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n"


def rows_of(reader, text):
    return list(reader.read(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


def test_pocket():
    """Quoted texts over lines, bars between tags, seconds; what has no address is refused with its line."""
    text = f'{POCKET}"A ""b"",\nc",https://a.example/,1580702706,x| y |x,unread\n\nB,https://b.example/,0,,archive\nC,,1,,unread\n{POCKET},x:y,,,\n'

    assert [
        Entry("https://a.example/", 'A "b",\nc', tags=("x", "y"), created_at=DAY, to_read=True),
        Entry("https://b.example/", "B", is_archived=True),
        Refused(6, "The row has no address."),
        Entry("x:y"),
    ] == rows_of(pocket, text)
    assert [2, 5, 6, 8] == [row.position for row in rows_of(pocket, text)]


def test_raindrop():
    text = (
        f'{RAINDROP}1,A,note,about,https://a.example/,F/G / H,"x, y",2020-02-03T04:05:06.000Z,https://img,high,true\n'
        "2,B,,,https://b.example/,Unsorted,,nonsense,,,false\n"
    )

    assert [
        Entry("https://a.example/", "A", "about", "note\n\nhigh", ("x", "y"), ("F/G", "H"), DAY, is_favorite=True),
        Entry("https://b.example/", "B"),
    ] == rows_of(raindrop, text)


@pytest.mark.parametrize(
    "data",
    [
        "title;url;time_added\r\nCafé;https://a.example/;1580702706\r\n".encode("cp1252"),
        "title\turl\ttime_added\rCafé\thttps://a.example/\t1580702706\r".encode("utf-16"),
        "title,url,time_added\nCafé,https://a.example/,1580702706".encode("utf-16-le"),
        '\ufeff\n\n"TITLE", URL ,time_added\nCafé,https://a.example/,1580702706\n'.encode(),
    ],
)
def test_spreadsheets_leave_their_traces(data):
    """Another delimiter, line end, encoding; blanks and case in the names of columns."""
    assert [Entry("https://a.example/", "Café", created_at=DAY)] == rows_of(pocket, data)


@pytest.mark.parametrize("data", [b"", b"\n \n", b"url,title\n", b"\0\0\0", b'"', b"{}", b"<DL>"])
def test_what_is_no_such_table_is_invalid(data):
    for reader in (pocket, raindrop):
        with pytest.raises(Invalid):
            rows_of(reader, data)


def test_a_field_that_never_ends_is_refused_and_the_rest_goes_on():
    rows = rows_of(pocket, f'{POCKET}"{"x" * (MAX_TEXT + 9)}\nB,https://b.example/,,,\n')

    assert isinstance(rows[0], Refused)
    assert "https://b.example/" in {getattr(row, "url", "") for row in rows} or len(rows) == 1


def test_a_tag_or_path_that_is_too_long_is_told():
    path = " / ".join(["f"] * 1001)
    rows = rows_of(raindrop, f"url,folder,created,tags\nx:y,{path},,{'t' * 256}\n")

    assert [Remark, Remark, Entry] == [type(row) for row in rows]
    assert (1000, ()) == (len(rows[2].folder), rows[2].tags)


def test_memory_does_not_grow_with_the_file():
    tracemalloc.start()
    count = sum(1 for _ in pocket.read(io.BytesIO(POCKET.encode() + b"x\n" * 100_000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 100_000 == count
    assert peak < 5_000_000


@given(st.text(max_size=20))
def test_no_cell_begins_a_formula(text):
    """And every text comes back."""
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert text == unguard(guard(text)) or text[:1] == "'"


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=9)
names = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters=",/'"), min_size=1, max_size=6)


@given(
    st.builds(
        Entry,
        url=st.just("https://a.example/"),
        title=cells,
        description=cells,
        notes=cells,
        tags=st.lists(names, unique=True, max_size=3).map(tuple),
        folder=st.lists(names, max_size=3).map(tuple).filter(lambda path: path != ("unsorted",)),
        created_at=st.none() | st.just(DAY),
        updated_at=st.none() | st.just(DAY),
        is_archived=st.booleans(),
        is_public=st.booleans(),
        is_favorite=st.booleans(),
        kind=st.sampled_from(["link", "note", "image"]),
        read_at=st.just(DAY),
        summary=st.none() | names,
    )
)
def test_our_table_is_read_back(entry):
    """Every cell is quoted; a text that begins with an apostrophe and a formula loses the apostrophe."""
    text = "".join(raindrop.write([entry]))
    (found,) = rows_of(raindrop, text)

    for name in ("title", "description", "notes"):
        assert getattr(entry, name) == getattr(found, name) or getattr(entry, name)[:1] == "'"
    same = (
        "url",
        "tags",
        "folder",
        "created_at",
        "updated_at",
        "is_archived",
        "is_public",
        "is_favorite",
        "kind",
        "summary",
    )
    assert [getattr(entry, name) for name in same] == [getattr(found, name) for name in same]
    assert all(cell.startswith('"') for cell in text.split("\r\n")[0].split(","))
    assert 2 == len(list(csv.reader(io.StringIO(text, newline=""))))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers(data):
    for reader, head in ((pocket, POCKET), (raindrop, RAINDROP)):
        assert isinstance(rows_of(reader, head.encode() + data), list)
    try:
        list(read_table(io.BytesIO(data), ()))
        list(read(io.BytesIO(data)))
    except Invalid:
        pass


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b'\xef\xbb\xbf \n{"polymark"', Format.JSON),
        ('{"polymark"'.encode("utf-16"), Format.JSON),
        (b"<!DOCTYPE NETSCAPE-Bookmark-file-1>", Format.NETSCAPE),
        (b"<html><title>Pocket Export", Format.NETSCAPE),
        (POCKET.encode(), Format.POCKET),
        (b'"url";"time_added"\r\n', Format.POCKET),
        (RAINDROP.encode(), Format.RAINDROP),
        ("".join(raindrop.write(())).encode(), Format.RAINDROP),
        (b"", Format.NETSCAPE),
        (b"anything", Format.NETSCAPE),
        (b'"', Format.NETSCAPE),
    ],
)
def test_files_are_known_by_how_they_begin(head, format):
    assert format is sniff(head)
