"""Runs from planning to done, what a crash leaves, and two planners at once (rules.md, "Runs")."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifier.errors import Refused
from notifier.jobs.plan import plan
from notifier.jobs.plan.run import CUSTOMERS_A_CHUNK
from notifier.store.engine import Store
from notifier.store.runs import approve, lapsed_runs, open_run, settle_done, void
from notifier.store.shops import planner_lock
from notifier.store.tables import Coupon, Decision, Enrolment, Message, MessageCycle, Run
from tests.support.shop import BIRTHDAY, MAINTENANCE, WINBACK, Dealership, at, control_key, days, treatment_key, yaml

TUESDAY = date(2026, 3, 10)
REVIEWED = WINBACK + "    control: 50%\n    review: required\n"


@pytest.fixture
def shop(store: Store) -> Dealership:
    """A shop whose win-back waits for a person: one customer of each arm, half a year away."""
    shop = Dealership(store, yaml(REVIEWED))
    for name, key in (("陈晓芳", treatment_key), ("林志强", control_key)):
        shop.customer(name, bucket_key=key("winback", 2026, 5000), last_visit_on=date(2025, 3, 9))
        shop.car(name, name)
    shop.plan_at(at(TUESDAY))
    return shop


def run_id(shop: Dealership) -> int:
    """The only run."""
    key: int = shop.one(Run)["id"]
    return key


# — review —


def test_a_run_that_needs_a_review_waits_and_nothing_leaves(shop: Dealership) -> None:
    """State review, for three days."""
    run = shop.one(Run)
    assert (run["state"], run["review_until"]) == ("review", at(TUESDAY + days(3)))
    assert shop.send_at(at(TUESDAY, "11:00")) == []


def test_an_approved_run_is_sent(shop: Dealership) -> None:
    """review → ready by a person, whose name is kept."""
    shop.write(lambda session: approve(session, run_id(shop), by="王经理"))
    assert (shop.one(Run)["state"], shop.one(Run)["reviewed_by"]) == ("ready", "王经理")
    assert len(shop.send_at(at(TUESDAY, "11:00"))) == 1
    assert shop.told("林志强") == [("lost", "withheld")]


def test_a_rejected_run_is_void(shop: Dealership) -> None:
    """Texts cancelled, cycles freed, coupons and enrolments taken back."""
    shop.write(lambda session: void(session, run_id(shop), by="王经理"))
    assert shop.one(Run)["state"] == "void"
    assert {(row["state"], row["reason"]) for row in shop.rows(Message)} == {("cancelled", "void")}
    assert [shop.rows(model) for model in (MessageCycle, Coupon, Enrolment)] == [[], [], []]


def test_what_a_void_run_had_planned_is_put_off_not_forgotten(shop: Dealership) -> None:
    """Every customer keeps a decision: the next run plans them, or says that the stage has closed."""
    shop.write(lambda session: void(session, run_id(shop), by="王经理"))
    assert shop.decisions("陈晓芳") == {"lost": ("deferred", "run_rejected")}
    assert {row["verdict"] for row in shop.rows(Decision)} == {"deferred"}
    assert shop.one(Run)["counts"]["review"]["verdict"] == "void"


def test_a_run_nobody_reviewed_is_planned_again_by_the_next(shop: Dealership) -> None:
    """Expired on Friday, said aloud, and on Tuesday its customers are in a new run."""
    friday = shop.plan_at(at(TUESDAY + days(3), "10:01"))
    assert friday.document()["expired"] == [run_id(shop)]
    assert shop.decisions("陈晓芳") == {"lost": ("deferred", "review_expired")}
    with shop.store.read() as session:
        assert [run.id for run in lapsed_runs(session, at(TUESDAY))] == [run_id(shop)]
    assert shop.planned_at(at(TUESDAY + days(7)))["planned"] == 1
    assert shop.decisions("陈晓芳") == {"lost": ("planned", None)}
    with shop.store.read() as session:
        assert lapsed_runs(session, at(TUESDAY)) == []


def test_a_stage_that_closed_while_nobody_reviewed_ends_with_a_reason(store: Store) -> None:
    """A birthday greeting nobody released: not planned, not silent either."""
    shop = Dealership(store, yaml(BIRTHDAY + "    review: required\n"))
    shop.customer("陈晓芳", birth_on=date(1990, 3, 10), birth_mmdd="0310")
    shop.plan_at(at(TUESDAY))
    assert shop.told("陈晓芳") == [("day", "planned")]
    shop.plan_at(at(TUESDAY + days(4)))
    assert shop.decisions("陈晓芳") == {"day": ("excluded", "window_closed")}


def test_a_rejected_list_comes_again_with_the_next_run(shop: Dealership) -> None:
    """Void frees: the stage is still open on the next Tuesday."""
    shop.write(lambda session: void(session, run_id(shop), by="王经理"))
    assert shop.planned_at(at(TUESDAY + days(7)))["planned"] == 1
    assert shop.told("陈晓芳") == [("lost", "cancelled"), ("lost", "planned")]


@pytest.mark.parametrize(("after", "state"), [("10:00", "review"), ("10:01", "void")])
def test_a_review_expires_after_three_days(shop: Dealership, after: str, state: str) -> None:
    """Found by the next planner of any minute."""
    result = shop.plan_at(at(TUESDAY + days(3), after))
    assert shop.one(Run)["state"] == state
    assert result.expired == ([run_id(shop)] if state == "void" else [])


def test_a_run_is_not_approved_twice_nor_after_it_was_rejected(shop: Dealership) -> None:
    """The row count says who won."""
    shop.write(lambda session: void(session, run_id(shop), by="王经理"))
    with pytest.raises(Refused, match="void"):
        shop.write(lambda session: approve(session, run_id(shop), by="李经理"))


def test_void_is_refused_once_anything_has_left(shop: Dealership) -> None:
    """What may have left cannot be unsaid."""
    shop.write(lambda session: approve(session, run_id(shop), by="王经理"))
    shop.send_at(at(TUESDAY, "11:00"))
    with pytest.raises(Refused, match="gone out"):
        shop.write(lambda session: void(session, run_id(shop), by="王经理"))
    assert shop.one(Run)["state"] == "ready"


def test_a_run_is_done_when_nothing_is_left_to_send_or_settle(shop: Dealership) -> None:
    """Withheld rows keep no run open."""
    shop.write(lambda session: approve(session, run_id(shop), by="王经理"))
    assert shop.write(settle_done) == 0
    shop.send_at(at(TUESDAY, "11:00"))
    assert shop.write(settle_done) == 1
    assert shop.one(Run)["state"] == "done"


def test_a_run_stores_the_settings_it_ran_with(shop: Dealership) -> None:
    """What it ran with can be read years later, whatever the file says then."""
    settings = shop.one(Run)["settings"]
    assert settings["control_bp"] == 5000
    assert settings["stages"] == {"at_risk": "6m", "lost": "12m", "gone": "24m"}
    assert settings["success"] == "visit"
    assert shop.one(Run)["counts"] == {"planned": 1, "withheld": 1, "excluded": {}, "deferred": {}}


# — crash —


def crowd(shop: Dealership, number: int) -> None:
    """So many customers with a car due in two weeks."""
    for count in range(number):
        shop.owner(f"客户{count}", service_on=TUESDAY + days(14))


def once_each(shop: Dealership, number: int) -> None:
    """Everybody has exactly one text, in a run that is ready."""
    assert Counter(row["customer_id"] for row in shop.rows(Message)) == Counter(
        shop.id_of(f"客户{count}") for count in range(number)
    )
    assert {run["state"] for run in shop.runs()} == {"ready"}


def test_a_run_left_in_planning_is_completed_by_the_next_planner(store: Store) -> None:
    """Half of it was written when the planner died; the other half follows, and nothing twice."""
    shop = Dealership(store, yaml(MAINTENANCE))
    crowd(shop, 3)
    shop.plan_at(at(TUESDAY))
    for name in ("客户3", "客户4"):
        shop.owner(name, service_on=TUESDAY + days(14))
    shop.change(Run, run_id(shop), state="planning", counts={})
    result = shop.plan_at(at(TUESDAY, "10:05"))
    once_each(shop, 5)
    assert [(run.run_id, run.due_at) for run in result.runs] == [(run_id(shop), at(TUESDAY))]
    assert shop.one(Run)["counts"]["planned"] == 5


def test_an_unfinished_run_waits_for_data_that_can_be_trusted(store: Store) -> None:
    """A day later the visits are old: what remains of the run is not planned on them."""
    shop = Dealership(store, yaml(MAINTENANCE, guards="data_max_age: {visits: 1d}"))
    crowd(shop, 1)
    shop.fresh(at(TUESDAY))
    shop.write(
        lambda session: open_run(session, shop_id=shop.id, campaign_id="maintenance_due", due_at=at(TUESDAY),
                                 now=at(TUESDAY), priority=2, settings={})
    )  # fmt: skip
    result = shop.plan_at(at(TUESDAY + days(2)), fresh=False)
    assert (result.waiting, shop.one(Run)["state"]) == ({"maintenance_due": "data_too_old"}, "planning")
    shop.plan_at(at(TUESDAY + days(2)))
    once_each(shop, 1)


def test_an_unfinished_run_of_a_campaign_switched_off_is_void(store: Store) -> None:
    """Nobody wants it any more."""
    shop = Dealership(store, yaml(MAINTENANCE))
    crowd(shop, 1)
    shop.plan_at(at(TUESDAY))
    shop.change(Run, run_id(shop), state="planning")
    shop.planner(yaml(MAINTENANCE + "    enabled: false\n"))
    shop.plan_at(at(TUESDAY, "10:05"))
    assert shop.one(Run)["state"] == "void"
    assert shop.told("客户0") == [("early", "cancelled")]


KILLED = """
import sys
from datetime import datetime
from notifier.store.engine import Store
from notifier.jobs.plan import Planner, plan
from notifier.schedules import parse_schedules
from tests.support.shop import CAPABILITIES, GATEWAY, PRICE
url, schedules, now = sys.argv[1:]
planner = Planner(Store(url), parse_schedules(schedules, "schedules.yaml"), GATEWAY, CAPABILITIES, PRICE)
print("begun", flush=True)
plan(planner, datetime.fromisoformat(now))
print("ended", flush=True)
"""


def planning_process(shop: Dealership, schedules: str, **environ: str) -> subprocess.Popen[str]:
    """A planner of its own, at work."""
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, shop.store.url, schedules, at(TUESDAY).isoformat()],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | environ,
    )  # fmt: skip


def test_a_planner_killed_in_the_middle_is_taken_over_by_the_next(store: Store) -> None:
    """kill -9 after its first chunk: the lock is given back, the run completed, everybody texted once."""
    shop = Dealership(store, yaml(MAINTENANCE))
    number = 2 * CUSTOMERS_A_CHUNK
    shop.crowd([f"客户{count}" for count in range(number)], service_on=TUESDAY + days(14))
    shop.fresh(at(TUESDAY))
    process = planning_process(shop, yaml(MAINTENANCE), NOTIFIER_CRASH_AT="plan.chunk.after_commit")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert 0 < shop.count(Message) < number
    assert shop.one(Run)["state"] == "planning"
    plan_when_free(shop)
    once_each(shop, number)
    assert shop.one(Run)["counts"]["planned"] == number


def plan_when_free(shop: Dealership) -> None:
    """Plan as soon as the dead planner's lock is noticed to be free (PostgreSQL: when it reads from the socket)."""
    deadline = time.monotonic() + 60
    while True:
        try:
            shop.plan_at(at(TUESDAY, "10:01"))
        except Refused:
            assert time.monotonic() < deadline, "the dead planner's lock was never given back"
            time.sleep(0.05)
        else:
            return


