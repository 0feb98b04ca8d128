"""Rows of a customer file, cleaned and staged: one row a vehicle with its owner."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from notifier.dms.cleaning import clean_code, clean_count, clean_name, clean_plate, clean_sex, clean_text, clean_vin
from notifier.dms.dates import Birthday, clean_birthday, clean_date
from notifier.dms.headers import Mapped
from notifier.dms.job import ImportJob
from notifier.dms.phones import first_phone
from notifier.dms.readers import Table
from notifier.dms.report import SHOWN_ROWS
from notifier.dms.staging import Record, Staging
from notifier.dms.totals import is_total
from notifier.dms.words import clean_consent, clean_language, clean_state
from notifier.domain.consents import as_told_by_a_file
from notifier.domain.phone import phone_key

__all__ = ["COLUMNS", "REFERRER", "VEHICLE_DATES", "VEHICLE_FIELDS", "clean_people", "drop_duplicate_cars", "unpack"]

COLUMNS = (
    "vin TEXT", "number TEXT", "phone TEXT", "phone_key TEXT", "phone_doubt TEXT", "delivered TEXT", "facts TEXT",
    "doubts TEXT", "line INTEGER PRIMARY KEY", "household TEXT",
)  # fmt: skip

VEHICLE_DATES = ("delivered_on", "insurance_ends_on", "inspection_ends_on", "loan_ends_on", "warranty_ends_on")
REFERRER = ("referrer_number", "referrer_phone_key")
"""Who brought the buyer, by DMS number or by the key of a phone: the row that gives either gives both."""
VEHICLE_FIELDS = ("plate", "model", "state", *VEHICLE_DATES, *REFERRER)
_DATES = frozenset({*VEHICLE_DATES, "birth_on", "points_end_on", "consent_since"})

_FACTS = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=date.isoformat)
FUTURE = "future_date"
UNCLEAR = "unclear"
"""Consent: something is written, nobody can tell what; a blanket --consent does not count for it."""

_DUPLICATES = """
    SELECT line FROM (
        SELECT line, row_number() OVER (
            PARTITION BY vin
            ORDER BY delivered IS NULL, delivered DESC, number IS NULL, number DESC, phone IS NULL, phone DESC,
                facts, phone_doubt, doubts, line
        ) AS place
        FROM staged WHERE vin IN (SELECT vin FROM staged GROUP BY vin HAVING count(*) > 1)
    ) WHERE place > 1
"""


def clean_people(job: ImportJob, table: Table) -> Iterator[Record]:
    """Records for COLUMNS; rows without a usable VIN are rejected on the way."""
    cell = _Cells(job.report.mapped)
    for line, row in job.rows(table):
        cells = cell.by_field(row)
        vin, vin_doubt = clean_vin(cells["vin"])
        if vin is None:
            is_totals = is_total(row) and first_phone(cell.phones(row), job.settings.region)[0] is None
            job.report.reject(line, "total_row" if is_totals else "bad_vin")
            continue
        doubts = [vin_doubt] if vin_doubt else []
        phone, phone_doubt = first_phone(cell.phones(row), job.settings.region)
        key = phone_key(job.settings.secret, phone) if phone else None
        referrer, referrer_phone = _referrer(cells, job, doubts)
        facts = {**_owner(cells, job, doubts), **_vehicle(cells, job, doubts), **referrer}
        delivered = facts.get("delivered_on")
        number = clean_code(cells.get("number", ""))
        doubts += [f"phone_{phone_doubt}"] if phone_doubt else []
        if len(job.report.understood) < SHOWN_ROWS:
            shown = {name: value for name, value in facts.items() if name != "referrer_phone_key"}
            shown |= {"number": number, "phone": phone, "vin": vin, "referrer_phone": referrer_phone}
            job.report.understand(line, shown, doubts)
        yield (
            vin, number, phone, key, None if phone else phone_doubt, delivered.isoformat() if delivered else None,
            _FACTS.encode(facts), ",".join(doubts), line, None,
        )  # fmt: skip


def unpack(facts: str) -> dict[str, Any]:
    """The facts of a staged record, dates as dates."""
    loaded: dict[str, Any] = json.loads(facts)
    return {name: date.fromisoformat(value) if name in _DATES else value for name, value in loaded.items()}


def drop_duplicate_cars(job: ImportJob, staging: Staging) -> None:
    """Of one VIN the latest delivery stays, with its owner; the owner before is not contacted for it."""
    staging.execute("CREATE INDEX staged_vin ON staged (vin)")
    for (line,) in list(staging.rows(_DUPLICATES)):
        job.report.reject(line, "duplicate_vin")
        staging.execute("DELETE FROM staged WHERE line = ?", (line,))


class _Cells:
    """A row's cells by field, further columns of a meaning speaking where the first is empty."""

    def __init__(self, mapped: Mapped) -> None:
        self._places = tuple(mapped.places.items())
        self._spares = tuple((field, places) for field, places in mapped.spares.items() if field != "phone")
        self._phones = (mapped.places["phone"], *mapped.spares.get("phone", ()))
        # A column named 农历生日 holds lunar days, which its cells need not say again.
        self._is_lunar = any(mark in mapped.columns.get("birthday", "") for mark in ("农历", "農曆", "阴历", "陰曆"))

    def by_field(self, row: Sequence[str]) -> dict[str, str]:
        """Field → cell."""
        cells = {field: row[place] for field, place in self._places}
        for field, places in self._spares:
            if not cells[field].strip():
                cells[field] = next((row[place] for place in places if row[place].strip()), "")
        if self._is_lunar and cells["birthday"].strip():
            cells["birthday"] = f"农历{cells['birthday']}"
        return cells

    def phones(self, row: Sequence[str]) -> list[str]:
        """All cells that may hold the phone, the likeliest first."""
        return [row[place] for place in self._phones]


