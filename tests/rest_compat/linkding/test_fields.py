import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from rest_compat.linkding.addresses import is_valid
from rest_compat.linkding.fields import (
    Boolean,
    Choice,
    Integer,
    Moment,
    TagList,
    Text,
    read_form,
    read_json,
    read_limit,
    read_offset,
)
from schema.errors import Fault, Invalid

BOOKMARK = {
    "url": Text(required=True, blank=False, max_length=2048, is_address=is_valid),
    "title": Text(max_length=512),
    "notes": Text(),
    "unread": Boolean(),
    "shared": Boolean(),
    "tag_names": TagList(max_length=64),
    "date_added": Moment(),
}
BUNDLE = {"filter": Choice(("off", "yes", "no")), "order": Integer()}
URL = "https://h.example/"


def faults_of(field, value):
    return read_json({"it": field}, {"it": value}).faults


def value_of(field, value):
    values, faults = read_json({"it": field}, {"it": value})
    assert [] == faults
    return values["it"]


def fault(rule, *path, limit=None, given=None):
    return Fault(("it", *path), rule, limit, given)


def test_what_was_sent_comes_back_and_nothing_else():
    """Unknown fields are ignored (LD-HTTP-12), left-out ones are not made up."""
    body = {"id": 5, "title": " T ", "url": f" {URL}\u3000", "strange": None}

    assert ({"url": URL, "title": "T"}, []) == read_json(BOOKMARK, body)


def test_ld_err_1_a_required_field_is_missed():
    assert [Fault(("url",), "required")] == read_json(BOOKMARK, {}).faults
    assert [Fault(("url",), "required")] == read_form(BOOKMARK, MultiDict()).faults


def test_ld_upd_2_nothing_is_required_of_a_patch():
    assert ({}, []) == read_json(BOOKMARK, {}, partial=True)
    assert ({}, []) == read_form(BOOKMARK, MultiDict(), partial=True)


@pytest.mark.parametrize("value", ["", " ", "\u00a0\u3000\t"])
def test_ld_err_2_blank_where_that_is_not_allowed(value):
    assert [fault("blank")] == faults_of(Text(blank=False), value)
    assert "" == value_of(Text(), value)


def test_white_space_that_unicode_does_not_count_is_text():
    assert "\u200b\ufeff" == value_of(Text(blank=False), "\u200b\ufeff")


@pytest.mark.parametrize("field", [Text(), Boolean(), Integer(), Choice(("a",)), Moment(), TagList()])
def test_ld_err_3_null_is_refused_everywhere(field):
    assert [fault("null")] == faults_of(field, None)


@pytest.mark.parametrize("value", [True, False, [], ["a"], {}, {"a": 1}])
def test_ld_err_4_not_a_string(value):
    assert [fault("string")] == faults_of(Text(), value)


@pytest.mark.parametrize(("value", "expected"), [(5, "5"), (1.5, "1.5"), (0, "0"), (-3, "-3")])
def test_a_string_field_takes_numbers(value, expected):
    assert expected == value_of(Text(blank=False), value)


def test_a_number_too_long_to_be_written_is_no_string():
    assert [fault("string")] == faults_of(Text(), 10**5000)


def test_ld_err_5_too_long_after_stripping():
    assert [fault("too_long", limit=3)] == faults_of(Text(max_length=3), "abcd")
    assert "äbc" == value_of(Text(max_length=3), " äbc ")


def test_ld_err_6_and_7_bad_characters_are_both_reported():
    assert [fault("nul")] == faults_of(Text(), "a\0")
    assert [fault("surrogate", given="U+D800")] == faults_of(Text(), "a\ud800\udfff")
    assert [fault("nul"), fault("surrogate", given="U+DFFF")] == faults_of(Text(), "\udfff\0")


@pytest.mark.parametrize("value", [True, 1, 1.0, "true", "T", "yes", "Y", "ON", "1"])
def test_ld_err_8_what_is_true(value):
    assert value_of(Boolean(), value) is True


@pytest.mark.parametrize("value", [False, 0, 0.0, "False", "f", "NO", "n", "off", "0"])
def test_ld_err_8_what_is_false(value):
    assert value_of(Boolean(), value) is False


@pytest.mark.parametrize("value", ["", " true", "true ", "maybe", 2, -1, 0.5, [], {}, [True]])
def test_ld_err_8_what_is_no_boolean(value):
    assert [fault("boolean")] == faults_of(Boolean(), value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3), ("+3", 3), (" 3 ", 3), ("2.0", 2), (2.0, 2), (-7, -7), ("-0", 0), (2**63 - 1, 2**63 - 1)],
)
def test_ld_err_9_what_is_an_integer(value, expected):
    number = value_of(Integer(), value)

    assert expected == number
    assert int is type(number)


@pytest.mark.parametrize(
    "value", [1.5, True, False, "", "1.5", "x", "1e3", "1_0", [], {}, 2**63, -(2**63) - 1, 1e300, "9" * 200, "٣"]
)
def test_ld_err_9_what_is_no_integer(value):
    assert [fault("integer")] == faults_of(Integer(), value)


