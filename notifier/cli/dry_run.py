"""What `import --dry-run` shows before the counts: which column is what, what is missing, ten rows as understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from notifier.cli.import_rows import FirstRows
from notifier.cli.import_words import NOTHING, cost_of_absence
from notifier.cli.terminal import section, shortened
from notifier.locale import _, listed
from notifier.locale.fields import field_word
from notifier.locale.wrapping import wrapped
from notifier.reports.tables import table

if TYPE_CHECKING:
    from notifier.dms.readers import Row, Table
    from notifier.dms.report import ImportReport

__all__ = ["understanding"]

WIDEST = 100
LOOKED_AT = 200
"""Rows in which an example is looked for."""
EXAMPLE_CELLS = 40


def understanding(report: ImportReport, source: Table, width: int) -> Iterator[RenderableType]:
    """The page, for a console `width` cells wide."""
    rows, width = list(islice(source, LOOKED_AT)), min(width, WIDEST)
    yield section(_("Columns as understood"), width)
    yield _columns(report, source.headers, rows)
    if report.mapped.unrecognised:
        yield Text()
        yield Text(_not_read(report.mapped.unrecognised, width), style="yellow")
    if report.mapped.absent:
        yield section(_("Not in the file"), width)
        yield from _absent(report.mapped.absent, width)
    if report.understood:
        yield section(_("The first rows as understood"), width)
        yield from FirstRows(report, dict(rows), width).lines()


def _columns(report: ImportReport, headers: Sequence[str], rows: Sequence[Row]) -> RenderableType:
    """Our field, the file's column, and a cell of it; our fields in their own order.

    Below a field stand the other columns of its meaning, which are read where the first says nothing.
    """
    from notifier.dms.columns import KINDS

    made, mapped = table(_("Field"), _("Column of the file"), _("For example")), report.mapped
    for field in KINDS[report.kind].aliases:
        if field in mapped.places:
            made.add_row(field_word(field), mapped.columns[field], _example(mapped.places[field], rows))
        for place in mapped.spares.get(field, ()):
            words = _("{field}, where empty").format(field=field_word(field))
            made.add_row(words, headers[place], _example(place, rows))
    return made


def _example(place: int, rows: Sequence[Row]) -> str:
    """The first cell of a column that says something."""
    cells = (cells[place].strip() for _line, cells in rows)
    return shortened(next((cell for cell in cells if cell), NOTHING), EXAMPLE_CELLS)


def _not_read(names: Sequence[str], width: int) -> str:
    sentence = _("Columns nobody reads: {names}. Name one in a mapping file (--mapping) if it should be.")
    return "\n".join(wrapped(sentence.format(names=listed(names)), width))


def _absent(absent: Sequence[str], width: int) -> Iterator[RenderableType]:
    made = table(_("Field"), _("Without it"))
    for field in absent:
        cost = cost_of_absence(field)
        if cost is not None:
            made.add_row(field_word(field), cost)
    if made.row_count:
        yield made
    others = [field_word(field) for field in absent if cost_of_absence(field) is None]
    if others:
        sentence = _("Missing as well, which costs little: {names}").format(names=listed(others))
        yield Text("\n".join(wrapped(sentence, width)), style="dim")
