"""Editing schedules.yaml by form: seen as lines before it is saved, comments kept, and nobody's change lost."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from notifier.schedules import parse_schedules
from tests.browser.conftest import SignedIn
from tests.support.console_browser import Windows
from tests.support.console_server import RunningConsole

EDIT = "/campaigns/maintenance_due/edit"


def _save(page: Page) -> None:
    """Go on to the question, which says what changes."""
    page.get_by_role("button", name="Check and save").click()
    expect(page.get_by_role("heading", name="Save this?")).to_be_visible()


def test_an_offset_is_changed_seen_saved_and_the_second_person_told(
    own_console: RunningConsole, signed_in: SignedIn
) -> None:
    """Zhou moves the early text; Lin, who had the form open and gives a name, keeps her changes on top of his."""
    before = own_console.shop.schedules.read_text(encoding="utf-8")
    hers = signed_in("owner", EDIT, language="en")
    expect(hers.get_by_text("Nothing is changed yet.")).to_be_visible()
    his = signed_in("manager", EDIT, language="en")
    days = his.get_by_label("How many").first
    expect(days).to_have_value("14")
    days.fill("3")
    expect(his.locator('[data-field="stages"]')).to_contain_text("Reminder 1 and Reminder 2 open on the same day")
    days.fill("7")
    expect(his.get_by_text("Who already got the reminder 14 days before service is due").first).to_be_visible()
    _save(his)
    asked = his.get_by_role("dialog", name="Save this?")
    expect(asked.locator(".setting-changes")).to_have_text(
        re.compile(r"Reminder 1\s*14 days before service is due\s*→\s*7 days")
    )
    asked.get_by_role("button", name="Advanced: 1 line of schedules.yaml").click()
    gone, new = (his.locator(f".yaml-line.{kind}") for kind in ("is-gone", "is-new"))
    expect(gone).to_have_text(re.compile(r"stages: \{early: -14, last: -3\} +# 触达节点"))
    expect(new).to_have_text(re.compile(r"stages: \{early: -7, last: -3\} +# 触达节点"))
    his.get_by_role("button", name="Save", exact=True).click()
    expect(his.get_by_text("Saved. The daemon takes it up within a minute.")).to_be_visible()
    expect(his.get_by_text("Reminder 1: 14 days before service is due → 7 days")).to_be_visible()

    hers.get_by_label("Control group").first.fill("20")
    hers.get_by_label("Name of the campaign").fill("春季保养")
    expect(hers.get_by_text("2 settings change.")).to_be_visible()
    _save(hers)
    expect(hers.get_by_role("dialog", name="Save this?").locator(".setting-changes")).to_contain_text(
        re.compile(r"Name of the campaign\s*not set\s*→\s*春季保养")
    )
    hers.get_by_role("button", name="Save", exact=True).click()
    expect(hers.get_by_text("周海 saved it here.")).to_be_visible()
    expect(hers.get_by_text("about different values, so both can stand")).to_be_visible()
    hers.get_by_role("button", name="Save mine on top of theirs").click()
    expect(hers.get_by_text("Saved. The daemon takes it up within a minute.")).to_be_visible()
    expect(hers.get_by_role("heading", name="春季保养")).to_be_visible()
    assert own_console.shop.schedules.read_text(encoding="utf-8") == before.replace(
        "stages: {early: -14, last: -3}     #", "stages: {early: -7, last: -3}      #", 1
    ).replace("control: 10%                       #", "control: 20%                       #", 1).replace(
        "    rule: maintenance_due ", "    name: 春季保养\n    rule: maintenance_due ", 1
    )


def test_two_people_add_a_campaign_of_one_rule_and_both_are_kept(
    own_console: RunningConsole, signed_in: SignedIn
) -> None:
    """Neither typed a short name: the second one's gives way to the first one's by itself."""
    hers, his = (signed_in(role, "/campaigns/new?rule=birthday", language="en") for role in ("owner", "manager"))
    for page, name in ((his, "生日祝福"), (hers, "生日礼券")):
        page.get_by_label("Name of the campaign").fill(name)
        expect(page.get_by_text("Advanced: birthday_2 in files and commands")).to_be_visible()
    for page in (his, hers):
        _save(page)
        page.get_by_role("button", name="Save", exact=True).click()
        if page is hers:
            expect(page.get_by_text("about different values, so both can stand")).to_be_visible()
            page.get_by_role("button", name="Save mine on top of theirs").click()
        page.wait_for_url("**/campaigns/birthday_*/edit")
    saved = parse_schedules(own_console.shop.schedules.read_text(encoding="utf-8"), "schedules.yaml")
    assert [saved.campaign(key).name for key in ("birthday_2", "birthday_3")] == ["生日祝福", "生日礼券"]


def test_times_that_one_line_cannot_say_are_refused_in_plain_words(signed_in: SignedIn) -> None:
    """At 10:00 and 14:30: the field says why not, and by the line itself the time is told in words."""
    page = signed_in("manager", EDIT, language="en")
    expect(page.get_by_text("Runs: Mon–Sat 10:00")).to_be_visible()
    page.get_by_role("button", name="Another time").click()
    page.get_by_label("Time", exact=True).nth(1).fill("14:30")
    expect(page.locator('[data-field="when"]')).to_contain_text("must share their minutes")
    page.get_by_role("button", name="Advanced", exact=True).click()
    page.get_by_label("Cron line").fill("0 9 * * tue,fri")
    expect(page.get_by_text("Runs: Tue, Fri 9:00")).to_be_visible()
    expect(page.locator('[data-field="when"]')).to_be_hidden()


def test_a_long_length_is_judged_and_never_made_another_when_its_box_is_left(signed_in: SignedIn) -> None:
    """The file allows 2000 hours: who tabs through the box has not changed them; of 2000 days one hears why not."""
    page = signed_in("manager", "/campaigns/guards", language="en")
    box = page.get_by_role("spinbutton", name="visits", exact=True)
    box.fill("2000")
    box.press("Tab")
    expect(page.locator('[data-field="data_max_age"]')).to_contain_text("is 2000 days; it must lie between")
    expect(box).to_have_value("2000")


def test_a_clerk_is_refused_by_address(signed_in: SignedIn, windows: Windows) -> None:
    """Marketing staff may pause a campaign, not rewrite it."""
    windows.expects("403")
    page = signed_in("marketing", EDIT, language="en")
    expect(page.get_by_text("This page is not for your role")).to_be_visible()
