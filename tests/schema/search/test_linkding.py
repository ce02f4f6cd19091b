import time
from dataclasses import dataclass

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from models.queries.tree import And, Everything, Flag, Not, Nothing, Occurs, Or, Tagged, Untagged
from models.text import fold, search_term, search_text, tag_key
from schema.search.linkding import MAX_DEPTH, Token, parse, print_tree, quote, tokens


@dataclass(frozen=True)
class Row:
    """As much of a bookmark as the search language can ask for."""

    title: str
    tags: tuple[str, ...] = ()
    unread: bool = False
    url: str = "https://h.example"
    description: str = ""
    notes: str = ""


A = Row("alpha", ("py", "web"))
B = Row("beta alpha", ("py",))
C = Row("gamma")
D = Row("rome of old", ("book",), unread=True)
ROWS = {"A": A, "B": B, "C": C, "D": D}


def holds(tree, row):  # noqa: PLR0911 - an answer for each kind of tree
    """Say whether the row is one that the tree means, in the plainest way there is."""
    tags = {tag_key(tag) for tag in row.tags}
    match tree:
        case Everything():
            return True
        case Nothing():
            return False
        case Occurs(text=text, or_tag=or_tag):
            haystack = search_text(row.title, row.description, row.url, row.notes)
            return search_term(text) in haystack or (or_tag and tag_key(text) in tags)
        case Tagged(name=name):
            return tag_key(name) in tags
        case Untagged():
            return not tags
        case Flag(name="unread", value=value):
            return row.unread is value
        case Not(part=part):
            return not holds(part, row)
        case And(parts=parts):
            return all(holds(part, row) for part in parts)
        case Or(parts=parts):
            return any(holds(part, row) for part in parts)
    raise AssertionError(tree)


def found(query, *, lax=False):
    tree = parse(query, lax=lax)
    return " ".join(name for name, row in ROWS.items() if holds(tree, row))


def is_found(query, **fields):
    return holds(parse(query), Row(**({"title": ""} | fields)))


def w(text):
    return Occurs(text)


a, b, c = w("a"), w("b"), w("c")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("alpha", "A B"),
        ("ALPHA beta", "B"),
        ('"beta alpha"', "B"),
        ('"alpha beta"', ""),
        ("#PY", "A B"),
        ("#p", ""),
        ("#py not #web", "B"),
        ("#web or #book", "A D"),
        ("not (alpha or rome)", "C"),
        ("not #py", "C D"),
        ("!untagged", "C"),
        ("!unread or gamma", "C D"),
        ("not !untagged", "A B D"),
        ("web", ""),
        ("'of old' or \"beta\"", "B D"),
        ("alpha and", ""),
        ("!nonsense", "A B C D"),
        ("", "A B C D"),
        (" \u3000\t ", "A B C D"),
        ("!UNREAD", "D"),
        ("!Untagged", "C"),
    ],
)
def test_ld_q_the_example_rows_answer_as_the_contract_says(query, expected):
    assert expected == found(query)


@pytest.mark.parametrize(("query", "expected"), [("web", "A"), ("WEB", "A"), ("we", ""), ('"py" alpha', "A B")])
def test_ld_q_4_lax_words_also_match_whole_tag_names(query, expected):
    assert expected == found(query, lax=True)


@pytest.mark.parametrize("field", ["title", "description", "notes", "url"])
def test_ld_q_1_a_word_is_looked_for_in_four_fields(field):
    assert is_found("needle", **{field: "hayNEEDLEhay"})


def test_ld_q_1_a_phrase_must_be_within_one_field():
    assert not is_found('"one two"', title="one", description="two")
    assert not is_found('"one\x1ftwo"', title="one", description="two")


@pytest.mark.parametrize("character", ["%", "_", "*", "?", "\\"])
def test_ld_q_2_there_are_no_wildcards(character):
    assert is_found(f"a{character}b", title=f"xa{character}by")
    assert not is_found(f"a{character}b", title="xaab")


def test_ld_q_2_case_is_folded_for_all_of_unicode():
    assert is_found("äpfel", title="ÄPFEL")
    assert not is_found("strasse", title="straße")
    assert not is_found("apfel", title="Äpfel")


def test_ld_q_3_a_tag_is_a_whole_name_without_case():
    assert is_found("#ÄPFEL", tags=("äpfel",))
    assert not is_found("#äpfel", tags=("äpfelmus",))
    assert not is_found("#äpfel", title="äpfel")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("(a)", [("open", ""), ("word", "a"), ("close", "")]),
        ('"a b"c', [("phrase", "a b"), ("word", "c")]),
        ("'a \"b\"'", [("phrase", 'a "b"')]),
        ('"open', [("phrase", "open")]),
        ('"open\\', [("phrase", "open")]),
        ("#tag!x(", [("tag", "tag!x"), ("open", "")]),
        ("!key#x'p'", [("keyword", "key#x"), ("phrase", "p")]),
        ("word#tag", [("word", "word"), ("tag", "tag")]),
        ("word!key", [("word", "word"), ("keyword", "key")]),
        ("a\u00a0b\u3000c\nd", [("word", "a"), ("word", "b"), ("word", "c"), ("word", "d")]),
        ("  a  ", [("word", "a")]),
    ],
)
def test_ld_q_tokens_run_until_their_end(query, expected):
    """The table of 17.2, a row at least each."""
    assert [Token(*pair) for pair in expected] == list(tokens(query))


