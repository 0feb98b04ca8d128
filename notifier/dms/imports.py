"""The way in: a table of customers, visits, renewals or calls → the store, with an honest account.

Idempotent, in short transactions, the same whatever the order of the rows. A killed import stays marked as unfinished,
planning does not use its kind, and the next import of the same content completes to the same end.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from notifier.dms.columns import KINDS
from notifier.dms.contacts import import_calls
from notifier.dms.customers import import_people
from notifier.dms.headers import map_headers
from notifier.dms.job import ImportJob
from notifier.dms.policies import import_policies
from notifier.dms.readers import Table
from notifier.dms.rejects import is_mended, mended
from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.dms.visits import import_orders
from notifier.errors import BROKEN_OFF, BadInput, ImportBrokenOff, NotifierError
from notifier.locale import N_, WhenShown, listed
from notifier.store.engine import Store
from notifier.store.imports import begin_import, finish_import, is_known_any, latest_import, refuse_import
from notifier.store.rehearsal import rehearsal
from notifier.store.shops import import_lock
from notifier.store.trouble import is_database_trouble

__all__ = ["import_contacts", "import_customers", "import_renewals", "import_table", "import_visits"]

_STEPS: dict[str, Callable[[ImportJob, Table], None]] = {
    "customers": import_people,
    "visits": import_orders,
    "renewals": import_policies,
    "contacts": import_calls,
}


def import_table(
    kind: str,
    store: Store,
    shop_id: int,
    table: Table,
    settings: ImportSettings,
    *,
    dry_run: bool = False,
    is_part: bool = False,
    is_all: bool = False,
) -> ImportReport:
    """Import one table of `kind` (customers, visits, renewals, contacts) into a shop.

    With `dry_run` nothing is kept and the report says what would have been done. `is_part`: only what has changed of a
    source read before; it is news even without rows, or with none but bad ones. `is_all`: all there is in its source;
    without a row it contradicts whatever is known here, and is no news then. `is_news` of the report says it. Raises
    BadInput where the kind or the columns do not fit, before anything is written, and Refused while another import of
    the shop is running.
    """
    if kind not in KINDS:
        raise BadInput(
            N_("There is no import of {kind}; import {kinds}."),
            kind=repr(kind),
            kinds=WhenShown(lambda: listed(KINDS)),
        )
    table = mended(table)
    mapped = map_headers(table.headers, KINDS[kind], settings.mapping)
    if not is_part:
        _raise_if_nobody_is_left(kind, table)
    report = ImportReport(kind, mapped)
    if dry_run:
        with rehearsal(store) as stage:
            _run(stage, shop_id, table, settings, report, is_part=is_part, is_all=is_all)
    else:
        with import_lock(store, shop_id):
            _run(store, shop_id, table, settings, report, is_part=is_part, is_all=is_all)
    return report


def _raise_if_nobody_is_left(kind: str, table: Table) -> None:
    """A day may pass without visits; a shop without customers is an export that failed, and must not count as fresh."""
    if kind == "customers" and next(iter(table), None) is None:
        raise BadInput(N_("{path} holds no rows below its column names; export it again."), path=table.name)


def _run(
    store: Store,
    shop_id: int,
    table: Table,
    settings: ImportSettings,
    report: ImportReport,
    *,
    is_part: bool,
    is_all: bool,
) -> None:
    with store.write() as session:
        latest = latest_import(session)
        import_id = begin_import(
            session, shop_id, report.kind, source=table.name, fingerprint=table.fingerprint, at=settings.now,
        )  # fmt: skip
    try:
        with _seldom_collecting():
            _STEPS[report.kind](ImportJob(store, shop_id, import_id, settings, report), table)
    except BadInput:  # of the table: each step reads it to its end before it stores a row
        with store.write() as session:
            refuse_import(session, import_id, latest)
        raise
    except Exception as error:
        if store.is_rehearsal or isinstance(error, NotifierError) or is_database_trouble(error):
            raise
        raise ImportBrokenOff(BROKEN_OFF, source=table.name, detail=type(error).__name__) from error
    with store.write() as session:
        is_contradicted = is_all and not report.rows and is_known_any(session, shop_id, report.kind)
        report.is_news = is_part or (_is_news(report) and not is_contradicted)
        finish_import(
            session,
            import_id,
            report.as_json(),
            known_to=settings.as_of,
            is_news=report.is_news,
            is_rest=is_mended(table),
        )


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Rows are tuples of text and hold no cycles: to look for some every 700 costs a quarter of reading."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _is_news(report: ImportReport) -> bool:
    """A file without rows says that nothing happened; one whose every row was rejected says nothing.

    A total under the table is no row of it; without any other, a file of customers is an export that failed.
    """
    totals = report.rejected["total_row"]
    rejected = report.rejected.total() - totals
    return rejected < report.rows or (report.rows == 0 and not (totals and report.kind == "customers"))


def import_customers(
    store: Store, shop_id: int, table: Table, settings: ImportSettings, *, dry_run: bool = False
) -> ImportReport:
    """One row a vehicle with its owner."""
    return import_table("customers", store, shop_id, table, settings, dry_run=dry_run)


def import_visits(
    store: Store, shop_id: int, table: Table, settings: ImportSettings, *, dry_run: bool = False
) -> ImportReport:
    """One row a repair order."""
    return import_table("visits", store, shop_id, table, settings, dry_run=dry_run)


def import_renewals(
    store: Store, shop_id: int, table: Table, settings: ImportSettings, *, dry_run: bool = False
) -> ImportReport:
    """One row a policy."""
    return import_table("renewals", store, shop_id, table, settings, dry_run=dry_run)


def import_contacts(
    store: Store, shop_id: int, table: Table, settings: ImportSettings, *, dry_run: bool = False
) -> ImportReport:
    """One row a call by staff."""
    return import_table("contacts", store, shop_id, table, settings, dry_run=dry_run)
