"""When a planned text may go, and how many a day (rules.md, "Runs, first run, spread"; "Enrolment and arms")."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from notifier.store.engine import Store
from notifier.store.tables import Message
from tests.support.shop import BIRTHDAY, MAINTENANCE, PRICE, WINBACK, Dealership, at, days, yaml

TUESDAY = date(2026, 3, 10)
DAILY = MAINTENANCE.replace("mon-sat", "*")
SPREAD_SIX = DAILY + "    spread: {per_day: 6}\n"


def due(shop: Dealership, number: int, *, in_days: int = 14) -> list[str]:
    """So many customers with a car due."""
    return [shop.owner(f"客户{in_days}-{n}", service_on=TUESDAY + days(in_days)) for n in range(number)]


def silent(shop: Dealership, number: int, since: date = date(2025, 9, 9), prefix: str = "客户") -> list[str]:
    """So many customers not seen for half a year."""
    names = [shop.owner(f"{prefix}{n}") for n in range(number)]
    for name in names:
        shop.change_customer(name, last_visit_on=since)
    return names


def by_day(shop: Dealership) -> dict[date, int]:
    """Shop day → rows that count on it."""
    return dict(sorted(Counter(row["count_on"] for row in shop.rows(Message)).items()))


# — quiet hours and the day a text counts on —


@pytest.mark.parametrize(
    ("planned", "leaves"),
    [("08:59", "09:00"), ("09:00", "09:00"), ("12:34", "12:34"), ("19:59", "19:59")],
)
def test_quiet_hours_set_the_earliest_moment(store: Store, planned: str, leaves: str) -> None:
    """Nothing leaves before nine; by day it may leave at once."""
    shop = Dealership(store, yaml(DAILY))
    due(shop, 1)
    shop.plan_at(at(TUESDAY, planned), campaign="maintenance_due")
    (message,) = shop.rows(Message)
    assert (message["not_before"], message["count_on"]) == (at(TUESDAY, leaves), TUESDAY)


@pytest.mark.parametrize("planned", ["20:00", "23:59"])
def test_a_text_planned_in_the_evening_counts_on_the_next_day(store: Store, planned: str) -> None:
    """`count_on` is the shop's day of the first `not_before`."""
    shop = Dealership(store, yaml(DAILY))
    due(shop, 1)
    shop.plan_at(at(TUESDAY, planned), campaign="maintenance_due")
    (message,) = shop.rows(Message)
    assert (message["not_before"], message["count_on"]) == (at(TUESDAY + days(1), "09:00"), TUESDAY + days(1))


def test_the_day_is_the_shops_not_utcs(store: Store) -> None:
    """At 07:00 in Quanzhou it is still yesterday in Greenwich."""
    shop = Dealership(store, yaml(DAILY, guards="quiet_hours: none"))
    due(shop, 1)
    shop.plan_at(at(TUESDAY, "07:00"), campaign="maintenance_due")
    assert shop.rows(Message)[0]["count_on"] == TUESDAY
    assert shop.runs()[0]["state"] == "ready"


# — frequency cap —


