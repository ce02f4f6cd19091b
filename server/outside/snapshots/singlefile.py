"""Snapshots by SingleFile: a browser opens the page, with its scripts, and single-file-cli writes down what it shows.

Neither is trusted with the network. The browser is started here, in a profile of its own, and its only way out is
the proxy. single-file-cli fetches by itself what the browser may not read, and would read ``file:`` addresses too;
``gate.mjs`` is loaded before it, and leaves it the browser's debugging port and the proxy. That works for Node only, so
the command has to be the program that npm installs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from schema.ports import FetchFailed, TakenPage
from server.outside.guard import Guard
from server.outside.snapshots.proxy import Proxy

GATE = Path(__file__).with_name("gate.mjs")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
START_SECONDS = 20.0  # for the browser to open its debugging port
DOCTYPE = re.compile(rb"\s*<!doctype[^>]*>", re.IGNORECASE)
COPIED = 64 * 1024  # bytes at a time
LONGEST_COMPLAINT = 300  # characters of what the program says when it fails

log = structlog.stdlib.get_logger("polymark.snapshots")


# SingleFile takes scripts out, and writes a policy that would let them run: ours stands before all else.
SEAL = (
    b'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; font-src data:; '
    b"style-src 'unsafe-inline' data:; media-src data:; frame-src data:; form-action 'none'; base-uri 'none'\">"
)


class Unusable(Exception):  # noqa: N818 - a fact about the machine, not a bug
    """SingleFile cannot be run here; the text says what is missing."""


class SingleFile:
    """Takes HTML pages by the command of that name, at most ``max_size`` bytes in ``seconds``."""

    def __init__(self, command: str, guard: Guard, *, max_size: int, seconds: float) -> None:
        self._command = command
        self._guard = guard
        self._max_size = max_size
        self._seconds = seconds

    async def take(self, url: str, folder: Path) -> TakenPage:
        """The page at ``url``, in a file in ``folder``. Raises FetchFailed."""
        path = folder / "whole.html"
        try:
            async with asyncio.timeout(self._seconds):
                program = await asyncio.to_thread(programs, self._command)
                async with Proxy(self._guard) as proxy, _browser(program[2], proxy, folder) as port:
                    await self._save(program[:2], url, path, proxy, port)
        except TimeoutError as error:
            raise FetchFailed(f"SingleFile took more than {self._seconds:g} s") from error
        except Unusable as error:
            raise FetchFailed(str(error)) from error
        if _size(path) + len(SEAL) > self._max_size:
            raise FetchFailed(f"the page has more than {self._max_size} bytes", permanent=True)
        sealed = folder / "sealed.html"
        await asyncio.to_thread(seal, path, sealed)
        return TakenPage("text/html", sealed)

    async def _save(self, program: tuple[str, str], url: str, path: Path, proxy: Proxy, port: int) -> None:
        """Have single-file-cli write the page that the browser at ``port`` shows."""
        node, script = program
        arguments = [
            node, "--import", GATE.as_uri(), script, url, str(path),
            f"--browser-server=http://127.0.0.1:{port}",
            "--browser-wait-until-fallback=true",
            f"--browser-load-max-time={int(self._seconds * 400)}",
            f"--browser-capture-max-time={int(self._seconds * 500)}",
            "--block-scripts=true",
            "--insert-meta-CSP=true",
            "--compress-content=false",
            "--self-extracting-archive=false",
            "--filename-conflict-action=overwrite",
        ]  # fmt: skip
        way = {"SNAPSHOT_BROWSER": f"http://127.0.0.1:{port}", "SNAPSHOT_GATE": proxy.gate}
        async with _running(arguments, path.parent, way) as process:
            _, complaint = await process.communicate()
        if process.returncode or not _size(path):
            reason = complaint.decode("utf-8", "replace").strip()[-LONGEST_COMPLAINT:]
            log.warning("singlefile_failed", code=process.returncode, reason=reason)
            raise FetchFailed("SingleFile could not save the page")


def seal(path: Path, sealed: Path) -> None:
    """Write the page anew with a policy of ours behind its doctype."""
    with path.open("rb") as source, sealed.open("wb") as out:
        begin = source.read(COPIED)
        doctype = DOCTYPE.match(begin)
        end = doctype.end() if doctype else 0
        out.write(begin[:end] + SEAL + begin[end:])
        shutil.copyfileobj(source, out, COPIED)


def programs(command: str) -> tuple[str, str, str]:
    """Where Node, single-file-cli's script and the browser are. Raises Unusable."""
    found = shutil.which(command)
    if found is None:
        raise Unusable(f"{command} is not installed")
    script = Path(found).resolve()
    with script.open("rb") as file:
        first = file.readline(200)
    if not (first.startswith(b"#!") and b"node" in first):
        raise Unusable(f"{command} is not the single-file-cli that npm installs")
    node = shutil.which("node")
    if node is None:
        raise Unusable("Node is not installed")
    browser = next((path for name in BROWSERS if (path := shutil.which(name)) is not None), None)
    if browser is None:
        raise Unusable("there is no Chromium")
    return node, str(script), browser


@asynccontextmanager
async def _browser(program: str, proxy: Proxy, folder: Path) -> AsyncIterator[int]:
    """A browser that reaches nothing but the proxy, and the port at which it is told what to do."""
    profile = folder / "profile"
    profile.mkdir()
    arguments = [
        program,
        "--headless=new",
        f"--proxy-server=http://127.0.0.1:{proxy.port}",
        "--proxy-bypass-list=<-loopback>",  # without it, addresses of this machine would not go by the proxy
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # names are the proxy's to resolve
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-quic",
        "--dns-prefetch-disable",
        f"--user-data-dir={profile}",
        "--remote-debugging-port=0",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--disable-features=MediaRouter,DialMediaRouteProvider,Translate,OptimizationHints,LazyFrameLoading",
        "--disable-gpu",
        "--disable-sync",
        "--hide-scrollbars",
        "--mute-audio",
        "--password-store=basic",
        "--use-mock-keychain",
        "--window-size=1280,720",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium has none for root
    async with _running([*arguments, "about:blank"], folder, {}, quiet=True) as process:
        yield await _port(process, profile / "DevToolsActivePort")


async def _port(process: Process, path: Path) -> int:
    """The port that the browser has written down. Raises Unusable when it ends or takes too long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            while process.returncode is None:
                if (port := _written(path)) is not None:
                    return port
                await asyncio.sleep(0.05)
    raise Unusable("the browser does not start")


def _written(path: Path) -> int | None:
    """The number in the first line, once it is there."""
    try:
        return int(path.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _size(path: Path) -> int:
    """The bytes of the file; 0 when there is none."""
    return path.stat().st_size if path.is_file() else 0


@asynccontextmanager
async def _running(
    arguments: list[str], folder: Path, more: dict[str, str], *, quiet: bool = False
) -> AsyncIterator[Process]:
    """A program with nothing of our environment, and all that it starts, ended with the block."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_CACHE_HOME": str(folder),
        "LANG": "C.UTF-8",
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL if quiet else PIPE,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def version(command: str) -> str:
    """What the command says of itself. Raises Unusable when it cannot be run."""
    node, script, _ = await asyncio.to_thread(programs, command)
    process = await asyncio.create_subprocess_exec(
        node, script, "--version", stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise Unusable(f"{command} does not answer") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        raise Unusable(f"{command} --version fails")
    return json.dumps(said.decode("utf-8", "replace").strip()[:40])[1:-1]
