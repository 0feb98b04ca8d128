"""Runs: one planning of one campaign of one shop, from planning to done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.errors import NotFound, Refused
from notifier.locale import N_
from notifier.locale.mends import Mend
from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.messages import PLANNED
from notifier.store.pauses import halted_shops
from notifier.store.tables import (
    Attempt,
    CampaignState,
    Coupon,
    Cycle,
    Decision,
    Enrolment,
    Message,
    MessageCycle,
    Run,
    Shop,
)

RUN = table_of(Run)
SHOP = table_of(Shop)
MESSAGE = table_of(Message)
ATTEMPT = table_of(Attempt)
COUPON = table_of(Coupon)
CYCLE = table_of(Cycle)
DECISION = table_of(Decision)
ENROLMENT = table_of(Enrolment)
MESSAGE_CYCLE = table_of(MessageCycle)
CAMPAIGN_STATE = table_of(CampaignState)
RUNS = Mend(N_("notifier runs list shows them."), N_("The page “Review” and those of the campaigns show them."))
REVIEW_EXPIRES_AFTER = timedelta(days=3)
EXPIRED = "expired"
"""Who reviewed a run nobody reviewed."""
CAMPAIGN_GONE = "campaign_gone"
VOIDABLE = ("planning", "review", "ready")
UNSETTLED = ("planned", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as jobs see it."""

    id: int
    shop_id: int
    campaign_id: str
    due_at: datetime | None
    state: str
    settings: Mapping[str, Any]
    counts: Mapping[str, Any]
    planned_for: datetime
    review_until: datetime | None
    reviewed_by: str | None = None


_COLUMNS: Sequence[sa.Column[Any]] = (
    RUN.c.id, RUN.c.shop_id, RUN.c.campaign_id, RUN.c.due_at, RUN.c.state, RUN.c.settings, RUN.c.counts,
    RUN.c.planned_for, RUN.c.review_until, RUN.c.reviewed_by,
)  # fmt: skip


def open_run(
    session: Session,
    *,
    shop_id: int,
    campaign_id: str,
    due_at: datetime | None,
    now: datetime,
    priority: int,
    settings: Mapping[str, Any],
) -> int:
    """Begin a run in state planning; the unique due time refuses a second scheduled one."""
    statement = (
        sa.insert(RUN)
        .values(shop_id=shop_id, campaign_id=campaign_id, due_at=due_at, planned_for=now, state="planning",
                priority=priority, settings=dict(settings), counts={}, created_at=database_now(session))
        .returning(RUN.c.id)
    )  # fmt: skip
    run_id: int = session.connection().execute(statement).scalar_one()
    return run_id


def has_scheduled_run(session: Session, shop_id: int, campaign_id: str, due_at: datetime) -> bool:
    """Whether the run of this due time was made before (in whatever state)."""
    statement = sa.select(RUN.c.id).where(
        RUN.c.shop_id == shop_id, RUN.c.campaign_id == campaign_id, RUN.c.due_at == due_at
    )
    return session.execute(statement).first() is not None


def has_run_since(session: Session, shop: str | None, campaign_id: str, since: datetime) -> bool:
    """Whether anybody has begun a run of this campaign since then; `shop`: its key, None = of whatever shop."""
    statement = sa.select(RUN.c.id).where(RUN.c.campaign_id == campaign_id, RUN.c.planned_for >= since)
    if shop is not None:
        statement = statement.join(SHOP, SHOP.c.id == RUN.c.shop_id).where(SHOP.c.key == shop)
    return session.execute(statement.limit(1)).first() is not None


def unfinished_runs(session: Session, shop_id: int) -> list[RunRow]:
    """Runs left in state planning by a planner that died."""
    return _select(session, RUN.c.shop_id == shop_id, RUN.c.state == "planning")


