"""Calls by staff come in: known again, never twice, and what they teach is done at once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import open_table
from notifier.dms.rejects import write_rejects
from notifier.errors import BadInput
from notifier.jobs.explain import explain
from notifier.store.engine import Store
from notifier.store.imports import freshness
from notifier.store.tables import (
    Assist,
    Booking,
    ConsentChange,
    Contact,
    Customer,
    Decision,
    Message,
    OdometerReading,
    Suppression,
    Vehicle,
)
from tests.support.calls import bring_calls, called, calls, row_of, settings
from tests.support.shop import BIRTHDAY, MAINTENANCE, SECRET, WINBACK, Dealership, at, yaml

MONDAY = date(2026, 3, 2)
TUESDAY = date(2026, 3, 3)
DUE = MONDAY + timedelta(days=10)


@pytest.fixture
def shop(store: Store) -> Dealership:
    """A shop with two customers whose service is due in ten days, and nobody texted yet."""
    place = Dealership(store, yaml(MAINTENANCE, BIRTHDAY))
    for name in ("陈晓芳", "林志强"):
        place.owner(name, service_on=DUE)
    return place


def _contact(shop: Dealership) -> dict[str, Any]:
    return shop.one(Contact)


def test_a_filled_row_is_kept_as_staff_wrote_it(shop: Dealership) -> None:
    """Result, reason, clerk, days and the note, line breaks and all."""
    row = called(
        shop, "陈晓芳", "2026-03-02", "再联系", 未到店原因="太贵", 下次跟进日期="2026/3/9", 备注="先生接的,\n说下周"
    )
    report = bring_calls(shop, at(MONDAY, "18:00"), row)
    assert report.as_json() == {
        "read": 1, "new": 1, "changed": 0, "unchanged": 0, "merged": 0, "parked": 0, "rejected": {}, "warned": {},
    }  # fmt: skip
    contact = _contact(shop)
    told = ("customer_id", "vehicle_id", "entry", "purpose", "clerk", "contacted_on", "result", "reason_code", "note",
            "next_contact_on")  # fmt: skip
    assert {name: contact[name] for name in told} == {
        "customer_id": shop.id_of("陈晓芳"), "vehicle_id": shop.car_id("陈晓芳"),
        "entry": f"{row_of(shop, '陈晓芳')}@2026-03-02", "purpose": "maintenance_due", "clerk": "李娜",
        "contacted_on": MONDAY, "result": "call_again", "reason_code": "price", "note": "先生接的,\n说下周",
        "next_contact_on": date(2026, 3, 9),
    }  # fmt: skip


def test_the_same_file_again_changes_nothing(shop: Dealership) -> None:
    """Not a row of any table, whatever the calls had taught."""
    rows = [
        called(shop, "陈晓芳", "2026-03-02", "已预约", 预约日期="2026-03-05", 里程="20000"),
        called(shop, "林志强", "2026-03-02", "不要再发短信"),
    ]
    bring_calls(shop, at(MONDAY, "18:00"), *rows)
    before = {name: rows for name, rows in shop.everything().items() if name not in ("dms_import", "freshness")}
    again = bring_calls(shop, at(TUESDAY, "18:00"), *reversed(rows))
    assert (again.read, again.unchanged) == (2, 2)
    assert {name: rows for name, rows in shop.everything().items() if name in before} == before


def test_an_edited_row_updates_and_an_emptied_cell_takes_nothing_back(shop: Dealership) -> None:
    """The clerk found the reason out later, and left the note of the morning away."""
    bring_calls(shop, at(MONDAY, "12:00"), called(shop, "陈晓芳", "2026-03-02", "无人接听", 备注="上午"))
    report = bring_calls(
        shop, at(MONDAY, "18:00"), called(shop, "陈晓芳", "2026-03-02", "暂不需要", 未到店原因="等待时间")
    )
    contact = _contact(shop)
    assert report.changed == 1
    assert (contact["result"], contact["reason_code"], contact["note"]) == ("declined", "waiting", "上午")


def test_a_second_day_is_a_second_call(shop: Dealership) -> None:
    """The clerk wrote the new day over the old one in the same sheet."""
    bring_calls(shop, at(MONDAY, "18:00"), called(shop, "陈晓芳", "2026-03-02", "无人接听"))
    report = bring_calls(shop, at(TUESDAY, "18:00"), called(shop, "陈晓芳", "2026-03-03", "已接通"))
    assert report.new == 1
    assert [row["result"] for row in shop.rows(Contact)] == ["no_answer", "reached"]


def test_a_call_without_its_day_counts_for_the_first_import(shop: Dealership) -> None:
    """And stays one call when the file comes again a day later, then with the day filled in."""
    row = called(shop, "陈晓芳", "", "已接通", 清单日期="2026-03-01")
    assert bring_calls(shop, at(MONDAY, "18:00"), row).new == 1
    assert bring_calls(shop, at(TUESDAY, "18:00"), row).unchanged == 1
    assert _contact(shop)["contacted_on"] == MONDAY
    assert bring_calls(shop, at(TUESDAY, "19:00"), row | {"跟进日期": "2026-03-01"}).changed == 1
    assert _contact(shop)["contacted_on"] == date(2026, 3, 1)


def test_rows_nobody_filled_in_are_counted_and_leave_nothing(shop: Dealership) -> None:
    """A name of who was to call is no call."""
    report = bring_calls(shop, at(MONDAY), called(shop, "陈晓芳", "", ""), called(shop, "林志强", "", "", 备注=" "))
    assert (report.read, report.unchanged) == (2, 2)
    assert shop.count(Contact) == 0


REFUSED = {
    "a word for a row": ({"清单编号": "第一行"}, "unknown_row"),
    "a row of no car": ({"清单编号": "maintenance_due-V999999"}, "unknown_row"),
    "a row filled down": ({"VIN": "LTEST999999999999"}, "row_mismatch"),
    "nobody at all": ({"清单编号": "", "VIN": ""}, "missing_customer"),
    "a stranger": ({"清单编号": "", "VIN": "", "手机": "13900000000"}, "unknown_customer"),
    "no day": ({"跟进日期": ""}, "missing_contact_day"),
    "a day nobody can read": ({"跟进日期": "下周三"}, "bad_date"),
    "a day to come": ({"跟进日期": "2026-03-04"}, "future_date"),
}


@pytest.mark.parametrize("cells, reason", REFUSED.values(), ids=REFUSED)
def test_a_row_that_cannot_be_taken_says_why(shop: Dealership, cells: dict[str, str], reason: str) -> None:
    """And the others are taken."""
    good, bad = called(shop, "林志强", "2026-03-02", "已接通"), called(shop, "陈晓芳", "2026-03-02", "已接通")
    report = bring_calls(shop, at(MONDAY), good, bad | cells)
    assert (report.read, report.new, dict(report.rejected)) == (2, 1, {reason: 1})
    assert dict(report.rejects) == {3: reason}


def test_of_one_call_written_twice_the_answer_is_taken(shop: Dealership) -> None:
    """Whatever the order of the rows."""
    reached, missed = called(shop, "陈晓芳", "2026-03-02", "已接通"), called(shop, "陈晓芳", "2026-03-02", "无人接听")
    for rows in ([reached, missed], [missed, reached]):
        report = bring_calls(shop, at(MONDAY), *rows)
        assert dict(report.rejected) == {"duplicate_contact": 1}
        assert _contact(shop)["result"] == "reached"


def test_a_row_number_filled_down_does_not_cost_the_rows_own_call(shop: Dealership) -> None:
    """Dragged over the rows below it in Excel: those say so, and the call about the row's own car is taken."""
    own = called(shop, "陈晓芳", "2026-03-02", "已接通")
    below = called(shop, "林志强", "2026-03-02", "已接通", 清单编号=own["清单编号"])
    further = below | {"VIN": "LZZZZ999999999999", "备注": "先生接的"}
    for rows in ([own, below, further], [further, below, own]):
        report = bring_calls(shop, at(MONDAY), *rows)
        assert dict(report.rejected) == {"row_mismatch": 2}
        assert _contact(shop)["vehicle_id"] == shop.car_id("陈晓芳")


