"""Two customers found to be one: everything of the other now belongs to the survivor.

Source: rules.md, "Identity" (survivor, consent), "Cycles and stages" (colliding cycles), "Enrolment and arms".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.consents import is_news
from notifier.domain.cycles import matching_cycle
from notifier.domain.rules import RULES
from notifier.store import audit
from notifier.store.bulk import table_of
from notifier.store.corrections import PERSON_COLUMNS, follow_corrections
from notifier.store.customers import (
    customers_by_id,
    firmest_consent,
    record_consent,
    refresh_last_visits,
    update_customers,
)
from notifier.store.messages import cancel_by_ids, cancel_marketing
from notifier.store.phones import inherit_phones, planned_texts_follow
from notifier.store.rows import update_rows
from notifier.store.tables import (
    CampaignState,
    Coupon,
    Customer,
    Cycle,
    Decision,
    Enrolment,
    Message,
    MessageCycle,
    metadata,
)

__all__ = ["merge_customers"]

COUPON, CUSTOMER, CYCLE = (table_of(model) for model in (Coupon, Customer, Cycle))
ENROLMENT, MESSAGE = (table_of(model) for model in (Enrolment, Message))
MESSAGE_CYCLE, DECISION, CAMPAIGN = (table_of(model) for model in (MessageCycle, Decision, CampaignState))

_UNITS = (
    ("name", "is_company"), ("birth_mmdd", "birth_on", "birth_calendar"), ("points", "points_end_on"), ("sex",),
    ("language",), ("district",), ("member_level", "member_level_since"),
)  # fmt: skip
"""What a survivor may learn from the others; fields that only mean something together come from one of them."""
_ERASED: Mapping[str, Any] = {
    "phone": None, "name": None, "is_company": False, "sex": None, "language": None, "district": None,
    "birth_mmdd": None, "birth_on": None, "birth_calendar": "solar", "member_level": None,
    "member_level_since": None, "points": None, "points_end_on": None,
}  # fmt: skip


def merge_customers(session: Session, merges: Mapping[int, int], now: datetime) -> None:
    """Loser → survivor: re-point all that names a loser, settle what collides, and remove the losers."""
    if not merges:
        return
    _merge_enrolments(session, merges)
    _merge_cycles(session, merges)
    _repoint(session, merges)
    audit.move_subjects(session, "customer", merges)
    _tell_of_lists_once(session, set(merges.values()))
    _join_texts(session, set(merges.values()))
    _merge_facts(session, merges, now)
    inherit_phones(session, merges)
    survivors = set(merges.values())
    planned_texts_follow(session, survivors)
    refresh_last_visits(session, survivors, now)
    follow_corrections(session, now, people=dict.fromkeys(survivors, PERSON_COLUMNS | {"last_visit_on"}))
    session.connection().execute(sa.delete(CUSTOMER).where(CUSTOMER.c.id.in_(merges)))


def _repoint(session: Session, merges: Mapping[int, int]) -> None:
    """Every column of every table that refers to a customer."""
    pairs = [{"loser": loser, "survivor": survivor} for loser, survivor in merges.items()]
    for table in metadata.sorted_tables:
        for column in table.columns:
            if any(key.column is CUSTOMER.c.id for key in column.foreign_keys):
                statement = sa.update(table).where(column == sa.bindparam("loser"))
                # An outcome with other candidates is credited anew.
                anew = {"attributed_at": None} if "attributed_at" in table.columns else {}
                session.connection().execute(statement.values({column.name: sa.bindparam("survivor"), **anew}), pairs)


def _merge_enrolments(session: Session, merges: Mapping[int, int]) -> None:
    """Of two in one campaign and period: the same arm keeps the earlier; opposite arms the survivor's, out of lift."""
    concerned = {*merges, *merges.values()}
    columns = ("id", "campaign_id", "customer_id", "period", "arm", "enrolled_at", "out_of_lift")
    rows = session.execute(
        sa.select(*(ENROLMENT.c[name] for name in columns)).where(ENROLMENT.c.customer_id.in_(concerned))
    ).mappings()
    groups: dict[tuple[int, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        survivor = merges.get(row["customer_id"], row["customer_id"])
        groups[survivor, row["campaign_id"], row["period"]].append(dict(row))
    dropped: dict[int, int] = {}
    marked = []
    for (survivor, _campaign, _period), group in groups.items():
        if len(group) > 1:
            kept, out_of_lift = _kept_enrolment(group, survivor)
            dropped |= {row["id"]: kept["id"] for row in group if row["id"] != kept["id"]}
            marked.append({"id": kept["id"], "out_of_lift": out_of_lift})
    _replace_enrolments(session, dropped)
    update_rows(session, Enrolment, marked)


def _kept_enrolment(group: Sequence[dict[str, Any]], survivor: int) -> tuple[dict[str, Any], str | None]:
    group = sorted(group, key=lambda row: (row["enrolled_at"], row["id"]))
    own = next((row for row in group if row["customer_id"] == survivor), group[0])
    if any(row["arm"] != own["arm"] for row in group):
        return own, "merged_arms"
    return group[0], next((row["out_of_lift"] for row in group if row["out_of_lift"]), None)


def _replace_enrolments(session: Session, dropped: Mapping[int, int]) -> None:
    if not dropped:
        return
    pairs = [{"gone": gone, "kept": kept} for gone, kept in dropped.items()]
    for table in (MESSAGE, CYCLE):
        statement = sa.update(table).where(table.c.enrolment_id == sa.bindparam("gone"))
        session.connection().execute(statement.values(enrolment_id=sa.bindparam("kept")), pairs)
    session.connection().execute(sa.delete(ENROLMENT).where(ENROLMENT.c.id.in_(dropped)))


def _merge_cycles(session: Session, merges: Mapping[int, int]) -> None:
    """Cycles about the customers themselves: those about the same thing become one, the others follow."""
    concerned = {*merges, *merges.values()}
    mine = (CYCLE.c.subject_type == "customer", CYCLE.c.subject_id.in_(concerned))
    columns = sa.select(CYCLE.c.id, CYCLE.c.campaign_id, CYCLE.c.subject_key, CYCLE.c.subject_id, CYCLE.c.anchor_on)
    tolerances = _tolerances(session)
    kept: dict[tuple[int, str, str], list[tuple[int, date]]] = defaultdict(list)
    same: dict[int, int] = {}
    followers = []
    cycles = session.execute(columns.where(*mine).order_by(CYCLE.c.id)).all()
    for cycle_id, campaign_id, key, subject_id, anchor_on in sorted(cycles, key=lambda row: (row[3] in merges, row[0])):
        survivor = merges.get(subject_id, subject_id)
        near = kept[survivor, campaign_id, key]
        match = matching_cycle(anchor_on, near, tolerances.get(campaign_id, 0))
        if match is not None and subject_id in merges:
            same[cycle_id] = match
            continue
        near.append((cycle_id, anchor_on))
        if subject_id in merges:
            followers.append({"id": cycle_id, "subject_id": survivor})
    _unite_cycles(session, same)
    update_rows(session, Cycle, followers)


def _tolerances(session: Session) -> dict[str, int]:
    rules = session.execute(sa.select(CAMPAIGN.c.campaign_id, CAMPAIGN.c.rule).distinct())
    return {campaign_id: RULES[rule].tolerance_days for campaign_id, rule in rules if rule in RULES}


def _unite_cycles(session: Session, same: Mapping[int, int]) -> None:
    """The touches of a cycle go to the one it is the same as; of two touches of one stage the one already sent wins."""
    if not same:
        return
    touches = session.execute(
        sa.select(MESSAGE_CYCLE.c.id, MESSAGE_CYCLE.c.cycle_id, MESSAGE_CYCLE.c.stage, MESSAGE_CYCLE.c.message_id,
                  MESSAGE.c.state)
        .join(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
        .where(MESSAGE_CYCLE.c.cycle_id.in_({*same, *same.values()}))
    ).mappings()  # fmt: skip
    by_stage: dict[tuple[int, str], list[sa.RowMapping]] = defaultdict(list)
    for touch in touches:
        by_stage[same.get(touch["cycle_id"], touch["cycle_id"]), touch["stage"]].append(touch)
    lost: list[sa.RowMapping] = []
    moved = []
    told = []
    for (cycle_id, stage), group in by_stage.items():
        first, *others = sorted(group, key=lambda touch: (_standing(touch["state"]), touch["cycle_id"] in same))
        lost += others
        if first["cycle_id"] != cycle_id:
            moved.append({"id": first["id"], "cycle_id": cycle_id})
            told.append({"kept": cycle_id, "gone": first["cycle_id"], "of_stage": stage})
    _drop_touches(session, lost)
    update_rows(session, MessageCycle, moved)
    _decisions_follow(session, told)
    for table in (DECISION, CYCLE):
        column = table.c.cycle_id if table is DECISION else table.c.id
        session.connection().execute(sa.delete(table).where(column.in_(same)))


def _decisions_follow(session: Session, told: Sequence[Mapping[str, Any]]) -> None:
    """A touch that moved from one cycle to another brings its decision: what stood against the other's is over."""
    if not told:
        return
    is_stage = DECISION.c.stage == sa.bindparam("of_stage")
    overtaken = sa.delete(DECISION).where(DECISION.c.cycle_id == sa.bindparam("kept"), is_stage)
    following = sa.update(DECISION).where(DECISION.c.cycle_id == sa.bindparam("gone"), is_stage)
    pairs = list(told)
    session.connection().execute(overtaken, [{name: row[name] for name in ("kept", "of_stage")} for row in pairs])
    session.connection().execute(following.values(cycle_id=sa.bindparam("kept")), pairs)


def _tell_of_lists_once(session: Session, survivors: Iterable[int]) -> None:
    """Of two texts of one list, by phone and by car, one stays: the one that has left, else the one of the car."""
    touches = session.execute(
        sa.select(MESSAGE_CYCLE.c.id, MESSAGE_CYCLE.c.stage, MESSAGE_CYCLE.c.message_id, MESSAGE.c.state,
                  MESSAGE.c.customer_id, CYCLE.c.campaign_id, CYCLE.c.subject_key, CYCLE.c.subject_type)
        .join(CYCLE, CYCLE.c.id == MESSAGE_CYCLE.c.cycle_id)
        .join(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
        .where(MESSAGE.c.customer_id.in_(survivors), MESSAGE.c.state != "cancelled", MESSAGE_CYCLE.c.closed.is_(None))
        .where(CYCLE.c.subject_key != "")
    ).mappings()  # fmt: skip
    groups: dict[tuple[Any, ...], list[sa.RowMapping]] = defaultdict(list)
    for touch in touches:
        groups[touch["customer_id"], touch["campaign_id"], touch["subject_key"], touch["stage"]].append(touch)
    lost: list[sa.RowMapping] = []
    for group in groups.values():
        kept = min(group, key=lambda touch: (_standing(touch["state"]), touch["subject_type"] == "customer"))
        others = (touch for touch in group if touch["subject_type"] != kept["subject_type"])
        lost += [touch for touch in others if touch["state"] == "planned"]
    _drop_touches(session, lost)


def _join_texts(session: Session, survivors: Iterable[int]) -> None:
    """Texts one run planned for each of them, about their cars and the same stage: one that names all cars.

    It is worded anew. One that gives a coupon stays by itself, since nobody can merge two vouchers.
    """
    gives_coupon = sa.exists().where(COUPON.c.message_id == MESSAGE.c.id)
    touches = session.execute(
        sa.select(MESSAGE_CYCLE.c.id, MESSAGE_CYCLE.c.message_id, MESSAGE.c.customer_id, MESSAGE.c.run_id,
                  MESSAGE.c.stage, MESSAGE.c.valid_until)
        .join(CYCLE, CYCLE.c.id == MESSAGE_CYCLE.c.cycle_id)
        .join(MESSAGE, MESSAGE.c.id == MESSAGE_CYCLE.c.message_id)
        .where(MESSAGE.c.customer_id.in_(survivors), MESSAGE.c.state == "planned", MESSAGE_CYCLE.c.closed.is_(None))
        .where(CYCLE.c.subject_type == "vehicle", ~gives_coupon)
        .order_by(MESSAGE.c.id, MESSAGE_CYCLE.c.id)
    ).mappings()  # fmt: skip
    groups: dict[tuple[int, int, str], list[sa.RowMapping]] = defaultdict(list)
    for touch in touches:
        groups[touch["customer_id"], touch["run_id"], touch["stage"]].append(touch)
    for group in groups.values():
        kept, *others = dict.fromkeys(touch["message_id"] for touch in group)
        if others:
            until = min(touch["valid_until"] for touch in group)
            update_rows(session, MessageCycle, [{"id": touch["id"], "message_id": kept} for touch in group])
            update_rows(session, Message, [{"id": kept, "text": None, "valid_until": until}])
            cancel_by_ids(session, others, "merged")


def _standing(state: str) -> int:
    """0 what has left or was withheld, 1 what is still planned, 2 what was cancelled."""
    return {"planned": 1, "cancelled": 2}.get(state, 0)


def _drop_touches(session: Session, lost: Iterable[sa.RowMapping]) -> None:
    """Planned texts left without any touch are cancelled; those that still name a car are worded anew."""
    lost = list(lost)
    if not lost:
        return
    connection = session.connection()
    connection.execute(sa.delete(MESSAGE_CYCLE).where(MESSAGE_CYCLE.c.id.in_([touch["id"] for touch in lost])))
    planned = [touch["message_id"] for touch in lost if touch["state"] == "planned"]
    still_open = sa.exists().where(MESSAGE_CYCLE.c.message_id == MESSAGE.c.id, MESSAGE_CYCLE.c.closed.is_(None))
    affected = sa.update(MESSAGE).where(MESSAGE.c.id.in_(planned), MESSAGE.c.state == "planned")
    connection.execute(affected.where(~still_open).values(state="cancelled", reason="merged"))
    connection.execute(affected.where(still_open).values(text=None))


def _merge_facts(session: Session, merges: Mapping[int, int], now: datetime) -> None:
    """The survivor keeps what it knows, learns what only the others knew, and consents to no more than each did."""
    stored = customers_by_id(session, {*merges, *merges.values()})
    groups: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for loser, survivor in sorted(merges.items()):
        groups[survivor].append(stored[loser])
    changed, consents, refused = [], [], []
    for survivor, losers in groups.items():
        own = stored[survivor]
        told = firmest_consent((own, *losers))
        changed.append({"id": survivor, "updated_at": now, **_known_together((own, *losers)), **told})
        if told["consent"] != "yes":
            refused.append(survivor)
        if is_news(told, own):
            consents.append({"customer_id": survivor, "value": told["consent"], "since": told["consent_since"],
                             "source": "merge", "recorded_at": now})  # fmt: skip
    update_customers(session, changed)
    record_consent(session, consents)
    cancel_marketing(session, refused)


def _known_together(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Personal facts of people found to be one, the survivor's first; one of them erased means all are."""
    erased_at = max((one["erased_at"] for one in group if one["erased_at"] is not None), default=None)
    facts: dict[str, Any] = {"erased_at": erased_at}
    for unit in _UNITS:
        source = next((one for one in group if one[unit[0]] is not None), group[0])
        facts |= {name: source[name] for name in unit}
    return facts | {"phone": group[0]["phone"]} | (dict(_ERASED) if erased_at is not None else {})
