"""The projecting executor gives graphql-core's answers, and takes the short way where it may."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.execution.projecting import TALLY
from schema.execution.rows import Rows
from tests.schema.execution.differential import assert_same, compare_every_query
from tests.schema.execution.sample import BOOKMARKS, BookmarkRow, Kind, TagRow, sample_schema

SCHEMA = sample_schema()
EVERYTHING = """
  __typename id databaseId title note visits score isPublic kind shout createdAt readAt tagNames grid
  tags { __typename id name } pinned { id name }
"""


async def test_every_kind_of_readable_field_is_projected():
    """Scalars, null, enums, custom scalars, datetimes, lists of scalars and of lists, objects, __typename, ids."""
    answer = await assert_same(SCHEMA, f"{{ bookmarks {{ {EVERYTHING} }} }}", projected=1)

    assert answer.errors is None
    first = answer.data["bookmarks"][1]
    assert "Qm9va21hcms6Mg==" == first["id"]
    assert "MEMO" == first["kind"]
    assert "2026-01-02T03:04:05.000006+00:00" == first["createdAt"]
    assert [{"__typename": "Tag", "id": "VGFnOjA=", "name": "tag 0"}] == first["tags"]


@pytest.mark.parametrize(
    "query",
    [
        "{ page { nodes { title tags { name } } } }",
        "{ page { edges { cursor node { id title tags { name } } } pageInfo { endCursor hasNextPage } totalCount } }",
        "query Q($n: Int) { page(first: $n) { nodes { title } } }",
        "{ bookmarks { ...A } } fragment A on Bookmark { title ...B } fragment B on Node { id ... on Tag { name } }",
        "{ bookmarks { a: title b: title title tags { n: name } } }",
        "{ bookmarks { tags { name } tags { id } ... { tags { other: name } } } }",
        "query Q($yes: Boolean = true) { bookmarks @include(if: $yes) { title } }",
        "{ maybeBookmarks { title note } }",
        "{ names }",
        '{ byIds(ids: ["Qm9va21hcms6NQ==", "Qm9va21hcms6Ng=="]) { id title } }',
    ],
)
async def test_lists_of_rows_are_projected_wherever_they_stand(query):
    answer = await assert_same(SCHEMA, query, projected=1)

    assert answer.errors is None


@pytest.mark.parametrize(
    "query",
    [
        '{ bookmarks { greeting(name: "A") } }',
        "{ bookmarks { greeting } }",
        "query Q($no: Boolean = false) { bookmarks { title note @include(if: $no) } }",
        "query Q($no: Boolean = false) { bookmarks { title ...A @skip(if: $no) } } fragment A on Bookmark { note }",
        "query Q($no: Boolean = false) { bookmarks { title ... { tags { ... { name @skip(if: $no) } } } } }",
        "{ anything { id __typename ... on Bookmark { title } } }",
        "{ bookmarks { title anything { id } } }",
    ],
)
async def test_whatever_is_more_than_reading_is_left_to_graphql_core(query):
    """Arguments, resolvers, directives at any depth, interfaces: nothing of the list is projected."""
    await assert_same(SCHEMA, query, projected=0)


async def test_a_variable_that_changes_its_mind_changes_the_answer():
    """The same document with another value of its variable must not meet the plan of the first."""
    query = "query Q($more: Boolean!) { bookmarks { title ...A @include(if: $more) } } fragment A on Bookmark { note }"
    with_note = await assert_same(SCHEMA, query, {"more": True})
    without = await assert_same(SCHEMA, query, {"more": False})

    assert {"title", "note"} == set(with_note.data["bookmarks"][0])
    assert {"title"} == set(without.data["bookmarks"][0])


WRONG = {
    "title": [None, 5, b"x", RuntimeError("no"), True, object()],
    "visits": [None, 2**31, 1.0, 1.5, "5", "five", True],
    "score": [None, float("nan"), float("inf"), 1, "0.5", True],
    "is_public": [None, 0, 1, "true"],
    "kind": [None, "link", "LINK", 7],
    "shout": [None, "", 5],
    "created_at": [None, "2026-01-01", 5],
    "tag_names": [None, "abc", ["a", None], ["a", 5], {"a": 1}, (x for x in ()), 5],
    "tags": [None, [None], [TagRow(name=None)], [BookmarkRow()], "abc", (), [5], RuntimeError("no")],
    "pinned": [TagRow(name=None), BookmarkRow(), 5],
    "grid": [None, [None], [[None]], [[1], [2.5]], [5]],
    "note": [5, ["x"], RuntimeError("no")],
    "read_at": [5, "2026-01-01"],
}


@pytest.mark.parametrize("query", ["bookmarks", "maybeBookmarks"])
@pytest.mark.parametrize(
    ("name", "value"),
    [  # ids without the values' own words: some hold an address, and each test process must collect the same tests
        pytest.param(name, value, id=f"{name}-{number}")
        for name, values in WRONG.items()
        for number, value in enumerate(values)
    ],
)
async def test_values_of_the_wrong_kind_give_the_same_errors_at_the_same_paths(query, name, value):
    """Null in a non-null place, numbers out of range, foreign objects: graphql-core words them, whoever met them."""
    selection = {"tags": "tags { name }", "pinned": "pinned { name }"}.get(
        name, "".join(word.capitalize() if i else word for i, word in enumerate(name.split("_")))
    )
    rows = Rows([BookmarkRow(), replace(BookmarkRow(), **{name: value}), BookmarkRow()])

    await assert_same(SCHEMA, f"{{ {query} {{ id {selection} }} }}", context=lambda: rows)


@pytest.mark.parametrize("rows", [[None], [5], [TagRow()], [BookmarkRow(), RuntimeError("no")], []], ids=repr)
@pytest.mark.parametrize("selection", ["title", "__typename"])
@pytest.mark.parametrize("query", ["bookmarks", "maybeBookmarks"])
async def test_items_of_the_wrong_kind_give_the_same_errors(query, rows, selection):
    await assert_same(SCHEMA, f"{{ {query} {{ {selection} }} }}", context=lambda: Rows(rows))


async def test_a_coroutine_in_a_row_is_awaited_by_graphql_core():
    """A row should not hold one; if it does, the answer is still graphql-core's."""

    async def later() -> str:
        return "later"

    await assert_same(SCHEMA, "{ bookmarks { title } }", context=lambda: Rows([BookmarkRow(title=later())]))


