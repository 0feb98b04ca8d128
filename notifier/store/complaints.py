"""Complaints: what a customer was not content with, open until somebody has settled it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.errors import NotFound
from notifier.locale import N_
from notifier.locale.mends import Mend
from notifier.store.bulk import insert_rows, table_of
from notifier.store.tables import Complaint, Customer, Reply

__all__ = ["OpenComplaint", "close_complaint", "open_complaint", "open_complaints"]

COMPLAINT, CUSTOMER, REPLY = (table_of(model) for model in (Complaint, Customer, Reply))


@dataclass(frozen=True, slots=True)
class OpenComplaint:
    """One to be settled, with what the customer wrote."""

    id: int
    opened_on: date
    name: str | None
    phone: str | None
    words: str | None


def open_complaint(session: Session, *, shop_id: int, customer_id: int, reply_id: int, day: date) -> None:
    """Open one; a customer who complains again while one is open has still one."""
    is_open = (COMPLAINT.c.customer_id == customer_id, COMPLAINT.c.closed_on.is_(None))
    if session.execute(sa.select(COMPLAINT.c.id).where(*is_open).limit(1)).first() is None:
        row = {"shop_id": shop_id, "customer_id": customer_id, "reply_id": reply_id, "opened_on": day}
        insert_rows(session, Complaint, [row])


def open_complaints(session: Session) -> Sequence[OpenComplaint]:
    """All that wait, the oldest first."""
    statement = (
        sa.select(COMPLAINT.c.id, COMPLAINT.c.opened_on, CUSTOMER.c.name, CUSTOMER.c.phone, REPLY.c.text)
        .join(CUSTOMER, CUSTOMER.c.id == COMPLAINT.c.customer_id)
        .outerjoin(REPLY, REPLY.c.id == COMPLAINT.c.reply_id)
        .where(COMPLAINT.c.closed_on.is_(None))
        .order_by(COMPLAINT.c.opened_on, COMPLAINT.c.id)
    )
    return [OpenComplaint(*row) for row in session.execute(statement)]


def close_complaint(session: Session, complaint_id: int, *, day: date, note: str | None = None) -> None:
    """Settle it: what it held back may go out again. Raises NotFound where no open one has this number."""
    settled = session.connection().execute(
        sa.update(COMPLAINT)
        .where(COMPLAINT.c.id == complaint_id, COMPLAINT.c.closed_on.is_(None))
        .values(closed_on=day, note=note)
    )
    if not settled.rowcount:
        raise NotFound(
            N_("No open complaint has the number {id}."),
            mend=Mend(N_("Those that are open: notifier complaints list."), N_("Open the customer's page again.")),
            id=complaint_id,
        )
