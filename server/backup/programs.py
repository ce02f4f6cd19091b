"""PostgreSQL's own programs: which of those on this machine to use, and what one said that failed."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from server.backup.trouble import BackupError
from server.database import database_config

SIDE_BY_SIDE = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")  # where Debian's and Red Hat's packages put several
SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
FIRST_WITH_TIMEOUT = 17  # pg_restore of this version and newer ones set what older servers do not know

CHUNK = 256 * 1024

_VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")


def dumper(server: int) -> Path:
    """The ``pg_dump`` for a server of this major version: its own, else the next newer. Raises BackupError."""
    found = _installed("pg_dump")
    fit = [(major, path) for path, major in found.items() if major >= server]
    if fit:
        return min(fit, key=lambda one: one[0])[1]
    raise _lacking("pg_dump", server, found)


def restorer(server: int) -> Path:
    """The ``pg_restore`` for a server of this major version, as ``dumper``. Raises BackupError."""
    found = _installed("pg_restore")
    fit = [
        (major, path)
        for path, major in found.items()
        if major >= server and (server >= FIRST_WITH_TIMEOUT or major < FIRST_WITH_TIMEOUT)
    ]
    if fit:
        return min(fit, key=lambda one: one[0])[1]
    raise _lacking("pg_restore", server, found)


def reader() -> Path:
    """The newest ``pg_restore``, which reads the dumps of all. Raises BackupError."""
    found = _installed("pg_restore")
    if not found:
        raise BackupError("pg_restore was not found: install the client programs of PostgreSQL (postgresql-client).")
    return max(found, key=lambda path: found[path])


def _installed(name: str) -> dict[Path, int]:
    """Every program of that name and its major version: those of PATH, and those that packages put side by side."""
    places = [Path(folder) for folder in os.get_exec_path() if folder]
    places += [folder for pattern in SIDE_BY_SIDE for folder in sorted(Path("/").glob(pattern.lstrip("/")))]
    found: dict[Path, int] = {}
    for path in dict.fromkeys(place / name for place in places):
        if os.access(path, os.X_OK) and path.is_file():
            said = subprocess.run([path, "--version"], check=False, capture_output=True).stdout  # noqa: S603 - found above
            if version := _VERSION.search(said):
                found[path] = int(version[1])
    return found


def _lacking(name: str, server: int, found: Mapping[Path, int]) -> BackupError:
    here = ", ".join(str(major) for major in sorted(set(found.values())))
    what = f"found only of version {here}" if here else "not found"
    return BackupError(f"{name} was {what}, and the server is PostgreSQL {server}: install postgresql-client-{server}.")


def environment(url: str) -> dict[str, str]:
    """What the programs are told of the database: all of it here, for a command line is anybody's to read."""
    credentials = database_config(url)["connections"]["default"]["credentials"]
    own = {
        "PGHOST": credentials["host"],
        "PGPORT": str(credentials["port"]),
        "PGUSER": credentials["user"],
        "PGPASSWORD": credentials["password"] or "",
        "PGDATABASE": credentials["database"],
        "PGSSLMODE": credentials.get("ssl", "") if credentials.get("ssl") in SSL_MODES else "",
        "PGPASSFILE": credentials.get("passfile", ""),
        "PGAPPNAME": "polymark backup",
        "LC_ALL": "C",
    }
    return {**os.environ, **{name: value for name, value in own.items() if value}}


async def run(program: Path, *arguments: str | Path, url: str, given: Path | None = None) -> None:
    """Run it to its end; it ends with the caller. Raises BackupError with the first thing that it complained of.

    ``given`` is what it reads from a pipe: when we are killed the pipe ends, and so does it, with nothing done.
    """
    process = await asyncio.create_subprocess_exec(
        program, *arguments, env=environment(url), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        said, _ = await asyncio.gather(_all_of(process.stderr), _feed(process.stdin, given))
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if process.returncode:
        raise BackupError(f"{program.name} failed: {complaint(said)}.")


async def _all_of(stream: asyncio.StreamReader | None) -> bytes:
    return b"" if stream is None else await stream.read()


async def _feed(stream: asyncio.StreamWriter | None, source: Path | None) -> None:
    """Write the file into the pipe; a program that reads no further says by itself why."""
    if stream is None or source is None:
        return
    with suppress(ConnectionError), source.open("rb") as opened:
        while chunk := await asyncio.to_thread(opened.read, CHUNK):
            stream.write(chunk)
            await stream.drain()
    stream.close()


def complaint(said: bytes) -> str:
    """The first error among what a program wrote, without its own name."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line.lower()] or lines or ["it did not say why"]
    return re.sub(r"^pg_\w+: (?:error: )?", "", errors[0]).rstrip(".")


def lines_of(program: Path, *arguments: str | Path) -> Iterator[bytes]:
    """The lines that it writes, as they come. Raises BackupError when it fails."""
    with (
        TemporaryFile() as said,  # a pipe that nobody empties would stop it
        subprocess.Popen(  # noqa: S603 - found by us
            [program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said,
            env={**os.environ, "LC_ALL": "C"},
        ) as process,
    ):  # fmt: skip
        try:
            yield from process.stdout or ()
        except BaseException:
            process.kill()
            raise
        if process.wait():
            said.seek(0)
            raise BackupError(f"{program.name} failed: {complaint(said.read())}.")


def database_name(url: str) -> str:
    """Which database an address names, without its password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}{parts.path}"
