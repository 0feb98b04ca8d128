"""What customer files bring for the rules: who recommended the buyer, levels that change, ends of inspection, loan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows
from notifier.dms.report import ImportReport
from notifier.domain.phone import phone_key
from notifier.store.engine import Store
from tests.support.import_desk import NOW, SECRET, TODAY, open_shop, people, rows_of, settings, vin

LATER = NOW + timedelta(days=9)
FRIEND = "13800000009"
FRIENDS_KEY = phone_key(SECRET, "+8613800000009")


def bring(store: Store, shop_id: int, *rows: Mapping[str, str], at: datetime = NOW) -> ImportReport:
    """Import customer rows with whatever columns they have."""
    headers = tuple(dict.fromkeys(header for row in rows for header in row))
    cells = [[row.get(header, "") for header in headers] for row in rows]
    return import_table("customers", store, shop_id, TableOfRows("f.csv", headers, cells), settings(now=at))


def owner(number: str, tel: str, n: int, delivered: str = "2026-02-20", **cells: str) -> dict[str, str]:
    """A row with its car."""
    return {"客户编号": number, "手机": tel, "VIN": vin(n), "交车日期": delivered, **cells}


def referrer(store: Store, **cells: str) -> tuple[str | None, str | None]:
    """What is stored of the one who brought the buyer."""
    bring(store, open_shop(store), owner("C1", "13800000001", 1, **cells))
    (car,) = rows_of(store, "vehicle")
    return car["referrer_number"], car["referrer_phone_key"]


@pytest.mark.parametrize(
    ("cells", "stored"),
    [
        ({"推荐人": "c 009"}, ("C009", None)),
        ({"推荐人": FRIEND}, (None, FRIENDS_KEY)),
        ({"介绍人": "王强 138-0000-0009"}, (None, FRIENDS_KEY)),
        ({"推荐人电话": FRIEND}, (None, FRIENDS_KEY)),
        ({"推荐人": "C009", "推荐人手机": FRIEND}, ("C009", FRIENDS_KEY)),
        ({"推荐人": "王强", "推荐人手机": FRIEND}, (None, FRIENDS_KEY)),
        ({"Referred by": "C009"}, ("C009", None)),
        ({"推荐人": "王强"}, (None, None)),
        ({"推荐人": "无"}, (None, None)),
    ],
)
def test_a_referrer_is_known_by_number_or_phone(
    sqlite_store: Store, cells: dict[str, str], stored: tuple[str | None, str | None]
) -> None:
    """In whichever column; a name alone finds nobody. The phone itself is kept nowhere."""
    assert referrer(sqlite_store, **cells) == stored
    assert FRIEND not in str(rows_of(sqlite_store, "vehicle"))


def test_a_referrer_by_name_alone_is_doubted(sqlite_store: Store) -> None:
    """The import says what to export instead."""
    report = bring(sqlite_store, open_shop(sqlite_store), owner("C1", "13800000001", 1, 推荐人="王强"))
    assert report.warned == {"referrer_by_name": 1}


def test_a_file_repeated_or_without_the_column_keeps_the_referrer(store: Store) -> None:
    """What a file does not tell stays as it was."""
    shop_id, row = open_shop(store), owner("C1", "13800000001", 1, 推荐人="C009", 推荐人手机=FRIEND)
    bring(store, shop_id, row)
    assert bring(store, shop_id, row).unchanged == 1
    bring(store, shop_id, owner("C1", "13800000001", 1))
    (car,) = rows_of(store, "vehicle")
    assert (car["referrer_number"], car["referrer_phone_key"]) == ("C009", FRIENDS_KEY)


def test_a_car_that_changes_hands_leaves_its_referrer_behind(store: Store) -> None:
    """Who brought the first owner did not bring the second."""
    shop_id = open_shop(store)
    bring(store, shop_id, owner("C1", "13800000001", 1, 推荐人="C009"))
    bring(store, shop_id, owner("C2", "13800000002", 1, "2026-02-28"), at=LATER)
    (car,) = rows_of(store, "vehicle")
    assert (car["owner_number"], car["referrer_number"]) == ("C2", None)


def test_ends_and_points_are_stored(store: Store) -> None:
    """Every day a rule waits for."""
    ends = {"年审到期": "2026-05-31", "按揭到期日": "2027-01-15", "质保到期": "2029-02-20", "积分到期": "2026-12-31"}
    bring(store, open_shop(store), owner("C1", "13800000001", 1, 积分="1,200", **ends))
    (car,), (customer,) = rows_of(store, "vehicle"), rows_of(store, "customer")
    assert [car[f"{name}_ends_on"] for name in ("inspection", "loan", "warranty")] == [
        date(2026, 5, 31), date(2027, 1, 15), date(2029, 2, 20),
    ]  # fmt: skip
    assert (customer["points"], customer["points_end_on"]) == (1200, date(2026, 12, 31))


# — levels —


def level(store: Store) -> tuple[str | None, date | None]:
    """The only customer's level, and since when another one is known."""
    (customer,) = people(store)
    return customer["member_level"], customer["member_level_since"]


