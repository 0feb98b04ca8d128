"""The watched folder, round by round: imported once, filed with its report, and nothing lost whatever happens."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from notifier.dms.imports import import_table
from notifier.dms.inbox import TRIES
from notifier.dms.readers import open_csv
from notifier.errors import BadInput, Refused
from notifier.jobs.inbox import import_folder
from notifier.store import engine
from notifier.store.engine import Store
from notifier.store.imports import begin_import, freshness, latest_import, refuse_import, unfinished_kinds
from notifier.store.migrations import upgrade
from tests.support.import_desk import (
    NOW,
    bring,
    car,
    everything,
    order,
    people,
    phone,
    rows_of,
    settings,
    vin,
    wait_for_the_lock_of_the_dead,
)
from tests.support.inbox_desk import InboxShop

DAY = timedelta(days=1)
OWNERS = [car("C1", phone(1), 1, 姓名="陈晓芳"), car("C2", phone(2), 2, 姓名="林建国")]
ORDERS = [order("R1", 1, "2026-01-10", "5000"), order("R2", 2, "2026-01-11", "9000")]
POLICIES = [{"保单号": "P1", "VIN": vin(1), "终保日期": "2026-12-31", "出单日期": "2025-12-30", "保费": "4000"}]


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> InboxShop:
    """A shop on either database, its folder empty."""
    return InboxShop(store, tmp_path / "导入")


@pytest.fixture
def sqlite_shop(sqlite_store: Store, tmp_path: Path) -> InboxShop:
    """A shop whose folder matters and whose database does not."""
    return InboxShop(sqlite_store, tmp_path / "inbox")


def test_each_file_is_imported_once_and_filed_with_its_report(shop: InboxShop) -> None:
    """Customers before visits before renewals, whichever came first: no order has to wait for its car."""
    shop.drop_rows("a 保单.csv", "renewals", POLICIES, NOW - 3 * DAY)
    shop.drop_rows("b 维修.csv", "visits", [*ORDERS, ORDERS[0]], NOW - 2 * DAY)
    shop.drop_rows("c 客户.csv", "customers", OWNERS, NOW - DAY)
    result = shop.round()
    assert [(f.file, f.state, f.done and f.done.report.kind) for f in result.files] == [
        ("c 客户.csv", "done", "customers"), ("b 维修.csv", "done", "visits"), ("a 保单.csv", "done", "renewals"),
    ]  # fmt: skip
    assert [f.done.report.new for f in result.files if f.done] == [2, 2, 1]
    assert shop.lying() == [
        "done/2026-03/a 保单.csv", "done/2026-03/a 保单.csv.report.json", "done/2026-03/a 保单.csv.report.txt",
        "done/2026-03/b 维修.csv", "done/2026-03/b 维修.csv.rejects.xlsx", "done/2026-03/b 维修.csv.report.json",
        "done/2026-03/b 维修.csv.report.txt", "done/2026-03/c 客户.csv", "done/2026-03/c 客户.csv.report.json",
        "done/2026-03/c 客户.csv.report.txt",
    ]  # fmt: skip
    assert shop.round().files == []


def test_the_database_is_the_same_as_after_importing_by_hand(shop: InboxShop, tmp_path: Path) -> None:
    """Row by row; the folder adds nothing but freshness of its own."""
    other = Store(f"sqlite:///{tmp_path}/other.sqlite3")
    upgrade(other)
    by_hand = InboxShop(other, tmp_path / "other")
    bring(other, by_hand.id, "customers", OWNERS)
    bring(other, by_hand.id, "visits", ORDERS)
    shop.drop_rows("1.csv", "visits", ORDERS)
    shop.drop_rows("2.csv", "customers", OWNERS)
    shop.round()
    mine, theirs = everything(shop.store), everything(other)
    mine.pop("freshness"), theirs.pop("freshness")
    other.close()
    assert mine == theirs


def test_records_are_as_fresh_as_their_file(shop: InboxShop) -> None:
    """It lay there for three days: of these it knows nothing. A clock ahead of ours makes it no fresher than now."""
    shop.drop_rows("1.csv", "customers", OWNERS, NOW - 3 * DAY)
    shop.drop_rows("2.csv", "visits", ORDERS, NOW + DAY)
    shop.round()
    with shop.store.read() as session:
        assert freshness(session, shop.id) == {"customers": NOW - 3 * DAY, "visits": NOW}
    shop.drop_rows("0.csv", "customers", OWNERS, NOW - 9 * DAY)
    shop.round()
    with shop.store.read() as session:
        assert freshness(session, shop.id)["customers"] == NOW - 3 * DAY


def test_a_visit_of_yesterday_is_no_future_one_though_its_file_is_older(sqlite_shop: InboxShop) -> None:
    """An unpacked archive dates its files as it likes; what a day is, the clock says."""
    sqlite_shop.drop_rows("1.csv", "customers", OWNERS)
    sqlite_shop.drop_rows("2.csv", "visits", ORDERS, NOW - 40 * 365 * DAY)
    assert [f.done.report.new for f in sqlite_shop.round().files if f.done] == [2, 2]


def test_the_same_file_again_changes_nothing(sqlite_shop: InboxShop) -> None:
    """It says so, and lies in done a second time under a name of its own."""
    for _ in range(2):
        sqlite_shop.drop_rows("客户.csv", "customers", OWNERS)
        (filed,) = sqlite_shop.round().files
    assert filed.done is not None
    assert (filed.done.report.new, filed.done.report.unchanged) == (0, 2)
    assert len([name for name in sqlite_shop.lying("done") if name.endswith("客户.csv")]) == 2


def test_the_papers_beside_a_file(sqlite_shop: InboxShop) -> None:
    """For programs what --json prints, with kind, file and moments; for people the shop's language, in any editor."""
    sqlite_shop.drop_rows("维修.csv", "visits", [*ORDERS, order("R9", 3, "2099-01-01")])
    sqlite_shop.round()
    told = json.loads(sqlite_shop.text("done", ".report.json"))
    assert told == {
        "file": "维修.csv", "kind": "visits", "at": NOW.isoformat(), "as_of": (NOW - DAY).isoformat(), "read": 3,
        "new": 0, "changed": 0, "unchanged": 0, "merged": 0, "parked": 2, "rejected": {"future_date": 1},
        "warned": {"unknown_vehicle": 2}, "rejects": "20260301-100000-维修.csv.rejects.xlsx",
    }  # fmt: skip
    text = sqlite_shop.text("done", ".report.txt")
    assert text.startswith("维修.csv · 进厂\n")
    assert "2026-02-28 10:00" in text
    assert "读取 3" in text
    (path,) = (sqlite_shop.folder / "done").rglob("*.report.txt")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in path.read_bytes()


