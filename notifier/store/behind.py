"""Short write transactions one after the other, each while the caller prepares the next."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from notifier.crashpoints import Step
from notifier.store.engine import Session, Store

__all__ = ["WriteBehind"]


class WriteBehind:
    """Writes for one caller, in order; at most one transaction is under way, and none after the ``with`` block.

    PostgreSQL writes in a process of its own, so there a thread waits for it while the caller goes on. SQLite writes in
    ours, where a second thread would only take turns with the first: it writes at once.

    An error of a transaction is raised by the next :meth:`write`, or at the end of the block; nothing is written after
    it.
    """

    def __init__(self, store: Store, step: Step = "write") -> None:
        self._store = store
        self._step = step
        self._thread = None if store.is_sqlite else ThreadPoolExecutor(1, thread_name_prefix="write-behind")
        self._under_way: Future[None] | None = None

    def write(self, work: Callable[[Session], None]) -> None:
        """Have `work` done in a transaction of its own, once the one before is committed."""
        if self._thread is None:
            self._commit(work)
            return
        self._settle()
        self._under_way = self._thread.submit(self._commit, work)

    def _commit(self, work: Callable[[Session], None]) -> None:
        with self._store.write(self._step) as session:
            work(session)

    def _settle(self) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is None:
            return
        self._thread.shutdown()
        if error is None:  # where the block failed, its error is the one to tell
            self._settle()
