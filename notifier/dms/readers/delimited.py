"""CSV as a DMS or Excel writes it: encoding, separator and header row found out, then read as fast as csv reads."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from notifier.dms.readers.examining import OtherEncoding, examine, line_ends, raise_if_first_line_endless
from notifier.dms.readers.first_bytes import first_bytes, raise_if_not_text
from notifier.dms.readers.mixture import MixtureWatch, two_encodings
from notifier.dms.readers.table import Header, Row, best_header, is_blank, no_header
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["CsvTable", "open_csv"]

_SEPARATORS = ",;\t"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_COUNTED = 1 << 20


@dataclass(frozen=True)
class CsvTable:
    """A CSV file, its encoding, separator and header row found out."""

    path: Path
    headers: Sequence[str]
    fingerprint: str
    encoding: str
    separator: str
    skipped: int
    """Rows above and including the header row."""
    is_quoted: bool = True
    """Whether a row may run over several lines."""

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.path.name

    @property
    def most_rows(self) -> int:
        """Rows there can be at most: what a progress bar is measured by. Reads the file's bytes once."""
        with self.path.open("rb") as stream:
            ends = [(block.count(b"\n"), block.count(b"\r")) for block in iter(lambda: stream.read(_COUNTED), b"")]
        return max(map(sum, zip(*ends, strict=True)), default=0) + 1

    def __iter__(self) -> Iterator[Row]:
        return self._rows_over_lines() if self.is_quoted else self._rows_of_a_line()

    def _rows_of_a_line(self) -> Iterator[Row]:
        width = len(self.headers)
        with self._opened() as (reader, _again):
            try:
                for line, cells in islice(enumerate(reader, start=1), self.skipped, None):
                    if len(cells) == width and cells[0] and not cells[0].isspace():
                        yield line, cells
                    elif not is_blank(cells):
                        yield line, _fitted(cells, width)
            except csv.Error as error:
                raise _unreadable(self.path, reader.line_num, error) from error

    def _rows_over_lines(self) -> Iterator[Row]:
        width, above = len(self.headers), self.skipped
        with self._opened() as (reader, again):
            line = 1
            try:
                for cells in reader:
                    last = reader.line_num
                    if last > line:
                        self._raise_if_a_quote_swallowed_rows(again.between(line, last), line)
                    if above:
                        above -= 1
                    elif len(cells) == width and cells[0] and not cells[0].isspace():
                        yield line, cells
                    elif not is_blank(cells):
                        yield line, _fitted(cells, width)
                    line = last + 1
            except csv.Error as error:
                raise _unreadable(self.path, line, error) from error

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, _Lines]]:
        """A reader of the file, and the file's lines beside it."""
        with _text(self.path, self.encoding) as stream, _text(self.path, self.encoding) as again:
            try:
                yield csv.reader(stream, delimiter=self.separator), _Lines(again)
            except UnicodeDecodeError as error:
                raise BadInput(
                    N_("The file {path} was changed while it was read; import it again."), path=str(self.path)
                ) from error

    def _raise_if_a_quote_swallowed_rows(self, lines: list[str], line: int) -> None:
        """A remark may run over several lines; a stray quotation mark takes whole rows with it, they would be lost."""
        is_open = sum(text.count('"') for text in lines) % 2 == 1
        whole_rows = sum(text.count(self.separator) >= max(len(self.headers) - 1, 1) for text in lines[1:])
        if is_open or whole_rows > 1:
            raise BadInput(
                N_(
                    "{path}, line {line}: a quotation mark is opened there and not closed, and {rows} lines would be "
                    "lost in one cell; remove it or close it."
                ),
                path=str(self.path),
                line=line,
                rows=len(lines) - 1,
            )


