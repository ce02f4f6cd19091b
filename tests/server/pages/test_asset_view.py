"""Files as a browser shows them (LD-ASV-1)."""

from __future__ import annotations

import gzip

import pytest

from models import Asset, User
from schema.resolvers import asset_bytes, assets, trash
from server.pages.asset_view import MEDIA, PDF, PICTURE, SANDBOX, TO_BE_SAVED, policy_for
from tests.factories import make_bookmark, make_token

PAGE = b"<!DOCTYPE html><title>A</title><script>alert(1)</script>" + bytes(range(256)) * 3000


async def chunks(data):
    yield data


async def keep(person, data=PAGE, *, name="a.html", kind="text/html", packed=False, **draft):
    """A complete asset of a new bookmark."""
    ctx = await person.ctx()
    bookmark = await make_bookmark(person, **draft)
    if not packed:
        return await assets.upload(ctx, bookmark.id, name, kind, chunks(data))
    stored = await asset_bytes.store_packed(person.ports, chunks(data))
    return await assets.attach(ctx, bookmark.id, name, kind, stored, assets.SNAPSHOT)


async def share(person, sharing, public=None):
    await User.filter(id=person.user.id).update(
        enable_sharing=sharing, enable_public_sharing=sharing if public is None else public
    )


async def fetch(browser, path, **headers):
    """Status, headers and bytes, with the browser's cookies."""
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    answer = await browser.client.get(path, headers=headers | ({"Cookie": cookie} if cookie else {}))
    return answer.status, answer.headers, await answer.read()


@pytest.mark.parametrize("packed", [False, True])
async def test_the_owner_sees_the_bytes_as_they_came(signed_in, ann, ports, packed):
    """LD-ASV-1: inline, under a policy, whether they lie packed on the disk or not."""
    asset = await keep(ann, packed=packed, name="HTML snapshot from 01/02/2026" if packed else "a.html")
    status, headers, body = await fetch(signed_in, f"/assets/{asset.id}")
    name = "HTML snapshot from 01/02/2026.html" if packed else "a.html"
    lying = ports.files.path((await Asset.get(id=asset.id)).sha256).read_bytes()

    assert (200, PAGE, "text/html") == (status, body, headers["Content-Type"])
    assert f'inline; filename="{name}"' == headers["Content-Disposition"]
    assert SANDBOX == headers["Content-Security-Policy"]
    assert ("nosniff", "no-store", "no-referrer") == tuple(
        headers[key] for key in ("X-Content-Type-Options", "Cache-Control", "Referrer-Policy")
    )
    assert PAGE == (gzip.decompress(lying) if packed else lying)


@pytest.mark.parametrize(
    ("is_public", "sharing", "public_sharing", "to_ben", "to_all"),
    [
        (True, False, False, 404, 404),
        (True, True, False, 200, 404),
        (True, True, True, 200, 200),
        (True, False, True, 404, 404),
        (False, True, True, 404, 404),
    ],
)
async def test_others_see_what_is_shared_with_them(site, ann, ben, is_public, sharing, public_sharing, to_ben, to_all):
    """LD-ASV-1, and section 23, files: whoever may not see it is told what they are told of what is not there."""
    asset = await keep(ann, is_public=is_public)
    await share(ann, sharing, public_sharing)
    anybody, friend = await site(), await site()
    await friend.sign_in("ben")
    answers = [await fetch(one, f"/assets/{asset.id}") for one in (friend, anybody)]
    missing = [await fetch(one, "/assets/999999") for one in (friend, anybody)]

    assert [to_ben, to_all] == [status for status, _, _ in answers]
    assert [404, 404] == [status for status, _, _ in missing]
    for answer, none in zip(answers, missing, strict=True):
        assert answer[0] == 200 or ("text/html; charset=utf-8", none[2]) == (answer[1]["Content-Type"], answer[2])


async def test_an_account_that_was_switched_off_shares_nothing(browser, ann):
    """LD-ASV-1."""
    asset = await keep(ann, is_public=True)
    await share(ann, sharing=True)
    before = await fetch(browser, f"/assets/{asset.id}")
    await User.filter(id=ann.user.id).update(is_active=False)

    assert (200, 404) == (before[0], (await fetch(browser, f"/assets/{asset.id}"))[0])


