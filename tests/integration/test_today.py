"""What the page Today shows, and what it calls a person for, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from notifier.errors import TemplateError
from notifier.jobs.tally import tally
from notifier.locale import language
from notifier.reports.attention import Notice, notices
from notifier.reports.today import DAYS, Place, Today, today
from notifier.schedules.parse import parse_schedules
from notifier.store import lanes, pauses
from notifier.store.beats import beat
from notifier.store.day_figures import Figures
from notifier.store.engine import Store
from notifier.store.runs import EXPIRED, void
from notifier.store.syncs import SyncFailure, keep_failure
from notifier.store.tables import DmsImport, Freshness, Run
from tests.support.outbox import DAY, GATEWAY, NOON, Outbox

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
COMMAND = re.compile(r"notifier [a-z]|--[a-z]")
SCHEDULES = """\
shop:
  {key: quanzhou, name: 东南汽车泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN, phone: 0595-22880000,
   language: zh-CN}
guards: {data_max_age: {visits: 2d, customers: 7d}}
campaigns:
  maintenance_due:
    {rule: maintenance_due, when: "0 10 * * *", stages: {early: -14, last: -3}, template: due, kind: service}
  birthday:
    {rule: birthday, when: "30 15 * * *", stages: {day: 0}, template: birthday, kind: marketing, review: required}
  winback: {rule: winback, when: "0 9 * * *", stages: {lost: 12m}, template: lost, kind: marketing, enabled: false}
"""


@pytest.fixture
def outbox(store: Store) -> Outbox:
    """Quanzhou's, with a living daemon and fresh records."""
    made = Outbox(store, key="quanzhou")
    made.doing(lambda session: beat(session, "embedded", "1.0", is_first=True))
    for kind in ("customers", "visits"):
        made.add(Freshness, shop_id=made.shop, kind=kind, at=NOON - HOUR)
    return made


def look(outbox: Outbox, *problems: TemplateError) -> Today:
    """As the page asks at noon."""
    schedules = parse_schedules(SCHEDULES, "schedules.yaml").of_shop("quanzhou")
    with outbox.store.read() as session:
        return today(session, Place(outbox.shop, schedules, GATEWAY, problems), NOON)


def called(outbox: Outbox, *problems: TemplateError) -> list[Notice]:
    """What a person is called for."""
    return notices(look(outbox, *problems), SHANGHAI)


def test_all_is_well(outbox: Outbox) -> None:
    """Nobody is called; thirty days are there, though nobody has counted one."""
    seen = look(outbox)
    assert notices(seen, SHANGHAI) == []
    assert (len(seen.days), seen.days[-1], seen.month) == (DAYS, (NOON.date(), None), Figures())
    assert seen.life.state == "alive"


def test_the_day_and_the_month_are_what_was_counted(outbox: Outbox) -> None:
    """Today, and thirty days with today; not the thirty-first."""
    for ago, number in ((0, 1), (1, 2), (DAYS - 1, 4), (DAYS, 8)):
        outbox.texts(number, count_on=NOON.date() - ago * DAY, state="delivered")
    tally(outbox.store, NOON)
    seen = look(outbox)
    assert seen.latest is not None
    assert seen.latest.figures == Figures(planned=1, sent=1, delivered=1)
    assert seen.month == Figures(planned=7, sent=7, delivered=7)


def test_the_next_runs_come_in_order(outbox: Outbox) -> None:
    """Of campaigns that are switched on; with what waits for a person, and what is paused."""
    outbox.pause("maintenance_due")
    seen = look(outbox)
    assert [(run.campaign, f"{run.due_at.astimezone(SHANGHAI):%d %H:%M}", run.is_paused, run.is_reviewed)
            for run in seen.coming] == [
        ("birthday", "10 15:30", False, True), ("maintenance_due", "11 10:00", True, False),
    ]  # fmt: skip
    assert [notice.sentence for notice in notices(seen, SHANGHAI)] == ["Paused: Maintenance due."]


def _silent(outbox: Outbox) -> None:
    outbox.doing(lambda session: session.connection().exec_driver_sql("DELETE FROM engine_beat"))


def _stopped(outbox: Outbox) -> None:
    outbox.doing(lambda session: lanes.stop(session, GATEWAY, code="20003", error="20003 Authenticate"))


def _troubled(outbox: Outbox) -> None:
    for _ in range(3):
        outbox.doing(lambda session: lanes.back_off(session, GATEWAY, seconds=None, error="20429 Too many"))
        outbox.doing(lambda session: session.connection().exec_driver_sql("UPDATE gateway_lane SET retry_at = NULL"))


def _paused(outbox: Outbox) -> None:
    outbox.doing(lambda session: pauses.pause(session, "quanzhou", by="王经理"))
    outbox.doing(lambda session: pauses.pause(session, "jinjiang", by="王经理"))


