"""What the other shops of a group have texted to the same people, about the same cars, and which policies they wrote.

A person is known across the group by the phone, a car by its VIN. Asked only where there is more than one shop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import among, table_of
from notifier.store.tables import Customer, Cycle, Message, MessageCycle, Renewal, Vehicle
from notifier.store.touches import ChunkFacts, counts_as_sent

__all__ = ["add_facts_of_group"]

CUSTOMER, CYCLE, MESSAGE, MESSAGE_CYCLE, RENEWAL, VEHICLE = (
    table_of(model) for model in (Customer, Cycle, Message, MessageCycle, Renewal, Vehicle)
)


Texted = Mapping[tuple[str, int, str], Sequence[tuple[date, str]]]
"""(vehicle or customer, own id, subject key) → the (anchor, stage) another shop has a message of."""


def add_facts_of_group(
    session: Session,
    facts: ChunkFacts,
    *,
    campaign_id: str,
    elsewhere: Collection[int],
    vehicle_ids: Sequence[int],
    today: date,
    cap_days: int | None,
) -> None:
    """Complete the facts of one chunk with those of the shops `elsewhere`.

    `cap_days`: length of a frequency cap that counts the texts of all shops, None where each counts its own.
    """
    connection, people = session.connection(), list(facts.customers)
    facts.texted_elsewhere = _texted(connection, campaign_id, elsewhere, people, vehicle_ids)
    facts.renewed = _latest(facts.renewed, _renewed(connection, elsewhere, vehicle_ids))
    if cap_days is not None:
        facts.counted = _counted_in_group(connection, people, today - timedelta(days=cap_days))


def _texted(
    connection: sa.Connection,
    campaign_id: str,
    elsewhere: Collection[int],
    customer_ids: Sequence[int],
    vehicle_ids: Sequence[int],
) -> Texted:
    car, person = VEHICLE.alias("sister_car"), CUSTOMER.alias("sister_person")
    same_car = sa.and_(car.c.vin == VEHICLE.c.vin, car.c.shop_id.in_(elsewhere))
    same_person = sa.and_(person.c.phone_key == CUSTOMER.c.phone_key, person.c.shop_id.in_(elsewhere))
    asked = (
        ("vehicle", VEHICLE.c.id, VEHICLE.join(car, same_car), car.c.id, vehicle_ids),
        ("customer", CUSTOMER.c.id, CUSTOMER.join(person, same_person), person.c.id, customer_ids),
    )
    texted: dict[tuple[str, int, str], list[tuple[date, str]]] = defaultdict(list)
    for subject_type, own_id, pairs, sister_id, ids in asked:
        statement = (
            sa.select(own_id, CYCLE.c.subject_key, CYCLE.c.anchor_on, MESSAGE_CYCLE.c.stage)
            .select_from(pairs)
            .join(CYCLE, sa.and_(CYCLE.c.subject_type == subject_type, CYCLE.c.subject_id == sister_id))
            .join(MESSAGE_CYCLE, MESSAGE_CYCLE.c.cycle_id == CYCLE.c.id)
            .join(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
            .where(among(connection, own_id, ids), CYCLE.c.campaign_id == campaign_id, MESSAGE.c.state != "cancelled")
        )
        for key, subject_key, anchor_on, stage in connection.execute(statement) if ids else ():
            texted[subject_type, key, subject_key].append((anchor_on, stage))
    return texted


def _renewed(connection: sa.Connection, elsewhere: Collection[int], vehicle_ids: Sequence[int]) -> dict[int, date]:
    """Car → the end of the latest policy another shop has written for it."""
    if not vehicle_ids:
        return {}
    car = VEHICLE.alias("sister_car")
    statement = (
        sa.select(VEHICLE.c.id, sa.func.max(RENEWAL.c.ends_on))
        .select_from(VEHICLE.join(car, sa.and_(car.c.vin == VEHICLE.c.vin, car.c.shop_id.in_(elsewhere))))
        .join(RENEWAL, RENEWAL.c.vehicle_id == car.c.id)
        .where(among(connection, VEHICLE.c.id, vehicle_ids))
        .group_by(VEHICLE.c.id)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def _latest(ours: Mapping[int, date], theirs: Mapping[int, date]) -> dict[int, date]:
    return {key: max(day for day in (ours.get(key), theirs.get(key)) if day) for key in (*ours, *theirs)}


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
