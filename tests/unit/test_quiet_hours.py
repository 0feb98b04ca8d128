"""Quiet hours on the customer's wall clock, across nights, closed days and clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.quiet_hours import QuietHours
from notifier.errors import BadInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
APIA = ZoneInfo("Pacific/Apia")
NIGHT = QuietHours.parse("20:00-09:00")
MIDDAY = QuietHours.parse("12:00-14:00")


def at(text: str, tz: ZoneInfo = SHANGHAI, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=tz, fold=fold)


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [
        ("19:59:59", False),
        ("20:00:00", True),
        ("23:30:00", True),
        ("00:00:00", True),
        ("08:59:59", True),
        ("09:00", False),
    ],
)
def test_the_night_is_quiet_from_eight_to_nine(clock: str, quiet: bool) -> None:
    """The start is quiet, the end is not."""
    assert NIGHT.is_within_quiet_hours(at(f"2026-05-09T{clock}"), SHANGHAI) is quiet


@pytest.mark.parametrize(
    ("hours", "moment", "allowed"),
    [
        (NIGHT, "2026-05-09T10:00", "2026-05-09T10:00"),
        (NIGHT, "2026-05-09T21:00", "2026-05-10T09:00"),
        (NIGHT, "2026-05-09T03:00", "2026-05-09T09:00"),
        (NIGHT, "2026-05-09T20:00", "2026-05-10T09:00"),
        (NIGHT, "2026-05-09T09:00", "2026-05-09T09:00"),
        (MIDDAY, "2026-05-09T12:30", "2026-05-09T14:00"),
        (MIDDAY, "2026-05-09T23:30", "2026-05-09T23:30"),
        (QuietHours.parse("20:00-24:00"), "2026-05-09T22:00", "2026-05-10T00:00"),
    ],
)
def test_a_text_waits_for_the_end_of_the_window(hours: QuietHours, moment: str, allowed: str) -> None:
    """And goes at once where nothing forbids it."""
    result = hours.next_allowed(at(moment), SHANGHAI)
    assert result == at(allowed)
    assert result.tzinfo is UTC


def test_the_moment_may_come_in_any_zone() -> None:
    """13:00 in UTC is 21:00 in Quanzhou."""
    assert NIGHT.next_allowed(datetime(2026, 5, 9, 13, tzinfo=UTC), SHANGHAI) == at("2026-05-10T09:00")


@pytest.mark.parametrize("text", [None, "", "none", "off", " None "])
def test_no_quiet_hours_lets_everything_go(text: str | None) -> None:
    """A shop may have none."""
    hours = QuietHours.parse(text)
    assert hours == QuietHours()
    assert hours.next_allowed(at("2026-05-09T03:00"), SHANGHAI) == at("2026-05-09T03:00")


@pytest.mark.parametrize("text", ["20:00-09:00", "20:00 - 9:00", "20：00－09：00", "20:00–09:00", "20:00~09:00"])
def test_staff_write_a_window_in_many_ways(text: str) -> None:
    """Full-width signs and dashes included."""
    assert QuietHours.parse(text) == NIGHT


@pytest.mark.parametrize(
    "text", ["20-9", "25:00-09:00", "20:60-09:00", "24:00-09:00", "evening", "20:00-09:00-10:00", "20:00"]
)
def test_a_bad_window_is_refused_with_its_value_and_a_right_one(text: str) -> None:
    """The sentence says how to write it."""
    with pytest.raises(BadInput, match="20:00-09:00, or none") as refused:
        QuietHours.parse(text)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize("text", ["09:00-09:00", "0:00-24:00"])
def test_a_window_without_an_end_is_refused(text: str) -> None:
    """Start = end could mean never or always."""
    with pytest.raises(BadInput, match="same time"):
        QuietHours.parse(text)


@pytest.mark.parametrize(
    ("window", "moment", "fold", "allowed_utc"),
    [
        # 2026-03-08: 02:00 jumps to 03:00 (07:00 UTC); 2026-11-01: 02:00 falls back to 01:00 (06:00 UTC)
        ("21:00-08:00", "2026-03-07T22:00", 0, "2026-03-08T12:00"),
        ("21:00-08:00", "2026-10-31T22:00", 0, "2026-11-01T13:00"),
        ("21:00-02:30", "2026-03-08T01:00", 0, "2026-03-08T07:00"),
        ("21:00-01:30", "2026-11-01T00:30", 0, "2026-11-01T05:30"),
        ("21:00-01:30", "2026-11-01T01:15", 1, "2026-11-01T06:30"),
        ("01:30-05:00", "2026-11-01T01:45", 0, "2026-11-01T06:00"),
        ("01:30-05:00", "2026-11-01T01:45", 1, "2026-11-01T10:00"),
        ("02:15-02:45", "2026-03-08T01:59", 0, "2026-03-08T06:59"),
    ],
)
def test_clock_changes_in_new_york(window: str, moment: str, fold: int, allowed_utc: str) -> None:
    """A skipped end, a repeated end, and a window that a clock set back leaves by its start."""
    allowed = QuietHours.parse(window).next_allowed(at(moment, NEW_YORK, fold), NEW_YORK)
    assert allowed == datetime.fromisoformat(allowed_utc).replace(tzinfo=UTC)


def test_sundays_and_holidays_move_a_text_to_the_next_open_day() -> None:
    """Saturday evening → Monday morning; by a rule or by a list."""
    saturday = at("2026-05-09T21:00")
    assert NIGHT.next_allowed(saturday, SHANGHAI, lambda day: day.weekday() == 6) == at("2026-05-11T09:00")
    assert NIGHT.next_allowed(saturday, SHANGHAI, frozenset({date(2026, 5, 10)})) == at("2026-05-11T09:00")
    assert NIGHT.next_allowed(at("2026-05-10T15:00"), SHANGHAI, frozenset({date(2026, 5, 10)})) == at(
        "2026-05-11T09:00"
    )


def test_without_quiet_hours_an_open_day_begins_at_midnight() -> None:
    """Also where the clock change skips midnight itself."""
    closed = frozenset({date(2018, 11, 3)})
    assert QuietHours().next_allowed(at("2018-11-03T15:00", SAO_PAULO), SAO_PAULO, closed) == datetime(
        2018, 11, 4, 3, tzinfo=UTC
    )
    assert QuietHours().next_allowed(at("2026-05-10T15:00"), SHANGHAI, frozenset({date(2026, 5, 10)})) == at(
        "2026-05-11T00:00"
    )


def test_a_day_that_never_was_is_stepped_over() -> None:
    """Samoa had no 30 December 2011."""
    closed = frozenset({date(2011, 12, 29), date(2011, 12, 30)})
    assert NIGHT.next_allowed(at("2011-12-29T10:00", APIA), APIA, closed) == at("2011-12-31T09:00", APIA)


def test_a_shop_that_never_opens_is_told_so() -> None:
    """After 60 days the search ends; the sixtieth day still counts."""
    with pytest.raises(BadInput, match="60 days from 2026-05-09"):
        NIGHT.next_allowed(at("2026-05-09T10:00"), SHANGHAI, lambda day: True)
    reopening = date(2026, 5, 9) + timedelta(days=60)
    assert NIGHT.next_allowed(at("2026-05-09T10:00"), SHANGHAI, lambda day: day < reopening) == at("2026-07-08T09:00")


def test_a_moment_without_a_zone_is_refused() -> None:
    """Guessing one would text people at night."""
    with pytest.raises(BadInput, match="no time zone"):
        NIGHT.next_allowed(datetime(2026, 5, 9, 10), SHANGHAI)  # noqa: DTZ001


@settings(max_examples=60)
@given(
    st.integers(0, 95),
    st.integers(0, 95),
    st.sampled_from(
        [(NEW_YORK, "2026-03-07"), (NEW_YORK, "2026-10-31"), (SAO_PAULO, "2018-11-03"), (SHANGHAI, "2026-05-09")]
    ),
    st.integers(0, 2 * 96),
)
def test_the_first_allowed_moment_is_what_a_watchman_would_find(
    start: int, end: int, where: tuple[ZoneInfo, str], quarters: int
) -> None:
    """Walk in quarter hours until the wall clock is out of the window: all ends and clock changes lie on them."""
    if start == end:
        return
    tz, day = where
    hours = QuietHours.parse(f"{start // 4}:{start % 4 * 15:02d}-{end // 4}:{end % 4 * 15:02d}")
    moment = at(f"{day}T00:00", tz).astimezone(UTC) + timedelta(minutes=15 * quarters)
    walked = moment
    while hours.is_within_quiet_hours(walked, tz):
        walked += timedelta(minutes=15)
    assert hours.next_allowed(moment, tz) == walked
