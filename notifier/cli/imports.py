"""`notifier import customers|visits|renewals FILE`: a table of the DMS into the store, with an honest account."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.opening import kept_shop, open_house
from notifier.cli.options import At, DryRun, Json, moment_or_now, path
from notifier.cli.terminal import progress, say, show, show_json, table
from notifier.cli.titles import import_word
from notifier.errors import BadInput
from notifier.locale import N_, _

if TYPE_CHECKING:
    from notifier.dms.report import ImportReport

__all__ = ["customers_command", "renewals_command", "visits_command"]

BLOCK = 1 << 20

File = Annotated[Path, typer.Argument(metavar="FILE", parser=path, help=N_("a CSV file as the DMS exports it"))]
Mapped = Annotated[
    Path | None,
    typer.Option(
        "--mapping", metavar="M.yaml", parser=path, help=N_("which column is which, one line a field, as vin: 车架号")
    ),
]
Rejects = Annotated[
    Path | None,
    typer.Option("--rejects", metavar="OUT", parser=path, help=N_("write the rejected rows here, with the reason")),
]
Consent = Annotated[
    str | None,
    typer.Option("--consent", metavar="SOURCE", help=N_("these people agreed to marketing, by this source")),
]


def customers_command(
    file: File,
    *,
    at: At = None,
    mapping: Mapped = None,
    consent: Consent = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    as_json: Json = False,
) -> None:
    """One row a vehicle with its owner."""
    if consent is not None and not consent.strip():
        raise BadInput(N_("--consent needs a source, such as “contract 2026”: where these people agreed."))
    _import("customers", file, at, mapping, consent=consent, dry_run=dry_run, rejects=rejects, as_json=as_json)


def visits_command(
    file: File,
    *,
    at: At = None,
    mapping: Mapped = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    as_json: Json = False,
) -> None:
    """One row a repair order."""
    _import("visits", file, at, mapping, dry_run=dry_run, rejects=rejects, as_json=as_json)


def renewals_command(
    file: File,
    *,
    at: At = None,
    mapping: Mapped = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    as_json: Json = False,
) -> None:
    """One row a policy."""
    _import("renewals", file, at, mapping, dry_run=dry_run, rejects=rejects, as_json=as_json)


def _import(
    kind: str,
    file: Path,
    at: datetime | None,
    mapping: Path | None,
    *,
    dry_run: bool,
    rejects: Path | None,
    as_json: bool,
    consent: str | None = None,
) -> None:
    from notifier.dms.headers import read_mapping
    from notifier.dms.imports import import_table
    from notifier.dms.readers import open_csv
    from notifier.dms.settings import ImportSettings

    columns = read_mapping(mapping) if mapping else {}
    source = open_csv(file, columns)
    _raise_if_rejects_cannot_go(rejects, [file, *([mapping] if mapping else [])])
    with open_house() as house, progress(import_word(kind), _lines(file), quiet=as_json) as shown:
        shop_id, shop = kept_shop(house)
        settings = ImportSettings(
            now=moment_or_now(at), secret=house.secret, region=shop.region, zone=shop.zone,
            consent_source=consent, mapping=columns, progress=shown,
        )  # fmt: skip
        report = import_table(kind, house.store, shop_id, source, settings, dry_run=dry_run)
    written = _write_rejects(source, report, rejects)
    if as_json:
        show_json(report.as_json())
    else:
        _show(report, rejects, written, dry_run=dry_run)


def _raise_if_rejects_cannot_go(rejects: Path | None, read: list[Path]) -> None:
    """Before anything is imported: afterwards the reasons would be lost."""
    if rejects is None:
        return
    if any(rejects.exists() and rejects.samefile(file) for file in read):
        raise BadInput(
            N_("--rejects {file} is a file this import reads, and would overwrite it; name another one."),
            file=str(rejects),
        )
    if rejects.is_dir() or not rejects.parent.is_dir() or not os.access(rejects.parent, os.W_OK):
        raise BadInput(
            N_("--rejects {file} cannot be written; name a file in a folder that is there and may be written to."),
            file=str(rejects),
        )


def _lines(file: Path) -> int:
    """Rows there can be at most: what a progress bar is measured by."""
    with file.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(BLOCK), b""))


def _write_rejects(source: object, report: ImportReport, rejects: Path | None) -> int:
    from notifier.dms.report import write_rejects

    if rejects is None:
        return 0
    try:
        return write_rejects(source, report, rejects)  # type: ignore[arg-type]  # any table of rows
    except OSError as error:
        raise BadInput(
            N_("The rejected rows cannot be written to {file} ({detail}); the import itself is done."),
            file=str(rejects),
            detail=error.strerror or type(error).__name__,
        ) from error


def _show(report: ImportReport, rejects: Path | None, written: int, *, dry_run: bool) -> None:
    figures = {
        _("Read"): report.read, _("New"): report.new, _("Changed"): report.changed, _("Unchanged"): report.unchanged,
        _("Merged"): report.merged, _("Parked"): report.parked, _("Rejected"): report.rejected.total(),
    }  # fmt: skip
    counts = table(*figures, right=tuple(range(len(figures))))
    counts.add_row(*map(str, figures.values()))
    show(counts)
    details = list(_details(_("rejected"), report.rejected)) + list(_details(_("doubted, kept"), report.warned))
    if details:
        listed = table("", "", right=(1,))
        for row in details:
            listed.add_row(*row)
        show("", listed)
    for remark_ in _remarks(report, rejects, written, dry_run=dry_run):
        say(remark_)


def _details(label: str, counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    from notifier.jobs.reasons import import_words

    for reason, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{label}: {import_words(reason)}", str(number)


def _remarks(report: ImportReport, rejects: Path | None, written: int, *, dry_run: bool) -> Iterator[str]:
    if report.mapped.unrecognised:
        names = ", ".join(report.mapped.unrecognised)
        yield _("Columns nobody reads: {names}. Name one in a mapping file (--mapping) if it should be.").format(
            names=names
        )
    if report.parked:
        yield _("Parked rows wait for their car: they are taken up when its customer is imported.")
    if report.released:
        yield _("{number} rows that waited for a car of this file were taken up.").format(number=report.released)
    if rejects is not None:
        yield _("{number} rejected rows are in {file}: mend them there and import that file.").format(
            number=written, file=rejects
        )
    elif report.rejected:
        yield _("--rejects OUT writes the rejected rows with their reason, ready to be mended.")
    if dry_run:
        yield _("This was a dry run: nothing was kept.")
