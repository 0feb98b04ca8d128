"""Who may see and do what: the same addresses, asked for by people of different roles."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.console_browser import Windows
from tests.support.console_screens import BY_NAME, SCREENS, wait_until_ready
from tests.support.console_server import RunningConsole
from tests.support.console_shop import ROLES
from tests.support.page_checks import asked

SignedIn = Callable[..., Page]
OWNERS_PAGES = ("/users", "/audit")
MANAGERS_PAGES = ("/campaigns/new", "/campaigns/guards", "/campaigns/maintenance_due/edit")
REFUSED = OWNERS_PAGES + MANAGERS_PAGES
DOINGS = re.compile(
    r"^(Edit|New|Pause|Resume|Switch|Approve|Reject|Save|Publish|Send|Correct|Change|Record|Stop|Show number|Restore|"
    r"Delete|Take back|Add|Lift|Allow)\b"
)
NOT_FOR_READERS = ("users", "audit", "campaign-edit", "campaign-new", "guards", "profile", "not-here")
LOOKED_AT_ELSEWHERE = ("customers", "customers-found", "customer-two-cars", "template-en", "campaign-dry-run")


@pytest.mark.parametrize(
    ("role", "paths"),
    [("marketing", REFUSED), ("manager", OWNERS_PAGES), ("reader", REFUSED)],
    ids=["marketing", "manager", "reader"],
)
def test_a_page_for_others_is_refused_by_its_address(
    role: str, paths: tuple[str, ...], windows: Windows, console: RunningConsole
) -> None:
    """It is in nobody's navigation who may not see it; typed in, it says so with status 403 and shows nothing."""
    windows.expects("status of 403")
    page = windows.open(role, language="en")
    for path in paths:
        answer = page.goto(console.address(path))
        assert answer is not None
        assert answer.status == 403
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_text("This page is not for your role")).to_be_visible()
        assert page.get_by_role("textbox").count() == page.get_by_role("table").count() == 0
        assert page.get_by_text(ROLES["owner"]).count() == 0
        links = page.get_by_role("navigation").get_by_role("link")
        targets: list[str | None] = links.evaluate_all("links => links.map(link => link.getAttribute('href'))")
        assert not [target for target in targets if target and target.endswith(path)]


def test_an_owner_finds_those_pages_in_the_navigation(signed_in: SignedIn) -> None:
    """林静 goes there with the mouse."""
    page = signed_in("owner", language="en")
    for path in OWNERS_PAGES:
        page.locator(f"nav a[href$='{path}']").click()
        expect(page).to_have_url(re.compile(f"/console{path}$"))


def test_a_reader_looks_and_does_nothing(console: RunningConsole, windows: Windows) -> None:
    """吴明 goes through every page: no button on any of them changes anything, and no phone can be uncovered."""
    page = windows.open("reader", language="en")
    found = []
    for screen in SCREENS:
        if screen.role is None or screen.name in NOT_FOR_READERS + LOOKED_AT_ELSEWHERE:
            continue
        page.goto(console.address(screen.path_in(console.shop)))
        wait_until_ready(page)
        found += [f"{screen.name}: {words}" for words in asked(page, "doings") if DOINGS.match(words)]
    assert found == []


def test_a_phone_is_uncovered_once_and_written_down(own_console: RunningConsole, signed_in: SignedIn) -> None:
    """陈小燕 looks at 陈晓芳's number; the log says who did."""
    page = signed_in("marketing", BY_NAME["customer"].path_in(own_console.shop), language="en")
    expect(page.get_by_text("138****0001")).to_be_visible()
    assert "13800010001" not in page.content()
    page.get_by_role("button", name="Show number").click()
    expect(page.get_by_text("13800010001")).to_be_visible()
    written = own_console.shop.rows("SELECT who, action FROM audit WHERE action LIKE '%phone%'")
    assert [row["who"] for row in written] == ["陈小燕"]
