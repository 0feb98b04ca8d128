"""What a person does about one customer at the desk: corrections, phones, stops, calls, complaints; and the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from notifier.domain.phone import phone_key
from notifier.domain.rules import rule_title
from notifier.errors import BadInput, NotFound, NotifierError, Refused
from notifier.jobs.customer_calls import Call, record_call
from notifier.jobs.customer_corrections import (
    PhoneTaken,
    correct_car,
    correct_person,
    correct_phone,
    reveal_phone,
    tell_odometer,
)
from notifier.jobs.customer_doing import SUBJECT, Doing
from notifier.jobs.customer_page import dossier
from notifier.jobs.customer_stops import lift_stop, settle_complaint, stop_texts
from notifier.jobs.explain import explain, explain_customer
from notifier.jobs.explain_words import rows
from notifier.store.audit import Actor
from notifier.store.engine import Store
from notifier.store.tables import (
    AuditEntry,
    Booking,
    Complaint,
    Contact,
    Customer,
    Message,
    RepairOrder,
    Suppression,
    Vehicle,
)
from tests.support import import_desk
from tests.support.shop import BIRTHDAY, INSURANCE, MAINTENANCE, SECRET, WINBACK, ZONE, Dealership, at, yaml

TODAY = date(2026, 3, 10)
NIGHT = at(TODAY, "21:00")
MORNING = at(TODAY + timedelta(days=1), "09:30")
GUARDS = "quiet_hours: '20:00-09:00'"
CLERK = Actor("李娜", None)
POLITE = """---
title: polite
kind: service
---
{{ customer.salutation }}您好，{{ vehicle.plate }}该保养了"""


@pytest.fixture
def shop(store: Store) -> Dealership:
    """陈芳's service is due: a text is planned for the morning."""
    made = Dealership(store, yaml(MAINTENANCE.replace("early: early", "early: polite"), BIRTHDAY, guards=GUARDS))
    made.wording("polite", POLITE)
    made.customer("陈芳", phone="+8613800138000")
    made.car("闽C12345", "陈芳", service_on=TODAY + timedelta(days=10))
    made.plan_at(NIGHT)
    assert [row["text"][:4] for row in made.messages()] == ["【东南泉"]
    return made


def doing(shop: Dealership, name: str = "陈芳") -> Doing:
    """The clerk, about this customer, in the evening."""
    return Doing(shop.id, shop.id_of(name), CLERK, NIGHT, ZONE)


def done(shop: Dealership, what: Any, *args: Any, **how: Any) -> Any:
    """What that doing returns, in a transaction of its own."""
    with shop.store.write() as session:
        return what(session, *args, **how)


def audited(shop: Dealership) -> list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]]:
    """Every entry of the log."""
    assert all((row["who"], row["subject_type"]) == ("李娜", SUBJECT) for row in shop.rows(AuditEntry))
    return [(row["action"], row["before"], row["after"]) for row in shop.rows(AuditEntry)]


def left(shop: Dealership) -> list[str]:
    """What goes out in the morning."""
    shop.rerender()
    shop.send_at(MORNING)
    return [row["text"] for row in shop.messages() if row["state"] == "delivered"]


def test_a_corrected_name_rewords_what_is_planned(shop: Dealership) -> None:
    """No text leaves with the name of yesterday, and the log says how it was."""
    assert done(shop, correct_person, doing(shop), {"name": "林先生"}) == {"name": "林", "sex": "m"}
    assert "林先生您好" in left(shop)[0]
    assert audited(shop) == [("customer.correct", {"name": "陈芳", "sex": "f"}, {"name": "林", "sex": "m"})]


