"""The customers' pages: search, one customer's page, and what a person may do there; scripts in names stay text."""

from __future__ import annotations

import re

from playwright.sync_api import Dialog, Locator, Page, expect

from notifier.jobs.customer_page import PAGE
from notifier.store.bulk import insert_rows
from notifier.store.tables import Reply
from tests.browser.conftest import SignedIn
from tests.support.console_browser import Windows
from tests.support.console_cast import SCRIPT
from tests.support.console_server import RunningConsole
from tests.support.console_shop import ConsoleShop

CHEN = "陈晓芳"
PRESSED_ON_A_SLOW_MACHINE = """button => {
    button.click();
    for (const until = Date.now() + 2500; Date.now() < until;);
}"""
COMMAND = re.compile(r"notifier [a-z]|--[a-z]")


def found(page: Page, typed: str) -> list[str]:
    """Who is found, once the box was understood; it is emptied before, so that no former answer is taken for this."""
    box = page.get_by_label("Name, plate, phone or VIN")
    box.fill("")
    expect(page.get_by_text("Here last:")).to_be_visible()
    box.fill(typed)
    expect(page.get_by_text(re.compile(r"^Looked for"))).to_be_visible()
    return page.locator(".customer-row .customer-who .strong").all_inner_texts()


def opened(signed_in: SignedIn, shop: ConsoleShop, name: str, role: str = "owner", **how: object) -> Page:
    """The customer's page, with its reasons."""
    page = signed_in(role, f"/customers/{shop.ids[name]}", language="en", **how)
    expect(page.locator(".why dt").first).to_be_visible()
    return page


def test_one_box_finds_by_name_plate_phone_and_vin(signed_in: SignedIn, console: RunningConsole) -> None:
    """And says for what it took what was typed; back from a customer, it is where it was."""
    page = signed_in("reader", "/customers", language="en")
    phone = console.shop.rows("SELECT phone FROM customer WHERE name = :name", name=CHEN)[0]["phone"]
    vin = console.shop.rows("SELECT vin FROM vehicle WHERE plate = '闽C8A123'")[0]["vin"]
    for typed in ("陈晓", "闽C·8A123", "A123", phone, vin, vin[-6:]):
        assert CHEN in found(page, typed), typed
    expect(page.get_by_text("Looked for")).to_contain_text(f"a VIN that ends in {vin[-6:]}")
    page.get_by_role("link", name=CHEN).click()
    expect(page.get_by_role("heading", name=CHEN)).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Name, plate, phone or VIN")).to_have_value(vin[-6:])
    assert typed not in page.url


def test_whoever_signs_in_next_does_not_see_what_was_looked_for(signed_in: SignedIn, windows: Windows) -> None:
    """In the same tab: the box is empty, and nothing of it is in the browser's memory."""
    page = signed_in("reader", "/customers", language="en")
    assert found(page, "陈晓")
    page.reload()
    box = page.get_by_label("Name, plate, phone or VIN")
    expect(box).to_have_value("陈晓")
    page.context.add_cookies(windows.open("manager").context.cookies())  # type: ignore[arg-type]
    page.reload()
    expect(page.get_by_text("Here last:")).to_be_visible()
    page.wait_for_timeout(300)
    expect(box).to_have_value("")
    assert "陈晓" not in page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")


