"""A long file is imported with a second process beside the first: to the same end, whatever happens to either."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows, open_csv
from notifier.errors import BadInput
from notifier.store.engine import Store
from notifier.store.imports import unfinished_kinds
from tests.support.import_desk import VISIT_HEADERS, bring, car, everything, new_shop, order, phone, settings

CARS, ORDERS = 400, 26_000


@pytest.fixture(scope="module")
def orders() -> list[dict[str, str]]:
    """Of known and unknown cars, some days with several orders, some numbers twice, some cells wrong."""
    chance = random.Random(5)
    made = []
    for n in range(ORDERS):
        nth = n // (CARS + 9)
        day = f"{2018 + nth // 9:04d}-{nth % 9 + 1:02d}-{chance.choice((7, 8, 9)):02d}"
        km = chance.choice((str(5_000 + nth * 900), "", "0", "999999")) if n % 50 == 0 else str(5_000 + nth * 900)
        made.append(order(
            f"R{n - 3 if n % 97 == 0 else n}", n % (CARS + 9), day if n % 211 else "soon", km,
            chance.choice(("定期保养", "一般维修", "事故车", "PDI", "首保")), 金额=f"{chance.randrange(99_999)}.50",
            服务顾问=f"顾问{n % 7}", 优惠券="",
        ))  # fmt: skip
    chance.shuffle(made)
    return made


@pytest.fixture
def file(tmp_path: Path, orders: Sequence[Mapping[str, str]]) -> Path:
    """The orders as a file long enough for a second process."""
    path = tmp_path / "visits.csv"
    lines = [",".join(VISIT_HEADERS), *(",".join(row[header] for header in VISIT_HEADERS) for row in orders)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert path.stat().st_size > 3 << 19
    return path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files for the length of an import are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def _shop(path: Path) -> tuple[Store, int]:
    store, shop = new_shop(path)
    bring(store, shop, "customers", [car(f"C{n}", phone(n // 2), n) for n in range(CARS)])
    return store, shop


def _all(store: Store) -> dict[str, Any]:
    """Everything, without what tells only when and in which order it was stored."""
    told = everything(store)
    vins = {row["id"]: row["vin"] for row in told["vehicle"]}
    visits = {row["id"]: (row["vin"], str(row["day"])) for row in told["visit"]}
    people = {row["id"]: row["bucket_key"] for row in told["customer"]}
    names = {"vehicle_id": vins, "visit_id": visits, "customer_id": people}
    passing = {"id", "changed_at", "fingerprint", "source"}
    return {
        table: sorted(
            ({name: names.get(name, {}).get(value, value) for name, value in row.items() if name not in passing}
             for row in rows), key=str,
        )
        for table, rows in told.items()
    }  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, orders: Sequence[Mapping[str, str]]) -> tuple[Any, Any]:
    """Everything and the report, after an import of the same rows in one process."""
    store, shop = _shop(tmp_path_factory.mktemp("alone") / "alone.sqlite3")
    table = TableOfRows("visits.csv", VISIT_HEADERS, [[row[name] for name in VISIT_HEADERS] for row in orders])
    report = import_table("visits", store, shop, table, settings())
    found = _all(store), report.as_json()
    store.close()
    return found


def _assistants_of(pid: int) -> list[int]:
    """Of the children of that thread those that work beside an import; a worker of the tests has others, too."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"dms.beside" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_with_and_without_the_second_process(
    tmp_path: Path, temporary: Path, file: Path, undisturbed: tuple[Any, Any]
) -> None:
    """The same database, row by row, and the same report; the same file again changes nothing; nothing is left."""
    store, shop = _shop(tmp_path / "beside.sqlite3")
    report = import_table("visits", store, shop, open_csv(file), settings())
    there, told = undisturbed
    assert report.as_json() == told
    assert _all(store) == there
    again = import_table("visits", store, shop, open_csv(file), settings()).as_json()
    assert (again["new"], again["merged"], again["changed"]) == (0, 0, 0)
    assert again["unchanged"] == told["new"] + told["merged"]
    assert list(temporary.iterdir()) == []
    store.close()


@pytest.mark.parametrize("moment", ["reading", "progress"])
def test_the_second_process_is_killed(tmp_path: Path, file: Path, undisturbed: tuple[Any, Any], moment: str) -> None:
    """While it reads, or while it works out what is stored: the import does its work and comes to the same end."""
    store, shop = _shop(tmp_path / "beside.sqlite3")
    killed: list[int] = []

    def kill(_done: int) -> None:
        if not killed:
            killed.extend(_assistants_of(threading.get_native_id()))
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    watch: dict[str, Callable[[int], None]] = {moment: kill}
    report = import_table("visits", store, shop, open_csv(file), settings(**watch))
    assert len(killed) == 1
    there, told = undisturbed
    assert report.as_json() == told
    assert _all(store) == there
    store.close()


_TO_BE_KILLED = """
import sys
from pathlib import Path
from notifier.dms.imports import import_table
from notifier.dms.readers import open_csv
from notifier.store.engine import Store
from tests.support.import_desk import settings

def half_way(done):
    if done >= int(sys.argv[4]):
        print("half-way", flush=True)
        sys.stdin.read()

import_table("visits", Store(sys.argv[1]), 1, open_csv(Path(sys.argv[2])), settings(**{sys.argv[3]: half_way}))
"""


@pytest.mark.parametrize("moment, done", [("reading", 8_000), ("progress", 3_000)])
def test_the_import_is_killed(
    tmp_path: Path, temporary: Path, file: Path, undisturbed: tuple[Any, Any], *, moment: str, done: int
) -> None:
    """It leaves neither process nor file behind, only its mark; the next run ends as an undisturbed one."""
    path = tmp_path / "beside.sqlite3"
    store, shop = _shop(path)
    command = [sys.executable, "-c", _TO_BE_KILLED, f"sqlite:///{path}", str(file), moment, str(done)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half-way\n"
        (child,) = _assistants_of(process.pid)
        process.kill()
    until = time.monotonic() + 60
    while (Path(f"/proc/{child}").exists() or list(temporary.iterdir())) and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{child}").exists()
    assert list(temporary.iterdir()) == []
    with store.read() as session:
        assert unfinished_kinds(session, shop) == {"visits"}
    import_table("visits", store, shop, open_csv(file), settings())
    with store.read() as session:
        assert unfinished_kinds(session, shop) == set()
    assert _all(store) == undisturbed[0]
    store.close()


def test_a_file_that_breaks_off_in_the_middle_is_refused(tmp_path: Path, file: Path) -> None:
    """The sentence the reader would have said here, and nothing is kept."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write('R1,"never closed\n' + "R2,2,3,4,5,6,7,8\n" * 3)
    store, shop = _shop(tmp_path / "beside.sqlite3")
    with pytest.raises(BadInput, match=rf"line {ORDERS + 2}: a quotation mark is opened there and not closed"):
        import_table("visits", store, shop, open_csv(file), settings())
    with store.read() as session:
        assert unfinished_kinds(session, shop) == set()
    assert everything(store)["repair_order"] == []
    store.close()