async def test_a_plan_is_made_once_for_a_document(monkeypatch):
    """The second execution of a text finds the plan with the document."""
    schema = sample_schema()
    query = "{ bookmarks { title tags { name } } }"
    await schema.execute(query)
    plans = schema.documents.read(query).plans

    assert 1 == len(plans)
    monkeypatch.setattr("schema.execution.projecting.PlanWriter", None)
    assert (await schema.execute(query)).errors is None


async def test_the_plans_of_a_document_are_bounded():
    """Seven conditions on one list make 128 selections; all are answered, MOST_PLANS are remembered."""
    schema = sample_schema()
    names = [f"v{i}" for i in range(7)]
    query = f"query Q({' '.join(f'${name}: Boolean!' for name in names)}) {{ "
    query += " ".join(f"bookmarks @include(if: ${name}) {{ title }}" for name in names) + " }"
    for number in range(128):
        await assert_same(schema, query, {name: bool(number >> i & 1) for i, name in enumerate(names)})

    assert 64 == len(schema.documents.read(query).plans)


async def test_lists_that_fall_back_are_counted():
    before = TALLY.fell_back
    await SCHEMA.execute("{ maybeBookmarks { title } }", context_value=Rows([BookmarkRow(title=None)]))

    assert 1 == TALLY.fell_back - before


async def test_a_suite_can_have_every_query_compared(monkeypatch):
    """compare_every_query sees queries, lets mutations run once, and finds a difference."""
    seen = compare_every_query(monkeypatch)
    await SCHEMA.execute("{ bookmarks { title } }")
    await SCHEMA.execute('mutation { rename(id: "VGFnOjE=", title: "A") }')

    assert ["{ bookmarks { title } }"] == seen
    monkeypatch.setattr(
        "schema.execution.projecting.PlanWriter.plan", lambda *_: lambda rows, _info: [{"title": "?"}] * len(rows)
    )
    with pytest.raises(AssertionError):
        await sample_schema().execute("{ bookmarks { title } }")


