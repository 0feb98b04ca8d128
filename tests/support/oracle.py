"""Who is due for which touch on a day, and what stands against it: rules.md and design.md once more, in plain Python.

Nothing of the planner, its queries or its guards is used: only the rows of the tables, read whole, and the `Spec`s the
schedules were written from. What depends on the order of customers (caps, budgets, spread) is left to the checks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from borax.calendars.lunardate import LunarDate

from notifier.store.tables import (
    Booking,
    CampaignState,
    Complaint,
    Contact,
    Customer,
    CustomerNumber,
    Cycle,
    Decision,
    Message,
    MessageCycle,
    Renewal,
    Reply,
    Run,
    Suppression,
    Vehicle,
    Visit,
)
from tests.support.random_shop import RandomShop, Spec

DAY = timedelta(days=1)
TOLERANCE = {
    "first_service": 180, "maintenance_due": 30, "insurance_expiry": 179, "inspection": 90, "loan_end": 180,
    "warranty_end": 180, "birthday": 180, "anniversary": 180, "festival": 180, "thank_you": 30, "follow_up": 6,
    "winback": 30, "points": 30, "level": 0, "referral": 30, "tips": 0, "list": 0,
}  # fmt: skip
ANSWERED_BY_VISIT = ("first_service", "maintenance_due", "inspection", "loan_end", "warranty_end", "follow_up",
                     "winback")  # fmt: skip
COUNTED_FROM_A_VISIT = ("first_service", "maintenance_due", "follow_up", "winback")
NOT_REACHED = ("no_answer", "wrong_number")
TABLES = (Booking, CampaignState, Complaint, Contact, Customer, CustomerNumber, Cycle, Decision, Message, MessageCycle,
          Renewal, Reply, Run, Suppression, Vehicle, Visit)  # fmt: skip
Row = dict[str, Any]


class Due(NamedTuple):
    """Something due: whose, about which car (None: about the customer), what names its cycle."""

    customer_id: int
    vehicle_id: int | None
    anchor_on: date
    due_on: date
    key: str = ""

    @property
    def subject(self) -> tuple[str, int, str]:
        """What its cycle is about."""
        if self.vehicle_id is None:
            return "customer", self.customer_id, self.key
        return "vehicle", self.vehicle_id, self.key


@dataclass(frozen=True)
class Touch:
    """A touch that a run must decide, and what must come of it: `against` = (verdict, reason), None = it may go."""

    campaign: str
    due: Due
    stage: str
    opens_on: date
    closes_on: date
    is_last: bool
    against: tuple[str, str] | None
    cycle_id: int | None

    @property
    def subject(self) -> tuple[str, int, str]:
        """What its cycle is about."""
        return self.due.subject


class World:
    """All rows as they stand at `now`; runs whose review has expired count as void already."""

    def __init__(self, shop: RandomShop, now: datetime, today: date) -> None:
        self.shop, self.now, self.today = shop, now, today
        self.rows: dict[str, list[Row]] = {model.__name__: shop.desk.rows(model) for model in TABLES}
        self.customers = {row["id"]: row for row in self.rows["Customer"]}
        self.cars = {row["id"]: row for row in self.rows["Vehicle"]}
        self.expired = {r["id"] for r in self.rows["Run"] if r["state"] == "review" and r["review_until"] < now}
        self.messages = {row["id"]: row for row in self.rows["Message"] if row["run_id"] not in self.expired}
        self.stopped = {row["phone_key"] for row in self.rows["Suppression"] if row["lifted_at"] is None}
        self.made: dict[int, dict[str, Row]] = defaultdict(dict)
        for row in self.rows["MessageCycle"]:
            if row["message_id"] in self.messages:
                self.made[row["cycle_id"]][row["stage"]] = self.messages[row["message_id"]]

    def cars_of(self, customer_id: int) -> list[Row]:
        """Theirs, the oldest record first."""
        return [car for car in self.cars.values() if car["customer_id"] == customer_id]

    def floor(self, spec: Spec) -> date | None:
        """The day before which opened stages are not taken."""
        known = [row for row in self.rows["CampaignState"] if row["campaign_id"] == spec.key]
        if known:
            floor: date | None = known[0]["floor_on"]
            return floor
        return None if spec.catch_up else self.today - timedelta(days=7)


def touches(world: World, spec: Spec) -> list[Touch]:
    """What a run of this campaign must decide today: every open stage that has no message yet."""
    found = []
    for due in dues(world, spec):
        windows = stage_windows(spec, due.due_on)
        for place, (stage, opens_on, closes_on) in enumerate(windows):
            if opens_on <= world.today <= closes_on:
                cycle = cycle_of(world, spec, due)
                made = world.made[cycle["id"]] if cycle and cycle["customer_id"] == due.customer_id else {}
                if stage not in made:
                    later = [name for name, *_ in windows[place + 1 :]]
                    against = stands_against(Case(world, spec, due, stage, windows[0][1], opens_on, cycle, made, later))
                    is_last = place == len(windows) - 1
                    found.append(Touch(spec.key, due, stage, opens_on, closes_on, is_last, against,
                                       cycle["id"] if cycle else None))  # fmt: skip
    return found


def stage_windows(spec: Spec, due_on: date) -> list[tuple[str, date, date]]:
    """(stage, its first day, its last day), in order."""
    opens = [_months_after(due_on, number) if unit == "m" else due_on + DAY * number for _, unit, number in spec.stages]
    closes = [following - DAY for following in opens[1:]] + [max(due_on, opens[-1]) + DAY * spec.late]
    return [(name, first, last) for (name, *_), first, last in zip(spec.stages, opens, closes, strict=True)]


@cache
def _months_after(anchor: date, months: int) -> date:
    """The first day from which the anchor lies so many months back."""
    day = anchor + DAY * (28 * months)
    while months_before(day, months) < anchor:
        day += DAY
    return day


def months_before(day: date, months: int) -> date:
    """So many calendar months earlier, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, min(day.day, 28))