def test_a_call_rejected_for_being_there_twice_stays_out(shop: Dealership, tmp_path: Path) -> None:
    """Alone in the file of rejects it would take the answer's place; with a day of its own it is another call."""
    reached, missed = called(shop, "陈晓芳", "2026-03-02", "已接通"), called(shop, "陈晓芳", "2026-03-02", "无人接听")
    report = bring_calls(shop, at(MONDAY), reached, missed)
    write_rejects(calls([reached, missed]), report.rejects, tmp_path / "again.csv")
    again = import_table("contacts", shop.store, shop.id, open_table(tmp_path / "again.csv"), settings(at(MONDAY)))
    assert dict(again.rejected) == {"duplicate_contact": 1}
    text = (tmp_path / "again.csv").read_text("utf-8-sig").replace("2026-03-02", "2026-03-01")
    (tmp_path / "mended.csv").write_text(text, "utf-8-sig")
    third = import_table("contacts", shop.store, shop.id, open_table(tmp_path / "mended.csv"), settings(at(MONDAY)))
    assert third.new == 1


def test_a_plain_list_of_calls_needs_no_rows(shop: Dealership) -> None:
    """Phone, day and result, as a call centre exports them; two calls a day by their time, and known again."""
    phone = shop.one(Customer, id=shop.id_of("陈晓芳"))["phone"]
    rows = [
        {"手机": phone, "跟进日期": "2026-03-02 09:30", "跟进结果": "关机", "招揽项目": "定期保养招揽"},
        {"手机": phone, "跟进日期": "2026-03-02 15:10", "跟进结果": "已接通", "招揽项目": "定期保养招揽"},
        {"VIN": shop.one_car("林志强")["vin"], "跟进日期": "2026-03-02", "跟进结果": "已接通"},
    ]
    assert bring_calls(shop, at(MONDAY, "18:00"), *rows).new == 3
    assert bring_calls(shop, at(TUESDAY, "18:00"), *rows).unchanged == 3
    assert {(row["purpose"], row["result"], row["vehicle_id"]) for row in shop.rows(Contact)} == {
        ("maintenance_due", "no_answer", None), ("maintenance_due", "reached", None),
        ("", "reached", shop.car_id("林志强")),
    }  # fmt: skip


