"""S10, S11, C08: what a program asks before it asks for bookmarks (NC sections 12 and 14)."""

from __future__ import annotations

import pytest

from schema.resolvers import login_flows
from tests.rest_compat.nextcloud.conftest import SUCCESS, basic, error

CREDENTIALS = [None, basic("ann", "wrong"), "Basic ???", "Bearer nonsense", "Nonsense"]


@pytest.mark.parametrize("credential", [*CREDENTIALS, "right"])
@pytest.mark.parametrize(("version", "code"), [("v2", 200), ("v1", 100)])
async def test_s10_capabilities_for_whoever_asks(both, credential, version, code):
    """S10: exact names, and never a ``hash-function``."""
    headers = {"OCS-APIRequest": "true"}
    if credential != "right":
        both.credential = None
        headers |= {"Authorization": credential} if credential else {}
    answer = await both.at("GET", f"/ocs/{version}.php/cloud/capabilities?format=json", headers=headers)

    assert 200 == answer.status
    assert {"status": "ok", "statuscode": code, "message": "OK"} == answer.body["ocs"]["meta"]
    assert {
        "version": {"major": 32, "minor": 0, "micro": 0, "string": "32.0.0", "edition": "", "extendedSupport": False},
        "capabilities": {
            "bookmarks": {"javascript-bookmarks": True, "hash-functions": ["xxh32", "murmur3a", "sha256"]}
        },
    } == answer.body["ocs"]["data"]
    assert b'"hash-function"' not in answer.raw


async def test_c08_status(nobody):
    """C08: for nobody too."""
    assert {
        "installed": True, "maintenance": False, "needsDbUpgrade": False, "version": "32.0.0.0",
        "versionstring": "32.0.0", "edition": "", "productname": "Polymark", "extendedSupport": False,
    } == (await nobody.at("GET", "/status.php")).body  # fmt: skip
    assert 200 == (await nobody.at("GET", "/index.php/status.php")).status


async def test_c08_who_i_am(both, nobody):
    """C08."""
    data = (await both.at("GET", "/ocs/v2.php/cloud/user?format=json")).body["ocs"]["data"]

    assert ("ann", "ann", "ann") == (data["id"], data["display-name"], data["displayname"])
    assert error(401, "Please authenticate first") == (await nobody.at("GET", "/ocs/v2.php/cloud/user")).seen


class TestLoginFlow:
    """S11."""

    async def begin(self, nobody, **options):
        answer = await nobody.at("POST", "/login/v2", **options)

        assert 200 == answer.status
        return answer.body

    async def poll(self, nobody, token):
        return await nobody.at("POST", "/login/v2/poll", data={"token": token})

    async def test_s11_from_the_first_question_to_the_first_bookmark(self, nobody, ann, anonymous, ports):
        """S11: begin, poll in vain, be let in, poll once, poll in vain; the password signs in."""
        begun = await self.begin(nobody, headers={"User-Agent": "floccus"})
        token, flow = begun["poll"]["token"], begun["login"].rpartition("/")[2]
        assert (128, True) == (len(token), begun["login"].endswith(f"/login/v2/flow/{flow}"))
        assert (404, []) == (await self.poll(nobody, token)).seen
        assert "floccus" == (await login_flows.find(ports, flow)).client

        await login_flows.grant(await ann.ctx(), flow)
        granted = await self.poll(nobody, token)
        assert (200, "ann", "http://links.example") == (
            granted.status, granted.body["loginName"], granted.body["server"],
        )  # fmt: skip
        assert (404, []) == (await self.poll(nobody, token)).seen

        nobody.credential = basic("ann", granted.body["appPassword"])
        assert SUCCESS == (await nobody.post("lock")).seen

    @pytest.mark.parametrize("token", ["", "nonsense", "\ud800", "x" * 10_000])
    async def test_s11_a_token_of_nobody(self, nobody, token):
        answer = await nobody.at("POST", "/login/v2/poll", json={"token": token})

        assert (404, []) == answer.seen
        assert (404, []) == (await nobody.at("POST", "/index.php/login/v2/poll")).seen

    @pytest.mark.parametrize("prefix", ["", "/index.php"])
    async def test_s11_addresses_are_those_that_the_client_uses(self, serve, nobody, prefix):
        """S11, NC-1.3: host, forwarded scheme and host and path, and a base address in the settings."""
        begun = (await nobody.at("POST", f"{prefix}/login/v2")).body
        assert "http://links.example/login/v2/poll" == begun["poll"]["endpoint"]

        nobody.client = await serve(trusted_proxies=("127.0.0.0/8",))
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "home.example"}
        begun = (await nobody.at("POST", f"{prefix}/login/v2", headers=forwarded)).body
        assert "https://home.example/login/v2/poll" == begun["poll"]["endpoint"]
        assert begun["login"].startswith("https://home.example/login/v2/flow/")

        nobody.client = await serve(base_url="https://set.example/cloud")
        begun = (await nobody.at("POST", f"{prefix}/login/v2")).body
        assert "https://set.example/cloud/login/v2/poll" == begun["poll"]["endpoint"]

    async def test_s11_too_many_from_one_place(self, nobody):
        """In this door's shape, with ``Retry-After``."""
        answers = [await nobody.at("POST", "/login/v2") for _ in range(61)]

        assert ([200] * 60, 429) == ([answer.status for answer in answers[:60]], answers[60].status)
        assert "error" == answers[60].body["status"]
        assert int(answers[60].headers["Retry-After"]) > 0


class TestTicket:
    """C06 (NC-2.4): whoever signs in by password is handed a ticket; lists of tags have no place for one."""

    CALLS = (
        ("GET", "bookmark"), ("GET", "bookmark/1"), ("PUT", "bookmark/1"), ("POST", "bookmark?url=https://b.example&title=T"),
        ("POST", "bookmark/click?url=https://b.example"), ("GET", "bookmark/totalClicks"), ("GET", "folder"),
        ("GET", "folder/-1"), ("GET", "folder/-1/children"), ("GET", "folder/-1/childorder"), ("GET", "folder/-1/hash"),
        ("POST", "lock"), ("DELETE", "lock"), ("DELETE", "bookmark/1"),
    )  # fmt: skip

    async def test_c06_every_answer_brings_one(self, cloud, ann):
        await cloud.save()
        headers = {"Authorization": cloud.credential}
        for method, path in self.CALLS:
            answer = await cloud.client.request(method, f"/apps/bookmarks/public/rest/v2/{path}", headers=headers)
            ticket = answer.body["ticket"]

            assert (200, "success") == (answer.status, answer.body["status"])
        cloud.credential = f"Bearer {ticket}"

        assert SUCCESS == (await cloud.post("lock")).seen
        assert b"ticket" not in (await cloud.get("bookmark")).raw
        assert [] == (await cloud.get("tag")).body

    async def test_c06_a_stale_one_is_401(self, cloud, ports):
        cloud.credential = f"Bearer {(await cloud.get('folder')).raw.decode().partition('ticket')[2].split(chr(34))[2]}"
        assert 200 == (await cloud.get("folder")).status

        ports.clock.forward(hours=1, seconds=1)
        assert error(401, "Please authenticate first") == (await cloud.get("folder")).seen

    async def test_errors_bring_none(self, cloud):
        assert b"ticket" not in (await cloud.get("bookmark/999")).raw
