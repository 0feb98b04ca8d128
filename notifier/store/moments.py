"""Moments as the databases store them, for rows handed to a driver as they are."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["written_moment"]


def written_moment(value: datetime | None, *, is_sqlite: bool) -> str | None:
    """A moment as the column stores it."""
    if value is None:
        return None
    utc = value.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds") if is_sqlite else utc.isoformat()
