"""Style sheets made harmless and self-contained: token by token, never by regular expressions.

A browser's own reading of CSS differs from any other in some corner, so nothing is let through that names an address:
what is written is made anew from tokens, addresses are ``data:`` or gaps, and neither ``<`` nor ``&`` stands before a
letter, so that no reading of the HTML around it ends the sheet early or finds other letters in it. Where a token is
left out a comment takes its place: its neighbours would else be one token, ``ur`` and ``l(`` an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tinycss2
from tinycss2.serializer import serialize_identifier, serialize_string_value

from models.text import mend_text
from server.outside.snapshots.addresses import Wants, data_of, data_url, resolve
from server.outside.snapshots.kinds import SVG, sniff
from server.outside.snapshots.pieces import Kind, Piece, Slot

NOTHING = 'url("data:,")'  # an address that loads nothing
APART = "/**/"  # a comment, which keeps two tokens apart

_PLAIN = re.compile(r"[A-Za-z_-][A-Za-z0-9_-]*")
_PAINTERS = frozenset({"image-set", "-webkit-image-set", "image", "cross-fade", "-webkit-cross-fade"})
_ELSEWHERE = frozenset({"var", "env", "attr", "if", "inherit"})  # stand for what is written in another place
_BANISHED = frozenset({"behavior", "-ms-behavior", "-moz-binding"})  # properties that ran things in old browsers
_AT_RULES = frozenset({"import", "charset", "namespace", "layer", "font-face"})
_FORMATS = {"woff2": 0, "woff2-variations": 0, "woff": 1, "woff-variations": 1, "truetype": 2, "opentype": 2}
_ENDINGS = {"woff2": 0, "woff": 1, "ttf": 2, "otf": 2}
_UNKNOWN_FORMAT = 3
_PASSED_OVER = ("<!--", "-->")  # tokens compare with texts, but cannot be hashed
_MARKUP = re.compile(r"(\\\\)|\\?([<&])")  # a backslash that is escaped escapes nothing
_BRACKETS = {"{} block": ("{", "}"), "[] block": ("[", "]"), "() block": ("(", ")")}

# What tinycss2 raises on nonsense: numbers of 5,000 digits, empty names …
NONSENSE = (ValueError, IndexError, AssertionError, TypeError, OverflowError, RecursionError)

Nodes = Sequence[Any]  # tinycss2's tokens


@dataclass(slots=True)
class Scope:
    """Where a style stands: the address it is seen from, and whether it may ask for files (an SVG picture may not).

    ``prefix`` is what ids begin with that it refers to; ``characters`` those that fonts are for, empty for any.
    ``draw`` cleans an SVG picture that comes as a ``data:`` address.
    """

    base: str
    wants: Wants
    draw: Callable[[bytes], bytes | None]
    may_ask: bool = True
    prefix: str = ""
    characters: str = ""

    def address(self, text: str, kind: Kind) -> str | int | None:
        """What takes the place of an address: a ``data:`` address, a number of ``wants``, None for nothing."""
        if (data := data_of(text)) is not None:
            return self._carried(data.body, kind)
        url = resolve(text, self.base)
        if url is None or not self.may_ask:
            return None
        return self.wants.number(kind, url)

    def _carried(self, body: bytes, kind: Kind) -> str | None:
        """The same bytes in our own spelling, when they are what they are used for."""
        content_type = sniff(body[:1024], kind)
        drawn = self.draw(body) if content_type == SVG else body
        return data_url(content_type, drawn) if content_type is not None and drawn is not None else None


def clean_style(text: str, scope: Scope) -> list[Piece]:
    """A style sheet, or the declarations of a ``style`` attribute, or one value. Raises what tinycss2 may raise."""
    writer = _Writer(scope)
    writer.walk(tinycss2.parse_component_value_list(text), top=True)
    return writer.finish()


class _Writer:
    """Writes tokens anew, with gaps for what they name."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._pieces: list[Piece] = []
        self._text: list[str] = []
        self._imports = True  # whether an @import would count here

    def finish(self) -> list[Piece]:
        """All that was written."""
        self._flush()
        return self._pieces

    def walk(self, nodes: Nodes, *, top: bool = False) -> None:
        """Write the tokens and what is in them, however deep; only at the ``top`` are sheets imported."""
        stack: list[tuple[Nodes, int, str, bool]] = [(nodes, 0, "", False)]
        while stack:
            nodes, at, end, painter = stack.pop()
            while at < len(nodes):
                node = nodes[at]
                if (skipped := self._rule(nodes, at, top=top and not stack)) is not None:
                    at = skipped
                    continue
                at += 1
                if (inner := self._node(node, nodes[at] if at < len(nodes) else None, painter=painter)) is not None:
                    stack.append((nodes, at, end, painter))
                    nodes, at, (end, painter) = inner[0], 0, inner[1:]
            self._text.append(end)

    def _flush(self) -> None:
        if self._text:
            self._pieces.append(mend_text("".join(self._text)))
            self._text.clear()

    def _keep_apart(self) -> None:
        """Write what takes the place of a token that is left out."""
        if "".join(self._text[-2:])[-1:] not in " \n;{}":
            self._text.append(APART)

    def _slot(self, slot: Slot) -> None:
        self._flush()
        self._pieces.append(slot)

    # Parts that are more than one token

    def _rule(self, nodes: Nodes, at: int, *, top: bool) -> int | None:
        """Write or leave out what begins here, and say where to go on; None when it is nothing special."""
        node = nodes[at]
        if node.type == "at-keyword":
            return self._at_rule(nodes, at, node.value.lower(), top=top)
        if top and node.type not in {"whitespace", "comment"} and node not in _PASSED_OVER:
            self._imports = False
        if node.type == "ident" and node.value.lower() in _BANISHED:
            following = _past_space(nodes, at + 1)
            if following < len(nodes) and nodes[following] == ":":
                self._keep_apart()
                return _end_of_statement(nodes, at)[0]
        return None

    def _at_rule(self, nodes: Nodes, at: int, name: str, *, top: bool) -> int | None:
        if name not in _AT_RULES:
            self._imports = self._imports and not top
            return None
        end, block = _end_of_statement(nodes, at)
        if name == "layer" and block is not None:
            self._imports = self._imports and not top
            return None
        self._keep_apart()
        if name == "layer":
            self._text.append("@layer")
            self.walk(nodes[at + 1 : end])
        elif name == "font-face":
            self._imports = self._imports and not top
            if block is not None:
                self._font_face(block.content)
        elif name == "import" and top and self._imports and block is None:
            self._import(nodes[at + 1 : end])
        return end

    def _import(self, nodes: Nodes) -> None:
        """Put the sheet where its @import stands, under the same conditions."""
        at = _past_space(nodes, 0)
        address = _address_of(nodes[at]) if at < len(nodes) else None
        if address is None:
            return
        conditions = [node for node in nodes[at + 1 :] if node != ";"]
        ends = "}"
        at = _past_space(conditions, 0)
        if at < len(conditions) and conditions[at].type in {"ident", "function"}:
            name = (conditions[at].value if conditions[at].type == "ident" else conditions[at].name).lower()
            if name == "layer":
                self._text.append("@layer ")
                self.walk(conditions[at].arguments if conditions[at].type == "function" else [])
                self._text.append("{")
                ends += "}"
                at = _past_space(conditions, at + 1)
        if at < len(conditions) and conditions[at].type == "function" and conditions[at].lower_name == "supports":
            self._text.append("@supports (")
            self.walk(conditions[at].arguments)
            self._text.append("){")
            ends += "}"
            at = _past_space(conditions, at + 1)
        self._text.append("@media ")
        self.walk(conditions[at:] or tinycss2.parse_component_value_list("all"))
        self._text.append("{")
        number = self._sheet(address)
        if number is not None:
            self._slot(Slot(number))
        self._text.append(ends)

    def _sheet(self, address: str) -> int | None:
        scope = self._scope
        if not scope.may_ask:
            return None
        if (data := data_of(address)) is not None:
            return scope.wants.number("style", scope.base, data.body.decode("utf-8", "replace"))
        url = resolve(address, scope.base)
        return None if url is None else scope.wants.number("style", url)

    def _font_face(self, nodes: Nodes) -> None:
        """Keep one file of a font, the smallest kind; none when the page has no letter of it."""
        declarations = [(_name(part), part) for part in _split(nodes, ";")]
        ranges = [node for name, part in declarations if name == "unicode-range" for node in part]
        if self._scope.characters and not _covers(ranges, self._scope.characters):
            return
        self._text.append("@font-face{")
        for name, part in declarations:
            if name == "src":
                self._font_source(part)
            elif name is not None:
                self.walk(part)
                self._text.append(";")
        self._text.append("}")

    def _font_source(self, nodes: Nodes) -> None:
        """``src: local(…), url(…)``, with the best of the files."""
        colon = next(at for at, node in enumerate(nodes) if node == ":")
        best: tuple[int, str] | None = None
        local: list[Any] = []
        for part in _split(nodes[colon + 1 :], ","):
            address = next((found for node in part if (found := _address_of(node, strings=False)) is not None), None)
            if address is None:
                local.extend(node for node in part if node.type == "function" and node.lower_name == "local")
            elif (rank := _rank(part, address)) is not None and (best is None or rank < best[0]):
                best = (rank, address)
        if best is None and not local:
            return
        self._text.append("src:")
        for number, node in enumerate(local):
            self._text.append("," if number else "")
            self.walk([node])
        if best is not None:
            self._text.append("," if local else "")
            self._url(best[1], "font")
        self._text.append(";")

    # Single tokens

    def _node(self, node: Any, following: Any, *, painter: bool) -> tuple[Nodes, str, bool] | None:
        """Write one token; for one with others inside, these, what ends it, and whether strings in it are pictures."""
        kind = node.type
        if kind in _BRACKETS:
            begin, end = _BRACKETS[kind]
            self._text.append(begin)
            return node.content, end, painter
        if kind == "function":
            return self._function(node, painter=painter)
        if kind == "url":
            self._url(node.value, "image")
        elif kind == "string":
            if painter:
                self._url(node.value, "image")
            else:
                self._text.append(_string(node.value))
        elif kind == "literal":
            self._text.append(_literal(node.value, following))
        elif kind == "whitespace":
            self._text.append("\n" if "\n" in node.value else " ")
        elif kind == "comment":
            self._text.append(APART)
        elif kind == "error":
            self._keep_apart()
        else:
            self._text.append(_word(node))
        return None

    def _function(self, node: Any, *, painter: bool) -> tuple[Nodes, str, bool] | None:
        name = node.lower_name
        if name == "expression":
            self._keep_apart()
            return None
        is_elsewhere = painter and (name in _ELSEWHERE or name.startswith("--"))  # a string there may be an address
        if name in {"url", "src"} or is_elsewhere:
            address = _address_of(node, strings=False)
            self._text.append(NOTHING) if address is None else self._url(address, "image")
            return None
        self._text.append(_escaped(serialize_identifier(node.name)) + "(")
        return node.arguments, ")", name in _PAINTERS or (painter and name != "type")

    def _url(self, text: str, kind: Kind) -> None:
        """An address: of a part of the same document, or of something to be put in."""
        text = text.strip()
        if text.startswith("#"):
            self._text.append(f"url({_string('#' + self._scope.prefix + text[1:])})")
            return
        found = self._scope.address(text, kind)
        if isinstance(found, int):
            self._slot(Slot(found, 'url("', '")', NOTHING))
        else:
            self._text.append(f'url("{found}")' if found else NOTHING)


