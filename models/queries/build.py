"""Trees to SQL: the only place that knows both.

A builder collects parameters while it writes, so its text can be used once. What the two databases say differently is
in ``sqlite.py`` and ``postgres.py``; everything else is the same text on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from models.kinds import KINDS
from models.queries.tree import (
    Addressed,
    After,
    And,
    Duplicated,
    Everything,
    Flag,
    From,
    HasTag,
    HasTags,
    InFolder,
    InGroup,
    Leaf,
    Mentions,
    Needle,
    Not,
    Nothing,
    Occurs,
    OfKind,
    Or,
    OwnedBy,
    Placed,
    Ranked,
    Spelled,
    Tagged,
    Tree,
    Untagged,
)
from models.text import search_term, tag_key

FLAGS = {
    "unread": "b.read_at IS NULL",
    "archived": "b.is_archived",
    "favorite": "b.is_favorite",
    "public": "b.is_public",
}
MOMENTS = {"added": "b.created_at", "modified": "b.updated_at"}
BELOW = (  # the folder and all live ones below it
    "WITH RECURSIVE below (id) AS (SELECT CAST({folder} AS INTEGER) UNION ALL"
    " SELECT f.id FROM folder f JOIN below ON f.parent_id = below.id WHERE f.deleted_at IS NULL)"
)


class Dialect(Protocol):
    """What SQLite and PostgreSQL say differently."""

    bytewise: str
    address: str

    def placeholder(self, number: int) -> str:
        """The marker of the ``number``-th parameter, from 1."""
        ...

    def occurs(self, sql: Sql, folded: str, *, scan: bool) -> str:
        """A condition on ``b``: the folded text is inside ``b.search_text``; ``scan`` says: not by the index."""
        ...

    def is_indexed(self, leaf: Tree) -> bool:
        """Whether the leaf is answered by an index that the planner must be told to start from."""
        ...

    def contains(self, sql: Sql, column: str, text: str) -> str:
        """A condition: the text is a substring of the column, letter by letter."""
        ...

    def ranked(self, sql: Sql, needle: Needle, *, scan: bool) -> str:
        """A condition on ``b``: the ranked index finds the needle; ``scan`` says: look at the row alone."""
        ...

    def word_holds(self, sql: Sql, part: str) -> str:
        """A condition on ``ranked_word``: the word has the part in it, which has three letters or more."""
        ...

    def texts(self, sql: Sql, texts: Sequence[str]) -> str:
        """The texts as one parameter, however many, and as a subquery."""
        ...

    def start(self, sql: Sql, column: str, text: str) -> str:
        """Where in the column the text occurs first: characters from 1, 0 for nowhere."""
        ...


@dataclass(frozen=True, slots=True)
class Mine:
    """Rows of one owner, of the given kinds (None: all); with ``trash`` the deleted ones instead of the live.

    ``public`` leaves only what the owner has made public: for everybody else's eyes.
    """

    owner_id: int
    kinds: frozenset[str] | None = None
    trash: bool = False
    public: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """Public rows of every owner who shares: with everybody (``viewer_id`` None), or with who is signed in."""

    viewer_id: int | None
    kinds: frozenset[str] | None = None


Scope = Mine | Shared


class Sql:
    """Writes conditions and collects their parameters."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.values: list[Any] = []

    def value(self, value: Any) -> str:
        """Take a parameter; returns its marker."""
        self.values.append(value)
        return self.dialect.placeholder(len(self.values))

    def scope(self, scope: Scope, *, by_id: bool = False) -> str:
        """The condition that every query starts with: whose rows.

        ``by_id``: the rows are reached by their ids, so an index of the owner's is not to be walked for each of them. A
        planner without statistics (PostgreSQL right after an import) takes that for as cheap, and it is not: a sum
        keeps it away from such an index.
        """
        kinds = ""
        if scope.kinds is not None and scope.kinds != KINDS:
            kinds = f" AND b.kind IN ({', '.join(self.value(kind) for kind in sorted(scope.kinds))})"
        if isinstance(scope, Mine):
            state = "b.deleted_at IS NOT NULL" if scope.trash else "b.deleted_at IS NULL"
            public = " AND b.is_public" if scope.public else ""
            owner = "b.owner_id + 0" if by_id else "b.owner_id"
            return f"{owner} = {self.value(scope.owner_id)} AND {state}{public}{kinds}"
        sharing = "enable_sharing" if scope.viewer_id is not None else "enable_sharing AND enable_public_sharing"
        return (
            "b.deleted_at IS NULL AND b.is_public"
            f" AND b.owner_id IN (SELECT id FROM account WHERE is_active AND {sharing}){kinds}"
        )

    def where(self, tree: Tree, scope: Scope, *, scan: frozenset[Tree] = frozenset()) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a node
        """The tree as a condition on ``b``; the leaves in ``scan`` are looked at row by row, not by their index."""
        match tree:
            case Everything():
                return "TRUE"
            case Nothing():
                return "FALSE"
            case Flag(name, value):
                condition = FLAGS[name]
                if condition.startswith("b.is_"):  # compared, not negated, so that an index can be used
                    return f"{condition} = {'TRUE' if value else 'FALSE'}"
                return condition if value else f"NOT ({condition})"
            case OfKind(kind):
                return f"b.kind = {self.value(kind)}"
            case From(source):
                return f"b.source = {self.value(source)}"
            case After(what, moment):
                return f"{MOMENTS[what]} > {self.value(moment)}"
            case OwnedBy(username):
                return f"b.owner_id IN (SELECT id FROM account WHERE username = {self.value(username)})"
            case Untagged():
                return "NOT EXISTS (SELECT 1 FROM bookmark_tag bt WHERE bt.bookmark_id = b.id)"
            case Tagged(name):
                return self._tagged(tag_key(name), scope, scan=tree in scan)
            case Spelled(name):
                return self._tagged(tag_key(name), scope, scan=tree in scan, spelling=name)
            case HasTag(uid):
                return self._joined("bookmark_tag bt", "bt.tag_id", self.tag_of(uid, scope), scan=tree in scan)
            case HasTags(names, every):
                return self._has_tags(names, scope, every=every, scan=tree in scan)
            case Occurs(text, or_tag):
                return self._occurs(text, scope, or_tag=or_tag, scan=tree in scan)
            case Mentions(text):
                return self._mentions(text, scope, scan=tree in scan)
            case Ranked(needle):
                return self.dialect.ranked(self, needle, scan=tree in scan)
            case Addressed(digest):
                return f"b.href_hash = {self.value(digest)}"
            case InFolder(folder_id, recursive):
                return self._in_folder(folder_id, recursive=recursive, scan=tree in scan)
            case InGroup(uid):
                live = "placement p", "p.deleted_at IS NULL AND p.folder_id"
                return self._joined(*live, self.folder_of(uid, scope), scan=tree in scan)
            case Placed():
                return "EXISTS (SELECT 1 FROM placement p WHERE p.bookmark_id = b.id)"
            case Duplicated():
                places = "SELECT count(*) FROM placement p WHERE p.bookmark_id = b.id AND p.deleted_at IS NULL"
                return f"({places}) > 1"
            case Not(part):
                return f"NOT ({self.where(part, scope, scan=scan)})"
            case And(parts):
                return balanced("AND", [self.where(part, scope, scan=scan) for part in parts])
            case Or(parts):
                return balanced("OR", [self.where(part, scope, scan=scan) for part in parts])

    def _occurs(self, text: str, scope: Scope, *, or_tag: bool, scan: bool) -> str:
        folded = search_term(text)
        if not folded:
            return "TRUE"
        condition = self.dialect.occurs(self, folded, scan=scan)
        return f"({condition} OR {self._tagged(tag_key(text), scope, scan=scan)})" if or_tag else condition

    def _tagged(self, key: str, scope: Scope, *, scan: bool, spelling: str | None = None) -> str:
        name = f"t.name_key = {self.value(key)}"
        if spelling is not None:
            name += f" AND t.name = {self.value(spelling)}"
        if isinstance(scope, Mine) and not scan:
            return (
                "b.id IN (SELECT bt.bookmark_id FROM bookmark_tag bt WHERE bt.tag_id ="
                f" (SELECT t.id FROM tag t WHERE t.owner_id = {self.value(scope.owner_id)} AND {name}))"
            )
        return (
            "EXISTS (SELECT 1 FROM bookmark_tag bt JOIN tag t ON t.id = bt.tag_id"
            f" WHERE bt.bookmark_id = b.id AND {name})"
        )

    def _has_tags(self, names: Sequence[str], scope: Scope, *, every: bool, scan: bool) -> str:
        """By the tags' own index where the rows are one owner's; among all owners a name may be several tags."""
        keys = sorted(set(map(tag_key, names)))
        listed = f"t.name_key IN {self.dialect.texts(self, keys)}"
        having = f" GROUP BY bt.bookmark_id HAVING count(*) = {self.value(len(keys))}" if every else ""
        if isinstance(scope, Mine) and not scan:
            tagged = (
                "SELECT bt.bookmark_id FROM tag t JOIN bookmark_tag bt ON bt.tag_id = t.id"
                f" WHERE t.owner_id = {self.value(scope.owner_id)} AND {listed}"
            )
            return f"b.id IN ({tagged}{having})"
        return (
            "EXISTS (SELECT 1 FROM bookmark_tag bt JOIN tag t ON t.id = bt.tag_id"
            f" WHERE bt.bookmark_id = b.id AND {listed}{having})"
        )

    def tag_of(self, uid: UUID, scope: Scope) -> str:
        """The id of the scope owner's tag, as a subquery; nobody's where a list crosses owners."""
        owner = scope.owner_id if isinstance(scope, Mine) else 0
        return f"(SELECT t.id FROM tag t WHERE t.uid = {self.value(str(uid))} AND t.owner_id = {self.value(owner)})"

    def folder_of(self, uid: UUID, scope: Scope) -> str:
        """The id of the scope owner's live folder, the root apart, as a subquery; as ``tag_of`` otherwise."""
        owner = scope.owner_id if isinstance(scope, Mine) else 0
        return (
            f"(SELECT f.id FROM folder f WHERE f.uid = {self.value(str(uid))} AND f.owner_id = {self.value(owner)}"
            " AND f.parent_id IS NOT NULL AND f.deleted_at IS NULL)"
        )

    def _joined(self, table: str, condition: str, wanted: str, *, scan: bool) -> str:
        """Has a row in a table of joins that the condition and what is wanted make an equation of."""
        alias = table.split()[1]
        if scan:
            return f"EXISTS (SELECT 1 FROM {table} WHERE {alias}.bookmark_id = b.id AND {condition} = {wanted})"
        return f"b.id IN (SELECT {alias}.bookmark_id FROM {table} WHERE {condition} = {wanted})"

    def _mentions(self, text: str, scope: Scope, *, scan: bool) -> str:
        """The texts before the notes, which end a search text and are as long there as where they are kept.

        Rows and tags are each found by their own index and then united: an OR would have every row looked at.
        """
        folded = search_term(text)
        if not folded:
            return "TRUE"
        owner = f" AND t.owner_id = {self.value(scope.owner_id)}" if isinstance(scope, Mine) else ""
        tagged = (
            "SELECT bt.bookmark_id FROM tag t JOIN bookmark_tag bt ON bt.tag_id = t.id"
            f" WHERE {self.dialect.contains(self, 't.name_key', tag_key(text))}{owner}"
        )
        start = self.dialect.start(self, "b.search_text", folded)
        outside = f"(b.notes = '' OR {start} <= length(b.search_text) - length(b.notes))"
        if scan or not isinstance(scope, Mine):
            return f"(({self.dialect.occurs(self, folded, scan=True)} AND {outside}) OR b.id IN ({tagged}))"
        found = f"{self.dialect.occurs(self, folded, scan=False)} AND {outside}"
        mine = f"b.owner_id = {self.value(scope.owner_id)}"
        return f"b.id IN (SELECT b.id FROM bookmark b WHERE {mine} AND {found} UNION {tagged})"

    def _in_folder(self, folder_id: int, *, recursive: bool, scan: bool) -> str:
        if not 0 < folder_id < 2**31:  # PostgreSQL would refuse the number
            return "FALSE"
        folder = self.value(folder_id)
        if recursive:
            below = f"{BELOW.format(folder=folder)} SELECT id FROM below"
            return (
                "b.id IN (SELECT p.bookmark_id FROM placement p WHERE p.deleted_at IS NULL"
                f" AND p.folder_id IN ({below}))"
            )
        if scan:
            return (
                "EXISTS (SELECT 1 FROM placement p WHERE p.bookmark_id = b.id"
                f" AND p.folder_id = {folder} AND p.deleted_at IS NULL)"
            )
        return f"b.id IN (SELECT p.bookmark_id FROM placement p WHERE p.folder_id = {folder} AND p.deleted_at IS NULL)"


def balanced(word: str, parts: list[str]) -> str:
    """The conditions joined by ``AND`` or ``OR`` as a shallow tree: SQLite takes chains of under 1,000 only."""
    if not parts:
        return "TRUE" if word == "AND" else "FALSE"
    if len(parts) <= 8:
        return "(" + f" {word} ".join(parts) + ")"
    middle = len(parts) // 2
    return f"({balanced(word, parts[:middle])} {word} {balanced(word, parts[middle:])})"


def leaves(tree: Tree) -> list[Leaf]:
    """The leaves of a tree that an index can answer, each once, in order."""
    found: dict[Leaf, None] = {}
    pending = [tree]
    while pending:
        node = pending.pop()
        match node:
            case (
                Tagged() | Spelled() | HasTag() | HasTags() | Occurs() | Mentions() | Ranked() | InFolder() | InGroup()
            ):
                found[node] = None
            case Not(part):
                pending.append(part)
            case And(parts) | Or(parts):
                pending.extend(reversed(parts))
            case _:
                pass
    return list(found)
