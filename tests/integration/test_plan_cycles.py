"""What one reminder is about: no occasion is texted twice, whatever moves, is corrected or changes hands (rules.md,
"Cycles and stages")."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from notifier.schedules import ScheduleProblems
from notifier.store.engine import Store
from notifier.store.merges import merge_customers
from notifier.store.messages import sweep_validity
from notifier.store.tables import Cycle, Decision, Message, Vehicle
from tests.support.shop import BIRTHDAY, INSURANCE, MAINTENANCE, WINBACK, Dealership, at, days, yaml

TUESDAY = date(2026, 3, 10)
EVERY_DAY = INSURANCE.replace("mon-sat", "*")


@pytest.fixture
def workshop(store: Store) -> Dealership:
    """A shop with the maintenance campaign each day, its first run behind it."""
    shop = Dealership(store, yaml(MAINTENANCE.replace("mon-sat", "*")))
    shop.plan_at(at(TUESDAY - days(1)))
    return shop


@pytest.fixture
def insurer(store: Store) -> Dealership:
    """A shop with the insurance campaign each day, its first run behind it."""
    shop = Dealership(store, yaml(EVERY_DAY))
    shop.plan_at(at(TUESDAY - days(1)))
    return shop


def live(shop: Dealership, start: date, number: int, *, sending: bool = True, every: int = 1) -> None:
    """Plan, and send, each of so many days, or only every second, third …"""
    for step in range(0, number, every):
        shop.plan_at(at(start + days(step)))
        if sending:
            shop.send_at(at(start + days(step), "10:05"))


# — what names a cycle —


@pytest.mark.parametrize("moved", [-10, -5, 1, 5, 12])
def test_a_re_predicted_due_day_texts_nobody_twice(workshop: Dealership, moved: int) -> None:
    """The last maintenance visit names the cycle; its computed day may move either way."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14), anchor_on=TUESDAY - days(166))
    live(workshop, TUESDAY, 2)
    workshop.change_car("陈晓芳", next_service_on=TUESDAY + days(14 + moved))
    live(workshop, TUESDAY + days(2), 30)
    assert workshop.told("陈晓芳") == [("early", "delivered"), ("last", "delivered")]
    assert len(workshop.cycles("陈晓芳")) == 1


