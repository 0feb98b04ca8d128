"""Both engines as real processes, with ticks of a second in place of minutes, on a shop that is seen to by hand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from notifier.store.beats import liveness
from notifier.store.bulk import insert_rows, table_of
from notifier.store.tables import DayFigures, Freshness, Vehicle, Visit
from tests.support.daemon import ROOT, SCHEDULES, BirthdayShop, Daemon

ENGINES = ("embedded", "cluster")
OLD_DATA = SCHEDULES.replace("{quiet_hours: none}", "{quiet_hours: none, data_max_age: {customers: 2d}}")
OLD_DATA = OLD_DATA.replace('"* * * * *"', '"1 0 * * *"')
_PROCESS = """
import asyncio, os, sys
from dataclasses import replace
from datetime import timedelta
from functools import partial
from notifier.config import load_settings
from notifier.engines.child import end_with_parent
from notifier.engines.cluster import ClusterEngine, Pulse
from notifier.engines.embedded import EmbeddedEngine
from notifier.engines.log import configure_logging
from notifier.engines.queue import open_queue
from notifier.wiring import House, engine_parts

async def main(kind, parts, store):
    if kind == "embedded":
        return await EmbeddedEngine(parts).run()
    pulse = Pulse(beat=0.5, dead_after=2.5, look=0.1, again_after=0.5)
    return await ClusterEngine(parts, partial(open_queue, store), pulse).run()

if __name__ == "__main__":
    settings = load_settings(env_file=None)
    configure_logging("json")
    house = House(settings)
    house.live_schedules
    often, now_and_then = timedelta(seconds=1), timedelta(seconds=3)
    parts = replace(
        engine_parts(house), plan_every=often, reconcile_every=often, attribute_every=now_and_then, tally_every=often
    )
    code = asyncio.run(main(sys.argv[1], parts, house.store))
    house.close()
    sys.exit(code)
"""


class EngineShop(BirthdayShop):
    """A shop whose one campaign was due at midnight and waits for newer data; three birthdays today."""

    def __init__(self, folder: Path, database_url: str, **environ: str) -> None:
        super().__init__(folder, database_url, **environ)
        self.schedules.write_text(OLD_DATA, encoding="utf-8")
        self.data_is(timedelta(days=3))
        self.born_today(3)

    def data_is(self, old: timedelta) -> None:
        """The last import is so old."""
        with self.store.write() as session:
            session.execute(sa.update(table_of(Freshness)).values(at=datetime.now(UTC) - old))

    def came_in(self, vin: str) -> None:
        """The first customer brought a car today."""
        now, today = datetime.now(UTC), self.today()
        with self.store.write() as session:
            customer = session.execute(sa.text("SELECT min(id) FROM customer")).scalar_one()
            car = {"shop_id": self._shop_id, "vin": vin, "customer_id": customer, "created_at": now, "updated_at": now}
            insert_rows(session, Vehicle, [car])
            vehicle = session.execute(sa.text("SELECT id FROM vehicle WHERE vin = :vin"), {"vin": vin}).scalar_one()
            insert_rows(session, Visit, [{
                "shop_id": self._shop_id, "vin": vin, "day": today, "vehicle_id": vehicle, "customer_id": customer,
                "counted": True, "amount_minor": 88_000, "changed_at": now,
            }])  # fmt: skip

    def days_counted(self) -> int:
        """For the page Today."""
        with self.store.read() as session:
            return session.execute(sa.select(sa.func.count()).select_from(table_of(DayFigures))).scalar_one()

    def liveness(self) -> str:
        """Whether the engine is heard."""
        with self.store.read() as session:
            return liveness(session).state

    def do(self, *statements: str) -> None:
        """In one transaction."""
        with self.store.write() as session:
            for statement in statements:
                session.execute(sa.text(statement))


@contextmanager
def running_engine(kind: str, environ: Mapping[str, str], folder: Path, name: str = "engine") -> Iterator[Daemon]:
    """One engine, in a process group of its own, so that nothing of it outlives the test."""
    script, log_file = folder / "engine.py", folder / f"{name}.log"
    script.write_text(_PROCESS, encoding="utf-8")
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(script), kind], cwd=ROOT, env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
            stderr=log, stdout=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield Daemon(process, log_file)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
