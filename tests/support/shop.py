"""A shop one can live in: customers, cars, visits and policies put in row by row, planned for by the real planner.

Everybody in it is invented. Numbers are of a range that belongs to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import SQLModel

from notifier.domain.buckets import campaign_salt, in_share, universal_salt
from notifier.domain.phone import phone_key
from notifier.domain.states import AttemptEvent
from notifier.gateways.base import Capabilities, InboundText
from notifier.jobs.attribute import AttributeResult, attribute
from notifier.jobs.plan import Planner, PlanResult, plan
from notifier.jobs.receive import receive_replies
from notifier.jobs.rerender import rerender_shrunk
from notifier.schedules import Schedules, parse_schedules
from notifier.store.bulk import insert_returning_ids, insert_rows, table_of, upsert
from notifier.store.claims import Terms, claim
from notifier.store.engine import Session, Store, database_now
from notifier.store.messages import close_answered
from notifier.store.shops import keep_shop
from notifier.store.tables import (
    Booking,
    Complaint,
    Coupon,
    Credit,
    Customer,
    Cycle,
    Decision,
    DmsImport,
    Enrolment,
    Freshness,
    Message,
    MessageCycle,
    Renewal,
    Run,
    Suppression,
    Vehicle,
    Visit,
    metadata,
)
from notifier.store.templates import publish, publish_all
from notifier.store.transitions import AttemptChange, apply_events
from notifier.store.visits import VisitRef
from notifier.store.waiting import Door

ZONE = ZoneInfo("Asia/Shanghai")
SECRET = b"a key for tests only, thirty-two b"
PRICE = 50_000
GATEWAY = "simulator"
CAPABILITIES = Capabilities(two_way=True, links=True, price_micros=PRICE)
TEMPLATES = Path(__file__).parents[2] / "templates" / "sms"
KINDS_OF_IMPORT = ("customers", "visits", "renewals")

SHOP = """
shop:
  name: 东南汽车泉州店
  signature: 东南泉州
  timezone: Asia/Shanghai
  region: CN
  phone: 0595-22880000
  language: zh-CN
"""
MAINTENANCE = """
  maintenance_due:
    rule: maintenance_due
    when: "0 10 * * mon-sat"
    stages: {early: -14, last: -3}
    template: {early: early, last: last}
    kind: service
"""
INSURANCE = """
  insurance_expiry:
    rule: insurance_expiry
    when: "0 10 * * mon-sat"
    stages: {early: -60, middle: -30, last: -7}
    template: {early: early, middle: early, last: last}
    kind: service
"""
BIRTHDAY = """
  birthday:
    rule: birthday
    when: "30 9 * * *"
    stages: {day: 0}
    template: greeting
    kind: marketing
"""
WINBACK = """
  winback:
    rule: winback
    when: "0 10 * * tue"
    stages: {at_risk: 6m, lost: 12m, gone: 24m}
    template: {at_risk: at_risk, lost: offer, gone: offer}
    kind: marketing
    coupon: {value: 200.00, valid: 60d}
"""
WORDINGS = {
    "early": "---\ntitle: early\nkind: service\nreplies: {1: booking, 0: already_done}\n---\n早{{ vehicle.plate }}",
    "last": "---\ntitle: last\nkind: service\nreplies: {1: booking, 2: sold}\n---\n晚{{ vehicle.plate }}",
    "greeting": "---\ntitle: greeting\nkind: marketing\n---\n{{ customer.salutation }}生日快乐",
    "at_risk": "---\ntitle: at risk\nkind: marketing\nreplies: {0: sold}\n---\n{{ vehicle.plate }}有阵子没来了",
    "offer": "---\ntitle: offer\nkind: marketing\n---\n{{ vehicle.plate }}凭券{{ coupon.code }}到{{ coupon.ends_on }}",
}
"""Short wordings of the tests' own, so that a better text for customers breaks none of them."""


def yaml(*campaigns: str, guards: str = "") -> str:
    """A schedules.yaml of these campaigns; `guards` as the inside of ``guards: {…}``."""
    head = f"{SHOP}\nguards: {{{guards}}}\n" if guards else SHOP
    return f"{head}\ncampaigns:\n{''.join(campaigns)}"


