"""Campaigns and reviews: a pause the daemon keeps to, a dry run that is the command's, a release, and who may not."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from notifier.web.console.campaigns.funnel import AT_ONCE
from tests.browser.conftest import SignedIn
from tests.support.console_browser import Windows
from tests.support.console_server import RunningConsole
from tests.support.console_shop import ConsoleShop
from tests.support.console_socket import PageSocket, open_socket, opened_page
from tests.support.daemon import free_port, running_daemon
from tests.support.web_server import RunningWeb

WAITING = "SELECT count(*) AS n FROM message WHERE campaign_id = :campaign AND state = 'planned'"


def waiting(shop: ConsoleShop, campaign: str) -> int:
    """Texts of the campaign that have not left."""
    return int(shop.rows(WAITING, campaign=campaign)[0]["n"])


def may_leave_now(shop: ConsoleShop) -> None:
    """Release the win-back's run behind everybody's back, and let one of its texts be the birthdays'.

    By the machine's own clock, which is the daemon's; it plans nothing more and knows no quiet hours.
    """
    text = shop.schedules.read_text(encoding="utf-8").replace('quiet_hours: "20:00-09:00"', "quiet_hours: none")
    shop.schedules.write_text(re.sub('when: "[^"]*"', 'when: "0 10 1 1 *"', text), encoding="utf-8")
    moments = {"since": datetime.now(UTC) - timedelta(hours=1), "until": datetime.now(UTC) + timedelta(days=2)}
    with shop.store.write() as session:
        session.execute(sa.text("UPDATE run SET state = 'ready' WHERE state = 'review'"))
        planned = "UPDATE message SET not_before = :since, valid_until = :until WHERE state = 'planned'"
        session.execute(sa.text(planned), {key: f"{moment:%Y-%m-%d %H:%M:%S.%f}" for key, moment in moments.items()})
        moved = """UPDATE message SET campaign_id = 'birthday',
            run_id = (SELECT max(id) FROM run WHERE campaign_id = 'birthday')
            WHERE id = (SELECT min(id) FROM message WHERE state = 'planned')"""
        session.execute(sa.text(moved))
        session.execute(sa.text("UPDATE run SET state = 'ready' WHERE campaign_id = 'birthday'"))


def confirm(page: Page, yes: str) -> None:
    """Say yes to what is asked."""
    page.get_by_role("dialog").get_by_role("button", name=yes, exact=True).click()


def test_a_paused_campaign_is_not_sent_by_the_daemon(
    signed_in: SignedIn, own_console: RunningConsole, tmp_path: Path
) -> None:
    """A clerk pauses win-back: a text of another campaign leaves, none of it does; resumed, they leave too."""
    shop = own_console.shop
    may_leave_now(shop)
    planned = waiting(shop, "winback")
    assert planned
    page = signed_in("marketing", "/campaigns/winback", language="en")
    page.get_by_role("button", name="Pause", exact=True).click()
    confirm(page, "Pause")
    expect(page.locator(".tag", has_text="paused")).to_be_visible()
    environment = shop.cli.environment() | {"NOTIFIER_PORT": str(free_port()), "NOTIFIER_LOG_FORMAT": "json"}
    with running_daemon(environment, tmp_path) as daemon:
        daemon.wait_until(lambda: waiting(shop, "birthday") == 0, 15)
        assert waiting(shop, "winback") == planned
        page.get_by_role("button", name="Resume", exact=True).click()
        daemon.wait_until(lambda: waiting(shop, "winback") == 0, 15)
        daemon.stop()
    actions = [row["action"] for row in shop.rows("SELECT action FROM audit WHERE subject = 'winback' ORDER BY id")]
    assert actions == ["campaign.pause", "campaign.resume"]


def funnel_of(page: Page) -> dict[str, int]:
    """Reason → count, as the page shows them."""
    page.get_by_role("button", name="Start the dry run").click()
    expect(page.locator(".funnel-step.is-end")).to_be_visible()
    found: list[tuple[str, int]] = page.locator("[data-reason]").evaluate_all(
        "each => each.map(row => [row.dataset.reason, Number(row.dataset.count)])"
    )
    return dict(found)


def test_the_funnel_is_what_the_command_says(signed_in: SignedIn, console: RunningConsole) -> None:
    """Every reason with its count, the texts and the withheld; and behind a step stand people, phones masked."""
    page = signed_in("reader", "/campaigns/maintenance_due/dry-run", language="en")
    shown = funnel_of(page)
    said = console.shop.cli.json("plan", "--dry-run", "--campaign", "maintenance_due", "--at", console.shop.at)
    withheld = {"campaign_control": said["withheld"]} if said["withheld"] else {}
    assert shown == {**said["excluded"], **said["deferred"], **withheld}
    figures = page.locator(".figures dd").all_inner_texts()
    assert figures[:2] == [str(said["planned"]), str(said["withheld"])]
    page.locator("[data-reason=suppressed] .q-item").first.click()
    expect(page.locator("[data-reason=suppressed] li")).to_have_count(said["excluded"]["suppressed"])
    expect(page.locator("[data-reason=suppressed] li").first).to_contain_text("****")


def test_a_third_dry_run_waits_for_its_turn(console: RunningConsole) -> None:
    """周海, 陈小燕 and 吴明 press at the same moment: two are making one each, the third is told so."""
    web = RunningWeb(console.url)
    waits, begun = "Others are making dry runs", ("Asking the guards for everybody", "funnel-step")
    with ExitStack() as held:
        clicks: list[tuple[PageSocket, dict[str, Any]]] = []
        for token in map(console.shop.token, ("manager", "marketing", "reader")):
            page = opened_page(web, "/console/campaigns/maintenance_due/dry-run", token)
            socket = held.enter_context(open_socket(web, token, page.id, language="en"))
            assert socket is not None
            clicks.append((socket, page.click_on("开始试算")))
        with console.frozen():  # it then hears all three before any dry run can be over
            for socket, click in clicks:
                socket.say("event", click)
        heard = [socket.hear_of(waits, *begun) for socket, _click in clicks]
    assert heard.count(waits) == len(clicks) - AT_ONCE


def test_a_run_is_released_once_and_the_second_is_told(
    signed_in: SignedIn, own_console: RunningConsole, windows: Windows
) -> None:
    """Two managers have the same run before them; the first releases it, the second hears who did."""
    shop = own_console.shop
    pages = [signed_in(role, "/reviews", language="en") for role in ("manager", "owner")]
    for page in pages:
        expect(page.get_by_text("Released now")).to_be_visible()
        page.get_by_role("button", name="Release", exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text("go out from")
    for page in pages:
        confirm(page, "Release")
        expect(page.get_by_text("Nothing waits for a review.")).to_be_visible()
    expect(pages[1].get_by_text("周海 released it on")).to_be_visible()
    (run,) = shop.rows("SELECT * FROM run WHERE reviewed_by = '周海' AND state = 'ready'")
    audit = shop.rows("SELECT who, action FROM audit WHERE subject_type = 'run' AND subject = :id", id=str(run["id"]))
    assert audit == [{"who": "周海", "action": "run.approve"}]


def test_a_reader_looks_and_decides_nothing(signed_in: SignedIn) -> None:
    """No button to pause, switch, edit, release or reject."""
    page = signed_in("reader", "/reviews", language="en")
    expect(page.get_by_text("Released now")).to_be_visible()
    expect(page.get_by_role("button", name="Release")).to_have_count(0)
    expect(page.get_by_role("button", name="Reject")).to_have_count(0)
    page.goto(page.url.replace("/reviews", "/campaigns/winback"))
    expect(page.get_by_role("button", name="Dry run")).to_be_visible()
    for name in ("Pause", "Switch off", "Edit"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_the_whole_shop_is_paused_and_resumed(signed_in: SignedIn, own_console: RunningConsole) -> None:
    """The list says so above all campaigns, by whom; the pause is the one the command knows."""
    page = signed_in("marketing", "/campaigns", language="en")
    page.get_by_role("button", name="Pause the shop").click()
    confirm(page, "Pause the shop")
    expect(page.get_by_text("This shop is paused since")).to_contain_text("陈小燕")
    assert own_console.shop.rows("SELECT scope, by FROM pause") == [{"scope": "main", "by": "陈小燕"}]
    page.get_by_role("button", name="Resume the shop").click()
    expect(page.get_by_text("This shop is paused since")).to_have_count(0)
    assert own_console.shop.rows("SELECT * FROM pause") == []


def test_switching_off_is_one_word_of_the_file(signed_in: SignedIn, own_console: RunningConsole) -> None:
    """A manager switches birthdays off: the file says so, the page shows it at once, and the log says who."""
    shop = own_console.shop
    before = shop.schedules.read_text(encoding="utf-8").splitlines()
    page = signed_in("manager", "/campaigns/birthday", language="en")
    page.get_by_role("button", name="Switch off", exact=True).click()
    confirm(page, "Switch off")
    expect(page.get_by_role("button", name="Switch on", exact=True)).to_be_visible()
    added = [line for line in shop.schedules.read_text(encoding="utf-8").splitlines() if line not in before]
    assert [line.split("#")[0].strip() for line in added] == ["enabled: false"]
    assert shop.rows("SELECT who FROM audit WHERE action = 'schedules.edit'") == [{"who": "周海"}]
