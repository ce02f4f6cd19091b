"""Which bookmarks a list holds, in which order, and which part of it (NC-6.1); nothing here asks a database."""

from __future__ import annotations

from collections.abc import Sequence

from models.queries.bookmarks import EVERYTHING
from models.queries.tree import And, Duplicated, InFolder, Mentions, Nothing, Or, Spelled, Tree, Untagged
from models.queries.window import Order, Sort
from rest_compat.nextcloud.parameters import Parameters
from schema.errors import Fault, Invalid
from schema.page import LARGEST, Window

PAGE = 10  # rows, when nobody says how many
MOST = 100  # tags, or words, of one search

MODIFIED = Sort(Order.MODIFIED)
SORTS = {
    "lastmodified": MODIFIED,
    "added": Sort(Order.ADDED),
    "clickcount": Sort(Order.CLICKS),
    "public": Sort(Order.PUBLIC),
    "description": Sort(Order.DESCRIPTION),
    "id": Sort(Order.ID),
    "title": Sort(Order.TITLE, descending=False),
    "url": Sort(Order.URL, descending=False),
}


def decode_window(sent: Parameters) -> Window:
    """The page: ten rows from the first unless it says otherwise; a negative page or limit asks for everything."""
    page, limit = sent.integer("page", 0), sent.integer("limit", PAGE)
    if page < 0 or limit < 0:
        return Window(LARGEST)
    return Window(limit, min(page * limit, LARGEST))


def decode_sort(sent: Parameters, folder_id: int | None) -> Sort:
    """The order; the last changed first when it is none that we know. ``index`` is that of the folder asked for."""
    name = sent.text("sortby") or ""
    if name == "index" and folder_id is not None:
        return Sort(Order.PLACE, descending=False, folder_id=folder_id)
    return SORTS.get(name, MODIFIED)


def decode_tree(sent: Parameters, folder_id: int | None = None) -> Tree:
    """What must be true of a bookmark: tags, words, folder and the yes-or-no filters, all that are given.

    ``conjunction`` says whether all tags are needed or one will do, and the same of the words; one will do unless it
    is ``and``. Raises Invalid for more than a hundred of either and for text that cannot be looked for.
    """
    needs_all = (sent.text("conjunction") or "").strip().lower() == "and"
    tags = [Spelled(name) for name in _some("tags", [name.strip() for name in sent.tags() or ()])]
    words = [Mentions(word) for word in _some("search", sent.texts("search") or ())]
    parts = [_join(some, needs_all=needs_all) for some in (tags, words) if some]
    if folder_id is not None:
        parts.append(InFolder(folder_id, recursive=bool(sent.flag("recursive"))))
    if sent.flag("untagged"):
        parts.append(Untagged())
    if sent.flag("duplicated"):
        parts.append(Duplicated())
    if sent.flag("unavailable") or sent.flag("archived"):
        parts.append(Nothing())  # no link is known to be dead, and no archived file is shown
    return _join(parts, needs_all=True) if parts else EVERYTHING


def _join(parts: Sequence[Tree], *, needs_all: bool) -> Tree:
    if len(parts) == 1:
        return parts[0]
    return And(tuple(parts)) if needs_all else Or(tuple(parts))


def _some(name: str, texts: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(texts))
    if len(found) > MOST:
        raise Invalid(Fault((name,), "too_many", MOST))
    return found
