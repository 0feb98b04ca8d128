"""The campaign summary on a terminal: counts lead, bars that can be read at a glance, what it caused as a sentence.

Widths are cells, so Chinese counts double. Bars end their line: some Chinese terminals draw block characters two
cells wide, and nothing may stand behind them to be pushed aside.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from notifier.locale import _
from notifier.locale.wrapping import Wrapped
from notifier.reports import numbers, sentences
from notifier.reports.figures import CampaignReport, CampaignRow
from notifier.reports.lift import ArmFigures, LiftView

__all__ = ["Pieces", "bar", "campaign_page", "print_campaigns"]

WIDE = 110
BAR_CELLS = 24
FUNNEL_CELLS = 9 + 2 + 9 + 2 + 6 + 2 + BAR_CELLS
"""The longest word of the funnel, a million with its separators, 100.0%, and the bar."""

EIGHTHS = " ▏▎▍▌▋▊▉"

_STYLES = {
    "distinguishable": "bold green",
    "not_distinguishable": "yellow",
    "interim": "cyan",
    "too_few": "yellow",
    "ratio_alarm": "bold red",
    "no_control": "dim",
}


def print_campaigns(console: Console, report: CampaignReport) -> None:
    """Print the report to `console`, in two columns a campaign from 110 cells on."""
    console.print(campaign_page(report, is_wide=console.width >= WIDE))


def campaign_page(report: CampaignReport, *, is_wide: bool) -> RenderableType:
    """The whole page, for a console or an exported picture."""
    heading = Text.assemble(
        (_("Campaign summary"), "bold"),
        "  ",
        report.shop.name,
        "  ",
        _("{first} to {last}").format(first=numbers.day(report.from_day), last=numbers.day(report.to_day)),
    )
    parts: list[RenderableType] = [
        heading,
        Wrapped(sentences.opening_sentence(report)),
        Wrapped(sentences.data_sentence(report), "dim"),
        Text(),
    ]
    if not report.rows:
        return Group(*parts, Text(_("No campaign is set up yet; add one to schedules.yaml.")))
    parts.append(_overview(report))
    for row in report.rows:
        parts += [Text(), _campaign(report, row, is_wide=is_wide)]
    parts += [Text(), Rule(style="dim"), *(Wrapped(note, "dim") for note in sentences.footnotes(report))]
    return Group(*parts)


def bar(part: float, whole: float, cells: int = BAR_CELLS) -> str:
    """`part` of `whole` as a bar of at most `cells`, to an eighth of a cell; anything above nothing shows."""
    if part <= 0 or whole <= 0:
        return ""
    eighths = max(1, round(min(part / whole, 1) * cells * 8))
    full, rest = divmod(eighths, 8)
    return "█" * full + (EIGHTHS[rest] if rest else "")


def _overview(report: CampaignReport) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    table.add_column(_("Campaign"), overflow="fold")
    headings = (_("Enrolled"), _("Sent"), _("Delivered"), _("Replied"), _("Booked"), _("Credited"), _("Revenue"))
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in report.rows:
        figures = (
            *(row.enrolled.total, row.messages.sent, row.messages.delivered),
            *(row.messages.replied, row.messages.booked, row.credit.outcomes),
        )
        revenue = numbers.money(row.credit.amount_minor, report.shop.currency)
        table.add_row(row.campaign.title, *map(numbers.count, figures), revenue)
    return table


def _campaign(report: CampaignReport, row: CampaignRow, *, is_wide: bool) -> RenderableType:
    title = Rule(
        Text.assemble((row.campaign.title, "bold"), f"  {sentences.kind_word(row.campaign.kind)}"),
        align="left",
        style="dim",
    )
    left = Group(_enrolled_line(row), _funnel(row), _rest_line(report, row))
    right = _effect(report, row)
    if not is_wide:
        return Group(title, left, right)
    columns = Table.grid(expand=True, padding=(0, 3, 0, 0))
    columns.add_column(width=FUNNEL_CELLS)
    columns.add_column(ratio=1)
    columns.add_row(left, right)
    return Group(title, columns)


def _enrolled_line(row: CampaignRow) -> Text:
    sentence = _("Enrolled {total}: treatment {treatment}, control {control}")
    if row.enrolled.universal:
        sentence = _("Enrolled {total}: treatment {treatment}, control {control}, universal control {universal}")
    return Text(
        sentence.format(
            total=numbers.count(row.enrolled.total),
            treatment=numbers.count(row.enrolled.treatment),
            control=numbers.count(row.enrolled.control),
            universal=numbers.count(row.enrolled.universal),
        )
    )


def _funnel(row: CampaignRow) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    sent = row.messages.sent
    for label, number, style in (
        (_("Sent"), sent, "blue"),
        (_("Delivered"), row.messages.delivered, "green"),
        (_("Replied"), row.messages.replied, "magenta"),
        (_("Booked"), row.messages.booked, "cyan"),
    ):
        part = numbers.share(number / sent if sent else None)
        table.add_row(label, Text(numbers.count(number), style="bold"), part, Text(bar(number, sent), style=style))
    return table


def _rest_line(report: CampaignReport, row: CampaignRow) -> RenderableType:
    """Every other state that holds a text, so that nothing is hidden; then what it cost."""
    messages = row.messages
    states = (
        (_("waiting"), messages.planned),
        (_("being sent"), messages.sending),
        (_("withheld"), messages.withheld),
        (_("undelivered"), messages.undelivered),
        (_("failed"), messages.failed),
        (_("unknown"), messages.unknown),
        (_("cancelled"), messages.cancelled),
        (_("opted out"), messages.opted_out),
    )
    parts = [f"{label} {numbers.count(number)}" for label, number in states if number]
    cost = numbers.money_micros(messages.cost_micros, report.shop.currency)
    parts += [
        _("segments {count}").format(count=numbers.count(messages.segments)),
        _("cost {amount}").format(amount=cost),
    ]
    return Pieces(parts)


class Pieces:
    """Pieces in running lines, none of them broken: a figure parted from its word misleads."""

    SEPARATOR = " · "

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line = ""
        for piece in self.pieces:
            longer = line + self.SEPARATOR + piece if line else piece
            if line and cell_len(longer) > options.max_width:
                yield Text(line, style="dim")
                longer = piece
            line = longer
        yield Text(line, style="dim")


def _effect(report: CampaignReport, row: CampaignRow) -> Table:
    """Credited next to gained, the two rates as bars, then what limits them."""
    view, currency = row.lift.first, report.shop.currency
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(_("Credited"), style="bold"), sentences.credited_sentence(row, currency))
    verdict = sentences.verdict_sentence(view, row.campaign.success)
    table.add_row(Text(_("Gained"), style="bold"), Text(verdict, style=_STYLES[view.verdict]))
    _add(table, "", sentences.ratio_sentence(row))
    for label, arm in _groups(view):
        table.add_row(label, _rate_line(arm, view))
    _add(table, _("Revenue gained"), sentences.revenue_sentence(view, currency))
    if row.lift.second is not None and row.lift.second.rate is not None:
        later = sentences.verdict_sentence(row.lift.second, row.campaign.success)
        _add(table, _("To the period's end"), later)
    _add(table, _("Smallest effect"), sentences.smallest_sentence(view))
    for note in (sentences.phoned_sentence(view), sentences.out_of_lift_sentence(row.lift)):
        _add(table, _("Note"), note)
    table.add_row(Text(_("Windows"), style="dim"), Text(sentences.windows_sentence(row.campaign), style="dim"))
    return table


def _groups(view: LiftView) -> list[tuple[str, ArmFigures]]:
    groups = [(_("Treatment"), view.treatment)]
    return groups if view.verdict == "no_control" else [*groups, (_("Control"), view.control)]


def _rate_line(arm: ArmFigures, view: LiftView) -> Text:
    scale = max(view.treatment.rate or 0, view.control.rate or 0)
    came = f"{numbers.count(arm.came)}/{numbers.count(arm.n)}"
    drawn = bar(arm.rate or 0, scale, BAR_CELLS // 2)
    style = "green" if arm is view.treatment else "dim"
    return Text.assemble(f"{numbers.share(arm.rate):>6}  {came:<13}", (drawn, style))


def _add(table: Table, label: str, sentence: str | None) -> None:
    if sentence is not None:
        table.add_row(label, Text(sentence))
