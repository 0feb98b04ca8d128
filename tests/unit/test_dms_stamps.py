"""notifier/dms/stamps.py: when a row was changed, in whatever form a DMS writes it."""

# moments without a zone, as databases hold them

# ruff: noqa: DTZ001  # moments without a zone, as databases hold them

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.dms.stamps import BadStamp, Stamp, Watermark, kept, loaded, set_back

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


def at(hour: int, minute: int = 0) -> datetime:
    """A moment of 1 March without a zone."""
    return datetime(2026, 3, 1, hour, minute)


STAMPS: tuple[tuple[Stamp, Stamp], ...] = (
    (at(9), at(8, 50)),
    (datetime(2026, 3, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, 0, 50, tzinfo=UTC)),
    (date(2026, 3, 1), date(2026, 2, 28)),
    ("2026-03-01 09:00:00", "2026-03-01 08:50:00"),
    ("2026-03-01T00:05:00.123456", "2026-02-28T23:55:00"),
    ("2026/03/01 09:00:00", "2026/03/01 08:50:00"),
    ("20260301090000", "20260301085000"),
    ("2026-03-01 01:00:00+00:00", "2026-03-01 00:50:00"),
    ("2026-03-01T09:00:00Z", "2026-03-01T08:50:00"),
    ("2026-03-01", "2026-02-28"),
    ("20260301", "20260228"),
)


@pytest.mark.parametrize("stamp, earlier", STAMPS)
def test_a_stamp_is_set_back_by_the_overlap_in_its_own_form(stamp: Stamp, earlier: Stamp) -> None:
    """Days go back by a whole day: a row of the evening may be committed after midnight."""
    assert set_back(stamp, TEN_MINUTES) == earlier
    assert loaded(kept(stamp)) == stamp
    assert type(loaded(kept(stamp))) is type(stamp)


def test_no_overlap_leaves_the_stamp() -> None:
    """Its own moment is read again all the same, since the query asks for it and later."""
    assert set_back(at(9), timedelta()) == at(9)
    assert set_back(date(2026, 3, 1), timedelta()) == date(2026, 3, 1)


@pytest.mark.parametrize("stamp", [datetime(1, 1, 1), date(1, 1, 1), "0001-01-01 00:00:00"])
def test_nothing_lies_before_the_first_day(stamp: Stamp) -> None:
    """Some programs write the first day there is where they mean nothing."""
    assert set_back(stamp, TEN_MINUTES) == stamp


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(0, 3000), st.sampled_from(["/", "-", ""]),
    st.sampled_from(["", ".5", " Z"]),
)  # fmt: skip
def test_a_text_set_back_never_sorts_behind_the_moment_it_stands_for(
    moment: datetime, minutes: int, sign: str, end: str
) -> None:
    """Otherwise a row between the two would be lost."""
    form, overlap = f"%Y{sign}%m{sign}%d %H:%M:%S", timedelta(minutes=minutes)
    back = set_back(moment.strftime(form) + end, overlap)
    assert isinstance(back, str)
    assert back <= (moment - overlap).strftime(form) + end


def test_the_greatest_stamp_is_kept_and_nothing_said_changes_nothing() -> None:
    """Rows come in no order; a row without a stamp says nothing."""
    mark = Watermark(NOW, SHANGHAI)
    for value in (at(7), None, at(9), at(8)):
        mark.note(value)
    assert mark.greatest == at(9)
    assert Watermark(NOW, SHANGHAI, at(6)).greatest == at(6)


@pytest.mark.parametrize(
    "future, past",
    [
        (datetime(2099, 1, 1), at(9)),
        (datetime(2099, 1, 1, tzinfo=UTC), NOW),
        (date(2026, 3, 2), date(2026, 3, 1)),
        ("2099-01-01 00:00:00", "2026-03-01 09:59:59"),
        ("2026-03-01 10:30:00+08:00", "2026-03-01 09:30:00+08:00"),
        ("2099-01-01", "2026-03-01"),
    ],
)
def test_a_stamp_in_the_future_is_passed_over(future: Stamp, past: Stamp) -> None:
    """One row dated 2099 must not hide every change until then. It is ten o'clock in the shop, two in UTC."""
    mark = Watermark(NOW, SHANGHAI)
    mark.note(past)
    mark.note(future)
    assert mark.greatest == past


def test_a_moment_without_a_zone_may_be_meant_in_either() -> None:
    """West of Greenwich UTC is ahead of the shop's wall: a DMS that writes UTC is not in the future."""
    mark = Watermark(NOW, ZoneInfo("America/New_York"))
    mark.note(at(1, 59))
    assert mark.greatest == at(1, 59)


@pytest.mark.parametrize(
    "values",
    [
        ("王强",),
        ("",),
        (17,),
        ("2026-13-01",),
        ("2026-03-01 25:00:00",),
        ("1/3/2026",),
        ("2026-03-01 10:00:00", "2026-03-01T10:00:00"),
        ("2026-03-01", "2026/03/01"),
        ("2026-03-01 10:00:00+08:00", "2026-03-01 10:00:00+09:00"),
        (at(9), NOW),
        (at(9), date(2026, 3, 1)),
    ],
)
def test_what_cannot_be_put_in_order_is_refused(values: tuple[object, ...]) -> None:
    """Rows would be lost without a word."""
    mark = Watermark(NOW, SHANGHAI)
    with pytest.raises(BadStamp):  # noqa: PT012  # any of them may be the one
        for value in values:
            mark.note(value)


def test_days_and_moments_of_one_form_sort_together() -> None:
    """A column of texts may hold both."""
    mark = Watermark(NOW, SHANGHAI)
    for value in ("2026-02-28", "2026-02-28 10:00:00", "2026-02-27 10:00:00"):
        mark.note(value)
    assert mark.greatest == "2026-02-28 10:00:00"


def test_moments_of_other_zones_are_compared_as_moments() -> None:
    """What a driver gives in the session's zone and what we have kept may differ in their offset."""
    mark = Watermark(NOW, SHANGHAI, datetime(2026, 3, 1, 1, tzinfo=UTC))
    mark.note(datetime(2026, 3, 1, 8, 30, tzinfo=timezone(timedelta(hours=8))))
    assert mark.greatest == datetime(2026, 3, 1, 1, tzinfo=UTC)
