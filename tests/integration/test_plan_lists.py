"""Broadcasts: exactly the people of a file or a filter, on the list's days, each once, whoever else is named there."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from notifier.domain.buckets import campaign_salt, in_share
from notifier.domain.phone import phone_key
from notifier.errors import BadInput
from notifier.jobs.call_list import people_named
from notifier.jobs.explain import explain
from notifier.jobs.plan.lists import ListUnreadable
from notifier.reports.call_list import call_list
from notifier.schedules import parse_schedules
from notifier.spreadsheets import write_texts
from notifier.store.engine import Store
from notifier.store.tables import Customer, Cycle, Enrolment, Message, Run, Vehicle
from tests.support.broadcaster import CHEN, DAY, EVENT, HUANG, LIN, RECALL, STORM, VINS, Broadcaster
from tests.support.examples import example
from tests.support.shop import BIRTHDAY, SECRET, at, days, yaml


def shop_of_the_docs(store: Store, folder: Path, name: str) -> Broadcaster:
    """A shop that runs an example of docs/schedules.md."""
    shop = Broadcaster(store, folder)
    shop.schedules = parse_schedules(example(name), str(folder / "schedules.yaml"))
    return shop


def test_the_invitation_of_the_docs(sqlite_store: Store, tmp_path: Path) -> None:
    """Two weeks ahead, to those of two districts who have not been here for half a year, and who agreed."""
    shop = shop_of_the_docs(sqlite_store, tmp_path, "invitation")
    long_ago, lately = date(2025, 8, 1), date(2025, 12, 1)
    shop.customer("陈晓芳", district="鲤城", last_visit_on=long_ago)
    shop.customer("林志强", district="丰泽", last_visit_on=lately)
    shop.customer("黄丽萍", district="晋江", last_visit_on=long_ago)
    shop.customer("吴建国", district="丰泽", last_visit_on=long_ago, consent="no")
    assert shop.planned_at(at(DAY - days(15))) == {"planned": 0, "withheld": 0, "excluded": {}, "deferred": {}}
    assert shop.planned_at(at(DAY - days(14))) == {
        "planned": 1, "withheld": 0, "excluded": {"consent_refused": 1}, "deferred": {},
    }  # fmt: skip
    assert shop.texts() == {
        "陈晓芳": "【东南泉州】陈女士您好,免费检测周3月20日开始,诚邀您到店参加。回复1报名,拒收请回复R"
    }


def test_the_storm_of_the_docs(sqlite_store: Store, tmp_path: Path) -> None:
    """Everybody, that day, whether they agreed to marketing or not; nobody the day after."""
    shop = shop_of_the_docs(sqlite_store, tmp_path, "storm")
    shop.customer("陈晓芳", consent="no")
    shop.customer("林志强", sex="m")
    shop.suppression("林志强")
    assert shop.planned_at(at("2026-07-02", "09:00")) == {"planned": 0, "withheld": 0, "excluded": {}, "deferred": {}}
    assert shop.planned_at(at("2026-07-01", "06:00")) == {
        "planned": 1, "withheld": 0, "excluded": {"suppressed": 1}, "deferred": {},
    }  # fmt: skip
    assert shop.texts() == {
        "陈晓芳": "【东南泉州】陈女士您好,7月1日有暴雨,请减速慢行、勿涉水。需要救援请拨0595-22880000"
    }


def test_the_recall_of_the_docs(sqlite_store: Store, tmp_path: Path) -> None:
    """The cars of the file, on the day and once more 30 days later; nobody else."""
    shop = shop_of_the_docs(sqlite_store, tmp_path, "recall")
    for number, name in enumerate(("陈晓芳", "林志强", "黄丽萍")):
        shop.customer(name)
        shop.car(f"闽CA111{number}", name, vin=VINS[number])
    shop.file("recall.csv", "VIN", VINS[0], VINS[1])
    assert shop.planned_at(at(DAY))["planned"] == 2
    shop.send_at(at(DAY))
    assert shop.planned_at(at(DAY + days(29)))["planned"] == 0
    assert shop.planned_at(at(DAY + days(30)))["planned"] == 2
    assert shop.stages_of("闽CA1110") == [("first", "delivered", None), ("again", "planned", None)]
    assert shop.stages_of("闽CA1112") == []


def test_an_event_invites_the_phones_of_its_file(store: Store, tmp_path: Path) -> None:
    """Two weeks ahead, in every spelling of a phone, each once; who is not on the list hears nothing."""
    shop = Broadcaster(store, tmp_path, EVENT)
    shop.customer("陈晓芳", phone=CHEN)
    shop.customer("林志强", phone=LIN, sex="m")
    shop.customer("黄丽萍", phone=HUANG)
    shop.file("week.csv", "姓名,手机", "陈女士,138-0013-8001", "同上,+86 138 0013 8001", "林,13800138002(妻子)")
    assert shop.plan_at(at(DAY - days(15))).document()["planned"] == 0
    planned = shop.plan_at(at(DAY - days(14)))
    assert planned.document()["planned"] == 2
    assert shop.texts() == {
        "陈晓芳": "【东南泉州】陈女士您好,免费检测周3月20日开始,诚邀您到店参加。回复1报名,拒收请回复R",
        "林志强": "【东南泉州】林先生您好,免费检测周3月20日开始,诚邀您到店参加。回复1报名,拒收请回复R",
    }
    assert {row["not_before"] for row in shop.messages()} == {at(DAY - days(14))}
    assert shop.plan_at(at(DAY - days(13))).document()["planned"] == 0


def test_who_is_added_later_is_invited_until_the_list_ends(sqlite_store: Store, tmp_path: Path) -> None:
    """The file is read anew by each run; after the last day it invites nobody, and what still waits is not sent."""
    shop = Broadcaster(sqlite_store, tmp_path, EVENT)
    shop.customer("陈晓芳", phone=CHEN)
    shop.customer("林志强", phone=LIN)
    shop.customer("黄丽萍", phone=HUANG)
    shop.file("week.csv", "手机", CHEN)
    shop.plan_at(at(DAY - days(14)))
    shop.file("week.csv", "手机", CHEN, LIN)
    assert shop.planned_at(at(DAY + days(7)))["planned"] == 1
    shop.file("week.csv", "手机", CHEN, LIN, HUANG)
    assert shop.planned_at(at(DAY + days(8)))["planned"] == 0
    assert (shop.told("林志强"), shop.told("黄丽萍")) == ([("invite", "cancelled")], [])


def test_a_list_that_was_set_up_late_still_goes_out(sqlite_store: Store, tmp_path: Path) -> None:
    """Nine days after its stage opened, the first run takes it all the same."""
    shop = Broadcaster(sqlite_store, tmp_path, EVENT)
    shop.customer("陈晓芳", phone=CHEN)
    shop.file("week.csv", "手机", CHEN)
    assert shop.planned_at(at(DAY - days(5))) == {"planned": 1, "withheld": 0, "excluded": {}, "deferred": {}}


def test_numbers_nobody_knows_are_counted_and_shown_and_never_texted(store: Store, tmp_path: Path) -> None:
    """With line and reason, the phone masked; in the dry run and in the run."""
    shop = Broadcaster(store, tmp_path, EVENT)
    shop.customer("陈晓芳", phone=CHEN)
    shop.customer("林志强")
    shop.car("闽C1", "林志强", vin=VINS[0], customer_id=None)
    shop.file(
        "week.csv", "VIN,手机", f",{CHEN}", ",13900139000", f"{VINS[0]},", f"{VINS[1]},", ",1380013", "WRONG,", ",",
    )  # fmt: skip
    unknown = [
        {"line": 3, "value": "139****9000", "why": "unknown"},
        {"line": 4, "value": VINS[0], "why": "no_owner"},
        {"line": 5, "value": VINS[1], "why": "unknown"},
        {"line": 6, "value": "–", "why": "phone_too_short"},
        {"line": 7, "value": "–", "why": "bad_vin"},
    ]
    for dry_run in (True, False):
        made = shop.plan_at(at(DAY), dry_run=dry_run).document()
        assert (made["planned"], made["excluded"]) == (1, {"unknown_person": 5})
        assert made["runs"][0]["unknown"] == unknown  # type: ignore[index]
    assert [shop.name_of(row["customer_id"]) for row in shop.messages()] == ["陈晓芳"]
    assert shop.one(Run)["counts"]["excluded"] == {"unknown_person": 5}


def test_a_recall_names_cars_and_reaches_who_said_no_to_everything_else(store: Store, tmp_path: Path) -> None:
    """No consent, no cap; two cars of one owner in one text; the owner on record, not the phone in the row."""
    shop = Broadcaster(store, tmp_path, RECALL, guards="frequency_cap: {messages: 1, days: 30}")
    shop.customer("陈晓芳", phone=CHEN, consent="no")
    shop.customer("林志强", phone=LIN, sex="m")
    shop.customer("黄丽萍", phone=HUANG)
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0])
    shop.car("闽CA2222", "陈晓芳", vin=VINS[1])
    shop.car("闽CA3333", "林志强", vin=VINS[2])
    shop.car("闽CA4444", "黄丽萍", vin=VINS[3])
    shop.suppression("林志强")
    shop.complaint("陈晓芳", DAY)
    shop.file("recall.csv", "车架号,手机", f"{VINS[0]},{HUANG}", f"{VINS[1]},", f"{VINS[2]},")
    assert shop.planned_at(at(DAY)) == {"planned": 1, "withheld": 0, "excluded": {"suppressed": 1}, "deferred": {}}
    assert shop.texts() == {
        "陈晓芳": "【东南泉州】陈女士您好,闽CA1111、闽CA2222需燃油泵更换,免费处理。回复1预约,已转手回复0"
    }
    assert [shop.stages_of(plate) for plate in ("闽CA1111", "闽CA2222", "闽CA3333", "闽CA4444")] == [
        [("first", "planned", None)], [("first", "planned", None)], [], [],
    ]  # fmt: skip


def test_a_text_made_anew_still_says_what_it_is_about(sqlite_store: Store, tmp_path: Path) -> None:
    """One of two cars is sold before the text leaves: the other is named, and the recall by its title."""
    shop = Broadcaster(sqlite_store, tmp_path, RECALL)
    shop.customer("陈晓芳")
    shop.customer("林志强")
    for plate, vin in (("闽CA1111", VINS[0]), ("闽CA2222", VINS[1])):
        shop.car(plate, "陈晓芳", vin=vin)
    shop.file("recall.csv", "VIN", VINS[0], VINS[1])
    shop.plan_at(at(DAY))
    shop.sell("闽CA2222", "林志强")
    assert shop.rerender() == 1
    assert shop.texts() == {"陈晓芳": "【东南泉州】陈女士您好,闽CA1111需燃油泵更换,免费处理。回复1预约,已转手回复0"}


def test_a_row_with_an_unknown_car_speaks_by_its_phone(sqlite_store: Store, tmp_path: Path) -> None:
    """The car's first cell decides where we know it; else the phone beside it."""
    shop = Broadcaster(sqlite_store, tmp_path, RECALL)
    shop.customer("陈晓芳", phone=CHEN)
    shop.customer("林志强", phone=LIN)
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0])
    shop.file("recall.csv", "VIN,电话", f"{VINS[3]},{LIN}", f"{VINS[0]},{LIN}", f",{CHEN}")
    assert shop.planned_at(at(DAY))["planned"] == 2
    assert Counter(row["subject_type"] for row in shop.rows(Cycle)) == {"vehicle": 1, "customer": 1}


