"""`polymark backup`, `backup --verify` and `restore` as a person runs them."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli import run
from server.doctor import Level
from tests.databases import ON_POSTGRES
from tests.live import ROOT
from tests.postgres import path_with_clients

WORDS = r"1 users, 0 bookmarks, 0 files"


@pytest.fixture
def clients(monkeypatch):
    """``pg_dump`` and ``pg_restore`` are at hand."""
    monkeypatch.setenv("PATH", path_with_clients())


@pytest.fixture
def server(house, clients, polymark, tmp_path):
    """A data directory and a database with one user."""
    assert 0 == polymark("user", "add", "ann").code
    return house


@pytest.fixture
async def elsewhere(databases, tmp_path):
    """The settings of another place, which is empty."""
    url = await databases.empty()
    yield {"POLYMARK_DATA_DIR": str(tmp_path / "elsewhere"), "POLYMARK_DATABASE_URL": url}
    if ON_POSTGRES:
        await databases.drop(url)


def test_a_backup_is_made_verified_and_restored(server, elsewhere, polymark, tmp_path, monkeypatch):
    made = polymark("backup", "b.zip")
    verified = polymark("backup", "--verify", "b.zip")
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    restored = polymark("restore", "b.zip")
    listed = polymark("user", "list")
    examined = polymark("doctor")

    assert (0, "") == (made.code, made.out)
    assert re.fullmatch(rf"{WORDS}; [\d.]+ [kM]?B in \d+\.\d s\.\n", made.err), made.err
    assert (0, "b.zip is whole.\n") == (verified.code, verified.err)
    assert ["made", "database", "users", "bookmarks", "assets", "files", "size"] == [
        line.split()[0] for line in verified.out.splitlines()
    ]
    assert re.fullmatch(
        rf"Restored: {WORDS}, as of \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in \d+\.\d s\.\n", restored.err
    )
    assert "ann" in listed.out
    assert (0, False) == (examined.code, Level.FAIL.value in examined.out)


def test_a_file_that_is_there_is_not_replaced(server, polymark, tmp_path):
    (tmp_path / "b.zip").touch()
    refused = polymark("backup", "b.zip")
    forced = polymark("backup", "b.zip", "--force")

    assert (1, "b.zip is there already; --force replaces it.\n") == (refused.code, refused.err)
    assert 0 == forced.code


def test_a_backup_that_lacks_a_file_ends_with_1_and_is_kept(server, polymark, tmp_path, monkeypatch):
    """Its last line says so; the line before names the file."""
    name = "ab" * 32
    monkeypatch.setattr("server.backup.sqlite.EVERY_NAME", f"SELECT '{name}'")
    monkeypatch.setattr("server.backup.postgres.EVERY_NAME", f"SELECT '{name}'")
    made = polymark("backup", "b.zip")

    assert 1 == made.code
    assert f"assets/ab/ab/{name} is missing; the backup is without it." == made.err.splitlines()[0]
    assert "The backup is made, but 1 of 1 files are not in it, as said above." == made.err.splitlines()[-1]
    assert (tmp_path / "b.zip").is_file()


def test_a_damaged_backup_is_said_to_be(server, polymark, tmp_path):
    polymark("backup", "b.zip")
    data = bytearray((tmp_path / "b.zip").read_bytes())
    data[200] ^= 1
    (tmp_path / "b.zip").write_bytes(data)
    found = polymark("backup", "--verify", "b.zip")

    assert 1 == found.code
    assert re.match(r"b.zip: 'polymark\.(db|dump)' (cannot be read|is not what it was)", found.err)
    assert "b.zip is not whole." == found.err.splitlines()[-1]


def test_verify_reads_no_standard_input(server, polymark):
    assert (2, "--verify reads a file, not standard input.\n") == (
        (found := polymark("backup", "--verify", "-")).code, found.err,
    )  # fmt: skip


def test_a_backup_is_not_for_a_terminal(server, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert 2 == run(["backup", "-"])
    assert capsys.readouterr().err.startswith("A backup is not for a terminal:")


def test_a_backup_may_go_into_a_pipe(server, spawn, polymark, tmp_path):
    out, err = spawn("backup", "-").communicate(timeout=60)
    (tmp_path / "b.zip").write_bytes(out)

    assert WORDS in err.decode()
    assert 0 == polymark("backup", "--verify", "b.zip").code


def test_output_that_takes_nothing_is_one_line(server):
    """/dev/full is a disk without room."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "server", "backup", "-"], stdout=descriptor, stderr=subprocess.PIPE, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    finally:
        os.close(descriptor)

    assert 1 == done.returncode
    assert "standard output: No space left on device. Make room and try again.\n" == done.stderr.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_backup_that_is_interrupted_leaves_nothing(server, spawn, tmp_path, monkeypatch, number):
    """It waits for a sweep to end, which makes the moment sure."""
    (tmp_path / "data" / "assets").mkdir(parents=True, exist_ok=True)
    (tmp_path / "out").mkdir()
    with (tmp_path / "data" / "assets" / "backup.lock").open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = spawn("backup", str(tmp_path / "out" / "b.zip"))
        while not re.search(rf"-> FLOCK .* {process.pid} ", Path("/proc/locks").read_text()):
            assert process.poll() is None
        process.send_signal(number)
        _, err = process.communicate(timeout=60)

    assert (1, "Interrupted; no backup was made.\n") == (process.returncode, err.decode())
    assert [] == list((tmp_path / "out").iterdir())
