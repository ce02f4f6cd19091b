"""Section 7: groups are the folders below the root."""

from __future__ import annotations

from itertools import pairwise

import pytest

from models import Bookmark, Change, Folder, Placement
from schema.inputs import FolderDraft
from schema.resolvers import filing, folder_trash, folders, trash
from tests.databases import statements_counted
from tests.factories import make_bookmark, make_token
from tests.rest_compat.bkmark.test_tags import NOBODYS, refused

GROUPS = "/api/v1/groups"
MEMBERS = ["id", "name", "description", "color", "icon", "parentId", "count", "createdAt", "updatedAt"]
NOW = "2026-01-02T03:04:05.600Z"


async def make(client, name, **sent):
    answer = await client.post(GROUPS, json={"name": name} | sent)

    assert 201 == answer.status, answer.body
    return answer.body


async def listed(client):
    """Every group as it is listed, by name."""
    answer = await client.get(GROUPS)

    assert (200, None) == (answer.status, answer.body["nextCursor"])
    return {group["name"]: group for group in answer.body["data"]}


async def counts(client):
    return {name: group["count"] for name, group in (await listed(client)).items()}


async def tree(client):
    """Every group's name with its parent's."""
    groups = await listed(client)
    names = {group["id"]: name for name, group in groups.items()} | {None: None}
    return {name: names[group["parentId"]] for name, group in groups.items()}


async def save(ann, title, *groups):
    ids = [(await Folder.get(uid=group["id"])).id for group in groups]
    return await make_bookmark(ann, title=title, folder_ids=ids)


async def titles_in(client, group):
    """What is in a group, as the list of bookmarks tells."""
    answer = await client.get(f"/api/v1/bookmarks?groupId={group['id']}")

    assert 200 == answer.status, answer.body
    return sorted(bookmark["title"] for bookmark in answer.body["data"])


async def everything(ann):
    """All that a change could change."""
    places = Placement.all().order_by("id").values_list("bookmark_id", "folder_id", "position", "deleted_at")
    rows = Folder.all().order_by("id").values_list("id", "name", "parent_id", "color", "position", "deleted_at")
    return await places, await rows, await Change.all().count()


async def test_a_group_has_exactly_these_members(bkmark):
    home = await make(bkmark, " Home ", description="The house", color="#0EA5E9", icon="star", parentId=None)
    inner = await make(bkmark, "Kitchen", parentId=home["id"].upper())

    assert MEMBERS == list(home) == list(inner)
    assert home == {
        "id": home["id"], "name": "Home", "description": "The house", "color": "#0EA5E9", "icon": "star",
        "parentId": None, "count": 0, "createdAt": NOW, "updatedAt": NOW,
    }  # fmt: skip
    assert [None, None, None, home["id"]] == [inner[name] for name in ("description", "color", "icon", "parentId")]
    for group in (home, inner):
        assert (200, group) == (await bkmark.get(f"{GROUPS}/{group['id']}")).seen
    assert {"data": [home, inner], "nextCursor": None} == (await bkmark.get(GROUPS)).body


async def test_bk14_a_group_takes_a_colour_in_hex(bkmark):
    """BK14: ``#3366CC`` comes back as it is; what is not six digits is refused."""
    made = await make(bkmark, "Home", color="#3366CC")

    assert "#3366CC" == made["color"]
    for color in ("#36C", "#3366CC80", "3366CC", "blue", "#3366CG", "#3366CC\n", "", 3366, True, ["#3366CC"]):
        refused(await bkmark.post(GROUPS, json={"name": "a", "color": color}), 400, "validation_error")
        refused(await bkmark.patch(f"{GROUPS}/{made['id']}", json={"color": color}), 400, "validation_error")
    assert {"Home": made} == await listed(bkmark)


async def test_the_list_is_flat_and_by_name(bkmark):
    above = None
    for name in ("b", "Ä", "a", "Zoo", "zebra"):
        above = (await make(bkmark, name, parentId=above))["id"]

    assert {"a": "Ä", "Ä": "b", "b": None, "zebra": "Zoo", "Zoo": "a"} == await tree(bkmark)
    assert ["a", "Ä", "b", "zebra", "Zoo"] == list(await listed(bkmark))


async def test_names_may_be_shared_and_ids_spelt_as_ulids(bkmark):
    await make(bkmark, "Home")
    answer = await bkmark.post(GROUPS, json={"name": "Home"}, headers={"X-Bkmark-Id-Format": "ulid"})
    short = await make(bkmark, "In it", parentId=answer.body["id"])
    seen = await bkmark.get(f"{GROUPS}/{short['id']}", headers={"X-Bkmark-Id-Format": "ulid"})

    assert (26, 26) == (len(seen.body["id"]), len(seen.body["parentId"]))
    assert answer.body["id"] == seen.body["parentId"]
    assert 3 == len((await bkmark.get(GROUPS)).body["data"])


