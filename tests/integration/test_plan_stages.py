"""What a run takes: open stages, each once, however often, late or seldom the planner is called (rules.md, "Runs")."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from notifier.errors import NotFound, Refused, TemplateError
from notifier.jobs.plan import plan
from notifier.store.campaigns import pause
from notifier.store.engine import Store
from notifier.store.runs import open_run
from notifier.store.tables import CampaignState, Customer, Freshness
from tests.support.shop import BIRTHDAY, INSURANCE, MAINTENANCE, WINBACK, Dealership, at, days, yaml

TUESDAY = date(2026, 3, 10)
NOTHING = {"planned": 0, "withheld": 0, "excluded": {}, "deferred": {}}


@pytest.fixture
def shop(store: Store) -> Dealership:
    """A shop with the maintenance campaign, in its second week: the first run lies behind it."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.plan_at(at(TUESDAY - days(1)))
    return shop


def test_planning_twice_at_one_moment_plans_nothing_the_second_time(shop: Dealership) -> None:
    """The run of a due time is made once, and a manual one after it finds every touch taken."""
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    assert shop.planned_at(at(TUESDAY))["planned"] == 1
    assert shop.plan_at(at(TUESDAY)).runs == []
    assert shop.planned_at(at(TUESDAY), campaign="maintenance_due") == NOTHING
    assert shop.told("陈晓芳") == [("early", "planned")]


def test_the_next_day_plans_only_newly_opened_stages(shop: Dealership) -> None:
    """T + 1 day brings the customer whose stage opens that day and nobody else."""
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.owner("林志强", service_on=TUESDAY + days(15))
    shop.owner("黄丽萍", service_on=TUESDAY + days(16))
    shop.plan_at(at(TUESDAY))
    assert shop.planned_at(at(TUESDAY + days(1)))["planned"] == 1
    assert [shop.told(name) for name in ("陈晓芳", "林志强", "黄丽萍")] == [
        [("early", "planned")], [("early", "planned")], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "stage"),
    [(-15, None), (-14, "early"), (-4, "early"), (-3, "last"), (0, "last"), (1, None)],
)
def test_a_stage_is_open_from_its_day_to_the_eve_of_the_next(sqlite_store: Store, day: int, stage: str | None) -> None:
    """Both ends are included; the last stage stays open until the due day."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE.replace("mon-sat", "*") + "    first_run: catch_up\n"))
    shop.owner("陈晓芳", service_on=TUESDAY)
    shop.plan_at(at(TUESDAY + days(day)))
    assert [told for told, _state in shop.told("陈晓芳")] == ([stage] if stage else [])


def test_late_keeps_the_last_stage_open_after_the_due_day(sqlite_store: Store) -> None:
    """``late: 5`` lets the last stage go out up to five days after the due day."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE + "    late: 5\n    first_run: catch_up\n"))
    shop.owner("陈晓芳", service_on=TUESDAY - days(5))
    shop.owner("林志强", service_on=TUESDAY - days(6))
    shop.plan_at(at(TUESDAY))
    assert (shop.told("陈晓芳"), shop.told("林志强")) == ([("last", "planned")], [])


def test_a_sunday_loses_nobody(shop: Dealership) -> None:
    """Nothing runs on Sunday; Monday takes what opened on it."""
    sunday = date(2026, 3, 15)
    shop.owner("陈晓芳", service_on=sunday + days(14))
    shop.plan_at(at(sunday - days(1)))
    assert shop.plan_at(at(sunday, "10:30")).runs == []
    assert shop.planned_at(at(sunday + days(1)))["planned"] == 1
    assert shop.told("陈晓芳") == [("early", "planned")]


def test_a_days_outage_loses_nobody(shop: Dealership) -> None:
    """The planner stood still for two days; the third takes everything that is still open, once."""
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.owner("林志强", service_on=TUESDAY + days(15))
    shop.owner("黄丽萍", service_on=TUESDAY + days(3))
    assert shop.planned_at(at(TUESDAY + days(2)))["planned"] == 3
    assert shop.told("黄丽萍") == [("last", "planned")]


def test_a_cap_loses_nobody(store: Store) -> None:
    """Whom the budget puts off today goes tomorrow, while the stage is open."""
    shop = Dealership(store, yaml(MAINTENANCE, guards="daily_budget: {messages: 2}"))
    names = [shop.owner(name, service_on=TUESDAY + days(14)) for name in ("陈晓芳", "林志强", "黄丽萍", "吴建国")]
    assert shop.planned_at(at(TUESDAY)) == NOTHING | {"planned": 2, "deferred": {"budget": 2}}
    assert shop.planned_at(at(TUESDAY + days(1))) == NOTHING | {"planned": 2}
    assert {tuple(shop.told(name)) for name in names} == {(("early", "planned"),)}