def test_a_storm_warning_goes_to_everybody_at_once(store: Store, tmp_path: Path) -> None:
    """`file: all`: also at night, also without a car; once, however often the campaign runs."""
    shop = Broadcaster(store, tmp_path, STORM)
    for name in ("陈晓芳", "林志强", "黄丽萍"):
        shop.customer(name, consent="unknown")
    shop.customer("吴建国", phone=None, unreachable="missing")
    assert shop.planned_at(at(DAY, "03:00")) == {
        "planned": 3, "withheld": 0, "excluded": {"no_phone": 1}, "deferred": {},
    }  # fmt: skip
    assert shop.planned_at(at(DAY, "04:00"))["planned"] == 0
    assert {row["not_before"] for row in shop.messages()} == {at(DAY, "03:00")}
    assert shop.texts()["陈晓芳"].startswith("【东南泉州】陈女士您好,3月20日有暴雨,")


def test_a_list_without_a_file_is_for_whom_the_filter_leaves(store: Store, tmp_path: Path) -> None:
    """Gold members of one district."""
    filtered = EVENT.replace(", file: lists/week.csv", "") + "    audience: {member_level: 金*, district: [鲤城]}\n"
    shop = Broadcaster(store, tmp_path, filtered)
    shop.customer("陈晓芳", member_level="金卡", district="鲤城")
    shop.customer("林志强", member_level="银卡", district="鲤城")
    shop.customer("黄丽萍", member_level="金卡", district="晋江")
    dry = shop.plan_at(at(DAY), dry_run=True).document()["runs"][0]  # type: ignore[index]
    assert dry["audience"] == {"due": 3, "left": 1}
    assert shop.planned_at(at(DAY))["planned"] == 1
    assert list(shop.texts()) == ["陈晓芳"]


