"""What the demo shows on a terminal, readable from 80 columns on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from shlex import quote

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from notifier.demo.ending import Check, Compared, Ended
from notifier.demo.play import ENVIRONMENT, START, Script
from notifier.dms.report import ImportReport
from notifier.locale import _, ngettext
from notifier.reports import numbers

__all__ = ["books_page", "files_page", "next_page", "opening_page", "period_line", "texts_page", "truth_page"]

RIGHT, WRONG = Text("✓", "bold green"), Text("✗", "bold red")


def opening_page(script: Script) -> RenderableType:
    """What is about to happen."""
    sentence = _(
        "A dealership with {customers} customers lives through {days} days from {first}. The customers are made up, "
        "and nothing leaves this machine. Its files, its database and its settings lie in {folder}."
    )
    return Text(
        sentence.format(
            customers=numbers.count(script.customers), days=script.days, first=numbers.day(START),
            folder=script.folder,
        )
    )  # fmt: skip


def files_page(imports: Mapping[str, ImportReport]) -> RenderableType:
    """How the first exports were taken over: with all their dirt."""
    names = {"customers": "customers.csv", "visits": "visits.csv"}
    sentence = _("{file}: {rows} rows, {new} new, {merged} merged, {parked} waiting for their car, {rejected} rejected")
    lines = [
        sentence.format(
            file=file, rows=numbers.count(report.read), new=numbers.count(report.new),
            merged=numbers.count(report.merged), parked=numbers.count(report.parked),
            rejected=numbers.count(report.rejected.total()),
        )
        for kind, file in names.items()
        if (report := imports.get(kind)) is not None
    ]  # fmt: skip
    return Text("\n".join(lines), style="dim")


def texts_page(texts: Mapping[str, str], titles: Mapping[str, str]) -> RenderableType:
    """One text of each campaign, as its reader saw it; `titles`: campaign id → its name, in the order shown."""
    shown = [
        Group(Text(title, style="dim"), Padding(Text(texts[campaign]), (0, 0, 0, 2)))
        for campaign, title in titles.items()
        if campaign in texts
    ]
    return _section(_("What customers read"), shown)


def period_line(ended: Ended) -> RenderableType:
    """Whom the report is about, and why not about all."""
    sentence = _(
        "The report tells of those who entered a campaign up to {day}: the days in which their coming counts are over, "
        "so there is a verdict."
    )
    if ended.reported_until == ended.last_day:
        sentence = _("The demo was short: the days in which customers' coming counts are not over, so it says interim.")
    return Text(sentence.format(day=numbers.day(ended.reported_until)), style="dim")


def books_page(ended: Ended, checks: Iterable[Check]) -> RenderableType:
    """The check of the books, one line each; what a person did in between stands there too."""
    approved = ended.shop.done.approved
    runs = ngettext(
        "The win-back needs a manager's approval: the demo approved {count} run, as a manager would.",
        "The win-back needs a manager's approval: the demo approved {count} runs, as a manager would.",
        approved,
    )
    lines = [_line(check.is_right, Text(_(check.sentence).format(**_counted(check)))) for check in checks]
    return _section(_("The books"), [*lines, Text(runs.format(count=numbers.count(approved)), style="dim")])


def _counted(check: Check) -> dict[str, str]:
    return {name: numbers.count(value) for name, value in check.fields.items()}


def truth_page(compared: Iterable[Compared]) -> RenderableType:
    """What was planted beside what was measured, campaign by campaign."""
    intro = _(
        "The customers' behaviour is known here, so the report can be held against the truth. "
        "A range misses it in 1 case of 20, and a wider one while interim more rarely."
    )
    return _section(_("The truth beside the report"), [Text(intro, style="dim"), *map(_truth, compared)])


def _truth(one: Compared) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=10)
    table.add_column(overflow="fold")
    table.add_row(_("Planted"), _planted(one))
    table.add_row(_("Measured"), _measured(one))
    return Group(Text(one.row.campaign.title, style="bold"), Padding(table, (0, 0, 0, 2)))


def _planted(one: Compared) -> Text:
    sentence = _("{points} points: {caused} of {came} who came did so because of the texts ({n} were to get them)")
    if one.row.campaign.success == "renewal":
        sentence = _(
            "{points} points: {caused} of {came} who renewed did so because of the texts ({n} were to get them)"
        )
    truth = one.truth
    return Text(
        sentence.format(
            points=_points(truth.points), caused=numbers.count(truth.caused), came=numbers.count(truth.came),
            n=numbers.count(truth.n),
        )
    )  # fmt: skip


def _measured(one: Compared) -> Text:
    if one.measured is None or one.interval is None:
        sentence = _("nothing: without a control group nobody can tell; {credited} are credited all the same")
        return Text(sentence.format(credited=numbers.count(one.row.credit.outcomes)), style="dim")
    figures = _("{points} points, plausible range {low} to {high}").format(
        points=_points(one.measured), low=_points(one.interval.low), high=_points(one.interval.high)
    )
    within = _("the truth lies within it") if one.is_within else _("the truth lies outside it")
    mark = RIGHT if one.is_within else WRONG
    parts = Text.assemble(figures, "  ", mark, " ", within)
    if one.row.lift.first.verdict != "distinguishable" and one.interval.low <= 0 <= one.interval.high:
        parts.append(_("; zero lies within it too: not distinguishable from zero"), style="yellow")
    return parts


def _points(share: float) -> str:
    return numbers.points(share) if share < 0 else f"+{numbers.points(share)}"


def next_page(ended: Ended, script: Script, program: str, *, names_console: bool = True) -> RenderableType:
    """Commands to go on with: the console, and what asks the demo's own installation."""
    at = f"--at {ended.now.isoformat(timespec='minutes')}"
    ten = f"--at {ended.now.replace(hour=10).isoformat(timespec='minutes')}"
    commands = []
    if names_console:
        where = "" if script.folder == Script().folder else f" --folder {quote(str(script.folder))}"
        told = _("the same shop in the web console: a link to open in a browser, until Ctrl-C")
        commands.append((f"{program} demo --console{where}", told))
    commands.append(
        (f". {quote(str(script.folder / ENVIRONMENT))}", _("the demo's database and settings, in this terminal"))
    )
    if ended.stopped_phone is not None:
        told = _("why somebody who said stop hears no more")
        commands.append((f"{program} explain {ended.stopped_phone} {at}", told))
    commands += [
        (f"{program} report {at}", _("the whole time; its last windows are still open, so it says interim")),
        (f"{program} plan --dry-run {ten}", _("what the next day would send")),
        (f"{program} schedules next {at}", _("what will run in the next days")),
        (f"{program} doctor {at}", _("is everything set up?")),
    ]
    lines = [
        Group(Text(words, style="dim"), Padding(Text(line, style="cyan"), (0, 0, 0, 2))) for line, words in commands
    ]
    return _section(_("What to try next"), lines)


def _line(is_right: bool, sentence: Text) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_row(RIGHT if is_right else WRONG, sentence)
    return table


def _section(title: str, parts: Iterable[RenderableType]) -> RenderableType:
    return Group(Text(), Rule(Text(title, style="bold"), align="left", style="dim"), *parts)
