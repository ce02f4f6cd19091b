"""The search language through the list (LD section 17); its parser alone is tests/schema/search."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from schema.resolvers import accounts
from tests.factories import make_bookmark

ROWS = {
    "A": {"title": "alpha", "tag_names": ["py", "web"]},
    "B": {"title": "beta alpha", "tag_names": ["py"]},
    "C": {"title": "gamma"},
    "D": {"title": "rome of old", "tag_names": ["book"], "to_read": True},
}
TABLE = [
    ("alpha", "AB"), ("ALPHA beta", "B"), ('"beta alpha"', "B"), ('"alpha beta"', ""), ("#PY", "AB"), ("#p", ""),
    ("#py not #web", "B"), ("#web or #book", "AD"), ("not (alpha or rome)", "C"), ("not #py", "CD"),
    ("!untagged", "C"), ("!unread or gamma", "CD"), ("not !untagged", "ABD"), ("web", ""),
    ("'of old' or \"beta\"", "BD"),
    ("alpha and", ""), ("!nonsense", "ABCD"),
]  # fmt: skip
MORE = [
    ("LD-Q-1", "lpha", "AB"),
    ("LD-Q-1", "py", ""),
    ("LD-Q-2", "al%a", ""),
    ("LD-Q-2", "al_ha", ""),
    ("LD-Q-2", "alph*", ""),
    ("LD-Q-3", "#we", ""),
    ("LD-Q-5", "!UNTAGGED", "C"),
    ("LD-Q-5", "!Unread", "D"),
    ("LD-Q-7", '"and"', ""),
    ("LD-Q-7", "alpha AND beta", "B"),
    ("LD-Q-8", r'"b\eta"', "B"),
    ("LD-Q-8", r"b\eta", ""),
    ("LD-Q-9", "alpha #", "AB"),
    ("LD-Q-9", '""', "ABCD"),
    ("LD-Q-10", 'alpha"beta"', "B"),
    ("LD-Q-10", "not(alpha)", "CD"),
    ("LD-Q-10", "(alpha)(beta)", "B"),
    ("LD-Q-11", "gamma or alpha and beta", "BC"),
    ("LD-Q-11", "alpha not beta", "A"),
    *[("LD-Q-12", q, "") for q in ("(", "()", "a)", "(a", "and", "or a", "a or", "a and and b", "not", "a not", "(#)",
                                   "a or #")],
    ("LD-Q-13", "gamma or !foo", "C"),
    ("LD-Q-13", "not !foo", "ABCD"),
    ("LD-Q-14", "!untagged or a", "ABCD"),
    ("LD-Q-15", "(" * 250 + "a" + ")" * 250, ""),
]  # fmt: skip


@pytest.fixture
async def rows(ann):
    for name, draft in ROWS.items():
        await make_bookmark(ann, notes=f"={name}", url=f"https://{name}.invalid/", **draft)


async def found(client, q, more=""):
    """The names of the rows, each once; the count agrees."""
    answer = await client.get(f"/api/bookmarks/?q={quote(q)}{more}")

    assert (200, len(answer.body["results"])) == (answer.status, answer.body["count"])
    return "".join(sorted(row["notes"][1:] for row in answer.body["results"]))


@pytest.mark.parametrize(("q", "expected"), TABLE)
async def test_the_example_rows_are_found(linkding, rows, q, expected):
    """Section 17's table, in strict mode."""
    assert expected == await found(linkding, q)


@pytest.mark.parametrize(("q", "expected"), TABLE)
async def test_lax_mode_finds_whole_tag_names_too(linkding, ann, rows, q, expected):
    """LD-Q-4: the same table, with one row that differs."""
    await accounts.set_preferences(await ann.ctx(), {"tag_search": "lax"})

    assert ("A" if q == "web" else expected) == await found(linkding, q)


@pytest.mark.parametrize(("rule", "q", "expected"), MORE)
async def test_the_language_is_kept_to(linkding, rows, rule, q, expected):
    assert expected == await found(linkding, q), rule


@pytest.mark.parametrize(
    ("title", "q", "hit"),
    [
        ("ÄPFEL", "äpfel", True), ("äpfel", "ÄPFEL", True), ("straße", "strasse", False), ("école", "ecole", False),
        ("100% _x_", "100%", True), ("100% _x_", "_x_", True), ("a*b?c\\d", "a*b?c\\d", True), ("日本語", "本", True),
        ("Ωmega", "ω", True), ("it's", "it's", True), ("it s", "it's", True), ("line\nbreak", r'"line\nbreak"', True),
    ],
)  # fmt: skip
async def test_case_is_ignored_and_nothing_is_a_wildcard(linkding, ann, title, q, hit):
    """LD-Q-2, LD-Q-8, LD-Q-10."""
    await make_bookmark(ann, title=title, url="https://x.invalid/", notes="=X")

    assert ("X" if hit else "") == await found(linkding, q)


@pytest.mark.parametrize("field", ["title", "description", "notes", "url"])
async def test_four_fields_are_looked_at_each_by_itself(linkding, ann, field):
    """LD-Q-1: no word is found across two of them."""
    draft = {"title": "one", "description": "two", "notes": "three"}
    await make_bookmark(ann, **(draft | {field: "https://needle.example" if field == "url" else "needle"}))

    assert 1 == (await linkding.get("/api/bookmarks/?q=needle")).body["count"]
    assert 0 == (await linkding.get("/api/bookmarks/?q=onetwo")).body["count"]


@pytest.mark.parametrize(("reader", "expected"), [("strict", 0), ("lax", 1), (None, 0)])
async def test_the_shared_list_has_the_viewers_mode(linkding_ben, anonymous, ann, ben, reader, expected):
    """LD-Q-6: not the owner's; nobody's is strict."""
    sharing = {"enable_sharing": True, "enable_public_sharing": True}
    await accounts.set_preferences(await ann.ctx(), sharing | {"tag_search": "lax" if reader == "strict" else "strict"})
    await accounts.set_preferences(await ben.ctx(), {"tag_search": reader or "strict"})
    await make_bookmark(ann, tag_names=["web"], is_public=True)
    client = anonymous if reader is None else linkding_ben

    assert expected == (await client.get("/api/bookmarks/shared/?q=web")).body["count"]
    assert 1 == (await client.get("/api/bookmarks/shared/?q=%23web")).body["count"]


async def test_many_words_are_taken(linkding, rows):
    """Section 25: 900 of them, as far as an address may be long."""
    words = " ".join(["a"] * 900)

    assert "ABCD" == await found(linkding, words)
