"""A list costs as many SQL statements for one row as for fifty, whatever is selected beneath it."""

from __future__ import annotations

import pytest

from models import PageContent
from schema.execution.projecting import TALLY
from schema.inputs import FolderDraft
from schema.resolvers import accounts, assets, bundles, filing, folder_trash, folders, trash
from schema.resolvers.bundles import BundleDraft
from tests.databases import statements_counted
from tests.factories import Person, make_bookmark
from tests.schema.types.asking import ask, gid

BARE = "id title url isArchived createdAt"
WIDE = f"{BARE} description notes tagNames tags {{ id name color }}"
FOLDER = """name parent { name } ancestors { name } bookmarkCount below: bookmarkCount(recursive: true)
  folders { totalCount nodes { name } } bookmarks(first: 2) { totalCount nodes { title tags { name } } }
  children(first: 3) { totalCount nodes { ... on Bookmark { title tagNames } } }"""
EDGES = """tags { name bookmarkCount bookmarks(first: 2) { totalCount nodes { id tags { name } } } }
  assets(first: 2) { totalCount nodes { displayName bookmark { title tags { name } } } } content { author }"""


async def chunks():
    yield b"x"


async def fill(person: Person, number: int) -> None:
    """Bookmarks that have some of everything."""
    for place in range(number):
        row = await make_bookmark(
            person, title=f"{place}", tag_names=[f"tag {place % 7}", f"tag {place}", "all"], is_public=True
        )
        folder = await filing.create(await person.ctx(), FolderDraft(name=f"folder {place}"))
        await filing.create(await person.ctx(), FolderDraft(name="inner", parent_id=folder.id))
        await filing.file(await person.ctx(), folder.id, row.id)
        await assets.upload(await person.ctx(), row.id, "a", "text/plain", chunks())
        await bundles.create(await person.ctx(), BundleDraft(f"bundle {place}"))
        await PageContent.create(bookmark_id=row.id, author="A", fetched_at=person.ports.clock.now())


async def delete_folders(person: Person) -> None:
    """Put all folders below the root into the trash, each by itself."""
    for folder in await folders.below(await person.ctx(), person.user.root_folder_id, 0):
        await folder_trash.delete(await person.ctx(), folder.id, keep_contents=False)


async def statements(person: Person, query: str, **variables) -> int:
    """How many statements the answer takes, those that believe the credential left out."""
    ctx = await person.ctx()
    async with statements_counted([]) as seen:
        await ask(ctx, query, **variables)
    return len(seen)


