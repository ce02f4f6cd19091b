"""Pages and files that were uploaded, opened in a browser that is signed in: they are seen, and can do nothing."""

from __future__ import annotations

import io
import wave
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.clients.browsing import sign_in

pytestmark = pytest.mark.needs_chromium

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJ"
    "RU5ErkJggg=="
)
# Every way out that a page knows, each to an address of its own.
HOSTILE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>kept</title>
<base href="{base}/hit/base/">
<meta http-equiv="refresh" content="0;url={base}/hit/refresh">
<link rel="stylesheet" href="{base}/hit/style"><link rel="preload" as="image" href="{base}/hit/preload">
<link rel="prefetch" href="{base}/hit/prefetch"><link rel="icon" href="{base}/hit/icon">
<link rel="manifest" href="{base}/hit/manifest"><link rel="modulepreload" href="{base}/hit/module">
<style>@import url("{base}/hit/import"); @font-face {{ font-family: f; src: url("{base}/hit/font"); }}
body {{ font-family: f; background: url("{base}/hit/background"); }} #styled {{ color: rgb(1, 2, 3); }}</style>
<script>document.title = "ran"; fetch("{base}/hit/fetch");</script>
<script src="{base}/hit/script"></script>
</head><body onload="document.title = 'ran'">
<p id="styled">Ä page as it was</p>
<img id="own" src="{pixel}"><img src="{base}/hit/image" onerror="document.title = 'ran'">
<img srcset="{base}/hit/srcset 1x">
<iframe id="frame" src="data:text/html,
<script>top.document.title='ran';parent.postMessage(1,'*')</script><p>inner"></iframe>
<iframe srcdoc="<script>parent.document.title='ran'</script><img src='{base}/hit/srcdoc'>"></iframe>
<iframe src="{base}/hit/frame"></iframe><object data="{base}/hit/object"></object><embed src="{base}/hit/embed">
<video src="{base}/hit/video" autoplay></video><audio src="{base}/hit/audio" autoplay></audio>
<svg><script>document.title = "ran"</script><image href="{base}/hit/svg"/></svg>
<form id="form" action="{base}/hit/form" method="post"><input name="a"><button>send</button></form>
<a id="script" href="javascript:document.title='ran'">run</a>
<a id="popup" href="{base}/hit/popup" target="_blank">open</a>
<a id="top" href="{base}/hit/top" target="_top" ping="{base}/hit/ping">x</a>
</body></html>"""
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>document.documentElement.id = "ran";
fetch("{base}/hit/svg")</script><image href="{base}/hit/image" width="9" height="9"/>
<rect width="9" height="9"/></svg>"""


async def keep(live, url, name, content_type, data):
    """Bookmark the address with that file; the asset's id."""
    headers = {"Authorization": f"Token {live.token}"}
    async with aiohttp.ClientSession(live.base, headers=headers) as http:
        async with http.post("/api/bookmarks/", json={"url": url}) as answer:
            bookmark = (await answer.json())["id"]
        form = aiohttp.FormData()
        form.add_field("file", data, filename=name, content_type=content_type)
        async with http.post(f"/api/bookmarks/{bookmark}/assets/upload/", data=form) as answer:
            assert 201 == answer.status
            return (await answer.json())["id"]


async def snapshot(live, url, data):
    """Upload a page as SingleFile does; the asset's id."""
    headers = {"Authorization": f"Token {live.token}"}
    form = aiohttp.FormData({"url": url})
    form.add_field("file", data, filename="page.html", content_type="text/html")
    async with aiohttp.ClientSession(live.base, headers=headers) as http:
        async with http.post("/api/bookmarks/singlefile/", data=form) as answer:
            assert 201 == answer.status
        async with http.get("/api/bookmarks/check/", params={"url": url}) as answer:
            bookmark = (await answer.json())["bookmark"]["id"]
        async with http.get(f"/api/bookmarks/{bookmark}/assets/") as answer:
            return (await answer.json())["results"][0]["id"]


GIF = (
    b"GIF89a\x03\x00\x02\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x03\x00\x02\x00\x00\x02\x03D\x02\x05\x00;"
)


