"""`closed_days`, `quiet_hours_zone` and `festivals` of schedules.yaml: what is understood, and what is refused."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from notifier.domain.closed_days import ClosedDays, DatedRange, LunarRange, PublicHolidays, YearlyRange
from notifier.domain.quiet_hours import QuietHours
from notifier.domain.sending_hours import SendingHours
from notifier.schedules import Campaign, Guards, parse_schedules, warnings_of
from notifier.schedules.places import ScheduleProblems
from tests.support.shop import BIRTHDAY, yaml

SHANGHAI = ZoneInfo("Asia/Shanghai")
FESTIVAL = """
  greetings:
    rule: festival
    festivals: {festivals}
    when: "0 10 * * *"
    stages: {{day: 0}}
    template: festival
    kind: marketing
"""


def guards_of(text: str) -> Guards:
    """The guards of a file that says this."""
    return parse_schedules(yaml(BIRTHDAY, guards=text), "schedules.yaml").guards


def problems_of(text: str) -> list[str]:
    """What is wrong with it."""
    with pytest.raises(ScheduleProblems) as caught:
        parse_schedules(text, "schedules.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "closed"),
    [
        ("weekdays: [sat, sun]", ClosedDays(weekdays=frozenset({5, 6}))),
        ("weekdays: sun", ClosedDays(weekdays=frozenset({6}))),
        ("dates: 2026-05-01", ClosedDays(ranges=(DatedRange(date(2026, 5, 1), date(2026, 5, 1)),))),
        ("dates: [2026-10-01..2026-10-07]", ClosedDays(ranges=(DatedRange(date(2026, 10, 1), date(2026, 10, 7)),))),
        ("dates: [05-01, '5-1 .. 5-3']", ClosedDays(ranges=(YearlyRange((5, 1), (5, 1)), YearlyRange((5, 1), (5, 3))))),
        ("dates: 12-31..01-02", ClosedDays(ranges=(YearlyRange((12, 31), (1, 2)),))),
        ("lunar: 除夕..初六", ClosedDays(ranges=(LunarRange((12, 30), (1, 6)),))),
        ("lunar: 除夕至正月初六", ClosedDays(ranges=(LunarRange((12, 30), (1, 6)),))),
        ("lunar: [腊月廿八到初三, 八月十五]",
         ClosedDays(ranges=(LunarRange((12, 28), (1, 3)), LunarRange((8, 15), (8, 15))))),
        ("lunar: 正月初一..初三", ClosedDays(ranges=(LunarRange((1, 1), (1, 3)),))),
        ("lunar: 12-30..1-6", ClosedDays(ranges=(LunarRange((12, 30), (1, 6)),))),
        ("festivals: [qingming, mid_autumn]", ClosedDays(festivals=("qingming", "mid_autumn"))),
        ("public_holidays: CN", ClosedDays(holidays=(PublicHolidays("CN"),))),
        ("public_holidays: [DE-BY, NO]", ClosedDays(holidays=(PublicHolidays("DE", "BY"), PublicHolidays("NO")))),
    ],
)  # fmt: skip
def test_staff_write_closed_days_as_they_say_them(written: str, closed: ClosedDays) -> None:
    """A list or one value; dates with and without a year, lunar days in words and in figures."""
    assert guards_of(f"closed_days: {{{written}}}").closed_days == closed


def test_hours_hold_all_that_was_written() -> None:
    """And nothing is closed, and the shop's clock counts, where nothing is said."""
    guards = guards_of("quiet_hours: '21:00-08:00', closed_days: {weekdays: sun}, quiet_hours_zone: customer")
    closed = ClosedDays(weekdays=frozenset({6}))
    assert guards.hours(SHANGHAI) == SendingHours(SHANGHAI, QuietHours.parse("21:00-08:00"), closed, by_phone=True)
    assert guards_of("quiet_hours: none").hours(SHANGHAI) == SendingHours(SHANGHAI)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("weekdays: [sunday]", "closed_days.weekdays is sunday, which is not known; did you mean sun?"),
        ("dates: 2026-02-30", "closed_days.dates is 2026-02-30; write a day or from..to"),
        ("dates: [2026-10-07..2026-10-01]", "closed_days.dates is 2026-10-07..2026-10-01; write a day"),
        ("dates: [2026-10-07..10-09]", "closed_days.dates is 2026-10-07..10-09; write a day"),
        ("dates: [05-01..05-02..05-03]", "closed_days.dates is 05-01..05-02..05-03; write a day"),
        ("dates: Christmas", "closed_days.dates is Christmas; write a day"),
        ("dates: []", "closed_days.dates is an empty list; write a value, or remove the line."),
        ("dates: [[05-01]]", "closed_days.dates takes one value, not a list"),
        ("lunar: 初六", "closed_days.lunar is 初六; write a day of the lunar calendar"),
        ("lunar: 除夕..十三月初一", "closed_days.lunar is 除夕..十三月初一; write a day of the lunar calendar"),
        ("lunar: 闰六月初一", "closed_days.lunar is 闰六月初一; write a day of the lunar calendar"),
        ("lunar: 13-01", "closed_days.lunar is 13-01; write a day of the lunar calendar"),
        ("festivals: [qing_ming]", "closed_days.festivals is qing_ming, which is not known; did you mean qingming?"),
        ("public_holidays: China", "closed_days.public_holidays is China, whose public holidays are not known"),
        ("public_holidays: CN-FJ", "closed_days.public_holidays is CN-FJ, whose public holidays are not known"),
        ("weekday: sun", "closed_days.weekday is not a known key; did you mean weekdays?"),
        ("weekdays: [mon, tue, wed, thu, fri, sat, sun]", "at most 45 are allowed"),
        ("dates: [2040-01-01..2040-12-31]", "guards.closed_days closes 366 days in a row from 2040-01-01"),
        ("dates: [05-01..05-31, 06-01..06-20]", "guards.closed_days closes 51 days in a row from 2024-05-01"),
        ("lunar: 腊月三十..腊月初六", "at most 45 are allowed; for a longer pause write “enabled: false”"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_mend(written: str, said: str) -> None:
    """With the line, and what to write instead."""
    (problem,) = problems_of(yaml(BIRTHDAY, guards=f"closed_days: {{{written}}}"))
    assert problem.startswith("schedules.yaml, line 10: guards.")
    assert said in problem


def test_each_wrong_value_of_a_list_is_named_with_its_own_line() -> None:
    """All at once."""
    head, _, rest = yaml(BIRTHDAY, guards="x").partition("guards: {x}\n")
    text = f"{head}guards:\n  closed_days:\n    dates:\n      - 05-01\n      - 05-32\n      - 2026-13-01\n{rest}"
    problems = problems_of(text)
    assert [problem.partition(":")[0] for problem in problems] == ["schedules.yaml, line 14", "schedules.yaml, line 15"]


def test_the_zone_of_quiet_hours_is_the_shops_or_the_customers() -> None:
    """Nothing else."""
    (problem,) = problems_of(yaml(BIRTHDAY, guards="quiet_hours_zone: customers"))
    assert problem.endswith("guards.quiet_hours_zone is customers, which is not known; did you mean customer?")


def festival(names: str) -> Campaign:
    """A festival campaign of these names."""
    return parse_schedules(yaml(FESTIVAL.format(festivals=names)), "schedules.yaml").campaigns[0]


def test_a_campaign_names_its_festivals() -> None:
    """In a list or alone; the same name counts once."""
    assert festival("[spring_festival, mid_autumn, spring_festival]").options.festivals == (
        "spring_festival", "mid_autumn",
    )  # fmt: skip
    assert festival("dragon_boat").options.festivals == ("dragon_boat",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (yaml(FESTIVAL.format(festivals="[mid_autum]")),
         "line 14: campaigns.greetings.festivals is mid_autum, which is not known; did you mean mid_autumn?"),
        (yaml(FESTIVAL.format(festivals="[]")), "line 14: campaigns.greetings.festivals is an empty list"),
        (yaml(FESTIVAL.replace("    festivals: {festivals}\n", "").format()),
         "add a line like “festivals: [spring_festival, mid_autumn]”"),
        (yaml(BIRTHDAY + "    festivals: [new_year]\n"), "campaigns.birthday.festivals is not a known key"),
    ],
)  # fmt: skip
def test_a_festival_nobody_knows_is_refused(text: str, said: str) -> None:
    """With the nearest name; and only festivals have festivals."""
    assert any(said in problem for problem in problems_of(text))