def test_the_rejected_rows_come_back_mended(sqlite_shop: InboxShop) -> None:
    """The way of every day: open it, mend it, drop it in."""
    from openpyxl import load_workbook

    sqlite_shop.drop_rows("客户.csv", "customers", [*OWNERS, car("C3", phone(3), 3) | {"VIN": "LSV"}])
    sqlite_shop.round()
    (rejects,) = (sqlite_shop.folder / "done").rglob("*.rejects.xlsx")
    book = load_workbook(rejects)
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, header.index("notifier_reason") + 1).value == "bad_vin"
    sheet.cell(2, header.index("VIN") + 1).value = vin(3)
    book.save(sqlite_shop.folder / "改好.xlsx")
    (filed,) = sqlite_shop.round(NOW + DAY).files
    assert filed.done is not None
    assert (filed.done.report.read, filed.done.report.new) == (1, 1)
    assert filed.done.document()["as_of"] is None
    told = [path.read_text("utf-8-sig") for path in (sqlite_shop.folder / "done").rglob("*改好.xlsx.report.txt")]
    assert len(told) == 1
    with sqlite_shop.store.read() as session:
        assert freshness(session, sqlite_shop.id)["customers"] == NOW - DAY


def test_what_was_there_twice_does_not_come_in_by_the_folder(sqlite_shop: InboxShop) -> None:
    """The workbook dropped in as it is: everything in it is rejected once more, and the right car stays."""
    rows = [order("R1", 1, "2025-05-01"), order("R1", 2, "2025-08-01"), order("", 2, "2025-08-02")]
    sqlite_shop.drop_rows("工单.csv", "visits", rows)
    sqlite_shop.round()
    (rejects,) = (sqlite_shop.folder / "done").rglob("*.rejects.xlsx")
    sqlite_shop.drop("退回.xlsx", rejects.read_bytes())
    (filed,) = sqlite_shop.round(NOW + DAY).files
    assert filed.done is not None
    assert dict(filed.done.report.rejected) == {"duplicate_order": 1, "missing_order_no": 1}
    assert [row["vin"] for row in rows_of(sqlite_shop.store, "repair_order")] == [vin(1)]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("报价.pdf", b"%PDF-1.7 ...", "报价.pdf"),
        ("空.csv", b"", "空.csv"),
        ("无表头.csv", "甲,乙\n1,2\n", "无表头.csv"),
        ("缺列.csv", "VIN,姓名\nLSVAU2A30N0000001,陈\n", "phone"),
        ("两可.csv", "VIN,手机,保单号,保险到期日\n", "两可.csv"),
        ("断.csv", '工单号,VIN,进厂日期\n1,a,2026-01-01\n2,"a,2026-01-01\n3,a,2026-01-01\n', "断.csv"),
    ],
)
def test_a_file_that_cannot_be_used_is_put_aside_with_one_sentence(
    shop: InboxShop, name: str, content: bytes | str, words: str
) -> None:
    """In the shop's language; nothing of it is kept, nothing waits for it, and the next file is imported."""
    shop.drop(name, content, NOW - 2 * DAY)
    shop.drop_rows("客户.csv", "customers", OWNERS)
    result = shop.round()
    assert sorted((f.file, f.state) for f in result.files) == sorted([(name, "rejected"), ("客户.csv", "done")])
    assert shop.lying("rejected") == [f"rejected/{name}", f"rejected/{name}.why.txt"]
    sentence = shop.text("rejected", ".why.txt")
    assert words in sentence
    assert "working" not in sentence
    assert rows_of(shop.store, "repair_order") == []
    with shop.store.read() as session:
        assert unfinished_kinds(session, shop.id) == set()


