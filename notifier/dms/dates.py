"""Dates as dealerships write them → dates; what cannot be a date is emptied and doubted, never guessed.

Each rule returns ``(value, doubt)``: the doubt is a fixed English word for the import report, or None.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from notifier.dms.cleaning import unwrapped
from notifier.domain.lunar import LUNAR_DAYS, LUNAR_MONTHS

__all__ = ["Birthday", "clean_birthday", "clean_date", "clean_moment"]

BAD_DATE = "bad_date"
PLACEHOLDER_DATE = "placeholder_date"

_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_SERIALS = range(18_000, 74_000)
"""1949 to 2102: five digits outside are something else."""
_YEARS = range(1901, 2101)
_PLACEHOLDERS = frozenset({
    (0, 0, 0), (1, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 0), (1900, 1, 1),
    (2099, 12, 31), (2999, 12, 31), (9999, 12, 31),
})  # fmt: skip
"""The first day of a program's calendar, and what stands for "never ends"."""
_NOTHING = frozenset({"", "-", "--", "/", "无", "未知", "空", "null", "none", "nan", "n/a", "na", "0"})

_CLOCK = r"(?:[ T]*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2}))?(?:\.\d+)?秒?分?)?"
_SPELLED = re.compile(rf"(\d{{4}})[-/.年](\d{{1,2}})[-/.月](\d{{1,2}})[日号]?{_CLOCK}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(?:\.0+)?")
_ENGLISH = re.compile(r"(\d{1,2})[- ]([a-z]{3})[a-z]*[-, ]+(\d{4})")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Birthday(NamedTuple):
    """A birthday: the day where the year is known and solar, the month and day ("0815"), solar or lunar."""

    on: date | None = None
    mmdd: str | None = None
    calendar: str = "solar"


def clean_date(text: str) -> tuple[date | None, str | None]:
    """2024/3/5, 2024-03-05 14:30, 20240305, 2024年3月5日, 5 Mar 2024, an Excel serial → the date.

    ``(None, None)`` where nothing is written; doubts: ``placeholder_date`` (1900-01-01 and kin), ``bad_date``.
    """
    day, _clock, doubt = _parse(text)
    return day, doubt


def clean_moment(text: str) -> tuple[date | None, time | None, str | None]:
    """As :func:`clean_date`, with the time of day where one is written (midnight counts as none)."""
    return _parse(text)


@lru_cache(maxsize=65_536)
def _parse(text: str) -> tuple[date | None, time | None, str | None]:
    plain = unwrapped(unicodedata.normalize("NFKC", text)).strip().strip("'`").strip().lower()
    if plain in _NOTHING:
        return None, None, None
    numbers = _numbers(plain)
    if numbers is None:
        return _from_serial(plain)
    year, month, day = numbers[:3]
    hour, minute, second = [*numbers[3:], 0, 0, 0][:3]
    if (year, month, day) in _PLACEHOLDERS:
        return None, None, PLACEHOLDER_DATE
    try:
        on = date(year, month, day)
        at = time(hour, minute, second) if hour or minute or second else None
    except ValueError:
        return None, None, BAD_DATE
    return (on, at, None) if year in _YEARS else (None, None, BAD_DATE)


def _numbers(plain: str) -> list[int] | None:
    """Year, month, day, hour, minute, second as written, possible or not."""
    if match := _ENGLISH.fullmatch(plain):
        month = match[2]
        return [int(match[3]), _ENGLISH_MONTHS.index(month) + 1 if month in _ENGLISH_MONTHS else 0, int(match[1])]
    match = _SPELLED.fullmatch(plain) or _SPELLED.fullmatch(plain.upper()) or _COMPACT.fullmatch(plain)
    return [int(part or 0) for part in match.groups()] if match else None