@pytest.mark.parametrize(
    ("guards", "campaign", "missed"),
    [
        ("", FESTIVAL.format(festivals="[spring_festival, mid_autumn]"), []),
        ("closed_days: {lunar: 除夕..初六}", FESTIVAL.format(festivals="[mid_autumn]"), []),
        (
            "closed_days: {lunar: 除夕..初六}",
            FESTIVAL.format(festivals="[spring_festival, mid_autumn]"),
            ["2028-01-26"],
        ),
        ("closed_days: {weekdays: sun}", BIRTHDAY, ["2028-01-02"]),
        ("closed_days: {weekdays: sun}", BIRTHDAY + "    late: 1\n", []),
        # once a week on Tuesdays: only the festivals' own days matter
        ("", FESTIVAL.format(festivals="[mid_autumn]").replace("* * *", "* * tue"), []),
        ("", FESTIVAL.format(festivals="[national_day]").replace("* * *", "* * tue"), ["2028-10-01"]),
    ],
)
def test_check_warns_of_greetings_that_closed_days_swallow(guards: str, campaign: str, missed: list[str]) -> None:
    """Mid-autumn of 2028 is a Tuesday, National Day a Sunday."""
    found = warnings_of(parse_schedules(yaml(campaign, guards=guards), "schedules.yaml"))
    assert [warning.fields["due"] for warning in found] == missed
