"""notifier/jobs/customer_page.py: one conversation of ours and theirs, histories by pages, and what brought a visit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from notifier.jobs.customer_doing import Doing
from notifier.jobs.customer_page import (
    PAGE,
    TalkPlaces,
    bookings,
    calls,
    conversation,
    coupons,
    dossier,
    renewals,
    visits,
)
from notifier.jobs.customer_words import credit_words, reach_words, state_words, stopped_words
from notifier.store.audit import Actor
from notifier.store.bulk import insert_rows
from notifier.store.dossier_talks import ReplyRow, TextRow
from notifier.store.engine import Store
from notifier.store.tables import Contact, RepairOrder, Reply
from tests.support.shop import MAINTENANCE, WINBACK, ZONE, Dealership, at, yaml

TODAY = date(2026, 3, 10)
NOW = at(TODAY, "12:00")


def doing(shop: Dealership, name: str) -> Doing:
    """Somebody looks at this customer."""
    return Doing(shop.id, shop.id_of(name), Actor("李娜"), NOW, ZONE)


def say(shop: Dealership, name: str, number: int) -> None:
    """So many texts from the customer, one every six hours, the last at noon."""
    rows = [
        {"gateway": "simulator", "provider_id": f"{name}{n}", "shop_id": shop.id, "customer_id": shop.id_of(name),
         "text": f"reply {n}", "meaning": "text", "received_at": datetime.now(UTC),
         "business_at": NOW - timedelta(hours=6 * (number - 1 - n)),
         "arrived_on": (NOW - timedelta(hours=6 * (number - 1 - n))).astimezone(ZONE).date()}
        for n in range(number)
    ]  # fmt: skip
    with shop.store.write() as session:
        insert_rows(session, Reply, rows)


@pytest.fixture
def shop(store: Store) -> Dealership:
    """陈芳 was texted, answered, and came."""
    made = Dealership(store, yaml(MAINTENANCE, WINBACK.rstrip() + "\n    first_run: catch_up\n"))
    made.customer("陈芳", last_visit_on=TODAY - timedelta(days=400))
    made.car("闽C12345", "陈芳", service_on=TODAY + timedelta(days=10))
    return made


def test_ours_and_theirs_are_one_conversation(shop: Dealership) -> None:
    """In the order they were said, each with what became of it."""
    shop.plan_at(NOW)
    shop.send_at(NOW)
    shop.reply("陈芳", "1", NOW + timedelta(minutes=5))
    with shop.store.read() as session:
        talk = conversation(session, shop.id_of("陈芳"))
    assert [type(item) for item in talk.items] == [TextRow, TextRow, ReplyRow]
    assert talk.older is None
    assert [state_words(item, ZONE) for item in talk.items if isinstance(item, TextRow)] == [
        "Delivered 2026-03-10 12:00"
    ] * 2


def test_a_long_conversation_comes_by_pages_that_leave_nothing_out(shop: Dealership) -> None:
    """Sixty texts and two of ours: every one once, the newest page first."""
    shop.plan_at(NOW)
    shop.send_at(NOW)
    say(shop, "陈芳", 60)
    seen: list[str] = []
    place: TalkPlaces | None = None
    with shop.store.read() as session:
        while True:
            talk = conversation(session, shop.id_of("陈芳"), place)
            assert len(talk.items) == PAGE or talk.older is None
            assert [item.at for item in talk.items] == sorted(item.at for item in talk.items)
            seen = [f"{type(item).__name__}{item.id}" for item in talk.items] + seen
            place = talk.older
            if place is None:
                break
    assert len(seen) == len(set(seen)) == 62


def test_a_visit_says_which_text_brought_it(shop: Dealership) -> None:
    """With its orders and what each cost."""
    shop.plan_at(NOW)
    shop.send_at(NOW)
    visit = shop.visit("闽C12345", TODAY + timedelta(days=1))
    car = shop.one_car("闽C12345")
    shop.insert(RepairOrder, {"shop_id": shop.id, "order_no": "R1", "vin": car["vin"], "vehicle_id": car["id"],
                              "visit_id": visit, "date_in": TODAY + timedelta(days=1), "category": "maintenance",
                              "amount_minor": 80_000, "updated_at": NOW})  # fmt: skip
    shop.attribute_at(NOW + timedelta(days=3))
    with shop.store.read() as session:
        (row,) = visits(session, shop.id_of("陈芳")).rows
    assert [(order.order_no, order.amount_minor) for order in row.orders] == [("R1", 80_000)]
    assert row.credit is not None
    assert credit_words(row.credit, ZONE) == "Brought by the text of 2026-03-10: came within its time"


def test_what_is_long_comes_by_pages(shop: Dealership) -> None:
    """Calls and visits, each once, the latest first."""
    with shop.store.write() as session:
        insert_rows(session, Contact, [
            {"shop_id": shop.id, "customer_id": shop.id_of("陈芳"), "entry": f"call {n}", "purpose": "",
             "contacted_on": TODAY - timedelta(days=n // 2), "created_at": NOW, "updated_at": NOW}
            for n in range(PAGE + 5)
        ])  # fmt: skip
    with shop.store.read() as session:
        first = calls(session, shop.id_of("陈芳"))
        second = calls(session, shop.id_of("陈芳"), first.older)
    assert (len(first.rows), len(second.rows), second.older) == (PAGE, 5, None)
    days = [row.contacted_on for row in (*first.rows, *second.rows)]
    assert days == sorted(days, reverse=True)
    assert len({row.id for row in (*first.rows, *second.rows)}) == PAGE + 5


def test_coupons_policies_and_appointments_are_theirs_alone(shop: Dealership) -> None:
    """Each list has what belongs to this customer."""
    shop.plan_at(NOW)
    shop.renewal("闽C12345", TODAY, TODAY + timedelta(days=365))
    shop.booking("陈芳", TODAY, plate="闽C12345")
    shop.owner("林强", insurance_ends_on=TODAY)
    shop.booking("林强", TODAY)
    with shop.store.read() as session:
        person = shop.id_of("陈芳")
        assert len(coupons(session, person).rows) == 1
        assert [row.renewal.premium_minor for row in renewals(session, person).rows] == [400_000]
        assert [row.plate for row in bookings(session, person).rows] == ["闽C12345"]


def test_the_head_says_what_stands_in_the_way(shop: Dealership) -> None:
    """A stop by the customer, a phone out of reach, an open complaint; nobody of another shop is told."""
    shop.suppression("陈芳")
    shop.complaint("陈芳", TODAY)
    shop.change_customer("陈芳", unreachable="wrong_number")
    with shop.store.read() as session:
        found = dossier(session, doing(shop, "陈芳"))
        assert dossier(session, Doing(shop.id + 1, shop.id_of("陈芳"), Actor("李娜"), NOW, ZONE)) is None
    assert found is not None
    assert found.stop is not None
    assert not found.may_lift
    assert len(found.open_complaints) == 1
    assert reach_words(found.person) == "No text reaches this phone (staff found it wrong when they called)."
    assert stopped_words(found.stop, ("退订", TODAY), ZONE) == "Gets no text at all: replied “退订” on 2026-03-10."


def test_the_line_of_a_car_has_its_visits(shop: Dealership) -> None:
    """Those of the last two years, whoever brought it."""
    for days in (1_000, 300, 20):
        shop.visit("闽C12345", TODAY - timedelta(days=days))
    with shop.store.read() as session:
        found = dossier(session, doing(shop, "陈芳"))
    assert found is not None
    assert list(found.visited.values()) == [[TODAY - timedelta(days=300), TODAY - timedelta(days=20)]]
