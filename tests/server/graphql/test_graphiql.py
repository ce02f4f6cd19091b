"""GraphiQL comes whole from this server and works in a browser that reaches nothing else."""

import re
import shutil
from urllib.parse import urlsplit

import pytest

from server.graphql import graphiql
from server.graphql.graphiql import CONTENT_TYPES, STATIC, GraphiQL, read_examples
from tests.server.graphql.conftest import make_app

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_a_browser_gets_the_page(client):
    answer = await client.get("/graphql", headers=BROWSER)
    page = await answer.text()
    policy = answer.headers["Content-Security-Policy"]

    assert [200, "text/html", "utf-8"] == [answer.status, answer.content_type, answer.charset]
    assert "Welcome" in page
    assert "default-src 'none'; script-src 'self'; connect-src 'self';" in policy
    assert all("src=" in tag for tag in re.findall("<script[^>]*>", page))
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", page), (
        "something is loaded from elsewhere"
    )


async def test_the_page_is_not_for_those_who_accept_json_alike(client):
    """A plain GET without a query is an ill-formed request to them."""
    answer = await client.get("/graphql", headers={"Accept": "*/*"})

    assert 400 == answer.status


async def test_without_graphiql_a_browser_gets_json(aiohttp_client):
    client = await aiohttp_client(make_app(graphiql=False))
    answer = await client.get("/graphql", params={"query": "{ hello }"}, headers=BROWSER)

    assert "application/json" == answer.content_type


async def test_its_files_are_kept_by_browsers_for_good(client):
    """Every address of the page answers with its type; the address has the files' digest in it."""
    page = await (await client.get("/graphql", headers=BROWSER)).text()
    addresses = re.findall('(?:src|href)="(graphql/[^"]+)"', page)  # beside the page, wherever a proxy shows it

    assert len(CONTENT_TYPES) == len(addresses)
    for address in addresses:
        answer = await client.get(f"/{address}")
        name = address.rpartition("/")[2]
        assert 200 == answer.status
        assert CONTENT_TYPES[name] == answer.content_type
        assert "public, max-age=31536000, immutable" == answer.headers["Cache-Control"]
        assert (STATIC / name).read_bytes() == await answer.read()


@pytest.mark.parametrize("name", ["README.md", "..%2fview.py", "%2e%2e/view.py", "nothing.js", ""])
async def test_nothing_else_is_served(client, name):
    answer = await client.get(f"/graphql/static/{GraphiQL().version}/{name}")

    assert 404 == answer.status


async def test_files_of_another_version_are_gone(client):
    assert 404 == (await client.get("/graphql/static/0000/start.js")).status


def test_the_address_changes_with_the_files(tmp_path, monkeypatch):
    before = GraphiQL([]).version
    for name in CONTENT_TYPES:
        (tmp_path / name).write_bytes((STATIC / name).read_bytes())
    (tmp_path / "start.js").write_text("changed")
    monkeypatch.setattr(graphiql, "STATIC", tmp_path)

    assert before != GraphiQL([]).version


def test_the_licences_lie_beside_the_files():
    assert {"LICENSE-graphiql.txt", "LICENSE-react.txt", "README.md"} <= {path.name for path in STATIC.iterdir()}


def test_examples_come_in_the_order_of_their_names(tmp_path):
    (tmp_path / "2.graphql").write_text("{ b }")
    (tmp_path / "1.graphql").write_text("{ a }")

    assert ["{ a }", "{ b }"] == read_examples(tmp_path)
    assert read_examples()


@pytest.fixture
async def browser():
    """A headless Chromium from the system, asked by Playwright to stay off the network on its own account."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield chromium
        await chromium.close()


@pytest.mark.needs_chromium
async def test_graphiql_runs_a_query_with_the_network_off(aiohttp_server, browser):
    """Nothing but 127.0.0.1 is asked for; a query with a header typed in is answered on the page."""
    server = await aiohttp_server(make_app())
    context = await browser.new_context()
    asked, foreign, complaints = [], [], []

    async def only_ours(route):
        asked.append(route.request.url)
        if urlsplit(route.request.url).netloc == f"127.0.0.1:{server.port}":
            await route.continue_()
        else:
            foreign.append(route.request.url)
            await route.abort()

    await context.route(re.compile("^(?!data:)"), only_ours)
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"http://127.0.0.1:{server.port}/graphql")
    await page.wait_for_selector(".graphiql-query-editor .CodeMirror")
    shown = await page.inner_text(".graphiql-query-editor")
    await page.evaluate(
        "query => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.setValue(query)",
        'query Greeting { hello(name: "GraphiQL") bookmarks { title } }',
    )
    await page.wait_for_selector(".graphiql-tabs >> text=Greeting")  # until then it would send the old operation's name
    headers = "document.querySelectorAll('.graphiql-editor-tool .CodeMirror')[1].CodeMirror"
    await page.evaluate(f"""{headers}.setValue('{{"Authorization": "Bearer good"}}')""")
    async with page.expect_response(
        lambda response: response.request.method == "POST" and "hello" in (response.request.post_data or "")
    ) as answered:
        await page.click("button.graphiql-execute-button")
    await page.wait_for_selector(".graphiql-response:has-text('Hello GraphiQL')")
    answer = await page.inner_text(".graphiql-response")
    sent = await (await answered.value).request.all_headers()
    documentation = await page.wait_for_selector("button[aria-label='Show Documentation Explorer']")
    await documentation.click()
    await page.wait_for_selector(".graphiql-doc-explorer:has-text('Query')")
    await page.click("button[aria-label='Open settings dialog']")
    await page.wait_for_selector("[role=dialog]:has-text('Settings')")

    assert "Welcome to GraphiQL" in shown
    assert "Hello GraphiQL" in answer
    assert "Title 0" in answer
    assert "Bearer good" == sent["authorization"]
    assert [] == foreign
    assert len(CONTENT_TYPES) < len(asked)
    assert [] == complaints
    await context.close()


@pytest.mark.needs_chromium
async def test_a_link_may_bring_its_query_along(aiohttp_server, browser):
    server = await aiohttp_server(make_app())
    page = await browser.new_page()
    await page.goto(f"http://127.0.0.1:{server.port}/graphql?query=%7Bhello%7D")
    await page.wait_for_selector(".graphiql-query-editor .CodeMirror")

    assert "{hello}" in await page.inner_text(".graphiql-query-editor .CodeMirror-code")
    await page.close()
