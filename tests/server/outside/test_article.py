"""Articles for the reader view: complete, absolute, and without anything that runs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from server.outside.reading import read_page
from server.outside.sanitizing import ATTRIBUTES, MOST, TAGS, sanitize

URL = "https://site.example/blog/post?x=1"
WORDS = "On the first warm day of the year we took the path that follows the water, from the mill to the old bridge."
PAGE = """<!doctype html><html><head><title>T</title>{head}</head><body><nav><a href="/">Home</a></nav>
<article><h1>A walk</h1><p>{words}</p>{inside}<p>{words} Twice.</p><p>{words} Thrice.</p></article>
<footer>Copyright</footer></body></html>"""


def article(inside: str = "", head: str = "") -> str:
    page = read_page(PAGE.format(words=WORDS, inside=inside, head=head).encode(), "utf-8", URL, URL)
    assert page.html is not None
    return page.html


def addresses(html: str, attribute: str) -> list[str]:
    return [node.attributes[attribute] for node in LexborHTMLParser(html).css(f"[{attribute}]")]


def test_an_article_keeps_what_it_is_made_of():
    html = article(
        "<h2>Part</h2><ul><li>One thing or another</li></ul><blockquote><p>Words of somebody else</p></blockquote>"
        "<pre><code>print('x')\nx = {}</code></pre><table><tr><th>A</th></tr><tr><td>1</td></tr></table>"
        f"<p>{WORDS} <b>bold</b> <i>slanted</i></p>"
    )

    for tag in ("h1", "h2", "p", "ul", "li", "blockquote", "pre", "table", "th", "td", "strong", "i"):
        assert LexborHTMLParser(html).css_first(tag) is not None
    assert "Home" not in html
    assert "Copyright" not in html


@pytest.mark.parametrize(
    ("base", "href", "expected"),
    [
        ("", "other", "https://site.example/blog/other"),
        ("", "/other#there", "https://site.example/other#there"),
        ("", "?y=2", "https://site.example/blog/post?y=2"),
        ("", "#there", "https://site.example/blog/post?x=1#there"),
        ("", "//cdn.example/a", "https://cdn.example/a"),
        ("", " https://a.example/?a=1&amp;b=2 ", "https://a.example/?a=1&b=2"),
        ("", "mailto:ann@a.example", "mailto:ann@a.example"),
        ('<base href="/deep/er/">', "other", "https://site.example/deep/er/other"),
        ('<base href="https://b.example/">', "other", "https://b.example/other"),
    ],
)
def test_addresses_are_absolute(base, href, expected):
    html = article(f'<p>{WORDS} <a href="{href}" onclick="x()" target="_top" class="c">link</a> {WORDS}</p>', base)

    assert [expected] == addresses(html, "href")
    assert ["noopener noreferrer"] == addresses(html, "rel")


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "http://[::1", "data:text/html,x", "ftp://a.example/", "tel:1"]
)
def test_a_link_that_leads_elsewhere_leads_nowhere(href):
    html = article(f'<p>{WORDS} <a href="{href}">link</a> {WORDS}</p>')

    assert [] == addresses(html, "href")
    assert "link" in html


def test_pictures_come_from_the_web():
    html = article(
        '<figure><img src="a.png" alt="A mill" srcset="b.png 2x" style="position:fixed" onload="x()"></figure>'
        f'<p>{WORDS}<img data-src="/lazy.jpg" src="data:image/gif;base64,AAAA"></p>'
        f'<p>{WORDS}<img src="data:image/png;base64,AAAA"><img src="blob:x"><img alt="none"></p>'
    )

    assert ["https://site.example/blog/a.png", "https://site.example/lazy.jpg"] == addresses(html, "src")
    assert ["no-referrer"] * 2 == addresses(html, "referrerpolicy")
    assert "A mill" in html


def test_the_text_is_what_it_was_without_the_article():
    """Links and pictures change what trafilatura takes for the article, so the text is made without them."""
    page = read_page(PAGE.format(words=WORDS, inside="", head="").encode(), "utf-8", URL, URL)

    assert f"A walk\n{WORDS}\n{WORDS} Twice.\n{WORDS} Thrice." == page.text


@pytest.mark.parametrize("html", [b"<title>T</title>", b"\x89PNG\0\0", b"<p>", b""])
def test_where_there_is_no_article_there_is_none(html):
    assert None is read_page(html, None, URL, URL).html


# Ways to have something run, of the collections that browsers and sanitisers are tested with.
VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=x:x onerror=alert(1) //",
    '<img src="javascript:alert(1)">',
    '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    '<img srcset="javascript:alert(1) 2x">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href="JaVaScRiPt&colon;alert(1)">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="https://a.example" onmouseover=alert(1) style="position:fixed" id=x class=y>x</a>',
    '<a href="//evil.example/">x</a>',
    '<area href="javascript:alert(1)">',
    '<base href="javascript:/a/-alert(1)///">',
    "<body onload=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<svg><animate attributeName=href values="javascript:alert(1)"/></svg>',
    '<svg><use href="data:image/svg+xml,<svg id=x onload=alert(1)>#x"/></svg>',
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    '<iframe src="javascript:alert(1)"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="javascript:alert(1)"></object>',
    '<embed src="javascript:alert(1)">',
    '<form action="javascript:alert(1)"><button>x</button></form>',
    '<form><input name=password><button formaction="javascript:alert(1)">x</button></form>',
    '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
    '<link rel=stylesheet href="https://evil.example/x.css">',
    "<style>@import 'https://evil.example/x.css';</style>",
    '<div style="background:url(javascript:alert(1))">x</div>',
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)></select>",
    "<template><script>alert(1)</script></template>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    '"><script>alert(1)</script>',
    # mutation: harmless until it is parsed a second time
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><mtext><table><mglyph><style><math><img src onerror=alert(1)>",
    '<svg><style><img src="</style><img src=x onerror=alert(1)//">',
    '<xmp><p title="</xmp><img src=x onerror=alert(1)>">',
    '<textarea><img title="</textarea><img src=x onerror=alert(1)>"></textarea>',
    '<title><a title="</title><img src=x onerror=alert(1)>">',
    '<noembed><img title="</noembed><img src onerror=alert(1)>"></noembed>',
    "<plaintext><img src=x onerror=alert(1)>",
    "<listing>&lt;img onerror=alert(1) src=x&gt;</listing>",
    '<p title="`<img src=x onerror=alert(1)>`">x</p>',
]  # fmt: skip


def check_harmless(html: str | None) -> None:
    """Parsed as a browser would, twice, there is nothing but the tags and attributes that are known to do nothing."""
    for _ in range(2):
        if html is None:
            return
        tree = LexborHTMLParser(f"<!doctype html><body>{html}")
        for node in tree.body.traverse(include_text=False):
            allowed = ATTRIBUTES.get(node.tag, set()) | {"rel", "referrerpolicy"}
            assert node.tag in TAGS | {"body"}
            assert set(node.attributes) <= allowed
            assert (node.attributes.get("href") or "https:").lower().startswith(("http:", "https:", "mailto:"))
            assert (node.attributes.get("src") or "https:").lower().startswith(("http:", "https:"))
        html = tree.body.inner_html


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_runs(vector):
    for html in (vector, f"<p>before {vector} after</p>", f"<table><tr><td>{vector}</td></tr></table>", vector * 3):
        check_harmless(sanitize(html))
    check_harmless(article(f"<p>{WORDS} {vector} {WORDS}</p>"))


PIECES = st.sampled_from(
    [*VECTORS, "<p>", "</p>", "<table>", "<b", '="', "'", ">", "</", "<!--", "-->", "&lt;", "\0", "<svg>"]
)


@settings(max_examples=200)
@given(st.lists(PIECES | st.text(st.characters(codec=None), max_size=10), max_size=8).map("".join))
def test_nothing_runs_however_it_is_put_together(html):
    check_harmless(sanitize(html))


def test_a_long_article_ends_well():
    """Cut in the middle of whatever it is; no tag is left open."""
    html = sanitize("<ul>" + "<li><a href='https://a.example/'>link</a></li>" * (MOST // 40))
    assert html is not None

    check_harmless(html)
    assert html.endswith("</ul>")
    assert len(html) < 2 * MOST


@pytest.mark.parametrize("html", ["", " ", "<script>x</script>", "<!-- x -->"])
def test_of_nothing_nothing_is_left(html):
    assert None is sanitize(html)