@pytest.mark.parametrize("word", ["and", "OR", "Not", "aNd"])
def test_ld_q_7_operators_are_words_in_any_case(word):
    assert [Token(word.lower())] == list(tokens(word))
    assert [Token("phrase", word)] == list(tokens(f'"{word}"'))


@pytest.mark.parametrize("word", ["andalso", "nothing", "for", "and-or"])
def test_ld_q_7_other_words_are_words(word):
    assert [Token("word", word)] == list(tokens(word))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (r'"a\nb\tc\rd"', "a\nb\tc\rd"),
        (r'"a\\b"', "a\\b"),
        (r'"say \"hi\""', 'say "hi"'),
        (r"'it\'s'", "it's"),
        (r'"\a\%\'"', "a%'"),
        (r'"\\n"', "\\n"),
    ],
)
def test_ld_q_8_phrases_have_escapes(query, expected):
    assert [Token("phrase", expected)] == list(tokens(query))


def test_ld_q_8_outside_phrases_a_backslash_is_a_character():
    assert [Token("word", r"a\nb"), Token("tag", r"c\d")] == list(tokens(r"a\nb #c\d"))


@pytest.mark.parametrize("query", ["#", "!", "# !", " # "])
def test_ld_q_9_a_lone_hash_or_mark_is_no_token(query):
    assert [] == list(tokens(query))
    assert Everything() == parse(query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [('""', Everything()), ("''", Everything()), ('a ""', And((a, Everything()))), ('not ""', Nothing())],
)
def test_ld_q_9_an_empty_phrase_matches_everything(query, expected):
    assert expected == parse(query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('alpha"two words"', And((w("alpha"), w("two words")))),
        ("alpha#news", And((w("alpha"), Tagged("news")))),
        ("(a)(b)", And((a, b))),
        ("not(a)", Not(a)),
        ("it's", And((w("it"), w("s")))),
        ("#a#b", Tagged("a#b")),
        ("##a", Tagged("#a")),
        ("!!x", Everything()),
        ("a!unread", And((a, Flag("unread")))),
    ],
)
def test_ld_q_10_tokens_need_no_blanks_between_them(query, expected):
    assert expected == parse(query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a or b and c", Or((a, And((b, c))))),
        ("a and b or c", Or((And((a, b)), c))),
        ("a or b c", Or((a, And((b, c))))),
        ("a not b", And((a, Not(b)))),
        ("not a or b", Or((Not(a), b))),
        ("not a b", And((Not(a), b))),
        ("(a or b) c", And((Or((a, b)), c))),
        ("not (a or b)", Not(Or((a, b)))),
        ("a or b or c", Or((a, b, c))),
        ("a and b c", And((a, b, c))),
        ("a and not b or not not c", Or((And((a, Not(b))), c))),
        ("((a (b)) or (c or a))", Or((And((a, b)), c, a))),
        ("not not not a", Not(a)),
        ("not (not a)", a),
        ("not !unread", Flag("unread", value=False)),
        ("not !untagged", Not(Untagged())),
    ],
)
def test_ld_q_11_not_binds_before_and_before_or(query, expected):
    assert expected == parse(query)


@pytest.mark.parametrize(
    "query",
    [
        "(", "()", "a)", "(a", "and", "or a", "a or", "a and and b", "not", "a not", "(#)", "a or #",
        ")(", "a or or b", "a and or b", "not and a", "(a) or ()", "((a)", "or", "not (", "(a or)", "a and",
    ],
)  # fmt: skip
def test_ld_q_12_what_cannot_be_parsed_finds_nothing(query):
    assert Nothing() == parse(query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a or !foo", a),
        ("a !foo", a),
        ("not !foo", Everything()),
        ("!foo or !bar", Everything()),
        ("(!foo) a", a),
        ("not (a !foo)", Not(a)),
        ("not !foo a", a),
        ("!foo not a or b", Or((Not(a), b))),
        ("(!foo and not (!bar or !baz)) or a", a),
        ("not !foo or a", a),
    ],
)
def test_ld_q_13_unknown_keywords_disappear(query, expected):
    assert expected == parse(query)


def test_ld_q_14_a_bookmark_is_found_once():
    """The tree is a condition on one bookmark, so its tags cannot multiply it."""
    assert Or((Untagged(), w("x"))) == parse("!untagged or x")


@pytest.mark.parametrize("depth", [101, 201, 100_000])
def test_ld_q_15_deeper_nesting_than_100_finds_nothing(depth):
    assert Nothing() == parse("(" * depth + "a" + ")" * depth)


