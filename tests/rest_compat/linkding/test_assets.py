"""Assets (LD section 15)."""

from __future__ import annotations

import gzip

import pytest
from aiohttp import FormData

from models import Asset
from rest_compat.linkding.assets import disposition
from schema.ports import Limits
from tests.factories import make_bookmark

KEYS = ["id", "bookmark", "date_created", "file_size", "asset_type", "content_type", "display_name", "status"]
NOTHING = (404, {"detail": "Bookmark does not exist"})
NO_FILE = (400, {"error": "No file provided."})
BOUNDARY = {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.fixture
async def path(ann):
    """Where the assets of a bookmark of Ann's are."""
    return f"/api/bookmarks/{(await make_bookmark(ann)).id}/assets/"


def one_file(data, name="a.txt", kind="text/plain"):
    form = FormData(quote_fields=False)
    form.add_field("file", data, filename=name, content_type=kind)
    return form


def part(disposition, data=b"x", *more):
    lines = b"\r\n".join([b"--b", b"Content-Disposition: form-data; " + disposition, *more])
    return lines + b"\r\n\r\n" + data + b"\r\n"


@pytest.mark.parametrize(
    ("data", "name", "kind", "stored_kind"),
    [
        (b"text\n", "a.txt", "text/plain", "text/plain"),
        (bytes(range(256)) * 4096, "b.bin", "Application/Octet-Stream", "application/octet-stream"),
        (gzip.compress(b"zipped", mtime=0), "c.gz", "application/gzip", "application/gzip"),
        (b"", "empty", "text/html; charset=utf-8", "text/html"),
        ("ä日本".encode(), "ä日本.txt", "text/plain; charset=latin-1", "text/plain"),
    ],
)
async def test_a_file_goes_round_unchanged(linkding, path, data, name, kind, stored_kind):
    """LD-AST-2, LD-AST-3, LD-AST-4, LD-AST-9, LD-AST-12: uploaded, listed, shown, downloaded, deleted."""
    bookmark = path.removesuffix("assets/")
    before = (await linkding.get(bookmark)).body["date_modified"]
    made = await linkding.post(f"{path}upload/", data=one_file(data, name, kind))
    own = f"{path}{made.body['id']}/"
    loaded = await linkding.get(f"{own}download/", headers={"Range": "bytes=0-1", "Accept": "image/png"})
    after_upload = (await linkding.get(bookmark)).body["date_modified"]

    assert (201, KEYS) == (made.status, list(made.body))
    assert [len(data), "upload", stored_kind, name, "complete"] == [
        made.body[key] for key in ("file_size", "asset_type", "content_type", "display_name", "status")
    ]
    assert int(bookmark.split("/")[3]) == made.body["bookmark"]
    assert [made.body] == (await linkding.get(path)).body["results"]
    assert made.body == (await linkding.get(own)).body
    assert (200, data, stored_kind) == (loaded.status, loaded.raw, loaded.headers["Content-Type"])
    assert disposition(name) == loaded.headers["Content-Disposition"]
    assert not {"Content-Length", "Content-Encoding", "Accept-Ranges"} & set(loaded.headers)
    assert 204 == (await linkding.delete(own)).status
    assert before < after_upload < (await linkding.get(bookmark)).body["date_modified"]
    assert (404, {"detail": "No BookmarkAsset matches the given query."}) == (await linkding.get(own)).seen


async def test_nobody_elses_assets_can_be_reached(linkding, linkding_ben, path, ann):
    """LD-AST-1: not even of a shared bookmark; an asset of another bookmark is no asset of this one."""
    made = await linkding.post(f"{path}upload/", data=one_file(b"x"))
    other = f"/api/bookmarks/{(await make_bookmark(ann, is_public=True)).id}/assets/"
    missing = (404, {"detail": "No BookmarkAsset matches the given query."})

    for method, tail in (("GET", ""), ("DELETE", ""), ("GET", "download/")):
        assert NOTHING == (await linkding_ben.request(method, f"{path}{made.body['id']}/{tail}")).seen
        assert missing == (await linkding.request(method, f"{other}{made.body['id']}/{tail}")).seen
    assert NOTHING == (await linkding_ben.get(path)).seen
    assert NOTHING == (await linkding_ben.get(other)).seen
    assert NOTHING == (await linkding_ben.post(f"{path}upload/", data=one_file(b"x"))).seen
    assert 1 == (await linkding.get(path)).body["count"]


async def test_the_last_of_several_files_is_kept(linkding, path):
    """LD-AST-4: texts and other files around it are passed over."""
    body = (
        part(b'name="text"')
        + part(b'name="file"; filename="first.txt"', b"1")
        + part(b'name="other"; filename="other.txt"', b"2")
        + part(b'name="file"; filename="last.txt"', b"3")
        + part(b'name="after"')
        + b"--b--\r\n"
    )
    made = await linkding.post(f"{path}upload/", data=body, headers=BOUNDARY)

    assert (201, "last.txt", "") == (made.status, made.body["display_name"], made.body["content_type"])
    assert b"3" == (await linkding.get(f"{path}{made.body['id']}/download/")).raw
    assert 1 == (await linkding.get(path)).body["count"]


@pytest.mark.parametrize(
    "body",
    [
        {"data": part(b'name="file"') + b"--b--\r\n", "headers": BOUNDARY},
        {"data": part(b'name="file"; filename=""') + b"--b--\r\n", "headers": BOUNDARY},
        {"data": part(b'name="file"; filename="/"') + b"--b--\r\n", "headers": BOUNDARY},
        {"data": part(b'name="file"; filename="dir/"') + b"--b--\r\n", "headers": BOUNDARY},
        {"data": part(b'name="file"; filename=".."') + b"--b--\r\n", "headers": BOUNDARY},
        {"data": part(b'name="file"; filename=" "') + b"--b--\r\n", "headers": BOUNDARY},
        {"data": part(b'name="other"; filename="x"') + b"--b--\r\n", "headers": BOUNDARY},
        {"data": b"--b--\r\n", "headers": BOUNDARY},
        {"json": {"file": "x"}},
        {"data": FormData({"file": "x"})},
        {},
        {"headers": BOUNDARY},
        {"headers": {"Content-Type": "text/plain"}},
    ],
)
async def test_a_body_without_a_file_is_told_so(linkding, path, body):
    """LD-AST-5."""
    assert NO_FILE == (await linkding.post(f"{path}upload/", **body)).seen


async def test_bodies_that_cannot_be_read_have_their_own_words(linkding, path):
    """LD-AST-5."""
    json = await linkding.post(f"{path}upload/", data=b"{", headers={"Content-Type": "application/json"})
    multipart = await linkding.post(f"{path}upload/", data=b"x", headers={"Content-Type": "multipart/form-data"})
    text = await linkding.post(f"{path}upload/", data=b"x", headers={"Content-Type": "text/plain"})

    assert (400, "JSON parse error") == (json.status, json.body["detail"].partition(" - ")[0])
    assert (400, "Multipart form parse error") == (multipart.status, multipart.body["detail"].partition(" - ")[0])
    assert (415, {"detail": 'Unsupported media type "text/plain" in request.'}) == text.seen


@pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionHeader")  # whose reading is not ours
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"../../etc/passwd", "passwd"),
        (rb"C:\\dir\\win.txt", "win.txt"),
        (rb"C:\dir\win.txt", "win.txt"),  # as browsers and curl send it
        (rb"\\host\share\win.txt", "win.txt"),
        (rb"C:\dir\a \"b\".txt", 'a "b".txt'),
        (b"a;b;c.txt", "a;b;c.txt"),
        (b"a b;c'd.txt", "a b;c'd.txt"),
        ("ä日本.txt".encode(), "ä日本.txt"),
        (b"caf\xe9.txt", "caf\ufffd.txt"),
    ],
)
async def test_directories_are_taken_from_the_name(linkding, path, sent, kept):
    """LD-AST-6."""
    body = part(b'name="file"; filename="' + sent + b'"') + b"--b--\r\n"
    made = await linkding.post(f"{path}upload/", data=body, headers=BOUNDARY)

    assert (201, kept) == (made.status, made.body["display_name"])


