"""Feeds (LD section 22): four addresses, their rows, and what readers need not fetch again."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

import feedparser
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Bookmark, User
from rest_compat import SERVED
from rest_compat.linkding import feeds
from schema.resolvers import accounts, bundles, feed_keys
from server.logs import hide_secrets
from tests.databases import statements_counted
from tests.factories import make_bookmark

DAY = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
TITLES = {
    "/feeds/{key}/all": "All bookmarks",
    "/feeds/{key}/unread": "Unread bookmarks",
    "/feeds/{key}/shared": "Shared bookmarks",
    "/feeds/shared": "Public shared bookmarks",
}
ADDRESSES = tuple(TITLES)


@pytest.fixture
async def key(ann):
    """Ann's feed key."""
    return (await feed_keys.renew(await ann.ctx())).secret


@pytest.fixture
async def key_ben(ben):
    """Ben's."""
    return (await feed_keys.renew(await ben.ctx())).secret


def parsed(answer):
    """The feed as a reader has it."""
    assert (200, "application/rss+xml; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
    feed = feedparser.parse(answer.raw)
    assert ("rss20", False) == (feed.version, bool(feed.bozo))
    return feed


async def titles(client, address):
    return [entry.title for entry in parsed(await client.get(address)).entries]


async def share(person, *, publicly=False):
    await accounts.set_preferences(await person.ctx(), {"enable_sharing": True, "enable_public_sharing": publicly})


async def test_the_four_row_sets(anonymous, ann, ben, key, key_ben):
    """LD-FEED-1 to LD-FEED-4: newest first, and everybody has their own."""
    for number, (title, draft) in enumerate(
        {
            "read": {},
            "unread": {"to_read": True},
            "archived": {"is_archived": True, "to_read": True, "is_public": True},
            "shared": {"is_public": True},
        }.items()
    ):
        await make_bookmark(ann, title=title, created_at=DAY + timedelta(days=number), **draft)
    await make_bookmark(ben, title="bens", is_public=True, to_read=True, created_at=DAY)
    await share(ann, publicly=True)
    await share(ben)

    assert ["shared", "unread", "read"] == await titles(anonymous, f"/feeds/{key}/all")
    assert ["unread"] == await titles(anonymous, f"/feeds/{key}/unread")
    assert ["shared", "archived", "bens"] == await titles(anonymous, f"/feeds/{key}/shared")
    assert ["shared", "archived"] == await titles(anonymous, "/feeds/shared")
    assert ["bens"] == await titles(anonymous, f"/feeds/{key_ben}/all")
    assert ["bens"] == await titles(anonymous, f"/feeds/{key_ben}/unread")


@pytest.mark.parametrize(
    ("sharing", "public", "ben_sees", "nobody_sees"),
    [(False, False, 0, 0), (True, False, 1, 0), (True, True, 1, 1), (False, True, 0, 0)],
)
async def test_the_owners_switches_decide(anonymous, ann, key, key_ben, sharing, public, ben_sees, nobody_sees):
    """LD-FEED-3, LD-FEED-4 by the table of section 23; her own feed follows it too."""
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": sharing, "enable_public_sharing": public})
    await make_bookmark(ann, title="shown", is_public=True)
    await make_bookmark(ann, title="hidden")

    assert ["shown"] * ben_sees == await titles(anonymous, f"/feeds/{key_ben}/shared")
    assert ["shown"] * ben_sees == await titles(anonymous, f"/feeds/{key}/shared")
    assert ["shown"] * nobody_sees == await titles(anonymous, "/feeds/shared")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_what_a_feed_says(anonymous, ann, key, address):
    """LD-FEED-1 to LD-FEED-4: channel, items, dates; notes are nobody else's."""
    await share(ann, publicly=True)
    await make_bookmark(
        ann, url="https://a.example/?x=1&y=2", title="A <b>&amp;", description="ä 漢 👩‍👩‍👧", notes="mine",
        tag_names=["b", "A"], created_at=DAY, is_public=True, to_read=True,
    )  # fmt: skip
    answer = await anonymous.get(address.format(key=key))
    parsed(answer)
    channel = ET.fromstring(answer.raw).find("channel")  # noqa: S314 - our own
    item = channel.find("item")

    assert [TITLES[address], "http://links.example/", format_datetime(DAY)] == [
        channel.findtext(name) for name in ("title", "link", "lastBuildDate")
    ]
    assert ["A <b>&amp;", "https://a.example/?x=1&y=2", "ä 漢 👩‍👩‍👧", "Mon, 06 May 2024 07:08:09 +0000"] == [
        item.findtext(name) for name in ("title", "link", "description", "pubDate")
    ]
    assert ("https://a.example/?x=1&y=2", None) == (item.findtext("guid"), item.find("guid").get("isPermaLink"))
    assert ["A", "b"] == [category.text for category in item.findall("category")]
    assert "Mon, 06 May 2024 07:08:09 GMT" == answer.headers["Last-Modified"]
    assert b"mine" not in answer.raw
    assert key.encode() not in answer.raw


async def test_a_bookmark_without_a_title_goes_by_its_address(anonymous, ann, key):
    """LD-FEED-1."""
    await make_bookmark(ann, url="https://a.example/x", title="")

    assert ["https://a.example/x"] == await titles(anonymous, f"/feeds/{key}/all")


async def test_control_characters_are_removed(anonymous, ann, key):
    """LD section 22; what joins an emoji is none."""
    await make_bookmark(
        ann, title="a\x01b\x0b\ufffe\x7f\x85c\td", description="\x1f👩‍👧", url="https://a.example/\x0b\x01"
    )
    (entry,) = parsed(await anonymous.get(f"/feeds/{key}/all")).entries

    assert ("abc\td", "👩‍👧") == (entry.title, entry.description)


async def test_what_linkding_does_not_know_is_in_no_feed(anonymous, ann, key):
    """Notes, code and links that run: the door's kinds."""
    note = await make_bookmark(ann, url="https://a.example", title="a note")
    await Bookmark.filter(id=note.id).update(kind="note")
    await make_bookmark(ann, url="javascript:alert(1)", title="a script")

    assert [] == await titles(anonymous, f"/feeds/{key}/all")


async def test_an_empty_feed_is_the_same_each_time(anonymous, key):
    """LD-FEED-1: there is no newest item, so no date of one."""
    first = await anonymous.get(f"/feeds/{key}/all")
    again = await anonymous.get(f"/feeds/{key}/all")

    assert [] == parsed(first).entries
    assert first.raw == again.raw
    assert b"lastBuildDate" not in first.raw
    assert "Last-Modified" not in first.headers


@pytest.mark.parametrize("way", ["all", "unread", "shared"])
async def test_a_wrong_key_is_a_page_that_is_not_there(anonymous, ann, key, way):
    """LD section 22: 404 and HTML; neither tokens nor keys of another look will do."""
    for wrong in ("0" * 40, ann.secret, key.upper(), key[:-1], "shared", "%00", "%FF", "a" * 5000):
        answer = await anonymous.get(f"/feeds/{wrong}/{way}")

        assert (404, "text/html; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
        assert key.encode() not in answer.raw


@pytest.mark.parametrize("address", ["/feeds/{key}", "/feeds/{key}/archived", "/feeds/", "/feeds/{key}/all/x"])
async def test_other_addresses_are_not_there(anonymous, key, address):
    """LD section 22."""
    answer = await anonymous.get(address.format(key=key))

    assert (404, "text/html; charset=utf-8") == (answer.status, answer.headers["Content-Type"])


async def test_a_key_ends_with_its_renewal_and_with_its_account(anonymous, ann, key):
    """LD section 22."""
    new = (await feed_keys.renew(await ann.ctx())).secret

    assert [404, 200] == [(await anonymous.get(f"/feeds/{one}/all")).status for one in (key, new)]
    await User.filter(id=ann.user.id).update(is_active=False)
    assert 404 == (await anonymous.get(f"/feeds/{new}/all")).status


@pytest.mark.parametrize("doors", [SERVED], ids=["all doors"])
async def test_a_feed_key_opens_no_api(anonymous, key):
    """Nowhere: it is in addresses, which are shown and kept."""
    basic = {"Authorization": "Basic " + base64.b64encode(f"ann:{key}".encode()).decode()}
    for path in ("/api/bookmarks/", "/api/v1/bookmarks", "/api/v1/api-keys"):
        for scheme in ("Token", "Bearer"):
            assert 401 == (await anonymous.as_(key, scheme).get(path)).status
    for path in ("/index.php/apps/bookmarks/public/rest/v2/bookmark", "/api/v1/bookmarks"):
        assert 401 == (await anonymous.get(path, headers=basic)).status


@pytest.mark.parametrize("address", ADDRESSES)
async def test_methods(anonymous, key, address):
    """LD section 22: GET and HEAD, a slash at the end or none, anything may be accepted."""
    path = address.format(key=key)
    whole = await anonymous.get(path)
    head = await anonymous.request("HEAD", path + "/", headers={"Accept": "image/png"})
    posted = await anonymous.post(path)

    assert (200, b"", whole.headers["Content-Length"], whole.headers["ETag"]) == (
        head.status, head.raw, head.headers["Content-Length"], head.headers["ETag"],
    )  # fmt: skip
    assert (405, "GET, HEAD, OPTIONS") == (posted.status, posted.headers["Allow"])
    assert 200 == (await anonymous.request("OPTIONS", path)).status
    for answer in (whole, head, posted):
        assert "no-referrer" == answer.headers["Referrer-Policy"]
    assert "private" in whole.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["d", "c", "b", "a"]),
        ("?q=%23news", ["c", "a"]),
        ("?q=%23news%20not%20c", ["a"]),
        ("?q=(", []),
        ("?unread=yes", ["b"]),
        ("?unread=no", ["d", "c", "a"]),
        ("?unread=maybe", ["d", "c", "b", "a"]),
        ("?shared=yes", ["d"]),
        ("?shared=no", ["c", "b", "a"]),
        ("?limit=2", ["d", "c"]),
        ("?limit=", ["d", "c", "b", "a"]),
        ("?limit=-1", ["d", "c", "b", "a"]),
        ("?limit=x", ["d", "c", "b", "a"]),
        ("?limit=99999999999999999999", ["d", "c", "b", "a"]),
        ("?user=nobody", ["d", "c", "b", "a"]),
        ("?bundle=x", ["d", "c", "b", "a"]),
        ("?bundle=99", ["d", "c", "b", "a"]),
        ("?added_since=2999-01-01T00:00:00Z", ["d", "c", "b", "a"]),
        ("?offset=2&sort=title_asc", ["d", "c", "b", "a"]),
    ],
)
async def test_parameters(anonymous, ann, key, query, expected):
    """LD-FEED-1: what is unknown or unreadable asks for nothing."""
    for number, (title, draft) in enumerate(
        {
            "a": {"tag_names": ["News"]},
            "b": {"to_read": True},
            "c": {"tag_names": ["news"]},
            "d": {"is_public": True},
        }.items()
    ):
        await make_bookmark(ann, title=title, created_at=DAY + timedelta(days=number), **draft)

    assert expected == await titles(anonymous, f"/feeds/{key}/all{query}")


