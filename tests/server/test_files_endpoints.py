"""Bytes over HTTP: pictures for everybody, assets by signed addresses."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web

from models import Asset, Bookmark, Change, User
from schema.errors import NotFound, Problem
from schema.resolvers import assets, trash
from schema.resolvers.asset_bytes import store_packed
from server.files import _STATUS, _WORDS, add_file_routes, content_disposition
from server.outside.files import DiskFiles
from server.outside.signing import SignedPaths
from server.request_log import install_request_log
from server.signing import Permit, Signer
from tests.factories import make_bookmark

KEY = b"k" * 64
BYTES = bytes(range(256)) * 4


@pytest.fixture
def ports(ports, tmp_path):
    """With real files and a limit."""
    return replace(ports, files=DiskFiles(tmp_path), limits=replace(ports.limits, max_asset_size=1_000_000))


@pytest.fixture
def signing(ports):
    return SignedPaths(Signer(KEY, ports.clock), ports.clock)


@pytest.fixture
def start(aiohttp_client):
    """Starts a server with just these routes."""

    async def start(ports):
        app = web.Application()
        install_request_log(app)
        add_file_routes(app, ports, Signer(KEY, ports.clock))
        return await aiohttp_client(app)

    return start


@pytest.fixture
async def client(ann, ports, start):
    return await start(ports)


async def chunks(*parts):
    for part in parts:
        yield part


async def announce(person, **given):
    bookmark = await make_bookmark(person)
    return await assets.announce(
        await person.ctx(), bookmark.id, given.get("name", "a.bin"), given.get("type", "application/x-a")
    )


async def keep(person, data=BYTES, name="a.bin", content_type="application/x-a"):
    """An asset that is complete."""
    bookmark = await make_bookmark(person)
    return await assets.upload(await person.ctx(), bookmark.id, name, content_type, chunks(data))


def path_for(signing, person, asset, method):
    return signing.sign(person.user.id, asset.id, method).path


async def refusal(response, status):
    """The refusal's words, after a look at its shape."""
    assert status == response.status
    assert "nosniff" == response.headers["X-Content-Type-Options"]
    body = await response.json()
    assert ["error"] == list(body)
    return body["error"]


async def test_bytes_that_were_put_can_be_got(ann, client, signing):
    """Both by addresses that were signed for just that."""
    asset = await announce(ann, name="naïve “report”.html", type="text/html; charset=utf-8")
    put = await client.put(path_for(signing, ann, asset, "PUT"), data=BYTES, headers={"Content-Type": "image/png"})
    got = await client.get(path_for(signing, ann, asset, "GET"))

    assert 201 == put.status
    assert {"id": asset.id, "status": "complete", "size": 1024} == await put.json()
    assert (200, BYTES) == (got.status, await got.read())
    assert "text/html" == got.headers["Content-Type"]
    assert "1024" == got.headers["Content-Length"]
    assert "bytes" == got.headers["Accept-Ranges"]
    assert "sandbox" == got.headers["Content-Security-Policy"]
    assert "nosniff" == got.headers["X-Content-Type-Options"]
    assert "private" == got.headers["Cache-Control"]
    assert (
        "attachment; filename=\"na_ve _report_.html\"; filename*=UTF-8''na%C3%AFve%20%E2%80%9Creport%E2%80%9D.html"
        == got.headers["Content-Disposition"]
    )


async def test_an_upload_is_streamed_however_it_is_sent(ann, client, signing):
    """Without a Content-Length too; more than aiohttp would read into memory passes."""
    data = b"x" * 900_000
    asset = await announce(ann)
    put = await client.put(path_for(signing, ann, asset, "PUT"), data=chunks(data[:500_000], data[500_000:]))
    row = await Asset.get(id=asset.id)

    assert 201 == put.status
    assert (900_000, hashlib.sha256(data).hexdigest()) == (row.size, row.sha256)


async def test_an_empty_upload_is_an_empty_file(ann, client, signing):
    asset = await announce(ann)
    put = await client.put(path_for(signing, ann, asset, "PUT"), data=b"")
    got = await client.get(path_for(signing, ann, asset, "GET"))

    assert (201, 0) == (put.status, (await put.json())["size"])
    assert (200, b"") == (got.status, await got.read())


async def test_an_upload_is_logged_as_the_owners_change(ann, client, signing):
    asset = await announce(ann)
    await client.put(path_for(signing, ann, asset, "PUT"), data=b"x")
    last = await Change.all().order_by("-id").first()

    assert (ann.user.id, "asset", asset.id, "update") == (last.owner_id, last.entity, last.entity_id, last.operation)


