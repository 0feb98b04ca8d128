"""Today, in a browser: the figures that were counted, what needs somebody, and a way on; at a glance, in any light."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from notifier.store.day_figures import Figures, days_between
from tests.support.console_screens import wait_until_ready
from tests.support.console_server import RunningConsole
from tests.support.console_shop import ConsoleShop

SignedIn = Callable[..., Page]


def month_of(shop: ConsoleShop) -> tuple[Figures, Figures]:
    """What was counted of today, and of the last thirty days."""
    today = shop.now.date()
    with shop.store.read() as session:
        days = days_between(session, shop.shop_id, today - timedelta(days=29), today)
    return days[-1].figures, sum((each.figures for each in days), Figures())


def test_the_tiles_show_what_was_counted_and_the_table_every_day(signed_in: SignedIn, made_shop: ConsoleShop) -> None:
    """A reader sees it too; the chart is drawn, and told to those who cannot see it."""
    today, month = month_of(made_shop)
    page = signed_in("reader", language="en")
    expect(page.locator(".tile")).to_have_count(5)
    planned, sent, delivered, replied, came = page.locator(".tile").all()
    expect(planned.locator(".tile-figure")).to_have_text(str(today.planned))
    for tile, figure in ((planned, month.planned), (sent, month.sent), (delivered, month.delivered),
                         (replied, month.replied), (came, month.came)):  # fmt: skip
        expect(tile).to_contain_text(f"30 days: {figure}")
    chart = page.get_by_role("img", name=f"{month.sent} texts sent, {month.delivered} delivered")
    expect(chart.locator("svg path").first).to_be_attached()
    page.get_by_role("button", name="As a table").click()
    rows = page.get_by_role("dialog").locator("tbody tr")
    expect(rows).to_have_count(30)
    expect(rows.first).to_contain_text(f"{made_shop.now.date()}")


@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_one_screen_and_none_is_cut_off(signed_in: SignedIn, width: int) -> None:
    """On a desk nothing has to be scrolled; on a phone nothing is wider than it."""
    page = signed_in("owner", width=width)
    expect(page.locator(".today-echart svg text").first).to_be_attached()
    wait_until_ready(page)
    wider, higher = page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    assert wider <= 0
    assert higher <= 0 or width < 900
    expect(page.get_by_text(re.compile("运行中，自"))).to_be_visible()


def test_what_needs_somebody_leads_there(signed_in: SignedIn) -> None:
    """A run that waits for approval, with the way to it."""
    page = signed_in("manager")
    notices = page.locator(".today-attention")
    expect(notices).to_contain_text("流失招揽")
    notices.get_by_role("link", name="审核").click()
    expect(page).to_have_url(re.compile("/console/reviews$"))


def test_a_dead_daemon_is_told_first(signed_in: SignedIn, own_console: RunningConsole) -> None:
    """With the moment of its last word, in red."""
    page = signed_in("owner")
    with own_console.shop.store.write() as session:
        session.connection().exec_driver_sql("UPDATE engine_beat SET beat_at = '2026-03-10 02:30:00.000000'")
    page.reload()
    expect(page.locator(".today-life .bad")).to_contain_text("3月10日 10:30")
    expect(page.locator(".today-notice").first).to_contain_text("请联系管理服务器的人员启动")