def test_the_next_maintenance_visit_opens_a_new_cycle(workshop: Dealership) -> None:
    """Half a year later the customer is reminded anew."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14), anchor_on=TUESDAY - days(166))
    live(workshop, TUESDAY, 1)
    came = TUESDAY + days(10)
    workshop.visit("陈晓芳", came, is_maintenance=True)
    workshop.change_car("陈晓芳", service_anchor_on=came, next_service_on=came + days(180))
    live(workshop, came + days(166), 1)
    assert workshop.told("陈晓芳") == [("early", "delivered"), ("early", "delivered")]
    assert [cycle["anchor_on"] for cycle in workshop.cycles("陈晓芳")] == [TUESDAY - days(166), came]


@pytest.mark.parametrize("corrected", [-7, 7])
@pytest.mark.parametrize("waited", [0, 25, 40])
def test_a_policy_date_corrected_by_a_week_texts_nobody_twice(insurer: Dealership, corrected: int, waited: int) -> None:
    """Each stage goes once, whenever in the cycle the clerk mends the date; the anchor follows it."""
    ends_on = TUESDAY + days(60)
    insurer.owner("陈晓芳", insurance_ends_on=ends_on)
    live(insurer, TUESDAY, waited + 1, every=5)
    insurer.change_car("陈晓芳", insurance_ends_on=ends_on + days(corrected))
    live(insurer, TUESDAY + days(waited + 1), 70 - waited, every=3)
    assert [stage for stage, _ in insurer.told("陈晓芳")] == ["early", "middle", "last"]
    assert [cycle["anchor_on"] for cycle in insurer.cycles("陈晓芳")] == [ends_on + days(corrected)]


def test_a_date_corrected_to_later_opens_no_earlier_stage_again(store: Store) -> None:
    """A car first seen in its middle stage is not told the early one because its date moved a week on."""
    insurer = Dealership(store, yaml(EVERY_DAY + "    first_run: catch_up\n"))
    insurer.owner("陈晓芳", insurance_ends_on=TUESDAY + days(28))
    live(insurer, TUESDAY, 1)
    insurer.change_car("陈晓芳", insurance_ends_on=TUESDAY + days(35))
    live(insurer, TUESDAY + days(1), 36)
    assert [stage for stage, _ in insurer.told("陈晓芳")] == ["middle", "last"]
    assert insurer.decisions("陈晓芳")["early"] == ("excluded", "window_closed")


def test_the_policy_of_the_next_year_is_a_new_cycle(insurer: Dealership) -> None:
    """365 days are beyond the tolerance of 179."""
    insurer.owner("陈晓芳", insurance_ends_on=TUESDAY + days(60))
    live(insurer, TUESDAY, 1)
    insurer.change_car("陈晓芳", insurance_ends_on=TUESDAY + days(425))
    live(insurer, TUESDAY + days(365), 1)
    assert [stage for stage, _ in insurer.told("陈晓芳")] == ["early", "early"]
    assert len(insurer.cycles("陈晓芳")) == 2


@pytest.mark.parametrize(
    ("campaign", "due", "tolerance"),
    [(MAINTENANCE, "service", 30), (EVERY_DAY, "insurance", 179), (BIRTHDAY, "birthday", 180),
     (WINBACK, "winback", 30)],
)  # fmt: skip
@pytest.mark.parametrize("beyond", [0, 1])
def test_an_anchor_within_the_tolerance_belongs_to_the_cycle_and_one_day_more_does_not(
    sqlite_store: Store, campaign: str, due: str, tolerance: int, beyond: int
) -> None:
    """The edges of rules.md's table: 30, 179, 180 and 30 days."""
    shop = Dealership(sqlite_store, yaml(campaign + "    first_run: catch_up\n"))
    anchor = TUESDAY - days(30)
    shop.customer("陈晓芳", birth_on=TUESDAY, last_visit_on=date(2025, 9, 9))
    shop.car("闽C1", "陈晓芳", service_on=TUESDAY + days(10), anchor_on=anchor, insurance_ends_on=TUESDAY + days(10))
    subject = (
        ("vehicle", shop.car_id("闽C1")) if due in ("service", "insurance") else ("customer", shop.id_of("陈晓芳"))
    )
    now = {"service": anchor, "insurance": TUESDAY + days(10), "birthday": TUESDAY, "winback": date(2025, 9, 9)}[due]
    shop.insert(
        Cycle,
        {"shop_id": shop.id, "campaign_id": shop.schedules.campaigns[0].id, "subject_type": subject[0],
         "subject_id": subject[1], "anchor_on": now - days(tolerance + beyond), "customer_id": shop.id_of("陈晓芳"),
         "came_from": date(2020, 1, 1), "answered_by": None},
    )  # fmt: skip
    shop.plan_at(at(TUESDAY), campaign=shop.schedules.campaigns[0].key)
    anchors = [cycle["anchor_on"] for cycle in shop.rows(Cycle)]
    assert anchors == ([now - days(tolerance + 1), now] if beyond else [now])


def test_an_anchor_belongs_to_the_nearest_cycle(insurer: Dealership) -> None:
    """Between last year's policy and this year's, a corrected date joins the nearer one and takes it along."""
    insurer.owner("陈晓芳", insurance_ends_on=TUESDAY + days(60))
    live(insurer, TUESDAY, 1)
    insurer.change_car("陈晓芳", insurance_ends_on=TUESDAY + days(400))
    live(insurer, TUESDAY + days(345), 1)
    insurer.change_car("陈晓芳", insurance_ends_on=TUESDAY + days(390))
    live(insurer, TUESDAY + days(346), 1)
    assert [cycle["anchor_on"] for cycle in insurer.cycles("陈晓芳")] == [TUESDAY + days(60), TUESDAY + days(390)]


def test_a_birthday_corrected_after_the_greeting_is_not_greeted_again_this_year(store: Store) -> None:
    """The right day comes a week later; next year's birthday is another cycle."""
    shop = Dealership(store, yaml(BIRTHDAY))
    shop.customer("陈晓芳", birth_on=date(1980, 3, 10))
    live(shop, TUESDAY, 1)
    shop.change_customer("陈晓芳", birth_on=date(1980, 3, 17), birth_mmdd="0317")
    live(shop, TUESDAY + days(1), 10)
    assert shop.told("陈晓芳") == [("day", "delivered")]
    shop.plan_at(at("2027-03-17"))
    assert shop.told("陈晓芳") == [("day", "delivered"), ("day", "planned")]