async def test_uploads_can_be_switched_off(serve, linkding, anonymous, path, ann):
    """LD-AST-7: said before bookmark and body are looked at, but after the credential; the rest works on."""
    made = await linkding.post(f"{path}upload/", data=one_file(b"x"))
    nobody = await serve(limits=Limits(asset_upload=False))
    client = nobody.as_(ann.secret)
    disabled = (403, {"error": "Asset upload is disabled."})

    assert disabled == (await client.post(f"{path}upload/", data=one_file(b"x"))).seen
    assert disabled == (await client.post("/api/bookmarks/999/assets/upload/", data=b"x")).seen
    assert 401 == (await nobody.post(f"{path}upload/")).status
    assert b"x" == (await client.get(f"{path}{made.body['id']}/download/")).raw
    assert 204 == (await client.delete(f"{path}{made.body['id']}/")).status


async def test_a_full_disk_is_told_so(linkding, path, ports):
    """LD-AST-8: and no row is left behind."""
    ports.files.broken = True
    answer = await linkding.post(f"{path}upload/", data=one_file(b"x"))

    assert (500, {"error": "Failed to upload asset."}) == answer.seen
    assert 0 == (await linkding.get(path)).body["count"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.txt", 'attachment; filename="a.txt"'),
        ('a"b\\c', 'attachment; filename="a\\"b\\\\c"'),
        ("a\nb\x7f", 'attachment; filename="a_b_"'),
        ("ä 日.txt", "attachment; filename=\"? ?.txt\"; filename*=UTF-8''%C3%A4%20%E6%97%A5.txt"),
    ],
)
def test_a_download_is_always_a_file_to_be_saved(name, header):
    """LD-AST-10: RFC 6266 in place of an encoded word."""
    assert header == disposition(name)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("text/html", "HTML snapshot from 01/02/2026.html"),
        ("application/pdf", "HTML snapshot from 01/02/2026.pdf"),
    ],
)
async def test_a_snapshot_has_the_name_of_its_type(linkding, path, kind, name):
    """LD-AST-10; and no page of a stranger may run in our name."""
    made = await linkding.post(f"{path}upload/", data=one_file(b"<p>", "x", kind))
    await Asset.filter(id=made.body["id"]).update(kind="snapshot", display_name="HTML snapshot from 01/02/2026")
    answer = await linkding.get(f"{path}{made.body['id']}/download/")

    assert f'attachment; filename="{name}"' == answer.headers["Content-Disposition"]
    assert ("nosniff", "sandbox") == (
        answer.headers["X-Content-Type-Options"],
        answer.headers["Content-Security-Policy"],
    )


