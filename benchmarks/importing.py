"""Importing visits beside the bare work: csv.reader and one executemany of the same rows into a plain table.

    python -m benchmarks.importing [VISITS] [VEHICLES]

Both are timed in one run on the same machine, the import in a process of its own so that its peak memory is its own.
Then the cost of 10,000 more visits, beside the same in a base of a twentieth of the size.
"""

from __future__ import annotations

import csv
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from notifier.dms.cleaning import has_vin_check_digit
from notifier.dms.imports import import_table
from notifier.dms.readers import open_csv
from notifier.dms.settings import ImportSettings
from notifier.store.bulk import insert_returning_ids
from notifier.store.customers import insert_customers
from notifier.store.engine import Store
from notifier.store.rows import insert_written
from notifier.store.tables import Shop, Vehicle, metadata

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
FIRST_DAY = date(2018, 1, 1)
HEADERS = ("工单号", "车架号", "进厂日期", "里程", "维修类别", "金额", "服务顾问")
CATEGORIES = ("定期保养", "定期保养", "一般维修", "事故车", "首保")
VISITS, VEHICLES, LATER = 1_000_000, 1_000_000, 10_000
CHUNK = 20_000


def write_visits(path: Path, visits: int, vehicles: int, *, start: int = 0) -> None:
    """Visits in the order of their days, as a DMS exports them; one day in twelve has a second order."""
    chance = random.Random(start + 1)
    rows = sorted(_visits(visits, vehicles, start, chance), key=itemgetter(2))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADERS)
        writer.writerows(rows)


def _visits(visits: int, vehicles: int, start: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    first, km = FIRST_DAY, 0
    for n in range(start, start + visits):
        car, nth = n % vehicles, n // vehicles
        if chance.random() > 1 / 12:
            first = FIRST_DAY + timedelta(days=nth * 170 + (car * 7919) % 160)
            km = 3_000 + nth * 4_700 + (car * 104_729) % 4_000
        else:
            first = FIRST_DAY + timedelta(days=max(nth - 1, 0) * 170 + (car * 7919) % 160)
            km = 3_000 + max(nth - 1, 0) * 4_700 + (car * 104_729) % 4_000
        yield (
            f"RO{n:09d}", vin(car), first.isoformat(), km, chance.choice(CATEGORIES),
            f"{chance.randrange(100, 3_000)}.{chance.randrange(100):02d}", f"顾问{car % 14}",
        )  # fmt: skip


def vin(car: int) -> str:
    """A VIN whose place in the alphabet tells nothing about when the car was first imported."""
    plain = f"LSVAA4180{(car * 7_368_787) % 100_000_000:08d}"
    return next(
        f"{plain[:8]}{digit}{plain[9:]}"
        for digit in "0123456789X"
        if has_vin_check_digit(f"{plain[:8]}{digit}{plain[9:]}")
    )


def fill(store: Store, vehicles: int) -> int:
    """A shop with `vehicles` cars, one owner each; returns its id."""
    metadata.create_all(store.engine)
    shop = {
        "key": "main", "name": "东南汽车泉州店", "signature": "东南泉州", "timezone": "Asia/Shanghai", "region": "CN",
        "phone": "0595-22880000", "language": "zh-CN",
    }  # fmt: skip
    with store.write() as session:
        shop_id = insert_returning_ids(session, Shop, [shop])[0]
    for start in range(0, vehicles, CHUNK):
        cars = range(start, min(start + CHUNK, vehicles))
        with store.write() as session:
            owners = insert_customers(session, [_customer(shop_id, car) for car in cars])
            insert_written(session, Vehicle, [_vehicle(shop_id, car, o) for car, o in zip(cars, owners, strict=True)])
    return shop_id


def _customer(shop_id: int, car: int) -> dict[str, object]:
    return {
        "shop_id": shop_id, "bucket_key": f"k{car}", "phone": f"+86138{car:08d}", "phone_key": f"k{car}",
        "is_company": False, "birth_calendar": "solar", "consent": "unknown", "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip


def _vehicle(shop_id: int, car: int, owner: int) -> dict[str, object]:
    return {
        "shop_id": shop_id, "vin": vin(car), "customer_id": owner, "state": "in_use", "irregular": False,
        "model": f"M{car % 9}", "delivered_on": FIRST_DAY - timedelta(days=car % 300), "created_at": NOW,
        "updated_at": NOW,
    }  # fmt: skip


def bare(path: Path, folder: Path) -> float:
    """Seconds for csv.reader + executemany into a table without any index."""
    connection = sqlite3.connect(folder / "bare.sqlite3")
    connection.execute("CREATE TABLE visit (a, b, c, d, e, f, g)")
    started = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        connection.executemany("INSERT INTO visit VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.commit()
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def ours(url: str, path: Path) -> tuple[float, list[int]]:
    """Seconds of the import in a process of its own, and the peak resident megabytes of it and of each it starts."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.importing", "--import", url, str(path)])
    peaks: dict[int, int] = {}
    while process.poll() is None:
        for pid in (process.pid, *_children(process.pid)):
            peaks[pid] = max(peaks.get(pid, 0), _peak(pid))
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(process.returncode)
    return time.perf_counter() - started, list(peaks.values())


def run_import(url: str, path: Path) -> None:
    """In the child: import."""
    store = Store(url)
    settings = ImportSettings(now=NOW, secret=b"benchmark", region="CN", zone=ZoneInfo("Asia/Shanghai"))
    import_table("visits", store, 1, open_csv(path), settings)
    store.close()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended
        return []


def _peak(pid: int) -> int:
    """Megabytes. Linux: of this program alone; getrusage would count what its parent held when it was started."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def main(visits: int = VISITS, vehicles: int = VEHICLES) -> None:
    """Print both times, their ratio, the peak, and what 10,000 more visits cost in a large and in a small base."""
    with tempfile.TemporaryDirectory(prefix="notifier-benchmark-") as name:
        folder = Path(name)
        file = folder / "visits.csv"
        driven = vehicles // 5
        write_visits(file, visits, driven)
        base = bare(file, folder)
        print(f"{visits:,} visits of {driven:,} vehicles, in a base of {vehicles:,}")
        print(f"bare csv.reader + executemany  {base:8.2f} s")
        url = _shop(folder / "large.sqlite3", vehicles)
        for what in ("first import", "same file again"):
            seconds, peaks = ours(url, file)
            parts = " + ".join(str(peak) for peak in peaks)
            print(
                f"{what:<30} {seconds:8.2f} s   ratio {seconds / base:5.1f}   "
                f"peak {sum(peaks)} MB ({parts}: the import and the process beside it)"
            )
        large = _more(folder, url, visits, driven)
        few = folder / "few.csv"
        write_visits(few, visits // 20, driven // 20)
        url = _shop(folder / "small.sqlite3", vehicles // 20)
        ours(url, few)
        small = _more(folder, url, visits // 20, driven // 20)
        times = f"{large / small:.2f} times the same in a twentieth of the base"
        print(f"{f'{LATER:,} visits more':<30} {large:8.2f} s   {times}")


def _shop(path: Path, vehicles: int) -> str:
    url = os.environ.get("BENCHMARK_DATABASE_URL", f"sqlite:///{path}")
    store = Store(url)
    fill(store, vehicles)
    store.close()
    return url


def _more(folder: Path, url: str, visits: int, driven: int) -> float:
    later = folder / "later.csv"
    write_visits(later, LATER, driven, start=visits)
    return ours(url, later)[0]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--import"]:
        run_import(sys.argv[2], Path(sys.argv[3]))
    else:
        main(*(int(argument) for argument in sys.argv[1:]))
