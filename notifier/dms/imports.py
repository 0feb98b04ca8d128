"""The way in: a table of customers, visits or renewals → the store, with an honest account.

Idempotent, in short transactions, the same whatever the order of the rows. A killed import stays marked as unfinished,
planning does not use its kind, and the next import of the same content completes to the same end.
"""

from __future__ import annotations

from collections.abc import Callable

from notifier.dms.columns import KINDS
from notifier.dms.customers import import_people
from notifier.dms.headers import map_headers
from notifier.dms.job import ImportJob
from notifier.dms.policies import import_policies
from notifier.dms.readers import Table
from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.dms.visits import import_orders
from notifier.errors import BadInput
from notifier.locale import N_
from notifier.store.engine import Store
from notifier.store.imports import begin_import, finish_import
from notifier.store.rehearsal import rehearsal

__all__ = ["import_customers", "import_renewals", "import_table", "import_visits"]

_STEPS: dict[str, Callable[[ImportJob, Table], None]] = {
    "customers": import_people,
    "visits": import_orders,
    "renewals": import_policies,
}


def import_table(
    kind: str, store: Store, shop_id: int, table: Table, settings: ImportSettings, *, dry_run: bool = False
) -> ImportReport:
    """Import one table of `kind` (customers, visits, renewals) into a shop.

    With `dry_run` nothing is kept and the report says what would have been done. Raises BadInput where the kind or
    the columns do not fit, before anything is written.
    """
    if kind not in KINDS:
        raise BadInput(N_("There is no import of {kind}; import {kinds}."), kind=repr(kind), kinds=", ".join(KINDS))
    mapped = map_headers(table.headers, KINDS[kind], settings.mapping)
    _raise_if_nobody_is_left(kind, table)
    report = ImportReport(kind, mapped)
    if dry_run:
        with rehearsal(store) as stage:
            _run(stage, shop_id, table, settings, report)
    else:
        _run(store, shop_id, table, settings, report)
    return report


def _raise_if_nobody_is_left(kind: str, table: Table) -> None:
    """A day may pass without visits; a shop without customers is an export that failed, and must not count as fresh."""
    if kind == "customers" and next(iter(table), None) is None:
        raise BadInput(N_("{path} holds no rows below its column names; export it again."), path=table.name)


def _run(store: Store, shop_id: int, table: Table, settings: ImportSettings, report: ImportReport) -> None:
    with store.write() as session:
        import_id = begin_import(
            session, shop_id, report.kind, source=table.name, fingerprint=table.fingerprint, at=settings.now
        )
    _STEPS[report.kind](ImportJob(store, shop_id, import_id, settings, report), table)
    with store.write() as session:
        finish_import(session, import_id, report.as_json())


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
