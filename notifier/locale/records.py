"""The kinds of records a shop imports, in words: for screens and reports alike."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from notifier.locale import N_, _
from notifier.locale.spans import span_words

__all__ = ["known_words", "records_word"]

_RECORDS = {
    "customers": N_("customers"),
    "visits": N_("visits"),
    "renewals": N_("renewals"),
    "contacts": N_("calls by staff"),
}


def records_word(kind: str) -> str:
    """A kind of import in the reader's language; an unknown one as it is."""
    return _(_RECORDS.get(kind, kind))


def known_words(kind: str, known_to: datetime | None, limit: timedelta | None, now: datetime, zone: tzinfo) -> str:
    """Up to when records are known, how old that is and how old it may be; without an end, to stand in a sentence."""
    if known_to is None:
        return _("{kind}: never imported").format(kind=records_word(kind))
    said = _("{kind}: known to {at}, {age} ago; {limit} are allowed")
    if limit is None:
        said = _("{kind}: known to {at}, {age} ago; no limit is set")
    return said.format(
        kind=records_word(kind), at=f"{known_to.astimezone(zone):%Y-%m-%d %H:%M}", age=span_words(now - known_to),
        limit=limit and span_words(limit),
    )  # fmt: skip
