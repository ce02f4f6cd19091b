"""Logs: one shape for all, and no secret in any of them."""

import io
import json
import logging

import pytest
import structlog

from server.logs import HIDDEN, hide_secrets, set_up_logs


@pytest.fixture(autouse=True)
def put_back():
    """Leave the process's logging as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    named = {name: logging.getLogger(name).level for name in ("tortoise.db_client", "aiosqlite", "aiohttp.access")}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, before in named.items():
        logging.getLogger(name).setLevel(before)
    logging.captureWarnings(capture=False)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


@pytest.fixture
def stream():
    return io.StringIO()


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_is_one_object_a_line(stream):
    set_up_logs("json", "info", stream)
    structlog.stdlib.get_logger("here").info("saved", bookmark=7, tags=["a", "b"])
    [line] = lines(stream)

    assert {
        "event": "saved",
        "level": "info",
        "logger": "here",
        "bookmark": 7,
        "tags": ["a", "b"],
    }.items() <= line.items()
    assert line["timestamp"].endswith("Z")


def test_the_console_has_the_same_words(stream):
    set_up_logs("console", "info", stream)
    structlog.stdlib.get_logger("here").info("saved", bookmark=7)

    assert "saved" in stream.getvalue()
    assert "bookmark=7" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_libraries_write_through_the_same_pipeline(stream):
    set_up_logs("json", "info", stream)
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        logging.getLogger("aiohttp.server").error("Error handling %s", "request")
    [line] = lines(stream)

    assert ("Error handling request", "error", "aiohttp.server", "abc") == (
        line["event"],
        line["level"],
        line["logger"],
        line["request_id"],
    )


def test_what_is_below_the_level_is_not_written(stream):
    set_up_logs("json", "warning", stream)
    structlog.stdlib.get_logger("here").info("quiet")
    logging.getLogger("library").info("quiet")
    structlog.stdlib.get_logger("here").warning("loud")

    assert ["loud"] == [line["event"] for line in lines(stream)]


def test_debug_does_not_write_the_values_of_sql(stream):
    """Tortoise logs each statement with its parameters: hashes of passwords and tokens are among them."""
    set_up_logs("json", "debug", stream)
    logging.getLogger("tortoise.db_client").debug("INSERT INTO token ... hash")
    logging.getLogger("aiosqlite").debug("executing ... hash")
    structlog.stdlib.get_logger("here").debug("ours")

    assert ["ours"] == [line["event"] for line in lines(stream)]


def test_setting_up_twice_writes_each_line_once(stream):
    log = structlog.stdlib.get_logger("here")
    set_up_logs("console", "info", io.StringIO())
    log.info("before")
    set_up_logs("json", "info", stream)
    log.info("after")

    assert ["after"] == [line["event"] for line in lines(stream)]


def test_a_traceback_is_written_without_the_secret_in_it(stream):
    set_up_logs("json", "info", stream)

    def connect():
        raise RuntimeError("cannot reach postgres://marks:hunter2@db/marks")

    try:
        connect()
    except RuntimeError:
        structlog.stdlib.get_logger("here").exception("failed")
        logging.getLogger("library").exception("failed")

    for line in lines(stream):
        assert "Traceback" in line["exception"]
        assert "hunter2" not in line["exception"]
        assert f"postgres://{HIDDEN}@db/marks" in line["exception"]
    assert 2 == len(lines(stream))


SECRET = "0a1b2c3d4e" * 4


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Token {SECRET}",
        f"authorization: bearer {SECRET}",
        f"it was {SECRET}.",
        "Basic dXNlcjpodW50ZXIy",
        "bk_0a1b2c3d4e0a1b2c3d4e",
        "PUT /uploads/WzEsMiwiUFVUIl0.0a1b2c3d4e-0a1b_2c3d4e",
        "GET http://host:3000/files/.eJyLNtRRMNJRUA.0a1b2c3d4e0a1b2c3d4e HTTP/1.1",
        "/index.php/login/v2/flow/0a1b2c3d4e0a1b2c3d4e",
        "GET /feeds?token=0a1b2c3d4e&x=1",
        "grant_type=x&code=0a1b2c3d4e",
        "https://user:0a1b2c3d4e@example.com/",
    ],
)
def test_a_secret_is_found_by_its_shape_in_any_text(text):
    for event in (
        {"event": text},
        {"event": "x", "detail": {"inner": [text]}},
        {"event": "x", "error": RuntimeError(text)},
        {"event": "x", "body": text.encode()},
    ):
        shown = str(hide_secrets(None, "info", event))

        assert HIDDEN in shown
        assert "0a1b2c3d4e" not in shown
        assert "dXNlcjpodW50ZXIy" not in shown


@pytest.mark.parametrize(
    "key",
    ["authorization", "Authorization", "cookie", "Set-Cookie", "password", "new_password", "token", "access_token"],
)
def test_a_secret_is_found_by_its_key(key):
    event = hide_secrets(None, "info", {"event": "x", key: "short", "headers": {key: "short"}})

    assert {"event": "x", key: HIDDEN, "headers": {key: HIDDEN}} == event


def test_ordinary_values_pass_unchanged():
    event = {
        "event": "Saved https://example.com/a?page=2 in 3 ms",
        "request_id": SECRET,
        "token_id": 4,
        "owner": 1,
        "ok": True,
        "none": None,
        "sha256": "ab" * 32,
        "ms": 1.5,
    }

    assert event == hide_secrets(None, "info", dict(event))
