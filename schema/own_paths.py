"""Paths of this server as whoever asks must ask for them: below the path under which a proxy shows us, if it does.

The graph's computed fields are functions of a row alone, so what depends on the request is not handed to them.
"""

from __future__ import annotations

from contextvars import ContextVar

_prefix: ContextVar[str] = ContextVar("prefix", default="")


def show_below(prefix: str) -> None:
    """Have paths begin with this one, which has no slash at its end, for as long as the current task goes on."""
    _prefix.set(prefix)


def own_path(path: str) -> str:
    """The path, which begins with a slash, as the asker sees it."""
    return _prefix.get() + path