def test_a_base_imported_for_the_first_time_has_no_changes(store: Store) -> None:
    """Nor has one that is told its levels at last."""
    shop_id = open_shop(store)
    bring(store, shop_id, owner("C1", "13800000001", 1))
    bring(store, shop_id, owner("C1", "13800000001", 1, 会员等级="银卡"), at=LATER)
    assert level(store) == ("银卡", None)


def test_another_level_is_a_change_of_the_imports_day(store: Store) -> None:
    """Of the day of --at; the same file again and a file without levels change nothing of it; down is a change."""
    shop_id = open_shop(store)
    bring(store, shop_id, owner("C1", "13800000001", 1, 会员等级="银卡"))
    gold = owner("C1", "13800000001", 1, 会员等级="金卡")
    bring(store, shop_id, gold, at=LATER)
    assert level(store) == ("金卡", TODAY + timedelta(days=9))
    assert bring(store, shop_id, gold, at=LATER + timedelta(days=5)).unchanged == 1
    bring(store, shop_id, owner("C1", "13800000001", 1), at=LATER + timedelta(days=6))
    assert level(store) == ("金卡", TODAY + timedelta(days=9))
    bring(store, shop_id, owner("C1", "13800000001", 1, 会员等级="银卡"), at=LATER + timedelta(days=20))
    assert level(store) == ("银卡", TODAY + timedelta(days=29))


def test_two_records_found_to_be_one_keep_the_change(store: Store) -> None:
    """The survivor without a level learns it with its day."""
    shop_id = open_shop(store)
    bring(store, shop_id, owner("C1", "13800000001", 1))
    bring(store, shop_id, owner("C2", "13800000002", 2, 会员等级="银卡"), at=NOW + timedelta(days=1))
    bring(store, shop_id, owner("C2", "13800000002", 2, 会员等级="金卡"), at=LATER)
    both = [owner("C1", "13800000001", 1), owner("C2", "13800000001", 2)]
    bring(store, shop_id, *both, at=LATER + timedelta(days=1))
    assert level(store) == ("金卡", TODAY + timedelta(days=9))


def test_a_split_leaves_the_change_with_the_one_who_stays(store: Store) -> None:
    """Who leaves with a number of their own has no change of level yet."""
    shop_id = open_shop(store)
    rows = [owner("C1", "13800000001", 1, 会员等级="银卡"), owner("C2", "13800000001", 2, "2026-01-01")]
    bring(store, shop_id, *rows)
    bring(store, shop_id, owner("C1", "13800000001", 1, 会员等级="金卡"), at=LATER)
    bring(store, shop_id, owner("C2", "13800000002", 2, "2026-01-01", 会员等级="普通"), at=LATER + timedelta(days=1))
    assert [(each["numbers"], each["member_level"], each["member_level_since"]) for each in people(store)] == [
        (["C1"], "金卡", TODAY + timedelta(days=9)),
        (["C2"], "普通", None),
    ]
