import asyncio
import io
import subprocess
import sys
import time

import pytest
from PIL import Image

from schema.ports import FetchFailed, Websites
from server.outside.sandbox import Sandbox
from server.outside.websites import REMEMBERED_PAGES, REMEMBERED_SECONDS, GuardedWebsites, NoWebsites
from tests.server.outside.pages import OneDoor, serving

TITLE = "<html><head><title>{}</title></head><body></body></html>"


class Wrist:
    """A clock in seconds that moves when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def pages():
    async with serving() as pages:
        yield pages


@pytest.fixture(scope="module")
def clock():
    return Wrist()


@pytest.fixture
async def websites(clock):
    websites: Websites = GuardedWebsites(guard=OneDoor(), clock=clock)
    yield websites
    await websites.close()


@pytest.fixture
async def hasty():
    websites = GuardedWebsites(guard=OneDoor(), timeout=0.5, max_bytes=64 * 1024, sandbox=Sandbox(time_limit=3))
    yield websites
    await websites.close()


def painted(size=(64, 64)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG")
    return out.getvalue()


async def test_a_page_is_read(pages, websites):
    """LD-SCR-1 to LD-SCR-4 in one: behind a redirect, the picture is seen from the address that was asked for."""
    pages.redirect("/short/x", "/long/y")
    pages.put(
        "/long/y",
        "<html lang=en><head><title> A &amp; B </title><meta name=description content=C>"
        "<meta property=og:image content=d.png><link rel=icon href=e.png></head><body><p>Some words.</p></body></html>",
    )

    page = await websites.read(pages.url("/short/x"))

    assert ("A & B", "C", "en") == (page.title, page.description, page.language)
    assert pages.url("/long/y") == page.url
    assert pages.url("/short/d.png") == page.preview_image
    assert pages.url("/long/e.png") == page.favicon
    assert "Some words." == page.text


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oh", "403 Forbidden"])
async def test_an_error_page_is_a_page(pages, websites, status):
    """LD-SCR-1: the status code is not looked at."""
    pages.put("/", TITLE.format("Not here"), status=status)

    assert "Not here" == (await websites.read(pages.url())).title


async def test_the_headers_charset_counts(pages, websites):
    pages.put("/", "<title>русский</title>".encode("koi8-r"), content_type="text/html; charset=KOI8-R")

    assert "русский" == (await websites.read(pages.url())).title


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "text/plain", "application/json"])
async def test_what_is_not_html_is_not_read(pages, websites, kind):
    """LD-SCR-5: a failure, and a final one, which the doors turn into nulls."""
    pages.put("/", TITLE.format("a"), content_type=kind)

    with pytest.raises(FetchFailed, match=kind) as failure:
        await websites.read(pages.url())
    assert failure.value.permanent


async def test_a_page_without_a_type_is_read_when_it_looks_like_one(pages, websites):
    pages.put("/", TITLE.format("a"), content_type=None)
    pages.put("/not", "just words", content_type=None)

    assert "a" == (await websites.read(pages.url())).title
    assert (await websites.read(pages.url("/not"))).title is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]/", "http://2130706433/", "file:///etc/passwd", "", "x"]
)
async def test_private_and_impossible_addresses_are_refused(websites, url):
    """LD-SCR-5: a failure for both kinds of reading."""
    with pytest.raises(FetchFailed) as page:
        await websites.read(url)
    with pytest.raises(FetchFailed) as picture:
        await websites.picture(url, max_side=64)
    assert page.value.permanent
    assert picture.value.permanent


async def test_a_refused_connection_is_a_failure(pages, websites):
    """LD-SCR-5."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.2")
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    with pytest.raises(FetchFailed) as failure:
        await websites.read(f"http://127.0.0.2:{port}/")
    assert not failure.value.permanent


async def test_the_switch_opens_private_addresses(pages):
    pages.put("/", TITLE.format("intranet"))
    websites = GuardedWebsites(allow_private=True)

    page = await websites.read(pages.url(host="localhost"))
    await websites.close()

    assert "intranet" == page.title


# Bad pages


