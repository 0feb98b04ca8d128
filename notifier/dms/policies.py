"""Policies of a file: cleaned, staged, stored, and the insurance end of their cars brought forward."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from notifier.dms.cleaning import clean_amount, clean_code, clean_text, clean_vin
from notifier.dms.dates import clean_date
from notifier.dms.job import ImportJob
from notifier.dms.readers import Table
from notifier.dms.report import SHOWN_ROWS
from notifier.dms.staging import Record, Staging
from notifier.dms.totals import is_total
from notifier.dms.twice import NumbersTwice
from notifier.store.corrections import follow_corrections
from notifier.store.engine import Session, database_now
from notifier.store.imports import lock_shop
from notifier.store.messages import close_answered
from notifier.store.renewals import (
    insert_renewals,
    latest_policy_ends,
    parked_renewals,
    policies_of_others,
    renewals_by_policy,
    update_renewals,
)
from notifier.store.vehicles import update_vehicles, vehicles_by_vin

__all__ = ["import_policies", "release_policies"]

_COLUMNS = (
    "vin TEXT", "policy_no TEXT", "issued TEXT", "starts TEXT", "ends TEXT", "insurer TEXT", "premium INTEGER",
    "commission INTEGER", "line INTEGER PRIMARY KEY", "doubts TEXT",
)  # fmt: skip
_DUPLICATES = """
    SELECT line FROM (
        SELECT line, row_number() OVER (
            PARTITION BY policy_no
            ORDER BY line IN (SELECT line FROM yielding), issued IS NULL, issued, starts IS NULL, starts, ends, vin,
                insurer, premium, commission, doubts, line
        ) AS place
        FROM staged WHERE policy_no IN (SELECT policy_no FROM staged GROUP BY policy_no HAVING count(*) > 1)
    ) WHERE place > 1
"""
_CONTENT = ("vin", "insurer", "starts_on", "ends_on", "premium_minor", "commission_minor")
_OPTIONAL = {
    "insurer": "insurer", "starts_on": "starts_on", "premium": "premium_minor", "commission": "commission_minor",
}  # fmt: skip
"""Field → column: one the file does not have leaves what is stored."""


def import_policies(job: ImportJob, table: Table) -> None:
    """Take the rows of `table` into the store, in short transactions; counts go to the job's report."""
    with Staging(_COLUMNS) as staging:
        staging.execute("CREATE TABLE yielding (line INTEGER PRIMARY KEY)")
        twice = NumbersTwice(
            job, table, "policy_no", "duplicate_policy", job.store.read, policies_of_others,
            lambda lines: staging.add([(line,) for line in lines], "yielding"),
        )  # fmt: skip
        staging.add(_cleaned(job, twice))
        for (line,) in list(staging.rows(_DUPLICATES)):
            job.report.reject(line, "duplicate_policy")
            staging.execute("DELETE FROM staged WHERE line = ?", (line,))
        done = job.report.rejected.total()
        for chunk in staging.groups("SELECT * FROM staged ORDER BY vin, ends, policy_no", job.settings.chunk_rows):
            _import_chunk(job, chunk)
            done += len(chunk)
            job.settings.progress(done)


def _cleaned(job: ImportJob, twice: NumbersTwice) -> Iterator[Record]:
    report = job.report
    for line, row in (each for batch in job.batches(twice.table) for each in twice.left(batch)):
        cells = {field: row[place] for field, place in report.mapped.places.items()}
        record = _clean_row(line, cells, job.settings.today)
        if isinstance(record, str):
            is_totals = clean_vin(cells["vin"])[0] is None and is_total(row)
            report.reject(line, "total_row" if is_totals else record)
        else:
            if len(report.understood) < SHOWN_ROWS:
                report.understand(line, _facts(record), record[-1].split(",") if record[-1] else ())
            yield record


def _facts(record: Record) -> dict[str, object]:
    vin, policy_no, issued, starts, ends, insurer, premium, commission, _line, _doubts = record
    days = {"starts_on": starts, "ends_on": ends, "issued_on": issued}
    return {
        "policy_no": policy_no, "vin": vin, "insurer": insurer,
        **{name: date.fromisoformat(day) for name, day in days.items() if day},
        "premium": premium, "commission": commission,
    }  # fmt: skip


def _clean_row(line: int, cells: Mapping[str, str], today: date) -> Record | str:
    """The record to stage, or why the row cannot be taken."""
    policy_no = clean_code(cells["policy_no"])
    if policy_no is None:
        return "missing_policy_no"
    vin, vin_doubt = clean_vin(cells["vin"])
    if vin is None:
        return "bad_vin"
    ends_on, _doubt = clean_date(cells["ends_on"])
    if ends_on is None:
        return "bad_date"
    starts_on, starts_doubt = clean_date(cells.get("starts_on", ""))
    issued_on, issued_doubt = clean_date(cells.get("issued_on", ""))
    if issued_on is not None and issued_on > today:
        return "future_date"
    premium, premium_doubt = clean_amount(cells.get("premium", ""))
    commission, commission_doubt = clean_amount(cells.get("commission", ""))
    doubts = [d for d in (vin_doubt, starts_doubt, issued_doubt, premium_doubt, commission_doubt) if d]
    days = (day.isoformat() if day else None for day in (issued_on, starts_on, ends_on))
    insurer = clean_text(cells.get("insurer", ""))
    return (vin, policy_no, *days, insurer, premium or 0, commission or 0, line, ",".join(doubts))