@pytest.mark.parametrize(
    ("clock", "runs"), [("09:59", 0), ("10:00", 1), ("23:59", 1)], ids=["not yet", "on time", "late in the evening"]
)
def test_a_run_is_due_from_its_time_on(shop: Dealership, clock: str, runs: int) -> None:
    """Before ten o'clock only Monday's run, made already, is due."""
    assert len(shop.plan_at(at(TUESDAY, clock)).runs) == runs


def test_a_run_missed_within_its_grace_is_made_up_once(sqlite_store: Store) -> None:
    """24 hours after its time the run is still made, once; a minute later it is not."""
    shop = Dealership(sqlite_store, yaml(WINBACK))
    assert shop.plan_at(at(TUESDAY + days(1), "10:01")).runs == []
    made_up = shop.plan_at(at(TUESDAY + days(1), "10:00"))
    assert [run.due_at for run in made_up.runs] == [at(TUESDAY)]
    assert shop.plan_at(at(TUESDAY + days(1), "10:00")).runs == []


def test_a_longer_grace_is_a_setting(sqlite_store: Store) -> None:
    """``grace: 3d`` makes Tuesday's run up on Friday."""
    shop = Dealership(sqlite_store, yaml(WINBACK + "    grace: 3d\n"))
    assert len(shop.plan_at(at(TUESDAY + days(3), "09:00")).runs) == 1


def test_a_manual_run_needs_no_due_time(store: Store) -> None:
    """`plan --campaign` plans that campaign now; the scheduled one afterwards finds its touches taken."""
    shop = Dealership(store, yaml(MAINTENANCE, BIRTHDAY))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    manual = shop.plan_at(at(TUESDAY, "08:00"), campaign="maintenance_due")
    assert [(run.campaign, run.due_at) for run in manual.runs] == [("maintenance_due", None)]
    assert shop.planned_at(at(TUESDAY, "10:00")) == NOTHING
    assert shop.told("陈晓芳") == [("early", "planned")]


def test_two_manual_runs_may_stand_beside_each_other(store: Store) -> None:
    """Only scheduled runs are unique by due time."""
    shop = Dealership(store, yaml(MAINTENANCE))
    for _ in range(2):
        shop.plan_at(at(TUESDAY), campaign="maintenance_due")
    assert [run["due_at"] for run in shop.runs()] == [None, None]


def test_the_store_refuses_a_second_run_of_one_due_time(shop: Dealership) -> None:
    """(shop, campaign, due_at) is unique among scheduled runs."""

    def open_another() -> None:
        with shop.store.write() as session:
            open_run(session, shop_id=shop.id, campaign_id="maintenance_due", due_at=at(TUESDAY), now=at(TUESDAY),
                     priority=2, settings={})  # fmt: skip

    open_another()
    with pytest.raises(IntegrityError):
        open_another()


def test_a_campaign_nobody_knows_is_refused_with_the_nearest_name(shop: Dealership) -> None:
    """A slip of the pen does not plan nothing silently."""
    with pytest.raises(NotFound, match="maintenance_due"):
        shop.plan_at(at(TUESDAY), campaign="maintenance_du")


def test_a_paused_campaign_is_not_planned(shop: Dealership) -> None:
    """A person has paused it; resumed, it takes what is open."""
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.write(lambda session: pause(session, "maintenance_due", paused=True))
    assert shop.plan_at(at(TUESDAY)).runs == []
    shop.write(lambda session: pause(session, "maintenance_due", paused=False))
    assert shop.planned_at(at(TUESDAY))["planned"] == 1


def test_a_paused_campaign_asked_for_by_name_is_refused_with_the_mend(shop: Dealership) -> None:
    """Nothing would happen, and nobody would know why."""
    shop.write(lambda session: pause(session, "maintenance_due", paused=True))
    with pytest.raises(Refused, match="campaigns resume maintenance_due"):
        shop.plan_at(at(TUESDAY), campaign="maintenance_due")


def test_a_campaign_that_cannot_be_sent_does_not_stop_the_others(store: Store) -> None:
    """Its template is missing: it waits and says so, the birthday greeting goes; asked for by name it is refused."""
    broken = re.sub(r"template: .*", "template: nobody_wrote_it", MAINTENANCE)
    shop = Dealership(store, yaml(broken, BIRTHDAY))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    shop.customer("林志强", birth_on=date(1980, TUESDAY.month, TUESDAY.day))
    result = shop.plan_at(at(TUESDAY))
    assert (result.total.planned, result.waiting) == (1, {"maintenance_due": "cannot_be_sent"})
    assert "nobody_wrote_it" in str(result.problems[0])
    with pytest.raises(TemplateError, match="nobody_wrote_it"):
        shop.plan_at(at(TUESDAY), campaign="maintenance_due")