async def test_a_page_of_a_gigabyte_is_read_as_far_as_it_came(pages, hasty):
    async def gigabyte(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1073741824\r\n\r\n")
        writer.write(TITLE.format("big").encode())
        await pages.pour(writer, b"<p>x</p>" * 8192, times=16 * 1024)

    pages.put_raw("/", gigabyte)
    started = time.monotonic()

    page = await hasty.read(pages.url())

    assert "big" == page.title
    assert pages.sent < 16 * 1024 * 1024
    assert time.monotonic() - started < 15


def drip(begin: bytes):
    async def write(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + begin)
        while True:
            await asyncio.sleep(0.1)
            writer.write(b".")

    return write


@pytest.mark.parametrize("begin", [b"<head><title>a</title></head>", b"<title>a</title><BODY class=x>"])
async def test_a_page_that_never_ends_is_read_when_its_head_is_there(pages, hasty, begin):
    """LD-SCR-1: reading stops after the head anyhow. It is not remembered: a better moment may bring the text."""
    pages.put_raw("/", drip(begin))

    first = await hasty.read(pages.url())
    pages.put("/", TITLE.format("whole"))
    second = await hasty.read(pages.url())

    assert ("a", "whole") == (first.title, second.title)


async def test_a_head_that_never_ends_is_a_failure(pages, hasty):
    """LD-SCR-5. Half a title is none."""
    pages.put_raw("/", drip(b"<head><title>hal"))

    with pytest.raises(FetchFailed, match="time") as failure:
        await hasty.read(pages.url())
    assert not failure.value.permanent


async def test_a_page_that_keeps_the_parser_busy_is_a_failure(pages):
    body = b"<p " + b" ".join(b"a%d=1" % number for number in range(400_000)) + b">"
    pages.put("/", body)
    websites = GuardedWebsites(guard=OneDoor(), sandbox=Sandbox(time_limit=1))
    started = time.monotonic()

    with pytest.raises(FetchFailed, match="too long"):
        await websites.read(pages.url())
    await websites.close()

    assert time.monotonic() - started < 15


# Memory


async def test_a_page_is_remembered_until_asked_for_afresh(pages, websites):
    """LD-CHK-6: ``ignore_cache=true`` forces a fresh load, which is then the one that is remembered."""
    pages.put("/", TITLE.format("old"))
    first = await websites.read(pages.url())
    pages.put("/", TITLE.format("new"))

    assert "old" == first.title
    assert "old" == (await websites.read(pages.url())).title
    assert "new" == (await websites.read(pages.url(), fresh=True)).title
    assert "new" == (await websites.read(pages.url())).title
    assert 2 == len(pages.requests)


async def test_a_page_is_forgotten_after_five_minutes(pages, websites, clock):
    pages.put("/", TITLE.format("a"))

    await websites.read(pages.url())
    clock.now += REMEMBERED_SECONDS - 1
    await websites.read(pages.url())
    assert 1 == len(pages.requests)
    clock.now += 1
    await websites.read(pages.url())

    assert 2 == len(pages.requests)


async def test_failures_are_not_remembered(pages, websites):
    pages.put("/", "x", content_type="image/png")
    with pytest.raises(FetchFailed):
        await websites.read(pages.url())
    pages.put("/", TITLE.format("a"))

    assert "a" == (await websites.read(pages.url())).title


async def test_only_the_last_pages_are_remembered(pages, websites):
    for number in range(REMEMBERED_PAGES + 1):
        pages.put(f"/{number}", TITLE.format(number))
        await websites.read(pages.url(f"/{number}"))
    before = len(pages.requests)

    await websites.read(pages.url(f"/{REMEMBERED_PAGES}"))
    assert before == len(pages.requests)
    await websites.read(pages.url("/0"))

    assert before + 1 == len(pages.requests)


async def test_a_very_long_page_is_not_remembered(pages, websites):
    """Memory is bounded in bytes as well: 64 pages of 5 MiB would be too many."""
    words = "".join(f"<p>Sentence number {number} of a page that is longer than others.</p>" for number in range(3000))
    pages.put("/", f"<title>a</title><body><article>{words}</article></body>")

    first = await websites.read(pages.url())
    await websites.read(pages.url())

    assert len(first.text or "") > 100_000
    assert 2 == len(pages.requests)


async def test_every_part_of_a_page_counts_when_it_is_remembered(pages, websites):
    """A page with a long description and no text would fill the memory as well."""
    description = "d" * 60_000
    icon = pages.url("/i?" + "i" * 8_000)
    words = "".join(f"<p>Sentence number {number} of a page that is long but not very.</p>" for number in range(800))
    pages.put(
        "/",
        f"<head><title>{'t' * 10_000}</title><meta name=description content={description}>"
        f"<link rel=icon href='{icon}'></head><body><article>{words}</article></body>",
    )

    first = await websites.read(pages.url())
    await websites.read(pages.url())

    assert len(first.text or "") < 100_000
    assert 2 == len(pages.requests)


# Pictures


async def test_a_picture_is_fetched_and_shrunk(pages, websites):
    pages.redirect("/favicon.ico", "/i.png")
    pages.put("/i.png", painted(), content_type="image/x-whatever")

    picture = await websites.picture(pages.url("/favicon.ico"), max_side=32)

    assert (32, 32) == (picture.width, picture.height)
    assert b"WEBP" == picture.data[8:12]


@pytest.mark.parametrize(
    ("status", "permanent"), [("404 N", True), ("410 G", True), ("503 S", False), ("429 T", False)]
)
async def test_a_picture_of_an_error_is_none(pages, websites, status, permanent):
    pages.put("/", painted(), status=status, content_type="image/png")

    with pytest.raises(FetchFailed, match=status[:3]) as failure:
        await websites.picture(pages.url(), max_side=32)
    assert permanent == failure.value.permanent


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("text/html", painted()),
        ("image/png", painted()[:50]),
        ("image/png", b""),
        ("image/png", painted() + bytes(64 * 1024)),
    ],
)
async def test_what_is_no_picture_of_ours_is_refused(pages, hasty, kind, body):
    """SVG by its type or by its bytes, other types, broken ones, and one over the limit of bytes."""
    pages.put("/", body, content_type=kind)

    with pytest.raises(FetchFailed) as failure:
        await hasty.picture(pages.url(), max_side=32)
    assert failure.value.permanent