@pytest.mark.parametrize(("later", "state"), [(6, "deferred"), (7, "planned")])
def test_the_cap_looks_back_over_its_days(store: Store, later: int, state: str) -> None:
    """One text in seven days: the eighth day is free again."""
    shop = Dealership(store, yaml(DAILY, BIRTHDAY, guards="frequency_cap: {messages: 1, days: 7}"))
    shop.customer("陈晓芳", birth_on=date(1980, (TUESDAY + days(later)).month, (TUESDAY + days(later)).day))
    shop.car("闽C1", "陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    for day in range(1, later + 1):
        shop.plan_at(at(TUESDAY + days(day)))
    assert shop.decisions("陈晓芳")["day"][0] == state


@pytest.mark.parametrize(("priority", "first"), [("", "early"), ("    priority: 1\n", "day")])
def test_the_cap_holds_within_one_planning_by_priority(store: Store, priority: str, first: str) -> None:
    """Service goes before marketing; a lower `priority:` goes before both."""
    greeting = BIRTHDAY.replace("30 9", "0 10") + priority
    shop = Dealership(store, yaml(greeting, DAILY, guards="frequency_cap: {messages: 1, days: 7}"))
    shop.customer("陈晓芳", birth_on=date(1980, 3, 10))
    shop.car("闽C1", "陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    assert shop.told("陈晓芳") == [(first, "planned")]


def test_transactional_and_safety_texts_are_not_capped(sqlite_store: Store) -> None:
    """An answer the customer asked for does not wait for next week, and uses nothing up."""
    answer = DAILY.replace("kind: service", "kind: transactional").replace("maintenance_due:\n", "answer:\n", 1)
    shop = Dealership(sqlite_store, yaml(answer, BIRTHDAY, guards="frequency_cap: {messages: 1, days: 7}"))
    shop.customer("陈晓芳", birth_on=date(1980, 3, 10))
    shop.car("闽C1", "陈晓芳", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    assert sorted(shop.told("陈晓芳")) == [("day", "planned"), ("early", "planned")]


# — budget —


def test_a_dry_run_counts_no_text_that_is_neither_capped_nor_paid_from_the_budget(sqlite_store: Store) -> None:
    """A transactional text before it takes no place from a reminder, in a rehearsal as in the run."""
    answer = DAILY.replace("maintenance_due:", "inspection:").replace("rule: maintenance_due", "rule: inspection")
    answer = answer.replace("kind: service", "kind: transactional")
    shop = Dealership(
        sqlite_store, yaml(answer, DAILY, guards="frequency_cap: {messages: 1, days: 7}, daily_budget: {messages: 1}")
    )
    shop.owner("陈晓芳", service_on=TUESDAY + days(14), inspection_ends_on=TUESDAY + days(14))
    foreseen = shop.planned_at(at(TUESDAY), dry_run=True)
    assert foreseen == shop.planned_at(at(TUESDAY)) == {"planned": 2, "withheld": 0, "excluded": {}, "deferred": {}}


def test_the_budget_in_messages_is_shared_by_campaigns_and_runs_of_a_day(store: Store) -> None:
    """Three a day for the whole shop, counted by the day they go."""
    shop = Dealership(store, yaml(DAILY, BIRTHDAY, guards="daily_budget: {messages: 3}"))
    due(shop, 2)
    for name in ("林志强", "黄丽萍"):
        shop.customer(name, birth_on=date(1980, 3, 10))
    totals = shop.planned_at(at(TUESDAY))
    assert (totals["planned"], totals["deferred"]) == (3, {"budget": 1})
    due(shop, 1, in_days=3)
    assert shop.planned_at(at(TUESDAY, "15:00"), campaign="maintenance_due")["deferred"] == {"budget": 1}


@pytest.mark.parametrize(("amount", "planned"), [("0.10", 2), ("0.14", 2), ("0.15", 3)])
def test_the_budget_in_money_counts_each_text_at_its_price(store: Store, amount: str, planned: int) -> None:
    """At 0.05 a segment, 0.10 pays two texts of one segment, and not a fen more."""
    shop = Dealership(store, yaml(DAILY, guards=f"daily_budget: {{amount: {amount}}}"))
    due(shop, 4)
    totals = shop.planned_at(at(TUESDAY))
    assert (totals["planned"], totals["deferred"]) == (planned, {"budget": 4 - planned})
    assert {row["cost_micros"] for row in shop.rows(Message)} == {PRICE}


@pytest.mark.parametrize("pace", ["budget", "spread"])
def test_who_finds_room_is_drawn_anew_each_day(sqlite_store: Store, pace: str) -> None:
    """Of forty who are due six a day: neither the first of the records nor the same every time."""
    text = yaml(DAILY, guards="daily_budget: {messages: 6}") if pace == "budget" else yaml(SPREAD_SIX)
    shop = Dealership(sqlite_store, text)
    drawn = []
    for week in (0, 52):
        day = TUESDAY + days(7 * week)
        names = [f"{week}-{n}" for n in range(40)]
        shop.crowd(names, service_on=day + days(14))
        shop.plan_at(at(day), campaign="maintenance_due")
        first = shop.id_of(names[0])
        chosen = {row["customer_id"] - first for row in shop.rows(Message) if row["count_on"] == day}
        assert len(chosen) == 6
        drawn.append(chosen)
    assert set(range(6)) not in drawn
    assert drawn[0] != drawn[1]


def test_a_text_for_tomorrow_is_paid_from_tomorrows_budget(store: Store) -> None:
    """Planned in the evening, it leaves tomorrow's run less room."""
    shop = Dealership(store, yaml(DAILY, guards="daily_budget: {messages: 2}"))
    due(shop, 1)
    shop.plan_at(at(TUESDAY, "21:00"), campaign="maintenance_due")
    due(shop, 3, in_days=13)
    assert shop.planned_at(at(TUESDAY + days(1)))["planned"] == 1
    assert by_day(shop) == {TUESDAY + days(1): 2}


# — spread —

SPREAD = WINBACK + "    spread: {per_day: 3}\n"


def test_a_spread_run_plans_its_days_until_the_next_due_time(store: Store) -> None:
    """Weekly, three a day: seven days of three, at the time of the run, the rest deferred."""
    shop = Dealership(store, yaml(SPREAD))
    silent(shop, 25)
    totals = shop.planned_at(at(TUESDAY))
    assert (totals["planned"], totals["deferred"]) == (21, {"spread": 4})
    assert by_day(shop) == {TUESDAY + days(step): 3 for step in range(7)}
    assert {row["not_before"] for row in shop.rows(Message)} == {at(TUESDAY + days(step)) for step in range(7)}


def test_the_next_run_takes_what_the_spread_put_off(store: Store) -> None:
    """Nobody is lost by pacing."""
    shop = Dealership(store, yaml(SPREAD))
    silent(shop, 25)
    shop.plan_at(at(TUESDAY))
    assert shop.planned_at(at(TUESDAY + days(7)))["planned"] == 4
    assert by_day(shop)[TUESDAY + days(7)] == 3


def test_a_spread_never_exceeds_its_day_whoever_planned_before(store: Store) -> None:
    """A run at ten in the evening begins tomorrow, where Tuesday's run has taken its three already."""
    shop = Dealership(store, yaml(SPREAD))
    silent(shop, 12)
    shop.plan_at(at(TUESDAY))
    silent(shop, 30, prefix="新客户")
    shop.plan_at(at(TUESDAY, "22:00"), campaign="winback")
    assert max(by_day(shop).values()) == 3
    assert max(by_day(shop)) == TUESDAY + days(7)


def test_a_recall_is_paced_by_its_spread_like_any_campaign(sqlite_store: Store) -> None:
    """Safety texts are bound by no cap and no budget, but by the workshop: a second run of the day finds it full."""
    recall = DAILY.replace("kind: service", "kind: safety") + "    spread: {per_day: 2}\n"
    shop = Dealership(sqlite_store, yaml(recall))
    due(shop, 5)
    shop.plan_at(at(TUESDAY))
    again = shop.planned_at(at(TUESDAY, "16:00"), campaign="maintenance_due")
    assert again == {"planned": 0, "withheld": 0, "excluded": {}, "deferred": {"spread": 3}}
    assert by_day(shop) == {TUESDAY: 2}


def test_a_spread_stops_where_the_stage_closes(store: Store) -> None:
    """Two days are left: six go, the others have no day and are put off."""
    campaign = MAINTENANCE.replace("mon-sat", "tue") + "    spread: {per_day: 3}\n"
    shop = Dealership(store, yaml(campaign))
    due(shop, 10, in_days=1)
    totals = shop.planned_at(at(TUESDAY))
    assert (totals["planned"], totals["deferred"]) == (6, {"spread": 4})
    assert by_day(shop) == {TUESDAY: 3, TUESDAY + days(1): 3}
    shop.plan_at(at(TUESDAY + days(7)))
    assert Counter(reason for name in shop.names() for _, reason in shop.decisions(name).values()) == {
        None: 6, "window_closed": 4,
    }  # fmt: skip


def test_spread_and_budget_hold_together(store: Store) -> None:
    """A day may take three of this campaign and two of all: two."""
    shop = Dealership(store, yaml(SPREAD, guards="daily_budget: {messages: 2}"))
    silent(shop, 20)
    shop.plan_at(at(TUESDAY))
    assert by_day(shop) == {TUESDAY + days(step): 2 for step in range(7)}


def test_a_coupon_is_valid_from_the_day_its_text_goes(store: Store) -> None:
    """A paced text names a later last day, and the row of the coupon the same."""
    shop = Dealership(store, yaml(WINBACK + "    spread: {per_day: 1}\n"))
    names = silent(shop, 3, since=date(2025, 3, 9))
    shop.plan_at(at(TUESDAY))
    for name in names:
        (message,), (coupon,) = shop.messages(name), shop.coupons(name)
        assert (coupon["issued_on"], coupon["ends_on"]) == (message["count_on"], message["count_on"] + days(60))
        assert f"{coupon['ends_on'].month}月{coupon['ends_on'].day}日" in message["text"]
        assert coupon["code"] in message["text"]
        assert coupon["message_id"] == message["id"]
    assert len({shop.coupons(name)[0]["code"] for name in names}) == 3


def test_a_wording_that_speaks_of_no_coupon_issues_none(store: Store) -> None:
    """The plain first stage of win-back leaves no voucher nobody knows of in the books."""
    shop = Dealership(store, yaml(WINBACK))
    (name,) = silent(shop, 1)
    shop.plan_at(at(TUESDAY))
    assert (shop.told(name), shop.coupons(name)) == ([("at_risk", "planned")], [])
