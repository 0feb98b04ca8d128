"""Calls by staff: the worklist as it comes back, or any list of calls; cleaned, stored, and what they teach done.

A row of the worklist is known by its own name and the day of the call, any other call by car or phone, purpose and day.
A row nobody filled in changes nothing, and an empty cell takes nothing back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from notifier.dms.call_lessons import Named, learn
from notifier.dms.calls import clean_purpose, clean_reason_code, clean_result
from notifier.dms.cleaning import clean_odometer, clean_text, clean_vin
from notifier.dms.dates import clean_date, clean_moment
from notifier.dms.job import ImportJob
from notifier.dms.phones import clean_phone
from notifier.dms.readers import Table
from notifier.dms.rejects import came_back_twice
from notifier.dms.report import SHOWN_ROWS
from notifier.dms.staging import Record, Staging
from notifier.dms.totals import is_total
from notifier.domain.contacts import NOT_REACHED, RowName, entry_of, row_named
from notifier.domain.phone import phone_key
from notifier.errors import BadInput
from notifier.locale import N_
from notifier.spreadsheets import restored
from notifier.store.contacts import (
    CalledCar,
    called_cars,
    contacts_by_entry,
    insert_contacts,
    phones_called,
    update_contacts,
)
from notifier.store.engine import Session
from notifier.store.imports import lock_shop

__all__ = ["Call", "import_calls"]

_COLUMNS = ("identity TEXT", "entry TEXT", "weight INTEGER", "content TEXT", "line INTEGER PRIMARY KEY")
_TWICE = """
    SELECT line FROM (
        SELECT line, row_number() OVER (PARTITION BY entry ORDER BY weight DESC, content DESC, line) AS place
        FROM staged
    ) WHERE place > 1
"""
_SEVERAL = """
    SELECT * FROM staged
    WHERE entry IN (SELECT entry FROM staged GROUP BY entry HAVING min(identity) < max(identity)) ORDER BY entry, line
"""
"""One row of the worklist, and more than one car or phone beside it."""
_KEPT = ("clerk", "result", "reason_code", "note", "next_contact_on", "odometer", "booked_for")
"""What a row says of its call: an empty cell leaves what is stored."""
_LONGEST_NOTE = 32_767
"""What a cell of a workbook holds."""
_UNDATED = "list "


@dataclass(frozen=True, slots=True)
class Call:
    """One row, cleaned. `entry` names it; `undated`: the name it had while nobody had written the day of the call."""

    line: int
    entry: str
    undated: str | None
    row: str | None
    vin: str | None
    phone_key: str | None
    purpose: str | None
    day: date
    clerk: str | None = None
    result: str | None = None
    reason_code: str | None = None
    note: str | None = None
    next_contact_on: date | None = None
    odometer: int | None = None
    booked_for: date | None = None
    doubts: tuple[str, ...] = ()
    was_twice: bool = False
    """It was rejected for being there twice, and comes back as it was."""

    @property
    def row_name(self) -> RowName | None:
        """The row of the worklist, where it is one."""
        return row_named(self.row) if self.row else None

    @property
    def weight(self) -> int:
        """Of two rows about one call the one that says most is taken: an answer before none."""
        told = sum(getattr(self, name) is not None for name in _KEPT)
        return told + (10 if self.result is not None and self.result not in NOT_REACHED else 0)


def import_calls(job: ImportJob, table: Table) -> None:
    """Take the rows of `table` into the store, in short transactions; counts go to the job's report."""
    _raise_if_nobody_is_named(job)
    with Staging(_COLUMNS) as staging:
        staging.add(_staged(call) for call in _cleaned(job, table))
        _reject(job, staging, _filled_down(job, staging))
        _reject(job, staging, [(line, "duplicate_contact") for (line,) in staging.rows(_TWICE)])
        done = job.report.rejected.total() + job.report.unchanged
        for chunk in staging.groups("SELECT * FROM staged ORDER BY identity, entry", job.settings.chunk_rows):
            _import_chunk(job, [_loaded(record) for record in chunk])
            done += len(chunk)
            job.settings.progress(done)