async def test_bytes_are_brought_once(ann, client, signing):
    asset = await announce(ann)
    path = path_for(signing, ann, asset, "PUT")
    first = await client.put(path, data=b"first")
    second = await client.put(path, data=b"second")
    got = await client.get(path_for(signing, ann, asset, "GET"))

    assert 201 == first.status
    assert "The bytes are here already." == await refusal(second, 409)
    assert b"first" == await got.read()


@pytest.mark.parametrize("length", ["told", "not told"])
async def test_too_much_is_refused_and_nothing_is_kept(ann, client, signing, tmp_path, length):
    asset = await announce(ann)
    data = b"x" * 1_000_001
    put = await client.put(
        path_for(signing, ann, asset, "PUT"), data=data if length == "told" else chunks(data[:500_000], data[500_000:])
    )

    assert "The body is too large." == await refusal(put, 413)
    assert "pending" == (await Asset.get(id=asset.id)).status
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]


async def test_an_encoded_body_is_refused(ann, client, signing):
    """Else what is kept would not be what was sent, and a small body could become a very large file."""
    asset = await announce(ann)
    put = await client.put(
        path_for(signing, ann, asset, "PUT"), data=b"x" * 100, headers={"Content-Encoding": "gzip"}, compress=False
    )

    assert "The body must come without a content encoding." == await refusal(put, 415)


async def test_an_upload_that_breaks_off_leaves_nothing(ann, client, signing, tmp_path):
    """The asset stays pending, so the bytes may be brought again."""
    asset = await announce(ann)
    path = path_for(signing, ann, asset, "PUT")
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n".encode() + b"x" * 500)
    await writer.drain()
    writer.write_eof()
    await reader.read()
    writer.close()
    again = await client.put(path, data=b"all of it")

    assert 201 == again.status
    assert [b"all of it"] == [
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size
    ]


async def test_a_body_that_is_no_http_is_refused(ann, client, signing):
    asset = await announce(ann)
    path = path_for(signing, ann, asset, "PUT")
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"PUT {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n".encode())
    answer = await reader.readuntil(b"\r\n")
    writer.close()

    assert b"400" == answer.split()[1]
    assert "pending" == (await Asset.get(id=asset.id)).status


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_a_wrong_address_says_nothing_but_that(ann, ben, client, ports, signing, method):
    """Forged, signed by another key, for the other method, or by somebody whose account is closed: all the same."""
    asset = await keep(ann) if method == "GET" else await announce(ann)
    prefix, other = ("/files/", "PUT") if method == "GET" else ("/uploads/", "GET")
    good = path_for(signing, ann, asset, method)
    foreign_key = Signer(b"x" * 64, ports.clock).sign(Permit(ann.user.id, asset.id, method))
    wrong_method = Signer(KEY, ports.clock).sign(Permit(ann.user.id, asset.id, other))
    closed = path_for(signing, ben, asset, method)
    await User.filter(id=ben.user.id).update(is_active=False)
    said = {
        await refusal(await client.request(method, path), 403)
        for path in (f"{prefix}x", good + "x", prefix + foreign_key, prefix + wrong_method, closed)
    }

    assert {"This address may not be used."} == said


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_an_address_is_good_for_ten_minutes(ann, client, ports, signing, method):
    asset = await keep(ann)
    signed = signing.sign(ann.user.id, asset.id, method)
    before = ports.clock.now()
    ports.clock.forward(minutes=10)
    late = await client.request(method, signed.path)

    assert timedelta(minutes=9, seconds=59) < signed.expires_at - before <= timedelta(minutes=10)
    assert "This address has expired." == await refusal(late, 410)


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_a_foreign_asset_is_a_missing_one(ann, ben, client, signing, method):
    """A signature opens its signer's own assets only, so a mistake in making one opens nothing."""
    asset = await keep(ann)
    foreign = await client.request(
        method, path_for(signing, ben, asset, method), data=b"x" if method == "PUT" else None
    )
    missing = await client.request(method, signing.sign(ben.user.id, 999_999, method).path)

    assert await refusal(foreign, 404) == await refusal(missing, 404)


async def test_an_asset_in_the_trash_is_a_missing_one(ann, client, signing):
    asset = await keep(ann)
    await trash.delete(await ann.ctx(), [asset.bookmark_id])
    got = await client.get(path_for(signing, ann, asset, "GET"))

    assert "There is nothing here." == await refusal(got, 404)