# — two planners —


def test_a_second_planner_is_refused_while_the_first_is_at_work(
    store: Store, open_store: Callable[[str], Store]
) -> None:
    """One planner at a time per shop, with a sentence that says what to do."""
    shop = Dealership(store, yaml(MAINTENANCE))
    crowd(shop, 1)
    with planner_lock(open_store(store.url), shop.id), pytest.raises(Refused, match="Another process is planning"):
        shop.plan_at(at(TUESDAY))
    assert shop.planned_at(at(TUESDAY))["planned"] == 1


def test_two_planners_at_the_same_moment_plan_each_text_once(store: Store) -> None:
    """Whichever comes second is refused or finds nothing to do."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.crowd([f"客户{count}" for count in range(600)], service_on=TUESDAY + days(14))
    shop.fresh(at(TUESDAY))
    barrier = threading.Barrier(2)
    outcomes: list[object] = []

    def work() -> None:
        planner = shop.planner()
        barrier.wait()
        try:
            outcomes.append(plan(planner, at(TUESDAY)).total.planned)
        except Refused:
            outcomes.append("refused")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    once_each(shop, 600)
    assert 600 in outcomes
    assert set(outcomes) <= {600, 0, "refused"}


def test_two_planning_processes_plan_each_text_once(store: Store) -> None:
    """The same with two processes."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.crowd([f"客户{count}" for count in range(600)], service_on=TUESDAY + days(14))
    shop.fresh(at(TUESDAY))
    processes = [planning_process(shop, yaml(MAINTENANCE)) for _ in range(2)]
    ends = [process.communicate(timeout=60) for process in processes]
    assert any(out.endswith("ended\n") for out, _ in ends)
    assert all(process.returncode == 0 or "Refused" in err for process, (_, err) in zip(processes, ends, strict=True))
    once_each(shop, 600)


def test_the_unique_touch_refuses_a_second_message(store: Store) -> None:
    """(cycle, stage) is unique in the store itself, whoever writes."""
    shop = Dealership(store, yaml(MAINTENANCE))
    crowd(shop, 1)
    shop.plan_at(at(TUESDAY))
    touch = shop.one(MessageCycle)
    with pytest.raises(sa.exc.IntegrityError):
        shop.insert(MessageCycle, {"cycle_id": touch["cycle_id"], "stage": "early", "message_id": touch["message_id"]})
