"""A campaign's name on every screen, also after it has left schedules.yaml, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from notifier.jobs.plan import plan
from notifier.jobs.rehearsed import People
from notifier.reports.attention import notices
from notifier.reports.campaigns import report_campaign
from notifier.reports.titles import Titles, titles_of
from notifier.reports.today import Place, today
from notifier.store.engine import Store
from notifier.store.runs import runs_in_review, settings_of_gone
from tests.support.shop import GATEWAY, MAINTENANCE, WINBACK, ZONE, Dealership, at, days, yaml

TUESDAY = date(2026, 3, 10)
NOW = at(TUESDAY)
SPRING = MAINTENANCE.replace("  maintenance_due:\n", "  spring_care:\n    name: 春季养护\n    review: required\n", 1)


@pytest.fixture
def shop(store: Store) -> Dealership:
    """The campaign of spring has planned one text, which waits for review."""
    shop = Dealership(store, yaml(SPRING, WINBACK))
    shop.owner("陈晓芳", service_on=TUESDAY + days(10))
    shop.plan_at(NOW)
    return shop


def told(shop: Dealership) -> str:
    """What the page Today says of the run in review."""
    with shop.store.read() as session:
        page = today(session, Place(shop.id, shop.schedules, GATEWAY), NOW)
    return next(each.sentence for each in notices(page, ZONE) if each.topic == "review")


def test_a_run_is_called_as_the_file_calls_its_campaign_now(shop: Dealership) -> None:
    """A better name holds for what was planned before it, too."""
    assert told(shop).startswith("1 text of 春季养护 waits")
    shop.schedules = shop.read(yaml(SPRING.replace("春季养护", "春季空调检查"), WINBACK))
    assert told(shop).startswith("1 text of 春季空调检查 waits")
    assert report_campaign(shop.schedules.campaigns[0]).title == "春季空调检查"


def test_a_campaign_that_has_left_the_file_keeps_the_name_of_its_latest_run(shop: Dealership) -> None:
    """By its run, and by its id alone; one that never had a name is called by its key as ever."""
    shop.schedules = shop.read(yaml(WINBACK))
    assert told(shop).startswith("1 text of 春季养护 waits")
    with shop.store.read() as session:
        (run,) = runs_in_review(session)
        titles = titles_of(session, shop.schedules)
        assert settings_of_gone(session, ["spring_care", "winback"]) == {}
    assert titles.of_id("spring_care") == titles.of_key("spring_care") == titles.of_run(run) == "春季养护"
    assert titles.of_id("winback") == Titles().of_id("winback") == "Win-back"


def test_the_people_of_a_dry_run_are_listed_under_the_name(store: Store) -> None:
    """With the reminder in words, as on screens."""
    shop = Dealership(store, yaml(SPRING))
    shop.owner("陈晓芳", service_on=TUESDAY + days(10))
    shop.fresh(NOW)
    people = People(store)
    plan(replace(shop.planner(), seen=people), NOW, dry_run=True)
    (row,) = people.cells()
    assert (row[1], row[6]) == ("春季养护", "14 days before service is due")
