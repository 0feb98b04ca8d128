"""`notifier import customers|visits|renewals|contacts FILE`: a table into the store, with an honest account."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.import_progress import import_progress
from notifier.cli.opening import choose_shop, open_house
from notifier.cli.options import At, DryRun, Json, ShopKey, moment_or_now, path
from notifier.cli.terminal import say, show, show_json, stdout
from notifier.errors import BadInput
from notifier.locale import N_, _
from notifier.locale.system import system_words

if TYPE_CHECKING:
    from notifier.dms.readers import Table
    from notifier.dms.report import ImportReport
    from notifier.schedules import ShopSettings
    from notifier.wiring import House

__all__ = [
    "Rejects", "contacts_command", "customers_command", "raise_if_rejects_cannot_go", "renewals_command",
    "say_freshness", "show_report", "visits_command", "write_rejected",
]  # fmt: skip

File = Annotated[
    Path, typer.Argument(metavar="FILE", parser=path, help=N_("a CSV or Excel file, as the DMS exports it"))
]
Mapped = Annotated[
    Path | None,
    typer.Option(
        "--mapping", metavar="M.yaml", parser=path, help=N_("which column is which, one line a field, as vin: 车架号")
    ),
]
Rejects = Annotated[
    Path | None,
    typer.Option(
        "--rejects",
        metavar="OUT",
        parser=path,
        help=N_("write the rejected rows here, with the reason; a workbook, or CSV where it ends in .csv"),
    ),
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
    shop: ShopKey = None,
    as_json: Json = False,
) -> None:
    """One row a vehicle with its owner."""
    if consent is not None and not consent.strip():
        raise BadInput(N_("--consent needs a source, such as “contract 2026”: where these people agreed."))
    _import(
        "customers", file, at, mapping, consent=consent, dry_run=dry_run, rejects=rejects, shop=shop, as_json=as_json
    )


def visits_command(
    file: File,
    *,
    at: At = None,
    mapping: Mapped = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    shop: ShopKey = None,
    as_json: Json = False,
) -> None:
    """One row a repair order."""
    _import("visits", file, at, mapping, dry_run=dry_run, rejects=rejects, shop=shop, as_json=as_json)


def renewals_command(
    file: File,
    *,
    at: At = None,
    mapping: Mapped = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    shop: ShopKey = None,
    as_json: Json = False,
) -> None:
    """One row a policy."""
    _import("renewals", file, at, mapping, dry_run=dry_run, rejects=rejects, shop=shop, as_json=as_json)


def contacts_command(
    file: File,
    *,
    at: At = None,
    mapping: Mapped = None,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    shop: ShopKey = None,
    as_json: Json = False,
) -> None:
    """The worklist as staff filled it in, or any list of calls: one row a call."""
    _import("contacts", file, at, mapping, dry_run=dry_run, rejects=rejects, shop=shop, as_json=as_json)


def _import(
    kind: str,
    file: Path,
    at: datetime | None,
    mapping: Path | None,
    *,
    dry_run: bool,
    rejects: Path | None,
    shop: str | None,
    as_json: bool,
    consent: str | None = None,
) -> None:
    from notifier.cli.import_report import remarks
    from notifier.dms.headers import read_mapping
    from notifier.dms.imports import import_table
    from notifier.dms.readers import open_table
    from notifier.dms.rejects import is_mended, rejects_file
    from notifier.dms.settings import ImportSettings

    columns = read_mapping(mapping) if mapping else {}
    source, written_at = open_table(file, columns), _written_at(file)
    raise_if_rejects_cannot_go(rejects, [file, *([mapping] if mapping else [])])
    with open_house() as house:
        choose_shop(house, shop)
        shop_id, here = house.kept_shop()
        now = moment_or_now(at)
        as_of = None if at else min(now, written_at)
        with import_progress(kind, source, quiet=as_json) as (reading, storing):
            settings = ImportSettings(
                now=now, as_of=as_of, secret=house.secret, region=here.region, zone=here.zone,
                consent_source=consent, mapping=columns, reading=reading, progress=storing,
                contact_hold_days=house.schedules.of_shop(here.key).guards.contact_hold_days,
            )  # fmt: skip
            report = import_table(kind, house.store, shop_id, source, settings, dry_run=dry_run)
        written = write_rejected(source, report, rejects)
        if as_json:
            show_json(report.as_rehearsed() if dry_run else report.as_json())
            return
        out = rejects_file(rejects, len(report.rejects)) if rejects else None
        again = _same_again(consent, mapping, shop) if written else ()
        sentences = chain(remarks(report, out, written, dry_run=dry_run), again)
        show_report(report, source, sentences, dry_run=dry_run)
        if not dry_run:
            if is_mended(source):
                say(_("These are rows rejected before: the records are as fresh as they were."))
            say_freshness(house, shop_id, here, kind, written_at=None if at or is_mended(source) else written_at)


def _written_at(file: Path) -> datetime:
    """When the file was written: what has happened since, it cannot tell."""
    return datetime.fromtimestamp(file.stat().st_mtime_ns / 1e9, UTC)


def _same_again(consent: str | None, mapping: Path | None, shop: str | None) -> Iterator[str]:
    """What the mended file must be imported with, to be taken as this one was."""
    given = {"--consent": consent, "--mapping": str(mapping) if mapping else None, "--shop": shop}
    options = " ".join(f"{option} {shlex.quote(value)}" for option, value in given.items() if value)
    if options:
        yield _("Import the mended file with the same options: {options}").format(options=options)


def raise_if_rejects_cannot_go(rejects: Path | None, read: list[Path]) -> None:
    """Before anything is imported: afterwards the reasons would be lost."""
    from notifier.dms.rejects import rejects_file
    from notifier.spreadsheets import SHEET_ROWS

    if rejects is None:
        return
    for out in dict.fromkeys((rejects_file(rejects), rejects_file(rejects, SHEET_ROWS + 1))):  # a book first
        if any(out.exists() and out.samefile(file) for file in read):
            raise BadInput(
                N_("--rejects {file} is a file this import reads, and would overwrite it; name another one."),
                file=str(out),
            )
        if out.is_dir() or not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
            raise BadInput(
                N_("--rejects {file} cannot be written; name a file in a folder that is there and may be written to."),
                file=str(out),
            )


def write_rejected(source: Table, report: ImportReport, rejects: Path | None) -> int:
    """Write the rejected rows where they were asked for; returns how many."""
    from notifier.dms.rejects import write_rejects
    from notifier.jobs.reasons import rejected_note

    if rejects is None:
        return 0
    try:
        return write_rejects(source, report.rejects, rejects, rejected_note)
    except OSError as error:
        raise BadInput(
            N_("The rejected rows cannot be written to {file} ({detail}); the import itself is done."),
            file=str(rejects),
            detail=system_words(error),
        ) from error


def show_report(report: ImportReport, source: Table, sentences: Iterator[str], *, dry_run: bool) -> None:
    """The account of an import, then `sentences`; of a dry run also how the file was understood."""
    from notifier.cli.dry_run import understanding
    from notifier.cli.import_report import account
    from notifier.dms.rejects import mended

    if dry_run:
        show(*understanding(report, mended(source), stdout().width), "")
    show(*account(report, source.name), "")
    say(*sentences)


WRITTEN: Mapping[str, str] = {
    "customers": N_("Customers are known up to {at}, when this file was written."),
    "visits": N_("Visits are known up to {at}, when this file was written."),
    "renewals": N_("Renewals are known up to {at}, when this file was written."),
    "contacts": N_("Contacts are known up to {at}, when this file was written."),
}


def say_freshness(
    house: House, shop_id: int, shop: ShopSettings, kind: str, *, written_at: datetime | None = None
) -> None:
    """Up to when the shop's records of a kind are known now; `written_at`: when the file imported was written."""
    from notifier.cli.import_report import freshness_sentence
    from notifier.store.imports import freshness

    with house.store.read() as session:
        known_to = freshness(session, shop_id).get(kind)
    if known_to is None:
        return
    if known_to == written_at:
        say(_(WRITTEN[kind]).format(at=f"{known_to.astimezone(shop.zone):%Y-%m-%d %H:%M}"))
    else:
        say(freshness_sentence(kind, known_to, shop.zone))
