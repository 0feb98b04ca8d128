"""Many rows in one statement, written as the driver stores them; rows changed by their id."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from notifier.store.bulk import insert_tuples, table_of
from notifier.store.columns import UtcDateTime
from notifier.store.moments import written_moment

__all__ = ["insert_columns", "insert_numbered", "insert_written", "update_rows"]


def insert_numbered(session: Session, model: type[SQLModel], columns: Mapping[str, Sequence[Any]]) -> Sequence[int]:
    """As :func:`insert_written`, for rows without ids, column by column; returns the ids they got, in the same order.

    Inside a write transaction. A quarter of the cost of asking the database for the id of each row.
    """
    count = len(next(iter(columns.values())))
    if not count:
        return ()
    ids = _reserve(session, table_of(model), count)
    _insert(session, table_of(model), {"id": ids, **columns})
    return ids


def insert_columns(session: Session, model: type[SQLModel], columns: Mapping[str, Sequence[Any]]) -> None:
    """As :func:`insert_written`, column by column."""
    if next(iter(columns.values())):
        _insert(session, table_of(model), columns)


def insert_written(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the columns of the first, written as the driver stores them; SQLAlchemy is passed by.

    Columns left out get what the database gives: NULL, or the next id.
    """
    if rows:
        _insert(session, table_of(model), {name: [row[name] for row in rows] for name in rows[0]})


def _insert(session: Session, table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    written = [_written(values, table.c[name].type, is_sqlite=is_sqlite) for name, values in columns.items()]
    insert_tuples(session, table, list(columns), list(zip(*written, strict=True)))


def _written(values: Sequence[Any], kind: sa.types.TypeEngine[Any], *, is_sqlite: bool) -> Sequence[Any]:
    """A column's values as the driver stores them. Days, moments and documents repeat, so each is written once."""
    if isinstance(kind, sa.Date):
        days = {day: day and day.isoformat() for day in set(values)}
        return [days[day] for day in values]
    if isinstance(kind, UtcDateTime):
        moments = {moment: written_moment(moment, is_sqlite=is_sqlite) for moment in set(values)}
        return [moments[moment] for moment in values]
    if isinstance(kind, sa.JSON):
        # By identity: the values are alive in the list, and a dict cannot be looked up by its content.
        documents = {id(value): value for value in values}
        documents = {key: json.dumps(value) for key, value in documents.items()}
        return [documents[id(value)] for value in values]
    return values


def _reserve(session: Session, table: sa.Table, count: int) -> Sequence[int]:
    """So many ids that nobody else will get."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        # Its one writer may count them itself.
        first = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1)).scalar_one()
        return range(first, first + count)
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    taken = sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, count))
    return list(connection.execute(taken).scalars())


def update_rows(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Overwrite columns of rows: each mapping has the row's ``id`` and the same other columns as the first."""
    if not rows:
        return
    table = table_of(model)
    columns = [name for name in rows[0] if name != "id"]
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("row_id"))
        .values({name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in columns})
    )
    session.connection().execute(
        statement, [{"row_id": row["id"], **{f"new_{name}": row[name] for name in columns}} for row in rows]
    )
