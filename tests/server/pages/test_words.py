"""Sentences for people, and what may be believed of a request."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import make_mocked_request

from schema.errors import Fault
from server.addresses import Addresses
from server.pages.guard import is_foreign, may_use_session
from server.pages.words import moment, program, sentence, waiting
from server.settings import load_settings

MACHINE = "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 {MACHINE} Chrome/139.0 Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 {MACHINE} Chrome/139.0 Safari/537.36 Edg/139.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) FxiOS/140 Safari/605", "Firefox on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/139.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/139.0 Safari/537.36", "Chrome on Linux"),
        ("curl/8.0", "curl/8.0"),
        ("", "A browser without a name"),
        ("x" * 400, "x" * 80),
    ],
)
def test_a_browser_has_a_name_of_a_few_words(user_agent, name):
    assert name == program(user_agent)


def test_a_moment_is_read_by_people():
    assert "2 January 2026, 03:04 UTC" == moment(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 seconds"), (90, "90 seconds"), (91, "2 minutes"), (300, "5 minutes")]
)
def test_who_has_to_wait_is_told_how_long(seconds, words):
    assert words in waiting(seconds)


def test_a_rule_without_a_sentence_of_its_own_has_a_plain_one():
    assert "This cannot be used." == sentence(Fault(("x",), "something new"))


BASE = "https://marks.example/below"


@pytest.mark.parametrize(
    ("method", "headers", "foreign", "usable"),
    [
        ("GET", {}, False, True),
        ("POST", {}, False, False),
        ("POST", {"Origin": "https://marks.example"}, False, True),
        ("POST", {"Origin": "https://MARKS.example:443"}, False, True),
        ("POST", {"Origin": "http://marks.example"}, True, False),
        ("POST", {"Origin": "https://marks.example:444"}, True, False),
        ("POST", {"Origin": "https://marks.example.evil"}, True, False),
        ("POST", {"Origin": ""}, True, False),
        ("POST", {"Origin": "://["}, True, False),
        ("POST", {"Sec-Fetch-Site": "same-origin", "Origin": "http://inside:3000"}, False, True),
        ("POST", {"Sec-Fetch-Site": "none"}, False, True),
        ("POST", {"Sec-Fetch-Site": "odd"}, True, False),
        ("POST", {"X-Requested-With": "x"}, False, True),
        ("GET", {"Upgrade": "websocket"}, False, False),
        ("GET", {"Upgrade": "websocket", "Origin": "https://marks.example"}, False, True),
        ("GET", {"Upgrade": "websocket", "Origin": "https://evil.example"}, True, False),
    ],
)
def test_browsers_say_whose_page_a_request_comes_from(method, headers, foreign, usable):
    request = make_mocked_request(method, "/graphql", headers=headers)

    assert (foreign, usable) == (is_foreign(request, BASE), may_use_session(request, BASE))


@pytest.mark.parametrize(
    ("trusted", "remote", "hops", "sender"),
    [
        ("", "192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.1", "198.51.100.1", "198.51.100.1"),
        ("192.0.2.0/24", "192.0.2.1", "10.0.0.1, 198.51.100.1, 192.0.2.9", "198.51.100.1"),
        ("192.0.2.0/24", "192.0.2.1", "192.0.2.8,192.0.2.9", "192.0.2.8"),
        ("192.0.2.0/24", "192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.1", "unknown", "unknown"),
        ("192.0.2.0/24", "192.0.2.1", "x" * 900, "x" * 64),
        ("", "2001:db8::1:2:3:4", "", "2001:db8::/64"),
        ("", "::1", "", "::/64"),
        ("", "::ffff:192.0.2.1", "", "192.0.2.1"),
        ("", None, "", ""),
    ],
)
def test_who_asks_is_the_last_hop_that_is_no_proxy_of_ours(trusted, remote, hops, sender):
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": hops}).clone(remote=remote)

    assert sender == Addresses(load_settings(None, trusted_proxies=trusted)).sender(request)