def _filled_down(job: ImportJob, staging: Staging) -> list[tuple[int, str]]:
    """Calls under the row of another car or customer, each with why it is refused.

    They are no second telling of that row's call, and must not be taken in its place.
    """
    refused: list[tuple[int, str]] = []
    for chunk in staging.groups(_SEVERAL, job.settings.chunk_rows):
        calls = [_loaded(record) for record in chunk]
        with job.store.read() as session:
            known = _known(session, job, calls)
        places = ((call.line, _placed(call, known)) for call in calls)
        refused += [(line, found) for line, found in places if isinstance(found, str)]
    return refused


def _reject(job: ImportJob, staging: Staging, refused: Sequence[tuple[int, str]]) -> None:
    for line, reason in refused:
        job.report.reject(line, reason)
        staging.execute("DELETE FROM staged WHERE line = ?", (line,))


def _raise_if_nobody_is_named(job: ImportJob) -> None:
    if not {"row_id", "vin", "phone"} & job.report.mapped.places.keys():
        raise BadInput(
            N_("The file of calls names nobody: it needs the row of the worklist, the VIN or the phone in a column.")
        )


def _staged(call: Call) -> Record:
    """Its content says nothing of the line, or which of two equal rows is taken would depend on their order."""
    told = {name: str(v) if isinstance(v, date) else v for name, v in asdict(call).items() if name != "line"}
    content = json.dumps(told, sort_keys=True)
    return call.vin or call.phone_key or call.row or "", call.entry, call.weight, content, call.line


_DAYS = ("day", "next_contact_on", "booked_for")


def _loaded(record: Record) -> Call:
    *_sorted_by, content, line = record
    told = json.loads(content) | {"line": line}
    days = {name: date.fromisoformat(told[name]) for name in _DAYS if told[name]}
    return Call(**{**told, **days, "doubts": tuple(told["doubts"])})


def _cleaned(job: ImportJob, table: Table) -> Iterator[Call]:
    """The rows that say something; the others are counted here."""
    report = job.report
    for line, row, was_twice in _rows(job, table):
        cells = {field: row[place] for field, place in report.mapped.places.items()}
        if _is_left_empty(cells):
            report.count("unchanged")
            continue
        call = _clean_row(job, line, cells)
        if isinstance(call, Call) and was_twice:
            call = replace(call, was_twice=True)
        if isinstance(call, str):
            report.reject(line, "total_row" if is_total(row) and clean_vin(cells.get("vin", ""))[0] is None else call)
            continue
        if len(report.understood) < SHOWN_ROWS:
            report.understand(line, _facts(call, cells, job), call.doubts)
        yield call


def _rows(job: ImportJob, table: Table) -> Iterator[tuple[int, Sequence[str], bool]]:
    for batch in job.batches(table):
        twice = came_back_twice(table, batch)
        yield from ((line, row, line in twice) for line, row in batch)


_FILLED = ("contacted_on", "result", "reason_code", "odometer", "booked_for", "next_contact_on", "note")


def _is_left_empty(cells: Mapping[str, str]) -> bool:
    """Nobody wrote anything: a name of who was to call says nothing yet."""
    return all(clean_text(cells.get(field, "")) is None for field in _FILLED)


def _facts(call: Call, cells: Mapping[str, str], job: ImportJob) -> dict[str, object]:
    phone, _doubt = clean_phone(cells.get("phone", ""), job.settings.region)
    return {
        "row_id": call.row, "vin": call.vin, "phone": phone, "purpose": call.purpose, "contacted_on": call.day,
        **{name: getattr(call, name) for name in _KEPT},
    }  # fmt: skip


