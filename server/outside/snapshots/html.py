"""HTML made harmless and self-contained: what a page shows without its scripts, written anew node by node.

Nothing is handed on as it came. Elements and attributes that run, load or send something are left out, whatever
namespace they are in; the rest is escaped so that no other reading of the file makes elements of text or attributes:
neither ``<`` nor ``>`` is left in either, there are no comments, and the only raw text is that of ``<style>``, where no
``<`` stands before a letter. Works in the child process: a hostile page may take any time and memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import ClassVar

from selectolax.lexbor import LexborHTMLParser, LexborNode
from tinycss2.bytes import decode_stylesheet_bytes

from server.outside import reading
from server.outside.snapshots import pictures
from server.outside.snapshots.addresses import LONGEST, Wants, data_of, link, resolve, runs
from server.outside.snapshots.css import NONSENSE, Scope, clean_style
from server.outside.snapshots.nodes import (
    Attributes,
    before,
    begins_with_newline,
    children,
    href_of,
    image_of,
    is_beacon,
    is_lazy,
    is_shown_by_noscript,
    sources_of,
    tracks,
)
from server.outside.snapshots.pieces import CleanJob, Document, Otherwise, Piece, Slot, Unclean, sprite_prefix
from server.outside.snapshots.writer import Writer, escape, escape_attribute

MAX_TEXT = 20 * 1024 * 1024  # characters of a cleaned document
DEEPEST_DATA = 3  # pictures inside pictures inside …
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; media-src data:; "
    "form-action 'none'; base-uri 'none'"
)

_ELEMENT = re.compile(r"[A-Za-z][A-Za-z0-9._:-]{0,99}")
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9._:-]{0,199}")
_DOCTYPE = re.compile(
    r"<!doctype\s+html\s+public\s+([\"'])([-+/\w .:]{1,200})\1(?:\s*([\"'])([\w:/.\-]{0,200})\3)?", re.IGNORECASE
)

_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "wbr"})
_LEFT_OUT = frozenset(
    {
        "script", "base", "embed", "applet", "param", "track", "source", "bgsound", "portal", "fencedframe",
        "noembed", "noframes", "plaintext", "handler", "listener", "annotation-xml", "keygen", "isindex",
    }
)  # fmt: skip
_RENAMED = {"xmp": "pre", "listing": "pre"}
_DROPPED = frozenset(
    {
        "src", "srcset", "srcdoc", "sizes", "imagesrcset", "imagesizes", "poster", "background", "action",
        "formaction", "method", "formmethod", "formtarget", "ping", "nonce", "integrity", "crossorigin",
        "referrerpolicy", "loading", "fetchpriority", "decoding", "autofocus", "autoplay", "data", "codebase",
        "code", "classid", "archive", "manifest", "profile", "longdesc", "cite", "lowsrc", "dynsrc", "http-equiv",
        "allow", "sandbox", "csp", "is", "download", "attributionsrc", "blocking", "base", "href", "style", "xmlns",
        "credentialless", "allowfullscreen", "icon",
    }
)  # fmt: skip
_PAINTS = frozenset(  # the last four are what animations put in place of them
    {
        "fill", "stroke", "filter", "clip-path", "mask", "marker", "marker-start", "marker-mid", "marker-end", "cursor",
        "values", "from", "to", "by",
    }
)  # fmt: skip
_BACKGROUNDS = frozenset({"body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"})
_ANIMATIONS = frozenset({"animate", "set", "animatetransform", "animatemotion", "animatecolor", "discard"})
_INTEGRATION = frozenset({"foreignobject", "desc", "title", "mi", "mo", "mn", "ms", "mtext"})  # HTML inside SVG, MathML
_SHOWN_META = frozenset({"viewport", "description", "author", "color-scheme", "theme-color", "keywords", "generator"})
_NAMESPACES = {"svg": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}

Inside = tuple[str, LexborNode | None]  # what ends an element, and the first node in it


def clean(job: CleanJob) -> Document:
    """The document of the job, cleaned, with gaps. Raises Unclean, and whatever libraries raise on such input."""
    if job.kind == "style":
        wants = Wants()
        scope = Scope(job.url, wants, lambda body: _drawing(body, 1), characters=job.characters)
        document = Document(clean_style(_style_text(job), scope), wants.wants)
    elif job.kind == "picture":
        drawn = _drawing(job.data, 0)
        if drawn is None:
            raise Unclean("not a drawing")
        document = Document([drawn.decode()])
    else:
        document = _Cleaner(job).document()
    if sum(len(piece) for piece in document.pieces if isinstance(piece, str)) > MAX_TEXT:
        raise Unclean(f"more than {MAX_TEXT} characters")
    return document


def _style_text(job: CleanJob) -> str:
    """The bytes of a style sheet as text: https://drafts.csswg.org/css-syntax/#input-byte-stream."""
    text, _ = decode_stylesheet_bytes(job.data, job.charset)
    return str(text)


