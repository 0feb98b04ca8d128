"""Review: what approving a run does and when, approving it, and rejecting it.

A person takes hours or days to look. By then the day of some texts is over: released as they stand they would leave
all at once, against the spread and the budget. So each of them gets a place again on the days still open to it, by the
rules planning places texts with; what finds none is cancelled, and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from notifier.errors import NotFound, Refused
from notifier.jobs.plan.pace import Ledger, Pace, Slot
from notifier.jobs.plan.shop import Planner
from notifier.locale import N_
from notifier.locale.mends import Mend
from notifier.schedules import ShopSettings
from notifier.store import reviews, runs
from notifier.store.engine import Session
from notifier.store.messages import cancel_by_ids
from notifier.store.reviews import Departure, NewPlace, Waiting
from notifier.store.runs import RunRow
from notifier.store.shops import planner_lock, shop_keys
from notifier.store.touches import counted_by_day

__all__ = ["Outlook", "approve", "outlook", "reject"]

BATCH = 500
Noted = Callable[[Session], None]
"""What is to be written down in the transaction that decides."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What approving a run does: the days its texts go on, how many got another day, how many none."""

    departures: Sequence[Departure]
    moved: int
    cancelled: int

    @property
    def texts(self) -> int:
        """How many go out."""
        return sum(each.texts for each in self.departures)


@dataclass(frozen=True, slots=True)
class _Placing:
    """New places for what is overdue, texts that found none, and the days all of the run's texts then go on."""

    places: Sequence[NewPlace]
    hopeless: Sequence[int]
    outlook: Outlook


def outlook(planner: Planner, run_id: int, now: datetime) -> Outlook:
    """What approving the run at `now` would do; nothing is stored."""
    with planner.store.read() as session:
        return _placing(session, planner, runs.run_of(session, run_id), now).outlook


def approve(planner: Planner, run_id: int, now: datetime, *, by: str, noted: Noted | None = None) -> Outlook:
    """Release a run that waits for review; `by`: the person, kept with the run.

    Raises Refused where it does not wait, or its time is up: its customers belong to the next run then.
    """
    run = _run_of(planner, run_id)
    with planner_lock(planner.store, run.shop_id):
        with planner.store.read() as session:
            run = runs.run_of(session, run_id)
            _raise_unless_waiting(run, _shop_of(session, planner, run))
            _raise_if_time_is_up(run, now, _shop_of(session, planner, run))
            placing = _placing(session, planner, run, now)
        coupon = run.settings.get("coupon")
        # Nothing of the run can be claimed before it is ready, so its rows move in short turns until then.
        for start in range(0, len(placing.places), BATCH):
            with planner.store.write() as session:
                reviews.move(session, placing.places[start : start + BATCH], coupon and coupon["valid_days"])
        with planner.store.write() as session:
            found = placing.outlook
            runs.approve(session, run_id, by=by, at=now, moved=found.moved, cancelled=found.cancelled)
            for start in range(0, len(placing.hopeless), BATCH):
                cancel_by_ids(session, placing.hopeless[start : start + BATCH], "validity_over")
            if noted is not None:
                noted(session)
    return placing.outlook


def reject(
    planner: Planner, run_id: int, now: datetime, *, by: str, noted: Noted | None = None, only_waiting: bool = False
) -> int:
    """Make a wholly unsent run void, by a person. Returns how many texts were cancelled.

    `only_waiting`: refuse one that is released already, which somebody else may have done a moment ago.
    """
    with planner.store.write() as session:
        if only_waiting:
            run = runs.run_of(session, run_id)
            _raise_unless_waiting(run, _shop_of(session, planner, run))
        states = ("review",) if only_waiting else runs.VOIDABLE
        cancelled = runs.void(session, run_id, by=by, at=now, states=states)
        if noted is not None:
            noted(session)
        return cancelled


_DECIDED = {
    "approved": N_("Run {run} does not wait for a review any more: {name} released it on {moment}."),
    "void": N_("Run {run} does not wait for a review any more: {name} rejected it on {moment}."),
}


def _run_of(planner: Planner, run_id: int) -> RunRow:
    with planner.store.read() as session:
        return runs.run_of(session, run_id)


