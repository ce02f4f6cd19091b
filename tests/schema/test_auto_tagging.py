import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.auto_tagging import Pattern, Rule, parse_rules, tags_for

RULES = """
# sources
video.example/watch?v=  clip     # any video
forum.example/r/Cook    food recipes
bücher.example          books
docs.example/#/api      api
"""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://m.video.example/watch?t=5&v=9", ["clip"]),
        ("https://video.example/watch?t=5", []),
        ("http://www.forum.example/R/cooking/1", ["food", "recipes"]),
        ("https://forum.example/r/art", []),
        ("https://xn--bcher-kva.example/x", ["books"]),
        ("https://BÜCHER.example", ["books"]),
        ("https://docs.example/#/API/users", ["api"]),
        ("https://docs.example/#/guide", []),
    ],
)
def test_ld_auto_the_example_rules_tag_as_the_contract_says(address, expected):
    assert expected == tags_for(RULES, address)


@pytest.mark.parametrize(
    "text", ["", "\n \n", "# a.example x", "  # a.example x", "a.example", "a.example  # x", "a.example #x y", "\t"]
)
def test_ld_auto_3_lines_without_a_rule_are_skipped(text):
    assert () == parse_rules(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.example x y", (Rule(Pattern("a.example"), ("x", "y")),)),
        ("\ta.example\u00a0x\ty", (Rule(Pattern("a.example"), ("x", "y")),)),
        ("a.example x # y", (Rule(Pattern("a.example"), ("x",)),)),
        ("a.example c# x#y", (Rule(Pattern("a.example"), ("c#", "x#y")),)),
        ("a.example/#top x", (Rule(Pattern("a.example", "/", (), "top"), ("x",)),)),
        ("a.example x\r\nb.example y\r\n", (Rule(Pattern("a.example"), ("x",)), Rule(Pattern("b.example"), ("y",)))),
    ],
)
def test_ld_auto_3_a_rule_is_a_line(text, expected):
    assert expected == parse_rules(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("A.Example/PATH?Q=V#F t", "https://a.example/path?q=v#f"),
        ("a.example/path?q=v#f t", "HTTPS://A.EXAMPLE/PATH?Q=V#F"),
        ("a.example?q=%C3%84 t", "https://a.example/?q=ä"),
        ("a.example?q=%41 t", "https://a.example/?q=a"),
    ],
)
def test_ld_auto_4_everything_is_compared_in_lower_case(text, address):
    """Also what only decoding brings to light."""
    assert ["t"] == tags_for(text, address)


def test_ld_auto_4_tags_come_in_lower_case_and_keep_their_commas():
    assert ["news,daily", "ä"] == tags_for("a.example News,Daily Ä", "https://a.example")


@pytest.mark.parametrize(
    "pattern",
    ["a.example", "http://a.example", "HTTPS://a.example", "a.example:99", "u@a.example", "u:p@a.example:1"],
)
@pytest.mark.parametrize("address", ["http://a.example", "ftp://a.example:21/x", "https://u:p@a.example:99999"])
def test_ld_auto_5_scheme_port_and_user_do_not_matter(pattern, address):
    assert ["t"] == tags_for(f"{pattern} t", address)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("site.example", ["t"]),
        ("www.site.example", ["t"]),
        ("othersite.example", ["t"]),
        ("site.example.org", []),
        ("ite.example", []),
    ],
)
def test_ld_auto_6_the_host_must_end_with_the_patterns_host(host, expected):
    assert expected == tags_for("site.example t", f"https://{host}/")


def test_ld_auto_6_a_longer_pattern_does_not_match_the_shorter_host():
    assert [] == tags_for("www.site.example t", "https://site.example/")