def dues(world: World, spec: Spec) -> Iterator[Due]:
    """Everything due for the campaign in the months around today, of people it is for."""
    for due in ABOUT[spec.rule](world, spec):
        if is_wanted(world, spec, due):
            yield due


def is_wanted(world: World, spec: Spec, due: Due) -> bool:
    """Whether the campaign's audience takes in whom it is due for."""
    person = world.customers[due.customer_id]
    if due.vehicle_id is not None:
        cars = [world.cars[due.vehicle_id]]
    else:
        cars = [car for car in world.cars_of(due.customer_id) if car["state"] == "in_use"]
    models = [car["model"] for car in cars]
    if spec.audience == "district":
        return bool(person["district"] == "鲤城")
    if spec.audience == "not_gold":
        return bool(person["member_level"] != "金卡")
    if spec.audience == "model":
        return any(model == "DX7" or (model or "").startswith("V3") for model in models)
    if spec.audience == "either":
        return person["district"] == "丰泽" or "DX7" in models
    return True


# — what each rule is about —


def _of_cars(world: World, column: str, anchor: str | None = None) -> Iterator[tuple[Row, Due]]:
    for car in world.cars.values():
        if car["customer_id"] is not None and car[column] is not None:
            yield car, Due(car["customer_id"], car["id"], car[anchor or column], car[column])


def _first_service(world: World, _spec: Spec) -> Iterator[Due]:
    for car, due in _of_cars(world, "next_service_on", "delivered_on"):
        if car["next_service_kind"] == "first" and due.anchor_on is not None:
            yield due


def _maintenance(world: World, _spec: Spec) -> Iterator[Due]:
    of_first = [each for each in world.shop.spec.campaigns if each.rule == "first_service"]
    for car, due in _of_cars(world, "next_service_on", "service_anchor_on"):
        is_left = car["next_service_kind"] == "first" and any(is_wanted(world, each, due) for each in of_first)
        if due.anchor_on is not None and not is_left:
            yield due


def _took_delivery(car: Row) -> bool:
    return car["owner_since"] is None or car["owner_since"] <= car["delivered_on"]


def _thank_you(world: World, _spec: Spec) -> Iterator[Due]:
    return (due for car, due in _of_cars(world, "delivered_on") if _took_delivery(car))


def _anniversary(world: World, _spec: Spec) -> Iterator[Due]:
    for car, due in _of_cars(world, "delivered_on"):
        born = car["delivered_on"]
        for day in _days_around(world.today):
            if _took_delivery(car) and day.year > born.year and _is_kept(day, born.month, born.day):
                yield due._replace(anchor_on=day, due_on=day)


def _is_kept(day: date, month: int, number: int) -> bool:
    """The 29th of February is kept on the 28th in common years."""
    if (month, number) == (2, 29) and (day + DAY).month == 3 and day.month == 2:
        return True
    return (day.month, day.day) == (month, number)


