"""What people see: the answer on stdout, progress and remarks on stderr, readable at 80 columns."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from notifier.locale.wrapping import wrapped

__all__ = ["Bar", "progress", "remark", "say", "section", "shortened", "show", "show_json", "stdout"]


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


def section(title: str, width: int) -> RenderableType:
    """A line with its title, after an empty one."""
    return Group(Text(), Text.assemble((title, "bold"), (f" {'─' * (width - cell_len(title) - 1)}", "dim")))


def shortened(text: str, width: int) -> str:
    """`text` in one line of at most `width` cells, with two dots where something was cut off.

    An ellipsis is two cells wide on some Chinese terminals.
    """
    plain = " ".join(text.split())
    return plain if cell_len(plain) <= width else set_cell_size(plain, width - 2).rstrip() + ".."


class Bar:
    """How far a command is: called with how much is done. Says nothing where nobody watches."""

    def __init__(self, shown: Progress | None, label: str = "", total: int | None = None) -> None:
        self._shown = shown
        self._task = shown.add_task(label, total=total) if shown else TaskID(0)

    def __call__(self, done: int) -> None:
        if self._shown:
            self._shown.update(self._task, completed=done)

    def begin(self, label: str, total: int | None) -> None:
        """The next part of the work, measured anew; `total` None where nobody knows how much it is."""
        if self._shown:
            self._shown.remove_task(self._task)
            self._task = self._shown.add_task(label, total=total)


@contextmanager
def progress(label: str, total: int | None, *, quiet: bool) -> Iterator[Bar]:
    """A bar on stderr where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield Bar(None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        yield Bar(shown, label, total)
