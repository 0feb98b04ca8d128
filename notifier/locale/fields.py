"""The fields of imported files in words: what each is called on screens, in reports and in refusals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from notifier.locale import N_, _, listed

__all__ = ["FIELDS", "field_word", "fields_with_keys"]

FIELDS: Mapping[str, str] = {
    "number": N_("customer number"),
    "name": N_("name"),
    "sex": N_("sex"),
    "phone": N_("phone"),
    "birthday": N_("birthday"),
    "language": N_("language"),
    "district": N_("district"),
    "plate": N_("plate"),
    "vin": N_("VIN"),
    "model": N_("model"),
    "delivered_on": N_("delivery date"),
    "insurance_ends_on": N_("insurance until"),
    "inspection_ends_on": N_("inspection until"),
    "loan_ends_on": N_("loan until"),
    "warranty_ends_on": N_("warranty until"),
    "referrer": N_("referrer"),
    "referrer_phone": N_("referrer's phone"),
    "referrer_number": N_("referrer's customer number"),
    "member_level": N_("member level"),
    "points": N_("points"),
    "points_end_on": N_("points until"),
    "state": N_("vehicle state"),
    "consent": N_("consent"),
    "consent_since": N_("consent since"),
    "consent_source": N_("consent from"),
    "order_no": N_("order number"),
    "date_in": N_("date in"),
    "odometer": N_("odometer"),
    "category": N_("category"),
    "amount": N_("amount"),
    "advisor": N_("advisor"),
    "coupon": N_("coupon"),
    "policy_no": N_("policy number"),
    "insurer": N_("insurer"),
    "starts_on": N_("policy starts"),
    "ends_on": N_("policy ends"),
    "issued_on": N_("policy written"),
    "premium": N_("premium"),
    "commission": N_("commission"),
    "is_company": N_("company"),
    "row_id": N_("row of the worklist"),
    "listed_on": N_("day of the worklist"),
    "purpose": N_("purpose"),
    "contacted_on": N_("day of the call"),
    "clerk": N_("clerk"),
    "result": N_("result"),
    "reason_code": N_("reason for staying away"),
    "booked_for": N_("booked for"),
    "next_contact_on": N_("call again on"),
    "note": N_("note"),
}
"""Our fields, and what cleaning adds to them."""


def field_word(field: str) -> str:
    """A field in the reader's language; one without a word as it is."""
    return _(FIELDS.get(field, field))


def fields_with_keys(fields: Iterable[str]) -> str:
    """Fields in the reader's language, each with the key a mapping file calls it by, where that is another word."""
    return listed(_with_key(field_word(field), field) for field in fields)


def _with_key(word: str, key: str) -> str:
    return word if word.casefold() == key else _("{word} ({key})").format(word=word, key=key)
