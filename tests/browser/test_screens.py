"""Every screen, in both languages, wide and narrow, light and dark: nothing cut, faint, nameless, raw or foreign."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations

import pytest
from playwright.sync_api import Browser, Page

from notifier.templating import TemplateFolder
from tests.support.console_browser import HEIGHTS, NARROW, WIDE, Windows
from tests.support.console_screens import SCREENS, Screen, wait_until_ready
from tests.support.console_server import RunningConsole
from tests.support.page_checks import asked, checked
from tests.support.prepared_cli import ROOT

LATIN = re.compile(r"[A-Za-z]{2,}")
CODE = re.compile(r"\S*[\d_<>{}@/\\*]\S*|[\w.-]+\.(?:yaml|j2|xlsx|csv)")
"""Plates, VINs, order numbers, keys of schedules.yaml, files: the same in every language."""
SAME_EVERYWHERE = {
    "Notifier", "SMS", "VIN", "DMS", "YAML", "Jinja", "Excel", "cron", "km", "CN", "HK", "DE", "BY", "English",
    "Daniel", "Weber", "script", "alert", "simulator", "birthday", "winback", "festival", "inspection", "anniversary",
    "points", "level", "referral", "tips",
}  # fmt: skip
IN_ENGLISH = re.compile(r"（英文[^）]*）")
"""What a field says in an English text."""
SAME_IN_ENGLISH = frozenset({
    "welcome", "not-here", "reviews", "customers", "customer-two-cars", "customer-stopped", "template-in-review",
})  # fmt: skip
"""Another screen shows the same parts and words; the pictures (scripts/screens.py) show all of them."""
DARK = "matchMedia('(prefers-color-scheme: dark)').matches && !document.body.classList.contains('body--light')"
RAW = re.compile(r"(?<!\{)\{\w+\}(?!\})|\b(?:role|state|reason)\|")


@pytest.fixture(scope="module")
def tour(browser: Browser, console: RunningConsole) -> Iterator[Windows]:
    """Windows that stay open from screen to screen."""
    opened = Windows(browser, console)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def seen(tour: Windows) -> dict[tuple[str | None, str], Page]:
    """The windows by role and language."""
    return {}


@pytest.mark.parametrize(
    ("screen", "language"),
    [pytest.param(screen, language, id=f"{screen.name}-{language}")
     for screen in SCREENS for language in ("zh-CN", "en")
     if language == "zh-CN" or screen.name not in SAME_IN_ENGLISH],
)  # fmt: skip
def test_a_screen_as_people_see_it(
    screen: Screen, language: str, tour: Windows, seen: dict[tuple[str | None, str], Page]
) -> None:
    """Nothing sticks out or is cut, everything has a name and stands out from its ground, in words of one language."""
    tour.expects("status of 404")
    tour.console.shop.beat()
    page = seen.get((screen.role, language)) or tour.open(screen.role, language=language)
    seen[screen.role, language] = page
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDE, "height": HEIGHTS[WIDE]})
    page.goto(tour.console.address(screen.path_in(tour.console.shop)))
    wait_until_ready(page)
    if screen.do is not None:
        screen.do(page)
    found = checked(page, "overflow", "cut", "nameless", "faint")
    words: list[str] = asked(page, "words")
    found += [f"raw: {each}" for each in words if RAW.search(each)]
    if screen.name != "template-en":
        found += list(_foreign(words, language))
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(DARK)
    found += [f"dark, {each}" for each in checked(page, "faint")]
    page.set_viewport_size({"width": NARROW, "height": HEIGHTS[NARROW]})
    found += [f"narrow, {each}" for each in checked(page, "overflow", "cut")]
    found += tour.unexpected()
    tour.troubles.clear()
    assert not found, "\n".join(found)


def _foreign(words: list[str], language: str) -> Iterator[str]:
    if language == "en":
        yield from (f"Chinese: {each}" for each in words if each in _chinese_sentences())
        return
    for each in words:
        said = CODE.sub(" ", IN_ENGLISH.sub(" ", each.replace("\n", " ")))
        english = [word for word in LATIN.findall(said) if word not in SAME_EVERYWHERE and each not in _titles()]
        if english:
            yield f"English: {each}"


@cache
def _chinese_sentences() -> frozenset[str]:
    """What a Chinese screen says and an English one must not."""
    with (ROOT / "notifier" / "locale" / "zh_CN" / "LC_MESSAGES" / "notifier.mo").open("rb") as file:
        catalogue = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return frozenset(catalogue.values()) - _titles() - {"中文"}


@cache
def _titles() -> frozenset[str]:
    """Of the wordings, which are written in their own language."""
    templates, _problems = TemplateFolder(ROOT / "templates" / "sms").load_all()
    return frozenset(template.title for template in templates)
