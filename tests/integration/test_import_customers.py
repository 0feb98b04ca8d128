"""Customers and their cars from a file: verdicts, identity, merges and splits, on both databases."""

from __future__ import annotations

from datetime import date

import pytest

from notifier.errors import BadInput
from notifier.store.engine import Store
from notifier.store.imports import freshness, unfinished_kinds
from tests.support.import_desk import (
    NOW,
    TODAY,
    add,
    bring,
    car,
    everything,
    key_of,
    open_shop,
    people,
    phone,
    rows_of,
    shop_that_knows,
    vin,
)

shop = shop_that_knows()


def test_a_file_twice_changes_nothing(store: Store, shop: int) -> None:
    """The second time every row is unchanged, and so is the database."""
    rows = [
        car("C1", phone(1), 1, 姓名="陈女士", 保险到期="2026-04-01", 营销同意="是"),
        car("C2", phone(1), 2, 生日="农历八月初八"),
        car("C3", "", 3, 姓名="李四"),
        car("", phone(4), 4),
        car("", "", 5),
    ]
    first = bring(store, shop, "customers", rows)
    before = everything(store)
    second = bring(store, shop, "customers", rows)
    assert first.as_json() == {
        "read": 5, "new": 4, "changed": 0, "unchanged": 0, "merged": 1, "parked": 0, "rejected": {},
        "warned": {"phone_missing": 2},
    }  # fmt: skip
    assert second.as_json() == {**first.as_json(), "new": 0, "merged": 0, "unchanged": 5}
    assert everything(store) == before


def test_what_a_row_says_is_stored(store: Store, shop: int) -> None:
    """Ms Chen, her car, her consent and the day everything falls due."""
    row = car("C1", "138-0000 0001", 1, 姓名="陈女士", 车牌="闽C·12345", 保险到期="20260401", 生日="1980/5/9",
              车型="朗逸", 营销同意="是", 同意日期="2025-01-02")  # fmt: skip
    bring(store, shop, "customers", [row])
    (chen,) = people(store)
    assert (chen["name"], chen["sex"], chen["phone"], chen["birth_mmdd"]) == ("陈", "f", "+8613800000001", "0509")
    assert (chen["consent"], chen["consent_since"], chen["bucket_key"]) == ("yes", date(2025, 1, 2), key_of(1))
    (vehicle,) = rows_of(store, "vehicle")
    assert (vehicle["plate"], vehicle["model"], vehicle["state"]) == ("闽C12345", "朗逸", "in_use")
    assert (vehicle["insurance_ends_on"], vehicle["next_service_kind"]) == (date(2026, 4, 1), "first")
    assert (vehicle["service_anchor_on"], vehicle["next_service_on"]) == (date(2024, 3, 5), date(2024, 9, 5))
    assert chen["last_visit_on"] == date(2024, 3, 5)


def test_the_later_owner_has_the_car(store: Store, shop: int) -> None:
    """One VIN twice: the later delivery wins, even without a usable phone, and the former is not taken."""
    report = bring(store, shop, "customers", [car("C1", phone(1), 1, "2020-01-01"), car("C2", "none", 1, "2024-01-01")])
    assert report.rejected == {"duplicate_vin": 1}
    assert [(one["numbers"], one["unreachable"]) for one in people(store)] == [(["C2"], "missing")]


def test_an_older_file_does_not_bring_the_former_owner_back(store: Store, shop: int) -> None:
    """The store knows a later delivery to somebody else, so the row is rejected."""
    bring(store, shop, "customers", [car("C2", phone(2), 1, "2024-01-01")])
    report = bring(store, shop, "customers", [car("C1", phone(1), 1, "2020-01-01")])
    assert report.as_json()["rejected"] == {"duplicate_vin": 1}
    assert [one["numbers"] for one in people(store)] == [["C2"]]


def test_identical_rows_are_one(store: Store, shop: int) -> None:
    """The second of two identical rows is rejected as duplicate_vin."""
    report = bring(store, shop, "customers", [car("C1", phone(1), 1)] * 2)
    assert (report.new, report.rejected) == (1, {"duplicate_vin": 1})


def test_a_car_that_changes_hands_is_free_of_its_past(store: Store, shop: int) -> None:
    """A new owner gets the car in use again, though the former had told us it was sold."""
    bring(store, shop, "customers", [car("C1", phone(1), 1, "2020-01-01")])
    bring(store, shop, "customers", [car("C1", phone(1), 1, "2020-01-01", 车辆状态="已售")])
    still = bring(store, shop, "customers", [car("C1", phone(1), 1, "2020-01-01", 车辆状态="在用")])
    assert (still.unchanged, rows_of(store, "vehicle")[0]["state"]) == (1, "sold")
    bring(store, shop, "customers", [car("C2", phone(2), 1, "2025-01-01")])
    (vehicle,) = rows_of(store, "vehicle")
    assert (vehicle["state"], vehicle["owner_since"]) == ("in_use", date(2025, 1, 1))
    former, owner = people(store)
    assert (former["cars"], former["last_visit_on"]) == ([], None)
    assert (owner["cars"], owner["last_visit_on"]) == ([vin(1)], date(2025, 1, 1))


