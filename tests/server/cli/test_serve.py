"""``polymark serve``: the first start, every other start, and the end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import stat
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tortoise.connection import get_connection

from server.database import connected, database_config
from server.doctor import pending_migrations

PATIENCE = 30  # seconds until a test gives up waiting for what a process should do


@pytest.fixture
def unmigrated(bare, monkeypatch, databases):
    """An empty database without a table, as on a first start."""
    url = asyncio.run(databases.empty())
    monkeypatch.setenv("POLYMARK_DATABASE_URL", url)
    yield url
    asyncio.run(databases.drop(url))


def greeting(process):
    """The lines on standard output up to the last one of a start."""
    lines = []
    while not lines or not lines[-1].startswith("  Nextcloud"):
        line = process.stdout.readline().decode()
        assert line, process.stderr.read().decode()
        lines.append(line.rstrip("\n"))
    return lines


def address(lines):
    """Where the server is."""
    return re.search(r"http://[^/]+", next(line for line in lines if line.startswith("Polymark"))).group()


def ask(url, token=None, body=None):
    """The JSON answer to a request."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Token {token}"} if token else {})
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310 - the same
        return json.load(response)


def end(process, number=signal.SIGTERM):
    """Ask the process to end; its exit code."""
    process.send_signal(number)
    return process.wait(timeout=PATIENCE)


def test_the_first_start_makes_everything_and_says_where_to_go(unmigrated, spawn, tmp_path):
    """Database, first user and a token that opens the doors; a second start makes and prints none of it."""
    process = spawn("serve", "--port", "0")
    lines = greeting(process)
    base = address(lines)
    token = lines[3].split()[-1]

    assert ["name", "admin"] == lines[1].split()
    assert 20 == len(lines[2].split()[-1])
    assert f"  GraphiQL  {base}/graphql  in a browser" in lines
    assert f"  settings  {base}/         in a browser: sign in, make tokens" in lines
    assert f"  GraphQL   {base}/graphql  Authorization: Bearer TOKEN" in lines
    assert "healthy" == ask(f"{base}/health")["status"]
    assert 0 == ask(f"{base}/api/bookmarks/", token)["count"]
    assert 0o600 == stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode)
    assert 0 == end(process)

    again = spawn("serve", "--port", "0")
    lines = greeting(again)

    assert lines[0].startswith("Polymark serves on")
    assert 0 == ask(f"{address(lines)}/api/bookmarks/", token)["count"]
    assert 0 == end(again, signal.SIGINT)


def test_a_password_from_the_settings_is_not_printed(unmigrated, spawn, monkeypatch):
    monkeypatch.setenv("POLYMARK_ADMIN_USERNAME", "ann")
    monkeypatch.setenv("POLYMARK_ADMIN_PASSWORD", "correct horse")
    process = spawn("serve", "--port", "0", "--no-worker")
    lines = greeting(process)

    assert ["name", "ann"] == lines[1].split()
    assert "  password  the one in POLYMARK_ADMIN_PASSWORD" == lines[2]
    assert "horse" not in "".join(lines)
    assert 0 == end(process)


H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"


@pytest.mark.parametrize("more", ["", H2C], ids=["plain", "curl --http2"])
def test_a_request_in_flight_is_finished_before_the_end(house, polymark, spawn, more):
    """Head, then SIGTERM, then the body; the port is given up at once, the answer still comes.

    An offer to speak HTTP/2, which this server does not take up, makes no difference.
    """
    polymark("user", "add", "ann")
    token = polymark("token", "add", "ann").out.strip()
    process = spawn("serve", "--port", "0")
    place = urlsplit(address(greeting(process)))
    body = json.dumps({"url": "https://a.example/", "title": "A", "description": "a"}).encode()
    head = (
        f"POST /api/bookmarks/?disable_scraping HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Token {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n{more}\r\n"
    )
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        begun = connection.recv(1000)  # 100 Continue: the request is being handled
        process.send_signal(signal.SIGTERM)
        wait_until_refused(place)
        connection.sendall(body)
        answer = connection.recv(65_536)

    assert begun.startswith(b"HTTP/1.1 100")
    assert answer.startswith(b"HTTP/1.1 201")
    assert 0 == process.wait(timeout=PATIENCE)
    assert "https://a.example/" in polymark("export", "--user", "ann").out


