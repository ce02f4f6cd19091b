from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rest_compat.linkding.moments import NotAMoment, OutOfRange, read, read_filter

MIDNIGHT = datetime(2026, 1, 2, tzinfo=UTC)
FULL = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

READABLE = [
    ("2026-01-02T03:04:05Z", FULL),
    ("2026-01-02T03:04:05", FULL),
    ("2026-01-02 03:04:05", FULL),
    ("2026-01-02T03:04", FULL.replace(second=0)),
    ("2026-01-02", MIDNIGHT),
    ("20260102T030405Z", FULL),
    ("20260102T030405", FULL),
    ("2026-W01-5", MIDNIGHT),
    ("2026-W01-5T03:04:05Z", FULL),
    ("2026-01-02T05:04:05+02:00", FULL),
    ("2026-01-02T00:34:05-0230", FULL),
    ("2026-01-02T05:04:05+02", FULL),
    ("2026-01-02T03:04:05.12Z", FULL.replace(microsecond=120_000)),
    ("2026-01-02T03:04:05.123456Z", FULL.replace(microsecond=123_456)),
    ("2026-01-02T03:04:05.1234569Z", FULL.replace(microsecond=123_456)),
    ("0001-01-01T00:00", datetime(1, 1, 1, tzinfo=UTC)),
    ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
]
UNREADABLE = [
    "", " ", "now", "20260102", "1767322800", "2026-13-01", "2026-02-30", "2026-00-01", "2026-01-02T24:00",
    "2026-01-02T25:00", "2026-01-02T03:60", "2026-01-02T03:04:60", "2026-01-02T03:04:05+24:00",
    "2026-01-02T03:04 02:00", "02/01/2026", "2026-W54-1", "2026-W01-8", "2026-01-02T", "2026-01-02Z",
    "\uff12026-01-02", "2026-01-02T03:04:05.Z", "0000-01-01", "10000-01-01", "2026-01-02T03:04:05Z\n",
    "2026-01-02T03:04:05\0",
]  # fmt: skip
ONLY_IN_FILTERS = [
    ("2026-01-02t03:04:05z", FULL),
    ("2026-01-02T03", FULL.replace(minute=0, second=0)),
    ("2026-01-02T03Z", FULL.replace(minute=0, second=0)),
    ("2026-01-02T03+01:00", FULL.replace(hour=2, minute=0, second=0)),
    ("2026-1-2", MIDNIGHT),
    ("2026-1-02 03:04:05", FULL),
    ("  2026-01-02T03:04:05Z \t", FULL),
]


@pytest.mark.parametrize(("text", "expected"), READABLE)
def test_ld_bm_2_is_read_as_utc(text, expected):
    moment = read(text)

    assert expected == moment
    assert UTC is moment.tzinfo


@pytest.mark.parametrize("text", [*UNREADABLE, *(text for text, _ in ONLY_IN_FILTERS)])
def test_ld_bm_2_is_not_read(text):
    with pytest.raises(NotAMoment):
        read(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00+02:00", "9999-12-31T23:59-0230"])
def test_ld_err_12_leaves_the_range_in_utc(text):
    with pytest.raises(OutOfRange):
        read(text)

    assert read_filter(text) is None


@pytest.mark.parametrize(("text", "expected"), READABLE + ONLY_IN_FILTERS)
def test_ld_list_4_filters_read_more(text, expected):
    assert expected == read_filter(text)


@pytest.mark.parametrize("text", [text for text in UNREADABLE if text.strip() == text] + ["2026-1-9T0", "2026-1-9T 3"])
def test_ld_list_4_a_filter_that_names_no_moment_is_ignored(text):
    """An unencoded ``+`` arrives as a blank and makes the offset nonsense."""
    assert read_filter(text) is None


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)), st.integers(-1439, 1439))  # noqa: DTZ001 - Hypothesis wants naive bounds
def test_ld_bm_2_every_iso_moment_survives(naive, minutes):
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert moment == read(moment.isoformat()) == read_filter(f" {moment.isoformat()}")


@given(st.text(alphabet="0123456789-:TtZzW+. ", max_size=30))
def test_ld_list_4_no_text_upsets_a_filter(text):
    moment = read_filter(text)

    assert moment is None or UTC is moment.tzinfo