def test_a_customer_moves_to_a_new_phone(store: Store, shop: int) -> None:
    """All numbers move: the customer goes along with arm, consent and stop; a dead mark belongs to the old phone."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2)])
    with store.write() as session:
        session.connection().exec_driver_sql("UPDATE customer SET unreachable = '21211'")
    add(store, "suppression", phone_key=key_of(1), reason="stop", since=NOW)
    bring(store, shop, "customers", [car("C1", phone(9), 1), car("C2", phone(9), 2)])
    (moved,) = people(store)
    assert (moved["phone"], moved["unreachable"], moved["bucket_key"]) == (f"+86{phone(9)}", None, key_of(1))
    assert {row["phone_key"] for row in rows_of(store, "suppression")} == {key_of(1), key_of(9)}
    assert {row["phone_key"] for row in rows_of(store, "customer_number")} == {key_of(9)}


def test_what_replies_taught_survives_an_import(store: Store, shop: int) -> None:
    """A dead number stays dead while the phone is the same, and a bare yes does not undo a no."""
    rows = [car("C1", phone(1), 1, 营销同意="是")]
    bring(store, shop, "customers", rows)
    with store.write() as session:
        session.connection().exec_driver_sql("UPDATE customer SET unreachable = '21211', consent = 'no'")
    report = bring(store, shop, "customers", rows)
    (one,) = people(store)
    assert (report.unchanged, one["unreachable"], one["consent"]) == (1, "21211", "no")


def test_two_numbers_that_find_one_phone_become_one(store: Store, shop: int) -> None:
    """The earliest born, then the smallest number survives; the other's row is merged."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(2), 2, 姓名="陈女士", 营销同意="否")])
    report = bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2)])
    (one,) = people(store)
    assert (one["numbers"], one["bucket_key"], one["consent"], one["name"]) == (["C1", "C2"], key_of(1), "no", "陈")
    assert (report.merged, report.changed + report.unchanged) == (1, 1)


