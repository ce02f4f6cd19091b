"""Snapshots in a browser: they look like the page, ask for nothing and run nothing; SingleFile sees what it may."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from server.outside.snapshots import singlefile
from server.outside.snapshots.maker import PageSnapshots
from tests.fakes import FakeClock
from tests.live import ROOT
from tests.server.outside.hostile import SPELLINGS
from tests.server.outside.pages import OneDoor, serving

pytestmark = [pytest.mark.needs_chromium]

CSS = "text/css"
MIB = 1024 * 1024
PAGE = """<!DOCTYPE html><html lang="en"><head><title>Bread</title><link rel="stylesheet" href="/css/main.css">
<link rel="icon" href="/icon.png"><script>document.documentElement.dataset.ran = "yes"; fetch("/spy")</script></head>
<body onload="document.title = 'ran'"><h1>Bread</h1>
<picture><source srcset="/tall.png" media="(min-width: 400px)"><img src="/none.png" alt="" width="120"></picture>
<img src="/drawing.svg" alt="" width="90"><img data-src="/tall.png" alt="" width="40" loading="lazy">
<svg width="60" height="60" viewBox="0 0 10 10"><use href="/icons.svg#star" fill="teal"/></svg>
<p class="lead">Flour, water, salt &amp; time — <a href="more.html">more</a></p>
<table background="/tile.png" width="200"><tr><td>in a table</td></tr></table>
<iframe src="/frame.html" width="300" height="90" title="A frame"></iframe>
<div class="shadow"><template shadowrootmode="open"><style>b{color:purple}</style><b>in the shadow</b></template></div>
<noscript><p class="quiet">without scripts</p></noscript></body></html>"""


def painted(color: str, size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", size, color)
    image.paste("white", (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
    image.save(out, "PNG")
    return out.getvalue()


def webfont() -> bytes:
    """A font that nobody has installed under the name that the page gives it: one of those that GraphiQL brings."""
    css = (ROOT / "server" / "graphql" / "static" / "graphiql.min.css").read_text(encoding="utf-8")
    return base64.b64decode(re.findall(r"url\(data:font/woff2;base64,([A-Za-z0-9+/=]+)", css)[-1])


@pytest.fixture
async def pages():
    async with serving() as pages:
        pages.put("/page", PAGE)
        pages.put(
            "/css/main.css",
            "@charset 'utf-8';@import url(colors.css) screen;@font-face{font-family:Loaf;src:url(/loaf.woff2)}"
            "body{font:20px/1.5 Loaf;margin:20px;background:url('../tile.png')}h1{font-size:60px}",
            content_type=CSS,
        )
        pages.put("/css/colors.css", "h1{color:#a33}.lead{background:#ffd;border:4px dashed #06c}", content_type=CSS)
        pages.put("/loaf.woff2", webfont(), content_type="font/woff2")
        for name, color, size in [("tall", "red", (120, 80)), ("tile", "#dfe", (40, 40)), ("icon", "blue", (16, 16))]:
            pages.put(f"/{name}.png", painted(color, size), content_type="image/png")
        pages.put(
            "/drawing.svg",
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><style>circle{fill:orange}</style>"
            "<circle cx='4.5' cy='4.5' r='4'/><script>parent.x = 1</script></svg>",
            content_type="image/svg+xml",
        )
        pages.put(
            "/icons.svg",
            "<svg xmlns='http://www.w3.org/2000/svg'>"
            "<symbol id='star'><path d='M5 0 10 10 0 4h10L0 10z'/></symbol></svg>",
            content_type="image/svg+xml",
        )
        pages.put(
            "/frame.html",
            "<!DOCTYPE html><style>body{background:#eee url(/icon.png) no-repeat;font:16px Loaf}</style>"
            "<p>&quot;framed&quot;<img src=/icon.png><script>parent.framed = 1</script>",
        )
        pages.put("/favicon.ico", "", status="404 Not Found")
        yield pages


@asynccontextmanager
async def opened(chromium, url: str, *, scripts: bool, online: bool):
    """A page, and the addresses other than its own and ``data:`` that were asked for."""
    context = await chromium.new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 720})
    await context.set_offline(not online)
    asked: list[str] = []
    page = await context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    await page.goto(url)
    await page.wait_for_load_state()
    yield page, [one for one in asked if one != url and not one.startswith(("data:", "about:"))]
    await context.close()


async def snapshot_of(pages, path: str, to: Path, **options) -> str:
    """Take a snapshot into the file; its text."""
    snapshots = PageSnapshots(FakeClock(), max_size=20 * MIB, guard=OneDoor(), **options)
    async with snapshots.take(pages.url(path)) as taken:
        await asyncio.to_thread(shutil.copy, taken.path, to)
    await snapshots.close()
    return await asyncio.to_thread(to.read_text, encoding="utf-8")


def difference(one: bytes, other: bytes) -> float:
    """How far two pictures are apart: the mean of all channels of all points, 0 to 255."""
    pictures = [Image.open(io.BytesIO(data)).convert("RGB") for data in (one, other)]
    assert pictures[0].size == pictures[1].size
    return sum(ImageStat.Stat(ImageChops.difference(*pictures)).mean) / 3


async def test_a_snapshot_looks_like_the_page_without_asking_or_running_anything(pages, chromium, tmp_path):
    """The page as a browser shows it that runs no scripts; the snapshot with scripts allowed, and no network."""
    file = tmp_path / "page.html"
    await snapshot_of(pages, "/page", file)
    before = len(pages.requests)

    async with opened(chromium, pages.url("/page", "127.0.0.1"), scripts=False, online=True) as (page, asked):
        await page.evaluate("document.fonts.ready")
        original = await page.screenshot(path=tmp_path / "original.png")
        assert len(asked) > 5
    asked_of_server = len(pages.requests)
    async with opened(chromium, file.as_uri(), scripts=True, online=False) as (page, asked):
        await page.evaluate("document.fonts.ready")
        copy = await page.screenshot(path=tmp_path / "snapshot.png")
        loaf = await page.evaluate("[...document.fonts].map(font => font.status)")
        ran = await page.evaluate("[document.documentElement.dataset.ran, window.framed, document.title]")

    assert [] == asked
    assert before < asked_of_server == len(pages.requests)
    assert ["loaded"] == loaf
    assert [None, None, "Bread"] == ran
    assert "/spy" not in pages.paths()
    assert difference(original, copy) < 0.5
    assert difference(original, blank(original)) > 5  # the measure tells pictures apart


def blank(like: bytes) -> bytes:
    size = Image.open(io.BytesIO(like)).size
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, "PNG")
    return out.getvalue()


async def test_no_spelling_runs_even_without_the_policy(pages, chromium, tmp_path):
    """The policy is the second line of defence: this takes it out, lets scripts run and presses what can be."""
    ran = []
    for number, html in enumerate([*SPELLINGS, "".join(SPELLINGS)]):
        filled = html.replace("{at}", pages.url("")).replace("{{", "{").replace("}}", "}")
        pages.put(f"/{number}", "<!DOCTYPE html><script>function ran() {}</script>" + filled)
    snapshots = PageSnapshots(FakeClock(), max_size=MIB, guard=OneDoor())
    context = await chromium.new_context()
    await context.expose_function("ran", lambda: ran.append(number))
    for number in range(len(SPELLINGS) + 1):
        async with snapshots.take(pages.url(f"/{number}")) as taken:
            bare = re.sub(r"<meta http-equiv=[^>]*>", "", taken.path.read_text(encoding="utf-8"))
        bare = re.sub(r"&lt;meta http-equiv=.*?&gt;", "", bare)
        assert "http-equiv" not in bare
        file = tmp_path / f"{number}.html"
        file.write_text(bare, encoding="utf-8")
        page = await context.new_page()
        await page.goto(file.as_uri())
        await page.evaluate("document.querySelectorAll('.press').forEach(one => one.dispatchEvent(new Event('click')))")
        await page.evaluate("document.querySelectorAll('a.press').forEach(one => one.click())")
        await page.close()
    await context.close()
    await snapshots.close()

    assert [] == ran


# SingleFile


@pytest.fixture(scope="session")
def single_file(node_packages) -> str:
    """The published command."""
    return str(node_packages / "node_modules" / ".bin" / "single-file")


@pytest.mark.needs_node
async def test_single_file_saves_what_scripts_made_and_reaches_nothing_else(pages, chromium, single_file, tmp_path):
    """Neither its browser nor its own fetches get at the machine, its network or its files."""
    here = f"http://127.0.0.1:{pages.port}"
    secret = tmp_path / "secret.css"
    secret.write_text("p{color:red} /* secret-file */")
    pages.put("/secret.css", "/* secret-web */", content_type=CSS)
    pages.put("/secret", "secret-web")
    pages.put("/tall2.png", painted("red", (4, 4)), content_type="image/png")
    pages.redirect("/away.css", f"{here}/secret.css")
    pages.put(
        "/page",
        f"<!DOCTYPE html><title>t</title><link rel=stylesheet href=/css/colors.css><p id=p></p><img src=/tall.png>"
        f"<link rel=stylesheet href='{secret.as_uri()}'><link rel=stylesheet href='{here}/secret.css'>"
        f"<link rel=stylesheet href='http://localhost:{pages.port}/secret.css'><link rel=stylesheet href=/away.css>"
        f"<iframe src='{here}/secret'></iframe><img src='http://[::ffff:127.0.0.1]:{pages.port}/secret'>"
        f"<script>document.getElementById('p').textContent = 'made by ' + 'a script';"
        f"fetch('{here}/secret', {{mode: 'no-cors'}}); new WebSocket('ws://127.0.0.1:{pages.port}/secret');</script>",
    )

    html = await snapshot_of(pages, "/page", file := tmp_path / "page.html", singlefile=single_file)

    assert "made by a script" in html
    assert ".lead" in html or "h1" in html or "data:image/png" in html
    assert "secret-" not in html
    assert "<script" not in html.lower()
    assert not [path for path in pages.paths() if path.startswith("/secret")]
    assert html.startswith("<!DOCTYPE html><meta http-equiv")
    async with opened(chromium, file.as_uri(), scripts=True, online=False) as (_, asked):
        assert [] == asked


@pytest.mark.needs_node
async def test_the_command_says_its_version_or_what_is_missing(single_file, tmp_path):
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)

    assert re.fullmatch(r"2\.\d+\.\d+", await singlefile.version(single_file))
    with pytest.raises(singlefile.Unusable, match="is not the single-file-cli"):
        await singlefile.version(str(other))
    with pytest.raises(singlefile.Unusable, match="is not installed"):
        await singlefile.version("no-such-program")
