"""Who is texted and who is not, for the experiment's sake (rules.md, "Enrolment and arms")."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import pytest

from notifier.domain.buckets import campaign_salt, in_share
from notifier.domain.states import AttemptEvent
from notifier.store.arms import arm_counts, out_of_lift_counts
from notifier.store.engine import Store
from notifier.store.facts import Period
from notifier.store.merges import merge_customers
from notifier.store.runs import approve, void
from notifier.store.tables import CampaignShare, Cycle, Enrolment, Message
from tests.support.shop import (
    BIRTHDAY,
    MAINTENANCE,
    WINBACK,
    Dealership,
    at,
    control_key,
    days,
    treatment_key,
    universal_key,
    yaml,
)

TUESDAY = date(2026, 3, 10)
SERVICE = MAINTENANCE.replace("mon-sat", "*") + "    control: 50%\n"
OFFERS = WINBACK.replace("tue", "*") + "    control: 50%\n"
HALF = 5000


@pytest.fixture
def service(store: Store) -> Dealership:
    """A shop whose maintenance reminders have a control of one half, the first run behind it."""
    shop = Dealership(store, yaml(SERVICE))
    shop.plan_at(at(TUESDAY - days(1)))
    return shop


@pytest.fixture
def offers(store: Store) -> Dealership:
    """A shop whose win-back has a control of one half."""
    return Dealership(store, yaml(OFFERS))


def add(shop: Dealership, name: str, key: str, **car: object) -> str:
    """A customer with one car and this bucket key."""
    shop.customer(name, bucket_key=key, birth_on=date(1980, 3, 10))
    shop.car(name, name, **car)
    return name


def silent(shop: Dealership, name: str, key: str, since: date = date(2025, 9, 9)) -> str:
    """A customer not seen since."""
    add(shop, name, key)
    shop.change_customer(name, last_visit_on=since)
    return name


def live(shop: Dealership, start: date, number: int) -> None:
    """Plan and send each of so many days."""
    for step in range(number):
        shop.plan_at(at(start + days(step)))
        shop.send_at(at(start + days(step), "10:05"))


# — one arm —


def test_one_arm_a_customer_and_year_over_all_stages_and_cycles(service: Dealership) -> None:
    """Two cars, two stages each and a second interval in the same year: one enrolment carries them all."""
    add(service, "陈晓芳", treatment_key("maintenance_due", 2026, HALF), service_on=TUESDAY + days(14))
    service.car("闽C2", "陈晓芳", service_on=TUESDAY + days(20))
    live(service, TUESDAY, 20)
    service.change_car("陈晓芳", service_anchor_on=TUESDAY + days(60), next_service_on=TUESDAY + days(240))
    live(service, TUESDAY + days(226), 12)
    (enrolment,) = service.enrolments("陈晓芳")
    messages = service.messages("陈晓芳")
    assert [row["stage"] for row in messages] == ["early", "early", "last", "last", "early", "last"]
    assert {(row["enrolment_id"], row["arm"]) for row in messages} == {(enrolment["id"], "treatment")}
    assert {cycle["enrolment_id"] for cycle in service.rows(Cycle)} == {enrolment["id"]}


def test_the_arm_is_hashed_from_the_stored_key_and_nothing_else(service: Dealership) -> None:
    """Treatment and control are who the salt of campaign and year says, whatever else the customers are."""
    expected = {}
    for number in range(6):
        for arm, key in (("treatment", treatment_key), ("control", control_key)):
            name = add(service, f"{arm}{number}", key("maintenance_due", 2026, HALF, number),
                       service_on=TUESDAY + days(14))  # fmt: skip
            expected[name] = arm
    service.plan_at(at(TUESDAY))
    assert {name: service.enrolments(name)[0]["arm"] for name in expected} == expected


def test_a_new_year_draws_a_new_arm_for_a_new_cycle(service: Dealership) -> None:
    """The period is the calendar year."""
    add(service, "陈晓芳", treatment_key("maintenance_due", 2026, HALF), service_on=TUESDAY + days(14))
    live(service, TUESDAY, 1)
    service.change_car("陈晓芳", service_anchor_on=date(2026, 9, 1), next_service_on=date(2027, 3, 20))
    live(service, date(2027, 3, 6), 1)
    assert [row["period"] for row in service.enrolments("陈晓芳")] == ["2026", "2027"]


def test_a_cycle_keeps_the_enrolment_of_its_first_stage_over_new_year(service: Dealership) -> None:
    """Early in December, last in January: one cycle, one arm, no enrolment in the new year."""
    add(service, "陈晓芳", control_key("maintenance_due", 2026, HALF), service_on=date(2027, 1, 5))
    live(service, date(2026, 12, 22), 12)
    assert service.told("陈晓芳") == [("early", "withheld"), ("last", "delivered")]
    assert [row["period"] for row in service.enrolments("陈晓芳")] == ["2026"]
    assert {row["enrolment_id"] for row in service.messages("陈晓芳")} == {service.enrolments("陈晓芳")[0]["id"]}


def test_a_cycle_held_back_at_first_keeps_its_enrolment_over_new_year_too(service: Dealership) -> None:
    """The customer was enrolled by another car; this one was in the workshop when it was first looked at."""
    key = control_key("maintenance_due", 2026, HALF)
    add(service, "陈晓芳", key, service_on=date(2026, 6, 1))
    live(service, date(2026, 5, 20), 1)
    service.car("闽C2", "陈晓芳", service_on=date(2027, 1, 5), in_workshop_since=date(2026, 12, 20))
    live(service, date(2026, 12, 22), 1)
    service.change_car("闽C2", in_workshop_since=None)
    live(service, date(2026, 12, 23), 12)
    assert [row["period"] for row in service.enrolments("陈晓芳")] == ["2026"]


def test_the_share_of_a_year_is_kept_when_the_setting_changes(store: Store) -> None:
    """A changed share starts with the next period."""
    shop = Dealership(store, yaml(OFFERS))
    shop.plan_at(at(TUESDAY))
    shop.planner(yaml(OFFERS.replace("50%", "10%")))
    name = silent(shop, "陈晓芳", control_key("winback", 2026, HALF, 3), date(2025, 9, 11))
    shop.plan_at(at(TUESDAY + days(2)))
    assert shop.enrolments(name)[0]["arm"] == "control"
    shop.plan_at(at("2027-01-02"))
    shares = {row["period"]: row["share_bp"] for row in shop.rows(CampaignShare, campaign_id="winback")}
    assert shares == {"2026": 5000, "2027": 1000}


# — when one enrols —


@pytest.mark.parametrize("hold", ["no_phone", "unreachable", "consent", "suppressed", "complaint", "workshop", "sold"])
def test_who_is_stopped_by_a_guard_up_to_data_freshness_is_not_enrolled(store: Store, hold: str) -> None:
    """Excluding guards and deferring ones alike: nobody enters the experiment whom nobody would have texted."""
    shop = Dealership(store, yaml(OFFERS))
    name = silent(shop, "陈晓芳", treatment_key("winback", 2026, HALF))
    match hold:
        case "no_phone":
            shop.change_customer(name, phone=None, phone_key=None)
        case "unreachable":
            shop.change_customer(name, unreachable="30005")
        case "consent":
            shop.change_customer(name, consent="unknown")
        case "suppressed":
            shop.suppression(name)
        case "complaint":
            shop.complaint(name, TUESDAY)
        case "workshop":
            shop.change_car(name, in_workshop_since=TUESDAY)
        case "sold":
            shop.change_car(name, state="sold")
    shop.plan_at(at(TUESDAY))
    assert (shop.enrolments(name), shop.messages(name)) == ([], [])


@pytest.mark.parametrize(
    ("guards", "more", "reason"),
    [("frequency_cap: {messages: 1, days: 7}", "", "frequency_cap"), ("daily_budget: {messages: 1}", "", "budget"),
     ("quiet_hours: none", "    spread: {per_day: 1}\n", "spread")],
)  # fmt: skip
def test_a_later_guard_never_undoes_an_enrolment(store: Store, guards: str, more: str, reason: str) -> None:
    """Caps, budgets and spread come after the arm is drawn: whom they put off is enrolled and stays so."""
    birthday = BIRTHDAY.replace("30 9", "0 10").replace("kind: marketing", "kind: marketing\n    priority: 0")
    shop = Dealership(store, yaml(birthday, OFFERS + more, guards=guards))
    for number in range(2):
        silent(shop, f"客户{number}", treatment_key("winback", 2026, HALF, number))
    shop.plan_at(at(TUESDAY))
    deferred = [name for name in ("客户0", "客户1") if shop.decisions(name).get("at_risk") == ("deferred", reason)]
    assert deferred
    for name in deferred:
        assert "winback" in {row["campaign_id"] for row in shop.enrolments(name)}
        assert "winback" not in {row["campaign_id"] for row in shop.messages(name)}


# — universal control —

UNIVERSAL = "universal_control: 10%"
TENTH = 1000


def test_universal_control_gets_no_marketing_but_a_row(store: Store) -> None:
    """Enrolled with arm universal, the row withheld, no coupon."""
    shop = Dealership(store, yaml(OFFERS, guards=UNIVERSAL))
    name = silent(shop, "陈晓芳", universal_key(2026, TENTH), date(2025, 3, 9))
    shop.plan_at(at(TUESDAY))
    assert shop.told(name) == [("lost", "withheld")]
    assert [row["arm"] for row in shop.enrolments(name)] == ["universal"]
    assert shop.decisions(name) == {"lost": ("planned", "universal_control")}
    assert shop.coupons(name) == []


def test_universal_control_does_not_touch_service_reminders(store: Store) -> None:
    """It exists for marketing only."""
    shop = Dealership(store, yaml(MAINTENANCE, guards=UNIVERSAL))
    name = add(shop, "陈晓芳", universal_key(2026, TENTH), service_on=TUESDAY + days(3))
    shop.plan_at(at(TUESDAY))
    assert shop.told(name) == [("last", "planned")]


def test_rows_of_universal_control_count_in_no_cap_and_no_budget(store: Store) -> None:
    """Ten of them leave the budget of one text to the one customer who may get it."""
    guards = f"{UNIVERSAL}, daily_budget: {{messages: 1}}, frequency_cap: {{messages: 1, days: 7}}"
    shop = Dealership(store, yaml(OFFERS + "    spread: {per_day: 1}\n", MAINTENANCE, guards=guards))
    for number in range(10):
        silent(shop, f"客户{number}", universal_key(2026, TENTH, number), date(2025, 9, 8))
    name = silent(shop, "陈晓芳", treatment_key("winback", 2026, HALF, universal_bp=TENTH))
    totals = shop.planned_at(at(TUESDAY))
    assert (totals["planned"], totals["withheld"], totals["deferred"]) == (1, 10, {})
    assert shop.told(name) == [("at_risk", "planned")]
    shop.change_car("客户0", next_service_on=TUESDAY + days(15), next_service_kind="regular",
                    service_anchor_on=date(2025, 9, 8))  # fmt: skip
    shop.plan_at(at(TUESDAY + days(1)))
    assert shop.told("客户0") == [("at_risk", "withheld"), ("early", "planned")]


# — service with a control —


def test_early_stages_are_withheld_and_the_last_always_goes(service: Dealership) -> None:
    """The control of a service campaign misses the early text, and is told at the end like everybody."""
    add(service, "陈晓芳", control_key("maintenance_due", 2026, HALF), service_on=TUESDAY + days(14))
    add(service, "林志强", treatment_key("maintenance_due", 2026, HALF), service_on=TUESDAY + days(14))
    live(service, TUESDAY, 14)
    assert service.told("陈晓芳") == [("early", "withheld"), ("last", "delivered")]
    assert service.told("林志强") == [("early", "delivered"), ("last", "delivered")]
    assert {row["arm"] for row in service.messages("陈晓芳")} == {"control"}


@pytest.mark.parametrize("window", [60, 5])
def test_lift_is_read_until_the_last_stage_opens(store: Store, window: int) -> None:
    """The window of the first view ends on the eve of the day on which the control is texted too."""
    shop = Dealership(store, yaml(SERVICE + f"    lift_window: {window}d\n"))
    name = add(shop, "陈晓芳", control_key("maintenance_due", 2026, HALF), service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    (enrolment,) = shop.enrolments(name)
    assert enrolment["enrolled_on"] == TUESDAY
    assert enrolment["lift_until"] == min(TUESDAY + days(window), TUESDAY + days(10))


def test_without_a_control_the_window_is_whole(store: Store) -> None:
    """No arm to tell from another: `lift_until` is the campaign's window."""
    shop = Dealership(store, yaml(MAINTENANCE))
    name = add(shop, "陈晓芳", "k1", service_on=TUESDAY + days(14))
    shop.plan_at(at(TUESDAY))
    assert shop.enrolments(name)[0]["lift_until"] == TUESDAY + days(60)