def _raise_unless_waiting(run: RunRow, shop: ShopSettings) -> None:
    """Asked before a row moves: the texts of a run released already may be claimed at any moment."""
    if run.state == "review":
        return
    review = run.counts.get("review") or {}
    if review.get("at") and review.get("verdict") in _DECIDED:
        moment = datetime.fromisoformat(review["at"]).astimezone(shop.zone)
        sentence = _DECIDED[review["verdict"]]
        raise Refused(sentence, run=run.id, name=review["by"], moment=f"{moment:%Y-%m-%d %H:%M}")
    raise Refused(
        N_("Run {run} does not wait for a review (any more)."),
        mend=Mend(
            N_("notifier runs show {run} says where it stands."), N_("The campaign's page shows what became of it.")
        ),
        run=run.id,
    )


def _raise_if_time_is_up(run: RunRow, now: datetime, shop: ShopSettings) -> None:
    if run.state == "review" and run.review_until is not None and run.review_until < now:
        raise Refused(
            N_("Run {run} waited for a review until {moment} and counts no more."),
            mend=Mend(N_("notifier plan --campaign {campaign} plans its customers again."),
                      N_("The campaign's next run plans its customers again.")),
            run=run.id, moment=f"{run.review_until.astimezone(shop.zone):%Y-%m-%d %H:%M}",
            campaign=run.settings.get("key", run.campaign_id),
        )  # fmt: skip


def _placing(session: Session, planner: Planner, run: RunRow, now: datetime) -> _Placing:
    shop = _shop_of(session, planner, run)
    today = now.astimezone(shop.zone).date()
    rows = reviews.overdue(session, run.id, today)
    planned = {each.day: each for each in reviews.departures(session, run.id) if each.day >= today}
    if not rows:
        return _Placing((), (), Outlook(list(planned.values()), 0, 0))
    pace = _pace(session, planner, run, rows, now=now, shop=shop)
    places, hopeless = [], []
    texts: Counter[date] = Counter()
    for row in rows:
        slot = pace.place(
            row.customer_id, counted=0, cost_micros=row.cost_micros, valid_until=row.valid_until, phone=row.phone
        )
        if isinstance(slot, Slot):
            places.append(NewPlace(row.id, slot.not_before, slot.count_on))
            if row.state == "planned":
                texts[slot.count_on] += 1
                known = planned.setdefault(slot.count_on, Departure(slot.count_on, slot.not_before, 0))
                planned[slot.count_on] = replace(known, texts=known.texts + 1)
        elif row.state == "planned":
            hopeless.append(row.id)
    days = sorted(planned.values(), key=lambda each: each.day)
    return _Placing(places, hopeless, Outlook(days, texts.total(), len(hopeless)))


def _pace(
    session: Session, planner: Planner, run: RunRow, rows: Sequence[Waiting], *, now: datetime, shop: ShopSettings
) -> Pace:
    """As planning paces the run. The frequency cap is not asked again: the rows passed it and count already."""
    settings, zone = run.settings, shop.zone
    today = now.astimezone(zone).date()
    last = max(row.valid_until for row in rows).astimezone(zone).date()
    spread = settings.get("spread_per_day")
    by_day = counted_by_day(session, run.shop_id, today, run.campaign_id) if spread else {}
    is_limited, guards = settings.get("kind") in ("marketing", "service"), planner.schedules.of_shop(shop.key).guards
    return Pace(
        now=now,
        zone=zone,
        hours=guards.hours(zone) if settings.get("kind") != "safety" else None,
        cap=None,
        budget=guards.daily_budget if is_limited else None,
        ledger=Ledger(counted_by_day(session, run.shop_id, today)),
        spread_per_day=spread,
        spread_by_day={day: counted for day, (counted, _) in by_day.items()},
        days=[today + timedelta(days=step) for step in range(max(1, (last - today).days + 1))],
        clock=min(row.not_before for row in rows).astimezone(zone).time(),
    )


def _shop_of(session: Session, planner: Planner, run: RunRow) -> ShopSettings:
    key = shop_keys(session).get(run.shop_id)
    for shop in planner.schedules.shops:
        if shop.key == key:
            return shop
    raise NotFound(N_("The shop {shop} of run {run} is not in schedules.yaml any more."), shop=key, run=run.id)
