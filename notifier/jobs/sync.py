"""Customers, visits and renewals straight from a DMS database: read what has changed, import it, remember how far.

How far is remembered only when an import has come to its end, so whatever breaks in between is read again. Every kind
is on its own: those before a failure are done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from notifier.dms.columns import KINDS
from notifier.dms.headers import Mapped, map_headers
from notifier.dms.imports import import_table
from notifier.dms.readers import Table
from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.dms.source import Query
from notifier.dms.sql import Dms, open_dms
from notifier.dms.stamps import kept, loaded
from notifier.errors import UNEXPECTED, BadInput, ConfigError, NotifierError, SourceError
from notifier.locale import N_, WhenShown, listed
from notifier.locale.fields import fields_with_keys
from notifier.locale.records import records_word
from notifier.store.engine import Store
from notifier.store.rehearsal import rehearsal
from notifier.store.syncs import (
    Reached,
    SyncFailure,
    forget_failures,
    keep_failure,
    keep_sync_point,
    sync_points,
)
from notifier.store.trouble import is_database_trouble

__all__ = ["Synced", "Watch", "sync_all"]

Watch = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
"""Shows progress: (kind, rows there are; None = not known yet) → what is told how many are done."""


@dataclass(frozen=True, slots=True)
class Synced:
    """One kind, done. `whole`: read from its beginning, not only what had changed. `is_news` of the report is False
    where it brought nothing by which records could be trusted to be fresh.

    `table` can be read (for the rejected rows) until the next kind is asked for.
    """

    kind: str
    whole: bool
    report: ImportReport
    table: Table

    def document(self, *, dry_run: bool = False) -> dict[str, Any]:
        """As `--json` prints it; after a dry run also how the rows were understood."""
        head = {"whole": self.whole, "news": self.report.is_news}
        return {**head, **(self.report.as_rehearsed() if dry_run else self.report.as_json())}


@contextmanager
def _nobody_watches(_kind: str, _total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda _done: None


def sync_all(
    store: Store,
    shop_id: int,
    url: str,
    queries: Mapping[str, Query],
    settings: ImportSettings,
    *,
    kinds: Collection[str] = (),
    full: bool = False,
    dry_run: bool = False,
    watch: Watch | None = None,
) -> Iterator[Synced]:
    """Bring `kinds` (none named: all that have a query) from the database at `url`; customers, visits, renewals.

    `full`: from the beginning, whatever was read before. With `dry_run` all is played through and nothing is kept. A
    kind is done when it is handed out; at the first that fails this raises SourceError, ConfigError or BadInput.
    """
    chosen = [kind for kind in KINDS if kind in (kinds or queries)]
    _raise_if_not_asked_for(chosen, queries)
    stage = rehearsal(store) if dry_run else nullcontext(store)
    under_way: Query | None = None
    try:
        with open_dms(url) as dms, stage as target:
            sync = _Sync(target, shop_id, dms, settings, watch or _nobody_watches)
            for kind in chosen:
                under_way = queries[kind]
                yield from sync.bring(under_way, full=full)
    except Exception as error:
        if not dry_run and not is_database_trouble(error):  # ours, which could not keep it
            failure = _failure(error, settings.now, under_way or queries[chosen[0]])
            with store.write() as session:
                keep_failure(session, shop_id, failure, is_of_the_database=under_way is None)
        raise


def _failure(error: Exception, now: datetime, query: Query) -> SyncFailure:
    """For `doctor` and `status`: nobody may have been there when it failed."""
    known = error if isinstance(error, NotifierError) else NotifierError(UNEXPECTED, detail=type(error).__name__)
    return SyncFailure(query.kind, query.name, now, now, known.code, known.sentence, known.fields)


def _raise_if_not_asked_for(kinds: Collection[str], queries: Mapping[str, Query]) -> None:
    for kind in kinds:
        if kind not in queries:
            raise BadInput(
                N_("There is no query of {kind} in {file}; it has {known}."),
                kind=WhenShown(partial(records_word, kind)),
                file=next(iter(queries.values())).file,
                known=WhenShown(lambda: listed(map(records_word, queries))),
            )


@dataclass(frozen=True, slots=True)
class _Sync:
    """One pass over a DMS database."""

    store: Store
    shop_id: int
    dms: Dms
    settings: ImportSettings
    watch: Watch

    def bring(self, query: Query, *, full: bool) -> Iterator[Synced]:
        """Read, import, remember; one Synced."""
        now, zone, kind = self.settings.now, self.settings.zone, query.kind
        digest = query.digest(self.dms.place)
        with self.store.read() as session:
            reached = sync_points(session, self.shop_id).get(kind)
        known = reached.since if reached and reached.query == digest and not full else None
        since = loaded(known) if known else None
        watched = self.watch(kind, None)
        with self.dms.reading(query, since=since, now=now, zone=zone, watched=watched) as table:
            _raise_if_columns_are_missing(query, table)
            if kind == "customers" and since is None and not table.rows:
                raise _nobody(query)
            with self.watch(kind, table.rows) as told:
                settings = replace(self.settings, mapping=query.mapping, progress=told)
                report = import_table(
                    kind, self.store, self.shop_id, table, settings, is_part=since is not None, is_all=since is None
                )
            report.mapped = _without_stamp(report.mapped, query)
            latest = kept(table.latest) if table.latest is not None else None
            with self.store.write() as session:
                keep_sync_point(session, self.shop_id, kind, Reached(digest, latest, now))
                forget_failures(session, self.shop_id, kind)
            yield Synced(kind, since is None, report, table)


def _raise_if_columns_are_missing(query: Query, table: Table) -> None:
    """As the import would, but with the mend of a query."""
    kind = KINDS[query.kind]
    mapped = map_headers(table.headers, replace(kind, required=()), query.mapping)
    missing = [name for name in kind.required if name in mapped.absent]
    if missing:
        raise ConfigError(
            N_(
                "{file}, line {line}: the query of {kind} gives no column for {missing}; its columns are {headers}. "
                "Name one so with AS, or write under mapping which it is."
            ),
            file=query.file,
            line=query.line,
            kind=query.records,
            missing=WhenShown(lambda: fields_with_keys(missing)),
            headers=WhenShown(lambda: listed(table.headers)),
        )


def _without_stamp(mapped: Mapped, query: Query) -> Mapped:
    """The column that says what has changed is read, though no field is made of it."""
    return replace(mapped, unrecognised=tuple(name for name in mapped.unrecognised if name != query.changed_column))


def _nobody(query: Query) -> SourceError:
    """A shop without customers is a query that failed, and must not count as fresh."""
    return SourceError(
        N_(
            "{file}, line {line}: the query of {kind} gave no row; nothing of that kind was imported. Mend it, or look "
            "whether the DMS database is the right one."
        ),
        file=query.file,
        line=query.line,
        kind=query.records,
    )
