"""The lane of one gateway: its pace, its back-off, and why it stands still; shared by every sender.

One row a gateway, the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.pace import Pace
from notifier.store.bulk import insert_missing, table_of
from notifier.store.engine import database_now
from notifier.store.tables import GatewayLane

LANE = table_of(GatewayLane)
LONGEST_BACKOFF = timedelta(seconds=60)
LONGEST_TOLD = timedelta(hours=1)  # a provider's own wish is obeyed, within reason


@dataclass(frozen=True, slots=True)
class LaneRow:
    """The lane as it stands. `troubles`: refusals by the provider in a row, which double the back-off."""

    gateway: str
    arrival_at: datetime | None
    retry_at: datetime | None
    troubles: int
    stopped: str | None
    stopped_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    polled_at: datetime | None

    def is_backing_off(self, clock: datetime) -> bool:
        """Whether it waits for `retry_at`; a back-off begun later than now is one of a clock set back since."""
        began_before = self.last_error_at is None or self.last_error_at <= clock
        return self.retry_at is not None and clock < self.retry_at and began_before


def lane_of(session: Session, gateway: str, *, lock: bool = False) -> LaneRow:
    """The lane's row, made at first use; locked for the transaction where the caller will change it."""
    columns = [LANE.c[name] for name in LaneRow.__dataclass_fields__]
    statement = sa.select(*columns).where(LANE.c.gateway == gateway)
    statement = statement.with_for_update() if lock else statement
    row = session.connection().execute(statement).first()
    if row is None and lock:
        insert_missing(session, GatewayLane, [{"gateway": gateway, "troubles": 0}], ["gateway"])
        row = session.connection().execute(statement).one()
    if row is None:
        return LaneRow(gateway, None, None, 0, None, None, None, None, None)
    return LaneRow(*row)


def lock_all(session: Session, gateway: str, seconds: float) -> None:
    """Hold every lane for the transaction, that of `gateway` made if need be: no claim is under way or begins.

    On PostgreSQL a lane that somebody else holds is waited for so long and no longer (trouble.is_still_held).
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.set_config("lock_timeout", f"{seconds * 1000:.0f}ms", True)))
    insert_missing(session, GatewayLane, [{"gateway": gateway, "troubles": 0}], ["gateway"])
    session.connection().execute(sa.select(LANE.c.id).order_by(LANE.c.id).with_for_update())


@dataclass(frozen=True, slots=True)
class Pass:
    """What the lane allows now: `units` (0 = none), else when to ask again.

    `stopped`: the code because of which a person must mend something first. `probing`: after trouble, one at a time.
    """

    units: float
    again_at: datetime | None = None
    stopped: str | None = None
    probing: bool = False


def may_pass(lane: LaneRow, clock: datetime, units_per_second: float) -> Pass:
    """How many units the lane lets through at `clock`."""
    if lane.stopped is not None:
        return Pass(0, stopped=lane.stopped)
    if lane.is_backing_off(clock):
        return Pass(0, again_at=lane.retry_at)
    pace = Pace.at(clock, lane.arrival_at, units_per_second)
    if not pace.room:
        return Pass(0, again_at=pace.again_at)
    return Pass(pace.room, probing=lane.troubles > 0)


def reserve(session: Session, lane: LaneRow, clock: datetime, units: float, units_per_second: float) -> None:
    """Move the lane's arrival time on by the units just claimed."""
    arrival = Pace.at(clock, lane.arrival_at, units_per_second).after(units)
    session.connection().execute(sa.update(LANE).where(LANE.c.gateway == lane.gateway).values(arrival_at=arrival))


def back_off(session: Session, gateway: str, *, seconds: float | None, error: str) -> None:
    """The provider asked for a pause (of `seconds`), or could not be reached: wait as told, else twice the last time.

    What comes while the lane waits already was under way when the trouble began: it can make the pause longer where
    the provider says so, but is no trouble of its own, else one window of refusals would double it many times.
    """
    lane = lane_of(session, gateway, lock=True)
    clock = database_now(session)
    is_new = not lane.is_backing_off(clock)
    until = clock if is_new or lane.retry_at is None else lane.retry_at
    if seconds:
        until = max(until, clock + min(timedelta(seconds=seconds), LONGEST_TOLD))
    elif is_new:
        until = clock + min(timedelta(seconds=2.0 ** min(lane.troubles, 6)), LONGEST_BACKOFF)
    session.connection().execute(
        sa.update(LANE)
        .where(LANE.c.gateway == gateway)
        .values(retry_at=until, troubles=lane.troubles + is_new, last_error=error, last_error_at=clock)
    )


def calm(session: Session, gateway: str) -> None:
    """The provider takes texts again. What it took before it asked for the pause that still lasts proves nothing."""
    clock = database_now(session)
    is_over = sa.or_(LANE.c.retry_at.is_(None), LANE.c.retry_at <= clock, LANE.c.last_error_at > clock)
    session.connection().execute(
        sa.update(LANE).where(LANE.c.gateway == gateway, LANE.c.troubles > 0, is_over).values(troubles=0, retry_at=None)
    )


def stop(session: Session, gateway: str, *, code: str, error: str) -> None:
    """Our own set-up is wrong: nothing more is posted until a person has mended it and starts the lane again."""
    lane_of(session, gateway, lock=True)
    clock = database_now(session)
    session.connection().execute(
        sa.update(LANE)
        .where(LANE.c.gateway == gateway)
        .values(stopped=code, stopped_at=clock, last_error=error, last_error_at=clock)
    )


def start(session: Session, gateway: str) -> None:
    """A person (or a fresh start with new settings) lets the lane try again; a pause the provider asked for stays."""
    lane_of(session, gateway, lock=True)
    started = {"stopped": None, "stopped_at": None, "started_at": database_now(session)}
    session.connection().execute(sa.update(LANE).where(LANE.c.gateway == gateway).values(started))


def was_started_since(session: Session, gateway: str, moment: datetime) -> bool:
    """Whether a person has let the lane try again since `moment`."""
    statement = sa.select(LANE.c.id).where(LANE.c.gateway == gateway, LANE.c.started_at >= moment)
    return session.execute(statement).first() is not None


def note_polled(session: Session, gateway: str, at: datetime) -> None:
    """Remember up to when statuses and replies were fetched."""
    lane_of(session, gateway, lock=True)
    session.connection().execute(sa.update(LANE).where(LANE.c.gateway == gateway).values(polled_at=at))