def runs_in_review(session: Session, shop_id: int | None = None) -> list[RunRow]:
    """Runs that wait for a person; of one shop, or of all."""
    of_shop = [] if shop_id is None else [RUN.c.shop_id == shop_id]
    return _select(session, RUN.c.state == "review", *of_shop)


def reviewed_runs(session: Session, shop_id: int, limit: int) -> list[RunRow]:
    """The latest runs of a shop that somebody released or rejected, or nobody in time; the newest first."""
    where = (RUN.c.shop_id == shop_id, RUN.c.reviewed_by.is_not(None), RUN.c.reviewed_by != CAMPAIGN_GONE)
    statement = sa.select(*_COLUMNS).where(*where).order_by(RUN.c.id.desc()).limit(limit)
    return [RunRow(*row) for row in session.connection().execute(statement)]


def runs_of_campaign(
    session: Session, shop_id: int, campaign_id: str, limit: int, *, before_id: int | None = None
) -> list[RunRow]:
    """The campaign's runs in a shop, the newest first; those older than the run `before_id`, where given."""
    where = [RUN.c.shop_id == shop_id, RUN.c.campaign_id == campaign_id]
    if before_id is not None:
        where.append(RUN.c.id < before_id)
    statement = sa.select(*_COLUMNS).where(*where).order_by(RUN.c.id.desc()).limit(limit)
    return [RunRow(*row) for row in session.connection().execute(statement)]


