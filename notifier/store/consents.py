"""Consent to marketing as people withdraw it, on the phone or at the desk, and as the desk takes that back."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifier.domain.consents import BY_DESK, outweighs
from notifier.store.bulk import table_of
from notifier.store.customers import record_consent
from notifier.store.engine import database_now
from notifier.store.messages import cancel_marketing
from notifier.store.sisters import and_at_the_sisters
from notifier.store.tables import ConsentChange, Customer

__all__ = ["Told", "consent_before_refusal", "give_back_consent", "is_refused_elsewhere", "refuse_marketing"]

CONSENT, CUSTOMER = table_of(ConsentChange), table_of(Customer)


class Told(NamedTuple):
    """When a consent was written down (business time), since when it holds, and where it comes from."""

    at: datetime
    since: date
    source: str


class Standing(NamedTuple):
    """A consent with its day and source, where they are known."""

    value: str
    since: date | None
    source: str | None


def refuse_marketing(session: Session, customer_id: int, told: Told) -> int:
    """The customer wants no marketing; how many planned texts were cancelled, in the same transaction.

    A refusal that stands already stays as it is; only where staff had entered it, the customer's own takes its place.
    """
    columns = (CUSTOMER.c.consent, CUSTOMER.c.consent_since, CUSTOMER.c.consent_source)
    consent, known_since, known_source = session.execute(sa.select(*columns).where(CUSTOMER.c.id == customer_id)).one()
    if consent != "no":
        _write(session, customer_id, Standing("no", told.since, told.source), told)
        return cancel_marketing(session, [customer_id])
    if outweighs(told.source, known_source):
        # The later day of the two: an import's yes must be later than both.
        later = max(told.since, known_since or told.since)
        _write(session, customer_id, Standing("no", later, told.source), told._replace(since=later))
    return 0


def give_back_consent(session: Session, customer_id: int, told: Told) -> str:
    """The consent that stood before the refusal stands again, with its own day; which one it is: yes or unknown.

    The day it was taken back is in the history alone: the customer agreed to nothing on it, so whatever they refused
    after the day of their consent still counts.
    """
    again = _before_refusal(session, customer_id)
    _write(session, customer_id, again, told)
    return again.value


def consent_before_refusal(session: Session, customer_id: int) -> str:
    """The last consent on record that is no refusal: yes or unknown."""
    return _before_refusal(session, customer_id).value


def _before_refusal(session: Session, customer_id: int) -> Standing:
    """The customer's own last word that is no refusal; what the desk once gave back only repeats an earlier one."""
    columns = (CONSENT.c.value, CONSENT.c.since, CONSENT.c.source)
    is_own = sa.func.substr(CONSENT.c.source, 1, len(BY_DESK)) != BY_DESK
    told = sa.select(*columns).where(CONSENT.c.customer_id == customer_id, CONSENT.c.value != "no", is_own)
    found = session.execute(told.order_by(CONSENT.c.id.desc()).limit(1)).first()
    # Of an unknown consent nothing else is known either.
    return Standing(*found) if found is not None and found.value == "yes" else Standing("unknown", None, None)


def is_refused_elsewhere(session: Session, customer_id: int) -> bool:
    """Whether the same phone has refused marketing at another shop of the group, which holds here too."""
    known = and_at_the_sisters(session, {("customer", customer_id): date.min})
    others = [key for _kind, key in known if key != customer_id]
    if not others:
        return False
    said_no = sa.select(CUSTOMER.c.id).where(CUSTOMER.c.id.in_(others), CUSTOMER.c.consent == "no")
    return session.execute(said_no.limit(1)).first() is not None


def _write(session: Session, customer_id: int, now: Standing, told: Told) -> None:
    """What stands now on the customer; in the history since when, and who wrote it down."""
    changed = {"consent": now.value, "consent_since": now.since, "consent_source": now.source}
    session.connection().execute(
        sa.update(CUSTOMER).where(CUSTOMER.c.id == customer_id).values(**changed, updated_at=database_now(session))
    )
    record_consent(session, [{
        "customer_id": customer_id, "value": now.value, "since": told.since, "source": told.source,
        "recorded_at": told.at,
    }])  # fmt: skip
