"""Ranked search: what is found, in which order, page by page; SQLite and PostgreSQL alike."""

from __future__ import annotations

import base64
from itertools import chain

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry import Some

from models.queries.bookmarks import EVERYTHING, Wanted
from models.queries.tree import Flag, Tagged
from models.words import MOST, address_words, stems_of, words_of
from schema.door import GRAPHQL, Door
from schema.errors import Forbidden, Invalid, Unauthenticated
from schema.inputs import BookmarkPatch
from schema.ports import PageData
from schema.resolvers import bookmarks, saving, search, states, trash
from schema.resolvers.search import EXACT, FORGIVING, Reach
from schema.search.ranked import parse
from tests.databases import statements_counted
from tests.factories import make_bookmark
from tests.schema.types.asking import narrow, nobody

NARROW = Door("narrow", ranked_fields="AC")


async def found(person, text, tree=EVERYTHING, door=GRAPHQL, **reach):
    """Titles with their ranks, of the whole first page."""
    page = await search.find(await person.ctx(door), text, tree, Reach(**({"limit": 50} | reach)))
    return [(hit.bookmark.title, hit.rank) for hit in page.items]


async def titles(person, text, tree=EVERYTHING, door=GRAPHQL):
    return [title for title, _ in await found(person, text, tree, door)]


async def tier(person, text):
    page = await search.find(await person.ctx(), text)
    return {hit.tier for hit in page.items}


async def test_a_word_is_found_in_every_text_and_ranked_by_where_it_stands(ann, ports):
    """The last made comes first where the rank is the same."""
    await make_bookmark(ann, title="notes", notes="teapots")
    await make_bookmark(ann, title="address", url="https://x.example/teapot")
    await make_bookmark(ann, title="description", description="My teapot.")
    await make_bookmark(ann, title="tag", tag_names=["Teapot"])
    await make_bookmark(ann, title="Teapots")
    await make_bookmark(ann, title="Teapot")
    page = await make_bookmark(ann, title="page")
    async with saving.writing(await ann.ctx()) as unit:
        await saving.keep_content(unit, page.id, PageData("https://x.example/", text="A teapot, they say"))

    assert [
        ("Teapot", 5), ("Teapots", 4), ("tag", 3), ("description", 2), ("address", 2), ("page", 1), ("notes", 1),
    ] == await found(ann, "teapot")  # fmt: skip
    assert await titles(ann, "teapot", door=NARROW) == ["Teapot", "Teapots", "description", "address"]


@pytest.mark.parametrize(
    "asked",
    [
        "https://www.tea.example/caf%C3%A9/2",
        "HTTP://tea.example/café/2",
        "www.tea.example",
        '"https://tea.example/"',
        "//tea.example",
        "tea.example/café/2 kettle",
    ],
)
async def test_an_address_is_found_as_it_is_pasted(ann, asked):
    """Its scheme is no word of it, for all have one."""
    await make_bookmark(ann, title="Kettle", url="https://www.tea.example/caf%C3%A9/2")
    await make_bookmark(ann, title="Other kettle", url="https://other.example/tea")

    assert (["Kettle"], {EXACT}) == (await titles(ann, asked), await tier(ann, asked))


async def test_what_only_looks_like_a_scheme_is_a_word(ann):
    await make_bookmark(ann, title="re:invent 2030")
    await make_bookmark(ann, title="invent")

    assert ["re:invent 2030"] == await titles(ann, "re:invent")
    assert 2 == len(await titles(ann, "invent"))
    with pytest.raises(Invalid):
        await found(ann, "://")
    assert [] == await found(ann, "https://")


async def test_all_words_must_be_there_wherever_they_stand(ann):
    await make_bookmark(ann, title="Brewing green tea", tag_names=["kitchen"])
    await make_bookmark(ann, title="Green kitchens", description="about tea")
    await make_bookmark(ann, title="Green")

    assert [("Brewing green tea", 3)] == await found(ann, "green tea kitchen brewing")
    assert [("Brewing green tea", 5), ("Green kitchens", 2)] == await found(ann, "tea green")
    assert [("Brewing green tea", 6), ("Green kitchens", 2)] == await found(ann, "green tea")
    assert [("Green kitchens", 4), ("Brewing green tea", 3)] == await found(ann, "kitchen green")


