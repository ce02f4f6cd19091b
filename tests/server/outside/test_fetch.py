import asyncio
import gzip
import threading
import time
import tracemalloc
import zlib

import pytest
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver

from schema.ports import FetchFailed
from server.outside.fetch import BAD_PORTS, MAX_REDIRECTS, Fetcher
from server.outside.guard import Guard, GuardedResolver
from tests.server.outside.pages import DOOR, OneDoor, serving

DEADLINE = 0.5
IN_TIME = 10.0  # what a fetch with that deadline may really take on a busy machine
KIB = 1024
CAP = 64 * KIB
# What kernel buffers of both ends may swallow before the server notices that nobody reads.
BUFFERS = 16 * KIB * KIB


@pytest.fixture
async def pages():
    async with serving() as pages:
        yield pages


@pytest.fixture
async def fetcher():
    async with Fetcher(guard=OneDoor(), max_bytes=CAP) as fetcher:
        yield fetcher


@pytest.fixture
async def hasty():
    async with Fetcher(guard=OneDoor(), timeout=DEADLINE, max_bytes=CAP) as fetcher:
        yield fetcher


async def refusal(fetcher, url) -> FetchFailed:
    with pytest.raises(FetchFailed) as failure:
        await fetcher.get(url)
    return failure.value


# What comes back


async def test_a_page_comes_back_whole(pages, fetcher):
    pages.put("/a?b=c", "<title>Ü</title>", content_type='Text/HTML; charset="UTF-8"')

    fetched = await fetcher.get(pages.url("/a?b=c#part"))

    assert "<title>Ü</title>".encode() == fetched.body
    assert (200, "text/html", "UTF-8") == (fetched.status, fetched.content_type, fetched.charset)
    assert pages.url("/a?b=c#part") == fetched.url
    assert not fetched.truncated


async def test_the_request_is_a_browsers(pages):
    """LD-SCR-1: one GET with a browser-like User-Agent. Only encodings are asked for that can be bounded."""
    pages.put("/", "x")
    async with Fetcher(guard=OneDoor()) as fetcher:
        await fetcher.get(pages.url("/#never-sent"), accept="text/html")

    (head,) = pages.requests
    assert head.startswith("GET / HTTP/1.1\r\n")
    assert "\r\nUser-Agent: Mozilla/5.0 (" in head
    assert "\r\nAccept: text/html\r\n" in head
    assert "\r\nAccept-Encoding: gzip, deflate\r\n" in head


async def test_the_user_agent_is_a_setting(pages):
    pages.put("/", "x")
    async with Fetcher(guard=OneDoor(), user_agent="Mine/1.0") as fetcher:
        await fetcher.get(pages.url())

    assert "\r\nUser-Agent: Mine/1.0\r\n" in pages.requests[0]


async def test_the_status_is_not_looked_at(pages, fetcher):
    """LD-SCR-1: a 404 page is a page."""
    pages.put("/", "<title>Not here</title>", status="404 Not Found")

    fetched = await fetcher.get(pages.url())

    assert (404, b"<title>Not here</title>") == (fetched.status, fetched.body)


async def test_what_a_server_does_not_say_is_none(pages, fetcher):
    pages.put("/", "x", content_type=None)

    fetched = await fetcher.get(pages.url())

    assert (None, None) == (fetched.content_type, fetched.charset)


async def test_an_unwanted_content_type_is_not_read(pages, fetcher):
    async def film(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n")
        await pages.pour(writer, bytes(64 * KIB), times=16 * KIB)

    pages.put_raw("/", film)

    with pytest.raises(FetchFailed, match="video/mp4") as failure:
        await fetcher.get(pages.url(), wants=lambda kind: kind == "text/html")
    assert failure.value.permanent
    assert pages.sent < BUFFERS


async def test_cookies_are_not_kept(pages, fetcher):
    pages.put("/", "x", Set_Cookie="a=b; Path=/")

    await fetcher.get(pages.url())
    await fetcher.get(pages.url())

    assert not any("Cookie" in head for head in pages.requests)


async def test_the_environments_proxy_is_not_used(pages, monkeypatch):
    """A proxy would connect on our behalf, to addresses that nobody looked at."""
    pages.put("/", "direct")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with Fetcher(guard=OneDoor()) as fetcher:
        fetched = await fetcher.get(pages.url())

    assert b"direct" == fetched.body


# Addresses that are refused

INSIDE = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2001:0:7f00:1::]:{port}/",
    "http://2130706433:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0x7f.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://127.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://１２７.0.0.1:{port}/",  # noqa: RUF001 - full-width digits are the point
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::]:{port}/",
    "http://10.0.0.1:{port}/",
    "http://172.16.0.1:{port}/",
    "http://192.168.0.1:{port}/",
    "http://100.64.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fe80::1]:{port}/",
    "http://[fd00::1]:{port}/",
    "http://224.0.0.1:{port}/",
    "http://255.255.255.255:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
]


