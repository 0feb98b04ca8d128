"""What the other shops of a group know of the same people and the same cars: texts, outcomes, holds and refusals.

A person is known across the group by the phone, a car by its VIN. Asked only where there is more than one shop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.guards import ACCIDENT_HOLD
from notifier.store.bulk import among, table_of
from notifier.store.sisters import sisters_of
from notifier.store.tables import Booking, Customer, Message, Vehicle, Visit
from notifier.store.touches import ChunkFacts, counts_as_sent, load_facts

__all__ = ["add_facts_of_group"]

BOOKING, CUSTOMER, MESSAGE, VEHICLE, VISIT = (table_of(model) for model in (Booking, Customer, Message, Vehicle, Visit))

Pairs = Sequence[tuple[int, int]]
"""(our id, the id under which another shop knows the same person or car)."""


def add_facts_of_group(
    session: Session,
    facts: ChunkFacts,
    *,
    campaign_id: str,
    period: str,
    elsewhere: Collection[int],
    today: date,
    cap_days: int | None,
) -> None:
    """Complete the facts of one chunk with those of the shops `elsewhere`.

    `cap_days`: length of a frequency cap that counts the texts of all shops, None where each counts its own.
    """
    connection = session.connection()
    people = sisters_of(connection, "customer", list(facts.customers), elsewhere)
    cars = sisters_of(connection, "vehicle", list(facts.vehicles), elsewhere)
    if people or cars:
        theirs = load_facts(
            session, campaign_id=campaign_id, period=period, today=today, customer_ids=_others(people),
            vehicle_ids=_others(cars), cap_days=None,
        )  # fmt: skip
        facts.texted_elsewhere = _texted(theirs, people, cars)
        _add_outcomes(connection, facts, theirs, people, cars)
        _add_holds_of_people(facts, theirs, people)
        _add_holds_of_cars(connection, facts, cars, today)
        _add_refusals(facts, theirs, people)
    if cap_days is not None:
        facts.counted = _counted_in_group(connection, list(facts.customers), today - timedelta(days=cap_days))


def _others(pairs: Pairs) -> list[int]:
    return sorted({other for _ours, other in pairs})


def _texted(theirs: ChunkFacts, people: Pairs, cars: Pairs) -> dict[tuple[str, int, str], list[tuple[date, str]]]:
    """(vehicle or customer, our id, subject key) → the (anchor, stage) another shop has a message of."""
    ours: dict[tuple[str, int], list[int]] = defaultdict(list)
    for subject_type, pairs in (("customer", people), ("vehicle", cars)):
        for own, other in pairs:
            ours[subject_type, other].append(own)
    texted: dict[tuple[str, int, str], list[tuple[date, str]]] = defaultdict(list)
    for (subject_type, other, subject_key), cycles in theirs.cycles.items():
        made = [
            (cycle.anchor_on, stage)
            for cycle in cycles
            for stage, (_message_id, state) in cycle.touches.items()
            if state != "cancelled"
        ]
        for own in ours[subject_type, other]:
            texted[subject_type, own, subject_key] += made
    return texted


def _add_outcomes(connection: sa.Connection, facts: ChunkFacts, theirs: ChunkFacts, people: Pairs, cars: Pairs) -> None:
    """A visit, a booking or a policy of another shop answers our reminder."""
    facts.came = _latest(facts.came, _as_ours(cars, theirs.came))
    facts.customer_came = _latest(facts.customer_came, _as_ours(people, theirs.customer_came))
    facts.renewed = _latest(facts.renewed, _as_ours(cars, theirs.renewed))
    of_car = {other: own for own, other in cars}
    booked: dict[int, dict[int | None, date]] = defaultdict(
        dict, {key: dict(of_cars) for key, of_cars in facts.booked.items()}
    )
    asked = [
        # A car only the other shop knows keeps its id there, which is none of ours.
        (own, of_car.get(car, car) if car is not None else None, day)
        for own, other in people
        for car, day in theirs.booked.get(other, {}).items()
    ]
    days = _as_ours(cars, _booked_cars(connection, _others(cars)))
    asked += [(owner, car, day) for car, day in days.items() if (owner := facts.vehicles[car].customer_id) is not None]
    for own, car, day in asked:
        booked[own][car] = max(day, booked[own].get(car, day))
    facts.booked = booked


def _add_holds_of_people(facts: ChunkFacts, theirs: ChunkFacts, people: Pairs) -> None:
    """An open complaint, a car in the workshop or a fresh accident repair at another shop holds our texts too."""
    facts.complaints |= {own for own, other in people if other in theirs.complaints}
    facts.accidents = _latest(facts.accidents, _as_ours(people, theirs.accidents))
    facts.in_workshop_elsewhere = _earliest(
        (own, car.in_workshop_since)
        for own, other in people
        for car in theirs.cars_of.get(other, ())
        if car.in_workshop_since is not None
    )


def _add_holds_of_cars(connection: sa.Connection, facts: ChunkFacts, cars: Pairs, today: date) -> None:
    """The same of our cars, whoever owns them there."""
    accidents = _as_ours(cars, _accidents_of_cars(connection, _others(cars), today))
    facts.accidents = _latest(facts.accidents, _of_owners(facts, accidents.items()))
    in_workshop = _in_workshop(connection, _others(cars))
    since = [(own, in_workshop[other]) for own, other in cars if other in in_workshop]
    facts.in_workshop_elsewhere = _earliest([*facts.in_workshop_elsewhere.items(), *_of_owners(facts, since).items()])


def _add_refusals(facts: ChunkFacts, theirs: ChunkFacts, people: Pairs) -> None:
    """Who refused marketing at one shop has refused it at all. Source: rules.md, "Consent on merge"."""
    refused = {own for own, other in people if theirs.customers[other].consent == "no"}
    facts.customers = {
        key: row._replace(consent="no") if key in refused else row for key, row in facts.customers.items()
    }


def _as_ours(pairs: Pairs, theirs: Mapping[int, date]) -> dict[int, date]:
    """The latest day by our ids."""
    found: dict[int, date] = {}
    for own, other in pairs:
        if other in theirs:
            found[own] = max(theirs[other], found.get(own, theirs[other]))
    return found


def _of_owners(facts: ChunkFacts, days: Iterable[tuple[int, date]]) -> dict[int, date]:
    """(car, day) as owner → the latest day."""
    found: dict[int, date] = {}
    for car, day in days:
        owner = facts.vehicles[car].customer_id
        if owner is not None:
            found[owner] = max(day, found.get(owner, day))
    return found


def _latest(ours: Mapping[int, date], theirs: Mapping[int, date]) -> dict[int, date]:
    return {key: max(day for day in (ours.get(key), theirs.get(key)) if day) for key in (*ours, *theirs)}


def _earliest(days: Iterable[tuple[int, date]]) -> dict[int, date]:
    return dict(sorted(days, key=lambda item: item[1], reverse=True))


def _booked_cars(connection: sa.Connection, vehicle_ids: Sequence[int]) -> dict[int, date]:
    """Car → its owner's latest booking for it."""
    of_owner = sa.and_(BOOKING.c.customer_id == VEHICLE.c.customer_id, BOOKING.c.vehicle_id == VEHICLE.c.id)
    statement = (
        sa.select(BOOKING.c.vehicle_id, sa.func.max(BOOKING.c.booked_on))
        .select_from(VEHICLE.join(BOOKING, of_owner))  # through the owner, by whom bookings are found
        .where(among(connection, VEHICLE.c.id, vehicle_ids), BOOKING.c.state != "cancelled")
        .group_by(BOOKING.c.vehicle_id)
    )
    return _days(connection, statement, vehicle_ids)


