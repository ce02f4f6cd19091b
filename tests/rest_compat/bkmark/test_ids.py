"""Section 1.8: one identity, two spellings."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rest_compat.bkmark.ids import read_uid, write_ulid


@given(st.uuids(version=None))
def test_both_spellings_in_any_case_are_the_same_identity(uid):
    ulid = write_ulid(str(uid))

    assert 26 == len(ulid)
    assert {uid} == {read_uid(spelling) for spelling in (str(uid), str(uid).upper(), ulid, ulid.lower())}


@pytest.mark.parametrize("number", [0, 1, 2**128 - 1])
def test_the_ends_of_the_range(number):
    assert UUID(int=number) == read_uid(write_ulid(str(UUID(int=number))))


def test_the_version_and_the_variant_of_a_uuid_are_not_looked_at():
    """Several sample UUIDs of the documentation carry impossible digits."""
    assert UUID("ffffffff-ffff-ffff-0fff-ffffffffffff") == read_uid("ffffffff-ffff-ffff-0fff-ffffffffffff")


@pytest.mark.parametrize(
    "text",
    [
        "", "7", "x" * 36, "0" * 25, "0" * 27, "8" + "0" * 25, "0" * 25 + "U", "0" * 25 + "é", "\uff10" * 26,
        "ffffffffffffffff0fffffffffffffff", " ffffffff-ffff-ffff-0fff-ffffffffffff",
        "ffffffff-ffff-ffff-0fff-fffffffffffg",
    ],
)  # fmt: skip
def test_what_is_neither_is_nobodys_id(text):
    assert read_uid(text) is None