@pytest.mark.parametrize("url", INSIDE)
async def test_an_address_inside_is_refused_however_it_is_spelled(pages, fetcher, url):
    """Loopback, private, shared, link-local, unique-local, multicast; decimal, octal, hexadecimal, carried in IPv6."""
    pages.put("/", "secret")

    failure = await refusal(fetcher, url.format(port=pages.port))

    assert failure.permanent
    assert "allowed" in failure.reason
    assert [] == pages.requests


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
@pytest.mark.parametrize("url", INSIDE[:12])
async def test_a_redirect_to_an_address_inside_is_refused(pages, fetcher, url, status):
    pages.put("/", "secret")
    pages.redirect("/out", url.format(port=pages.port), status)

    failure = await refusal(fetcher, pages.url("/out"))

    assert failure.permanent
    assert ["/out"] == pages.paths()


async def test_a_name_that_is_rebound_between_two_hops_is_refused(pages):
    """The first look-up leads to the page, the second of the same name to 127.0.0.1, where the same server listens."""
    answers = iter([[DOOR], ["127.0.0.1"]])
    pages.redirect("/", "/secret")
    pages.put("/secret", "secret")
    guard = OneDoor()
    resolver = GuardedResolver(guard, lambda *_: next(answers))
    async with Fetcher(guard=guard, resolver=resolver) as fetcher:
        failure = await refusal(fetcher, pages.url(host="rebind.example"))
    await resolver.close()

    assert failure.permanent
    assert ["/"] == pages.paths()


class Liar(AbstractResolver):
    """A resolver that guards nothing: whatever the name, it says 127.0.0.1."""

    async def resolve(self, host, port=0, family=0):
        return await ThreadedResolver().resolve("127.0.0.1", port)

    async def close(self):
        pass


async def test_the_address_is_looked_at_again_when_connecting(pages):
    """A public look-up that became 127.0.0.1 by the time of the connection: the socket is refused all the same."""
    pages.put("/", "secret")
    async with Fetcher(guard=Guard(), resolver=Liar()) as fetcher:
        failure = await refusal(fetcher, pages.url(host="rebind.example"))

    assert "address not allowed: 127.0.0.1" == failure.reason
    assert failure.permanent
    assert [] == pages.requests


async def test_the_setting_opens_private_addresses(pages):
    pages.put("/", "intranet")
    async with Fetcher(guard=Guard(allow_private=True)) as fetcher:
        fetched = await fetcher.get(pages.url(host="127.0.0.1"))

    assert b"intranet" == fetched.body


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/",
        "gopher://a.example:70/_GET",
        "javascript:alert(1)",
        "data:text/html,<title>x</title>",
        "ws://a.example/",
        "about:blank",
        "",
        "/path",
        "http://",
        "http://a.example:99999/",
        "http://[::1/",
        "http://a\udc80.example/",
        "nonsense",
    ],
)
async def test_only_web_addresses_are_fetched(fetcher, url):
    failure = await refusal(fetcher, url)

    assert failure.permanent


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://a/", "gopher://a/", "javascript:alert(1)", "http://["]
)
async def test_a_redirect_away_from_the_web_is_refused(pages, fetcher, location):
    pages.redirect("/", location)

    failure = await refusal(fetcher, pages.url())

    assert failure.permanent


async def test_credentials_in_an_address_are_refused(pages, fetcher):
    pages.redirect("/", f"http://user:secret@{DOOR}:{pages.port}/")

    for url in [f"http://user@{DOOR}:{pages.port}/", f"http://:pw@{DOOR}/", pages.url()]:
        failure = await refusal(fetcher, url)

        assert failure.permanent
        assert "password" in failure.reason
        assert "secret" not in failure.reason
    assert ["/"] == pages.paths()


