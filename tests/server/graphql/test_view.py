"""GraphQL over HTTP: what each media type, method, status and header says."""

import asyncio
import gzip
import json

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.errors import Forbidden, RateLimited, Unavailable
from tests.server.graphql.conftest import make_app

# The id stands under a plain word, so that every door may read it; aiohttp would rather have a key of its own.
pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")

JSON = {"Accept": "application/json"}
GRAPHQL = {"Accept": "application/graphql-response+json"}
MUTATION = 'mutation { rename(id: "VGFnOjE=", title: "A") }'


async def ask(client, query, headers=GRAPHQL, **parameters):
    """POST a request; returns the status, the media type and the decoded answer."""
    answer = await client.post("/graphql", json={"query": query, **parameters}, headers=headers)
    return answer.status, answer.content_type, await answer.json(content_type=None)


def code(body):
    return body["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("headers", [JSON, GRAPHQL])
async def test_an_answer_has_its_type_its_charset_and_its_cost(client, headers):
    answer = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)

    assert 200 == answer.status
    assert f"{headers['Accept']}; charset=utf-8" == answer.headers["Content-Type"]
    assert "no-store" == answer.headers["Cache-Control"]
    assert "Accept" == answer.headers["Vary"]
    cost = {"requested": 1, "limit": 10_000}
    assert {"data": {"hello": "Hello you"}, "extensions": {"cost": cost}} == await answer.json(content_type=None)


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": ""}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "query A { hello } query B { hello }"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query A { hello }", "operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query Q($n: Int!) { counted(number: $n) }", "variables": {"n": "x"}}, "BAD_USER_INPUT"),
        ({"query": "{ page(first: 2000000) { nodes { title } } }"}, "TOO_COSTLY"),
    ],
)
async def test_a_request_that_is_not_executed_has_no_data(client, request_body, expected):
    """200 as application/json, for the request is well-formed; 400 as application/graphql-response+json."""
    old = await client.post("/graphql", json=request_body, headers=JSON)
    new = await client.post("/graphql", json=request_body, headers=GRAPHQL)

    assert [200, 400] == [old.status, new.status]
    for answer in (old, new):
        body = await answer.json(content_type=None)
        assert "data" not in body
        assert expected == code(body)


@pytest.mark.parametrize("headers", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    ("query", "data", "expected"),
    [
        ("{ hello missing }", {"hello": "Hello you", "missing": None}, "NOT_FOUND"),
        ("{ hello broken }", {"hello": "Hello you", "broken": None}, "INTERNAL"),
        ("{ badlyBroken }", None, "INTERNAL"),
    ],
)
async def test_errors_of_fields_stand_beside_the_data(client, headers, query, data, expected):
    """The operation was executed: 200, and data is there even where it is null."""
    status, content_type, body = await ask(client, query, headers)

    assert (200, headers["Accept"]) == (status, content_type)
    assert data == body["data"]
    assert expected == code(body)
    assert "hunter2" not in json.dumps(body)


@pytest.mark.parametrize("headers", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"NONSENSE",
        b'{"query":',
        b"\xff",
        b'{"query": "\\ud800"}',
        b"5",
        b"null",
        b'"{ hello }"',
        b'[{"query": "{ hello }"}]',
        b"{}",
        b'{"qeury": "{ hello }"}',
        b'{"query": 5}',
        b'{"query": null}',
        b'{"query": ["{ hello }"]}',
        b'{"query": "{ hello }", "operationName": 5}',
        b'{"query": "{ hello }", "variables": [7]}',
        b'{"query": "{ hello }", "variables": "{}"}',
        b'{"query": "{ hello }", "extensions": 0}',
    ],
    ids=repr,
)
async def test_a_body_that_is_no_well_formed_request_is_400(client, headers, body):
    answer = await client.post("/graphql", data=body, headers={**headers, "Content-Type": "application/json"})

    assert 400 == answer.status
    assert headers["Accept"] == answer.content_type
    assert "BAD_REQUEST" == code(await answer.json(content_type=None))


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=latin-1",
        "nonsense",
    ],
)
async def test_only_json_in_utf8_is_read(client, content_type):
    """Forms and plain text are what a foreign page could send without a preflight."""
    answer = await client.post(
        "/graphql", data=json.dumps({"query": MUTATION}).encode(), headers={"Content-Type": content_type}
    )

    assert 415 == answer.status
    assert "UNSUPPORTED" == code(await answer.json(content_type=None))


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; Charset=UTF-8", 'application/json;charset="utf-8"']
)
async def test_json_may_name_its_charset(client, content_type):
    query = {"query": 'query Q { hello(name: "Ünïcode 🏃") }', "operationName": "Q", "extra": 1, "variables": None}
    answer = await client.post(
        "/graphql", data=json.dumps(query, ensure_ascii=False).encode(), headers={"Content-Type": content_type}
    )

    assert {"hello": "Hello Ünïcode 🏃"} == (await answer.json(content_type=None))["data"]