@pytest.mark.parametrize("pattern", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example"])
@pytest.mark.parametrize("host", ["bücher.example", "xn--bcher-kva.example", "shop.bücher.example"])
def test_ld_auto_6_hosts_are_compared_in_idna_form(pattern, host):
    assert ["t"] == tags_for(f"{pattern} t", f"https://{host}/x")


@pytest.mark.parametrize(
    ("pattern", "address", "expected"),
    [
        ("site.example/r/mus", "https://site.example/r/music", ["t"]),
        ("site.example/r/mus", "https://site.example/x/r/music", []),
        ("site.example/", "https://site.example/", ["t"]),
        ("site.example/", "https://site.example", []),
        ("site.example", "https://site.example", ["t"]),
    ],
)
def test_ld_auto_7_the_path_must_start_with_the_patterns_path(pattern, address, expected):
    assert expected == tags_for(f"{pattern} t", address)


@pytest.mark.parametrize(
    ("query", "address_query", "expected"),
    [
        ("k=1", "x=2&k=1", ["t"]),
        ("k=1", "k=2", []),
        ("k=1", "k=2&k=1", ["t"]),
        ("k=1&k=2", "k=2&k=1", ["t"]),
        ("k=1&l=2", "k=1", []),
        ("k", "k=anything", ["t"]),
        ("k=", "k=anything", ["t"]),
        ("k", "k", ["t"]),
        ("k", "l=k", []),
        ("k=a+b", "k=a%20b", ["t"]),
    ],
)
def test_ld_auto_8_every_parameter_of_the_pattern_must_be_there(query, address_query, expected):
    assert expected == tags_for(f"site.example?{query} t", f"https://site.example/?{address_query}")


@pytest.mark.parametrize(("fragment", "expected"), [("/api", ["t"]), ("/api/users", ["t"]), ("/ap", []), ("x/api", [])])
def test_ld_auto_9_the_fragment_must_start_with_the_patterns_fragment(fragment, expected):
    assert expected == tags_for("site.example#/api t", f"https://site.example/#{fragment}")


def test_ld_auto_10_all_matching_lines_contribute_each_tag_once():
    rules = "a.example x y\nb.example no\nexample y z"

    assert ["x", "y", "z"] == tags_for(rules, "https://a.example/")


def test_ld_auto_10_there_are_no_wildcards():
    assert [] == tags_for("a.example/*/x t\na.example/?? u\na.example/.* v", "https://a.example/y/x")


@pytest.mark.parametrize(
    "pattern", ["my_host.example", "*.x.example", ".x.example", "/path", "a..b", "[::1]", "-a.example", "a.example:x"]
)
def test_ld_auto_11_a_bad_line_does_not_disable_the_others(pattern):
    assert ["good"] == tags_for(f"{pattern} bad\nx.example good", "https://a.x.example/path")


@pytest.mark.parametrize(
    "address",
    ["", "x.example", "mailto:a@x.example", "javascript:alert(1)", "https:///x.example", "https://[::1]/",
     "https://my_x.example/", "https://x.example./", "https://\ud800.x.example/"],
)  # fmt: skip
def test_ld_auto_12_without_a_legal_host_there_are_no_tags(address):
    assert [] == tags_for("x.example t\nexample u", address)


def test_rules_are_read_once():
    assert parse_rules("a.example kept") is parse_rules("a.example kept")


@given(
    st.text(alphabet="ab.#/?&=: \n\r\tüÄ%*_@[]\u2028"), st.text(alphabet="ab.#/?&=: üÄ%*_@[]").map("https://".__add__)
)
def test_any_rules_and_any_address_give_names_without_white_space(rules, address):
    for tag in tags_for(rules, address):
        assert [tag] == tag.lower().split()


def test_words_that_can_be_no_tags_and_too_many_of_them_are_left_out():
    """A rule must never keep a bookmark from being saved."""
    many = "site.example " + " ".join(f"t{number}" for number in range(5000))

    assert ["short"] == tags_for("site.example " + "x" * 800 + " short", "https://site.example/")
    assert 1000 == len(tags_for(many, "https://site.example/"))
