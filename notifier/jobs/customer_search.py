"""One box for everything: what was typed may be a name, a plate, a phone or a VIN, whole or in part.

What it was taken for is said with what was found, so that nobody wonders why a phone was looked up as a plate.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from notifier.dms.cleaning import CHINESE_PROVINCES, clean_vin
from notifier.domain.phone import BadPhone, mask, phone_key, to_e164
from notifier.locale import N_, _, listed
from notifier.store import search as lookups
from notifier.store.engine import Session
from notifier.store.search import FoundCustomer

__all__ = ["SHOWN", "Guess", "SearchResult", "guesses", "recent", "search"]

SHOWN = 50
Kind = Literal["phone", "phone_end", "plate", "plate_rest", "plate_end", "vin", "vin_end", "name"]
_LEFT_OUT = re.compile(r"[\s·•.\-_'*]+")
_LATIN = re.compile(r"[A-Z0-9]+")
_CHINESE_PLATE = re.compile(rf"[{CHINESE_PROVINCES}][A-Z][A-Z0-9]{{0,6}}[挂学警港澳领使]?")
_PHONE_LETTERS = re.compile(r"[0-9+()\s.\-]{7,}")


@dataclass(frozen=True, slots=True)
class Guess:
    """What was typed taken for one thing. `value`: as it is looked up."""

    kind: Kind
    value: str

    @property
    def words(self) -> str:
        """For what it was taken, in the reader's language; a whole phone masked."""
        shown = mask(self.value) if self.kind == "phone" else self.value
        return _(_WORDS[self.kind]).format(typed=shown)


_WORDS: Mapping[Kind, str] = {
    "phone": N_("the phone {typed}"),
    "phone_end": N_("a phone that ends in {typed}"),
    "plate": N_("a plate that begins with {typed}"),
    "plate_rest": N_("a plate that begins with {typed} behind the province"),
    "plate_end": N_("a plate that ends in {typed}"),
    "vin": N_("the VIN {typed}"),
    "vin_end": N_("a VIN that ends in {typed}"),
    "name": N_("a name that begins with “{typed}”"),
}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was looked for, and who was found; `is_cut`: there are more than are shown."""

    guesses: Sequence[Guess]
    rows: Sequence[FoundCustomer]
    is_cut: bool

    @property
    def words(self) -> str:
        """What was looked for, as a sentence; what to type where it can be nothing."""
        if not self.guesses:
            return _("Type at least 4 digits of a phone or plate, 6 characters of a VIN, or the beginning of a name.")
        return _("Looked for {what}.").format(what=listed(guess.words for guess in self.guesses))


def recent(session: Session, shop_id: int) -> Sequence[FoundCustomer]:
    """Who was here last: what is shown before anything is typed."""
    return lookups.recent_customers(session, shop_id, SHOWN)


def search(session: Session, shop_id: int, typed: str, *, secret: bytes, region: str) -> SearchResult:
    """At most `SHOWN` customers of the shop, those who were here last first."""
    looked_for = list(guesses(typed, region))
    ids: set[int] = set()
    for guess in looked_for:
        value = phone_key(secret, guess.value) if guess.kind == "phone" else guess.value
        ids.update(_ASK[guess.kind](session, shop_id, value))
    rows = lookups.found_customers(session, ids, SHOWN + 1)
    return SearchResult(looked_for, rows[:SHOWN], is_cut=len(rows) > SHOWN)


def _by_plate(session: Session, shop_id: int, plate: str) -> list[int]:
    return lookups.by_plate(session, shop_id, plate[0], plate[1:])


def _by_plate_rest(session: Session, shop_id: int, rest: str) -> list[int]:
    return lookups.by_plate(session, shop_id, None, rest)


_ASK: Mapping[Kind, Callable[[Session, int, str], list[int]]] = {
    "phone": lookups.by_phone,
    "phone_end": lookups.by_phone_end,
    "plate": _by_plate,
    "plate_rest": _by_plate_rest,
    "plate_end": lookups.by_plate_end,
    "vin": lookups.by_vin,
    "vin_end": lookups.by_vin_end,
    "name": lookups.by_name,
}


def guesses(typed: str, region: str) -> Iterator[Guess]:
    """All that may have been meant, the surest first; nothing where it is too short for anything."""
    text = " ".join("".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFKC", typed)).split())[:80]
    packed = _LEFT_OUT.sub("", text).upper()
    if not packed:
        return
    phone = _phone(text, region)
    vin, _doubt = clean_vin(packed)
    if phone is not None:
        yield Guess("phone", phone)
    elif vin is not None:
        yield Guess("vin", vin)
    elif _LATIN.fullmatch(packed):
        yield from _latin(text, packed, region)
    elif region == "CN" and _CHINESE_PLATE.fullmatch(packed):
        yield Guess("plate", packed)
    else:
        yield Guess("name", text)


def _phone(text: str, region: str) -> str | None:
    if not _PHONE_LETTERS.fullmatch(text):
        return None
    try:
        return to_e164(text, region)
    except BadPhone:
        return None


def _latin(text: str, packed: str, region: str) -> Iterator[Guess]:
    """Letters and digits: the end of nearly anything, a plate without its province, or a name."""
    size, has_digit, has_letter = len(packed), not packed.isalpha(), not packed.isdigit()
    may_be_plate = has_digit or region != "CN"
    if not has_letter and 4 <= size <= 15:
        yield Guess("phone_end", packed)
    if has_letter and may_be_plate and 2 <= size <= 10:
        yield Guess("plate_rest" if region == "CN" else "plate", packed)
    if may_be_plate and 4 <= size <= 7:
        yield Guess("plate_end", packed)
    if has_digit and 6 <= size <= 16:
        yield Guess("vin_end", packed)
    if has_letter:
        yield Guess("name", text)
