"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Field

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware moment, stored as UTC. A naive value is refused: it would be a guess about somebody's clock."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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