def test_mappings_that_lie_in_the_folder_are_used_and_stay(sqlite_shop: InboxShop) -> None:
    """One for all kinds, one for a kind; a header row is found by them, too."""
    sqlite_shop.drop("mapping.yaml", "vin: 底盘\nphone: 联络\n".encode())
    sqlite_shop.drop("visits.mapping.yaml", "order_no: 流水\ndate_in: 哪天\n".encode())
    sqlite_shop.drop("1.csv", f"客户表\n底盘,联络\n{vin(1)},{phone(1)}\n")
    sqlite_shop.drop("2.csv", f"底盘,流水,哪天\n{vin(1)},R1,2026-01-10\n")
    assert [(f.done.report.kind, f.done.report.new) for f in sqlite_shop.round().files if f.done] == [
        ("customers", 1), ("visits", 1),
    ]  # fmt: skip
    assert {"mapping.yaml", "visits.mapping.yaml"} < set(sqlite_shop.lying())


def test_a_broken_mapping_stops_the_round_before_any_file(sqlite_shop: InboxShop) -> None:
    """It is no fault of the files: they stay."""
    sqlite_shop.drop("mapping.yaml", b"vim: a\n")
    sqlite_shop.drop_rows("客户.csv", "customers", OWNERS)
    with pytest.raises(BadInput, match="names the field vim"):
        sqlite_shop.round()
    assert sqlite_shop.lying() == ["mapping.yaml", "客户.csv"]


def test_no_consent_comes_from_a_folder(sqlite_shop: InboxShop) -> None:
    """Only from a column, and from a person who says --consent."""
    sqlite_shop.drop_rows(
        "客户.csv", "customers", [OWNERS[0], OWNERS[1] | {"营销同意": "是", "同意日期": "2026-01-01"}]
    )
    sqlite_shop.round()
    assert [one["consent"] for one in people(sqlite_shop.store)] == ["unknown", "yes"]


