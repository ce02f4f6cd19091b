"""Assets: bytes first, then the row that names them."""

from __future__ import annotations

import pytest

from models import Asset, Change
from schema.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, Unavailable
from schema.ports import Limits
from schema.resolvers import assets, bookmarks, trash
from tests.factories import make_bookmark
from tests.fakes import fake_ports


async def chunks(*parts: bytes):
    for part in parts or (b"some ", b"bytes"):
        yield part


async def bytes_of(ctx, opened):
    return b"".join([part async for part in ctx.ports.files.read(opened.sha256)])


async def test_what_was_uploaded_can_be_downloaded(ann):
    row = await make_bookmark(ann)
    ctx = await ann.ctx()
    asset = await assets.upload(ctx, row.id, "notes.TXT", "Text/Plain; charset=utf-8", chunks())
    opened = await assets.open_for_download(ctx, asset.id, bookmark_id=row.id)

    assert ("upload", "complete", "text/plain", "notes.TXT", 10) == (
        asset.kind,
        asset.status,
        asset.content_type,
        asset.display_name,
        asset.size,
    )
    assert b"some bytes" == await bytes_of(ctx, opened)
    assert (await bookmarks.get(ctx, row.id)).updated_at > row.updated_at


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\dir\\win.txt", "win.txt"), ("ü 日本.pdf", "ü 日本.pdf"), (" a ", "a")],
)
async def test_directories_are_cut_from_names(sent, kept, ann):
    """LD-AST-6."""
    row = await make_bookmark(ann)

    assert kept == (await assets.upload(await ann.ctx(), row.id, sent, "", chunks())).display_name


@pytest.mark.parametrize("name", ["", "/", " ", "..", "dir/", "C:\\", "x" * 1001, "a\0b", "\udcff"])
async def test_a_name_that_cannot_be_is_refused(name, ann):
    row = await make_bookmark(ann)
    with pytest.raises(Invalid):
        await assets.upload(await ann.ctx(), row.id, name, "", chunks())

    assert 0 == await Asset.all().count()


async def test_too_much_leaves_nothing(ann, tmp_path):
    row = await make_bookmark(ann)
    ctx = await ann.ctx()
    ctx.ports = fake_ports(tmp_path / "small", Limits(max_asset_size=8))
    with pytest.raises(TooLarge):
        await assets.upload(ctx, row.id, "a", "", chunks())

    assert 0 == await Asset.all().count()


async def test_a_disk_that_refuses_leaves_nothing(ann, ports):
    row = await make_bookmark(ann)
    ports.files.broken = True
    with pytest.raises(Unavailable):
        await assets.upload(await ann.ctx(), row.id, "a", "", chunks())

    assert 0 == await Asset.all().count()


async def test_uploads_can_be_switched_off(ann, tmp_path):
    """LD-AST-7: the rest still works."""
    row = await make_bookmark(ann)
    kept = await assets.upload(await ann.ctx(), row.id, "a", "", chunks())
    ctx = await ann.ctx()
    ctx.ports = fake_ports(tmp_path / "off", Limits(asset_upload=False))
    for operation in (
        assets.upload(ctx, row.id, "b", "", chunks()),
        assets.announce(ctx, row.id, "b", ""),
        assets.complete(ctx, kept.id, chunks()),
    ):
        with pytest.raises(Forbidden):
            await operation
    await assets.delete(ctx, kept.id)

    assert 0 == await Asset.all().count()


async def test_an_announced_asset_is_completed_once(ann):
    row = await make_bookmark(ann)
    ctx = await ann.ctx()
    pending = await assets.announce(ctx, row.id, "later.bin", "application/octet-stream")
    with pytest.raises(NotFound) as nothing_yet:
        await assets.open_for_download(ctx, pending.id)
    done = await assets.complete(ctx, pending.id, chunks())
    with pytest.raises(Conflict):
        await assets.complete(ctx, pending.id, chunks(b"other"))

    assert ("pending", None, "file") == (pending.status, pending.size, nothing_yet.value.entity)
    assert ("complete", 10) == (done.status, done.size)
    assert b"some bytes" == await bytes_of(ctx, await assets.open_for_download(ctx, pending.id))


async def test_an_asset_belongs_to_its_bookmark(ann):
    """LD-AST-1: an asset of another bookmark is not there."""
    one, two = await make_bookmark(ann), await make_bookmark(ann)
    asset = await assets.upload(await ann.ctx(), one.id, "a", "", chunks())
    for operation in (assets.get, assets.open_for_download, assets.delete):
        with pytest.raises(NotFound) as refusal:
            await operation(await ann.ctx(), asset.id, bookmark_id=two.id)

        assert "asset" == refusal.value.entity


async def test_assets_of_a_trashed_bookmark_are_out_of_reach(ann):
    row = await make_bookmark(ann)
    asset = await assets.upload(await ann.ctx(), row.id, "a", "", chunks())
    await trash.delete(await ann.ctx(), [row.id])
    with pytest.raises(NotFound):
        await assets.open_for_download(await ann.ctx(), asset.id)
    await trash.restore(await ann.ctx(), [row.id])

    assert asset.id == (await assets.get(await ann.ctx(), asset.id)).id


async def test_every_step_is_logged(ann):
    row = await make_bookmark(ann)
    asset = await assets.announce(await ann.ctx(), row.id, "a", "")
    await assets.complete(await ann.ctx(), asset.id, chunks())
    await assets.delete(await ann.ctx(), asset.id)

    assert ["create", "update", "delete"] == await Change.filter(entity="asset").order_by("seq").values_list(
        "operation", flat=True
    )
