"""XLSX, XLS and ODS: read once by a process of their own, then as rows from a file nobody else sees.

The library that reads workbooks holds a sheet whole, panics at some damaged XLS files and takes whatever memory a
broken one asks for. A process with a limit keeps that away from the import, and gives the memory back.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from threading import Lock
from typing import IO, Any

from notifier.dms.readers.first_bytes import first_bytes
from notifier.dms.readers.table import Row
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["SheetTable", "open_sheet"]

SECONDS = 60
"""A sheet at the limit takes eight on a slow computer."""
_READER = "from notifier.dms.readers.workbook import main; main()"
_BUFFER = 1 << 16


@dataclass(frozen=True)
class SheetTable:
    """A sheet of a workbook as text. Its rows lie in a temporary file that ends with the table."""

    path: Path
    headers: Sequence[str]
    fingerprint: str
    sheet: str
    most_rows: int
    """Rows there can be at most: what a progress bar is measured by."""
    spool: IO[bytes] = field(repr=False, compare=False)
    begin: int = field(repr=False, compare=False)
    """Where in `spool` the rows begin."""
    lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.path.name

    def __iter__(self) -> Iterator[Row]:
        width = len(self.headers)
        view = io.BufferedReader(_View(self.spool, self.begin, self.lock), _BUFFER)
        with io.TextIOWrapper(view, encoding="utf-8", newline="") as stream:
            for row, *cells in csv.reader(stream):
                yield int(row), cells if len(cells) == width else cells + [""] * (width - len(cells))


class _View(io.RawIOBase):
    """A file read from a place of one's own, so that two may read it at once."""

    def __init__(self, file: IO[bytes], at: int, lock: Lock) -> None:
        self._file = file
        self._at = at
        self._lock = lock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with self._lock:
            self._file.seek(self._at)
            block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)


def open_sheet(path: Path, mapping: Mapping[str, str] | None = None) -> SheetTable:
    """Read the first sheet of a workbook that has a header row.

    `mapping` (field → header) helps to find the header row. Raises BadInput, one sentence, for what is no such file.
    """
    first_bytes(path)
    with path.open("rb") as stream:
        fingerprint = file_digest(stream, "sha256").hexdigest()
    with ExitStack() as until_it_is_a_table:
        spool = until_it_is_a_table.enter_context(tempfile.TemporaryFile())
        _run_reader(path, mapping or {}, spool)
        spool.seek(0)
        found = json.loads(spool.readline())
        if "refused" in found:
            raise BadInput(found["refused"], **found["fields"])
        table = SheetTable(path, found["headers"], fingerprint, found["sheet"], found["rows"], spool, spool.tell())
        until_it_is_a_table.pop_all()
    weakref.finalize(table, spool.close)
    return table


def _run_reader(path: Path, mapping: Mapping[str, str], spool: IO[bytes]) -> None:
    command = [sys.executable, "-W", "ignore", "-c", _READER, str(path), json.dumps(dict(mapping))]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "RUST_BACKTRACE": "0"}
    try:
        done = subprocess.run(  # noqa: S603 (this Python, our own module; the path is an argument, no shell)
            command,
            stdin=subprocess.DEVNULL,
            stdout=spool,
            stderr=subprocess.PIPE,
            env=env,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BadInput(
            N_("The file {path} takes too long to read; in Excel choose Save as, CSV UTF-8, and import that."),
            path=str(path),
        ) from error
    if done.returncode:
        raise _broken_off(path, done.returncode) from RuntimeError(done.stderr.decode(errors="replace")[-2000:])


def _broken_off(path: Path, code: int) -> BadInput:
    """Out of memory the library aborts; at a damaged file it panics, which ends Python as an exception does: 1."""
    if code != 1:
        return BadInput(
            N_(
                "The file {path} asks for too much memory: a cell stands far away from the table, or the file is "
                "damaged. In Excel choose Save as, CSV UTF-8, and import that."
            ),
            path=str(path),
        )
    return BadInput(
        N_("The file {path} is damaged; open it in Excel, choose Save as, CSV UTF-8, and import that."), path=str(path)
    )