def _days_around(today: date) -> list[date]:
    return [today + DAY * step for step in range(-40, 40)]


@cache
def _lunar(day: date) -> tuple[int, int, bool]:
    found = LunarDate.from_solar_date(day.year, day.month, day.day)
    return found.month, found.day, bool(found.leap)


def _birthday(world: World, _spec: Spec) -> Iterator[Due]:
    for person in world.customers.values():
        if person["birth_mmdd"] is None:
            continue
        month, number = int(person["birth_mmdd"][:2]), int(person["birth_mmdd"][2:])
        for day in _days_around(world.today):
            if person["birth_calendar"] == "solar":
                is_today = _is_kept(day, month, number)
            else:
                short_end = number == 30 and _lunar(day)[1] == 29 and _lunar(day + DAY)[1] == 1
                is_today = _lunar(day) == (month, number, False) or (short_end and _lunar(day) == (month, 29, False))
            if is_today:
                yield Due(person["id"], None, day, day)


def _is_festival(name: str, day: date) -> bool:
    lunar = {"laba": (12, 8), "spring_festival": (1, 1), "lantern": (1, 15), "mid_autumn": (8, 15)}
    solar = {"christmas": (12, 25), "new_year": (1, 1), "national_day": (10, 1)}
    if name == "winter_solstice":  # of 2024 to 2027; the 21st in 2028
        return (day.month, day.day) == (12, 21 if day.year == 2028 else 22)
    if name == "new_years_eve":
        return _lunar(day + DAY) == (1, 1, False)
    if name in solar:
        return (day.month, day.day) == solar[name]
    return _lunar(day) == (*lunar[name], False)


def _festival(world: World, spec: Spec) -> Iterator[Due]:
    for name in spec.festivals:
        for day in _days_around(world.today):
            if _is_festival(name, day):
                yield from (Due(key, None, day, day, name) for key in world.customers)


def _tips(world: World, spec: Spec) -> Iterator[Due]:
    for name, month, number in spec.topics:
        for day in _days_around(world.today):
            if (day.month, day.day) == (month, number):
                yield from (Due(key, None, day, day, name) for key in world.customers)


def _follow_up(world: World, _spec: Spec) -> Iterator[Due]:
    latest: dict[tuple[int, int], date] = {}
    for visit in world.rows["Visit"]:
        car = world.cars[visit["vehicle_id"]]
        if visit["counted"] and visit["customer_id"] is not None and car["customer_id"] == visit["customer_id"]:
            key = visit["customer_id"], car["id"]
            latest[key] = max(latest.get(key, visit["day"]), visit["day"])
    return (Due(owner, car, day, day) for (owner, car), day in latest.items())


def _winback(world: World, _spec: Spec) -> Iterator[Due]:
    for person in world.customers.values():
        if seen := person["last_visit_on"]:
            yield Due(person["id"], None, seen, seen)


def _points(world: World, _spec: Spec) -> Iterator[Due]:
    for person in world.customers.values():
        if person["points_end_on"] and (person["points"] or 0) > 0:
            yield Due(person["id"], None, person["points_end_on"], person["points_end_on"])


def _level(world: World, _spec: Spec) -> Iterator[Due]:
    for person in world.customers.values():
        if person["member_level"] and (day := person["member_level_since"]):
            yield Due(person["id"], None, day, day, person["member_level"])


def _referral(world: World, _spec: Spec) -> Iterator[Due]:
    number = {row["number"]: row["customer_id"] for row in world.rows["CustomerNumber"]}
    for car in world.cars.values():
        named = number.get(car["referrer_number"] or "")
        if named is not None and car["delivered_on"] is not None and named != car["customer_id"]:
            yield Due(named, None, car["delivered_on"], car["delivered_on"], car["vin"])


def _list(world: World, spec: Spec) -> Iterator[Due]:
    assert spec.day is not None
    if spec.people == "all":
        yield from (Due(key, None, spec.day, spec.day, "week") for key in world.customers)
        return
    with_car: dict[int, int] = {}
    by_phone: set[int] = set()
    for plate, name in world.shop.listed:
        car = world.cars[world.shop.desk.car_id(plate)] if plate else None
        if car is not None and car["customer_id"] is not None:
            with_car[car["id"]] = car["customer_id"]
        elif name is not None:
            phone = world.shop.phones.get(name)
            by_phone |= {row["id"] for row in world.customers.values() if phone and row["phone"] == phone}
    cars = [Due(owner, car, spec.day, spec.day, "week") for car, owner in with_car.items()]
    named = {due.customer_id for due in cars if is_wanted(world, spec, due)}
    yield from cars
    yield from (Due(key, None, spec.day, spec.day, "week") for key in by_phone - named)


