"""`schedules next`: how many texts the coming runs will be, by the planner's own steps."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from notifier.jobs import forecast as foresight
from notifier.jobs.forecast import Forecast, forecast
from notifier.store.bulk import table_of
from notifier.store.campaigns import pause
from notifier.store.engine import Store
from notifier.store.tables import Message, Shop
from tests.support.shop import (
    BIRTHDAY,
    MAINTENANCE,
    PRICE,
    WINBACK,
    ZONE,
    Dealership,
    at,
    control_key,
    days,
    yaml,
)

MONDAY = date(2026, 3, 9)
NOW = at(MONDAY, "08:00")


def ahead(shop: Dealership, number: int = 14) -> Forecast:
    """The forecast of Monday at eight."""
    return forecast(shop.planner(), NOW, number)


def texts(found: Forecast, campaign: str = "maintenance_due") -> dict[date, int]:
    """Day → texts expected, days without any left out."""
    runs = [run for run in found.runs if run.campaign == campaign and run.total]
    return {run.day: round(run.total.texts) for run in runs if run.total and run.total.texts}


def test_each_stage_counts_once_with_the_first_run_that_meets_it_open(store: Store) -> None:
    """Early on the day it opens, last eleven days later; one that opens on a Sunday goes on Monday."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=MONDAY + days(15))
    shop.owner("王强", service_on=MONDAY + days(6 + 14))
    assert texts(ahead(shop)) == {
        MONDAY + days(1): 1,
        MONDAY + days(7): 1,
        MONDAY + days(12): 1,
    }


def test_the_forecast_of_a_month_is_what_planning_then_brings(store: Store) -> None:
    """Day after day planned in earnest: every run the number that was foretold."""
    shop = Dealership(store, yaml(MAINTENANCE, BIRTHDAY, guards="quiet_hours: '20:00-09:00'"))
    for n in range(12):
        name = shop.owner(f"客户{n}", service_on=MONDAY + days(3 * n))
        shop.change_customer(name, birth_on=date(1990, 3, 10 + n), birth_mmdd=f"03{10 + n}")
    shop.change_customer("客户3", consent="no")
    shop.change_car("客户4", state="sold")
    shop.suppression("客户5")
    foretold = {(run.due_at, run.campaign): round(run.total.texts) for run in ahead(shop, 10).runs if run.total}
    came = {}
    for moment, campaign in foretold:
        if (moment, campaign) not in came:
            for run in shop.plan_at(max(moment, NOW)).runs:
                came[run.due_at, run.campaign] = run.tally.planned
    assert came == foretold


@pytest.mark.parametrize("is_paced", [False, True])
def test_a_run_that_is_due_and_not_made_yet_comes_first(store: Store, is_paced: bool) -> None:
    """The daemon was down since Sunday: the run of then is made at once, and Monday's finds what it has left."""
    daily = MAINTENANCE.replace("mon-sat", "*") + ("    spread: {per_day: 2}\n" if is_paced else "")
    shop = Dealership(store, yaml(daily))
    for n in range(5):
        shop.owner(f"客户{n}", service_on=MONDAY + days(10))
    foretold = [(run.due_at, round(run.total.texts)) for run in ahead(shop, 2).runs if run.total]
    came = []
    for moment in (NOW, at(MONDAY), at(MONDAY + days(1))):
        came += [(run.due_at, run.tally.planned) for run in shop.plan_at(moment).runs]
    assert foretold == came
    assert [texts for _due_at, texts in came] == ([2, 0, 2] if is_paced else [5, 0, 0])
    assert came[0][0] == at(MONDAY - days(1))


def test_nothing_is_stored(store: Store) -> None:
    """Every table stays as it was."""
    shop = Dealership(store, yaml(MAINTENANCE, WINBACK))
    shop.owner("陈晓芳", service_on=MONDAY + days(10))
    before = shop.everything()
    ahead(shop)
    assert shop.everything() == before