@pytest.mark.parametrize(
    ("value", "given_again"),
    [("maybe", "maybe"), ("", ""), ("YES", "YES"), (5, "5"), (True, "True"), ([1], "list"), ("a\ud800", "a\ufffd")],
)
def test_ld_err_10_not_one_of_the_choices(value, given_again):
    """What was given is fit to be shown again: a lone surrogate could not be sent."""
    expected = fault("choice", limit=("off", "yes", "no"), given=given_again)

    assert [expected] == faults_of(Choice(("off", "yes", "no")), value)


def test_ld_err_10_one_of_the_choices():
    assert "yes" == value_of(Choice(("off", "yes", "no")), "yes")


@pytest.mark.parametrize("value", ["", "2026-13-01", "1700000000", 1700000000, 1.5, True, [], {}])
def test_ld_err_11_not_a_date_and_time(value):
    assert [fault("datetime")] == faults_of(Moment(), value)


def test_ld_err_12_a_date_that_leaves_the_range():
    assert [fault("datetime_range")] == faults_of(Moment(), "0001-01-01T00:00+02:00")


def test_ld_bm_2_a_date_is_read_in_utc():
    assert datetime(2026, 1, 2, 1, 4, tzinfo=UTC) == value_of(Moment(), "2026-01-02T03:04+02:00")


@pytest.mark.parametrize(
    ("value", "type_name"), [("a,b", "str"), ({}, "dict"), (5, "int"), (1.5, "float"), (True, "bool")]
)
def test_ld_err_13_not_a_list(value, type_name):
    assert [fault("list", given=type_name)] == faults_of(TagList(), value)


def test_ld_err_14_and_ld_tagn_1_bad_items_are_reported_at_their_position():
    items = ["a", " ", None, True, "ok", "\0", ["b"], "\ud800", 5]
    expected = [
        fault("blank", 1),
        fault("null", 2),
        fault("string", 3),
        fault("nul", 5),
        fault("string", 6),
        fault("surrogate", 7, given="U+D800"),
    ]

    assert expected == faults_of(TagList(), items)


def test_ld_tagn_1_strings_and_numbers_are_items():
    assert ["a", "5", "b,c"] == value_of(TagList(), [" a ", 5, "b,c"])
    assert [] == value_of(TagList(), [])


def test_ld_tagn_7_each_name_may_have_64_characters():
    """A long item is fine while the names between its commas are not too long."""
    long = "x" * 64

    assert [f"{long}, {long}"] == value_of(TagList(max_length=64), [f"{long}, {long}"])
    assert [fault("too_long", 1, limit=64)] == faults_of(TagList(max_length=64), ["a", f"b,{long}x"])


@pytest.mark.parametrize("value", ["http://nas/", "x", "javascript:alert(1)"])
def test_ld_err_15_a_bad_address(value):
    assert [Fault(("url",), "url")] == read_json(BOOKMARK, {"url": value}).faults


def test_ld_err_16_too_long_an_address_breaks_two_rules():
    expected = [Fault(("url",), "url"), Fault(("url",), "too_long", limit=2048)]

    assert expected == read_json(BOOKMARK, {"url": URL.ljust(2049, "a")}).faults


def test_ld_url_2_without_the_check_any_text_up_to_the_length_passes():
    assert "x" == value_of(Text(blank=False, max_length=2048), "x")


@pytest.mark.parametrize(
    ("body", "type_name"), [([], "list"), ("a", "str"), (5, "int"), (True, "bool"), (1.5, "float")]
)
def test_ld_err_18_a_body_that_is_no_object(body, type_name):
    assert ({}, [Fault((), "object", given=type_name)]) == read_json(BOOKMARK, body)


def test_ld_err_19_a_body_that_is_null():
    assert ({}, [Fault((), "no_data")]) == read_json(BOOKMARK, None)


BAD_BODY = {
    "date_added": "soon", "tag_names": ["a", ""], "unread": "maybe", "notes": [], "title": "x" * 513, "url": "x",
    "shared": True,
}  # fmt: skip
BAD_FAULTS = [
    Fault(("url",), "url"),
    Fault(("title",), "too_long", limit=512),
    Fault(("notes",), "string"),
    Fault(("unread",), "boolean"),
    Fault(("tag_names", 1), "blank"),
    Fault(("date_added",), "datetime"),
]


def test_ld_err_all_bad_fields_are_reported_in_the_order_of_the_resource():
    reading = read_json(BOOKMARK, BAD_BODY)

    assert BAD_FAULTS == reading.faults
    assert {"shared": True} == reading.values


def test_a_reading_with_faults_is_not_sound():
    with pytest.raises(Invalid) as caught:
        read_json(BOOKMARK, BAD_BODY).sound()

    assert tuple(BAD_FAULTS) == caught.value.faults


def test_a_reading_without_faults_is_sound():
    assert {"url": URL} == read_json(BOOKMARK, {"url": URL}).sound()


