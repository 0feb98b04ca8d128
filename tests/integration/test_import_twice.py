"""Rows rejected for being there twice come back: as they went they are rejected again, mended they come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows, open_table
from notifier.dms.rejects import LINE, REASON, write_rejects
from notifier.dms.report import ImportReport
from notifier.jobs.reasons import rejected_note
from notifier.store.engine import Store
from notifier.store.imports import begin_import, freshness, last_imports, unfinished_kinds
from tests.support.import_desk import (
    HEADERS,
    NOW,
    bring,
    car,
    everything,
    open_shop,
    order,
    people,
    phone,
    rows_of,
    settings,
    shop_that_knows,
    table,
    vin,
)

Row = dict[str, str]
Mend = Callable[[list[Row]], Any]
BAD = "LSVAU2A30IO000001"


def policy(no: str, n: int, ends: str, **cells: str) -> Row:
    """A row of a renewals file."""
    return {"保单号": no, "VIN": vin(n), "终保日期": ends, **cells}


OWNERS = [car("C1", phone(1), 1), car("C2", phone(2), 2)]
FILES: Mapping[str, list[Row]] = {
    "visits": [order("R1", 1, "2025-05-01"), order("R1", 2, "2025-08-01"), order("", 2, "2025-08-02")],
    "renewals": [policy("P1", 1, "2026-05-01"), policy("P1", 2, "2026-08-01"), policy("", 2, "2026-09-01")],
    "customers": [car("C1", phone(1), 1), car("C9", phone(9), 1, ""), car("C3", phone(3), 3) | {"VIN": BAD}],
}
"""Of each kind: the record that is right, one that has its number, and one to mend."""
TWICE = {"visits": "duplicate_order", "renewals": "duplicate_policy", "customers": "duplicate_vin"}
NUMBER = {"visits": "工单号", "renewals": "保单号", "customers": "VIN"}
OWN = {"visits": "R8", "renewals": "P8", "customers": vin(8)}
KEPT = {"visits": ["repair_order"], "renewals": ["renewal"], "customers": ["vehicle", "customer", "customer_number"]}
THIRD = {"visits": "R3", "renewals": "P3", "customers": vin(3)}


def bring_back(store: Store, shop: int, kind: str, rows: Sequence[Row], *, dry_run: bool = False) -> ImportReport:
    """Import rows under the columns of a file of rejects."""
    headers = (LINE, REASON, "notifier_note", *HEADERS[kind])
    cells = [[row.get(header, "") for header in headers] for row in rows]
    return import_table(kind, store, shop, TableOfRows("退回.xlsx", headers, cells), settings(), dry_run=dry_run)


def rejected(store: Store, shop: int, kind: str, rows: Sequence[Row], out: Path) -> list[Row]:
    """Import `rows`; those it rejected, as the workbook holds them."""
    source = table(kind, rows)
    report = import_table(kind, store, shop, source, settings())
    write_rejects(source, report.rejects, out, rejected_note)
    book = open_table(out)
    return [dict(zip(book.headers, cells, strict=True)) for _line, cells in book]


shop = shop_that_knows(customers=OWNERS)


@pytest.fixture(params=sorted(FILES))
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of import."""
    return str(request.param)


def test_a_row_left_as_it_was_is_rejected_again(store: Store, shop: int, kind: str, tmp_path: Path) -> None:
    """The record that was right stays; the row that was mended comes in; the other is written out once more."""
    twice, other = rejected(store, shop, kind, FILES[kind], tmp_path / "r.xlsx")
    assert twice[REASON] == TWICE[kind]
    other[NUMBER[kind]] = THIRD[kind]
    before = everything(store)
    again = bring_back(store, shop, kind, [twice, other])
    assert dict(again.rejected) == {TWICE[kind]: 1}
    assert dict(again.rejects) == {2: TWICE[kind]}
    after = everything(store)
    for name in KEPT[kind]:
        content = {row["id"]: {k: v for k, v in row.items() if k != "updated_at"} for row in after[name]}
        for row in before[name]:
            assert content[row["id"]] == {k: v for k, v in row.items() if k != "updated_at"}
    assert any(THIRD[kind] in row.values() for rows in after.values() for row in rows)


def test_a_dry_run_says_the_same(store: Store, shop: int, kind: str, tmp_path: Path) -> None:
    """Of a row left as it was, and of one that somebody has decided for."""
    left, _other = rejected(store, shop, kind, FILES[kind], tmp_path / "r.xlsx")
    own = left | {NUMBER[kind]: OWN[kind]}
    before = everything(store)
    tried = bring_back(store, shop, kind, [left, own], dry_run=True)
    assert everything(store) == before
    done = bring_back(store, shop, kind, [left, own])
    assert (tried.as_json(), dict(tried.rejects)) == (done.as_json(), {2: TWICE[kind]})


