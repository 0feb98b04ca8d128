"""Random groups of two shops: one person texted by one shop about one car, caps across the group (docs/groups.md).

A short run is part of the suite, always of the same groups; ``make properties`` lives through thousands of others.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, note

from tests.integration.test_plan_properties import SEEDS, new_database
from tests.support.group_checks import check_group, planned_and_checked
from tests.support.long_run import lived
from tests.support.random_group import RandomGroup, a_group, happen_somewhere, opened_group
from tests.support.random_shop import Dice
from tests.support.shop import at, days


def live(life: RandomGroup, dice: Dice, most_days: int) -> None:
    """Some days, each with what happens at either shop and a planning of both."""
    day, last = life.spec.start, life.spec.start + days(dice.number(1, most_days))
    while day <= last:
        for _ in range(dice.number(0, 4)):
            note(happen_somewhere(life, dice, day))
            check_group(life)
        note(f"{day} plan")
        planned_and_checked(life, at(day, dice.one_of("10:00", "10:00", "21:30")))
        check_group(life)
        day += days(dice.one_of(1, 1, 1, 2, 5))


@lived(12)
@given(seed=SEEDS)
def test_one_shop_of_a_group_speaks_once_about_one_car(sqlite_template: Path, seed: int) -> None:
    """Weeks of plans, sends, visits, stops, sales and corrected dates at either of two shops."""
    dice = Dice(seed)
    with new_database(sqlite_template) as url, opened_group(a_group(dice), url) as life:
        live(life, dice, most_days=14)