async def test_a_bundle_of_the_owners_filters(anonymous, ann, ben, key, key_ben):
    """LD-FEED-1, LD-FEED-3: hers at her addresses; a foreign one, and any where there is no key, asks for nothing."""
    await share(ann, publicly=True)
    id = (await bundles.create(await ann.ctx(), bundles.BundleDraft("News", any_tags="news"))).id
    await make_bookmark(ann, title="in", tag_names=["news"], is_public=True)
    await make_bookmark(ann, title="out", is_public=True)
    await make_bookmark(ben, title="bens")

    assert [["in"], ["in"], ["bens"], ["out", "in"]] == [
        await titles(anonymous, f"/feeds/{path}?bundle={id}")
        for path in (f"{key}/all", f"{key}/shared", f"{key_ben}/all", "shared")
    ]


async def test_a_hundred_items_unless_more_are_asked_for(anonymous, ann, key):
    """LD-FEED-1: the default, a number, all."""
    for _ in range(102):
        await make_bookmark(ann)

    assert [100, 101, 102] == [
        len(await titles(anonymous, f"/feeds/{key}/all{query}")) for query in ("", "?limit=101", "?limit=")
    ]


@pytest.mark.parametrize("address", ["/feeds/{key}/shared", "/feeds/shared"])
async def test_one_users_part_of_what_is_shared(anonymous, ann, ben, key, address):
    """LD-FEED-3, LD-FEED-4: a name that nobody has finds nothing, unlike in lists (LD-LIST)."""
    for person, title in ((ann, "anns"), (ben, "bens")):
        await share(person, publicly=True)
        await make_bookmark(person, title=title, is_public=True)
    path = address.format(key=key)

    assert [["anns"], ["bens"], [], [], ["bens", "anns"]] == [
        await titles(anonymous, f"{path}?user={name}") for name in ("ann", "ben", "nobody", "%00", "")
    ]


