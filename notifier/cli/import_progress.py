"""How far an import is: rows are read and cleaned first, then stored."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from notifier.cli.terminal import progress
from notifier.locale import _
from notifier.locale.records import records_word

if TYPE_CHECKING:
    from notifier.dms.readers import Table

__all__ = ["import_progress"]

Told = Callable[[int], None]


@contextmanager
def import_progress(kind: str, source: Table, *, quiet: bool) -> Iterator[tuple[Told, Told]]:
    """A bar on a terminal; gives what to call with the rows read, and then with the rows stored.

    It is measured by the table's `most_rows`, where it has that; counting them may take a moment.
    """
    label = _("Reading {records}").format(records=records_word(kind))
    total = getattr(source, "most_rows", None) if sys.stderr.isatty() and not quiet else None
    with progress(label, total, quiet=quiet) as bar:
        read = 0
        stores = False

        def reading(done: int) -> None:
            nonlocal read
            read = done
            bar(done)

        def storing(done: int) -> None:
            nonlocal stores
            if not stores:
                stores = True
                bar.begin(_("Storing {records}").format(records=records_word(kind)), read)
            bar(done)

        yield reading, storing
