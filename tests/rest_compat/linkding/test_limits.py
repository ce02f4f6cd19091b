"""How much is taken (LD section 25), and what never makes an error."""

from __future__ import annotations

import gzip

import pytest
from aiohttp import FormData

from tests.factories import make_bookmark

POST = "/api/bookmarks/?disable_scraping"


async def test_a_json_body_of_twelve_megabytes_is_accepted(linkding):
    """Section 25, JSON body."""
    answer = await linkding.post(POST, json={"url": "https://a.example", "notes": "x" * 12_000_000})

    assert (201, 12_000_000) == (answer.status, len(answer.body["notes"]))


@pytest.mark.parametrize("kind", ["json", "form", "multipart", "chunked", "gzip"])
async def test_a_larger_body_than_the_limit_is_refused(serve, ann, kind):
    """413 in our shape, whether or not the request says how long it is."""
    client = (await serve(max_body_size=10_000)).as_(ann.secret)
    long = "x" * 20_000
    form = FormData(default_to_multipart=kind == "multipart")
    form.add_field("url", "https://a.example")
    form.add_field("notes", long)

    async def chunks():
        yield b'{"notes": "' + long.encode()

    bodies = {
        "json": {"json": {"notes": long}},
        "form": {"data": form},
        "multipart": {"data": form},
        "chunked": {"data": chunks(), "headers": {"Content-Type": "application/json"}},
        "gzip": {
            "data": gzip.compress(b'{"notes": "' + long.encode()),
            "headers": {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        },
    }
    answer = await client.post(POST, **bodies[kind])

    assert (413, {"detail": "The request is larger than the limit of 10000 bytes."}) == answer.seen


async def test_a_broken_encoding_is_the_senders_mistake(linkding):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = await linkding.post(POST, data=b"no gzip", headers=headers)

    assert 400 == answer.status
    assert answer.body is None or "detail" in answer.body


@pytest.mark.parametrize("multipart", [False, True])
async def test_over_a_thousand_fields_are_refused(linkding, multipart):
    """Section 25, form fields."""
    form = FormData(default_to_multipart=multipart)
    for number in range(1001):
        form.add_field(f"f{number}", "x")
    answer = await linkding.post(POST, data=form)

    assert 400 == answer.status
    assert "detail" in answer.body


async def test_a_very_long_address_is_refused_and_the_server_lives_on(linkding):
    """Section 25, request line and headers: about 8 KB, as there; but told so."""
    answer = await linkding.get("/api/bookmarks/?q=" + "x" * 20_000)

    assert 400 == answer.status
    assert 200 == (await linkding.get("/api/bookmarks/")).status


async def test_a_form_of_three_megabytes_is_accepted(linkding):
    """Section 25, multipart text: the limit is that of all bodies, not 2.5 MB."""
    form = FormData(default_to_multipart=True)
    form.add_field("url", "https://a.example")
    form.add_field("notes", "x" * 3_000_000)
    answer = await linkding.post(POST, data=form)

    assert (201, 3_000_000) == (answer.status, len(answer.body["notes"]))


async def test_a_file_of_twenty_megabytes_is_accepted(linkding, ann):
    """Section 25, file upload: there is no limit but the operator's (LD-AST-14)."""
    path = f"/api/bookmarks/{(await make_bookmark(ann)).id}/assets/upload/"
    form = FormData()
    form.add_field("file", bytes(20_000_000), filename="large", content_type="text/plain")
    answer = await linkding.post(path, data=form)

    assert (201, 20_000_000) == (answer.status, answer.body["file_size"])


async def test_a_search_of_nine_hundred_words_is_answered(linkding, ann):
    """Section 25, search terms."""
    await make_bookmark(ann, title="one word " * 20)
    answer = await linkding.get(f"/api/bookmarks/?q={'word+' * 900}")

    assert (200, 1) == (answer.status, answer.body["count"])


async def test_long_texts_and_many_tags_are_kept(linkding):
    """Descriptions have no limit; nor has the number of tags."""
    names = [f"t{number:04}" for number in range(1500)]
    answer = await linkding.post(
        POST, json={"url": "https://a.example", "description": "ä" * 100_000, "tag_names": names}
    )

    assert (201, 100_000, names) == (answer.status, len(answer.body["description"]), answer.body["tag_names"])
