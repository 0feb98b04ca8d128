"""How the house stands right now: what waits, what is under way, what nobody can tell, and how well it is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.store.bulk import table_of
from notifier.store.engine import database_now
from notifier.store.tables import Attempt, Customer, Message, Run

__all__ = ["Standing", "consent_counts", "one_known_phone", "standing"]

ATTEMPT = table_of(Attempt)
CUSTOMER = table_of(Customer)
MESSAGE = table_of(Message)
RUN = table_of(Run)

RATE_OVER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """Texts by where they stand; `waiting` in released runs, `in_review` in runs a person must release first.

    `oldest_waiting`: since when (business time) the longest waiting text may go. `rate`: POSTs begun a second, over
    the last minute of the database's clock.
    """

    waiting: int
    in_review: int
    sending: int
    unknown: int
    oldest_waiting: datetime | None
    rate: float


def standing(session: Session) -> Standing:
    """Where the texts stand now."""
    connection = session.connection()
    open_texts = (
        sa.select(MESSAGE.c.state, RUN.c.state, sa.func.count())
        .join(RUN, RUN.c.id == MESSAGE.c.run_id)
        .where(MESSAGE.c.state.in_(("planned", "sending", "unknown")))
        .group_by(MESSAGE.c.state, RUN.c.state)
    )
    counts = {(state, run): number for state, run, number in connection.execute(open_texts)}
    oldest = (
        sa.select(sa.func.min(MESSAGE.c.not_before))
        .join(RUN, RUN.c.id == MESSAGE.c.run_id)
        .where(MESSAGE.c.state == "planned", RUN.c.state == "ready")
    )
    begun = sa.select(sa.func.count()).where(ATTEMPT.c.claimed_at > database_now(session) - RATE_OVER)
    return Standing(
        waiting=counts.get(("planned", "ready"), 0),
        in_review=counts.get(("planned", "review"), 0),
        sending=_of_state(counts, "sending"),
        unknown=_of_state(counts, "unknown"),
        oldest_waiting=connection.execute(oldest).scalar_one(),
        rate=round(connection.execute(begun).scalar_one() / RATE_OVER.total_seconds(), 2),
    )


def _of_state(counts: Mapping[tuple[str, str], int], state: str) -> int:
    return sum(number for (found, _run), number in counts.items() if found == state)


def consent_counts(session: Session, shop_id: int) -> dict[str, int]:
    """Consent to marketing (yes, no, unknown) → reachable customers of a shop."""
    statement = (
        sa.select(CUSTOMER.c.consent, sa.func.count())
        .where(CUSTOMER.c.shop_id == shop_id, CUSTOMER.c.phone.is_not(None), CUSTOMER.c.unreachable.is_(None))
        .group_by(CUSTOMER.c.consent)
    )
    return dict(session.connection().execute(statement).all())


def one_known_phone(session: Session) -> tuple[str, str] | None:
    """(phone, phone key) of some customer: with another secret key the key would be another."""
    statement = (
        sa.select(CUSTOMER.c.phone, CUSTOMER.c.phone_key)
        .where(CUSTOMER.c.phone.is_not(None), CUSTOMER.c.phone_key.is_not(None))
        .order_by(CUSTOMER.c.id.desc())
        .limit(1)
    )
    row = session.connection().execute(statement).first()
    return (row[0], row[1]) if row else None
