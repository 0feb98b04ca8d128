"""The phone in a cell: one mobile number made certain, or a reason why there is none.

Staff write more than digits into the field: whose phone it is, a landline beside it, two numbers. What is certain is
taken, what is left out is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from notifier.dms.cleaning import unwrapped
from notifier.domain.phone import BadPhone, to_e164

__all__ = ["SEVERAL", "clean_phone", "first_phone"]

SEVERAL = "several"
ROUNDED = "rounded"

_SCIENTIFIC = re.compile(r"\d(?:\.(\d+))?e\+?(\d{1,2})", re.IGNORECASE)
_BETWEEN = re.compile(r"[^0-9A-Za-z@_+().\-\s]+|(?<=[0-9])\(|\)(?=[0-9])")
_HAS_DIGITS = re.compile(r"\d{5,}")


@lru_cache(maxsize=65_536)
def clean_phone(text: str, region: str) -> tuple[str | None, str | None]:
    """The cell's mobile number as E.164, and a doubt.

    Remarks are passed over: 138-0013-8000(妻子). Of two mobile numbers the first is taken and doubted (``several``);
    a landline beside a mobile number is left out. Without any the doubt says why: one of BadPhone's reasons, or
    ``rounded`` for what Excel has cut (1.38E+10).
    """
    plain = unwrapped(unicodedata.normalize("NFKC", text)).strip()
    if match := _SCIENTIFIC.fullmatch(plain):
        fraction, exponent = match[1] or "", int(match[2])
        if len(fraction) < exponent:
            return None, ROUNDED
        plain = f"{plain[0]}{fraction[:exponent]}"
    try:
        return to_e164(plain, region), None
    except BadPhone as bad:
        whole = bad.reason
    if whole == "missing":
        return None, whole
    found, reasons = _search(plain, region)
    if found:
        return found[0], SEVERAL if len(found) > 1 else None
    if "not_mobile" in reasons:
        return None, "not_mobile"
    return None, reasons[0] if len(reasons) == 1 else whole


def first_phone(cells: Sequence[str], region: str) -> tuple[str | None, str | None]:
    """The first of several columns that holds a mobile number; without any, the doubt of the first that says anything.

    The doubt of a column that was passed over is not told: the phone was found.
    """
    doubts = []
    for cell in cells:
        phone, doubt = clean_phone(cell, region)
        if phone is not None:
            return phone, doubt
        doubts.append(doubt)
    return None, next((doubt for doubt in doubts if doubt != "missing"), "missing")


def _search(plain: str, region: str) -> tuple[list[str], list[str]]:
    """The different mobile numbers in a text, in their order, and why its other numbers are none."""
    found: list[str] = []
    reasons: list[str] = []
    for piece in _pieces(plain):
        try:
            phone = to_e164(piece, region)
        except BadPhone as bad:
            reasons.append(bad.reason)
            continue
        if phone not in found:
            found.append(phone)
    return found, reasons


def _pieces(plain: str) -> Iterator[str]:
    """Runs that may be one number; a run too long for one is cut at its spaces and dashes."""
    for piece in _BETWEEN.split(plain):
        digits = re.sub(r"\D", "", piece)
        if len(digits) < 5:
            continue
        parts = re.split(r"[\s\-.]+", piece)
        if len(digits) > 15 and sum(bool(_HAS_DIGITS.search(part)) for part in parts) > 1:
            yield from (part for part in parts if _HAS_DIGITS.search(part))
        else:
            yield piece