LEAVES = ["__typename", "id", "databaseId", "title", "note", "visits", "score", "isPublic", "kind", "shout"]
LEAVES += ["createdAt", "readAt", "tagNames", "grid"]
LEAVES += [*LEAVES, *LEAVES, "greeting", 'greeting(name: "x")']
CONDITIONS = [""] * 27 + [" @include(if: $yes)", " @skip(if: $yes)", " @include(if: true)"]
ALIASES = ["", "", "", "one: ", "two: ", "three: ", "four: "]


def selections(leaves, objects):
    """Selections of a type: leaves with aliases and directives, objects, inline fragments and spreads."""
    conditions = st.sampled_from(CONDITIONS)
    leaf = st.builds(
        lambda alias, name, condition: alias + name + condition,
        st.sampled_from(ALIASES),
        st.sampled_from(leaves),
        conditions,
    )
    parts = st.one_of(leaf, leaf, *objects)
    flat = st.lists(parts, min_size=1, max_size=5).map(" ".join)
    inline = st.builds(
        lambda on, condition, inner: f"...{on}{condition} {{ {inner} }}",
        st.sampled_from(["", " on Node"]),
        conditions,
        st.sampled_from(["__typename", "id", "x: __typename id"]),
    )
    return st.lists(st.one_of(flat, inline), min_size=1, max_size=3).map(" ".join)


TAGS = selections(["__typename", "id", "name", "name"], [])
OBJECTS = [
    st.builds(lambda alias, inner: f"{alias}tags {{ {inner} }}", st.sampled_from(["", "theTags: "]), TAGS),
    st.builds(lambda inner: f"pinned {{ {inner} }}", TAGS),
    st.just("...Fragment"),
    st.sampled_from(["...Fragment", "...Fragment", "...Fragment @include(if: $yes)"]),
]
BOOKMARK = selections(LEAVES, OBJECTS)
ROOTS = st.sampled_from(
    [
        "bookmarks {{ {0} }}",
        "maybeBookmarks {{ {0} }}",
        "page {{ nodes {{ {0} }} }}",
        "page(first: $n) {{ edges {{ cursor node {{ {0} }} }} totalCount }}",
        "anything {{ id ... on Bookmark {{ {0} }} }}",
    ]
)
VALUES = {
    "title": st.one_of(st.text(), st.none(), st.integers()),
    "note": st.one_of(st.none(), st.text()),
    "visits": st.one_of(st.integers(-(2**33), 2**33), st.booleans(), st.none()),
    "score": st.one_of(st.floats(), st.integers(), st.none()),
    "is_public": st.one_of(st.booleans(), st.none(), st.integers(0, 1)),
    "kind": st.sampled_from([*Kind, "link", None]),
    "tag_names": st.lists(st.one_of(st.text(), st.none()), max_size=2),
    "tags": st.lists(st.builds(TagRow, st.integers(0, 3), st.one_of(st.text(), st.none())), max_size=2),
}
ROW = st.builds(
    BookmarkRow,
    st.integers(1, 9),
    **{name: st.one_of(st.just(getattr(BOOKMARKS[3], name)), wrong) for name, wrong in VALUES.items()},
)


@settings(max_examples=400, deadline=None)
@given(
    root=ROOTS,
    selection=BOOKMARK,
    fragment=selections(LEAVES, OBJECTS[:2]),
    yes=st.booleans(),
    rows=st.lists(st.one_of(st.sampled_from(BOOKMARKS), ROW, st.none()), max_size=4),
)
async def test_any_query_over_any_rows_has_one_answer(root, selection, fragment, yes, rows):
    """Valid and invalid selections (clashing aliases), right and wrong values: the answers never differ."""
    uses_fragment = "...Fragment" in selection
    query = f"query Q($yes: Boolean!, $n: Int = 2) {{ {root.format(selection)} "
    query += "any: hello @skip(if: $yes) counted(number: $n) }"
    query += f" fragment Fragment on Bookmark {{ {fragment} }}" if uses_fragment else ""

    await assert_same(SCHEMA, query, {"yes": yes}, context=lambda: Rows(rows))
