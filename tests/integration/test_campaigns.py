"""How a shop's campaigns stand: on, off, paused, refused or waiting, with their runs."""

from __future__ import annotations

from datetime import date

import pytest

from notifier.domain.freshness import Freshness, Stale
from notifier.errors import NotFound
from notifier.jobs.campaigns import CampaignLook, Standing, look_at_campaigns
from notifier.reports.campaign_figures import campaign_figures, cost_of
from notifier.store.campaigns import is_paused, pause
from notifier.store.engine import Store
from notifier.store.pauses import pause as pause_shop
from notifier.store.runs import reviewed_runs, runs_in_review, runs_of_campaign, texts_by_state
from tests.support.group import Group
from tests.support.group import yaml as group_yaml
from tests.support.shop import BIRTHDAY, MAINTENANCE, WINBACK, Dealership, at, control_key, days, treatment_key, yaml

TUESDAY = date(2026, 3, 10)
NOW = at(TUESDAY)


@pytest.fixture
def shop(store: Store) -> Dealership:
    """One customer due for maintenance; birthdays are switched off."""
    shop = Dealership(store, yaml(BIRTHDAY + "    enabled: false\n", MAINTENANCE, WINBACK + "    review: required\n"))
    shop.owner("陈晓芳", service_on=TUESDAY + days(10))
    shop.fresh(NOW)
    return shop


def looks(shop: Dealership) -> dict[str, CampaignLook]:
    """By key, in the order shown."""
    found = look_at_campaigns(shop.planner(), shop.schedules.shops[0], shop.id, NOW)
    return {look.campaign.key: look for look in found.campaigns}


def test_what_is_on_stands_first(shop: Dealership) -> None:
    """In the order of the file, those that are off last."""
    found = looks(shop)
    standings = {key: look.standing for key, look in found.items()}
    assert list(standings.items()) == [
        ("maintenance_due", Standing.ON), ("winback", Standing.ON), ("birthday", Standing.OFF),
    ]  # fmt: skip
    assert found["maintenance_due"].next_runs[0] == at(TUESDAY + days(1))
    assert found["birthday"].next_runs == []


def test_the_last_run_is_told_with_what_it_came_to(shop: Dealership) -> None:
    """The newest of the campaign's own runs; nothing before the first."""
    assert looks(shop)["maintenance_due"].last_run is None
    shop.plan_at(NOW)
    run = looks(shop)["maintenance_due"].last_run
    assert run is not None
    assert run.counts["planned"] == 1
    with shop.store.read() as session:
        assert [each.id for each in runs_of_campaign(session, shop.id, "maintenance_due", 5)] == [run.id]
        assert runs_of_campaign(session, shop.id, "maintenance_due", 5, before_id=run.id) == []
        assert texts_by_state(session, [run.id]) == {run.id: {"planned": 1}}


def test_a_campaign_is_paused_only_after_its_first_run(shop: Dealership) -> None:
    """Before that there is nothing to hold, and a first run must still set how far back it reaches."""
    with pytest.raises(NotFound):
        shop.write(lambda session: pause(session, "maintenance_due", paused=True, shop_id=shop.id))
    assert not looks(shop)["maintenance_due"].was_planned
    shop.plan_at(NOW)
    shop.write(lambda session: pause(session, "maintenance_due", paused=True, shop_id=shop.id))
    assert looks(shop)["maintenance_due"].standing is Standing.PAUSED


def test_a_campaign_whose_template_is_gone_is_refused_and_says_why(shop: Dealership) -> None:
    """In the sentence planning gives."""
    shop.schedules = shop.read(yaml(MAINTENANCE.replace("last: last}", "last: nobody}")))
    look = looks(shop)["maintenance_due"]
    assert look.standing is Standing.REFUSED
    assert "nobody" in str(look.problem)


