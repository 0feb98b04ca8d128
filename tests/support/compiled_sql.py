"""SQL that SQLAlchemy has compiled once, kept for every database of the same kind.

It keeps what it compiles for each engine apart. A process of Notifier has one engine for as long as it lives, the tests
have a fresh one each, and would spend a fifth of their time on compiling the same statements again.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

STATEMENTS_KEPT = 5_000


class CompiledSql(LRUCache[Any, Any]):
    """By kind of database and statement, where an engine's own has that very engine's dialect in the key."""

    def get(self, key: Any, default: Any = None) -> Any:
        """What was compiled for this statement, if it was."""
        return super().get(_for_its_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_for_its_kind(key), compiled)


def _for_its_kind(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *statement = key
    return (type(dialect), dialect.server_version_info, *statement)


def keep_compiled_sql() -> None:
    """From now on in this process, every engine's connections share what they compile."""
    shared = CompiledSql(STATEMENTS_KEPT)

    @sa.event.listens_for(Engine, "engine_connect")
    def _share(connection: sa.Connection) -> None:
        if "compiled_cache" not in connection.get_execution_options():
            connection.execution_options(compiled_cache=shared)
