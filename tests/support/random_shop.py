"""Random shops: campaigns of every rule, guards, people and cars, as a seed has them.

A campaign is told twice: as the lines of schedules.yaml that the planner reads, and as plain values for the oracle of
tests/support/oracle.py, which never sees the planner's reading of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from notifier.domain.phone import phone_key
from notifier.store.engine import Store
from notifier.store.tables import CustomerNumber
from tests.support.shop import SECRET, SHOP, Dealership, days

Stage = tuple[str, str, int]
"""(name, "d" or "m", how many days or months from the due day)."""

STARTS = (date(2026, 12, 14), date(2027, 1, 25), date(2028, 2, 14), date(2026, 9, 14))
"""New Year; 除夕 to 初六; a 29 February; mid-autumn and National Day."""

USUAL_STAGES: dict[str, tuple[Stage, ...]] = {
    "first_service": (("early", "d", -30), ("last", "d", -7)),
    "maintenance_due": (("early", "d", -14), ("last", "d", -3)),
    "insurance_expiry": (("early", "d", -60), ("middle", "d", -30), ("last", "d", -7)),
    "inspection": (("early", "d", -60), ("middle", "d", -30), ("last", "d", -7)),
    "loan_end": (("early", "d", -30), ("last", "d", -7)),
    "warranty_end": (("early", "d", -90), ("last", "d", -30)),
    "birthday": (("day", "d", 0),),
    "anniversary": (("day", "d", 0),),
    "festival": (("greeting", "d", -3),),
    "thank_you": (("d1", "d", 1), ("d7", "d", 7), ("m2", "m", 2)),
    "follow_up": (("d3", "d", 3), ("d10", "d", 10)),
    "winback": (("at_risk", "m", 6), ("lost", "m", 12), ("gone", "m", 24)),
    "points": (("early", "d", -30), ("last", "d", -7)),
    "level": (("day", "d", 0),),
    "referral": (("day", "d", 1),),
    "tips": (("day", "d", 0),),
    "list": (("invite", "d", -7), ("again", "d", 0)),
}
LATE = {"anniversary": 3, "thank_you": 3, "follow_up": 4, "winback": 180, "level": 7, "referral": 7, "tips": 7}
"""Days the last stage stays open after the due day: rules.md, "Cycles and stages"."""
USUAL_KIND = {
    rule: "marketing" if rule in ("birthday", "anniversary", "festival", "winback", "points", "level", "referral",
                                  "tips", "list") else "service"
    for rule in USUAL_STAGES
}  # fmt: skip
KINDS = ("marketing", "service", "transactional", "safety")
FESTIVALS = ("winter_solstice", "christmas", "new_year", "laba", "new_years_eve", "spring_festival", "lantern",
             "mid_autumn", "national_day")  # fmt: skip
LEVELS, DISTRICTS, MODELS = ("金卡", "银卡", None), ("鲤城", "丰泽", None), ("DX7", "V3", "V5菱致")
PHONES = {"cn": "+86199{:08d}", "us": "+1212555{:04d}", "jp": "+81901234{:04d}"}

AUDIENCES: dict[str, str | None] = {
    "all": None,
    "district": "{district: [鲤城]}",
    "not_gold": "{member_level: {not: [金卡]}}",
    "model": '{model: [DX7, "V3*"]}',
    "either": "{any: [{district: 丰泽}, {model: DX7}]}",
}


@dataclass(frozen=True)
class Spec:
    """One campaign. `share`: of the control group, percent; `people`: who is on its list, "file" or "all"."""

    rule: str
    kind: str
    stages: tuple[Stage, ...]
    late: int
    when: str
    share: int = 0
    per_day: int | None = None
    review: bool = False
    catch_up: bool = False
    audience: str = "all"
    has_variants: bool = False
    festivals: tuple[str, ...] = ()
    topics: tuple[tuple[str, int, int], ...] = ()
    day: date | None = None
    ends_on: date | None = None
    people: str = "all"

    @property
    def key(self) -> str:
        """The campaign's name and id: one campaign a rule."""
        return self.rule

    def yaml(self) -> str:
        """As schedules.yaml has it."""
        stages = ", ".join(f"{name}: {number}{'m' if unit == 'm' else ''}" for name, unit, number in self.stages)
        wording = f"{{plain: text_{self.kind}, warm: warm_{self.kind}}}" if self.has_variants else f"text_{self.kind}"
        lines = [f"rule: {self.rule}", f'when: "{self.when}"', f"stages: {{{stages}}}", f"kind: {self.kind}",
                 f"template: {{{', '.join(f'{name}: {wording}' for name, *_ in self.stages)}}}"]  # fmt: skip
        if self.rule == "list":
            file = "all" if self.people == "all" else "lists/people.csv"
            lines.append(f"list: {{id: week, title: 检测周, day: {self.day}, ends_on: {self.ends_on}, file: {file}}}")
        else:
            lines += [f"late: {self.late}d", f"first_run: {'catch_up' if self.catch_up else 'recent'}"]
        lines += [f"control: {self.share}%"] if self.share else []
        lines += [f"spread: {{per_day: {self.per_day}}}"] if self.per_day else []
        lines += ["review: required"] if self.review else []
        lines += [f"audience: {AUDIENCES[self.audience]}"] if AUDIENCES[self.audience] else []
        lines += [f"festivals: [{', '.join(self.festivals)}]"] if self.festivals else []
        lines += [f"topics: {{{', '.join(f'{n}: {m}-{d}' for n, m, d in self.topics)}}}"] if self.topics else []
        return f"\n  {self.key}:\n" + "".join(f"    {line}\n" for line in lines)


