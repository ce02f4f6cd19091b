"""Snapshots: what of a page is kept, how, and what of other answers."""

import base64
import io
import re

import lxml.html
import pytest
from PIL import Image

from schema.ports import FetchFailed, Snapshots
from server.outside.snapshots.maker import PageSnapshots
from tests.fakes import FakeClock
from tests.server.outside.pages import OneDoor, serving

CSS = "text/css"
MIB = 1024 * 1024


def painted(color: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(out, "PNG")
    return out.getvalue()


def carried(data: bytes, content_type: str = "image/png") -> str:
    return f"data:{content_type};base64,{base64.b64encode(data).decode()}"


RED, BLUE = painted("red"), painted("blue")
WOFF2 = b"wOF2 and more"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><circle r="2"/></svg>'


@pytest.fixture
async def pages():
    async with serving() as pages:
        pages.put("/red.png", RED, content_type="image/png")
        pages.put("/blue.png", BLUE, content_type="text/plain")  # servers call pictures all sorts of things
        pages.put("/font.woff2", WOFF2, content_type="font/woff2")
        pages.put("/a.svg", DRAWING, content_type="image/svg+xml")
        yield pages


@pytest.fixture
async def take(pages):
    snapshots = PageSnapshots(FakeClock(), max_size=MIB, guard=OneDoor())

    async def take(html: str, path: str = "/dir/page") -> str:
        pages.put(path, html)
        async with snapshots.take(pages.url(path)) as taken:
            assert "text/html" == taken.content_type
            return taken.path.read_text(encoding="utf-8")

    yield take
    await snapshots.close()


# Each: what a page says, and what the snapshot says instead; {red} and {blue} are the pictures as addresses, {at} is
# the server.
KEPT = {
    "img": ('<img src="/red.png" alt="a">', '<img alt="a" src="{red}">'),
    "img, relative": ('<img src="../red.png">', '<img src="{red}">'),
    "img in srcset": ('<img src="/blue.png" srcset="/red.png 1x, /blue.png 2x">', '<img src="{blue}">'),
    "img in srcset alone": ('<img srcset="/red.png, /blue.png 2x">', '<img src="{red}">'),
    "img in widths": (
        '<img sizes="50vw" srcset="/blue.png 400w, /red.png 1600w">',
        '<img srcset="{red} 1600w" sizes="50vw">',
    ),
    "picture": (
        '<picture><source media="(max-width: 6px)" srcset="/b.png"><source srcset="/red.png"><img src="/n"></picture>',
        '<picture><img src="{red}"></picture>',
    ),
    "picture of unknown types": (
        '<picture><source type="image/jxl" srcset="/blue.png"><img src="/red.png"></picture>',
        '<picture><img src="{red}"></picture>',
    ),
    "lazy img": ('<img src="data:," data-src="/red.png" loading="lazy">', 'src="{red}">'),
    "lazy img with noscript": (
        '<img data-src="/blue.png" class="l"> <noscript><img src="/red.png"></noscript>',
        '<p></p> <img src="{red}">',
    ),
    "beacon": ('<noscript><img src="/red.png" width="1" height="1"></noscript>', "<p></p></body>"),
    "noscript": ("<noscript><b>text</b></noscript>", "<p></p><b>text</b>"),
    "missing img": ('<img src="/gone.png" alt="a">', '<img alt="a">'),
    "input": ('<input type="image" src="/red.png">', '<input type="image" src="{red}">'),
    "input of text": ('<input value="v" src="/red.png" autofocus>', '<input value="v">'),
    "background": ('<table background="/red.png"></table>', '<table background="{red}">'),
    "object": ('<object type="image/png" data="/red.png">x</object>', '<img src="{red}">'),
    "object of something": ('<object data="/x.swf"><i>x</i></object>', "<p></p><i>x</i></body>"),
    "embed": ('<embed src="/x.swf"><applet code="x"></applet>', "<p></p></body>"),
    "poster": (
        '<video poster="/red.png" src="/gone.mp4"></video>',
        '<video poster="{red}"></video><a href="{at}/gone.mp4">{at}/gone.mp4</a>',
    ),
    "audio": ('<audio controls><source src="/a.mp3"></audio>', '<audio controls="" src="{mp3}"></audio></body>'),
    "style": (
        "<div style=\"color:red;background:url('/red.png')\">",
        'style="color:red;background:url(&quot;{red}&quot;)"',
    ),
    "style sheet": ('<link rel="stylesheet" href="/a.css" media="print">', '<style media="print">a{color:red}</style>'),
    "other style sheet": ('<link rel="alternate stylesheet" href="/a.css">', "<p></p></body>"),
    "data sheet": ('<link rel="stylesheet" href="data:text/css,a{color:blue}">', "<style>a{color:blue}</style>"),
    "style element": ("<style>a{background:url(/red.png)}</style>", '<style>a{background:url("{red}")}</style>'),
    "imported": ("<style>@import '/a.css' screen;</style>", "<style>@media screen{a{color:red}}</style>"),
    "imported layer": (
        "<style>@layer b,c;@import url(/a.css) layer(b) supports(display:grid);</style>",
        "<style>@layer b,c;@layer b{@supports (display:grid){@media all{a{color:red}}}}</style>",
    ),
    "import too late": ("<style>i{}@import '/a.css';</style>", "<style>i{}</style>"),
    "font": (
        "<style>@font-face{font-family:F;src:url(/f.eot);src:url(/f.ttf),url(/font.woff2) format('woff2')}</style>",
        '<style>@font-face{font-family:F;src:url("{font}");}</style>',
    ),
    "font of other letters": (
        "<style>@font-face{font-family:F;src:url(/font.woff2);unicode-range:U+4E00-9FFF}</style>",
        "<style></style>",
    ),
    "image-set": (
        "<style>a{background:image-set('/red.png' 1x)}</style>",
        '<style>a{background:image-set(url("{red}") 1x)}</style>',
    ),
    "escaped url": ("<style>a{b:\\75 rl(/red.png)}</style>", '<style>a{b:url("{red}")}</style>'),
    "namespaced href": ('<svg><image xlink:href="/red.png"/></svg>', '<svg><image href="{red}"></image></svg>'),
    "drawing": ('<img src="/a.svg">', 'src="data:image/svg+xml;base64,'),
    "part of the page": ('<svg><use href="#a"/></svg>', '<svg><use href="#a"></use></svg>'),
    "paint": ('<svg fill="url(#a)" filter="url(http://x/y)">', '<svg fill="url(&quot;#a&quot;)" filter="'),
    "data picture": ('<img src="data:;base64,{b64}">', '<img src="{red}">'),
    "data of text": ('<img src="data:text/html,<script>">', "<p></p><img></body>"),
    "link": ('<a href="x?y" target="_blank" ping="/p">a</a>', '<a target="_blank" href="{at}/dir/x?y">a</a>'),
    "link within": ('<a href="#b">a</a><a href="page#c">c</a>', '<a href="#b">a</a><a href="#c">c</a>'),
    "mail": ('<a href="mailto:a@b.example">a</a>', '<a href="mailto:a@b.example">a</a>'),
    "form": (
        '<form action="/x" method="post"><button formaction="/y">b</button></form>',
        "<form><button>b</button></form>",
    ),
    "comment": ("<!-- x --><b>y</b>", "<p></p><b>y</b>"),
    "xmp": ("<xmp><b></xmp>", "<pre>&lt;b&gt;</pre>"),
    "pre": ("<pre>\n\nx</pre>", "<pre>\n\nx</pre>"),
    "shadow tree": (
        "<div><template shadowrootmode=open><b>x</b></template></div><template><i>y</i></template>",
        '<div><template shadowrootmode="open"><b>x</b></template></div></body>',
    ),
    "frame in the page": ('<iframe srcdoc="<b>x</b>" onload="x"></iframe>', '<iframe sandbox="" srcdoc="&lt;html&gt;'),
    "frame of nothing": ('<iframe src="about:blank"></iframe>', '<iframe sandbox=""></iframe>'),
    "missing frame": (
        '<iframe src="/gone"></iframe>',
        '<iframe sandbox="" srcdoc="&lt;a href=&quot;{at}/gone&quot;&gt;',
    ),
    "nul": ("<b>\0</b>", "<b>\ufffd</b>"),
}


async def test_what_a_page_shows_is_in_its_snapshot(pages, take):
    """One test for the whole table, since each maker starts a process."""
    pages.put("/a.css", "a{color:red}", content_type=CSS)
    pages.put("/a.mp3", b"ID3 x", content_type="audio/mpeg")
    facts = {
        "red": carried(RED),
        "blue": carried(BLUE),
        "font": carried(WOFF2, "font/woff2"),
        "mp3": carried(b"ID3 x", "audio/mpeg"),
        "b64": base64.b64encode(RED).decode(),
        "at": pages.url(""),
    }

    def fill(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: facts.get(found[1], found[0]), text)

    wrong = {}
    for name, (html, expected) in KEPT.items():
        snapshot = await take(f"<!DOCTYPE html><body><p></p>{fill(html)}")
        if fill(expected) not in snapshot:
            wrong[name] = (fill(expected), snapshot.partition("<body>")[2] + snapshot.partition("<head>")[2][-300:])

    assert {} == wrong


async def test_the_head_says_where_and_when_and_forbids_everything(take, pages):
    head = lxml.html.fromstring(
        await take(
            "<base href='/other/'><meta charset=latin1><meta http-equiv=refresh content='0;url=/x'>"
            "<title>&lt;T></title><meta name=viewport content=x><meta name=robots content=y>"
            "<meta http-equiv=content-security-policy content=z>"
            "<link rel=preload href=/p><link rel='icon' href=/red.png><link rel=manifest href=/m>"
            "<link rel=canonical href=c>"
        )
    ).head

    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; media-src data:; "
    assert [
        {"charset": "utf-8"},
        {"http-equiv": "Content-Security-Policy", "content": f"{policy}form-action 'none'; base-uri 'none'"},
        {"name": "referrer", "content": "no-referrer"},
        {"name": "snapshot-of", "content": pages.url("/dir/page")},
        {"name": "snapshot-taken", "content": "2026-01-02T03:04:05+00:00"},
        {"name": "viewport", "content": "x"},
    ] == [dict(node.attrib) for node in head.iter("meta")]
    assert [("icon", carried(RED)), ("canonical", pages.url("/other/c"))] == [
        (node.get("rel"), node.get("href")) for node in head.iter("link")
    ]
    assert "<T>" == head.findtext("title")
    assert [] == list(head.iter("base"))


async def test_frames_are_snapshots_of_their_own_inside(pages, take):
    """Three deep, in sandboxes, each with its policy; links within a frame stay there."""
    pages.put("/1", '<p class="a">&quot;1&amp;</p><img src=/red.png><iframe src=/2></iframe>')
    pages.put("/2", "<a href=#b>2</a><iframe src=/3></iframe>")
    pages.put("/3", "<iframe src=/4></iframe>")
    pages.put("/4", "4")

    html = await take("<iframe src=/1 width=300></iframe>")
    frames = []
    while (frame := next(lxml.html.fromstring(html).iter("iframe"), None)) is not None:
        assert frame.get("sandbox") == ""
        html = frame.get("srcdoc", "<p>")
        frames.append(html)

    assert f'<p class="a">"1&amp;</p><img src="{carried(RED)}">' in frames[0]
    assert '<a href="about:srcdoc#b">2</a>' in frames[1]
    assert all("default-src 'none'" in frame for frame in frames[:3])
    assert "/4</a>" in frames[3]  # too deep: a link
    assert "/4" not in pages.paths()


async def test_a_frameset_becomes_a_grid(pages, take):
    pages.put("/a", "<b>left</b>")

    html = await take("<frameset cols='20%,*' onload=x><frame src=/a><frame src=/a></frameset>")

    assert "grid-template-columns:20% 1fr" in html
    assert 2 == html.count("&lt;b&gt;left&lt;/b&gt;")
    assert "frameset" not in html


async def test_a_drawing_of_another_file_is_put_in_with_ids_of_its_own(pages, take):
    pages.put(
        "/icons.svg",
        "<svg xmlns='http://www.w3.org/2000/svg'><style>*{color:red}</style>"
        "<symbol id='a'><path fill='url(#g)'/></symbol>"
        "<linearGradient id='g' onload='x'/><script>x</script></svg>",
        content_type="image/svg+xml",
    )

    html = await take("<svg><use href='/icons.svg#a'/></svg><svg><use xlink:href='/icons.svg#a'/></svg>")
    (name,) = set(re.findall(r'<use href="#([^"]+)">', html))

    assert 1 == html.count(f'<symbol id="{name}">')
    assert f"url(&quot;#{name[:-1]}g&quot;)" in html
    assert "script" not in html.replace("Content-Security", "")
    assert "color:red" not in html


async def test_a_picture_that_is_a_program_loses_it(pages, take):
    """SVG: no scripts, nothing from elsewhere, and still well-formed."""
    pages.put(
        "/x.svg",
        "<?xml version='1.0'?><!DOCTYPE svg><svg xmlns='http://www.w3.org/2000/svg' xmlns:x='urn:x' onload='a()' "
        "width='4'><script>a()</script><image href='http://b.example/'/><a href='javascript:a()'>"
        "<text x:y='1'>&lt;</text></a><style>@import url(http://c.example);text{fill:red}</style><foreignObject><br/></foreignObject></svg>",
        content_type="image/svg+xml",
    )

    html = await take("<img src=/x.svg>")
    drawing = base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", html)[1]).decode()

    lxml.etree.fromstring(drawing, lxml.etree.XMLParser(resolve_entities=False))
    assert "fill:red" in drawing
    assert "&lt;</text>" in drawing
    for word in ("script", "onload", "example", "a()"):
        assert word not in drawing


async def test_a_page_in_any_encoding_becomes_utf_8(pages, take):
    pages.put("/x", "<meta charset=iso-8859-2><p>ž".encode("iso-8859-2"), content_type="text/html")

    snapshots = PageSnapshots(FakeClock(), max_size=MIB, guard=OneDoor())
    async with snapshots.take(pages.url("/x")) as taken:
        assert "<p>ž</p>" in taken.path.read_text(encoding="utf-8")
    await snapshots.close()


async def test_a_quirky_page_stays_quirky(take):
    """Without a doctype, and with an old one, browsers lay pages out by old rules."""
    old = '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">'

    assert (await take("<p>x")).startswith("<html>")
    assert (await take(f"{old}<p>x")).startswith(f"{old}<html>")
    assert (await take("<!doctype HTML><p>x")).startswith("<!DOCTYPE html><html>")


# Other answers


@pytest.fixture
async def snapshots():
    snapshots: Snapshots = PageSnapshots(FakeClock(), max_size=MIB, guard=OneDoor())
    yield snapshots
    await snapshots.close()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"%PDF-1.7 x", "application/pdf"), (RED, "image/png"), (b"GIF89a x", "image/gif"), (b"%PDF-1.7 x", None)],
)
async def test_what_is_no_page_is_kept_as_it_is(pages, snapshots, body, content_type):
    pages.put("/x", body, content_type=content_type)

    async with snapshots.take(pages.url("/x")) as taken:
        assert (content_type or "application/pdf", body) == (taken.content_type, taken.path.read_bytes())
        path = taken.path

    assert not path.exists()