@pytest.mark.parametrize("port", [0, 22, 25, 6667, 10080])
async def test_ports_of_other_protocols_are_refused(fetcher, port):
    """Those of the Fetch standard, where a request could be taken for a mail or a command."""
    failure = await refusal(fetcher, f"http://a.example:{port}/")

    assert port in BAD_PORTS
    assert failure.permanent
    assert f"port {port}" in failure.reason


async def test_a_closed_port_is_not_final(fetcher):
    """Connection refused (by the machine, not by us) may be otherwise tomorrow."""
    server = await asyncio.start_server(lambda *_: None, DOOR)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    failure = await refusal(fetcher, f"http://{DOOR}:{port}/")

    assert not failure.permanent
    assert "no connection" in failure.reason


# Redirects


async def test_redirects_are_followed_relative_ones_too(pages, fetcher):
    """LD-SCR-1. The fragment asked for stays until a redirect brings its own."""
    pages.redirect("/a", "b/c?d=e")
    pages.redirect("/b/c?d=e", "../f")
    pages.redirect("/f", f"//{DOOR}:{pages.port}/g#new")
    pages.put("/g", "there")

    first = await fetcher.get(pages.url("/f#old"))
    kept = await fetcher.get(pages.url("/a#old"))
    pages.redirect("/f", "/g")
    old = await fetcher.get(pages.url("/a#old"))

    assert pages.url("/g#new") == first.url
    assert (b"there", pages.url("/g#new")) == (kept.body, kept.url)
    assert pages.url("/g#old") == old.url


async def test_as_many_redirects_as_allowed_are_followed_and_no_more(pages, fetcher):
    for number in range(MAX_REDIRECTS + 1):
        pages.redirect(f"/{number}", f"/{number + 1}")
    pages.put(f"/{MAX_REDIRECTS + 1}", "there")

    fetched = await fetcher.get(pages.url("/1"))
    failure = await refusal(fetcher, pages.url("/0"))

    assert b"there" == fetched.body
    assert failure.permanent
    assert "redirects" in failure.reason


async def test_a_redirect_loop_ends(pages, fetcher):
    pages.redirect("/a", "/b")
    pages.redirect("/b", "/a")

    failure = await refusal(fetcher, pages.url("/a"))

    assert failure.permanent
    assert MAX_REDIRECTS + 1 == len(pages.requests)


async def test_a_redirect_without_a_target_is_a_page(pages, fetcher):
    pages.put("/", "<title>moved</title>", status="302 Found")

    assert b"<title>moved</title>" == (await fetcher.get(pages.url())).body


async def test_the_body_of_a_redirect_is_not_read(pages, hasty):
    async def endless(writer):
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n")
        await pages.pour(writer, bytes(64 * KIB), times=16 * KIB)

    pages.put_raw("/", endless)
    pages.put("/there", "there")

    assert b"there" == (await hasty.get(pages.url())).body
    assert pages.sent < BUFFERS


# Too much, too slow


async def test_a_page_of_a_gigabyte_is_cut(pages, fetcher):
    async def gigabyte(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        await pages.pour(writer, b"x" * 64 * KIB, times=16 * KIB)

    pages.put_raw("/", gigabyte)
    started = time.monotonic()

    fetched = await fetcher.get(pages.url())

    assert (CAP, "size") == (len(fetched.body), fetched.cut)
    assert fetched.truncated
    assert pages.sent < BUFFERS
    assert time.monotonic() - started < IN_TIME


async def test_a_body_that_just_fits_is_whole(pages, fetcher):
    pages.put("/fits", b"x" * CAP)
    pages.put("/over", b"x" * (CAP + 1))

    fits = await fetcher.get(pages.url("/fits"))
    over = await fetcher.get(pages.url("/over"))

    assert (CAP, None) == (len(fits.body), fits.cut)
    assert (CAP, "size") == (len(over.body), over.cut)


def bomb(kind: str) -> bytes:
    """200 MB of spaces, packed to 200 kB."""
    bits = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS, "bare deflate": -zlib.MAX_WBITS}[kind]
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    return b"".join(packer.compress(b" " * KIB * KIB) for _ in range(200)) + packer.flush()