@pytest.mark.parametrize(
    ("title", "asked", "others"),
    [
        ("Running with dogs", ["run", "RUNS", "dog", "running dog", '"with dogs"'], ['"dogs running"', '"run dog"']),
        ("L'École Straße", ["ecole", "STRASSE", "straße", "É\u0301cole"], []),
        ("東京タワー見学", ["東京", "京タ", "見学", "学"], ["京東"]),
        ("node.js and C++", ["node.js", "js", "c"], ["js.node"]),
        ("Привет мир", ["привет", "МИР"], []),
        ("2024-05-06 report", ["2024", "2024-05-06", "05"], ["05-2024"]),
    ],
)
async def test_whole_words_and_other_forms_of_them_are_found(ann, title, asked, others):
    """A phrase is found as one; in the wrong order its words are only what may have been meant."""
    await make_bookmark(ann, title=title, url="https://x.example/")
    for text in asked:
        assert {EXACT} == await tier(ann, text), text
    for text in others:
        assert EXACT not in await tier(ann, text), text


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        (
            "Learn TypeScript",
            ["tpyescript", "typscript", "typesscript", "tyxescript", "tyepscript", "typescr", "escrip"],
        ),
        ("A word", ["wrod", "wor", "ord", "wird", "wordx", "sword"]),
        ("Università", ["univrsita", "universi"]),
        ("Kubernetes cluster", ["kubernets clsuter", "netes"]),
    ],
)
async def test_typing_errors_and_parts_of_words_are_forgiven(ann, title, asked):
    """One error in a word of four letters, two in long ones; parts of three letters and more."""
    await make_bookmark(ann, title=title, url="https://x.example/")
    for text in asked:
        assert [title] == await titles(ann, text), text
        assert {FORGIVING} == await tier(ann, text), text


async def test_what_is_nowhere_is_not_found(ann):
    await make_bookmark(ann, title="A word")
    for text in ("qwxyz", "xx", "sentence", "12345", "word qwxyz", "東"):
        assert [] == await found(ann, text), text


async def test_nothing_is_forgiven_where_words_are_found_as_they_are(ann):
    await make_bookmark(ann, title="Form")
    await make_bookmark(ann, title="From")

    assert [("Form", 5)] == await found(ann, "form")


async def test_near_words_come_before_parts(ann):
    await make_bookmark(ann, title="Plain", notes="scripts")
    await make_bookmark(ann, title="Transcripts")
    await make_bookmark(ann, title="Manuscripts", notes="scripts")

    assert [("Manuscripts", 5), ("Plain", 5), ("Transcripts", 4)] == await found(ann, "cripts")


async def test_search_stays_within_the_viewers_bookmarks(ann, ben):
    """Neither words nor rows nor the vocabulary of others show through."""
    await make_bookmark(ben, title="Benjamin's secret typescript")
    await make_bookmark(ann, title="Plain")

    assert [] == await found(ann, "typescript")
    assert [] == await found(ann, "tpyescript")
    assert [] == await found(ann, "typescr")
    assert ["Benjamin's secret typescript"] == await titles(ben, "tpyescript")
    marked = f"{ben.user.id}stypescript"
    assert [] == await found(ann, marked)
    assert [] == await found(ann, f"{ben.user.id}s typescript")


async def test_the_trash_is_not_searched_and_what_comes_back_is(ann):
    made = await make_bookmark(ann, title="Zebra")
    seen = [await titles(ann, "zebra")]
    await trash.delete(await ann.ctx(), [made.id])
    seen.append(await titles(ann, "zebra"))
    await trash.restore(await ann.ctx(), [made.id])
    seen.append(await titles(ann, "zebra"))
    await saving.update(await ann.ctx(), made.id, BookmarkPatch(title=Some("Giraffe")))
    seen += [await titles(ann, "zebra"), await titles(ann, "giraffe")]

    assert [["Zebra"], [], ["Zebra"], [], ["Giraffe"]] == seen


async def test_filters_hold_beside_the_words(ann):
    first = await make_bookmark(ann, title="Kettle one", tag_names=["x"])
    await make_bookmark(ann, title="Kettle two", tag_names=["y"])
    await states.archive(await ann.ctx(), [first.id])

    assert ["Kettle one"] == await titles(ann, "kettle", Tagged("X"))
    assert ["Kettle two"] == await titles(ann, "kettle", Flag("archived", value=False))
    assert ["Kettle one"] == await titles(ann, "ketlte", Tagged("x"))