def test_names_nobody_can_read_are_filed_readably(shop: InboxShop) -> None:
    """A name in GBK, one with a line break, one as long as can be."""
    for raw in ("客户一".encode("gbk") + b".csv", "客户\n二.csv".encode(), ("客" * 83).encode() + b".csv"):
        shop.drop_rows(os.fsdecode(raw), "customers", OWNERS)
    assert {f.state for f in shop.round().files} == {"done"}
    assert {"done/2026-03/客户一.csv", "done/2026-03/客户_二.csv"} < set(shop.lying())


def test_two_rounds_at_once(sqlite_shop: InboxShop) -> None:
    """A command by hand beside the daemon: the second is refused, and each file is imported once."""
    sqlite_shop.drop_rows("客户.csv", "customers", OWNERS)
    ready = sqlite_shop.ready()
    refused = []

    def meanwhile(_done: int) -> None:
        with pytest.raises(Refused) as refusal:
            import_folder(sqlite_shop.desk, sqlite_shop.folder, ready, NOW)
        refused.append(refusal)

    result = sqlite_shop.round(desk=replace(sqlite_shop.desk, progress=meanwhile))
    assert [f.state for f in result.files] == ["done"]
    assert refused
    assert import_folder(sqlite_shop.desk, sqlite_shop.folder, ready, NOW).files == []


def test_a_copy_that_goes_on_after_a_pause_is_read_again_when_whole(sqlite_shop: InboxShop) -> None:
    """The writer still holds the file we moved; half a file is not left as the last word."""
    path = sqlite_shop.drop_rows("客户.csv", "customers", OWNERS[:1])
    with path.open("ab") as writer:

        def goes_on(_done: int) -> None:
            row = OWNERS[1]
            writer.write(f"{row['客户编号']},{row['姓名']},{row['手机']},{row['VIN']}\r\n".encode("gbk"))
            writer.flush()

        (filed,) = sqlite_shop.round(desk=replace(sqlite_shop.desk, progress=goes_on)).files
    assert (filed.state, sqlite_shop.lying()) == ("waiting", ["客户.csv"])
    (again,) = sqlite_shop.round().files
    assert again.done is not None
    assert (again.state, again.done.report.read) == ("done", 2)


# Ends in the middle


def _round_that_is_killed(url: str, folder: Path, number: int) -> None:
    """In a process of its own: a round that gets the signal when the first rows are stored."""
    store = Store(url)
    shop = InboxShop(store, folder)
    shop.round(desk=replace(shop.desk, progress=lambda _done: os.kill(os.getpid(), number)))


@pytest.fixture
def crowd() -> list[dict[str, str]]:
    """More rows than one transaction takes."""
    return [car(f"C{n:04d}", phone(n), n, 姓名=f"客户{n}") for n in range(1200)]


def test_a_round_that_is_killed_is_completed_by_the_next(
    store: Store, tmp_path: Path, crowd: list[dict[str, str]]
) -> None:
    """kill -9 in the middle: the file waits in working, and the next round ends as an undisturbed one."""
    shop = InboxShop(store, tmp_path / "inbox")
    path = shop.drop_rows("客户.csv", "customers", crowd)
    plain = tmp_path / "same.csv"
    plain.write_bytes(path.read_bytes())
    child = multiprocessing.get_context("spawn").Process(
        target=_round_that_is_killed, args=(store.url, shop.folder, signal.SIGKILL)
    )
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert shop.lying() == ["working/1/客户.csv"]
    assert 0 < len(rows_of(store, "vehicle")) < 1200
    with store.read() as session:
        assert unfinished_kinds(session, shop.id) == {"customers"}
        assert freshness(session, shop.id) == {}
    wait_for_the_lock_of_the_dead(store, shop.id)
    (filed,) = import_folder(shop.desk, shop.folder, {}, NOW).files
    assert filed.state == "done"
    assert len(rows_of(store, "vehicle")) == 1200
    with store.read() as session:
        assert unfinished_kinds(session, shop.id) == set()
        assert freshness(session, shop.id) == {"customers": NOW - DAY}
    report = import_table("customers", store, shop.id, open_csv(plain), settings())
    assert (report.new, report.changed, report.unchanged) == (0, 0, 1200)


