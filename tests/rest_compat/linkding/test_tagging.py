"""Tag names inside bookmarks, and the rules that add some (LD sections 12 and 19)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from schema.resolvers import accounts, tags
from tests.factories import make_bookmark

POST = "/api/bookmarks/?disable_scraping"
URL = "https://a.example"


@pytest.mark.parametrize(
    ("rule", "sent", "becomes"),
    [
        ("LD-TAGN-1", ["a", 5, 1.5], ["1.5", "5", "a"]),
        ("LD-TAGN-2", ["a,b, c"], ["a", "b", "c"]),
        ("LD-TAGN-2", [","], []),
        ("LD-TAGN-2", ["a", ",,b"], ["a", "b"]),
        ("LD-TAGN-3", ["x y"], ["x-y"]),
        ("LD-TAGN-3", [" a  b "], ["a--b"]),
        ("LD-TAGN-3", ["a\tb", "c\u00a0d", "#news", '"z"'], ['"z"', "#news", "a\tb", "c\u00a0d"]),
        ("LD-TAGN-3", ["!x", "(y)"], ["!x", "(y)"]),
        ("LD-TAGN-4", ["Foo", "FOO", "foo"], ["foo"]),
        ("LD-TAGN-4", ["Äpfel", "äpfel"], ["äpfel"]),
        ("LD-TAGN-8", ["b", "A", "a1"], ["A", "a1", "b"]),
    ],
)  # fmt: skip
async def test_lists_of_names_become_tags(linkding, rule, sent, becomes):
    """With no tag stored."""
    answer = await linkding.post(POST, json={"url": URL, "tag_names": sent})

    assert (201, becomes) == (answer.status, answer.body["tag_names"]), rule


@pytest.mark.parametrize(
    ("stored", "sent", "becomes"),
    [
        ("News", ["news"], ["News"]),
        ("News", ["NEWS", "other"], ["News", "other"]),
        ("Ä-B", ["ä b"], ["Ä-B"]),
        ("x y", ["x y"], ["x y"]),
        ("x y", ["x-y"], ["x-y"]),
    ],
)
async def test_a_stored_spelling_wins(linkding, ann, stored, sent, becomes):
    """LD-TAGN-5; a tag with blanks that was made elsewhere survives, which replaces half of LD-TAG-4."""
    await tags.create(await ann.ctx(), stored)
    answer = await linkding.post(POST, json={"url": URL, "tag_names": sent})

    assert becomes == answer.body["tag_names"]


async def test_missing_tags_are_made_for_their_owner(linkding, linkding_ben):
    """LD-TAGN-6: equal names of two users are two rows."""
    for client in (linkding, linkding_ben):
        await client.post(POST, json={"url": URL, "tag_names": ["same"]})
    mine, bens = [(await client.get("/api/tags/")).body["results"] for client in (linkding, linkding_ben)]

    assert ["same"] == [tag["name"] for tag in mine] == [tag["name"] for tag in bens]
    assert mine[0]["id"] != bens[0]["id"]


async def test_a_long_name_is_refused(linkding):
    """LD-TAGN-7, softened: 64 characters, of each name by itself."""
    names = ["x" * 64 + "," + "y" * 64, "z" * 65]
    answer = await linkding.post(POST, json={"url": URL, "tag_names": names})

    assert (400, {"tag_names": {"1": ["Ensure this field has no more than 64 characters."]}}) == answer.seen


async def test_a_tag_stays_when_its_last_bookmark_goes(linkding, ann):
    """LD-TAGN-9."""
    row = await make_bookmark(ann, tag_names=["left"])
    await linkding.delete(f"/api/bookmarks/{row.id}/")

    assert ["left"] == [tag["name"] for tag in (await linkding.get("/api/tags/")).body["results"]]


RULES = """
# sources
video.example/watch?v=  clip     # any video
forum.example/r/Cook    food recipes
bücher.example          books
docs.example/#/api      api
"""
TABLE = [
    ("https://m.video.example/watch?t=5&v=9", ["clip"]),
    ("https://video.example/watch?t=5", []),
    ("http://www.forum.example/R/cooking/1", ["food", "recipes"]),
    ("https://forum.example/r/art", []),
    ("https://xn--bcher-kva.example/x", ["books"]),
    ("https://docs.example/#/API/users", ["api"]),
    ("https://docs.example/#/guide", []),
]


async def auto_tags(client, url):
    return sorted((await client.get(f"/api/bookmarks/check/?url={quote(url, safe='')}")).body["auto_tags"])


@pytest.mark.parametrize(("url", "expected"), TABLE)
async def test_rules_give_tags_to_addresses(linkding, ann, url, expected):
    """LD-AUTO-3 to LD-AUTO-10 in the example of section 19: shown by check, acting on POST (LD-AUTO-1)."""
    await accounts.set_auto_tagging_rules(await ann.ctx(), RULES.replace("\n", "\r\n"))
    made = await linkding.post(POST, json={"url": url, "tag_names": ["mine"]})

    assert expected == await auto_tags(linkding, url)
    assert sorted([*expected, "mine"]) == made.body["tag_names"]


@pytest.mark.parametrize(
    ("rule", "line", "url", "expected"),
    [
        ("LD-AUTO-3", "a.example", URL, []),
        ("LD-AUTO-3", "a.example x#y", URL, ["x#y"]),
        ("LD-AUTO-4", "A.example/X News,Two", f"{URL}/x", ["news,two"]),
        ("LD-AUTO-5", "http://u@a.example:1/ x", f"{URL}:8443/", ["x"]),
        ("LD-AUTO-6", "a.example x", "https://www.a.example", ["x"]),
        ("LD-AUTO-6", "a.example x", "https://othera.example", ["x"]),
        ("LD-AUTO-6", "www.a.example x", URL, []),
        ("LD-AUTO-7", "a.example/r/mus x", f"{URL}/r/music", ["x"]),
        ("LD-AUTO-7", "a.example/ x", URL, []),
        ("LD-AUTO-8", "a.example?k x", f"{URL}?b=1&k=2", ["x"]),
        ("LD-AUTO-8", "a.example?k=3 x", f"{URL}?k=2", []),
        ("LD-AUTO-9", "a.example#top x", f"{URL}#top-most", ["x"]),
        ("LD-AUTO-10", "*.example x", URL, []),
        ("LD-AUTO-11", "my_host.example y\na.example x", URL, ["x"]),
        ("LD-AUTO-12", "a.example x", "mailto:a@a.example", []),
        ("LD-AUTO-12", "a.example x", "nonsense", []),
    ],
)  # fmt: skip
async def test_rules_are_read_line_by_line(linkding, ann, rule, line, url, expected):
    """LD-AUTO-11 is dropped: a bad line is skipped, the others act."""
    await accounts.set_auto_tagging_rules(await ann.ctx(), line)

    assert expected == await auto_tags(linkding, url), rule


async def test_rules_act_on_every_save_but_not_on_the_archive(linkding, ann):
    """LD-AUTO-1, LD-AUTO-2: added, whatever the request says."""
    path = f"/api/bookmarks/{(await linkding.post(POST, json={'url': URL})).body['id']}/"
    await accounts.set_auto_tagging_rules(await ann.ctx(), "a.example auto")
    await linkding.post(f"{path}archive/")

    assert [] == (await linkding.get(path)).body["tag_names"]
    assert ["auto"] == (await linkding.post(POST, json={"url": URL})).body["tag_names"]
    assert ["auto"] == (await linkding.patch(path, json={"tag_names": []})).body["tag_names"]
    assert ["auto", "x"] == (await linkding.put(path, json={"url": URL, "tag_names": ["x"]})).body["tag_names"]
    assert ["auto", "x"] == (await linkding.patch(path, json={"title": "only"})).body["tag_names"]


async def test_a_stored_spelling_wins_over_a_rule(linkding, ann):
    """LD-AUTO-4."""
    await tags.create(await ann.ctx(), "AUTO")
    await accounts.set_auto_tagging_rules(await ann.ctx(), "a.example auto")

    assert ["AUTO"] == (await linkding.post(POST, json={"url": URL})).body["tag_names"]