@pytest.mark.parametrize(("year", "day"), [(2026, 28), (2028, 29)])
def test_who_was_born_on_the_29th_of_february_is_greeted_every_year(store: Store, year: int, day: int) -> None:
    """On the 28th in common years, on the day itself in leap years, and once."""
    shop = Dealership(store, yaml(BIRTHDAY))
    shop.customer("陈晓芳", birth_on=date(1980, 2, 29))
    live(shop, date(year, 2, 26), 5, sending=False)
    assert [row["count_on"] for row in shop.messages("陈晓芳")] == [date(year, 2, day)]


def test_win_back_counts_from_the_latest_visit_of_any_car(store: Store) -> None:
    """Six, twelve and twenty-four months of silence are three stages of one cycle; a visit begins another."""
    shop = Dealership(store, yaml(WINBACK))
    shop.owner("陈晓芳")
    shop.change_customer("陈晓芳", last_visit_on=date(2025, 9, 10))
    shop.plan_at(at("2026-03-03"))
    for tuesday in ("2026-03-10", "2026-09-15", "2027-09-14"):
        shop.plan_at(at(tuesday))
        shop.send_at(at(tuesday, "10:05"))
    assert [stage for stage, _ in shop.told("陈晓芳")] == ["at_risk", "lost", "gone"]
    assert len(shop.rows(Cycle)) == 1
    shop.change_customer("陈晓芳", last_visit_on=date(2027, 9, 20))
    shop.plan_at(at("2028-03-21"))
    assert len(shop.rows(Cycle)) == 2


# — renaming —


def test_a_renamed_campaign_without_its_id_is_refused(workshop: Dealership) -> None:
    """A new key is a new campaign: it would text everybody again, so planning refuses and says what to write."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14))
    live(workshop, TUESDAY, 1)
    workshop.planner(yaml(MAINTENANCE.replace("  maintenance_due:\n", "  service_due:\n")))
    with pytest.raises(ScheduleProblems, match="id: maintenance_due"):
        workshop.plan_at(at(TUESDAY + days(1)))


def test_a_renamed_campaign_with_its_id_texts_nobody_twice(workshop: Dealership) -> None:
    """With ``id:`` the cycles, enrolments and first-run floor of the old key go on."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14))
    live(workshop, TUESDAY, 1)
    renamed = MAINTENANCE.replace("  maintenance_due:\n", "  service_due:\n    id: maintenance_due\n")
    workshop.planner(yaml(renamed))
    workshop.owner("林志强", service_on=TUESDAY + days(15))
    live(workshop, TUESDAY + days(1), 1)
    assert (workshop.told("陈晓芳"), workshop.told("林志强")) == ([("early", "delivered")], [("early", "delivered")])
    assert {run["campaign_id"] for run in workshop.runs()} == {"maintenance_due"}


# — a car changes hands —


@pytest.mark.parametrize("was_sent", [False, True], ids=["still planned", "sent already"])
def test_a_sold_car_frees_its_cycle_for_the_new_owner(workshop: Dealership, was_sent: bool) -> None:
    """The former owner's planned text is cancelled; the new one hears of the same due day, in an arm of their own."""
    workshop.owner("陈晓芳", plate="闽C1", service_on=TUESDAY + days(14))
    workshop.customer("林志强")
    live(workshop, TUESDAY, 1, sending=was_sent)
    workshop.sell("闽C1", "林志强")
    live(workshop, TUESDAY + days(1), 1, sending=False)
    assert workshop.told("陈晓芳") == [("early", "delivered" if was_sent else "cancelled")]
    assert workshop.told("林志强") == [("early", "planned")]
    (cycle,) = workshop.cycles("闽C1")
    assert cycle["customer_id"] == workshop.id_of("林志强")
    assert cycle["enrolment_id"] == workshop.enrolments("林志强")[0]["id"]
    assert workshop.messages("林志强")[0]["enrolment_id"] == cycle["enrolment_id"]


def test_what_the_former_owner_answered_does_not_silence_the_new_one(workshop: Dealership) -> None:
    """ "Already done" was said of another's reminder."""
    workshop.owner("陈晓芳", plate="闽C1", service_on=TUESDAY + days(14))
    workshop.customer("林志强")
    live(workshop, TUESDAY, 1)
    workshop.reply("陈晓芳", "0", at(TUESDAY, "11:00"))
    workshop.sell("闽C1", "林志强")
    live(workshop, TUESDAY + days(1), 1, sending=False)
    assert workshop.told("林志强") == [("early", "planned")]