def test_a_filter_narrows_a_file(sqlite_store: Store, tmp_path: Path) -> None:
    """Both must name the customer; a filtered car does not come back by the phone beside it."""
    shop = Broadcaster(sqlite_store, tmp_path, RECALL + "    audience: {model: DX7}\n")
    shop.customer("陈晓芳", phone=CHEN)
    shop.customer("林志强", phone=LIN)
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0], model="DX7")
    shop.car("闽CA2222", "林志强", vin=VINS[1], model="DX3")
    shop.file("recall.csv", "VIN,手机", f"{VINS[0]},", f"{VINS[1]},{LIN}")
    assert shop.planned_at(at(DAY)) == {"planned": 1, "withheld": 0, "excluded": {}, "deferred": {}}


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "there is no file of that name"), ("姓名,车型\n陈,DX7\n", "no column of phones or VINs")],
)
def test_a_list_that_cannot_be_read_makes_its_campaign_wait(
    sqlite_store: Store, tmp_path: Path, content: str | None, why: str
) -> None:
    """With a sentence; the other campaigns go on; asked for by name it is refused."""
    shop = Broadcaster(sqlite_store, tmp_path, EVENT, BIRTHDAY)
    shop.customer("陈晓芳", birth_on=date(1990, DAY.month, DAY.day))
    if content is not None:
        shop.file("week.csv", content)
    planned = shop.plan_at(at(DAY))
    assert planned.waiting == {"event": "list_unreadable"}
    assert [run.campaign for run in planned.runs] == ["birthday"]
    assert [why in str(problem) for problem in planned.problems] == [True]
    assert planned.document()["deferred"] == {"list_unreadable": 1}
    with pytest.raises(ListUnreadable, match=why) as refused:
        shop.plan_at(at(DAY), campaign="event")
    assert isinstance(refused.value, BadInput)