def settings_of_gone(session: Session, present: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Campaign id → the settings of its latest run, of those that are not among the `present` ids any more."""
    of_it = RUN.alias()
    latest = (  # one end of an index for each, however many runs there were
        sa.select(sa.func.max(of_it.c.id))
        .where(of_it.c.shop_id == CAMPAIGN_STATE.c.shop_id, of_it.c.campaign_id == CAMPAIGN_STATE.c.campaign_id)
        .correlate(CAMPAIGN_STATE)
    )
    statement = (
        sa.select(RUN.c.campaign_id, RUN.c.settings)
        .select_from(CAMPAIGN_STATE)
        .join(RUN, RUN.c.id == latest.scalar_subquery())
        .where(CAMPAIGN_STATE.c.campaign_id.not_in(present))
        .order_by(RUN.c.id)
    )
    return {str(campaign_id): settings for campaign_id, settings in session.execute(statement)}


def texts_by_state(session: Session, run_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Run → state → its texts; read from an index alone."""
    statement = (
        sa.select(MESSAGE.c.run_id, MESSAGE.c.state, sa.func.count())
        .where(MESSAGE.c.run_id.in_(run_ids))
        .group_by(MESSAGE.c.run_id, MESSAGE.c.state)
    )
    found: dict[int, dict[str, int]] = {}
    for run_id, state, number in session.connection().execute(statement):
        found.setdefault(run_id, {})[state] = number
    return found


def expired_reviews(session: Session, now: datetime) -> list[RunRow]:
    """Runs that waited for a person longer than they may."""
    return _select(session, RUN.c.state == "review", RUN.c.review_until < now)


def lapsed_runs(session: Session, since: datetime) -> list[RunRow]:
    """Runs nobody reviewed in time, whose time was up after `since` and which no later run has made good."""
    later = RUN.alias("later")
    made_good = sa.exists().where(
        later.c.shop_id == RUN.c.shop_id, later.c.campaign_id == RUN.c.campaign_id,
        later.c.planned_for >= RUN.c.review_until, later.c.state != "void",
    )  # fmt: skip
    return _select(
        session, RUN.c.state == "void", RUN.c.reviewed_by == EXPIRED, RUN.c.review_until >= since, ~made_good
    )


def ready_runs(session: Session, *, due_by: datetime | None = None) -> list[RunRow]:
    """Runs that may be sent, first things first; those of paused campaigns and halted shops left out.

    `due_by`: only those with a text that may leave by then; a spread run has none for days.
    """
    paused = sa.exists().where(
        CAMPAIGN_STATE.c.shop_id == RUN.c.shop_id,
        CAMPAIGN_STATE.c.campaign_id == RUN.c.campaign_id,
        CAMPAIGN_STATE.c.paused,
    )
    where = [RUN.c.state == "ready", ~paused, RUN.c.shop_id.not_in(halted_shops())]
    if due_by is not None:
        due = (MESSAGE.c.run_id == RUN.c.id, MESSAGE.c.state == PLANNED, MESSAGE.c.not_before <= due_by)
        where.append(sa.exists().where(*due))
    return _select(session, *where)


def run_of(session: Session, run_id: int) -> RunRow:
    """One run; `NotFound` where there is none."""
    found = _select(session, RUN.c.id == run_id)
    if not found:
        raise NotFound(N_("There is no run {run}."), mend=RUNS, run=run_id)
    return found[0]


def recent_runs(session: Session, limit: int) -> list[RunRow]:
    """The latest runs, newest first."""
    statement = sa.select(*_COLUMNS).order_by(RUN.c.id.desc()).limit(limit)
    return [RunRow(*row) for row in session.connection().execute(statement)]


def _select(session: Session, *where: sa.ColumnElement[bool]) -> list[RunRow]:
    statement = sa.select(*_COLUMNS).where(*where).order_by(RUN.c.priority, RUN.c.planned_for, RUN.c.id)
    return [RunRow(*row) for row in session.connection().execute(statement)]


def finish_planning(session: Session, run_id: int, *, counts: Mapping[str, Any], review_from: datetime | None) -> str:
    """planning → review (where a person must look, and there is something to see) or ready. Returns the new state."""
    planned = sa.select(MESSAGE.c.id).where(MESSAGE.c.run_id == run_id, MESSAGE.c.state == "planned").limit(1)
    if review_from is None or session.execute(planned).first() is None:
        _move(session, run_id, ("planning",), "ready", counts=dict(counts))
        return "ready"
    until = review_from + REVIEW_EXPIRES_AFTER
    _move(session, run_id, ("planning",), "review", counts=dict(counts), review_until=until)
    return "review"


def approve(session: Session, run_id: int, *, by: str, at: datetime | None = None, **found: int) -> None:
    """review → ready, by a person, whose name is kept with the business time `at` and what was `found`."""
    counts = _with_review(session, run_id, "approved", by=by, at=at, **found)
    _move(session, run_id, ("review",), "ready", reviewed_by=by, counts=counts)


def _with_review(
    session: Session, run_id: int, verdict: str, *, by: str, at: datetime | None, **found: int
) -> dict[str, Any]:
    review = {"verdict": verdict, "by": by, "at": at.isoformat() if at else None, **found}
    return {**run_of(session, run_id).counts, "review": review}


def _move(session: Session, run_id: int, states: tuple[str, ...], to: str, **values: Any) -> None:
    statement = sa.update(RUN).where(RUN.c.id == run_id, RUN.c.state.in_(states)).values(state=to, **values)
    if not session.connection().execute(statement).rowcount:
        raise Refused(
            N_("Run {run} is {state}; only a run in {wanted} can become {to}."),
            run=run_id, state=run_of(session, run_id).state, wanted=" / ".join(states), to=to,
        )  # fmt: skip


def void(
    session: Session, run_id: int, *, by: str, at: datetime | None = None, states: tuple[str, ...] = VOIDABLE
) -> int:
    """Undo a wholly unsent run: its texts are cancelled, its cycles freed, its enrolments taken back.

    `states`: in which it may be. What it had planned is put off: the next run plans it, or says that its stage has
    closed. Returns how many rows were cancelled. `Refused` once any attempt exists: what may have left stays said.
    """
    messages = sa.select(MESSAGE.c.id).where(MESSAGE.c.run_id == run_id)
    connection = session.connection()
    # A claim under way holds its texts: once they are ours, its attempts can be seen and no other claim gets in.
    connection.execute(messages.order_by(MESSAGE.c.id).with_for_update())
    if session.execute(sa.select(ATTEMPT.c.id).where(ATTEMPT.c.message_id.in_(messages)).limit(1)).first():
        raise Refused(
            N_("Run {run} cannot be made void: texts of it have gone out already. Pause its campaign instead."),
            run=run_id,
        )
    verdict = "expired" if by == EXPIRED else "void"
    counts = _with_review(session, run_id, verdict, by=by, at=at)
    _move(session, run_id, states, "void", reviewed_by=by, counts=counts)
    connection.execute(sa.delete(MESSAGE_CYCLE).where(MESSAGE_CYCLE.c.message_id.in_(messages)))
    _put_off_what_was_planned(session, run_id, by)
    connection.execute(sa.delete(COUPON).where(COUPON.c.message_id.in_(messages)))
    _take_back_enrolments(session, run_id)
    clock = database_now(session)
    cancelled = connection.execute(
        sa.update(MESSAGE)
        .where(MESSAGE.c.run_id == run_id, MESSAGE.c.state.in_(("planned", "withheld", "cancelled")))
        .values(state="cancelled", reason="void", enrolment_id=None, changed_at=clock)
    )
    return cancelled.rowcount


def _put_off_what_was_planned(session: Session, run_id: int, by: str) -> None:
    """A decision of a campaign that is gone has no next run; every other one waits for it, with the reason."""
    mine = DECISION.c.run_id == run_id
    if by == CAMPAIGN_GONE:
        session.connection().execute(sa.delete(DECISION).where(mine))
        return
    reason = "review_expired" if by == EXPIRED else "run_rejected"
    session.connection().execute(
        sa.update(DECISION).where(mine, DECISION.c.verdict == "planned").values(verdict="deferred", reason=reason)
    )


def _take_back_enrolments(session: Session, run_id: int) -> None:
    """Delete the enrolments the run made or used that no message of another run stands on."""
    elsewhere = sa.exists().where(MESSAGE.c.enrolment_id == ENROLMENT.c.id, MESSAGE.c.run_id != run_id)
    used = sa.select(MESSAGE.c.enrolment_id).where(MESSAGE.c.run_id == run_id, MESSAGE.c.enrolment_id.is_not(None))
    gone = sa.select(ENROLMENT.c.id).where(sa.or_(ENROLMENT.c.run_id == run_id, ENROLMENT.c.id.in_(used)), ~elsewhere)
    connection = session.connection()
    ids = list(connection.execute(gone).scalars())
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        connection.execute(sa.update(CYCLE).where(CYCLE.c.enrolment_id.in_(part)).values(enrolment_id=None))
        connection.execute(sa.update(MESSAGE).where(MESSAGE.c.enrolment_id.in_(part)).values(enrolment_id=None))
        connection.execute(sa.delete(ENROLMENT).where(ENROLMENT.c.id.in_(part)))


def texts_of_run(session: Session, run_id: int) -> tuple[int, int]:
    """How many texts a run has to send (or had, before something cancelled them), and how many it withheld."""
    withheld = MESSAGE.c.state == "withheld"
    statement = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((withheld, 1), else_=0)), 0))
    total, held_back = session.execute(statement.where(MESSAGE.c.run_id == run_id)).one()
    return total - held_back, held_back


def settle_done(session: Session) -> int:
    """ready → done for runs with nothing planned, sending or unknown left."""
    # The rows are held before anybody looks, so that a text going back to planned meanwhile is seen or sees us.
    session.connection().execute(sa.select(RUN.c.id).where(RUN.c.state == "ready").order_by(RUN.c.id).with_for_update())
    unsettled = sa.exists().where(MESSAGE.c.run_id == RUN.c.id, MESSAGE.c.state.in_(UNSETTLED))
    result = session.connection().execute(
        sa.update(RUN).where(RUN.c.state == "ready", ~unsettled).values(state="done", finished_at=database_now(session))
    )
    return result.rowcount
