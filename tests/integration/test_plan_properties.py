"""Random shops on random days: what must hold whatever happens (rules.md, "Cycles and stages", "Runs").

A short run is part of the suite, always of the same shops; ``make properties`` lives through thousands of others.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from hypothesis import given, note
from hypothesis import strategies as st

from notifier.store.tables import CampaignState
from tests.support.long_run import lived
from tests.support.plan_checks import check_always, check_nothing_waits_for_ever, plan_checked
from tests.support.postgres import TEMPLATE_DATABASE, Postgres
from tests.support.random_events import happen
from tests.support.random_shop import Dice, RandomShop, a_shop, opened
from tests.support.shop import at, days

SEEDS = st.integers(0, 2**63)
HOW = ("plan", "plan", "late", "explained", "explained", "rehearsed", "by hand", "off")
LONG_AFTER = days(400)


@contextmanager
def new_database(template: Path) -> Iterator[str]:
    """The address of a SQLite database with the schema and no rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notifier.sqlite3"
        path.write_bytes(template.read_bytes())
        yield f"sqlite:///{path}"


def live(shop: RandomShop, dice: Dice, most_days: int) -> None:
    """Some days, each with what happens and a planning that is held against the oracle."""
    day, last = shop.spec.start, shop.spec.start + days(dice.number(1, most_days))
    while day <= last:
        for _ in range(dice.number(0, 4)):
            note(happen(shop, dice, day))
        how = dice.one_of(*HOW)
        note(f"{day} {how}")
        plan_somehow(shop, how, day, dice)
        check_always(shop, at(day))
        day += days(dice.one_of(1, 1, 1, 1, 2, 5))
    for state in shop.desk.rows(CampaignState, paused=True):
        shop.desk.change(CampaignState, state["id"], paused=False)
    check_nothing_waits_for_ever(shop, day + LONG_AFTER)


def plan_somehow(shop: RandomShop, how: str, day: date, dice: Dice) -> None:
    """By the clock, in time or in the evening; by hand; foreseen or explained; or not at all, the machine is off."""
    if how == "by hand":
        campaign = dice.one_of(*shop.spec.campaigns).key
        if not shop.desk.rows(CampaignState, campaign_id=campaign, paused=True):
            plan_checked(shop, day, "16:00", campaign=campaign)
    elif how != "off":
        clock = "21:30" if how == "late" else "10:00"
        plan_checked(shop, day, clock, explained=how == "explained", rehearsed=how == "rehearsed")
        assert shop.desk.plan_at(at(day, clock)).runs == []


@lived(18)
@given(seed=SEEDS)
def test_each_touch_comes_to_exactly_what_the_rules_say(sqlite_template: Path, seed: int) -> None:
    """Weeks of plans, sends, stops, visits, calls, sales, corrected dates and approvals in any order."""
    dice = Dice(seed)
    with new_database(sqlite_template) as url, opened(a_shop(dice), url) as shop:
        live(shop, dice, most_days=14)


@lived(2)
@given(seed=SEEDS)
def test_each_touch_comes_to_the_same_on_a_server(postgres: Postgres, seed: int) -> None:
    """The same, on PostgreSQL."""
    name, dice = postgres.create(TEMPLATE_DATABASE), Dice(seed)
    try:
        with opened(a_shop(dice), postgres.url_of(name)) as shop:
            live(shop, dice, most_days=8)
    finally:
        postgres.drop(name)
