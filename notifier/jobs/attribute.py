"""Credit: each visit and renewal → at most one message, or a call by staff. Bookkeeping; what was caused is the lift's.

Outcomes are worked out when they are new, and again when what might have earned them has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.domain.credit import Outcome, Touch, credit
from notifier.domain.rules import RULES
from notifier.schedules import Schedules, ShopSettings
from notifier.store import outcomes
from notifier.store.contacts import ContactTouch, contact_touches
from notifier.store.engine import Session, Store, database_now
from notifier.store.outcomes import BookingRow, CreditRow, OutcomeRow, TouchRow
from notifier.store.shops import shop_keys

OUTCOMES_AT_ONCE = 300
LOOKED_BACK = timedelta(days=120)
BOOKING_LASTS = timedelta(days=45)


@dataclass(slots=True)
class AttributeResult:
    """Outcomes worked out, how many of them a message earned, and how many messages assisted."""

    outcomes: int = 0
    credited: int = 0
    assisted: int = 0

    def document(self) -> dict[str, int]:
        """As JSON."""
        return {"outcomes": self.outcomes, "credited": self.credited, "assisted": self.assisted}


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known about the customers of one chunk."""

    touches: Mapping[int, Sequence[TouchRow]]
    answers: Mapping[int, Sequence[date]]
    bookings: Mapping[int, Sequence[BookingRow]]
    visits: Mapping[int, Sequence[tuple[int, date]]]
    coupons: Mapping[int, set[int]]
    calls: Mapping[int, Sequence[ContactTouch]]
    zones: Mapping[int, ZoneInfo]


def attribute(store: Store, schedules: Schedules, now: datetime) -> AttributeResult:
    """Work out the credit of every outcome that is new or whose candidates have changed."""
    result = AttributeResult()
    since = now.date() - LOOKED_BACK
    while True:
        with store.read() as session:
            clock = database_now(session)
            waiting = outcomes.outcomes_to_credit(session, since, OUTCOMES_AT_ONCE)
            evidence = _evidence(session, schedules.shops, waiting, since - BOOKING_LASTS)
        if not waiting:
            return result
        rows = [_credit(outcome, evidence) for outcome in waiting]
        with store.write() as session:
            outcomes.record_credits(session, rows, clock)
        result.outcomes += len(rows)
        result.credited += sum(row.message_id is not None for row in rows)
        result.assisted += sum(len(row.assisted) for row in rows)


def _evidence(session: Session, shops: Sequence[ShopSettings], waiting: Sequence[OutcomeRow], since: date) -> _Evidence:
    customers = sorted({outcome.customer_id for outcome in waiting})
    touches = outcomes.touches_of(session, customers)
    message_ids = [touch.message_id for found in touches.values() for touch in found]
    zones = {shop.key: shop.zone for shop in shops}
    return _Evidence(
        touches=touches,
        answers=outcomes.answers_to(session, message_ids),
        bookings=outcomes.bookings_of(session, customers),
        visits=outcomes.visit_days_of(session, customers, since),
        coupons=outcomes.coupons_redeemed(session, [o.id for o in waiting if o.type == "visit"]),
        calls=contact_touches(session, customers),
        zones={key: zones[name] for key, name in shop_keys(session).items() if name in zones},
    )


def _credit(outcome: OutcomeRow, evidence: _Evidence) -> CreditRow:
    """The credit of one outcome, among the texts and calls that were after this kind of outcome.

    A call that was the strongest earns it for the staff who made it: no text is credited, the others have assisted.
    """
    bookings = _bookings_for(outcome, evidence)
    named = {booking.message_id: booking.booked_on for booking in bookings if booking.message_id is not None}
    unnamed = [booking.booked_on for booking in bookings if booking.message_id is None]
    touches = evidence.touches.get(outcome.customer_id, ()) if outcome.counts else ()
    rows = [row for row in touches if row.settings["success"] == outcome.type]
    earned = credit(
        Outcome(outcome.day, outcome.arrived_at, min(unnamed, default=None)),
        [*(_touch(row, outcome, evidence, named.get(row.message_id)) for row in rows), *_calls(outcome, evidence)],
    )
    campaigns = {row.message_id: row.campaign_id for row in rows}
    text = earned.message_id if earned.message_id in campaigns else None
    return CreditRow(
        outcome=outcome,
        message_id=text,
        campaign_id=campaigns[text] if text is not None else None,
        evidence=earned.evidence if text is not None else None,
        assisted=[(key, campaigns[key]) for key in earned.assisted if key in campaigns],
    )


def _calls(outcome: OutcomeRow, evidence: _Evidence) -> list[Touch]:
    """The calls to the customer that were after this kind of outcome, as touches; their ids are below zero."""
    calls = evidence.calls.get(outcome.customer_id, ()) if outcome.counts else ()
    return [
        Touch(-call.id, "", None, call.contacted_on, "", is_contact=True)
        for call in calls
        if call.purpose not in RULES or RULES[call.purpose].success == outcome.type
    ]


def _touch(row: TouchRow, outcome: OutcomeRow, evidence: _Evidence, booked_on: date | None) -> Touch:
    zone = evidence.zones.get(outcome.shop_id, ZoneInfo("UTC"))
    assert row.sent_at is not None  # every message that has left was claimed at a business time
    windows = row.settings["credit"]
    redeemed = outcome.type == "visit" and row.message_id in evidence.coupons.get(outcome.id, set())
    return Touch(
        message_id=row.message_id,
        campaign_id=row.campaign_id,
        sent_at=row.sent_at,
        sent_on=row.sent_at.astimezone(zone).date(),
        state=row.state,
        answered_on=max((d for d in evidence.answers.get(row.message_id, ()) if d <= outcome.day), default=None),
        booked_on=booked_on,
        coupon_redeemed=redeemed,
        reply_window_days=windows["reply_days"],
        sent_window_days=windows["sent_days"],
    )


def _bookings_for(outcome: OutcomeRow, evidence: _Evidence) -> list[BookingRow]:
    """Bookings this outcome fulfils: of this car or of none, not too old, and no visit came in between."""
    if outcome.type != "visit":
        return []
    visits = evidence.visits.get(outcome.customer_id, ())
    return [
        booking
        for booking in evidence.bookings.get(outcome.customer_id, ())
        if booking.vehicle_id in (None, outcome.vehicle_id)
        and outcome.day - BOOKING_LASTS <= booking.booked_on <= outcome.day
        and not any(
            booking.booked_on <= day < outcome.day and booking.vehicle_id in (None, vehicle_id)
            for vehicle_id, day in visits
        )
    ]
