"""Files as tables: one header, then (line number, cells) for each row, in a stream.

Everything that reads a source gives a :class:`Table`. A wrong file is refused with one sentence before anything is
written.
"""

from __future__ import annotations

from notifier.dms.readers.delimited import CsvTable, open_csv
from notifier.dms.readers.opening import open_table
from notifier.dms.readers.sheets import SheetTable, open_sheet
from notifier.dms.readers.table import Row, Table, TableOfRows

__all__ = ["CsvTable", "Row", "SheetTable", "Table", "TableOfRows", "open_csv", "open_sheet", "open_table"]
