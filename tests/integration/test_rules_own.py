"""The rule of docs/rules.md's worked example, registered and lived as it stands there."""

from __future__ import annotations

import sys
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from notifier.domain.rules import RULES, Rule
from notifier.locale import N_
from notifier.store import audiences
from notifier.store.engine import Store
from tests.support.rules_page import RuleShop, block, section
from tests.support.shop import days

PAGE = section("Write a rule of your own")
TUESDAY = date(2026, 3, 3)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Rule:
    """The module in its room, the entry in its table."""
    rule = eval(block(PAGE, "python", 1), {"Rule": Rule, "N_": N_})
    assert isinstance(rule, Rule)
    (tmp_path / f"{rule.name}.py").write_text(block(PAGE, "python"), encoding="utf-8")
    monkeypatch.setattr(audiences, "__path__", [*audiences.__path__, str(tmp_path)])
    monkeypatch.setitem(RULES, rule.name, rule)
    module = f"{audiences.__name__}.{rule.name}"
    monkeypatch.setitem(audiences.AUDIENCES, rule.name, import_module(module).due)
    monkeypatch.delitem(sys.modules, module)
    return rule


def test_the_page_teaches_a_rule_that_works(store: Store, registered: Rule) -> None:
    """Nine months after a delivery without a visit; whoever was here, or is here in time, hears nothing of it."""
    shop = RuleShop(store, TUESDAY, block(PAGE, "yaml"), words={registered.name: block(PAGE, "")})
    for name, plate in (("陈晓芳", "闽C11111"), ("周敏", "闽C22222"), ("林静", "闽C33333")):
        shop.customer(name)
        shop.car(plate, name, delivered_on=date(2025, 6, 3))
    shop.car("闽C44444", "林静", delivered_on=date(2025, 6, 9))
    shop.came("闽C22222", date(2025, 11, 5))
    shop.came("闽C33333", date(2025, 6, 3))
    text = "您好,DX7提车后还没来店检查过,欢迎回店看看。回复1预约"
    first = shop.live(TUESDAY, TUESDAY + days(8))
    shop.came("闽C33333", TUESDAY + days(20))
    assert first + shop.live(date(2026, 6, 1), date(2026, 6, 10)) == [
        ("2026-03-03", "林静", f"林女士{text}"),
        ("2026-03-03", "陈晓芳", f"陈女士{text}"),
        ("2026-03-09", "林静", f"林女士{text}"),
        ("2026-06-03", "陈晓芳", f"陈女士{text}"),
        ("2026-06-09", "林静", f"林女士{text}"),
    ]