def test_the_same_again_changes_nothing(shop: Dealership) -> None:
    """A dialog closed as it was opened leaves text and log alone."""
    assert done(shop, correct_person, doing(shop), {"name": "陈芳", "sex": "f", "language": "", "birthday": ""}) == {}
    assert (audited(shop), shop.messages()[0]["text"] is not None) == ([], True)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1990-03-11", ("0311", "solar")), ("农历八月初八", ("0808", "lunar")), ("5月9日", ("0509", "solar"))],
)
def test_a_birthday_is_read_as_a_file_would(shop: Dealership, typed: str, kept: tuple[str, str]) -> None:
    """Solar or lunar, with or without a year."""
    done(shop, correct_person, doing(shop), {"birthday": typed})
    person = shop.person("陈芳")
    assert (person["birth_mmdd"], person["birth_calendar"]) == kept


@pytest.mark.parametrize("told", [{"birthday": "soon"}, {"birthday": "2099-01-01"}, {"sex": "x"}, {"language": "fr"}])
def test_what_cannot_be_understood_is_refused(shop: Dealership, told: dict[str, str]) -> None:
    """With a sentence, and nothing is written."""
    with pytest.raises(BadInput):
        done(shop, correct_person, doing(shop), told)
    assert audited(shop) == []


def test_a_corrected_plate_and_a_car_sold(shop: Dealership) -> None:
    """The plate is worded anew; a sold car cancels its text in the same transaction."""
    car = shop.car_id("闽C12345")
    assert done(shop, correct_car, doing(shop), car, {"plate": "闽C·99999"}, region="CN") == {"plate": "闽C99999"}
    shop.rerender()
    assert "闽C99999" in shop.messages()[0]["text"]
    done(shop, correct_car, doing(shop), car, {"state": "sold"}, region="CN")
    assert [(row["state"], row["reason"]) for row in shop.messages()] == [("cancelled", "sold")]
    assert [entry[0] for entry in audited(shop)] == ["customer.correct_car"] * 2
    with pytest.raises(BadInput):
        done(shop, correct_car, doing(shop), car, {"plate": "?"}, region="CN")


def test_a_renewed_policy_cancels_its_reminder(sqlite_store: Store) -> None:
    """As when a customer file tells a later end."""
    shop = Dealership(sqlite_store, yaml(INSURANCE, guards=GUARDS))
    shop.owner("陈芳", insurance_ends_on=TODAY + timedelta(days=30))
    shop.plan_at(NIGHT)
    ends_on = (TODAY + timedelta(days=395)).isoformat()
    done(shop, correct_car, doing(shop), shop.car_id("陈芳"), {"insurance_ends_on": ends_on}, region="CN")
    assert [(row["state"], row["reason"]) for row in shop.messages()] == [("cancelled", "renewed")]


def test_kilometres_told_predict_anew(shop: Dealership) -> None:
    """They are kept and count from now on; what does not fit is refused."""
    car = shop.car_id("闽C12345")
    shop.insert(RepairOrder, {"shop_id": shop.id, "order_no": "R1", "vin": "x", "vehicle_id": car, "category": "repair",
                              "date_in": date(2026, 2, 1), "odometer": 20_000, "updated_at": NIGHT})  # fmt: skip
    assert done(shop, tell_odometer, doing(shop), car, "2.1万公里") == 21_000
    assert audited(shop)[0][0] == "customer.odometer"
    with pytest.raises(BadInput):
        done(shop, tell_odometer, doing(shop), car, "many")
    tomorrow = replace(doing(shop), now=MORNING)
    with pytest.raises(Refused, match="does not fit"):
        done(shop, tell_odometer, tomorrow, car, "15000")


def test_a_corrected_phone_takes_what_is_planned_along(shop: Dealership) -> None:
    """The text goes to the new phone; the log shows neither whole."""
    survivor = done(shop, correct_phone, doing(shop), "139 0013 8000", secret=SECRET, region="CN")
    assert survivor == shop.id_of("陈芳")
    assert shop.messages()[0]["phone"] == shop.person("陈芳")["phone"] == "+8613900138000"
    assert audited(shop) == [
        ("customer.correct_phone", {"phone": "138****8000"}, {"phone": "139****8000", "customer": survivor})
    ]