def test_what_is_planned_already_is_not_expected_again(store: Store) -> None:
    """Only what is still to come."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=MONDAY + days(14))
    shop.plan_at(at(MONDAY))
    assert len(shop.rows(Message)) == 1
    assert texts(forecast(shop.planner(), at(MONDAY, "11:00"), 10)) == {}


def test_a_control_group_and_the_guards_are_left_out(store: Store) -> None:
    """Who stands against it now is not counted; two cars of one owner on one day are one text."""
    shop = Dealership(store, yaml(MAINTENANCE + "    control: 20%\n"))
    due = MONDAY + days(16)
    key = control_key("maintenance_due", 2026, 2000)
    shop.customer("王强", bucket_key=key)
    shop.car("闽C1", "王强", service_on=due)
    for name in ("陈晓芳", "林志强"):
        shop.customer(name, bucket_key="k")
        shop.car(name, name, service_on=due)
    shop.car("闽C2", "陈晓芳", service_on=due)
    shop.suppression("林志强")
    found = ahead(shop, 7)
    assert texts(found) == {MONDAY + days(2): 1}
    (total,) = found.by_campaign().values()
    assert round(total.cost_micros) == round(total.segments) * PRICE


def test_spread_fills_the_days_until_the_next_run(store: Store) -> None:
    """Twenty have been away for long, one a day goes: seven with each Tuesday, the rest later or never."""
    spread = WINBACK + "    spread: {per_day: 1}\n    first_run: catch_up\n"
    shop = Dealership(store, yaml(spread))
    for n in range(20):
        shop.customer(f"客户{n}", last_visit_on=MONDAY - days(400))
        shop.car(f"闽C{n}", f"客户{n}")
    tuesday = MONDAY + days(1)
    assert texts(ahead(shop, 30), "winback") == {tuesday: 7, tuesday + days(7): 7, tuesday + days(14): 6}


def test_quiet_hours_move_the_first_text(store: Store) -> None:
    """A run at 21:00 plans texts for 9:00 the next day."""
    shop = Dealership(store, yaml(MAINTENANCE.replace("0 10", "0 21"), guards="quiet_hours: '20:00-09:00'"))
    run = ahead(shop, 1).runs[0]
    assert run.due_at == at(MONDAY, "21:00")
    assert run.goes_from.astimezone(ZONE) == at(MONDAY + days(1), "09:00")


def test_a_paused_campaign_brings_nothing_and_says_so(store: Store) -> None:
    """Its runs are listed, with no text."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=MONDAY + days(15))
    shop.plan_at(at(MONDAY))
    shop.write(lambda session: pause(session, "maintenance_due", paused=True))
    found = ahead(shop)
    assert texts(found) == {}
    assert found.waiting == {"maintenance_due": "paused"}


def test_without_an_import_nobody_can_tell(store: Store) -> None:
    """The days stand there, the counts do not."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.write(lambda session: session.execute(sa.update(table_of(Shop)).values(key="another")))
    assert {run.total for run in ahead(shop).runs} == {None}
    assert ahead(shop).document()["campaigns"][0]["expected"] == 0  # type: ignore[index]


@pytest.mark.parametrize("looked_at", [40, 80])
def test_many_are_estimated_from_a_sample(store: Store, monkeypatch: pytest.MonkeyPatch, looked_at: int) -> None:
    """A quarter has no consent: of 400 about 300 are texted, and the run says that it is an estimate."""
    monkeypatch.setattr(foresight, "LOOKED_AT", looked_at)
    shop = Dealership(store, yaml(WINBACK + "    first_run: catch_up\n"))
    shop.crowd([f"客户{n}" for n in range(400)], last_visit_on=MONDAY - timedelta(days=400))
    for n in range(0, 400, 4):
        shop.change_customer(f"客户{n}", consent="no")
    run = ahead(shop, 3).runs[0]
    assert run.is_about
    assert run.total is not None
    assert 220 <= run.total.texts <= 380
    assert round(run.total.cost_micros) == pytest.approx(run.total.segments * PRICE, abs=1)


def test_weeks_and_campaigns_add_up(store: Store) -> None:
    """The totals are those of the runs."""
    shop = Dealership(store, yaml(MAINTENANCE, BIRTHDAY))
    for n in range(6):
        shop.owner(f"客户{n}", service_on=MONDAY + days(4 * n))
    document = ahead(shop).document()
    expected = sum(run["expected"] for run in document["runs"])  # type: ignore[attr-defined]
    for part in ("campaigns", "weeks"):
        assert sum(each["expected"] for each in document[part]) == expected  # type: ignore[attr-defined]
    assert [week["week"] for week in document["weeks"]] == ["2026-03-09", "2026-03-16", "2026-03-23"][:2]  # type: ignore[attr-defined]
