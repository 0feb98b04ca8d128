"""What is laid beside a file of the watched folder: its report for people and for programs, or why it was refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from notifier.dms.readers import Table
from notifier.dms.rejects import rejects_file, write_rejects
from notifier.dms.report import ImportReport
from notifier.jobs.reasons import doubted_advice, import_words, rejected_advice, rejected_note
from notifier.locale import _, listed
from notifier.locale.records import records_word
from notifier.spreadsheets import whole_file

__all__ = ["Import", "write_report", "write_why"]


@dataclass(frozen=True, slots=True)
class Import:
    """A file that was imported. `at`: business time; `as_of`: its records are as fresh as that, None where it was of
    rows rejected before, which tell nothing of how fresh the others are."""

    file: str
    at: datetime
    as_of: datetime | None
    report: ImportReport

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints of an import, with the file's name, its kind and the two moments."""
        report = self.report
        as_of = self.as_of.isoformat() if self.as_of else None
        return {"file": self.file, "kind": report.kind, "at": self.at.isoformat(), "as_of": as_of} | report.as_json()


def write_report(target: Path, table: Table, done: Import, zone: ZoneInfo) -> None:
    """Beside `target`: .report.txt in the current language, .report.json, and the rejected rows where there are any."""
    report = done.report
    rejects = None
    if report.rejected:
        rejects = rejects_file(target.with_name(f"{target.name}.rejects.xlsx"), report.rejected.total())
        write_rejects(table, report.rejects, rejects, rejected_note)
    document = done.document() | {"rejects": rejects.name if rejects else None}
    _write(target, "report.json", json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    _write(target, "report.txt", "\n".join(_lines(done, zone, rejects)) + "\n")


def write_why(target: Path, sentence: str) -> None:
    """Beside `target`: .why.txt with the sentence."""
    _write(target, "why.txt", f"{sentence}\n")


def _write(target: Path, ending: str, text: str, encoding: str = "utf-8-sig") -> None:
    """Texts for people with a byte-order mark and the line ends of Windows: any editor there shows them right."""
    newline = "\r\n" if encoding == "utf-8-sig" else None
    with whole_file(target.with_name(f"{target.name}.{ending}")) as partial:
        partial.write_text(text, encoding=encoding, newline=newline)


def _lines(done: Import, zone: ZoneInfo, rejects: Path | None) -> Iterator[str]:
    report = done.report
    yield f"{done.file} · {records_word(report.kind)}"
    yield _how_fresh(done, zone)
    yield ""
    figures = {
        _("Read"): report.read, _("New"): report.new, _("Changed"): report.changed, _("Unchanged"): report.unchanged,
        _("Merged"): report.merged, _("Parked"): report.parked, _("Rejected"): report.rejected.total(),
    }  # fmt: skip
    yield " · ".join(f"{word} {number:,}" for word, number in figures.items())
    yield from _reasons(_("Rejected"), report.rejected, rejected_advice)
    yield from _reasons(_("Doubted, kept"), report.warned, doubted_advice)
    yield from _remarks(report, rejects)


def _how_fresh(done: Import, zone: ZoneInfo) -> str:
    at, as_of = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else "" for moment in (done.at, done.as_of))
    if not as_of:
        return _("Imported {at}; these are rows rejected before, so the records are as fresh as they were.").format(
            at=at
        )
    return _("Imported {at}; its records are as fresh as {as_of}.").format(at=at, as_of=as_of)


def _reasons(title: str, counts: Mapping[str, int], advice: Callable[[str], str]) -> Iterator[str]:
    if counts:
        yield ""
        yield title
    for reason, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        hint = advice(reason)
        yield f"  {number:,}  {import_words(reason)}" + (f" – {hint}" if hint else "")


def _remarks(report: ImportReport, rejects: Path | None) -> Iterator[str]:
    said = []
    if report.mapped.unrecognised:
        said.append(
            _("Columns nobody reads: {names}. Name one in mapping.yaml in the folder if it should be.").format(
                names=listed(report.mapped.unrecognised)
            )
        )
    if report.parked:
        said.append(_("Parked rows wait for their car: they are taken up when its customer is imported."))
    if report.released:
        said.append(_("{number} rows that waited for a car of this file were taken up.").format(number=report.released))
    if rejects is not None:
        said.append(
            _("The rejected rows are in {file}: mend them there and put that file into the folder.").format(
                file=rejects.name
            )
        )
    yield from ("", *said) if said else ()