def test_a_stop_follows_the_person_to_the_new_phone(shop: Dealership) -> None:
    """Whoever said stop has said it for the new phone too, and what is planned is cancelled."""
    shop.suppression("陈芳")
    done(shop, correct_phone, doing(shop), "13900138000", secret=SECRET, region="CN")
    keys = {row["phone_key"] for row in shop.rows(Suppression)}
    assert phone_key(SECRET, "+8613900138000") in keys
    assert [row["state"] for row in shop.messages()] == ["cancelled"]


def test_a_phone_another_customer_has_unites_the_two_only_when_said(shop: Dealership) -> None:
    """First it is refused with the other's name; then the two are one, with both cars."""
    shop.customer("陈小芳", phone="+8613900138000")
    shop.car("闽C77777", "陈小芳")
    with pytest.raises(PhoneTaken, match="陈小芳"):
        done(shop, correct_phone, doing(shop), "13900138000", secret=SECRET, region="CN")
    survivor = done(shop, correct_phone, doing(shop), "13900138000", secret=SECRET, region="CN", may_unite=True)
    (one,) = shop.rows(Customer)
    assert (one["id"], one["phone"]) == (survivor, "+8613900138000")
    assert {car["customer_id"] for car in shop.rows(Vehicle)} == {survivor}


def test_a_customer_without_a_phone_is_given_one(shop: Dealership) -> None:
    """Known by nothing but the row so far."""
    shop.customer("无机", phone=None, unreachable="missing")
    done(shop, correct_phone, doing(shop, "无机"), "13700138000", secret=SECRET, region="CN")
    assert (shop.person("无机")["phone"], shop.person("无机")["unreachable"]) == ("+8613700138000", None)


def test_the_next_file_has_the_last_word_on_a_phone_and_doubles_nobody(store: Store) -> None:
    """The DMS stays the source: an old phone comes back by the rules of identity; the new one changes nothing."""
    shop_id = import_desk.open_shop(store)
    old = import_desk.car("C1", import_desk.phone(1), 1, 姓名="陈女士")
    import_desk.bring(store, shop_id, "customers", [old])
    (person,) = import_desk.people(store)
    about = Doing(shop_id, person["id"], CLERK, import_desk.NOW, ZONE)
    for row, phone in ((old, "+8613800000001"), ({**old, "手机": import_desk.phone(2)}, "+8613800000002")):
        with store.write() as session:
            correct_phone(session, about, import_desk.phone(2), secret=import_desk.SECRET, region="CN")
        import_desk.bring(store, shop_id, "customers", [row])
        (known,) = import_desk.people(store)
        assert (known["id"], known["phone"], known["numbers"]) == (person["id"], phone, ["C1"])


def test_a_number_found_wrong_is_found_right_again(shop: Dealership) -> None:
    """The same phone once more says that it is theirs after all."""
    shop.change_customer("陈芳", unreachable="wrong_number")
    done(shop, correct_phone, doing(shop), "13800138000", secret=SECRET, region="CN")
    assert shop.person("陈芳")["unreachable"] is None


def test_stopped_by_hand_cancels_and_is_lifted_by_hand(shop: Dealership) -> None:
    """In one transaction, with the reason; lifted again, it keeps nothing back."""
    assert done(shop, stop_texts, doing(shop), "asked at the counter") == 1
    assert [(row["state"], row["reason"]) for row in shop.messages()] == [("cancelled", "opted_out")]
    with shop.store.read() as session:
        page = dossier(session, doing(shop))
    assert page is not None
    assert (page.stop is not None, page.may_lift) == (True, True)
    done(shop, lift_stop, doing(shop), "asked for texts again")
    assert shop.one(Suppression)["lifted_at"] is not None
    assert [entry[0] for entry in audited(shop)] == ["customer.stop", "customer.lift_stop"]


