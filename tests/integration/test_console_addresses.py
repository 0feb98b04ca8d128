"""Addresses nobody was given: what is typed or made up is answered on a page, and nothing of it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.web.browsers import SESSION_COOKIE
from tests.support.console_server import IMPORTS, RunningConsole, running_console
from tests.support.console_shop import make_console_shop
from tests.support.crew import crew_in
from tests.support.web_server import Answer, RunningWeb


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[RunningConsole]:
    """A console, served."""
    shop = make_console_shop(tmp_path_factory.mktemp("shop"), sqlite_template)
    with crew_in(tmp_path_factory.mktemp("servers"), IMPORTS) as crew, running_console(crew, shop) as running:
        yield running


def ask(console: RunningConsole, path: str, **headers: str) -> Answer:
    """林静 opens an address."""
    sent = {"Cookie": f"{SESSION_COOKIE}={console.shop.token('owner')}", "Accept": "text/html"}
    return RunningWeb(console.url).ask(f"/console{path}", headers=sent | headers)


@pytest.mark.parametrize(
    "path",
    ["/customers/abc", "/customers/99999999999999999999", "/customers/-1", "/customers/%00", "/reviews/1e9",
     "/reviews/99999999999999999999", "/audit?before=99999999999999999999", "/audit?person=x",
     "/templates/zh-CN/a%00b", "/campaigns/a%00b"],
)  # fmt: skip
def test_an_address_no_page_can_have_is_answered_on_a_page(path: str, console: RunningConsole) -> None:
    """Neither a broken page nor a library's own words."""
    answer = ask(console, path)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert '"role":"alert"' in answer.body or "role=alert" in answer.body


def test_a_prefix_somebody_sends_along_stands_nowhere_in_the_page(console: RunningConsole) -> None:
    """NiceGUI would put it before the address of every script."""
    answer = ask(console, "/customers", **{"X-Forwarded-Prefix": "https://example.com/"})
    assert answer.status == 200
    assert "example.com" not in answer.body


def test_a_shop_of_a_chinese_key_is_chosen(console: RunningConsole) -> None:
    """A key is letters of any script; the browser keeps it and the page finds it again."""
    answer = ask(console, "/shop/%E6%B3%89%E5%B7%9E")
    assert answer.status == 303
    assert "notifier_shop=%E6%B3%89%E5%B7%9E" in answer.headers["set-cookie"]