def _owner(cells: Mapping[str, str], job: ImportJob, doubts: list[str]) -> dict[str, Any]:
    """What a row says about its owner; fields that say nothing are left out."""
    name = clean_name(cells.get("name", ""))
    birthday, birthday_doubt = clean_birthday(cells.get("birthday", ""))
    if birthday.on is not None and birthday.on > job.settings.today:
        birthday, birthday_doubt = Birthday(), FUTURE
    points, points_doubt = clean_count(cells.get("points", ""))
    points_end_on, points_end_doubt = clean_date(cells.get("points_end_on", ""))
    language, language_doubt = clean_language(cells.get("language", ""))
    doubts += [d for d in (birthday_doubt, points_doubt, points_end_doubt, language_doubt) if d]
    facts = {
        "name": name.name, "sex": clean_sex(cells.get("sex", "")) or name.sex, "language": language,
        "district": clean_text(cells.get("district", "")), "member_level": clean_text(cells.get("member_level", "")),
        "points": points, "points_end_on": points_end_on, "birth_on": birthday.on, "birth_mmdd": birthday.mmdd,
        **_consent(cells, job, doubts),
    }  # fmt: skip
    if name.name is not None:
        facts["is_company"] = name.is_company
    if birthday.mmdd is not None:
        facts["birth_calendar"] = birthday.calendar
    return {field: value for field, value in facts.items() if value is not None}


def _consent(cells: Mapping[str, str], job: ImportJob, doubts: list[str]) -> dict[str, Any]:
    consent, doubt = clean_consent(cells.get("consent", ""))
    since, since_doubt = clean_date(cells.get("consent_since", ""))
    if since is not None and since > job.settings.today:
        since, since_doubt = None, FUTURE
    doubts += [d for d in (doubt, since_doubt) if d]
    source = as_told_by_a_file(clean_text(cells.get("consent_source", "")))
    return {"consent": UNCLEAR if doubt else consent, "consent_since": since, "consent_source": source}


def _vehicle(cells: Mapping[str, str], job: ImportJob, doubts: list[str]) -> dict[str, Any]:
    """What a row says about its car; fields that say nothing are left out."""
    plate, plate_doubt = clean_plate(cells.get("plate", ""), job.settings.region)
    state, state_doubt = clean_state(cells.get("state", ""))
    facts: dict[str, Any] = {"plate": plate, "model": clean_text(cells.get("model", "")), "state": state}
    doubts += [d for d in (plate_doubt, state_doubt) if d]
    for name in VEHICLE_DATES:
        facts[name], doubt = clean_date(cells.get(name, ""))
        doubts += [doubt] if doubt else []
    if facts["delivered_on"] and facts["delivered_on"] > job.settings.today:
        facts["delivered_on"] = None
        doubts.append(FUTURE)
    return {field: value for field, value in facts.items() if value is not None}


def _referrer(cells: Mapping[str, str], job: ImportJob, doubts: list[str]) -> tuple[dict[str, Any], str | None]:
    """Who brought the buyer, and their phone for the eye alone: of it only the key is kept.

    Either column may hold a number or a phone. A name finds nobody, so it is left out and doubted.
    """
    told = [cells.get("referrer", ""), cells.get("referrer_phone", "")]
    if not any(map(str.strip, told)):
        return {}, None
    phone, _doubt = first_phone(told, job.settings.region)
    number = None if phone is not None and _is_phone(told[0], job) else clean_code(told[0])
    if number is not None and not any(letter.isdigit() for letter in number):
        number = None
        doubts += ["referrer_by_name"] if phone is None else []
    if number is None and phone is None:
        return {}, None
    key = phone_key(job.settings.secret, phone) if phone else None
    return dict(zip(REFERRER, (number, key), strict=True)), phone


def _is_phone(cell: str, job: ImportJob) -> bool:
    return first_phone([cell], job.settings.region)[0] is not None
