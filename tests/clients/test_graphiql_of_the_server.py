"""GraphiQL of the program as it is served, used by hand in a headless Chromium that reaches nothing else."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import aiohttp
import pytest

pytestmark = pytest.mark.needs_chromium

QUERY = "query Mine { bookmarks(first: 2, orderBy: TITLE_ASC) { totalCount nodes { title url tagNames } } }"
DRAFTS = (
    {"url": "https://a.example/", "title": "Über Lesezeichen", "tag_names": ["reading", "later"]},
    {"url": "https://b.example/", "title": "Zebra <b>stripes</b> & 日本"},
)


async def write(page, editor: str, text: str) -> None:
    """Click into an editor and put a text in the place of what is there, as from the clipboard."""
    await page.click(editor)
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(text)
    await page.wait_for_selector(f"{editor} >> text={text[-20:]}")


async def test_the_first_user_asks_for_their_bookmarks(live, chromium, tmp_path):
    """The token that the server printed is typed into the headers, a query is typed and run, its answer is shown.

    Without the token the same query shows the refusal. A picture of the page is left in the test's folder.
    """
    headers = {"Authorization": f"Token {live.token}"}
    async with aiohttp.ClientSession(live.base, headers=headers) as http:
        for draft in DRAFTS:
            async with http.post("/api/bookmarks/?disable_scraping", json=draft) as saved:
                assert 201 == saved.status
    context = await chromium.new_context(viewport={"width": 1400, "height": 900})
    asked: list[str] = []
    foreign: list[str] = []
    complaints: list[str] = []

    async def only_ours(route):
        here = urlsplit(route.request.url).netloc == urlsplit(live.base).netloc
        (asked if here else foreign).append(route.request.url)
        await (route.continue_() if here else route.abort())

    await context.route(re.compile("^(?!data:)"), only_ours)
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(live.graphql)
    await page.wait_for_selector(".graphiql-query-editor .CodeMirror")
    await write(page, ".graphiql-query-editor .CodeMirror", QUERY)
    await page.click("button[aria-label^='Prettify']")
    await page.wait_for_selector(".graphiql-query-editor .CodeMirror-linenumber:text-is('10')")
    await page.wait_for_selector(".graphiql-tabs >> text=Mine")  # it has read the new operation's name
    await page.click("button.graphiql-execute-button")
    await page.wait_for_selector(".graphiql-response:has-text('UNAUTHENTICATED')")
    await write(
        page, ".graphiql-editor-tool .CodeMirror >> visible=true", f'{{"Authorization": "Bearer {live.token}"}}'
    )
    await page.click("button.graphiql-execute-button")
    await page.wait_for_selector(".graphiql-response:has-text('totalCount')")
    answer = await page.inner_text(".graphiql-response")
    await page.click("button[aria-label='Show Documentation Explorer']")
    await page.wait_for_selector(".graphiql-doc-explorer:has-text('Mutation')")
    await page.screenshot(path=tmp_path / "graphiql.png")
    await context.close()

    for words in ('"totalCount": 2', DRAFTS[0]["title"], DRAFTS[1]["title"], "reading", '"cost"'):
        assert words in answer
    assert f"{live.base}/graphql" in asked
    assert [] == foreign
    assert [] == complaints