async def test_a_picture_that_comes_too_slowly_may_be_tried_again(pages, hasty):
    async def half(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + painted()[:50])
        await asyncio.Event().wait()

    pages.put_raw("/", half)

    with pytest.raises(FetchFailed, match="time") as failure:
        await hasty.picture(pages.url(), max_side=32)
    assert not failure.value.permanent


# Copies


@pytest.mark.parametrize("kind", [GuardedWebsites, NoWebsites])
async def test_a_copy_that_was_brought_says_what_its_page_is_about(pages, kind):
    """LD-SF-3: whether fetching is switched on or off, and nothing is fetched for it."""
    websites: Websites = kind()
    html = f'<title>Ä kept page</title><meta name="description" content="d"><link rel=icon href="{pages.url()}">'
    page = await websites.read_copy(html.encode(), pages.url())
    nothing = await websites.read_copy(b"", pages.url())
    await websites.close()

    assert ("Ä kept page", "d", None) == (page.title, page.description, nothing.title)
    assert [] == pages.requests


# Switched off


async def test_switched_off_nothing_is_fetched(pages):
    """``POLYMARK_FETCH_TIMEOUT=0``."""
    websites: Websites = NoWebsites()

    with pytest.raises(FetchFailed) as page:
        await websites.read(pages.url(), fresh=True)
    with pytest.raises(FetchFailed) as picture:
        await websites.picture(pages.url(), max_side=32)
    assert page.value.permanent
    assert picture.value.permanent
    assert [] == pages.requests


def test_the_server_does_not_load_the_parsers():
    """Trafilatura, lxml, selectolax and Pillow live in the child process only."""
    code = "import sys, server.outside.websites; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()  # noqa: S603

    assert "aiohttp" in loaded
    assert not {"trafilatura", "lxml", "selectolax", "PIL"} & set(loaded)
