"""Signed addresses and the key behind them."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import Unauthenticated
from server import signing
from server.settings import SettingsError
from server.signing import Permit, Signer, load_key
from tests.fakes import FakeClock

KEY = b"k" * 64
PERMIT = Permit(owner_id=1, asset_id=2, method="PUT")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def signer(clock):
    return Signer(KEY, clock)


def reason(signer, token, method):
    with pytest.raises(Unauthenticated) as caught:
        signer.verify(token, method)
    return caught.value.reason


@given(st.integers(1), st.integers(1), st.sampled_from(["GET", "PUT", "DELETE"]))
def test_what_was_signed_is_what_is_verified(owner, asset, method):
    signer = Signer(KEY, FakeClock())
    permit = Permit(owner, asset, method)

    assert permit == signer.verify(signer.sign(permit), method)


@given(st.text())
def test_any_other_text_is_unknown(text):
    assert "unknown" == reason(Signer(KEY, FakeClock()), text, "GET")


def test_a_lone_surrogate_is_unknown(signer):
    assert "unknown" == reason(signer, "a.\ud800", "GET")


def test_a_token_fits_into_a_path(signer):
    assert set(signer.sign(PERMIT)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_a_changed_token_is_unknown(signer):
    token = signer.sign(PERMIT)
    for at in range(len(token)):
        other = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]

        # the last character of a base64 text has bits that mean nothing
        assert at == len(token) - 1 or "unknown" == reason(signer, other, "PUT")


def test_a_token_of_another_key_is_unknown(signer, clock):
    assert "unknown" == reason(Signer(b"o" * 64, clock), signer.sign(PERMIT), "PUT")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", ""])
def test_a_token_is_for_its_method_only(signer, method):
    assert "unknown" == reason(signer, signer.sign(PERMIT), method)


def test_a_token_to_get_allows_head_too(signer):
    token = signer.sign(Permit(1, 2, "GET"))

    assert Permit(1, 2, "GET") == signer.verify(token, "HEAD")


@pytest.mark.parametrize("lifetime", [None, timedelta(hours=5)])
def test_a_token_lives_for_ten_minutes_at_most(signer, clock, lifetime):
    token = signer.sign(PERMIT) if lifetime is None else signer.sign(PERMIT, lifetime)
    clock.forward(minutes=9, seconds=59)
    assert PERMIT == signer.verify(token, "PUT")

    clock.forward(seconds=1)

    assert "expired" == reason(signer, token, "PUT")


def test_a_token_may_live_shorter(signer, clock):
    token = signer.sign(PERMIT, timedelta(seconds=30))
    clock.forward(seconds=30)

    assert "expired" == reason(signer, token, "PUT")


def test_the_key_is_made_once_for_its_owner_only(tmp_path):
    """Nobody else on the machine may read it, and the folder is made with it."""
    folder = tmp_path / "new" / "data"
    key = load_key(folder)

    assert key == load_key(folder)
    assert len(key) >= 32
    assert 0o600 == stat.S_IMODE((folder / "secret.key").stat().st_mode)
    assert ["secret.key"] == [path.name for path in folder.iterdir()]
    assert key != load_key(tmp_path / "other")


def test_many_first_starts_at_once_agree_on_the_key(tmp_path, monkeypatch):
    """All of them find no file before any of them makes one."""
    together = threading.Barrier(8, timeout=10)
    make = signing._make_key

    def make_together(path):
        together.wait()
        make(path)

    monkeypatch.setattr(signing, "_make_key", make_together)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_key, [tmp_path] * 8))

    assert 1 == len(keys)
    assert ["secret.key"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("content", [b"", b"short\n"])
def test_a_short_key_stops_the_start_with_one_line(tmp_path, content):
    (tmp_path / "secret.key").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_key(tmp_path)

    assert str(tmp_path / "secret.key") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_that_cannot_be_made_stops_the_start_with_one_line(tmp_path):
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(SettingsError) as caught:
        load_key(tmp_path / "data")

    assert "secret.key" in str(caught.value)
    assert "\n" not in str(caught.value)