def test_words_nobody_knows_are_doubted_and_kept_in_the_note(shop: Dealership) -> None:
    """What staff wrote is never lost."""
    row = called(shop, "陈晓芳", "2026-03-02", "改嫁了", 未到店原因="闹鬼", 备注="奇怪")
    report = bring_calls(shop, at(MONDAY), row)
    assert dict(report.warned) == {"unknown_result": 1, "unknown_reason_code": 1}
    assert (_contact(shop)["result"], _contact(shop)["note"]) == (None, "奇怪 · 改嫁了 · 闹鬼")


def test_a_file_that_names_nobody_is_refused(shop: Dealership) -> None:
    """Before anything is written."""
    table = calls([{"跟进日期": "2026-03-02", "跟进结果": "已接通"}], ("跟进日期", "跟进结果"))
    with pytest.raises(BadInput, match="names nobody"):
        import_table("contacts", shop.store, shop.id, table, settings(at(MONDAY)))
    assert shop.count(Contact) == 0


def test_a_dry_run_keeps_nothing_and_says_what_it_would(shop: Dealership) -> None:
    """The first rows are shown as they were understood."""
    before = shop.everything()
    report = bring_calls(shop, at(MONDAY), called(shop, "陈晓芳", "2026-03-02", "车已卖"), dry_run=True)
    assert report.new == 1
    (row,) = report.as_rehearsed()["rows"]
    assert (row["understood"]["result"], row["understood"]["contacted_on"]) == ("sold", "2026-03-02")
    assert shop.everything() == before


def test_calls_are_as_fresh_as_their_file(shop: Dealership) -> None:
    """Importing them stamps the freshness of contacts."""
    bring_calls(shop, at(MONDAY), called(shop, "陈晓芳", "2026-03-02", "已接通"))
    with shop.store.read() as session:
        assert freshness(session, shop.id)["contacts"] == at(MONDAY)


# — what a call teaches —


def _planned(shop: Dealership) -> Dealership:
    """Both were planned for this morning; nothing has left yet."""
    shop.plan_at(at(MONDAY))
    assert shop.told("陈晓芳") == [("early", "planned")]
    return shop


def test_a_booking_by_phone_cancels_what_is_planned(shop: Dealership) -> None:
    """And is an appointment like any other; taken back, it is one no longer."""
    _planned(shop)
    bring_calls(shop, at(MONDAY, "18:00"), called(shop, "陈晓芳", "2026-03-02", "", 预约日期="2026-03-06"))
    booking = shop.one(Booking)
    assert (booking["wanted_on"], booking["booked_on"], booking["state"]) == (date(2026, 3, 6), MONDAY, "booked")
    (message,) = shop.messages("陈晓芳")
    assert (message["state"], message["reason"]) == ("cancelled", "booked")
    shop.change(Contact, _contact(shop)["id"], booked_for=None)
    bring_calls(shop, at(MONDAY, "19:00"), called(shop, "陈晓芳", "2026-03-02", "已接通"))
    assert shop.one(Booking)["state"] == "cancelled"