async def test_the_search_mode_is_the_owners(anonymous, ann, key):
    """LD section 22: hers at her addresses, strict where there is no key (LD-Q-4)."""
    await share(ann, publicly=True)
    await accounts.set_preferences(await ann.ctx(), {"tag_search": "lax"})
    await make_bookmark(ann, title="x", tag_names=["news"], is_public=True)

    assert [["x"], ["x"], []] == [
        await titles(anonymous, f"/feeds/{path}?q=news") for path in (f"{key}/all", f"{key}/shared", "shared")
    ]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_who_has_it_already_is_told_so(anonymous, ann, key, address):
    """LD section 22 and RFC 9110: 304 for either header, and the ETag alone counts where both are sent."""
    await share(ann, publicly=True)
    await make_bookmark(ann, is_public=True, to_read=True, created_at=DAY)
    path = address.format(key=key)
    whole = await anonymous.get(path)
    etag, moment = whole.headers["ETag"], whole.headers["Last-Modified"]
    later = format_datetime(DAY + timedelta(seconds=1), usegmt=True)
    earlier = format_datetime(DAY - timedelta(seconds=1), usegmt=True)
    statuses = {
        (("If-None-Match", etag),): 304,
        (("If-None-Match", f'"x", W/{etag}'),): 304,
        (("If-None-Match", "*"),): 304,
        (("If-None-Match", '"x"'),): 200,
        (("If-None-Match", "garbage"),): 200,
        (("If-Modified-Since", moment),): 304,
        (("If-Modified-Since", later),): 304,
        (("If-Modified-Since", earlier),): 200,
        (("If-Modified-Since", "yesterday"),): 200,
        (("If-None-Match", '"x"'), ("If-Modified-Since", moment)): 200,
        (("If-None-Match", etag), ("If-Modified-Since", earlier)): 304,
    }
    for headers, status in statuses.items():
        answer = await anonymous.get(path, headers=dict(headers))

        assert (headers, status) == (headers, answer.status)
        assert (etag, moment) == (answer.headers["ETag"], answer.headers["Last-Modified"])
        assert bool(answer.raw) == (status == 200)
        assert "private" in answer.headers["Cache-Control"]


