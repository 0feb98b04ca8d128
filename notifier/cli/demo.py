"""`notifier demo`: two months of a made-up dealership on the simulator, its report and check, and its console."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.options import path, whole_number
from notifier.cli.terminal import remark, show, stdout
from notifier.locale import N_, _

if TYPE_CHECKING:
    from notifier.demo.ending import Ended
    from notifier.demo.play import Script
    from notifier.demo.shop import Done

__all__ = ["demo_command", "run_demo"]

NUMBERS = ("customers", "days", "seed")
"""The options that tell which story is played."""


def _port(text: str | int) -> int:
    found = whole_number(text)
    if not 0 < found < 65536:
        raise typer.BadParameter(_("{value} is no port; give a number from 1 to 65535.").format(value=text))
    return found


WithConsole = Annotated[
    bool, typer.Option("--console", help=N_("then open its web console on this machine, until Ctrl-C"))
]
Port = Annotated[
    int | None, typer.Option("--port", metavar="N", parser=_port, help=N_("of the console; left out: 8321"))
]
Folder = Annotated[
    Path, typer.Option("--folder", metavar="FOLDER", parser=path, help=N_("where its files and database go"))
]
Customers = Annotated[
    int, typer.Option("--customers", metavar="N", parser=whole_number, help=N_("how many customers the shop has"))
]
Days = Annotated[
    int, typer.Option("--days", metavar="N", parser=whole_number, help=N_("how many days it lives through"))
]
Seed = Annotated[
    int, typer.Option("--seed", metavar="N", parser=whole_number, help=N_("another number tells another story"))
]


def demo_command(
    ctx: typer.Context, *, console: WithConsole = False, port: Port = None, folder: Folder = Path("out/demo"),
    customers: Customers = 3_000, days: Days = 60, seed: Seed = 1,
) -> None:  # fmt: skip
    """A shop's two months in under a minute; exit 1 where its books do not add up.

    With --console the shop goes on afterwards, in a browser; a demo the folder holds already is not played again.
    """
    from notifier.cli.demo_console import open_console
    from notifier.demo.play import Script

    script = Script(folder, customers=customers, days=days, seed=seed)
    if not console:
        if port is not None:
            raise typer.BadParameter(_("--port is the console's; add --console."))
        raise typer.Exit(run_demo(script))
    given = [f"--{name}" for name in NUMBERS if getattr(ctx.get_parameter_source(name), "name", "") == "COMMANDLINE"]
    raise typer.Exit(open_console(script, port, given, play=partial(run_demo, names_console=False)))


def run_demo(script: Script, *, names_console: bool = True) -> int:
    """Play and show everything; 0 where every check of the books is right, else 1."""
    from notifier.demo import pages
    from notifier.demo.play import live_through, open_shop
    from notifier.engines.log import configure_logging

    configure_logging(level="error")  # that a number proves dead now and then is part of the play
    show(pages.opening_page(script))
    with _waiting():
        shop = open_shop(script)
    try:
        show(pages.files_page(shop.done.imports))
        with _progress(script.days) as watch:
            ended = live_through(shop, script, watch)
        return _show_ending(ended, script, names_console=names_console)
    finally:
        shop.house.close()


def _show_ending(ended: Ended, script: Script, *, names_console: bool) -> int:
    """What customers read, the report, the books, the truth, and what to try next."""
    from notifier.cli.report import report_of
    from notifier.demo import pages
    from notifier.reports.render_terminal import print_campaigns

    report = report_of(ended.shop.house, ended.now, None, ended.first_day, ended.reported_until)
    checks = ended.checks()
    show(pages.texts_page(ended.sample_texts(), {row.campaign.id: row.campaign.title for row in report.rows}), "")
    show(pages.period_line(ended), "")
    print_campaigns(stdout(), report)
    show(pages.books_page(ended, checks), pages.truth_page(ended.compare(report)))
    show(pages.next_page(ended, script, _program(), names_console=names_console))
    return 0 if all(check.is_right for check in checks) else 1


def _program() -> str:
    """How this program is called here, so that the next commands can be typed the same way."""
    called = sys.argv[0]
    return called if Path(called).name == "notifier" and called != shutil.which("notifier") else "notifier"


@contextmanager
def _waiting() -> Iterator[None]:
    """A sign of life on a terminal while the shop's past is made and imported."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(_("writing three years of records, and importing them")):
        yield


@contextmanager
def _progress(days: int) -> Iterator[Callable[[date, Done], None]]:
    """A bar with the simulated date on a terminal; elsewhere a line a week."""
    if not sys.stderr.isatty():
        yield _tell_weekly
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=days)

        def tell(day: date, done: Done) -> None:
            shown.update(task, description=_sentence(day, done), advance=1)

        yield tell


def _tell_weekly(day: date, done: Done) -> None:
    if day.weekday() == 6:
        remark(_sentence(day, done))


def _sentence(day: date, done: Done) -> str:
    return _("{day}: {texts} texts sent, {visits} visits, {renewals} renewals").format(
        day=day.isoformat(), texts=done.accepted, visits=done.visits, renewals=done.renewals
    )
