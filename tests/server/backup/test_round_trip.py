"""What is backed up comes back, byte by byte and row by row; what cannot be is told."""

from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import stat
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest

from models import Asset
from models.queries import assets
from server.backup import making, programs
from server.backup.manifest import asset_member
from server.backup.trouble import BackupError
from server.database import connected, database_config
from server.doctor import Level, examine
from server.settings import load_settings
from server.upkeep import bring_up_to_date
from tests.databases import ON_POSTGRES
from tests.server.backup.conftest import Told, checked, files_of, make, names_in, put, rows_of


async def test_everything_comes_back(library, elsewhere, tmp_path):
    """Rows of every table, bytes of every file that a row names, the secret; and the doctor finds nothing."""
    before = await rows_of(library.settings.database)
    made = await make(library.settings, tmp_path / "b.zip")
    await put(elsewhere, tmp_path / "b.zip")
    started = await bring_up_to_date(elsewhere)
    after = await rows_of(elsewhere.database)
    found = [finding async for finding in examine(elsewhere)]

    assert before == after
    assert library.files == files_of(elsewhere)
    assert (library.settings.data_path / "secret.key").read_bytes() == (elsewhere.data_path / "secret.key").read_bytes()
    assert (2, 4, 9, 9) == tuple(
        getattr(made.manifest.counts, name) for name in ("users", "bookmarks", "assets", "files")
    )
    assert [] == started.applied
    assert {Level.OK} == {finding.level for finding in found}, found
    assert not (elsewhere.data_path / ".restore").exists()


async def test_it_is_one_private_file_that_says_what_it_is(library, tmp_path):
    """Mode 0600 whatever the umask; nothing is left beside it; members lie under names that everybody can read."""
    (tmp_path / "out").mkdir()
    made = await make(library.settings, tmp_path / "out" / "b.zip")
    with ZipFile(tmp_path / "out" / "b.zip") as opened:
        names = opened.namelist()
        assert opened.testzip() is None

    assert ["b.zip"] == names_in(tmp_path / "out")
    assert 0o600 == stat.S_IMODE((tmp_path / "out" / "b.zip").stat().st_mode)
    assert made.size == (tmp_path / "out" / "b.zip").stat().st_size
    assert ["polymark.dump" if ON_POSTGRES else "polymark.db", "secret.key"] == names[:2]
    assert sorted(asset_member(name) for name in library.files) == sorted(names[2:-1])
    assert "manifest.json" == names[-1]


async def test_a_verified_backup_says_what_it_holds(library, tmp_path):
    made = await make(library.settings, tmp_path / "b.zip")
    found = await checked(tmp_path / "b.zip")

    assert [] == found.troubles
    assert (made.manifest, made.size) == (found.manifest, found.size)


async def test_files_larger_than_a_piece_of_memory_are_copied_in_pieces(library, tmp_path, monkeypatch):
    monkeypatch.setattr(making, "IN_MEMORY", 0)
    await make(library.settings, tmp_path / "b.zip")

    assert [] == (await checked(tmp_path / "b.zip")).troubles


async def test_a_file_that_is_there_is_replaced_only_by_force(library, tmp_path):
    (tmp_path / "b.zip").write_bytes(b"something")
    with pytest.raises(BackupError, match="is there already; --force replaces it"):
        await make(library.settings, tmp_path / "b.zip")
    kept = (tmp_path / "b.zip").read_bytes()
    await make(library.settings, tmp_path / "b.zip", force=True)

    assert b"something" == kept
    assert [] == (await checked(tmp_path / "b.zip")).troubles


async def test_what_is_missing_or_damaged_is_told_and_left_out(library, elsewhere, tmp_path):
    """The rest is kept; verifying says so too, and a restore gives what there is."""
    missing, damaged = sorted(library.files)[:2]
    library.path(missing).unlink()
    library.path(damaged).write_bytes(b"other bytes")
    told = Told()
    made = await make(library.settings, tmp_path / "b.zip", told=told)
    found = await checked(tmp_path / "b.zip")
    await put(elsewhere, tmp_path / "b.zip")

    assert [
        f"{asset_member(missing)} is missing; the backup is without it.",
        f"{asset_member(damaged)} is damaged: its bytes are not those that its name says; the backup is without it.",
    ] == told.lines
    assert [missing, damaged] == made.manifest.missing
    assert [2, True] == [len(found.troubles), all("missing or damaged when" in line for line in found.troubles)]
    assert {name for name in library.files if name not in {missing, damaged}} == set(files_of(elsewhere))


