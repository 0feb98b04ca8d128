"""Checks of a page as it stands in the browser: page_checks.js, put there when first asked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SETTLED_WITHIN = 10.0  # seconds
_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def checked(page: Page, *checks: str) -> list[str]:
    """The complaints of these checks (overflow, cut, nameless, faint), together; those that stay.

    After a change of size or light a page takes some frames, and its charts some more, until it is as it will be.
    """
    deadline = time.monotonic() + SETTLED_WITHIN
    while complaints := [each for check in checks for each in asked(page, check)]:
        if time.monotonic() > deadline:
            break
        page.wait_for_timeout(100)
    return complaints


def asked(page: Page, check: str) -> Any:
    """What one function of the script answers."""
    answers = page.evaluate(f"window.pageChecks ? [window.pageChecks.{check}()] : []")
    if not answers:
        page.evaluate(f"() => {{ window.pageChecks = {_SCRIPT} }}")
        return page.evaluate(f"window.pageChecks.{check}()")
    return answers[0]
