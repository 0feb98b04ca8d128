"""What the people of a broadcast have been told of it already, by whichever row of its list named them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import among, table_of
from notifier.store.tables import Customer, Cycle, Message, MessageCycle

__all__ = ["told_of_lists"]

CUSTOMER, CYCLE, MESSAGE, MESSAGE_CYCLE = (table_of(model) for model in (Customer, Cycle, Message, MessageCycle))
NOT_TOLD = ("cancelled", "failed", "undelivered")
"""A text that has not arrived tells nobody anything: another row may still reach them."""


def told_of_lists(
    session: Session, campaign_id: str, customer_ids: Sequence[int], elsewhere: Collection[int]
) -> dict[int, set[tuple[str, str, str]]]:
    """Customer → (vehicle or customer, list id, stage) of what the campaign has texted, or means to.

    `elsewhere`: the other shops of the group; what they have texted to the same phone is counted too.
    """
    connection = session.connection()
    person = CUSTOMER.alias("same_person")
    same_phone = sa.and_(person.c.phone_key == CUSTOMER.c.phone_key, person.c.shop_id.in_(elsewhere))
    asked: list[tuple[sa.Column[Any], sa.FromClause]] = [(MESSAGE.c.customer_id, MESSAGE)]
    if elsewhere:
        at_sisters = CUSTOMER.join(person, same_phone).join(MESSAGE, MESSAGE.c.customer_id == person.c.id)
        asked.append((CUSTOMER.c.id, at_sisters))
    told: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for own_id, texts in asked:
        statement = (
            sa.select(own_id, CYCLE.c.subject_type, CYCLE.c.subject_key, MESSAGE_CYCLE.c.stage)
            .select_from(texts)
            .join(MESSAGE_CYCLE, MESSAGE_CYCLE.c.message_id == MESSAGE.c.id)
            .join(CYCLE, CYCLE.c.id == MESSAGE_CYCLE.c.cycle_id)
            .where(among(connection, own_id, customer_ids), MESSAGE.c.campaign_id == campaign_id)
            .where(MESSAGE.c.state.not_in(NOT_TOLD))
        )
        for customer_id, *what in connection.execute(statement):
            told[customer_id].add((what[0], what[1], what[2]))
    return dict(told)
