"""An outbox filled row by row: runs and texts as planning leaves them, for tests of what happens to them afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from notifier.domain.phone import phone_key
from notifier.domain.states import AttemptEvent
from notifier.store.bulk import insert_returning_ids, insert_rows, table_of
from notifier.store.claims import Claim, Terms, claim
from notifier.store.engine import Session, Store, database_now
from notifier.store.runs import RunRow
from notifier.store.tables import (
    Attempt,
    CampaignState,
    Customer,
    Cycle,
    Decision,
    Enrolment,
    Event,
    GatewayLane,
    Message,
    MessageCycle,
    Run,
    Shop,
    TemplateVersion,
    Vehicle,
)
from notifier.store.transitions import Applied, AttemptChange, apply_events
from notifier.store.waiting import Door, Place

SECRET = b"a key for tests only"
NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)  # 12:00 at the shop
GATEWAY = "twilio"
DAY = timedelta(days=1)
WORDING = "---\ntitle: due\nkind: service\n---\nYour car is due."
E = AttemptEvent


class Outbox:
    """One shop's outbox in `store`. `key` = the shop's, as schedules.yaml would name it."""

    def __init__(self, store: Store, *, key: str = "shop", gateway: str = GATEWAY) -> None:
        self.store = store
        self.gateway = gateway
        self._numbers = count(1)
        self.shop = self.add(
            Shop, key=key, name="东南汽车泉州店", signature="东南泉州", timezone="Asia/Shanghai", region="CN",
            phone="0595-22880000", language="zh-CN",
        )  # fmt: skip
        self.template = self.add(
            TemplateVersion, name=f"due-{key}", language="en", version=1, source=WORDING, fingerprint="…", live=True,
            published_at=NOON,
        )  # fmt: skip
        self.ready = self.run()

    # — what planning leaves —

    def run(self, state: str = "ready", *, kind: str = "service", campaign: str = "due", priority: int = 1) -> int:
        """A run."""
        settings = {"kind": kind, "rule": "maintenance_due"}
        return self.add(
            Run, shop_id=self.shop, campaign_id=campaign, planned_for=NOON, state=state, priority=priority,
            settings=settings, counts={}, created_at=NOON,
        )  # fmt: skip

    def customer(self, **columns: Any) -> int:
        """A customer with a phone that belongs to nobody."""
        number = next(self._numbers)
        phone = columns.pop("phone", f"+86199000{number:05d}")
        values = {
            "shop_id": self.shop, "bucket_key": f"b{number}", "phone": phone, "phone_key": phone_key(SECRET, phone),
            "name": "李雷", "is_company": False, "consent": "yes", "birth_calendar": "solar", "created_at": NOON,
            "updated_at": NOON,
        } | columns  # fmt: skip
        return self.add(Customer, **values)

    def car(self, owner: int, **columns: Any) -> int:
        """A car of that customer."""
        values = {
            "shop_id": self.shop, "vin": f"LTEST{next(self._numbers):012d}", "customer_id": owner, "state": "in_use",
            "irregular": False, "created_at": NOON, "updated_at": NOON,
        } | columns  # fmt: skip
        return self.add(Vehicle, **values)

    def text(self, customer: int | None = None, **columns: Any) -> int:
        """A planned text that may go out now, valid for ten days, to a customer of its own unless one is named."""
        customer = customer or self.customer()
        owner = self.one(Customer, id=customer)
        return self.add(Message, **self.row_for(owner, **columns))

    def texts(self, number: int, **columns: Any) -> list[int]:
        """So many planned texts, each to a customer of its own."""
        with self.store.write() as session:
            people = [self._person(next(self._numbers)) for _ in range(number)]
            ids = insert_returning_ids(session, Customer, people)
            rows = [self.row_for({"id": key, **person}, **columns) for key, person in zip(ids, people, strict=True)]
            return insert_returning_ids(session, Message, rows)

    def _person(self, number: int) -> dict[str, Any]:
        phone = f"+86199000{number:05d}"
        return {
            "shop_id": self.shop, "bucket_key": f"b{number}", "phone": phone, "phone_key": phone_key(SECRET, phone),
            "name": "韩梅梅", "is_company": False, "consent": "yes", "birth_calendar": "solar", "created_at": NOON,
            "updated_at": NOON,
        }  # fmt: skip

    def row_for(self, owner: dict[str, Any], **columns: Any) -> dict[str, Any]:
        """A planned text to that customer, not yet written."""
        return {
            "shop_id": self.shop, "run_id": self.ready, "campaign_id": "due", "kind": "service",
            "customer_id": owner["id"], "stage": "early", "arm": "treatment", "state": "planned", "reason": None,
            "gateway": self.gateway, "phone": owner["phone"], "phone_key": owner["phone_key"], "language": "en",
            "template_version_id": self.template, "text": f"Your car is due, No. {next(self._numbers)}.",
            "encoding": "GSM-7", "segments": 1, "cost_micros": 50_000, "replies": {}, "count_on": NOON.date(),
            "not_before": NOON, "valid_until": NOON + 10 * DAY, "created_at": NOON, "changed_at": NOON, "attempts": 0,
            "repeated": False,
        } | columns  # fmt: skip

    def touch(
        self, message: int, *, vehicle: int | None = None, answered_by: str | None = "visit", came_from: date,
        anchor_on: date = NOON.date(), stage: str = "early",
    ) -> int:  # fmt: skip
        """What a text is about: a cycle of that car, or of its customer; the touch's id."""
        text = self.message(message)
        cycle = self.add(
            Cycle, shop_id=self.shop, campaign_id="due", subject_type="vehicle" if vehicle else "customer",
            subject_id=vehicle or text["customer_id"], anchor_on=anchor_on, customer_id=text["customer_id"],
            came_from=came_from, answered_by=answered_by,
        )  # fmt: skip
        self.add(Decision, cycle_id=cycle, stage=stage, verdict="planned", closes_on=anchor_on, run_id=text["run_id"])
        return self.add(MessageCycle, cycle_id=cycle, stage=stage, message_id=message)

    def enrol(self, message: int) -> int:
        """The text stands on an enrolment made by its run."""
        text = self.message(message)
        key = self.add(
            Enrolment, shop_id=self.shop, campaign_id="due", customer_id=text["customer_id"], period="2026",
            arm="treatment", run_id=text["run_id"], stage="early", enrolled_at=NOON, enrolled_on=NOON.date(),
            first_opens_on=NOON.date(), lift_until=NOON.date(),
        )  # fmt: skip
        self.change(Message, message, enrolment_id=key)
        return key

    def pause(self, campaign: str = "due") -> None:
        """A person has paused the campaign."""
        self.add(CampaignState, shop_id=self.shop, campaign_id=campaign, key=campaign, rule="maintenance_due",
                 paused=True)  # fmt: skip

    # — what happens —

    def claim(
        self, *, now: datetime = NOON, limit: int = 100, rate: float = 1e6, unit: str = "segment",
        lease: timedelta = timedelta(seconds=60), may_send: Callable[[RunRow], bool] = lambda _run: True,
        shops: Mapping[int, float] | None = None, passed: Mapping[int, Place] | None = None,
    ) -> Claim:  # fmt: skip
        """One claim, committed."""
        with self.store.write() as session:
            terms = Terms(self.gateway, lease, rate, unit, shops or {})
            return claim(session, terms, Door(may_send), now=now, limit=limit, passed=passed)

    def posted(self, message: int, *events: AttemptEvent | AttemptChange, now: datetime = NOON) -> int:
        """Claim that text (alone), let these events happen to the attempt; its number."""
        claimed = self.claim(now=now)
        (n,) = (text.n for text in claimed.texts if text.message_id == message)
        for event in events:
            self.happens(event if isinstance(event, AttemptChange) else AttemptChange(message, n, event))
        return n

    def happens(self, *changes: AttemptChange) -> list[Applied]:
        """These events, in one transaction."""
        with self.store.write() as session:
            return apply_events(session, changes)

    def doing(self, work: Callable[[Session], Any]) -> Any:
        """`work` in one transaction."""
        with self.store.write() as session:
            return work(session)

    def ago(self, seconds: float) -> datetime:
        """So long ago by the database's clock."""
        with self.store.read() as session:
            return database_now(session) - timedelta(seconds=seconds)

    # — what came of it —

    def message(self, key: int) -> dict[str, Any]:
        """One text."""
        return self.one(Message, id=key)

    def state(self, key: int) -> tuple[str, str | None]:
        """A text's state and reason."""
        row = self.message(key)
        return row["state"], row["reason"]

    def states(self) -> dict[str, int]:
        """How many texts stand in each state."""
        table = table_of(Message)
        statement = sa.select(table.c.state, sa.func.count()).group_by(table.c.state)
        with self.store.read() as session:
            return {row[0]: row[1] for row in session.execute(statement)}

    def attempts(self, key: int) -> list[dict[str, Any]]:
        """A text's attempts, in order."""
        return sorted(self.rows(Attempt, message_id=key), key=lambda row: row["n"])

    def attempt_states(self, key: int) -> list[str]:
        """The states of a text's attempts, in order."""
        return [row["state"] for row in self.attempts(key)]

    def events(self) -> list[dict[str, Any]]:
        """Every event kept."""
        return self.rows(Event)

    def lane(self) -> dict[str, Any]:
        """The gateway's lane."""
        return self.one(GatewayLane, gateway=self.gateway)

    def one(self, model: type[SQLModel], **columns: Any) -> dict[str, Any]:
        """The only row with these values."""
        (row,) = self.rows(model, **columns)
        return row

    def rows(self, model: type[SQLModel], **columns: Any) -> list[dict[str, Any]]:
        """All rows of a table with these values."""
        table = table_of(model)
        statement = sa.select(table).where(*(table.c[name] == value for name, value in columns.items()))
        with self.store.read() as session:
            return [dict(row) for row in session.execute(statement).mappings()]

    def add(self, model: type[SQLModel], **columns: Any) -> int:
        """One row; its id."""
        with self.store.write() as session:
            return insert_returning_ids(session, model, [columns])[0]

    def add_all(self, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
        """Many rows."""
        with self.store.write() as session:
            insert_rows(session, model, rows)

    def change(self, model: type[SQLModel], key: int, **columns: Any) -> None:
        """Change one row."""
        table = table_of(model)
        with self.store.write() as session:
            session.connection().execute(sa.update(table).where(table.c.id == key).values(**columns))