async def test_a_door_that_cannot_show_a_kind_does_not_find_it(ann):
    await make_bookmark(ann, title="Zap", url="javascript:zap()")

    assert ["Zap"] == await titles(ann, "zap")
    assert [] == await titles(ann, "zap", door=Door("links", kinds=frozenset({"link"})))


async def test_either_scope_opens_it_and_no_other(ann, ports):
    await make_bookmark(ann, title="Tea")
    for scope in ("bookmarks:read", "search:read"):
        assert 1 == len((await search.find(await narrow(ann, scope), "tea")).items)
    with pytest.raises(Forbidden):
        await search.find(await narrow(ann, "bookmarks:write", "tags:read"), "tea")
    with pytest.raises(Forbidden):
        await bookmarks.find(await narrow(ann, "search:read"))
    with pytest.raises(Unauthenticated):
        await search.find(nobody(ports), "tea")


WORDS = [
    "run",
    "running",
    "runs",
    "dog",
    "dogs",
    "école",
    "ecole",
    "東京",
    "京都",
    "node.js",
    "js",
    "tea-pot",
    "z",
    "x1",
]
SOME = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
LIBRARY = st.lists(
    st.tuples(SOME, SOME, SOME, st.lists(st.sampled_from(["run", "tea pot", "Dogs", "東京"]), max_size=2)), max_size=8
)
PARTS = st.one_of(st.sampled_from(WORDS), SOME.map(lambda text: f'"{text}"'))


def naive(rows, text):
    """What tier 1 finds, and its ranks, from the texts themselves: words and stems in lists."""
    asked = parse(text, ("q",)).parts
    ranked = []
    for row in rows:
        title = words_of(row.title, MOST["title"])
        lists = {
            "A": [stems_of(title)],
            "B": [stems_of(words_of(name, 50)) for name in row.tag_names],
            "C": [stems_of(words_of(row.description, 500)), stems_of(address_words(row.url))],
            "D": [stems_of(words_of(row.notes, 500))],
        }

        def everywhere(weights, lists=lists):
            columns = list(chain.from_iterable(lists[weight] for weight in weights))
            return all(any(holds(column, stems_of(part)) for column in columns) for part in asked)

        rank = (
            6 if len(asked) > 1 and holds(title, list(chain.from_iterable(asked)))
            else 5 if all(holds(title, list(part)) for part in asked)
            else 4 if everywhere("A")
            else 3 if everywhere("AB")
            else 2 if everywhere("ABC")
            else 1 if everywhere("ABCD")
            else 0
        )  # fmt: skip
        if rank:
            ranked.append((-rank, -row.id))
    return [(-id, -rank) for rank, id in sorted(ranked)]


