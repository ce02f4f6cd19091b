"""NC section 3: whatever the source and the spelling, the same parameters."""

import json
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from rest_compat.house import HOUSE, House
from rest_compat.nextcloud.parameters import Parameters, nest, read_integer, read_parameters
from rest_compat.refusals import Malformed
from schema.errors import Invalid, TooLarge

LIMIT = 1000
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def multipart(pairs):
    body = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in pairs)
    return {"data": f"{body}--b--\r\n".encode(), "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


@pytest.fixture
async def read(ports):
    """Send a request, and return the Parameters that the server read of it, or what it raised."""
    seen = []

    async def handle(request):
        try:
            seen.append(await read_parameters(request))
        except (Malformed, TooLarge) as trouble:
            seen.append(trouble)
        return web.Response()

    app = web.Application()
    app[HOUSE] = House(ports, lambda request: "", max_body_size=LIMIT)
    app.router.add_route("*", "/", handle)
    async with TestClient(TestServer(app)) as client:

        async def send(method="POST", query="", **options):
            skip = [] if "Content-Type" in options.get("headers", {}) else ["Content-Type"]
            async with client.request(method, f"/?{query}", skip_auto_headers=skip, **options):
                return seen.pop()

        yield send


SPELLINGS = {
    "tags[]": "tags[]=a&tags[]=b",
    "numbered": "tags[0]=a&tags[5]=b",
    "percent": "tags%5B%5D=a&tags%5B%5D=b",
    "blanks": "tags[]=&tags[]=a&tags[]=+&tags[]=b&tags[]=%20",
    "nested": "item[tags][]=a&item[tags][]=b",
    "nested percent": "item%5Btags%5D%5B%5D=a&item%5Btags%5D%5B%5D=b",
    "item alone": "item[]=a&item[]=b",
    "both": "item[tags][]=x&tags[]=a&tags[]=b",
    "empty tags beside item": "tags[]=&item[tags][]=a&item[tags][]=b",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_m22_every_spelling_of_a_list_in_a_query_and_in_a_form(read, text, method):
    """M22, M03, D2."""
    in_query = await read(method, text)
    in_form = await read(method, data=text.encode(), headers=FORM)

    assert [["a", "b"], ["a", "b"]] == [in_query.tags(), in_form.tags()]


@pytest.mark.parametrize(
    "content",
    [
        {"tags": ["a", "b"]}, {"item": {"tags": ["a", "b"]}}, {"item": ["a", "b"]}, {"tags": {"0": "a", "x": "b"}},
        {"tags": ["a", "", " ", None, "b"]}, {"tags": [""], "item": {"tags": ["a", "b"]}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/vnd.x+json"])
async def test_m03_lists_in_json(read, content, kind):
    sent = await read(data=json.dumps(content).encode(), headers={"Content-Type": kind})

    assert ["a", "b"] == sent.tags()


async def test_m03_lists_in_multipart(read):
    sent = await read(**multipart([("item[tags][]", "a"), ("item[tags][]", "b"), ("title", "Grüße")]))

    assert (["a", "b"], "Grüße") == (sent.tags(), sent.text("title"))


async def test_one_text_is_a_list_of_it(read):
    """v0.12: ``tags=x``."""
    sent = await read("GET", "tags=x&search=y")

    assert (["x"], ["y"]) == (sent.tags(), sent.texts("search"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, None),
        ({"tags": None}, None),
        ({"tags": []}, []),
        ({"tags": [""]}, []),
        ({"item": {}}, None),
        ({"item": []}, []),
        ({"item": {"x": 1}}, None),
    ],
)
def test_no_tags_is_not_the_same_as_a_list_of_none(content, expected):
    assert expected == Parameters(content).tags()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_m04_json_type_with_an_empty_body_leaves_the_query(read, method):
    sent = await read(method, "title=T&item%5Btags%5D%5B%5D=x", headers=JSON)

    assert ("T", ["x"]) == (sent.text("title"), sent.tags())


@pytest.mark.parametrize(
    "body", [b"{", b"nonsense", b"\xff\xfe", b"[1]", b'"x"', b"null", b"{" * 5000, b'{"a": NaN}', b" "]
)
async def test_json_that_cannot_be_read_brings_nothing(read, body):
    sent = await read(query="title=T", data=body[:LIMIT], headers=JSON)

    assert {"title": "T"} == sent.values


@pytest.mark.parametrize(
    "body",
    [
        {"data": b'{"title": "B"}', "headers": JSON},
        {"data": b"title=B", "headers": FORM},
        multipart([("title", "B")]),
    ],
)
async def test_m22_the_body_beats_the_query_and_they_add_up(read, body):
    """M22, NC section 3: precedence."""
    sent = await read(query="title=Q&url=u", **body)

    assert ("B", "u") == (sent.text("title"), sent.text("url"))


async def test_blanks_are_written_as_plus_or_percent_and_nothing_is_unescaped(read):
    sent = await read(query="title=a+b%20c%2B&url=%26amp%3B&broken=%FF%E4")

    assert ("a b c+", "&amp;", "��") == (sent.text("title"), sent.text("url"), sent.text("broken"))


async def test_a_body_of_another_type_brings_nothing(read):
    assert {} == (await read(data=b"title=T", headers={"Content-Type": "text/plain"})).values
    assert {} == (await read(data=b"title=T", headers={"Content-Type": ""})).values


async def test_files_are_passed_over(read):
    body = b'--b\r\nContent-Disposition: form-data; name="title"; filename="x"\r\n\r\nT\r\n--b--\r\n'
    sent = await read(data=body, headers={"Content-Type": "multipart/form-data; boundary=b"})

    assert {} == sent.values


@pytest.mark.parametrize(
    "kind", ["application/json", FORM["Content-Type"], "text/plain", "multipart/form-data; boundary=b"]
)
async def test_a_body_that_is_too_large_is_refused(read, kind):
    body = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * (LIMIT + 1) + b"\r\n--b--\r\n"

    assert isinstance(await read(data=body, headers={"Content-Type": kind}), TooLarge)


@pytest.mark.parametrize("options", [
    {"data": b"&".join([b"a=1"] * 200), "headers": FORM},
    {"data": b"nonsense", "headers": {"Content-Type": "multipart/form-data"}},
    {"data": b"nonsense", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
])  # fmt: skip
async def test_a_form_that_cannot_be_taken_apart(read, options):
    """Two hundred fields are no trouble; a multipart body without its parts is."""
    sent = await read(**options)

    assert isinstance(sent, Parameters | Malformed)
    assert isinstance(sent, Parameters) == (options["headers"] == FORM)


NAMES = {
    "a=1&a=2": {"a": "2"},
    "a=1&a[]=2": {"a": {"0": "2"}},
    "a[]=1&a=2": {"a": "2"},
    "a[5]=1&a[]=2&a[0]=3": {"a": {"5": "1", "1": "2", "0": "3"}},
    "a[x]=1&a[x]=2": {"a": {"x": "2"}},
    "a[1]=x&a[]=y": {"a": {"1": "x", "2": "y"}},
    "data[0][id]=5&data[0][type]=bookmark": {"data": {"0": {"id": "5", "type": "bookmark"}}},
    "[x]=1&a[=2&]=3": {},
    "a[b]c=1": {},
    "a[ ]=1": {"a": {"0": "1"}},
    f"a{'[x]' * 6}=1": {},
}


@pytest.mark.parametrize(("text", "expected"), NAMES.items(), ids=NAMES)
def test_m22_names_with_brackets(text, expected):
    """M22; a name that is none is an unknown parameter, which is no error."""
    assert expected == nest([tuple(pair.split("=")) for pair in text.split("&")])


def test_what_urlencode_writes_is_read():
    assert "tags%5B%5D=x" == urlencode({"tags[]": "x"})


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("7", 7), (" -1 ", -1), ("+3", 3), ("abc", 0), ("1.5", 0), ("1e3", 0), ("٣", 0), ("", 0), (7, 7), (7.9, 7),
        (True, 1),
        ([1], 0), ({}, 0), (1e300, 0), ("9" * 5000, 0), ("9" * 30, 2**63 - 1), (-(10**30), -(2**63 - 1)),
    ],
)  # fmt: skip
def test_m07_integers(value, number):
    """M07: junk is 0, and nothing is larger than a database's numbers."""
    assert number == read_integer(value)


def test_m07_a_blank_number_is_left_out():
    assert [5, 5, 0] == [Parameters(values).integer("page", 5) for values in ({}, {"page": " "}, {"page": "x"})]


@pytest.mark.parametrize(
    ("value", "bare", "plain"),
    [
        ("", True, False), (" ", True, False), ("1", True, True), ("true", True, True), ("on", True, True),
        ("yes", True, True),
        ("x", True, True), ("0", False, False), ("false", False, False), ("FALSE", False, False), (True, True, True),
        (False, False, False), (0, False, False), (1, True, True), (None, None, None),
    ],
)  # fmt: skip
def test_m05_booleans(value, bare, plain):
    """M05: only ``is_public`` may stand there without a value."""
    sent = Parameters({"x": value})

    assert (bare, plain) == (sent.flag("x", bare=True), sent.flag("x"))


def test_m05_what_was_left_out_is_neither_yes_nor_no():
    assert None is Parameters({}).flag("is_public", bare=True)


@pytest.mark.parametrize("value", [["x"], {"a": "x"}, True, False])
def test_a_text_is_a_text_or_a_number(value):
    with pytest.raises(Invalid):
        Parameters({"title": value}).text("title")

    assert ("7", None) == (Parameters({"title": 7}).text("title"), Parameters({"title": None}).text("title"))


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_text_that_no_database_can_hold_is_refused_where_it_is_used(text):
    sent = Parameters({"title": text, "tags": ["ok", text]})
    for ask in (lambda: sent.text("title"), sent.tags):
        with pytest.raises(Invalid):
            ask()

    assert None is sent.text("url")


def test_a_list_with_something_else_in_it_is_refused():
    """Not read as an empty one, which would clear the tags."""
    with pytest.raises(Invalid):
        Parameters({"tags": [{}]}).tags()


def test_a_blank_title_counts_only_in_json():
    """NC-6.2."""
    form, typed = Parameters({"title": " "}), Parameters({"title": ""}, frozenset({"title"}))

    assert (None, "") == (form.written("title"), typed.written("title"))
    assert (None, None) == (form.filled("title"), typed.filled("title"))


def test_folder_ids_are_numbers_or_texts():
    assert [-1, 7, 0, 8] == Parameters({"folders": ["-1", 7, "x", "", "8"]}).integers("folders")
    assert [-1] == Parameters({"folders": -1}).integers("folders")
    assert None is Parameters({}).integers("folders")
