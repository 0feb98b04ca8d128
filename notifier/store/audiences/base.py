"""What an audience query answers with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Due:
    """A subject with something due on `due_on`; `anchor_on` names its cycle, `vehicle_id` the car it is about."""

    customer_id: int
    bucket_key: str
    vehicle_id: int | None
    anchor_on: date
    due_on: date


class Audience(Protocol):
    """Everybody of a shop whose due day lies in [earliest, latest], or one customer whenever due."""

    def __call__(
        self, session: Session, shop_id: int, earliest: date, latest: date, customer_id: int | None = None
    ) -> list[Due]: ...


def fetch(session: Session, statement: sa.Select[Any]) -> list[Due]:
    """Run a statement of (customer id, bucket key, vehicle id, anchor, due day)."""
    return [Due(*row) for row in session.connection().execute(statement)]
