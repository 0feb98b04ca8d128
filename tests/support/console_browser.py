"""A real browser at the console: the system's Chromium, a window a person, and an ear for whatever goes wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Response,
    sync_playwright,
)

from notifier.web.browsers import SESSION_COOKIE
from tests.support.console_server import RunningConsole

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "There is no Chromium here: install it (Debian, Ubuntu: apt install chromium), or name yours in NOTIFIER_CHROMIUM."
)
WIDE, NARROW = 1280, 390
HEIGHTS = {WIDE: 800, NARROW: 844}
PATIENCE = 60_000  # milliseconds: two cores may be busy with other tests
AT_ONCE = 500  # milliseconds
GIVEN_UP = "net::ERR_ABORTED"  # a request that was under way when its page was left


def chromium() -> str | None:
    """The path of the system's Chromium; None where there is none."""
    named = os.environ.get("NOTIFIER_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Chromium without a window. Raises FileNotFoundError where there is none."""
    path = chromium()
    if path is None:
        raise FileNotFoundError(MISSING)
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[*as_root, "--font-render-hinting=none", "--disable-dev-shm-usage", "--disable-gpu"],
            timeout=PATIENCE,
        )
        try:
            yield browser
        finally:
            browser.close()


def press_or_be_shown_the_door(button: Locator) -> None:
    """Press it on a page whose session has ended; open pages are looked after, so this one may be gone before."""
    for _ in range(PATIENCE // AT_ONCE):
        if "/console/sign-in" in button.page.url:
            return
        with suppress(Error):
            button.click(timeout=AT_ONCE)
            return
    raise AssertionError("neither is there a button, nor was anybody shown the door")


@dataclass
class Windows:
    """Windows of one browser at one console. `troubles`: what went wrong in any of them and was not `expected`."""

    browser: Browser
    console: RunningConsole
    troubles: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, role: str | None = None, *, language: str = "zh-CN", width: int = WIDE, dark: bool = False) -> Page:
        """A window of its own, as of another machine; signed in as the shop's person of that `role`, else not."""
        context = self.browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 800)}, locale=language,
            color_scheme="dark" if dark else "light", reduced_motion="reduce", timezone_id="Asia/Shanghai",
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        if role is not None:
            token = self.console.shop.token(role)
            context.add_cookies([
                {"name": SESSION_COOKIE, "value": token, "url": self.console.address("/"), "httpOnly": True}
            ])  # fmt: skip
        page = context.new_page()
        self._listen(page)
        return page

    def expects(self, *parts: str) -> None:
        """A trouble that names one of these is part of the story."""
        self.expected += parts

    def unexpected(self) -> list[str]:
        """What went wrong and is no part of the story."""
        return [each for each in self.troubles if not any(part in each for part in self.expected)]

    def raise_if_troubled(self) -> None:
        """No error in a page, no breach of its policy, no failed request, no answer of status 500."""
        troubles = self.unexpected()
        assert not troubles, "\n".join([*troubles, *_tail(self.console)])

    def close(self) -> None:
        """All of them."""
        while self._contexts:
            self._contexts.pop().close()

    def _listen(self, page: Page) -> None:
        def told(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                self.troubles.append(f"{page.url}: {message.type}: {message.text}")

        def failed(request: Request) -> None:
            if request.failure != GIVEN_UP:
                self.troubles.append(f"{page.url}: {request.url} failed: {request.failure}")

        def answered(response: Response) -> None:
            if response.status >= 500:
                self.troubles.append(f"{page.url}: {response.url} answered {response.status}")

        page.on("console", told)
        page.on("requestfailed", failed)
        page.on("response", answered)
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: {error}"))


def _tail(console: RunningConsole) -> list[str]:
    return [line for line in console.log().splitlines() if '"level": "error"' in line][-5:]