def _ends(column: str) -> Any:
    return lambda world, _spec: (due for _car, due in _of_cars(world, column))


ABOUT: Mapping[str, Any] = {
    "first_service": _first_service, "maintenance_due": _maintenance, "insurance_expiry": _ends("insurance_ends_on"),
    "inspection": _ends("inspection_ends_on"), "loan_end": _ends("loan_ends_on"),
    "warranty_end": _ends("warranty_ends_on"), "birthday": _birthday, "anniversary": _anniversary,
    "festival": _festival, "thank_you": _thank_you, "follow_up": _follow_up, "winback": _winback, "points": _points,
    "level": _level, "referral": _referral, "tips": _tips, "list": _list,
}  # fmt: skip


# — what stands against a touch —


def cycle_of(world: World, spec: Spec, due: Due) -> Row | None:
    """The cycle the anchor belongs to: the nearest within the tolerance, the earlier of two."""
    subject = ("customer", due.customer_id) if due.vehicle_id is None else ("vehicle", due.vehicle_id)
    near = [
        (abs((row["anchor_on"] - due.anchor_on).days), row["anchor_on"], row)
        for row in world.rows["Cycle"]
        if row["campaign_id"] == spec.key
        and (row["subject_type"], row["subject_id"], row["subject_key"]) == (*subject, due.key)
        and abs((row["anchor_on"] - due.anchor_on).days) <= TOLERANCE[spec.rule]
    ]
    return min(near, key=lambda item: item[:2])[2] if near else None


@dataclass(frozen=True)
class Case:
    """One touch before the guards. `made`: the messages of its cycle so far, by stage."""

    world: World
    spec: Spec
    due: Due
    stage: str
    first_opens: date
    opens_on: date
    cycle: Row | None
    made: Mapping[str, Row]
    later: Sequence[str]

    @property
    def person(self) -> Row:
        """Whom it is for."""
        return self.world.customers[self.due.customer_id]


def stands_against(case: Case) -> tuple[str, str] | None:
    """The first thing in the order of design.md that keeps the touch from a text, but caps and budgets."""
    usual = (_time, _phone, _consent, _stop, _car, _outcome, _hold)
    guards = (_time, _phone, _stop, _car_is_gone) if case.spec.kind == "safety" else usual
    return next((against for guard in guards if (against := guard(case)) is not None), None)


def _time(case: Case) -> tuple[str, str] | None:
    floor = case.world.floor(case.spec)
    if floor is not None and case.opens_on < floor:
        return "excluded", "before_first_run"
    overtaken = any(case.made[stage]["state"] != "cancelled" for stage in case.later if stage in case.made)
    if overtaken:
        return "excluded", "window_closed"
    return ("excluded", "already_told") if _is_told_otherwise(case) else None


def _is_told_otherwise(case: Case) -> bool:
    """Of a list: the person has this stage by phone and is due by car, or the other way round."""
    own = "customer" if case.due.vehicle_id is None else "vehicle"
    others = [
        case.world.made[row["id"]].get(case.stage)
        for row in case.world.rows["Cycle"]
        if row["campaign_id"] == case.spec.key and row["subject_type"] != own and row["subject_key"] == case.due.key
    ]
    not_told = ("cancelled", "failed", "undelivered")
    return any(
        text is not None and text["customer_id"] == case.due.customer_id and text["state"] not in not_told
        for text in others
    )


def _phone(case: Case) -> tuple[str, str] | None:
    if case.person["phone"] is None:
        return "excluded", "no_phone"
    return ("excluded", "unreachable") if case.person["unreachable"] else None


def _consent(case: Case) -> tuple[str, str] | None:
    consent = case.person["consent"]
    if case.spec.kind != "marketing" or consent == "yes":
        return None
    return "excluded", "consent_refused" if consent == "no" else "consent_unknown"


def _stop(case: Case) -> tuple[str, str] | None:
    return ("excluded", "suppressed") if case.person["phone_key"] in case.world.stopped else None


def _car(case: Case) -> tuple[str, str] | None:
    state = _car_state(case.world, case.spec, case.due)
    return None if state == "in_use" else ("excluded", f"vehicle_{state}")


