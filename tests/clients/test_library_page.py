"""The library's page and the box for rules in a headless Chromium, with JavaScript and without."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import aiohttp
import pytest

from tests.clients.browsing import BOTH, opened, sign_in

pytestmark = pytest.mark.needs_chromium

REAL = Path("/work/shared/data/go.html")


@pytest.fixture
def file(tmp_path) -> tuple[Path, int]:
    """A bookmark file and the number of its links: a real list where there is one, else a made-up one."""
    if REAL.exists():
        return REAL, 3_033
    made = tmp_path / "made.html"
    links = "".join(f'<DT><A HREF="https://site.example/{number}">Site {number}</A>\n' for number in range(3_000))
    made.write_text(f"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n{links}</DL>\n", encoding="utf-8")
    return made, 3_000


async def ask(live, path, **headers):
    async with aiohttp.ClientSession(headers=headers) as http, http.get(f"{live.base}{path}") as answer:
        return answer.status, await answer.text()


async def kept(live) -> int:
    return json.loads((await ask(live, "/api/bookmarks/?limit=1", Authorization=f"Token {live.token}"))[1])["count"]


@BOTH
async def test_a_real_file_goes_in_and_comes_out(live, chromium, file, tmp_path, scripts):
    """With the counts on the page; a script tells of every step on the way."""
    path, links = file
    bad = tmp_path / "bad.html"
    bad.write_bytes(b"\x89PNG nothing that is a library")
    async with opened(chromium, live, java_script_enabled=scripts, accept_downloads=True) as page:
        await sign_in(page, live)
        await page.get_by_role("link", name="Library").click()
        await page.get_by_label("A file of bookmarks").set_input_files(bad)
        await page.get_by_role("button", name="Take it in").click()
        refusal = await page.locator("#outcome .note, #file-error").inner_text()
        await page.get_by_label("A file of bookmarks").set_input_files(path)
        if scripts:
            await page.evaluate(
                """() => {
                    window.heard = [];
                    const said = document.getElementById("said");
                    new MutationObserver(() => heard.push(said.textContent)).observe(said, {childList: true});
                    const bar = document.getElementById("progress-bar");
                    window.parts = [];
                    new MutationObserver(() => parts.push(bar.value)).observe(bar, {attributes: true});
                }"""
            )
        await page.get_by_role("button", name="Take it in").click()
        await page.locator("dl.counts").wait_for()
        told = await page.locator("dl.counts").inner_text()
        heard, parts, focus = (
            await page.evaluate("[heard, parts, document.activeElement.id]") if scripts else (None, None, None)
        )
        if not scripts:
            await page.get_by_role("link", name="Back to the library").click()
        count = await page.locator("#count").inner_text()
        downloads = {}
        for label in ("JSON", "HTML", "CSV", "Everything (ZIP)"):
            async with page.expect_download() as started:
                await page.get_by_role("link", name=label, exact=True).click()
            download = await started.value
            downloads[download.suggested_filename.rpartition(".")[2]] = await asyncio.to_thread(
                Path(await download.path()).read_bytes
            )
            assert re.fullmatch(r"polymark-\d{4}-\d\d-\d\d\.(html|json|csv|zip)", download.suggested_filename)

    library = json.loads(downloads["json"])
    assert "no file of bookmarks" in refusal
    assert f"Links in the file\n{links:,}" in told
    assert await kept(live) == len(library["bookmarks"]) == int(count.replace(",", ""))
    assert downloads["html"].startswith(b"<!DOCTYPE NETSCAPE-Bookmark-file-1>")
    assert downloads["csv"].count(b"\n") >= len(library["bookmarks"])
    assert downloads["zip"].startswith(b"PK")
    if scripts:
        assert heard[0] == "Sending the file"
        assert "Taking it in" in heard
        assert heard[-1].startswith("Imported. ")
        assert len({part for part in parts if 0 < part < 100}) >= 2
        assert "progress-title" == focus


async def test_who_is_signed_out_meanwhile_is_told(live, chromium, file):
    async with opened(chromium, live) as page:
        await sign_in(page, live)
        await page.goto("/settings/library")
        await page.get_by_label("A file of bookmarks").set_input_files(file[0])
        await page.context.clear_cookies()
        await page.get_by_role("button", name="Take it in").click()
        await page.get_by_role("heading", name="Nothing was taken in").wait_for()

    assert 0 == await kept(live)


@BOTH
async def test_a_feed_key_is_made_renewed_and_removed(live, chromium, scripts):
    async with opened(chromium, live, java_script_enabled=scripts) as page:
        await sign_in(page, live)
        await page.goto("/settings/library")
        addresses = []
        for name in ("Make a key", "Make a new key"):
            await page.get_by_role("button", name=name).click()
            addresses.append(await page.get_by_label("Everything but the archive").input_value())
        feeds = [await page.locator(f"#feed-{number}").input_value() for number in (1, 2, 3)]
        paths = [address.removeprefix(live.base) for address in (*addresses, *feeds)]
        works = [(await ask(live, path))[0] for path in (*paths, "/feeds/shared")]
        await page.goto("/settings/library")
        hidden = await page.locator("#feeds").inner_text()
        await page.get_by_role("button", name="Remove the key").click()
        said = await page.get_by_role("status").first.inner_text()
        after = (await ask(live, paths[1]))[0]

    assert [404, 200, 200, 200, 200, 200] == works
    assert "There is a key since" in hidden
    assert paths[1].split("/")[2] not in hidden
    assert "The feed key is removed" in said
    assert 404 == after


@BOTH
async def test_rules_are_tried_out_before_they_are_saved(live, chromium, scripts):
    """While one types, or by the button."""
    async with opened(chromium, live, java_script_enabled=scripts) as page:
        await sign_in(page, live)
        await page.get_by_label("Rules").fill("docs.example reading\ndocs.example/api api")
        await page.get_by_label("Try them out").fill("https://docs.example/api/x")
        if not scripts:
            await page.get_by_role("button", name="Try", exact=True).click()
        await page.locator("#tried .badge").nth(1).wait_for()
        tags = await page.locator("#tried .badge").all_inner_texts()
        await page.get_by_label("Try them out").fill("https://other.example/")
        await page.get_by_label("Try them out").press("Enter")
        await page.get_by_text("No rule means this address.").wait_for()
        rules = await page.get_by_label("Rules").input_value()
        await page.goto("/settings")
        stored = await page.get_by_label("Rules").input_value()

    assert ["reading", "api"] == tags
    assert "docs.example reading\ndocs.example/api api" == rules
    assert "" == stored