def _old(outbox: Outbox) -> None:
    outbox.doing(lambda session: session.connection().exec_driver_sql("DELETE FROM freshness WHERE kind = 'visits'"))


def _unfinished(outbox: Outbox) -> None:
    outbox.add(DmsImport, shop_id=outbox.shop, kind="customers", source="车主.xlsx", fingerprint="…", state="running",
               at=NOON, started_at=NOON, counts={})  # fmt: skip


def _not_synced(outbox: Outbox) -> None:
    failure = SyncFailure("visits", "dms", NOON - HOUR, NOON - DAY, "source", "It does not answer.", {})
    outbox.doing(lambda session: keep_failure(session, outbox.shop, failure, is_of_the_database=True))


def _in_review(outbox: Outbox) -> None:
    for shop in (outbox, Outbox(outbox.store, key="xiamen")):
        run = shop.run("review", campaign="winback")
        shop.change(Run, run, review_until=NOON + DAY, counts={"planned": 1200})


def _lapsed(outbox: Outbox) -> None:
    run = outbox.run("review", campaign="winback")
    outbox.change(Run, run, review_until=NOON - HOUR, counts={"planned": 3})
    outbox.doing(lambda session: void(session, run, by=EXPIRED))


def _unknown(outbox: Outbox) -> None:
    outbox.texts(2, state="unknown")
    Outbox(outbox.store, key="jinjiang").texts(3, state="unknown", phone="+8619911100001")


@pytest.mark.parametrize(
    ("trouble", "topic", "severity", "said"),
    [
        (_silent, "daemon", "bad", "Notifier's service was never started: nothing is planned or sent."),
        (_stopped, "lane", "bad", "refused our set-up (code 20003). Nothing is lost."),
        (_troubled, "lane", "warn", "has refused 3 tries in a row (last: 20429 Too many)."),
        (_paused, "pause", "warn", "This shop is paused since "),
        (_old, "records", "bad", "visits: never imported. Planning waits: Maintenance due."),
        (_unfinished, "records", "bad", "An import of customers from 车主.xlsx began on 2026-03-10 12:00 and has not"),
        (_not_synced, "sync", "bad", "last on Mar 10 11:00, at the visits: It does not answer."),
        (_in_review, "review", "warn", "1,200 texts of Win-back wait for your approval until Mar 11 12:00."),
        (_lapsed, "lapsed", "info", "3 texts of Win-back were not approved by Mar 10 11:00; the next run plans"),
        (_unknown, "unknown", "info", "Of 2 texts nobody can tell yet whether they went out."),
    ],
)
def test_a_person_is_called_once_for_each_trouble(
    outbox: Outbox, trouble: Callable[[Outbox], None], topic: str, severity: str, said: str
) -> None:
    """In a plain sentence; what happens at another shop is another page's business."""
    trouble(outbox)
    (notice,) = called(outbox)
    assert (notice.topic, notice.severity) == (topic, severity)
    assert said in notice.sentence
    assert COMMAND.search(f"{notice.sentence} {notice.mend}") is None


def test_what_stands_still_comes_first(outbox: Outbox) -> None:
    """What only needs to be known comes last; files that are refused are told in their own words."""
    _unknown(outbox)
    _stopped(outbox)
    _in_review(outbox)
    seen = called(outbox, TemplateError("zh-CN/due.j2, line 5: there is no field “x”."))
    assert [notice.topic for notice in seen] == ["lane", "review", "file", "unknown"]
    assert seen[2].sentence == "zh-CN/due.j2, line 5: there is no field “x”."


def test_the_mend_of_a_lane_names_the_cause_and_whom_to_ask(outbox: Outbox) -> None:
    """A clerk can do nothing about it; of a code nobody knows only who can is said."""
    _stopped(outbox)
    then = "Ask whoever looks after the server to put it right there and let sending go on."
    assert called(outbox)[0].mend == f"The key of the account with the provider is wrong. {then}"
    outbox.doing(lambda session: lanes.stop(session, GATEWAY, code="99999", error="99999"))
    assert called(outbox)[0].mend == then


def test_a_daemon_that_fell_silent_is_told_with_its_moment(outbox: Outbox) -> None:
    """On the shop's clock, by the database's."""
    outbox.doing(lambda session: session.connection().exec_driver_sql(
        "UPDATE engine_beat SET beat_at = '2026-03-10 02:30:00+00:00'" if not outbox.store.is_sqlite
        else "UPDATE engine_beat SET beat_at = '2026-03-10 02:30:00.000000'"
    ))  # fmt: skip
    (notice,) = called(outbox)
    assert "silent since Mar 10 10:30" in notice.sentence
    with language("zh-CN"):
        assert "3月10日 10:30" in called(outbox)[0].sentence