@pytest.mark.parametrize("kind", ["gzip", "deflate", "bare deflate"])
async def test_a_bomb_is_bounded(pages, fetcher, kind):
    """Only as much is ever unpacked as is kept, so 200 kB on the wire never become 200 MB."""
    pages.put("/", bomb(kind), Content_Encoding=kind.split()[-1])
    started = time.monotonic()

    fetched = await fetcher.get(pages.url())

    assert (CAP, "size") == (len(fetched.body), fetched.cut)
    assert time.monotonic() - started < IN_TIME


async def test_a_bomb_takes_no_memory(pages):
    """The peak of a fetch that unpacks 200 MB is a few times its cap."""
    pages.put("/", bomb("gzip"), Content_Encoding="gzip")
    async with Fetcher(guard=OneDoor(), max_bytes=KIB * KIB) as fetcher:
        tracemalloc.start()
        try:
            await fetcher.get(pages.url())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 8 * KIB * KIB


async def test_a_packed_stream_of_nothing_ends(pages, fetcher):
    """Empty deflate blocks unpack to no byte at all, for ever: what comes over the wire counts too."""

    async def nothing(writer):
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packer.compress(b""))
        empty = b"\x00\x00\x00\xff\xff" * 4096  # stored blocks of length 0
        await pages.pour(writer, empty, times=100_000)

    pages.put_raw("/", nothing)

    fetched = await fetcher.get(pages.url())

    assert (b"", "size") == (fetched.body, fetched.cut)
    assert pages.sent < BUFFERS


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZip", "deflate", "bare deflate", "identity"])
async def test_packed_bodies_are_unpacked(pages, fetcher, encoding):
    text = b"<title>packed</title>" * 100
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = {
        "deflate": zlib.compress(text),
        "bare deflate": packer.compress(text) + packer.flush(),
        "identity": text,
    }.get(encoding, gzip.compress(text))
    pages.put("/", packed, Content_Encoding=encoding.removeprefix("bare "))

    fetched = await fetcher.get(pages.url())

    assert (text, None) == (fetched.body, fetched.cut)


async def test_bytes_behind_a_packed_body_are_dropped(pages, fetcher):
    async def trailing(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"all"))
        await pages.pour(writer, b"rubbish" * KIB, times=100_000)

    pages.put_raw("/", trailing)

    assert b"all" == (await fetcher.get(pages.url())).body
    assert pages.sent < BUFFERS


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"no gzip"), ("br", b"x"), ("gzip, gzip", b"x")])
async def test_a_body_that_cannot_be_unpacked_is_refused(pages, fetcher, encoding, body):
    pages.put("/", body, Content_Encoding=encoding)

    assert (await refusal(fetcher, pages.url())).permanent


async def test_a_page_that_drips_ends_at_the_deadline(pages, hasty):
    """A byte a second: what came until then is given, with the reason for its end."""

    async def drip(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<title>a</title></head>")
        while True:
            writer.write(b".")
            await asyncio.sleep(1)

    pages.put_raw("/", drip)
    started = time.monotonic()

    fetched = await hasty.get(pages.url())

    assert DEADLINE <= time.monotonic() - started < IN_TIME
    assert (b"<title>a</title></head>.", "time") == (fetched.body, fetched.cut)
    await asyncio.wait_for(pages.left.wait(), 5)  # the connection was closed as well


async def test_a_page_that_never_ends_ends_at_the_deadline(pages):
    """It stays under the cap, which is large, and sends all the time."""

    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await pages.pour(writer, b"1\r\nx\r\n", times=1)
            await asyncio.sleep(0)

    pages.put_raw("/", endless)
    started = time.monotonic()
    async with Fetcher(guard=OneDoor(), timeout=DEADLINE, max_bytes=1024 * KIB * KIB) as fetcher:
        fetched = await fetcher.get(pages.url())

    assert DEADLINE <= time.monotonic() - started < IN_TIME
    assert "time" == fetched.cut


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\n",
    ],
)
async def test_a_server_that_does_not_answer_fails_at_the_deadline(pages, hasty, begin):
    """Silence, and a head that drips, are no answer."""

    async def stall(writer):
        writer.write(begin)
        while True:
            await asyncio.sleep(1)
            writer.write(b"x" if begin else b"")

    pages.put_raw("/", stall)
    started = time.monotonic()

    failure = await refusal(hasty, pages.url())

    assert DEADLINE <= time.monotonic() - started < IN_TIME
    assert "no answer within 0.5 s" == failure.reason
    assert not failure.permanent


