"""What can happen to a random shop on a day, but planning: people come, call, answer, move, buy and sell."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from functools import partial

from notifier.domain.phone import phone_key
from notifier.errors import Refused
from notifier.store.campaigns import pause
from notifier.store.corrections import DUE_DAYS, HANGS_ON, PERSON_COLUMNS, follow_corrections
from notifier.store.merges import merge_customers
from notifier.store.messages import cancel_marketing, close_answered, close_booked
from notifier.store.runs import approve, void
from notifier.store.tables import CampaignState, Complaint, Cycle, MessageCycle, Run
from tests.support.calls import bring_calls
from tests.support.random_shop import LEVELS, Dice, RandomShop
from tests.support.shop import SECRET, at, days

DATES = ("next_service_on", "insurance_ends_on", "inspection_ends_on", "loan_ends_on", "warranty_ends_on",
         "delivered_on")  # fmt: skip
RESULTS = ("reached", "no_answer", "declined", "already_done", "booked", "call_again", "do_not_text")
DIGITS = ("1", "0", "2", "退订", "好的")


@dataclass(frozen=True)
class Event:
    """Something of one day about one customer, or about their car `plate` where they have one."""

    day: date
    name: str
    plate: str | None
    dice: Dice


def send(shop: RandomShop, event: Event) -> None:
    """What may go out goes."""
    shop.desk.send_at(at(event.day, "11:00"))


def review(shop: RandomShop, event: Event) -> None:
    """A person releases what waits, or rejects it."""
    for run in shop.desk.rows(Run, state="review"):
        if event.dice.happens(70):
            shop.desk.write(partial(approve, run_id=run["id"], by="王经理"))
        else:
            shop.desk.write(partial(void, run_id=run["id"], by="王经理"))


def void_latest(shop: RandomShop, event: Event) -> None:
    """The latest run is taken back, if none of it has left."""
    ready = shop.desk.rows(Run, state="ready")
    if ready and event.dice.happens(50):
        try:
            shop.desk.write(partial(void, run_id=ready[-1]["id"], by="王经理"))
        except Refused:
            assert any(row["attempts"] for row in shop.desk.messages(run_id=ready[-1]["id"]))


def reply(shop: RandomShop, event: Event) -> None:
    """The customer answers whatever was texted last."""
    if shop.desk.person(event.name)["phone"]:
        shop.desk.reply(event.name, event.dice.one_of(*DIGITS), at(event.day, "12:00"))


def come(shop: RandomShop, event: Event) -> None:
    """The car comes in, as an import learns it: for maintenance, a small thing, or after an accident."""
    if event.plate is None or shop.desk.has_visit(event.plate, event.day):
        return
    kind = event.dice.one_of("maintenance", "other", "accident")
    is_counted = kind != "accident"
    shop.desk.visit(event.plate, event.day, counted=is_counted, has_accident=not is_counted)
    if kind == "maintenance":
        shop.desk.change_car(
            event.plate, service_anchor_on=event.day, last_maintenance_on=event.day,
            next_service_on=event.day + days(40), next_service_kind="regular",
        )  # fmt: skip
        follow(shop, event, plate=event.plate, columns=DUE_DAYS)
    owner = shop.desk.one_car(event.plate)["customer_id"]
    if is_counted and owner is not None:
        name = shop.desk.name_of(owner)
        shop.desk.change_customer(name, last_visit_on=event.day)
        follow(shop, event, name=name, columns=HANGS_ON["winback"])


def follow(
    shop: RandomShop, event: Event, *, columns: Collection[str], plate: str | None = None, name: str | None = None
) -> None:
    """What is planned follows the columns of a car or of a customer that have changed, as after an import."""
    cars = {shop.desk.car_id(plate): columns} if plate else {}
    people = {shop.desk.id_of(name): columns} if name else {}
    shop.desk.write(partial(follow_corrections, now=at(event.day, "12:00"), cars=cars, people=people))


def renew(shop: RandomShop, event: Event) -> None:
    """The policy of the next year is written."""
    if event.plate and (ends_on := shop.desk.one_car(event.plate)["insurance_ends_on"]):
        shop.desk.renewal(event.plate, event.day, ends_on + days(365))


def correct(shop: RandomShop, event: Event) -> None:
    """A date of the car moves, by days or by half a year; or the customer was born on another day."""
    column, move = event.dice.one_of(*DATES, "birth_mmdd"), days(event.dice.one_of(-7, 6, 3, 40, 200))
    if column == "birth_mmdd":
        born = event.day + days(event.dice.number(-1, 3))
        shop.desk.change_customer(event.name, birth_mmdd=f"{born:%m%d}", birth_calendar="solar")
        follow(shop, event, name=event.name, columns=HANGS_ON["birthday"])
    elif event.plate and (day := shop.desk.one_car(event.plate)[column]):
        shop.desk.change_car(event.plate, **{column: day + move})
        follow(shop, event, plate=event.plate, columns={column})


def sell(shop: RandomShop, event: Event) -> None:
    """Somebody else buys the car, or nobody we know: sooner than others one of which its owner was just told."""
    told = _told_of(shop)
    plate = event.dice.one_of(*told) if told and event.dice.happens(70) else event.plate
    if plate is None:
        return
    owner = shop.desk.one_car(plate)["customer_id"]
    others = [name for name in shop.desk.names() if shop.desk.id_of(name) != owner]
    if others and event.dice.happens(70):
        shop.desk.sell(plate, event.dice.one_of(*others))
        follow(shop, event, plate=plate, columns={"referrer_number"})
        shop.desk.change_car(plate, owner_since=event.day)
    else:
        shop.desk.write(partial(close_answered, sold=[shop.desk.car_id(plate)]))
        shop.desk.change_car(plate, state="sold")


def _told_of(shop: RandomShop) -> list[str]:
    """The cars of the latest touches that have a message, those whose stage is still open among them."""
    about = {row["id"]: row["subject_id"] for row in shop.desk.rows(Cycle, subject_type="vehicle")}
    cars = {shop.desk.car_id(plate): plate for plate in shop.plates}
    touches = [row["cycle_id"] for row in shop.desk.rows(MessageCycle)]
    return [cars[about[key]] for key in touches if about.get(key) in cars][-4:]


def book(shop: RandomShop, event: Event) -> None:
    """An appointment is made, for the car or for none in particular."""
    plate = event.plate if event.dice.happens(50) else None
    shop.desk.booking(event.name, event.day, plate=plate)
    car = shop.desk.car_id(plate) if plate else None
    shop.desk.write(
        partial(close_booked, customer_id=shop.desk.id_of(event.name), vehicle_id=car, day=event.day)
    )  # fmt: skip


def complain(shop: RandomShop, event: Event) -> None:
    """A complaint is opened, or the open ones are settled."""
    open_ones = shop.desk.rows(Complaint, customer_id=shop.desk.id_of(event.name), closed_on=None)
    if not open_ones:
        shop.desk.complaint(event.name, event.day)
    for complaint in open_ones:
        shop.desk.change(Complaint, complaint["id"], closed_on=event.day)


def workshop(shop: RandomShop, event: Event) -> None:
    """The car goes into the workshop, or leaves it."""
    if event.plate:
        inside = shop.desk.one_car(event.plate)["in_workshop_since"]
        shop.desk.change_car(event.plate, in_workshop_since=None if inside else event.day)


def consent(shop: RandomShop, event: Event) -> None:
    """The customer agrees to marketing, or no more."""
    says = event.dice.one_of("yes", "no")
    shop.desk.change_customer(event.name, consent=says)
    if says == "no":
        shop.desk.write(partial(cancel_marketing, customer_ids=[shop.desk.id_of(event.name)]))


def change_phone(shop: RandomShop, event: Event) -> None:
    """The customer has another phone, or the phone is dead."""
    phone = f"+86198{event.dice.number(0, 99):04d}{shop.desk.id_of(event.name):04d}"
    if event.dice.happens(50):
        shop.desk.change_customer(event.name, phone=phone, phone_key=phone_key(SECRET, phone), unreachable=None)
    else:
        shop.desk.change_customer(event.name, unreachable="30005")


def member(shop: RandomShop, event: Event) -> None:
    """Another level, other points."""
    level = event.dice.one_of(*LEVELS)
    if level != shop.desk.person(event.name)["member_level"]:
        shop.desk.change_customer(event.name, member_level=level, member_level_since=event.day)
    shop.desk.change_customer(
        event.name, points=event.dice.one_of(0, 100), points_end_on=event.day + days(event.dice.number(0, 40))
    )
    follow(shop, event, name=event.name, columns=PERSON_COLUMNS)


def call(shop: RandomShop, event: Event) -> None:
    """A clerk phones about one of the campaigns and brings the list back."""
    spec = event.dice.one_of(*shop.spec.campaigns)
    about_cars = spec.rule not in ("winback", "birthday", "festival", "points", "level", "referral", "tips", "list")
    if about_cars and event.plate is None:
        return
    subject = f"V{shop.desk.car_id(event.plate)}" if about_cars and event.plate else f"C{shop.desk.id_of(event.name)}"
    result = event.dice.one_of(*RESULTS)
    row = {"清单编号": f"{spec.rule}-{subject}", "跟进日期": str(event.day), "跟进结果": result, "客服专员": "李娜"}
    bring_calls(shop.desk, at(event.day, "15:00"), row)


def merge(shop: RandomShop, event: Event) -> None:
    """An import finds that two customers are one: seldom."""
    others = [name for name in shop.desk.names() if name != event.name]
    if others and event.dice.happens(40):
        lost = event.dice.one_of(*others)
        merges = {shop.desk.id_of(lost): shop.desk.id_of(event.name)}
        shop.desk.write(partial(merge_customers, merges=merges, now=at(event.day, "13:00")))
        shop.desk.forget(lost)
        shop.merged.add(shop.desk.id_of(event.name))


def pause_one(shop: RandomShop, event: Event) -> None:
    """A campaign is paused, or goes on."""
    known = shop.desk.rows(CampaignState)
    if known:
        state = event.dice.one_of(*known)
        shop.desk.write(partial(pause, campaign_id=state["campaign_id"], paused=not state["paused"]))


EVENTS: dict[str, Callable[[RandomShop, Event], None]] = {
    "send": send, "review": review, "void": void_latest, "reply": reply, "come": come, "renew": renew,
    "correct": correct, "sell": sell, "book": book, "complain": complain, "workshop": workshop, "consent": consent,
    "change phone": change_phone, "member": member, "call": call, "merge": merge, "pause": pause_one,
}  # fmt: skip
OFTEN = ("send", "send", "review", "reply", "sell", *EVENTS)


def happen(shop: RandomShop, dice: Dice, day: date) -> str:
    """One event of the day, about somebody and one of their cars; says what it was."""
    what, name = dice.one_of(*OFTEN), dice.one_of(*shop.desk.names())
    theirs = [plate for plate in shop.plates if shop.desk.one_car(plate)["customer_id"] == shop.desk.id_of(name)]
    plate = dice.one_of(*theirs) if theirs else None
    EVENTS[what](shop, Event(day, name, plate, dice))
    return f"{day} {what} {name} {plate or ''}"