class _Lines:
    """The lines of a file as they stand there, to look at a row that has several."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._passed = 0

    def between(self, first: int, last: int) -> list[str]:
        """Lines `first` to `last`, each asked for once, from the top down."""
        found = list(islice(self._stream, first - 1 - self._passed, last - self._passed))
        self._passed = last
        return found


def _fitted(cells: list[str], width: int) -> list[str]:
    """Short rows filled, long ones cut."""
    return (cells + [""] * (width - len(cells)))[:width]


class _Layout(NamedTuple):
    """How the first rows read in one encoding."""

    header: Header
    separator: str
    encoding: str


def open_csv(path: Path, mapping: Mapping[str, str] | None = None) -> CsvTable:
    """Look at a CSV file and find its encoding (UTF-8, UTF-16, GB18030, Big5), separator and header row.

    `mapping` (field → header) helps to find the header row. All of the file is read once, a block at a time. Raises
    BadInput, one sentence, for what is no such file.
    """
    start = first_bytes(path)
    raise_if_not_text(path, start)
    layouts = [_layout(text, encoding, mapping) for encoding, text in _readings(start)]
    if not layouts:
        raise _undecodable(path, _bad_line(start))
    if not any(layout.header.known for layout in layouts):
        raise_if_first_line_endless(path, layouts[0].encoding)
        if layouts[0].encoding == "gb18030" and MixtureWatch("gb18030").is_mixed(start):
            raise two_encodings(path, "gb18030")
        raise no_header(path)
    bad_lines = []
    # Big5 mostly passes for GB18030, but its column names are then no words.
    for header, separator, encoding in sorted(layouts, key=lambda layout: -layout.header.known):
        try:
            content = examine(path, encoding)
        except OtherEncoding as error:
            bad_lines.append(error.line)
            continue
        return CsvTable(path, header.cells, content.fingerprint, encoding, separator, header.place, content.is_quoted)
    raise _undecodable(path, max(bad_lines))


def _readings(start: bytes) -> Iterator[tuple[str, str]]:
    """The encodings that read the file's `start`, with what they read, likeliest first."""
    for encoding in _encodings(start):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
        yield encoding, text
        if encoding == "utf-8" and not text.isascii():
            return  # never by chance: what fails further down is damage, and must not be read as GBK


def _encodings(start: bytes) -> Sequence[str]:
    marked = next((name for bom, name in _BOMS if start.startswith(bom)), None)
    return [marked] if marked else ["utf-8", "gb18030", "big5"]


def _bad_line(start: bytes) -> int:
    """Of a `start` that no encoding reads: the line down to which the one that comes farthest reads it."""
    lines = []
    for encoding in _encodings(start):
        try:
            start.decode(encoding)
        except UnicodeDecodeError as error:
            lines.append((error.start, 1 + line_ends(start[: error.start].decode(encoding, "ignore"))))
    return max(lines)[1]


def _layout(text: str, encoding: str, mapping: Mapping[str, str] | None) -> _Layout:
    """The separator that makes the most column names of the first rows."""
    found = [_Layout(best_header(_first_rows(text, each), mapping), each, encoding) for each in _SEPARATORS]
    return max(found, key=lambda layout: layout.header.known)


def _first_rows(text: str, separator: str) -> Iterable[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        try:
            yield next(reader)
        except (StopIteration, csv.Error):  # a stray quotation mark above: said with its line when rows are read
            return


def _text(path: Path, encoding: str) -> IO[str]:
    return path.open(encoding=encoding, newline="")


def _unreadable(path: Path, line: int, error: csv.Error) -> BadInput:
    return BadInput(
        N_("{path}, line {line}: the row cannot be read as CSV ({detail}); mend the quotes there."),
        path=str(path),
        line=line,
        detail=str(error),
    )


def _undecodable(path: Path, line: int) -> BadInput:
    return BadInput(
        N_(
            "The characters of {path} are neither UTF-8 nor GBK (line {line}); in Excel choose Save as, CSV UTF-8, "
            "and import that."
        ),
        path=str(path),
        line=line,
    )
