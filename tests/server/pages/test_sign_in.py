"""Signing in and out, and what browsers are told about every page."""

from __future__ import annotations

import re

import pytest

from models import Session
from schema.resolvers import accounts
from tests.factories import PASSWORD

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PROXY = {"trusted_proxies": "127.0.0.0/8"}
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "marks.example"}


async def test_the_bare_address_leads_to_the_form_and_then_to_the_settings(browser):
    before = await browser.get("/")
    await browser.sign_in()
    after = await browser.get("/")

    assert (303, "/login") == (before.status, before.to)
    assert (303, "/settings") == (after.status, after.to)


async def test_name_and_password_open_the_settings(browser):
    page = await browser.sign_in()
    settings = await browser.get("/settings")

    assert (303, "/settings") == (page.status, page.to)
    assert 200 == settings.status
    assert "Sign out ann" in settings.words()


async def test_the_cookie_is_for_this_server_only_and_no_script_reads_it(browser):
    page = await browser.sign_in()
    cookie = next(line for line in page.headers.getall("Set-Cookie") if line.startswith("polymark="))

    assert re.fullmatch(r"polymark=[0-9a-f]{64}; HttpOnly; Max-Age=34560000; Path=/; SameSite=Lax", cookie), cookie
    assert {"polymark"} == set(browser.cookies)


async def test_where_the_outside_says_https_it_is_secure_and_bound_to_the_host(site):
    browser = await site(HTTPS, **PROXY)
    page = await browser.sign_in()
    lines = page.headers.getall("Set-Cookie")

    assert 2 == len(lines)
    assert all(line.startswith("__Host-polymark") and "; Secure" in line and "; Path=/" in line for line in lines)
    assert 200 == (await browser.get("/settings")).status


@pytest.mark.parametrize(
    ("name", "password"), [("ann", "wrong"), ("nobody", PASSWORD), ("<b>", "\0"), ("", ""), ("é", "ü")]
)
async def test_what_is_wrong_shows_the_form_again_with_the_name(browser, name, password):
    page = await browser.sign_in(name, password)

    assert 403 == page.status
    assert "The name or the password is wrong." in page.words()
    assert f'value="{name.replace("<", "&lt;").replace(">", "&gt;")}"' in page.text
    assert password not in re.findall('value="([^"]+)"', page.text)
    assert 'role="alert"' in page.text
    assert 'aria-describedby="error"' in page.text
    assert 0 == await Session.all().count()


async def test_the_eleventh_try_has_to_wait(browser):
    for _ in range(10):
        await browser.sign_in(password="wrong")
    page = await browser.sign_in()

    assert 429 == page.status
    assert "Come back in 5 minutes." in page.words()
    assert 290 < int(page.headers["Retry-After"]) <= 300


async def test_behind_a_trusted_proxy_tries_are_counted_by_where_they_come_from(site, ann, ports):
    await accounts.create(ports, "ben", PASSWORD)
    browser = await site(**PROXY)
    for number in range(30):
        await browser.get("/login")
        await browser.post(
            "/login", username=f"n{number}", password="x", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        )
    shut = await browser.post(
        "/login", username="ben", password=PASSWORD, headers={"X-Forwarded-For": "1.2.3.4, 203.0.113.9"}
    )
    open_ = await browser.post("/login", username="ben", password=PASSWORD, headers={"X-Forwarded-For": "203.0.113.8"})

    assert (429, 303) == (shut.status, open_.status)


async def test_without_the_forms_cookie_nothing_happens_and_the_page_says_why(browser):
    await browser.get("/login")
    csrf = browser.csrf
    browser.cookies.clear()
    page = await browser.post("/login", csrf=csrf, username="ann", password=PASSWORD)
    again = await browser.post("/login", username="ann", password=PASSWORD)

    assert (403, 303) == (page.status, again.status)
    assert "cookie" in page.words()