def test_a_call_agrees_on_the_appointment_asked_for_by_reply(shop: Dealership) -> None:
    """One appointment, not two."""
    _planned(shop).send_at(at(MONDAY))
    shop.reply("陈晓芳", "1", at(MONDAY, "11:00"))
    bring_calls(shop, at(MONDAY, "18:00"), called(shop, "陈晓芳", "2026-03-02", "已预约", 预约日期="2026-03-06"))
    booking = shop.one(Booking)
    assert (booking["state"], booking["wanted_on"]) == ("booked", date(2026, 3, 6))
    assert booking["reply_id"] is not None


def test_a_sold_car_is_nobodys_to_be_reminded_of(shop: Dealership) -> None:
    """As by a reply; said as the result or as the reason; and taken back when the clerk corrects the row."""
    _planned(shop)
    bring_calls(shop, at(MONDAY, "18:00"), called(shop, "陈晓芳", "2026-03-02", "暂不需要", 未到店原因="已过户"))
    assert shop.one_car("陈晓芳")["state"] == "sold"
    assert [(m["state"], m["reason"]) for m in shop.messages("陈晓芳")] == [("cancelled", "sold")]
    bring_calls(shop, at(MONDAY, "19:00"), called(shop, "陈晓芳", "2026-03-02", "暂不需要", 未到店原因="太远"))
    assert shop.one_car("陈晓芳")["state"] == "in_use"


def test_a_sold_car_is_not_guessed_among_several(shop: Dealership) -> None:
    """Somebody must say which: a plain list named only the phone."""
    shop.car("闽C2", "陈晓芳")
    phone = shop.one(Customer, id=shop.id_of("陈晓芳"))["phone"]
    report = bring_calls(shop, at(MONDAY), {"手机": phone, "跟进日期": "2026-03-02", "跟进结果": "车已卖"})
    assert dict(report.warned) == {"several_cars": 1}
    assert {row["state"] for row in shop.rows(Vehicle)} == {"in_use"}