def at(day: str | date, clock: str = "10:00") -> datetime:
    """A moment on the shop's wall clock."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(on, time.fromisoformat(clock), ZONE)


def days(number: int) -> timedelta:
    """So many days."""
    return timedelta(days=number)


def control_key(campaign: str, year: int, share_bp: int, number: int = 0, *, universal_bp: int = 0) -> str:
    """A bucket key that falls into a campaign's control group (and not into the universal one)."""
    return _key(campaign, str(year), share_bp, universal_bp, number, wanted=True)


def treatment_key(campaign: str, year: int, share_bp: int, number: int = 0, *, universal_bp: int = 0) -> str:
    """A bucket key that gets a campaign's texts."""
    return _key(campaign, str(year), share_bp, universal_bp, number, wanted=False)


def universal_key(year: int, share_bp: int, number: int = 0) -> str:
    """A bucket key that gets no marketing in `year`."""
    return [key for n in range(20_000) if in_share(universal_salt(year), key := f"k{n}", share_bp)][number]


@cache
def _key(campaign: str, period: str, share_bp: int, universal_bp: int, number: int, *, wanted: bool) -> str:
    salt = campaign_salt(campaign, period)
    found = [
        key
        for n in range(2_000)
        if in_share(salt, key := f"k{n}", share_bp) is wanted
        and not in_share(universal_salt(int(period)), key, universal_bp)
    ]
    return found[number]


