"""A page that was left open with a question on it: whoever answers must still be somebody who may."""

from __future__ import annotations

from playwright.sync_api import expect

from notifier.jobs.staff import end_user
from notifier.store.audit import Actor
from tests.browser.conftest import SignedIn
from tests.support.console_browser import press_or_be_shown_the_door
from tests.support.console_server import RunningConsole

LONGER_THAN_A_HANDLER = 400  # milliseconds


def test_who_was_ended_meanwhile_confirms_nothing(signed_in: SignedIn, own_console: RunningConsole) -> None:
    """陈小燕 asks to pause win-back and is let go before she confirms: it is not paused, and she is shown the door."""
    shop = own_console.shop
    page = signed_in("marketing", "/campaigns/winback", language="en")
    page.get_by_role("button", name="Pause", exact=True).click()
    yes = page.get_by_role("dialog").get_by_role("button", name="Pause", exact=True)
    expect(yes).to_be_visible()
    page.wait_for_timeout(LONGER_THAN_A_HANDLER)
    with shop.store.write() as session:
        end_user(session, shop.users["marketing"], by=Actor("林静"), now=shop.now)
    press_or_be_shown_the_door(yes)
    expect(page).to_have_url(f"{own_console.url}/console/sign-in")
    assert shop.rows("SELECT 1 FROM audit WHERE action = 'campaign.pause' AND subject = 'winback'") == []
