import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models import url

# Text that looks enough like an address to reach every corner of the grammar.
ADDRESSES = st.text(alphabet="hHaé/:?#&=;%+@[]. \t\u00a0\u30000259xn-_~ü😀\\'\x00\x1f\x85", max_size=40)
PIECES = st.lists(
    st.sampled_from(
        [
            "http", "HTTPS", "javascript", ":", "//", "/", "?", "#", "&", "=", ";", ";p=1", "h.example", "H.Example",
            "u:p@", "@", ":443", ":0", ":080", ":99999", "[::1]", "[", "]", "a", "b=2", "%2F", "%c3%bc", "ü", "+",
            " ", "\u3000", "\n", ".", "..", "%FF", "xn--", "ß", "İ", "İ",
        ]
    ),
    max_size=14,
).map("".join)  # fmt: skip
ANY_ADDRESS = st.one_of(PIECES, ADDRESSES, PIECES.map("https://h.example/".__add__), st.text())
STORABLE = ANY_ADDRESS.filter(lambda text: not any("\ud800" <= character <= "\udfff" for character in text))

BASE = "https://h.example"

SAME = [
    (BASE, f"{BASE}/"),
    (BASE, "https://H.example///"),
    (BASE, "HTTPS://h.EXAMPLE"),
    (f"{BASE}/a?b=2&a=1", f"{BASE}/a/?a=1&b=2"),
    (f"{BASE}/?q=a+b", f"{BASE}/?q=a%20b"),
    (f"{BASE}/?q", f"{BASE}/?q="),
    (f"{BASE}/?a=1&", f"{BASE}/?a=1"),
    (f"{BASE}/?&&a=1", f"{BASE}?a=1"),
    (f"{BASE}/?q=ü", f"{BASE}/?q=%C3%BC"),
    (f"{BASE}/?a=%2F", f"{BASE}/?a=/"),
    (f"{BASE}/?a=2&a=1", f"{BASE}/?a=1&a=2"),
    (f"{BASE}/x?", f"{BASE}/x"),
    (f"{BASE}/x#", f"{BASE}/x"),
    (f"{BASE}/x?#", f"{BASE}/x"),
    (f"{BASE}:8443/x", f"{BASE}:8443/x/"),
    (f"{BASE}:0/x", f"{BASE}/x"),
    (f"{BASE}:/x", f"{BASE}/x"),
    (f"{BASE}:0443/x", f"{BASE}:443/x"),
    (f"{BASE}/x;p=1", f"{BASE}/x;p=1?"),
    (f"{BASE}/x/;p=1", f"{BASE}/x;p=1"),
    (f"  {BASE}/x\u3000", f"{BASE}/x"),
    ("https://u:p@H.example", "https://u:p@h.example/"),
]

DIFFERENT = [
    (BASE, "http://h.example"),
    (f"{BASE}/a?b=2&a=1", f"{BASE}/A?a=1&b=2"),
    (f"{BASE}/?q=a+b", f"{BASE}/?Q=a+b"),
    (f"{BASE}/?a=1&a=1", f"{BASE}/?a=1"),
    (f"{BASE}/ü", f"{BASE}/%C3%BC"),
    (f"{BASE}/x#Top", f"{BASE}/x#top"),
    (f"{BASE}/x#top", f"{BASE}/x"),
    (f"{BASE}:443/x", f"{BASE}/x"),
    ("https://www.h.example", BASE),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
    ("https://U:P@h.example", "https://u:p@h.example"),
    (f"{BASE}//a", f"{BASE}/a"),
    (f"{BASE}/#/a/", f"{BASE}/#/a"),
    (f"{BASE}/x;p=1", f"{BASE}/x"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_ld_norm_1_same_addresses_have_one_key(one, other):
    assert url.key(one) == url.key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_ld_norm_1_different_addresses_have_different_keys(one, other):
    assert url.key(one) != url.key(other)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", ""),
        (" \u00a0", ""),
        ("HTTP://u:P@H.Example:80/A//?b=%c3%bc&a=x+y#F/", "http://u:P@h.example:80/A?a=x%20y&b=%C3%BC#F/"),
        (f"{BASE}/?q=%FF", f"{BASE}?q=%EF%BF%BD"),
        (f"{BASE}:65536/x/", f"{BASE}:65536/x/"),
        (f"{BASE}:{'9' * 5000}/", f"{BASE}:{'9' * 5000}/"),
        ("https://[::1/x/", "https://[::1/x/"),
        ("https://[::1]:8080/x/", "https://[::1]:8080/x"),
        ("https://h .example/x/", "https://h .example/x/"),
        (f"{BASE}/?q=\ud800", f"{BASE}/?q=\ud800"),
        (f"{BASE}/;p", f"{BASE}/;p"),
        (f"{BASE}/a/;p//;q/", f"{BASE}/a;p;q"),
        (f"{BASE}/b;q/a;p/", f"{BASE}/b;q/a;p"),
        (f"{BASE}/?~_.-*", f"{BASE}?~_.-%2A="),
        ("MailTo:A@h.example", "mailto:A@h.example"),
    ],
)
def test_ld_norm_1_keys_are_spelled_so(address, expected):
    """What cannot be taken apart is its own key; everything else follows the seven steps."""
    assert expected == url.key(address)