def test_a_stop_the_customer_said_is_never_lifted_here(shop: Dealership) -> None:
    """Neither one said by SMS, nor one said on the phone, nor by SMS after staff had entered one."""
    shop.customer("林强", phone="+8613700138000")
    done(shop, record_call, doing(shop, "林强"), Call(result="do_not_text", day=TODAY))
    shop.send_at(MORNING)
    shop.reply("陈芳", "R", MORNING)
    for name in ("陈芳", "林强"):
        with pytest.raises(Refused, match="The customer said stop"):
            done(shop, lift_stop, doing(shop, name), "please")
    shop.customer("王五", phone="+8613600138000")
    done(shop, stop_texts, doing(shop, "王五"), "asked")
    shop.reply("王五", "R", MORNING)
    with pytest.raises(Refused, match="The customer said stop"):
        done(shop, lift_stop, doing(shop, "王五"), "please")


def test_a_stop_wants_a_phone_and_a_reason(shop: Dealership) -> None:
    """Each with its sentence; twice is once."""
    shop.customer("无机", phone=None)
    with pytest.raises(BadInput, match="Say why"):
        done(shop, stop_texts, doing(shop), "  ")
    with pytest.raises(Refused, match="no phone"):
        done(shop, stop_texts, doing(shop, "无机"), "asked")
    with pytest.raises(Refused, match="not on the stop list"):
        done(shop, lift_stop, doing(shop), "asked")
    done(shop, stop_texts, doing(shop), "asked")
    with pytest.raises(Refused, match="already"):
        done(shop, stop_texts, doing(shop), "asked")


def test_a_call_teaches_what_an_import_of_it_would(shop: Dealership) -> None:
    """Booked: the appointment is kept, the reminder cancelled, the call stored with who made it."""
    car = shop.car_id("闽C12345")
    call = Call(result="booked", day=TODAY, purpose="maintenance_due", vehicle_id=car,
                booked_for=TODAY + timedelta(days=3), note="周五上午")  # fmt: skip
    assert done(shop, record_call, doing(shop), call) == ()
    assert (shop.one(Contact)["clerk"], shop.one(Booking)["state"]) == ("李娜", "booked")
    assert [(row["state"], row["reason"]) for row in shop.messages()] == [("cancelled", "booked")]
    assert audited(shop)[0][2] == {
        "purpose": "maintenance_due", "contacted_on": "2026-03-10", "clerk": "李娜", "result": "booked",
        "note": "周五上午", "booked_for": "2026-03-13",
    }  # fmt: skip


def test_the_same_call_put_right_takes_back_what_it_taught(shop: Dealership) -> None:
    """The same form again is no second call; sent twice as it was, it is logged once."""
    call = Call(result="wrong_number", day=TODAY, vehicle_id=shop.car_id("闽C12345"))
    for _click in range(2):
        done(shop, record_call, doing(shop), call)
    assert (shop.person("陈芳")["unreachable"], len(audited(shop))) == ("wrong_number", 1)
    done(shop, record_call, doing(shop), replace(call, result="no_answer"))
    assert (shop.person("陈芳")["unreachable"], shop.one(Contact)["result"]) == (None, "no_answer")


def test_two_calls_of_one_minute_are_two(shop: Dealership) -> None:
    """About the same car and matter, whoever wrote them down: neither overwrites the other."""
    call = Call(result="no_answer", day=TODAY, purpose="maintenance_due", vehicle_id=shop.car_id("闽C12345"))
    done(shop, record_call, doing(shop), call)
    second = Call(result="reached", day=TODAY, purpose="maintenance_due", vehicle_id=call.vehicle_id, note="周六来")
    done(shop, record_call, replace(doing(shop), actor=Actor("王芳", None)), second)
    kept = [(row["clerk"], row["result"], row["note"]) for row in shop.rows(Contact)]
    assert kept == [("李娜", "no_answer", None), ("王芳", "reached", "周六来")]


