"""The file of a broadcast: whom it names, cleaned like an import, and who of them nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from notifier.dms.cleaning import clean_vin
from notifier.dms.columns import CUSTOMERS
from notifier.dms.headers import places_of
from notifier.dms.phones import first_phone
from notifier.dms.readers import open_table
from notifier.domain.options import Members
from notifier.domain.phone import mask, phone_key
from notifier.errors import BadInput
from notifier.locale import N_
from notifier.schedules import Campaign, Schedules
from notifier.store.audiences.list import unknown_rows
from notifier.store.engine import Store

__all__ = ["ListFile", "ListRow", "ListUnreadable", "UnknownRow", "read_list_file", "unknown_people"]


class ListUnreadable(BadInput):
    """A campaign's list cannot be read; `problem` is the refusal of the file itself."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row: what it names, as (VIN, phone key) and as it may be shown; `doubt`: why it names nobody."""

    line: int
    vin: str | None
    key: str | None
    shown: str
    doubt: str | None = None


@dataclass(frozen=True)
class ListFile:
    """The rows of a list that say anything."""

    rows: Sequence[ListRow]

    @cached_property
    def members(self) -> Members:
        """Whom it names, row by row."""
        return Members([(row.vin, row.key) for row in self.rows])


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """A row of a list that can be texted to nobody. `why`: ``unknown`` (no customer has the phone or the car),
    ``no_owner`` (the car has no owner on record), or what is wrong with the phone or the VIN, as imports say it."""

    line: int
    shown: str
    why: str

    def document(self) -> dict[str, object]:
        """As JSON; a phone is masked."""
        return {"line": self.line, "value": self.shown, "why": self.why}


def read_list_file(campaign: Campaign, schedules: Schedules, *, secret: bytes, region: str) -> ListFile | None:
    """The rows of the campaign's file; None where it has none. `region`: in which phones are read.

    Raises ListUnreadable where the file is missing, is no table or has no column of phones or VINs.
    """
    listed = campaign.options.listed
    if listed is None or listed.file is None:
        return None
    try:
        return ListFile(list(_rows(schedules.path.parent / listed.file, secret, region)))
    except BadInput as problem:
        raise ListUnreadable(
            N_("The list of {campaign} cannot be read. {problem}"), campaign=campaign.key, problem=problem
        ) from problem


def _rows(path: Path, secret: bytes, region: str) -> Iterator[ListRow]:
    table = open_table(path)
    places = places_of(table.headers, CUSTOMERS)
    vins, phones = places.get("vin", ()), places.get("phone", ())
    if not (vins or phones):
        raise BadInput(
            N_("The file {path} has no column of phones or VINs; name one of its columns {example}."),
            path=str(path),
            example="手机, VIN",
        )
    for line, cells in table:
        row = _row(line, [cells[at] for at in vins], [cells[at] for at in phones], secret, region)
        if row is not None:
            yield row


def _row(line: int, vins: Sequence[str], phones: Sequence[str], secret: bytes, region: str) -> ListRow | None:
    """What a row names; None for one that holds neither."""
    written = next((cell for cell in vins if cell.strip()), None)
    vin, vin_doubt = clean_vin(written) if written is not None else (None, None)
    phone, phone_doubt = first_phone(phones, region) if phones else (None, None)
    if vin is not None or phone is not None:
        shown = vin or mask(phone or "")
        return ListRow(line, vin, phone_key(secret, phone) if phone else None, shown)
    if written is None and phone_doubt in (None, "missing"):
        return None
    return ListRow(line, None, None, "–", vin_doubt or f"phone_{phone_doubt}")


def unknown_people(store: Store, listing: ListFile) -> list[UnknownRow]:
    """The rows whose people are counted as ``unknown_person`` and never texted."""
    with store.read() as session:
        unknown = unknown_rows(session, listing.members)
    return [
        UnknownRow(row.line, row.shown, row.doubt or unknown[place])
        for place, row in enumerate(listing.rows)
        if place in unknown
    ]
