"""schemathesis asks the REST doors made-up things, from the documents that they serve themselves.

No 5xx, no status and no body that the document does not know, whatever is sent.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EXAMPLES = int(os.environ.get("POLYMARK_TEST_EXAMPLES", "6"))  # for each method of each address
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PREFIXES = {"bkmark": "/api/v1", "linkding": "/api", "nextcloud": "/index.php/apps/bookmarks/public/rest/v2"}
# What must not be done to the library that the others ask about, or to the credential that they ask with.
NOBODYS = "01890000-0000-7000-8000-000000000000"
SPARED = {("delete", "/api-keys/{id}"), ("patch", "/api-keys/{id}"), ("delete", "/folder/deleted")}


@pytest.fixture
def live_settings(monkeypatch):
    """Nothing is counted: schemathesis asks faster than people do."""
    monkeypatch.setenv("POLYMARK_BKMARK_RATE_LIMIT", "0")
    monkeypatch.setenv("POLYMARK_FETCH_TIMEOUT", "0")


@pytest.fixture
def ids(live_settings, live):
    """A small library, and the ids in it: by door, by the parameter's name, or by the path's first word."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {live.token}"

    def post(path, body):
        answer = session.post(f"{live.base}{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    group = post("/api/v1/groups", {"name": "A group"})["id"]
    tag = post("/api/v1/tags", {"name": "a tag", "color": "green"})["id"]
    draft = {"title": "T", "description": "d", "tagNames": ["a tag"], "groupIds": [group]}
    uids = [post("/api/v1/bookmarks", draft | {"url": f"https://{number}.example/"})["id"] for number in range(3)]
    hook = post("/api/v1/webhooks", {"url": "https://hooks.example/x", "events": ["tag.created"]})["id"]
    known = {
        "bookmarks": uids,
        "tags": [tag],
        "tagId": [tag],
        "groups": [group],
        "groupId": [group],
        "webhooks": [hook],
    }
    return known | {"linkding": ["1", "2", "3", "99"], "nextcloud": ["-1", "1", "2", "3", "99"]}


TEXTS = st.text(min_size=1, max_size=8).filter(lambda text: text not in {".", ".."})


def parameters(ids, door, path):
    """Mostly ids that there are, for the parameters of a path."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    said = [ids.get(door) or ids.get(name) or ids.get(path.split("/")[1], [NOBODYS]) for name in names]
    some = [st.sampled_from([*known * 3, NOBODYS]) | TEXTS for known in said]
    return st.fixed_dictionaries(dict(zip(names, some, strict=True)))


@pytest.mark.slow
@pytest.mark.parametrize("name", PREFIXES)
def test_made_up_requests_meet_no_fault(live, ids, name, capsys):
    headers = {"Authorization": f"Bearer {live.token}"}
    schema = schemathesis.openapi.from_url(f"{live.base}{PREFIXES[name]}/openapi.json")
    statuses: Counter[int] = Counter()
    asked = 0
    for one in schema.get_all_operations():
        operation = one.ok()
        if (operation.method.lower(), operation.path) in SPARED:
            continue
        asked += 1

        @seed(1)
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy(), parameters(ids, name, operation.path))
        def meets_no_fault(case, found):
            case.path_parameters = found
            answer = case.call(headers=headers)
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        meets_no_fault()
    with capsys.disabled():
        print(f"\nschemathesis: {name}, {asked} methods, answers by status: {dict(statuses)}")  # noqa: T201 - the figures

    assert asked > 20
    assert statuses[200] + statuses[201] + statuses[204] > sum(statuses.values()) / 10
