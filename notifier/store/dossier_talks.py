"""What was said between a shop and a customer: our texts, theirs, and calls by staff; by pages, the latest first."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.dossiers import Place, is_behind
from notifier.store.tables import Contact, Message, Reply, Run, TemplateVersion, Vehicle

__all__ = ["CallRow", "ReplyRow", "TextRow", "calls_page", "replies_page", "texts_page"]

CONTACT, MESSAGE, REPLY, RUN, VERSION, VEHICLE = (
    table_of(model) for model in (Contact, Message, Reply, Run, TemplateVersion, Vehicle)
)


class TextRow(NamedTuple):
    """A message of ours. `run_state`: of the run it belongs to, which says whether it waits for a person."""

    id: int
    count_on: date
    campaign_id: str
    stage: str
    arm: str
    kind: str
    state: str
    reason: str | None
    text: str | None
    segments: int
    not_before: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    template: str
    version: int
    run_state: str
    run_id: int

    @property
    def place(self) -> Place:
        """Where it stands in the order of pages."""
        return Place(self.count_on, self.id)

    @property
    def at(self) -> datetime:
        """When it left, or was to leave."""
        return self.sent_at or self.not_before


class ReplyRow(NamedTuple):
    """A text of theirs."""

    id: int
    arrived_on: date
    text: str | None
    meaning: str
    business_at: datetime
    handled_by: str | None
    handled_at: datetime | None

    @property
    def place(self) -> Place:
        """Where it stands in the order of pages."""
        return Place(self.arrived_on, self.id)

    @property
    def at(self) -> datetime:
        """When it came."""
        return self.business_at


class CallRow(NamedTuple):
    """A call by staff."""

    id: int
    contacted_on: date
    purpose: str
    clerk: str | None
    result: str | None
    reason_code: str | None
    note: str | None
    next_contact_on: date | None
    odometer: int | None
    booked_for: date | None
    plate: str | None

    @property
    def place(self) -> Place:
        """Where it stands in the order of pages."""
        return Place(self.contacted_on, self.id)


def texts_page(session: Session, customer_id: int, behind: Place | None, limit: int) -> list[TextRow]:
    """Their messages, the latest first."""
    own = TextRow._fields[: TextRow._fields.index("template")]
    statement = (
        sa.select(*(MESSAGE.c[name] for name in own), VERSION.c.name, VERSION.c.version, RUN.c.state, RUN.c.id)
        .join(VERSION, VERSION.c.id == MESSAGE.c.template_version_id)
        .join(RUN, RUN.c.id == MESSAGE.c.run_id)
        .where(MESSAGE.c.customer_id == customer_id, *is_behind(MESSAGE.c.count_on, MESSAGE.c.id, behind))
        .order_by(MESSAGE.c.count_on.desc(), MESSAGE.c.id.desc())
        .limit(limit)
    )
    return [TextRow._make(row) for row in session.execute(statement)]


def replies_page(session: Session, customer_id: int, behind: Place | None, limit: int) -> list[ReplyRow]:
    """Their texts to us, the latest first."""
    columns = [REPLY.c[name] for name in ReplyRow._fields]
    statement = (
        sa.select(*columns)
        .where(REPLY.c.customer_id == customer_id, *is_behind(REPLY.c.arrived_on, REPLY.c.id, behind))
        .order_by(REPLY.c.arrived_on.desc(), REPLY.c.id.desc())
        .limit(limit)
    )
    return [ReplyRow(*row) for row in session.execute(statement)]


def calls_page(session: Session, customer_id: int, behind: Place | None, limit: int) -> list[CallRow]:
    """Calls by staff, the latest first."""
    columns = [CONTACT.c[name] for name in CallRow._fields if name != "plate"]
    statement = (
        sa.select(*columns, VEHICLE.c.plate)
        .outerjoin(VEHICLE, VEHICLE.c.id == CONTACT.c.vehicle_id)
        .where(CONTACT.c.customer_id == customer_id, *is_behind(CONTACT.c.contacted_on, CONTACT.c.id, behind))
        .order_by(CONTACT.c.contacted_on.desc(), CONTACT.c.id.desc())
        .limit(limit)
    )
    return [CallRow(*row) for row in session.execute(statement)]
