import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rest_compat.linkding.addresses import is_valid

ACCEPTED = [
    "http://localhost:8080/x", "https://10.1.2.3/", "http://[::1]/", "https://bücher.example/ü?q=ä",
    "https://x.example./", "https://x.example:99999/", "ftp://files.example/a", "HTTPS://UP.example/A",
    "https://u:p@h.example/", "https://x.co", 'https://x.example/😀<>"{}',
    # what the rules say beyond the table
    "ftps://x.example", "http://LocalHost", "http://0.0.0.0", "http://255.255.255.255", "http://[::ffff:1.2.3.4]:80/",
    "https://u@h.example", "https://u:@h.example", "https://x.example?q", "https://x.example#f",
    "https://a-b.example", "https://x.xn--p1ai", "https://x.xn--abc9", "https://1.example", "https://x.рф",
    "https://x.example:1", "https://x.example/:@[]\\|\0", f"https://{'a' * 63}.example", "https://a?b@h.example/",
    f"https://{'a.' * 122}b.example",  # 253 characters
]  # fmt: skip
REFUSED = [
    "http://nas/x", "http://256.1.1.1/", "http://01.2.3.4/", "http://[::1%eth0]/", "https://a_b.example/",
    "https://x..example/", "https://-x.example/", "https://x-.example/", "https://x.example:123456/",
    "https://x.example:/", "javascript:alert(1)", "data:text/plain,x", "mailto:a@x.example", "file:///x", "chrome://x",
    "about:blank", "https://u:p:q@h.example/", "https://x.c", "https://x.123", "https://x.a1", "https://😀.example/",
    "https://x.example/a b", "x.example", "//x.example",
    # what the rules say beyond the table
    "", "http", "http://", "https:///x", "https:x.example", "http://localhost.", "http://1.2.3", "http://1.2.3.4.",
    "http://[::1", "http://::1/", "http://[]/", "http://[1.2.3.4]/", "https://@h.example", "https://:p@h.example",
    "https://a@b@h.example", "https://a b@h.example", "https://x.-ample", "https://x.exampl-", "https://x.example..",
    f"https://{'a' * 64}.example", f"https://{'a.' * 122}bc.example", "https://x.example\u00a0", "https://x.example/\u3000",
    "https://x.example/\t", "https://x.\nexample/", "https://x.example/a\rb", " https://x.example", "https://x.example:\uff180",
    "https://x.example\\a", "https://x.exam\u0080ple/",
]  # fmt: skip


@pytest.mark.parametrize("address", ACCEPTED)
def test_ld_url_1_is_accepted(address):
    assert is_valid(address)


@pytest.mark.parametrize("address", REFUSED)
def test_ld_url_1_is_refused(address):
    assert not is_valid(address)


def test_ld_url_1_an_address_has_at_most_2048_characters():
    longest = "https://x.example/".ljust(2048, "a")

    assert is_valid(longest)
    assert not is_valid(longest + "a")


@given(st.text(alphabet="aZ09é:@[].- _%\t", max_size=60))
def test_ld_url_1_path_query_and_fragment_change_nothing(host):
    assert is_valid(f"https://{host}") == is_valid(f"https://{host}/x~ä?q=:@#f")


@given(st.text())
def test_ld_url_1_any_text_has_a_verdict(text):
    assert is_valid(text) in {True, False}


@pytest.mark.parametrize("filler", ["a.", "a@", ":", "a:", "[", "1.", "-", "ü", "?@", "a-"])
def test_ld_url_1_no_text_takes_long(filler):
    """Ten thousand of the longest texts; with a regular expression that backtracks one of them would be too many."""
    address = f"https://{filler * 2000}"[:2048]
    start = time.process_time()
    for _ in range(10_000):
        is_valid(address)

    assert time.process_time() - start < 10
