"""Texts still planned when a record is corrected: worded anew where the occasion stays, put off where it is gone.

Without this a text that waits for a review, a morning or its turn would leave on, or name, a day, a balance or a level
of yesterday. Put right once more, the record gives its occasion back, and the next run plans it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.cycles import CAME_BEFORE_OPENING, Offset, Stage, stage_windows, valid_until
from notifier.domain.rules import RULES
from notifier.store.audiences import AUDIENCES, Ask, Due
from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.messages import OpenTouch, is_anything_planned, open_touches, open_touches_of
from notifier.store.put_off import put_off
from notifier.store.tables import Cycle, Message, MessageCycle, Run, Shop, Vehicle

__all__ = [
    "CAR_COLUMNS", "DUE_DAYS", "HANGS_ON", "PERSON_COLUMNS", "VISITED", "follow_corrections",
    "follow_visits",
]  # fmt: skip

CYCLE, MESSAGE, MESSAGE_CYCLE, RUN = (table_of(model) for model in (Cycle, Message, MessageCycle, Run))
SHOP, VEHICLE = table_of(Shop), table_of(Vehicle)

VISITED = "visited"
"""Stands among a car's columns for its visits: one of them is none any more."""
DUE_DAYS = frozenset({"service_anchor_on", "next_service_on", "next_service_kind"})
_REFERRER = frozenset({"referrer_number", "referrer_phone_key"})
_SPOKEN = frozenset({"plate", "model", "points"})
"""Columns that texts of any rule may name."""

HANGS_ON: Mapping[str, frozenset[str]] = {
    "first_service": frozenset({"delivered_on"}) | DUE_DAYS,
    "maintenance_due": DUE_DAYS,
    "insurance_expiry": frozenset({"insurance_ends_on"}),
    "inspection": frozenset({"inspection_ends_on"}),
    "loan_end": frozenset({"loan_ends_on"}),
    "warranty_end": frozenset({"warranty_ends_on"}),
    "birthday": frozenset({"birth_mmdd", "birth_calendar"}),
    "anniversary": frozenset({"delivered_on"}),
    "thank_you": frozenset({"delivered_on"}),
    "follow_up": frozenset({VISITED}),
    "winback": frozenset({"last_visit_on"}),
    "points": frozenset({"points_end_on", "points"}),
    "level": frozenset({"member_level"}),
    "referral": frozenset({"delivered_on"}) | _REFERRER,
    "festival": frozenset(),
    "tips": frozenset(),
    "list": frozenset(),
}
"""Rule → the columns its occasion is known by, of the car or the customer (of a referral: of the car recommended).

None: its day stands in schedules.yaml, and no record can move it.
"""
CAR_COLUMNS = _REFERRER | {
    "plate", "model", "delivered_on", "insurance_ends_on", "inspection_ends_on", "loan_ends_on", "warranty_ends_on",
}  # fmt: skip
_ADDRESSED = frozenset({"name", "sex", "is_company", "language"})
"""How a text speaks to its reader, whatever it is about."""
PERSON_COLUMNS = _ADDRESSED | {"points", "points_end_on", "member_level", "birth_mmdd", "birth_calendar"}

_KEPT_ON_ITS_DAY = ("birthday", "anniversary", "follow_up")
"""Rules whose texts are about one day and no other: an occasion of another day is planned for that day."""

Changes = Mapping[int, Collection[str]]
"""Id → the columns that have another value now."""


class _Background(NamedTuple):
    """What a planned touch was planned with. `settings`: of its run."""

    shop_id: int
    zone: str
    customer_id: int
    subject_key: str
    settings: Mapping[str, Any]

    @property
    def rule(self) -> str:
        """The campaign's audience kind."""
        return str(self.settings["rule"])

    @property
    def stages(self) -> list[Stage]:
        """The campaign's stages, in order."""
        offsets: Mapping[str, str] = self.settings["stages"]
        return [Stage(name, _offset(written)) for name, written in offsets.items()]


def _offset(written: str) -> Offset:
    """``6m`` or ``-14d``."""
    number = int(written[:-1])
    return Offset(months=number) if written.endswith("m") else Offset(days=number)


def follow_corrections(
    session: Session, now: datetime, *, cars: Changes | None = None, people: Changes | None = None
) -> None:
    """Let what is planned about these cars and customers follow their new values, in the caller's transaction.

    The values are in the database already; `now` is business time.
    """
    told = {("vehicle", key): columns for key, columns in (cars or {}).items() if columns}
    told |= {("customer", key): columns for key, columns in (people or {}).items() if columns}
    if not told or not is_anything_planned(session):
        return
    open_now = {
        touch.touch_id: (touch, frozenset(told[subject_type, touch.subject_id]))
        for subject_type in ("vehicle", "customer")
        for touch in open_touches_of(session, subject_type, [key for kind, key in told if kind == subject_type])
    }
    for touch, columns in _thanks(session, cars or {}):
        _known, more = open_now.get(touch.touch_id, (touch, frozenset[str]()))
        open_now[touch.touch_id] = touch, columns | more
    if open_now:
        _follow(session, now, list(open_now.values()))
    _address_anew(session, [key for key, columns in (people or {}).items() if _ADDRESSED.intersection(columns)])


def _address_anew(session: Session, customer_ids: Collection[int]) -> None:
    """Take the wording of all that is planned for these customers away: another name, or another language."""
    theirs = sa.update(MESSAGE).where(MESSAGE.c.customer_id.in_(sorted(customer_ids)), MESSAGE.c.state == "planned")
    if customer_ids:
        session.connection().execute(theirs.values(text=None, changed_at=database_now(session)))


