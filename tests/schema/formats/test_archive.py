"""Archives of a library: written as a stream, and nothing in one believed."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import Invalid
from schema.formats import archive
from schema.formats.archive import Archive, ArchiveWriter, Damaged
from schema.formats.entries import Entry, Refused, Remark

NOW = datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)
LIBRARY = json.dumps({"polymark": 1, "bookmarks": [{"url": "https://a.example/"}]}).encode()


def name_of(data):
    return hashlib.sha256(data).hexdigest()


def written(parts):
    writer = ArchiveWriter(NOW)
    pieces = []
    for name, data, packed in parts:
        writer.begin(name, packed=packed)
        pieces += [writer.write(data[start : start + 1000]) for start in range(0, len(data), 1000)]
    return b"".join([*pieces, writer.close()])


def zipped(parts, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in parts:
            file.writestr(name, data, **options)
    return out.getvalue()


def opened(data):
    return Archive(io.BytesIO(data))


def rule_of(data):
    with pytest.raises(Invalid) as refusal:
        list(opened(data).rows())
    return refusal.value.faults[0].rule


@given(st.lists(st.tuples(st.binary(max_size=5000), st.booleans()), max_size=5, unique_by=lambda one: one[0]))
def test_what_is_written_is_read(files):
    """By us and by everybody else."""
    parts = [("library.json", LIBRARY, True)]
    parts += [(f"assets/{name_of(data)}", data, packed) for data, packed in files]
    data = written(parts)
    found = opened(data)

    assert [Entry("https://a.example/")] == list(found.rows())
    assert [data for data, _ in files] == [b"".join(found.file(name_of(data))) for data, _ in files]
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        assert [name for name, _, _ in parts] == file.namelist()
        assert NOW.timetuple()[:6] == file.infolist()[0].date_time


def test_parts_may_be_longer_than_4_gib(monkeypatch):
    """Every part says how long it is with 64 bits, for nobody knows before."""
    data = written([("library.json", LIBRARY, True)])

    assert zipfile.ZIP64_VERSION <= zipfile.ZipFile(io.BytesIO(data)).infolist()[0].extract_version


def encrypted():
    """A zip of which a part says that it is encrypted: one bit, in front of it and in the list."""
    data = bytearray(zipped([("library.json", LIBRARY)]))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + place] |= 1
    return bytes(data)


def with_long_list():
    """A zip that says that its list is longer than any list."""
    data = bytearray(zipped([("library.json", LIBRARY)])) + bytes(archive.MAX_LIST + 10)
    end = data.index(b"PK\x05\x06")
    tail = data[end : end + 22]
    struct.pack_into("<L", tail, 12, len(data) - 22)
    struct.pack_into("<L", tail, 16, 0)
    return bytes(data[:-22] + tail)


BAD = {
    "cut off": (zipped([("library.json", LIBRARY * 9)])[:-30], "zip_damaged"),
    "only its beginning": (b"PK\x03\x04", "zip_damaged"),
    "empty": (zipped([]), "zip_no_library"),
    "no library": (zipped([("other.json", LIBRARY)]), "zip_no_library"),
    "encrypted": (encrypted(), "zip_encrypted"),
    "a long list": (with_long_list(), "zip_damaged"),
    "no JSON": (zipped([("library.json", b"[]")]), "format"),
    "an empty library": (zipped([("library.json", b"")]), "format"),
    "packed otherwise": (zipped([("library.json", LIBRARY)], compress_type=zipfile.ZIP_LZMA), "format"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_archive_of_ours_is_refused(name):
    data, rule = BAD[name]

    assert rule == rule_of(data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["library.json", "assets/" + "0" * 64, "readme"])
def test_two_parts_of_one_name_are_refused(name):
    assert "zip_twice" == rule_of(zipped([("library.json", LIBRARY), (name, b"1"), (name, b"2")]))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "assets/../x", "C:\\x", "assets/" + "A" * 64])
def test_names_that_no_library_has_are_passed_over_aloud(name, tmp_path, monkeypatch):
    """They are compared and nothing else: no name is ever a path."""
    monkeypatch.chdir(tmp_path)
    rows = list(opened(zipped([(name, b"x"), ("library.json", LIBRARY), ("assets/", b"")])).rows())

    assert [Entry("https://a.example/"), Remark(0, rows[-1].reason)] == rows
    assert "1." == rows[-1].reason[-2:]
    assert [] == list(tmp_path.iterdir())


def test_a_library_that_unpacks_to_too_much_ends(monkeypatch):
    """What it says of itself is not looked at: what comes out is counted."""
    monkeypatch.setattr(archive, "SMALL", 10_000)
    bomb = b'{"polymark":1,"bookmarks":[{"url":"https://a.example/"},' + b" " * 10_000_000 + b"]}"
    rows = list(opened(zipped([("library.json", bomb)], compress_type=zipfile.ZIP_DEFLATED)).rows())

    assert [Entry("https://a.example/")] == rows[:-1]
    assert isinstance(rows[-1], Refused)
    assert "more than a library can be" in rows[-1].reason


def test_a_row_that_is_too_long_is_damage(monkeypatch):
    """A parser has each text whole in the memory, so none may be of any length."""
    from schema.formats import library

    monkeypatch.setattr(library, "MAX_ROW", 1_000_000)
    long = b'{"polymark":1,"bookmarks":[{"url":"https://a.example/"},{"title":"' + b"x" * 50_000_000 + b'"}]}'
    file = zipped([("library.json", long)], compress_type=zipfile.ZIP_DEFLATED)
    source = opened(file)
    tracemalloc.start()
    rows = list(source.rows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [Entry, Refused] == [type(row) for row in rows]
    assert peak < 16_000_000


def test_a_damaged_part_is_said(monkeypatch):
    """Other bytes than were packed, or fewer."""
    data = bytearray(zipped([("library.json", LIBRARY), (f"assets/{'0' * 64}", b"needle" * 99)]))
    data[data.index(b"needle") + 3] ^= 1
    found = opened(bytes(data))

    assert found.has("0" * 64)
    assert not found.has("1" * 64)
    with pytest.raises(Damaged):
        list(found.file("0" * 64))


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_break_the_reader(noise, at):
    """Whatever is put in the place of something: it is refused, or read as far as it goes."""
    data = bytearray(written([("library.json", LIBRARY, True), ("assets/" + name_of(b"x"), b"x", False)]))
    data[at : at + len(noise)] = noise
    try:
        found = opened(bytes(data))
        list(found.rows())
        if found.has(name_of(b"x")):
            list(found.file(name_of(b"x")))
    except (Invalid, Damaged):
        return