DOCUMENT = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj
trailer<</Root 1 0 R>>
"""


def second_of_silence():
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))
    return written.getvalue()


class Watched:
    """A browser that is signed in, and the paths of all that it gets an answer from."""

    def __init__(self, context, page):
        self.context, self.page = context, page
        self.answered: list[str] = []
        context.on("response", self._note)

    def _note(self, response):
        if not response.url.startswith("data:"):
            self.answered.append(urlsplit(response.url).path)

    async def settled(self):
        """The same once nothing has been asked for for half a second."""
        await self.page.wait_for_load_state("networkidle")
        return self.answered


@pytest.fixture
async def watched(chromium, live):
    context = await chromium.new_context(base_url=live.base)
    page = await context.new_page()
    await sign_in(page, live)
    await page.wait_for_url("**/settings")
    await page.goto("about:blank")
    yield Watched(context, page)
    await context.close()


@pytest.mark.parametrize("packed", [False, True], ids=["an upload", "a snapshot"])
async def test_a_hostile_page_is_seen_and_can_do_nothing(live, watched, packed):
    """LD-ASV-1: it runs nothing, asks for nothing, and could read no cookie; its own styles and pictures are there."""
    html = HOSTILE.format(base=live.base, pixel=PIXEL).encode()
    url = "https://a.example/hostile"
    asset = await (snapshot(live, url, html) if packed else keep(live, url, "a.html", "text/html", html))
    page = watched.page
    await page.goto(f"/assets/{asset}")

    assert "kept" == await page.title()
    assert "rgb(1, 2, 3)" == await page.locator("#styled").evaluate("element => getComputedStyle(element).color")
    assert 1 == await page.locator("#own").evaluate("element => element.naturalWidth")
    for what in ("form button", "#script", "#popup"):
        await page.locator(what).click()
    # The browser's debugger may look where the page's own scripts may not: what would they find?
    assert "null" == await page.evaluate("window.origin")
    denied = await page.evaluate("() => { try { return document.cookie } catch (error) { return error.name } }")

    assert "SecurityError" == denied
    assert "kept" == await page.title()
    assert 1 == len(watched.context.pages)
    assert [f"/assets/{asset}"] == await watched.settled()


async def test_a_hostile_picture_is_seen_and_can_do_nothing(live, watched):
    """LD-ASV-1: SVG is a program."""
    asset = await keep(live, "https://a.example/", "a.svg", "image/svg+xml", SVG.format(base=live.base).encode())
    await watched.page.goto(f"/assets/{asset}")

    assert "" == await watched.page.evaluate("document.documentElement.id")
    assert "null" == await watched.page.evaluate("window.origin")
    assert [f"/assets/{asset}"] == await watched.settled()


async def test_pictures_sounds_and_documents_are_shown(live, watched):
    """LD-ASV-1: under policies that let the browser's own viewers work."""
    picture = await keep(live, "https://a.example/", "a.gif", "image/gif", GIF)
    await watched.page.goto(f"/assets/{picture}")
    size = await watched.page.evaluate("[document.images[0].naturalWidth, document.images[0].naturalHeight]")
    sound = await keep(live, "https://a.example/", "a.wav", "audio/wav", second_of_silence())
    await watched.page.goto(f"/assets/{sound}")
    await watched.page.wait_for_function("document.querySelector('video, audio').duration === 1")
    document = await keep(live, "https://a.example/", "a.pdf", "application/pdf", DOCUMENT)
    answer = await watched.page.goto(f"/assets/{document}")  # raises when it is downloaded instead

    assert ([3, 2], 200) == (size, answer.status)
    assert 1 == await watched.page.evaluate("document.body.childNodes.length"), "the viewer, not the bytes as text"


async def test_what_cannot_be_shown_is_saved(live, watched):
    """LD-ASV-1."""
    asset = await keep(live, "https://a.example/", "a.txt", "text/plain", b"<script>alert(1)</script>")
    async with watched.page.expect_download() as downloading:
        with pytest.raises(Exception, match="Download is starting"):
            await watched.page.goto(f"/assets/{asset}")
    saved = await (await downloading.value).path()

    assert b"<script>alert(1)</script>" == saved.read_bytes()
