"""rules.md, "Identity", cell by cell: who is who when phones, numbers and cars change hands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.store.audiences import Ask, insurance_expiry, maintenance_due
from notifier.store.engine import Store
from notifier.store.tables import metadata
from tests.support.import_desk import (
    NOW,
    TODAY,
    add,
    bring,
    car,
    everything,
    key_of,
    new_shop,
    open_shop,
    order,
    people,
    phone,
    rows_of,
    shop_that_knows,
    vin,
)
from tests.support.planned import Campaign

YESTERDAY = NOW - timedelta(days=1)


shop = shop_that_knows()


def change(store: Store, table: str, where: dict[str, Any], **values: Any) -> None:
    """What replies, carriers and staff do to a row."""
    found = metadata.tables[table]
    with store.write() as session:
        matching = [found.c[name] == value for name, value in where.items()]
        session.connection().execute(sa.update(found).where(*matching).values(**values))


def one_of(store: Store, number: str) -> dict[str, Any]:
    """The customer of a number."""
    return next(one for one in people(store) if number in one["numbers"])


def vehicle(store: Store, n: int) -> dict[str, Any]:
    return next(row for row in rows_of(store, "vehicle") if row["vin"] == vin(n))


# Merges


def test_the_elder_comes_to_the_phone_of_the_younger(store: Store, shop: int) -> None:
    """C1 was born a day earlier: it survives, with C2's phone; its own bucket; both cars."""
    bring(store, shop, "customers", [car("C1", phone(1), 1)], now=YESTERDAY)
    bring(store, shop, "customers", [car("C2", phone(2), 2)])
    report = bring(store, shop, "customers", [car("C1", phone(2), 1), car("C2", phone(2), 2)])
    (one,) = people(store)
    assert (one["numbers"], one["phone_key"], one["bucket_key"]) == (["C1", "C2"], key_of(2), key_of(1))
    assert (report.merged, report.changed) == (1, 1)


def test_the_younger_with_the_smaller_number_does_not_survive(store: Store, shop: int) -> None:
    """Earliest born first; the number decides only among those of one moment."""
    bring(store, shop, "customers", [car("C9", phone(9), 9)], now=YESTERDAY)
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    bring(store, shop, "customers", [car("C1", phone(9), 1), car("C9", phone(9), 9)])
    assert [(one["numbers"], one["bucket_key"]) for one in people(store)] == [(["C1", "C9"], key_of(9))]


def test_a_dead_phone_stays_dead_for_whoever_comes_to_share_it(store: Store, shop: int) -> None:
    """The mark belongs to the phone, and its holder is still there."""
    bring(store, shop, "customers", [car("C1", phone(1), 1)], now=YESTERDAY)
    bring(store, shop, "customers", [car("C2", phone(2), 2)])
    change(store, "customer", {"phone_key": key_of(2)}, unreachable="21614")
    bring(store, shop, "customers", [car("C1", phone(2), 1), car("C2", phone(2), 2)])
    assert [(one["bucket_key"], one["unreachable"]) for one in people(store)] == [(key_of(1), "21614")]


@pytest.mark.parametrize("back, unreachable", [(1, "21614"), (7, None)])
def test_a_dead_phone_that_was_missing_for_a_while_is_still_dead(
    store: Store, shop: int, back: int, unreachable: str | None
) -> None:
    """No import undoes what a carrier taught; another phone is reachable until the contrary is learnt."""
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    campaign = Campaign(store, shop, "birthday")
    (one,) = people(store)
    message = campaign.text(one, campaign.cycle(one, TODAY), "undelivered")
    add(store, "attempt", message_id=message, n=1, gateway="simulator", state="undelivered", claimed_at=NOW,
        business_at=NOW, lease_until=NOW, changed_at=NOW, error_code="21614")  # fmt: skip
    change(store, "customer", {"id": one["id"]}, unreachable="21614")
    bring(store, shop, "customers", [car("C1", "", 1)])
    assert people(store)[0]["phone"] is None
    bring(store, shop, "customers", [car("C1", phone(back), 1)])
    assert [(one["phone"], one["unreachable"]) for one in people(store)] == [(f"+86{phone(back)}", unreachable)]


