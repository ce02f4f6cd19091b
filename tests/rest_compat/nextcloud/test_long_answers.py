"""Lists and trees that are too long for the memory are sent as they come, and say so when they cannot be."""

from __future__ import annotations

import pytest

from rest_compat.nextcloud.answers import AT_ONCE, BUFFER
from rest_compat.streams import Streams
from tests.factories import make_bookmark
from tests.rest_compat.nextcloud.conftest import Cloud, error

LONG = "ä" * 50_000


@pytest.fixture
async def library(cloud, ann):
    """Over a megabyte of descriptions, in two folders."""
    folders = [await cloud.make_folder("1"), await cloud.make_folder("2")]
    for number in range(24):
        url = f"https://{number}.example/"
        await make_bookmark(ann, url=url, title=str(number), description=LONG, folder_ids=[folders[number % 2]])


def is_streamed(answer):
    return "Content-Length" not in answer.headers


async def test_a_long_tree_is_streamed_and_whole(both, library):
    answer = await both.get("folder/-1/children?layers=-1")
    children = [[item["title"] for item in folder["children"]] for folder in answer.body["data"]]

    assert len(answer.raw) > BUFFER
    assert is_streamed(answer)
    assert [[str(number) for number in range(start, 24, 2)] for start in (0, 1)] == children
    assert "no-cache, must-revalidate" == answer.headers["Cache-Control"]
    assert b'"ticket":' in answer.raw[:200]


async def test_a_short_tree_is_not(both, library):
    """Nor one of which little is told."""
    for path in ("folder/-1/children", "folder/-1/childorder?layers=-1", "folder"):
        assert not is_streamed(await both.get(path))


async def test_a_long_list_is_streamed_from_a_thousand_rows_on(cloud, ann):
    for number in range(AT_ONCE + 1):
        await make_bookmark(ann, url=f"https://{number}.example/", title="T")
    answers = [await cloud.get(f"bookmark?{query}") for query in ("page=-1", "limit=1001", f"limit={AT_ONCE}")]

    assert [True, True, False] == [is_streamed(answer) for answer in answers]
    assert [1001, 1001, 1000] == [len({item["id"] for item in answer.body["data"]}) for answer in answers]
    assert all(answer.headers["Content-Type"] == "application/json; charset=utf-8" for answer in answers)


async def test_export_is_streamed(cloud, library):
    answer = await cloud.get("bookmark/export")

    assert is_streamed(answer)
    assert 24 == answer.raw.count(b"<DT><A ")


@pytest.mark.parametrize("path", ["folder/-1/children?layers=-1", "bookmark/export"])
async def test_too_many_at_once_is_a_503(serve, ann, cloud_of, library, path):
    """In this door's shape, and short answers go on."""
    streams = Streams(at_once=1, patience=0.05)
    cloud = Cloud(await serve(streams=streams), cloud_of(ann).credential)
    async with streams.place():
        sentence = "Not available at the moment: long lists, for too many are being sent"

        assert error(503, sentence) == (await cloud.get(path)).seen
        assert 200 == (await cloud.get("bookmark")).status
    assert 200 == (await cloud.get(path)).status