async def test_a_change_of_an_old_item_is_seen(anonymous, ann, key):
    """The date of the newest item stays, the ETag does not."""
    row = await make_bookmark(ann, title="before")
    etag = (await anonymous.get(f"/feeds/{key}/all")).headers["ETag"]
    await Bookmark.filter(id=row.id).update(title="after")
    answer = await anonymous.get(f"/feeds/{key}/all", headers={"If-None-Match": etag})

    assert ["after"] == [entry.title for entry in parsed(answer).entries]


async def test_a_long_feed_is_sent_as_it_is_read(anonymous, ann, ben, key, monkeypatch):
    """LD-FEED-1, LD-FEED-3: all of it, byte by byte what would have been sent at once."""
    await share(ann)
    for number in range(5):
        await make_bookmark(ann, title=f"T{number}", is_public=True, tag_names=["t"])
    for way in ("all", "shared"):
        path = f"/feeds/{key}/{way}?limit="
        whole = await anonymous.get(path)
        monkeypatch.setattr(feeds, "AT_ONCE", 2)
        streamed = await anonymous.get(path)
        head = await anonymous.request("HEAD", path)
        known = await anonymous.get(path, headers={"If-Modified-Since": whole.headers["Last-Modified"]})
        monkeypatch.undo()

        assert whole.raw == streamed.raw
        assert ("chunked", None) == (streamed.headers["Transfer-Encoding"], streamed.headers.get("ETag"))
        assert whole.headers["Last-Modified"] == streamed.headers["Last-Modified"]
        assert (200, b"", 304, b"") == (head.status, head.raw, known.status, known.raw)


