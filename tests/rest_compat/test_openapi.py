"""The documents of the dialects are OpenAPI 3.1 and name every address there is."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import jsonschema_rs
import msgspec
import pytest

from rest_compat import DIALECTS
from rest_compat.openapi import JSON, PARAMETER, PATH, Answer, Document, Operation, write_document

DOCUMENT = Document("A title", "A summary.", {"bearer": {"type": "http", "scheme": "bearer"}})


class Query(msgspec.Struct, rename="camel"):
    """Parameters."""

    page_size: Annotated[int, msgspec.Meta(ge=1, le=9)] = 5
    is_new: Literal["true", "false"] | None = None
    q: str = msgspec.field(default="")


class Thing(msgspec.Struct, rename="camel"):
    """A thing."""

    name: str
    of_whom: str | None = None


def written(*operations):
    return write_document(DOCUMENT, operations)


def test_paths_lose_their_patterns_and_keep_their_parameters():
    one = Operation("GET", "/things/{id:[0-9]{1,3}}/parts/{part}", "Get.", {200: Answer("Done.")}, scopes=("a",))
    said = written(one)["paths"]["/things/{id}/parts/{part}"]["get"]

    assert ["id", "part"] == [parameter["name"] for parameter in said["parameters"]]
    assert "getThingsByIdPartsByPart" == said["operationId"]
    assert ["a"] == said["x-scopes"]
    assert "security" not in said


def test_members_of_the_query_become_parameters():
    said = written(Operation("GET", "/things", "Find.", {200: Answer("Done.", list[Thing])}, query=Query))
    parameters = {one["name"]: one for one in said["paths"]["/things"]["get"]["parameters"]}

    assert {"default": 5, "type": "integer", "minimum": 1, "maximum": 9} == parameters["pageSize"]["schema"]
    assert {"type": "boolean"} == parameters["isNew"]["schema"]
    assert {False} == {one["required"] for one in parameters.values()}
    assert [] == said["paths"]["/things"]["get"]["security"]


def test_bodies_and_answers_are_references_to_one_schema():
    said = written(Operation("POST", "/things", "Make.", {201: Answer("Made.", Thing)}, bodies={JSON: Thing}))
    operation = said["paths"]["/things"]["post"]

    assert {"$ref": "#/components/schemas/Thing"} == operation["requestBody"]["content"][JSON]["schema"]
    assert {"$ref": "#/components/schemas/Thing"} == operation["responses"]["201"]["content"][JSON]["schema"]
    assert ["name"] == said["components"]["schemas"]["Thing"]["required"]


PREFIXES = {"bkmark": "/api/v1", "linkding": "/api", "nextcloud": "/apps/bookmarks/public/rest/v2"}


@pytest.mark.parametrize("name", PREFIXES)
async def test_a_dialect_serves_its_document_to_everybody(anonymous, name):
    """With the address that it was asked for at, every schema sound, and every reference led somewhere."""
    answer = await anonymous.get(f"{PREFIXES[name]}/openapi.json")

    assert 200 == answer.status
    assert "3.1.0" == answer.body["openapi"]
    assert [{"url": f"http://links.example{PREFIXES[name]}"}] == answer.body["servers"]
    for schema in answer.body["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    named = {text.rpartition("/")[2] for text in re.findall(r'"#/components/schemas/[^"]+(?=")', answer.raw.decode())}
    assert named <= set(answer.body["components"]["schemas"])


@pytest.mark.parametrize("name", PREFIXES)
async def test_every_method_of_every_address_is_in_the_document(anonymous, name):
    (dialect,) = (one for one in DIALECTS if one.name == name)
    said = (await anonymous.get(f"{PREFIXES[name]}/openapi.json")).body["paths"]
    place = next(place for place in dialect.places if PREFIXES[name] in place.prefixes)
    there = {
        (PARAMETER.sub(r"{\1}", endpoint.path) or "/", method.lower())
        for endpoint in place.endpoints
        for method in endpoint.methods
        if endpoint.path != PATH
    }

    assert there == {(path, method) for path, methods in said.items() for method in methods}