def _car_is_gone(case: Case) -> tuple[str, str] | None:
    """Of a recall: whoever sold or scrapped the car cannot bring it."""
    state = _car_state(case.world, case.spec, case.due)
    return ("excluded", f"vehicle_{state}") if state in ("sold", "scrapped") else None


def _car_state(world: World, spec: Spec, due: Due) -> str:
    if due.vehicle_id is not None:
        return str(world.cars[due.vehicle_id]["state"])
    if spec.rule != "winback":
        return "in_use"
    cars = world.cars_of(due.customer_id)
    if any(car["state"] == "in_use" for car in cars):
        return "in_use"
    return str(max(cars, key=lambda car: car["id"])["state"]) if cars else "missing"


def _answers_count_from(case: Case) -> date:
    """Two weeks before the first opening, fixed by the first message.

    The visit or delivery a reminder is counted from does not answer what opens after it, or is asked on its very day.
    """
    since: date = case.cycle["came_from"] if case.cycle and case.made else case.first_opens - timedelta(days=14)
    due = case.due
    is_past = due.anchor_on < case.opens_on or due.anchor_on == case.opens_on == due.due_on
    return max(since, due.anchor_on + DAY) if case.spec.rule in COUNTED_FROM_A_VISIT and is_past else since


def _outcome(case: Case) -> tuple[str, str] | None:
    since = _answers_count_from(case)
    reason = _answered(case, since)
    if reason is None and case.spec.rule in ANSWERED_BY_VISIT:
        reason = _came_or_booked(case.world, case.due, since)
    if reason is None and case.spec.rule == "insurance_expiry":
        ends = [row["ends_on"] for row in case.world.rows["Renewal"] if row["vehicle_id"] == case.due.vehicle_id]
        if ends and (max(ends) - case.due.anchor_on).days > TOLERANCE["insurance_expiry"]:
            reason = "renewed"
    return ("excluded", reason) if reason else None


def _answered(case: Case, since: date) -> str | None:
    called = [call for call in _calls(case) if call["result"] == "already_done" and call["contacted_on"] >= since]
    return _replied(case.world, case.cycle if case.made else None) or ("already_done" if called else None)


def _came_or_booked(world: World, due: Due, since: date) -> str | None:
    column, subject = ("vehicle_id", due.vehicle_id) if due.vehicle_id else ("customer_id", due.customer_id)
    if any(row["counted"] and row[column] == subject and row["day"] >= since for row in world.rows["Visit"]):
        return "came"
    for row in world.rows["Booking"]:
        is_about_it = due.vehicle_id is None or row["vehicle_id"] in (None, due.vehicle_id)
        is_theirs = row["customer_id"] == due.customer_id and row["state"] != "cancelled"
        if is_theirs and is_about_it and row["booked_on"] >= since:
            return "booked"
    return None


def _replied(world: World, cycle: Row | None) -> str | None:
    if cycle is None:
        return None
    about = {row["message_id"] for row in world.rows["MessageCycle"] if row["cycle_id"] == cycle["id"]}
    said = [row["meaning"] for row in world.rows["Reply"] if row["message_id"] in about]
    closing = [meaning for meaning in said if meaning in ("already_done", "sold")]
    return closing[-1] if closing else None


def _calls(case: Case) -> list[Row]:
    """Calls about the campaign's purpose that reached the customer."""
    car = case.due.vehicle_id
    return [
        row
        for row in case.world.rows["Contact"]
        if row["customer_id"] == case.due.customer_id
        and row["purpose"] == case.spec.rule
        and row["result"] not in NOT_REACHED
        and row["contacted_on"] <= case.world.today
        and (car is None or row["vehicle_id"] in (None, car))
    ]


def _hold(case: Case) -> tuple[str, str] | None:
    world, mine = case.world, case.due.customer_id
    recent = world.today - timedelta(days=14)
    hold = timedelta(days=world.shop.spec.guards.hold)
    visits = [row for row in world.rows["Visit"] if row["customer_id"] == mine]
    holds = {
        "complaint_open": any(r["customer_id"] == mine and r["closed_on"] is None for r in world.rows["Complaint"]),
        "in_workshop": any(car["in_workshop_since"] for car in world.cars_of(mine)),
        "accident_repair": any(row["has_accident"] and row["day"] >= recent for row in visits),
        "contacted": any(world.today < row["contacted_on"] + hold for row in _calls(case)),
    }
    return next((("deferred", reason) for reason, holds_back in holds.items() if holds_back), None)
