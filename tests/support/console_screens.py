"""Every screen of the console, by a name: what the tests go through and scripts/screens.py takes pictures of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.support.console_shop import ConsoleShop

READY = """() => document.fonts.status === 'loaded'
    && !document.querySelector('.q-skeleton, .q-spinner, .q-inner-loading, [aria-busy=true]')
    && [...document.images].every((image) => image.complete)"""
"""Letters are there, nothing turns any more, and no picture is missing."""


@dataclass(frozen=True)
class Screen:
    """`path`: below /console, or made from the shop. `role` None = nobody is signed in; `do`: what is opened on it."""

    name: str
    path: str | Callable[[ConsoleShop], str]
    role: str | None = "owner"
    do: Callable[[Page], None] | None = None

    def path_in(self, shop: ConsoleShop) -> str:
        """Where it is in this shop."""
        return self.path if isinstance(self.path, str) else self.path(shop)


def _run_in_review(shop: ConsoleShop) -> str:
    (run,) = shop.rows("SELECT id FROM run WHERE state = 'review'")
    return f"/reviews/{run['id']}"


def _press_the_button(page: Page) -> None:
    page.locator("#main .q-btn").first.click()
    expect(page.locator("#main table, #main .card").nth(1)).to_be_visible()
    wait_until_ready(page)


def _search_by_plate(page: Page) -> None:
    page.locator("#main input").first.fill("闽C8A")
    expect(page.locator("#main .customer-row")).to_have_count(1)


def _customer(name: str) -> Callable[[ConsoleShop], str]:
    return lambda shop: f"/customers/{shop.ids[name]}"


SCREENS = (
    Screen("sign-in", "/sign-in", role=None),
    Screen("welcome", lambda shop: shop.link("郑小敏", "reader"), role=None),
    Screen("today", "/"),
    Screen("campaigns", "/campaigns"),
    Screen("campaign", "/campaigns/maintenance_due"),
    Screen("campaign-dry-run", "/campaigns/maintenance_due/dry-run", do=_press_the_button),
    Screen("campaign-edit", "/campaigns/maintenance_due/edit"),
    Screen("campaign-new", "/campaigns/new?rule=birthday"),
    Screen("guards", "/campaigns/guards"),
    Screen("reviews", "/reviews"),
    Screen("review", _run_in_review),
    Screen("templates", "/templates"),
    Screen("template", "/templates/zh-CN/maintenance_due"),
    Screen("template-in-review", "/templates/zh-CN/follow_up"),
    Screen("template-en", "/templates/en/winback_lost"),
    Screen("customers", "/customers"),
    Screen("customers-found", "/customers", do=_search_by_plate),
    Screen("customer", _customer("陈晓芳")),
    Screen("customer-two-cars", _customer("林志强")),
    Screen("customer-stopped", _customer("王建国")),
    Screen("users", "/users"),
    Screen("audit", "/audit"),
    Screen("profile", "/profile"),
    Screen("not-here", "/nothing-here"),
)
BY_NAME = {screen.name: screen for screen in SCREENS}


def wait_until_ready(page: Page) -> None:
    """The page has its heading, and nothing on it is still on its way."""
    expect(page.locator("h1").first).to_be_visible()
    page.wait_for_function(READY)