def test_the_order_of_the_rows_never_matters(store: Store, shop: int, kind: str, tmp_path: Path) -> None:
    """The mended one first, then the one left."""
    twice, other = rejected(store, shop, kind, FILES[kind], tmp_path / "r.xlsx")
    again = bring_back(store, shop, kind, [other | {NUMBER[kind]: THIRD[kind]}, twice])
    assert dict(again.rejects) == {3: TWICE[kind]}


def test_given_one_of_its_own_it_is_taken(store: Store, shop: int, kind: str, tmp_path: Path) -> None:
    """Also the second time, when it is stored by this very file: the same file twice says the same."""
    twice, _other = rejected(store, shop, kind, FILES[kind], tmp_path / "r.xlsx")
    mended = [twice | {NUMBER[kind]: OWN[kind]}]
    assert bring_back(store, shop, kind, mended).rejected.total() == 0
    known = everything(store)
    again = bring_back(store, shop, kind, mended)
    assert (again.unchanged, again.rejected.total()) == (1, 0)
    assert everything(store) == known


def test_with_the_reason_taken_out_it_is_a_row_as_any_other(store: Store, shop: int, kind: str, tmp_path: Path) -> None:
    """A number that is known is then told anew; of two such rows the one left as it was does not stand in the way."""
    twice, _other = rejected(store, shop, kind, FILES[kind], tmp_path / "r.xlsx")
    if kind == "customers":
        twice |= {"交车日期": "2024-03-06"}
    for _time in range(2):
        again = bring_back(store, shop, kind, [twice | {REASON: " "}])
        assert again.rejected.total() == 0
    assert not again.new + again.changed
    if kind == "customers":
        assert next(who for who in people(store) if vin(1) in who["cars"])["numbers"] == ["C9"]
    else:
        (row,) = rows_of(store, "repair_order" if kind == "visits" else "renewal")
        assert row["vin"] == vin(2)


@pytest.mark.parametrize("kind", ["visits", "renewals"], indirect=True)
def test_of_one_number_the_row_left_as_it_was_yields(store: Store, shop: int, kind: str, tmp_path: Path) -> None:
    """It is the earlier by date, and yet the one somebody has decided for is taken: each time the file comes."""
    three = {
        "visits": [order("R1", 1, "2025-05-01"), order("R1", 2, "2025-06-01"), order("R1", 2, "2025-07-01")],
        "renewals": [policy("P1", 1, "2026-05-01"), policy("P1", 2, "2026-06-01"), policy("P1", 2, "2026-07-01")],
    }
    left, chosen = rejected(store, shop, kind, three[kind], tmp_path / "r.xlsx")
    for _time in range(2):
        again = bring_back(store, shop, kind, [left, chosen | {REASON: ""}])
        assert dict(again.rejects) == {2: TWICE[kind]}
    (row,) = rows_of(store, "repair_order" if kind == "visits" else "renewal")
    assert (row["vin"], str(row["date_in" if kind == "visits" else "ends_on"])[5:7]) == (vin(2), "07")


def test_a_row_there_twice_that_is_now_wrong_besides_is_told_what_counts(store: Store, shop: int) -> None:
    """Or the next file would hold it with the lesser reason, and let it in."""
    bring(store, shop, "visits", [order("R1", 1, "2025-05-01")])
    back = [{REASON: "duplicate_order"} | order("R1", 2, "what"), {REASON: "duplicate_order"} | order("R7", 2, "what")]
    assert dict(bring_back(store, shop, "visits", back).rejects) == {2: "duplicate_order", 3: "bad_date"}


def test_a_number_that_is_not_stored_is_taken(store: Store, shop: int, kind: str) -> None:
    """As after a dry run, that kept nothing: then the row is not there twice any more."""
    row = FILES[kind][1] | {NUMBER[kind]: OWN[kind], REASON: TWICE[kind]}
    assert bring_back(store, shop, kind, [row]).rejected.total() == 0


@pytest.mark.parametrize("row, is_taken", [
    (car("C1", phone(1), 1), True),
    (car("", phone(1), 1), True),
    (car("C1", phone(7), 1), False),
    (car("C1", phone(1), 1, 车牌="闽C99999"), False),
    (car("C1", phone(1), 1, "2023-03-05"), False),
    (car("C9", phone(9), 1), False),
    (car("", "", 1), False),
    (car("C9", phone(9), 1, "2024-03-06"), True),
])  # fmt: skip
def test_a_car_there_twice(store: Store, shop: int, row: Row, *, is_taken: bool) -> None:
    """It is taken with a later delivery, and where it says what is known already; also of the owner's own rows the
    other one was right."""
    report = bring_back(store, shop, "customers", [row | {REASON: "duplicate_vin"}])
    assert dict(report.rejected) == ({} if is_taken else {"duplicate_vin": 1})
    if not is_taken:
        assert (rows_of(store, "vehicle")[0]["plate"], people(store)[0]["numbers"]) == (None, ["C1"])