@pytest.mark.parametrize(("due_in", "out"), [(14, None), (3, "last_stage")])
def test_who_starts_at_the_last_stage_is_out_of_lift(service: Dealership, due_in: int, out: str | None) -> None:
    """Both arms are texted at once: there is nothing to compare."""
    name = add(service, "陈晓芳", control_key("maintenance_due", 2026, HALF), service_on=TUESDAY + days(due_in))
    service.plan_at(at(TUESDAY))
    assert service.enrolments(name)[0]["out_of_lift"] == out


# — caps, budgets and spread —


def test_control_rows_count_towards_the_frequency_cap(store: Store) -> None:
    """A withheld text uses up the customer's cap like a sent one, so the arms stay comparable."""
    shop = Dealership(store, yaml(OFFERS, BIRTHDAY, guards="frequency_cap: {messages: 1, days: 7}"))
    names = [silent(shop, "陈晓芳", control_key("winback", 2026, HALF)),
             silent(shop, "林志强", treatment_key("winback", 2026, HALF))]  # fmt: skip
    shop.plan_at(at(TUESDAY, "10:00"), campaign="winback")
    shop.plan_at(at(TUESDAY, "10:01"), campaign="birthday")
    assert [shop.told(name) for name in names] == [[("at_risk", "withheld")], [("at_risk", "planned")]]
    assert [shop.decisions(name)["day"] for name in names] == [("deferred", "frequency_cap")] * 2


