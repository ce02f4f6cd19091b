"""Whatever a file holds: one line, and nothing is put in place."""

from __future__ import annotations

import hashlib
import io
import stat
import struct
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.backup.manifest import Counts, Manifest, Member, asset_member, decode, encode
from server.backup.reading import opened
from server.backup.restoring import restore
from server.backup.trouble import BackupError, Damaged
from server.backup.verifying import verify
from server.backup.writing import ArchiveWriter
from server.settings import load_settings
from tests.server.backup.conftest import Told, names_in

ASSET = b"bytes of an asset"
NAME = hashlib.sha256(ASSET).hexdigest()
MEMBER = asset_member(NAME)
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DATABASE = b"a database " * 1000
CONTENTS = {"polymark.db": DATABASE, "secret.key": b"k" * 64, MEMBER: ASSET}


def manifest_of(contents=None, **changed):
    """What a backup with these contents says of itself, but for what is changed."""
    members = [Member(name, len(data), sum_of(data)) for name, data in (contents or CONTENTS).items()]
    made = Manifest(
        form=1, version="0.1.0", made_at=MOMENT, database="sqlite", migration="0001_initial",
        counts=Counts(1, 2, 1, 1), missing=[], members=members,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changed)


def sum_of(data):
    return hashlib.sha256(data).hexdigest()


def info_of(name, **attributes):
    info = ZipInfo(name, (2026, 1, 2, 3, 4, 6))
    for attribute, value in attributes.items():
        setattr(info, attribute, value)
    return info


def packed(*members, manifest=None):
    """A zip of (name or ZipInfo, bytes), with the manifest at the end unless there shall be none."""
    stream = io.BytesIO()
    with ZipFile(stream, "w") as container:
        for name, data in members:
            container.writestr(name, data)
        if manifest is not None:
            container.writestr("manifest.json", manifest)
    return stream.getvalue()


def good():
    return packed(*CONTENTS.items(), manifest=encode(manifest_of()))


def saying(**changed):
    return packed(*CONTENTS.items(), manifest=encode(manifest_of(**changed)))


def with_more(name, data=b"more", *, named=True):
    """One member more, which the manifest names or not."""
    contents = {**CONTENTS, getattr(name, "filename", name): data}
    listed = encode(manifest_of(contents if named else CONTENTS))
    return packed(*CONTENTS.items(), (name, data), manifest=listed)


def twice(name, data=b""):
    with pytest.warns(UserWarning, match="Duplicate name"):
        return packed(*CONTENTS.items(), (name, CONTENTS.get(name, data)), manifest=encode(manifest_of()))


def instead(name, data=None, **attributes):
    """A member with other bytes, or other attributes, than the manifest and a backup have."""
    members = [(info_of(one, **attributes) if one == name else one, CONTENTS[one]) for one in CONTENTS]
    if data is not None:
        members = [(one, data if one == name else CONTENTS[one]) for one in CONTENTS]
    return packed(*members, manifest=encode(manifest_of()))


def poked(name, field, value, whole=None):
    """The zip's own directory says something else of a member; ``field`` is where in its entry (APPNOTE 4.3.12)."""
    data = bytearray(whole or good())
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode()))
    data[entry + field[0] : entry + field[0] + struct.calcsize(field[1])] = struct.pack(field[1], value)
    return bytes(data)


FLAGS, CRC, SIZE, OFFSET = (8, "<H"), (16, "<L"), (24, "<L"), (42, "<L")


def bomb():
    """The directory and the manifest say 100 bytes, and 10 MiB come out."""
    zeros = bytes(10 * 1024 * 1024)
    contents = {**CONTENTS, "polymark.db": zeros}
    listed = manifest_of(contents)
    lying = [msgspec.structs.replace(one, size=100) if one.name == "polymark.db" else one for one in listed.members]
    members = [(info_of(one, compress_type=ZIP_DEFLATED) if one == "polymark.db" else one, contents[one])
               for one in contents]  # fmt: skip
    whole = packed(*members, manifest=encode(manifest_of(contents, members=lying)))
    return poked("polymark.db", SIZE, 100, whole)


