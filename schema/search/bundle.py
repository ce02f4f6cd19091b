"""What a bundle asks for: its parts to the tree of ``models/queries/tree.py`` (LD section 14). Pure.

It is no search language: nothing in a bundle can be wrong, and the operation bounds its texts, so its tree is bounded.
A field of 1,024 characters holds 512 names, which is why a list of names is one leaf, unless there are few that each
must be there: those are leaves by themselves, of which the rarest is found first.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.queries.tree import Flag, HasTags, Not, Occurs, Tagged, Tree, all_of
from models.rows import BundleRow
from models.text import tag_key

SWITCHES = {"off": None, "yes": True, "no": False}
FEW = 8


def tree_of(bundle: BundleRow) -> Tree:
    """What a bookmark must be like for the bundle to hold it; an empty bundle holds all (LD-BUN-6 to LD-BUN-9)."""
    return all_of(_parts(bundle))


def words_of(search: str) -> list[str]:
    """The words that must all occur, each once; those that start with ``#`` or ``!`` are none (LD-BUN-6)."""
    return list(dict.fromkeys(word for word in names_of(search) if not word.startswith(("#", "!"))))


def names_of(text: str) -> list[str]:
    """The names in a text, as they stand between its blanks (LD-BUN-7)."""
    return [name for name in text.split(" ") if name]


def _parts(bundle: BundleRow) -> Iterable[Tree]:
    for name, switch in (("unread", bundle.filter_unread), ("public", bundle.filter_shared)):
        if (value := SWITCHES[switch]) is not None:
            yield Flag(name, value)
    wanted = _each_once(bundle.all_tags)
    if len(wanted) > FEW:
        yield HasTags(wanted, every=True)
    else:
        yield from map(Tagged, wanted)
    if some := _each_once(bundle.any_tags):
        yield HasTags(some)
    if excluded := _each_once(bundle.excluded_tags):
        yield Not(HasTags(excluded))
    yield from map(Occurs, words_of(bundle.search))


def _each_once(text: str) -> tuple[str, ...]:
    return tuple({tag_key(name): name for name in names_of(text)}.values())