def test_a_campaign_switched_off_is_not_planned(sqlite_store: Store) -> None:
    """``enabled: false``."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE + "    enabled: false\n"))
    assert shop.plan_at(at(TUESDAY)).runs == []


# — the first run —


@pytest.mark.parametrize(("opened", "taken"), [(0, True), (7, True), (8, False)])
def test_the_first_run_takes_stages_opened_in_the_last_seven_days(store: Store, opened: int, taken: bool) -> None:
    """What opened before the floor is kept out, with that reason, today and later."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14 - opened))
    shop.plan_at(at(TUESDAY))
    shop.plan_at(at(TUESDAY + days(1)))
    expected = ("planned", None) if taken else ("excluded", "before_first_run")
    assert shop.decisions("陈晓芳") == {"early": expected}
    assert shop.one(CampaignState)["floor_on"] == TUESDAY - days(7)


def test_a_later_stage_of_a_cycle_older_than_the_floor_is_taken(store: Store) -> None:
    """The early stage was before the first run; the last one opens after it."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TUESDAY + days(5))
    shop.plan_at(at(TUESDAY))
    shop.plan_at(at(TUESDAY + days(2)))
    assert shop.decisions("陈晓芳") == {"early": ("excluded", "before_first_run"), "last": ("planned", None)}


def test_catch_up_takes_every_open_stage_on_the_first_run(store: Store) -> None:
    """``first_run: catch_up`` stores no floor."""
    shop = Dealership(store, yaml(MAINTENANCE + "    first_run: catch_up\n"))
    shop.owner("陈晓芳", service_on=TUESDAY + days(4))
    shop.plan_at(at(TUESDAY))
    assert shop.decisions("陈晓芳") == {"early": ("planned", None)}
    assert shop.one(CampaignState)["floor_on"] is None


@pytest.mark.parametrize(
    ("off", "floor_moves"), [(8, False), (9, True)], ids=["off a week: as before", "off longer: set anew"]
)
def test_a_campaign_off_for_more_than_seven_days_sets_its_floor_anew(store: Store, off: int, floor_moves: bool) -> None:
    """It comes back as on its first day: what opened while it was off, longer than a week ago, is not taken."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.plan_at(at(TUESDAY))
    shop.planner(yaml(MAINTENANCE + "    enabled: false\n"))
    for day in range(1, off):
        shop.plan_at(at(TUESDAY + days(day)))
    back = TUESDAY + days(off)
    shop.owner("陈晓芳", service_on=back + days(6))
    shop.planner(yaml(MAINTENANCE))
    shop.plan_at(at(back))
    assert shop.one(CampaignState)["floor_on"] == (back if floor_moves else TUESDAY) - days(7)
    expected = ("excluded", "before_first_run") if floor_moves else ("planned", None)
    assert shop.decisions("陈晓芳") == {"early": expected}


def test_a_weekly_campaign_is_not_off_between_its_runs(store: Store) -> None:
    """The daemon plans each minute; a campaign that is only due on Tuesdays stays known as switched on."""
    shop = Dealership(store, yaml(MAINTENANCE, WINBACK.replace('"0 10 * * tue"', '"0 10 10 * *"')))
    shop.plan_at(at(TUESDAY))
    for day in range(1, 31):
        shop.plan_at(at(TUESDAY + days(day)))
    assert shop.one(CampaignState, campaign_id="winback")["floor_on"] == TUESDAY - days(7)


def test_a_machine_that_stood_still_is_no_switch(store: Store) -> None:
    """A daemon down for two weeks makes up what opened meanwhile; the floor stays where the first run set it."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.plan_at(at(TUESDAY))
    back = TUESDAY + days(14)
    shop.owner("陈晓芳", service_on=back + days(5))
    shop.plan_at(at(back))
    assert shop.one(CampaignState)["floor_on"] == TUESDAY - days(7)
    assert shop.decisions("陈晓芳") == {"early": ("planned", None)}


# — data that can be trusted —

AGES = "data_max_age: {visits: 2d, customers: 7d}"


@pytest.mark.parametrize(
    ("customers", "visits", "reason"),
    [(0, 0, None), (7, 2, None), (8, 0, "data_too_old"), (0, 3, "data_too_old"), (0, None, "data_too_old"),
     (None, 0, "data_too_old")],
    ids=["fresh", "just fresh enough", "customers too old", "visits too old", "visits never imported",
         "customers never imported"],
)  # fmt: skip
def test_data_too_old_makes_no_run(store: Store, customers: int | None, visits: int | None, reason: str | None) -> None:
    """The campaign waits and says so; never imported counts as too old."""
    shop = Dealership(store, yaml(MAINTENANCE, guards=AGES))
    for kind, age in (("customers", customers), ("visits", visits)):
        if age is not None:
            shop.fresh(at(TUESDAY - days(age)), [kind])
    result = shop.plan_at(at(TUESDAY), fresh=False)
    assert result.waiting == ({"maintenance_due": reason} if reason else {})
    assert len(shop.runs()) == (0 if reason else 1)


def test_data_too_old_is_tried_again_at_the_next_tick(store: Store) -> None:
    """No run was made, so the one of ten o'clock is made as soon as the visits are in."""
    shop = Dealership(store, yaml(MAINTENANCE, guards=AGES))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    assert shop.plan_at(at(TUESDAY, "10:00"), fresh=False).document()["deferred"] == {"data_too_old": 1}
    result = shop.plan_at(at(TUESDAY, "11:20"))
    assert [run.due_at for run in result.runs] == [at(TUESDAY, "10:00")]
    assert shop.told("陈晓芳") == [("early", "planned")]


