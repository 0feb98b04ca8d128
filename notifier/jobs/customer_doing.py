"""What a person at a desk does about one customer: by whom, when, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from notifier.errors import NotFound, Refused
from notifier.locale import N_
from notifier.store import audit
from notifier.store.audit import Actor
from notifier.store.dossiers import CarFacts, PersonFacts, car_of, person_of
from notifier.store.engine import Session
from notifier.store.imports import lock_shop

__all__ = ["SUBJECT", "Doing", "car_to_change", "person_to_change"]

SUBJECT = "customer"
"""What the audit log calls a customer."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does something about which customer of which shop, at `now` (business time); `zone`: the shop's."""

    shop_id: int
    customer_id: int
    actor: Actor
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The shop's day."""
        return self.now.astimezone(self.zone).date()

    def write_down(
        self,
        session: Session,
        action: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """The audit entry, in the transaction of the change."""
        audit.record(
            session, at=self.now, who=self.actor.name, user_id=self.actor.user_id, action=f"customer.{action}",
            subject_type=SUBJECT, subject=str(self.customer_id), shop_id=self.shop_id,
            before=_plain(before), after=_plain(after),
        )  # fmt: skip


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def person_to_change(session: Session, doing: Doing) -> PersonFacts:
    """The customer as they are now; no import changes them until the transaction ends.

    Raises NotFound where the shop has no such customer, Refused where their data was erased.
    """
    lock_shop(session, doing.shop_id)
    person = person_of(session, doing.shop_id, doing.customer_id)
    if person is None:
        raise NotFound(N_("This customer is not there any more; perhaps two records became one. Search again."))
    if person.erased_at is not None:
        raise Refused(N_("This customer's data was erased on request; nothing is written about them any more."))
    return person


def car_to_change(session: Session, doing: Doing, vehicle_id: int) -> CarFacts:
    """One of the customer's cars. Raises NotFound where it is not theirs (any more)."""
    car = car_of(session, doing.customer_id, vehicle_id)
    if car is None:
        raise NotFound(N_("This car is not the customer's any more; open the page again."))
    return car
