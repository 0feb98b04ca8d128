"""How the house stands right now: what waits, what is under way, what nobody can tell, and how well it is set up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.holds import held_since, is_held_back, shop_zones
from notifier.store.lanes import LaneRow
from notifier.store.messages import PLANNED
from notifier.store.runs import RunRow, ready_runs
from notifier.store.tables import Attempt, Customer, Message, Run

__all__ = [
    "LaneState", "Standing", "consent_counts", "lane_state", "one_known_phone", "sending_of", "standing", "under_way",
    "unknown_of",
]  # fmt: skip

ATTEMPT = table_of(Attempt)
CUSTOMER = table_of(Customer)
MESSAGE = table_of(Message)
RUN = table_of(Run)

RATE_OVER = timedelta(minutes=1)
RATE_ROWS = 20_000
"""Attempts looked at for the rate, the newest first: no index knows their times, and there may be ten million."""

UNDER_WAY = sa.text("message.state IN ('sending', 'unknown')")  # literals, or their index is not used
LaneState = Literal["stopped", "backing_off", "probing", "running", "idle"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Texts by where they stand, at the moment `at` of the database's clock.

    `waiting` in released runs = `may_go` now + `later`, whose moment has not come + `paused` with their shop or
    campaign; `in_review` in runs a person must release first. `oldest_waiting`: since when (business time) the first of
    those that may go has been allowed to; what a complaint, the workshop or an accident holds back is passed over,
    quiet hours are not asked. `rate`: POSTs begun a second, over the last minute of the database's clock.
    """

    at: datetime
    waiting: int
    may_go: int
    later: int
    paused: int
    in_review: int
    sending: int
    unknown: int
    oldest_waiting: datetime | None
    rate: float


@dataclass(frozen=True, slots=True)
class _Planned:
    """A run's planned texts: how many in all, and how many of them for later."""

    texts: int
    later: int

    @property
    def may_go(self) -> int:
        return self.texts - self.later


def standing(session: Session, now: datetime) -> Standing:
    """Where the texts stand; `now` is business time."""
    released, reviewed = (_planned(session, state, now) for state in ("ready", "review"))
    going = [run for run in ready_runs(session) if run.id in released]
    can_go = [released[run.id] for run in going]
    waiting = sum(each.texts for each in released.values())
    clock = database_now(session)
    return Standing(
        at=clock,
        waiting=waiting,
        may_go=sum(each.may_go for each in can_go),
        later=sum(each.later for each in can_go),
        paused=waiting - sum(each.texts for each in can_go),
        in_review=sum(each.texts for each in reviewed.values()),
        oldest_waiting=_first_that_may_go(session, [run for run in going if released[run.id].may_go], now),
        rate=_rate(session, clock),
        **under_way(session),
    )


def lane_state(lane: LaneRow, now: Standing) -> LaneState:
    """What the lane does: it is stopped, waits out a back-off, tries one text after trouble, posts, or is free."""
    if lane.stopped is not None:
        return "stopped"
    if lane.is_backing_off(now.at):
        return "backing_off"
    if lane.troubles:
        return "probing"
    return "running" if now.rate else "idle"


def _planned(session: Session, state: str, now: datetime) -> dict[int, _Planned]:
    """Of each run in this state that has any. Counted in an index; the moments are asked of its first and last text."""
    planned = sa.and_(MESSAGE.c.run_id == RUN.c.id, MESSAGE.c.state == PLANNED)
    moments = sa.select(MESSAGE.c.not_before).where(planned).limit(1)
    statement = sa.select(
        RUN.c.id,
        sa.select(sa.func.count()).select_from(MESSAGE).where(planned).correlate(RUN).scalar_subquery(),
        moments.order_by(MESSAGE.c.not_before, MESSAGE.c.id).correlate(RUN).scalar_subquery(),
        moments.order_by(MESSAGE.c.not_before.desc(), MESSAGE.c.id.desc()).correlate(RUN).scalar_subquery(),
    ).where(RUN.c.state == state)
    found: dict[int, _Planned] = {}
    for run, texts, first, last in session.connection().execute(statement):
        if texts:
            is_both = first <= now < last
            found[run] = _Planned(texts, _later(session, run, now) if is_both else texts * (first > now))
    return found