async def test_dates_at_the_ends_of_time(anonymous, ann, key):
    """What the database forgets the zone of, too."""
    await make_bookmark(ann, title="first", created_at=datetime.min.replace(tzinfo=UTC))
    await make_bookmark(ann, title="last", created_at=datetime.max.replace(tzinfo=UTC))
    answer = await anonymous.get(f"/feeds/{key}/all", headers={"If-Modified-Since": format_datetime(DAY, usegmt=True)})

    assert ["last", "first"] == [entry.title for entry in parsed(answer).entries]


@pytest.mark.parametrize("rows", [2, 30])
async def test_a_feed_costs_a_fixed_number_of_statements(anonymous, ann, ben, key, rows):
    """The key, the rows, and a bundle; nothing more for a user's name."""
    await share(ann, publicly=True)
    for number in range(rows):
        await make_bookmark(ann, is_public=True, to_read=True, tag_names=["all", f"t{number}"])
    await anonymous.get(f"/feeds/{key}/all")
    await ann.ports.background.drain()  # that the key was used is noted
    cost = {}
    for address in (*ADDRESSES, "/feeds/{key}/shared?user=ann&bundle=7"):
        async with statements_counted([]) as found:
            await titles(anonymous, address.format(key=key))
        cost[address] = len(found)

    assert {**dict.fromkeys(ADDRESSES, 2), "/feeds/shared": 1, "/feeds/{key}/shared?user=ann&bundle=7": 3} == cost


async def test_a_wrong_key_costs_one_look(anonymous, key):
    """Keys are tried at network speed; one that cannot be one costs nothing."""
    cost = []
    for wrong in ("0" * 40, "x"):
        async with statements_counted([]) as found:
            await anonymous.get(f"/feeds/{wrong}/all")
        cost.append(len(found))

    assert [1, 0] == cost


async def test_no_key_is_logged(anonymous, key):
    """Neither that of an address that is there, nor of one that is not."""
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars, hide_secrets]) as events:
        for path in ("all", "unread/", "none", "all/x", ""):
            await anonymous.get(f"/feeds/{key}/{path}")
        await anonymous.get(f"/feeds/{key}")
        await anonymous.get("/feeds/almost-a-key/none")
    lines = [event for event in events if event["event"] == "request"]

    assert 7 == len(lines)
    assert "/feeds/{key}/all" == lines[0]["route"]
    assert not re.search(f"{key}|almost-a-key", str(events))


async def test_below_the_path_of_a_proxy(serve, ann, key):
    """LD section 22: addresses are absolute, and lead to where the sender sees us."""
    client = await serve(odd_paths=True, base_url="https://links.example/cloud")
    answer = await client.get(f"/cloud/feeds/{key}/all")

    assert "https://links.example/cloud/" == parsed(answer).feed.link
    assert "https://links.example/cloud/" == parsed(await client.get(f"/feeds/{key}//all/")).feed.link


TEXTS = st.text(st.characters(codec=None), max_size=20).map(lambda text: quote(text.encode("utf-8", "surrogatepass")))
VALUES = TEXTS | st.binary(max_size=8).map(quote) | st.integers().map(str) | st.just("")
NAMES = st.sampled_from(["q", "unread", "shared", "limit", "user", "bundle", "offset", "sort", "format"])
HEADERS = st.dictionaries(
    st.sampled_from(["If-None-Match", "If-Modified-Since", "Accept"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
    | st.datetimes().map(lambda moment: format_datetime(moment.replace(tzinfo=UTC), usegmt=True)),
    max_size=2,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(ADDRESSES), st.lists(st.tuples(NAMES, VALUES), max_size=4), HEADERS)
async def test_no_parameter_breaks_a_feed(anonymous, ann, key, address, pairs, headers):
    """LD section 27: what was a server error asks for nothing here; every answer is a feed."""
    query = "&".join(f"{name}={value}" for name, value in pairs)
    answer = await anonymous.get(f"{address.format(key=key)}?{query}", headers=headers)

    if answer.status != 304:
        assert TITLES[address] == parsed(answer).feed.title
        assert None is parsed(answer).feed.get("updated") or parsedate_to_datetime(parsed(answer).feed.updated)
