"""GraphQL's words for which bookmarks a list holds, turned into the tree that queries understand."""

from __future__ import annotations

from collections.abc import Sequence

from models.queries.tree import (
    After,
    And,
    Everything,
    Flag,
    From,
    InFolder,
    Not,
    Nothing,
    OfKind,
    Or,
    OwnedBy,
    Tagged,
    Tree,
    Untagged,
    all_of,
)
from schema.context import Context
from schema.errors import Fault, Invalid
from schema.ids import Kind, id_of
from schema.inputs import BookmarkFilter, FolderFilter
from schema.preferences import Preferences
from schema.resolvers import bundles
from schema.resolvers.texts import LARGEST_ID, check_texts
from schema.search.linkding import parse
from schema.types.kind import word_of

MOST_TAGS = 50  # in one list; with the search language's own limits this stays far inside SQLite's


async def tree_of(ctx: Context, asked: BookmarkFilter | None, *, owner: str | None = None) -> Tree:
    """The tree that a filter means to this viewer, who prefers lax or strict search; ``owner`` is a user's name.

    An empty list of tags filters nothing. Raises Invalid, with paths beneath the arguments' names, for text that
    no database can compare, for lists that are too long and for what is no folder's or bundle's id, and Forbidden when
    the credential may not read folders, or bundles, but asks for one.
    """
    check_texts((("owner", owner),))
    parts: list[Tree] = [] if owner is None else [OwnedBy(owner)]
    if asked is not None:
        if asked.bundle is not None:
            parts.append(await _in_bundle(ctx, asked.bundle))
        parts += _parts(ctx, asked)
    if asked is not None and asked.bundle is not None:
        return all_of(parts)
    return And(tuple(parts)) if len(parts) > 1 else parts[0] if parts else Everything()


def _parts(ctx: Context, asked: BookmarkFilter) -> list[Tree]:
    check_texts(((("filter", "query"), asked.query),))
    parts: list[Tree] = [
        Flag(name, value)
        for name, value in (
            ("archived", asked.is_archived),
            ("favorite", asked.is_favorite),
            ("public", asked.is_public),
            ("unread", asked.to_read),
        )
        if value is not None
    ]
    if asked.added_since is not None:
        parts.append(After("added", asked.added_since))
    if asked.modified_since is not None:
        parts.append(After("modified", asked.modified_since))
    if asked.is_untagged is not None:
        parts.append(Untagged() if asked.is_untagged else Not(Untagged()))
    if asked.kind is not None:
        parts.append(OfKind(word_of(asked.kind)))
    if asked.source is not None:
        parts.append(From(word_of(asked.source)))
    if asked.folder is not None:
        parts += _in_folder(ctx, asked.folder)
    parts += _tagged("tags", asked.tags)
    if any_of := _tagged("anyTags", asked.any_tags):
        parts.append(Or(tuple(any_of)))
    parts += [Not(tag) for tag in _tagged("excludedTags", asked.excluded_tags)]
    if asked.query is not None:  # last: it may be deep, and conditions after it would make it deeper
        parts.append(parse(asked.query, lax=Preferences.load(ctx.user.preferences).tag_search == "lax"))
    return parts


async def _in_bundle(ctx: Context, text: str) -> Tree:
    """What a bundle of the viewer's matches; nothing is in one that there is not."""
    found = await bundles.filter_of(ctx, id_of(text, Kind.BUNDLE, ("filter", "bundle")))
    return Nothing() if found is None else found


def _in_folder(ctx: Context, asked: FolderFilter) -> list[Tree]:
    """A list may cross owners, but folders are the viewer's: nobody learns what lies in somebody else's."""
    ctx.allow("groups:read")
    id = id_of(asked.id, Kind.FOLDER, ("filter", "folder", "id"))
    if not 0 < id <= LARGEST_ID:
        return [Nothing()]
    return [OwnedBy(ctx.user.username), InFolder(id, asked.recursive)]


def _tagged(name: str, tags: Sequence[str] | None) -> list[Tagged]:
    tags = tags or ()
    if len(tags) > MOST_TAGS:
        raise Invalid(Fault(("filter", name), "too_many", MOST_TAGS))
    check_texts((("filter", name, place), tag) for place, tag in enumerate(tags))
    return [Tagged(tag.strip()) for tag in tags]