def holds(words, phrase):
    return any(words[place : place + len(phrase)] == list(phrase) for place in range(len(words)))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(library=LIBRARY, queries=st.lists(st.lists(PARTS, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=6))
async def test_tier_one_finds_what_a_naive_search_finds_in_its_order(ann, library, queries):
    """On both databases, so both find the same rows in the same order."""
    old = await bookmarks.find(await ann.ctx())
    await trash.delete(await ann.ctx(), [row.id for row in old.items], permanent=True)
    rows = [
        await make_bookmark(
            ann, title=title, description=description, notes=notes, tag_names=tags, url=f"https://a.example/{number}"
        )
        for number, (title, description, notes, tags) in enumerate(library)
    ]
    for text in queries:
        if not words_of(text, 50):
            continue
        page = await search.find(await ann.ctx(), text, reach=Reach(50))
        expected = naive(rows, text)
        shown = [(hit.bookmark.id, hit.rank) for hit in page.items if hit.tier == EXACT]

        assert expected == shown, text
        assert len(page.items) == await page.count()


@pytest.fixture
async def many(ann):
    """Twelve that hold a word, at four ranks."""
    for number in range(12):
        where = ("title", "description", "notes", "tag")[number % 4]
        text = {"title": {"title": f"Kettle {number}"}, "tag": {"tag_names": ["kettle"]}}.get(
            where, {where: "some kettle"}
        )
        await make_bookmark(ann, **({"title": f"Other {number}"} | text))
    return ann


async def walk(person, text, *, limit=2, backwards=False, between=None):
    """Every hit, page by page, from either end; ``between`` is done after each page."""
    hits, cursor = [], None
    for _ in range(50):
        reach = Reach(limit, before=cursor, backwards=True) if backwards else Reach(limit, after=cursor)
        page = await search.find(await person.ctx(), text, reach=reach)
        hits = [*page.items, *hits] if backwards else [*hits, *page.items]
        if not (page.has_previous if backwards else page.has_next):
            break
        cursor = page.items[0].cursor if backwards else page.next_cursor
        if between is not None:
            await between()
    return hits


@pytest.mark.parametrize("text", ["kettle", "ketlte"])
@pytest.mark.parametrize("limit", [1, 2, 5, 12])
async def test_a_walk_by_cursor_meets_each_hit_once_in_one_order(many, text, limit):
    """From the front and from the back."""
    page = await search.find(await many.ctx(), text, reach=Reach(50))
    whole = [(hit.tier, hit.rank, hit.bookmark.id) for hit in page.items]
    forwards = [(hit.tier, hit.rank, hit.bookmark.id) for hit in await walk(many, text, limit=limit)]
    backwards = [(hit.tier, hit.rank, hit.bookmark.id) for hit in await walk(many, text, limit=limit, backwards=True)]

    assert 12 == len(whole) == len(set(whole))
    assert whole == sorted(whole, key=lambda hit: (hit[0], -hit[1], -hit[2]))
    assert whole == forwards == backwards


@pytest.mark.parametrize("text", ["kettle", "ketlte"])
async def test_what_comes_and_goes_meanwhile_moves_nothing(many, text):
    """Each that stayed is seen once, though better words for a typing error come up as well."""
    page = await search.find(await many.ctx(), text, reach=Reach(50))
    ids = [hit.bookmark.id for hit in page.items]
    doomed = iter(ids[::-1][:3])

    async def stir():
        await make_bookmark(many, title="Kettle again, ketlte and kettel", description="kettle")
        if (id := next(doomed, None)) is not None:
            await trash.delete(await many.ctx(), [id])

    seen = [hit.bookmark.id for hit in await walk(many, text, between=stir)]
    stayed = ids[:-3]

    assert stayed == [id for id in seen if id in stayed]
    assert len(seen) == len(set(seen))


async def test_a_list_that_began_in_one_tier_stays_there(ann):
    """Though the only exact hit goes meanwhile, or one comes."""
    for number in range(3):
        await make_bookmark(ann, title=f"Teapot {number}")
    exact = await search.find(await ann.ctx(), "teapot", reach=Reach(1))
    loose = await search.find(await ann.ctx(), "teapo", reach=Reach(1))
    await make_bookmark(ann, title="teapo")
    after = [
        [hit.tier for hit in (await search.find(await ann.ctx(), text, reach=Reach(5, after=page.next_cursor))).items]
        for text, page in (("teapot", exact), ("teapo", loose))
    ]

    assert [[EXACT] * 2, [FORGIVING] * 2] == after


async def test_a_cursor_is_good_for_its_own_search_alone(many):
    page = await search.find(await many.ctx(), "kettle", reach=Reach(1))
    fuzzy = await search.find(await many.ctx(), "ketlte", reach=Reach(1))
    ctx = await many.ctx()
    for text, tree, cursor in (
        ("kettles", EVERYTHING, page.next_cursor),
        ("kettle", Tagged("kettle"), page.next_cursor),
        ("ketlte", EVERYTHING, page.next_cursor),
        ("kettle", EVERYTHING, fuzzy.next_cursor),
    ):
        with pytest.raises(Invalid):
            await search.find(ctx, text, tree, Reach(after=cursor))
    with pytest.raises(Invalid):
        await search.find(await many.ctx(NARROW), "kettle", reach=Reach(after=page.next_cursor))


def unpacked(cursor):
    return orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def packed(value):
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


CHANGES = [
    lambda c: [*c[:4]],
    lambda c: [c[0], 3, *c[2:]],
    lambda c: [c[0], 1, *c[2:]],
    lambda c: [c[0], c[1], "9", *c[3:]],
    lambda c: [c[0], c[1], c[2], 2**31, c[4]],
    lambda c: [c[0], c[1], c[2], -1, c[4]],
    lambda c: [*c[:4], []],
    lambda c: [*c[:4], [[['a" OR b'], []]]],
    lambda c: [*c[:4], [[["a' | b"], []]]],
    lambda c: [*c[:4], [[["x" * 49], []]]],
    lambda c: [*c[:4], [[[f"w{n}" for n in range(99)], []]]],
    lambda c: [*c[:4], [[[""], []]]],
    lambda c: [*c[:4], [[[5], []]]],
    lambda c: [*c[:4], [[{}, []]]],
    lambda c: [*c[:4], 7],
    lambda c: [True, *c[1:]],
    lambda _: {"a": 1},
    lambda _: None,
]


@pytest.mark.parametrize("place", range(len(CHANGES)))
async def test_a_cursor_that_somebody_made_up_is_refused(many, place):
    page = await search.find(await many.ctx(), "ketlte", reach=Reach(1))
    made_up = packed(CHANGES[place](unpacked(page.next_cursor)))
    with pytest.raises(Invalid) as refusal:
        await search.find(await many.ctx(), "ketlte", reach=Reach(1, after=made_up))

    assert [(("after",), "cursor")] == [(fault.path, fault.rule) for fault in refusal.value.faults]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cursor=st.text(max_size=60))
