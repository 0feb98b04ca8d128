"""What people see: the answer on stdout, progress and remarks on stderr, readable at 80 columns."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from notifier.cli.wrapping import wrapped

__all__ = ["progress", "remark", "say", "show", "show_json", "stdout", "table"]


def stdout() -> Console:
    """The console of the answer. Nothing in a text is taken for markup."""
    return Console(markup=False, highlight=False, emoji=False)


def show(*parts: Any) -> None:
    """Print tables and texts."""
    console = stdout()
    for part in parts:
        console.print(part)


def say(*sentences: str, mark: str = "") -> None:
    """Print sentences behind `mark`: broken between words on a terminal, one a line into a file or a pipe."""
    console = stdout()
    for sentence in sentences:
        lines = [mark + sentence]
        if console.is_terminal:
            lines = list(wrapped(sentence, console.width, mark, " " * cell_len(mark)))
        for line in lines:
            print(line)


def show_json(document: Any) -> None:
    """One JSON document."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def remark(sentence: str) -> None:
    """Something beside the answer: on stderr, so that stdout stays the answer."""
    print(sentence, file=sys.stderr)


def table(*headings: str, right: tuple[int, ...] = ()) -> Table:
    """An empty table; columns in `right` (from 0) hold figures."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(headings))
    for index, heading in enumerate(headings):
        if index in right:
            made.add_column(heading, justify="right", no_wrap=True)
        else:
            made.add_column(heading, overflow="fold")
    return made


@contextmanager
def progress(label: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where that is a terminal; gives the function that takes how much is done."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(label, total=total)
        yield lambda done: shown.update(task, completed=done)
