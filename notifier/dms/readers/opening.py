"""Any file a shop drops in → a table, told by its first bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from notifier.dms.readers.delimited import CsvTable, open_csv
from notifier.dms.readers.first_bytes import OLE, ZIP, first_bytes
from notifier.dms.readers.sheets import SheetTable, open_sheet

__all__ = ["open_table"]


def open_table(path: Path, mapping: Mapping[str, str] | None = None) -> CsvTable | SheetTable:
    """A CSV file or a workbook as a table; the file's name says nothing, text named .xls is common.

    `mapping` (field → header) helps to find the header row. Raises BadInput, one sentence, for what is no table.
    """
    start = first_bytes(path)
    return open_sheet(path, mapping) if start.startswith((*ZIP, OLE)) else open_csv(path, mapping)