def _from_serial(plain: str) -> tuple[date | None, time | None, str | None]:
    match = _SERIAL.fullmatch(plain)
    if match is None or int(match[1]) not in _EXCEL_SERIALS:
        return None, None, PLACEHOLDER_DATE if plain in ("1", "2") else BAD_DATE
    seconds = round(float(match[2] or 0) * 86_400)
    at = time(seconds // 3600, seconds // 60 % 60, seconds % 60) if 0 < seconds < 86_400 else None
    return _EXCEL_EPOCH + timedelta(days=int(match[1])), at, None


_LUNAR_MARK = re.compile(r"[(\[]?(?:农历|阴历|旧历|農曆|陰曆|lunar)[)\]]?", re.IGNORECASE)
_LUNAR_DAY = re.compile(
    r"(?:[\d一二三四五六七八九零〇]{4}年?|[甲乙丙丁戊己庚辛壬癸].年)?(?:闰|閏)?"
    r"([正一二三四五六七八九十冬腊臘]{1,3}|\d{1,2})月(?:大|小)?([初廿卅一二三四五六七八九十]{1,3}|\d{1,2})(日)?"
)
_ONLY_LUNAR = re.compile("[闰閏正冬腊臘初廿卅]")
_CHINESE_YEAR = re.compile(r"([一二三四五六七八九零〇]{4})年")
_MONTH_AND_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})[日号]?")


@lru_cache(maxsize=65_536)
def clean_birthday(text: str) -> tuple[Birthday, str | None]:
    """A solar date, a month and day alone (5月9日, 05-09), or a lunar day (农历八月初八, 1980-08-15(农历)).

    Spelled in Chinese figures, a day with 日 is solar (五月十二日), one without is lunar (五月十二, 五月初九). A lunar
    birthday keeps month and day of the lunar calendar; one of a leap month (闰六月) is kept under the month of the same
    number, in which it is celebrated: its own comes back but once in some nineteen years. Doubts: ``placeholder_date``,
    ``bad_date``.
    """
    plain = re.sub(r"\s+", "", unwrapped(unicodedata.normalize("NFKC", text)))
    lunar = _LUNAR_MARK.search(plain) is not None
    if lunar:
        return _lunar_birthday(_LUNAR_MARK.sub("", plain))
    spelled = _LUNAR_DAY.fullmatch(plain)
    if spelled and (_ONLY_LUNAR.search(plain) or not (spelled[3] or plain[0].isdigit() or spelled[2].isdigit())):
        return _lunar_birthday(plain)
    if spelled and not spelled[2].isdigit():
        return _solar_spelled(plain, spelled)
    if match := _MONTH_AND_DAY.fullmatch(plain):
        return _solar_month_and_day(int(match[1]), int(match[2]))
    day, doubt = clean_date(text)
    return (Birthday(day, f"{day:%m%d}"), None) if day else (Birthday(), doubt)


def _solar_spelled(plain: str, spelled: re.Match[str]) -> tuple[Birthday, str | None]:
    """一九八〇年五月十二日 and 五月十二日."""
    month, day = _month_number(spelled[1]), _day_number(spelled[2])
    year = _CHINESE_YEAR.match(plain)
    if year is None:
        return _solar_month_and_day(month, day)
    digits = "".join(str("零一二三四五六七八九".index(figure)) for figure in year[1].replace("〇", "零"))
    on, doubt = clean_date(f"{digits}-{month}-{day}")
    return (Birthday(on, f"{on:%m%d}"), None) if on else (Birthday(), doubt)


def _solar_month_and_day(month: int, day: int) -> tuple[Birthday, str | None]:
    try:
        return Birthday(None, f"{date(2000, month, day):%m%d}"), None  # a leap year, for 29 February
    except ValueError:
        return Birthday(), BAD_DATE


def _month_number(text: str) -> int:
    return int(text) if text.isdigit() else LUNAR_MONTHS.get(text, 0)


def _day_number(text: str) -> int:
    """初八, 十五, 廿三, 八 or 8; 0 where it is none of them."""
    return int(text) if text.isdigit() else LUNAR_DAYS.get(text) or LUNAR_DAYS.get(f"初{text}", 0)


def _lunar_birthday(plain: str) -> tuple[Birthday, str | None]:
    month, day = 0, 0
    if match := _LUNAR_DAY.fullmatch(plain):
        month, day = _month_number(match[1]), _day_number(match[2])
    elif match := _MONTH_AND_DAY.fullmatch(plain):
        month, day = int(match[1]), int(match[2])
    elif numbers := _numbers(plain.lower()):
        month, day = numbers[1], numbers[2]
    if not (1 <= month <= 12 and 1 <= day <= 30):
        return Birthday(), BAD_DATE
    return Birthday(None, f"{month:02d}{day:02d}", "lunar"), None
