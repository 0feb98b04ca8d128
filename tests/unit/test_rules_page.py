"""docs/rules.md against the rules themselves, and the shipped schedules.yaml against docs/rules.md."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from notifier.domain.rules import RULES, Rule
from notifier.schedules import Campaign, load_schedules, parse_schedules, warnings_of
from tests.support.rules_page import PAGE, example
from tests.support.shop import yaml

ROOT = Path(__file__).parents[2]
SHIPPED = load_schedules(ROOT / "schedules.yaml")
ROW = r"^\| `(\w+)` \| ([\w /]+) \| [^|]+ \| (\w+) \| (\w+) \|$"
TABLE = re.findall(ROW, PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def _about(rule: Rule) -> str:
    if "festivals" in rule.options:
        return "customer and festival"
    return "vehicle or customer" if rule.subject == "either" else rule.subject


def test_the_table_of_the_page_is_the_table_of_the_rules() -> None:
    """What each is about, its tolerance and its lateness, for every rule there is."""
    assert len(TABLE) == len(RULES)
    told = {name: (about, tolerance, late) for name, about, tolerance, late in TABLE}
    known = {
        rule.name: (
            _about(rule),
            str(rule.tolerance_days),
            str(rule.late_days),
        )
        for rule in RULES.values()
    }
    assert told == known


def described(rule: str) -> Campaign:
    """The campaign of a rule as the page shows it."""
    return parse_schedules(yaml(example(rule)), "rules.md").campaigns[0]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_an_example_that_runs_without_a_warning(rule: str) -> None:
    """Copied below `campaigns:` it can be read, is of that rule, and no stage of it can be missed."""
    schedules = parse_schedules(yaml(example(rule)), "rules.md")
    assert [campaign.rule for campaign in schedules.campaigns] == [rule]
    assert warnings_of(schedules) == []


@pytest.mark.parametrize("rule", [campaign.rule for campaign in SHIPPED.campaigns if not campaign.enabled])
def test_what_is_shipped_switched_off_is_the_pages_example(rule: str) -> None:
    """Staff who read the page and staff who read the file read the same."""
    (shipped,) = (campaign for campaign in SHIPPED.campaigns if campaign.rule == rule)
    told = described(rule)
    assert replace(shipped, enabled=True, line=0) == replace(told, line=0)


def test_what_is_shipped_switched_off_would_run_without_a_warning() -> None:
    """Whoever changes one word gets a campaign that works."""
    switched_on = replace(SHIPPED, campaigns=tuple(replace(each, enabled=True) for each in SHIPPED.campaigns))
    assert warnings_of(switched_on) == []