@pytest.fixture
def two_cars(store: Store) -> Dealership:
    """Two cars of one owner, both planned for; the list goes out, then one of them is handed on."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.customer("陈晓芳")
    shop.customer("林志强")
    for plate in ("闽C17", "闽C18"):
        shop.car(plate, "陈晓芳", service_on=DUE, last_odometer=20_000)
    shop.plan_at(at(MONDAY))
    return shop


ABOUT_A_CAR = {
    "sold": {"跟进结果": "车已卖"},
    "sold as the reason": {"跟进结果": "暂不需要", "未到店原因": "已过户"},
    "mileage": {"跟进结果": "已接通", "里程": "21000"},
    "booked": {"跟进结果": "已预约", "预约日期": "2026-03-06"},
    "done already": {"跟进结果": "已完成"},
}


@pytest.mark.parametrize("by_row", [True, False], ids=["row", "vin"])
@pytest.mark.parametrize("cells", ABOUT_A_CAR.values(), ids=ABOUT_A_CAR)
def test_a_car_that_was_handed_on_teaches_nothing_about_another(
    two_cars: Dealership, cells: dict[str, str], by_row: bool
) -> None:
    """The call is kept with the one who was spoken to and the car it named; neither car learns anything."""
    shop = two_cars
    row = called(shop, "闽C17", "2026-03-03", cells["跟进结果"]) | cells | {"手机": shop.person("陈晓芳")["phone"]}
    row |= {} if by_row else {"清单编号": "", "招揽项目": "定期保养"}
    shop.sell("闽C17", "林志强")
    cars, touches = shop.rows(Vehicle), shop.stages_of("闽C18")
    report = bring_calls(shop, at(TUESDAY), row)
    assert (report.new, dict(report.warned)) == (1, {"car_changed_hands": 1})
    contact = _contact(shop)
    assert (contact["customer_id"], contact["vehicle_id"]) == (shop.id_of("陈晓芳"), shop.car_id("闽C17"))
    assert (shop.rows(Vehicle), shop.stages_of("闽C18"), shop.rows(Booking)) == (cars, touches, [])
    shop.plan_at(at(DUE - timedelta(days=3)))
    assert [(stage, state) for stage, state, _why in shop.stages_of("闽C18")][-1] == ("last", "planned")
    assert bring_calls(shop, at(TUESDAY), row).unchanged == 1


def test_a_car_nobody_knows_is_not_taken_for_the_only_one(shop: Dealership) -> None:
    """A VIN was named: it is another car than theirs."""
    row = {"VIN": "LTEST000000000099", "手机": shop.person("陈晓芳")["phone"], "跟进日期": "2026-03-02",
           "跟进结果": "车已卖"}  # fmt: skip
    assert dict(bring_calls(shop, at(MONDAY), row).warned) == {"car_changed_hands": 1}
    assert shop.one_car("陈晓芳")["state"] == "in_use"


def test_a_row_corrected_after_the_car_was_handed_on_leaves_the_new_owner_alone(shop: Dealership) -> None:
    """Neither is their car sold by an old call, nor is what they said themselves taken back."""
    shop.customer("黄美玲")
    sold = called(shop, "陈晓芳", "2026-03-02", "车已卖", 手机=shop.person("陈晓芳")["phone"])
    bring_calls(shop, at(MONDAY), sold | {"跟进结果": "已接通"})
    shop.sell("陈晓芳", "黄美玲")
    assert dict(bring_calls(shop, at(MONDAY), sold).warned) == {"car_changed_hands": 1}
    assert shop.one_car("陈晓芳")["state"] == "in_use"
    shop.change_car("陈晓芳", state="sold")
    bring_calls(shop, at(MONDAY), sold | {"跟进结果": "已接通"})
    assert shop.one_car("陈晓芳")["state"] == "sold"


def test_an_appointment_of_a_person_stands_whatever_became_of_the_car(store: Store) -> None:
    """A row about the person names their newest car only to help the clerk."""
    shop = Dealership(store, yaml(WINBACK + "    first_run: catch_up\n"))
    shop.customer("陈晓芳", last_visit_on=date(2025, 9, 1))
    shop.customer("林志强")
    shop.car("闽C17", "陈晓芳")
    shop.car("闽C18", "陈晓芳")
    shop.plan_at(at(TUESDAY))
    row = called(shop, "闽C18", "2026-03-03", "已预约", 清单编号=f"winback-C{shop.id_of('陈晓芳')}", 里程="9000")
    shop.change_car("闽C18", customer_id=shop.id_of("林志强"))
    report = bring_calls(shop, at(TUESDAY), row | {"手机": shop.person("陈晓芳")["phone"]})
    assert dict(report.warned) == {"car_changed_hands": 1}
    assert shop.one(Booking)["customer_id"] == shop.id_of("陈晓芳")
    assert [(m["state"], m["reason"]) for m in shop.messages("陈晓芳")] == [("cancelled", "booked")]
    assert shop.one_car("闽C17")["last_odometer"] is shop.one_car("闽C18")["last_odometer"] is None


def test_a_wrong_number_is_out_of_reach(shop: Dealership) -> None:
    """Nothing goes there any more, and explain says who found out; a corrected row brings it back."""
    _planned(shop)
    bring_calls(shop, at(MONDAY, "18:00"), called(shop, "陈晓芳", "2026-03-02", "空号"))
    assert shop.one(Customer, id=shop.id_of("陈晓芳"))["unreachable"] == "wrong_number"
    assert [(m["state"], m["reason"]) for m in shop.messages("陈晓芳")] == [("cancelled", "unreachable")]
    bring_calls(shop, at(MONDAY, "19:00"), called(shop, "陈晓芳", "2026-03-02", "已接通"))
    assert shop.one(Customer, id=shop.id_of("陈晓芳"))["unreachable"] is None


def test_another_phone_found_wrong_says_nothing_of_theirs(shop: Dealership) -> None:
    """The customer has given a new number since the list was printed."""
    row = called(shop, "陈晓芳", "2026-03-02", "空号", 手机="13912345678")
    bring_calls(shop, at(MONDAY), row)
    assert shop.one(Customer, id=shop.id_of("陈晓芳"))["unreachable"] is None


@pytest.mark.parametrize("word, stops", [("拒绝营销", 0), ("不要再发短信", 1)])
def test_a_refusal_on_the_phone_counts(store: Store, word: str, stops: int) -> None:
    """No offers: the consent is gone. No texts: it is a stop like any other. Both with their source."""
    shop = Dealership(store, yaml(MAINTENANCE, BIRTHDAY))
    shop.customer("陈晓芳", birth_on=date(1980, 3, 2))
    shop.car("陈晓芳", "陈晓芳", service_on=DUE)
    shop.plan_at(at(MONDAY))
    bring_calls(shop, at(MONDAY, "18:00"), called(shop, "陈晓芳", "2026-03-02", word))
    customer = shop.one(Customer, id=shop.id_of("陈晓芳"))
    assert (customer["consent"], customer["consent_since"], customer["consent_source"]) == ("no", MONDAY, "call 李娜")
    assert [row["value"] for row in shop.rows(ConsentChange)] == ["no"]
    (greeting,) = shop.messages("陈晓芳", kind="marketing")
    assert greeting["state"] == "cancelled"
    assert greeting["reason"] == "consent_refused"
    assert [row["reason"] for row in shop.rows(Suppression)] == ["staff"] * stops


def test_a_consent_given_after_the_call_stands(shop: Dealership) -> None:
    """The list came in late."""
    shop.change_customer("陈晓芳", consent_since=TUESDAY)
    bring_calls(shop, at("2026-03-05"), called(shop, "陈晓芳", "2026-03-02", "拒绝营销"))
    assert shop.one(Customer, id=shop.id_of("陈晓芳"))["consent"] == "yes"


def test_kilometres_told_on_the_phone_move_the_prediction(shop: Dealership) -> None:
    """As those of a reply do; those that cannot be are doubted and not used."""
    bring_calls(shop, at(MONDAY), called(shop, "陈晓芳", "2026-02-20", "已接通", 里程="20600"))
    bring_calls(shop, at(MONDAY), called(shop, "陈晓芳", "2026-03-02", "已接通", 里程="2.1万"))
    _earlier, reading = shop.rows(OdometerReading)
    assert (reading["km"], reading["day"], reading["reply_id"]) == (21_000, MONDAY, None)
    report = bring_calls(shop, at(TUESDAY), called(shop, "陈晓芳", "2026-03-03", "已接通", 里程="99000"))
    assert dict(report.warned) == {"implausible_odometer": 1}
    assert shop.count(OdometerReading) == 2


# — a call holds back texts of its purpose —


def test_a_call_holds_back_texts_of_its_purpose(shop: Dealership) -> None:
    """For seven days, with the day and the clerk; other purposes and other customers go on."""
    shop.change_customer("陈晓芳", birth_on=date(1980, 3, 2), birth_mmdd="0302")
    bring_calls(shop, at(MONDAY, "08:00"), called(shop, "陈晓芳", "2026-03-02", "已接通"))
    shop.plan_at(at(MONDAY))
    assert {(m["customer_id"], m["campaign_id"]) for m in shop.messages()} == {
        (shop.id_of("陈晓芳"), "birthday"), (shop.id_of("林志强"), "maintenance_due"),
    }  # fmt: skip
    assert shop.decisions("陈晓芳")["early"] == ("deferred", "contacted")
    found = explain(
        shop.planner(), SECRET, shop.one_car("陈晓芳")["vin"], at(MONDAY, "12:00"), campaign="maintenance_due"
    )
    (answer,) = found.customers[0].answers
    assert (answer.status, answer.reason, answer.detail) == ("deferred", "contacted", "2026-03-02 (李娜)")
    shop.plan_at(at("2026-03-07"))
    assert shop.messages("陈晓芳", campaign_id="maintenance_due") == []
    shop.plan_at(at("2026-03-09"))
    assert [m["stage"] for m in shop.messages("陈晓芳", campaign_id="maintenance_due")] == ["last"]


def test_a_call_nobody_answered_holds_nothing_back(shop: Dealership) -> None:
    """A text is then the very thing to do."""
    bring_calls(shop, at(MONDAY, "08:00"), called(shop, "陈晓芳", "2026-03-02", "无人接听"))
    shop.plan_at(at(MONDAY))
    assert shop.told("陈晓芳") == [("early", "planned")]


def test_the_hold_is_a_setting(store: Store) -> None:
    """`contact_hold: 0d` switches it off."""
    shop = Dealership(store, yaml(MAINTENANCE, guards="contact_hold: 0d"))
    shop.owner("陈晓芳", service_on=DUE)
    bring_calls(shop, at(MONDAY, "08:00"), called(shop, "陈晓芳", "2026-03-02", "已接通"), contact_hold_days=0)
    shop.plan_at(at(MONDAY))
    assert shop.told("陈晓芳") == [("early", "planned")]


def test_a_text_planned_already_goes_back_to_the_planner(shop: Dealership) -> None:
    """It is deferred as if the call had come first, and planned once more when the hold is over."""
    _planned(shop)
    bring_calls(shop, at(MONDAY, "18:00"), called(shop, "陈晓芳", "2026-03-02", "再联系"))
    assert [(m["state"], m["reason"]) for m in shop.messages("陈晓芳")] == [("cancelled", "contacted")]
    assert shop.decisions("陈晓芳")["early"] == ("deferred", "contacted")
    assert shop.told("林志强") == [("early", "planned")]
    shop.plan_at(at("2026-03-09"))
    assert shop.told("陈晓芳")[1:] == [("last", "planned")]
    verdicts = {row["stage"]: row["verdict"] for row in shop.rows(Decision, cycle_id=shop.cycles("陈晓芳")[0]["id"])}
    assert verdicts["last"] == "planned"


def test_two_cars_in_one_text_are_told_apart(store: Store) -> None:
    """The call was about one of them: the text about the other goes out, worded anew."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", plate="闽C1", service_on=DUE)
    shop.car("闽C2", "陈晓芳", service_on=DUE)
    shop.plan_at(at(MONDAY))
    bring_calls(shop, at(MONDAY, "18:00"), called(shop, "闽C1", "2026-03-02", "已接通"))
    assert shop.rerender() == 1
    (message,) = shop.messages("陈晓芳")
    assert message["state"] == "planned"
    assert "闽C2" in message["text"]
    assert "闽C1" not in message["text"]