def test_a_workbook_is_a_list_too(sqlite_store: Store, tmp_path: Path) -> None:
    """Told by its first bytes, whatever its name."""
    shop = Broadcaster(sqlite_store, tmp_path, EVENT)
    shop.customer("陈晓芳", phone=CHEN)
    shop.file("week.csv")
    write_texts(tmp_path / "list.xlsx", ["手机号码"], [["13800138001"]], sheet="x")
    (tmp_path / "list.xlsx").replace(tmp_path / "lists" / "week.csv")
    assert shop.planned_at(at(DAY))["planned"] == 1


def test_the_enrolment_period_of_a_list_is_the_list(sqlite_store: Store, tmp_path: Path) -> None:
    """A second list of the year draws its arms anew, with the share it begins with."""
    second = EVENT.replace("id: week", "id: week-2").replace("2026-03", "2026-05")
    shop = Broadcaster(sqlite_store, tmp_path, EVENT + "    control: 50%\n")
    salt = campaign_salt("event", "list:week")
    keys = {in_share(salt, key, 5_000): key for key in ("k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7")}
    shop.customer("陈晓芳", phone=CHEN, bucket_key=keys[True])
    shop.customer("林志强", phone=LIN, bucket_key=keys[False])
    shop.file("week.csv", "手机", CHEN, LIN)
    assert shop.planned_at(at(DAY)) == {"planned": 1, "withheld": 1, "excluded": {}, "deferred": {}}
    assert {row["period"] for row in shop.rows(Enrolment)} == {"list:week"}
    shop.schedules = parse_schedules(yaml(second), str(tmp_path / "schedules.yaml"))
    assert shop.planned_at(at(date(2026, 5, 20))) == {"planned": 2, "withheld": 0, "excluded": {}, "deferred": {}}
    assert sorted(row["period"] for row in shop.enrolments("陈晓芳")) == ["list:week", "list:week-2"]