def test_after_a_merge_all_that_is_planned_goes_to_the_one_phone(store: Store, shop: int) -> None:
    """The loser's text too: its old phone may be somebody else's tomorrow."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(2), 2)])
    for one, n, rule in zip(people(store), (1, 2), ("maintenance_due", "insurance_expiry"), strict=True):
        campaign = Campaign(store, shop, rule)
        campaign.text(one, campaign.cycle(one, TODAY, vehicle(store, n)["id"]), "planned")
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2)])
    assert [row["state"] for row in rows_of(store, "message")] == ["planned", "planned"]
    assert {row["phone_key"] for row in rows_of(store, "message")} == {key_of(1)}


def test_the_latest_visit_of_both_is_the_latest_of_the_one(store: Store, shop: int) -> None:
    """Win-back reads it: whoever came with the other's car has come."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(2), 2)])
    bring(store, shop, "visits", [order("R1", 1, "2025-01-01"), order("R2", 2, "2025-08-01")])
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2)])
    assert [one["last_visit_on"] for one in people(store)] == [date(2025, 8, 1)]


def test_facts_that_belong_together_come_from_one_of_them(store: Store, shop: int) -> None:
    """A company's name brings its mark; a lunar birthday never gets another's solar year."""
    company = car("C2", phone(2), 2, 姓名="泉州海峡物流有限公司", 生日="1980-05-09")
    bring(store, shop, "customers", [car("C1", phone(1), 1, 生日="农历八月初八"), company])
    bring(store, shop, "customers", [car("C2", phone(1), 2)])
    (one,) = people(store)
    assert (one["name"], one["is_company"]) == ("泉州海峡物流有限公司", True)
    assert (one["birth_mmdd"], one["birth_calendar"], one["birth_on"]) == ("0808", "lunar", None)


@pytest.mark.parametrize(
    "chens, lis, consent",
    [
        (("yes", date(2025, 1, 1)), ("no", date(2024, 1, 1)), ("no", date(2024, 1, 1))),
        (("no", date(2024, 1, 1)), ("no", date(2025, 1, 1)), ("no", date(2025, 1, 1))),
        (("no", date(2024, 1, 1)), ("no", None), ("no", None)),
        (("unknown", None), ("yes", date(2025, 1, 1)), ("yes", date(2025, 1, 1))),
        (("unknown", None), ("unknown", None), ("unknown", None)),
    ],
)
def test_consent_of_the_merged(store: Store, shop: int, chens: Any, lis: Any, consent: Any) -> None:
    """no > yes > unknown; of two refusals the one that is harder to undo; a change is put on record."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(2), 2)])
    for number, (value, since) in (("C1", chens), ("C2", lis)):
        change(store, "customer", {"id": one_of(store, number)["id"]}, consent=value, consent_since=since)
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2)])
    (one,) = people(store)
    assert (one["consent"], one["consent_since"]) == consent
    records = [(row["value"], row["source"]) for row in rows_of(store, "consent")]
    assert records == ([] if consent[0] == chens[0] else [(consent[0], "merge")])


@pytest.mark.parametrize("erased", ["C1", "C2"])
def test_whoever_is_found_to_be_an_erased_customer_is_erased(store: Store, shop: int, erased: str) -> None:
    """Nothing personal comes back with a merge, or with the move before it."""
    bring(store, shop, "customers", [car("C1", phone(1), 1, 姓名="陈红"), car("C2", phone(2), 2, 姓名="李禾")])
    change(store, "customer", {"id": one_of(store, erased)["id"]}, erased_at=NOW, phone=None, name=None)
    bring(store, shop, "customers", [car("C1", phone(1), 1, 姓名="陈红"), car("C2", phone(1), 2, 姓名="李禾")])
    (one,) = people(store)
    assert (one["phone"], one["name"], one["erased_at"], one["phone_key"]) == (None, None, NOW, key_of(1))


def test_an_erased_customer_moves_by_the_key_alone(store: Store, shop: int) -> None:
    """The new phone is remembered, not written down."""
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    change(store, "customer", {"phone_key": key_of(1)}, erased_at=NOW, phone=None)
    bring(store, shop, "customers", [car("C1", phone(9), 1)])
    assert [(one["phone"], one["phone_key"]) for one in people(store)] == [(None, key_of(9))]


def test_a_stop_that_follows_cancels_what_is_planned_there(store: Store, shop: int) -> None:
    """C1 said stop and comes to C2's phone: what is planned for it is cancelled in the same transaction."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(2), 2)])
    campaign = Campaign(store, shop, "maintenance_due")
    li = one_of(store, "C2")
    campaign.text(li, campaign.cycle(li, TODAY, vehicle(store, 2)["id"]), "planned")
    add(store, "suppression", phone_key=key_of(1), reason="stop", since=NOW)
    bring(store, shop, "customers", [car("C1", phone(2), 1), car("C2", phone(2), 2)])
    assert [(row["state"], row["reason"]) for row in rows_of(store, "message")] == [("cancelled", "opted_out")]