async def test_no_text_for_a_cursor_is_more_than_refused(ann, cursor):
    with pytest.raises(Invalid):
        await search.find(await ann.ctx(), "kettle", reach=Reach(1, after=cursor))


HOSTILE = [
    '"', "'", "\\", "*", "a*", "^a", "a:b", "{a} : b", "NEAR(a b)", "a AND", "OR", "NOT", "a -b", "(a", "a)", "a + b",
    "' OR 1=1 --", "'; DROP TABLE bookmark; --", "a & b | !c <-> d", "a:*", "a:ABCD", "%_%", "\x1f", "\u202e", "ﷺ",
    "a" * 1000, "0" * 500, "ß" * 400, "👩‍👩‍👧 family", "ǅ", "İ", "e\u0301" * 100, "\U0001d54b\U0001d556", "z", "1z",
    "title", "rank", "\u0e33",
]  # fmt: skip


async def test_nothing_that_is_typed_is_an_error_but_what_is_no_word(ann):
    """Whatever a database's own query language would make of it; a bookmark called so is found by it."""
    await make_bookmark(ann, title="Plain", description="a b c d")
    for number, text in enumerate(HOSTILE):
        await make_bookmark(ann, title=text, url=f"https://{number}.example/")
    for number, text in enumerate(HOSTILE):
        if words_of(text, 500):
            page = await search.find(await ann.ctx(), text, reach=Reach(100), wanted=Wanted())
            assert f"https://{number}.example/" in {hit.bookmark.url for hit in page.items}, text
            assert {EXACT} == {hit.tier for hit in page.items}, text
        else:
            with pytest.raises(Invalid):
                await search.find(await ann.ctx(), text)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80))
async def test_any_text_is_searched_or_refused(ann, text):
    try:
        page = await search.find(await ann.ctx(), text)
    except Invalid:
        return
    assert [] == page.items


async def test_a_page_costs_as_many_statements_whatever_is_found(many):
    """Exact: places and rows. Forgiving: the exact search, the vocabulary, places and rows."""
    counts = []
    for text in ("kettle", "ketlte"):
        for limit in (1, 12):
            ctx = await many.ctx()
            async with statements_counted([]) as statements:
                await search.find(ctx, text, reach=Reach(limit))
            counts.append(len(statements))

    assert [2, 2, 4, 4] == counts


async def test_a_leaf_is_true_of_what_is_found(many):
    """For lists in another order: the tier is chosen once, and a list that goes on keeps it."""
    leaf, exact = await search.leaf(await many.ctx(), "kettle")
    loose, forgiving = await search.leaf(await many.ctx(), "ketlte")
    kept, _ = await search.leaf(await many.ctx(), "kettle", tier=FORGIVING)
    counts = [await bookmarks.count(await many.ctx(), one) for one in (leaf, loose, kept)]

    assert (EXACT, FORGIVING) == (exact, forgiving)
    assert [12, 12, 12] == counts


async def test_snippets_come_from_the_page_where_nothing_else_has_the_word(ann):
    row = await make_bookmark(ann, title="Plain", description="About pots")
    async with saving.writing(await ann.ctx()) as unit:
        await saving.keep_content(unit, row.id, PageData("https://x.example/", text="They brewed it. " * 3))
    shown = []
    for text in ("pot", "brewing"):
        page = await search.find(await ann.ctx(), text, wanted=Wanted(description=False), snippets=True)
        shown.append([(piece.text, piece.is_match) for piece in page.items[0].snippet][:3])

    assert [("About ", False), ("pots", True)] == shown[0]
    assert [("They ", False), ("brewed", True), (" it. They ", False)] == shown[1]
