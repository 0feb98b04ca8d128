"""Dates and birthdays as dealerships write them."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.dms.dates import Birthday, clean_birthday, clean_date, clean_moment


@pytest.mark.parametrize(
    "text",
    [
        "2024/3/5", "2024-03-05", "2024.3.5", "20240305", "2024年3月5日", "2024年03月05号", "45356", "'2024/3/5",
        "２０２４／３／５", "5 Mar 2024", "05-Mar-2024", "2024-03-05 00:00:00", " 2024/3/5 ",
        "20240305.0", '="2024-03-05"', "2024-03-05 00:00:00.000", "45356.0",
    ],
)  # fmt: skip
def test_every_way_to_write_the_fifth_of_march(text: str) -> None:
    """All are the same day, without a time."""
    assert clean_moment(text) == (date(2024, 3, 5), None, None)


@pytest.mark.parametrize(
    "text, clock",
    [
        ("2024-03-05 14:30", time(14, 30)),
        ("2024/3/5 9:05:01", time(9, 5, 1)),
        ("2024-03-05T14:30:00", time(14, 30)),
        ("20240305143000", time(14, 30)),
        ("45356.5", time(12)),
    ],
)
def test_the_time_of_day_is_kept(text: str, clock: time) -> None:
    """Where the DMS writes one."""
    assert clean_moment(text) == (date(2024, 3, 5), clock, None)


@pytest.mark.parametrize(
    "text", ["1900-01-01", "1900/1/0", "0000-00-00", "1899-12-30", "9999-12-31", "2099-12-31", "1753-01-01", "1"]
)
def test_placeholders_are_no_dates(text: str) -> None:
    """What programs write where nothing is known."""
    assert clean_date(text) == (None, "placeholder_date")


@pytest.mark.parametrize(
    "text", ["2024-02-30", "2024-13-01", "24/3/5", "05/03/2024", "soon", "99999", "2024-03-05 25:00"]
)
def test_impossible_or_ambiguous_dates_are_doubted(text: str) -> None:
    """Nothing is guessed."""
    assert clean_date(text) == (None, "bad_date")


@pytest.mark.parametrize("text", ["", " ", "-", "无", "NULL"])
def test_nothing_is_no_doubt(text: str) -> None:
    """An empty field is simply empty."""
    assert clean_date(text) == (None, None)


@given(
    st.dates(date(1949, 7, 1), date(2100, 12, 31)), st.sampled_from(["%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y-%m-%d"])
)
def test_a_written_date_is_read_back(day: date, form: str) -> None:
    """Any day, any of the usual forms, and the Excel serial."""
    assert clean_date(day.strftime(form)) == (day, None)
    assert clean_date(str((day - date(1899, 12, 30)).days)) == (day, None)


@given(st.text())
def test_any_text_gives_a_date_or_a_doubt(text: str) -> None:
    """No cell breaks an import."""
    day, doubt = clean_date(text)
    assert day is None or doubt is None
    clean_birthday(text)


@pytest.mark.parametrize(
    "text, birthday",
    [
        ("1980/5/9", Birthday(date(1980, 5, 9), "0509")),
        ("5月9日", Birthday(None, "0509")),
        ("02-29", Birthday(None, "0229")),
        ("农历八月初八", Birthday(None, "0808", "lunar")),
        ("阴历1980年八月十五", Birthday(None, "0815", "lunar")),
        ("1980-08-15(农历)", Birthday(None, "0815", "lunar")),
        ("闰四月廿三", Birthday(None, "0423", "lunar")),
        ("腊月三十", Birthday(None, "1230", "lunar")),
        ("農曆十一月二十九", Birthday(None, "1129", "lunar")),
        ("农历闰六月初八", Birthday(None, "0608", "lunar")),
        ("1980年闰6月8日", Birthday(None, "0608", "lunar")),
        ("农历 八月 初八", Birthday(None, "0808", "lunar")),
        ("庚申年八月初八", Birthday(None, "0808", "lunar")),
        ("农历8月15", Birthday(None, "0815", "lunar")),
        ("八月十五", Birthday(None, "0815", "lunar")),
        ("五月十二日", Birthday(None, "0512")),
        ("一九八〇年五月十二日", Birthday(date(1980, 5, 12), "0512")),
        ("", Birthday()),
    ],
)
def test_birthdays(text: str, birthday: Birthday) -> None:
    """Solar and lunar, with and without a year."""
    assert clean_birthday(text) == (birthday, None)


@pytest.mark.parametrize(
    "text, doubt",
    [
        ("13-40", "bad_date"),
        ("1980年8月", "bad_date"),
        ("农历1980-08-31", "bad_date"),
        ("二月三十日", "bad_date"),
        ("农历十三月初八", "bad_date"),
        ("农历", "bad_date"),
        ("1900-01-01", "placeholder_date"),
    ],
)
def test_birthdays_that_are_none(text: str, doubt: str) -> None:
    """Emptied and named."""
    assert clean_birthday(text) == (Birthday(), doubt)