async def test_a_drawing_at_an_address_is_kept_as_a_page(pages, snapshots):
    """An SVG is a program: its snapshot is the HTML that draws the same."""
    pages.put("/x", f"<?xml version='1.0'?>{DRAWING}<script>x</script>", content_type="image/svg+xml")

    async with snapshots.take(pages.url("/x")) as taken:
        assert "text/html" == taken.content_type
        assert '<svg viewBox="0 0 4 4"><circle r="2"></circle></svg>' in taken.path.read_text()


FAILURES = {
    "gone": (("x",), {"status": "404 Not Found"}, True, "status 404"),
    "broken": (("x",), {"status": "500 Oops"}, False, "status 500"),
    "overloaded in JSON": (("{}",), {"status": "503 Later", "content_type": "application/json"}, False, "status 503"),
    "JSON": (("{}",), {"content_type": "application/json"}, True, "neither a page"),
    "film": (("x",), {"content_type": "video/mp4"}, True, "neither a page"),
    "page called a PDF": (("<p>x",), {"content_type": "application/pdf"}, True, "not what it says"),
    "page called a picture": (("<p>x",), {"content_type": "image/png"}, True, "not what it says"),
    "binary called a page": ((b"\0\1\2",), {}, True, "not HTML"),
    "nothing": (("",), {}, True, "empty"),
    "large PDF": ((b"%PDF-" + bytes(MIB),), {"content_type": "application/pdf"}, True, "larger than"),
    "large page": (("<p>" + "x" * MIB,), {}, True, "larger than"),
    "page that grows": (("<p>" + "<" * (MIB // 3),), {}, True, "without any picture"),
}


async def test_what_cannot_be_kept_says_why(pages, snapshots):
    found = {}
    for name, (body, answer, *_) in FAILURES.items():
        pages.put("/x", *body, **answer)
        with pytest.raises(FetchFailed) as failure:
            async with snapshots.take(pages.url("/x")):
                pass
        found[name] = (failure.value.permanent, failure.value.reason)

    assert {name: permanent for name, (_, _, permanent, _) in FAILURES.items()} == {
        name: permanent for name, (permanent, _) in found.items()
    }
    assert [] == [(name, found[name]) for name, (*_, reason) in FAILURES.items() if reason not in found[name][1]]