def test_a_former_owner_is_told_nothing_more(workshop: Dealership) -> None:
    """The last stage goes to whoever owns the car when it opens."""
    workshop.owner("陈晓芳", plate="闽C1", service_on=TUESDAY + days(14))
    workshop.customer("林志强")
    live(workshop, TUESDAY, 1)
    workshop.sell("闽C1", "林志强")
    live(workshop, TUESDAY + days(1), 14)
    assert workshop.told("陈晓芳") == [("early", "delivered")]
    assert workshop.told("林志强") == [("early", "delivered"), ("last", "delivered")]


def test_sold_in_answer_to_a_text_about_the_customer_means_the_car_it_named(store: Store) -> None:
    """Win-back speaks of the newest car in use: that one is sold, the older one stays."""
    shop = Dealership(store, yaml(WINBACK.replace("tue", "*")))
    shop.customer("陈晓芳", last_visit_on=date(2024, 3, 5))
    shop.car("闽C1", "陈晓芳")
    shop.car("闽C2", "陈晓芳")
    shop.planned_at(at(date(2026, 3, 10)))
    shop.send_at(at(date(2026, 3, 10)))
    shop.write(lambda session: session.execute(sa.update(Message).values(replies={"0": "sold"})))
    shop.reply("陈晓芳", "0", at(date(2026, 3, 10), "15:00"))
    assert {row["plate"]: row["state"] for row in shop.rows(Vehicle)} == {"闽C1": "in_use", "闽C2": "sold"}


def test_a_reply_that_the_car_is_sold_ends_its_reminders(workshop: Dealership) -> None:
    """The digit the text declares marks the car sold; nobody is reminded of it until somebody else has it."""
    workshop.owner("陈晓芳", plate="闽C1", service_on=TUESDAY + days(3))
    live(workshop, TUESDAY, 1)
    workshop.reply("陈晓芳", "2", at(TUESDAY, "11:00"))
    assert workshop.one(Vehicle)["state"] == "sold"
    workshop.customer("林志强")
    live(workshop, TUESDAY + days(1), 1)
    workshop.sell("闽C1", "林志强")
    live(workshop, TUESDAY + days(2), 1)
    assert (workshop.told("陈晓芳"), workshop.told("林志强")) == ([("last", "delivered")], [("last", "delivered")])


@pytest.mark.parametrize("reason", ["came", "opted_out", "already_done"])
def test_a_cancelled_text_keeps_its_cycle(workshop: Dealership, reason: str) -> None:
    """Cancelled for any other reason than a sale, the touch counts as made and is not planned again."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14))
    live(workshop, TUESDAY, 1, sending=False)
    (message,) = workshop.messages("陈晓芳")
    workshop.change(Message, message["id"], state="cancelled", reason=reason)
    live(workshop, TUESDAY + days(1), 5)
    assert workshop.told("陈晓芳") == [("early", "cancelled")]


# — what a new stage and a new day do to an old text —


def test_an_earlier_stage_still_planned_is_cancelled_when_the_next_opens(workshop: Dealership) -> None:
    """Nothing was sent, and the due day is now nearer: the customer hears the last stage and not both."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14))
    live(workshop, TUESDAY, 1, sending=False)
    workshop.change_car("陈晓芳", next_service_on=TUESDAY + days(4))
    live(workshop, TUESDAY + days(1), 1)
    assert workshop.told("陈晓芳") == [("early", "cancelled"), ("last", "delivered")]
    assert workshop.messages("陈晓芳")[0]["reason"] == "next_stage"


def test_the_earlier_stage_is_cancelled_though_the_next_one_is_held_back(workshop: Dealership) -> None:
    """The car is in the workshop when the last stage opens: the early text is pointless all the same."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14))
    live(workshop, TUESDAY, 1, sending=False)
    workshop.change_car("陈晓芳", in_workshop_since=TUESDAY, next_service_on=TUESDAY + days(4))
    live(workshop, TUESDAY + days(1), 1)
    assert workshop.told("陈晓芳") == [("early", "cancelled")]
    assert workshop.messages("陈晓芳")[0]["reason"] == "next_stage"
    assert workshop.decisions("陈晓芳")["last"] == ("deferred", "in_workshop")


@pytest.mark.parametrize(("due_in", "closes_in"), [(14, 10), (3, 3)], ids=["early", "last"])
def test_a_text_is_valid_until_midnight_after_its_last_day(workshop: Dealership, due_in: int, closes_in: int) -> None:
    """Midnight on the shop's clock, not UTC's; the sweep of that moment cancels it."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(due_in))
    live(workshop, TUESDAY, 1, sending=False)
    midnight = at(TUESDAY + days(closes_in + 1), "00:00")
    assert workshop.messages("陈晓芳")[0]["valid_until"] == midnight
    assert workshop.write(lambda s: sweep_validity(s, midnight - timedelta(seconds=1))) == 0
    assert workshop.write(lambda s: sweep_validity(s, midnight)) == 1
    assert workshop.messages("陈晓芳")[0]["reason"] == "validity_over"