def _clean_row(job: ImportJob, line: int, cells: Mapping[str, str]) -> Call | str:
    """The call, or why the row cannot be taken."""
    named = clean_text(cells.get("row_id", ""))
    row = row_named(named) if named else None
    if named and row is None:
        return "unknown_row"
    vin = clean_vin(cells.get("vin", ""))[0]
    key = _phone_key(job, cells.get("phone", ""))
    if row is None and vin is None and key is None:
        return "missing_customer"
    day, clock, doubt = clean_moment(cells.get("contacted_on", ""))
    listed_on = clean_date(cells.get("listed_on", ""))[0]
    if doubt:
        return "bad_date"
    if day is None and (row is None or listed_on is None):
        return "missing_contact_day"
    if day is not None and day > job.settings.today:
        return "future_date"
    told, doubts = _told(cells)
    purpose = row.purpose if row else told.pop("purpose")
    told.pop("purpose", None)
    name = str(row) if row else f"{purpose or 'call'}-{f'vin:{vin}' if vin else f'phone:{key}'}"
    undated = entry_of(name, f"{_UNDATED}{listed_on}") if row and listed_on else None
    said_on = f"{day}T{clock:%H:%M}" if clock and not row else f"{day}"
    return Call(
        line=line, entry=entry_of(name, said_on) if day else str(undated), undated=undated,
        row=str(row) if row else None, vin=vin, phone_key=key, purpose=purpose, day=day or job.settings.today,
        doubts=doubts, **told,
    )  # fmt: skip


def _phone_key(job: ImportJob, text: str) -> str | None:
    phone, _doubt = clean_phone(text, job.settings.region)
    return phone_key(job.settings.secret, phone) if phone else None


