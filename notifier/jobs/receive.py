"""What comes back: status callbacks and replies, pushed or fetched. Each is kept once and may come in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from notifier.dms.repredict import is_plausible, keep_told
from notifier.domain.phone import BadPhone, phone_key, to_e164
from notifier.domain.replies import ODOMETER, Understood, understand
from notifier.domain.service_due import Reading
from notifier.domain.states import AttemptEvent
from notifier.gateways.base import InboundText, Policy, StatusReport
from notifier.gateways.codes import policy_of
from notifier.store import lanes
from notifier.store.attempts import attempts_by_sid, claimed_at, may_be_misbound
from notifier.store.complaints import open_complaint
from notifier.store.engine import Session, database_now
from notifier.store.events import keep_event, mark_applied, unapplied_events
from notifier.store.messages import (
    AnsweredMessage,
    cars_named_by,
    close_answered,
    close_booked,
    close_cycles_of_message,
    message_answered_by,
    vehicles_of_message,
)
from notifier.store.readings import car_of_reply
from notifier.store.replies import Sender, keep_booking, keep_reply, mark_sold, sender_of
from notifier.store.suppressions import lift, mark_unreachable, suppress, suppress_messages, suppression_of
from notifier.store.transitions import AttemptChange, apply_events

log = structlog.get_logger(__name__)

Place = tuple[int, int]
"""Message id and attempt number."""


@dataclass(frozen=True, slots=True)
class Received:
    """What a batch came to: new events, those that changed a state, new replies, and those that said stop."""

    events: int = 0
    applied: int = 0
    replies: int = 0
    stops: int = 0


def receive_statuses(session: Session, reports: Sequence[StatusReport]) -> Received:
    """Keep the reports and apply those whose attempt is known, in the caller's transaction.

    A report seen before changes nothing; one of an unknown id is kept until its attempt is known. Should it have been
    kept in the very moment in which its id was bound, the next time it is told applies it.
    """
    clock = database_now(session)
    new = [_keep(session, report, clock) for report in reports]
    fresh = [report for report, is_new in zip(reports, new, strict=True) if is_new or _waits(session, report)]
    places = _places(session, fresh)
    placed = [(report, places[index]) for index, report in enumerate(fresh) if index in places]
    told = [(report, place) for report, place in placed if report.event is not None]
    applied = apply_events(session, [_change(report, *place) for report, place in told])
    known = [pair for pair, result in zip(told, applied, strict=True) if result.known]
    for report, place in known:
        mark_applied(session, (report.gateway, report.sid, report.status), place)
    heed_codes(session, [(place[0], report.policy, report.error_code) for report, place in known])
    for gateway in sorted({report.gateway for report, _place in known}):
        here = [(report, place) for report, place in known if report.gateway == gateway]
        take_up_early_events(session, gateway, sorted({report.sid for report, _place in here}))  # told of the ids alone
        _stop_lanes(session, gateway, [(place, report.policy, report.error_code) for report, place in here])
    return Received(events=sum(new), applied=sum(result.moved for result in applied))


def _keep(session: Session, report: StatusReport, clock: datetime) -> bool:
    row: dict[str, Any] = {
        "gateway": report.gateway, "provider_sid": report.sid, "status": report.status,
        "message_id": None, "attempt_n": None, "event": report.event and str(report.event),
        "error_code": report.error_code, "applied": False, "payload": dict(report.payload),
        "received_at": clock,
    }  # fmt: skip
    return keep_event(session, row)


def _waits(session: Session, report: StatusReport) -> bool:
    """Whether this report was kept before and could not be applied then."""
    return any(event.status == report.status for event in unapplied_events(session, report.gateway, [report.sid]))


def _places(session: Session, reports: Sequence[StatusReport]) -> dict[int, tuple[int, int]]:
    """Index of report → (message, attempt): whose the provider's id is, else the one the callback names.

    A bound id says more than an address, unless a listing may have bound it to the wrong one of two texts.
    """
    places: dict[int, tuple[int, int]] = {}
    owners = {
        gateway: attempts_by_sid(session, gateway, sorted({report.sid for report in reports}))
        for gateway in {report.gateway for report in reports}
    }
    for index, report in enumerate(reports):
        owner = owners[report.gateway].get(report.sid)
        named = _named(report)
        if owner is None or (named is not None and named != owner and may_be_misbound(session, owner, named)):
            owner = named
        if owner is not None:
            places[index] = owner
    return places


def _named(report: StatusReport) -> tuple[int, int] | None:
    return None if report.message_id is None or report.attempt_n is None else (report.message_id, report.attempt_n)


def _change(report: StatusReport, message_id: int, n: int) -> AttemptChange:
    assert report.event is not None  # the caller left statuses we do not know out
    return AttemptChange(message_id, n, report.event, sid=report.sid, code=report.error_code, at=report.occurred_at)


def heed_codes(session: Session, lessons: Sequence[tuple[int, Policy | None, str | None]]) -> None:
    """Suppress phones that have opted out with the provider, mark numbers it calls dead, tell a person what is blocked.

    A lesson is (message id, policy, the provider's code).
    """
    opted_out = {key: code or "" for key, policy, code in lessons if policy is Policy.SUPPRESS}
    if opted_out:
        suppress_messages(session, opted_out)
    dead = {key: code or "" for key, policy, code in lessons if policy is Policy.MARK_NUMBER}
    if dead:
        mark_unreachable(session, dead)
    blocked = Counter(code for _message, policy, code in lessons if policy is Policy.BLOCKED)
    if blocked:
        log.error("texts_blocked", alert=True, codes=dict(blocked))


def _stop_lanes(session: Session, gateway: str, lessons: Sequence[tuple[Place, Policy | None, str | None]]) -> None:
    """A status, too, can say that our set-up is wrong; that of a text claimed before it was mended says nothing new.

    A lesson is (message id and attempt number, policy, the provider's code).
    """
    for place, policy, code in lessons:
        if policy is not Policy.STOP_LANE or lanes.was_started_since(session, gateway, claimed_at(session, *place)):
            continue
        lanes.stop(session, gateway, code=code or "", error=code or "")


def take_up_early_events(session: Session, gateway: str, sids: Sequence[str]) -> None:
    """Apply events that came by provider id before the id was bound to an attempt, and learn what they teach."""
    waiting = unapplied_events(session, gateway, sids)
    if not waiting:
        return
    places = attempts_by_sid(session, gateway, [event.provider_sid for event in waiting])
    known = [(event, places[event.provider_sid]) for event in waiting if event.provider_sid in places]
    apply_events(
        session,
        [
            AttemptChange(*place, AttemptEvent(event.event), event.provider_sid, event.error_code)
            for event, place in known
        ],
    )
    for event, place in known:
        mark_applied(session, (gateway, event.provider_sid, event.status), place)
    lessons = [(place, policy_of(gateway, code), code) for event, place in known if (code := event.error_code)]
    heed_codes(session, [(place[0], policy, code) for place, policy, code in lessons])
    _stop_lanes(session, gateway, lessons)


def receive_replies(
    session: Session, texts: Sequence[InboundText], *, secret: bytes, region: str, now: datetime
) -> Received:
    """Keep the replies and do what they ask: stop, book, mark as done or sold, look after a complaint. Each once.

    `now` is the business time of a reply that answers no message of ours.
    """
    kept = stops = 0
    for text in texts:
        meaning = _receive_reply(session, text, secret=secret, region=region, now=now)
        kept += meaning is not None
        stops += meaning == "stop"
    return Received(replies=kept, stops=stops)


def _receive_reply(session: Session, text: InboundText, *, secret: bytes, region: str, now: datetime) -> str | None:
    try:
        phone = to_e164(text.sender, region)
        key = phone_key(secret, phone)
    except BadPhone:
        phone, key = None, None
    answered = message_answered_by(session, key) if key else None
    sender = sender_of(session, key, answered.customer_id if answered else None) if key else None
    at = _business_time(session, text, answered, now)
    zone = ZoneInfo(sender.timezone) if sender else None
    day = at.astimezone(zone).date()
    understood = _understood(session, text, answered, key)
    told = _told(session, understood, sender, answered, day)
    meaning = "text" if understood.meaning == ODOMETER and told is None else understood.meaning
    row: dict[str, Any] = {
        "gateway": text.gateway, "provider_id": text.provider_id, "shop_id": sender.shop_id if sender else None,
        "customer_id": sender.customer_id if sender else None, "message_id": answered.id if answered else None,
        "phone": phone or text.sender, "phone_key": key, "text": text.text, "meaning": meaning,
        "received_at": database_now(session), "business_at": at, "arrived_on": day,
    }  # fmt: skip
    reply_id = keep_reply(session, row)
    if reply_id is None or key is None:
        return meaning if reply_id is not None else None
    if told is not None:
        keep_told(session, told.shop_id, told.vehicle_id, told.reading, reply_id=reply_id, at=at)
    _act(session, meaning, Heard(reply_id, key, text, sender, answered, day))
    return meaning


def _understood(session: Session, text: InboundText, answered: AnsweredMessage | None, key: str | None) -> Understood:
    """What the reply means; a lone "yes" is a start only for somebody who had said stop."""
    if text.opted_out:
        return Understood("stop", "word")
    understood = understand(text.text, answered.replies if answered else {})
    if understood.how == "yes" and (key is None or suppression_of(session, key) is None):
        return Understood("text", "none")
    return Understood("start", "word") if text.opted_in else understood


@dataclass(frozen=True, slots=True)
class _Told:
    """Kilometres of a car that can be told, and that fit what is known of it."""

    shop_id: int
    vehicle_id: int
    reading: Reading


def _told(
    session: Session, understood: Understood, sender: Sender | None, answered: AnsweredMessage | None, day: date
) -> _Told | None:
    """The reading a reply is. None where it is none, or a person must look at it: which car, and can it be?"""
    if understood.km is None or sender is None:
        return None
    vehicle_id = car_of_reply(session, sender.customer_id, answered.id if answered else None)
    reading = Reading(day, understood.km)
    if vehicle_id is None or not is_plausible(session, vehicle_id, reading):
        return None
    return _Told(sender.shop_id, vehicle_id, reading)


def _business_time(session: Session, text: InboundText, answered: AnsweredMessage | None, now: datetime) -> datetime:
    """When the reply came, in business time: as long after the text it answers as the database's clock says."""
    if text.occurred_at is not None:
        return text.occurred_at
    if answered is None:
        return now
    return answered.sent_at + (database_now(session) - answered.claimed_at)


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply that is kept, with who sent it and what it answers."""

    reply_id: int
    phone_key: str
    text: InboundText
    sender: Sender | None
    answered: AnsweredMessage | None
    day: date


def _act(session: Session, meaning: str, heard: Heard) -> None:
    if meaning == "stop":
        suppress(session, heard.phone_key, reason="stop", source=heard.text.text[:160])
    elif meaning == "start":
        lift(session, heard.phone_key)
    elif meaning == "booking" and heard.sender is not None:
        _book(session, heard, heard.sender)
    elif meaning == "unsatisfied" and heard.sender is not None:
        open_complaint(
            session, shop_id=heard.sender.shop_id, customer_id=heard.sender.customer_id, reply_id=heard.reply_id,
            day=heard.day,
        )  # fmt: skip
    elif meaning in ("already_done", "sold") and heard.answered is not None:
        if meaning == "sold":
            cars = cars_named_by(session, heard.answered.id)
            mark_sold(session, cars)
            close_answered(session, sold=cars)
        close_cycles_of_message(session, heard.answered.id, meaning)


def _book(session: Session, heard: Heard, sender: Sender) -> None:
    """A booking is for the car the text spoke of; where it spoke of several, or of none, staff will ask which."""
    cars = vehicles_of_message(session, heard.answered.id) if heard.answered else []
    vehicle_id = cars[0] if len(cars) == 1 else None
    keep_booking(
        session, shop_id=sender.shop_id, customer_id=sender.customer_id, vehicle_id=vehicle_id,
        message_id=heard.answered.id if heard.answered else None, reply_id=heard.reply_id, booked_on=heard.day,
    )  # fmt: skip
    close_booked(session, sender.customer_id, vehicle_id, heard.day)
