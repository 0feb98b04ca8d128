"""A customer's phone put right by a person: the same rules as for a file in which all their numbers have a new phone.

Source: rules.md, "Identity". Whoever has that phone already is the same person, and the two become one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from notifier.dms.identity import Known, resolve
from notifier.dms.owners import Final, store_change
from notifier.store.customers import customers_by_id, customers_by_phone, drop_stand_ins, is_stand_in, numbers_of
from notifier.store.engine import Session
from notifier.store.imports import lock_shop
from notifier.store.phones import Phone

__all__ = ["move_to_phone"]

_NUMBERLESS = ""
"""Stands for the number of a customer who has none and is known by the phone alone."""


def move_to_phone(session: Session, shop_id: int, customer_id: int, phone: Phone, now: datetime) -> int:
    """Give the customer this phone, in the caller's transaction; the id they are known by from now on.

    What is planned goes to the new phone; a stop of the old one holds for it too.
    """
    lock_shop(session, shop_id)
    holders = customers_by_phone(session, shop_id, [phone.key])
    known = _known(session, {customer_id, *holders.values()})
    own = next(each for each in known if each.id == customer_id)
    moved: dict[str, str | None] = dict.fromkeys(own.numbers, phone.key)
    for change in resolve(known, moved):
        store_change(session, change, Final(shop_id, now, moved, {phone.key: phone}))
    drop_stand_ins(session, shop_id, [number for number in own.numbers if is_stand_in(number)])
    return customers_by_phone(session, shop_id, [phone.key])[phone.key]


def _known(session: Session, ids: Collection[int]) -> list[Known]:
    numbers: dict[int, dict[str, str | None]] = defaultdict(dict)
    for owner_id, number, key in numbers_of(session, ids):
        numbers[owner_id][number] = key
    return [
        Known(key, row["created_at"], row["phone_key"], numbers[key] or {_NUMBERLESS: row["phone_key"]})
        for key, row in customers_by_id(session, ids).items()
    ]
