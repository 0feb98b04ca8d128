"""Procrastinate, the cluster's queue: what it ships, and how it reaches its tables."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.errors import ConfigError
from notifier.locale import N_
from notifier.store.engine import Store
from notifier.store.queue_tables import (
    QueueSteps,
    Step,
    queue_connection,
    raise_if_queue_is_not_made,
    upgrade_queue,
)

if TYPE_CHECKING:
    from procrastinate import App

__all__ = [
    "bring_up_queue",
    "open_queue",
    "overheard",
    "raise_if_cluster_is_not_installed",
    "raise_if_queue_is_not_ready",
]

PACKAGES = ("procrastinate", "psycopg", "psycopg_pool")
CONNECTIONS = 2  # of one worker to the queue's tables, at most
ANSWER_WITHIN = 5.0  # seconds


def raise_if_cluster_is_not_installed() -> None:
    """Raises ConfigError where a package is missing that only a cluster needs."""
    for package in PACKAGES:
        if find_spec(package) is None:
            raise ConfigError(
                N_("A worker needs the package {package}, which is not installed. Install Notifier with its extra "
                   "cluster: make setup, or pip install '.[cluster]' in its folder."),
                package=package,
            )  # fmt: skip


def bring_up_queue(store: Store) -> bool:
    """The tables of the queue, for `notifier db upgrade`; False where there was nothing to do, or nobody needs them.

    One machine on PostgreSQL (`notifier run`) may do without the package.
    """
    if store.is_sqlite or any(find_spec(package) is None for package in PACKAGES):
        return False
    return upgrade_queue(store, _shipped())


def raise_if_queue_is_not_ready(store: Store) -> None:
    """Raises StoreError where the queue's tables are missing or too old."""
    raise_if_queue_is_not_made(store, _shipped())


def open_queue(store: Store) -> App:
    """A new app, without tasks and not opened yet. Heavy to import (0.2 s), so only here."""
    from procrastinate import App, PsycopgConnector

    connector = PsycopgConnector(
        kwargs=queue_connection(store) | {"connect_timeout": int(ANSWER_WITHIN)},
        min_size=1, max_size=CONNECTIONS, timeout=ANSWER_WITHIN, name="queue",
    )  # fmt: skip
    return App(connector=connector)


@contextmanager
def overheard(tell: Callable[[BaseException], None]) -> Iterator[None]:
    """Meanwhile hand every error on that the queue's library catches and says in its own log only."""
    logger, ear = logging.getLogger("procrastinate"), _Ear(tell)
    level, propagates = logger.level, logger.propagate
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    logger.addHandler(ear)
    try:
        yield
    finally:
        logger.removeHandler(ear)
        logger.propagate = propagates
        logger.setLevel(level)


class _Ear(logging.Handler):
    """A record's words may quote anything; the exception it came with is all that is handed on."""

    def __init__(self, tell: Callable[[BaseException], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._tell(error)


def _shipped() -> QueueSteps:
    from procrastinate.schema import SchemaManager

    folder = Path(SchemaManager.get_migrations_path())
    files = sorted(folder.glob("*.sql"))
    steps = [Step(file.stem, file.read_text(encoding="utf-8"), "_post_" in file.stem) for file in files]
    return QueueSteps(importlib.metadata.version("procrastinate"), SchemaManager.get_schema(), steps)
