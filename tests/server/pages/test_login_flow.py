"""The page that lets a program in (NC-14.2)."""

from __future__ import annotations

import pytest

from schema.errors import NotFound
from schema.resolvers import login_flows
from tests.factories import PASSWORD

CLIENT = 'floccus <b>"& more'


@pytest.fixture
async def flow(ann, ports):
    return await login_flows.begin(ports, CLIENT)


@pytest.mark.parametrize("prefix", ["", "/index.php"])
async def test_s11_somebody_signs_in_sees_who_asks_and_lets_it_in(browser, ports, flow, prefix):
    """S11, with and without /index.php (NC-1)."""
    path = f"{prefix}/login/v2/flow/{flow.flow_token}"
    first = await browser.get(path)
    await browser.get(first.to)
    entered = await browser.post("/login", username="ann", password=PASSWORD, next=path)
    page = await browser.get(entered.to)
    answered = await browser.post(path, answer="yes")
    done = await browser.get(answered.to)
    got = await login_flows.poll(ports, flow.poll_token)

    assert (303, f"/login?next={path}") == (first.status, first.to)
    assert path == entered.to
    assert 200 == page.status
    assert CLIENT in page.words()
    assert "bookmarks of ann" in page.words()
    assert CLIENT not in page.text
    assert (303, "/login/connected") == (answered.status, answered.to)
    assert "Connected" in done.words()
    assert "ann" == got.username
    assert "floccus" in (await browser.get("/settings")).words()


@pytest.mark.parametrize("answer", ["no", "", "maybe"])
async def test_anything_but_yes_sends_it_away(signed_in, ports, flow, answer):
    path = f"/login/v2/flow/{flow.flow_token}"
    page = await signed_in.post(path, answer=answer)
    with pytest.raises(NotFound):
        await login_flows.poll(ports, flow.poll_token)

    assert 200 == page.status
    assert "was not let in" in page.words()
    assert 404 == (await signed_in.get(path)).status


async def test_without_the_forms_token_nobody_is_let_in(signed_in, ports, flow):
    page = await signed_in.post(f"/login/v2/flow/{flow.flow_token}", csrf="0" * 64, answer="yes")

    assert 403 == page.status
    assert not (await login_flows.find(ports, flow.flow_token)).granted


async def test_looking_at_the_page_lets_nobody_in(signed_in, ports, flow):
    await signed_in.get(f"/login/v2/flow/{flow.flow_token}?answer=yes")

    assert not (await login_flows.find(ports, flow.flow_token)).granted


async def test_one_that_is_in_already_is_said_to_be(signed_in, flow):
    path = f"/login/v2/flow/{flow.flow_token}"
    await signed_in.post(path, answer="yes")
    again = await signed_in.post(path, answer="yes")
    refused = await signed_in.post(path, answer="no")
    page = await signed_in.get(path)

    assert ("/login/connected", "/login/connected") == (again.to, page.to)
    assert 404 == refused.status


@pytest.mark.parametrize("token", ["0" * 64, "ff", "a" * 128])
async def test_a_request_that_is_over_says_so(signed_in, token):
    for page in (
        await signed_in.get(f"/login/v2/flow/{token}"),
        await signed_in.post(f"/login/v2/flow/{token}", answer="yes"),
    ):
        assert 404 == page.status
        assert "Start again in your app." in page.words()


async def test_after_twenty_minutes_it_is_over(signed_in, ports, flow):
    ports.clock.forward(minutes=20)

    assert 404 == (await signed_in.get(f"/login/v2/flow/{flow.flow_token}")).status
