"""NC-5.4: which addresses a client may bookmark, and what one without a scheme stands for."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rest_compat.nextcloud.addresses import accept, candidates
from schema.errors import Fault, Invalid

WHOLE = [
    "http://google.com", "HTTP://Example.COM:80/a/../b?x=ä", "https://user:p@h.example/", "ftp://files.example/a",
    "sftp://files.example/a", "file:///home/ann/a.txt", "javascript:void(0)", "JavaScript: alert( 'x' )",
    "http:example",
]  # fmt: skip
BARE = [
    "notaurl",
    "example.org/a?b#c",
    "localhost:8080/x",
    "nas.example:8080",
    "10.0.0.1:80/",
    "//example.org/x",
    "ü.example",
]
REFUSED = [
    "", "   ", "foo bar", "http://", "https:///", "mailto:x@y.z", "data:text/plain,x", "about:blank", "chrome://x",
    "tel:110", "sftp://", "sftp:foo", "http://x:99999/", "http://a b/", "x.example:99999/",
    "vbscript:x", "view-source:http://x",
]  # fmt: skip


@pytest.mark.parametrize("address", WHOLE)
def test_an_address_with_a_scheme_that_we_take_is_itself(address):
    """S07, D15: ``javascript:`` too, letter by letter."""
    assert address == accept(address)
    assert (address,) == candidates(f" {address}\n")


@pytest.mark.parametrize("text", BARE)
def test_one_without_a_scheme_is_looked_for_under_https_and_becomes_http(text):
    """M12."""
    assert (f"https://{text}", f"http://{text}") == candidates(text)


@pytest.mark.parametrize("text", REFUSED)
def test_other_text_is_no_address(text):
    """M12; §17: ``mailto:`` is not stored as ``http://mailto:``."""
    with pytest.raises(Invalid) as refused:
        candidates(text)

    assert (Fault(("url",), "url"),) == refused.value.faults


@pytest.mark.parametrize("text", [*BARE, "foo bar"])
def test_a_scheme_is_asked_for_where_nothing_is_looked_up(text):
    """M18: an edit takes whole addresses only."""
    with pytest.raises(Invalid):
        accept(text)


@given(st.text(max_size=40))
def test_any_text_is_taken_or_refused(text):
    try:
        found = candidates(text)
    except Invalid:
        return

    assert all(accept(address) == address for address in found)


@pytest.mark.parametrize("text", ["a." * 200_000, "a" * 400_000 + ":", "http://" + "a-" * 200_000, " " * 400_000])
def test_a_long_text_takes_no_long_time(text):
    start = time.process_time()
    with suppress(Invalid):
        candidates(text)

    assert time.process_time() - start < 5