def _import_chunk(job: ImportJob, chunk: list[Record]) -> None:
    with job.store.write() as session:
        lock_shop(session, job.shop_id)
        stored = renewals_by_policy(session, job.shop_id, [record[1] for record in chunk])
        cars = vehicles_by_vin(session, job.shop_id, {r[0] for r in chunk} | {row["vin"] for row in stored.values()})
        new, changed, verdicts = [], [], []
        for record in chunk:
            row, verdict = _placed(job, record, stored.get(record[1]), cars)
            verdicts.append(verdict)
            if "id" in row:
                changed.append(row)
            elif row:
                new.append(row)
        clock = {"changed_at": database_now(session)}
        insert_renewals(session, [row | clock for row in new])
        update_renewals(session, [row | clock for row in changed])
        _bring_forward(session, job, list(cars.values()), stored)
    for record, verdict in zip(chunk, verdicts, strict=True):
        job.report.count(verdict)
        doubts = record[-1].split(",") if record[-1] else []
        job.report.warn([*doubts, *(["unknown_vehicle"] if verdict == "parked" else [])])


def _placed(
    job: ImportJob, record: Record, stored: Mapping[str, Any] | None, cars: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Any], str]:
    """The row to write (without anything where nothing changes), and its verdict."""
    vin, policy_no, issued, starts, ends, insurer, premium, commission, _line, _doubts = record
    starts_on = date.fromisoformat(starts) if starts else None
    content: dict[str, Any] = dict(
        zip(_CONTENT, (vin, insurer, starts_on, date.fromisoformat(ends), premium, commission), strict=True)
    )
    if stored is not None:
        content |= {name: stored[name] for field, name in _OPTIONAL.items() if field in job.report.mapped.absent}
    car = cars.get(vin)
    row = {
        **content,
        "vehicle_id": car["id"] if car else None,
        "day": _written_on(job, date.fromisoformat(issued) if issued else None, content["starts_on"], stored),
    }
    moves_to_another_car = stored is None or stored["vehicle_id"] != row["vehicle_id"]
    owner = car["customer_id"] if car else None
    row["customer_id"] = owner if moves_to_another_car or stored is None else stored["customer_id"]
    same = stored is not None and all(stored[name] == value for name, value in row.items())
    verdict = "parked" if car is None else "new" if stored is None else "unchanged" if same else "changed"
    if same:
        return {}, verdict
    row |= {"import_id": job.import_id, "attributed_at": None}
    if stored is not None:
        return {"id": stored["id"], **row}, verdict
    return {"shop_id": job.shop_id, "policy_no": policy_no, **row}, verdict


def _written_on(
    job: ImportJob, issued_on: date | None, starts_on: date | None, stored: Mapping[str, Any] | None
) -> date:
    """The day the policy was written; without one, the earlier of its start and its import."""
    if issued_on is not None:
        return issued_on
    imported_on = job.settings.today if stored is None else stored["day"]
    return min(starts_on, imported_on) if starts_on else imported_on


def _bring_forward(
    session: Session, job: ImportJob, cars: Collection[Mapping[str, Any]], before: Mapping[str, Mapping[str, Any]]
) -> None:
    """A car's insurance ends with its latest policy, or later where the customer file says so.

    An end that came from a policy now corrected to an earlier day goes back with it.
    """
    ends = latest_policy_ends(session, [car["id"] for car in cars])
    from_policies = {(row["vehicle_id"], row["ends_on"]) for row in before.values()}
    changed, renewed = [], {}
    for car in cars:
        ends_on, known = ends.get(car["id"]), car["insurance_ends_on"]
        if ends_on is None:
            continue
        if known is None or ends_on > known or (car["id"], known) in from_policies:
            if ends_on != known:
                changed.append({"id": car["id"], "insurance_ends_on": ends_on, "updated_at": job.settings.now})
            renewed[car["id"]] = ends_on
    update_vehicles(session, changed)
    close_answered(session, renewed=renewed)
    corrected = dict.fromkeys([row["id"] for row in changed], ("insurance_ends_on",))
    follow_corrections(session, job.settings.now, cars=corrected)


def release_policies(session: Session, job: ImportJob, vins: Collection[str]) -> int:
    """Give policies that waited for one of these new cars their car; returns how many."""
    waiting = parked_renewals(session, job.shop_id, vins) if vins else ()
    if not waiting:
        return 0
    cars = vehicles_by_vin(session, job.shop_id, {row.vin for row in waiting})
    rows = [
        {"id": row.id, "vehicle_id": cars[row.vin]["id"], "customer_id": cars[row.vin]["customer_id"],
         "changed_at": database_now(session), "attributed_at": None}
        for row in waiting
    ]  # fmt: skip
    update_renewals(session, rows)
    _bring_forward(session, job, list(cars.values()), {})
    return len(rows)
