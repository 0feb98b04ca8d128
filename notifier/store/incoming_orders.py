"""The repair orders of one import on its workbench, portion by portion (portions.py), and how they are stored.

Statements here move whole chunks without handing a row to Python: what a portion says of cars that are new to the
store was worked out beforehand, in the form in which it is stored.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_tuples, table_of
from notifier.store.columns import BigId
from notifier.store.customers import refreshed_last_visits
from notifier.store.engine import BENCH, Workbench
from notifier.store.orders import Redemption
from notifier.store.portions import ACCIDENT, ARRIVAL, CAR, COUNTED, DAY, DUE, MAINTAINED, TABLES, read_portion
from notifier.store.tables import OdometerReading, RepairOrder, Vehicle, Visit

__all__ = ["Arrived", "Chunk", "IncomingOrders", "Known"]

ORDER, VISIT, VEHICLE, READING = (table_of(model) for model in (RepairOrder, Visit, Vehicle, OdometerReading))

CONTENT = ("vin", "date_in", "arrived_at", "category", "odometer", "amount_minor", "advisor", "coupon_code")
"""What the DMS says of an order, without what we made of it."""


Cars = Collection[int] | None
"""Ids of cars of a chunk; None: all of them."""


class Chunk(NamedTuple):
    """The orders of a portion behind place `after`, up to and with place `until`."""

    after: int
    until: int


class Arrived(NamedTuple):
    """A car of a chunk, `vehicle_id` None where nobody knows it: how many orders it brings, of how many days, how many
    odometers nobody believes and how many coupons; the latest day that counts, as text. `days` None: it was not worked
    out, for it has a past."""

    vehicle_id: int | None
    vin: str
    orders: int
    days: int | None
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
        self._worded: dict[str, Any] = {}
        self._places: list[int] = []
        self._last = 0
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
        with self.bench.read() as session:
            places = sa.select(self.car.c.place).order_by(self.car.c.place)
            self._places = list(session.execute(places).scalars())
            self._last = session.execute(sa.select(sa.func.coalesce(sa.func.max(self.arrival.c.place), 0))).scalar_one()

    def end_of_chunk(self, after: int, rows: int) -> int:
        """The place of the last row of a chunk of about `rows` that follows `after`, cars whole; `after` at the end."""
        following = bisect_right(self._places, after + rows)
        return self._places[following] - 1 if following < len(self._places) else self._last

    def cars(self, session: Session, chunk: Chunk) -> list[Arrived]:
        """The cars of the chunk."""

        def wording() -> sa.Select[Any]:
            row = self.car.c
            # A day as text: a column of days would be made into objects one by one, at five times the price.
            named = (sa.cast(row[name], sa.Text) if name == "counted_on" else row[name] for name in Arrived._fields)
            return sa.select(*named).where(*_in_chunk(self.car)).order_by(row.place)

        return [Arrived._make(each) for each in self._run(session, chunk, "cars", wording)]

    def met(self, session: Session, chunk: Chunk) -> set[str]:
        """VINs of cars nobody knew that have become known since, and of cars that are not what was reckoned with."""

        def wording() -> Any:
            row = self.car.c
            arrived = sa.select(row.vin).where(*_in_chunk(self.car))
            known = sa.and_(VEHICLE.c.shop_id == self.shop_id, VEHICLE.c.vin == row.vin)
            moved = sa.or_(*(VEHICLE.c[name].is_distinct_from(row[name]) for name in ("delivered_on", "model")))
            return sa.union_all(
                arrived.where(row.vehicle_id.is_(None)).join(VEHICLE, known),
                arrived.join(VEHICLE, VEHICLE.c.id == row.vehicle_id).where(row.days.is_not(None), moved),
            )

        return set(self._run(session, chunk, "met", wording).scalars())

    def known(self, session: Session, chunk: Chunk, untold: Collection[str]) -> dict[str, Known]:
        """VIN → what of its rows is stored already; cars without any are left out.

        `untold`: columns the file says nothing about, and which are therefore no difference.
        """

        def wording() -> sa.Select[Any]:
            row = self.arrival.c
            told = (name for name in (*CONTENT, "vehicle_id") if name not in untold)
            same = sa.and_(*(ORDER.c[name].is_not_distinct_from(row[name]) for name in told))
            doubted = sa.and_(same, ORDER.c.odometer > 0, sa.not_(ORDER.c.odometer_kept))
            counts: Any = [sa.func.count(sa.case((condition, 1))) for condition in (same, doubted)]
            return (
                sa.select(row.vin, sa.func.count(), *counts)
                .join(ORDER, sa.and_(ORDER.c.shop_id == self.shop_id, ORDER.c.order_no == row.order_no))
                .where(*_in_chunk(self.arrival))
                .group_by(row.vin)
            )

        return {row[0]: Known._make(row[1:]) for row in self._run(session, chunk, "known", wording)}

    def with_past(self, session: Session, chunk: Chunk) -> set[str]:
        """VINs of the chunk of which orders, waiting orders, visits or readings of their own are stored."""

        def wording() -> sa.Select[Any]:
            row = self.car.c
            waiting = sa.and_(ORDER.c.shop_id == self.shop_id, ORDER.c.vehicle_id.is_(None), ORDER.c.vin == row.vin)
            # A visit outlives orders that have moved to another car.
            theirs = (table.c.vehicle_id == row.vehicle_id for table in (ORDER, VISIT, READING))
            found = sa.or_(*(sa.exists().where(each) for each in (*theirs, waiting)))
            return sa.select(row.vin).where(*_in_chunk(self.car), found)

        return set(self._run(session, chunk, "with_past", wording).scalars())

    def lock_cars(self, session: Session, chunk: Chunk) -> None:
        """Nobody predicts these cars anew, for kilometres told by SMS, while the chunk does (SQLite has one writer)."""
        if not self.bench.is_sqlite:
            locked = sa.select(VEHICLE.c.id).where(VEHICLE.c.id.in_(self._ids(None))).order_by(VEHICLE.c.id)
            session.execute(locked.with_for_update(key_share=True), chunk._asdict())

    def homes(self, session: Session, chunk: Chunk, vins: Collection[str]) -> set[str]:
        """The VINs under which orders of these cars' rows are stored."""
        row = self.arrival.c
        stored = sa.and_(ORDER.c.shop_id == self.shop_id, ORDER.c.order_no == row.order_no)
        homes = sa.select(ORDER.c.vin).join(self.arrival, stored).where(*_in_chunk(self.arrival), row.vin.in_(vins))
        return set(session.execute(homes.distinct(), chunk._asdict()).scalars())

    def rows_of(self, session: Session, chunk: Chunk, vins: Collection[str]) -> Sequence[Any]:
        """The chunk's rows of these cars: order number and the columns of CONTENT."""
        row = self.arrival.c
        rows = sa.select(row.order_no, *(row[name] for name in CONTENT)).where(*_in_chunk(self.arrival))
        return session.execute(rows.where(row.vin.in_(vins)).order_by(row.place), chunk._asdict()).all()

    def insert_visits(self, session: Session, chunk: Chunk, cars: Cars, at: datetime) -> None:
        """The first visits of these cars."""
        several = {name: self.day.c[name] for name in DAY if name != "place"}
        for table, visit in ((self.arrival, self._of_one_order()), (self.day, several)):

            def wording(table: sa.Table = table, visit: Mapping[str, Any] = visit) -> sa.Insert:
                columns = {
                    **visit, "shop_id": sa.literal(self.shop_id), "customer_id": VEHICLE.c.customer_id,
                    "changed_at": sa.bindparam("at", type_=VISIT.c.changed_at.type),
                }  # fmt: skip
                made = sa.select(*columns.values()).join(VEHICLE, VEHICLE.c.id == table.c.vehicle_id)
                if table is self.arrival:
                    made = made.where(self.arrival.c.alone.is_not(None))
                return sa.insert(VISIT).from_select(
                    list(columns), made.where(*_of(table, cars)).order_by(table.c.place)
                )

            self._run(session, chunk, f"insert_visits {table.name}", wording, cars, at=at)

    def _of_one_order(self) -> dict[str, sa.ColumnElement[Any]]:
        """The visit an order makes that is the only one of its day."""
        row = self.arrival.c
        return {
            "vehicle_id": row.vehicle_id, "vin": row.vin, "day": row.date_in, "counted": row.alone >= COUNTED,
            "is_maintenance": row.alone == MAINTAINED, "has_accident": row.alone == ACCIDENT,
            "arrived_at": row.arrived_at, "amount_minor": sa.case((row.alone >= COUNTED, row.amount_minor), else_=0),
            "odometer": sa.case((row.odometer_kept, row.odometer)), "advisor": row.advisor,
        }  # fmt: skip

    def insert_orders(self, session: Session, chunk: Chunk, cars: Cars) -> None:
        """The first orders of these cars, whose visits are there already. A number that is stored raises."""

        def wording() -> sa.Insert:
            row = self.arrival.c
            names = [name for name in ARRIVAL if name not in ("place", "alone")]
            made = (
                sa.select(sa.literal(self.shop_id), *(row[name] for name in names), VISIT.c.id, *self._stamps())
                .join(VISIT, sa.and_(VISIT.c.vehicle_id == row.vehicle_id, VISIT.c.day == row.date_in))
                .where(*_of(self.arrival, cars))
                .order_by(row.place)
            )
            return sa.insert(ORDER).from_select(["shop_id", *names, "visit_id", *self.made_by], made)

        self._run(session, chunk, "insert_orders", wording, cars)

    def store_due_days(self, session: Session, chunk: Chunk, cars: Cars, now: datetime) -> None:
        """What these cars' first orders say of them."""

        def wording() -> sa.Update:
            row = self.car.c
            changed = sa.or_(*(VEHICLE.c[name].is_distinct_from(row[name]) for name in DUE))
            values = {name: row[name] for name in DUE}
            return (
                sa.update(VEHICLE)
                .where(VEHICLE.c.id == row.vehicle_id, *_of(self.car, cars), changed)
                .values({**values, "updated_at": sa.bindparam("at", type_=VEHICLE.c.updated_at.type)})
            )

        self._run(session, chunk, "store_due_days", wording, cars, at=now)

    def refresh_last_visits(self, session: Session, chunk: Chunk, cars: Cars, now: datetime) -> None:
        """When the owners of these cars came last."""

        def wording() -> sa.Update:
            return refreshed_last_visits(sa.select(VEHICLE.c.customer_id).where(VEHICLE.c.id.in_(self._ids(cars))))

        self._run(session, chunk, "refresh_last_visits", wording, cars, at=now)

    def park_orders(self, session: Session, chunk: Chunk, vins: Collection[str]) -> None:
        """Orders of cars nobody knows; those that wait already stay."""
        row, stored = self.arrival.c, ORDER.alias("stored")
        names = ("order_no", *CONTENT)
        is_stored = sa.exists().where(stored.c.shop_id == self.shop_id, stored.c.order_no == row.order_no)
        made = sa.select(sa.literal(self.shop_id), *(row[name] for name in names), sa.true(), *self._stamps()).where(
            *_in_chunk(self.arrival), row.vin.in_(vins), sa.not_(is_stored)
        )
        parked = sa.insert(ORDER).from_select(["shop_id", *names, "odometer_kept", *self.made_by], made)
        session.connection().execute(parked, chunk._asdict())

    def coupons(self, session: Session, chunk: Chunk, cars: Cars) -> list[Redemption]:
        """The coupons these cars' rows name, their visits being stored already."""
        row = self.arrival.c
        named = sa.select(row.coupon_code, row.date_in, row.vin, VISIT.c.id).join(
            VISIT, sa.and_(VISIT.c.vehicle_id == row.vehicle_id, VISIT.c.day == row.date_in)
        )
        named = named.where(*_of(self.arrival, cars), row.coupon_code.is_not(None))
        return [Redemption(*found) for found in session.execute(named, chunk._asdict())]

    def owners(self, session: Session, chunk: Chunk) -> dict[int, int | None]:
        """Vehicle id → its owner, of the known cars of the chunk."""
        columns = sa.select(VEHICLE.c.id, VEHICLE.c.customer_id).where(VEHICLE.c.id.in_(self._ids(None)))
        return dict(session.execute(columns, chunk._asdict()).all())

    def _ids(self, cars: Cars) -> sa.Select[Any]:
        row = self.car.c
        return sa.select(row.vehicle_id).where(*_of(self.car, cars), row.vehicle_id.is_not(None))

    def _stamps(self) -> list[sa.ColumnElement[Any]]:
        return [sa.literal(value, ORDER.c[name].type) for name, value in self.made_by.items()]

    def _run(
        self, session: Session, chunk: Chunk, name: str, wording: Callable[[], Any], cars: Cars = None, **values: Any
    ) -> sa.CursorResult[Any]:
        """Run a statement about a chunk. About all its cars it is worded once: wording costs as much as some work."""
        statement = self._worded.get(name) if cars is None else None
        if statement is None:
            statement = wording()
        if cars is None:
            self._worded[name] = statement
        return session.connection().execute(statement, {**chunk._asdict(), **values})


def _in_chunk(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    """The rows of the chunk that is given when the statement is run."""
    return table.c.place > sa.bindparam("after"), table.c.place <= sa.bindparam("until")


def _of(table: sa.Table, cars: Cars) -> tuple[sa.ColumnElement[bool], ...]:
    return _in_chunk(table) if cars is None else (*_in_chunk(table), table.c.vehicle_id.in_(cars))