async def test_tokens_do_not_open_it(browser, ann):
    """LD-ASV-1: a program has addresses of its own; a cookie is all that counts here."""
    asset = await keep(ann)
    token = await make_token(ann, "bookmarks:read")

    for header in (f"Token {token}", f"Bearer {token}"):
        assert 404 == (await fetch(browser, f"/assets/{asset.id}", Authorization=header))[0]


@pytest.mark.parametrize(
    "path", ["/assets/0", "/assets/-1", "/assets/abc", "/assets/99999999999999999999", "/assets/%D9%A3"]
)
async def test_what_is_no_asset_is_a_page_that_says_so(signed_in, path):
    """LD-ASV-1."""
    status, headers, _ = await fetch(signed_in, path)

    assert (404, "text/html; charset=utf-8") == (status, headers["Content-Type"])


async def test_what_is_in_the_trash_or_still_to_come_is_not_shown(signed_in, ann, ports):
    """LD-ASV-1: nor is one whose file is lost."""
    deleted, pending, lost = await keep(ann, is_public=True), await keep(ann, b"2"), await keep(ann, b"3")
    await share(ann, sharing=True)
    await trash.delete(await ann.ctx(), [deleted.bookmark_id])
    await Asset.filter(id=pending.id).update(status="pending", sha256=None, size=None)
    ports.files.path((await Asset.get(id=lost.id)).sha256).unlink()

    assert [404] * 3 == [(await fetch(signed_in, f"/assets/{one.id}"))[0] for one in (deleted, pending, lost)]


@pytest.mark.parametrize(
    ("kind", "policy"),
    [
        ("text/html", SANDBOX),
        ("application/xhtml+xml", SANDBOX),
        ("image/svg+xml", SANDBOX),
        ("text/xml", SANDBOX),
        ("application/xml", SANDBOX),
        ("application/atom+xml", SANDBOX),
        ("video/mp4", MEDIA),
        ("audio/ogg", MEDIA),
        ("application/pdf", PDF),
        ("image/png", PICTURE),
        ("image/webp", PICTURE),
        ("image/svg", None),
        ("text/plain", None),
        ("text/javascript", None),
        ("text/css", None),
        ("multipart/related", None),
        ("application/octet-stream", None),
        ("", None),
    ],
)
async def test_each_type_has_its_policy(signed_in, ann, kind, policy):
    """LD-ASV-1: what could run does so in a sandbox, and what no policy fits is not shown but saved."""
    asset = await keep(ann, b"x", name="a", kind=kind)
    status, headers, _ = await fetch(signed_in, f"/assets/{asset.id}")

    assert policy == policy_for(kind)
    assert (200, policy or TO_BE_SAVED) == (status, headers["Content-Security-Policy"])
    assert f'{"inline" if policy else "attachment"}; filename="a"' == headers["Content-Disposition"]
    assert (kind or "application/octet-stream") == headers["Content-Type"]


def test_no_policy_lets_a_script_run():
    """LD-ASV-1, hardened: linkding's ``sandbox allow-scripts`` is not here."""
    for policy in (SANDBOX, MEDIA, PDF, PICTURE, TO_BE_SAVED):
        assert "default-src 'none'" in policy
        assert not [word for word in ("allow-", "script-src", "connect-src", "http", "*") if word in policy]


async def test_a_video_is_sent_in_parts(signed_in, ann):
    """RFC 9110, section 14: players ask for them."""
    asset = await keep(ann, bytes(range(200)), name="a.mp4", kind="video/mp4")
    status, headers, body = await fetch(signed_in, f"/assets/{asset.id}", Range="bytes=10-19")

    assert (206, bytes(range(10, 20)), "bytes 10-19/200") == (status, body, headers["Content-Range"])


async def test_head_says_the_same_without_the_bytes(signed_in, ann):
    for packed in (False, True):
        asset = await keep(ann, packed=packed, name="a")
        cookie = "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items())
        answer = await signed_in.client.head(f"/assets/{asset.id}", headers={"Cookie": cookie})

        assert (200, b"", SANDBOX) == (answer.status, await answer.read(), answer.headers["Content-Security-Policy"])


@pytest.mark.parametrize("prefix", ["/my/cloud", ""])
async def test_it_is_found_below_the_base_path(site, ann, prefix):
    browser = await site(base_url="http://links.example/my/cloud")
    await browser.sign_in()
    asset = await keep(ann)

    assert 200 == (await fetch(browser, f"{prefix}/assets/{asset.id}"))[0]
