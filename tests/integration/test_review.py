"""Releasing a run late: nobody's text bursts out, none is lost without a reason (rules.md, "Runs")."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import partial
from typing import Any

import pytest

from notifier.errors import Refused
from notifier.jobs.review import Outlook, approve, outlook, reject
from notifier.store.engine import Session, Store
from notifier.store.tables import Coupon, Message, Run
from tests.support.shop import BIRTHDAY, INSURANCE, WINBACK, ZONE, Dealership, at, control_key, days, yaml

TUESDAY = date(2026, 3, 10)
QUIET = "quiet_hours: '20:00-09:00'"
SPREAD = WINBACK + "    spread: {per_day: 2}\n    review: required\n    first_run: catch_up\n"


def lost(store: Store, number: int, campaign: str = SPREAD, guards: str = QUIET) -> Dealership:
    """A shop with so many customers who have been away for 400 days, its win-back planned on a Tuesday."""
    shop = Dealership(store, yaml(campaign, guards=guards))
    for n in range(number):
        shop.customer(f"客户{n}", last_visit_on=TUESDAY - days(400))
        shop.car(f"闽C{n}", f"客户{n}")
    shop.plan_at(at(TUESDAY))
    return shop


def run_id(shop: Dealership) -> int:
    """The only run."""
    key: int = shop.one(Run)["id"]
    return key


def approve_at(shop: Dealership, day: date, clock: str = "11:00") -> Outlook:
    """A person releases the run."""
    return approve(shop.planner(), run_id(shop), at(day, clock), by="王经理")


def days_of(shop: Dealership, state: str = "planned") -> dict[date, int]:
    """Day → texts that count on it."""
    return dict(Counter(row["count_on"] for row in shop.rows(Message, state=state)))


def test_a_spread_run_approved_at_once_goes_as_planned(store: Store) -> None:
    """Nothing is overdue: nothing moves."""
    shop = lost(store, 5)
    planned = days_of(shop)
    assert approve_at(shop, TUESDAY).moved == 0
    assert days_of(shop) == planned == {TUESDAY: 2, TUESDAY + days(1): 2, TUESDAY + days(2): 1}


def test_a_spread_run_approved_late_never_bursts_out(store: Store) -> None:
    """On Thursday the texts of Tuesday and Wednesday queue up behind those of Thursday, two a day."""
    shop = lost(store, 5)
    thursday = TUESDAY + days(2)
    found = approve_at(shop, thursday)
    shop.rerender()
    assert (found.moved, found.cancelled, found.texts) == (4, 0, 5)
    assert days_of(shop) == {thursday: 2, thursday + days(1): 2, thursday + days(2): 1}
    assert len(shop.send_at(at(thursday, "11:00"))) == 2
    assert len(shop.send_at(at(thursday + days(1), "09:59"))) == 0
    assert len(shop.send_at(at(thursday + days(1), "10:00"))) == 2


def test_the_next_run_makes_room_for_what_was_moved_into_its_days(store: Store) -> None:
    """Twelve of fourteen fill the week; approved on Friday they reach into the next one, still two a day."""
    shop = lost(store, 14)
    approve_at(shop, TUESDAY + days(3), "09:30")
    shop.plan_at(at(TUESDAY + days(7)))
    assert max(days_of(shop).values()) == 2


def test_what_is_seen_beforehand_is_what_approving_does(store: Store) -> None:
    """`runs show` and `runs approve` agree, and showing changes nothing."""
    shop = lost(store, 5)
    before = shop.everything()
    said = outlook(shop.planner(), run_id(shop), at(TUESDAY + days(2), "11:00"))
    assert shop.everything() == before
    assert approve_at(shop, TUESDAY + days(2)) == said


def test_a_coupon_moves_with_its_text(store: Store) -> None:
    """Sixty days are promised from the day the text goes: the wording is made anew."""
    shop = lost(store, 3)
    approve_at(shop, TUESDAY + days(2))
    shop.rerender()
    for row in shop.rows(Message):
        coupon = shop.one(Coupon, message_id=row["id"])
        assert coupon["ends_on"] == row["count_on"] + days(60)
        assert f"{coupon['ends_on'].month}月{coupon['ends_on'].day}日" in row["text"]


def test_a_text_whose_last_day_is_over_is_cancelled_with_a_reason(store: Store) -> None:
    """A birthday greeting approved the day after says nothing any more."""
    shop = Dealership(store, yaml(BIRTHDAY + "    review: required\n"))
    shop.customer("陈晓芳", birth_on=date(1990, 3, 10), birth_mmdd="0310")
    shop.plan_at(at(TUESDAY))
    found = approve_at(shop, TUESDAY + days(1))
    assert (found.moved, found.cancelled, found.texts) == (0, 1, 0)
    assert [(row["state"], row["reason"]) for row in shop.rows(Message)] == [("cancelled", "validity_over")]


def test_texts_of_yesterday_keep_to_the_daily_budget(store: Store) -> None:
    """Three waited, the budget lets two go a day: the third goes tomorrow."""
    insurance = INSURANCE + "    review: required\n"
    shop = Dealership(store, yaml(insurance, guards="daily_budget: {messages: 3}"))
    for n in range(3):
        shop.owner(f"客户{n}", insurance_ends_on=TUESDAY + days(60))
    shop.plan_at(at(TUESDAY))
    shop.planner(yaml(insurance, guards="daily_budget: {messages: 2}"))
    approve_at(shop, TUESDAY + days(1))
    assert days_of(shop) == {TUESDAY + days(1): 2, TUESDAY + days(2): 1}


def test_an_approval_at_night_waits_for_the_morning(store: Store) -> None:
    """Texts of yesterday released at 22:00 may go at 9:00."""
    shop = lost(store, 1)
    approve_at(shop, TUESDAY + days(1), "22:00")
    assert shop.one(Message)["not_before"].astimezone(ZONE) == at(TUESDAY + days(2), "09:00")


def test_control_rows_move_with_the_texts(store: Store) -> None:
    """Caps, budget and spread count both arms on the days they have now."""
    shop = Dealership(store, yaml(SPREAD + "    control: 50%\n"))
    shop.customer("王强", bucket_key=control_key("winback", 2026, 5000), last_visit_on=TUESDAY - days(400))
    shop.car("闽C1", "王强")
    shop.customer("陈晓芳", bucket_key="k", last_visit_on=TUESDAY - days(400))
    shop.car("闽C2", "陈晓芳")
    shop.plan_at(at(TUESDAY))
    shop.change(Run, run_id(shop), state="review", review_until=at(TUESDAY + days(3)))
    approve_at(shop, TUESDAY + days(1))
    assert {row["count_on"] for row in shop.rows(Message)} == {TUESDAY + days(1)}
    assert len(shop.rows(Message, state="withheld")) >= 1


def test_a_run_whose_time_is_up_is_not_approved(store: Store) -> None:
    """Its customers belong to the next run, also while no planner has swept it yet."""
    shop = lost(store, 1)
    with pytest.raises(Refused, match=r"counts no more\. notifier plan --campaign winback"):
        approve_at(shop, TUESDAY + days(4))
    assert shop.one(Run)["state"] == "review"


def test_who_decided_and_when_is_kept(store: Store) -> None:
    """Name and business time, of both decisions."""
    shop = lost(store, 1)
    reject(shop.planner(), run_id(shop), at(TUESDAY, "12:00"), by="李经理")
    review = shop.one(Run)["counts"]["review"]
    assert (review["verdict"], review["by"], review["at"]) == ("void", "李经理", at(TUESDAY, "12:00").isoformat())
    shop.plan_at(at(TUESDAY + days(7)))
    later = shop.rows(Run)[1]["id"]
    approve(shop.planner(), later, at(TUESDAY + days(7), "12:00"), by="王经理")
    row = shop.one(Run, id=later)
    assert (row["reviewed_by"], row["counts"]["review"]["by"], row["state"]) == ("王经理", "王经理", "ready")


def test_a_second_approval_is_refused_and_moves_nothing(store: Store) -> None:
    """Whoever approves again two days later, by mistake, leaves the texts already released where they are."""
    shop = lost(store, 3)
    approve_at(shop, TUESDAY)
    before = shop.everything()
    with pytest.raises(Refused, match="does not wait for a review"):
        approve_at(shop, TUESDAY + days(2))
    assert shop.everything() == before


def test_the_second_to_decide_is_told_who_was_first(store: Store) -> None:
    """By name and time; also whoever rejects what was released a moment ago, which is then not undone."""
    shop = lost(store, 1)
    approve(shop.planner(), run_id(shop), at(TUESDAY, "12:00"), by="李经理")
    for decide in (approve, partial(reject, only_waiting=True)):
        with pytest.raises(Refused, match="李经理 released it on 2026-03-10 12:00"):
            decide(shop.planner(), run_id(shop), at(TUESDAY, "12:01"), by="王经理")
    assert shop.one(Run)["state"] == "ready"


@pytest.mark.parametrize("decide", [approve, partial(reject, only_waiting=True)])
def test_what_is_noted_stands_or_falls_with_the_decision(store: Store, decide: Any) -> None:
    """In one transaction: where the note cannot be written, nothing was decided."""
    shop = lost(store, 1)

    def refuse(_session: Session) -> None:
        raise Refused("the log is full")

    with pytest.raises(Refused, match="the log is full"):
        decide(shop.planner(), run_id(shop), at(TUESDAY, "12:00"), by="李经理", noted=refuse)
    assert shop.one(Run)["state"] == "review"
    seen: list[Session] = []
    decide(shop.planner(), run_id(shop), at(TUESDAY, "12:00"), by="李经理", noted=seen.append)
    assert len(seen) == 1