# Numbers that leave


def test_cars_of_which_the_file_says_nothing_leave_with_their_number(store: Store, shop: int) -> None:
    """Each car remembers the number it came under; one that has come under another meanwhile stays with that."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), *(car("C2", phone(1), n) for n in (2, 3, 4))])
    assert {row["owner_number"] for row in rows_of(store, "vehicle")} == {"C1", "C2"}
    bring(store, shop, "visits", [order("R3", 3, "2025-05-01"), order("R4", 4, "2025-05-01")])
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(5), 2), car("C1", phone(1), 4)])
    stayed, left = one_of(store, "C1"), one_of(store, "C2")
    assert (stayed["cars"], left["cars"]) == (sorted([vin(1), vin(4)]), sorted([vin(2), vin(3)]))
    assert vehicle(store, 4)["owner_number"] == "C1"
    owners = {row["vin"]: row["customer_id"] for row in rows_of(store, "visit")}
    assert owners == {vin(3): left["id"], vin(4): stayed["id"]}


def test_a_call_about_the_car_leaves_with_it(store: Store, shop: int) -> None:
    """What staff noted about the car is part of its history; what they noted about the customer stays."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2)])
    (whole,) = people(store)
    for about in (vehicle(store, 2)["id"], None):
        add(store, "contact", shop_id=shop, customer_id=whole["id"], vehicle_id=about, entry=f"{about}",
            purpose="maintenance_due", contacted_on=TODAY, created_at=NOW, updated_at=NOW)  # fmt: skip
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(5), 2)])
    assert [row["customer_id"] for row in rows_of(store, "contact")] == [one_of(store, "C2")["id"], whole["id"]]


@pytest.mark.parametrize("origins, targets, after", [("no", "yes", "no"), ("yes", "unknown", "unknown"),
                                                     ("unknown", "yes", "yes")])  # fmt: skip
def test_a_refusal_goes_along_and_a_yes_does_not(
    store: Store, shop: int, origins: str, targets: str, after: str
) -> None:
    """C2 leaves C1 for C3's phone; both are out of lift."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2), car("C3", phone(3), 3)])
    campaign = Campaign(store, shop, "birthday")
    for number, consent in (("C1", origins), ("C3", targets)):
        change(store, "customer", {"id": one_of(store, number)["id"]}, consent=consent)
        campaign.enrol(one_of(store, number), "treatment")
    report = bring(store, shop, "customers", [car("C2", phone(3), 2)])
    assert report.merged == 1
    assert (one_of(store, "C3")["numbers"], one_of(store, "C3")["consent"]) == (["C2", "C3"], after)
    assert one_of(store, "C1")["consent"] == origins
    assert [row["out_of_lift"] for row in rows_of(store, "enrolment")] == ["split", "split"]


def test_who_is_born_of_another_is_new_and_their_consent_on_record(store: Store, shop: int) -> None:
    """The row made a customer, so it is new; the copied consent has its source."""
    bring(store, shop, "customers", [car("C1", phone(1), 1, 营销同意="否"), car("C2", phone(1), 2)])
    report = bring(store, shop, "customers", [car("C1", phone(1), 1, 营销同意="否"), car("C2", phone(5), 2)])
    assert (report.new, report.unchanged, report.changed) == (1, 1, 0)
    born = one_of(store, "C2")
    records = [(row["customer_id"], row["value"], row["source"]) for row in rows_of(store, "consent")]
    assert records[1:] == [(born["id"], "no", "split")]


def test_two_who_leave_two_customers_for_one_phone_bring_both_refusals(store: Store, shop: int) -> None:
    """Born of the smallest number's customer, who agreed, and of one who refused: refused."""
    bring(store, shop, "customers", [car("A1", phone(1), 1, 营销同意="是"), car("A2", phone(1), 2),
                                     car("B1", phone(2), 3, 营销同意="否"), car("B2", phone(2), 4)])  # fmt: skip
    report = bring(store, shop, "customers", [car("A2", phone(5), 2), car("B2", phone(5), 4)])
    born = one_of(store, "A2")
    assert (born["numbers"], born["bucket_key"], born["consent"]) == (["A2", "B2"], key_of(1), "no")
    assert (report.new, report.merged) == (1, 1)


