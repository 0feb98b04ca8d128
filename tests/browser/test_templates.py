"""The templates' pages: a text is written, tried, published by two, and never lost between two people or to a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from tests.support.console_browser import Windows
from tests.support.console_server import RunningConsole, running_console
from tests.support.console_shop import ROLES, ConsoleShop
from tests.support.crew import Crew
from tests.support.twilio_server import running_twilio

NAME = "maintenance_due"
ADDRESS = f"/templates/zh-CN/{NAME}"
WORDS = "到店有茶"


def opened(windows: Windows, role: str, address: str = ADDRESS, **how: object) -> Page:
    """The editor, once it can be typed into."""
    page = windows.open(role, language="en", **how)  # type: ignore[arg-type]
    page.goto(windows.console.address(address))
    expect(page.locator(".cm-content")).to_be_visible()
    expect(page.locator(".phone-bubble, .wording-finding.is-error").first).to_be_visible()
    return page


def write(page: Page, words: str) -> None:
    """At the end of the text."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(words)
    expect(page.get_by_text("not saved yet")).to_be_visible()


def press(page: Page, name: str) -> None:
    """The button of that name, wherever it stands."""
    page.get_by_role("button", name=name, exact=True).last.click()


def in_dialog(page: Page, name: str) -> None:
    """The button of that name in the open dialog."""
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def file_of(shop: ConsoleShop, name: str = NAME) -> Path:
    """Where the text stands on the disk."""
    return shop.templates / "zh-CN" / f"{name}.j2"


def live_version(shop: ConsoleShop) -> int:
    """Which version of the text is live."""
    rows = shop.rows(
        "SELECT version FROM template_version WHERE name = :name AND language = 'zh-CN' AND live", name=NAME
    )
    return int(rows[0]["version"])


def bubble(page: Page) -> Locator:
    """The text on the phone."""
    return page.locator(".phone-bubble")


