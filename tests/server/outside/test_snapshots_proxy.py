"""The proxy behind which a browser takes snapshots: it leads to public addresses, and nowhere else."""

import asyncio

import pytest

from server.outside.guard import Guard
from server.outside.snapshots.proxy import Proxy
from tests.server.outside.pages import DOOR, OneDoor, serving

MIB = 1024 * 1024


@pytest.fixture
async def pages():
    async with serving() as pages:
        yield pages


async def ask(proxy: Proxy, text: str) -> bytes:
    """The proxy's answer to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(text.encode())
    answer = await reader.read()
    writer.close()
    return answer


async def test_the_proxy_leads_where_the_guard_allows(pages):
    pages.put("/x", "body")
    async with Proxy(OneDoor()) as proxy:
        plain = await ask(proxy, f"GET {pages.url('/x')} HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n\r\n")
        tunnel = await ask(
            proxy,
            f"CONNECT {DOOR}:{pages.port} HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )
        gate = await ask(proxy, f"GET {proxy.gate.partition(str(proxy.port))[2]}{pages.url('/x')} HTTP/1.1\r\n\r\n")

    assert plain.endswith(b"\r\n\r\nbody")
    assert "proxy-connection" not in pages.requests[0].lower()
    assert tunnel.startswith(b"HTTP/1.1 200 ")
    assert tunnel.endswith(b"\r\n\r\nbody")
    assert gate.endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize("guard", [Guard(), OneDoor(), Guard(allow_private=True)])
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "0", "169.254.169.254"]
)
async def test_the_proxy_leads_nowhere_else(pages, guard, host):
    """Not to the machine itself even where private addresses are allowed: the browser can be told what to do there."""
    pages.put("/x", "body")
    async with Proxy(guard) as proxy:
        answers = [
            await ask(proxy, f"GET http://{host}:{pages.port}/x HTTP/1.1\r\n\r\n"),
            await ask(proxy, f"CONNECT {host}:{pages.port} HTTP/1.1\r\n\r\n"),
            await ask(
                proxy, f"GET {proxy.gate.partition(str(proxy.port))[2]}http://{host}:{pages.port}/x HTTP/1.1\r\n\r\n"
            ),
        ]

    assert {b"HTTP/1.1 403 Forbidden"} == {answer.partition(b"\r\n")[0] for answer in answers}
    assert [] == pages.requests


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT a",
        "CONNECT 127.0.0.2:x",
        "GET /",
        "GET ftp://a/",
        "GET http://u:p@127.0.0.2/",
        "x",
        "GET /wrong-secret/x",
    ],
)
async def test_the_proxy_refuses_what_it_does_not_understand(request_line):
    async with Proxy(OneDoor()) as proxy:
        answer = await ask(proxy, f"{request_line} HTTP/1.1\r\n\r\n")

    assert answer[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 403"}


async def test_the_proxy_talks_to_no_port_of_another_protocol(pages):
    async with Proxy(OneDoor()) as proxy:
        answer = await ask(proxy, f"CONNECT {DOOR}:25 HTTP/1.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 403")


async def test_the_proxy_is_gone_afterwards_and_lets_only_so_much_through(pages):
    pages.put("/x", "x" * MIB)
    async with Proxy(OneDoor(), max_bytes=100_000) as proxy:
        answer = await ask(proxy, f"GET {pages.url('/x')} HTTP/1.1\r\n\r\n")

    assert len(answer) <= 100_000
    with pytest.raises(ConnectionRefusedError):
        await ask(proxy, "x")
