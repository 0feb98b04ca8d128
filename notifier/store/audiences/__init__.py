"""Who is due: one module a rule, one query each. Work grows with those who are due, not with the base."""

from __future__ import annotations

from collections.abc import Mapping

from notifier.store.audiences import birthday, insurance_expiry, maintenance_due, winback
from notifier.store.audiences.base import Audience, Due

__all__ = ["AUDIENCES", "Audience", "Due"]

AUDIENCES: Mapping[str, Audience] = {
    "maintenance_due": maintenance_due.due,
    "insurance_expiry": insurance_expiry.due,
    "birthday": birthday.due,
    "winback": winback.due,
}
