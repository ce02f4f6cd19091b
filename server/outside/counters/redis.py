"""Counts in Redis, which any number of processes and machines share."""

from __future__ import annotations

import time
from typing import Any, cast

from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

TROUBLE = (RedisError, OSError)  # what is raised when Redis is not there, or not well
PATIENCE = 0.5  # seconds; a request waits for it
PREFIX = "polymark"
ADD = """
local count = redis.call('incrby', KEYS[1], ARGV[2])
if count == tonumber(ARGV[2]) then
    redis.call('expire', KEYS[1], ARGV[1])
end
return {count, redis.call('pttl', KEYS[1])}
"""
TAKE_BACK = """
local count = tonumber(redis.call('get', KEYS[1]) or '0')
local amount = tonumber(ARGV[1])
if count > amount then
    redis.call('decrby', KEYS[1], amount)
elseif count == amount then
    redis.call('del', KEYS[1])
end
"""


class RedisCounters(RedisStorage):
    """The library's storage, which can also count less, and count and tell the window's end in one step."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"async+{url}",
            implementation="redispy",
            key_prefix=PREFIX,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # passed on to the client, which takes one
        )
        self._client: Any = cast("RedispyBridge", self.bridge).storage  # its types are those of two clients at once
        self._add = self._client.register_script(ADD)
        self._take_back = self._client.register_script(TAKE_BACK)

    async def add(self, key: str, expiry: int, amount: int = 1) -> tuple[int, float]:
        """Count, in a fixed window of so many seconds that begins now unless one is open.

        Says how many there are, and when the window ends, in Unix seconds.
        """
        count, left = await self._add([self.bridge.prefixed_key(key)], [expiry, amount])
        return count, time.time() + left / 1000

    async def decr(self, key: str, amount: int = 1) -> None:
        """Count so many less in the fixed window that is open; from an empty one, the next begins anew."""
        await self._take_back([self.bridge.prefixed_key(key)], [amount])

    async def get_expiry(self, key: str) -> float:
        """When the fixed window ends, in Unix seconds, to the millisecond; now for none."""
        left: int = await self._client.pttl(self.bridge.prefixed_key(key))
        return time.time() + max(0, left) / 1000

    async def take_out(self, key: str) -> None:
        """Forget the newest entry of a moving window."""
        await self._client.lpop(self.bridge.prefixed_key(key))

    async def ping(self) -> None:
        """Ask for an answer. Raises what TROUBLE names."""
        await self._client.ping()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()
