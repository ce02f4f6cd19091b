"""Everything outside, made real once a process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schema.ports import Clock, Limits, Ports, Quotas, Throttle
from server.outside.clock import SystemClock
from server.outside.counters.memory import MemoryCounters
from server.outside.counters.table import TableCounters
from server.outside.files import DiskFiles
from server.outside.passwords import ArgonPasswords
from server.outside.quotas import ByLength, Windows
from server.outside.sanitizing import sanitize
from server.outside.signing import SignedPaths
from server.outside.snapshots.maker import PageSnapshots
from server.outside.summaries import make_summaries
from server.outside.throttle import MemoryThrottle
from server.outside.websites import GuardedWebsites, NoWebsites
from server.settings import Settings
from server.signing import Signer, load_key

if TYPE_CHECKING:
    from server.outside.shared import Shared


@dataclass(slots=True)
class Bell:
    """Passes a nudge on to the worker, once there is one; without one in this process another will look soon."""

    ring: Callable[[], None] = field(default=lambda: None)

    def __call__(self) -> None:
        """Ring, if anybody listens."""
        self.ring()


@dataclass(frozen=True, slots=True)
class Outside:
    """The ports, and those of them that must be closed or connected."""

    ports: Ports
    bell: Bell
    signer: Signer
    websites: GuardedWebsites | NoWebsites
    passwords: ArgonPasswords
    snapshots: PageSnapshots | None
    shared: Shared | None

    async def close(self) -> None:
        """Let go of connections, threads and child processes."""
        await self.websites.close()
        if self.snapshots is not None:
            await self.snapshots.close()
        self.passwords.close()
        if self.shared is not None:
            await self.shared.close()


def make_outside(settings: Settings) -> Outside:
    """The ports that the settings ask for; data directory and secret key are made when they are missing.

    Raises SettingsError when they cannot be.
    """
    clock = SystemClock()
    signer = Signer(load_key(settings.data_path), clock)
    bell = Bell()
    websites = _websites(settings)
    snapshots = _snapshots(settings, clock)
    passwords = ArgonPasswords(time_cost=settings.argon2_time_cost, memory=settings.argon2_memory)
    throttle, quotas, shared = _counting(settings, clock)
    ports = Ports(
        websites=websites,
        files=DiskFiles(settings.data_path),
        clock=clock,
        passwords=passwords,
        nudge=bell,
        limits=limits_of(settings),
        signing=SignedPaths(signer, clock),
        throttle=throttle,
        quotas=quotas,
        sanitize=sanitize,
        summaries=make_summaries(settings),
        snapshots=snapshots,
    )
    return Outside(ports, bell, signer, websites, passwords, snapshots, shared)


def _counting(settings: Settings, clock: Clock) -> tuple[Throttle, Quotas, Shared | None]:
    """What counts tries, and what counts all else: in memory and in the database, unless there is a Redis."""
    throttle = MemoryThrottle()
    quotas = ByLength(Windows(MemoryCounters(clock), clock), Windows(TableCounters(clock), clock))
    if settings.redis_url is None:
        return throttle, quotas, None
    from server.outside.shared import share  # late: its client takes a tenth of a second to load

    shared = share(settings.redis_url.get_secret_value(), clock, throttle, quotas)
    return shared.throttle, shared.quotas, shared


def _websites(settings: Settings) -> GuardedWebsites | NoWebsites:
    """The way to the web, or what is left of it when nothing is to be fetched."""
    if not settings.fetch_timeout:
        return NoWebsites(allow_private=settings.allow_private_fetch)
    return GuardedWebsites(allow_private=settings.allow_private_fetch, web_archive=settings.web_archive)


def _snapshots(settings: Settings, clock: Clock) -> PageSnapshots | None:
    """What takes snapshots, where nobody has switched that off, or fetching altogether."""
    if not (settings.snapshots and settings.fetch_timeout):
        return None
    return PageSnapshots(
        clock,
        max_size=settings.max_snapshot_size,
        allow_private=settings.allow_private_fetch,
        singlefile=settings.singlefile,
    )


def limits_of(settings: Settings) -> Limits:
    """The figures of the settings that operations keep to."""
    return Limits(
        fetch_timeout=settings.fetch_timeout,
        max_asset_size=settings.max_asset_size,
        asset_upload=not settings.disable_asset_upload,
        trash_days=settings.trash_days,
        change_days=settings.change_days,
        session_days=settings.session_days,
        validate_urls=not settings.disable_url_validation,
        private_web=settings.allow_private_fetch,
    )