@pytest.mark.parametrize(
    ("more", "guards", "reason"),
    [("", "daily_budget: {messages: 4}", "budget"), ("    spread: {per_day: 4}\n", "quiet_hours: none", "spread")],
)
def test_control_rows_count_towards_budget_and_spread(store: Store, more: str, guards: str, reason: str) -> None:
    """Of ten customers the day has room for four, whichever arm they are in."""
    shop = Dealership(store, yaml(OFFERS + more, guards=guards))
    for number in range(5):
        silent(shop, f"t{number}", treatment_key("winback", 2026, HALF, number))
        silent(shop, f"c{number}", control_key("winback", 2026, HALF, number))
    totals = shop.planned_at(at(TUESDAY))
    assert (totals["planned"] + totals["withheld"], totals["deferred"]) == (4, {reason: 6})


@pytest.mark.parametrize(
    ("state", "reason", "counts"),
    [("planned", None, True), ("delivered", None, True), ("failed", "30003", True), ("withheld", None, True),
     ("cancelled", "came", True), ("unknown", None, True), ("cancelled", "void", False)],
)  # fmt: skip
def test_a_row_counts_whatever_becomes_of_it_unless_void(
    store: Store, state: str, reason: str | None, counts: bool
) -> None:
    """Caps count every non-void row of treatment and control by `count_on`."""
    shop = Dealership(store, yaml(OFFERS, BIRTHDAY, guards="frequency_cap: {messages: 1, days: 7}"))
    name = silent(shop, "陈晓芳", treatment_key("winback", 2026, HALF))
    shop.plan_at(at(TUESDAY), campaign="winback")
    shop.change(Message, shop.messages(name)[0]["id"], state=state, reason=reason)
    shop.plan_at(at(TUESDAY), campaign="birthday")
    assert shop.decisions(name)["day"] == (("deferred", "frequency_cap") if counts else ("planned", None))


