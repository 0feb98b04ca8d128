"""The repair orders of one import, waiting on its workbench: compared as a whole, then taken over car by car.

So the result never depends on the order of a file's rows, each car is dealt with once, and memory does not grow with
the file. They are sorted by the ids of their cars, because an index that is written in its own order costs a tenth of
one that is written at random. Statements here move whole chunks without handing a row to Python.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import insert_tuples, table_of
from notifier.store.columns import BigId
from notifier.store.engine import BENCH, Workbench
from notifier.store.orders import Redemption
from notifier.store.readings import CarReading
from notifier.store.tables import OdometerReading, RepairOrder, Vehicle, Visit

__all__ = ["ARRIVAL_COLUMNS", "INCOMING_COLUMNS", "Chunk", "Counting", "IncomingOrders", "Known"]

ORDER, VISIT, VEHICLE, READING = (table_of(model) for model in (RepairOrder, Visit, Vehicle, OdometerReading))

CONTENT = ("vin", "date_in", "arrived_at", "category", "odometer", "amount_minor", "advisor", "coupon_code")
"""What the DMS says of an order, without what we made of it."""
INCOMING_COLUMNS = ("line", "order_no", *CONTENT, "doubts")
_LATER = 1 << 40
"""Added to the place of a row that yields to every other when one of a day's orders is picked."""


class Chunk(NamedTuple):
    """The rows of `arrival` behind place `after`, up to and with place `until`."""

    after: int
    until: int


@dataclass(frozen=True, slots=True)
class Counting:
    """The categories that make a visit no visit, and those that are maintenance."""

    not_counted: Collection[str]
    maintenance: Collection[str]
    accident: str


class Known(NamedTuple):
    """What of a car's rows is stored by its number: how many rows, how many with the very same content, and how many of
    these with an odometer nobody believed."""

    rows: int
    same: int
    doubted: int


ARRIVAL_COLUMNS = ("place", "vehicle_id", "vin", "date_in", "category", "odometer", "coupon_code")
"""What the cars of a chunk are told apart by; `vehicle_id` None = nobody knows the car, `date_in` as text."""


