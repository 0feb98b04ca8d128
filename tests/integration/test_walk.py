"""`explain --all`: every guard with its value and source, in the order of the design, and the one that decides."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from notifier.domain.guards import GUARDS
from notifier.jobs.answers import Answer, GuardStep
from notifier.jobs.explain import explain
from notifier.jobs.walk import TITLES
from notifier.schedules import load_schedules
from notifier.store.engine import Store
from notifier.store.tables import Customer, RepairOrder, Visit
from tests.support.shop import (
    BIRTHDAY,
    MAINTENANCE,
    SECRET,
    WINBACK,
    Dealership,
    at,
    control_key,
    days,
    universal_key,
    yaml,
)

TODAY = date(2026, 3, 10)
NOW = at(TODAY)
GUARDS_SET = "quiet_hours: '20:00-09:00', frequency_cap: {messages: 2, days: 7}, data_max_age: {visits: 2d}"


def answer(shop: Dealership, name: str, campaign: str = "maintenance_due") -> Answer:
    """The only answer about a customer, with the whole walk."""
    phone = shop.one(Customer, id=shop.id_of(name))["phone"]
    found = explain(shop.planner(), SECRET, phone, NOW, campaign=campaign, walked=True)
    ((only,),) = [each.answers for each in found.customers]
    return only


def steps(shop: Dealership, name: str, campaign: str = "maintenance_due") -> dict[str, GuardStep]:
    """Guard → what it says."""
    return {step.guard: step for step in answer(shop, name, campaign).guards}


def stopped(shop: Dealership, name: str, campaign: str) -> dict[str, str]:
    """Guard → verdict of those that stand against the customer."""
    return {guard: step.verdict for guard, step in steps(shop, name, campaign).items() if step.verdict != "passed"}


@pytest.fixture
def shop(store: Store) -> Dealership:
    """Somebody due in ten days, on fresh records."""
    shop = Dealership(store, yaml(MAINTENANCE, BIRTHDAY, guards=GUARDS_SET))
    shop.owner("陈晓芳", service_on=TODAY + days(10))
    shop.fresh(NOW)
    return shop


def test_the_walk_has_every_guard_in_the_order_of_the_design(shop: Dealership) -> None:
    """Who gets a text has passed them all; each has a name for people."""
    found = answer(shop, "陈晓芳")
    assert found.status == "gets"
    assert [step.guard for step in found.guards] == list(TITLES)
    assert {step.verdict for step in found.guards} == {"passed"}
    assert [name for name in TITLES if name in dict(GUARDS)] == [name for name, _guard in GUARDS]


def test_all_that_stands_against_somebody_is_seen_at_once(shop: Dealership) -> None:
    """A plan names the first; the walk shows the next ones too."""
    shop.suppression("陈晓芳")
    shop.change_car("陈晓芳", state="sold", in_workshop_since=TODAY)
    found = answer(shop, "陈晓芳")
    stopped = {step.guard: (step.verdict, step.reason) for step in found.guards if step.verdict != "passed"}
    assert stopped == {
        "suppression": ("excluded", "suppressed"),
        "vehicle": ("excluded", "vehicle_sold"),
        "hold": ("deferred", "in_workshop"),
    }
    assert found.reason == "suppressed"


def test_a_visit_names_its_order_and_file(shop: Dealership) -> None:
    """What came, on which order, in which import."""
    visit_id = shop.visit("陈晓芳", TODAY - days(2), imported=False)
    car = shop.one_car("陈晓芳")
    imported = shop.running_import("visits")
    order = {
        "shop_id": shop.id, "order_no": "RO-77", "vin": car["vin"], "vehicle_id": car["id"], "visit_id": visit_id,
        "date_in": TODAY - days(2), "category": "maintenance", "odometer_kept": True, "amount_minor": 0,
        "import_id": imported, "updated_at": NOW,
    }  # fmt: skip
    shop.insert(RepairOrder, order)
    from notifier.store.tables import DmsImport

    shop.change(DmsImport, imported, state="done", source="visits-0310.csv", at=NOW)
    step = steps(shop, "陈晓芳")["outcome"]
    assert (step.verdict, step.reason) == ("excluded", "came")
    assert step.value == "last visit on 2026-03-08; counts from 2026-02-20 on"
    assert step.source == "RO-77, in visits-0310.csv of 2026-03-10 10:00"
    assert shop.rows(Visit)


def test_consent_has_its_source_and_day(shop: Dealership) -> None:
    """Where it was given; a service text needs none."""
    shop.change_customer("陈晓芳", consent="no", consent_source="门店登记", consent_since=date(2025, 1, 2),
                         birth_on=TODAY, birth_mmdd="0310")  # fmt: skip
    step = steps(shop, "陈晓芳", "birthday")["consent"]
    assert (step.verdict, step.reason, step.value) == ("excluded", "consent_refused", "refused marketing")
    assert step.source is not None
    assert "门店登记" in step.source
    assert "2025-01-02" in step.source
    assert steps(shop, "陈晓芳")["consent"].value == "not needed: service"


def test_the_cap_counts_and_names_its_line(store: Store, tmp_path: Path) -> None:
    """1 of 1 in 7 days, and where that stands in the file."""
    file = tmp_path / "schedules.yaml"
    file.write_text(yaml(MAINTENANCE, BIRTHDAY, guards="frequency_cap: {messages: 1, days: 7}"), encoding="utf-8")
    shop = Dealership(store, file.read_text("utf-8"))
    shop.schedules = load_schedules(file)
    shop.owner("陈晓芳", service_on=TODAY + days(10))
    shop.change_customer("陈晓芳", birth_on=TODAY, birth_mmdd="0310")
    shop.plan_at(NOW, campaign="maintenance_due")
    step = steps(shop, "陈晓芳", "birthday")["frequency_cap"]
    assert (step.verdict, step.value) == ("deferred", "1 of 1 in 7 days")
    line = file.read_text("utf-8").splitlines().index("guards: {frequency_cap: {messages: 1, days: 7}}") + 1
    assert step.source == f"schedules.yaml, line {line}"


def test_a_control_group_is_a_step(store: Store) -> None:
    """Its share, and whether it was drawn already."""
    shop = Dealership(store, yaml(WINBACK + "    control: 20%\n    first_run: catch_up\n"))
    shop.customer("王强", bucket_key=control_key("winback", 2026, 2000), last_visit_on=TODAY - timedelta(days=400))
    shop.car("闽C1", "王强")
    shop.fresh(NOW)
    step = steps(shop, "王强", "winback")["campaign_control"]
    assert (step.verdict, step.value) == ("withheld", "20% of customers; would be drawn now")
    shop.plan_at(NOW)
    assert steps(shop, "王强", "winback")["campaign_control"].value == "20% of customers; drawn when it was enrolled"


def test_the_limits_do_not_bind_the_universal_control(store: Store) -> None:
    """Its rows take nobody's place: a customer without room in the cap is withheld, and the walk says the same."""
    guards = "frequency_cap: {messages: 1, days: 7}, daily_budget: {messages: 1}, universal_control: 50%"
    shop = Dealership(store, yaml(MAINTENANCE, BIRTHDAY, guards=guards))
    shop.customer("王强", bucket_key=universal_key(2026, 5000), birth_on=date(1980, 3, 10))
    shop.car("闽C1", "王强", service_on=TODAY + days(10))
    assert shop.planned_at(NOW, campaign="maintenance_due")["planned"] == 1
    before = stopped(shop, "王强", "birthday")
    assert shop.planned_at(NOW, campaign="birthday")["withheld"] == 1
    assert before == stopped(shop, "王强", "birthday") == {"universal_control": "withheld"}


def test_old_data_are_a_step(shop: Dealership) -> None:
    """The run waits, and the walk says up to when the records are known."""
    shop.fresh(at(TODAY - days(5)))
    step = steps(shop, "陈晓芳")["data"]
    assert (step.verdict, step.reason) == ("deferred", "data_too_old")
    assert step.value is not None
    assert "2026-03-05 10:00" in step.value


def test_without_all_no_guard_is_listed(shop: Dealership) -> None:
    """The deciding one alone is what most people want."""
    phone = shop.one(Customer, id=shop.id_of("陈晓芳"))["phone"]
    found = explain(shop.planner(), SECRET, phone, NOW)
    assert [answer.guards for each in found.customers for answer in each.answers] == [(), ()]