async def test_an_asset_without_its_bytes_is_a_missing_one(ann, client, ports, signing):
    """Pending, or its file lost."""
    pending, lost = await announce(ann), await keep(ann)
    ports.files.path(lost.sha256).unlink()
    for asset in (pending, lost):
        got = await client.get(path_for(signing, ann, asset, "GET"))

        assert "There is nothing here." == await refusal(got, 404)


async def test_where_uploads_are_switched_off_downloads_still_work(ann, ports, signing, start):
    pending, asset = await announce(ann), await keep(ann)
    client = await start(replace(ports, limits=replace(ports.limits, asset_upload=False)))
    put = await client.put(path_for(signing, ann, pending, "PUT"), data=b"x")
    got = await client.get(path_for(signing, ann, asset, "GET"))

    assert "This address may not be used." == await refusal(put, 403)
    assert 200 == got.status


@pytest.mark.parametrize(
    ("asked", "status", "said", "sent"),
    [
        ("bytes=0-9", 206, "bytes 0-9/1024", BYTES[:10]),
        ("bytes=1000-", 206, "bytes 1000-1023/1024", BYTES[1000:]),
        ("bytes=-24", 206, "bytes 1000-1023/1024", BYTES[1000:]),
        ("bytes=1020-5000", 206, "bytes 1020-1023/1024", BYTES[1020:]),
        ("bytes=1024-", 416, "bytes */1024", b""),
        ("bytes=nonsense", 416, "bytes */1024", b""),
    ],
)
async def test_parts_of_a_file_can_be_had(ann, client, signing, asked, status, said, sent):
    """RFC 9110, section 14: what a download that broke off, or a video player, asks for."""
    asset = await keep(ann)
    got = await client.get(path_for(signing, ann, asset, "GET"), headers={"Range": asked})

    assert (status, said, sent) == (got.status, got.headers["Content-Range"], await got.read())
    assert "attachment" == got.headers["Content-Disposition"].partition(";")[0]
    assert "sandbox" == got.headers["Content-Security-Policy"]


async def test_head_tells_what_get_would_send(ann, client, signing):
    asset = await keep(ann)
    path = path_for(signing, ann, asset, "GET")
    head, got = await client.head(path), await client.get(path)
    names = ("Content-Type", "Content-Length", "Content-Disposition", "ETag", "Accept-Ranges")

    assert (200, b"") == (head.status, await head.read())
    assert [got.headers[name] for name in names] == [head.headers[name] for name in names]


@pytest.mark.parametrize("content_type", ["", "nonsense", "text/html\r\nX: y", "text/plain, a/b", "a/b" * 100])
async def test_a_type_that_is_none_is_sent_as_plain_bytes(ann, client, signing, content_type):
    """What an uploader calls the file cannot become a header of its own."""
    asset = await keep(ann)
    await Asset.filter(id=asset.id).update(content_type=content_type)
    got = await client.get(path_for(signing, ann, asset, "GET"))

    assert (200, "application/octet-stream") == (got.status, got.headers["Content-Type"])
    assert "X" not in got.headers


@pytest.mark.parametrize("content_type", ["text/html\r\nX: y", "text/html\nX: y", "a\u2028b", "\x7f"])
async def test_a_type_that_could_be_no_header_is_not_kept(ann, content_type):
    """Whichever door it came through: every door sends it in a header later."""
    assert "" == (await announce(ann, type=content_type)).content_type


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("plain.txt", 'attachment; filename="plain.txt"'),
        ("two words.txt", 'attachment; filename="two words.txt"'),
        ('a"b\\c.txt', "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%5Cc.txt"),
        ("50%.txt", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"),
        ("ü\r\nX: y", "attachment; filename=\"___X: y\"; filename*=UTF-8''%C3%BC%0D%0AX%3A%20y"),
    ],
)
def test_a_name_is_told_to_old_and_new_clients(name, header):
    """RFC 6266, section 4.3: ``filename`` in ASCII, ``filename*`` when that is not the name."""
    assert header == content_disposition(name)


async def picture(person, ports, column="favicon"):
    """A bookmark's picture: its name and its bytes."""
    stored = await ports.files.store(chunks(b"RIFF....WEBP"))
    bookmark = await make_bookmark(person)
    await Bookmark.filter(id=bookmark.id).update(**{column: f"{stored.sha256}.webp"})
    return f"{stored.sha256}.webp"