def test_each_rule_names_the_imports_it_reads(store: Store) -> None:
    """Old visits hold the reminders that depend on them back, and no birthday greeting."""
    shop = Dealership(store, yaml(MAINTENANCE, INSURANCE, BIRTHDAY, WINBACK, guards=AGES))
    shop.fresh(at(TUESDAY), ["customers"])
    result = shop.plan_at(at(TUESDAY), fresh=False)
    assert sorted(result.waiting) == ["maintenance_due", "winback"]
    assert sorted(run.campaign for run in result.runs) == ["birthday", "insurance_expiry"]


@pytest.mark.parametrize(
    ("kind", "waits"),
    [("customers", ["insurance_expiry", "maintenance_due"]), ("visits", ["maintenance_due"]),
     ("renewals", ["insurance_expiry"]), ("contacts", [])],
)  # fmt: skip
def test_an_unfinished_import_blocks_the_rules_that_read_it(store: Store, kind: str, waits: list[str]) -> None:
    """Half a file is worse than an old one."""
    shop = Dealership(store, yaml(MAINTENANCE, INSURANCE))
    shop.running_import(kind)
    result = shop.plan_at(at(TUESDAY))
    assert (sorted(result.waiting), set(result.waiting.values())) == (waits, {"import_unfinished"} if waits else set())


# — a dry run —


def test_a_dry_run_counts_what_a_plan_does_and_stores_nothing(store: Store) -> None:
    """Every row of every table is as before; the plan after it comes to the same counts."""
    guards = "frequency_cap: {messages: 1, days: 7}, daily_budget: {messages: 3}, universal_control: 20%"
    shop = Dealership(store, yaml(MAINTENANCE, BIRTHDAY, WINBACK, guards=guards))
    for number in range(8):
        name = f"客户{number}"
        shop.customer(name, birth_on=date(1980, 3, 10), last_visit_on=date(2025, 9, 9))
        shop.car(name, name, service_on=TUESDAY + days(number))
    shop.fresh(at(TUESDAY))
    before = shop.everything()
    rehearsed = shop.planned_at(at(TUESDAY), dry_run=True)
    assert shop.everything() == before
    assert rehearsed == shop.planned_at(at(TUESDAY))
    assert rehearsed["planned"] == 3


def test_a_dry_run_before_any_import_is_refused_with_a_mend(store: Store) -> None:
    """There is nothing to try on."""
    shop = Dealership(store, yaml(MAINTENANCE))
    with store.write() as session:
        session.execute(sa.text("DELETE FROM planner_lock"))
        session.execute(sa.text("DELETE FROM shop"))
    with pytest.raises(Refused, match="notifier import customers"):
        plan(shop.planner(), at(TUESDAY), dry_run=True)


def test_a_dry_run_of_one_campaign_plans_it_due_or_not(sqlite_store: Store) -> None:
    """`plan --campaign X --dry-run`."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    result = shop.plan_at(at(TUESDAY, "03:00"), campaign="maintenance_due", dry_run=True)
    assert [(run.run_id, run.state, run.tally.planned) for run in result.runs] == [(None, None, 1)]


def test_planning_leaves_the_customers_as_they_are(shop: Dealership) -> None:
    """Planning writes what it decides, and not a word about people or their cars."""
    shop.owner("陈晓芳", service_on=TUESDAY + days(14))
    before = shop.everything()
    shop.plan_at(at(TUESDAY))
    after = shop.everything()
    assert {name for name in after if after[name] != before[name]} == {
        "cycle", "decision", "enrolment", "freshness", "message", "message_cycle", "run",
    }  # fmt: skip
    assert len(shop.rows(Customer)) == 1
    assert {row["kind"] for row in shop.rows(Freshness)} == {"customers", "visits", "renewals"}