def asked_in(page: Page) -> list[str]:
    """Of what kind were the questions the browser itself has asked; each is answered with no."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", answer)
    return asked


@pytest.fixture
def strict(browser: Browser, crew: Crew, made_shop: ConsoleShop, tmp_path: Path) -> Iterator[Windows]:
    """A console where nobody publishes their own words, which sends by a local Twilio."""
    with running_twilio() as twilio:
        settings = {
            "NOTIFIER_TEMPLATE_REVIEW": "second_person", "NOTIFIER_GATEWAY": "twilio",
            "TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token,
            "TWILIO_FROM": "+15005550006", "TWILIO_API_BASE_URL": twilio.url,
        }  # fmt: skip
        with running_console(crew, made_shop.copy_to(tmp_path / "strict"), **settings) as running:
            windows = Windows(browser, running)
            windows.twilio = twilio  # type: ignore[attr-defined]
            yield windows
            windows.raise_if_troubled()
            windows.close()


def test_from_an_unknown_field_to_the_published_file(strict: Windows) -> None:
    """The error names the nearest field and is mended by a click; the hardest ten are looked at, one's own phone is
    tried, a second person publishes, and the file says the new words."""
    shop = strict.console.shop
    before, version = file_of(shop).read_text(encoding="utf-8"), live_version(shop)
    chen = opened(strict, "marketing")
    write(chen, "{{ 车辆.车排 }}")
    finding = chen.locator(".wording-finding.is-error")
    expect(finding).to_contain_text("车辆.车排")
    expect(chen.locator(".chip-editor-chip.is-marked-error")).to_have_text("车辆.车排")
    finding.get_by_role("button", name="Change to 〔plate number〕").click()
    expect(finding).to_have_count(0)
    write(chen, WORDS)
    expect(bubble(chen)).to_contain_text(f"闽C12345{WORDS}")
    press(chen, "The hardest ten")
    people = chen.locator(".wording-person")
    expect(people).to_have_count(10)
    people.nth(1).click()
    expect(bubble(chen)).to_contain_text(WORDS)

    press(chen, "Test send")
    chen.get_by_label("Your own mobile number").fill("13900001234")
    in_dialog(chen, "Send")
    expect(chen.get_by_text("took the text for")).to_be_visible()
    sent = strict.twilio.accepted()  # type: ignore[attr-defined]
    assert [(each["to"], WORDS in each["body"]) for each in sent] == [("+8613900001234", True)]

    press(chen, "Submit for review")
    expect(chen.get_by_text("goes live when a second person publishes it")).to_be_visible()
    expect(chen.get_by_role("button", name="Publish")).to_be_disabled()
    assert file_of(shop).read_text(encoding="utf-8") == before
    zhou = opened(strict, "manager")
    press(zhou, "Publish")
    in_dialog(zhou, "Publish")
    expect(zhou.get_by_text(f"Version {version + 1} is live", exact=True)).to_be_visible()
    after = before.replace("{% endif %}", "{% endif %}{{ 车辆.车牌 }}" + WORDS)
    assert file_of(shop).read_text(encoding="utf-8") == after
    assert shop.rows("SELECT who FROM audit WHERE action = 'template.publish'") == [{"who": ROLES["manager"]}]


def test_a_changed_file_is_the_next_version_and_a_refused_one_a_conflict(
    own_console: RunningConsole, windows: Windows
) -> None:
    """What somebody writes into the file is there when the page is opened; what cannot be used is told, not lost."""
    file = file_of(own_console.shop)
    good, version = file.read_text(encoding="utf-8"), live_version(own_console.shop)
    file.write_text(good.rstrip("\n") + WORDS + "\n", encoding="utf-8")
    page = opened(windows, "marketing")
    expect(bubble(page)).to_contain_text(WORDS)
    expect(page.get_by_text(f"Version {version + 1} is live", exact=True)).to_be_visible()
    page.get_by_text(f"What changed since version {version}").click()
    expect(page.locator(".difference ins").first).to_have_text(WORDS)

    file.write_text(good.replace("车辆.车牌", "车辆.车排"), encoding="utf-8")
    page.reload()
    expect(page.get_by_text("cannot be used; the last good version stays live")).to_be_visible()
    press(page, "Look and choose")
    in_dialog(page, "Keep what is live")
    expect(page.get_by_text("cannot be used; the last good version stays live")).to_have_count(0)
    assert WORDS in file.read_text(encoding="utf-8")


def test_the_second_of_two_is_told_before_losing_anything(own_console: RunningConsole, windows: Windows) -> None:
    """Both see each other; who saves later sees both texts, merges by hand, and nothing is gone."""
    chen = opened(windows, "marketing")
    lin = opened(windows, "owner")
    expect(lin.get_by_text(f"{ROLES['marketing']} has had this text open since")).to_be_visible()
    expect(chen.get_by_text(f"{ROLES['owner']} has had this text open since")).to_be_visible()
    write(chen, "甲的话")
    write(lin, "乙的话")
    press(chen, "Save draft")
    expect(chen.get_by_text("The draft is saved")).to_be_visible()
    press(lin, "Save draft")
    dialog = lin.get_by_role("dialog")
    expect(dialog.locator(".difference")).to_contain_text("甲的话")
    expect(dialog.locator(".difference")).to_contain_text("乙的话")
    in_dialog(lin, "Merge by hand")
    expect(lin.locator(".wording-theirs")).to_contain_text("甲的话")
    expect(lin.locator(".cm-content")).to_contain_text("乙的话")
    write(lin, "甲的话")
    press(lin, "Save draft")
    expect(lin.get_by_text("The draft is saved")).to_be_visible()
    expect(chen.locator(".cm-content")).to_contain_text("乙的话甲的话")
    saved = own_console.shop.rows("SELECT source, edited_by FROM template_draft WHERE name = :name", name=NAME)
    assert [("乙的话甲的话" in each["source"], each["edited_by"]) for each in saved] == [(True, ROLES["owner"])]


def test_unsaved_words_are_not_left_by_accident(own_console: RunningConsole, windows: Windows) -> None:
    """The browser asks before it leaves them, and not once they are saved."""
    page = opened(windows, "marketing")
    asked = asked_in(page)
    write(page, WORDS)
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Customers").click()
    expect(page.get_by_text("not saved yet")).to_be_visible()
    assert asked == ["beforeunload"]
    press(page, "Save draft")
    expect(page.get_by_text("not saved yet")).to_have_count(0)
    page.get_by_role("link", name="Customers").click()
    page.wait_for_url("**/customers")
    assert asked == ["beforeunload"]


def test_script_text_is_shown_as_text(own_console: RunningConsole, windows: Windows) -> None:
    """In the editor, on the phone and between versions it is what was written; a reader finds nothing to change."""
    script = "<img src=x onerror=alert(1)>"
    file = file_of(own_console.shop)
    file.write_text(file.read_text(encoding="utf-8").replace("您好", script), encoding="utf-8")
    page = windows.open("reader", language="en")
    ran = asked_in(page)
    page.goto(own_console.address(ADDRESS))
    expect(bubble(page)).to_contain_text(script)
    expect(page.locator(".cm-content")).to_contain_text(script)
    page.get_by_text(f"What changed since version {live_version(own_console.shop) - 1}").click()
    expect(page.locator(".difference ins").first).to_contain_text(script)
    assert page.locator(".page img:not(.cm-widgetBuffer)").count() == 0
    expect(page.get_by_role("button", name="Save draft")).to_have_count(0)
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    assert ran == []


def test_the_form_writes_the_front_matter(own_console: RunningConsole, windows: Windows) -> None:
    """Title and replies are chosen, not coded; an old version comes back into the editor; what is dropped is gone."""
    page = opened(windows, "marketing")
    page.get_by_label("Title, as colleagues see it").fill("保养: 提醒")
    press(page, "Add a reply")
    expect(page.locator(".wording-digit")).to_have_count(3)
    press(page, "Save draft")
    expect(page.get_by_text("The draft is saved")).to_be_visible()
    draft = own_console.shop.rows("SELECT source FROM template_draft WHERE name = :name", name=NAME)[0]["source"]
    assert "title: '保养: 提醒'\n" in draft
    assert "replies: {1: booking, 0: already_done, 2: booking}\n" in draft
    page.get_by_role("button", name="Restore").first.click()
    expect(page.locator(".cm-content")).to_contain_text("快到保养时间了")
    press(page, "Drop draft")
    in_dialog(page, "Drop draft")
    expect(page.get_by_text("draft by")).to_have_count(0)
    expect(page.locator(".cm-content")).to_contain_text("预约到店少等")


def test_the_character_that_doubles_the_price_is_named(own_console: RunningConsole, windows: Windows) -> None:
    """One curly quotation mark makes an English text dear; a click writes the plain one."""
    page = opened(windows, "marketing", "/templates/en/maintenance_due")
    write(page, "\u2019s")
    finding = page.locator(".wording-finding", has_text="right single quotation mark")
    expect(finding).to_contain_text("160")
    expect(page.locator(".chip-editor-mark.is-dear").first).to_be_visible()
    finding.get_by_role("button", name="Change to '").click()
    expect(finding).to_have_count(0)
    expect(page.locator(".cm-content")).to_contain_text("'s")


def test_a_new_text_begins_with_a_title_and_may_be_dropped(own_console: RunningConsole, windows: Windows) -> None:
    """It is a draft from the start; a bad name is refused in words; dropped, it is gone from the list."""
    page = windows.open("marketing", language="en")
    page.goto(own_console.address("/templates"))
    press(page, "New template")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title, as colleagues see it").fill("冬季检测")
    dialog.get_by_label("Name of the template").fill("../winter")
    in_dialog(page, "Begin")
    expect(page.get_by_text("cannot be a template's name")).to_be_visible()
    dialog.get_by_label("Name of the template").fill("winter_check")
    in_dialog(page, "Begin")
    expect(page.get_by_role("heading", name="冬季检测")).to_be_visible()
    expect(bubble(page)).to_contain_text("陈女士您好")
    page.goto(own_console.address("/templates"))
    page.get_by_label("Search").fill("冬季")
    expect(page.get_by_text("never published")).to_be_visible()
    page.get_by_role("link", name="冬季检测").click()
    press(page, "Drop draft")
    in_dialog(page, "Drop draft")
    page.wait_for_url("**/templates")
    expect(page.get_by_text("冬季检测")).to_have_count(0)
