"""The language of the screens: the browser's first, then whatever a person has chosen for themselves."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.console_browser import Windows
from tests.support.console_server import RunningConsole

SignedIn = Callable[..., Page]
TODAY = {"zh-CN": "今天", "en": "Today"}


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("zh-CN", "zh-CN"), ("zh-TW", "zh-CN"), ("en-GB", "en"), ("de-DE", "zh-CN")],
)
def test_the_browser_s_language_comes_first(asked: str, spoken: str, signed_in: SignedIn) -> None:
    """Who asks for neither language gets that of the shop's country."""
    page = signed_in("reader", language=asked)
    expect(page.get_by_role("heading", level=1)).to_have_text(TODAY[spoken])
    assert page.locator("html").get_attribute("lang") == {"en": "en-US"}.get(spoken, spoken)


def test_a_person_s_own_choice_wins_and_stays(own_console: RunningConsole, windows: Windows) -> None:
    """陈小燕's browser is English; she chooses Chinese and dark, and finds both on another machine."""
    page = windows.open("marketing", language="en")
    page.goto(own_console.address("/profile"))
    choose(page, "Language", "中文")
    choose(page, "Light or dark", "Dark")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="今天")).to_be_visible()
    expect(page.locator("body")).to_have_class(re.compile("body--dark"))
    elsewhere = windows.open("marketing", language="en")
    elsewhere.goto(own_console.address("/"))
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("今天")
    expect(elsewhere.locator("body")).to_have_class(re.compile("body--dark"))


def choose(page: Page, label: str, option: str) -> None:
    """One option of a select."""
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_days_and_money_are_written_as_each_language_writes_them(signed_in: SignedIn) -> None:
    """The same day and the same yuan, twice."""
    chinese, english = signed_in("reader", language="zh-CN"), signed_in("reader", language="en")
    for page, day, money in (
        (chinese, r"\d{4}年\d+月\d+日", r"[\d,]+元"),
        (english, r"[A-Z][a-z]+day, ", r"¥[\d,]+"),
    ):
        expect(page.locator("#main")).to_contain_text(re.compile(day))
        expect(page.locator("#main")).to_contain_text(re.compile(money))
