"""Pages that want to run, to reach what they must not, or to never end: all end within their limits, and harmless."""

import asyncio
import gzip
import re
import time
from html import unescape

import lxml.html
import pytest

from schema.ports import FetchFailed
from server.outside.fetch import Fetcher
from server.outside.sandbox import Sandbox
from server.outside.snapshots import gathering
from server.outside.snapshots import html as html_of
from server.outside.snapshots.assembling import Resource
from server.outside.snapshots.gathering import DEEPEST_FRAME, MOST_RESOURCES
from server.outside.snapshots.maker import PageSnapshots
from server.outside.snapshots.pieces import CleanJob, Want
from tests.fakes import FakeClock
from tests.server.outside.hostile import SPELLINGS
from tests.server.outside.pages import OneDoor, serving
from tests.server.outside.test_snapshots import CSS, MIB, RED, carried

IN_TIME = 60.0  # what a snapshot of few seconds may really take on a busy machine


@pytest.fixture
async def pages():
    async with serving() as pages:
        yield pages


@pytest.fixture
async def take(pages):
    """Take the page of that path; its size, and its text or why there is none."""
    snapshots = PageSnapshots(
        FakeClock(),
        max_size=10 * MIB,
        guard=OneDoor(),
        seconds=20,
        sandbox=Sandbox(workers=2, time_limit=15, memory_limit=1024 * MIB),
    )

    async def take(path: str = "/page") -> tuple[int, str]:
        began = time.monotonic()
        try:
            async with snapshots.take(pages.url(path)) as taken:
                size, text = taken.path.stat().st_size, taken.path.read_text(encoding="utf-8")
        except FetchFailed as failure:
            size, text = 0, failure.reason
        assert time.monotonic() - began < IN_TIME
        assert size <= 10 * MIB
        return size, text

    yield take
    await snapshots.close()


def scripts_in(html: str) -> list[str]:
    """What might run, as libxml2 reads the page, frames and all."""
    found = []
    for node in lxml.html.document_fromstring(html).iter():
        if not isinstance(node.tag, str):
            found.append(f"not an element: {node}")
            continue
        if node.tag.rpartition(":")[2] in {"script", "object", "embed", "applet", "base", "portal", "frame", "foreign"}:
            found.append(node.tag)
        if node.tag == "meta" and node.get("http-equiv", "Content-Security-Policy") != "Content-Security-Policy":
            found.append("meta")
        for name, value in node.attrib.items():
            plain = re.sub(r"[\x00-\x20]", "", value).lower()
            if name.lower().startswith("on") or "formaction" in name or plain.startswith(("javascript:", "vbscript:")):
                found.append(f"{node.tag} {name}")
            if name == "srcdoc":
                found += scripts_in(value)
    return found


async def test_what_is_refused_does_not_stay_on_the_disk(pages, tmp_path):
    """A page may name hundreds of large files that are nothing that it could show."""
    shown = [("/a.css", CSS, "a{}"), ("/noise", "image/png", "x" * MIB), ("/red", "image/png", RED)]
    for path, content_type, body in shown:
        pages.put(path, body, content_type=content_type)
    fetcher, sandbox = Fetcher(guard=OneDoor()), Sandbox()
    html = "<link rel=stylesheet href=/a.css><img src=/noise><img src=/red><img src=/none><iframe src=/red></iframe>"
    url = pages.url("/page")
    document = await sandbox.clean(CleanJob("page", html.encode(), "utf-8", url))

    gathering_here = gathering.Gathering(fetcher, sandbox, tmp_path, MIB)
    await gathering_here.gather(Resource(Want("frame", url), document=document), 20)
    await fetcher.close()
    await sandbox.close()

    assert {"/a.css", "/noise", "/red", "/none"} == set(pages.paths())
    assert [RED] == [path.read_bytes() for path in tmp_path.iterdir()]


async def test_nothing_that_runs_is_left(pages, take):
    """Every spelling by itself, and all of them in one page."""
    left = {}
    for html in [*SPELLINGS, "".join(SPELLINGS)]:
        pages.put("/page", "<!DOCTYPE html><p>" + html.replace("{at}", pages.url("")).replace("{{", "{"))
        _, text = await take()
        if found := scripts_in(text):
            left[html] = (found, text)

    assert {} == left
    assert not [path for path in pages.paths() if path.startswith("/ran")]


