"""Random groups: two shops that know some of the same people and cars, each with its own life.

What the random life of one shop is made of (tests/support/random_shop.py, random_events.py) serves here, too; the
people of both shops have one phone, their cars one VIN, whatever else their records say.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from notifier.store.engine import Store
from notifier.store.tables import Customer
from tests.support.group import Group, yaml
from tests.support.random_events import EVENTS, Event
from tests.support.random_shop import (
    USUAL_STAGES,
    Dice,
    Person,
    RandomShop,
    ShopSpec,
    a_campaign,
    a_car,
    a_person,
    guards,
    settle,
    wordings,
)
from tests.support.shop import days

KEYS = ("quanzhou", "jinjiang")
OCCASIONS = tuple(rule for rule in USUAL_STAGES if rule != "list")
"""A list is written shop by shop, with the shop's own people: left to the tests of its own."""
SAID_BY_BOTH = ("points", "level", "maintenance_due", "insurance_expiry")
"""Rules by which both shops may well text one person: about an account at each, about a car each."""
LIFE = tuple(name for name in EVENTS if name not in ("change phone", "merge", "pause", "call"))
"""Whoever has another phone is another person to the group; the others are about one shop alone."""
OFTEN = ("send", "send", "come", "come", "come", "review", *LIFE)


@dataclass(frozen=True)
class GroupSpec:
    """Both shops on their first day, by key. `known`: who is on record there; `off`: campaigns switched off."""

    shops: dict[str, ShopSpec]
    known: dict[str, frozenset[int]]
    off: dict[str, frozenset[str]]

    @property
    def start(self) -> date:
        """The first day."""
        return self.shops[KEYS[0]].start

    def yaml(self) -> str:
        """As schedules.yaml has it."""
        common = self.shops[KEYS[0]]
        own = {
            key: "campaigns: {" + ", ".join(f"{name}: {{enabled: false}}" for name in sorted(names)) + "}"
            for key, names in self.off.items()
            if names
        }
        campaigns = [each.yaml().rstrip("\n") for each in common.campaigns]
        return yaml(*campaigns, guards=common.guards.yaml(), own=own, keys=KEYS)


def a_group(dice: Dice) -> GroupSpec:
    """Two shops with the same campaigns; most people and cars are known to both, with records of their own."""
    start = date(2027, 3, 1) + days(dice.number(0, 200))
    rules = dict.fromkeys([*dice.some(SAID_BY_BOTH, 2), "winback", *dice.some(OCCASIONS, dice.number(1, 3))])
    chosen = tuple(replace(a_campaign(dice, start, rule), catch_up=True, audience="all") for rule in rules)
    cap = dice.one_of((1, 7), (1, 7), (1, 3), (2, 7), None)
    common = replace(guards(dice), cap=cap, spans_group=dice.happens(70), budget=None, money=None)
    people = [a_person(dice) for _ in range(dice.number(5, 8))]
    names = [each.key for each in chosen]
    shops, known, off = {}, {}, {}
    for key in KEYS:
        here = tuple(_as_known_here(person, dice) for person in people)
        shops[key] = ShopSpec(start, chosen, common, here)
        known[key] = frozenset(number for number in range(len(people)) if dice.happens(85))
        off[key] = frozenset(dice.some(names, 1)) if dice.happens(20) else frozenset[str]()
    return GroupSpec(shops, known, off)


def _as_known_here(person: Person, dice: Dice) -> Person:
    """What one shop has on record: mostly the same days, sometimes others. A stop is of the phone, whoever knows it."""
    cars = tuple(replace(car if dice.happens(80) else a_car(dice), is_repaired=False) for car in person.cars)
    consent = dice.one_of("yes", "yes", "yes", "yes", person.consent, "no")
    silent = dice.one_of(person.silent, person.silent, 178, 190)
    return replace(person, cars=cars, consent=consent, silent=silent, is_stopped=False)


@dataclass
class RandomGroup:
    """A group that was built."""

    spec: GroupSpec
    group: Group
    shops: dict[str, RandomShop]


@contextmanager
def opened_group(spec: GroupSpec, url: str) -> Iterator[RandomGroup]:
    """The group, in the empty database at `url`."""
    store = Store(url)
    try:
        with tempfile.TemporaryDirectory() as folder:
            group = Group(store, spec.yaml())
            shops = {}
            for key in KEYS:
                desk = group[key]
                desk.schedules = replace(desk.schedules, path=Path(folder) / "schedules.yaml")
                shops[key] = RandomShop(spec.shops[key], desk, [], [])
                for number in sorted(spec.known[key]):
                    settle(shops[key], number, spec.shops[key].people[number])
            for name, source in wordings().items():
                group[KEYS[0]].wording(name, source)
            yield RandomGroup(spec, group, shops)
    finally:
        store.close()


def _somebody(life: RandomGroup, shop: RandomShop, dice: Dice) -> str | None:
    """Somebody this shop knows: sooner than others those to whom either shop has texted last."""
    desk, known = life.group[KEYS[0]], shop.desk.names()
    names = {row["id"]: row["name"] for row in desk.rows(Customer)}
    told = [names[row["customer_id"]] for row in desk.messages()[-4:]]
    here = [name for name in told if name in known]
    if here and dice.happens(60):
        return str(dice.one_of(*here))
    return str(dice.one_of(*known)) if known else None


def happen_somewhere(life: RandomGroup, dice: Dice, day: date) -> str:
    """One event of the day at one of the shops; says what it was."""
    key, what = dice.one_of(*KEYS), dice.one_of(*OFTEN)
    shop = life.shops[key]
    name = _somebody(life, shop, dice)
    if name is None:
        return f"{day} nobody at {key}"
    theirs = [plate for plate in shop.plates if shop.desk.one_car(plate)["customer_id"] == shop.desk.id_of(name)]
    plate = dice.one_of(*theirs) if theirs else None
    EVENTS[what](shop, Event(day, name, plate, dice))
    return f"{day} {key} {what} {name} {plate or ''}"
