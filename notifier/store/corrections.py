"""Texts still planned when a record is corrected: worded anew where the occasion stays, put off where it is gone.

Without this a text that waits for a review, a morning or its turn would name a day, a balance or a level of yesterday.
Put right once more, the record gives its occasion back, and the next run plans it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.rules import RULES
from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.messages import OpenTouch, open_touches_of
from notifier.store.put_off import put_off
from notifier.store.tables import CampaignState, Cycle, Message

__all__ = ["CAR_COLUMNS", "PERSON_COLUMNS", "follow_corrections"]

CYCLE, CAMPAIGN, MESSAGE = (table_of(model) for model in (Cycle, CampaignState, Message))

_ANCHORS: Mapping[str, str] = {
    "first_service": "delivered_on", "thank_you": "delivered_on", "insurance_expiry": "insurance_ends_on",
    "inspection": "inspection_ends_on", "loan_end": "loan_ends_on", "warranty_end": "warranty_ends_on",
    "points": "points_end_on",
}  # fmt: skip
"""Rule → the column whose day names its cycle."""
_SPOKEN = frozenset({"plate", "model", "points"})
"""Columns that texts name and no cycle is known by."""
CAR_COLUMNS = frozenset(column for column in _ANCHORS.values() if column != "points_end_on") | {"plate", "model"}
PERSON_COLUMNS = frozenset({"points", "points_end_on", "member_level"})

Changes = Mapping[int, Mapping[str, Any]]
"""Id → column → its new value."""


def follow_corrections(session: Session, *, cars: Changes | None = None, people: Changes | None = None) -> None:
    """Let what is planned about these cars and customers follow their new values, in the caller's transaction."""
    for subject_type, changes in (("vehicle", cars or {}), ("customer", people or {})):
        told = {key: columns for key, columns in changes.items() if columns}
        touches = open_touches_of(session, subject_type, told) if told else []
        if touches:
            _follow(session, touches, told)


def _follow(session: Session, touches: Iterable[OpenTouch], changes: Changes) -> None:
    occasions = _occasions(session, {touch.cycle_id for touch in touches})
    gone, spoken = [], set()
    for touch in touches:
        rule, key = occasions.get(touch.cycle_id, ("", ""))
        columns = changes[touch.subject_id]
        if _is_gone(rule, key, touch, columns):
            gone.append(touch)
        elif columns.keys() & (_SPOKEN | {_ANCHORS.get(rule)}):
            spoken.add(touch.message_id)
    put_off(session, gone, "changed")
    if spoken:
        planned = sa.update(MESSAGE).where(MESSAGE.c.id.in_(sorted(spoken)), MESSAGE.c.state == "planned")
        session.connection().execute(planned.values(text=None, changed_at=database_now(session)))


def _occasions(session: Session, cycle_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Cycle → the rule of its campaign, and what it is about beside its subject."""
    statement = (
        sa.select(CYCLE.c.id, CAMPAIGN.c.rule, CYCLE.c.subject_key)
        .join(CAMPAIGN, sa.and_(CAMPAIGN.c.campaign_id == CYCLE.c.campaign_id, CAMPAIGN.c.shop_id == CYCLE.c.shop_id))
        .where(CYCLE.c.id.in_(sorted(cycle_ids)))
    )
    return {row[0]: (row[1], row[2]) for row in session.connection().execute(statement)}


def _is_gone(rule: str, key: str, touch: OpenTouch, columns: Mapping[str, Any]) -> bool:
    """Whether the occasion of a planned text is none any more: its day is elsewhere, its points or level are gone."""
    if rule == "level":
        return "member_level" in columns and columns["member_level"] != key
    if rule == "points" and "points" in columns and not columns["points"]:
        return True
    column = _ANCHORS.get(rule)
    if column is None or column not in columns:
        return False
    day: date | None = columns[column]
    return day is None or abs((day - touch.anchor_on).days) > RULES[rule].tolerance_days