async def test_counts_are_of_the_group_itself_without_the_trash(bkmark, ann):
    outer = await make(bkmark, "outer")
    inner = await make(bkmark, "inner", parentId=outer["id"])
    await save(ann, "both", outer, inner)
    gone = await save(ann, "gone", inner)
    for kind in ("bookmarklet", "note"):
        row = await save(ann, kind, outer)
        await Bookmark.filter(id=row.id).update(kind=kind)
    await trash.delete(await ann.ctx(), [gone.id])

    assert {"inner": 1, "outer": 2} == await counts(bkmark)
    assert 2 == (await bkmark.get(f"{GROUPS}/{outer['id']}")).body["count"]
    assert 2 == (await bkmark.patch(f"{GROUPS}/{outer['id']}", json={"icon": "star"})).body["count"]


async def test_what_other_doors_allow_is_shown(bkmark, ann):
    """An empty name, colours of three and of eight digits; a colour sent back as it was shown is the one that was."""
    ctx = await ann.ctx()
    rows = [await filing.create(ctx, FolderDraft(name="", color=color)) for color in ("#36c", "#3366CC80", None)]
    groups = [(await bkmark.get(f"{GROUPS}/{row.uid}")).body for row in rows]

    assert ["#3366cc", "#3366CC", None] == [group["color"] for group in groups]
    assert {""} == {group["name"] for group in groups}
    for group in groups:
        sent = {"color": group["color"], "icon": "star"}
        assert sent["color"] == (await bkmark.patch(f"{GROUPS}/{group['id']}", json=sent)).body["color"]
    assert ["#36c", "#3366CC80", None] == [row.color for row in await folders.get_many(ctx, [row.id for row in rows])]
    assert "#000000" == (await bkmark.patch(f"{GROUPS}/{rows[0].uid}", json={"color": "#000000"})).body["color"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_what_cannot_be_is_refused_and_nothing_changes(method, bkmark, ann):
    made = await make(bkmark, "Home", description="d", icon="i")
    before = await everything(ann)
    path = GROUPS if method == "POST" else f"{GROUPS}/{made['id']}"
    wrong = [{"name": name} for name in ("", " \u00a0", "x" * 101, "a\0b", None, 1, [], {})]
    wrong += [{"description": text} for text in (1, [], True, "a\0b")]
    wrong += [{"icon": text} for text in (1, {}, "\0")]
    wrong += [{"parentId": id} for id in (*NOBODYS, "", 1, [])]
    for sent in wrong:
        problem = refused(await bkmark.request(method, path, json={"name": "n"} | sent), 400, "validation_error")
        assert next(iter(sent)) in problem["message"]
    headers = {"Content-Type": "application/json"}
    for body in (b"", b"[]", b"{", b'{"name": "n", "icon": "\\ud800"}', b"\xff"):
        refused(await bkmark.request(method, path, data=body, headers=headers), 400, "validation_error")

    assert before == await everything(ann)
    assert "x" * 100 == (await bkmark.request(method, path, json={"name": f" {'x' * 100} "})).body["name"]


async def test_a_patch_changes_what_it_sends(bkmark, ann, ports):
    outer, made = await make(bkmark, "outer"), await make(bkmark, "Home", description="d", color="#3366CC", icon="star")
    path = f"{GROUPS}/{made['id']}"
    ports.clock.forward(days=1)

    assert (200, made) == (await bkmark.patch(path, json={})).seen
    assert (200, made) == (await bkmark.patch(path, json={"name": "Home", "color": "#3366CC", "parentId": None})).seen
    for sent in (
        {"name": "House", "description": "e"},
        {"parentId": outer["id"]},
        {"description": None, "color": None, "icon": None, "parentId": None},
    ):
        changed = (await bkmark.patch(path, json=sent)).body
        made |= sent | {"updatedAt": changed["updatedAt"]}
        assert made == changed
        assert changed["updatedAt"].startswith("2026-01-03")
    assert (200, made) == (await bkmark.get(path)).seen
    assert 3 == await Change.filter(owner_id=ann.user.id, entity="folder", operation="update").count()


async def test_a_group_cannot_go_below_itself(bkmark, ann):
    chain = [await make(bkmark, "0")]
    for number in range(1, 4):
        chain.append(await make(bkmark, str(number), parentId=chain[-1]["id"]))
    before = await everything(ann)
    for target in chain:
        problem = refused(
            await bkmark.patch(f"{GROUPS}/{chain[0]['id']}", json={"name": "no", "parentId": target["id"]}),
            400,
            "validation_error",
        )
        assert "A group cannot go below itself." == problem["message"]

    assert before == await everything(ann)
    for lower, upper in reversed(list(pairwise(chain))):
        assert 400 == (await bkmark.patch(f"{GROUPS}/{lower['id']}", json={"parentId": upper["id"]})).status
    assert 200 == (await bkmark.patch(f"{GROUPS}/{chain[3]['id']}", json={"parentId": chain[0]["id"]})).status
    assert {"0": None, "1": "0", "2": "1", "3": "0"} == await tree(bkmark)


async def test_bk16_the_bookmarks_of_a_deleted_group_stay(bkmark, ann):
    """BK16: they lose that group and no other, and are listed as before; groups in it move up."""
    outer = await make(bkmark, "outer")
    middle = await make(bkmark, "middle", parentId=outer["id"])
    inner = await make(bkmark, "inner", parentId=middle["id"])
    for title, *groups in (("alone", middle), ("two", middle, outer), ("below", inner)):
        await save(ann, title, *groups)

    gone = await bkmark.delete(f"{GROUPS}/{middle['id']}")

    assert (200, {"id": middle["id"], "deleted": True}) == gone.seen
    assert {"inner": "outer", "outer": None} == await tree(bkmark)
    assert {"inner": 1, "outer": 1} == await counts(bkmark)
    answer = await bkmark.get("/api/v1/bookmarks")
    assert 200 == answer.status, answer.body
    groups = {bookmark["title"]: bookmark["groupIds"] for bookmark in answer.body["data"]}
    assert {"alone": [], "two": [outer["id"]], "below": [inner["id"]]} == groups
    for method, sent in (("GET", {}), ("PATCH", {"json": {"name": "n"}}), ("DELETE", {})):
        refused(await bkmark.request(method, f"{GROUPS}/{middle['id']}", **sent), 404, "not_found")
    refused(await bkmark.post(GROUPS, json={"name": "n", "parentId": middle["id"]}), 400, "validation_error")


async def test_bk15_a_group_whose_bookmarks_have_nowhere_to_go_stays(bkmark, bkmark_ben, ann):
    """BK15: unknown, foreign, deleted, empty, or the group itself: 400, and it is still there with its bookmarks."""
    group, gone = await make(bkmark, "here"), await make(bkmark, "gone")
    inner = await make(bkmark, "inner", parentId=group["id"])
    hers = await make(bkmark_ben, "hers")
    await save(ann, "b", group)
    await bkmark.delete(f"{GROUPS}/{gone['id']}")
    before = await everything(ann)
    for target in (*NOBODYS, "", hers["id"], gone["id"], group["id"], group["id"].upper()):
        answer = await bkmark.delete(f"{GROUPS}/{group['id']}?moveBookmarksTo={target}")
        problem = refused(answer, 400, "validation_error")
        assert "moveBookmarksTo" in problem["message"]
        assert ["moveBookmarksTo"] == problem["details"]["faults"][0]["path"]

    assert before == await everything(ann)
    assert {"here": 1, "inner": 0} == await counts(bkmark)
    assert ["b"] == await titles_in(bkmark, group)
    refused(await bkmark.delete(f"{GROUPS}/{NOBODYS[0]}?moveBookmarksTo={inner['id']}"), 404, "not_found")


async def test_bookmarks_move_to_another_group_as_theirs_is_deleted(bkmark, ann):
    """In their order behind what is there; one that is there already is not doubled, and other groups are untouched."""
    group, target, third = [await make(bkmark, name) for name in ("here", "target", "third")]
    for title, *groups in (("b", group), ("there", target), ("a", group, third), ("both", group, target)):
        await save(ann, title, *groups)
    gone = await save(ann, "gone", group)
    await trash.delete(await ann.ctx(), [gone.id])

    assert 200 == (await bkmark.delete(f"{GROUPS}/{group['id']}?moveBookmarksTo={target['id']}")).status
    assert {"target": 4, "third": 1} == await counts(bkmark)
    assert ["a", "b", "both", "there"] == await titles_in(bkmark, target)
    ctx = await ann.ctx()
    outline = await folders.outline(ctx, (await Folder.get(uid=target["id"])).id)
    steps = [step async for chunk in outline for step in chunk]
    assert ["there", "both", "b", "a"] == [step.title for step in steps]
    assert ["a"] == await titles_in(bkmark, third)
    root = await Placement.filter(folder_id=ctx.user.root_folder_id, deleted_at=None).count()
    assert 0 == root, "nobody who has a group is in the root"


async def test_bookmarks_may_move_into_a_group_of_the_deleted_one(bkmark, ann):
    group = await make(bkmark, "here")
    inner = await make(bkmark, "inner", parentId=group["id"])
    await save(ann, "b", group)

    assert 200 == (await bkmark.delete(f"{GROUPS}/{group['id']}?moveBookmarksTo={inner['id']}")).status
    assert {"inner": None} == await tree(bkmark)
    assert ["b"] == await titles_in(bkmark, inner)


async def test_a_foreign_group_looks_like_none(bkmark, bkmark_ben, ann):
    """So does the root folder, which is no group."""
    made = await make(bkmark, "Home")
    own = await make(bkmark_ben, "own")
    before = await everything(ann)
    root = (await folders.get(await ann.ctx(), ann.user.root_folder_id)).uid
    seen = set()
    for id in (made["id"], root, *NOBODYS):
        for method, sent in (("GET", {}), ("PATCH", {"json": {"name": "stolen"}}), ("DELETE", {})):
            answer = await bkmark_ben.request(method, f"{GROUPS}/{id}", **sent)
            assert 404 == answer.status, (method, id)
            seen.add(answer.raw)
        refused(await bkmark_ben.patch(f"{GROUPS}/{own['id']}", json={"parentId": id}), 400, "validation_error")
    for method, sent in (("GET", {}), ("PATCH", {"json": {"name": "n"}}), ("DELETE", {})):
        refused(await bkmark.request(method, f"{GROUPS}/{root}", **sent), 404, "not_found")

    assert 1 == len(seen)
    assert before == await everything(ann)
    assert ["Home"] == list(await listed(bkmark))


async def test_scopes_open_reading_and_writing_apart(bkmark, ann):
    made = await make(bkmark, "Home")
    path = f"{GROUPS}/{made['id']}"
    reading = bkmark.as_(await make_token(ann, "groups:read"), "Bearer")
    writing = bkmark.as_(await make_token(ann, "groups:write"), "Bearer")
    neither = bkmark.as_(await make_token(ann, "bookmarks:write", "tags:write", "search:read"), "Bearer")
    calls = (
        (reading, "GET", GROUPS, {}),
        (reading, "GET", path, {}),
        (writing, "PATCH", path, {"json": {"name": "House"}}),
        (writing, "DELETE", path, {}),
    )
    for able, method, address, sent in calls:
        for client in (reading, writing, neither):
            if client is not able:
                refused(await client.request(method, address, **sent), 403, "insufficient_scope")
        assert 200 == (await able.request(method, address, **sent)).status
    refused(await reading.post(GROUPS, json={"name": "no"}), 403, "insufficient_scope")
    assert 201 == (await writing.post(GROUPS, json={"name": "yes"})).status
    assert 401 == (await bkmark.as_(None).get(GROUPS)).status


async def test_requests_cost_as_many_statements_for_one_group_as_for_many(bkmark, ann):
    found = []
    for number in (1, 20):
        outer, target = await make(bkmark, f"outer {number}"), await make(bkmark, "target")
        for one in range(number):
            await save(ann, "b", await make(bkmark, f"{number}-{one}", parentId=outer["id"]), outer)
        costs = []
        for method, path, sent in (
            ("GET", GROUPS, {}),
            ("GET", f"{GROUPS}/{outer['id']}", {}),
            ("PATCH", f"{GROUPS}/{outer['id']}", {"json": {"name": "n", "parentId": target["id"]}}),
            ("DELETE", f"{GROUPS}/{outer['id']}?moveBookmarksTo={target['id']}", {}),
        ):
            async with statements_counted([]) as statements:
                assert 200 == (await bkmark.request(method, path, **sent)).status
            costs.append(len(statements))
        found.append(costs)

    assert found[0] == found[1]
    assert [2, 3] == found[0][:2], "the credential, the id, the rows"


async def test_a_deleted_group_comes_back_where_folders_do(bkmark, ann):
    """It waits in the trash of the doors that show one."""
    made = await make(bkmark, "Home")
    await save(ann, "b", made)
    await bkmark.delete(f"{GROUPS}/{made['id']}")
    ctx = await ann.ctx()
    (row,) = await folders.trashed(ctx)
    await folder_trash.restore(ctx, row.id)

    assert {"Home": 1} == await counts(bkmark)


async def test_a_name_that_another_door_gave_may_be_longer(bkmark, ann):
    """A PATCH that does not send it leaves it."""
    row = await filing.create(await ann.ctx(), FolderDraft(name="x" * 200))
    outer = await make(bkmark, "outer")

    assert "x" * 200 == (await bkmark.patch(f"{GROUPS}/{row.uid}", json={"parentId": outer["id"]})).body["name"]