@pytest.mark.parametrize(("due_in", "decision"), [(0, ("excluded", "window_closed")), (1, ("planned", None))])
def test_what_could_only_leave_after_its_last_day_is_excluded(
    store: Store, due_in: int, decision: tuple[str, str | None]
) -> None:
    """Planned at 21:00 it may leave at nine next day: too late for a stage that closes tonight."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TUESDAY + days(due_in))
    shop.plan_at(at(TUESDAY, "21:00"), campaign="maintenance_due")
    assert shop.decisions("陈晓芳") == {"last": decision}


def test_a_deferred_touch_whose_stage_closes_becomes_excluded(workshop: Dealership) -> None:
    """Put off while the car was in the workshop, until its window was over."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(1), in_workshop_since=TUESDAY - days(1))
    live(workshop, TUESDAY, 2)
    assert workshop.decisions("陈晓芳") == {"last": ("deferred", "in_workshop")}
    result = workshop.plan_at(at(TUESDAY + days(2)))
    assert result.document()["excluded"] == {"window_closed": 1}
    assert workshop.decisions("陈晓芳") == {"last": ("excluded", "window_closed")}
    assert workshop.plan_at(at(TUESDAY + days(3))).document()["excluded"] == {}


def test_one_decision_a_touch_overwritten_by_each_run(workshop: Dealership) -> None:
    """(cycle, stage) is unique; the latest run's word stands."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14), in_workshop_since=TUESDAY)
    live(workshop, TUESDAY, 2)
    (before,) = workshop.rows(Decision)
    workshop.change_car("陈晓芳", in_workshop_since=None)
    live(workshop, TUESDAY + days(2), 1)
    (after,) = workshop.rows(Decision)
    assert (before["verdict"], after["verdict"]) == ("deferred", "planned")
    assert after["run_id"] > before["run_id"]
    assert after["closes_on"] == TUESDAY + days(10)


# — from which day an outcome answers —


@pytest.mark.parametrize(("before_opening", "decision"), [(14, ("excluded", "came")), (15, ("planned", None))])
def test_who_came_within_two_weeks_before_the_first_opening_needs_no_reminder(
    workshop: Dealership, before_opening: int, decision: tuple[str, str | None]
) -> None:
    """A counted visit of that car on or after the first opening less 14 days; also seen from the last stage."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14))
    workshop.visit("陈晓芳", TUESDAY - days(before_opening))
    live(workshop, TUESDAY, 1, sending=False)
    assert workshop.decisions("陈晓芳") == {"early": decision}
    live(workshop, TUESDAY + days(11), 1, sending=False)
    assert workshop.decisions("陈晓芳")["last"] == decision


def test_the_visit_that_names_a_cycle_does_not_answer_it(workshop: Dealership) -> None:
    """A car driven much: its maintenance was 10 days before the next stage opens."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14), anchor_on=TUESDAY - days(10))
    workshop.visit("陈晓芳", TUESDAY - days(10), is_maintenance=True)
    live(workshop, TUESDAY, 1, sending=False)
    assert workshop.decisions("陈晓芳") == {"early": ("planned", None)}


def test_a_taxi_due_again_before_its_first_stage_could_open_is_told_by_the_last(workshop: Dealership) -> None:
    """Due twelve days after its maintenance: the early stage opened before that visit, the last one after it."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(12), anchor_on=TUESDAY)
    workshop.visit("陈晓芳", TUESDAY, is_maintenance=True)
    live(workshop, TUESDAY + days(1), 11, sending=False)
    assert workshop.decisions("陈晓芳") == {"early": ("excluded", "came"), "last": ("planned", None)}