@dataclass(frozen=True)
class GuardSpec:
    """What holds back for all campaigns. `closed`: "none", "sun", "weekend" or "lunar" (除夕 to 初六)."""

    quiet: tuple[str, str] = ("20:00", "09:00")
    by_phone: bool = False
    closed: str = "none"
    cap: tuple[int, int] | None = None
    budget: int | None = None
    money: str | None = None
    universal: int = 0
    hold: int = 7
    spans_group: bool = False

    def yaml(self) -> str:
        """As schedules.yaml has it, the inside of the braces."""
        closed = {"none": None, "sun": "{weekdays: [sun]}", "weekend": "{weekdays: [sat, sun], dates: [12-24..12-26]}",
                  "lunar": "{lunar: [除夕..初六]}"}[self.closed]  # fmt: skip
        parts = [f'quiet_hours: "{self.quiet[0]}-{self.quiet[1]}"', f"contact_hold: {self.hold}d",
                 f"universal_control: {self.universal}%"]  # fmt: skip
        parts += ["quiet_hours_zone: customer"] if self.by_phone else []
        parts += [f"closed_days: {closed}"] if closed else []
        across = ", across: group" if self.spans_group else ""
        parts += [f"frequency_cap: {{messages: {self.cap[0]}, days: {self.cap[1]}{across}}}"] if self.cap else []
        limits = [f"messages: {self.budget}"] if self.budget else []
        limits += [f"amount: {self.money}"] if self.money else []
        parts += [f"daily_budget: {{{', '.join(limits)}}}"] if limits else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Car:
    """One car; days counted from the first day of the example, None = not on record. `is_repaired`: by that visit."""

    service: int | None
    is_first: bool
    policy: int | None
    inspection: int | None
    loan: int | None
    warranty: int | None
    delivered: int | None
    visited: int | None
    is_repaired: bool
    model: str
    state: str
    is_referred: bool


@dataclass(frozen=True)
class Person:
    """One customer and their cars; days counted as in `Car`."""

    cars: tuple[Car, ...]
    consent: str
    birthday: int | None
    lunar: tuple[int, int] | None
    silent: int | None
    points: int | None
    points_end: int | None
    level: str | None
    level_since: int | None
    district: str | None
    phone: str | None
    unreachable: bool
    is_stopped: bool
    on_list: str


@dataclass(frozen=True)
class ShopSpec:
    """Everything about one random shop on its first day."""

    start: date
    campaigns: tuple[Spec, ...]
    guards: GuardSpec
    people: tuple[Person, ...]


