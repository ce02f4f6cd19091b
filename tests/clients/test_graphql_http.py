"""The audits of npm's graphql-http against the program as it is served, with the real graph."""

import json
import os
import subprocess

import pytest

from tests.live import ROOT

pytestmark = pytest.mark.needs_node

AUDIT = ROOT / "tests" / "server" / "graphql" / "audit.mjs"


def test_all_audits_of_graphql_http_are_ok_on_the_real_server(live, node_packages, capsys):
    """61 of 61: what must, should and may be. Run with -s to see the count."""
    output = subprocess.run(  # noqa: S603 - our own program
        ["node", AUDIT, live.graphql],  # noqa: S607 - the Node of the machine
        env={**os.environ, "NODE_PACKAGES": str(node_packages)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    ).stdout
    audits = json.loads(output)
    ok = [audit for audit in audits if audit["status"] == "ok"]
    with capsys.disabled():
        print(f"\ngraphql-http: {len(ok)} of {len(audits)} audits ok on the real server")  # noqa: T201 - the figure

    assert [] == [audit for audit in audits if audit["status"] != "ok"]
    assert 61 == len(ok)
