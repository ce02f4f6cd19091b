"""linkding's search language: text to tokens to the tree of ``models/queries/tree.py``, and back (LD-Q, section 17).

``parse`` never raises, and recurses no deeper than its limits, so no text can hurt it; what cannot be parsed finds
nothing (LD-Q-12).
The trees it makes are plain: no double negation, no And directly inside an And, no Or inside an Or, no negated Flag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from models.queries.tree import And, Everything, Flag, Not, Nothing, Occurs, Or, Tagged, Tree, Untagged

# LD-Q-15 asks for some limit. Parentheses that say nothing, as programs write them, cost nothing; but "and", "or" and
# "not" within one another do: older SQLite has a parser stack of 100 entries, and every level takes up to seven.
MAX_NESTING = 100  # parentheses within parentheses
MAX_DEPTH = 10  # levels of "and" and "or" within one another
# Words, phrases, tags, keywords and "not" together; linkding was seen to take 900 words, and each may be a step in the
# depth of an SQL expression, of which SQLite takes 1,000.
MAX_TERMS = 900

Kind = Literal["open", "close", "and", "or", "not", "word", "phrase", "tag", "keyword"]

# Every alternative consumes at least one character and none can match in two ways, so scanning is linear (17.2).
_TOKEN = re.compile(
    r"""
      (?P<open>\() | (?P<close>\))
    | "(?P<double>[^"\\]*(?:\\.[^"\\]*)*)(?:"|\\?\Z)
    | '(?P<single>[^'\\]*(?:\\.[^'\\]*)*)(?:'|\\?\Z)
    | \#(?P<tag>[^\s()"']*)
    | !(?P<keyword>[^\s()"']*)
    | (?P<word>[^\s()"'\#!]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}  # before any other character the backslash just vanishes (LD-Q-8)
_TO_ESCAPE = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "\r": r"\r"})
_OPERATORS: dict[str, Kind] = {"and": "and", "or": "or", "not": "not"}
_COUNTED = frozenset({"word", "phrase", "tag", "keyword", "not"})
_BARE_WORD = re.compile(r"""[^\s()"'#!]+""")
_BARE_TAG = re.compile(r"""[^\s()"']+""")


class Token(NamedTuple):
    """What the tokeniser found; ``text`` is what it says, without ``#``, ``!``, quotes and escapes."""

    kind: Kind
    text: str = ""


def parse(text: str, *, lax: bool = False) -> Tree:
    """Return what a query asks for; ``lax`` lets words and phrases also match whole tag names (LD-Q-4).

    Empty text is ``Everything``; a parse error is ``Nothing``, and so are more than 100 nested parentheses, more than
    10 levels of "and" and "or" within one another and more than 900 terms (each "not" counted as one). Unknown
    keywords vanish from their expression (LD-Q-13).
    """
    try:
        return _read(text, lax=lax) or Everything()
    except _Unparsable:
        return Nothing()


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a query (17.2); a lone ``#`` or ``!`` is none (LD-Q-9)."""
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        match kind:
            case "open" | "close":
                yield Token(kind)
            case "double" | "single":
                yield Token("phrase", _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), found[kind]))
            case "tag" | "keyword":
                if found[kind]:
                    yield Token(kind, found[kind])
            case _:
                yield _word(found[0])


def print_tree(tree: Tree) -> str:
    """Return a query that parses to the tree again, in strict or lax mode as its ``Occurs`` were, limits permitting.

    Raises ValueError for what the language cannot say: flags other than ``unread``, dates, owners, tag names that
    are empty or hold white space, quotes or parentheses.
    """
    match tree:
        case Or(parts=parts):
            return " or ".join(_print_inside(part, Or) for part in parts)
        case And(parts=parts):
            return " ".join(_print_inside(part, Or, And) for part in parts)
        case Not(part=part):
            return f"not {_print_inside(part, Or, And)}"
        case _:
            return _print_leaf(tree)


def quote(text: str) -> str:
    """Return the text as a phrase that finds exactly it, whatever characters it holds."""
    return f'"{text.translate(_TO_ESCAPE)}"'


class _Unparsable(Exception):  # noqa: N818 - never leaves this module
    """The query breaks the grammar."""


@dataclass(slots=True)
class _Group:
    """What stands between two parentheses, or the whole query, while it is being read.

    ``alternatives`` are the operands of "or", each a list of the operands of "and". A part that vanished (an unknown
    keyword) is None: it counts for the grammar but is kept nowhere.
    """

    alternatives: list[list[Tree]] = field(default_factory=lambda: [[]])
    awaits_operand: bool = True
    negated: bool = False
    is_untouched: bool = True

    def add(self, part: Tree | None) -> None:
        """Take an operand; beside another one it means "and"."""
        if part is not None:
            self.alternatives[-1].append(_negate(part) if self.negated else part)
        self.awaits_operand = self.negated = self.is_untouched = False

    def operate(self, operator: Kind) -> None:
        """Take an operator; "and" and "or" stand behind an operand, "not" stands anywhere."""
        if operator == "not":
            self.negated = not self.negated
        elif self.awaits_operand:
            raise _Unparsable
        elif operator == "or":
            self.alternatives.append([])
        self.awaits_operand = True
        self.is_untouched = False

    def close(self) -> Tree | None:
        """Return what was read, None when all of it vanished."""
        if self.awaits_operand:
            raise _Unparsable
        return _any_of([_all_of(parts) for parts in self.alternatives if parts])


def _read(text: str, *, lax: bool) -> Tree | None:
    groups = [_Group()]  # the open ones, the innermost last
    terms = 0
    for token in tokens(text):
        match token.kind:
            case "open":
                groups.append(_Group())
            case "close":
                part = groups.pop().close()
                if not groups:
                    raise _Unparsable
                groups[-1].add(part)
            case "and" | "or" | "not":
                groups[-1].operate(token.kind)
            case _:
                groups[-1].add(_leaf(token, lax=lax))
        terms += token.kind in _COUNTED
        if terms > MAX_TERMS or len(groups) > MAX_NESTING + 1:
            raise _Unparsable
    if len(groups) > 1:
        raise _Unparsable
    tree = None if groups[0].is_untouched else groups[0].close()
    if tree is not None and _depth(tree) > MAX_DEPTH:
        raise _Unparsable
    return tree


def _depth(tree: Tree) -> int:
    match tree:
        case Not(part=part):
            return _depth(part)
        case And(parts=parts) | Or(parts=parts):
            return 1 + max(map(_depth, parts))
        case _:
            return 0


def _word(text: str) -> Token:
    operator = _OPERATORS.get(text.lower())
    return Token("word", text) if operator is None else Token(operator)


def _leaf(token: Token, *, lax: bool) -> Tree | None:
    match token.kind, token.text:
        case "tag", name:
            return Tagged(name)
        case "keyword", name:
            return _keyword(name.lower())
        case _, "":
            return Everything()  # an empty phrase occurs everywhere (LD-Q-9)
        case _, text:
            return Occurs(text, or_tag=lax)


def _keyword(name: str) -> Tree | None:
    match name:
        case "untagged":
            return Untagged()
        case "unread":
            return Flag("unread")
        case _:
            return None


def _negate(part: Tree) -> Tree:
    match part:
        case Not(part=inner):
            return inner
        case Flag(name=name, value=value):
            return Flag(name, not value)
        case Everything():
            return Nothing()
        case Nothing():
            return Everything()
        case _:
            return Not(part)


def _all_of(parts: list[Tree]) -> Tree:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def _any_of(parts: list[Tree]) -> Tree | None:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def _print_inside(part: Tree, *looser: type[Tree]) -> str:
    text = print_tree(part)
    return f"({text})" if isinstance(part, looser) else text


def _print_leaf(tree: Tree) -> str:
    match tree:
        case Everything():
            return '""'
        case Nothing():
            return 'not ""'
        case Occurs(text=text) if text:
            return text if _BARE_WORD.fullmatch(text) and text.lower() not in _OPERATORS else quote(text)
        case Tagged(name=name) if _BARE_TAG.fullmatch(name):
            return f"#{name}"
        case Untagged():
            return "!untagged"
        case Flag(name="unread", value=value):
            return "!unread" if value else "not !unread"
        case _:
            message = f"linkding's search language has no words for {tree!r}"
            raise ValueError(message)