async def test_redirects_share_one_deadline(pages, hasty):
    async def slow(writer):
        await asyncio.sleep(DEADLINE * 0.6)
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    pages.put_raw("/", slow)

    failure = await refusal(hasty, pages.url())

    assert "no answer within 0.5 s" == failure.reason
    assert 2 == len(pages.requests)


async def test_a_slow_name_fails_at_the_deadline():
    """The look-up itself goes on in its thread; nobody waits for it."""
    release = threading.Event()
    resolver = GuardedResolver(Guard(), lambda *_: ["8.8.8.8"] * release.wait(10))
    started = time.monotonic()
    async with Fetcher(resolver=resolver, timeout=DEADLINE) as fetcher:
        failure = await refusal(fetcher, "http://slow.example/")
    release.set()
    await resolver.close()

    assert time.monotonic() - started < IN_TIME
    assert not failure.permanent


@pytest.mark.parametrize("line", [b"X: " + b"x" * 60 * KIB + b"\r\n", b"x: y\r\n", b"HTTP/1.1 103 Early\r\n\r\n"])
async def test_a_bomb_of_headers_ends(pages, hasty, line):
    """One endless header, endless many, and endless answers before the answer: bounded in bytes or by the deadline."""

    async def headers(writer):
        writer.write(b"" if line.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n")
        await pages.pour(writer, line * max(1, 16 * KIB // len(line)), times=1_000_000)

    pages.put_raw("/", headers)
    started = time.monotonic()
    tracemalloc.start()
    try:
        await refusal(hasty, pages.url())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert time.monotonic() - started < IN_TIME
    assert peak < 16 * KIB * KIB


async def test_headers_of_real_sites_fit(pages, fetcher):
    """Policies and cookies together pass aiohttp's own 8 KiB in places."""
    pages.put("/", "there", Content_Security_Policy="x" * 20 * KIB)

    assert b"there" == (await fetcher.get(pages.url())).body


@pytest.mark.parametrize(
    "rubbish", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x16\x03\x01\x00", b"HTTP/9 200\r\n\r\n"]
)
async def test_what_is_not_http_is_a_failure(pages, hasty, rubbish):
    pages.put_raw("/", rubbish)

    assert (await refusal(hasty, pages.url())).reason


async def test_a_body_that_breaks_off_is_given_as_far_as_it_came(pages, fetcher):
    pages.put_raw("/", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<title>half</title>")

    fetched = await fetcher.get(pages.url())

    assert (b"<title>half</title>", "connection") == (fetched.body, fetched.cut)


async def test_a_body_that_never_begins_is_a_failure(pages, fetcher):
    pages.put_raw("/", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")

    assert not (await refusal(fetcher, pages.url())).permanent


async def test_a_fetch_that_is_given_up_closes_its_connection(pages, fetcher):
    """A caller that waits no longer cancels; the cancellation goes through."""
    asked = asyncio.Event()

    async def wait(_):
        asked.set()
        await asyncio.Event().wait()

    pages.put_raw("/", wait)
    task = asyncio.create_task(fetcher.get(pages.url()))
    await asyncio.wait_for(asked.wait(), 5)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(pages.left.wait(), 5)


async def test_closing_ends_the_resolvers_threads_and_a_later_fetch_starts_anew(pages):
    """A name is resolved in threads of the fetcher's own; aiohttp does not close a resolver that it was handed."""
    pages.put("/", "again")
    fetcher = Fetcher(guard=Guard(allow_private=True))

    await fetcher.get(pages.url(host="localhost"))
    before = [thread for thread in threading.enumerate() if thread.name.startswith("resolver")]
    await fetcher.close()
    for thread in before:
        await asyncio.to_thread(thread.join, 5)

    assert before
    assert not any(thread.is_alive() for thread in before)
    assert b"again" == (await fetcher.get(pages.url(host="localhost"))).body
    await fetcher.close()