def test_ld_new_8_a_form_is_read_like_an_object():
    form = MultiDict([("url", URL), ("title", ""), ("unread", "on"), ("date_added", "2026-01-02")])
    expected = {"url": URL, "title": "", "unread": True, "date_added": datetime(2026, 1, 2, tzinfo=UTC)}

    assert (expected, []) == read_form(BOOKMARK, form)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("tag_names", "a"), ("tag_names", "b,c")], ["a", "b,c"]),
        ([("tag_names[1]", "b"), ("tag_names[0]", "a")], ["a", "b"]),
        ([("tag_names[10]", "c"), ("tag_names[9]", "b"), ("tag_names[007]", "a")], ["a", "b", "c"]),
        ([("tag_names[0]", "a"), ("tag_names[0]", "b")], ["b"]),
        ([("tag_names", "a"), ("tag_names[0]", "b")], ["a"]),
    ],
)
def test_ld_new_8_tag_names_of_a_form(pairs, expected):
    assert ({"tag_names": expected}, []) == read_form(BOOKMARK, MultiDict(pairs), partial=True)


@pytest.mark.parametrize(
    "name", ["tag_names[x]", "tag_names[]", "tag_names[-1]", f"tag_names[{'9' * 5000}]", "tagXnames[0]"]
)
def test_ld_new_8_other_names_are_no_tag_names(name):
    assert ({}, []) == read_form(BOOKMARK, MultiDict({name: "a"}), partial=True)


def test_ld_new_8_bad_items_of_a_form_are_reported_at_their_position():
    form = MultiDict([("tag_names", "a"), ("tag_names", " ")])

    assert [Fault(("tag_names", 1), "blank")] == read_form(BOOKMARK, form, partial=True).faults


def test_ld_new_8_absent_and_empty_booleans_of_a_new_bookmark_are_false():
    form = MultiDict([("url", URL), ("unread", "")])

    assert {"url": URL, "unread": False, "shared": False} == read_form(BOOKMARK, form, fill_booleans=True).values


def test_ld_upd_4_dropped_a_put_with_a_form_leaves_booleans_alone():
    form = MultiDict([("url", URL), ("unread", "")])

    assert {"url": URL} == read_form(BOOKMARK, form).values


def test_empty_numbers_choices_and_dates_of_a_form_are_not_sent():
    form = MultiDict([("filter", ""), ("order", ""), ("when", "")])

    assert ({}, []) == read_form({**BUNDLE, "when": Moment()}, form)


def test_the_last_of_several_values_counts_in_a_form():
    form = MultiDict([("title", "a"), ("title", "b"), ("unread", "0"), ("unread", "1")])

    assert {"title": "b", "unread": True} == read_form(BOOKMARK, form, partial=True).values


def test_a_file_is_no_field_of_a_form():
    form = MultiDict([("title", object()), ("unread", object()), ("tag_names", object())])
    expected = [Fault(("title",), "string"), Fault(("unread",), "boolean"), Fault(("tag_names", 0), "string")]

    assert expected == read_form(BOOKMARK, form, partial=True).faults


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, 100), ("", 100), ("0", 100), ("-5", 100), ("x", 100), ("1.5", 100), ("5", 5), ("+3", 3), (" 3", 3),
     ("5000", 5000), (str(2**63 - 1), 2**63 - 1), (str(2**63), 100), ("9" * 5000, 100), ("1_0", 100)],
)  # fmt: skip
def test_ld_page_2_and_4_limit(text, expected):
    assert expected == read_limit(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, 0), ("", 0), ("0", 0), ("-5", 0), ("x", 0), ("1.5", 0), ("5", 5), ("+3", 3), (" 3 ", 3),
     (str(2**63), 0), ("9" * 5000, 0)],
)  # fmt: skip
def test_ld_page_3_and_4_offset(text, expected):
    assert expected == read_offset(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(alphabet="\0\ud800a, "),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
RESOURCE = {**BOOKMARK, **BUNDLE}


@given(st.dictionaries(st.sampled_from(list(RESOURCE)), JSON) | JSON)
def test_any_body_is_either_sound_or_faulty_field_by_field(body):
    """Every field that was sent is in the values or among the faults, never in both; and faults can be sent."""
    values, faults = read_json(RESOURCE, body, partial=True)
    faulty = {fault.path[0] for fault in faults if fault.path}

    assert not faulty & set(values)
    if isinstance(body, dict):
        assert faulty | set(values) == set(body) & set(RESOURCE)
    json.dumps([[fault.path, fault.rule, fault.limit, fault.given] for fault in faults], ensure_ascii=False).encode()


@given(st.lists(st.tuples(st.sampled_from([*RESOURCE, "tag_names[0]", "tag_names[1"]), st.text(max_size=8))))
def test_any_form_is_either_sound_or_faulty_field_by_field(pairs):
    values, faults = read_form(RESOURCE, MultiDict(pairs), fill_booleans=True)

    assert not {fault.path[0] for fault in faults} & set(values)
    assert {"unread", "shared"} <= set(values) | {fault.path[0] for fault in faults}