def wait_until_refused(place):
    """Until nobody listens there any more."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            socket.create_connection((place.hostname, place.port), timeout=PATIENCE).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:  # it was being closed just then
            continue
    pytest.fail("still listening")


def children(pid):
    """The serving processes of a parent."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"spawn_main" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return sorted(found)


def test_several_processes_share_a_port_and_are_replaced_when_they_die(house, polymark, spawn):
    polymark("user", "add", "ann")
    process = spawn("serve", "--port", "0", "--workers", "2")
    base = address(greeting(process))
    ask_until_there(base)
    first = children(process.pid)
    os.kill(first[0], signal.SIGKILL)
    said = b""
    while b"a serving process died" not in said:
        said = process.stderr.readline()
        assert said
    ask_until_there(base)
    second = children(process.pid)

    assert 2 == len(first) == len(second)
    assert first[0] not in second
    assert 0 == end(process)
    assert [] == [pid for pid in {*first, *second} if Path(f"/proc/{pid}/cmdline").exists()]


def test_the_processes_end_when_their_parent_is_killed(house, polymark, spawn):
    polymark("user", "add", "ann")
    process = spawn("serve", "--port", "0", "--workers", "2")
    base = address(greeting(process))
    ask_until_there(base)
    process.kill()

    wait_until_refused(urlsplit(base))


def ask_until_there(base):
    """Until the port answers: children need a moment, and the parent does not listen itself."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return ask(f"{base}/health")
        except OSError:
            continue
    return pytest.fail("nobody answers")


def test_a_port_that_is_taken_is_one_line(house, polymark, spawn):
    polymark("user", "add", "ann")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for more in ((), ("--workers", "2")):
            process = spawn("serve", "--port", str(port), *more)
            code = process.wait(timeout=PATIENCE)
            lines = [line for line in process.stderr.read().decode().splitlines() if "[info" not in line]

            assert (1, 1) == (code, len(lines))
            assert "address already in use" in lines[0].lower()


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("--port", "70000"), 1, "POLYMARK_PORT takes a whole number from 0 to 65535, not 70000."),
        (("--workers", "0"), 1, "POLYMARK_WORKERS takes a whole number from 1 to 64, not 0."),
    ],
)
def test_a_wrong_setting_is_one_line(house, polymark, arguments, code, line):
    result = polymark("serve", *arguments)

    assert (code, "", f"{line}\n") == (result.code, result.out, result.err)


def test_a_port_that_is_no_number_is_wrong_usage(house, polymark):
    result = polymark("serve", "--port", "x")

    assert (2, 1) == (result.code, result.err.count("\n"))
    assert result.err.startswith("Invalid value for '--port': ")


def test_a_database_that_is_not_there_is_one_line(bare, polymark, monkeypatch):
    """Without the password that the address has."""
    monkeypatch.setenv("POLYMARK_DATABASE_URL", "postgres://ann:very-secret@127.0.0.1:1/none")
    result = polymark("serve")

    assert (1, "", 1) == (result.code, result.out, result.err.count("\n"))
    assert result.err.startswith("The database cannot be reached: ")
    assert "very-secret" not in result.err


def test_the_worker_ends_when_asked(house, polymark, spawn):
    process = spawn("worker")
    line = ""
    while not line.startswith("Doing jobs"):
        line = process.stderr.readline().decode()
        assert line

    assert 0 == end(process)


def test_the_worker_needs_a_database_that_is_set_up(unmigrated, polymark):
    result = polymark("worker")

    assert 1 == result.code
    assert result.err.splitlines()[-1].startswith(("The database refused", "There is no database"))


def test_migrate_makes_a_database_and_then_has_nothing_to_do(unmigrated, polymark):
    first, second = polymark("migrate"), polymark("migrate")

    async def left():
        async with connected(database_config(unmigrated)):
            return await pending_migrations(get_connection("default"))

    assert (0, 0) == (first.code, second.code)
    assert first.err.startswith("Applied: 0001_initial, ")
    assert "Nothing to do: the database is up to date.\n" == second.err
    assert [] == asyncio.run(left())
