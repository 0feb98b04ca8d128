"""Repair orders of a file: cleaned, staged, and settled car by car."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from notifier.dms.cleaning import clean_amount, clean_code, clean_odometer, clean_text, clean_vin
from notifier.dms.dates import clean_moment
from notifier.dms.job import ImportJob
from notifier.dms.readers import Table
from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.dms.staging import Record, Staging
from notifier.dms.words import clean_category
from notifier.dms.workshop import Order, settle
from notifier.store.imports import lock_shop
from notifier.store.orders import orders_by_number

__all__ = ["import_orders"]

_COLUMNS = (
    "vin TEXT", "day TEXT", "order_no TEXT", "arrived TEXT", "category TEXT", "odometer INTEGER", "amount INTEGER",
    "advisor TEXT", "coupon TEXT", "line INTEGER", "doubts TEXT",
)  # fmt: skip
_DUPLICATES = """
    SELECT line FROM (
        SELECT line, row_number() OVER (
            PARTITION BY order_no
            ORDER BY day, arrived IS NULL, arrived, vin, category, odometer, amount, advisor, coupon, line
        ) AS place
        FROM staged WHERE order_no IN (SELECT order_no FROM staged GROUP BY order_no HAVING count(*) > 1)
    ) WHERE place > 1
"""


def import_orders(job: ImportJob, table: Table) -> None:
    """Take the rows of `table` into the store, in short transactions; counts go to the job's report."""
    report, settings = job.report, job.settings
    with Staging(_COLUMNS) as staging:
        staging.add(_cleaned(table, report, settings))
        _drop_duplicates(staging, report)
        done = report.rejected.total()
        for chunk in staging.groups("SELECT * FROM staged ORDER BY vin, day, order_no", settings.chunk_rows):
            _import_chunk(job, chunk)
            done += len(chunk)
            settings.progress(done)
            job.store.breathe()


def _cleaned(table: Table, report: ImportReport, settings: ImportSettings) -> Iterator[Record]:
    cell = _Cells(report.mapped.places)
    today, zone = settings.today, settings.zone
    for line, row in table:
        report.read += 1
        record = _clean_row(line, row, cell, today, zone)
        if isinstance(record, str):
            report.reject(line, record)
        else:
            yield record


class _Cells:
    """The place of each field, looked up once instead of once a row."""

    def __init__(self, columns: Mapping[str, int]) -> None:
        self.order_no, self.vin, self.date_in = columns["order_no"], columns["vin"], columns["date_in"]
        self.category, self.odometer, self.amount = (columns.get(f) for f in ("category", "odometer", "amount"))
        self.advisor, self.coupon = columns.get("advisor"), columns.get("coupon")


def _clean_row(line: int, row: Sequence[str], cell: _Cells, today: date, zone: ZoneInfo) -> Record | str:
    """The record to stage, or why the row cannot be taken."""
    order_no = clean_code(row[cell.order_no])
    if order_no is None:
        return "missing_order_no"
    vin, vin_doubt = clean_vin(row[cell.vin])
    if vin is None:
        return "bad_vin"
    day, clock, _doubt = clean_moment(row[cell.date_in])
    if day is None:
        return "bad_date"
    if day > today:
        return "future_date"
    category, category_doubt = clean_category(row[cell.category]) if cell.category is not None else ("other", None)
    odometer, odometer_doubt = clean_odometer(row[cell.odometer]) if cell.odometer is not None else (None, None)
    amount, amount_doubt = clean_amount(row[cell.amount]) if cell.amount is not None else (None, None)
    doubts = [doubt for doubt in (vin_doubt, category_doubt, odometer_doubt, amount_doubt) if doubt]
    advisor = clean_text(row[cell.advisor]) if cell.advisor is not None else None
    coupon = clean_code(row[cell.coupon]) if cell.coupon is not None else None
    arrived = _utc(day, clock, zone) if clock else None
    known = (vin, day.isoformat(), order_no, arrived, category, odometer, amount or 0, advisor, coupon)
    return (*known, line, ",".join(doubts))


def _utc(day: date, clock: time, zone: ZoneInfo) -> str:
    return datetime.combine(day, clock, zone).isoformat()


def _drop_duplicates(staging: Staging, report: ImportReport) -> None:
    """Of one order number the first by date in stays; identical rows are told apart by their line alone."""
    for (line,) in list(staging.rows(_DUPLICATES)):
        report.reject(line, "duplicate_order")
        staging.execute("DELETE FROM staged WHERE line = ?", (line,))


def _import_chunk(job: ImportJob, chunk: list[Record]) -> None:
    report = job.report
    orders = [_order(record) for record in chunk]
    with job.store.write() as session:
        lock_shop(session, job.shop_id)
        vins = {order.vin for order in orders}
        # An order that moves to another car or day leaves a visit behind that must be told anew, too.
        vins |= {known.vin for known in orders_by_number(session, job.shop_id, [o.order_no for o in orders])}
        settled = settle(session, job, vins, orders)
    report.released += settled.released
    for record, order in zip(chunk, orders, strict=True):
        verdict = settled.verdicts[order.order_no]
        report.count(verdict)
        doubts = record[-1].split(",") if record[-1] else []
        doubts += ["implausible_odometer"] if order.order_no in settled.doubted else []
        doubts += ["unknown_vehicle"] if verdict == "parked" else []
        report.warn(doubts)


def _order(record: Record) -> Order:
    vin, day, order_no, arrived, category, odometer, amount, advisor, coupon, _line, _doubts = record
    return Order(
        id=None, order_no=order_no, vin=vin, date_in=date.fromisoformat(day),
        arrived_at=datetime.fromisoformat(arrived) if arrived else None,
        category=category, odometer=odometer, amount_minor=amount, advisor=advisor, coupon_code=coupon,
    )  # fmt: skip
