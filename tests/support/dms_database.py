"""A dealer's own database for tests: people, cars, orders and policies, each row stamped when it was changed."""

# moments without a zone, as databases hold them

# ruff: noqa: DTZ001  # moments without a zone, as databases hold them

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from notifier.dms.source import Query, read_queries
from tests.support.import_desk import phone, vin

MORNING = datetime(2026, 3, 1, 8)
"""When the rows of the beginning were changed: two hours before the import desk's NOW, by the shop's clock."""

QUERIES = """\
customers:
  query: |
    SELECT p.no AS "客户编号", p.name AS "姓名", p.mobile AS "手机", c.vin, c.delivered AS "交车日期",
           CASE WHEN c.changed > p.changed THEN c.changed ELSE p.changed END AS changed
    FROM cars c JOIN people p ON p.no = c.owner  -- every car with its owner
  changed_column: changed
visits:
  query: |
    SELECT no AS "工单号", vin, came_in AS "进厂日期", km AS "里程", kind AS "维修类别", total AS "金额", changed
    FROM orders;
  changed_column: changed
renewals:
  query: |
    SELECT no AS "保单号", vin, ends AS "终保日期", premium AS "保费" FROM policies
"""

_META = sa.MetaData()
PEOPLE = sa.Table(
    "people", _META, sa.Column("no", sa.String, primary_key=True), sa.Column("name", sa.String),
    sa.Column("mobile", sa.String), sa.Column("changed", sa.DateTime),
)  # fmt: skip
CARS = sa.Table(
    "cars", _META, sa.Column("vin", sa.String, primary_key=True), sa.Column("owner", sa.String),
    sa.Column("delivered", sa.Date), sa.Column("changed", sa.DateTime),
)  # fmt: skip
ORDERS = sa.Table(
    "orders", _META, sa.Column("no", sa.String, primary_key=True), sa.Column("vin", sa.String),
    sa.Column("came_in", sa.DateTime), sa.Column("km", sa.Integer), sa.Column("kind", sa.String),
    sa.Column("total", sa.Numeric(12, 2)), sa.Column("changed", sa.DateTime),
)  # fmt: skip
POLICIES = sa.Table(
    "policies", _META, sa.Column("no", sa.String, primary_key=True), sa.Column("vin", sa.String),
    sa.Column("ends", sa.Date), sa.Column("premium", sa.Numeric(12, 2)),
)  # fmt: skip


@dataclass
class DmsDatabase:
    """The database, and what staff wrote into dms.yaml for it."""

    url: str
    folder: Path

    def __post_init__(self) -> None:
        parsed = sa.make_url(self.url)
        name = "postgresql+psycopg" if parsed.get_backend_name() == "postgresql" else parsed.drivername
        self.engine = sa.create_engine(parsed.set(drivername=name))
        _META.create_all(self.engine)
        self.write(QUERIES)

    def write(self, text: str) -> None:
        """What dms.yaml says from now on."""
        self.file.write_text(text, encoding="utf-8")

    @property
    def file(self) -> Path:
        """dms.yaml."""
        return self.folder / "dms.yaml"

    @property
    def queries(self) -> dict[str, Query]:
        """As `notifier sync` reads them."""
        return read_queries(self.file)

    def do(self, statement: str, **values: Any) -> None:
        """The dealer's programs at work."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def add(self, table: sa.Table, **values: Any) -> None:
        """One row."""
        with self.engine.begin() as connection:
            connection.execute(sa.insert(table).values(**values))

    def count(self, table: sa.Table) -> int:
        """How many rows there are."""
        with self.engine.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()

    def person(self, n: int, changed: datetime | None = MORNING, **values: Any) -> None:
        """The n-th customer with the n-th car."""
        self.add(PEOPLE, **{"no": f"K{n}", "name": f"王强{n}", "mobile": phone(n), "changed": changed, **values})
        self.add(CARS, vin=vin(n), owner=f"K{n}", delivered=date(2024, 1, n), changed=changed)

    def order(self, no: str, n: int, came_in: datetime, changed: datetime | None = MORNING, **values: Any) -> None:
        """A repair order of the n-th car."""
        row = {"km": 10_000, "kind": "定期保养", "total": Decimal("800.50"), **values}
        self.add(ORDERS, no=no, vin=vin(n), came_in=came_in, changed=changed, **row)

    def policy(self, no: str, n: int, ends: date) -> None:
        """An insurance policy of the n-th car."""
        self.add(POLICIES, no=no, vin=vin(n), ends=ends, premium=Decimal("3200.00"))

    def fill(self) -> None:
        """Three customers with a car each, two orders and a policy."""
        for n in (1, 2, 3):
            self.person(n)
        self.fill_again("visits")
        self.fill_again("renewals")

    def fill_again(self, kind: str) -> None:
        """The two orders, or the policy."""
        if kind == "visits":
            self.order("R1", 1, datetime(2025, 9, 12, 9, 30))
            self.order("R2", 2, datetime(2025, 10, 1, 8), total=Decimal("-80.00"))
        else:
            self.policy("P1", 1, date(2026, 9, 30))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
