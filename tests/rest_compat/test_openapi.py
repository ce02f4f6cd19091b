"""The documents of the dialects are OpenAPI 3.1 and name every address there is."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest

from rest_compat.openapi import JSON, Answer, Document, Operation, write_document

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


@pytest.mark.parametrize("prefix", ["/api/v1"])
async def test_a_dialect_serves_its_document_to_everybody(anonymous, prefix):
    answer = await anonymous.get(f"{prefix}/openapi.json")

    assert 200 == answer.status
    assert "3.1.0" == answer.body["openapi"]
    assert [{"url": f"http://links.example{prefix}"}] == answer.body["servers"]