def follow_visits(session: Session, now: datetime, *, cars: Collection[int], people: Collection[int]) -> None:
    """As `follow_corrections`: the due days of these `cars` moved, the last visit of these customers may have."""
    moved, seen = dict.fromkeys(cars, DUE_DAYS), dict.fromkeys(people, HANGS_ON["winback"])
    follow_corrections(session, now, cars=moved, people=seen)


def _thanks(session: Session, cars: Changes) -> list[tuple[OpenTouch, frozenset[str]]]:
    """Planned thanks for having recommended one of these cars: they are about a customer, and name the car's VIN."""
    changed = {key: frozenset(columns) & HANGS_ON["referral"] for key, columns in cars.items()}
    ids = sorted(key for key, columns in changed.items() if columns)
    if not ids:
        return []
    named = (
        sa.select(CYCLE.c.id, VEHICLE.c.id)
        .join(VEHICLE, sa.and_(VEHICLE.c.vin == CYCLE.c.subject_key, VEHICLE.c.shop_id == CYCLE.c.shop_id))
        .where(VEHICLE.c.id.in_(ids), CYCLE.c.subject_type == "customer")
    )
    of_cycle: dict[int, int] = {row[0]: row[1] for row in session.connection().execute(named)}
    touches = open_touches(session, CYCLE.c.id.in_(sorted(of_cycle))) if of_cycle else []
    return [(touch, changed[of_cycle[touch.cycle_id]]) for touch in touches]


def _follow(session: Session, now: datetime, touches: Iterable[tuple[OpenTouch, frozenset[str]]]) -> None:
    items = list(touches)
    backgrounds = _backgrounds(session, [touch.touch_id for touch, _columns in items])
    gone: list[OpenTouch] = []
    worded_anew: dict[int, datetime | None] = {}
    for touch, columns in items:
        known = backgrounds[touch.touch_id]
        until = None
        if columns & HANGS_ON[known.rule]:
            until = _valid_until(session, now, touch, known)
            if until is None:
                gone.append(touch)
                continue
        if columns & (_SPOKEN | HANGS_ON[known.rule]):
            earlier = [each for each in (worded_anew.get(touch.message_id), until) if each is not None]
            worded_anew[touch.message_id] = min(earlier, default=None)
    put_off(session, gone, "changed")
    _word_anew(session, worded_anew)


def _word_anew(session: Session, messages: Mapping[int, datetime | None]) -> None:
    """Take the wording of these planned texts away, so that they are rendered anew; none lives longer than its day."""
    clock, connection = database_now(session), session.connection()
    planned = sa.update(MESSAGE).where(MESSAGE.c.state == "planned")
    if messages:
        connection.execute(planned.where(MESSAGE.c.id.in_(sorted(messages))).values(text=None, changed_at=clock))
    for message_id, until in messages.items():
        if until is not None:
            outlived = planned.where(MESSAGE.c.id == message_id, MESSAGE.c.valid_until > until)
            connection.execute(outlived.values(valid_until=until))


def _backgrounds(session: Session, touch_ids: Collection[int]) -> dict[int, _Background]:
    statement = (
        sa.select(MESSAGE_CYCLE.c.id, CYCLE.c.shop_id, SHOP.c.timezone, CYCLE.c.customer_id, CYCLE.c.subject_key,
                  RUN.c.settings)
        .join(CYCLE, CYCLE.c.id == MESSAGE_CYCLE.c.cycle_id)
        .join(SHOP, SHOP.c.id == CYCLE.c.shop_id)
        .join(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
        .join(RUN, RUN.c.id == MESSAGE.c.run_id)
        .where(MESSAGE_CYCLE.c.id.in_(sorted(touch_ids)))
    )  # fmt: skip
    return {key: _Background(*row) for key, *row in session.connection().execute(statement)}


def _valid_until(session: Session, now: datetime, touch: OpenTouch, known: _Background) -> datetime | None:
    """Until when a touch may leave by the record of today; None where it may not leave now, or its occasion is gone."""
    due, zone = _due(session, touch, known), ZoneInfo(known.zone)
    if due is None:
        return None
    rule, today = RULES[known.rule], now.astimezone(zone).date()
    windows = stage_windows(due.due_on, known.stages, known.settings["late_days"])
    window = next(each for each in windows if each.stage == touch.stage)
    # What speaks of a day ahead may speak of it somewhat early; nobody is thanked for what has not happened.
    early = CAME_BEFORE_OPENING if rule.has_due_date or rule.name == "points" else timedelta()
    may_leave = window.opens_on - early <= today <= window.closes_on
    return valid_until(window.closes_on, zone) if may_leave else None


def _due(session: Session, touch: OpenTouch, known: _Background) -> Due | None:
    """What the planner would find due of the occasion of this touch: the same query, asked of its customer."""
    at_most = 0 if known.rule in _KEPT_ON_ITS_DAY else RULES[known.rule].tolerance_days
    vehicle_id = touch.subject_id if touch.subject_type == "vehicle" else None
    ask = Ask(known.shop_id, touch.anchor_on, touch.anchor_on, known.customer_id)
    near = [
        (abs((due.anchor_on - touch.anchor_on).days), due)
        for due in AUDIENCES[known.rule](session, ask)
        if (due.vehicle_id, due.subject_key) == (vehicle_id, known.subject_key)
    ]
    found = min(near, key=lambda item: item[0], default=None)
    return found[1] if found is not None and found[0] <= at_most else None
