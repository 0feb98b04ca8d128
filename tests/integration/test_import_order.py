"""The order of rows never matters, and a killed import ends as an undisturbed one."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from notifier.dms.imports import import_table
from notifier.dms.readers import open_csv
from notifier.dms.rejects import write_rejects
from notifier.store.engine import Store
from notifier.store.imports import freshness, unfinished_kinds
from tests.support.import_desk import (
    CUSTOMER_HEADERS,
    DIRTY,
    VISIT_HEADERS,
    VISITS,
    bring,
    by_key,
    car,
    everything,
    new_shop,
    open_shop,
    order,
    phone,
    settings,
    vin,
    wait_for_the_lock_of_the_dead,
)


@pytest.fixture(scope="module")
def sqlite_shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for one small database an example."""
    return tmp_path_factory.mktemp("orders")


def _life(folder: Path, people: Sequence[Mapping[str, str]], orders: Sequence[Mapping[str, str]]) -> Any:
    """A shop that already knew three customers imports both files; all it then knows, and what it said."""
    path = folder / f"{time.monotonic_ns()}.sqlite3"
    store, shop = new_shop(path)
    known = [car("C1", phone(1), 1), car("C2", phone(1), 3), car("C8", phone(3), 11), car("C4", phone(3), 4)]
    bring(store, shop, "customers", known)
    reports = [bring(store, shop, "customers", people), bring(store, shop, "visits", orders)]
    found = everything(store), [report.as_json() for report in reports]
    store.close()
    path.unlink()
    return found


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.permutations(DIRTY), orders=st.permutations(VISITS))
def test_rows_in_any_order_give_the_same_database(
    sqlite_shops: Path, people: list[dict[str, str]], orders: list[dict[str, str]]
) -> None:
    """Every table, row by row, and every count."""
    assert _life(sqlite_shops, people, orders) == _life(sqlite_shops, DIRTY, VISITS)


def _csv(path: Path, headers: Sequence[str], rows: Sequence[Mapping[str, str]], encoding: str, comma: str) -> Path:
    lines = [comma.join(headers), *(comma.join(row.get(header, "") for header in headers) for row in rows)]
    path.write_text("\n".join(["泉州店客户档案", *lines]) + "\n", encoding=encoding)
    return path


@pytest.mark.parametrize("encoding, comma", [("utf-8-sig", ","), ("gbk", ";"), ("gb18030", "\t"), ("utf-16", "\t")])
def test_every_encoding_gives_the_same_database(store: Store, tmp_path: Path, encoding: str, comma: str) -> None:
    """UTF-8 rows in memory, and the same as the file Excel or the DMS writes, title row included."""
    shop = open_shop(store)
    path = _csv(tmp_path / "people.csv", CUSTOMER_HEADERS, DIRTY, encoding, comma)
    report = import_table("customers", store, shop, open_csv(path), settings())
    from_file = everything(store)
    twin, other = new_shop(tmp_path / "twin.sqlite3")
    same = bring(twin, other, "customers", DIRTY)
    assert (report.as_json(), from_file) == (same.as_json(), everything(twin))
    twin.close()


def test_rejects_come_back_as_they_were(store: Store, tmp_path: Path) -> None:
    """Reason and line beside the row; mended and imported again, only the mended row is new."""
    shop = open_shop(store)
    table = open_csv(_csv(tmp_path / "v.csv", VISIT_HEADERS, VISITS, "gbk", ","))
    report = import_table("visits", store, shop, table, settings())
    out = tmp_path / "rejects.csv"
    assert write_rejects(table, report.rejects, out) == 2
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    written = open_csv(out)
    rows = [dict(zip(written.headers, cells, strict=True)) for _line, cells in written]
    assert [(row["工单号"], row["notifier_reason"], row["notifier_line"]) for row in rows] == [
        ("R1", "duplicate_order", "4"), ("R7", "future_date", "10"),
    ]  # fmt: skip


_TO_BE_KILLED = """
import sys
from pathlib import Path
from notifier.dms.imports import import_table
from notifier.dms.readers import open_csv
from notifier.store.engine import Store
from tests.support.import_desk import settings

def half_way(done):
    if done >= 100:
        print("half-way", flush=True)
        sys.stdin.read()

told = settings(chunk_rows=20, paced=False, progress=half_way)
import_table(sys.argv[2], Store(sys.argv[1]), 1, open_csv(Path(sys.argv[3])), told)
"""


def _many_people(n: int) -> list[dict[str, str]]:
    chance = random.Random(7)
    return [car(f"C{k:04d}", phone(k // 2), k, 姓名=f"客户{chance.randrange(99)}", 生日="5月9日") for k in range(n)]


def _many_orders(n: int) -> list[dict[str, str]]:
    return [order(f"R{k}", k % 150, f"2025-{k % 12 + 1:02d}-{k % 28 + 1:02d}", str(5000 + k)) for k in range(n)]


@pytest.mark.parametrize("kind", ["customers", "visits"])
def test_a_killed_import_is_seen_and_completed(store: Store, tmp_path: Path, kind: str) -> None:
    """kill -9 half-way: marked unfinished, not fresh; the next run of the same file ends as an undisturbed one."""
    shop = open_shop(store)
    people = _csv(tmp_path / "people.csv", CUSTOMER_HEADERS, _many_people(200), "gbk", ",")
    orders = _csv(tmp_path / "orders.csv", VISIT_HEADERS, _many_orders(400), "gbk", ",")
    if kind == "visits":
        import_table("customers", store, shop, open_csv(people), settings())
    path = people if kind == "customers" else orders
    command, pipe = [sys.executable, "-c", _TO_BE_KILLED, store.url, kind, str(path)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half-way\n"
        process.kill()
    with store.read() as session:
        assert unfinished_kinds(session, shop) == {kind}
        assert kind not in freshness(session, shop)
        assert 0 < session.execute(sa.text(f"SELECT count(*) FROM {_written(kind)}")).scalar_one() < 200
    wait_for_the_lock_of_the_dead(store, shop)
    import_table(kind, store, shop, open_csv(path), settings())
    with store.read() as session:
        assert unfinished_kinds(session, shop) == set()
    undisturbed, _shop = new_shop(tmp_path / "undisturbed.sqlite3")
    for each in ("customers", "visits")[: 1 if kind == "customers" else 2]:
        import_table(each, undisturbed, shop, open_csv(people if each == "customers" else orders), settings())
    assert by_key(everything(store)) == by_key(everything(undisturbed))
    undisturbed.close()


def _written(kind: str) -> str:
    return {"customers": "vehicle", "visits": "visit"}[kind]


def test_vins_of_the_desk_are_all_different() -> None:
    """Or the tests above would compare less than they say."""
    assert len({vin(n) for n in range(300)}) == 300
