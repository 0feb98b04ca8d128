"""Who may come in: an owner's page about people, the log of what they did, and what each sets for themselves."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import SignedIn
from tests.support.console_browser import Windows, press_or_be_shown_the_door
from tests.support.console_server import RunningConsole
from tests.support.console_shop import PASSWORD, ROLES

NEW = "夜里海风吹过开元寺 7"


def test_an_owner_adds_somebody_who_comes_in_by_the_link_and_is_ended(
    own_console: RunningConsole, signed_in: SignedIn, windows: Windows
) -> None:
    """林静 adds 黄丽, who chooses a password; made a manager she signs in again; ended, her open page does nothing."""
    owner = signed_in("owner", "/users", language="en")
    owner.get_by_role("button", name="Add a person").click()
    owner.get_by_label("Name").fill("黄丽")
    owner.get_by_role("button", name="Add and make a link").click()
    link = owner.get_by_role("textbox", name="One-time link").input_value()
    assert link.startswith(own_console.address("/welcome/"))
    owner.get_by_role("button", name="Done").click()
    expect(owner.get_by_text("has no password yet")).to_be_visible()

    guest = windows.open(language="en")
    guest.goto(link)
    guest.get_by_label("New password").fill(NEW)
    guest.get_by_label("The same once more").fill(NEW)
    guest.get_by_role("button", name="Keep it and go in").click()
    expect(guest.get_by_role("navigation")).to_be_visible()
    guest.goto(own_console.address("/profile"))

    owner.get_by_role("button", name="End the access of 黄丽").click()
    owner.get_by_role("button", name="End it").click()
    expect(owner.get_by_text("黄丽 may not sign in any more.")).to_be_visible()
    press_or_be_shown_the_door(guest.get_by_role("button", name="Save", exact=True))
    expect(guest).to_have_url(re.compile("/console/sign-in"))

    owner.goto(own_console.address("/audit?action=user.end"))
    ended = owner.get_by_role("listitem").filter(has_text="ended a person's access")
    expect(ended.get_by_role("link", name="黄丽")).to_have_attribute("href", "/console/users")


def test_another_role_is_given_and_the_last_owner_stays(own_console: RunningConsole, signed_in: SignedIn) -> None:
    """周海 becomes a reader; 林静 cannot stop being the owner."""
    owner = signed_in("owner", "/users", language="en")
    for name, told in ((ROLES["manager"], "has another role"), (ROLES["owner"], "is the last owner")):
        owner.get_by_role("button", name=f"Change the role of {name}").click()
        owner.get_by_role("combobox", name="Role").click()
        owner.get_by_role("option", name="Reader").click()
        owner.get_by_role("button", name="Change it").click()
        expect(owner.get_by_text(told)).to_be_visible()
    entries = own_console.shop.rows("SELECT subject FROM audit WHERE action = 'user.change_role'")
    assert entries == [{"subject": ROLES["manager"]}]


def test_everybody_sets_language_light_and_password_for_themselves(
    own_console: RunningConsole, signed_in: SignedIn
) -> None:
    """吴明's browser speaks Chinese, but he reads English and likes it dark; a new password needs the present one."""
    page = signed_in("reader", "/profile", language="zh-CN")
    boxes = page.locator("section").first.get_by_role("combobox")
    expect(boxes).to_have_count(2)
    boxes.first.click()
    page.get_by_role("option", name="English").click()
    boxes.last.click()
    page.get_by_role("option").last.click()
    page.locator("section").first.get_by_role("button").click()
    expect(page.get_by_role("heading", name="Language and light")).to_be_visible()
    expect(page.locator("body.body--dark")).to_be_visible()
    for old, told in (("not my password", "not right"), (PASSWORD, "is changed")):
        page.get_by_label("Current password").fill(old)
        page.get_by_label("New password").fill(NEW)
        page.get_by_label("The same once more").fill(NEW)
        page.get_by_role("button", name="Change the password").click()
        expect(page.get_by_text(told)).to_be_visible()
    user = own_console.shop.rows("SELECT language, theme FROM console_user WHERE name = :name", name=ROLES["reader"])
    assert user == [{"language": "en", "theme": "dark"}]