def _literal(value: str, following: Any) -> str:
    """A character that stands for itself. ``<`` is for comparing widths, and begins no tag; ``&`` begins no letter."""
    if value in {"<!--", "-->", "\\"}:
        return " "
    if value == "<" and following != "=":
        return "< "
    return f"&{APART}" if value == "&" else value


def _word(node: Any) -> str:
    """An identifier, a number or the like."""
    if node.type == "ident" and _PLAIN.fullmatch(node.value):
        return str(node.value)
    return _escaped(node.serialize())


def _string(value: str) -> str:
    return f'"{_escaped(serialize_string_value(value))}"'


def _escaped(text: str) -> str:
    """The same to CSS, and nothing to HTML."""
    return _MARKUP.sub(lambda found: found[1] or f"\\{ord(found[2]):x} ", text)


def _past_space(nodes: Nodes, at: int) -> int:
    while at < len(nodes) and nodes[at].type in {"whitespace", "comment"}:
        at += 1
    return at


def _end_of_statement(nodes: Nodes, at: int) -> tuple[int, Any]:
    """Where what begins here is over, and the block that ends it, if one does."""
    for end in range(at, len(nodes)):
        if nodes[end].type == "{} block":
            return end + 1, nodes[end]
        if nodes[end] == ";":
            return end + 1, None
    return len(nodes), None


