"""A portion of an import's orders, ready to be stored: a small database that one process writes and another reads.

Three tables, whose `place` numbers the orders car by car and day by day: `arrival` has an order a row; `day` a row for
each day with several orders of a known car, at the place of the first; `car` a row a car, at the place of its first
order. Days and moments are written as the store's database has them. Nothing here knows SQLAlchemy, for the writer is
a light process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

__all__ = [
    "ACCIDENT", "ARRIVAL", "CAR", "COUNTED", "DAY", "DUE", "MAINTAINED", "TABLES", "UNCOUNTED", "read_portion",
    "write_portion",
]  # fmt: skip

ARRIVAL = (
    "place", "vehicle_id", "odometer_kept", "alone", "vin", "date_in", "order_no", "arrived_at", "category", "odometer",
    "amount_minor", "advisor", "coupon_code",
)  # fmt: skip
"""`vehicle_id` None = nobody knew the car; `odometer_kept` as it is if the car has no other orders; `alone`: what its
day is, as its only order; None where it has several."""
UNCOUNTED, ACCIDENT, COUNTED, MAINTAINED = range(4)
"""What a day is: none that counts, and of it an accident; one that counts, and of it maintenance."""
DAY = (
    "place", "vehicle_id", "vin", "day", "counted", "is_maintenance", "has_accident", "arrived_at", "amount_minor",
    "odometer", "advisor",
)  # fmt: skip
DUE = (
    "last_maintenance_on", "service_anchor_on", "next_service_on", "next_service_from", "next_service_to",
    "next_service_kind", "km_per_day", "last_odometer", "irregular",
)  # fmt: skip
"""What a car's orders say of it: kept up to date when visits arrive."""
CAR = (
    "place", "vehicle_id", "vin", "orders", "days", "doubted", "coupons", "counted_on", "delivered_on", "model", *DUE,
)  # fmt: skip
"""How many orders, days, doubted odometers and coupons; the latest day that counts; what the DUE days rest on. Of a car
with a past, or that nobody knows, only the orders are counted: `days` is None, and it has no days and due days."""
TABLES: Mapping[str, Sequence[str]] = {"arrival": ARRIVAL, "day": DAY, "car": CAR}

_NUMBERS = frozenset({
    "vehicle_id", "odometer", "amount_minor", "odometer_kept", "alone", "counted", "is_maintenance", "has_accident",
    "orders", "days", "doubted", "coupons", "last_odometer", "irregular",
})  # fmt: skip
_READ_AT_ONCE = 1_000
_ROWS_A_STATEMENT = 40
"""Times the columns of a car: fewer values than any SQLite takes."""


def write_portion(path: Path, **rows: Sequence[Sequence[Any]]) -> None:
    """Make the database of a portion; `rows` of each table by its name. What is not whole does not stay."""
    try:
        _write(path, rows)
    except BaseException:
        path.unlink()
        raise


def _write(path: Path, rows: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        for table, columns in TABLES.items():
            typed = ", ".join(f"{name} {_type(name)}" for name in columns)
            connection.execute(f"CREATE TABLE {table} ({typed})")
            _insert(connection, table, len(columns), rows[table])
        connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, table: str, columns: int, rows: Sequence[Sequence[Any]]) -> None:
    """Some rows a statement, which costs a fifth less than one."""
    marks = f"({', '.join('?' * columns)})"
    whole = len(rows) - len(rows) % _ROWS_A_STATEMENT
    together = (
        list(chain.from_iterable(rows[at : at + _ROWS_A_STATEMENT])) for at in range(0, whole, _ROWS_A_STATEMENT)
    )
    several = ", ".join([marks] * _ROWS_A_STATEMENT)
    connection.executemany(f"INSERT INTO {table} VALUES {several}", together)  # noqa: S608 — our own names
    connection.executemany(f"INSERT INTO {table} VALUES {marks}", rows[whole:])  # noqa: S608


def _type(column: str) -> str:
    if column == "place":
        return "INTEGER PRIMARY KEY"
    return "REAL" if column == "km_per_day" else "INTEGER" if column in _NUMBERS else "TEXT"


def read_portion(path: Path, table: str) -> Iterator[Sequence[Any]]:
    """The rows of one table, for a database that cannot look into another's file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        cursor = connection.execute(f"SELECT * FROM {table} ORDER BY place")  # noqa: S608 — our own names
        while rows := cursor.fetchmany(_READ_AT_ONCE):
            yield from rows
