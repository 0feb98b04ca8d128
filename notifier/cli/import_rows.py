"""The first rows of an import as they were understood: the telling fields in columns, the others in a line below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from notifier.cli.import_words import NOTHING, value_words
from notifier.cli.terminal import shortened
from notifier.jobs.reasons import import_words
from notifier.locale import _
from notifier.locale.fields import field_word

if TYPE_CHECKING:
    from notifier.dms.report import ImportReport, Understood

__all__ = ["FirstRows"]

LEADING: Mapping[str, tuple[str, ...]] = {
    "customers": ("vin", "name", "phone", "plate", "delivered_on", "state", "model"),
    "visits": ("order_no", "vin", "date_in", "category", "odometer", "amount", "advisor"),
    "renewals": ("policy_no", "vin", "ends_on", "insurer", "premium", "starts_on"),
    "contacts": ("row_id", "contacted_on", "result", "reason_code", "booked_for", "odometer", "clerk"),
}
"""Fields with a column of their own, as many as there is room for."""
INNER = frozenset({"birth_on", "birth_mmdd", "birth_calendar", "arrived_at"})
"""Facts in the words of the store, shown with another field or not at all."""
FIGURES = frozenset({"odometer", "amount", "premium"})
COLUMN_CELLS = 20
GAP, BETWEEN = "  ", " · "


class FirstRows:
    """`as_written`: line → cells, for rows that were rejected before anything was understood of them."""

    def __init__(self, report: ImportReport, as_written: Mapping[int, Sequence[str]], width: int) -> None:
        self.places, self.width = report.mapped.places, width
        self.rows = [(row, self._values(row, as_written)) for row in report.understood]
        self.line_cells = max(cell_len(_("Line")), *(len(str(row.line)) for row, _values in self.rows))
        self.columns = self._fitting([field for field in LEADING.get(report.kind, ()) if field in self.places])

    def _values(self, row: Understood, as_written: Mapping[int, Sequence[str]]) -> dict[str, str]:
        """Field → what is shown."""
        if not row.facts and row.line in as_written:
            return {field: as_written[row.line][place].strip() or NOTHING for field, place in self.places.items()}
        facts = _with_birthday(row.facts)
        return {
            field: value_words(field, value)
            for field, value in facts.items()
            if value is not None and value is not False
        }  # fmt: skip

    def _fitting(self, fields: Sequence[str]) -> dict[str, int]:
        """Field → cells of its column, from the left as long as there is room."""
        chosen, taken = {}, self.line_cells
        for field in fields:
            cells = max(cell_len(values.get(field, NOTHING)) for _row, values in self.rows)
            cells = min(COLUMN_CELLS, max(cells, cell_len(field_word(field))))
            taken += len(GAP) + cells
            if taken > self.width:
                break
            chosen[field] = cells
        return chosen

    def lines(self) -> Iterator[Text]:
        """Headings, then each row with what follows from it."""
        words = {field: field_word(field) for field in self.columns}
        yield Text(self._line(_("Line"), words), style="bold")
        for row, values in self.rows:
            yield Text(self._line(str(row.line), values), style="dim" if row.rejected else "")
            others = [f"{field_word(field)} {text}" for field, text in values.items() if field not in self.columns]
            if not row.rejected:
                yield from self._below(others, "dim")
            if row.doubts:
                reasons = BETWEEN.join(map(import_words, row.doubts))
                yield from self._below([_("doubted: {reasons}").format(reasons=reasons)], "yellow")
            if row.rejected:
                yield from self._below([_("rejected: {reason}").format(reason=import_words(row.rejected))], "red")

    def _line(self, line: str, values: Mapping[str, str]) -> str:
        cells = [_padded(line, self.line_cells, is_figure=True)]
        for field, width in self.columns.items():
            cells.append(_padded(shortened(values.get(field, NOTHING), width), width, is_figure=field in FIGURES))
        return GAP.join(cells).rstrip()

    def _below(self, pieces: Iterable[str], style: str) -> Iterator[Text]:
        """Pieces in running lines under the first column, none of them broken unless it alone is too long."""
        indent = " " * (self.line_cells + len(GAP))
        room, line = self.width - len(indent), ""
        for piece in pieces:
            longer = line + BETWEEN + piece if line else piece
            if line and cell_len(longer) > room:
                yield Text(indent + line, style=style)
                longer = piece
            line = longer
        if line:
            yield Text(indent + shortened(line, room), style=style)


def _with_birthday(facts: Mapping[str, object]) -> dict[str, object]:
    """The three facts of a birthday as one: 1980-05-09, 05-09, or a lunar 08-15."""
    told = {field: value for field, value in facts.items() if field not in INNER}
    month_and_day = facts.get("birth_mmdd")
    if month_and_day is not None:
        day = str(facts.get("birth_on") or f"{str(month_and_day)[:2]}-{str(month_and_day)[2:]}")
        told["birthday"] = _("lunar {day}").format(day=day) if facts.get("birth_calendar") == "lunar" else day
    return told


def _padded(text: str, width: int, *, is_figure: bool) -> str:
    room = " " * (width - cell_len(text))
    return room + text if is_figure else text + room
