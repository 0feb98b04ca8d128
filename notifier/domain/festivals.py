"""Festivals by name, solar and lunar: on which days they fall, and what a text calls them.

The lunar ones are known for the lunar years 1900 to 2100; outside them they fall on no day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta

from borax.calendars.lunardate import TermUtils

from notifier.domain.lunar import LUNAR_YEARS, solar_day

__all__ = ["FESTIVALS", "Festival", "days_of", "spoken_festival"]

DAY = timedelta(days=1)
SUNDAY = 6

DayIn = Callable[[int], date | None]
"""A year → the day in it; the year of a lunar festival is the lunar one."""


@dataclass(frozen=True, slots=True)
class Festival:
    """A festival. `zh`, `en`: its name as a text speaks of it. `day_in`: its day in a year, None where it has none."""

    name: str
    zh: str
    en: str
    day_in: DayIn


def _solar(month: int, day: int) -> DayIn:
    return lambda year: date(year, month, day)


def _lunar(month: int, day: int) -> DayIn:
    return lambda year: solar_day(year, month, day)


def _term(name: str) -> DayIn:
    """A solar term: clear and bright, winter solstice."""
    return lambda year: TermUtils.nth_term_day(year, term_name=name) if year in LUNAR_YEARS else None


def _sunday(number: int, month: int) -> DayIn:
    """The `number`-th Sunday of a month."""
    return lambda year: (
        date(year, month, 1) + timedelta(days=(SUNDAY - date(year, month, 1).weekday()) % 7 + 7 * (number - 1))
    )


def _eve_of_lunar_year(year: int) -> date | None:
    """The last day of the old year: the 29th or 30th of the twelfth month, or of a leap month after it."""
    first = solar_day(year, 1, 1)
    return first - DAY if first else None


_ALL = (
    Festival("new_year", "元旦", "New Year", _solar(1, 1)),
    Festival("laba", "腊八节", "Laba Festival", _lunar(12, 8)),
    Festival("new_years_eve", "除夕", "Chinese New Year's Eve", _eve_of_lunar_year),
    Festival("spring_festival", "春节", "Spring Festival", _lunar(1, 1)),
    Festival("lantern", "元宵节", "Lantern Festival", _lunar(1, 15)),
    Festival("womens_day", "妇女节", "Women's Day", _solar(3, 8)),
    Festival("qingming", "清明节", "Qingming Festival", _term("清明")),
    Festival("labour_day", "劳动节", "Labour Day", _solar(5, 1)),
    Festival("mothers_day", "母亲节", "Mother's Day", _sunday(2, 5)),
    Festival("childrens_day", "儿童节", "Children's Day", _solar(6, 1)),
    Festival("dragon_boat", "端午节", "Dragon Boat Festival", _lunar(5, 5)),
    Festival("fathers_day", "父亲节", "Father's Day", _sunday(3, 6)),
    Festival("qixi", "七夕节", "Qixi Festival", _lunar(7, 7)),
    Festival("teachers_day", "教师节", "Teachers' Day", _solar(9, 10)),
    Festival("mid_autumn", "中秋节", "Mid-Autumn Festival", _lunar(8, 15)),
    Festival("national_day", "国庆节", "National Day", _solar(10, 1)),
    Festival("double_ninth", "重阳节", "Double Ninth Festival", _lunar(9, 9)),
    Festival("winter_solstice", "冬至", "Winter Solstice", _term("冬至")),
    Festival("christmas", "圣诞节", "Christmas", _solar(12, 25)),
)

FESTIVALS: Mapping[str, Festival] = {festival.name: festival for festival in _ALL}


def days_of(name: str, earliest: date, latest: date) -> list[date]:
    """The days in [earliest, latest] on which a festival falls, in order.

    Raises KeyError for a name that is not in FESTIVALS; schedules.yaml is checked for those.
    """
    day_in = FESTIVALS[name].day_in
    # A lunar year begins up to seven weeks into the solar year of its number and ends in the next one.
    years = range(max(earliest.year - 1, MINYEAR), min(latest.year, MAXYEAR) + 1)
    found = (day_in(year) for year in years)
    return [day for day in found if day is not None and earliest <= day <= latest]


def spoken_festival(name: str, language: str) -> str:
    """What a text in `language` (zh-CN, en …) calls the festival; the name itself where it is none of ours."""
    festival = FESTIVALS.get(name)
    if festival is None:
        return name
    return festival.zh if language.lower().startswith("zh") else festival.en
