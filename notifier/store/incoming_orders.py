"""The repair orders of one import on its workbench, portion by portion (portions.py), and how they are stored.

Statements here move whole chunks without handing a row to Python: what a portion says of cars that are new to the
store was worked out beforehand, in the form in which it is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_tuples, table_of
from notifier.store.columns import BigId
from notifier.store.customers import refresh_last_visits_of
from notifier.store.engine import BENCH, Workbench
from notifier.store.orders import Redemption
from notifier.store.portions import ACCIDENT, ARRIVAL, CAR, COUNTED, DAY, DUE, MAINTAINED, TABLES, read_portion
from notifier.store.tables import OdometerReading, RepairOrder, Vehicle, Visit

__all__ = ["Arrived", "Chunk", "IncomingOrders", "Known"]

ORDER, VISIT, VEHICLE, READING = (table_of(model) for model in (RepairOrder, Visit, Vehicle, OdometerReading))

CONTENT = ("vin", "date_in", "arrived_at", "category", "odometer", "amount_minor", "advisor", "coupon_code")
"""What the DMS says of an order, without what we made of it."""


class Chunk(NamedTuple):
    """The orders of a portion behind place `after`, up to and with place `until`."""

    after: int
    until: int


class Arrived(NamedTuple):
    """A car of a chunk, `vehicle_id` None where nobody knows it: how many orders it brings, of how many days, how many
    odometers nobody believes and how many coupons; the latest day that counts, as text."""

    vehicle_id: int | None
    vin: str
    orders: int
    days: int
    doubted: int
    coupons: int
    counted_on: str | None


class Known(NamedTuple):
    """What of a car's orders is stored by its number: how many, how many with the very same content, and how many of
    these with an odometer nobody believed."""

    rows: int
    same: int
    doubted: int


class IncomingOrders:
    """The three tables of a portion on a workbench; `made_by`: the import_id and updated_at of the orders it writes."""

    def __init__(self, bench: Workbench, shop_id: int, made_by: Mapping[str, Any]) -> None:
        self.bench, self.shop_id, self.made_by = bench, shop_id, made_by
        self._metadata = sa.MetaData()
        self.arrival = self._table("arrival", ARRIVAL, ORDER)
        self.day = self._table("day", DAY, VISIT)
        self.car = self._table("car", CAR, VEHICLE)
        if not bench.is_sqlite:
            with bench.read() as session:
                self._metadata.create_all(session.connection(), checkfirst=False)

    def _table(self, name: str, columns: Sequence[str], stored: sa.Table) -> sa.Table:
        schema, prefixes = (BENCH, []) if self.bench.is_sqlite else (None, ["TEMPORARY"])
        types = {"counted_on": VISIT.c.day.type}
        return sa.Table(
            f"incoming_{name}" if schema is None else name, self._metadata,
            sa.Column("place", BigId, primary_key=True, autoincrement=False),
            *(
                sa.Column(each, stored.c[each].type if each in stored.c else types.get(each, BigId))
                for each in columns if each != "place"
            ),
            schema=schema, prefixes=prefixes,
        )  # fmt: skip

    def lay_out(self, portion: Path) -> None:
        """Put this portion on the bench, in the place of the one before. The file is not needed any longer."""
        if self.bench.is_sqlite:
            self.bench.attach(portion)
        else:
            with self.bench.read() as session:
                for name, table in zip(TABLES, (self.arrival, self.day, self.car), strict=True):
                    session.execute(sa.text(f"TRUNCATE {table.name}"))
                    insert_tuples(session, table, TABLES[name], list(read_portion(portion, name)))
                    session.execute(sa.text(f"ANALYZE {table.name}"))
        portion.unlink()

    def end_of_chunk(self, after: int, rows: int) -> int:
        """The place of the last row of a chunk of about `rows` that follows `after`, cars whole; `after` at the end."""
        beyond = sa.select(sa.func.min(self.car.c.place)).where(self.car.c.place > after + rows)
        with self.bench.read() as session:
            following = session.execute(beyond).scalar_one()
            if following is not None:
                return int(following) - 1
            return int(session.execute(sa.select(sa.func.coalesce(sa.func.max(self.arrival.c.place), 0))).scalar_one())

    def cars(self, session: Session, chunk: Chunk) -> list[Arrived]:
        """The cars of the chunk."""
        row = self.car.c
        # A day as text: a column of days would be made into objects one by one, at five times the price.
        named = (sa.cast(row[name], sa.Text) if name == "counted_on" else row[name] for name in Arrived._fields)
        arrived = session.execute(sa.select(*named).where(*_in(self.car, chunk)).order_by(row.place))
        return [Arrived(*each) for each in arrived]

    def met(self, session: Session, chunk: Chunk) -> set[str]:
        """VINs of cars nobody knew that have become known since, and of cars that are not what was reckoned with."""
        row = self.car.c
        arrived = sa.select(row.vin).where(*_in(self.car, chunk))
        known = sa.and_(VEHICLE.c.shop_id == self.shop_id, VEHICLE.c.vin == row.vin)
        moved = sa.or_(*(VEHICLE.c[name].is_distinct_from(row[name]) for name in ("delivered_on", "model")))
        return set(session.execute(
            sa.union_all(
                arrived.where(row.vehicle_id.is_(None)).join(VEHICLE, known),
                arrived.join(VEHICLE, VEHICLE.c.id == row.vehicle_id).where(moved),
            )
        ).scalars())  # fmt: skip

    def known(self, session: Session, chunk: Chunk, untold: Collection[str]) -> dict[str, Known]:
        """VIN → what of its rows is stored already; cars without any are left out.

        `untold`: columns the file says nothing about, and which are therefore no difference.
        """
        row = self.arrival.c
        same = sa.and_(
            *(ORDER.c[name].is_not_distinct_from(row[name]) for name in (*CONTENT, "vehicle_id") if name not in untold)
        )
        doubted = sa.and_(same, ORDER.c.odometer > 0, sa.not_(ORDER.c.odometer_kept))
        statement = (
            sa.select(
                row.vin, sa.func.count(), sa.func.count(sa.case((same, 1))), sa.func.count(sa.case((doubted, 1)))
            )
            .join(ORDER, sa.and_(ORDER.c.shop_id == self.shop_id, ORDER.c.order_no == row.order_no))
            .where(*_in(self.arrival, chunk))
            .group_by(row.vin)
        )  # fmt: skip
        return {vin: Known(*counts) for vin, *counts in session.execute(statement)}

    def with_past(self, session: Session, chunk: Chunk) -> set[str]:
        """VINs of the chunk of which orders, waiting orders, visits or readings of their own are stored."""
        row = self.car.c
        here = _in(self.car, chunk)
        vins = sa.select(row.vin).where(*here)
        waiting = sa.and_(ORDER.c.shop_id == self.shop_id, ORDER.c.vehicle_id.is_(None), ORDER.c.vin == row.vin)
        # A visit outlives orders that have moved to another car.
        theirs = (table.c.vehicle_id == row.vehicle_id for table in (ORDER, VISIT, READING))
        found = sa.or_(*(sa.exists().where(each) for each in (*theirs, waiting)))
        return set(session.execute(vins.where(found)).scalars())

    def lock_cars(self, session: Session, chunk: Chunk) -> None:
        """Nobody predicts these cars anew, for kilometres told by SMS, while the chunk does (SQLite has one writer)."""
        if not self.bench.is_sqlite:
            locked = sa.select(VEHICLE.c.id).where(VEHICLE.c.id.in_(self._ids(chunk, None))).order_by(VEHICLE.c.id)
            session.execute(locked.with_for_update(key_share=True))

    def homes(self, session: Session, chunk: Chunk, vins: Collection[str]) -> set[str]:
        """The VINs under which orders of these cars' rows are stored."""
        row = self.arrival.c
        stored = sa.and_(ORDER.c.shop_id == self.shop_id, ORDER.c.order_no == row.order_no)
        statement = sa.select(ORDER.c.vin).join(self.arrival, stored)
        return set(session.execute(statement.where(*_in(self.arrival, chunk), row.vin.in_(vins)).distinct()).scalars())

    def rows_of(self, session: Session, chunk: Chunk, vins: Collection[str]) -> Sequence[Any]:
        """The chunk's rows of these cars: order number and the columns of CONTENT."""
        row = self.arrival.c
        statement = sa.select(row.order_no, *(row[name] for name in CONTENT))
        return session.execute(statement.where(*_in(self.arrival, chunk), row.vin.in_(vins)).order_by(row.place)).all()

    def insert_visits(self, session: Session, chunk: Chunk, cars: Collection[int] | None, at: datetime) -> None:
        """The first visits of these cars. `cars` None: all of the chunk."""
        others = {
            "shop_id": sa.literal(self.shop_id), "customer_id": VEHICLE.c.customer_id,
            "changed_at": sa.literal(at, VISIT.c.changed_at.type),
        }  # fmt: skip
        several = {name: self.day.c[name] for name in DAY if name != "place"}
        for table, visit in ((self.arrival, self._of_one_order()), (self.day, several)):
            columns = {**visit, **others}
            made = sa.select(*columns.values()).join(VEHICLE, VEHICLE.c.id == table.c.vehicle_id)
            if table is self.arrival:
                made = made.where(self.arrival.c.alone.is_not(None))
            made = made.where(*_of(table, chunk, cars)).order_by(table.c.place)
            session.execute(sa.insert(VISIT).from_select(list(columns), made))

    def _of_one_order(self) -> dict[str, sa.ColumnElement[Any]]:
        """The visit an order makes that is the only one of its day."""
        row = self.arrival.c
        return {
            "vehicle_id": row.vehicle_id, "vin": row.vin, "day": row.date_in, "counted": row.alone >= COUNTED,
            "is_maintenance": row.alone == MAINTAINED, "has_accident": row.alone == ACCIDENT,
            "arrived_at": row.arrived_at, "amount_minor": sa.case((row.alone >= COUNTED, row.amount_minor), else_=0),
            "odometer": sa.case((row.odometer_kept, row.odometer)), "advisor": row.advisor,
        }  # fmt: skip

    def insert_orders(self, session: Session, chunk: Chunk, cars: Collection[int] | None) -> None:
        """The first orders of these cars, whose visits are there already. A number that is stored raises."""
        row = self.arrival.c
        names = [name for name in ARRIVAL if name not in ("place", "alone")]
        made = (
            sa.select(sa.literal(self.shop_id), *(row[name] for name in names), VISIT.c.id, *self._stamps())
            .join(VISIT, sa.and_(VISIT.c.vehicle_id == row.vehicle_id, VISIT.c.day == row.date_in))
            .where(*_of(self.arrival, chunk, cars))
            .order_by(row.place)
        )
        session.execute(sa.insert(ORDER).from_select(["shop_id", *names, "visit_id", *self.made_by], made))

    def store_due_days(self, session: Session, chunk: Chunk, cars: Collection[int] | None, now: datetime) -> None:
        """What these cars' first orders say of them."""
        row = self.car.c
        changed = sa.or_(*(VEHICLE.c[name].is_distinct_from(row[name]) for name in DUE))
        session.connection().execute(
            sa.update(VEHICLE)
            .where(VEHICLE.c.id == row.vehicle_id, *_of(self.car, chunk, cars), changed)
            .values({**{name: row[name] for name in DUE}, "updated_at": now})
        )

    def refresh_last_visits(self, session: Session, chunk: Chunk, cars: Collection[int] | None, now: datetime) -> None:
        """When the owners of these cars came last."""
        owners = sa.select(VEHICLE.c.customer_id).where(VEHICLE.c.id.in_(self._ids(chunk, cars)))
        refresh_last_visits_of(session, owners, now)

    def park_orders(self, session: Session, chunk: Chunk, vins: Collection[str]) -> None:
        """Orders of cars nobody knows; those that wait already stay."""
        row, stored = self.arrival.c, ORDER.alias("stored")
        names = ("order_no", *CONTENT)
        is_stored = sa.exists().where(stored.c.shop_id == self.shop_id, stored.c.order_no == row.order_no)
        made = sa.select(sa.literal(self.shop_id), *(row[name] for name in names), sa.true(), *self._stamps()).where(
            *_in(self.arrival, chunk), row.vin.in_(vins), sa.not_(is_stored)
        )
        session.execute(sa.insert(ORDER).from_select(["shop_id", *names, "odometer_kept", *self.made_by], made))

    def coupons(self, session: Session, chunk: Chunk, cars: Collection[int] | None) -> list[Redemption]:
        """The coupons these cars' rows name, their visits being stored already."""
        row = self.arrival.c
        statement = sa.select(row.coupon_code, row.date_in, row.vin, VISIT.c.id).join(
            VISIT, sa.and_(VISIT.c.vehicle_id == row.vehicle_id, VISIT.c.day == row.date_in)
        )
        named = session.execute(statement.where(*_of(self.arrival, chunk, cars), row.coupon_code.is_not(None)))
        return [Redemption(*found) for found in named]

    def owners(self, session: Session, chunk: Chunk) -> dict[int, int | None]:
        """Vehicle id → its owner, of the known cars of the chunk."""
        columns = sa.select(VEHICLE.c.id, VEHICLE.c.customer_id)
        return dict(session.execute(columns.where(VEHICLE.c.id.in_(self._ids(chunk, None)))).all())

    def _ids(self, chunk: Chunk, cars: Collection[int] | None) -> sa.Select[Any]:
        row = self.car.c
        return sa.select(row.vehicle_id).where(*_of(self.car, chunk, cars), row.vehicle_id.is_not(None))

    def _stamps(self) -> list[sa.ColumnElement[Any]]:
        return [sa.literal(value, ORDER.c[name].type) for name, value in self.made_by.items()]


def _in(table: sa.Table, chunk: Chunk) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.place > chunk.after, table.c.place <= chunk.until


def _of(table: sa.Table, chunk: Chunk, cars: Collection[int] | None) -> tuple[sa.ColumnElement[bool], ...]:
    return _in(table, chunk) if cars is None else (*_in(table, chunk), table.c.vehicle_id.in_(cars))
