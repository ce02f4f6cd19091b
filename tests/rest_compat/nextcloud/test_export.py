"""``GET bookmark/export`` (NC-10.2)."""

from __future__ import annotations

import io

from schema.formats import netscape
from schema.formats.entries import FolderEntry


async def test_all_bookmarks_in_their_folders(both, cloud_ben):
    """D16: order, titles, addresses, tags and descriptions; nobody else's."""
    folder = await both.make_folder("Fol & der")
    await both.make_folder("Empty")
    await both.save("https://a.example/?x=1&y=2", title="<A>", description="D & d", tags=["x", "y z"], folders=[folder])
    await both.save("javascript:void(0)", title="JS")
    await cloud_ben.save("https://his.example/")
    answer = await both.get("bookmark/export")
    rows = list(netscape.read(io.BytesIO(answer.raw)))

    assert (200, "text/html; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
    assert [
        ("Fol & der",), ("Empty",),
    ] == [row.path for row in rows if isinstance(row, FolderEntry)]  # fmt: skip
    assert [
        ("https://a.example/?x=1&y=2", "<A>", "D & d", ("x", "y z"), ("Fol & der",)),
        ("javascript:void(0)", "JS", "", (), ()),
    ] == [
        (row.url, row.title, row.description, row.tags, row.folder) for row in rows if not isinstance(row, FolderEntry)
    ]


async def test_it_is_a_file_to_be_kept(cloud):
    answer = await cloud.get("bookmark/export")

    assert 'attachment; filename="Polymark Bookmarks (ann) (2026-01-02).html"' == answer.headers["Content-Disposition"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    assert answer.raw.startswith(b"<!DOCTYPE NETSCAPE-Bookmark-file-1>")
