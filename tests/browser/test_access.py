"""Without a mouse: everything is reached by Tab, one sees where one is, and a dialog keeps and gives back the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.console_screens import BY_NAME, wait_until_ready
from tests.support.console_server import RunningConsole
from tests.support.page_checks import asked

SignedIn = Callable[..., Page]
INSIDE = "document.activeElement.closest('[role=dialog]') !== null"
STEPS_MORE = 12
"""Chips and editors may take a key more than once."""


@pytest.mark.parametrize(
    "name", ["today", "campaigns", "campaign-edit", "template", "customers-found", "customer", "users"]
)
def test_everything_is_reached_by_the_keyboard_and_seen_when_it_is(
    name: str, console: RunningConsole, signed_in: SignedIn
) -> None:
    """Tab goes through the page from its beginning to its end."""
    page = signed_in("owner", BY_NAME[name].path_in(console.shop), language="en")
    wait_until_ready(page)
    page.evaluate("document.activeElement?.blur()")
    wanted: list[str] = asked(page, "reachable")
    reached, unmarked = set(), []
    for _step in range(len(wanted) + STEPS_MORE):
        page.keyboard.press("Tab")
        here: dict[str, Any] | None = asked(page, "focused")
        if here is None:
            continue
        reached.add(here["number"])
        if not here["isMarked"]:
            unmarked.append(here["name"])
    missed = [each for each in wanted if each.split(" ")[0] not in reached]
    assert not missed, missed
    assert not unmarked, "\n".join(dict.fromkeys(unmarked))


def test_the_first_key_leads_past_the_navigation(signed_in: SignedIn) -> None:
    """One Tab and Enter, and the next Tab is in the page's own part."""
    page = signed_in("owner", "/", language="en")
    wait_until_ready(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_dialog_keeps_the_focus_and_gives_it_back(console: RunningConsole, signed_in: SignedIn) -> None:
    """Recording a call: the focus goes in, Escape closes it, and one is where one was."""
    page = signed_in("owner", BY_NAME["customer"].path_in(console.shop), language="en")
    opener = page.get_by_role("button", name="Record a call")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.wait_for_function(INSIDE)
    for _step in range(4):
        page.keyboard.press("Tab")
        page.wait_for_function(INSIDE)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize(
    ("name", "opener", "title"),
    [
        ("today", "As a table", "Last 30 days"),
        ("campaign", "Pause", "Pause “Maintenance due”?"),
        ("templates", "New template", "New template"),
        ("users", "Add a person", "Add a person"),
    ],
)
def test_every_dialog_is_called_by_its_title_and_escape_is_no(
    name: str, opener: str, title: str, console: RunningConsole, signed_in: SignedIn
) -> None:
    """Tables, questions and forms are one piece: a modal dialog with its name, the focus inside and given back."""
    page = signed_in("owner", BY_NAME[name].path_in(console.shop), language="en")
    wait_until_ready(page)
    button = page.get_by_role("button", name=opener, exact=True)
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=title, exact=True)
    expect(dialog).to_be_visible()
    expect(dialog).to_have_attribute("aria-modal", "true")
    page.wait_for_function(INSIDE)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


def test_an_answer_gives_the_focus_back_too(signed_in: SignedIn) -> None:
    """“Cancel” by its own button: one is where one was."""
    page = signed_in("owner", "/profile", language="en")
    button = page.get_by_role("button", name="Sign out everywhere")
    button.click()
    page.get_by_role("dialog", name="Sign out everywhere?").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