async def test_a_million_elements_end(pages, take):
    pages.put("/page", "<p>a" * 1_000_000)

    size, text = await take()

    assert size > 8_000_000 or "takes too long" in text


async def test_elements_in_elements_end(pages):
    """Parsers get ever slower with depth; the child is ended, and the next page has another."""
    sandbox = Sandbox(time_limit=8)
    snapshots = PageSnapshots(FakeClock(), max_size=MIB, guard=OneDoor(), sandbox=sandbox)
    pages.put("/page", "<div>" * 200_000)
    pages.put("/next", "<p>x")

    with pytest.raises(FetchFailed, match="too long"):
        async with snapshots.take(pages.url("/page")):
            pass
    async with snapshots.take(pages.url("/next")) as taken:
        assert "<p>x</p>" in taken.path.read_text()
    await snapshots.close()


async def test_frames_in_frames_end(pages, take):
    for number in range(20):
        pages.put(f"/{number}", f"<iframe src=/{number + 1}></iframe><iframe src=/{number}></iframe>" * 3)

    size, _ = await take("/0")

    assert DEEPEST_FRAME + 1 >= len(set(pages.paths()))
    assert size < MIB


async def test_sheets_in_sheets_end(pages, take):
    """A loop of two, and thirty that import the next one twice: a thousand million, if one were to follow them."""
    pages.put("/page", "<style>@import '/a.css';@import '/0.css'</style>")
    pages.put("/a.css", "@import '/b.css';@import '/a.css';a{b:1}", content_type=CSS)
    pages.put("/b.css", "@import '/a.css';@import '/b.css';b{c:2}", content_type=CSS)
    for number in range(30):
        following = f"@import '/{number + 1}.css';" * 2
        pages.put(f"/{number}.css", f"{following} i{{z-index:{number}}}", content_type=CSS)
    pages.put("/30.css", "i{color:red}", content_type=CSS)

    size, text = await take()

    assert "@media all{b{c:2}}" in text.replace("@media all{}", "")
    assert 34 >= len(pages.paths())
    assert 0 < size < 5 * MIB


async def test_of_thousands_of_pictures_some_hundreds_come(pages, take):
    pages.put("/page", "".join(f"<img src=/{number} alt=a{number}>" for number in range(5_000)))
    for number in range(5_000):
        pages.put(f"/{number}", RED, content_type="image/png")

    _, text = await take()

    assert len(pages.paths()) <= MOST_RESOURCES + 1
    assert 400 < text.count(carried(RED)) <= MOST_RESOURCES
    assert 5_000 == text.count("alt=")


async def test_a_picture_that_is_used_often_does_not_fill_the_disk(pages, take):
    large = RED + bytes(MIB)
    pages.put("/page", "<img src=/large alt=a>" * 10_000)
    pages.put("/large", large, content_type="image/png")

    size, text = await take()

    assert 7 == text.count(carried(large))
    assert 10_000 == text.count("<img")
    assert ["/page", "/large"] == pages.paths()
    assert size < 10 * MIB


async def test_addresses_that_carry_much_are_kept_within_limits(pages, take):
    data = carried(RED + b"x" * 3 * MIB)
    pages.put("/page", f"<img src='{data}'><a href='data:text/html,x'>a</a>")

    size, text = await take()

    assert 1 == text.count("data:image")
    assert size < 5 * MIB


@pytest.mark.parametrize(
    "html",
    [
        "<img src=/away>",
        "<link rel=stylesheet href=/away>",
        "<iframe src=/away></iframe>",
        "<style>@import '/away';a{b:url(/away)}@font-face{src:url(/away)}</style>",
        "<svg><use href='/away#x'/></svg>",
        "<video src=/away></video>",
    ],
)
async def test_nobody_is_led_into_the_own_network(pages, take, html):
    """A redirect, and the address itself."""
    secret = pages.url("/secret", host="127.0.0.1")
    pages.redirect("/away", secret)
    pages.put("/secret", RED)
    pages.put("/page", html + html.replace("/away", secret))

    size, _ = await take()

    assert size
    assert {"/page", "/away"} == set(pages.paths())