def _later(session: Session, run: int, now: datetime) -> int:
    statement = sa.select(sa.func.count()).where(
        MESSAGE.c.run_id == run, MESSAGE.c.state == PLANNED, MESSAGE.c.not_before > now
    )
    return session.connection().execute(statement).scalar_one()


def under_way(session: Session) -> dict[str, int]:
    """How many texts are `sending`, and how many `unknown`."""
    statement = sa.select(MESSAGE.c.state, sa.func.count()).where(UNDER_WAY).group_by(MESSAGE.c.state)
    return {"sending": 0, "unknown": 0} | dict(session.connection().execute(statement).all())


def sending_of(session: Session, shop_id: int, campaign_id: str | None = None) -> int:
    """How many texts of one shop, or of one of its campaigns, are being handed over."""
    theirs = [MESSAGE.c.shop_id == shop_id] + ([MESSAGE.c.campaign_id == campaign_id] if campaign_id else [])
    statement = sa.select(sa.func.count()).where(UNDER_WAY, MESSAGE.c.state == "sending", *theirs)
    return session.connection().execute(statement).scalar_one()


def unknown_of(session: Session, shop_id: int, most: int) -> int:
    """How many texts of one shop are `unknown`; no more than `most` are counted."""
    found = sa.select(MESSAGE.c.id).where(UNDER_WAY, MESSAGE.c.state == "unknown", MESSAGE.c.shop_id == shop_id)
    statement = sa.select(sa.func.count()).select_from(found.limit(most).subquery())
    return session.connection().execute(statement).scalar_one()


def _first_that_may_go(session: Session, runs: list[RunRow], now: datetime) -> datetime | None:
    """As a claim looks for it: one step into one index a run."""
    zones = shop_zones(session) if runs else {}
    first: list[datetime] = []
    for run in runs:
        statement = (
            sa.select(MESSAGE.c.not_before)
            .where(MESSAGE.c.run_id == run.id, MESSAGE.c.state == PLANNED, MESSAGE.c.not_before <= now,
                   MESSAGE.c.text.is_not(None),
                   ~is_held_back(sa.literal(held_since(now, zones[run.shop_id])), zones.keys()))
            .order_by(MESSAGE.c.not_before, MESSAGE.c.id)
            .limit(1)
        )  # fmt: skip
        first += session.connection().execute(statement).scalars()
    return min(first, default=None)


def _rate(session: Session, clock: datetime) -> float:
    """From the newest attempts; where they do not reach back a minute, over the time they do reach back."""
    newest = sa.select(ATTEMPT.c.claimed_at).order_by(ATTEMPT.c.id.desc()).limit(RATE_ROWS).subquery()
    begun = sa.select(sa.func.count(), sa.func.min(newest.c.claimed_at)).where(newest.c.claimed_at > clock - RATE_OVER)
    number, since = session.connection().execute(begun).one()
    seconds: float = (RATE_OVER if number < RATE_ROWS else max(clock - since, timedelta(seconds=1))).total_seconds()
    return round(float(number) / seconds, 2)


def consent_counts(session: Session, shop_id: int) -> dict[str, int]:
    """Consent to marketing (yes, no, unknown) → reachable customers of a shop."""
    statement = (
        sa.select(CUSTOMER.c.consent, sa.func.count())
        .where(CUSTOMER.c.shop_id == shop_id, CUSTOMER.c.phone.is_not(None), CUSTOMER.c.unreachable.is_(None))
        .group_by(CUSTOMER.c.consent)
    )
    return dict(session.connection().execute(statement).all())


def one_known_phone(session: Session) -> tuple[str, str] | None:
    """(phone, phone key) of some customer: with another secret key the key would be another."""
    statement = (
        sa.select(CUSTOMER.c.phone, CUSTOMER.c.phone_key)
        .where(CUSTOMER.c.phone.is_not(None), CUSTOMER.c.phone_key.is_not(None))
        .order_by(CUSTOMER.c.id.desc())
        .limit(1)
    )
    row = session.connection().execute(statement).first()
    return (row[0], row[1]) if row else None