async def test_without_an_accept_header_the_answer_is_a_graphql_response(client):
    """Said in raw bytes, for clients send Accept: */* of their own accord."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(b"GET /graphql?query={hello} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Content-Type: application/graphql-response+json; charset=utf-8" in answer


@pytest.mark.parametrize("accept", ["text/plain", "application/xml, image/*", "application/json;q=0"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_nobody_here_can_write_is_406(client, accept, method):
    answer = await client.request(
        method, "/graphql", params={"query": "{ hello }"}, json={"query": "{ hello }"}, headers={"Accept": accept}
    )

    assert 406 == answer.status
    assert "NOT_ACCEPTABLE" == code(await answer.json(content_type=None))


async def test_a_query_may_stand_in_the_address(client):
    """Variables are JSON; an empty operationName is none; HEAD is GET without its body."""
    parameters = {
        "query": "query Q($name: String!) { hello(name: $name) }",
        "variables": '{"name": "a + b & c"}',
        "operationName": "",
        "extensions": "",
    }
    answer = await client.get("/graphql", params=parameters, headers=GRAPHQL)
    head = await client.head("/graphql", params=parameters, headers=GRAPHQL)

    assert {"hello": "Hello a + b & c"} == (await answer.json(content_type=None))["data"]
    assert [200, b""] == [head.status, await head.read()]
    assert answer.headers["Content-Length"] == head.headers["Content-Length"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"quary": "{ hello }"},
        {"query": "{ hello }", "variables": "{"},
        {"query": "{ hello }", "variables": "[]"},
        {"query": "{ hello }", "extensions": "5"},
    ],
)
async def test_an_address_that_is_no_well_formed_request_is_400(client, parameters):
    answer = await client.get("/graphql", params=parameters, headers=JSON)

    assert 400 == answer.status
    assert "BAD_REQUEST" == code(await answer.json(content_type=None))


@pytest.mark.parametrize("headers", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    "parameters",
    [
        {"query": MUTATION},
        {"query": "mutation M { __typename } query Q { hello }", "operationName": "M"},
        {"query": "mutation { nothing }"},
    ],
)
async def test_a_mutation_by_get_is_405_and_not_executed(client, headers, parameters):
    answer = await client.get("/graphql", params=parameters, headers=headers)

    assert 405 == answer.status
    assert "POST" == answer.headers["Allow"]
    assert "METHOD_NOT_ALLOWED" == code(await answer.json(content_type=None))


async def test_a_query_beside_a_mutation_may_be_asked_by_get(client):
    parameters = {"query": "mutation M { __typename } query Q { hello }", "operationName": "Q"}
    answer = await client.get("/graphql", params=parameters, headers=JSON)

    assert {"hello": "Hello you"} == (await answer.json())["data"]


async def test_a_mutation_by_post_is_executed(client):
    _, _, body = await ask(client, MUTATION)

    assert {"rename": "1 A"} == body["data"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_are_405_in_graphqls_shape(client, method):
    answer = await client.request(method, "/graphql", json={"query": "{ hello }"})

    assert 405 == answer.status
    assert "GET, HEAD, POST" == answer.headers["Allow"]
    assert "METHOD_NOT_ALLOWED" == code(await answer.json())


async def long_body(size):
    yield b'{"query": "{ hello } #'
    for _ in range(size // 1000):
        yield b"x" * 1000
    yield b'"}'


@pytest.mark.parametrize("headers", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b'{"query": "{ hello } #' + b"x" * 20_000 + b'"}', None),
        (long_body, None),
        (gzip.compress(b'{"query": "{ hello } #' + b"x" * 20_000_000 + b'"}'), "gzip"),
    ],
    ids=["with its length", "in chunks", "compressed"],
)
async def test_a_body_over_the_limit_is_413_in_graphqls_shape(client, headers, body, encoding):
    """Read no further than the limit, announced or not, packed or not."""
    headers = {**headers, "Content-Type": "application/json"}
    if encoding:
        headers["Content-Encoding"] = encoding
    answer = await client.post("/graphql", data=body(30_000) if callable(body) else body, headers=headers)
    shape = await answer.json(content_type=None)

    assert (413, headers["Accept"]) == (answer.status, answer.content_type)
    assert {"code": "TOO_LARGE", "limit": 10_000} == shape["errors"][0]["extensions"]


async def test_a_compressed_body_is_read(client):
    answer = await client.post(
        "/graphql",
        data=gzip.compress(b'{"query": "{ hello }"}'),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )

    assert {"hello": "Hello you"} == (await answer.json())["data"]


async def test_a_body_that_is_not_packed_as_it_says_is_400(client):
    answer = await client.post(
        "/graphql", data=b"no gzip", headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}
    )

    assert 400 == answer.status
    assert "BAD_REQUEST" == code(await answer.json())


@pytest.mark.parametrize("headers", [JSON, GRAPHQL])
async def test_a_credential_that_is_not_believed_is_401(client, headers):
    """Whatever was asked, and even when the body is no request."""
    headers = {**headers, "Authorization": "Bearer bad"}
    status, content_type, body = await ask(client, "{ hello }", headers)
    answer = await client.get("/graphql", headers=headers)

    assert (401, headers["Accept"]) == (status, content_type)
    assert "UNAUTHENTICATED" == code(body)
    assert [401, "Bearer"] == [answer.status, answer.headers["WWW-Authenticate"]]


@pytest.mark.parametrize(
    ("problem", "status", "header"),
    [
        (Forbidden("account"), 403, None),
        (RateLimited(7), 429, ("Retry-After", "7")),
        (Unavailable("database"), 503, None),
    ],
    ids=repr,
)
async def test_other_problems_of_who_asks_have_their_own_status(aiohttp_client, problem, status, header):
    async def refuse(request: web.Request) -> object:
        raise problem

    client = await aiohttp_client(make_app(make_context=refuse))
    answer = await client.post("/graphql", json={"query": "{ hello }"}, headers=GRAPHQL)

    assert status == answer.status
    assert problem.extensions == (await answer.json(content_type=None))["errors"][0]["extensions"]
    assert header is None or header[1] == answer.headers[header[0]]


async def test_a_failure_outside_of_graphql_is_500_with_the_request_id(aiohttp_client, caplog):
    async def fail(request: web.Request) -> object:
        raise RuntimeError("the password is hunter2")

    @web.middleware
    async def named(request, handler):
        request["request_id"] = "req-9"
        return await handler(request)

    app = make_app(make_context=fail)
    app.middlewares.append(named)
    answer = await (await aiohttp_client(app)).post("/graphql", json={"query": "{ hello }"})

    assert 500 == answer.status
    assert {"code": "INTERNAL", "requestId": "req-9"} == (await answer.json())["errors"][0]["extensions"]
    assert "hunter2" not in await answer.text()
    assert "hunter2" in caplog.text


async def test_the_request_id_stands_in_masked_errors_of_fields(aiohttp_client):
    @web.middleware
    async def named(request, handler):
        request["request_id"] = request.headers["X-Request-Id"]
        return await handler(request)

    app = make_app()
    app.middlewares.append(named)
    client = await aiohttp_client(app)
    bodies = await asyncio.gather(*(ask(client, "{ broken }", {**JSON, "X-Request-Id": f"req-{i}"}) for i in range(5)))

    assert [f"req-{i}" for i in range(5)] == [b["errors"][0]["extensions"]["requestId"] for _, _, b in bodies]


async def test_an_answer_that_cannot_be_encoded_is_500_in_graphqls_shape(aiohttp_client, monkeypatch):
    app = make_app()
    monkeypatch.setattr("server.graphql.view.shape_of", lambda _: {"data": "\ud800"})
    answer = await (await aiohttp_client(app)).post("/graphql", json={"query": "{ hello }"})

    assert 500 == answer.status
    assert "INTERNAL" == code(await answer.json())


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=5,
)
QUERIES = st.sampled_from(
    [
        "query Q($n: Int!) { counted(number: $n) }",
        "query Q($n: ID!) { byIds(ids: [$n]) { id } }",
        "query Q($n: [ID!]!) { byIds(ids: $n) { id } }",
        "query Q($n: String!) { hello(name: $n) }",
        "query Q($n: Int) { page(first: $n) { nodes { id } } }",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.one_of(QUERIES, st.text()),
    variables=st.one_of(st.fixed_dictionaries({"n": VALUES}), VALUES),
    name=st.one_of(st.none(), st.text(max_size=3), VALUES),
)
async def test_no_request_makes_a_500(client, query, variables, name):
    """Whatever stands in it, each answer is GraphQL's shape, and the fault is never ours."""
    body = json.dumps({"query": query, "variables": variables, "operationName": name}).encode()
    answer = await client.post("/graphql", data=body, headers={**GRAPHQL, "Content-Type": "application/json"})
    shape = await answer.json(content_type=None)

    assert answer.status in {200, 400}
    assert set(shape) <= {"data", "errors", "extensions"}
    assert all(error["extensions"]["code"] != "INTERNAL" for error in shape.get("errors", ()))
