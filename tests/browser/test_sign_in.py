"""Coming in, being kept out, and going: the door before the console, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from notifier.jobs.lockouts import TRIES_OF_NAME
from tests.support.console_browser import NARROW, Windows, press_or_be_shown_the_door
from tests.support.console_server import RunningConsole
from tests.support.console_shop import PASSWORD, ROLES

NEW = "夜里海风吹过开元寺 7"


def fill_in(page: Page, name: str, password: str) -> None:
    """The form of the door, in English."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def is_in(page: Page) -> None:
    """The console's own frame is there."""
    expect(page.get_by_role("navigation")).to_be_visible()


def test_the_first_owner_comes_in_by_a_link_that_works_once(own_console: RunningConsole, windows: Windows) -> None:
    """林静 opens the link of the first start, says who she is and chooses a password; then it leads nowhere."""
    own_console.shop.forget_users()
    address = own_console.address(own_console.shop.link())
    page = windows.open(language="en")
    page.goto(address)
    page.get_by_label("Name").fill("林静")
    page.get_by_label("New password").fill("short")
    page.get_by_label("The same once more").fill("short")
    windows.expects("status of 422", "status of 404")
    page.get_by_role("button", name="Keep it and go in").click()
    expect(page.get_by_role("alert")).to_contain_text("at least")
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("The same once more").fill(NEW)
    page.get_by_role("button", name="Keep it and go in").click()
    is_in(page)
    late = windows.open(language="en")
    late.goto(address)
    expect(late.get_by_role("heading", name="This link leads nowhere")).to_be_visible()
    late.goto(own_console.address("/sign-in"))
    fill_in(late, "林静", NEW)
    is_in(late)


def test_after_some_failed_tries_the_name_is_locked(own_console: RunningConsole, windows: Windows) -> None:
    """Somebody guesses at 陈小燕's password; then not even the right one lets in, and 周海 is not kept out."""
    windows.expects("status of 403", "status of 429")
    page = windows.open(language="en")
    page.goto(own_console.address("/sign-in"))
    for n in range(TRIES_OF_NAME):
        fill_in(page, ROLES["marketing"], f"wrong-{n}")
        expect(page.get_by_role("alert")).to_be_visible()
    fill_in(page, ROLES["marketing"], PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("Too many failed tries")
    fill_in(page, ROLES["manager"], PASSWORD)
    is_in(page)


def test_who_is_not_signed_in_gets_the_page_asked_for_after_signing_in(
    console: RunningConsole, windows: Windows
) -> None:
    """吴明 opens a bookmark in a fresh browser."""
    page = windows.open(language="en")
    page.goto(console.address("/customers?q=闽C8A123"))
    expect(page).to_have_url(re.compile("/console/sign-in"))
    fill_in(page, ROLES["reader"], PASSWORD)
    is_in(page)
    expect(page).to_have_url(re.compile(r"/console/customers\?q="))


@pytest.mark.parametrize("wanted", ["https://example.com/", "//example.com", "/\\example.com", "/console/../l/abc"])
def test_signing_in_leads_to_no_other_site(wanted: str, console: RunningConsole, windows: Windows) -> None:
    """A link in a mail names another site behind ``next=``."""
    page = windows.open(language="en")
    page.goto(console.address(f"/sign-in?next={wanted}"))
    assert page.locator("input[name=next]").input_value() == "/console/"


def test_signing_out_ends_the_session_in_every_window(own_console: RunningConsole, windows: Windows) -> None:
    """周海 signs out in one tab; the other tab's next page is the door, and so is a stolen cookie's."""
    page = windows.open("manager", language="en")
    page.goto(own_console.address("/"))
    is_in(page)
    stolen = page.context.cookies()
    other = page.context.new_page()
    other.goto(own_console.address("/sign-out"))
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_text("You are signed out.")).to_be_visible()
    page.reload()
    expect(page).to_have_url(re.compile("/console/sign-in"))
    page.context.add_cookies(stolen)  # type: ignore[arg-type]
    page.goto(own_console.address("/customers"))
    expect(page).to_have_url(re.compile("/console/sign-in"))


def test_signing_out_everywhere_ends_the_phone_s_session_too(own_console: RunningConsole, windows: Windows) -> None:
    """陈小燕 has lost her phone: from the office she ends its session, and what it still shows does nothing more."""
    phone = windows.open("marketing", language="en", width=NARROW)
    phone.goto(own_console.address("/profile"))
    office = windows.open("marketing", language="en")
    office.goto(own_console.address("/profile"))
    office.get_by_role("button", name="Sign out everywhere").click()
    office.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    expect(office).to_have_url(re.compile("/console/sign-in"))
    press_or_be_shown_the_door(phone.get_by_role("button", name="Save"))
    expect(phone).to_have_url(re.compile("/console/sign-in"))