class IncomingOrders:
    """Two tables on a workbench: `incoming_order` as cleaned, `arrival` sorted by car, day and number."""

    def __init__(self, bench: Workbench, shop_id: int, counting: Counting, made_by: Mapping[str, Any]) -> None:
        """`made_by`: the import_id and updated_at of the orders it writes."""
        self.bench, self.shop_id, self.counting, self.made_by = bench, shop_id, counting, made_by
        schema, prefixes = (BENCH, []) if bench.is_sqlite else (None, ["TEMPORARY"])
        content = [(name, ORDER.c[name].type) for name in ("order_no", *CONTENT)]
        metadata = sa.MetaData()
        self.incoming = sa.Table(
            "incoming_order", metadata, sa.Column("line", BigId, primary_key=True, autoincrement=False),
            *(sa.Column(name, kind) for name, kind in content), sa.Column("doubts", sa.Text),
            schema=schema, prefixes=prefixes,
        )  # fmt: skip
        self.arrival = sa.Table(
            "arrival", metadata, sa.Column("place", BigId, primary_key=True), sa.Column("vehicle_id", BigId),
            *(sa.Column(name, kind) for name, kind in content), sa.Column("doubts", sa.Text),
            sa.Column("odometer_kept", sa.Boolean),
            sa.Column("shares_day", sa.Boolean, server_default=sa.false()),
            schema=schema, prefixes=prefixes,
        )  # fmt: skip
        self.yielding = sa.Table(
            "yielding_order", sa.MetaData(), sa.Column("line", BigId, primary_key=True, autoincrement=False),
            schema=schema, prefixes=prefixes,
        )  # fmt: skip
        self._some_yield = False
        with bench.read() as session:
            metadata.create_all(session.connection(), checkfirst=False)

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add cleaned rows, in INCOMING_COLUMNS, days and moments written out."""
        with self.bench.read() as session:
            insert_tuples(session, self.incoming, INCOMING_COLUMNS, rows)

    def yield_to_others(self, lines: Sequence[int]) -> None:
        """Of one order number these lines stay behind every other. Seldom any: their table is made for the first."""
        if not lines:
            return
        with self.bench.read() as session:
            if not self._some_yield:
                self.yielding.create(session.connection())
                self._some_yield = True
            insert_tuples(session, self.yielding, ("line",), [(line,) for line in lines])

    def drop_duplicates(self) -> list[int]:
        """Of one order number the first by date in stays; returns the lines of the others.

        Identical rows are told apart by their line alone.
        """
        row = self.incoming.c
        repeated = sa.select(row.order_no).group_by(row.order_no).having(sa.func.count() > 1)
        # What is told goes before what is not, so the fuller row stays; the databases would not agree by themselves.
        told = (part for name in (*CONTENT, "doubts") for part in (row[name].is_(None), self._by_code(row[name])))
        yields = [row.line.in_(sa.select(self.yielding.c.line))] if self._some_yield else []
        order = [*yields, row.date_in, *told, row.line]
        placed = sa.select(
            row.line, sa.func.row_number().over(partition_by=row.order_no, order_by=order).label("nth")
        ).where(row.order_no.in_(repeated))
        later = placed.subquery()
        with self.bench.read() as session:
            lines = list(session.execute(sa.select(later.c.line).where(later.c.nth > 1)).scalars())
            doomed = sa.delete(self.incoming).where(row.line == sa.bindparam("doomed"))
            if lines:
                session.connection().execute(doomed, [{"doomed": line} for line in lines])
        return lines

    def sort(self) -> dict[str, int]:
        """Order the rows by car, day and number; returns doubts as written → rows that have them."""
        row, content = self.incoming.c, ("order_no", *CONTENT, "doubts")
        theirs = sa.and_(VEHICLE.c.shop_id == self.shop_id, VEHICLE.c.vin == row.vin)
        ordered = (
            sa.select(VEHICLE.c.id, *(row[name] for name in content), sa.func.coalesce(row.odometer, 1) > 0)
            .select_from(self.incoming.outerjoin(VEHICLE, theirs))
            .order_by(VEHICLE.c.id, self._by_code(row.vin), row.date_in, self._by_code(row.order_no))
        )
        doubts = sa.select(row.doubts, sa.func.count()).where(row.doubts.is_not(None)).group_by(row.doubts)
        with self.bench.read() as session:
            counted: dict[str, int] = dict(session.execute(doubts).all())
            session.execute(sa.insert(self.arrival).from_select(["vehicle_id", *content, "odometer_kept"], ordered))
            self.incoming.drop(session.connection())
            if not self.bench.is_sqlite:
                session.execute(sa.text("ANALYZE arrival"))
        return counted

    def end_of_chunk(self, after: int, rows: int) -> int:
        """The place of the last row of a chunk of about `rows` that follows `after`, cars whole; `after` at the end."""
        row = self.arrival.c
        with self.bench.read() as session:
            last = session.execute(sa.select(row.vin).where(row.place == after + rows)).scalar_one_or_none()
            if last is not None:
                beyond = sa.select(row.place).where(row.place > after + rows, row.vin != last)
                following = session.execute(beyond.order_by(row.place).limit(1)).scalar_one_or_none()
                if following is not None:
                    return int(following) - 1
            return int(session.execute(sa.select(sa.func.coalesce(sa.func.max(row.place), 0))).scalar_one())

    def meet_new_cars(self, session: Session, chunk: Chunk) -> None:
        """Cars of the chunk that have become known since the rows were sorted."""
        row = self.arrival.c
        car = sa.select(VEHICLE.c.id).where(VEHICLE.c.shop_id == self.shop_id, VEHICLE.c.vin == row.vin)
        session.execute(
            sa.update(self.arrival)
            .where(*self._in(chunk), row.vehicle_id.is_(None))
            .values(vehicle_id=car.scalar_subquery())
        )

    def rows(self, session: Session, chunk: Chunk) -> Iterable[Any]:
        """The chunk's rows in ARRIVAL_COLUMNS, car by car and day by day."""
        row = self.arrival.c
        # A day as text: a column of days would be made into objects one by one, at five times the price.
        named = (sa.cast(row[name], sa.Text) if name == "date_in" else row[name] for name in ARRIVAL_COLUMNS)
        return session.execute(sa.select(*named).where(*self._in(chunk)).order_by(row.place))

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
            .where(*self._in(chunk))
            .group_by(row.vin)
        )  # fmt: skip
        return {vin: Known(*counts) for vin, *counts in session.execute(statement)}

    def with_past(self, session: Session, chunk: Chunk) -> set[str]:
        """VINs of the chunk of which orders, waiting orders, visits or readings of their own are stored."""
        row = self.arrival.c
        cars = sa.select(row.vehicle_id).where(*self._in(chunk), row.vehicle_id.is_not(None))
        vins = sa.select(row.vin).where(*self._in(chunk))
        waiting = sa.and_(ORDER.c.shop_id == self.shop_id, ORDER.c.vehicle_id.is_(None), ORDER.c.vin.in_(vins))
        read = sa.select(VEHICLE.c.vin).join(READING, READING.c.vehicle_id == VEHICLE.c.id)
        statement = sa.union(
            sa.select(ORDER.c.vin).where(ORDER.c.vehicle_id.in_(cars)),
            sa.select(ORDER.c.vin).where(waiting),
            # A visit outlives orders that have moved to another car.
            sa.select(VISIT.c.vin).where(VISIT.c.vehicle_id.in_(cars)),
            read.where(READING.c.vehicle_id.in_(cars)),
        )
        return set(session.execute(statement).scalars())

    def mark(self, session: Session, shared: Sequence[int], doubted: Sequence[int]) -> None:
        """Places of rows that are not the only order of their day, and of those whose odometer nobody believes."""
        place = self.arrival.c.place == sa.bindparam("at")
        for places, change in ((shared, {"shares_day": True}), (doubted, {"odometer_kept": False})):
            if places:
                marking = sa.update(self.arrival).where(place).values(**change)
                session.connection().execute(marking, [{"at": at} for at in places])

    def lock_cars(self, session: Session, chunk: Chunk) -> None:
        """Nobody predicts these cars anew, for kilometres told by SMS, while the chunk does (SQLite has one writer)."""
        if not self.bench.is_sqlite:
            row = self.arrival.c
            cars = sa.select(row.vehicle_id).where(*self._in(chunk))
            locked = sa.select(VEHICLE.c.id).where(VEHICLE.c.id.in_(cars)).order_by(VEHICLE.c.id)
            session.execute(locked.with_for_update(key_share=True))

    def homes(self, session: Session, chunk: Chunk, vins: Collection[str]) -> set[str]:
        """The VINs under which orders of these cars' rows are stored."""
        row = self.arrival.c
        stored = sa.and_(ORDER.c.shop_id == self.shop_id, ORDER.c.order_no == row.order_no)
        statement = sa.select(ORDER.c.vin).join(self.arrival, stored).where(*self._in(chunk), row.vin.in_(vins))
        return set(session.execute(statement.distinct()).scalars())

    def rows_of(self, session: Session, chunk: Chunk, vins: Collection[str]) -> Sequence[Any]:
        """The chunk's rows of these cars: order number and the columns of CONTENT."""
        row = self.arrival.c
        statement = sa.select(row.order_no, *(row[name] for name in CONTENT))
        return session.execute(statement.where(*self._in(chunk), row.vin.in_(vins)).order_by(row.place)).all()

    def insert_visits(self, session: Session, chunk: Chunk, cars: Collection[int] | None, at: datetime) -> int:
        """The first visits of these cars, a row a day; returns how many. Their orders say what they are.

        Most days have one order: only the others are worth sorting again. `cars` None: all of the chunk.
        """
        made = _inserted(session, self._days_of_one(chunk, cars), self._visit(at))
        return made + _inserted(session, self._days_of_several(chunk, cars), self._visit(at))

    def _visit(self, at: datetime) -> dict[str, sa.ColumnElement[Any]]:
        """The columns of a visit that its orders do not tell."""
        return {
            "shop_id": sa.literal(self.shop_id), "customer_id": VEHICLE.c.customer_id,
            "changed_at": sa.literal(at, VISIT.c.changed_at.type),
        }  # fmt: skip

    def _days_of_one(self, chunk: Chunk, cars: Collection[int] | None) -> sa.Select[Any]:
        row = self.arrival.c
        facts = self._facts()
        return (
            sa.select(row.vehicle_id, row.vin, row.date_in.label("day"), row.arrived_at, row.advisor)
            .add_columns(*(fact.label(name) for name, fact in facts.items()))
            .where(*self._of(chunk, cars), sa.not_(row.shares_day))
            .order_by(row.place)
        )

    def _days_of_several(self, chunk: Chunk, cars: Collection[int] | None) -> sa.Select[Any]:
        row, facts = self.arrival.c, self._facts()
        told = sa.case((row.advisor.is_not(None), sa.case((facts["counted"], row.place), else_=row.place + _LATER)))
        days = (
            sa.select(
                row.vehicle_id, row.vin, row.date_in.label("day"), sa.func.min(row.arrived_at).label("arrived_at"),
                sa.func.sum(facts["amount_minor"]).label("amount_minor"),
                sa.func.max(facts["odometer"]).label("odometer"), sa.func.min(told).label("telling"),
                *(_any(facts[name]).label(name) for name in ("counted", "is_maintenance", "has_accident")),
            )
            .where(*self._of(chunk, cars), row.shares_day)
            .group_by(row.vehicle_id, row.vin, row.date_in)
            .subquery()
        )  # fmt: skip
        telling = self.arrival.alias("telling")
        advisor = sa.select(telling.c.advisor).where(telling.c.place == days.c.telling % _LATER).scalar_subquery()
        columns = [column for column in days.c if column.name != "telling"]
        return sa.select(*columns, advisor.label("advisor")).order_by(days.c.vehicle_id, days.c.day)

    def _facts(self) -> dict[str, sa.ColumnElement[Any]]:
        """What one order says of its visit."""
        row = self.arrival.c
        counted = row.category.not_in(self.counting.not_counted)
        return {
            "counted": counted,
            "is_maintenance": sa.and_(counted, row.category.in_(self.counting.maintenance)),
            "has_accident": row.category == self.counting.accident,
            "amount_minor": sa.case((counted, row.amount_minor), else_=0),
            "odometer": sa.case((sa.and_(row.odometer_kept, row.odometer > 0), row.odometer)),
        }

    def insert_orders(self, session: Session, chunk: Chunk, cars: Collection[int] | None) -> None:
        """The first orders of these cars, whose visits are there already."""
        row = self.arrival.c
        names = ("order_no", *CONTENT, "vehicle_id", "odometer_kept")
        made = (
            sa.select(sa.literal(self.shop_id), *(row[name] for name in names), VISIT.c.id, *self._stamps())
            .join(VISIT, sa.and_(VISIT.c.vehicle_id == row.vehicle_id, VISIT.c.day == row.date_in))
            .where(*self._of(chunk, cars))
            .order_by(row.place)
        )
        session.execute(sa.insert(ORDER).from_select(["shop_id", *names, "visit_id", *self.made_by], made))

    def park_orders(self, session: Session, chunk: Chunk, vins: Collection[str]) -> None:
        """Orders of cars nobody knows; those that wait already stay."""
        row, stored = self.arrival.c, ORDER.alias("stored")
        names = ("order_no", *CONTENT)
        is_stored = sa.exists().where(stored.c.shop_id == self.shop_id, stored.c.order_no == row.order_no)
        made = sa.select(sa.literal(self.shop_id), *(row[name] for name in names), sa.true(), *self._stamps()).where(
            *self._in(chunk), row.vin.in_(vins), sa.not_(is_stored)
        )
        session.execute(sa.insert(ORDER).from_select(["shop_id", *names, "odometer_kept", *self.made_by], made))

    def coupons(self, session: Session, chunk: Chunk, cars: Collection[int] | None) -> list[Redemption]:
        """The coupons these cars' rows name, their visits being stored already."""
        row = self.arrival.c
        statement = sa.select(row.coupon_code, row.date_in, row.vin, VISIT.c.id).join(
            VISIT, sa.and_(VISIT.c.vehicle_id == row.vehicle_id, VISIT.c.day == row.date_in)
        )
        named = session.execute(statement.where(*self._of(chunk, cars), row.coupon_code.is_not(None)))
        return [Redemption(*found) for found in named]

    def readings(self, session: Session, cars: Collection[int]) -> list[CarReading]:
        """Every odometer the rows name for these cars."""
        row = self.arrival.c
        wanted = sa.select(row.vehicle_id, row.date_in, row.odometer).where(row.odometer > 0)
        # All cars in one statement, for each is a scan of the whole table.
        return [(car, day, km) for car, day, km in session.execute(wanted.where(row.vehicle_id.in_(cars)))]

    def _by_code(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """Text in the order of its characters' numbers, as SQLite and Python sort, whatever the server's language."""
        is_text = isinstance(column.type, sa.String)
        return column.collate("C") if is_text and not self.bench.is_sqlite else column

    def _stamps(self) -> list[sa.ColumnElement[Any]]:
        return [sa.literal(value, ORDER.c[name].type) for name, value in self.made_by.items()]

    def _in(self, chunk: Chunk) -> tuple[sa.ColumnElement[bool], ...]:
        return self.arrival.c.place > chunk.after, self.arrival.c.place <= chunk.until

    def _of(self, chunk: Chunk, cars: Collection[int] | None) -> tuple[sa.ColumnElement[bool], ...]:
        return self._in(chunk) if cars is None else (*self._in(chunk), self.arrival.c.vehicle_id.in_(cars))


def _any(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether it holds for one row of the group: PostgreSQL has no greatest of truth values."""
    return sa.func.max(sa.case((condition, 1), else_=0)) == 1


def _inserted(session: Session, days: sa.Select[Any], others: Mapping[str, sa.ColumnElement[Any]]) -> int:
    """Write these days as visits; how many. PostgreSQL's driver tells only where it is asked to remember."""
    told = days.subquery()
    made = sa.select(*told.c, *others.values()).join(VEHICLE, VEHICLE.c.id == told.c.vehicle_id)
    statement = sa.insert(VISIT).from_select([*(column.name for column in told.c), *others], made)
    return session.connection().execute(statement, execution_options={"preserve_rowcount": True}).rowcount