@pytest.mark.parametrize("csrf", ["", "0" * 64, "é", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")])
async def test_a_form_with_another_browsers_token_is_refused(browser, csrf):
    await browser.get("/login")
    page = await browser.post("/login", csrf=csrf, username="ann", password=PASSWORD)

    assert 403 == page.status
    assert 0 == await Session.all().count()


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_form_of_another_site_is_refused_whatever_it_carries(signed_in, headers):
    for path in ("/login", "/logout", "/settings/password", "/settings/tokens", "/login/v2/flow/00"):
        page = await signed_in.post(path, username="ann", password=PASSWORD, headers=headers)

        assert 403 == page.status
        assert "came from another site" in page.words()
    assert 200 == (await signed_in.get("/settings")).status


async def test_our_own_origin_is_the_one_that_the_outside_sees(site):
    browser = await site(HTTPS, **PROXY)
    await browser.get("/login")
    page = await browser.post(
        "/login", username="ann", password=PASSWORD, headers={"Origin": "https://marks.example:443"}
    )

    assert 303 == page.status


@pytest.mark.parametrize(
    ("to", "path"),
    [
        ("/graphql", "/graphql"),
        ("/login/v2/flow/abc123", "/login/v2/flow/abc123"),
        ("/settings?done=rules", "/settings?done=rules"),
        ("//evil.example", "/settings"),
        ("/\\evil.example", "/settings"),
        ("/.//evil.example", "/settings"),
        ("/a/../..//evil.example", "/settings"),
        ("https://evil.example", "/settings"),
        ("javascript:alert(1)", "/settings"),
        ("/\t/evil.example", "/settings"),
        ("/a\r\nSet-Cookie: b=c", "/settings"),
        ("/é", "/settings"),
        ("settings", "/settings"),
        ("", "/settings"),
    ],
)
async def test_signing_in_leads_to_a_page_of_ours_and_nowhere_else(browser, to, path):
    signed_in = await browser.sign_in(next=to)
    already = await browser.client.get(
        "/login",
        params={"next": to},
        headers={"Cookie": f"polymark={browser.cookies['polymark']}"},
        allow_redirects=False,
    )

    assert (303, path) == (signed_in.status, signed_in.to)
    assert (303, path) == (already.status, already.headers["Location"])


async def test_a_page_that_needs_signing_in_comes_afterwards(browser):
    page = await browser.get("/settings")
    form = await browser.get(page.to)

    assert (303, "/login?next=/settings") == (page.status, page.to)
    assert 'name="next" value="/settings"' in form.text


async def test_signing_out_ends_the_session_on_the_server_too(signed_in):
    cookie = dict(signed_in.cookies)
    page = await signed_in.post("/logout")
    signed_in.cookies.update(cookie)
    after = await signed_in.get("/settings")
    form = await signed_in.get(page.to)

    assert (303, "/login?signed-out") == (page.status, page.to)
    assert 303 == after.status
    assert "You are signed out." in form.words()
    assert {"polymark-form"} == set(signed_in.cookies)


async def test_a_link_signs_nobody_out(signed_in):
    assert 405 == (await signed_in.get("/logout")).status
    assert 200 == (await signed_in.get("/settings")).status


async def test_a_form_from_before_a_sign_in_is_out_of_date(signed_in):
    old = signed_in.csrf
    await signed_in.post("/logout")
    await signed_in.sign_in()
    page = await signed_in.post("/settings/rules", csrf=old, rules="x y")

    assert 403 == page.status
    assert "out of date" in page.words()


async def test_a_form_of_somebody_who_was_signed_out_leads_to_sign_in(signed_in):
    await Session.all().delete()
    page = await signed_in.post("/settings/rules", rules="x y")

    assert (303, "/login?next=/settings") == (page.status, page.to)


SCRIPTS = "; script-src 'self'; connect-src 'self'"  # those that ship with the program
PATHS = ["/", "/login", "/settings", "/login/v2/flow/00", "/login/connected"]


@pytest.mark.parametrize("known", [False, True])
async def test_every_answer_tells_the_browser_to_trust_nothing_else(browser, known):
    if known:
        await browser.sign_in()
    for path in PATHS:
        page = await browser.get(path, Origin="https://app.example")

        scripts = SCRIPTS if known and path == "/settings" else ""
        assert POLICY + scripts == page.headers["Content-Security-Policy"]
        assert "nosniff" == page.headers["X-Content-Type-Options"]
        assert "same-origin" == page.headers["Referrer-Policy"]
        assert "no-store" == page.headers["Cache-Control"]
        assert "Access-Control-Allow-Origin" not in page.headers


async def test_no_page_has_a_script_or_a_style_inside(signed_in):
    pages = [await signed_in.get(path) for path in PATHS]

    assert not [
        page
        for page in pages
        if re.search(
            r"<script(?! src=\"/pages/[0-9a-f]+/\w+\.js\" defer></script>)|<style|\sstyle=|\son\w+=|javascript:",
            page.text,
        )
    ]


async def test_the_files_of_a_page_may_be_kept_for_good(browser):
    page = await browser.get("/login")
    addresses = re.findall(r'(?:href|src)="(/pages/[^"]+)"', page.text)
    answers = [await browser.get(address) for address in addresses]

    assert {"icon.svg", "pages.css"} == {address.rpartition("/")[2] for address in addresses}
    assert {"public, max-age=31536000, immutable"} == {answer.headers["Cache-Control"] for answer in answers}
    assert 404 == (await browser.get(addresses[0].replace("icon.svg", "pages.py"))).status


BODIES = [
    (b"{}", {"Content-Type": "application/json"}, 415),
    (b"--x\r\n", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    (b"username", {}, 415),
    (b"\xff\xfe%", {"Content-Type": "application/x-www-form-urlencoded"}, 403),
    (b"username=%ff%00&password=%", {"Content-Type": "application/x-www-form-urlencoded"}, 403),
    (b"a&" * 1000, {"Content-Type": "application/x-www-form-urlencoded"}, 400),
    (b"a" * 2_100_000, {"Content-Type": "application/x-www-form-urlencoded"}, 413),
    (b"junk", {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}, 400),
]


@pytest.mark.parametrize(("body", "headers", "status"), BODIES, ids=range(len(BODIES)))
async def test_a_body_that_is_no_form_is_answered_with_a_page(browser, body, headers, status):
    answer = await browser.client.post("/login", data=body, headers={"Content-Type": "text/plain"} | headers)

    assert (status, "text/html") == (answer.status, answer.content_type)


@pytest.mark.parametrize(
    "cookie", ["polymark=", "polymark=junk", f"polymark={'0' * 64}", "polymark=é; =", "polymark" * 900]
)
async def test_a_cookie_that_is_not_good_is_nobodys(browser, cookie):
    page = await browser.get("/settings", Cookie=cookie.encode("utf-8").decode("latin-1"))

    assert (303, "/login?next=/settings") == (page.status, page.to)


async def test_a_cookie_whose_session_is_over_is_taken_away(signed_in, ports):
    ports.clock.forward(days=31)
    await signed_in.get("/login")

    assert {"polymark-form"} == set(signed_in.cookies)


@pytest.mark.parametrize("taken_off", [False, True])
async def test_below_a_path_every_link_has_it(site, taken_off):
    """Whether the proxy takes the path off or not."""
    browser = await site(base_url="http://home.example/marks")
    seen = "" if taken_off else "/marks"
    form = await browser.get(f"{seen}/login")
    entered = await browser.post(f"{seen}/login", username="ann", password=PASSWORD, next="/settings")
    settings = await browser.get(f"{seen}/settings")
    style = re.search(r'href="([^"]+pages\.css)"', settings.text).group(1)
    links = re.findall(r'(?:href|src|action)="([^"#][^"]*)"', form.text + settings.text)

    assert "/marks/settings" == entered.to
    assert 10 < len(links)
    assert all(link.startswith("/marks/") for link in links), links
    assert 200 == (await browser.get(style.removeprefix("/marks") if taken_off else style)).status


async def test_what_nobody_expected_is_a_page_with_the_requests_id(signed_in, monkeypatch):
    async def broken(ctx):
        raise RuntimeError("a secret")

    monkeypatch.setattr("schema.resolvers.tokens.find", broken)
    page = await signed_in.get("/settings", **{"X-Request-Id": "mine-1"})

    assert 500 == page.status
    assert "mine-1" in page.words()
    assert "a secret" not in page.text
