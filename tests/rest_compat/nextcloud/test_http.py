"""What holds for every address: who may, how it is spelt, where it may be called from (NC sections 1 and 2)."""

from __future__ import annotations

import re

import pytest

from rest_compat.nextcloud.routes import BOOKMARKS, PLACES
from tests.factories import PASSWORD, make_bookmark, make_token
from tests.rest_compat.nextcloud.conftest import API, Cloud, basic, error, state

EXAMPLES = {"id": "1", "folder_id": "1", "old_name": "a"}
CALLS = [
    (method, re.sub(r"\{(\w+):[^}]*\}", lambda found: EXAMPLES[found[1]], endpoint.path).removeprefix("/"))
    for endpoint in BOOKMARKS
    for method in endpoint.methods
    if method not in endpoint.public  # the document for programs
]
WRONG = {
    "none": None,
    "wrong secret": basic("ann", "wrong"),
    "unknown name": basic("nobody", PASSWORD),
    "empty secret": basic("ann", ""),
    "no colon": "Basic YW5u",
    "not base64": "Basic ???",
    "not UTF-8": "Basic /zpheA==",
    "empty": "Basic",
    "a ticket of nobody": "Bearer nonsense",
    "another scheme": "Digest x",
    "linkding's scheme": "Token x",
}


@pytest.fixture
async def rows(cloud):
    """What the examples in the paths stand for."""
    await cloud.make_folder()
    await cloud.save(tags=["a"])


class TestNobody:
    """M01, D12, NC-2.2: 401 with a challenge and a JSON error at every address, uniformly."""

    @pytest.mark.parametrize(("method", "path"), CALLS)
    async def test_m01_every_address_asks_who_it_is(self, nobody, index, ann, rows, method, path):
        nobody.index = index
        before = await state(ann)
        answer = await nobody.call(method, path)

        assert error(401, "Please authenticate first") == answer.seen
        assert 'Basic realm="Nextcloud Bookmarks", charset="UTF-8"' == answer.headers["WWW-Authenticate"]
        assert before == await state(ann)

    @pytest.mark.parametrize("credential", WRONG.values(), ids=WRONG)
    async def test_m01_every_wrong_credential_is_401(self, nobody, index, ann, credential):
        nobody.index, nobody.credential = index, credential
        for method, path in (("GET", "bookmark"), ("POST", "bookmark"), ("GET", "tag"), ("GET", "folder/-1/hash")):
            assert 401 == (await nobody.call(method, path)).status

    @pytest.mark.parametrize("credential", ["basic {}", "BASIC {}", "Basic  {} ", "Basic {}"])
    async def test_a_right_one_may_be_written_carelessly(self, nobody, ann, credential):
        """NC-2.1: the account's own password, too."""
        for secret in (PASSWORD, ann.secret):
            nobody.credential = credential.format(basic("ann", secret).partition(" ")[2])

            assert 200 == (await nobody.get("bookmark")).status

    async def test_cookies_are_neither_needed_nor_given(self, cloud):
        answer = await cloud.get("bookmark", headers={"Cookie": "nc_session=x; polymark=y"})

        assert (200, False) == (answer.status, "Set-Cookie" in answer.headers)

    async def test_a_credential_that_may_only_read(self, nobody, ann):
        """403, and nothing is changed."""
        nobody.credential = basic("ann", await make_token(ann, "bookmarks:read"))
        before = await state(ann)

        assert 200 == (await nobody.get("bookmark")).status
        assert (
            error(403, "Insufficient permissions") == (await nobody.post("bookmark?url=https://a.example&title=T")).seen
        )
        assert error(403, "Insufficient permissions") == (await nobody.get("folder")).seen
        assert before == await state(ann)


async def test_the_rows_of_another_are_not_there(cloud_ben, ann, ben, rows):
    """Whatever is called with Ann's ids changes nothing of hers, and tells nothing of it."""
    row = await make_bookmark(ann, title="secret words", url="https://secret.example/")
    before = await state(ann)
    for method, path in CALLS:
        own = path.replace("1", str(row.id)) if path.startswith("bookmark/1") else path
        answer = await cloud_ben.call(method, own, json={"title": "x", "data": [], "new_name": "b", "name": "b"})

        assert answer.status < 500
        assert b"secret" not in answer.raw
    assert before == await state(ann)