@pytest.mark.parametrize(("before_the_end", "decision"), [(5, ("excluded", "came")), (10, ("planned", None))])
def test_a_stage_after_the_end_is_answered_by_a_visit_before_it(
    store: Store, before_the_end: int, decision: tuple[str, str | None]
) -> None:
    """Two weeks before the first opening reach back over the inspection's end, which is no visit to count from."""
    shop = Dealership(store, yaml(MAINTENANCE.replace("maintenance_due", "inspection").replace(
        "{early: -14, last: -3}", "{over: 5}").replace("{early: early, last: last}", "last")))  # fmt: skip
    shop.owner("陈晓芳", inspection_ends_on=TUESDAY)
    shop.visit("陈晓芳", TUESDAY - days(before_the_end))
    live(shop, TUESDAY + days(5), 1, sending=False)
    assert shop.decisions("陈晓芳") == {"over": decision}


def test_the_visit_that_is_asked_about_does_not_answer_the_question_of_the_same_day(store: Store) -> None:
    """A follow-up on the day of the visit, and again three days later unless the car has come once more."""
    shop = Dealership(store, yaml(MAINTENANCE.replace("maintenance_due", "follow_up").replace(
        "{early: -14, last: -3}", "{early: 0, last: 3}")))  # fmt: skip
    shop.owner("陈晓芳")
    shop.visit("陈晓芳", TUESDAY)
    shop.change_customer("陈晓芳", last_visit_on=TUESDAY)
    live(shop, TUESDAY, 4, sending=True)
    assert shop.told("陈晓芳") == [("early", "delivered"), ("last", "delivered")]


def test_a_visit_long_before_a_re_predicted_day_does_not_answer_it(workshop: Dealership) -> None:
    """Nothing was sent of the cycle yet: its first opening, and what counts as an answer, follow the new day."""
    workshop.owner("陈晓芳", service_on=TUESDAY + days(14), anchor_on=TUESDAY - days(100), in_workshop_since=TUESDAY)
    live(workshop, TUESDAY, 1)
    workshop.visit("陈晓芳", TUESDAY)
    workshop.change_car("陈晓芳", in_workshop_since=None, next_service_on=TUESDAY + days(74))
    live(workshop, TUESDAY + days(60), 1, sending=False)
    assert workshop.decisions("陈晓芳") == {"early": ("planned", None)}
    assert workshop.cycles("陈晓芳")[0]["came_from"] == TUESDAY + days(46)


@pytest.mark.parametrize(("due", "texts"), [(14, ["早闽A1、闽A2"]), (3, ["早闽A1", "晚闽A2"])])
def test_two_planned_texts_of_customers_found_to_be_one_are_one_text(
    workshop: Dealership, due: int, texts: list[str]
) -> None:
    """The same run and stage for each: one text names both cars, and either's visit still takes it out of it."""
    workshop.owner("陈晓芳", plate="闽A1", service_on=TUESDAY + days(14))
    workshop.owner("陈女士", plate="闽A2", service_on=TUESDAY + days(due))
    workshop.plan_at(at(TUESDAY))
    merges = {workshop.id_of("陈女士"): workshop.id_of("陈晓芳")}
    workshop.write(lambda session: merge_customers(session, merges, at(TUESDAY, "11:00")))
    workshop.rerender()
    planned = [row["text"] for row in workshop.messages(state="planned")]
    assert [text.removeprefix("【东南泉州】").partition(",")[0] for text in planned] == texts
    assert [row["reason"] for row in workshop.messages(state="cancelled")] == ["merged"] * (2 - len(texts))
    workshop.visit("闽A2", TUESDAY)
    workshop.rerender()
    (left,) = workshop.messages(state="planned")
    assert left["text"].startswith("【东南泉州】早闽A1,")
    assert workshop.plan_at(at(TUESDAY + days(1))).total.planned == 0


def test_a_text_that_moves_by_a_merge_brings_its_decision_along(store: Store) -> None:
    """The customer had no phone and was left out; found to be the one who was greeted, they were greeted."""
    shop = Dealership(store, yaml(BIRTHDAY))
    shop.customer("陈晓芳", birth_on=date(1980, 3, 10), phone=None)
    shop.customer("陈女士", birth_on=date(1980, 3, 10))
    shop.plan_at(at(TUESDAY))
    assert shop.decisions("陈晓芳") == {"day": ("excluded", "no_phone")}
    merges = {shop.id_of("陈女士"): shop.id_of("陈晓芳")}
    shop.write(lambda session: merge_customers(session, merges, at(TUESDAY, "11:00")))
    assert (shop.told("陈晓芳"), shop.decisions("陈晓芳")) == ([("day", "planned")], {"day": ("planned", None)})
    assert shop.count(Decision) == 1