def test_the_order_of_candidates_never_looks_at_the_arm(sqlite_store: Store) -> None:
    """Under a cap that lets a fifth through, the treated share among those placed is that of everybody."""
    shop = Dealership(sqlite_store, yaml(OFFERS, guards="daily_budget: {messages: 400}"))
    shop.crowd([f"客户{number}" for number in range(2000)], last_visit_on=date(2025, 9, 9))
    totals = shop.planned_at(at(TUESDAY))
    treated = Counter(row["arm"] for row in shop.rows(Enrolment))["treatment"] / 2000
    assert totals["planned"] + totals["withheld"] == 400
    # 400 of 2000 without replacement: standard error 2.2 points.
    assert abs(totals["planned"] / 400 - treated) < 0.09


def test_earlier_opened_stages_go_before_later_ones(store: Store) -> None:
    """Who has waited longest is first, then a hash decides."""
    shop = Dealership(store, yaml(OFFERS, guards="daily_budget: {messages: 2}"))
    for number, since in enumerate((date(2025, 9, 9), date(2025, 9, 7), date(2025, 9, 8))):
        silent(shop, f"客户{number}", treatment_key("winback", 2026, HALF, number), since)
    shop.plan_at(at(TUESDAY))
    assert [shop.told(f"客户{number}") for number in range(3)] == [
        [],
        [("at_risk", "planned")],
        [("at_risk", "planned")],
    ]


# — what is out of lift —