# Known by the car alone


def test_a_number_takes_along_the_owner_known_by_the_car(store: Store, shop: int) -> None:
    """Arm and history are those of the nameless owner; the row has changed something, and made nobody."""
    bring(store, shop, "customers", [car("", "", 1)])
    bring(store, shop, "visits", [order("R1", 1, "2025-05-01")])
    (nobody,) = people(store)
    Campaign(store, shop, "maintenance_due").enrol(nobody, "control")
    report = bring(store, shop, "customers", [car("C1", phone(1), 1)])
    (somebody,) = people(store)
    assert (somebody["id"], somebody["numbers"], somebody["phone_key"]) == (nobody["id"], ["C1"], key_of(1))
    assert (somebody["bucket_key"], somebody["last_visit_on"]) == (f"vin:{vin(1)}", date(2025, 5, 1))
    assert [row["customer_id"] for row in (*rows_of(store, "visit"), *rows_of(store, "enrolment"))] == [
        nobody["id"]
    ] * 2
    assert (report.new, report.changed, vehicle(store, 1)["owner_number"]) == (0, 1, "C1")
    assert bring(store, shop, "customers", [car("C1", phone(1), 1)]).unchanged == 1


def test_a_number_alone_takes_them_along_too(store: Store, shop: int) -> None:
    """Still unreachable, but known by the number; a phone may come later."""
    bring(store, shop, "customers", [car("", "", 1), car("", "", 2)])
    report = bring(store, shop, "customers", [car("C1", "", 1), car("C1", "", 2)])
    (one,) = people(store)
    assert (one["numbers"], one["cars"], report.changed) == (["C1"], sorted([vin(1), vin(2)]), 2)
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    assert [(again["id"], again["phone_key"]) for again in people(store)] == [(one["id"], key_of(1))]


@pytest.mark.parametrize("tel", [phone(1), ""])
def test_a_known_number_and_the_owner_of_the_car_become_one(store: Store, shop: int, tel: str) -> None:
    """The nameless was born earlier and survives, with the other's number and phone."""
    bring(store, shop, "customers", [car("", "", 1)], now=YESTERDAY)
    bring(store, shop, "visits", [order("R1", 1, "2025-05-01")], now=YESTERDAY)
    bring(store, shop, "customers", [car("C1", tel, 2)])
    report = bring(store, shop, "customers", [car("C1", tel, 1), car("C1", tel, 2)])
    (one,) = people(store)
    assert (one["numbers"], one["cars"], one["bucket_key"]) == (["C1"], sorted([vin(1), vin(2)]), f"vin:{vin(1)}")
    assert (one["phone_key"], one["last_visit_on"]) == (key_of(1) if tel else None, date(2025, 5, 1))
    assert (report.merged, report.new, report.changed) == (0, 0, 2)


def test_a_later_delivery_is_another_owner(store: Store, shop: int) -> None:
    """Whoever got the car later is not the nameless one of old; an earlier one is a former owner."""
    bring(store, shop, "customers", [car("", "", 1, "2022-01-01")])
    late = bring(store, shop, "customers", [car("C1", phone(1), 1, "2020-01-01")])
    assert (late.as_json()["rejected"], len(people(store))) == ({"duplicate_vin": 1}, 1)
    report = bring(store, shop, "customers", [car("C2", phone(2), 1, "2024-01-01")])
    owner, nobody = one_of(store, "C2"), next(one for one in people(store) if not one["cars"])
    assert (report.new, owner["bucket_key"], nobody["numbers"]) == (1, key_of(2), [])


