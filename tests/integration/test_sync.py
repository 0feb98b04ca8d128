"""notifier sync, from real databases into real databases: what is read, when, and what a failure leaves."""

# moments without a zone, as databases hold them

# ruff: noqa: DTZ001  # moments without a zone, as databases hold them

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from notifier.dms.sql import open_dms
from notifier.errors import BadInput, ConfigError, SourceError
from notifier.jobs.sync import Synced, sync_all
from notifier.reports.import_news import import_news, last_sentence
from notifier.store.engine import Store
from notifier.store.imports import begin_import, freshness, unfinished_kinds
from notifier.store.syncs import Reached, SyncFailure, keep_sync_point, last_failure, sync_points
from tests.support.dms_database import CARS, MORNING, ORDERS, PEOPLE, QUERIES, DmsDatabase
from tests.support.import_desk import (
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
    vin,
)
from tests.support.postgres import Postgres

LATER = MORNING + timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def dms(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DmsDatabase]:
    """A dealer's database with three customers, once on each kind."""
    folder = tmp_path / "dms"
    folder.mkdir()
    is_file = request.param == "sqlite"
    made = DmsDatabase(
        f"sqlite:///{folder}/dms.db" if is_file else request.getfixturevalue("empty_postgres_url"), folder
    )
    made.fill()
    yield made
    made.close()


@pytest.fixture
def shop(sqlite_store: Store) -> int:
    """A shop to bring them into."""
    return open_shop(sqlite_store)


def sync(store: Store, shop_id: int, dms: DmsDatabase, **options: Any) -> dict[str, Synced]:
    """One pass; each kind as it was done."""
    changes = {name: options.pop(name) for name in ("now",) if name in options}
    done = sync_all(store, shop_id, dms.url, dms.queries, settings(**changes), **options)
    return {synced.kind: synced for synced in done}


def read(done: dict[str, Synced]) -> dict[str, int]:
    """Rows read, by kind."""
    return {kind: synced.report.read for kind, synced in done.items()}


def test_a_database_gives_what_its_export_gives(store: Store, dms: DmsDatabase) -> None:
    """Row by row the same base as from files of the same rows."""
    synced, imported = open_shop(store), open_shop(store, "files")
    done = sync(store, synced, dms)
    assert list(done) == ["customers", "visits", "renewals"]
    assert all(each.whole for each in done.values())
    assert read(done) == {"customers": 3, "visits": 2, "renewals": 1}
    bring(store, imported, "customers", [
        car(f"K{n}", phone(n), n, f"2024-01-0{n}", 姓名=f"王强{n}") for n in (1, 2, 3)
    ])  # fmt: skip
    bring(store, imported, "visits", [
        order("R1", 1, "2025-09-12 09:30", "10000", 金额="800.5"),
        order("R2", 2, "2025-10-01 08:00", "10000", 金额="-80"),
    ])  # fmt: skip
    bring(store, imported, "renewals", [{"保单号": "P1", "VIN": vin(1), "终保日期": "2026-09-30", "保费": "3200"}])
    ids = {"id", "shop_id", "customer_id", "vehicle_id", "visit_id", "import_id", "bucket_key"}
    for name, rows in everything(store).items():
        by_shop: dict[int, list[dict[str, Any]]] = {synced: [], imported: []}
        for row in rows:
            if "shop_id" in row:
                by_shop[row["shop_id"]].append({key: value for key, value in row.items() if key not in ids})
        assert by_shop[synced] == by_shop[imported], name


