"""How a field of a table is declared: keys, references, moments, money, documents, and partial indexes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from notifier.store.columns import BigId, UtcDateTime

__all__ = ["amount", "document", "identity", "index_where", "moment", "reference", "where_set"]

# Named constraints can be changed by later migrations on SQLite too. Every table uses a field of this page, so the
# names stand before the first table does.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# Nobody has pydantic check a row; each process would build what it checks with as it starts.
SQLModel.model_config["defer_build"] = True


def identity() -> Any:
    """A 64-bit surrogate key."""
    return Field(default=None, primary_key=True, sa_type=BigId)


def reference(target: str, *, nullable: bool = False, index: bool = False, default: Any = ...) -> Any:
    """A foreign key to `target` ("table.column")."""
    if nullable:
        return Field(default=None, sa_type=BigId, foreign_key=target, nullable=True, index=index)
    return Field(default=default, sa_type=BigId, foreign_key=target, nullable=False, index=index)


def moment(*, nullable: bool = False, index: bool = False) -> Any:
    """An aware UTC moment."""
    if nullable:
        return Field(default=None, sa_type=UtcDateTime, nullable=True, index=index)
    return Field(sa_type=UtcDateTime, nullable=False, index=index)


def amount(*, default: Any = ...) -> Any:
    """Money in minor units, 64 bits: a day's orders of a group, in 分, pass 32."""
    return Field(default=default, sa_type=BigId, nullable=False)


def document(*, nullable: bool = False) -> Any:
    """A small JSON document."""
    if nullable:
        return Field(default=None, sa_type=sa.JSON, nullable=True)
    return Field(default_factory=dict, sa_type=sa.JSON, nullable=False)


def index_where(name: str, condition: str, *columns: str) -> Index:
    """An index of those rows alone for which `condition` (SQL) holds."""
    return Index(name, *columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def where_set(name: str, column: str) -> Index:
    """An index by shop and a day most rows do not have: it costs an import nothing where the day is missing."""
    return index_where(name, f"{column} IS NOT NULL", "shop_id", column)
