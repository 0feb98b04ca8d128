"""One customer out of the rows of a file that are theirs: what the rows say together, laid over what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from notifier.dms.people import UNCLEAR, unpack
from notifier.dms.settings import ImportSettings
from notifier.dms.staging import Record
from notifier.domain.consents import as_told_by_a_file, outweighs
from notifier.store.phones import PHONE_DOUBTS, is_learnt

__all__ = ["Household", "Member", "household_of", "laid_over"]

_PERSONAL = (
    "name", "sex", "is_company", "language", "district", "birth_on", "birth_mmdd", "birth_calendar", "member_level",
    "member_level_since", "points", "points_end_on",
)  # fmt: skip
_UNITS = (("name", "is_company"), ("birth_mmdd", "birth_on", "birth_calendar"))
"""Fields that only mean something together: the row that gives the first gives the others."""


@dataclass(slots=True)
class Member:
    """One row: a car of the household, and what was doubted in it."""

    vin: str
    number: str | None
    facts: Mapping[str, Any]
    doubts: list[str]
    line: int


@dataclass(slots=True)
class Household:
    """The rows of one customer, latest delivery first. `phone` is the final one; `phone_doubt` why there is none."""

    key: str
    phone: str | None
    phone_key: str | None
    phone_doubt: str | None
    members: list[Member] = field(default_factory=list)

    @property
    def numbers(self) -> list[str]:
        """The DMS numbers of the rows, smallest first."""
        return sorted({member.number for member in self.members if member.number is not None})


def household_of(records: Sequence[Record]) -> Household:
    """Rows of one household: (household, vin, number, phone, phone_key, phone_doubt, facts, doubts, line)."""
    key, _vin, _number, phone, phone_key, *_rest = records[0]
    doubts = {record[5] for record in records}
    doubt = None if phone else next((reason for reason in PHONE_DOUBTS if reason in doubts), None)
    home = Household(key, phone, phone_key, doubt)
    for _key, vin, number, _phone, _phone_key, _doubt, facts, words, line in records:
        home.members.append(Member(vin, number, unpack(facts), words.split(",") if words else [], line))
    return home


def laid_over(home: Household, stored: Mapping[str, Any] | None, settings: ImportSettings) -> dict[str, Any]:
    """The customer's columns after this file; a field the file does not tell keeps what is stored.

    An erased customer stays erased: nothing personal comes back by an import.
    """
    known = dict(stored or {"birth_calendar": "solar", "is_company": False, "consent": "unknown"})
    columns = {name: known.get(name) for name in _PERSONAL}
    if known.get("erased_at") is None:
        columns |= _told([member.facts for member in home.members])
        if known.get("member_level") not in (None, columns["member_level"]):
            # A first level is no change: a base that is told its levels at last has nobody to congratulate.
            columns["member_level_since"] = settings.today
    return columns | _consent(home, known, settings) | _reachability(home, stored)


def _told(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    in_units = {name for unit in _UNITS for name in unit}
    for unit in (*_UNITS, *((name,) for name in _PERSONAL if name not in in_units)):
        source = next((row for row in rows if row.get(unit[0]) is not None), None)
        if source is not None:
            told |= {name: source.get(name) for name in unit}
    return told


def _reachability(home: Household, stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """A phone of its own is reachable unless replies or the carrier have said otherwise of this very phone."""
    learnt = stored["unreachable"] if stored else None
    if home.phone is not None:
        erased = stored is not None and stored["erased_at"] is not None
        unreachable = learnt if is_learnt(learnt) else None
        return {"phone": None if erased else home.phone, "phone_key": home.phone_key, "unreachable": unreachable}
    if stored and stored["phone_key"] is not None:
        return {"phone": stored["phone"], "phone_key": stored["phone_key"], "unreachable": learnt}
    unreachable = learnt if is_learnt(learnt) else home.phone_doubt or learnt or "missing"
    return {"phone": None, "phone_key": None, "unreachable": unreachable}


def _consent(home: Household, known: Mapping[str, Any], settings: ImportSettings) -> dict[str, Any]:
    """no > yes > unknown among the rows. A stored no gives way only to a yes with a later date of its own."""
    stored = {name: known.get(name) for name in ("consent", "consent_since", "consent_source")}
    value, since, source = _consent_told(home, settings)
    if value is None:
        return stored
    if value == stored["consent"]:
        if value == "no":
            return _refused_again(stored, since, source)
        told = {"consent_since": since, "consent_source": source}
        return stored | {name: new for name, new in told.items() if new is not None}
    if stored["consent"] == "no" and not _is_later(since, stored["consent_since"]):
        return stored
    return {
        "consent": value,
        "consent_since": since or settings.today,
        "consent_source": source or as_told_by_a_file(settings.consent_source) or "import",
    }


def _refused_again(stored: Mapping[str, Any], since: date | None, source: str | None) -> dict[str, Any]:
    """The refusal we know of, told by the file too: none the easier to undo for it, nor any longer staff's to undo."""
    kept = dict(stored)
    if outweighs(source or "import", kept["consent_source"]):
        kept["consent_source"] = source or "import"
    if _is_later(since, kept["consent_since"]):
        kept |= {"consent_since": since, "consent_source": source or kept["consent_source"]}
    return kept


def _is_later(since: date | None, known: date | None) -> bool:
    return since is not None and known is not None and since > known


def _consent_told(home: Household, settings: ImportSettings) -> tuple[str | None, Any, str | None]:
    """Value, since and source as the rows give them; a blanket --consent speaks where no row does."""
    rows = [member.facts for member in home.members]
    for value in ("no", "yes"):
        telling = next((row for row in rows if row.get("consent") == value), None)
        if telling is not None:
            return value, telling.get("consent_since"), telling.get("consent_source")
    if settings.consent_source and not any(row.get("consent") == UNCLEAR for row in rows):
        return "yes", None, None
    return None, None, None
