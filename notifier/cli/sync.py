"""`notifier sync [KIND…]`: what has changed in the DMS's own database → the store, with the account of an import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.imports import (
    Rejects,
    raise_if_rejects_cannot_go,
    say_freshness,
    show_report,
    write_rejected,
)
from notifier.cli.opening import choose_shop, open_house
from notifier.cli.options import At, DryRun, Json, ShopKey, moment_or_now, one_of
from notifier.cli.terminal import Bar, progress, show, show_json
from notifier.locale import N_, _, listed
from notifier.locale.records import records_word

if TYPE_CHECKING:
    from notifier.jobs.sync import Synced
    from notifier.wiring import House

__all__ = ["sync_command"]

KINDS = ("customers", "visits", "renewals", "contacts")


def _kind(word: str) -> str:
    return one_of(word, KINDS)


Kinds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KIND…",
        parser=_kind,
        help=N_("customers, visits, renewals or contacts; left out: every kind with a query"),
    ),
]
Full = Annotated[
    bool, typer.Option("--full", help=N_("read everything, not only what has changed since the last time"))
]


def sync_command(
    kinds: Kinds = None,
    *,
    at: At = None,
    full: Full = False,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    shop: ShopKey = None,
    as_json: Json = False,
) -> None:
    """Each kind is shown when it is done; the first that fails ends the command."""
    from notifier.wiring import Dms

    chosen = kinds or []

    def watch(kind: str, total: int | None) -> AbstractContextManager[Bar]:
        words = _("Reading {records}") if total is None else _("Storing {records}")
        return progress(words.format(records=records_word(kind)), total, quiet=as_json)

    with open_house() as house:
        choose_shop(house, shop or house.settings.dms_shop)
        expected = chosen or KINDS
        for kind in expected:
            raise_if_rejects_cannot_go(rejects_of(rejects, kind, expected), [house.settings.dms_queries])
        documents: dict[str, Any] = {}
        now = moment_or_now(at)
        for synced in Dms(house).sync(now, kinds=chosen, full=full, dry_run=dry_run, watch=watch):
            out = rejects_of(rejects, synced.kind, expected)
            written = write_rejected(synced.table, synced.report, out)
            documents[synced.kind] = synced.document(dry_run=dry_run)
            if not as_json:
                _show(house, synced, out, written, dry_run=dry_run)
        if as_json:
            show_json(documents)


def rejects_of(rejects: Path | None, kind: str, kinds: Sequence[str]) -> Path | None:
    """Where the rejected rows of a kind go: ``bad.xlsx``, or ``bad-visits.xlsx`` where there are several kinds."""
    if rejects is None or len(set(kinds)) == 1:
        return rejects
    return rejects.with_name(f"{rejects.stem}-{kind}{rejects.suffix}")


def _show(house: House, synced: Synced, out: Path | None, written: int, *, dry_run: bool) -> None:
    from notifier.cli.import_report import remarks
    from notifier.dms.rejects import rejects_file

    # What an import says of columns nobody reads ends in the mend of a file; here it is another.
    report = replace(synced.report, mapped=replace(synced.report.mapped, unrecognised=()))
    file = rejects_file(out, len(report.rejects)) if out else None
    sentences = [*_of_the_query(synced), *remarks(report, file, written, dry_run=dry_run)]
    show_report(report, synced.table, iter(sentences), dry_run=dry_run)
    if not dry_run:
        say_freshness(house, *house.kept_shop(), synced.kind)
    show("")


NO_ROW = N_(
    "It gave no row. None was known here before, so the source is taken to be empty, and that counts as fresh; look "
    "whether it is the right query."
)
NO_ROW_ANY_MORE = N_(
    "It gave no row, though some are known here: a query that failed, or another database. That does not count as "
    "fresh; mend the query in dms.yaml, or look whether NOTIFIER_DMS_URL is right."
)


def _of_the_query(synced: Synced) -> Iterator[str]:
    if synced.whole:
        yield _("The query was read from its beginning.")
    else:
        yield _("Only what had changed since the last time was read.")
    if synced.whole and not synced.report.rows:
        yield _(NO_ROW if synced.report.is_news else NO_ROW_ANY_MORE)
    if names := synced.report.mapped.unrecognised:
        yield _("Columns nobody reads: {names}. Name one with AS, or under mapping, if it should be.").format(
            names=listed(names)
        )
