"""Structured logs: one pipeline for our own lines and for those of the libraries, with secrets taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"

_SECRET_KEYS = re.compile(
    r"authorization|cookie|password|passwd|secret|signature|(^|[_-])token$|^api[_-]?key$", re.IGNORECASE
)
_SECRET_TEXTS: tuple[tuple[re.Pattern[str], str], ...] = (
    # a credential as a header carries it: "Token 0a1b…", "Authorization: Bearer …", "Basic dXNlcjpw…"
    (re.compile(r"\b(Token|Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    # the user and password in an address: postgres://user:password@host
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s@'\"]+@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    # a signed address: whoever has it may read or write the file, let in the program that waits there, or
    # read the feeds
    (re.compile(r"(/(?:files|uploads|login/v2/flow|feeds)/)[A-Za-z0-9._~%+=-]{8,}"), rf"\1{HIDDEN}"),
    # a secret in a query or a form
    (
        re.compile(r"([?&;\s](?:token|key|api_key|password|signature|secret|code)=)[^&\s'\"]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    # tokens by their own shape: linkding's 40 hex digits, Bkmark's bk_…
    (re.compile(r"\b(?:[0-9a-f]{40}|bk_[A-Za-z0-9_-]{8,})\b"), HIDDEN),
)
_UNTOUCHED = frozenset({"request_id", "timestamp", "level", "logger"})

# These write the SQL with its values (hashes of passwords and tokens) or a second line a request.
_QUIET = {
    "tortoise": logging.WARNING,  # it tells of every connection it closes
    "tortoise.db_client": logging.INFO,
    "aiosqlite": logging.INFO,
    "asyncio": logging.INFO,
    "aiohttp.access": logging.WARNING,
}


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what must never be in a log, by key and by shape inside any text: a structlog processor."""
    return {key: value if key in _UNTOUCHED else _clean(key, value) for key, value in event.items()}


def _clean(key: str, value: Any) -> Any:
    """Clean a value of any depth; ``key`` is the name that it stands under."""
    if _SECRET_KEYS.search(key):
        return HIDDEN
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(inner): _clean(str(inner), part) for inner, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, part) for part in value]
    return _clean_text(value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value))


def _clean_text(text: str) -> str:
    for pattern, replacement in _SECRET_TEXTS:
        text = pattern.sub(replacement, text)
    return text


def _as_json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def set_up_logs(
    log_format: Literal["console", "json"] = "console", level: str = "info", stream: TextIO | None = None
) -> None:
    """Send every log line, ours and the standard library's, to ``stream`` (standard error unless told).

    ``json`` writes one object a line, ``console`` a line for people. Calling it again replaces the set-up. What
    is bound in structlog's contextvars (the request id) is part of each line.
    """
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # before hide_secrets: a traceback may quote a secret
        structlog.processors.UnicodeDecoder(),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(serializer=_as_json)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=target.isatty())
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide_secrets, renderer],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a second set-up must reach loggers that exist already
    )
    least = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(least)
    for name, floor in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, floor))
    logging.captureWarnings(capture=True)
