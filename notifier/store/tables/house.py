"""The house itself: the lock of its planners, the beat of its engines, and the simulator's phone network."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from notifier.store.tables.fields import document, identity, moment

__all__ = ["EngineBeat", "PlannerLock", "SimulatedReply", "SimulatedText"]


class PlannerLock(SQLModel, table=True):
    """The row a planner holds while it plans for a shop."""

    __tablename__ = "planner_lock"

    shop_id: int = Field(sa_type=sa.BigInteger, foreign_key="shop.id", primary_key=True)


class EngineBeat(SQLModel, table=True):
    """An engine says each minute that it lives, by the database's clock."""

    __tablename__ = "engine_beat"

    name: str = Field(primary_key=True, description="embedded, or the worker: its machine and process")
    version: str = Field(description="of Notifier")
    started_at: datetime = moment()
    beat_at: datetime = moment()


class SimulatedText(SQLModel, table=True):
    """The simulator's phone network: one text it accepted, with the statuses still to come."""

    __tablename__ = "simulated_text"
    __table_args__ = (Index("ix_simulated_text_due", "next_at"), Index("ix_simulated_text_to", "to"))

    id: int | None = identity()
    sid: str = Field(unique=True)
    to: str
    body: str
    callback: str = Field(description="message:attempt")
    status: str
    error_code: str | None = None
    created_at: datetime = moment()
    next_at: datetime | None = moment(nullable=True)
    plan: dict[str, Any] = document()


class SimulatedReply(SQLModel, table=True):
    """A text a simulated customer sends back."""

    __tablename__ = "simulated_reply"

    id: int | None = identity()
    sid: str = Field(unique=True)
    sender: str
    body: str
    text_sid: str | None = None
    at: datetime = moment(index=True)