def test_owners_nobody_knows_are_not_one_another(store: Store, shop: int) -> None:
    """Nameless until 2022, C1 until 2024, nameless since: three owners, and the first has not come back."""
    for row in (car("", "", 1, "2020-01-01"), car("C1", phone(1), 1, "2022-01-01"), car("", "", 1, "2024-01-01")):
        bring(store, shop, "customers", [row])
    owner = next(one for one in people(store) if one["cars"])
    assert (owner["numbers"], owner["unreachable"], len(people(store))) == ([f"vin:{vin(1)}"], "missing", 3)
    assert owner["id"] == max(one["id"] for one in people(store))


@pytest.mark.parametrize(
    "delivered, verdict", [("2024-03-05", "unchanged"), ("", "unchanged"), ("2023-01-01", "rejected"),
                           ("2025-01-01", "new")]
)  # fmt: skip
def test_a_row_without_number_and_phone_beside_a_known_owner(
    store: Store, shop: int, delivered: str, verdict: str
) -> None:
    """The same owner, a former one, or a later one who cannot be reached; only then is C1 no longer contacted."""
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    report = bring(store, shop, "customers", [car("", "", 1, delivered)])
    assert {"unchanged": report.unchanged, "rejected": report.rejected.total(), "new": report.new}[verdict] == 1
    assert one_of(store, "C1")["cars"] == ([] if verdict == "new" else [vin(1)])


def test_a_phone_that_comes_later_makes_the_stand_in_superfluous(store: Store, shop: int) -> None:
    """Without a number the phone is the key: a car delivered later to another phone is another's."""
    bring(store, shop, "customers", [car("", "", 1)])
    bring(store, shop, "customers", [car("", phone(1), 1)])
    assert [one["numbers"] for one in people(store)] == [[]]
    assert bring(store, shop, "customers", [car("", phone(1), 1)]).unchanged == 1
    bring(store, shop, "customers", [car("", phone(2), 1, "2025-01-01")])
    assert {one["phone_key"]: len(one["cars"]) for one in people(store)} == {key_of(1): 0, key_of(2): 1}


# What an import never undoes, and what it may


@pytest.mark.parametrize(
    "known, told, after",
    [
        ("sold", "在用", "sold"), ("sold", "", "sold"), ("sold", "报废", "scrapped"), ("scrapped", "在用", "scrapped"),
        ("scrapped", "已转卖", "scrapped"), ("stock", "在用", "in_use"), ("in_use", "试驾车", "test_drive"),
        ("pdi", "", "pdi"),
    ],
)  # fmt: skip
def test_marks_of_a_car_with_the_same_owner(store: Store, shop: int, known: str, told: str, after: str) -> None:
    """Sold and scrapped hold until somebody else has the car; all else is what the file says."""
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    change(store, "vehicle", {"vin": vin(1)}, state=known)
    bring(store, shop, "customers", [car("C1", phone(1), 1, 车辆状态=told)])
    assert vehicle(store, 1)["state"] == after
    bring(store, shop, "customers", [car("C2", phone(2), 1, "2025-01-01", 车辆状态="在用")])
    assert vehicle(store, 1)["state"] == "in_use"


def test_a_corrected_delivery_corrects_since_when_it_is_theirs(store: Store, shop: int) -> None:
    """Whatever else the row says."""
    bring(store, shop, "customers", [car("C1", phone(1), 1, "2024-03-05", 车辆状态="在用")])
    bring(store, shop, "customers", [car("C1", phone(1), 1, "2024-03-06", 车辆状态="在用")])
    assert (vehicle(store, 1)["delivered_on"], vehicle(store, 1)["owner_since"]) == (date(2024, 3, 6),) * 2


@pytest.mark.parametrize("end, state", [("2027-03-20", ("cancelled", "renewed")), ("2026-03-25", ("planned", None))])
def test_a_later_insurance_end_alone_stops_the_reminder(
    store: Store, shop: int, end: str, state: tuple[str, str | None]
) -> None:
    """Renewed, place unknown; a correction by days is none."""
    bring(store, shop, "customers", [car("C1", phone(1), 1, 保险到期="2026-03-20")])
    campaign = Campaign(store, shop, "insurance_expiry")
    (one,) = people(store)
    cycle_id = campaign.cycle(one, date(2026, 3, 20), vehicle(store, 1)["id"])
    change(store, "cycle", {"id": cycle_id}, answered_by="renewal")
    campaign.text(one, cycle_id, "planned")
    report = bring(store, shop, "customers", [car("C1", phone(1), 1, 保险到期=end)])
    assert [(row["state"], row["reason"]) for row in rows_of(store, "message")] == [state]
    assert (report.changed, rows_of(store, "renewal")) == (1, [])


