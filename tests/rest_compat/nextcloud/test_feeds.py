"""Lists of bookmarks as RSS 2.0 (NC-6.1, C05)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest

from schema.inputs import BookmarkDraft
from schema.resolvers import saving
from tests.factories import make_bookmark
from tests.rest_compat.nextcloud.conftest import Cloud, error

RSS = "application/rss+xml"


def read(answer):
    """The channel of a feed."""
    assert (200, f"{RSS}; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
    root = ET.fromstring(answer.raw)  # noqa: S314 - our own
    assert ("rss", "2.0") == (root.tag, root.get("version"))
    return root.find("channel")


def titles(channel):
    return [item.findtext("title") for item in channel.iter("item")]


async def test_c05_an_item_says_id_title_link_description_and_when_it_was_added(cloud, ann):
    day = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
    row = await make_bookmark(
        ann, url="https://a.example/?x=1&y=2", title="A <b>&amp;", description="ä 漢", created_at=day
    )
    channel = read(await cloud.get("bookmark?format=rss"))
    (item,) = channel.iter("item")

    assert ("A <b>&amp;", "https://a.example/?x=1&y=2", "ä 漢") == tuple(
        item.findtext(name) for name in ("title", "link", "description")
    )
    assert (str(row.id), "false") == (item.findtext("guid"), item.find("guid").get("isPermaLink"))
    assert day == parsedate_to_datetime(item.findtext("pubDate"))
    assert "Bookmarks of ann" == channel.findtext("title")
    assert channel.findtext("link").startswith("http://links.example/")
    assert channel.findtext("description")


@pytest.mark.parametrize("accept", [RSS, "Application/RSS+xml;q=0.9, application/xml;q=0.8"])
async def test_c05_who_accepts_it_gets_it(cloud, accept):
    await cloud.save(title="A")

    assert ["A"] == titles(read(await cloud.get("bookmark", headers={"Accept": accept})))


@pytest.mark.parametrize("path", ["bookmark", "bookmark?format=json", "bookmark?format=RSSS"])
async def test_c05_who_does_not_ask_for_it_gets_json(cloud, path):
    assert [] == await cloud.data(path, headers={"Accept": "text/html, */*"})


async def test_c05_the_feed_is_the_list(cloud, cloud_ben):
    """The same parameters, the same order, the same ten."""
    for number in range(12):
        await cloud.save(f"https://{number}.example/", title=f"T{number:02}", tags=["odd"] if number % 2 else [])

    for query in ("sortby=title", "sortby=title&page=1", "sortby=title&page=-1", "tags[]=odd&limit=3", "search[]=11"):
        listed = [row["title"] for row in await cloud.data(f"bookmark?{query}")]

        assert listed
        assert listed == titles(read(await cloud.get(f"bookmark?{query}&format=rss")))
    assert [] == titles(read(await cloud_ben.get("bookmark?format=rss")))


async def test_c05_a_feed_never_has_more_than_a_thousand_items(cloud, ann):
    ctx = await ann.ctx()
    for number in range(1001):
        await saving.save(ctx, BookmarkDraft(url=f"https://{number}.example/", title="T"), fetch=False)

    assert 1000 == len(titles(read(await cloud.get("bookmark?format=rss&page=-1"))))


async def test_c05_characters_that_xml_has_no_word_for_are_replaced(cloud, ann):
    await make_bookmark(ann, title="a\x01b\x0b\ufffe", description="c\x1f\td")
    (item,) = read(await cloud.get("bookmark?format=rss")).iter("item")

    assert ("a\ufffdb\ufffd\ufffd", "c\ufffd\td") == (item.findtext("title"), item.findtext("description"))


async def test_c05_a_script_is_no_link(cloud):
    await cloud.save("javascript:alert(1)", title="S")
    answer = await cloud.get("bookmark?format=rss")

    assert ["S"] == titles(read(answer))
    assert b"javascript" not in answer.raw


async def test_c05_what_another_user_has_made_public(cloud, cloud_ben):
    await cloud.save("https://a.example/", title="Public", is_public=True)
    await cloud.save("https://b.example/", title="Private")
    channel = read(await cloud_ben.get("bookmark?user=ann&format=rss"))

    assert ("Bookmarks of ann", ["Public"]) == (channel.findtext("title"), titles(channel))


async def test_c05_a_folder_by_its_link(cloud, anonymous):
    """What a feed reader subscribes to: no account, only an address."""
    id = await cloud.make_folder("F")
    await cloud.save("https://a.example/", title="Inside", folders=[id])
    await cloud.save("https://b.example/", title="Outside")
    token = await cloud.item("POST", f"folder/{id}/publictoken")
    answer = await Cloud(anonymous).get(f"bookmark?format=rss&token={token}")

    assert ["Inside"] == titles(read(answer))
    assert token.encode() not in answer.raw


async def test_c05_trouble_is_told_as_ever(cloud):
    assert error(400, "Not found") == (await cloud.get("bookmark?format=rss&folder=987654")).seen