class Dealership:
    """One shop in `store`. Customers are known by name, cars by plate.

    `key`: which shop of a group, the first where it is left out. `first`: from where its phones and VINs are numbered.
    """

    def __init__(self, store: Store, schedules: str, *, key: str | None = None, first: int = 1) -> None:
        self.store = store
        self.schedules = self.read(schedules)
        self._numbers = count(first)
        self._customers: dict[str, int] = {}
        self._cars: dict[str, int] = {}
        with store.write() as session:
            self.id = keep_shop(session, self.schedules.shop(key) if key else self.schedules.shops[0])
            publish_all(session, {(name, "zh-CN"): source for name, source in WORDINGS.items()})

    @staticmethod
    @cache
    def read(schedules: str) -> Schedules:
        """A schedules.yaml, parsed; once, since many tests are of the same."""
        return parse_schedules(schedules, "schedules.yaml")

    def wording(self, name: str, source: str) -> None:
        """Publish a template."""
        with self.store.write() as session:
            publish(session, name=name, language="zh-CN", source=source)

    # — who is there —

    def customer(self, name: str, **columns: Any) -> int:
        """Add a customer: reachable and consenting unless `columns` say otherwise. `birth_on` sets the birthday."""
        number = next(self._numbers)
        phone = columns.pop("phone", f"+86199000{number:05d}")
        born = columns.get("birth_on")
        row = {
            "shop_id": self.id, "bucket_key": f"{name}-{number}", "phone": phone,
            "phone_key": phone and phone_key(SECRET, phone), "unreachable": None, "name": name, "sex": "f",
            "language": None, "consent": "yes", "birth_on": None, "birth_mmdd": born and f"{born:%m%d}",
            "birth_calendar": "solar", "is_company": False, "last_visit_on": None,
            "created_at": at("2020-01-01"), "updated_at": at("2020-01-01"),
        } | columns  # fmt: skip
        self._customers[name] = self.insert(Customer, row)
        return self._customers[name]

    def car(self, plate: str, owner: str, **columns: Any) -> int:
        """Add a car. `service_on` and `anchor_on` make its maintenance due; `insurance_ends_on` its policy."""
        service_on = columns.pop("service_on", None)
        anchor_on = columns.pop("anchor_on", service_on and service_on - days(180))
        row = {
            "shop_id": self.id, "vin": f"LTEST{next(self._numbers):012d}", "customer_id": self._customers[owner],
            "plate": plate, "model": "DX7", "state": "in_use", "insurance_ends_on": None,
            "service_anchor_on": anchor_on, "last_maintenance_on": anchor_on, "next_service_on": service_on,
            "next_service_kind": "regular" if service_on else None, "irregular": False, "in_workshop_since": None,
            "created_at": at("2020-01-01"), "updated_at": at("2020-01-01"),
        } | columns  # fmt: skip
        self._cars[plate] = self.insert(Vehicle, row)
        return self._cars[plate]

    def owner(self, name: str, *, plate: str | None = None, **car: Any) -> str:
        """A customer with one car, both by one name; returns the name. `car`: columns of the car."""
        self.customer(name)
        self.car(plate or name, name, **car)
        return name

    def crowd(self, names: Sequence[str], **car: Any) -> None:
        """Many customers with a car each, written at once; bucket keys k0, k1 …"""
        service_on, last_visit_on = car.pop("service_on", None), car.pop("last_visit_on", None)
        anchor_on = car.pop("anchor_on", service_on and service_on - days(180))
        born = at("2020-01-01")
        first = min(next(self._numbers) for _ in names)
        customers = [
            {"shop_id": self.id, "bucket_key": f"k{n}", "phone": f"+86198{first + n:08d}", "name": name,
             "phone_key": phone_key(SECRET, f"+86198{first + n:08d}"), "sex": "m", "consent": "yes",
             "birth_calendar": "solar", "is_company": False, "last_visit_on": last_visit_on,
             "created_at": born, "updated_at": born}
            for n, name in enumerate(names)
        ]  # fmt: skip
        with self.store.write() as session:
            ids = insert_returning_ids(session, Customer, customers)
            cars = [
                {"shop_id": self.id, "vin": f"LCROW{first:05d}{n:07d}", "customer_id": key, "plate": f"闽C{n:05d}",
                 "model": "DX7", "state": "in_use", "service_anchor_on": anchor_on, "last_maintenance_on": anchor_on,
                 "next_service_on": service_on, "next_service_kind": "regular" if service_on else None,
                 "irregular": False, "created_at": born, "updated_at": born, **car}
                for n, key in enumerate(ids)
            ]  # fmt: skip
            insert_rows(session, Vehicle, cars)
        self._customers |= dict(zip(names, ids, strict=True))

    def visit(self, plate: str, day: date, *, imported: bool = True, owner: str | None = None, **columns: Any) -> int:
        """A counted visit of the car; `imported` closes what it answers, as an import does."""
        vehicle = self.one(Vehicle, id=self._cars[plate])
        customer_id = self._customers[owner] if owner else vehicle["customer_id"]
        with self.store.write() as session:
            row = {
                "shop_id": self.id, "vin": vehicle["vin"], "day": day, "vehicle_id": vehicle["id"],
                "customer_id": customer_id, "counted": True, "is_maintenance": False, "has_accident": False,
                "amount_minor": 80_000, "changed_at": database_now(session),
            } | columns  # fmt: skip
            visit_id = insert_returning_ids(session, Visit, [row])[0]
            if imported and row["counted"]:
                close_answered(session, visits=[VisitRef(vehicle["id"], customer_id, day)])
        return visit_id

    def renewal(self, plate: str, day: date, ends_on: date, *, imported: bool = True) -> int:
        """A policy the shop has written."""
        vehicle = self.one(Vehicle, id=self._cars[plate])
        with self.store.write() as session:
            row = {
                "shop_id": self.id, "policy_no": f"P{next(self._numbers)}", "vin": vehicle["vin"],
                "vehicle_id": vehicle["id"], "customer_id": vehicle["customer_id"], "day": day, "ends_on": ends_on,
                "premium_minor": 400_000, "commission_minor": 36_000, "changed_at": database_now(session),
            }  # fmt: skip
            renewal_id = insert_returning_ids(session, Renewal, [row])[0]
            if imported:
                close_answered(session, renewed={vehicle["id"]: ends_on})
        return renewal_id

    def sell(self, plate: str, new_owner: str) -> None:
        """The car goes to another customer, as an import learns it."""
        with self.store.write() as session:
            close_answered(session, sold=[self._cars[plate]])
        self.change(Vehicle, self._cars[plate], customer_id=self._customers[new_owner], state="in_use")

    def booking(self, name: str, day: date, *, plate: str | None = None, message: int | None = None) -> None:
        """An appointment."""
        with self.store.write() as session:
            row = {
                "shop_id": self.id, "customer_id": self._customers[name], "state": "asked", "booked_on": day,
                "vehicle_id": self._cars[plate] if plate else None, "message_id": message,
                "created_at": database_now(session),
            }  # fmt: skip
            insert_rows(session, Booking, [row])

    def complaint(self, name: str, day: date) -> None:
        """A complaint nobody has settled."""
        self.insert(Complaint, {"shop_id": self.id, "customer_id": self._customers[name], "opened_on": day})

    def suppression(self, name: str) -> None:
        """The customer's phone has said stop, long ago."""
        key = self.one(Customer, id=self._customers[name])["phone_key"]
        self.insert(Suppression, {"phone_key": key, "reason": "stop", "since": at("2020-01-01")})

    def id_of(self, name: str) -> int:
        """The customer's id."""
        return self._customers[name]

    def names(self) -> list[str]:
        """Everybody."""
        return list(self._customers)

    def name_of(self, customer_id: int) -> str:
        """The customer's name."""
        return next(name for name, key in self._customers.items() if key == customer_id)

    def person(self, name: str) -> dict[str, Any]:
        """The customer's row."""
        return self.one(Customer, id=self._customers[name])

    def forget(self, name: str) -> None:
        """The customer is no longer there: merged into another."""
        del self._customers[name]

    def one_car(self, plate: str) -> dict[str, Any]:
        """The car's row."""
        return self.one(Vehicle, id=self._cars[plate])

    def has_visit(self, plate: str, day: date) -> bool:
        """Whether the car was there that day."""
        return bool(self.rows(Visit, vehicle_id=self._cars[plate], day=day))

    def car_id(self, plate: str) -> int:
        """The car's id."""
        return self._cars[plate]

    def change_car(self, plate: str, **columns: Any) -> None:
        """Change the car's row."""
        self.change(Vehicle, self._cars[plate], **columns)

    def change_customer(self, name: str, **columns: Any) -> None:
        """Change the customer's row."""
        self.change(Customer, self._customers[name], **columns)

    def fresh(self, moment: datetime, kinds: Collection[str] = KINDS_OF_IMPORT) -> None:
        """The shop's records are known up to `moment`."""
        with self.store.write() as session:
            rows = [{"shop_id": self.id, "kind": kind, "at": moment} for kind in kinds]
            upsert(session, Freshness, rows, ("shop_id", "kind"), ("at",))

    def running_import(self, kind: str) -> int:
        """An import that has begun and not ended."""
        now = datetime.now(UTC)
        return self.insert(
            DmsImport,
            {"shop_id": self.id, "kind": kind, "source": "x.csv", "fingerprint": "f", "state": "running", "at": now,
             "started_at": now, "counts": {}},
        )  # fmt: skip

    # — what is done —

    def planner(self, schedules: str | None = None) -> Planner:
        """The real planner; with other `schedules` from now on where they are given."""
        if schedules is not None:
            self.schedules = self.read(schedules)
        return Planner(self.store, self.schedules, GATEWAY, CAPABILITIES, PRICE, SECRET)

    def plan_at(
        self, moment: datetime, *, campaign: str | None = None, dry_run: bool = False, fresh: bool = True
    ) -> PlanResult:
        """Plan at `moment`, on records that are up to date unless `fresh` is False."""
        if fresh:
            self.fresh(moment)
        return plan(self.planner(), moment, campaign=campaign, dry_run=dry_run)

    def planned_at(self, moment: datetime, **how: Any) -> dict[str, Any]:
        """The totals of `plan_at`, without the runs."""
        document = self.plan_at(moment, **how).document()
        return {key: document[key] for key in ("planned", "withheld", "excluded", "deferred")}

    def send_at(self, moment: datetime, *, event: AttemptEvent | None = AttemptEvent.DELIVERED) -> list[int]:
        """Claim all that may leave and record `event` for it (None = the POST is still under way); the ids."""
        gone: list[int] = []
        while True:
            with self.store.write() as session:
                terms = Terms(GATEWAY, timedelta(seconds=60), 1e6, "segment")
                claimed = claim(session, terms, Door(lambda _run: True), now=moment, limit=100)
                if event is not None:
                    apply_events(
                        session,
                        [AttemptChange(text.message_id, text.n, event, sid=f"SM{text.message_id}-{text.n}", at=moment)
                         for text in claimed.texts],
                    )  # fmt: skip
            gone += [text.message_id for text in claimed.texts]
            if not claimed.texts and not claimed.looked_at:
                return gone

    def reply(self, name: str, words: str, moment: datetime) -> None:
        """The customer answers."""
        phone = self.one(Customer, id=self._customers[name])["phone"]
        text = InboundText(
            gateway=GATEWAY, provider_id=f"R{next(self._numbers)}", sender=phone, text=words, occurred_at=moment
        )
        with self.store.write() as session:
            receive_replies(session, [text], secret=SECRET, region="CN", now=moment)

    def rerender(self) -> int:
        """Word anew what lost a car."""
        return rerender_shrunk(self.store, self.schedules, CAPABILITIES, PRICE)

    def attribute_at(self, moment: datetime) -> AttributeResult:
        """Work out credits."""
        return attribute(self.store, self.schedules, moment)

    # — what came of it —

    def rows(self, model: type[SQLModel], **columns: Any) -> list[dict[str, Any]]:
        """All rows of a table with these values, by id."""
        table = table_of(model)
        statement = sa.select(table).where(*(table.c[name] == value for name, value in columns.items()))
        with self.store.read() as session:
            return [dict(row) for row in session.execute(statement.order_by(*table.primary_key)).mappings()]

    def count(self, model: type[SQLModel]) -> int:
        """How many rows a table has."""
        with self.store.read() as session:
            return session.execute(sa.select(sa.func.count()).select_from(table_of(model))).scalar_one()

    def one(self, model: type[SQLModel], **columns: Any) -> dict[str, Any]:
        """The only row with these values."""
        (row,) = self.rows(model, **columns)
        return row

    def messages(self, name: str | None = None, **columns: Any) -> list[dict[str, Any]]:
        """Messages, of one customer or of all."""
        return self.rows(Message, **(columns | ({"customer_id": self._customers[name]} if name else {})))

    def told(self, name: str) -> list[tuple[str, str]]:
        """(stage, state) of every row of the customer, oldest first."""
        return [(row["stage"], row["state"]) for row in self.messages(name)]

    def stages_of(self, plate: str, campaign: str | None = None) -> list[tuple[str, str, str | None]]:
        """(stage, state, why it left the text) of every touch about the car, oldest first."""
        return self._touches("vehicle", self._cars[plate], campaign)

    def _touches(self, subject: str, subject_id: int, campaign: str | None) -> list[tuple[str, str, str | None]]:
        cycle, touch, message = table_of(Cycle), table_of(MessageCycle), table_of(Message)
        statement = (
            sa.select(touch.c.stage, message.c.state, touch.c.closed)
            .join(cycle, cycle.c.id == touch.c.cycle_id)
            .join(message, message.c.id == touch.c.message_id)
            .where(cycle.c.subject_type == subject, cycle.c.subject_id == subject_id)
            .order_by(touch.c.id)
        )
        if campaign:
            statement = statement.where(cycle.c.campaign_id == campaign)
        with self.store.read() as session:
            return list(session.execute(statement).all())

    def decisions(self, name: str) -> dict[str, tuple[str, str | None]]:
        """Stage → (verdict, reason) of everything decided about the customer's cycles."""
        cycle, decision = table_of(Cycle), table_of(Decision)
        statement = (
            sa.select(decision.c.stage, decision.c.verdict, decision.c.reason)
            .join(cycle, cycle.c.id == decision.c.cycle_id)
            .where(cycle.c.customer_id == self._customers[name])
            .order_by(decision.c.id)
        )
        with self.store.read() as session:
            return {row[0]: (row[1], row[2]) for row in session.execute(statement)}

    def cycles(self, plate: str) -> list[dict[str, Any]]:
        """The cycles about the car."""
        return self.rows(Cycle, subject_type="vehicle", subject_id=self._cars[plate])

    def enrolments(self, name: str) -> list[dict[str, Any]]:
        """The customer's enrolments."""
        return self.rows(Enrolment, customer_id=self._customers[name])

    def runs(self) -> list[dict[str, Any]]:
        """Every run."""
        return self.rows(Run)

    def credits(self) -> list[tuple[str, int, int, str]]:
        """(type, outcome, message, evidence) of every credit."""
        return [(r["outcome_type"], r["outcome_id"], r["message_id"], r["evidence"]) for r in self.rows(Credit)]

    def coupons(self, name: str) -> list[dict[str, Any]]:
        """The customer's coupons."""
        return self.rows(Coupon, customer_id=self._customers[name])

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table: what a dry run must leave as it is."""
        with self.store.read() as session:
            return {
                table.name: sorted((tuple(map(str, row)) for row in session.execute(sa.select(table))), key=str)
                for table in metadata.sorted_tables
            }

    def change(self, model: type[SQLModel], key: int, **columns: Any) -> None:
        """Change one row."""
        table = table_of(model)
        with self.store.write() as session:
            session.connection().execute(sa.update(table).where(table.c.id == key).values(**columns))

    def write(self, work: Callable[[Session], Any]) -> Any:
        """Do `work` in one transaction."""
        with self.store.write() as session:
            return work(session)

    def insert(self, model: type[SQLModel], row: dict[str, Any]) -> int:
        """Add one row; its id."""
        with self.store.write() as session:
            return insert_returning_ids(session, model, [row])[0]