LISTS = {
    "bookmarks": (f"bookmarks(first: 50) {{ nodes {{ {BARE} }} }}", 1),
    "bookmarks, wide": (f"bookmarks(first: 50) {{ nodes {{ {WIDE} }} }}", 1),
    "bookmarks, counted": (f"bookmarks(first: 50) {{ totalCount nodes {{ {BARE} }} }}", 2),
    "bookmarks, by title": (f"bookmarks(first: 50, orderBy: TITLE_ASC) {{ edges {{ cursor node {{ {WIDE} }} }} }}", 1),
    "shared": (f"sharedBookmarks(first: 50) {{ nodes {{ {WIDE} }} }}", 1),
    "trash": (f"trash(first: 50) {{ nodes {{ {WIDE} }} }}", 1),
    "tags": ("tags(first: 50) { nodes { id name color } }", 1),
    "tags, counted": ("tags(first: 50) { nodes { id name bookmarkCount } totalCount }", 2),
    "tags with bookmarks": (
        "tags(first: 50) { nodes { name bookmarks(first: 2) { totalCount nodes { title tagNames } } } }", 3,
    ),
    "bundles": ("bundles(first: 50) { totalCount nodes { name anyTags toRead position } }", 2),
    "bundles with bookmarks": (  # each edge looks up what its bundles ask for
        "bundles(first: 50) { nodes { name bookmarks(first: 2) { totalCount nodes { title tagNames } } } }", 5,
    ),
    "tag counts beneath bookmarks": ("bookmarks(first: 50) { nodes { tags { bookmarkCount } } }", 2),
    "content": ("bookmarks(first: 50) { nodes { content { text html wordCount readingMinutes } } }", 2),
    "assets": ("bookmarks(first: 50) { nodes { assets { totalCount nodes { id } } } }", 3),
    "bookmarks of assets": ("bookmarks(first: 50) { nodes { assets { nodes { bookmark { title } } } } }", 3),
    "folders of bookmarks": ("bookmarks(first: 50) { nodes { folders { name parent { name } } } }", 3),
    "folders": ("rootFolder { folders(first: 50) { nodes { name color } } }", 2),
    "folders, nested": ("rootFolder { folders(first: 50) { nodes { folders(first: 50) { nodes { name } } } } }", 3),
    "a tree": ("folderTree { depth folder { id name parentId } }", 1),
    "a tree, counted": ("folderTree { folder { bookmarkCount below: bookmarkCount(recursive: true) } }", 3),
    "all edges of folders": (f"rootFolder {{ folders(first: 50) {{ nodes {{ {FOLDER} }} }} }}", 11),
    "folders of the trash": ("trashedFolders { name parent { name } ancestors { name } }", 3),
    "all edges at once": (f"bookmarks(first: 20) {{ totalCount nodes {{ {EDGES} }} }}", 8),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_costs_as_much_for_one_row_as_for_fifty(ann, name):
    """The numbers are promises; on SQLite a filter's leaves may cost one more, but these lists have none."""
    field, promised = LISTS[name]
    await accounts.set_preferences(await ann.ctx(), {"enable_sharing": True})
    await fill(ann, 1)
    if name == "trash":
        await trash.delete(await ann.ctx(), [1])
    if name == "folders of the trash":
        await delete_folders(ann)
    one = await statements(ann, f"{{ {field} }}")
    await fill(ann, 50)
    if name == "trash":
        await trash.delete(await ann.ctx(), list(range(2, 52)))
    if name == "folders of the trash":
        await delete_folders(ann)
    fifty = await statements(ann, f"{{ {field} }}")

    assert (promised, promised) == (one, fifty)


async def test_nodes_cost_one_statement_a_kind(ann):
    await fill(ann, 20)
    query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id ... on Bookmark { tags { name } } ... on Tag { name } } }"
    ids = [gid(kind, number) for kind in ("Bookmark", "Tag", "Asset", "Folder") for number in range(1, 21)]

    assert 4 == await statements(ann, query, ids=ids)


async def test_an_uncounted_list_is_not_counted(ann):
    """Only totalCount costs a count, and only what is selected is read."""
    await fill(ann, 1)
    ctx = await ann.ctx()
    async with statements_counted([]) as seen:
        await ask(ctx, "{ bookmarks { nodes { title } pageInfo { hasNextPage } } }")

    (statement,) = seen
    assert "count(" not in statement
    assert "bookmark_tag" not in statement
    assert "b.notes" not in statement
    assert "b.description" not in statement


@pytest.mark.parametrize("selection", [BARE, WIDE, "tagNames", f"... on Bookmark {{ {WIDE} }} __typename"])
async def test_a_list_of_plain_fields_takes_the_short_way(ann, selection):
    """The hot lists are written by the projecting executor, with whole tags too."""
    await fill(ann, 2)
    before = TALLY.projected, TALLY.declined, TALLY.fell_back
    await ask(ann, f"{{ bookmarks {{ nodes {{ {selection} }} }} }}")

    assert (before[0] + 1, *before[1:]) == (TALLY.projected, TALLY.declined, TALLY.fell_back)


async def test_the_bookmarks_of_a_mutation_take_the_short_way_too(ann):
    await fill(ann, 2)
    before = TALLY.projected
    query = "mutation M($ids: [ID!]!) { archiveBookmarks(ids: $ids) { bookmarks { id tags { name } } } }"
    await ask(ann, query, ids=[gid("Bookmark", 1), gid("Bookmark", 2)])

    assert before + 1 == TALLY.projected
