"""Processes that serve: one, or several on one port with a parent that keeps them alive."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import structlog
from aiohttp import web

from server.logs import set_up_logs
from server.settings import Settings
from server.traffic import Traffic

SHUTDOWN_SECONDS = 20.0  # that requests in flight have to finish
GC_THRESHOLDS = (50_000, 20, 100)  # fewer looks at long-lived objects: 7 to 30 % more requests a second
SOON = 5.0  # seconds; a process that ends sooner than that was never well
MOST_FAILURES = 5  # of such ends in a row, before the parent gives up

Announce = Callable[[Settings, int], None]

log = structlog.stdlib.get_logger("polymark.serve")


def serve(settings: Settings, *, work: bool, announce: Announce) -> int:
    """Serve until SIGTERM or SIGINT asks for the end; returns the exit code.

    The database is up to date already. With several workers each is a process of its own on the same port (the system
    spreads connections), and one that dies is replaced. Raises OSError when the port cannot be had.
    """
    if settings.workers == 1:
        asyncio.run(_serve(settings, work=work, announce=announce))
        return 0
    return _supervise(settings, work=work, announce=announce)


async def _serve(settings: Settings, *, work: bool, announce: Announce, parent: Connection | None = None) -> None:
    """Serve in this process; with ``parent`` on a port that is shared, and until the parent is gone.

    ``announce`` is called once the port is listened to.
    """
    from server.app import make_app

    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGTERM, signal.SIGINT] if parent is None else [signal.SIGTERM]
    for number in numbers:
        loop.add_signal_handler(number, asked.set)
    if parent is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the parent passes it on as SIGTERM
        loop.add_reader(parent.fileno(), asked.set)  # nobody ever writes: it is readable when the parent has died
    app, traffic = make_app(settings, work=work), Traffic()
    traffic.install(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, reuse_port=parent is not None or None)
        await site.start()
        gc.collect()
        gc.freeze()  # what is there now stays for good, and need not be looked at again
        gc.set_threshold(*GC_THRESHOLDS)
        announce(settings, runner.addresses[0][1])
        await asked.wait()
        for number in numbers:  # who asks twice does not want to wait
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        log.info("ending")
        await site.stop()
        await traffic.drain(SHUTDOWN_SECONDS)
    finally:
        await runner.cleanup()


def _serve_child(settings: Settings, parent: Connection, listening: Connection, *, work: bool) -> None:
    """What a spawned process does; it tells ``listening`` its port once it does."""
    set_up_logs(settings.log_format, settings.log_level)
    asyncio.run(_serve(settings, work=work, announce=lambda _, port: listening.send(port), parent=parent))


@dataclass(slots=True)
class _Crew:
    """The serving processes and when each was started."""

    settings: Settings
    work: bool
    lifeline: Connection  # the children's end of a pipe; the parent's end closes when the parent does
    listening: Connection  # the children's end of another, on which each sends the port that it listens to
    started: dict[SpawnProcess, float] = field(default_factory=dict)

    def add(self) -> None:
        """Start one more."""
        context = multiprocessing.get_context("spawn")  # fork would share what must not be shared
        process = context.Process(
            target=_serve_child,
            args=(self.settings, self.lifeline, self.listening),
            kwargs={"work": self.work},
            daemon=True,
        )
        process.start()
        self.started[process] = time.monotonic()

    def end(self) -> None:
        """Ask all of them to end."""
        for process in self.started:
            process.terminate()


def _supervise(settings: Settings, *, work: bool, announce: Announce) -> int:
    with _reserved(settings) as held:
        port = held.getsockname()[1]
        theirs, ours = multiprocessing.Pipe(duplex=False)
        news, telling = multiprocessing.Pipe(duplex=False)
        crew = _Crew(settings.model_copy(update={"port": port}), work, theirs, telling)
        asked = _Asked()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, asked)
        for _ in range(settings.workers):
            crew.add()
        code = _keep(crew, asked, news, announce)
        ours.close()
        return code


class _Asked:
    """A signal handler that remembers; ``wait`` looks at it, so that nothing happens inside a handler."""

    def __init__(self) -> None:
        self._read, self._write = socket.socketpair()

    def __call__(self, *_: object) -> None:
        self._write.send(b"!")

    def fileno(self) -> int:
        """For waiting on: readable once asked."""
        return self._read.fileno()

    def forget(self) -> None:
        """Not asked any more; whoever asks next asks a second time."""
        self._read.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self._read.recv(4096)


def _keep(crew: _Crew, asked: _Asked, news: Connection, announce: Announce) -> int:
    """Replace who dies until asked to end; gives up when they die as soon as they are born.

    ``announce`` is called when the first of them says on ``news`` that it listens.
    """
    failures = 0
    announced = False
    while crew.started:
        sentinels = {process.sentinel: process for process in crew.started}
        ready = wait([*sentinels, asked.fileno(), news])
        if asked.fileno() in ready:
            return _dismiss(crew, asked, 0)
        if news in ready:
            ready.remove(news)
            port = news.recv()
            if not announced:
                announced = True
                announce(crew.settings, port)
        for sentinel in ready:
            process = sentinels[sentinel]  # type: ignore[index]  # the only other things waited for
            process.join()
            lived = time.monotonic() - crew.started.pop(process)
            failures = failures + 1 if lived < SOON else 0
            log.error("a serving process died", exit_code=process.exitcode, seconds=round(lived, 1))
            if failures >= MOST_FAILURES:
                return _dismiss(crew, asked, 1)
            crew.add()
    return 1


def _dismiss(crew: _Crew, asked: _Asked, code: int) -> int:
    """End all and wait for them, a little longer than their requests in flight may take; asked again, not at all."""
    asked.forget()
    crew.end()
    until = time.monotonic() + 2 * SHUTDOWN_SECONDS + SOON  # to drain, and to clean up what would not
    alive = {process.sentinel: process for process in crew.started}
    while alive and (left := until - time.monotonic()) > 0:
        ready = wait([*alive, asked.fileno()], left)
        if asked.fileno() in ready:
            break
        for sentinel in ready:
            alive.pop(sentinel).join()  # type: ignore[arg-type]  # the only other things waited for
    for process in alive.values():
        log.error("a serving process did not end in time", pid=process.pid)
        process.kill()
        process.join()
    return code


def _reserved(settings: Settings) -> socket.socket:
    """Hold the port without listening, so that all children get the same one, also when any will do.

    Raises OSError when somebody else has it.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        settings.host or None, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    held = socket.socket(family, kind, protocol)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(address)
    except OSError:
        held.close()
        raise
    return held