def test_script_in_names_and_replies_is_text(signed_in: SignedIn, console: RunningConsole) -> None:
    """Nothing of it runs, and it is shown as it was written."""
    page = signed_in("owner", "/customers", language="en")
    ran: list[str] = []

    def told(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", told)
    assert found(page, SCRIPT[:12]) == [SCRIPT]
    page = opened(signed_in, console.shop, SCRIPT)
    expect(page.get_by_role("heading", name=SCRIPT)).to_be_visible()
    assert page.locator(".customer-page script, .customer-page b, .talk img").count() == 0
    assert ran == []


def test_why_not_is_what_the_command_says(signed_in: SignedIn, console: RunningConsole) -> None:
    """Sentence by sentence; where the command tells what to type, the page tells clerks what to do, once each."""
    shop = console.shop
    for name in (CHEN, "王建国", "苏玉兰"):
        page = opened(signed_in, shop, name)
        shown = page.locator(".why .why-said").all_inner_texts()
        mends = page.locator(".why .mend > :first-child").all_inner_texts()
        phone = shop.rows("SELECT phone FROM customer WHERE name = :name", name=name)[0]["phone"]
        said = shop.cli.json("explain", phone, "--at", shop.at)
        answers = [answer for each in said["customers"] for answer in each["answers"]]
        assert shown == [answer["sentence"] for answer in answers]
        assert len(mends) == len({answer["mend"] for answer in answers} - {None})
        assert not any(map(COMMAND.search, mends))
        assert len(shown) > 1


def test_a_reader_sees_the_phone_masked_and_may_do_nothing(signed_in: SignedIn, console: RunningConsole) -> None:
    """No button that would be refused."""
    page = opened(signed_in, console.shop, CHEN, role="reader")
    expect(page.locator(".customer-phone")).to_have_text(re.compile(r"^138\*{4}\d{4}$"))
    for name in ("Show number", "Change number", "Record a call", "Correct", "Stop texts"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    phone = console.shop.rows("SELECT phone FROM customer WHERE name = :name", name=CHEN)[0]["phone"]
    assert phone[3:] not in page.content()


def test_a_customer_of_nobody_is_a_page_that_says_so(signed_in: SignedIn, windows: Windows) -> None:
    """With status 404, inside the frame."""
    windows.expects("404 (Not Found)")
    page = signed_in("owner", "/customers/999999", language="en")
    expect(page.get_by_role("alert")).to_contain_text("no such customer")


def test_a_phone_shown_a_call_and_a_stop_are_kept_and_logged(signed_in: SignedIn, own_console: RunningConsole) -> None:
    """What a clerk does on one customer's page, as the database has it afterwards."""
    shop = own_console.shop
    page = opened(signed_in, shop, CHEN, role="marketing")
    page.get_by_role("button", name="Show number").click()
    expect(page.locator(".customer-phone")).to_have_text(re.compile(r"^138\d{8}$"))

    page.get_by_role("button", name="Record a call").click()
    dialog = page.get_by_role("dialog")
    choose(page, dialog, "What came of it", "call again")
    dialog.get_by_label("Note").fill("周六再打 <b>")
    dialog.get_by_role("button", name="Save the call").click()
    expect(page.get_by_text("The call is kept.")).to_be_visible()
    page.get_by_role("tab", name="Calls").click()
    expect(page.get_by_text("周六再打 <b>")).to_be_visible()

    stop(page, "Marketing only")
    expect(page.get_by_text("Gets no marketing (entered by 陈小燕: asked at the counter, on")).to_be_visible()
    expect(page.locator(".why")).to_contain_text("the customer refused marketing (entered by 陈小燕")
    stop(page, "Every text")
    expect(page.get_by_text("Gets no text at all: entered by staff (陈小燕: asked at the counter)")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("again|Stop texts"))).to_have_count(0)

    planned = "SELECT count(*) AS n FROM message WHERE customer_id = :id AND state = 'planned'"
    assert shop.rows(planned, id=shop.ids[CHEN]) == [{"n": 0}]
    assert [row["result"] for row in shop.rows("SELECT result FROM contact WHERE clerk = '陈小燕'")] == ["call_again"]
    logged = "SELECT who, action FROM audit WHERE subject_type = 'customer' ORDER BY id"
    assert [(row["who"], row["action"]) for row in shop.rows(logged)] == [
        ("陈小燕", "customer.reveal_phone"), ("陈小燕", "customer.call"),
        ("陈小燕", "customer.stop_marketing"), ("陈小燕", "customer.stop"),
    ]  # fmt: skip

    page = opened(signed_in, shop, CHEN, role="manager")
    page.get_by_role("button", name="Allow marketing again").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Your reason").fill("asked for it again")
    dialog.get_by_role("button", name="Allow marketing").click()
    expect(page.get_by_text("Has refused marketing too")).to_have_count(0)
    expect(page.get_by_role("button", name="Allow texts again")).to_be_visible()
    page.get_by_role("button", name="Stop texts").click()
    expect(dialog.get_by_role("radio")).to_have_count(1)
    dialog.get_by_role("radio", name="Marketing only").click()
    expect(dialog).to_contain_text("This stays when texts are allowed again.")
    dialog.get_by_label("Your reason").fill("asked once more")
    dialog.get_by_role("button", name="Stop texts").click()
    expect(page.get_by_text("Has refused marketing too")).to_be_visible()


def test_somebody_with_a_slow_machine_sees_what_was_said_before(
    signed_in: SignedIn, own_console: RunningConsole
) -> None:
    """The page asks the browser how long the talk is, and waits for its answer."""
    shop = own_console.shop
    said = {"gateway": "simulator", "shop_id": shop.shop_id, "customer_id": shop.ids[CHEN], "meaning": "text",
            "received_at": shop.now, "business_at": shop.now, "arrived_on": shop.now.date()}  # fmt: skip
    with shop.store.write() as session:
        rows = [said | {"provider_id": f"SIM-{n}", "text": f"第{n}句"} for n in range(PAGE + 1)]
        insert_rows(session, Reply, rows)
    page = opened(signed_in, shop, CHEN)
    older = page.get_by_role("button", name="Older messages")
    expect(older).to_be_visible()
    expect(page.get_by_text("第0句", exact=True)).to_have_count(0)
    older.evaluate(PRESSED_ON_A_SLOW_MACHINE)
    expect(page.get_by_text("第0句", exact=True)).to_be_visible()


def test_a_corrected_name_and_a_settled_complaint_show_at_once(
    signed_in: SignedIn, own_console: RunningConsole
) -> None:
    """The page is drawn anew from what is stored."""
    page = opened(signed_in, own_console.shop, "苏玉兰")
    page.get_by_role("button", name="Settle").click()
    page.get_by_role("dialog").get_by_label("What was done about it").fill("new filter")
    page.get_by_role("dialog").get_by_role("button", name="It is settled").click()
    expect(page.get_by_text("A complaint is open")).to_have_count(0)
    page.get_by_role("button", name="Correct", exact=True).first.click()
    page.get_by_role("dialog").get_by_label("Name").fill("苏玉蓝")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="苏玉蓝")).to_be_visible()


def stop(page: Page, what: str) -> None:
    """Marketing alone, or every text."""
    page.get_by_role("button", name="Stop texts").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=what).click()
    dialog.get_by_label("Your reason").fill("asked at the counter")
    dialog.get_by_role("button", name="Stop texts").click()
    expect(dialog).to_have_count(0)


def choose(page: Page, dialog: Locator, label: str, option: str) -> None:
    """One of a drop-down."""
    dialog.get_by_label(label).click()
    page.get_by_role("option", name=option, exact=True).click()
