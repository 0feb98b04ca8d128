"""The data quality page on a terminal: the headline, the way from all customers to those in reach, then the findings.

Bars end their line: some Chinese terminals draw block characters two cells wide.
"""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from notifier.locale import _
from notifier.locale.wrapping import Wrapped
from notifier.reports import import_news as words_of
from notifier.reports import numbers
from notifier.reports import quality_words as words
from notifier.reports.import_news import ReasonWords
from notifier.reports.quality import Finding, QualityReport, Step
from notifier.reports.render_terminal import Pieces, bar

__all__ = ["print_quality", "quality_page"]

BAR_CELLS = 20
WIDEST_TITLE = 32


def print_quality(console: Console, report: QualityReport, reason_words: ReasonWords) -> None:
    """Print the page to `console`."""
    console.print(quality_page(report, reason_words))


def quality_page(report: QualityReport, reason_words: ReasonWords) -> RenderableType:
    """The whole page, for a console or an exported picture."""
    heading = Text.assemble((_("Data quality"), "bold"), f"  {report.shop.name}  {numbers.day(report.today)}")
    parts: list[RenderableType] = [heading, Wrapped(words.headline(report), "bold")]
    if report.customers_at("customers"):
        parts += [Text(), _waterfall(report)]
        for section in ("mend", "look"):
            parts += _section(report, section)
        parts += [*_left_out(report), *_nothing_found(report)]
    parts += [Text(), Rule(Text(_("Imports"), style="bold"), align="left", style="dim")]
    parts += _imports(report, reason_words)
    parts += [Text(), Rule(style="dim"), *(Wrapped(note, "dim") for note in words.notes(report))]
    return Group(*parts)


def _waterfall(report: QualityReport) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for _figure in ("customers", "share"):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    total = report.customers_at("customers")
    for step in report.waterfall:
        if step.customers or step.is_total:
            table.add_row(*_step(step, total))
    return table


def _step(step: Step, total: int) -> tuple[Text, Text, Text, Text]:
    style = "bold" if step.is_total else ""
    sign = "  " if step.key == "customers" else "= " if step.is_total else "− "
    label = Text(sign + words.step_title(step.key), style=style)
    drawn = bar(step.customers, total, BAR_CELLS)
    number = Text(numbers.count(step.customers), style=style)
    return label, number, Text(numbers.share(step.customers / total)), Text(drawn, "green" if step.is_total else "red")


def _section(report: QualityReport, section: str) -> Iterator[RenderableType]:
    found = [finding for finding in report.findings if finding.section == section and finding.count]
    if not found:
        return
    yield Text()
    yield Rule(Text(_(words.SECTIONS[section]), style="bold"), align="left", style="dim")
    title = min(WIDEST_TITLE, max(cell_len(words.finding_title(finding.key)) for finding in found))
    for finding in found:
        yield _figures(finding, report.shop.currency, title)
        yield from _below(finding)


def _figures(finding: Finding, currency: str, title: int) -> Table:
    """The finding's line; a table of one row each, so that what stands below may use the whole width."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=title, overflow="fold")
    table.add_column(width=9, justify="right", no_wrap=True)
    table.add_column(width=6, justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    said = words.cost_sentence(finding, currency) or words.more_sentence(finding)
    table.add_row(
        Wrapped(words.finding_title(finding.key), "bold"),
        Text(numbers.count(finding.count), style="bold"),
        numbers.share(finding.share),
        Wrapped(said, "red" if finding.cost else ""),
    )
    return table


def _below(finding: Finding) -> Iterator[RenderableType]:
    yield Padding(Wrapped(words.mend_sentence(finding.key), start="→ "), (0, 0, 0, 2))
    if finding.examples:
        yield Padding(Pieces([words.case_words(case) for case in finding.examples]), (0, 0, 0, 4))


def _left_out(report: QualityReport) -> Iterator[RenderableType]:
    """Not an error: what is as the customer or the shop wants it."""
    left = [finding for finding in report.findings if finding.section == "left_out" and finding.count]
    if left:
        yield Text()
        yield Text(_(words.SECTIONS["left_out"]), style="bold")
        shown = [f"{words.finding_title(finding.key)} {numbers.count(finding.count)}" for finding in left]
        yield Padding(Pieces(shown), (0, 0, 0, 2))


def _nothing_found(report: QualityReport) -> Iterator[RenderableType]:
    """What was looked for and is not there: a short page must not look like a short search."""
    clean = [words.finding_title(f.key) for f in report.findings if f.section != "left_out" and not f.count]
    if clean:
        yield Text(_("Looked for, and not found"), style="bold")
        yield Padding(Pieces(clean), (0, 0, 0, 2))


def _imports(report: QualityReport, reason_words: ReasonWords) -> Iterator[RenderableType]:
    zone = ZoneInfo(report.shop.timezone)
    for news in report.imports:
        for made in news.unfinished:
            yield Wrapped(words_of.unfinished_sentence(news, made, zone), "red")
        is_waited_for = news.waits and bool(news.readers)
        yield Wrapped(words_of.freshness_sentence(news, report.now, zone), "red" if is_waited_for else "")
        if news.last is not None:
            yield Wrapped(words_of.last_sentence(news))
            yield Padding(Pieces(list(words_of.reasons_of_last(news, reason_words))), (0, 0, 0, 2))