def test_only_what_has_changed_is_read_the_next_time(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """And a little before it; a query without such a column is read whole."""
    sync(sqlite_store, shop, dms)
    dms.do("UPDATE people SET mobile = :phone, changed = :at WHERE no = 'K2'", phone=phone(22), at=LATER)
    dms.order("R3", 3, datetime(2026, 2, 20, 9), changed=LATER)
    done = sync(sqlite_store, shop, dms)
    assert {kind: each.whole for kind, each in done.items()} == {
        "customers": False, "visits": False, "renewals": True
    }  # fmt: skip
    # All of the morning is older than nothing: the overlap behind MORNING takes its own moment in again.
    assert read(done) == {"customers": 3, "visits": 3, "renewals": 1}
    assert (done["customers"].report.changed, done["customers"].report.unchanged) == (1, 2)
    assert (done["visits"].report.new, done["visits"].report.unchanged) == (1, 2)
    third = sync(sqlite_store, shop, dms)
    assert read(third) == {"customers": 1, "visits": 1, "renewals": 1}
    assert all(each.report.unchanged == each.report.read for each in third.values())
    assert people(sqlite_store)[1]["phone"] == f"+86{phone(22)}"


def test_a_row_committed_late_is_not_lost(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """It was stamped nine minutes before the latest row known, but could not be seen then."""
    sync(sqlite_store, shop, dms)
    dms.order("LATE", 3, datetime(2026, 2, 20, 9), changed=MORNING - timedelta(minutes=9))
    dms.order("OLD", 3, datetime(2026, 2, 21, 9), changed=MORNING - timedelta(minutes=11))
    done = sync(sqlite_store, shop, dms, kinds=["visits"])
    assert done["visits"].report.new == 1
    assert "LATE" in {row["order_no"] for row in rows_of(sqlite_store, "repair_order")}
    assert sync(sqlite_store, shop, dms, kinds=["visits"], full=True)["visits"].report.new == 1


def test_a_row_without_a_stamp_is_read_each_time(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """Some programs stamp a row only when it is changed for the first time."""
    sync(sqlite_store, shop, dms)
    dms.order("BARE", 3, datetime(2026, 2, 20, 9), changed=None)
    assert sync(sqlite_store, shop, dms)["visits"].report.new == 1
    assert sync(sqlite_store, shop, dms)["visits"].report.unchanged == 3


def test_a_stamp_in_the_future_hides_no_change(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """A slip of somebody's hand."""
    dms.order("SLIP", 3, datetime(2026, 2, 20, 9), changed=datetime(2099, 1, 1))
    sync(sqlite_store, shop, dms)
    dms.order("R4", 1, datetime(2026, 2, 22, 9), changed=LATER)
    assert sync(sqlite_store, shop, dms)["visits"].report.new == 1


def test_moments_with_a_zone_are_read_by_the_shop_clock(
    sqlite_store: Store, shop: int, postgres: Postgres, tmp_path: Path
) -> None:
    """Half past midnight of the 20th in Shanghai is the 19th in UTC."""
    name = postgres.create()
    dms = DmsDatabase(postgres.url_of(name), tmp_path)
    dms.do("ALTER TABLE orders ALTER came_in TYPE timestamptz, ALTER changed TYPE timestamptz")
    dms.fill()
    dms.order("R9", 1, datetime(2026, 2, 19, 16, 30, tzinfo=UTC), changed=NOW - timedelta(minutes=5))
    assert sync(sqlite_store, shop, dms)["visits"].report.new == 3
    days = {row["order_no"]: row["date_in"] for row in rows_of(sqlite_store, "repair_order")}
    assert days["R9"] == date(2026, 2, 20)
    dms.order("R10", 2, datetime(2026, 2, 20, 3, tzinfo=UTC), changed=NOW - timedelta(minutes=12))
    assert sync(sqlite_store, shop, dms)["visits"].report.new == 1
    dms.close()
    postgres.drop(name)


def test_nothing_new_is_news_all_the_same(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """Planning may trust records that were asked after and had not changed, even where the only row is a bad one."""
    dms.write("\n".join(line if "changed_column" not in line else line + "\n  overlap: 0m"
                        for line in dms.file.read_text().splitlines()))  # fmt: skip
    dms.order("BAD", 3, datetime(2026, 2, 20, 9), changed=LATER)
    dms.do("UPDATE orders SET vin = 'none' WHERE no = 'BAD'")
    dms.do("UPDATE people SET changed = :at WHERE no = 'K1'", at=LATER)
    sync(sqlite_store, shop, dms)
    dms.do("UPDATE people SET changed = :at WHERE no = 'K1'", at=MORNING)
    tomorrow = NOW + timedelta(days=1)
    done = sync(sqlite_store, shop, dms, now=tomorrow)
    assert read(done) == {"customers": 0, "visits": 1, "renewals": 1}
    assert done["visits"].report.rejected == {"bad_vin": 1}
    with sqlite_store.read() as session:
        assert freshness(session, shop) == dict.fromkeys(("customers", "visits", "renewals"), tomorrow)
        points = sync_points(session, shop)
    assert {point.at for point in points.values()} == {tomorrow}
    assert points["customers"].since is not None
    assert points["renewals"].since is None


def test_another_query_is_read_from_its_beginning(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """What it gives now may never have been read; what was read is only unchanged."""
    sync(sqlite_store, shop, dms)
    dms.do("UPDATE orders SET changed = :at WHERE no = 'R1'", at=MORNING - timedelta(days=300))
    dms.write(dms.file.read_text(encoding="utf-8").replace("FROM orders;", "FROM orders WHERE no <> ''"))
    done = sync(sqlite_store, shop, dms)
    assert (done["visits"].whole, done["visits"].report.unchanged) == (True, 2)
    assert not done["customers"].whole


def test_a_customers_query_that_gives_nobody_is_refused(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """A shop without customers is a query that failed, and must not count as fresh."""
    dms.do("DELETE FROM cars")
    with pytest.raises(SourceError, match=r"dms\.yaml, line 1: the query of customers gave no row"):
        sync(sqlite_store, shop, dms)
    with sqlite_store.read() as session:
        assert freshness(session, shop) == {}
        assert unfinished_kinds(session, shop) == set()


@pytest.mark.parametrize(("kind", "table"), [("visits", "orders"), ("renewals", "policies")])
def test_a_whole_source_without_a_row_is_no_news_where_some_are_known(
    store: Store, dms: DmsDatabase, kind: str, table: str
) -> None:
    """A query that failed or another database looks like that; planning goes by what was known before."""
    shop, later = open_shop(store), NOW + timedelta(days=1)
    sync(store, shop, dms)
    dms.do(f"DELETE FROM {table}")
    done = sync(store, shop, dms, now=later, full=True)
    assert {each: synced.report.is_news for each, synced in done.items()} == {
        each: each != kind for each in ("customers", "visits", "renewals")
    }
    assert done[kind].document()["news"] is False
    with store.read() as session:
        assert freshness(session, shop)[kind] == NOW
        news = {each.kind: each for each in import_news(session, shop, later, {}, {})}
        assert unfinished_kinds(session, shop) == set()
    assert "no row at all, so it does not count as fresh" in last_sentence(news[kind])
    assert "rows read" in last_sentence(news["customers"])
    dms.fill_again(kind)
    assert sync(store, shop, dms, now=later, kinds=[kind])[kind].report.is_news
    with store.read() as session:
        assert freshness(session, shop)[kind] == later


@pytest.mark.parametrize(("kind", "table"), [("visits", "orders"), ("renewals", "policies")])
def test_a_source_that_was_empty_from_the_start_is_fresh(store: Store, dms: DmsDatabase, kind: str, table: str) -> None:
    """A new shop has no visits, and many a DMS keeps no policies: reminders must not wait for ever."""
    shop = open_shop(store)
    dms.do(f"DELETE FROM {table}")
    for now in (NOW, NOW + timedelta(days=1)):
        assert sync(store, shop, dms, now=now)[kind].report.is_news
        with store.read() as session:
            assert freshness(session, shop)[kind] == now


def test_a_failure_is_kept_until_the_same_has_worked(store: Store, dms: DmsDatabase) -> None:
    """One row, however often it fails; another failure begins anew; a dry run keeps none."""
    shop = open_shop(store)
    dms.do("ALTER TABLE orders RENAME TO jobs")
    with pytest.raises(SourceError):
        sync(store, shop, dms, dry_run=True)
    assert _failure(store, shop) is None
    for hours in range(3):
        with pytest.raises(SourceError) as refused:
            sync(store, shop, dms, now=NOW + timedelta(hours=hours))
    failure = _failure(store, shop)
    assert failure is not None
    assert (failure.kind, failure.since, failure.at) == ("visits", NOW, NOW + timedelta(hours=2))
    assert str(failure) == str(refused.value)
    assert len([row for row in rows_of(store, "dms_import") if row["state"] == "refused"]) == 1
    assert unfinished_of(store, shop) == set()

    dms.write(dms.file.read_text(encoding="utf-8").replace('no AS "工单号"', 'no AS "number"'))
    dms.do("ALTER TABLE jobs RENAME TO orders")
    with pytest.raises(ConfigError):
        sync(store, shop, dms, now=NOW + timedelta(hours=3))
    failure = _failure(store, shop)
    assert failure is not None
    assert (failure.code, failure.since) == ("config", NOW + timedelta(hours=3))

    dms.write(QUERIES)
    sync(store, shop, dms, kinds=["customers", "renewals"])
    assert _failure(store, shop) is not None
    sync(store, shop, dms, kinds=["visits"])
    assert _failure(store, shop) is None


def test_a_database_away_is_over_when_any_kind_is_read(store: Store, dms: DmsDatabase, tmp_path: Path) -> None:
    """It is the database that failed, not the query."""
    shop = open_shop(store)
    with pytest.raises(SourceError):
        list(sync_all(store, shop, f"sqlite:///{tmp_path}/none.db", dms.queries, settings()))
    assert _failure(store, shop) is not None
    sync(store, shop, dms, kinds=["renewals"])
    assert _failure(store, shop) is None


@pytest.mark.parametrize("letter", ["x", "长"])
def test_a_cell_that_is_no_cell_is_one_sentence(store: Store, dms: DmsDatabase, letter: str) -> None:
    """A scan or a whole document in a column: the row and the column are named, nothing is written."""
    shop = open_shop(store)
    dms.do("UPDATE orders SET kind = :kind WHERE no = 'R2'", kind=letter * 1_000_001)
    with pytest.raises(SourceError, match=r"dms\.yaml, line 7: row 2 .* million characters in the column 维修类别"):
        sync(store, shop, dms, kinds=["visits"])
    assert rows_of(store, "repair_order") == []
    assert unfinished_of(store, shop) == set()


def _failure(store: Store, shop_id: int) -> SyncFailure | None:
    with store.read() as session:
        return last_failure(session, shop_id)


def unfinished_of(store: Store, shop_id: int) -> set[str]:
    """Kinds planning must not use."""
    with store.read() as session:
        return unfinished_kinds(session, shop_id)


def test_one_kind_that_fails_leaves_those_before_it_done(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """Nothing of the failed one is begun, so planning goes on with what it has; the next pass brings it."""
    dms.do("ALTER TABLE orders RENAME TO jobs")
    with pytest.raises(SourceError, match=r"dms\.yaml, line 7: .* query of visits .*orders") as refused:
        sync(sqlite_store, shop, dms)
    assert "\n" not in str(refused.value)
    with sqlite_store.read() as session:
        assert set(freshness(session, shop)) == {"customers"}
        assert unfinished_kinds(session, shop) == set()
        assert set(sync_points(session, shop)) == {"customers"}
    dms.do("ALTER TABLE jobs RENAME TO orders")
    assert sync(sqlite_store, shop, dms)["visits"].report.new == 2


def test_a_source_that_breaks_off_half_way_leaves_nothing_begun(
    sqlite_store: Store, shop: int, postgres: Postgres, tmp_path: Path
) -> None:
    """Its server ends the connection after some thousand rows."""
    name = postgres.create()
    dms = DmsDatabase(postgres.url_of(name), tmp_path)
    with dms.engine.begin() as connection:
        cells = {"vin": vin(1), "came_in": MORNING, "km": 1, "kind": "x" * 500, "total": 1, "changed": MORNING}
        connection.execute(sa.insert(ORDERS), [{"no": f"R{n}", **cells} for n in range(20_000)])

    @contextmanager
    def watch(_kind: str, total: int | None) -> Iterator[Any]:
        assert total is None

        def told(rows: int) -> None:
            if rows == 3_000:
                dms.do(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        yield told

    with pytest.raises(SourceError, match="did not answer the query of visits to its end") as refused:
        sync(sqlite_store, shop, dms, kinds=["visits"], watch=watch)
    assert "\n" not in str(refused.value)
    assert [row["state"] for row in rows_of(sqlite_store, "dms_import")] == ["refused"]
    assert rows_of(sqlite_store, "sync_point") == []
    dms.close()
    postgres.drop(name)


@pytest.mark.parametrize(
    "edit, said",
    [
        (("vin, came_in", "'x' AS lorry, came_in"), "gives no column for VIN; its columns are 工单号, lorry"),
        (("changed_column: changed\nrenewals", "changed_column: Changed\nrenewals"), "gives no column Changed"),
        (("changed_column: changed\nrenewals", "changed_column: 工单号\nrenewals"), "holds something like x0,"),
        (("FROM orders;", "FROM orders;\n  mapping:\n    km: km"), "visits.mapping.km is not a known key"),
        (("FROM orders;", "FROM orders;\n  mapping:\n    odometer: miles"), "which the file does not have"),
    ],
)
def test_a_query_that_does_not_fit_is_refused_with_the_mend(
    sqlite_store: Store, shop: int, dms: DmsDatabase, edit: tuple[str, str], said: str
) -> None:
    """Nothing of it is begun."""
    dms.write(dms.file.read_text(encoding="utf-8").replace(*edit))
    with pytest.raises((ConfigError, BadInput)) as refused:
        sync(sqlite_store, shop, dms, kinds=["visits"])
    assert said in str(refused.value)
    with sqlite_store.read() as session:
        assert unfinished_kinds(session, shop) == set()
        assert sync_points(session, shop) == {}


def test_a_broken_off_import_is_taken_up_by_the_next_sync(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """The sync point had not moved, so the same rows come again, and the mark of the unfinished import goes."""
    with open_dms(dms.url) as source:
        query, now = dms.queries["customers"], settings()
        with source.reading(query, since=None, now=NOW, zone=now.zone, watched=_unwatched()) as table:
            fingerprint = table.fingerprint
    with sqlite_store.write() as session:
        broken = begin_import(session, shop, "customers", source="dms.yaml: customers", fingerprint=fingerprint, at=NOW)
    sync(sqlite_store, shop, dms)
    states = {row["id"]: (row["state"], row["source"]) for row in rows_of(sqlite_store, "dms_import")}
    assert states[broken] == ("done", "dms.yaml: customers")
    assert len(states) == 3


def test_a_dry_run_plays_all_through_and_keeps_nothing(store: Store, dms: DmsDatabase) -> None:
    """Its visits find the cars of its customers, though neither is kept."""
    shop = open_shop(store)
    before = everything(store)
    done = sync(store, shop, dms, dry_run=True)
    assert (done["visits"].report.new, done["visits"].report.parked) == (2, 0)
    assert everything(store) == before
    with store.read() as session:
        assert sync_points(session, shop) == {}


def test_only_the_kinds_named_are_read(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """In their own order, whatever the order they are named in."""
    assert list(sync(sqlite_store, shop, dms, kinds=["visits", "customers"])) == ["customers", "visits"]
    dms.write(dms.file.read_text(encoding="utf-8").partition("renewals:")[0])
    with pytest.raises(BadInput, match=r"There is no query of renewals in .*; it has customers, visits"):
        sync(sqlite_store, shop, dms, kinds=["renewals"])


def test_the_source_is_never_written_to(dms: DmsDatabase) -> None:
    """What our look at the statement missed, the database itself refuses."""
    with open_dms(dms.url) as source, source._connection() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.execute(sa.text("UPDATE people SET name = ''"))
    assert dms.count(PEOPLE) == dms.count(CARS) == 3
    with dms.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM people WHERE name = ''")).scalar_one() == 0


def test_notifiers_own_database_is_no_source(store: Store) -> None:
    """Somebody copied the wrong line of .env."""
    with pytest.raises(ConfigError, match="which is Notifier's own database"), open_dms(store.url):
        pass


def test_chinese_of_old_programs_is_read(sqlite_store: Store, shop: int, tmp_path: Path) -> None:
    """GBK bytes in an SQLite file, though it says UTF-8; and a colon in the query is no parameter."""
    dms = DmsDatabase(f"sqlite:///{tmp_path}/dms.db", tmp_path)
    dms.person(1)
    dms.do("UPDATE people SET name = CAST(:name AS TEXT)", name="李娜".encode("gb18030"))
    dms.write(dms.file.read_text(encoding="utf-8").replace("p.no AS", "'档:' || p.no || ' :x' AS"))
    sync(sqlite_store, shop, dms, kinds=["customers"])
    found = people(sqlite_store)[0]
    assert (found["name"], found["numbers"]) == ("李娜", ["档:K1:X"])
    dms.close()


def test_signs_that_mean_something_to_drivers_stay_what_they_are(
    sqlite_store: Store, shop: int, dms: DmsDatabase
) -> None:
    """A percent sign, a colon before a word, a question mark: neither the first query nor the narrowed one has more."""
    dms.write(dms.file.read_text(encoding="utf-8").replace(
        "ON p.no = c.owner", "ON p.no = c.owner WHERE p.name LIKE '王%%' AND '12:30 %s :since ?' LIKE '%:since ?'"
    ))  # fmt: skip
    assert sync(sqlite_store, shop, dms, kinds=["customers"])["customers"].report.new == 3
    dms.person(4, changed=LATER)
    again = sync(sqlite_store, shop, dms, kinds=["customers"])["customers"]
    assert (again.whole, again.report.new) == (False, 1)


def test_how_far_is_kept_for_each_shop_and_kind(store: Store) -> None:
    """The latest word counts."""
    one, other = open_shop(store), open_shop(store, "other")
    first, second = (
        Reached("a" * 64, None, NOW),
        Reached("b" * 64, "text 2026-03-01 10:00:00", NOW + timedelta(hours=1)),
    )
    for shop_id, kind, reached in ((one, "visits", first), (one, "customers", first), (one, "visits", second)):
        with store.write() as session:
            keep_sync_point(session, shop_id, kind, reached)
    with store.read() as session:
        assert sync_points(session, one) == {"customers": first, "visits": second}
        assert sync_points(session, other) == {}


def test_memory_does_not_grow_with_the_answer(sqlite_store: Store, shop: int, dms: DmsDatabase) -> None:
    """The answer goes to disk as it comes: ten times the rows, no more memory."""
    peaks = []
    for rows in (3_000, 30_000):
        dms.do("DELETE FROM orders")
        with dms.engine.begin() as connection:
            cells = {"vin": vin(1), "came_in": MORNING, "km": 1, "kind": "x" * 500, "total": 1, "changed": MORNING}
            connection.execute(sa.insert(ORDERS), [{"no": f"R{n}", **cells} for n in range(rows)])
        tracemalloc.start()
        with open_dms(dms.url) as source:
            query, zone = dms.queries["visits"], settings().zone
            with source.reading(query, since=None, now=NOW, zone=zone, watched=_unwatched()) as table:
                assert (table.rows, sum(1 for _row in table), sum(1 for _row in table)) == (rows, rows, rows)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


@contextmanager
def _unwatched() -> Iterator[Any]:
    yield lambda _done: None