def test_who_says_on_the_phone_that_it_is_done_is_reminded_no_more(shop: Dealership) -> None:
    """Not after the hold either."""
    _planned(shop)
    bring_calls(shop, at(MONDAY, "18:00"), called(shop, "陈晓芳", "2026-03-02", "已做过"))
    assert [(m["state"], m["reason"]) for m in shop.messages("陈晓芳")] == [("cancelled", "already_done")]
    shop.plan_at(at("2026-03-10"))
    assert shop.decisions("陈晓芳")["last"] == ("excluded", "already_done")


# — a call earns a visit —


def test_a_visit_after_a_call_earns_the_call(shop: Dealership) -> None:
    """The text of the week before has assisted; nothing is credited to its campaign."""
    _planned(shop).send_at(at(MONDAY))
    shop.visit("陈晓芳", date(2026, 3, 6))
    assert shop.attribute_at(at("2026-03-07")).credited == 1
    bring_calls(shop, at("2026-03-07"), called(shop, "陈晓芳", "2026-03-04", "已预约", 预约日期="2026-03-06"))
    assert shop.attribute_at(at("2026-03-08")).credited == 0
    assert shop.credits() == []
    (assist,) = shop.rows(Assist)
    assert assist["message_id"] == shop.one(Message, customer_id=shop.id_of("陈晓芳"))["id"]


def test_a_call_nobody_answered_earns_nothing(shop: Dealership) -> None:
    """The text keeps its credit."""
    _planned(shop).send_at(at(MONDAY))
    bring_calls(shop, at("2026-03-05"), called(shop, "陈晓芳", "2026-03-04", "无人接听"))
    shop.visit("陈晓芳", date(2026, 3, 6))
    shop.attribute_at(at("2026-03-08"))
    assert [evidence for _type, _id, _message, evidence in shop.credits()] == ["sent"]


def test_an_answer_by_reply_of_a_later_day_is_stronger(shop: Dealership) -> None:
    """Calls are ranked with replies: the later touch of the two earns."""
    bring_calls(shop, at(MONDAY, "08:00"), called(shop, "陈晓芳", "2026-02-23", "已接通"))
    _planned(shop).send_at(at(MONDAY))
    shop.reply("陈晓芳", "好的谢谢", at(TUESDAY))
    shop.visit("陈晓芳", date(2026, 3, 6))
    shop.attribute_at(at("2026-03-07"))
    assert [evidence for _type, _id, _message, evidence in shop.credits()] == ["reply"]
