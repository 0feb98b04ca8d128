"""The worklist: who is on it, in which order, and what is left out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from notifier.domain.states import AttemptEvent
from notifier.reports.campaigns import ReportCampaign, ReportShop
from notifier.reports.figures import campaign_report
from notifier.store.engine import Store
from notifier.store.runs import EXPIRED, void
from notifier.store.tables import Enrolment
from tests.support.calls import bring_calls, called, listed, the_row, told
from tests.support.shop import (
    BIRTHDAY,
    INSURANCE,
    MAINTENANCE,
    WINBACK,
    Dealership,
    at,
    control_key,
    treatment_key,
    universal_key,
    yaml,
)

MONDAY = date(2026, 3, 2)
TUESDAY = date(2026, 3, 3)
FRIDAY = date(2026, 3, 6)
DUE = MONDAY + timedelta(days=10)


@pytest.fixture
def shop(store: Store) -> Dealership:
    """Three customers whose service is due in ten days, texted on Monday."""
    place = Dealership(store, yaml(MAINTENANCE, BIRTHDAY))
    for name in ("陈晓芳", "林志强", "黄美玲"):
        place.owner(name, service_on=DUE, next_service_from=DUE - timedelta(days=5), next_service_to=DUE)
    place.plan_at(at(MONDAY))
    place.send_at(at(MONDAY))
    return place


def test_replies_come_first_then_who_did_not_come(shop: Dealership) -> None:
    """Who asked for an appointment is called before who said nothing; a plain thank-you waits for an answer too."""
    shop.reply("黄美玲", "1", at(MONDAY, "12:00"))
    shop.reply("林志强", "多少钱?", at(TUESDAY, "12:00"))
    assert told(shop, TUESDAY) == [
        ("黄美玲", "maintenance_due", "asks", "booking"),
        ("林志强", "maintenance_due", "asks", "text"),
        ("陈晓芳", "maintenance_due", "not_come", "visit"),
    ]


def test_a_row_says_what_a_clerk_must_know(shop: Dealership) -> None:
    """Phone, car, range of days, what was texted and answered, the advisor, and the call before."""
    shop.visit("陈晓芳", date(2025, 9, 1), advisor="吴建平")
    shop.reply("陈晓芳", "下月再说", at(TUESDAY, "12:00"))
    bring_calls(shop, at(TUESDAY), called(shop, "陈晓芳", "2026-03-03", "无人接听", 下次跟进日期="2026-03-05"))
    row = the_row(shop, TUESDAY, "陈晓芳")
    assert str(row.name) == f"maintenance_due-V{shop.car_id('陈晓芳')}"
    assert (row.due_from, row.due_to) == (DUE - timedelta(days=5), DUE)
    assert row.texts == (("early", MONDAY, "delivered", "14 days before service is due"),)
    assert row.answers == ((TUESDAY, "text", "下月再说"),)
    assert row.advisor == "吴建平"
    assert row.customer.phone == "+8619900000001"
    assert row.car is not None
    assert row.car.plate == "陈晓芳"
    assert row.last_call is not None
    assert (row.last_call.result, row.last_call.next_contact_on) == ("no_answer", date(2026, 3, 5))


def test_who_came_or_booked_is_left_out(shop: Dealership) -> None:
    """A visit of the car, or an appointment agreed on; one asked for by reply still waits for the call."""
    shop.visit("陈晓芳", FRIDAY)
    shop.booking("林志强", TUESDAY)
    shop.reply("黄美玲", "1", at(MONDAY, "12:00"))
    assert told(shop, FRIDAY) == [("黄美玲", "maintenance_due", "asks", "booking")]
    bring_calls(shop, at(FRIDAY), called(shop, "黄美玲", "2026-03-06", "已预约", 预约日期="2026-03-09"))
    assert told(shop, FRIDAY) == []


@pytest.mark.parametrize(
    "result, stays", [("无人接听", True), ("已接通", True), ("再联系", True), ("暂不需要", False), ("车已卖", False),
                      ("空号", False), ("拒绝营销", False), ("已做过", False)],
)  # fmt: skip
def test_a_call_that_settled_it_takes_the_row_off(shop: Dealership, result: str, stays: bool) -> None:
    """One that did not leaves it there, with what came of it."""
    bring_calls(shop, at(TUESDAY), called(shop, "陈晓芳", "2026-03-03", result))
    assert ("陈晓芳" in [name for name, *_rest in told(shop, TUESDAY)]) is stays


def test_an_answered_reply_moves_down(shop: Dealership) -> None:
    """Somebody has called since: the customer waits no more, but has not come either."""
    shop.reply("陈晓芳", "多少钱?", at(MONDAY, "12:00"))
    bring_calls(shop, at(TUESDAY), called(shop, "陈晓芳", "2026-03-03", "已接通"))
    assert the_row(shop, TUESDAY, "陈晓芳").group == "not_come"


def test_who_says_it_is_done_is_left_out(shop: Dealership) -> None:
    """By reply as on the phone."""
    shop.reply("陈晓芳", "0", at(MONDAY, "12:00"))
    assert "陈晓芳" not in [name for name, *_rest in told(shop, TUESDAY)]


def test_a_text_that_did_not_arrive_asks_for_a_call(store: Store) -> None:
    """Before those nobody has texted yet."""
    shop = Dealership(store, yaml(MAINTENANCE))
    shop.owner("陈晓芳", service_on=DUE)
    shop.plan_at(at(MONDAY))
    shop.send_at(at(MONDAY), event=AttemptEvent.REFUSED)
    assert told(shop, TUESDAY) == [("陈晓芳", "maintenance_due", "not_texted", "failed")]


def test_an_opt_out_by_sms_forbids_no_call_about_the_service(store: Store) -> None:
    """But one about an offer; and marketing without consent is nothing to call about."""
    shop = Dealership(store, yaml(MAINTENANCE, WINBACK))
    for name in ("陈晓芳", "林志强"):
        shop.customer(name, last_visit_on=date(2025, 8, 20))
    shop.car("闽C1", "陈晓芳", service_on=DUE)
    shop.car("闽C2", "林志强", service_on=DUE)
    shop.suppression("陈晓芳")
    shop.change_customer("林志强", consent="unknown")
    shop.plan_at(at(MONDAY))
    shop.plan_at(at(TUESDAY), campaign="winback")
    assert told(shop, TUESDAY) == [
        ("陈晓芳", "maintenance_due", "not_texted", "suppressed"),
        ("林志强", "maintenance_due", "rest", "planned"),
    ]


def test_the_backlog_of_the_first_day_is_for_the_phone(store: Store) -> None:
    """Lost customers the first run leaves alone are neither all texted nor all forgotten."""
    shop = Dealership(store, yaml(WINBACK))
    shop.customer("陈晓芳", last_visit_on=date(2025, 7, 20))
    shop.car("闽C1", "陈晓芳")
    shop.plan_at(at(TUESDAY))
    row = the_row(shop, TUESDAY, "陈晓芳")
    assert (row.group, row.why) == ("not_texted", "before_first_run")
    assert (row.due_from, row.due_to) == (date(2026, 1, 20), date(2026, 7, 19))
    assert str(row.name) == f"winback-C{shop.id_of('陈晓芳')}"
    assert row.car is not None


def test_greetings_give_nothing_to_call_about(store: Store) -> None:
    """Unless the customer answers."""
    shop = Dealership(store, yaml(BIRTHDAY))
    for name in ("陈晓芳", "林志强"):
        shop.customer(name, birth_on=date(1980, 3, 2))
    shop.plan_at(at(MONDAY))
    shop.send_at(at(MONDAY))
    shop.reply("林志强", "谢谢,我想约保养", at(MONDAY, "12:00"))
    assert told(shop, MONDAY) == [("林志强", "birthday", "asks", "text")]


def test_one_row_a_car_within_the_purpose(store: Store) -> None:
    """And one a purpose: the numbers of the rows stay the same from list to list."""
    shop = Dealership(store, yaml(MAINTENANCE, INSURANCE))
    shop.owner("陈晓芳", plate="闽C1", service_on=DUE, insurance_ends_on=MONDAY + timedelta(days=50))
    shop.car("闽C2", "陈晓芳", service_on=DUE)
    shop.plan_at(at(MONDAY))
    names = [str(row.name) for row in listed(shop, MONDAY).rows]
    one, two = shop.car_id("闽C1"), shop.car_id("闽C2")
    assert sorted(names) == sorted([f"maintenance_due-V{one}", f"maintenance_due-V{two}", f"insurance_expiry-V{one}"])
    assert [str(row.name) for row in listed(shop, FRIDAY).rows] == names
    assert [str(row.name) for row in listed(shop, MONDAY, only="insurance_expiry").rows] == [f"insurance_expiry-V{one}"]


def test_a_renewal_takes_the_row_off(store: Store) -> None:
    """A visit does not: it is the policy they were asked about."""
    shop = Dealership(store, yaml(INSURANCE))
    shop.owner("陈晓芳", insurance_ends_on=MONDAY + timedelta(days=58))
    shop.plan_at(at(MONDAY))
    shop.send_at(at(MONDAY))
    shop.visit("陈晓芳", TUESDAY)
    assert told(shop, FRIDAY) == [("陈晓芳", "insurance_expiry", "not_come", "renewal")]
    shop.renewal("陈晓芳", TUESDAY, date(2027, 4, 20))
    assert told(shop, FRIDAY) == []


def test_the_control_group_is_not_called(store: Store) -> None:
    """A call would spoil the comparison; how many were kept back is said."""
    shop = Dealership(store, yaml(WINBACK + "    control: 50%\n"))
    for name, key in (("陈晓芳", treatment_key), ("林志强", control_key)):
        shop.customer(name, bucket_key=key("winback", 2026, 5_000), last_visit_on=date(2025, 9, 1))
        shop.car(name, name)
    shop.plan_at(at(TUESDAY))
    shop.send_at(at(TUESDAY))
    report = listed(shop, TUESDAY)
    assert [row.customer.name for row in report.rows] == ["陈晓芳"]
    assert report.in_control == 1


CONTROLLED = "    control: 50%\n    first_run: catch_up\n"
PUT_OFF = {
    "spread": (WINBACK + CONTROLLED + "    spread: {per_day: 1}\n", ""),
    "budget": (WINBACK + CONTROLLED, "daily_budget: {messages: 1}"),
}


@pytest.mark.parametrize("schedules, guards", PUT_OFF.values(), ids=PUT_OFF)
def test_who_would_be_in_the_control_group_is_not_called_while_the_text_waits(
    store: Store, schedules: str, guards: str
) -> None:
    """They are enrolled before a day is found for their text, or for the row that stands for it."""
    shop = Dealership(store, yaml(schedules, guards=guards))
    shop.crowd([f"客户{n}" for n in range(20)], last_visit_on=date(2025, 8, 20))
    assert shop.plan_at(at(TUESDAY)).total.deferred.total() >= 10
    arms = {row["customer_id"]: row["arm"] for row in shop.rows(Enrolment)}
    report = listed(shop, TUESDAY)
    assert {arms[row.customer.id] for row in report.rows} == {"treatment"}
    assert len(report.rows) + report.in_control == 20
    assert report.in_control == sum(arm == "control" for arm in arms.values())


def test_nobody_of_the_control_group_is_called_after_a_review_nobody_made(store: Store) -> None:
    """The run is void and its enrolments are gone; the next run will draw the same arms."""
    shop = Dealership(store, yaml(WINBACK + CONTROLLED + "    review: required\n"))
    keys = {"陈晓芳": treatment_key, "林志强": control_key}
    for name, key in keys.items():
        shop.customer(name, bucket_key=key("winback", 2026, 5_000), last_visit_on=date(2025, 9, 1))
        shop.car(name, name)
    shop.plan_at(at(TUESDAY))
    (run,) = shop.runs()
    shop.write(lambda session: void(session, run["id"], by=EXPIRED, at=at(FRIDAY)))
    assert shop.decisions("林志强") == {"at_risk": ("deferred", "review_expired")}
    assert shop.enrolments("林志强") == []
    report = listed(shop, TUESDAY)
    assert [row.customer.name for row in report.rows] == ["陈晓芳"]
    assert report.in_control == 1


def test_the_universal_control_group_is_not_called_with_offers(store: Store) -> None:
    """Nor before a run has enrolled them: the phone is out of reach today. About the service they are called."""
    shop = Dealership(store, yaml(WINBACK + "    first_run: catch_up\n", MAINTENANCE, guards="universal_control: 50%"))
    for number, name in enumerate(("陈晓芳", "林志强")):
        shop.customer(name, bucket_key=universal_key(2026, 5_000, number), last_visit_on=date(2025, 9, 1))
        shop.car(name, name, service_on=DUE)
    shop.change_customer("林志强", unreachable="not_mobile")
    shop.plan_at(at(TUESDAY))
    report = listed(shop, TUESDAY)
    assert {(row.customer.name, row.purpose) for row in report.rows} == {
        ("陈晓芳", "maintenance_due"), ("林志强", "maintenance_due"),
    }  # fmt: skip
    assert report.in_control == 2


def test_the_last_stage_of_a_service_campaign_ends_the_comparison(store: Store) -> None:
    """It goes to the control as well; until it opens nobody of them is called, withheld or put off."""
    shop = Dealership(store, yaml(MAINTENANCE + "    control: 50%\n"))
    for number, name in enumerate(("陈晓芳", "林志强")):
        shop.customer(name, bucket_key=control_key("maintenance_due", 2026, 5_000, number))
        shop.car(name, name, service_on=DUE)
    shop.change_customer("林志强", unreachable="not_mobile")
    shop.plan_at(at(MONDAY))
    report = listed(shop, MONDAY)
    assert (report.rows, report.in_control) == ([], 2)
    last = DUE - timedelta(days=3)
    shop.plan_at(at(last))
    assert told(shop, last) == [
        ("林志强", "maintenance_due", "not_texted", "unreachable"),
        ("陈晓芳", "maintenance_due", "rest", "planned"),
    ]


def test_the_report_says_how_many_of_each_arm_were_phoned(store: Store) -> None:
    """Of the control too, where staff called them all the same."""
    shop = Dealership(store, yaml(WINBACK + "    control: 50%\n"))
    for name, key, number in (("陈晓芳", treatment_key, 0), ("黄美玲", treatment_key, 1), ("林志强", control_key, 0)):
        shop.customer(name, bucket_key=key("winback", 2026, 5_000, number), last_visit_on=date(2025, 9, 1))
        shop.car(name, name)
    shop.plan_at(at(TUESDAY))
    rows = [
        {
            "手机": shop.messages(name)[0]["phone"],
            "跟进日期": "2026-03-04",
            "跟进结果": "已接通",
            "招揽项目": "流失招揽",
        }
        for name in ("陈晓芳", "林志强")
    ]
    assert bring_calls(shop, at(FRIDAY), *rows).new == 2
    campaign = ReportCampaign("winback", "winback", "Win-back", "marketing", "visit", 5_000, 60)
    with store.read() as session:
        report = campaign_report(
            session, shop=ReportShop(shop.id, "店", "Asia/Shanghai"), campaigns=[campaign], today=FRIDAY,
            from_day=date(2026, 1, 1), to_day=date(2026, 12, 31),
        )  # fmt: skip
    view = report.rows[0].lift.first
    assert (view.treatment.phoned, view.control.phoned) == (1, 1)
    assert (view.treatment.n, view.control.n) == (2, 1)


def test_a_car_that_changed_hands_is_nobodys_row(shop: Dealership) -> None:
    """The former owner is not called about it, nor is the new one about an old text."""
    shop.customer("吴建平")
    shop.sell("陈晓芳", "吴建平")
    assert "陈晓芳" not in [name for name, *_rest in told(shop, TUESDAY)]
    assert "吴建平" not in [name for name, *_rest in told(shop, TUESDAY)]