def _drawing(data: bytes, depth: int) -> bytes | None:
    """An SVG picture, cleaned, as XML; None when there is none, or when it is in too many others."""
    if depth > DEEPEST_DATA:
        return None
    job = CleanJob("picture", data, None, "about:blank")
    try:
        pieces = _Cleaner(job, depth).document().pieces
    except Unclean:
        return None
    return "".join(piece for piece in pieces if isinstance(piece, str)).encode() or None


class _Cleaner:
    """Walks a parsed document and writes it anew; used once."""

    def __init__(self, job: CleanJob, depth: int = 0) -> None:
        text = reading.decode(job.data, job.charset)
        if text is None:
            raise Unclean("not HTML")
        self._job = job
        self._text = text
        self._tree = LexborHTMLParser(text)
        self._is_drawing = job.kind == "picture"
        self._wants = Wants()
        # Scripts' letters count too: a font too many is only larger.
        self._characters = "" if self._is_drawing else "".join(sorted(set(unescape(text))))
        self._scope = Scope(
            self._base(),
            self._wants,
            lambda body: _drawing(body, depth + 1),
            may_ask=not self._is_drawing,
            prefix=sprite_prefix(job.url) if job.kind == "sprite" else "",
            characters=self._characters,
        )
        self._writer = Writer(self._scope, is_xml=self._is_drawing)
        self._sprites: dict[int, None] = {}
        self._foreign = False
        self._has_icon = False

    def document(self) -> Document:
        """All of it."""
        if self._job.kind in {"picture", "sprite"}:
            drawing = self._tree.css_first("svg")
            if drawing is None:
                raise Unclean("not a drawing")
            self._walk(drawing)
        else:
            root = self._tree.root
            self._writer.write(self._doctype(root))
            self._walk(root)
        self._writer.flush()
        return Document(self._writer.pieces, self._wants.wants, self._characters)

    # Where things are

    def _base(self) -> str:
        """The address that all others are seen from."""
        node = self._tree.css_first("base[href]")
        href = (node.attributes.get("href") or "") if node else ""
        return resolve(href, self._job.url) or self._job.url

    def _doctype(self, root: LexborNode | None) -> str:
        """What says by which rules the page is laid out; none means the oldest ones."""
        if root is None or root.prev is None or not any(before(root, "-doctype")):
            return ""
        found = _DOCTYPE.search(self._text[:2_000])
        if found is None:
            return "<!DOCTYPE html>"
        return f'<!DOCTYPE html PUBLIC "{found[2]}"' + (f' "{found[4]}">' if found[4] else ">")

    # Walking

    def _walk(self, node: LexborNode | None) -> None:
        """Write the node and all that is in it; without recursion, for pages are deep."""
        stack: list[tuple[LexborNode | None, str, bool]] = []
        while True:
            while node is None:
                if not stack:
                    return
                node, end, self._foreign = stack.pop()
                self._end(end)
            following = node.next if stack else None
            outside = self._foreign
            opened = self._open(node)
            if opened is None:
                node = following
            else:
                end, node = opened
                stack.append((following, end, outside))

    def _end(self, end: str) -> None:
        if end == "</body>":
            for number in self._sprites:
                begin = '<svg width="0" height="0" style="position:absolute" aria-hidden="true">'
                self._writer.put([Slot(number, begin, "</svg>")])
        self._writer.write(end)

    def _open(self, node: LexborNode) -> Inside | None:
        """Write how the node begins; what ends it, and the first node in it; None when it is done with."""
        tag = node.tag
        if tag == "-text":
            self._writer.write(escape(node.text_content or ""))
            return None
        if tag is None or not _ELEMENT.fullmatch(tag):
            return None if tag is None or tag.startswith("-") else ("", node.first_child)
        name = tag.lower().rpartition(":")[2]
        if (name in _LEFT_OUT) or (self._is_drawing and ":" in tag):
            return None
        if (special := self._SPECIAL.get(name)) is not None:
            return special(self, node)
        return self._plain(node, _RENAMED.get(name, tag))

    def _unwrapped(self, node: LexborNode) -> Inside:
        """``noscript``: nothing runs, so this is what the page shows."""
        return "", node.first_child

    def _plain(self, node: LexborNode, tag: str, more: Attributes | None = None) -> Inside | None:
        """An element that is nothing but what it looks like."""
        name = tag.lower()
        if self._foreign and not self._is_drawing and name in _VOID:
            return None  # an HTML element that SVG does not know, and that would end the drawing when read again
        self._writer.write(f"<{tag}")
        self._attributes(node.attributes)
        for attribute, value in (more or {}).items():
            self._writer.write(f' {attribute}="{escape_attribute(value or "")}"')
        if name in _BACKGROUNDS:
            self._writer.file("image", node.attributes.get("background"), ' background="', '"')
        self._writer.write(">")
        if name in {"svg", "math"}:
            self._foreign = True
        elif name in _INTEGRATION:
            self._foreign = False
        if name in _VOID and not self._is_drawing:
            return None
        if name in {"pre", "textarea"} and begins_with_newline(node):
            self._writer.write("\n")  # the first one is taken off again
        return f"</{tag}>", node.first_child

    # Attributes

    def _attributes(self, attributes: Attributes, skipped: frozenset[str] = frozenset()) -> None:
        """Write those that only say what something looks like."""
        refers = False
        for name, given in attributes.items():
            value = given or ""
            low = name.lower()
            if low == "style":
                self._value("style", value)
            elif low.rpartition(":")[2] == "href":
                refers = refers or self._fragment(value)
            elif low in skipped or not self._is_plain(low) or runs(value):
                continue
            elif low in _PAINTS and "(" in value:
                self._value(name, value)
            elif low == "id":
                self._writer.write(f' id="{escape_attribute(self._scope.prefix + value)}"')
            else:
                self._writer.write(f' {name}="{escape_attribute(value)}"')

    def _is_plain(self, name: str) -> bool:
        """Whether an attribute neither runs nor loads nor sends anything."""
        space, _, local = name.rpartition(":")
        return (
            _ATTRIBUTE.fullmatch(name) is not None
            and not local.startswith("on")
            and local not in _DROPPED
            and name != "xmlns"
            and space in ({"", "xml"} if self._is_drawing else {"", "xml", "xlink"})
        )

    def _value(self, name: str, value: str) -> None:
        """An attribute in the language of style sheets."""
        self._writer.write(f' {name}="')
        self._writer.put(self._css(value), escape_attribute)
        self._writer.write('"')

    def _css(self, text: str) -> list[Piece]:
        try:
            return clean_style(text, self._scope)
        except NONSENSE:
            return []

    def _fragment(self, value: str) -> bool:
        """An ``href`` of an element that is no link: only to a part of the same document. Whether it was written."""
        value = value.strip()
        if not value.startswith("#"):
            return False
        self._writer.write(f' href="#{escape_attribute(self._scope.prefix + value[1:])}"')
        return True

    # Elements that load or lead

    def _link_to(self, node: LexborNode) -> Inside | None:
        """``a`` and ``area``: where they lead, absolute."""
        href, attributes = href_of(node)
        tag = node.tag or "a"
        self._writer.write(f"<{tag}")
        self._attributes(attributes)
        if href is not None and (target := self._target(href)) is not None:
            self._writer.write(f' href="{escape_attribute(target)}"')
        self._writer.write(">")
        return None if tag in _VOID and not self._is_drawing else (f"</{tag}>", node.first_child)

    def _target(self, href: str) -> str | None:
        href = href.strip()
        if self._is_drawing:
            return None
        if not href.startswith("#"):
            absolute = link(href, self._scope.base)
            page, mark, fragment = (absolute or "").partition("#")
            if not mark or page != self._job.url.partition("#")[0]:
                return absolute
            href = f"#{fragment}"
        if len(href) > LONGEST:
            return None
        return f"about:srcdoc{href}" if self._job.kind == "frame" else href

    def _image(self, node: LexborNode) -> None:
        """``img``: one of its pictures; a lazy one whose picture follows in a ``noscript`` is left to that."""
        attributes = node.attributes
        if is_beacon(node) or (is_lazy(attributes) and is_shown_by_noscript(node)):
            return
        choice = pictures.choose(image_of(attributes), sources_of(node))
        self._writer.write("<img")
        self._attributes(attributes)
        if choice is not None and choice.width:
            sizes = f' {choice.width}" sizes="{escape_attribute(choice.sizes)}"'
            self._writer.file("image", choice.address, ' srcset="', sizes)
        elif choice is not None:
            self._writer.file("image", choice.address, ' src="', '"')
        self._writer.write("></img>" if self._is_drawing else ">")

    def _input(self, node: LexborNode) -> None:
        self._writer.write("<input")
        self._attributes(node.attributes)
        if (node.attributes.get("type") or "").strip().lower() == "image":
            self._writer.file("image", node.attributes.get("src"), ' src="', '"')
        self._writer.write("></input>" if self._is_drawing else ">")

    def _media(self, node: LexborNode) -> None:
        """``video`` and ``audio``: the first file when it is small enough, else a link to it."""
        attributes = node.attributes
        sources = [attributes.get("src"), attributes.get("data-src")]
        sources += [child.attributes.get(name) for child in children(node, "source") for name in ("src", "data-src")]
        address = next((source for source in sources if source and source.strip()), None)
        self._writer.write(f"<{node.tag}")
        self._attributes(attributes, frozenset({"controls"}))
        self._writer.file("image", attributes.get("poster") or attributes.get("data-poster"), ' poster="', '"')
        number = self._writer.file("media", address, ' controls="" src="', '"')
        self._writer.write(f"></{node.tag}>")
        if number is not None:
            self._writer.put([Otherwise(number, self._anchor(self._wants.wants[number].url))])

    def _anchor(self, url: str) -> str:
        escaped = escape_attribute(url)
        return f'<a href="{escaped}">{escaped}</a>'

    def _drawn_image(self, node: LexborNode) -> Inside | None:
        """SVG's ``image`` and ``feImage``."""
        href, attributes = href_of(node)
        self._writer.write(f"<{node.tag}")
        self._attributes(attributes)
        if not self._fragment(href or ""):
            self._writer.file("image", href, ' href="', '"')
        self._writer.write(">")
        return f"</{node.tag}>", node.first_child

    def _use(self, node: LexborNode) -> Inside | None:
        """SVG's ``use``: what another file draws is put at the end of the page, and meant by its new id."""
        given, attributes = href_of(node)
        href = ""
        file, _, fragment = (given or "").strip().partition("#")
        url = resolve(file, self._scope.base) if file and self._job.kind in {"page", "frame"} else None
        if url is not None and url != self._job.url.partition("#")[0]:
            number = self._wants.number("sprite", url)
            href = f"#{sprite_prefix(url)}{fragment}"
            if number is not None:
                self._sprites[number] = None
        elif fragment and (url is not None or not file):
            href = f"#{self._scope.prefix}{fragment}"
        self._writer.write("<use")
        self._attributes(attributes)
        self._writer.write(f' href="{escape_attribute(href)}">' if href else ">")
        return "</use>", node.first_child

    def _animation(self, node: LexborNode) -> Inside | None:
        """SVG's animations, but for those of what leads somewhere or runs."""
        target = (node.attributes.get("attributeName") or node.attributes.get("attributename") or "").strip().lower()
        if target.rpartition(":")[2] in {"href", "style", "src"} or target.startswith("on"):
            return None
        return self._plain(node, node.tag or "animate")

    def _style(self, node: LexborNode) -> None:
        """A style sheet inside the page; that of a drawing from elsewhere is left out, for it would style the page."""
        attributes = node.attributes
        kind = (attributes.get("type") or "").strip().lower()
        if self._job.kind == "sprite" or kind not in {"", "text/css"}:
            return
        self._writer.write("<style")
        self._attributes({name: attributes[name] for name in ("media", "title", "id") if name in attributes})
        self._writer.write(">")
        text = "".join(child.text_content or "" for child in children(node, "-text"))
        self._writer.put(self._css(text), escape if self._is_drawing else str)
        self._writer.write("</style>")

    def _link(self, node: LexborNode) -> None:
        """``link``: style sheets, one icon and the canonical address; nothing else shows."""
        attributes = node.attributes
        kinds = (attributes.get("rel") or "").lower().split()
        href = (attributes.get("href") or "").strip()
        if not href or self._is_drawing:
            return
        if "stylesheet" in kinds and "alternate" not in kinds and "disabled" not in attributes:
            self._sheet(attributes, href)
        elif "icon" in kinds and not self._has_icon:
            self._has_icon = True
            self._writer.file("image", href, '<link rel="icon" href="', '">')
        elif kinds == ["canonical"] and (target := link(href, self._scope.base)) is not None:
            self._writer.write(f'<link rel="canonical" href="{escape_attribute(target)}">')

    def _sheet(self, attributes: Attributes, href: str) -> None:
        kind = (attributes.get("type") or "").strip().lower()
        if kind not in {"", "text/css"}:
            return
        if (data := data_of(href)) is not None:
            number = self._wants.number("style", self._scope.base, data.body.decode("utf-8", "replace"))
        else:
            url = resolve(href, self._scope.base)
            number = None if url is None else self._wants.number("style", url)
        if number is None:
            return
        shown = {name: attributes[name] for name in ("media", "title", "id") if name in attributes}
        if "onload" in attributes and (shown.get("media") or "").strip().lower() == "print":
            del shown["media"]  # the usual way to load a sheet late: a script makes it a sheet for screens
        self._writer.write("<style")
        for name, value in shown.items():
            self._writer.write(f' {name}="{escape_attribute(value or "")}"')
        self._writer.write(">")
        self._writer.put([Slot(number)])
        self._writer.write("</style>")

    def _meta(self, node: LexborNode) -> None:
        """``meta``: what describes the page, never what commands the browser."""
        attributes = node.attributes
        name = (attributes.get("name") or attributes.get("property") or "").strip().lower()
        content = attributes.get("content") or ""
        if "http-equiv" not in attributes and (name in _SHOWN_META or name.startswith("og:")) and not self._is_drawing:
            self._writer.write(f'<meta name="{escape_attribute(name)}" content="{escape_attribute(content)}">')

    def _head(self, node: LexborNode) -> Inside | None:
        """``head``, with what keeps the file from doing anything, and where and when it was taken."""
        begun = self._plain(node, "head")
        self._writer.write(f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">')
        self._writer.write('<meta name="referrer" content="no-referrer">')
        if self._job.kind == "page":
            address, moment = escape_attribute(self._job.url), escape_attribute(self._job.moment)
            self._writer.write(
                f'<meta name="snapshot-of" content="{address}"><meta name="snapshot-taken" content="{moment}">'
            )
        return begun

    def _svg(self, node: LexborNode) -> Inside | None:
        """``svg``; a picture of its own says which language it is in."""
        names = _NAMESPACES if self._is_drawing else {}
        more = {"xmlns" if name == "svg" else f"xmlns:{name}": uri for name, uri in names.items()}
        return self._plain(node, "svg", more)

    def _object(self, node: LexborNode) -> Inside | None:
        """``object``: a picture, or what stands in for it."""
        attributes = node.attributes
        if self._is_drawing or not (attributes.get("type") or "").strip().lower().startswith("image/"):
            return "", node.first_child
        self._writer.write("<img")
        self._attributes(attributes, frozenset({"type", "name"}))
        self._writer.file("image", attributes.get("data"), ' src="', '"')
        self._writer.write(">")
        return None

    # Frames

    def _frame(self, node: LexborNode) -> None:
        """``iframe`` and ``frame``: an equally clean document inside, in a sandbox."""
        if self._is_drawing or self._job.kind == "sprite":
            return
        attributes = node.attributes
        self._writer.write('<iframe sandbox=""')
        self._attributes(attributes)
        number, missing = self._frame_wanted(attributes)
        if number is not None:
            self._writer.put([Slot(number, ' srcdoc="', '"', missing)])
        self._writer.write("></iframe>")

    def _frame_wanted(self, attributes: Attributes) -> tuple[int | None, str]:
        """The number of the document in a frame, and what stands there without it."""
        if (text := attributes.get("srcdoc")) is not None:
            return self._wants.number("frame", self._scope.base, text), ""
        src = (attributes.get("src") or attributes.get("data-src") or "").strip()
        if (data := data_of(src)) is not None:
            text = data.body.decode("utf-8", "replace")
            return self._wants.number("frame", self._scope.base, text) if data.content_type == "text/html" else None, ""
        url = resolve(src, self._scope.base) if src else None
        if url is None:
            return None, ""
        return self._wants.number("frame", url), f' srcdoc="{escape_attribute(self._anchor(url))}"'

    def _frameset(self, node: LexborNode) -> Inside | None:
        """``frameset``: a grid of frames, since what is in a ``frame`` can only be an address."""
        outermost = node.parent is None or node.parent.tag != "frameset"
        if outermost:
            self._writer.write('<body style="margin:0">')
        columns, rows = (tracks(node.attributes.get(name) or "") for name in ("cols", "rows"))
        height = "100vh" if outermost else "100%"
        self._writer.write(
            f'<div style="display:grid;height:{height};grid-template-columns:{columns};grid-template-rows:{rows}">'
        )
        self._foreign = False
        return ("</div></body>" if outermost else "</div>"), node.first_child

    def _frame_of_set(self, node: LexborNode) -> None:
        if node.parent is not None and node.parent.tag == "frameset":
            self._writer.write('<div style="display:grid">')
            self._frame(node)
            self._writer.write("</div>")

    def _shadow(self, node: LexborNode) -> Inside | None:
        """``template`` with a shadow tree, which is shown without scripts too; other templates are for scripts."""
        mode = (node.attributes.get("shadowrootmode") or "").strip().lower()
        if mode not in {"open", "closed"} or self._foreign or self._is_drawing or self._job.kind == "sprite":
            return None
        fragments = node.template_fragments()
        if not fragments:
            return None
        self._writer.write('<template shadowrootmode="open">')
        return "</template>", fragments[0].first_child

    _SPECIAL: ClassVar[Mapping[str, Callable[[_Cleaner, LexborNode], Inside | None]]] = {
        "a": _link_to,
        "area": _link_to,
        "img": _image,
        "input": _input,
        "video": _media,
        "audio": _media,
        "image": _drawn_image,
        "feimage": _drawn_image,
        "use": _use,
        "style": _style,
        "link": _link,
        "meta": _meta,
        "head": _head,
        "svg": _svg,
        "object": _object,
        "iframe": _frame,
        "frameset": _frameset,
        "frame": _frame_of_set,
        "noscript": _unwrapped,
        "template": _shadow,
    } | dict.fromkeys(_ANIMATIONS, _animation)
