"""Files as tables: one header, then (line number, cells) for each row, in a stream.

Everything that reads a source gives a :class:`Table`; XLSX and SQL are further makers of the same.
A wrong file is refused with one sentence before anything is written.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from itertools import islice
from pathlib import Path
from typing import IO, Protocol

from notifier.dms.headers import count_known
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["CsvTable", "Row", "Table", "TableOfRows", "open_csv"]

Row = tuple[int, Sequence[str]]
"""The line a row begins on, and its cells: as many as the table has headers."""

LONGEST_LINE = 1_000_000
"""Characters. The widest export seen has 4,000; a file without line ends would fill the memory."""
HEADER_WITHIN = 20
_BLOCK = 1 << 20
_SEPARATORS = ",;\t"

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "XLSX/ZIP"),
    (b"\xd0\xcf\x11\xe0", "XLS"),
    (b"\x1f\x8b", "GZIP"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Table(Protocol):
    """A source of rows. Iterating again starts again at the top, with the same rows.

    `name` for people; `headers` as written; `fingerprint` = sha256 of the content, the same for the same content.
    """

    @property
    def name(self) -> str: ...

    @property
    def headers(self) -> Sequence[str]: ...

    @property
    def fingerprint(self) -> str: ...

    def __iter__(self) -> Iterator[Row]: ...


@dataclass(frozen=True)
class TableOfRows:
    """Rows that are already in memory: what a screen or a query hands over."""

    name: str
    headers: Sequence[str]
    cells: Sequence[Sequence[str]]

    @property
    def fingerprint(self) -> str:
        """sha256 of headers and cells."""
        return sha256(repr((list(self.headers), [list(row) for row in self.cells])).encode()).hexdigest()

    def __iter__(self) -> Iterator[Row]:
        for line, cells in enumerate(self.cells, start=2):
            yield line, cells


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

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.path.name

    def __iter__(self) -> Iterator[Row]:
        with _text(self.path, self.encoding) as stream:
            width = len(self.headers)
            rows = _numbered(stream, self.separator, self.path, width)
            for line, cells in islice(rows, self.skipped, None):
                if not any(cells) or all(not cell.strip() for cell in cells):
                    continue
                padded = cells if len(cells) >= width else cells + [""] * (width - len(cells))
                yield line, padded[:width]


def open_csv(path: Path, mapping: Mapping[str, str] | None = None) -> CsvTable:
    """Look at a CSV file and find its encoding (UTF-8, UTF-16, GB18030, Big5), separator and header row.

    `mapping` (field → header) helps to find the header row. Raises BadInput, one sentence, for what is no such file.
    """
    _raise_if_not_text(path)
    found = [(_find_header(path, encoding, mapping), encoding) for encoding in _encodings(path)]
    # Big5 mostly passes for GB18030, but its column names are then no words.
    (known, separator, skipped, headers), encoding = max(found, key=lambda each: each[0][0])
    if not known:
        raise BadInput(
            N_("The first rows of {path} hold no column name we know; put a header row such as {example} on top."),
            path=str(path),
            example="VIN, 手机, 姓名",
        )
    with path.open("rb") as stream:
        fingerprint = file_digest(stream, "sha256").hexdigest()
    return CsvTable(path, headers, fingerprint, encoding, separator, skipped)


def _raise_if_not_text(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            start = stream.read(_BLOCK)
    except OSError as error:
        raise BadInput(
            N_("The file {path} cannot be opened ({detail}); check its name and your rights to it."),
            path=str(path),
            detail=error.strerror or type(error).__name__,
        ) from error
    if not start.strip():
        raise BadInput(N_("The file {path} is empty; export it again."), path=str(path))
    kind = next((name for magic, name in _SIGNATURES if start.startswith(magic)), None)
    if kind is None and b"\0" in start and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        kind = "binary"
    if kind:
        raise BadInput(
            N_("The file {path} is not a CSV file but {kind}; in Excel choose Save as, CSV UTF-8, and import that."),
            path=str(path),
            kind=kind,
        )


def _encodings(path: Path) -> list[str]:
    """The encodings that read all of the bytes. UTF-8 is never accepted by chance, so it needs no rival."""
    with path.open("rb") as stream:
        start = stream.read(3)
    marked = next((name for bom, name in _BOMS if start.startswith(bom)), None)
    if _can_be_read_as(path, marked or "utf-8"):
        return [marked or "utf-8"]
    others = [name for name in ("gb18030", "big5") if marked is None and _can_be_read_as(path, name)]
    if not others:
        raise BadInput(
            N_(
                "The characters of {path} are neither UTF-8 nor GBK; in Excel choose Save as, CSV UTF-8, and import "
                "that."
            ),
            path=str(path),
        )
    return others


def _can_be_read_as(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _text(path: Path, encoding: str) -> IO[str]:
    return path.open(encoding=encoding, newline="")


def _find_header(path: Path, encoding: str, mapping: Mapping[str, str] | None) -> tuple[int, str, int, list[str]]:
    """The row among the first ones with the most known column names: how many, separator, its place, its cells."""
    best: tuple[int, str, int, list[str]] = (0, ",", 0, [])
    for separator in _SEPARATORS:
        with _text(path, encoding) as stream:
            for n, (_line, cells) in enumerate(islice(_numbered(stream, separator, path), HEADER_WITHIN), start=1):
                known = count_known(cells, mapping)
                if known > best[0]:
                    best = (known, separator, n, _unique([cell.strip() for cell in cells]))
    return best


def _unique(headers: list[str]) -> list[str]:
    """The second column of one name gets its position behind it, so that no cell hides another."""
    seen: set[str] = set()
    named = []
    for position, header in enumerate(headers, start=1):
        named.append(f"{header}#{position}" if header in seen else header)
        seen.add(header)
    return named


def _numbered(stream: IO[str], separator: str, path: Path, width: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each begins on. `width`: how many columns there are, once that is known."""
    taken: list[str] = []
    reader = csv.reader(_kept(_limited_lines(stream, path), taken), delimiter=separator)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadInput(
                N_("{path}, line {line}: the row cannot be read as CSV ({detail}); mend the quotes there."),
                path=str(path),
                line=line,
                detail=str(error),
            ) from error
        if width is not None and len(taken) > 1:
            _raise_if_a_quote_swallowed_rows(taken, separator, width, path=path, line=line)
        yield line, cells
        taken.clear()
        line = reader.line_num + 1


def _kept(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    """`lines`, each put into `taken` as it is read."""
    for text in lines:
        taken.append(text)
        yield text


def _raise_if_a_quote_swallowed_rows(lines: list[str], separator: str, width: int, *, path: Path, line: int) -> None:
    """A remark may run over several lines; a stray quotation mark takes whole rows with it, and they would be lost."""
    is_open = sum(text.count('"') for text in lines) % 2 == 1
    whole_rows = sum(text.count(separator) >= max(width - 1, 1) for text in lines[1:])
    if is_open or whole_rows > 1:
        raise BadInput(
            N_(
                "{path}, line {line}: a quotation mark is opened there and not closed, and {rows} lines would be lost "
                "in one cell; remove it or close it."
            ),
            path=str(path),
            line=line,
            rows=len(lines) - 1,
        )


def _limited_lines(stream: IO[str], path: Path) -> Iterable[str]:
    for n, text in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), ""), start=1):
        if len(text) > LONGEST_LINE:
            raise BadInput(
                N_(
                    "{path}, line {line} is longer than a million characters: this is not a table of rows; "
                    "export it again as CSV."
                ),
                path=str(path),
                line=n,
            )
        yield text
