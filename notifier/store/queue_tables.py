"""The tables of a cluster's queue: not ours, so in a schema of their own, with a record of the steps that made them.

The queue's library ships its schema whole and as steps. Those that only add may be taken while programs of the former
release run; those that take away (`is_late`) wait for the upgrade after, when no such program runs any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from notifier.errors import StoreError
from notifier.locale import N_
from notifier.store.addresses import shown_url
from notifier.store.engine import Store
from notifier.store.migrations import UPGRADE_LOCK

__all__ = [
    "QUEUE_SCHEMA",
    "QueueSteps",
    "Step",
    "is_queue_made",
    "queue_connection",
    "raise_if_queue_is_not_made",
    "upgrade_queue",
]

QUEUE_SCHEMA = "notifier_queue"
NOT_ALLOWED = "42501"
_RECORD = sa.table(
    "applied_step", sa.column("name"), sa.column("release"), sa.column("applied_at"), schema=QUEUE_SCHEMA
)
_MAKE_RECORD = f"CREATE TABLE {QUEUE_SCHEMA}.applied_step " \
               "(name text PRIMARY KEY, release text NOT NULL, applied_at timestamptz)"  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the queue's tables. `is_late`: programs of the former release cannot work with what it leaves."""

    name: str
    sql: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class QueueSteps:
    """What the library ships: its `release`, its tables as it makes them anew (`whole`), and every step to them."""

    release: str
    whole: str
    steps: Sequence[Step]


def queue_connection(store: Store) -> dict[str, Any]:
    """What the database's driver is to be called with so that the queue's tables are the ones it sees."""
    _arguments, given = store.engine.dialect.create_connect_args(store.engine.url)
    known = ("host", "port", "dbname", "user", "password")
    others = {key: value for key, value in store.engine.url.query.items() if key not in known}
    options = f"{others.get('options', '')} -c search_path={QUEUE_SCHEMA}".strip()
    return {key: value for key, value in given.items() if key in known} | others | {"options": options}


def upgrade_queue(store: Store, shipped: QueueSteps) -> bool:
    """Make or bring up the queue's tables; False where there was nothing to do.

    A late step is taken once the library is of another release than when it was first heard of. Two processes may
    call this at once. Raises StoreError where the database does not allow it.
    """
    try:
        with _locked(store) as connection:
            with connection.begin():
                known = _record(connection)
            if not known:
                _take(connection, shipped.whole, [(step.name, True) for step in shipped.steps], shipped.release)
                return True
            return _bring_up(connection, known, shipped)
    except sa.exc.ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != NOT_ALLOWED:
            raise
        if is_queue_made(store):
            raise StoreError(
                N_("The tables of the cluster's queue in {url} cannot be brought up: its user may not change them. Run "
                   "notifier db upgrade as the user that made them (the owner of the schema {schema}); until then no "
                   "worker of this release starts."),
                url=shown_url(store.url), schema=QUEUE_SCHEMA,
            ) from error  # fmt: skip
        raise StoreError(
            N_("The tables of a cluster's queue cannot be made in {url}: its user may not create schemas there. Where "
               "workers are to run, let it own the database, or: GRANT CREATE ON DATABASE … TO …"),
            url=shown_url(store.url),
        ) from error  # fmt: skip


def is_queue_made(store: Store) -> bool:
    """Whether there is a queue at all, of whatever release."""
    with store.engine.connect() as connection:
        return sa.inspect(connection).has_schema(QUEUE_SCHEMA)


def raise_if_queue_is_not_made(store: Store, shipped: QueueSteps) -> None:
    """Raises StoreError where the queue's tables are missing, or older than the library needs; newer ones are used."""
    with store.engine.connect() as connection:
        known = _record(connection) if sa.inspect(connection).has_table(_RECORD.name, QUEUE_SCHEMA) else {}
    if any(step.name not in known for step in shipped.steps if not step.is_late):
        raise StoreError(
            N_("The database {url} has no tables for the queue of a cluster, or older ones. Run notifier db upgrade."),
            url=shown_url(store.url),
        )


def _bring_up(connection: sa.Connection, known: dict[str, tuple[str, bool]], shipped: QueueSteps) -> bool:
    """The late steps of releases before, then what is new in this one."""
    has_changed = False
    for step in shipped.steps:
        heard_in, is_taken = known.get(step.name, (shipped.release, False))
        if is_taken or (step.is_late and step.name in known and heard_in == shipped.release):
            continue
        has_changed = True
        if step.is_late and heard_in == shipped.release:
            _take(connection, "", [(step.name, False)], shipped.release)
        else:
            _take(connection, step.sql, [(step.name, True)], shipped.release)
    return has_changed


def _take(connection: sa.Connection, script: str, steps: Sequence[tuple[str, bool]], release: str) -> None:
    """Run the script and keep its steps (name, whether it was taken), together or not at all."""
    with connection.begin():
        connection.exec_driver_sql(f"SET LOCAL search_path = {QUEUE_SCHEMA}")
        if script:  # many statements, with % in them
            connection.exec_driver_sql(script, execution_options={"no_parameters": True})
        for name, is_taken in steps:
            connection.execute(sa.delete(_RECORD).where(_RECORD.c.name == name))
            applied_at = sa.func.clock_timestamp() if is_taken else None
            connection.execute(sa.insert(_RECORD).values(name=name, release=release, applied_at=applied_at))


@contextmanager
def _locked(store: Store) -> Iterator[sa.Connection]:
    """One upgrade at a time; each script is a transaction of its own, since some may not share one."""
    with store.engine.connect() as connection:
        with connection.begin():
            connection.execute(sa.select(sa.func.pg_advisory_lock(UPGRADE_LOCK + 1)))
        try:
            with connection.begin():
                _make_what_is_missing(connection)
            yield connection
        finally:
            with connection.begin():
                connection.execute(sa.select(sa.func.pg_advisory_unlock(UPGRADE_LOCK + 1)))


def _make_what_is_missing(connection: sa.Connection) -> None:
    """IF NOT EXISTS would ask for the right to create even where there is nothing to create."""
    there = sa.inspect(connection)
    if not there.has_schema(QUEUE_SCHEMA):
        connection.exec_driver_sql(f"CREATE SCHEMA {QUEUE_SCHEMA}")
    if not there.has_table(_RECORD.name, QUEUE_SCHEMA):
        connection.exec_driver_sql(_MAKE_RECORD)


def _record(connection: sa.Connection) -> dict[str, tuple[str, bool]]:
    """Name → (the release it was heard of in, whether it was taken)."""
    rows = connection.execute(sa.select(_RECORD.c.name, _RECORD.c.release, _RECORD.c.applied_at.is_not(None)))
    return {name: (release, is_taken) for name, release, is_taken in rows}