async def test_what_drips_is_left_out(pages, take, monkeypatch):
    """The rest of the page is there."""
    monkeypatch.setattr(gathering, "RESOURCE_SECONDS", 0.5)

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\n\r\n")
        await pages.pour(writer, b" ", 1)
        await asyncio.Event().wait()

    pages.put_raw("/drip.css", drip)
    pages.put("/red.png", RED, content_type="image/png")
    pages.put("/page", "<link rel=stylesheet href=/drip.css><img src=/red.png>")

    _, text = await take()

    assert f'<style></style></head><body><img src="{carried(RED)}">' in text


async def test_time_is_up_for_all_together(pages):
    """A page whose sheet never comes is kept without, and nothing waits for it."""
    snapshots = PageSnapshots(FakeClock(), max_size=MIB, guard=OneDoor(), seconds=0)
    pages.put("/page", "<p>x")

    with pytest.raises(FetchFailed, match="no answer within"):
        async with snapshots.take(pages.url("/page")):
            pass
    await snapshots.close()


async def test_what_unpacks_to_much_is_left_out(pages, take):
    bomb = gzip.compress(bytes(200 * MIB), 1)
    pages.put("/bomb", bomb, content_type=CSS, Content_Encoding="gzip")
    pages.put("/page", "<link rel=stylesheet href=/bomb><img src=/bomb><p>x")

    size, text = await take()

    assert "<p>x</p>" in text
    assert size < 10_000


@pytest.mark.parametrize(
    "css",
    ["(" * 50_000, "a{" * 30_000, "\\" * 10_000, "@a " * 5_000, "a{b:9" + "9" * 10_000 + "}", "'\n" * 20_000],
    ids=["brackets", "blocks", "backslashes", "rules", "number", "strings"],
)
async def test_nonsense_in_sheets_ends(pages, take, css):
    pages.put("/page", f"<style>i{{color:red}}{css}</style><p>x")

    _, text = await take()

    assert "<p>x</p>" in text or "takes too long" in text


@pytest.mark.parametrize(
    "html",
    [
        "<style>a{b:ur)l(https://e.org/1)}</style>",
        "<style>a{b:ur@import x;l(https://e.org/1)}</style>",
        "<style>a{b:ur@font-face{}l(https://e.org/1)}</style>",
        "<style>@imp)ort 'https://e.org/1';</style>",
        "<p style=\"--a:'https://e.org/1';background:image-set(var(--a) 1x)\">",
        "<p style=\"--a:'https://e.org/1';background:-webkit-image-set(linear-gradient(var(--a)) 1x)\">",
        "<p style=\"--a:'https://e.org/1';background:src(var(--a))\">",
        "<svg><style>a{b:u&amp;#114;l(https://e.org/1)}</style></svg>",
        "<svg><style><![CDATA[a{b:u&#114;l(https://e.org/1)}]]></style></svg>",
        "<svg><style>a{b:'&amp;#39;);b:u&amp;#114;l(https://e.org/1)'}</style></svg>",
        "<math><mi><mglyph><style>a{b:u&amp;#114;l(https://e.org/1)}</style></mglyph></mi></math>",
        "<svg><rect><animate attributeName=mask values='url(https://e.org/1)'/></rect></svg>",
        "<svg><rect><set attributeName=mask to='url(https://e.org/1)'/></rect></svg>",
    ],
)
def test_what_is_left_out_of_a_sheet_lets_nothing_become_an_address(html):
    """Nor do letters that HTML writes another way, and texts that a variable brings."""
    job = CleanJob("page", f"<!DOCTYPE html>{html}<p>x".encode(), "utf-8", "https://site.example/")

    text = unescape("".join(piece for piece in html_of.clean(job).pieces if isinstance(piece, str)))

    assert "<p>x</p>" in text
    assert re.search(r"url\((?!\"data:,)|@import|set\([^)]*var|src\(", text) is None
