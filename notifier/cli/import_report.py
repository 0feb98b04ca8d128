"""The account of an import on the terminal: counts, what was rejected and doubted, and what to do about each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from notifier.jobs.reasons import doubted_advice, import_words, rejected_advice
from notifier.locale import N_, _, listed, ngettext
from notifier.locale.records import records_word
from notifier.locale.wrapping import Wrapped
from notifier.reports.tables import table

if TYPE_CHECKING:
    from notifier.dms.report import ImportReport

__all__ = ["account", "freshness_sentence", "remarks"]

KNOWN_TO: Mapping[str, str] = {
    "customers": N_("Customers are known up to {at}."),
    "visits": N_("Visits are known up to {at}."),
    "renewals": N_("Renewals are known up to {at}."),
    "contacts": N_("Contacts are known up to {at}."),
}


def account(report: ImportReport, source: str) -> Iterator[RenderableType]:
    """The counts, then the reasons with what to do about each. `source`: the file's name."""
    yield Text.assemble((records_word(report.kind).capitalize(), "bold"), GAP, source)
    yield _counts(report)
    details = [
        (_("Rejected"), "bold red", report.rejected, rejected_advice),
        (_("Doubted, kept"), "bold yellow", report.warned, doubted_advice),
    ]
    reasons = [import_words(reason) for _title, _style, counts, _advice in details for reason in counts]
    widest = max(map(cell_len, [*reasons, *(title for title, *_rest in details)]))
    for title, style, counts, advice in details:
        if counts:
            yield Text()
            yield _Reasons(Text(title, style), counts, advice, widest)


GAP = "  "


def _counts(report: ImportReport) -> RenderableType:
    figures = {
        _("Read"): report.read, _("New"): report.new, _("Changed"): report.changed, _("Unchanged"): report.unchanged,
        _("Merged"): report.merged, _("Parked"): report.parked, _("Rejected"): report.rejected.total(),
    }  # fmt: skip
    made = table(*figures, right=tuple(range(len(figures))))
    made.add_row(*(f"{number:,}" for number in figures.values()))
    return made


class _Reasons:
    """Reasons, how many rows each has, and what to do about it; `widest` cells are the longest reason of the page.

    The reasons take half of the width at most: what is left is all the advice has.
    """

    def __init__(self, heading: Text, counts: Mapping[str, int], advice: Callable[[str], str], widest: int) -> None:
        self.heading, self.counts, self.advice, self.widest = heading, counts, advice, widest

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        made = table(self.heading.plain, _("Rows"), "", right=(1,))
        made.columns[0].width = min(self.widest, options.max_width // 2)
        made.columns[0].header_style = self.heading.style
        made.columns[1].min_width = 7
        for reason, number in sorted(self.counts.items(), key=lambda item: (-item[1], item[0])):
            made.add_row(Wrapped(import_words(reason)), f"{number:,}", Wrapped(self.advice(reason), "dim"))
        yield made


def remarks(report: ImportReport, rejects: Path | None, written: int, *, dry_run: bool) -> Iterator[str]:
    """What is worth a sentence. `rejects`: where the rejected rows went, `written` of them; None where nowhere."""
    if report.mapped.unrecognised and not dry_run:
        yield _("Columns nobody reads: {names}. Name one in a mapping file (--mapping) if it should be.").format(
            names=listed(report.mapped.unrecognised)
        )
    if report.parked:
        yield _("Parked rows wait for their car: they are taken up when its customer is imported.")
    if report.released:
        yield _("{number} rows that waited for a car of this file were taken up.").format(number=report.released)
    if rejects is not None and written:
        yield ngettext(
            "{number} rejected row is in {file}: mend it there and import that file.",
            "{number} rejected rows are in {file}: mend them there and import that file.",
            written,
        ).format(number=written, file=rejects)
    elif rejects is not None:
        yield _("No row was rejected: {file} holds the column names alone.").format(file=rejects)
    elif report.rejected:
        yield _("--rejects OUT writes the rejected rows with their reason, ready to be mended.")
    if dry_run:
        yield _("This was a dry run: nothing was kept.")


def freshness_sentence(kind: str, known_to: datetime, zone: ZoneInfo) -> str:
    """Up to when the shop's records of a kind are known, by its own clock."""
    return _(KNOWN_TO[kind]).format(at=f"{known_to.astimezone(zone):%Y-%m-%d %H:%M}")