@given(ANY_ADDRESS)
@example("https://h/a /")
@example("https://h/a/;p/")
@example("https://h/;p")
@example("foo:/ /;/ /")
def test_a_key_is_its_own_key(address):
    once = url.key(address)

    assert once == url.key(once)


@given(ANY_ADDRESS)
def test_a_key_does_not_mind_white_space_around(address):
    assert url.key(address) == url.key(f" \u3000{address}\n")


@given(st.lists(st.text(alphabet="ab%=+ü", max_size=4), max_size=5), st.randoms())
def test_the_order_of_parameters_does_not_matter_to_a_key(pieces, random):
    shuffled = random.sample(pieces, len(pieces))

    assert url.key(f"{BASE}?{'&'.join(pieces)}") == url.key(f"{BASE}?{'&'.join(shuffled)}")


@given(STORABLE)
@example("foo:a #")
@example("foo:a  ?")
def test_a_href_is_its_own_href(address):
    once = url.href(address)

    assert once == url.href(once)


@given(st.text())
def test_cleaning_twice_is_cleaning_once(address):
    once = url.clean(address)

    assert once == url.clean(once)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (" https://H.example \u00a0", "https://h.example/"),
        ("HTTPS://h.example:443/a b?ü#é", "https://h.example/a%20b?%C3%BC#%C3%A9"),
        ("https://bücher.example", "https://xn--bcher-kva.example/"),
        ("https://h.example/a/../b", "https://h.example/b"),
        ("https://h.example/?b=2&a=1", "https://h.example/?b=2&a=1"),
        ("http://h.example:99999/", "http://h.example:99999/"),
        ("x.example", "x.example"),
        (" JavaScript:alert('ü') ", "JavaScript:alert('ü')"),
        ("mailto:a@h.example", "mailto:a@h.example"),
        ("", ""),
    ],
)
def test_href_is_what_a_browser_writes(address, expected):
    """Nothing but WHATWG's own serialisation; ``javascript:`` and refused text stay as they are."""
    assert expected == url.href(address)


@pytest.mark.parametrize("address", ["javascript:x", " JAVASCRIPT:x", "\x01java\nscri\tpt:x", "\u00a0\x00javascript:"])
def test_javascript_links_are_recognised(address):
    assert url.is_script(address)


@pytest.mark.parametrize("address", ["", "javascript", "https://h.example/javascript:", "java script:", "xjavascript:"])
def test_other_links_are_no_javascript(address):
    assert not url.is_script(address)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://u:p@WWW.H.Example:8080/x", "www.h.example"),
        ("https://BÜCHER.example", "xn--bcher-kva.example"),
        ("http://[::1]:80/", "[::1]"),
        ("http://H.example:99999/", "h.example"),
        ("javascript:alert(1)", ""),
        ("mailto:a@h.example", ""),
        ("x.example", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_host_is_the_name_alone(address, expected):
    assert expected == url.host(address)


@given(ANY_ADDRESS)
def test_host_takes_any_text(address):
    assert url.host(address) == url.host(address).lower()


def test_digest_is_sha_256_of_utf_8():
    expected = hashlib.sha256("https://h.example/ü".encode()).hexdigest()

    assert expected == url.digest("https://h.example/ü")


@given(ANY_ADDRESS)
def test_parts_put_together_are_the_address(address):
    parts = url.split(address)
    again = "".join(
        [
            "" if parts.scheme is None else f"{parts.scheme}:",
            "" if parts.authority is None else f"//{parts.authority}",
            parts.path,
            "" if parts.query is None else f"?{parts.query}",
            "" if parts.fragment is None else f"#{parts.fragment}",
        ]
    )

    assert address == again


def test_long_addresses_take_no_long_time():
    """A megabyte of every awkward kind comes back; a quadratic step would take minutes."""
    for filler in ("/ ", ";/", "&", "a@", "[", ":", "%", "?#"):
        address = f"https://h.example/{filler * 500_000}"

        assert url.key(address) == url.key(url.key(address))