BAD = {
    "nothing at all": (lambda: b"", "no backup, or not all of one"),
    "no zip": (lambda: b"something else" * 100, "no backup, or not all of one"),
    "half of it": (lambda: good()[: len(good()) // 2], "no backup, or not all of one"),
    "all but its last byte": (lambda: good()[:-1], "no backup, or not all of one"),
    "all but its last kilobyte": (lambda: good()[:-1000], "no backup, or not all of one"),
    "somebody else's zip": (lambda: packed(("a.txt", b"a")), "it has no manifest.json, so it is no backup of Polymark"),
    "a manifest that is no JSON": (lambda: packed(*CONTENTS.items(), manifest=b"{"), "manifest.json cannot be read"),
    "a manifest of other JSON": (lambda: packed(*CONTENTS.items(), manifest=b'{"form": "x"}'), "cannot be read"),
    "a manifest that is no text": (lambda: packed(*CONTENTS.items(), manifest=b'{"form": "\xff"}'), "cannot be read"),
    "a manifest without members": (
        lambda: packed(*CONTENTS.items(), manifest=b'{"form": 1, "version": "0"}'), "cannot be read"),
    "a packed manifest": (
        lambda: packed(*CONTENTS.items(), (info_of("manifest.json", compress_type=ZIP_DEFLATED),
                                           encode(manifest_of()))), "manifest.json cannot be read"),
    "a form to come": (lambda: saying(form=2, version="9.9.9"), "Polymark 9.9.9, which is newer than this one"),
    "a form that never was": (lambda: saying(form=0), "of a form that never was"),
    "a migration to come": (lambda: saying(migration="9999_later", version="9.9.9"), "it knows nothing of 9999_later"),
    "a database of no kind": (
        lambda: packed(*CONTENTS.items(), manifest=encode(manifest_of()).replace(b'"sqlite"', b'"mysql"')),
        "cannot be read"),
    "the other database's file": (lambda: saying(database="postgres"), "a member that no backup has: 'polymark.db'"),
    "no database": (
        lambda: packed((MEMBER, ASSET), manifest=encode(manifest_of({MEMBER: ASSET}))), "it has no database"),
    "a lost member": (
        lambda: packed(*list(CONTENTS.items())[:2], manifest=encode(manifest_of())), f"it lacks '{MEMBER}'"),
    "a member twice": (lambda: twice(MEMBER), f"it has '{MEMBER}' twice"),
    "the manifest twice": (
        lambda: twice("manifest.json", b"{}"),
        "it has 'manifest.json' twice"),
    "a member that is named twice": (
        lambda: saying(members=[*manifest_of().members, manifest_of().members[0]]), "has 'polymark.db' twice"),
    "a member that nobody named": (lambda: with_more("more.txt", named=False), "does not name: 'more.txt'"),
    "a member of another kind": (lambda: with_more("more.txt"), "a member that no backup has: 'more.txt'"),
    "a way out": (lambda: with_more("../../evil"), "a member that no backup has: '../../evil'"),
    "a way out of assets": (lambda: with_more(f"assets/../../{NAME}"), "a member that no backup has"),
    "a way out that nobody named": (lambda: with_more("../evil", named=False), "does not name: '../evil'"),
    "a name from the root": (lambda: with_more("/etc/cron.d/evil"), "a member that no backup has"),
    "a name with NUL": (lambda: with_more("more.txt\0x", named=False), "does not name"),
    "a folder": (lambda: with_more("assets/", b"", named=False), "does not name: 'assets/'"),
    "a file under another's name": (
        lambda: with_more(asset_member("ab" * 32)), f"a member that no backup has: '{asset_member('ab' * 32)}'"),
    "a symbolic link": (
        lambda: instead(MEMBER, external_attr=(stat.S_IFLNK | 0o777) << 16), f"'{MEMBER}' is no file"),
    "a device": (lambda: instead(MEMBER, external_attr=(stat.S_IFCHR | 0o666) << 16), f"'{MEMBER}' is no file"),
    "other bytes": (lambda: instead(MEMBER, ASSET[::-1]), f"'{MEMBER}' is not what it was"),
    "other bytes of the key": (lambda: instead("secret.key", b"K" * 64), "'secret.key' is not what it was"),
    "other bytes of the database": (lambda: instead("polymark.db", DATABASE[::-1]), "'polymark.db' is not what it was"),
    "more bytes": (lambda: instead(MEMBER, ASSET + b"!"), "is not of the size that its manifest.json says"),
    "fewer bytes": (lambda: instead(MEMBER, ASSET[:-1]), "is not of the size that its manifest.json says"),
    "a size that cannot be": (
        lambda: saying(members=[Member("polymark.db", -1, sum_of(DATABASE))]), "says what cannot be of 'polymark.db'"),
    "a sum that is none": (
        lambda: saying(members=[Member("polymark.db", len(DATABASE), "../" * 21)]), "says what cannot be"),
    "a long key": (
        lambda: packed(manifest=encode(manifest_of({**CONTENTS, "secret.key": bytes(5000)}))), "too long for one"),
    "a packed file": (lambda: instead(MEMBER, compress_type=ZIP_DEFLATED), f"'{MEMBER}' is packed as no backup is"),
    "a database packed otherwise": (lambda: instead("polymark.db", compress_type=ZIP_BZIP2), "packed as no backup is"),
    "a bomb": (bomb, "'polymark.db' (is not what it was|cannot be read)"),
    "a wrong CRC": (lambda: poked(MEMBER, CRC, 1), f"'{MEMBER}' cannot be read .*CRC"),
    "a locked member": (lambda: poked(MEMBER, FLAGS, 1), f"'{MEMBER}' cannot be read .*encrypted"),
    "two members in one place": (lambda: poked(MEMBER, OFFSET, 0), f"'{MEMBER}' cannot be read .*differ"),
    "a member outside of the file": (lambda: poked(MEMBER, OFFSET, 2**31), f"'{MEMBER}' cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=list(BAD))
def test_a_bad_file_is_one_line_and_nothing_is_put_in_place(bad, tmp_path):
    make, said = BAD[bad]
    (tmp_path / "b.zip").write_bytes(make())
    target = load_settings(None, data_dir=tmp_path / "data")
    with pytest.raises(BackupError, match=said) as caught:
        restore(target, tmp_path / "b.zip", tell=Told().tell)

    assert ["b.zip"] == names_in(tmp_path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("bad", BAD, ids=list(BAD))
def test_a_bad_file_is_not_verified(bad, tmp_path):
    make, _ = BAD[bad]
    (tmp_path / "b.zip").write_bytes(make())
    try:
        troubles = verify(tmp_path / "b.zip", tell=Told().tell).troubles
    except BackupError as error:
        troubles = [str(error)]

    assert troubles


def test_the_good_one_that_the_bad_ones_are_made_of_is_restored(tmp_path):
    (tmp_path / "b.zip").write_bytes(good())
    restore(load_settings(None, data_dir=tmp_path / "data"), tmp_path / "b.zip", tell=Told().tell)

    assert DATABASE == (tmp_path / "data" / "polymark.db").read_bytes()
    assert ASSET == (tmp_path / "data" / MEMBER).read_bytes()


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(BackupError, match=r"/b.zip: cannot be read \(No such file or directory\)\.$"):
        restore(load_settings(None, data_dir=tmp_path / "data"), tmp_path / "b.zip", tell=Told().tell)


@given(text=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_a_manifest_of_anything_is_read_or_refused(text):
    with pytest.raises(BackupError):
        decode(text)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A small backup as ours are written, into a pipe, with a database that nothing is looked up in."""
    path = tmp_path_factory.mktemp("whole") / "b.zip"
    with path.open("wb") as stream:
        writer = ArchiveWriter(stream, MOMENT)
        for name, data in CONTENTS.items():
            writer.add(name, io.BytesIO(data), size=len(data), packed=name == "polymark.db")
        writer.close(manifest_of(members=writer.members))
    return path


@settings(max_examples=400)
@given(data=st.data())
def test_a_flipped_byte_is_found_or_harms_nothing(whole, tmp_path_factory, data):
    """Every member is either as it was or said to be damaged; dates and attributes of a zip may be others."""
    content = bytearray(whole.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path = whole.with_name("flipped.zip")
    path.write_bytes(content)
    try:
        with opened(path) as archive:
            found = {member.name: b"".join(archive.read(member)) for member in archive.manifest.members}
            said = archive.manifest
    except Damaged:
        return
    assert found == CONTENTS
    with opened(whole) as archive:
        assert archive.manifest == said
