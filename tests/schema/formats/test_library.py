"""Our own JSON is read whatever it is: as it is written, by hand, damaged, hostile."""

from __future__ import annotations

import io
import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import Fault, Invalid
from schema.formats import library
from schema.formats.entries import Entry, FolderEntry, Place, Refused, Remark, TagEntry
from schema.formats.library import MAX_TEXT, MAX_VALUES
from schema.formats.netscape import MAX_DEPTH

DAY = datetime(2020, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
STAMP = "2020-02-03T04:05:06.000789Z"
ROOT = {"uid": "r", "parent": None}


def rows_of(document):
    data = document if isinstance(document, bytes) else json.dumps({"polymark": 1} | document).encode()
    return list(library.read(io.BytesIO(data)))


def row_of(bookmark):
    return rows_of({"bookmarks": [bookmark]})[-1]


def test_everything_that_is_written_is_read():
    bookmark = {
        "uid": "x", "kind": "image", "source": "slack", "url": " https://a.example/ ", "title": "A",
        "description": "about", "notes": "mine", "summary": "S", "is_title_provisional": True, "is_archived": True,
        "is_favorite": True,
        "is_public": True, "read_at": STAMP, "click_count": 7, "created_at": STAMP, "updated_at": STAMP, "copy": 2,
        "tags": ["x", " y ", "x", ""], "places": [{"folder": "f", "position": -5, "created_at": STAMP}],
    }  # fmt: skip
    folder = {
        "uid": "f", "parent": "r", "name": "F", "description": "why", "color": "#22C55E", "icon": "star", "position": 9,
        "created_at": STAMP, "updated_at": STAMP,
    }  # fmt: skip
    tag = {"name": "x", "color": "#fff", "created_at": STAMP, "updated_at": STAMP}

    assert [
        TagEntry("x", "#fff", DAY, DAY),
        FolderEntry(("F",), "why", DAY, DAY, "#22C55E", "star", "f", 9),
        Entry(
            "https://a.example/", "A", "about", "mine", ("x", "y"), (), DAY, DAY, False, True, True, True, "image",
            "slack", DAY, "S", True, 7, 2, (Place("f", -5, DAY),),
        ),
    ] == rows_of({"tags": [tag], "folders": [ROOT, folder], "bookmarks": [bookmark]})  # fmt: skip


def test_little_is_enough():
    """A list of addresses is a library; one without ``read_at`` is read, one where it is null is not."""
    assert [Entry("https://a.example/"), Entry("https://b.example/", to_read=True)] == rows_of(
        {"bookmarks": [{"url": "https://a.example/"}, {"url": "https://b.example/", "read_at": None}]}
    )


def test_folders_come_from_the_root_in_their_order():
    """In whatever order the file has them; what hangs on nothing is named, and so is a ring."""
    folders = [
        {"uid": "b", "parent": "r", "name": "B", "position": 2},
        {"uid": "c", "parent": "a", "name": "C"},
        ROOT,
        {"uid": "a", "parent": "r", "name": "A", "position": 1},
        {"uid": "second", "parent": None, "name": "Second", "position": 3},
        {"uid": "x", "parent": "y"},
        {"uid": "y", "parent": "x"},
        {"uid": "gone", "parent": "r", "deleted_at": STAMP},
    ]
    rows = rows_of({"folders": folders, "bookmarks": [{"url": "x:y", "places": [{"folder": "x"}, {"folder": "r"}]}]})

    assert [("A",), ("A", "C"), ("B",), ("Second",)] == [row.path for row in rows if isinstance(row, FolderEntry)]
    assert [6, 7, 0] == [row.position for row in rows if isinstance(row, Remark)]
    assert (Place(""),) == next(row for row in rows if isinstance(row, Entry)).places


@pytest.mark.parametrize(
    ("bookmark", "reason"),
    [
        ({}, "The bookmark has no address."),
        ({"url": "  "}, "The bookmark has no address."),
        ({"url": 7}, "The bookmark has no address."),
        ({"url": "x:y", "kind": "song"}, "This is no kind of bookmark that there is."),
        (7, "There is something else where a row should be."),
        ([{}], "There is something else where a row should be."),
        (None, "There is something else where a row should be."),
        ({"url": "x:y", "x": [1] * MAX_VALUES}, "The row has more than 10,000 values."),
    ],
)
def test_what_is_no_bookmark_is_refused(bookmark, reason):
    refused = row_of(bookmark)

    assert (Refused, 1, reason) == (type(refused), refused.position, refused.reason)


@pytest.mark.parametrize(
    "bookmark",
    [
        {"created_at": "yesterday", "read_at": "0001-01-01T00:00:00+14:00", "updated_at": 7},
        {
            "title": 7,
            "tags": "x",
            "places": 7,
            "is_archived": "yes",
            "click_count": -1,
            "copy": 10**9,
            "source": "mars",
        },
        {
            "tags": [1, None],
            "places": [1, {}, {"folder": []}, {"folder": "nowhere"}],
            "click_count": 2**31,
            "copy": True,
        },
        {
            "content": {"text": ["x"] * 9_000},
            "assets": [{"status": "pending"}] * 9_000,
            "web_archive_url": "javascript:x",
        },
        {"unknown": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}},
    ],
)
def test_nonsense_in_a_row_is_passed_over(bookmark):
    row = row_of({"url": "https://a.example/"} | bookmark)

    assert Entry("https://a.example/", to_read="read_at" in bookmark) == row


