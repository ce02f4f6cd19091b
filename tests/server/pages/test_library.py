"""Saving from the browser, and the feed key."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

import pytest

from models import Token
from schema.errors import Unauthenticated
from schema.resolvers import feed_keys
from server.pages.library import bookmarklet


def addresses_of(page):
    return re.findall(r'<input class="secret" id="feed-\d" value="([^"]+)"', page.text)


async def test_a_feed_key_is_made_shown_once_renewed_and_removed(signed_in, ports):
    before = await signed_in.get("/settings/library")
    made = await signed_in.post("/settings/feeds/renew")
    first = addresses_of(made)
    later = await signed_in.get("/settings/library")
    renewed = addresses_of(await signed_in.post("/settings/feeds/renew"))
    keys = [re.search(r"/feeds/([0-9a-f]{40})/", one[0]).group(1) for one in (first, renewed)]
    removed = await signed_in.post("/settings/feeds/remove")
    again = await signed_in.post("/settings/feeds/remove")
    told = await signed_in.get(removed.to)

    assert "There is none yet." in before.words()
    assert ["all", "unread", "shared"] == [address.rpartition("/")[2] for address in first]
    assert "/feeds/shared" in made.text
    assert "There is a key since 2 January 2026" in later.words()
    assert keys[0] not in later.text
    assert keys[0] != keys[1]
    assert "/settings/library?done=feeds" == removed.to == again.to
    assert "The feed key is removed" in told.words()
    for key in keys:
        with pytest.raises(Unauthenticated):
            await feed_keys.believe(ports, key)


async def test_a_feed_address_works_until_there_is_another_key(signed_in):
    paths = []
    for _ in range(2):
        address = addresses_of(await signed_in.post("/settings/feeds/renew"))[0]
        paths.append("/" + address.split("/", 3)[3])
    signed_in.cookies.clear()

    assert [404, 200] == [(await signed_in.get(path)).status for path in paths]


async def test_only_a_form_of_ours_makes_a_key(signed_in):
    answers = [
        await signed_in.post("/settings/feeds/renew", csrf="0" * 64),
        await signed_in.post("/settings/feeds/remove", csrf=""),
        await signed_in.post("/settings/feeds/renew", headers={"Origin": "null"}),
    ]

    assert [403, 403, 403] == [page.status for page in answers]
    assert not await Token.filter(kind="feed").exists()


async def test_the_page_tells_how_much_there_is_and_where_to_share_to(site, ann):
    browser = await site(base_url="https://links.example/cloud")
    browser.cookies = {}
    page = await browser.get("/settings/library")

    assert 303 == page.status
    await browser.sign_in()
    assert "/cloud/login?next=/settings/library" == page.to


@pytest.mark.parametrize("base", ["http://localhost:3000", "https://a.example/b'\"</script>%27+alert(1)+'\\"])
def test_the_bookmarklet_holds_the_address_as_text_whatever_is_in_it(base):
    link = bookmarklet(base)
    script = unquote(link.removeprefix("javascript:"))

    assert re.fullmatch(r"javascript:[A-Za-z0-9_.~%-]+", link)
    assert re.search(r'open\("((?:[^"\\]|\\.)*)"\+', script).group(1).replace('\\"', '"').replace("\\\\", "\\") == (
        f"{base}/bookmarks/new"
    )


async def test_the_bookmarklet_is_a_link_of_the_page(signed_in):
    page = await signed_in.get("/settings/library", Host="links.example:81")
    link = unescape(re.search(r'class="drag" href="([^"]+)"', page.text).group(1))

    assert bookmarklet("http://links.example:81") == link