def test_phones_may_go_round_in_a_circle(store: Store, shop: int) -> None:
    """Two customers who swap phones swap them, and nothing else."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(2), 2)])
    bring(store, shop, "customers", [car("C1", phone(2), 1), car("C2", phone(1), 2)])
    first, second = people(store)
    assert (first["phone_key"], first["bucket_key"]) == (key_of(2), key_of(1))
    assert (second["phone_key"], second["bucket_key"]) == (key_of(1), key_of(2))


def test_one_of_two_numbers_leaves(store: Store, shop: int) -> None:
    """It takes its car, arm, consent and stop along; both are out of lift."""
    bring(store, shop, "customers", [car("C1", phone(1), 1, 营销同意="是"), car("C2", phone(1), 2)])
    (whole,) = people(store)
    run = add(store, "run", shop_id=shop, campaign_id="maintenance_due", planned_for=NOW, state="ready", priority=1,
              settings={}, counts={}, created_at=NOW)  # fmt: skip
    add(store, "enrolment", shop_id=shop, campaign_id="maintenance_due", customer_id=whole["id"], period="2026",
        arm="treatment", run_id=run, stage="early", enrolled_at=NOW, enrolled_on=TODAY, first_opens_on=TODAY,
        lift_until=TODAY)  # fmt: skip
    add(store, "suppression", phone_key=key_of(1), reason="stop", since=NOW)
    bring(store, shop, "customers", [car("C1", phone(1), 1, 营销同意="是"), car("C2", phone(2), 2)])
    stayed, left = people(store)
    assert (stayed["cars"], left["cars"]) == ([vin(1)], [vin(2)])
    assert (left["bucket_key"], left["consent"], left["phone_key"]) == (key_of(1), "yes", key_of(2))
    assert {row["phone_key"] for row in rows_of(store, "suppression")} == {key_of(1), key_of(2)}
    enrolments = {row["customer_id"]: row["out_of_lift"] for row in rows_of(store, "enrolment")}
    assert enrolments == {stayed["id"]: "split", left["id"]: "split"}


def test_a_number_leaves_for_somebody_known(store: Store, shop: int) -> None:
    """C2 goes from C1's phone to C3's: its car too, and the row is merged."""
    bring(store, shop, "customers", [car("C1", phone(1), 1), car("C2", phone(1), 2), car("C3", phone(3), 3)])
    report = bring(store, shop, "customers",
                   [car("C1", phone(1), 1), car("C2", phone(3), 2), car("C3", phone(3), 3)])  # fmt: skip
    assert [one["numbers"] for one in people(store)] == [["C1"], ["C2", "C3"]]
    assert (report.merged, report.unchanged) == (1, 2)


def test_a_phone_that_goes_missing_leaves_the_customer_unreachable(store: Store, shop: int) -> None:
    """The file no longer has a phone; when it comes back, so does the customer, the same one."""
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    bring(store, shop, "customers", [car("C1", "0595-22880000", 1)])
    (one,) = people(store)
    assert (one["phone"], one["unreachable"]) == (None, "not_mobile")
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    (again,) = people(store)
    assert (again["id"], again["phone"], again["unreachable"]) == (one["id"], f"+86{phone(1)}", None)


def test_a_nameless_car_finds_its_phone_later(store: Store, shop: int) -> None:
    """Known by its VIN alone, the customer stays the same when the phone arrives."""
    bring(store, shop, "customers", [car("", "", 1)])
    (nobody,) = people(store)
    assert (nobody["numbers"], nobody["bucket_key"]) == ([f"vin:{vin(1)}"], f"vin:{vin(1)}")
    bring(store, shop, "customers", [car("", phone(1), 1)])
    (somebody,) = people(store)
    assert (somebody["id"], somebody["phone_key"]) == (nobody["id"], key_of(1))


def test_shops_of_a_group_share_the_bucket_key(store: Store, shop: int) -> None:
    """A phone has one arm across the group; a number alone does not travel."""
    other = open_shop(store, "other")
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    bring(store, shop, "customers", [car("C1", phone(2), 1)])
    bring(store, other, "customers", [car("X1", phone(2), 2), car("X2", "", 3)])
    assert {row["bucket_key"] for row in rows_of(store, "customer")} == {key_of(1), "other:X2"}


def test_consent_of_a_list_speaks_only_where_the_row_does_not(store: Store, shop: int) -> None:
    """--consent gives a yes to the silent, not to those who said no or something unclear."""
    rows = [car("C1", phone(1), 1), car("C2", phone(2), 2, 营销同意="否"), car("C3", phone(3), 3, 营销同意="再说")]
    report = bring(store, shop, "customers", rows, consent_source="signed form")
    assert [one["consent"] for one in people(store)] == ["yes", "no", "unknown"]
    assert people(store)[0]["consent_source"] == "signed form"
    assert report.warned == {"unclear_consent": 1}
    assert [(row["value"], row["source"]) for row in rows_of(store, "consent")] == [
        ("yes", "signed form"), ("no", "signed form"),
    ] or len(rows_of(store, "consent")) == 2  # fmt: skip


def test_doubts_are_counted_and_the_row_kept(store: Store, shop: int) -> None:
    """A bad date empties its field; a placeholder, a plate and a check digit are named."""
    wrong_digit = f"LSVAU2A3{'1' if vin(1)[8] != '1' else '2'}{vin(1)[9:]}"
    row = car("C1", "12345", 1, "2024-02-30", 车牌="闽", 保险到期="1900-01-01") | {"VIN": wrong_digit}
    report = bring(store, shop, "customers", [row, {"VIN": "LSVAUOOO"}])
    assert report.as_json()["rejected"] == {"bad_vin": 1}
    assert report.as_json()["warned"] == {
        "bad_date": 1, "bad_plate": 1, "phone_too_short": 1, "placeholder_date": 1, "vin_check_digit": 1,
    }  # fmt: skip
    (vehicle,) = rows_of(store, "vehicle")
    assert (vehicle["delivered_on"], vehicle["insurance_ends_on"], vehicle["next_service_on"]) == (None, None, None)


def test_cars_not_for_marketing_are_kept_and_marked(store: Store, shop: int) -> None:
    """Sold, test-drive, PDI and stock cars stay in the base."""
    states = ["已转卖", "试驾车", "PDI", "库存", "报废", ""]
    bring(store, shop, "customers", [car(f"C{n}", phone(n), n, 车辆状态=state) for n, state in enumerate(states)])
    assert [row["state"] for row in sorted(rows_of(store, "vehicle"), key=lambda row: row["vin"][9:])] == [
        "sold", "test_drive", "pdi", "stock", "scrapped", "in_use",
    ]  # fmt: skip


def test_freshness_and_the_end_of_an_import(store: Store, shop: int) -> None:
    """The stamp is the business time of the import, and nothing is left unfinished."""
    bring(store, shop, "customers", [car("C1", phone(1), 1)])
    with store.read() as session:
        assert freshness(session, shop) == {"customers": NOW}
        assert unfinished_kinds(session, shop) == set()


def test_a_file_of_another_kind_writes_nothing(store: Store, shop: int) -> None:
    """A file that lacks the phone column is refused before the import begins."""
    from notifier.dms.imports import import_table
    from notifier.dms.readers import TableOfRows
    from tests.support.import_desk import settings

    wrong = TableOfRows("visits.csv", ["工单号", "VIN", "进厂日期"], [["R1", vin(1), "2025-01-01"]])
    with pytest.raises(BadInput, match="visits"):
        import_table("customers", store, shop, wrong, settings())
    assert rows_of(store, "dms_import") == []
