"""A browser, a console in a process of its own, and a shop made once: what the tests of the console's pages use.

They live as long as the tests of this folder, not as long as the session: Playwright's event loop would be in the way
of tests that have one of their own. `console` is shared, so a test that changes the shop asks for `own_console`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.console_browser import MISSING, PATIENCE, Windows, chromium, running_browser
from tests.support.console_server import IMPORTS, RunningConsole, running_console
from tests.support.console_shop import ConsoleShop, make_console_shop
from tests.support.crew import Crew, crew_in

SignedIn = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    if chromium() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    expect.set_options(timeout=PATIENCE)
    with running_browser() as running:
        yield running


@pytest.fixture(scope="package")
def made_shop(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> ConsoleShop:
    """The shop as it was made; it is copied, never served."""
    return make_console_shop(tmp_path_factory.mktemp("shop"), sqlite_template)


@pytest.fixture(scope="package")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Who forks the servers."""
    with crew_in(tmp_path_factory.mktemp("servers"), IMPORTS) as working:
        yield working


@pytest.fixture(scope="package")
def console(crew: Crew, made_shop: ConsoleShop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningConsole]:
    """The console most tests look at; nobody changes its shop."""
    with running_console(crew, made_shop.copy_to(tmp_path_factory.mktemp("console"))) as running:
        yield running


@pytest.fixture
def own_console(crew: Crew, made_shop: ConsoleShop, tmp_path: Path) -> Iterator[RunningConsole]:
    """A console of this test's own, on a copy of the same shop: for whatever changes it."""
    with running_console(crew, made_shop.copy_to(tmp_path / "own")) as running:
        yield running


@pytest.fixture
def windows(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Windows]:
    """Windows at `own_console` where the test has one, else at the shared `console`; at the end nothing went wrong."""
    name = "own_console" if "own_console" in request.fixturenames else "console"
    console: RunningConsole = request.getfixturevalue(name)
    console.shop.beat()
    opened = Windows(browser, console)
    try:
        yield opened
        opened.raise_if_troubled()
    finally:
        opened.close()


@pytest.fixture
def signed_in(windows: Windows) -> SignedIn:
    """signed_in("owner", "/customers", language="en", width=390, dark=True): the page, opened by that person."""

    def open_page(role: str, path: str = "/", **how: object) -> Page:
        page = windows.open(role, **how)  # type: ignore[arg-type]
        page.goto(windows.console.address(path))
        return page

    return open_page
