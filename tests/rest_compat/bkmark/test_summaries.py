"""``POST /bookmarks/:id/summarize`` (BK section 5.12): the object with its summary, ten a day, failures free."""

from __future__ import annotations

from models import PageContent
from tests.factories import make_bookmark, make_token
from tests.fakes import START

TEXT = "Tea is a drink that is made of leaves, and a great many people like it."
NOBODY = "00000000-0000-7000-8000-000000000000"


async def test_the_answer_is_the_bookmark_with_its_summary(bkmark, bkmark_ben, anonymous, ann):
    row = await make_bookmark(ann)
    path = f"/api/v1/bookmarks/{row.uid}/summarize"
    empty = await bkmark.post(path)
    await PageContent.create(bookmark_id=row.id, text=TEXT, fetched_at=START)
    answer = await bkmark.post(path)

    assert (409, "conflict", "There is no text to summarise.") == (
        empty.status, empty.body["error"], empty.body["message"],
    )  # fmt: skip
    assert (200, "In short: Tea is a drink that is made of leaves, a") == (answer.status, answer.body["summary"])
    assert answer.body == (await bkmark.get(f"/api/v1/bookmarks/{row.uid}")).body
    assert 401 == (await anonymous.post(path)).status
    assert 403 == (await bkmark.as_(await make_token(ann, "bookmarks:read"), "Bearer").post(path)).status
    assert (await bkmark_ben.post(path)).seen == (await bkmark.post(f"/api/v1/bookmarks/{NOBODY}/summarize")).seen
    assert 404 == (await bkmark.post("/api/v1/bookmarks/odd/summarize")).status


async def test_the_eleventh_of_a_day_is_refused(bkmark, ann):
    """What failed, for whatever reason, has not been counted."""
    row = await make_bookmark(ann)
    path = f"/api/v1/bookmarks/{row.uid}/summarize"
    failed = [(await bkmark.post(way)).status for way in (path, f"/api/v1/bookmarks/{NOBODY}/summarize")]
    await PageContent.create(bookmark_id=row.id, text=TEXT, fetched_at=START)
    answers = [await bkmark.post(path) for _ in range(11)]

    assert [409, 404] == failed
    assert [200] * 10 + [429] == [answer.status for answer in answers]
    refused = {"error": "rate_limited", "message": "Too many requests. Try again later.", "statusCode": 429}
    assert refused == answers[-1].body


async def test_where_it_is_switched_off_it_is_501(ports, serve, ann):
    object.__setattr__(ports, "summaries", None)
    bkmark = (await serve()).as_(ann.secret, "Bearer")
    row = await make_bookmark(ann)
    answer = await bkmark.post(f"/api/v1/bookmarks/{row.uid}/summarize")

    assert (501, "not_configured", 501) == (answer.status, answer.body["error"], answer.body["statusCode"])
