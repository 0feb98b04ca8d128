"""A dry run as a funnel: its counts are those of plan --dry-run, and behind each step stand its people."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from notifier.errors import Refused
from notifier.jobs.funnel import GUARD_OF, STEPS, rehearse
from notifier.jobs.plan import plan
from notifier.jobs.reasons import REASONS
from notifier.jobs.walk import TITLES
from notifier.store.campaigns import pause
from notifier.store.engine import Store
from tests.support.shop import MAINTENANCE, WINBACK, Dealership, at, control_key, days, yaml

TUESDAY = date(2026, 3, 10)
NOW = at(TUESDAY)
NOT_OF_ONE_TOUCH = {
    "data_too_old", "import_unfinished", "cannot_be_sent", "list_unreadable", "not_in_audience", "changed",
    "no_run_left", "review_expired", "run_rejected", "paused",
}  # fmt: skip
"""Reasons a dry run never gives for somebody: a whole campaign waits, or it is explain that says so."""


@pytest.fixture
def shop(store: Store) -> Dealership:
    """Due for maintenance: two who get a text, one of them for two cars, and one for each of five reasons."""
    guards = "frequency_cap: {messages: 1, days: 7}"
    shop = Dealership(store, yaml(MAINTENANCE, WINBACK + "    control: 20%\n    first_run: catch_up\n", guards=guards))
    for name in ("陈晓芳", "王强", "林志强", "李娜", "郭家豪"):
        shop.owner(name, service_on=TUESDAY + days(10))
    shop.owner("黄雅婷", plate="闽C10001", service_on=TUESDAY + days(10))
    shop.car("闽C10002", "黄雅婷", service_on=TUESDAY + days(10))
    shop.suppression("王强")
    shop.complaint("林志强", TUESDAY)
    shop.change_customer("李娜", phone=None, phone_key=None)
    shop.change_customer("郭家豪", unreachable="not_mobile")
    key = control_key("winback", 2026, 2000)
    shop.customer("苏玉兰", bucket_key=key, last_visit_on=TUESDAY - days(400))
    shop.car("闽C77777", "苏玉兰")
    shop.fresh(NOW)
    return shop


def found(shop: Dealership, campaign: str = "maintenance_due") -> dict[str, Any]:
    """The funnel of one campaign at ten o'clock."""
    return rehearse(shop.planner(), campaign, "main", NOW)


def people(document: dict[str, Any]) -> dict[str, list[str]]:
    """Reason → whom it stopped."""
    return {
        each["reason"]: sorted(person["name"] for person in each["people"])
        for step in document["steps"]
        for each in step["reasons"]
    }


def counted(document: dict[str, Any], verdict: str) -> Counter[str]:
    """Reason → how many, of one verdict."""
    reasons = (each for step in document["steps"] for each in step["reasons"])
    return Counter({each["reason"]: each["count"] for each in reasons if each["verdict"] == verdict})


@pytest.mark.parametrize("campaign", ["maintenance_due", "winback"])
def test_the_counts_are_those_of_a_dry_run(shop: Dealership, campaign: str) -> None:
    """Excluded and deferred by reason, texts and withheld rows, and the document of plan itself."""
    document = found(shop, campaign)
    planned: dict[str, Any] = plan(shop.planner(), NOW, campaign=campaign, shop="main", dry_run=True).document()
    assert document["plan"] == planned
    assert counted(document, "excluded") == Counter(planned["excluded"])
    assert counted(document, "deferred") == Counter(planned["deferred"])
    assert (document["texts"], document["withheld"]) == (planned["planned"], planned["withheld"])


def test_behind_each_step_stand_its_people(shop: Dealership) -> None:
    """By name, with a masked phone."""
    document = found(shop)
    assert people(document) == {
        "no_phone": ["李娜"], "unreachable": ["郭家豪"], "suppressed": ["王强"], "complaint_open": ["林志强"],
    }  # fmt: skip
    assert sorted(person["name"] for person in document["kept"]["people"]) == ["陈晓芳", "黄雅婷", "黄雅婷"]
    assert "****" in document["kept"]["people"][0]["phone"]


def test_each_step_says_how_many_are_left(shop: Dealership) -> None:
    """From all who are open today down to those who get a text."""
    document = found(shop)
    assert [(step["guard"], step["left"]) for step in document["steps"]] == [
        ("contactable", 5), ("suppression", 4), ("hold", 3),
    ]  # fmt: skip
    assert (document["touches"], document["kept"]["count"], document["texts"]) == (7, 3, 2)


def test_the_control_group_is_a_step(shop: Dealership) -> None:
    """Who is withheld is behind the control, not among those who get a text."""
    document = found(shop, "winback")
    assert [(step["guard"], step["count"]) for step in document["steps"]] == [("campaign_control", 1)]
    assert document["texts"] == 0


def test_a_funnel_stores_nothing(shop: Dealership) -> None:
    """Every table stays as it was."""
    before = shop.everything()
    found(shop)
    assert shop.everything() == before


def test_what_was_planned_already_is_not_looked_at_again(shop: Dealership) -> None:
    """Whoever has the text of this stage is in no step."""
    shop.plan_at(NOW)
    assert found(shop)["kept"]["count"] == 0


def test_a_campaign_whose_data_is_too_old_waits(store: Store) -> None:
    """Nobody is looked at, and which records it waits for is told."""
    shop = Dealership(store, yaml(MAINTENANCE, guards="data_max_age: {visits: 2d}"))
    shop.owner("陈晓芳", service_on=TUESDAY + days(10))
    document = found(shop)
    assert (document["touches"], document["waits"]) == (0, "data_too_old")
    assert document["waits_for"] == "visits: never imported"


def test_a_paused_campaign_is_refused(shop: Dealership) -> None:
    """As by plan itself."""
    shop.plan_at(NOW)
    shop.write(lambda session: pause(session, "maintenance_due", paused=True))
    with pytest.raises(Refused, match="is paused") as refused:
        found(shop)
    assert refused.value.in_console().endswith("“Resume” on the campaign's page.")


def test_every_reason_has_its_guard() -> None:
    """A new reason needs a place in the funnel, among the guards explain knows."""
    assert set(REASONS) - NOT_OF_ONE_TOUCH == set(GUARD_OF)
    assert set(GUARD_OF.values()) | {"stage"} == set(STEPS)
    assert [step for step in STEPS if step in TITLES] == [guard for guard in TITLES if guard in STEPS]
    assert set(STEPS) - set(TITLES) == {"list"}