# Verdicts


def test_a_number_for_a_customer_known_by_the_phone_has_changed_something(store: Store, shop: int) -> None:
    """It joined nobody who has another, and it is not nothing."""
    bring(store, shop, "customers", [car("", phone(1), 1)])
    report = bring(store, shop, "customers", [car("C1", phone(1), 1)])
    assert (report.changed, report.merged, one_of(store, "C1")["phone_key"]) == (1, 0, key_of(1))


@pytest.mark.parametrize("tel", [phone(9), ""])
def test_a_moved_phone_is_a_change_once(store: Store, shop: int, tel: str) -> None:
    """Moved, or lost: changed the first time, unchanged the next, and the database as it was."""
    rows = [car("C1", phone(1), 1), car("C2", phone(2), 2)]
    bring(store, shop, "customers", rows)
    moved = [car("C1", tel, 1), rows[1]]
    first = bring(store, shop, "customers", moved)
    known = everything(store)
    again = bring(store, shop, "customers", moved)
    assert (first.changed, first.unchanged, again.unchanged) == (1, 1, 2)
    assert everything(store) == known


def test_a_number_that_lost_its_phone_beside_another_is_told_once(store: Store, shop: int) -> None:
    """C2 shares C1's phone and its own cell is empty now: one customer still, and nothing new the second time."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2)])
    rows = [car("C1", phone(1), 1), car("C2", "", 2)]
    first, again = bring(store, shop, "customers", rows), bring(store, shop, "customers", rows)
    assert (first.changed, again.unchanged, len(people(store))) == (1, 2, 1)


def test_rows_that_differ_in_their_doubts_alone(tmp_path: Any) -> None:
    """Which of them stays does not hang on their order."""
    rows = [car("C1", "", 1), car("C1", "123", 1), car("C1", "无", 1, 车牌="闽"), car("C1", "0595-22880000", 1)]
    found = []
    for n, given in enumerate((rows, rows[::-1], [rows[2], rows[0], rows[3], rows[1]])):
        store, other = new_shop(tmp_path / f"{n}.sqlite3")
        report = bring(store, other, "customers", given)
        found.append((report.as_json(), everything(store)))
        store.close()
    assert found[0] == found[1] == found[2]


# Shops of a group


def test_a_car_known_to_two_shops_belongs_to_that_of_its_latest_visit(store: Store, shop: int) -> None:
    """The other reminds of nothing, until the car comes back to it."""
    other = open_shop(store, "other")
    for each in (shop, other):
        bring(store, each, "customers", [car("C1", phone(1), 1, 保险到期="2026-03-20")])
    bring(store, shop, "visits", [order("R1", 1, "2025-09-01")])
    assert _reminding(store, shop, other) == {shop}
    bring(store, other, "visits", [order("X1", 1, "2025-10-01"), order("X2", 1, "2025-12-01", category="PDI")])
    assert _reminding(store, shop, other) == {other}
    bring(store, shop, "visits", [order("R2", 1, "2025-11-01")])
    assert _reminding(store, shop, other) == {shop}
    bring(store, other, "visits", [order("X3", 1, "2025-11-01")])
    assert _reminding(store, shop, other) == {shop}


def _reminding(store: Store, *shops: int) -> set[int]:
    """Shops whose service or insurance reminders know the car; the two agree."""
    found = []
    for due in (maintenance_due.due, insurance_expiry.due):
        with store.read() as session:
            found.append({each for each in shops if due(session, _ask(each, shops))})
    assert found[0] == found[1]
    return found[0]


def _ask(shop: int, shops: tuple[int, ...]) -> Ask:
    return Ask(shop, date(2025, 1, 1), date(2027, 1, 1), elsewhere=tuple(each for each in shops if each != shop))