def test_a_call_holds_back_texts_of_its_purpose(shop: Dealership) -> None:
    """For as long as schedules.yaml says."""
    call = Call(result="reached", day=TODAY, purpose="maintenance_due", vehicle_id=shop.car_id("闽C12345"))
    done(shop, record_call, doing(shop), call, hold_days=7)
    assert [(row["state"], row["reason"]) for row in shop.messages()] == [("cancelled", "contacted")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"result": "sung"},
        {"day": TODAY + timedelta(days=1)},
        {"reason_code": "weather"},
        {"purpose": "lottery"},
        {"booked_for": TODAY - timedelta(days=1)},
        {"vehicle_id": 999},
    ],
)
def test_a_call_that_cannot_be_is_refused(shop: Dealership, wrong: dict[str, Any]) -> None:
    """With a sentence; nothing is kept."""
    with pytest.raises(NotifierError):
        done(shop, record_call, doing(shop), Call(**{"result": "reached", "day": TODAY, **wrong}))
    assert shop.rows(Contact) == []


def test_a_complaint_is_settled_here(shop: Dealership) -> None:
    """With what was done about it; one of somebody else, or settled already, is not."""
    shop.complaint("陈芳", TODAY)
    complaint = shop.one(Complaint)["id"]
    shop.customer("林强", phone="+8613700138000")
    with pytest.raises(NotFound):
        done(shop, settle_complaint, doing(shop, "林强"), complaint, "")
    done(shop, settle_complaint, doing(shop), complaint, "called, new filter for free")
    assert (shop.one(Complaint)["closed_on"], shop.one(Complaint)["note"]) == (TODAY, "called, new filter for free")
    with pytest.raises(NotFound):
        done(shop, settle_complaint, doing(shop), complaint, "")


def test_each_reveal_is_written_down(shop: Dealership) -> None:
    """Who looked, and at whose; the log itself shows the phone masked."""
    assert done(shop, reveal_phone, doing(shop)) == "+8613800138000"
    assert audited(shop) == [("customer.reveal_phone", None, {"phone": "138****8000"})]


def test_nothing_is_done_about_an_erased_customer(shop: Dealership) -> None:
    """Or one of another shop."""
    done(shop, correct_person, doing(shop), {"name": "林先生"})
    shop.change(Customer, shop.id_of("陈芳"), erased_at=NIGHT, name=None, phone=None)
    with pytest.raises(Refused, match="erased"):
        done(shop, correct_person, doing(shop), {"name": "陈"})
    with pytest.raises(NotFound):
        done(shop, correct_person, replace(doing(shop), shop_id=shop.id + 1), {"name": "陈"})


def test_why_not_is_what_the_command_says(sqlite_store: Store) -> None:
    """The page's sentences are those of `notifier explain`, in the same order."""
    shop = Dealership(sqlite_store, yaml(MAINTENANCE, BIRTHDAY, WINBACK))
    shop.owner("陈芳", service_on=TODAY + timedelta(days=10))
    shop.owner("林强", service_on=TODAY + timedelta(days=90))
    shop.suppression("林强")
    shop.fresh(NIGHT)
    for name in ("陈芳", "林强"):
        person = shop.person(name)
        told = explain(shop.planner(), SECRET, person["phone"], NIGHT).customers
        page = explain_customer(shop.planner(), "main", person["id"], NIGHT)
        assert list(rows(page, rule_title)) == [row for each in told for row in rows(each, rule_title)]
        assert len(list(rows(page, rule_title))) == 3
    with pytest.raises(NotFound):
        explain_customer(shop.planner(), "main", 999, NIGHT)


def test_the_message_state_is_untouched_by_a_look(shop: Dealership) -> None:
    """Looking changes nothing."""
    before = shop.rows(Message)
    with shop.store.read() as session:
        dossier(session, doing(shop))
    assert shop.rows(Message) == before