def test_a_list_of_many_phones_takes_few_queries(sqlite_store: Store, tmp_path: Path) -> None:
    """Twelve thousand phones, of whom three are known: a handful of queries, not one a phone."""
    shop = Broadcaster(sqlite_store, tmp_path, EVENT)
    for name, phone in (("陈晓芳", CHEN), ("林志强", LIN), ("黄丽萍", HUANG)):
        shop.customer(name, phone=phone)
    shop.file("week.csv", "手机", *(f"139{number:08d}" for number in range(12_000)), CHEN, LIN, HUANG)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine: Engine = sqlite_store.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        made = shop.planned_at(at(DAY))
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert (made["planned"], made["excluded"]) == (3, {"unknown_person": 12_000})
    assert len([statement for statement in asked if "phone_key IN" in statement]) <= 8
    assert len(asked) < 120


def test_the_call_list_holds_whom_no_text_reaches(store: Store, tmp_path: Path) -> None:
    """Who said stop, who has no phone or a dead one, whose text did not arrive, and the rows nobody knows."""
    shop = Broadcaster(store, tmp_path, RECALL)
    for name, columns in (
        ("陈晓芳", {}), ("林志强", {}), ("黄丽萍", {"phone": None, "unreachable": "missing"}),
        ("吴建国", {"unreachable": "30006"}), ("郑美玲", {}),
    ):  # fmt: skip
        shop.customer(name, **columns)
    for vin, name in zip(VINS, ("陈晓芳", "林志强", "黄丽萍", "吴建国"), strict=True):
        shop.car(f"闽C{vin[-4:]}", name, vin=vin)
    shop.suppression("林志强")
    phone = shop.one(Customer, id=shop.id_of("郑美玲"))["phone"]
    shop.file("recall.csv", "VIN,手机", *(f"{vin}," for vin in VINS), f",{phone}", ",13900139000", ",12")
    shop.plan_at(at(DAY))
    shop.send_at(at(DAY), event=None)
    (failed,) = [row["id"] for row in shop.messages("郑美玲")]
    shop.change(Message, failed, state="failed")
    planner, settings = shop.planner(), shop.schedules.shops[0]
    named = people_named(planner, settings, shop.id, shop.schedules.campaign("recall"), at(DAY))
    with store.read() as session:
        found = call_list(
            session, named.ask, campaign_id="recall", title="燃油泵更换", today=DAY, unknown=named.unknown
        )
    assert found.named == 5
    assert [(row.reason, row.name or row.value, row.vin, row.line) for row in found.rows] == [
        ("suppressed", "林志强", VINS[1], None), ("no_phone", "黄丽萍", VINS[2], None),
        ("unreachable", "吴建国", VINS[3], None), ("not_delivered", "郑美玲", None, None),
        ("unknown", "139****9000", None, 7), ("unreadable", "–", None, 8),
    ]  # fmt: skip


def test_explain_knows_the_list(store: Store, tmp_path: Path) -> None:
    """On it or not, by phone and by car; and what stands in the way where it cannot be read."""
    shop = Broadcaster(store, tmp_path, EVENT, RECALL)
    shop.customer("陈晓芳", phone=CHEN)
    shop.customer("林志强", phone=LIN)
    shop.car("闽CA1111", "陈晓芳", vin=VINS[0])
    shop.file("week.csv", "手机", LIN)
    shop.file("recall.csv", "VIN,手机", f"{VINS[0]},{LIN}")
    shop.fresh(at(DAY, "09:00"))

    def answers(who: str) -> dict[str, tuple[str, str | None]]:
        found = explain(shop.planner(), SECRET, who, at(DAY, "09:00")).customers[0].answers
        return {answer.campaign: (answer.status, answer.vin) for answer in found}

    assert answers(CHEN) == {"event": ("nothing_due", None), "recall": ("gets", VINS[0])}
    assert answers(LIN) == {"event": ("gets", None), "recall": ("nothing_due", None)}
    (tmp_path / "lists" / "week.csv").unlink()
    assert answers(LIN)["event"] == ("off", None)


def test_the_key_of_a_phone_is_the_one_the_imports_gave(sqlite_store: Store, tmp_path: Path) -> None:
    """Under another secret nobody is found: keys are the installation's own."""
    shop = Broadcaster(sqlite_store, tmp_path, EVENT)
    shop.customer("陈晓芳", phone=CHEN, phone_key=phone_key(b"another secret of thirty-two bytes", CHEN))
    shop.file("week.csv", "手机", CHEN)
    assert shop.planned_at(at(DAY)) == {
        "planned": 0, "withheld": 0, "excluded": {"unknown_person": 1}, "deferred": {},
    }  # fmt: skip
    assert (shop.count(Customer), shop.count(Vehicle)) == (1, 0)
