"""The cells of repair orders, cleaned: what is read off a file before anything is compared or stored.

The steps here run in a process beside the import's own (beside.py), so they know nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from notifier.dms.beside import Steps
from notifier.dms.cleaning import clean_amount, clean_code, clean_odometer, clean_text, clean_vin
from notifier.dms.dates import clean_moment
from notifier.dms.readers import Row, Table
from notifier.dms.totals import is_total
from notifier.dms.words import clean_category
from notifier.store.moments import written_moment

__all__ = ["BATCH", "RECORD", "Batch", "OrderCells", "Record", "batches", "cleaned"]

BATCH = 4_000
RECORD = (
    "vin", "date_in", "order_no", "arrived_at", "category", "odometer", "amount", "advisor", "coupon", "line", "doubts",
)  # fmt: skip
"""What a row becomes; days and moments written out. They sort by car, day and number."""
_REMEMBERED = lru_cache(maxsize=16_384)
"""Cells of a column repeat; so many different ones are kept."""
_NO_DOUBTS = (None,) * 4

Record = tuple[Any, ...]
Batch = tuple[int, list[Record], list[tuple[int, str]]]
"""Rows read; what they became; line and reason of those that cannot be taken."""


class OrderCells:
    """The rule of each column, and where in a row (`places`: field → place) it stands."""

    def __init__(self, places: Mapping[str, int], zone: ZoneInfo, today: date, is_sqlite: bool) -> None:
        self._zone, self._today, self._is_sqlite = zone, today.isoformat(), is_sqlite
        rules: tuple[tuple[str, Callable[[str], Any], Any], ...] = (
            ("order_no", clean_code, None),
            ("vin", clean_vin, None),
            ("date_in", _REMEMBERED(self._clean_moment), None),
            ("category", clean_category, ("other", None)),
            ("odometer", clean_odometer, (None, None)),
            ("amount", clean_amount, (None, None)),
            ("advisor", _REMEMBERED(clean_text), None),
            ("coupon", _REMEMBERED(clean_code), None),
        )
        # A column the file does not have says of every row what its rule says of nothing.
        self._rules = [rule if name in places else _always(absent) for name, rule, absent in rules]
        self._pick = itemgetter(*(places.get(name, 0) for name, _rule, _absent in rules))

    def cleaned(self, rows: Iterable[Row]) -> tuple[list[Record], list[tuple[int, str]]]:
        """The records, and line and reason of the rows that cannot be taken."""
        today, pick = self._today, self._pick
        number, identity, moment, kind, distance, money, text, code = self._rules
        records: list[Record] = []
        rejected: list[tuple[int, str]] = []
        for line, cells in rows:
            c_number, c_vin, c_moment, c_kind, c_distance, c_money, c_advisor, c_coupon = pick(cells)
            order_no, (vin, odd_vin), (day, arrived) = number(c_number), identity(c_vin), moment(c_moment)
            if order_no is None or vin is None or day is None or day > today:
                rejected.append((line, _why_not(order_no, vin, day, cells)))
                continue
            (category, odd), (odometer, odd_odometer), (amount, odd_amount) = (
                kind(c_kind), distance(c_distance), money(c_money),
            )  # fmt: skip
            odd_ones = (odd_vin, odd, odd_odometer, odd_amount)
            doubts = None if odd_ones == _NO_DOUBTS else ",".join(doubt for doubt in odd_ones if doubt)
            records.append((
                vin, day, order_no, arrived, category, odometer, amount or 0, text(c_advisor), code(c_coupon), line,
                doubts,
            ))  # fmt: skip
        return records, rejected

    def _clean_moment(self, text: str) -> tuple[str | None, str | None]:
        """The day, and the moment of arrival where the time of day is told, both written as they are stored."""
        day, clock, _doubt = clean_moment(text)
        if day is None:
            return None, None
        arrived = datetime.combine(day, clock, self._zone) if clock else None
        return day.isoformat(), written_moment(arrived, is_sqlite=self._is_sqlite)


def cleaned(
    table: Table,
    places: Mapping[str, int],
    zone: ZoneInfo,
    today: date,
    is_sqlite: bool,
    *,
    skip: int = 0,
) -> Steps:
    """Steps: each message is answered by the next batch of `table`."""
    cells = OrderCells(places, zone, today, is_sqlite)
    yield
    for batch in islice(batches(table), skip, None):
        yield (len(batch), *cells.cleaned(batch))


def batches(table: Table) -> Iterator[list[Row]]:
    """The rows of `table`, so many at a time."""
    rows = iter(table)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _always(answer: Any) -> Callable[[str], Any]:
    return lambda _text: answer


def _why_not(order_no: str | None, vin: str | None, day: str | None, cells: Sequence[str]) -> str:
    if vin is None and is_total(cells):
        return "total_row"
    if order_no is None:
        return "missing_order_no"
    if vin is None:
        return "bad_vin"
    return "bad_date" if day is None else "future_date"
