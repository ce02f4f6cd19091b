"""schemathesis asks the live graph made-up things, every field of Query and Mutation: the server has no fault."""

from __future__ import annotations

import os
from collections import Counter

import pytest
import requests
import schemathesis
from graphql import StringValueNode
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from schema.execution.fields import global_id

EXAMPLES = int(os.environ.get("POLYMARK_TEST_EXAMPLES", "12"))  # for each field
# Values that can be read, and texts that cannot.
SCALARS = {
    "DateTime": st.datetimes().map(lambda moment: moment.isoformat() + "Z") | st.text(max_size=8),
    "UUID": st.uuids().map(str) | st.text(max_size=8),
    "BigInt": st.integers().map(str),
}


def ids_for(field: str) -> st.SearchStrategy[str]:
    """Mostly ids of what the field is about, there or not; some of other things, and some texts that are none."""
    about = "Tag" if field.endswith(("Tag", "Tags")) else "Asset" if field == "deleteAsset" else "Bookmark"
    kinds = ["Token" if field == "revokeToken" else about] * 12 + ["Bookmark", "Tag", "Asset", "Token", "User"]
    known = st.sampled_from([global_id(kind, number) for kind in kinds for number in (1, 2, 3, 99)])
    return st.integers(0, 9).flatmap(lambda die: st.text(max_size=8) if die == 0 else known)


def as_string(text: str) -> StringValueNode:
    """A string in a document."""
    return StringValueNode(value=text)


@pytest.fixture
def headers(live):
    """A library with a few things of each kind, and a token that revokeToken cannot meet: its number is 4."""
    first = {"Authorization": f"Token {live.token}"}

    def post(path, **body):
        answer = requests.post(f"{live.base}{path}", headers=first, timeout=30, **body)
        answer.raise_for_status()
        return answer.json()

    for number in (1, 2, 3):
        draft = {"url": f"https://{number}.example/", "title": f"Title {number}", "tag_names": ["all", f"tag {number}"]}
        id = post("/api/bookmarks/?disable_scraping", json=draft)["id"]
        post(f"/api/bookmarks/{id}/assets/upload/", files={"file": ("a.txt", b"text")})
        document = {"query": 'mutation { createToken(input: {name: "spare"}) { secret } }'}
        secret = post("/graphql", json=document)["data"]["createToken"]["secret"]
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def graph(live, headers):
    """The schema as schemathesis reads it from the server."""
    for name, texts in SCALARS.items():
        schemathesis.graphql.scalar(name, texts.map(as_string))
    return schemathesis.graphql.from_url(live.graphql, headers=headers)


@pytest.mark.slow
def test_made_up_operations_meet_no_fault(graph, headers, capsys):
    """No 5xx, no masked error, always 200 and JSON; whatever is refused has a code. Run with -s to see the counts."""
    asked: set[str] = set()
    codes: Counter[str] = Counter()
    for found in graph.get_all_operations():
        operation = found.ok()
        field = operation.definition.field_name
        asked.add(field)
        schemathesis.graphql.scalar("ID", ids_for(field).map(as_string))

        @seed(1)
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy())
        def meets_no_fault(case):
            answer = case.call(headers=headers)
            body = answer.json()
            mine = [error["extensions"]["code"] for error in body.get("errors", ())]
            codes.update(mine or ["none"])

            assert 200 == answer.status_code, (case.body, answer.text)
            assert "INTERNAL" not in mine, (case.body, answer.text)
            assert "data" in body or mine, (case.body, answer.text)

        meets_no_fault()
    with capsys.disabled():
        print(f"\nschemathesis: {len(asked)} fields, errors by code: {dict(codes)}")  # noqa: T201 - the figures

    assert {"bookmarks", "createBookmark", "deleteAsset", "setPreferences"} <= asked
    assert codes["none"] > sum(codes.values()) / 10
