"""Checks of a page as it stands in the browser: page_checks.js, put there when first asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def checked(page: Page, *checks: str) -> list[str]:
    """The complaints of these checks (overflow, cut, nameless, faint), together."""
    return [each for check in checks for each in asked(page, check)]


def asked(page: Page, check: str) -> Any:
    """What one function of the script answers."""
    answers = page.evaluate(f"window.pageChecks ? [window.pageChecks.{check}()] : []")
    if not answers:
        page.evaluate(f"() => {{ window.pageChecks = {_SCRIPT} }}")
        return page.evaluate(f"window.pageChecks.{check}()")
    return answers[0]