def counts(shop: Dealership, today: date) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
    """Arm → (n, came), and why others count in neither."""
    period = Period(shop.id, date(2026, 1, 1), date(2026, 12, 31))
    with shop.store.read() as session:
        arms = arm_counts(session, period, "winback", success="visit", today=today)
        out = out_of_lift_counts(session, period, "winback", success="visit")
    return {arm.arm: (arm.n, arm.came) for arm in arms}, out


def test_a_visit_before_the_enrolment_but_imported_later_drops_out_of_lift(offers: Dealership) -> None:
    """Between the first opening and the enrolment: nobody knew of it when the arm was drawn."""
    for number in range(2):
        silent(offers, f"t{number}", treatment_key("winback", 2026, HALF, number))
        silent(offers, f"c{number}", control_key("winback", 2026, HALF, number))
    enrolled = TUESDAY + days(3)  # the stage opened on the 9th
    offers.plan_at(at(enrolled))
    offers.visit("t0", TUESDAY)
    offers.visit("c0", enrolled - days(1))
    offers.visit("t1", enrolled)
    assert counts(offers, TUESDAY + days(90)) == (
        {"treatment": (1, 1), "control": (1, 0)}, {"came_before_enrolment": 2},
    )  # fmt: skip


def test_a_visit_before_the_opening_is_no_reason_to_drop_anybody(offers: Dealership) -> None:
    """It is what the reminder is about."""
    silent(offers, "陈晓芳", treatment_key("winback", 2026, HALF))
    offers.visit("陈晓芳", date(2025, 9, 9), imported=False)
    offers.plan_at(at(TUESDAY))
    assert counts(offers, TUESDAY + days(90)) == ({"treatment": (1, 0)}, {})


# — void and merge —

REVIEWED = OFFERS + "    review: required\n"


def test_void_takes_back_enrolments_and_frees_cycles_caps_and_lift(store: Store) -> None:
    """A rejected list never happened: both arms leave the experiment, and the next run takes them anew."""
    shop = Dealership(store, yaml(REVIEWED, BIRTHDAY, guards="frequency_cap: {messages: 1, days: 7}"))
    names = [silent(shop, "陈晓芳", treatment_key("winback", 2026, HALF)),
             silent(shop, "林志强", control_key("winback", 2026, HALF))]  # fmt: skip
    result = shop.plan_at(at(TUESDAY), campaign="winback")
    shop.write(lambda session: void(session, result.runs[0].run_id or 0, by="manager"))
    assert [shop.told(name) for name in names] == [[("at_risk", "cancelled")]] * 2
    assert shop.rows(Enrolment) == []
    assert counts(shop, TUESDAY + days(90)) == ({}, {})
    shop.plan_at(at(TUESDAY), campaign="birthday")
    assert shop.decisions("陈晓芳")["day"] == ("planned", None)
    shop.plan_at(at(TUESDAY + days(7)), campaign="winback")
    assert [shop.told(name)[-1] for name in names] == [("at_risk", "planned"), ("at_risk", "withheld")]


def test_void_keeps_an_enrolment_that_has_another_message(store: Store) -> None:
    """The first stage was approved and sent; rejecting the second leaves the customer in the experiment."""
    shop = Dealership(store, yaml(REVIEWED))
    name = silent(shop, "陈晓芳", treatment_key("winback", 2026, HALF))
    first = shop.plan_at(at(TUESDAY)).runs[0].run_id or 0
    shop.write(lambda session: approve(session, first, by="manager"))
    shop.send_at(at(TUESDAY, "11:00"))
    second = shop.plan_at(at("2026-09-10")).runs[0].run_id or 0
    shop.write(lambda session: void(session, second, by="manager"))
    assert [row["run_id"] for row in shop.enrolments(name)] == [first]
    assert shop.told(name) == [("at_risk", "delivered"), ("lost", "cancelled")]


def test_void_takes_back_an_enrolment_whose_first_run_only_put_it_off(store: Store) -> None:
    """Enrolled and deferred by one run, planned by the next, which is rejected: no message stands on it."""
    shop = Dealership(store, yaml(REVIEWED, guards="daily_budget: {messages: 1}"))
    for number in range(2):
        silent(shop, f"客户{number}", treatment_key("winback", 2026, HALF, number))
    first = shop.plan_at(at(TUESDAY)).runs[0].run_id or 0
    shop.write(lambda session: approve(session, first, by="manager"))
    second = shop.plan_at(at(TUESDAY + days(1))).runs[0].run_id or 0
    shop.write(lambda session: void(session, second, by="manager"))
    assert len(shop.rows(Message, reason="void")) == 1
    assert len(shop.rows(Enrolment)) == 1