class Dice:
    """All choices about one random shop and its life: the same seed, the same shop."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def one_of(self, *items: Any) -> Any:
        """One of these, all alike."""
        return self._random.choice(items)

    def number(self, low: int, high: int) -> int:
        """From `low` to `high`, both included."""
        return self._random.randint(low, high)

    def maybe(self, low: int, high: int) -> int | None:
        """A number, in one of four cases none."""
        return self.number(low, high) if self.number(1, 4) > 1 else None

    def happens(self, percent: int) -> bool:
        """Whether something does that happens so often."""
        return self.number(1, 100) <= percent

    def some(self, items: Sequence[Any], number: int) -> list[Any]:
        """So many of them, each once."""
        return self._random.sample(items, min(number, len(items)))


def a_car(dice: Dice) -> Car:
    """A car with most of what a file can say of it."""
    maybe = dice.maybe
    return Car(
        service=maybe(-3, 20), is_first=dice.happens(30), policy=maybe(0, 70), inspection=maybe(-2, 70),
        loan=maybe(-2, 40), warranty=maybe(-2, 95),
        delivered=dice.one_of(None, dice.number(-10, 8), dice.number(-66, -50), dice.number(-370, -355)),
        visited=dice.one_of(None, dice.number(-14, 0)), is_repaired=dice.happens(30), model=dice.one_of(*MODELS),
        state="in_use" if dice.happens(90) else dice.one_of("sold", "test_drive"), is_referred=dice.happens(40),
    )  # fmt: skip


def a_person(dice: Dice) -> Person:
    """A customer; most can be texted."""
    silent = dice.one_of(None, dice.number(175, 195), dice.number(358, 375), dice.number(725, 740))
    return Person(
        cars=tuple(a_car(dice) for _ in range(dice.one_of(0, 1, 1, 1, 2, 2))),
        consent=dice.one_of("yes", "yes", "yes", "yes", "yes", "yes", "unknown", "no"),
        birthday=dice.maybe(-3, 18),
        lunar=(dice.number(8, 12), dice.number(1, 30)) if dice.happens(25) else None,
        silent=silent, points=dice.one_of(None, 0, 50, 800), points_end=dice.maybe(-2, 40),
        level=dice.one_of(*LEVELS), level_since=dice.maybe(-8, 0), district=dice.one_of(*DISTRICTS),
        phone=dice.one_of(*["cn"] * 10, "us", "us", "us", "jp", None), unreachable=dice.happens(5),
        is_stopped=dice.happens(5), on_list=dice.one_of("no", "phone", "vin", "both"),
    )  # fmt: skip


def guards(dice: Dice) -> GuardSpec:
    """What holds back; often nothing but the quiet hours."""
    return GuardSpec(
        quiet=dice.one_of(("20:00", "09:00"), ("18:00", "10:30"), ("09:30", "14:00"), ("00:00", "08:00")),
        by_phone=dice.happens(50), closed=dice.one_of("none", "sun", "weekend", "lunar"),
        cap=dice.one_of(None, (2, 7), (1, 7), (1, 3), (1, 3)), budget=dice.one_of(None, None, 3, 6),
        money=dice.one_of(None, None, None, "0.15"), universal=dice.one_of(0, 20), hold=dice.one_of(0, 3, 7),
    )  # fmt: skip


def a_campaign(dice: Dice, start: date, rule: str) -> Spec:
    """A campaign of this rule."""
    kind = dice.one_of(*KINDS) if dice.happens(20) else USUAL_KIND[rule]
    stages = USUAL_STAGES[rule]
    may_control = kind == "marketing" or (kind == "service" and len(stages) > 1)
    spec = Spec(
        rule, kind, stages, LATE.get(rule, dice.one_of(0, 0, 2)),
        when=dice.one_of("0 10 * * *", "0 10 * * *", "0 10 * * mon-sat", "0 10 * * tue,fri"),
        share=dice.one_of(0, 30, 50) if may_control else 0, per_day=dice.one_of(None, None, 1, 3),
        review=dice.happens(30), catch_up=rule == "list" or dice.happens(70),
        audience=dice.one_of(*AUDIENCES) if dice.happens(40) else "all", has_variants=dice.happens(40),
    )  # fmt: skip
    if rule == "festival":
        return replace(spec, festivals=tuple(dice.some(FESTIVALS, 6)))
    if rule == "tips":
        on = [start + days(dice.number(-5, 12)) for _ in range(2)]
        return replace(spec, topics=tuple((f"话题{n}", day.month, min(day.day, 28)) for n, day in enumerate(on)))
    if rule == "list":
        day, late = start + days(dice.number(-2, 12)), dice.number(0, 6)
        return replace(spec, day=day, ends_on=day + days(late), late=late, people=dice.one_of("file", "all"))
    return spec


def a_shop(dice: Dice) -> ShopSpec:
    """A shop with some campaigns, each of another rule, and some people."""
    start = dice.one_of(*STARTS)
    chosen = tuple(a_campaign(dice, start, rule) for rule in dice.some(list(USUAL_STAGES), dice.number(2, 6)))
    return ShopSpec(start, chosen, guards(dice), tuple(a_person(dice) for _ in range(dice.number(2, 6))))


def wordings() -> dict[str, str]:
    """Two texts a kind, which nothing can be missing for."""
    texts = {}
    for kind in KINDS:
        for name, words in (("text", "您好"), ("warm", "您好呀")):
            head = f"---\ntitle: {name}\nkind: {kind}\nreplies: {{1: booking, 0: already_done, 2: sold}}\n---\n"
            texts[f"{name}_{kind}"] = f"{head}{{{{ customer.salutation }}}}{words}{{{{ vehicle.plate }}}}"
    return texts


@dataclass
class RandomShop:
    """A shop that was built. `listed`: rows of its list, (plate, name); `phones`: those on it.

    `merged`: customers who were two, each with an arm and a cap of their own until then.
    """

    spec: ShopSpec
    desk: Dealership
    plates: list[str]
    listed: list[tuple[str | None, str | None]]
    phones: dict[str, str | None] = field(default_factory=dict)
    merged: set[int] = field(default_factory=set)


@contextmanager
def opened(spec: ShopSpec, url: str) -> Iterator[RandomShop]:
    """The shop, in the empty database at `url`."""
    store = Store(url)
    try:
        with tempfile.TemporaryDirectory() as folder:
            lines = "".join(each.yaml() for each in spec.campaigns)
            desk = Dealership(store, f"{SHOP}\nguards: {{{spec.guards.yaml()}}}\n\ncampaigns:{lines}")
            desk.schedules = replace(desk.schedules, path=Path(folder) / "schedules.yaml")
            for name, source in wordings().items():
                desk.wording(name, source)
            shop = RandomShop(spec, desk, [], [])
            for number, person in enumerate(spec.people):
                settle(shop, number, person)
            _write_list(shop, Path(folder))
            yield shop
    finally:
        store.close()


def _day(start: date, offset: int | None) -> date | None:
    return None if offset is None else start + days(offset)


def settle(shop: RandomShop, number: int, person: Person) -> None:
    """The customer, and the cars with their histories; the same number has the same phone and VINs at any shop."""
    start, desk, name = shop.spec.start, shop.desk, f"客户{number}"
    born = _day(start, person.birthday)
    phone = PHONES[person.phone].format(number + 1) if person.phone else None
    columns: dict[str, Any] = {
        "consent": person.consent, "bucket_key": f"k{number}", "phone": phone, "birth_on": None,
        "birth_mmdd": born and f"{born:%m%d}", "district": person.district, "member_level": person.level,
        "member_level_since": _day(start, person.level_since), "points": person.points,
        "points_end_on": _day(start, person.points_end), "unreachable": "30006" if person.unreachable else None,
        "last_visit_on": None if person.silent is None else start - days(person.silent),
    }  # fmt: skip
    if person.lunar:
        columns |= {"birth_mmdd": f"{person.lunar[0]:02d}{person.lunar[1]:02d}", "birth_calendar": "lunar"}
    customer_id = desk.customer(name, **columns)
    key = phone and phone_key(SECRET, phone)
    desk.insert(
        CustomerNumber, {"shop_id": desk.id, "number": f"N{number}", "customer_id": customer_id, "phone_key": key}
    )
    if person.is_stopped and phone:
        desk.suppression(name)
    for place, car in enumerate(person.cars):
        _park(shop, (number, place), car)
    listed_car = f"闽C{number}0" if person.cars else None
    if person.on_list != "no":
        by_car, by_phone = person.on_list != "phone", person.on_list != "vin"
        shop.listed.append((listed_car if by_car else None, name if by_phone and phone else None))


def _park(shop: RandomShop, which: tuple[int, int], car: Car) -> None:
    """`which`: the number of the owner, and of the car among theirs."""
    start, (owner, place) = shop.spec.start, which
    name, plate = f"客户{owner}", f"闽C{owner}{place}"
    service_on, delivered_on = _day(start, car.service), _day(start, car.delivered)
    is_first = car.is_first and service_on is not None and delivered_on is not None
    columns: dict[str, Any] = {
        "service_on": service_on, "insurance_ends_on": _day(start, car.policy), "model": car.model, "state": car.state,
        "inspection_ends_on": _day(start, car.inspection), "loan_ends_on": _day(start, car.loan),
        "warranty_ends_on": _day(start, car.warranty), "delivered_on": delivered_on,
        "referrer_number": f"N{owner - 1}" if car.is_referred else None, "vin": f"LRAND{owner:06d}{place:06d}",
    }  # fmt: skip
    if is_first:
        columns |= {"next_service_kind": "first", "anchor_on": delivered_on, "last_maintenance_on": None}
    shop.desk.car(plate, name, **columns)
    shop.plates.append(plate)
    if car.visited is not None:
        visited = start + days(car.visited)
        shop.desk.visit(plate, visited, imported=False, counted=not car.is_repaired, has_accident=car.is_repaired)
        seen = shop.desk.person(name)["last_visit_on"]
        if not car.is_repaired:
            shop.desk.change_customer(name, last_visit_on=max(seen or visited, visited))


def _write_list(shop: RandomShop, folder: Path) -> None:
    lines = ["VIN,手机"]
    for plate, name in shop.listed:
        vin = shop.desk.one_car(plate)["vin"] if plate else ""
        if name:
            shop.phones[name] = shop.desk.person(name)["phone"]
        lines.append(f"{vin},{shop.phones[name] if name else ''}")
    lines.append(f"LNOBODY{0:010d},")
    (folder / "lists").mkdir()
    (folder / "lists" / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