async def test_bytes_that_are_not_there_are_not_found(linkding, path, ports):
    """LD-AST-11: a lost file and one that is still to come alike."""
    made = await linkding.post(f"{path}upload/", data=one_file(b"x"))
    own = f"{path}{made.body['id']}/"
    asset = await Asset.get(id=made.body["id"])
    ports.files.path(asset.sha256).unlink()
    lost = await linkding.get(f"{own}download/")
    await Asset.filter(id=asset.id).update(sha256=None, size=None, status="pending", content_type="")
    pending = await linkding.get(f"{own}download/")

    assert (404, {"detail": "Asset file does not exist"}) == lost.seen == pending.seen
    assert [None, "pending", ""] == [
        (await linkding.get(own)).body[key] for key in ("file_size", "status", "content_type")
    ]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_an_asset_cannot_be_changed(linkding, path, method):
    """LD-AST-13."""
    made = await linkding.post(f"{path}upload/", data=one_file(b"x"))

    assert 405 == (await linkding.request(method, f"{path}{made.body['id']}/", json={})).status


async def test_size_has_no_limit_of_its_own_but_may_be_given_one(serve, linkding, path, ann):
    """LD-AST-14: the limit of JSON bodies is not that of files."""
    small = (await serve(max_body_size=1024)).as_(ann.secret)
    limited = (await serve(limits=Limits(max_asset_size=1000))).as_(ann.secret)

    assert 201 == (await small.post(f"{path}upload/", data=one_file(b"x" * 3_000_000))).status
    assert 413 == (await limited.post(f"{path}upload/", data=one_file(b"x" * 1001))).status
    assert 201 == (await limited.post(f"{path}upload/", data=one_file(b"x" * 1000))).status
    assert 2 == (await linkding.get(path)).body["count"]


async def test_an_upload_that_breaks_off_leaves_nothing(linkding, path):
    body = part(b'name="file"; filename="a"', b"half")[:-2]
    answer = await linkding.post(f"{path}upload/", data=body, headers=BOUNDARY)

    assert 400 == answer.status
    assert 0 == (await linkding.get(path)).body["count"]