def _accidents_of_cars(connection: sa.Connection, vehicle_ids: Sequence[int], today: date) -> dict[int, date]:
    statement = (
        sa.select(VISIT.c.vehicle_id, sa.func.max(VISIT.c.day))
        .where(among(connection, VISIT.c.vehicle_id, vehicle_ids), VISIT.c.has_accident)
        .where(VISIT.c.day >= today - ACCIDENT_HOLD)
        .group_by(VISIT.c.vehicle_id)
    )
    return _days(connection, statement, vehicle_ids)


def _in_workshop(connection: sa.Connection, vehicle_ids: Sequence[int]) -> dict[int, date]:
    """Car → since when it stands there."""
    statement = sa.select(VEHICLE.c.id, VEHICLE.c.in_workshop_since).where(
        among(connection, VEHICLE.c.id, vehicle_ids), VEHICLE.c.in_workshop_since.is_not(None)
    )
    return _days(connection, statement, vehicle_ids)


def _days(connection: sa.Connection, statement: sa.Select[Any], vehicle_ids: Sequence[int]) -> dict[int, date]:
    return {row[0]: row[1] for row in connection.execute(statement)} if vehicle_ids else {}


def _counted_in_group(connection: sa.Connection, customer_ids: Sequence[int], after: date) -> dict[int, int]:
    """Customer → rows of the same phone, at whatever shop, that count towards a frequency cap."""
    same = CUSTOMER.alias("same_person")
    statement = (
        sa.select(CUSTOMER.c.id, sa.func.count())
        .select_from(CUSTOMER.join(same, same.c.phone_key == CUSTOMER.c.phone_key))
        .join(MESSAGE, MESSAGE.c.customer_id == same.c.id)
        .where(among(connection, CUSTOMER.c.id, customer_ids), MESSAGE.c.count_on > after, *counts_as_sent())
        .group_by(CUSTOMER.c.id)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}