@pytest.mark.parametrize("later_born_first", [False, True])
def test_merged_customers_of_one_arm_keep_the_earlier_enrolment(offers: Dealership, later_born_first: bool) -> None:
    """Whichever record survives, the enrolment with the longer history stays."""
    keys = [control_key("winback", 2026, HALF, number) for number in range(2)]
    survivor, loser = (silent(offers, name, key, since) for name, key, since in zip(
        ("陈晓芳", "陈小芳"), keys,
        (date(2025, 9, 9), date(2025, 9, 10)) if not later_born_first else (date(2025, 9, 10), date(2025, 9, 9)),
        strict=True,
    ))  # fmt: skip
    live(offers, TUESDAY - days(1), 2)
    earliest = min(offers.rows(Enrolment), key=lambda row: (row["enrolled_at"], row["id"]))
    merge(offers, loser, survivor)
    (kept,) = offers.enrolments(survivor)
    assert (kept["id"], kept["out_of_lift"]) == (earliest["id"], None)
    assert {row["enrolment_id"] for row in offers.rows(Message)} <= {kept["id"]}


def test_merged_customers_of_opposite_arms_keep_the_survivors_and_leave_lift(offers: Dealership) -> None:
    """Nobody can tell any more who was texted; the loss is counted."""
    survivor = silent(offers, "陈晓芳", control_key("winback", 2026, HALF), date(2025, 9, 10))
    loser = silent(offers, "陈小芳", treatment_key("winback", 2026, HALF))
    live(offers, TUESDAY - days(1), 2)
    merge(offers, loser, survivor)
    (kept,) = offers.enrolments(survivor)
    assert (kept["arm"], kept["out_of_lift"]) == ("control", "merged_arms")
    assert counts(offers, TUESDAY + days(90)) == ({}, {"merged_arms": 1})


def merge(shop: Dealership, loser: str, survivor: str) -> None:
    """The import found the two to be one."""
    moment: datetime = at(TUESDAY + days(2))
    shop.write(lambda s: merge_customers(s, {shop.id_of(loser): shop.id_of(survivor)}, moment))


def test_a_stop_of_the_treated_does_not_move_them_to_another_arm(offers: Dealership) -> None:
    """Intention to treat: who said stop after the first text is still treatment, without a second text."""
    name = silent(offers, "陈晓芳", treatment_key("winback", 2026, HALF))
    offers.plan_at(at(TUESDAY))
    offers.send_at(at(TUESDAY, "11:00"), event=AttemptEvent.DELIVERED)
    offers.reply(name, "退订", at(TUESDAY, "12:00"))
    offers.plan_at(at("2026-09-10"))
    assert [row["arm"] for row in offers.enrolments(name)] == ["treatment"]
    assert offers.decisions(name)["lost"] == ("excluded", "suppressed")


@pytest.mark.parametrize("late_first", [True, False], ids=["the late car is the older record", "the late car is newer"])
def test_over_new_year_the_last_text_of_a_control_goes_and_a_treated_car_is_not_withheld(
    store: Store, late_first: bool
) -> None:
    """Control in 2025, treatment in 2026: one car at its last stage of the old year's cycle, one at its early stage."""
    next_year = campaign_salt("maintenance_due", 2026)
    keys = (control_key("maintenance_due", 2025, 3_000, number) for number in range(200))
    key = next(each for each in keys if not in_share(next_year, each, 3_000))
    shop = Dealership(store, yaml(MAINTENANCE.replace("mon-sat", "*") + "    control: 30%\n"))
    shop.plan_at(at(date(2025, 12, 1)))
    shop.customer("陈晓芳", bucket_key=key)
    new_year = date(2026, 1, 5)
    cars = {"late": new_year + days(3), "early": new_year + days(14)}
    for name in ("late", "early") if late_first else ("early", "late"):
        shop.car(name, "陈晓芳", service_on=cars[name])
    shop.plan_at(at(date(2025, 12, 29)))
    assert [(row["stage"], row["state"]) for row in shop.messages()] == [("early", "withheld")]
    shop.plan_at(at(new_year))
    assert [row["state"] for row in shop.messages() if row["state"] != "withheld"] == ["planned"]
    assert {stage: state for stage, state, _ in shop.stages_of("late")} == {"early": "withheld", "last": "planned"}
    assert {stage: state for stage, state, _ in shop.stages_of("early")} == {"early": "planned"}