@pytest.mark.parametrize("column", ["favicon", "preview_image"])
async def test_pictures_of_bookmarks_are_for_everybody_and_for_ever(ann, client, ports, column):
    name = await picture(ann, ports, column)
    got = await client.get(f"/static/{name}")
    again = await client.get(f"/static/{name}", headers={"If-None-Match": got.headers["ETag"]})

    assert (200, b"RIFF....WEBP") == (got.status, await got.read())
    assert "image/webp" == got.headers["Content-Type"]
    assert "public, max-age=31536000, immutable" == got.headers["Cache-Control"]
    assert "nosniff" == got.headers["X-Content-Type-Options"]
    assert (304, b"") == (again.status, await again.read())


async def test_an_upload_is_no_picture(ann, client, ports):
    """Whoever knows the hash of somebody's file cannot fetch it, nor learn that it is here."""
    asset = await keep(ann)
    name = await picture(ann, ports)
    for wrong in (
        asset.sha256,
        f"{asset.sha256}.webp",
        name.removesuffix(".webp"),
        f"{'0' * 64}.webp",
        "..%2f..%2fsecret.key",
        f"{name}.webp",
        ".webp",
        "%00.webp",
    ):
        got = await client.get(f"/static/{wrong}")

        assert "There is nothing here." == await refusal(got, 404), wrong


async def test_a_picture_whose_file_is_lost_is_a_missing_one(ann, client, ports):
    name = await picture(ann, ports)
    ports.files.path(name.removesuffix(".webp")).unlink()

    assert "There is nothing here." == await refusal(await client.get(f"/static/{name}"), 404)


def test_every_problem_has_a_status_and_words():
    assert set(Problem.__subclasses__()) == set(_STATUS)
    assert set(_WORDS) == {*_STATUS.values(), 410}
    assert 404 == _STATUS[NotFound]


PAGE = b"<title>Kept</title>" + b"<p>words " * 50_000


@pytest.fixture
async def snapshot(ann, ports):
    """A complete snapshot, which lies packed."""
    bookmark = await make_bookmark(ann)
    stored = await store_packed(ports, chunks(PAGE))
    ctx = await ann.ctx()
    return await assets.attach(
        ctx, bookmark.id, "HTML snapshot from 01/02/2026", "text/html", stored, kind=assets.SNAPSHOT
    )


async def test_a_packed_file_is_given_as_it_was(ann, client, signing, snapshot):
    """Whole, also to who asks for a part; its name has an extension, and no slashes for a system to trip over."""
    path = path_for(signing, ann, snapshot, "GET")
    got = await client.get(path)
    part = await client.get(path, headers={"Range": "bytes=0-9", "Accept-Encoding": "identity"})
    head = await client.head(path)

    assert (200, PAGE) == (got.status, await got.read())
    assert (200, PAGE) == (part.status, await part.read())
    assert (200, b"") == (head.status, await head.read())
    for answer in (got, part, head):
        assert "Content-Encoding" not in answer.headers
        assert (str(len(PAGE)), "none") == (answer.headers["Content-Length"], answer.headers["Accept-Ranges"])
        assert ("text/html", "sandbox") == (answer.headers["Content-Type"], answer.headers["Content-Security-Policy"])
        assert 'attachment; filename="HTML snapshot from 01-02-2026.html"' == answer.headers["Content-Disposition"]


async def test_who_has_a_packed_file_is_not_sent_it_again(ann, client, signing, snapshot):
    path = path_for(signing, ann, snapshot, "GET")
    etag = (await client.get(path)).headers["ETag"]
    known = await client.get(path, headers={"If-None-Match": f'"other", {etag}'})
    other = await client.get(path, headers={"If-None-Match": '"other"'})

    assert (304, b"", etag) == (known.status, await known.read(), known.headers["ETag"])
    assert 200 == other.status


async def test_a_packed_file_that_is_lost_or_not_there_yet_is_not_found(ann, client, signing, ports, snapshot):
    path = path_for(signing, ann, snapshot, "GET")
    ports.files.path((await Asset.get(id=snapshot.id)).sha256).unlink()
    lost = await client.get(path)
    await Asset.filter(id=snapshot.id).update(sha256=None, size=None, status="pending")
    pending = await client.get(path)

    assert "There is nothing here." == await refusal(lost, 404) == await refusal(pending, 404)


async def test_no_bytes_can_be_put_to_a_pending_snapshot(ann, client, signing, snapshot):
    """It is its job that brings them."""
    await Asset.filter(id=snapshot.id).update(sha256=None, size=None, status="pending")
    put = await client.put(path_for(signing, ann, snapshot, "PUT"), data=b"x")

    await refusal(put, 404)
    assert "pending" == (await Asset.get(id=snapshot.id)).status
