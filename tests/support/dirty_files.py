"""The dirty files of tests/data/dirty, what they must come to, and what a store made of them says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from notifier.dms.imports import import_table
from notifier.dms.readers import TableOfRows, open_csv
from notifier.dms.report import ImportReport
from notifier.store.engine import Store
from tests.support.import_desk import settings

FOLDER = Path(__file__).parents[1] / "data/dirty"

Rows = Sequence[tuple[int, Sequence[str]]]


def expected() -> dict[str, Any]:
    """The table written by hand."""
    content: dict[str, Any] = YAML(typ="safe").load(FOLDER / "expected.yaml")
    return content


def rows_of_file(name: str) -> Rows:
    """The rows of a file, line and cells."""
    return list(open_csv(FOLDER / f"{name}.csv"))


def bring_file(store: Store, shop_id: int, name: str, rows: Rows | None = None) -> ImportReport:
    """Import one of the files; with `rows` these instead of its own."""
    table = open_csv(FOLDER / f"{name}.csv")
    kind = "visits" if name == "visits" else "customers"
    if rows is None:
        return import_table(kind, store, shop_id, table, settings())
    shuffled = TableOfRows(table.name, table.headers, [cells for _line, cells in rows])
    return import_table(kind, store, shop_id, shuffled, settings())


def car_of(vin: str) -> int:
    """How the table names a car: the last two figures of its VIN."""
    return int(vin[-2:])


def counts(report: ImportReport) -> Mapping[str, int]:
    """The verdicts of a report."""
    return {key: value for key, value in report.as_json().items() if isinstance(value, int)}