def test_a_round_told_to_end_puts_its_file_back(sqlite_shop: InboxShop, crowd: list[dict[str, str]]) -> None:
    """SIGTERM unwinds: the file lies where it lay, no try is counted, and the next round completes it."""
    sqlite_shop.drop_rows("客户.csv", "customers", crowd)

    def told_to_end(_done: int) -> None:
        raise SystemExit(0)

    with pytest.raises(SystemExit):
        sqlite_shop.round(desk=replace(sqlite_shop.desk, progress=told_to_end))
    assert sqlite_shop.lying() == ["客户.csv"]
    assert [f.state for f in sqlite_shop.round().files] == ["done"]
    assert len(rows_of(sqlite_shop.store, "vehicle")) == 1200


def test_a_file_that_kills_every_round_is_given_up(sqlite_shop: InboxShop) -> None:
    """It must not keep all the others from being imported for ever."""
    place = sqlite_shop.folder / "working" / str(TRIES)
    place.mkdir(parents=True)
    sqlite_shop.drop_rows("毒.csv", "customers", OWNERS).rename(place / "毒.csv")
    sqlite_shop.drop_rows("客户.csv", "customers", OWNERS)
    assert [(f.file, f.state) for f in sqlite_shop.round().files] == [("毒.csv", "rejected"), ("客户.csv", "done")]


# Not the file's fault


@pytest.fixture
def impatient(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store that waits a moment for a locked database, not half a minute."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    store = Store(sqlite_url)
    yield store
    store.close()


def test_while_the_database_is_held_the_files_stay(impatient: Store, sqlite_url: str, tmp_path: Path) -> None:
    """The round ends at the first; when the database is free again all go in."""
    shop = InboxShop(impatient, tmp_path / "inbox")
    shop.drop_rows("1.csv", "customers", OWNERS)
    shop.drop_rows("2.csv", "visits", ORDERS)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    result = shop.round()
    assert [(f.file, f.state) for f in result.files] == [("1.csv", "waiting")]
    assert result.trouble is not None
    assert "database could not be used" in result.trouble
    assert shop.lying() == ["1.csv", "2.csv"]
    other.execute("ROLLBACK")
    other.close()
    assert [f.state for f in shop.round().files] == ["done", "done"]


def test_a_file_taken_away_under_our_hands_stops_nothing(sqlite_shop: InboxShop) -> None:
    """Somebody changes their mind while it is imported."""
    sqlite_shop.drop_rows("1.csv", "customers", OWNERS)
    sqlite_shop.drop_rows("2.csv", "visits", ORDERS)

    def taken_away(_done: int) -> None:
        (sqlite_shop.folder / "working" / "1" / "1.csv").unlink(missing_ok=True)

    states = [(f.file, f.state) for f in sqlite_shop.round(desk=replace(sqlite_shop.desk, progress=taken_away)).files]
    assert states == [("1.csv", "waiting"), ("2.csv", "done")]
    assert [name for name in sqlite_shop.lying() if "1.csv" in name] == []


def test_a_folder_that_cannot_be_worked_in_is_one_sentence(sqlite_shop: InboxShop) -> None:
    """Whatever the system says about it; the files stay."""
    sqlite_shop.drop_rows("客户.csv", "customers", OWNERS)
    ready = sqlite_shop.ready()
    (sqlite_shop.folder / "working").mkdir()
    (sqlite_shop.folder / "working" / "1").touch()
    with pytest.raises(BadInput, match="cannot be worked in"):
        import_folder(sqlite_shop.desk, sqlite_shop.folder, ready, NOW)
    with pytest.raises(BadInput, match="cannot be worked in"):
        sqlite_shop.ready()
    assert "客户.csv" in sqlite_shop.lying()


def test_a_refused_file_holds_nothing_up_unless_it_takes_up_a_killed_import(shop: InboxShop) -> None:
    """Of a fresh one no row is stored; a killed one has stored rows, and planning has to wait for its end."""
    with shop.store.write() as session:
        for fingerprint, kind in (("a", "visits"), ("b", "renewals"), ("b", "renewals")):
            before = latest_import(session)
            found = begin_import(session, shop.id, kind, source="x.csv", fingerprint=fingerprint, at=NOW)
            if (kind, found > before) != ("renewals", True):  # the first of renewals was killed
                refuse_import(session, found, before)
        assert unfinished_kinds(session, shop.id) == {"renewals"}
