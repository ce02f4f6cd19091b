"""Asking the Internet Archive to keep a page, and what of its answer is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from schema.ports import FetchFailed
from server.outside.fetch import Fetcher
from server.outside.ports import make_outside
from server.outside.web_archive import is_copy, keep
from server.outside.websites import GuardedWebsites, NoWebsites
from server.settings import load_settings
from tests.server.outside.pages import OneDoor, serving

PAGE = "https://a.example/p?q=1"
SAVE = f"/save/{PAGE}"
COPY = f"/web/20260102030405/{PAGE}"


@pytest.fixture
async def archive():
    async with serving() as pages:
        yield pages


@pytest.fixture
async def websites(archive):
    websites = GuardedWebsites(guard=OneDoor(), web_archive=archive.url(""))
    yield websites
    await websites.close()


async def failure(websites, url=PAGE):
    with pytest.raises(FetchFailed) as failed:
        await websites.archive(url)
    return failed.value


async def test_where_the_copy_is_is_told_by_a_redirect(archive, websites):
    """The copy itself is not fetched, and a fragment is nobody's but the reader's."""
    archive.redirect(SAVE, COPY)

    assert archive.url(COPY) == await websites.archive(f"{PAGE}#part")
    assert [SAVE] == archive.paths()


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret@a.example/",
        "http://192.168.1.1/",
        "http://localhost:8080/",
        "http://[fd00::1]/",
        "http://0x7f.1/",
    ],
)
async def test_what_is_nobody_elses_is_not_told(archive, url):
    """Also not by a server that may reach its own network."""
    websites = GuardedWebsites(allow_private=True, web_archive=archive.url(""))
    failed = await failure(websites, url)
    await websites.close()

    assert failed.permanent
    assert "secret" not in failed.reason
    assert [] == archive.paths()


async def test_or_after_some_redirects_or_by_content_location(archive, websites):
    archive.redirect(SAVE, f"/save/_now/{PAGE}")
    archive.put(f"/save/_now/{PAGE}", "<title>Kept", Content_Location=archive.url(COPY))

    assert archive.url(COPY) == await websites.archive(PAGE)


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/web/20260102030405/https://a.example/", "/web/2026/https://a.example/",
        "/web/20260102030405/", "/elsewhere", "//evil.example/web/20260102030405/x",
        "javascript:alert(1)//web/20260102030405/x",
    ],
)  # fmt: skip
async def test_no_other_address_is_believed(archive, websites, location):
    archive.put(SAVE, "<title>Kept", Content_Location=location)
    failed = await failure(websites)

    assert ("the web archive does not say where it keeps the page", True) == (failed.reason, failed.permanent)


async def test_a_redirect_to_the_own_network_is_refused(archive, websites):
    archive.redirect(SAVE, archive.url(COPY, host="127.0.0.1"))

    assert (await failure(websites)).permanent
    assert [SAVE] == archive.paths()


async def test_redirects_come_to_an_end(archive, websites):
    archive.redirect(SAVE, SAVE)

    assert "more than 5 redirects" == (await failure(websites)).reason


@pytest.mark.parametrize(
    ("status", "permanent"),
    [("429 Wait", False), ("503 Busy", False), ("520 Oh", False), ("403 No", True), ("404 No", True)],
)
async def test_one_that_is_busy_is_asked_again_and_one_that_refuses_is_not(archive, websites, status, permanent):
    archive.put(SAVE, "", status=status, Content_Location=archive.url(COPY))
    failed = await failure(websites)

    assert (f"the web archive answers {status[:3]}", permanent, 0) == (
        failed.reason, failed.permanent, failed.retry_after,
    )  # fmt: skip


@pytest.mark.parametrize("is_date", [False, True])
async def test_it_says_when_to_ask_again(archive, websites, is_date):
    sent = format_datetime(datetime.now(UTC) + timedelta(seconds=121), usegmt=True) if is_date else "120"
    archive.put(SAVE, "", status="429 Wait", Retry_After=sent)

    assert 100 < (await failure(websites)).retry_after <= 121


@pytest.mark.parametrize("sent", ["-5", "soon", "Fri, 99 Jan 2026 03:04:05 GMT", "Fri, 02 Jan 2015 03:04:05 GMT"])
async def test_what_says_nothing_of_when_says_nothing(archive, websites, sent):
    archive.put(SAVE, "", status="503 Busy", Retry_After=sent)

    assert 0 == (await failure(websites)).retry_after


async def test_it_has_only_so_much_time(archive):
    async def silent(writer):
        await archive.left.wait()

    archive.put_raw(SAVE, silent)
    async with Fetcher(guard=OneDoor()) as fetcher:
        with pytest.raises(FetchFailed, match=r"no copy within 0\.1 s") as failed:
            await keep(fetcher, archive.url(""), PAGE, seconds=0.1)

    assert not failed.value.permanent


async def test_it_is_the_one_of_the_settings(archive, tmp_path):
    """Also with a slash at its end; where nothing is fetched nothing is archived."""
    archive.redirect(SAVE, COPY)
    settings = load_settings(None, data_dir=tmp_path, web_archive=archive.url("/"), allow_private_fetch=True)
    outside = make_outside(settings)
    nowhere = NoWebsites()

    assert archive.url(COPY) == await outside.ports.websites.archive(PAGE)
    assert (await failure(nowhere)).permanent
    await outside.close()
    await nowhere.close()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://web.archive.org/web/20260102030405/https://a.example/", True),
        ("http://web.archive.org/web/20260102030405/https://a.example/", True),
        ("https://WEB.archive.org/web/20260102030405/x", True),
        ("https://web.archive.org:8443/web/20260102030405/x", False),
        ("https://user@web.archive.org/web/20260102030405/x", False),
        ("https://web.archive.org.evil.example/web/20260102030405/x", False),
        ("https://web.archive.org/x/web/20260102030405/x", False),
        ("https://web.archive.org/web/20260102030405id_/x", False),
        ("ftp://web.archive.org/web/20260102030405/x", False),
        ("https://web.archive.org:port/web/20260102030405/x", False),
        ("https://[/web/20260102030405/x", False),
    ],
)
def test_what_a_copys_address_looks_like(address, expected):
    assert expected == is_copy("https://web.archive.org", address)