# How fresh


def test_rows_mended_make_nothing_fresher(store: Store, shop: int, kind: str) -> None:
    """They tell of days long gone: planning goes on waiting, and the last export stays the last one heard of."""
    bring(store, shop, kind, FILES[kind], as_of=NOW.replace(day=1, hour=0))
    with store.read() as session:
        known, last = freshness(session, shop)[kind], last_imports(session, shop)[kind]
    report = bring_back(
        store, shop, kind, [FILES[kind][2] | {NUMBER[kind]: THIRD[kind], REASON: "bad_vin"} | _good(kind)]
    )
    assert (report.read, report.rejected.total()) == (1, 0)
    with store.read() as session:
        assert freshness(session, shop)[kind] == known
        assert last_imports(session, shop)[kind] == last
        assert unfinished_kinds(session, shop) == set()


def _good(kind: str) -> Row:
    return {"VIN": vin(3)} if kind == "customers" else {}


def test_a_shop_that_never_had_an_export_has_none_by_mended_rows(store: Store) -> None:
    """It stays one that was never imported."""
    shop_id = open_shop(store)
    bring_back(store, shop_id, "customers", [car("C1", phone(1), 1)])
    with store.read() as session:
        assert (freshness(session, shop_id), last_imports(session, shop_id)) == ({}, {})


def test_mended_rows_end_their_own_broken_import_and_no_other(store: Store, shop: int) -> None:
    """What another left half done is still half done."""
    headers = (REASON, *HEADERS["visits"])
    row = {REASON: "bad_date"} | order("R1", 1, "2025-05-01")
    mended = TableOfRows("退回.xlsx", headers, [[row.get(header, "") for header in headers]])
    with store.write() as session:
        for fingerprint in ("another", mended.fingerprint):
            begin_import(session, shop, "visits", source="x", fingerprint=fingerprint, at=NOW)
    import_table("visits", store, shop, mended, settings())
    assert [row["state"] for row in rows_of(store, "dms_import")[-2:]] == ["running", "done"]
    bring(store, shop, "visits", [order("R2", 1, "2025-05-01")])
    with store.read() as session:
        assert unfinished_kinds(session, shop) == set()


def test_the_rates_models_are_driven_survive_the_mark(store: Store, shop: int) -> None:
    """What an import predicts with is noted beside its counts, whatever else stands there."""
    bring_back(store, shop, "visits", [order("R1", 1, "2025-05-01")])
    counts = rows_of(store, "dms_import")[-1]["counts"]
    assert (counts["is_rest"], counts["read"], counts["parked"]) == (True, 1, 0)


# Totals


@pytest.mark.parametrize("word", ["合计", " 总计：", "小 计", "合計", "TOTAL", "Sum:"])
def test_a_total_under_the_table_is_nobodys_row(store: Store, shop: int, word: str) -> None:
    """Each kind; it is told apart from rows to mend."""
    for kind, first in (("customers", "客户编号"), ("visits", "工单号"), ("renewals", "保单号")):
        report = bring(store, shop, kind, [FILES[kind][0], {first: word, "手机": "2", "里程": "99", "保费": "12"}])
        assert dict(report.rejects) == {3: "total_row"}


@pytest.mark.parametrize("row, reason", [
    ({"姓名": "合计", "手机": phone(5)}, {"bad_vin": 1}),
    ({"客户编号": "1", "姓名": "合计"}, {"bad_vin": 1}),
    ({"姓名": "合计利"}, {"bad_vin": 1}),
    ({"姓名": "合计", "VIN": vin(5)}, {}),
    ({"姓名": "合计"}, {"total_row": 1}),
])  # fmt: skip
def test_a_row_with_a_phone_or_a_car_is_no_total(store: Store, shop: int, row: Row, reason: dict[str, int]) -> None:
    """Somebody may be called so; a total has no number in front."""
    assert dict(bring(store, shop, "customers", [OWNERS[0], row]).rejected) == reason


def test_a_day_without_visits_may_have_a_total(store: Store, shop: int) -> None:
    """It is an export of nothing, and as fresh; a customer file of nothing is one that failed."""
    assert dict(bring(store, shop, "visits", [{"工单号": "合计", "金额": "0"}]).rejected) == {"total_row": 1}
    later = NOW.replace(day=2)
    bring(store, shop, "customers", [{"姓名": "合计"}], now=later)
    with store.read() as session:
        assert freshness(session, shop) == {"visits": NOW, "customers": NOW}
