"""When a text may leave: quiet hours and closed days together, on the shop's clock or the phone's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain.closed_days import ClosedDays, DatedRange, LunarRange, PublicHolidays, YearlyRange
from notifier.domain.quiet_hours import QuietHours
from notifier.domain.sending_hours import SendingHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
LONDON = ZoneInfo("Europe/London")
APIA = ZoneInfo("Pacific/Apia")
NIGHT = QuietHours.parse("20:00-09:00")
NEW_YEAR_WEEK = ClosedDays(ranges=(LunarRange((12, 30), (1, 6)),))
SUNDAYS = ClosedDays(weekdays=frozenset({6}))


def at(text: str, tz: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=tz)


@pytest.mark.parametrize(
    ("closed", "moment", "leaves"),
    [
        (NEW_YEAR_WEEK, "2026-02-15T19:59", "2026-02-15T19:59"),
        (NEW_YEAR_WEEK, "2026-02-15T20:00", "2026-02-23T09:00"),
        (NEW_YEAR_WEEK, "2026-02-16T10:00", "2026-02-23T09:00"),
        (NEW_YEAR_WEEK, "2026-02-22T23:30", "2026-02-23T09:00"),
        (NEW_YEAR_WEEK, "2026-02-23T11:00", "2026-02-23T11:00"),
        (SUNDAYS, "2026-05-09T21:00", "2026-05-11T09:00"),
        (ClosedDays(holidays=(PublicHolidays("CN"),)), "2026-09-30T21:00", "2026-10-04T09:00"),
        (ClosedDays(holidays=(PublicHolidays("CN"),), weekdays=frozenset({6})), "2026-09-30T21:00", "2026-10-08T09:00"),
    ],
)
def test_a_text_waits_for_the_morning_of_the_first_open_day(closed: ClosedDays, moment: str, leaves: str) -> None:
    """Quiet hours and closed days add up."""
    hours = SendingHours(SHANGHAI, NIGHT, closed)
    assert hours.next_open(at(moment)) == at(leaves)
    assert hours.is_open(at(moment)) is (moment == leaves)


@pytest.mark.parametrize(
    ("phone", "zones"),
    [
        ("+14155552671", ["America/Los_Angeles"]),
        ("+882345678", ["Asia/Shanghai"]),
        (None, ["Asia/Shanghai"]),
    ],
)
def test_the_phones_clock_counts_only_where_the_shop_wants_it(phone: str | None, zones: list[str]) -> None:
    """And the shop's where the phone's is not known."""
    assert [zone.key for zone in SendingHours(SHANGHAI, NIGHT, by_phone=True).zones_of(phone)] == zones
    assert SendingHours(SHANGHAI, NIGHT).zones_of(phone) == (SHANGHAI,)


@pytest.mark.parametrize(
    ("zones", "moment", "leaves"),
    [
        ((LONDON,), "2026-05-09T10:00", "2026-05-09T16:00"),  # 3:00 there
        ((LONDON,), "2026-05-09T16:30", "2026-05-09T16:30"),
        # 9:00 to 20:00 in both: from 9:00 in California to 20:00 in New York
        ((NEW_YORK, LOS_ANGELES), "2026-05-09T22:00", "2026-05-10T00:00"),
        ((NEW_YORK, LOS_ANGELES), "2026-05-10T08:00", "2026-05-11T00:00"),
        # no waking hour in common: the shop's clock
        ((NEW_YORK, SHANGHAI), "2026-05-09T03:00", "2026-05-09T09:00"),
    ],
)
def test_nobody_is_woken_in_any_zone_the_phone_may_be_in(zones: tuple[ZoneInfo, ...], moment: str, leaves: str) -> None:
    """Held where any of them is quiet."""
    hours = SendingHours(SHANGHAI, NIGHT, by_phone=True)
    assert hours.next_open(at(moment), zones) == at(leaves)


def test_closed_days_are_the_shops_whoever_is_texted() -> None:
    """On a Sunday nobody in Quanzhou can answer London; when Monday begins there it is 17:00 in London."""
    hours = SendingHours(SHANGHAI, NIGHT, SUNDAYS, by_phone=True)
    assert hours.next_open(at("2026-05-09T23:00"), (LONDON,)) == at("2026-05-09T23:00")
    assert hours.next_open(at("2026-05-10T00:00"), (LONDON,)) == at("2026-05-11T00:00")


CLOSED = st.builds(
    ClosedDays,
    weekdays=st.frozensets(st.integers(0, 6), max_size=2),
    ranges=st.lists(
        st.one_of(
            st.dates(date(2024, 1, 1), date(2029, 12, 31)).flatmap(
                lambda day: st.builds(
                    DatedRange, st.just(day), st.integers(0, 9).map(lambda n: day + timedelta(days=n))
                )
            ),
            st.tuples(st.integers(1, 12), st.integers(1, 20), st.integers(0, 8)).map(
                lambda p: YearlyRange((p[0], p[1]), (p[0], p[1] + p[2]))
            ),
            st.just(LunarRange((12, 30), (1, 6))),
        ),
        max_size=2,
    ).map(tuple),
)
CLOCKS = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
QUIET = st.one_of(
    st.just(QuietHours()),
    st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: QuietHours(*pair)),
)
ZONES = st.lists(st.sampled_from([SHANGHAI, NEW_YORK, LOS_ANGELES, LONDON, APIA]), max_size=2, unique=True).map(tuple)
QUARTERS = st.integers(0, 6 * 365 * 96)
QUARTER = timedelta(minutes=15)


@settings(max_examples=300)
@given(quiet=QUIET, closed=CLOSED, zones=ZONES, quarter=QUARTERS)
def test_it_is_the_first_moment_that_is_open(
    quiet: QuietHours, closed: ClosedDays, zones: tuple[ZoneInfo, ...], quarter: int
) -> None:
    """Walked quarter by quarter; the shop's clock decides where the zones have no hour in common."""
    hours = SendingHours(SHANGHAI, quiet, closed, by_phone=True)
    moment = datetime(2024, 1, 2, tzinfo=UTC) + quarter * QUARTER

    def first_open(asked: tuple[ZoneInfo, ...]) -> datetime | None:
        for number in range(30 * 96):
            one = moment + number * QUARTER
            is_quiet = any(quiet.is_within_quiet_hours(one, zone) for zone in asked)
            if not is_quiet and not closed.is_closed(one.astimezone(SHANGHAI).date()):
                return one
        return None

    assert hours.next_open(moment, zones) == (first_open(zones or (SHANGHAI,)) or first_open((SHANGHAI,)))
    assert hours.is_open(moment, zones) is (hours.next_open(moment, zones) == moment)
