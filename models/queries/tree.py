"""What a filter may say: one frozen tree that every search language and every filter object becomes.

Only ``models/queries/build.py`` turns a tree into SQL. Trees are hashable, so a count can be remembered by its tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Everything:
    """True of every bookmark."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """True of no bookmark; what a query that cannot be parsed means (LD-Q-12)."""


@dataclass(frozen=True, slots=True)
class Occurs:
    """The text occurs, folded, inside title, description, notes or url; with ``or_tag`` also: is a tag's whole name."""

    text: str
    or_tag: bool = False


@dataclass(frozen=True, slots=True)
class Mentions:
    """The text occurs, folded, inside title, description, url or a tag's name; not in the notes (NC-6.1)."""

    text: str


Phrase = tuple[str, ...]  # words that follow each other


@dataclass(frozen=True, slots=True)
class Needle:
    """What the ranked index is asked for: of each group one phrase at least, in columns of these weights.

    The words are marked with their owner (models/words.py), so nothing is found in anybody else's rows. Weights are
    ``A`` for the title, ``B`` for tags, ``C`` for description and address, ``D`` for notes and what the page says.
    """

    groups: tuple[tuple[Phrase, ...], ...]
    weights: str = "ABCD"


@dataclass(frozen=True, slots=True)
class Ranked:
    """The ranked index finds the needle in it (models/queries/ranked.py)."""

    needle: Needle


@dataclass(frozen=True, slots=True)
class Tagged:
    """Has a tag of this name, compared without case."""

    name: str


@dataclass(frozen=True, slots=True)
class Spelled:
    """Has a tag of exactly this spelling (NC-6.1)."""

    name: str


@dataclass(frozen=True, slots=True)
class HasTag:
    """Has the scope owner's tag that has this uid."""

    uid: UUID


@dataclass(frozen=True, slots=True)
class HasTags:
    """Has a tag of one of these names, or with ``every`` of each of them, compared without case; however many."""

    names: tuple[str, ...]
    every: bool = False


@dataclass(frozen=True, slots=True)
class Addressed:
    """Has the address whose ``href`` has this digest (models/url.py)."""

    digest: str


@dataclass(frozen=True, slots=True)
class InFolder:
    """Is in the folder, or with ``recursive`` anywhere below it as well."""

    folder_id: int
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class InGroup:
    """Is in the scope owner's live folder, the root apart, that has this uid."""

    uid: UUID


@dataclass(frozen=True, slots=True)
class Placed:
    """Has a place in a folder, or had one when it went into the trash."""


@dataclass(frozen=True, slots=True)
class Duplicated:
    """Is in more than one folder."""


@dataclass(frozen=True, slots=True)
class Untagged:
    """Has no tag."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes-or-no column: ``unread``, ``archived``, ``favorite``, ``public``."""

    name: str
    value: bool = True


@dataclass(frozen=True, slots=True)
class OfKind:
    """Is of this kind (models/kinds.py)."""

    kind: str


@dataclass(frozen=True, slots=True)
class From:
    """Came from this source."""

    source: str


@dataclass(frozen=True, slots=True)
class After:
    """``added`` or ``modified`` lies strictly after the moment (aware, UTC)."""

    what: str
    moment: datetime


@dataclass(frozen=True, slots=True)
class OwnedBy:
    """The owner's exact user name; only lists that cross owners need it."""

    username: str


@dataclass(frozen=True, slots=True)
class Not:
    """True where the part is not."""

    part: Tree


@dataclass(frozen=True, slots=True)
class And:
    """True where all parts are."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where any part is."""

    parts: tuple[Tree, ...]


Tree = (
    Everything
    | Nothing
    | Occurs
    | Mentions
    | Ranked
    | Tagged
    | Spelled
    | HasTag
    | HasTags
    | Untagged
    | Addressed
    | InFolder
    | InGroup
    | Placed
    | Duplicated
    | Flag
    | OfKind
    | From
    | After
    | OwnedBy
    | Not
    | And
    | Or
)
Leaf = Tagged | Spelled | HasTag | HasTags | Occurs | Mentions | Ranked | InFolder | InGroup  # what an index can answer


def all_of(trees: Iterable[Tree]) -> Tree:
    """What is true where all of the trees are, with no And directly inside an And and nothing that is always true."""
    parts: list[Tree] = []
    for tree in trees:
        parts += tree.parts if isinstance(tree, And) else () if isinstance(tree, Everything) else (tree,)
    return And(tuple(parts)) if len(parts) > 1 else parts[0] if parts else Everything()