def test_a_campaign_waits_for_fresh_data(shop: Dealership) -> None:
    """With the records it waits for."""
    shop.schedules = shop.read(yaml(MAINTENANCE, guards="data_max_age: {visits: 2d}"))
    found = look_at_campaigns(shop.planner(), shop.schedules.shops[0], shop.id, NOW + days(3))
    stale = found.campaigns[0].waits_for
    assert found.campaigns[0].standing is Standing.WAITS
    assert stale == Stale("visits", Freshness.TOO_OLD, NOW, days(2))
    assert stale.reason == "data_too_old"


def test_a_pause_of_the_shop_is_told_once(shop: Dealership) -> None:
    """The campaigns stand as they did; what halts all of them stands above."""
    shop.write(lambda session: pause_shop(session, "main", by="李经理"))
    found = look_at_campaigns(shop.planner(), shop.schedules.shops[0], shop.id, NOW)
    assert [(each.shop, each.by) for each in found.pauses] == [("main", "李经理")]


def test_a_pause_in_one_shop_leaves_the_others_alone(store: Store) -> None:
    """Also a shop that plans the campaign for the first time afterwards."""
    group = Group(store, group_yaml(MAINTENANCE, keys=("quanzhou", "jinjiang", "shishi")))
    group.plan_at(NOW, shop="quanzhou")
    group.plan_at(NOW, shop="jinjiang")
    here, there, third = (group[key].id for key in ("quanzhou", "jinjiang", "shishi"))
    with store.write() as session:
        pause(session, "maintenance_due", paused=True, shop_id=here)
    group.plan_at(NOW, shop="shishi")
    with store.read() as session:
        assert [is_paused(session, shop, "maintenance_due") for shop in (here, there, third)] == [True, False, False]


def test_what_waits_for_review_and_what_was_decided_are_the_shops_own(store: Store) -> None:
    """Another shop's runs are not shown."""
    group = Group(store, group_yaml(WINBACK + "    review: required\n    first_run: catch_up\n"))
    for key in ("quanzhou", "jinjiang"):
        group.person(f"{key}客户", key, last_visits={key: TUESDAY - days(400)})
        group.car(f"闽C{key}", f"{key}客户", key)
    group.plan_at(NOW)
    with store.read() as session:
        here = runs_in_review(session, group["quanzhou"].id)
        assert len(here) == 1
        assert len(runs_in_review(session)) == 2
        assert reviewed_runs(session, group["quanzhou"].id, 5) == []


def test_a_control_costs_what_the_figures_show(store: Store) -> None:
    """Customers the month put into the control, times the difference of the rates, times what a visit brings."""
    shop = Dealership(store, yaml(WINBACK + "    control: 50%\n    first_run: catch_up\n"))
    for number in range(40):
        for arm, key_of in (("t", treatment_key), ("c", control_key)):
            name, plate = f"{arm}{number}", f"闽{arm}{number}"
            key = key_of("winback", 2026, 5000, number)
            shop.customer(name, bucket_key=key, last_visit_on=TUESDAY - days(400))
            shop.car(plate, name)
    shop.plan_at(NOW)
    for number in range(20):
        shop.visit(f"闽t{number}", TUESDAY + days(3), amount_minor=50_000)
    figures = campaign_figures(store, shop.schedules, at(TUESDAY + days(10)))
    cost = cost_of(figures["winback"])
    assert cost is not None
    assert (cost.customers, round(cost.outcomes), cost.minor) == (40, 20, 20 * 50_000.0)
    assert not cost.is_shown  # the windows are still open
    assert cost.outcomes < cost.outcomes_most <= 40


def test_without_figures_nobody_says_what_a_control_costs(shop: Dealership) -> None:
    """No control, or nobody enrolled yet."""
    shop.schedules = shop.read(yaml(MAINTENANCE, WINBACK + "    control: 20%\n"))
    figures = campaign_figures(shop.store, shop.schedules, NOW)
    assert {key: cost_of(each) for key, each in figures.items()} == {"maintenance_due": None, "winback": None}