def _told(cells: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the row says of the call, and what of it was doubted. Words nobody knows go to the note."""
    result, result_doubt = clean_result(cells.get("result", ""))
    reason, reason_doubt = clean_reason_code(cells.get("reason_code", ""))
    purpose, purpose_doubt = clean_purpose(cells.get("purpose", ""))
    booked_for, booked_doubt = clean_date(cells.get("booked_for", ""))
    next_on, next_doubt = clean_date(cells.get("next_contact_on", ""))
    odometer, odometer_doubt = clean_odometer(cells.get("odometer", ""))
    doubtful = {"result": result_doubt, "reason_code": reason_doubt, "purpose": purpose_doubt}
    doubtful |= {"booked_for": booked_doubt, "next_contact_on": next_doubt, "odometer": odometer_doubt}
    if result is None and result_doubt is None:
        result = "booked" if booked_for else "sold" if reason == "sold" else None
    told = {
        "clerk": clean_text(cells.get("clerk", ""), 80), "result": result, "reason_code": reason, "purpose": purpose,
        "booked_for": booked_for, "next_contact_on": next_on, "odometer": odometer or None,
        "note": _note(cells, [field for field, doubt in doubtful.items() if doubt]),
    }  # fmt: skip
    return told, tuple(doubt for doubt in doubtful.values() if doubt)


_SPACES = re.compile(r"[ \t]+")


def _note(cells: Mapping[str, str], misread: Sequence[str]) -> str | None:
    """The note as staff wrote it, with the words of other cells that could not be read: nothing written is lost."""
    note = restored(cells.get("note", "").strip())
    said = [_SPACES.sub(" ", cells[field]).strip() for field in misread]
    whole = " · ".join(part for part in (note, *said) if part)
    return whole[:_LONGEST_NOTE] or None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store knows of a chunk's cars, customers and calls."""

    cars: Mapping[int, CalledCar]
    by_vin: Mapping[str, CalledCar]
    phones: Mapping[int, str | None]
    by_phone: Mapping[str, int]
    stored: Mapping[str, Mapping[str, Any]]


def _import_chunk(job: ImportJob, calls: Sequence[Call]) -> None:
    verdicts: list[tuple[Call, str, tuple[str, ...]]] = []
    with job.store.write() as session:
        lock_shop(session, job.shop_id)
        known = _known(session, job, calls)
        for call in calls:
            found = "duplicate_contact" if call.was_twice and call.entry in known.stored else _placed(call, known)
            if isinstance(found, str):
                verdicts.append((call, found, ()))
            else:
                verdicts.append((call, *_stored(session, job, call, found, known)))
    for call, verdict, doubts in verdicts:
        if verdict in ("new", "changed", "unchanged"):
            job.report.count(verdict)
            job.report.warn([*call.doubts, *doubts])
        else:
            job.report.reject(call.line, verdict)


def _known(session: Session, job: ImportJob, calls: Sequence[Call]) -> _Known:
    entries = {name for call in calls for name in (call.entry, call.undated) if name}
    stored = contacts_by_entry(session, job.shop_id, entries)
    rows = [row for call in calls if (row := call.row_name)]
    cars = called_cars(
        session,
        job.shop_id,
        {row.vehicle_id for row in rows if row.vehicle_id}
        | {row["vehicle_id"] for row in stored.values() if row["vehicle_id"]},
        {call.vin for call in calls if call.vin},
    )
    people = {row.customer_id for row in rows if row.customer_id} | {car.customer_id for car in cars if car.customer_id}
    phones = phones_called(session, job.shop_id, people, {call.phone_key for call in calls if call.phone_key})
    return _Known(
        cars={car.id: car for car in cars},
        by_vin={car.vin: car for car in cars},
        phones=phones,
        by_phone={key: customer_id for customer_id, key in phones.items() if key},
        stored=stored,
    )


def _placed(call: Call, known: _Known) -> tuple[int, int | None] | str:
    """The customer spoken to and the car spoken of, whoever has it by now; or why nobody is known."""
    row = call.row_name
    by_row = known.cars.get(row.vehicle_id or 0) if row else None
    by_vin = known.by_vin.get(call.vin or "")
    if row and row.vehicle_id and by_row is None:
        return "unknown_row"
    if row and by_row and call.vin and call.vin != by_row.vin:
        return "row_mismatch"
    car = by_row or by_vin
    phoned = known.by_phone.get(call.phone_key or "")
    owner = car.customer_id if car else None
    if row and row.customer_id:
        named = row.customer_id if row.customer_id in known.phones else None
        others = {person for person in (phoned, owner) if person is not None}
        if named is not None and others and named not in others:
            return "row_mismatch"
        phoned = named or phoned
    # Whoever was spoken to: a car may have changed hands since the list was made.
    customer_id = phoned or owner
    if customer_id is None:
        return "unknown_customer"
    return customer_id, car.id if car else None


def _named(call: Call, row: Mapping[str, Any], known: _Known) -> Named:
    """What the row names, and whether its car is this customer's: one that was named is never guessed at."""
    name = call.row_name
    car_id = row["vehicle_id"] or (name.vehicle_id if name else None)
    car = known.by_vin.get(call.vin or "") if car_id is None else known.cars.get(car_id)
    is_named = car_id is not None or call.vin is not None
    is_theirs = car is not None and car.customer_id == row["customer_id"]
    return Named(call.phone_key, is_lost=is_named and not is_theirs, is_person=name is not None and not name.vehicle_id)


def _stored(
    session: Session, job: ImportJob, call: Call, found: tuple[int, int | None], known: _Known
) -> tuple[str, tuple[str, ...]]:
    """Write the call and do what it teaches; its verdict, and what was doubted on the way."""
    before = known.stored.get(call.entry) or known.stored.get(call.undated or "")
    row = _row(call, found, before)
    if before is not None and all(before[name] == value for name, value in row.items()):
        return "unchanged", ()
    if before is None:
        row |= {"shop_id": job.shop_id, "import_id": job.import_id}
        insert_contacts(session, [row])
    else:
        update_contacts(session, [{"id": before["id"], **row, "import_id": job.import_id}])
        row |= {"shop_id": job.shop_id}
    doubts = learn(session, job.settings, row, before, _named(call, row, known))
    return "new" if before is None else "changed", doubts


def _row(call: Call, found: tuple[int, int | None], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The contact as it is to be stored; a call known already stays with whom it was."""
    row: dict[str, Any] = {"entry": call.entry, "purpose": call.purpose or "", "contacted_on": call.day}
    row |= {"customer_id": found[0], "vehicle_id": found[1]}
    row |= {name: getattr(call, name) for name in _KEPT}
    if before is None:
        return row
    row |= {name: before[name] for name in ("customer_id", "vehicle_id")}
    row |= {name: before[name] for name in _KEPT if row[name] is None}
    if call.entry == call.undated:  # still without a day: it was on the one it was first told
        row["contacted_on"] = before["contacted_on"]
    return row
