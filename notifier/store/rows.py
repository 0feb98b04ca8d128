"""Rows changed by their id, many in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from notifier.store.bulk import insert_tuples, table_of
from notifier.store.columns import UtcDateTime
from notifier.store.moments import written_moment

__all__ = ["insert_written", "update_rows"]


def insert_written(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the columns of the first, written as the driver stores them; SQLAlchemy is passed by.

    For tables without JSON. Columns left out get what the database gives: NULL, or the next id.
    """
    if not rows:
        return
    table, columns = table_of(model), tuple(rows[0])
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    dates = [place for place, name in enumerate(columns) if isinstance(table.c[name].type, sa.Date)]
    moments = [place for place, name in enumerate(columns) if isinstance(table.c[name].type, UtcDateTime)]
    written = []
    for row in rows:
        values = [row[name] for name in columns]
        for place in dates:
            values[place] = values[place] and values[place].isoformat()
        for place in moments:
            values[place] = written_moment(values[place], is_sqlite=is_sqlite)
        written.append(tuple(values))
    insert_tuples(session, table, columns, written)


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