class TestAddresses:
    @pytest.mark.parametrize(
        "path",
        [
            "bookmark/",
            "/bookmark",
            "bookmark//",
            "tag/",
            "folder/",
            "folder//-1/children",
            "folder/-1/children/",
            "lock/",
        ],
    )
    async def test_s17_odd_slashes_are_no_redirect(self, both, path):
        """S17, NC-1.4."""
        answer = await both.call("POST" if path == "lock/" else "GET", path)

        assert (200, False) == (answer.status, "Location" in answer.headers)

    @pytest.mark.parametrize("prefix", ["/", "//index.php"])
    async def test_s17_doubled_at_the_join(self, cloud, prefix):
        """S17: as a typed address with a slash at its end makes it."""
        head = f"GET {prefix}{API}/bookmark HTTP/1.1\r\nHost: x\r\nAuthorization: {cloud.credential}\r\n\r\n"

        assert 200 == (await cloud.client.raw(head.encode())).status

    async def test_s17_below_a_path_of_a_proxy(self, serve, ann, cloud_of):
        """S17, NC-1.3: and ids keep their spelling."""
        cloud = Cloud(await serve(base_url="https://home.example/cloud", odd_paths=True), cloud_of(ann).credential)
        assert "1" == (await cloud.save())["id"]
        for prefix, id in (("/cloud", "1"), ("/cloud/index.php", 1), ("/cloud//index.php", 1), ("/index.php", 1)):
            answer = await cloud.at("GET", f"{prefix}{API}/bookmark/1")
            assert id == answer.body["item"]["id"]
        for path in ("/ocs/v2.php/cloud/capabilities", "/status.php", "/index.php/ocs/v2.php/cloud/user"):
            assert 200 == (await cloud.at("GET", f"/cloud{path}")).status

    @pytest.mark.parametrize("path", ["", "nothing", "bookmark/1/nothing", "folder/1/2/3", "bookmarks", "v3/bookmark"])
    async def test_unknown_addresses(self, both, path):
        """NC section 4: in the shape of every error."""
        assert error(404, "Not found") == (await both.get(path)).seen

    async def test_methods_that_an_address_has_not(self, both):
        for method, path in (
            ("PATCH", "bookmark"),
            ("DELETE", "bookmark/export"),
            ("PUT", "lock"),
            ("POST", "bookmark/1"),
        ):
            assert error(405, "Method not allowed") == (await both.call(method, path)).seen

    async def test_head_is_get_without_a_body(self, both, rows):
        for path in ("bookmark", "folder/-1/children?layers=-1", "bookmark/export", "tag"):
            answer = await both.call("HEAD", path)

            assert (200, b"") == (answer.status, answer.raw)

    def test_every_place_is_also_below_index_php(self):
        """NC-1.2."""
        prefixes = [prefix for place in PLACES for prefix in place.prefixes]

        assert {f"/index.php{prefix}" for prefix in prefixes if not prefix.startswith("/index.php")} <= set(prefixes)


class TestOrigins:
    """S18, NC-1.6."""

    ORIGIN = "https://app.example"

    @pytest.mark.parametrize("path", ["bookmark", "bookmark/1", "folder/-1/hash", "lock", "nothing/here"])
    async def test_s18_a_preflight_of_anything_needs_nobody(self, serve, index, path):
        client = Cloud(await serve(origins=("*",)), None, index)
        asked = {"Origin": self.ORIGIN, "Access-Control-Request-Method": "PUT"}
        for headers in (asked, {"Origin": self.ORIGIN}):
            answer = await client.call("OPTIONS", path, headers=headers)

            assert 200 == answer.status
            assert {
                "Origin": self.ORIGIN,
                "Methods": "PUT, POST, GET, DELETE, PATCH",
                "Headers": "Authorization, Content-Type, Accept",
                "Credentials": "false",
            } == {
                name: answer.headers[f"Access-Control-Allow-{name}"]
                for name in ("Origin", "Methods", "Headers", "Credentials")
            }
            assert "1728000" == answer.headers["Access-Control-Max-Age"]

    async def test_s18_ordinary_answers_name_the_origin(self, serve, ann, cloud_of, index):
        """S18: errors too."""
        client = Cloud(await serve(origins=("*",)), cloud_of(ann).credential, index)
        for path, status in (("bookmark", 200), ("bookmark/999", 404), ("folder/-1/children", 200)):
            answer = await client.get(path, headers={"Origin": self.ORIGIN})

            assert (status, self.ORIGIN) == (answer.status, answer.headers["Access-Control-Allow-Origin"])
        client.credential = None
        assert (
            self.ORIGIN
            == (await client.get("bookmark", headers={"Origin": self.ORIGIN})).headers["Access-Control-Allow-Origin"]
        )