async def test_no_sweep_unlinks_what_a_backup_may_still_name(library, tmp_path):
    """An asset is deleted after the database was copied, and a sweep comes before its bytes are: it takes nothing."""
    loop, swept = asyncio.get_running_loop(), []
    name = next(name for name, data in library.files.items() if data.startswith(b"own of ann"))

    async def delete_and_sweep():
        async with connected(database_config(library.settings.database)):
            await Asset.filter(sha256=name).delete()
            return await library.disk.sweep(assets.named, older_than=datetime.now(UTC) + timedelta(hours=1))

    class Sweeping(Told):
        def tell(self, doing, done, total):
            if doing == "Files" and not swept:
                swept.append(asyncio.run_coroutine_threadsafe(delete_and_sweep(), loop).result())

    await make(library.settings, tmp_path / "b.zip", told=Sweeping())
    found = await checked(tmp_path / "b.zip")
    afterwards = await delete_and_sweep()

    assert [0] == swept
    assert [] == found.troubles
    assert asset_member(name) in {member.name for member in found.manifest.members}
    assert 2 == afterwards  # that one, and the one that no row ever named


async def test_a_full_disk_is_one_line_and_leaves_nothing(library, tmp_path, monkeypatch):
    """A file may grow no further than the database, so that the copy fits and the backup of everything does not."""
    (tmp_path / "out").mkdir()
    async with connected(database_config(library.settings.database)):
        await library.attach(library.bookmarks[0], os.urandom(3_000_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        with pytest.raises(BackupError, match=r"b.zip.part: File too large\.$"):
            await make(library.settings, tmp_path / "out" / "b.zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [] == names_in(tmp_path / "out")


async def test_two_backups_to_one_file_do_not_mix(library, tmp_path):
    with (tmp_path / "b.zip.part").open("wb") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match="is being written by another backup"):
            await make(library.settings, tmp_path / "b.zip")


async def test_a_backup_that_was_done_a_moment_ago_is_not_written_over(library, tmp_path, monkeypatch):
    """The other one gets its name between our opening of its unfinished file and our locking of it."""
    (tmp_path / "b.zip.part").write_bytes(b"the other backup")
    lock = fcntl.flock

    def late(stream, how):
        if str(getattr(stream, "name", "")).isdigit():  # the unfinished file, which is open by its number
            (tmp_path / "b.zip.part").rename(tmp_path / "b.zip")
        lock(stream, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(BackupError, match="was being written by another backup"):
        await make(library.settings, tmp_path / "b.zip")

    assert b"the other backup" == (tmp_path / "b.zip").read_bytes()


async def test_a_folder_is_no_place_for_a_backup(library, tmp_path):
    """Known before everything is copied, and --force takes nothing else away."""
    with pytest.raises(BackupError, match="is there already, and is no file"):
        await make(library.settings, tmp_path, force=True)


async def test_a_file_that_the_disk_does_not_give_is_told_and_left_out(library, elsewhere, tmp_path):
    """Reading it is an error of the disk; the others are kept."""
    name = next(iter(library.files))
    library.path(name).unlink()
    (library.disk._place(name)).symlink_to("/proc/self/mem")  # a file whose first byte cannot be read
    told = Told()
    made = await make(library.settings, tmp_path / "b.zip", told=told)
    await put(elsewhere, tmp_path / "b.zip")

    assert [name] == made.manifest.missing
    assert "cannot be read (Input/output error)" in told.lines[0]
    assert library.files.keys() - {name} == files_of(elsewhere).keys()


async def test_a_folder_that_is_not_there_is_one_line(library, tmp_path):
    with pytest.raises(BackupError, match=r"^/.*/nowhere/b.zip.part: cannot be written \(No such file or directory\)"):
        await make(library.settings, tmp_path / "nowhere" / "b.zip")


async def test_a_restore_wants_an_empty_place(library, elsewhere, tmp_path):
    """What an empty disk has may be there, and a settings file."""
    await make(library.settings, tmp_path / "b.zip")
    elsewhere.data_path.mkdir()
    (elsewhere.data_path / "notes.txt").touch()
    with pytest.raises(BackupError, match=r"is not empty \(notes.txt\): a restore needs an empty data directory"):
        await put(elsewhere, tmp_path / "b.zip")
    refused = names_in(elsewhere.data_path)
    (elsewhere.data_path / "notes.txt").unlink()
    (elsewhere.data_path / ".env").touch()
    (elsewhere.data_path / "lost+found").mkdir()
    await put(elsewhere, tmp_path / "b.zip")
    with pytest.raises(BackupError, match=r"is there already|is not empty"):
        await put(elsewhere, tmp_path / "b.zip")

    assert ["notes.txt"] == refused
    assert library.files == files_of(elsewhere)


async def test_a_restore_wants_a_database_of_its_kind(library, tmp_path):
    await make(library.settings, tmp_path / "b.zip")
    other = None if ON_POSTGRES else "postgres://postgres@127.0.0.1:1/nothing"
    settings = load_settings(None, data_dir=tmp_path / "other", database_url=other)
    with pytest.raises(BackupError, match="then move each library with `polymark export` and `polymark import`"):
        await put(settings, tmp_path / "b.zip")

    assert not (tmp_path / "other").exists()


async def test_a_restore_that_finds_no_room_says_so_before_it_begins(library, elsewhere, tmp_path, monkeypatch):
    await make(library.settings, tmp_path / "b.zip")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(BackupError, match=r"the backup needs \d+ MiB, and 0 MiB are free"):
        await put(elsewhere, tmp_path / "b.zip")

    assert not elsewhere.data_path.exists()


async def test_a_server_does_not_start_over_half_a_restore(library, elsewhere, tmp_path):
    """What an interrupted one left is no empty library; running it again makes it whole."""
    await make(library.settings, tmp_path / "b.zip")
    work = elsewhere.data_path / ".restore"
    (work / "assets").mkdir(parents=True)
    (work / "database").write_bytes(b"half")
    (elsewhere.data_path / "assets" / "ab").mkdir(parents=True)
    (elsewhere.data_path / "secret.key").write_bytes(b"of then")
    with pytest.raises(BackupError, match="is under way or was interrupted: run it again, or remove"):
        await bring_up_to_date(elsewhere)
    await put(elsewhere, tmp_path / "b.zip")
    await bring_up_to_date(elsewhere)

    assert library.files == files_of(elsewhere)


async def test_two_restores_into_one_place_do_not_mix(library, elsewhere, tmp_path):
    await make(library.settings, tmp_path / "b.zip")
    work = elsewhere.data_path / ".restore"
    work.mkdir(parents=True)
    with (work / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match=r"Another restore into .* is under way"):
            await put(elsewhere, tmp_path / "b.zip")
    await put(elsewhere, tmp_path / "b.zip")

    assert library.files == files_of(elsewhere)


if ON_POSTGRES:

    async def test_the_database_must_be_empty(library, elsewhere, tmp_path):
        """Nothing is put in place beside a database with tables in it."""
        await make(library.settings, tmp_path / "b.zip")
        settings = load_settings(None, data_dir=tmp_path / "other", database_url=library.settings.database)
        with pytest.raises(BackupError, match="is not empty: drop it and create it anew, or name another"):
            await put(settings, tmp_path / "b.zip")

        assert not (tmp_path / "other").exists()

    async def test_a_machine_without_pg_dump_is_one_line(library, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(programs, "SIDE_BY_SIDE", ())
        with pytest.raises(BackupError, match=r"^pg_dump was not found, .*: install postgresql-client-\d+\.$"):
            await make(library.settings, tmp_path / "b.zip")

    async def test_a_pg_dump_that_is_too_old_is_one_line(library, tmp_path, monkeypatch):
        old = tmp_path / "pg_dump"
        old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
        old.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(programs, "SIDE_BY_SIDE", ())
        with pytest.raises(BackupError, match=r"^pg_dump was found only of version 9, and the server is PostgreSQL"):
            await make(library.settings, tmp_path / "b.zip")

    async def test_a_dump_that_fails_leaves_nothing(library, tmp_path, monkeypatch):
        """The program's own complaint is the line."""
        (tmp_path / "out").mkdir()
        version = max(programs._installed("pg_dump").values())
        broken = tmp_path / "pg_dump"
        broken.write_text(
            f"#!/bin/sh\n[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) {version}' && exit\n"
            "echo 'pg_dump: error: it is raining' >&2; exit 1\n"
        )
        broken.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
        monkeypatch.setattr(programs, "_installed", lambda _: {broken: 99})
        with pytest.raises(BackupError, match=r"^pg_dump failed: it is raining\.$"):
            await make(library.settings, tmp_path / "out" / "b.zip")

        assert [] == names_in(tmp_path / "out")

    def test_the_password_is_in_the_environment_and_no_argument(monkeypatch):
        told = programs.environment("postgres://ann:p%40ss@db.example:5433/books?ssl=require&passfile=/p")

        assert ("db.example", "5433", "ann", "p@ss", "books", "require", "/p") == tuple(
            told[name] for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGPASSFILE")
        )

else:

    async def test_an_sqlite_file_elsewhere_is_restored_to_elsewhere(library, tmp_path):
        """The settings say where; a file of the write-ahead log that somebody left there is in the way."""
        await make(library.settings, tmp_path / "b.zip")
        place = tmp_path / "disk" / "books.db"
        settings = load_settings(None, data_dir=tmp_path / "other", database_url=f"sqlite://{place}")
        place.parent.mkdir()
        (tmp_path / "disk" / "books.db-wal").touch()
        with pytest.raises(BackupError, match=r"books.db-wal is there already: a restore needs an empty place"):
            await put(settings, tmp_path / "b.zip")
        (tmp_path / "disk" / "books.db-wal").unlink()
        await put(settings, tmp_path / "b.zip")

        assert ["books.db"] == names_in(tmp_path / "disk")
        assert await rows_of(library.settings.database) == await rows_of(settings.database)

    async def test_there_is_nothing_to_back_up_without_a_database(tmp_path):
        settings = load_settings(None, data_dir=tmp_path / "data")
        with pytest.raises(BackupError, match=r"^There is no database at .*/data/polymark.db\.$"):
            await make(settings, tmp_path / "b.zip")

        assert [] == names_in(tmp_path)