def test_what_is_too_long_is_cut_aloud():
    rows = rows_of(
        {"bookmarks": [{"url": "x:y", "title": "x" * (MAX_TEXT + 1), "tags": ["y" * 256]}], "tags": [{"name": ""}]}
    )

    assert [Remark, Remark, Entry, Remark] == [type(row) for row in rows]
    assert (MAX_TEXT, ()) == (len(rows[2].title), rows[2].tags)


def test_folders_nest_so_deep_and_no_deeper():
    chain = [ROOT, *({"uid": str(n), "parent": str(n - 1) if n else "r", "name": "f"} for n in range(MAX_DEPTH + 5))]
    rows = rows_of({"folders": chain})

    assert MAX_DEPTH == max(len(row.path) for row in rows if isinstance(row, FolderEntry))
    assert 5 == sum(isinstance(row, Remark) for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_any_unicode_will_do(encoding):
    assert [Entry("https://ü.example/", "漢\ufffd")] == rows_of(
        '{"polymark":1,"bookmarks":[{"url":"https://ü.example/","title":"漢\\u0000"}]}'.encode(encoding)
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"{",
        b'{"bookmarks":[]}',
        b'{"polymark":"1"}',
        b'{"polymark":2}',
        b'{"polymark":true}',
        b"<DL>",
    ],
)
def test_what_is_no_library_is_invalid(data):
    with pytest.raises(Invalid) as caught:
        rows_of(data)

    assert (Fault(("file",), "format"),) == caught.value.faults


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b"{",
        b'{"url":',
        b"x",
        b'{"url":"a:b"}]}}',
        b'{"click_count":' + b"9" * 9999,
        b"[" * 10_000,
        b'{"url":"\\ud800',
    ],
)
def test_where_a_file_breaks_off_is_told(rest):
    """What came before stays."""
    rows = rows_of(b'{"polymark":1,"bookmarks":[{"url":"x:y"},' + rest)

    assert Entry("x:y") == rows[0]
    assert isinstance(rows[-1], Refused)
    assert rows[-1].reason.startswith("The file is damaged after row ")


def test_folders_behind_the_bookmarks_are_said_to_be_too_late():
    rows = rows_of({"bookmarks": [{"url": "x:y"}], "folders": [ROOT]})

    assert [Entry, Refused] == [type(row) for row in rows]


def test_memory_does_not_grow_with_the_file():
    """Neither with many rows nor with one that is large in itself."""
    for data in (b'{"url":"x:y"},' * 30_000, b'{"url":"x:y","x":[' + b"{}," * 200_000 + b"1]},"):
        source = io.BytesIO(b'{"polymark":1,"bookmarks":[' + data + b"7]}")
        tracemalloc.start()
        count = sum(1 for _ in library.read(source))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert count > 1
        assert peak < 8_000_000


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data):
    for start in (b"", b'{"polymark":1,', b'{"polymark":1,"folders":[', b'{"polymark":1,"bookmarks":[{'):
        try:
            rows_of(start + data)
        except Invalid:
            continue


members = st.sampled_from(["uid", "parent", "url", "name", "places", "tags", "folder"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(json_values, max_size=4), st.lists(json_values, max_size=4), st.lists(json_values, max_size=4))
def test_no_values_break_the_reader(tags, folders, bookmarks):
    for row in rows_of({"tags": tags, "folders": folders, "bookmarks": bookmarks}):
        assert isinstance(row, Entry | FolderEntry | TagEntry | Refused | Remark)
