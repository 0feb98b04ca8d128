"""The fields of imported files: how their values read, and what it costs to be without one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from notifier.domain.rules import RULES
from notifier.locale import N_, _
from notifier.locale.contact_words import REASON_WORDS, RESULT_WORDS

__all__ = ["NOTHING", "cost_of_absence", "value_words"]

NOTHING = "-"
"""A longer dash is two cells wide on some Chinese terminals, and what stands behind it would be pushed aside."""
MONEY = frozenset({"amount", "premium", "commission"})

COSTS: Mapping[str, str] = {
    "number": N_("a customer is known by the phone alone"),
    "name": N_("texts greet nobody by name"),
    "birthday": N_("no birthday greetings"),
    "plate": N_("texts cannot name the plate"),
    "model": N_("texts cannot name the model"),
    "delivered_on": N_("no first service; of two owners of a car, nobody knows the later"),
    "insurance_ends_on": N_("no insurance reminders, unless renewals are imported"),
    "inspection_ends_on": N_("no inspection reminders"),
    "loan_ends_on": N_("no reminders of the loan's end"),
    "warranty_ends_on": N_("no reminders of the warranty's end"),
    "state": N_("cars sold, in stock or for test drives are taken for cars in use"),
    "consent": N_("no marketing to customers whose consent nobody knows (--consent SOURCE)"),
    "odometer": N_("due days by time alone"),
    "category": N_("no visit is known to be maintenance: no next service"),
    "amount": N_("no revenue in the reports"),
    "coupon": N_("coupons are never seen redeemed"),
    "issued_on": N_("a policy counts from its start, or from its import"),
    "commission": N_("no revenue of renewals in the reports"),
    "row_id": N_("a call is known by the phone or the VIN, its day and its purpose"),
    "clerk": N_("nobody is named as the one who called"),
    "purpose": N_("a call holds no reminder back"),
    "booked_for": N_("no appointments from calls"),
}
"""What it costs where a file has no such column; the others cost nothing worth a line."""

_VALUES: Mapping[str, Mapping[str, str]] = {
    "sex": {"m": N_("male"), "f": N_("female")},
    "state": {
        "in_use": N_("in use"), "sold": N_("sold"), "scrapped": N_("scrapped"), "pdi": N_("PDI"),
        "test_drive": N_("test drive"), "stock": N_("in stock"),
    },
    "consent": {"yes": N_("yes"), "no": N_("no"), "unclear": N_("not clear")},
    "category": {
        "first_service": N_("first service"), "maintenance": N_("maintenance"), "repair": N_("repair"),
        "accident": N_("accident"), "warranty": N_("warranty claim"), "decoration": N_("decoration"),
        "pdi": N_("PDI"), "internal": N_("internal"), "other": N_("other"),
    },
    "language": {"zh-CN": N_("Chinese"), "en": N_("English")},
    "result": RESULT_WORDS,
    "reason_code": REASON_WORDS,
    "purpose": {rule.name: rule.title for rule in RULES.values()},
}  # fmt: skip


def cost_of_absence(field: str) -> str | None:
    """What a shop goes without where its file has no such column; None where that is nothing."""
    return _(COSTS[field]) if field in COSTS else None


def value_words(field: str, value: object) -> str:
    """A cleaned value as people read it: days ISO, money with two decimals, fixed words in the reader's language."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return f"{value / 100:,.2f}" if field in MONEY else f"{value:,}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value.isoformat()
    return _(_VALUES.get(field, {}).get(str(value), str(value)))