def test_ld_q_15_nesting_up_to_100_is_understood():
    assert a == parse("(" * 100 + "a" + ")" * 100)


def nested(levels):
    """Put "and" and "or" by turns within one another, as many levels deep."""
    query = "x y"
    for level in range(1, levels):
        query = f"a not ({query})" if level % 2 == 0 else f"a or not ({query})"
    return query


def test_ld_q_15_ten_levels_of_and_and_or_are_understood_and_no_more():
    """A database has to parse them too; parentheses that change nothing are not counted."""
    assert Or((a, Not(And((w("x"), w("y")))))) == parse(nested(2))
    assert Nothing() != parse(nested(10))
    assert Nothing() != parse(f"{'(' * 50}{nested(10)}{')' * 50}")
    assert Nothing() == parse(nested(11))


def test_more_than_900_terms_find_nothing():
    """A "not" is as deep a step as a term, so it counts as one."""
    assert 900 == len(parse("a " * 900).parts)
    assert Nothing() == parse("a " * 901)
    assert 450 == len(parse("not a " * 450).parts)
    assert Nothing() == parse("not a " * 451)


@pytest.mark.parametrize(
    "piece", ["(", ")", '"', '"\\', "'", "not ", "!", "#", "a", "(a or ", "not(", "\\", "\x00", "!x ", '""']
)
def test_half_a_million_of_anything_is_answered_soon(piece):
    """A quadratic step would take minutes, a recursion would end in RecursionError."""
    start = time.process_time()
    parse(piece * 500_000)

    assert time.process_time() - start < 10


QUERY_PIECES = [
    "a", "beta", "and", "OR", "not", "(", ")", '"', "'", "#", "!", "#py", "!unread", "!untagged", "!x", "\\", " ",
    "\u3000", "ß", "\n", "\x1f",
]  # fmt: skip
QUERIES = st.one_of(st.text(), st.lists(st.sampled_from(QUERY_PIECES), max_size=30).map("".join))


@given(QUERIES, st.booleans())
@example("not (a or !x", False)
def test_any_text_parses_to_a_tree_that_prints_and_parses_to_itself(query, lax):
    tree = parse(query, lax=lax)

    assert tree == parse(print_tree(tree), lax=lax)


@given(QUERIES)
def test_white_space_around_a_query_does_not_matter(query):
    """Behind an unclosed phrase it would belong to the phrase, so it is only put in front."""
    assert parse(query) == parse(f"\u2003\n{query}")


SPEAKABLE = st.text(min_size=1)
TAG_NAMES = st.text(alphabet=st.characters(exclude_characters="()\"'"), min_size=1).filter(
    lambda name: not any(character.isspace() for character in name)
)


@st.composite
def trees(draw, lax):
    """Trees as the parser makes them: no And inside And, no Or inside Or, no Not around what has an opposite."""
    texts = st.one_of(SPEAKABLE, st.sampled_from(["and", "Or", "a", "b c"]))
    leaf = st.one_of(st.just(Untagged()), TAG_NAMES.map(Tagged), texts.map(lambda text: Occurs(text, lax)))
    opposed = st.sampled_from([Everything(), Nothing(), Flag("unread"), Flag("unread", value=False)])

    def grow(inner):
        parts = st.lists(inner, min_size=2, max_size=4)
        return st.one_of(parts.map(lambda them: _join(And, them)), parts.map(lambda them: _join(Or, them)))

    tree = draw(st.recursive(leaf | opposed | leaf.map(Not), grow, max_leaves=12))
    assume(_depth(tree) <= MAX_DEPTH)
    return Not(tree) if isinstance(tree, And | Or) and draw(st.booleans()) else tree


def _join(kind, parts):
    """Join the parts; those of the same kind go inside a Not, where they may stand."""
    return kind(tuple(Not(part) if isinstance(part, kind) else part for part in parts))


def _depth(tree):
    match tree:
        case Not(part=part):
            return _depth(part)
        case And(parts=parts) | Or(parts=parts):
            return 1 + max(map(_depth, parts))
    return 0


@given(st.data(), st.booleans())
def test_every_tree_that_can_be_said_survives_print_and_parse(data, lax):
    tree = data.draw(trees(lax))

    assert tree == parse(print_tree(tree), lax=lax)


@given(st.text())
@example("")
def test_a_quoted_text_is_one_phrase_and_nothing_else(text):
    assert [Token("phrase", text)] == list(tokens(quote(text)))


@given(st.text(alphabet="abß '\"\\()#!", min_size=1), st.text(alphabet="abß '\"\\()#!"))
def test_a_quoted_text_finds_exactly_the_titles_that_hold_it(needle, title):
    expected = fold(needle) in fold(title)

    assert expected == is_found(quote(needle), title=title, url="")


@pytest.mark.parametrize("tree", [Tagged("two words"), Tagged(""), Tagged("a(b"), Occurs(""), Flag("archived")])
def test_a_tree_without_words_is_refused(tree):
    with pytest.raises(ValueError, match="no words"):
        print_tree(Not(tree))
