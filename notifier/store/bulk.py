"""Many rows in one statement, worded alike for SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

Row = Mapping[str, Any]


def table_of(model: type[SQLModel]) -> sa.Table:
    """The Core table behind a model: bulk statements skip the ORM's bookkeeping."""
    return cast(sa.Table, model.__table__)  # type: ignore[attr-defined]


def among(connection: sa.Connection, column: sa.ColumnElement[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
    """Whether `column` is one of `values`, however many: they travel as one parameter instead of one each."""
    if connection.dialect.name == "sqlite":
        each = sa.func.json_each(sa.literal(json.dumps(list(values)))).table_valued("value")
        return column.in_(sa.select(each.c.value))
    return column == sa.any_(sa.literal(list(values), postgresql.ARRAY(column.type)))


def insert_rows(session: Session, model: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert all `rows`; a breach of a unique key raises."""
    if rows:
        session.connection().execute(sa.insert(table_of(model)), list(rows))


def insert_tuples(session: Session, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows whose values are as the driver stores them: text, numbers, None; days and moments written out.

    A fifth of the cost of :func:`insert_rows`, for a million rows at a time. PostgreSQL: COPY.
    """
    if not rows:
        return
    connection = session.connection()
    name, names = connection.dialect.identifier_preparer.format_table(table), ", ".join(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {name} ({names}) VALUES ({marks})", rows)  # noqa: S608 — our own names
        return
    driver = connection.connection.cursor()
    with driver, driver.copy(f"COPY {name} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)


def update_tuples(session: Session, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Overwrite `columns` of rows by id: each tuple holds their values, as the driver stores them, and then the id."""
    if not rows:
        return
    connection = session.connection()
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    name = connection.dialect.identifier_preparer.format_table(table)
    changes = ", ".join(f"{column} = {mark}" for column in columns)
    connection.exec_driver_sql(f"UPDATE {name} SET {changes} WHERE id = {mark}", rows)  # noqa: S608 — our own names


def insert_returning_ids(session: Session, model: type[SQLModel], rows: Sequence[Row]) -> list[int]:
    """Insert all `rows` and return their ids in the same order; inside a write transaction."""
    if not rows:
        return []
    table = table_of(model)
    if session.get_bind().dialect.name == "sqlite":
        # It can only return ids in order row by row, a statement each; its one writer may as well count them itself.
        first = session.connection().execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1)).scalar_one()
        ids = list(range(first, first + len(rows)))
        session.connection().execute(sa.insert(table), [{**row, "id": key} for row, key in zip(rows, ids, strict=True)])
        return ids
    statement = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(session.connection().execute(statement, list(rows)).scalars())


def insert_missing(session: Session, model: type[SQLModel], rows: Sequence[Row], keys: Sequence[str]) -> int:
    """Insert those `rows` whose unique `keys` are not there yet; returns how many were."""
    if not rows:
        return 0
    statement = _insert(session, table_of(model)).on_conflict_do_nothing(index_elements=list(keys))
    # PostgreSQL tells how many an INSERT wrote only where it is asked to remember.
    remembering = {"preserve_rowcount": True}
    return session.connection().execute(statement, list(rows), execution_options=remembering).rowcount


def upsert(
    session: Session, model: type[SQLModel], rows: Sequence[Row], keys: Sequence[str], update: Sequence[str]
) -> None:
    """Insert `rows`; where the unique `keys` are there already, overwrite the `update` columns."""
    if not rows:
        return
    insert = _insert(session, table_of(model))
    statement = insert.on_conflict_do_update(
        index_elements=list(keys), set_={name: insert.excluded[name] for name in update}
    )
    session.connection().execute(statement, list(rows))


def _insert(session: Session, table: sa.Table) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
