"""The shop's side of the demo: files in, plan, send, fetch, attribute, by the functions every shop uses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from notifier.demo.exports import CustomerFile, write_policies, write_visits
from notifier.demo.life import World
from notifier.demo.phones import Phones
from notifier.dms.imports import import_table
from notifier.dms.readers import open_csv
from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.jobs.attribute import attribute
from notifier.jobs.plan import plan
from notifier.store import runs
from notifier.store.accounts import newer_texts
from notifier.store.shops import keep_shop
from notifier.wiring import House

__all__ = ["DemoShop", "Done"]

MORNING = time(8)
DAY = timedelta(days=1)
EXPORT_YEARS = timedelta(days=3 * 365)
APPROVED_BY = "demo"


@dataclass
class Done:
    """What the days brought so far, in messages and customers' doings. `imports`: the first file of each kind."""

    planned: int = 0
    withheld: int = 0
    accepted: int = 0
    failed: int = 0
    visits: int = 0
    renewals: int = 0
    approved: int = 0
    credited: int = 0
    imports: dict[str, ImportReport] = field(default_factory=dict)


@dataclass
class DemoShop:
    """One shop, its world and its working folder."""

    house: House
    world: World
    phones: Phones
    folder: Path
    done: Done = field(default_factory=Done)
    shop_id: int = 0
    _last_text: int = 0

    def open(self) -> None:
        """Take over the shop's records as they are on the first morning."""
        with self.house.store.write() as session:
            self.shop_id = keep_shop(session, self.house.schedules.shops[0])
        start, world = self.world.start, self.world
        now = self.at(start, MORNING)
        self._bring("customers", self.customers().write(self.folder / "customers.csv", world.people), now)
        past = [visit for car in world.cars.values() for visit in car.visits if visit.day >= start - EXPORT_YEARS]
        past.sort(key=lambda visit: visit.at)
        self._bring("visits", write_visits(self.folder / "visits.csv", past, world.seed), now)

    def customers(self) -> CustomerFile:
        """The DMS's customer export."""
        return CustomerFile(self.world.seed, self.world.start)

    def at(self, day: date, clock: time) -> datetime:
        """That moment in the shop's zone."""
        return datetime.combine(day, clock, self.house.schedules.shops[0].zone)

    def live(self, day: date) -> None:
        """One whole day: what is due is planned and sent, customers act, and at night the day's files come in."""
        for moment in self._due_times(day):
            self._serve(moment)
        visits, policies = self.world.live(day)
        self.done.visits += sum(visit.category != "事故车" for visit in visits)
        self.done.renewals += len(policies)
        next_morning = self.at(day + DAY, MORNING)
        names, seed = f"{day:%Y-%m-%d}.csv", self.world.seed
        if visits:
            self._bring("visits", write_visits(self.folder / "visits" / names, visits, seed), next_morning)
        if policies:
            self._bring("renewals", write_policies(self.folder / "renewals" / names, policies, seed), next_morning)
        if day.weekday() == 6:
            self._bring_newcomers(day, next_morning)
        self.done.credited += attribute(self.house.store, self.house.schedules, next_morning).credited

    def settle(self, now: datetime) -> None:
        """Hear what is still to come, wait until nothing is unknown or under way, and credit what is left."""
        self._reconcile(now, wait=True)
        self.done.credited += attribute(self.house.store, self.house.schedules, now).credited

    def _bring_newcomers(self, sunday: date, now: datetime) -> None:
        """The week's new customers; an export without any says at least that nothing has changed."""
        people = self.world.delivered(sunday - 6 * DAY, sunday) or self.world.people[:1]
        name = self.folder / "customers" / f"{sunday:%Y-%m-%d}.csv"
        self._bring("customers", self.customers().write(name, people, whole=False), now)

    def _bring(self, kind: str, path: Path, now: datetime) -> None:
        shop = self.house.schedules.shops[0]
        settings = ImportSettings(now=now, secret=self.house.secret, region=shop.region, zone=shop.zone)
        report = import_table(kind, self.house.store, self.shop_id, open_csv(path), settings)
        self.done.imports.setdefault(kind, report)

    def _due_times(self, day: date) -> list[datetime]:
        """When campaigns fall due on `day`, each moment once."""
        zone = self.house.schedules.shops[0].zone
        first, last = self.at(day, time()), self.at(day + DAY, time())
        campaigns = self.house.schedules.campaigns
        return sorted({due for campaign in campaigns for due in campaign.runs_between(first, last, zone)})

    def _serve(self, moment: datetime) -> None:
        """Hear what came in, plan what is due, let a manager release it, send what may go."""
        self._reconcile(moment, wait=False)
        result = plan(self.house.planner(), moment)
        self.done.planned += result.total.planned
        self.done.withheld += result.total.withheld
        self._approve(moment)
        with self.house.store.read() as session:
            texts = newer_texts(session, self._last_text)
        self.phones.expect(texts)
        self._last_text = max((text.message_id for text in texts), default=self._last_text)
        sent = asyncio.run(self.house.lane(_clock(moment)).drain(until_empty=True))
        self.done.accepted += sent.accepted
        self.done.failed += sent.failed

    def _approve(self, moment: datetime) -> None:
        """As a manager would after a look at the list: `review: required` lets nothing out before."""
        with self.house.store.write() as session:
            for run in runs.runs_in_review(session):
                runs.approve(session, run.id, by=APPROVED_BY, at=moment)
                self.done.approved += 1

    def _reconcile(self, moment: datetime, *, wait: bool) -> None:
        asyncio.run(self.house.reconciler().run(_clock(moment), wait=wait))


def _clock(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment
