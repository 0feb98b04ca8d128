"""The kinds of records a shop imports, in words: for screens and reports alike."""

from __future__ import annotations

from notifier.locale import N_, _

__all__ = ["records_word"]

_RECORDS = {
    "customers": N_("customers"),
    "visits": N_("visits"),
    "renewals": N_("renewals"),
    "contacts": N_("calls by staff"),
}


def records_word(kind: str) -> str:
    """A kind of import in the reader's language; an unknown one as it is."""
    return _(_RECORDS.get(kind, kind))