def _address_of(node: Any, *, strings: bool = True) -> str | None:
    """The address that ``url(…)``, or a string where that is one, holds; None for other tokens."""
    if node.type == "url" or (strings and node.type == "string"):
        return str(node.value)
    if node.type == "function" and node.lower_name in {"url", "src"}:
        return next((str(inner.value) for inner in node.arguments if inner.type == "string"), None)
    return None


def _split(nodes: Nodes, at: str) -> Iterator[list[Any]]:
    """The tokens between the separators."""
    part: list[Any] = []
    for node in nodes:
        if node == at:
            yield part
            part = []
        else:
            part.append(node)
    yield part


def _name(declaration: Nodes) -> str | None:
    """The property of a declaration."""
    words = [node for node in declaration if node.type not in {"whitespace", "comment"}]
    if len(words) > 1 and words[0].type == "ident" and words[1] == ":":
        return str(words[0].value).lower()
    return None


def _rank(source: Nodes, address: str) -> int | None:
    """How good a font file is, by its format: 0 is best, None for what browsers do not read."""
    for node in source:
        if node.type == "function" and node.lower_name == "format":
            words = [str(inner.value).lower() for inner in node.arguments if inner.type in {"string", "ident"}]
            return _FORMATS.get(words[0] if words else "")
    if address.lower().startswith("data:"):
        return 0
    ending = address.partition("#")[0].partition("?")[0].lower().rpartition(".")[2]
    return None if ending in {"eot", "svg"} else _ENDINGS.get(ending, _UNKNOWN_FORMAT)


def _covers(ranges: Nodes, characters: str) -> bool:
    """Whether a font with this ``unicode-range`` has any of the characters; one without has all."""
    spans = [(node.start, node.end) for node in ranges if node.type == "unicode-range"]
    return not spans or any(start <= ord(character) <= end for start, end in spans for character in characters)
