"""A DMS database behind any SQLAlchemy URL: opened to read only, asked one query a kind, its answer kept as a table.

The answer is taken in a stream onto disk and the source is let go of before anything is imported. So a DMS is held no
longer than it takes to read, a source that breaks off half-way leaves nothing begun here, and memory does not grow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import exc

from notifier.dms.answers import Answer, QueryTable, TooLong, bad_stamp, place_of_stamp, told_apart, too_long
from notifier.dms.cells import decoded
from notifier.dms.source import Query
from notifier.dms.staging import Staging
from notifier.dms.stamps import BadStamp, Stamp, Watermark, set_back
from notifier.errors import ConfigError, SourceError
from notifier.locale import N_
from notifier.store.addresses import SECRET_OPTION, shown_url

__all__ = ["Dms", "open_dms"]

ROWS_AT_ONCE = 1_000
CONNECT_SECONDS = 15
BUSY_SECONDS = 30

_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "mssql": "mssql+pyodbc",
    "oracle": "oracle+oracledb",
}
"""What a URL without a driver means."""
_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "mysqldb": "mysqlclient",
    "mysqlconnector": "mysql-connector-python",
}
"""Drivers whose package on PyPI has another name."""
_SAID_FIRST = {
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION lock_wait_timeout = 30"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION lock_wait_timeout = 30"),
    "oracle": ("SET TRANSACTION READ ONLY",),
    "postgresql": ("SET LOCAL lock_timeout = '30s'",),
    "mssql": ("SET LOCK_TIMEOUT 30000",),
}
"""At the start of each transaction: that it only reads (SQLite and PostgreSQL are opened so, SQL Server knows no such
thing), and that a locked table is told instead of waited for: a reading that hangs would hold up all later ones."""
_OURS = ("message_cycle", "dms_import")
"""Tables that show a database to be Notifier's."""


class Dms:
    """A DMS database that answered. `place`: where it is, without any password."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.place = _shown(engine.url)

    @contextmanager
    def reading(
        self,
        query: Query,
        *,
        since: Stamp | None,
        now: datetime,
        zone: ZoneInfo,
        watched: AbstractContextManager[Callable[[int], None]],
    ) -> Iterator[QueryTable]:
        """Ask `query`: rows changed since `since` less its overlap, or all; the table lives as long as the block.

        `zone`: the shop's, in which moments are written. `watched` gives what is told how many rows have come, and
        ends with the reading. Raises SourceError where the database does not answer, and
        ConfigError where the answer has no such column as the query says.
        """
        with Staging(("cells TEXT",)) as kept:
            watermark = Watermark(now, zone, since)
            try:
                with watched as told, self._connection() as connection:
                    statement, values = _narrowed(query, since, connection)
                    options = {"stream_results": True, "yield_per": ROWS_AT_ONCE}
                    with connection.execution_options(**options).execute(statement, values) as result:
                        headers = told_apart(list(result.keys()))
                        answer = Answer(zone, watermark, place_of_stamp(query, headers), told)
                        kept.add(answer.texts(row for part in result.partitions(ROWS_AT_ONCE) for row in part))
            except exc.SQLAlchemyError as error:
                raise self._refused(query, error) from None
            except (OverflowError, MemoryError) as error:  # of the driver, over a value it could not hold
                raise self._refused(query, error) from None
            except BadStamp as bad:
                raise bad_stamp(query, bad) from None
            except TooLong as found:
                raise too_long(query, headers, found) from None
            fingerprint = sha256(repr((query.digest(self.place), str(since))).encode()).hexdigest()
            yield QueryTable(query.name, headers, fingerprint, answer.rows, watermark.greatest, kept)

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(postgresql_readonly=True)
            try:
                yield connection
            finally:
                connection.rollback()

    def raise_if_ours(self) -> None:
        """Raises ConfigError where this is a database of Notifier's own; SourceError where it cannot be reached."""
        try:
            with self._connection() as connection:
                found = connection.dialect.name in ("sqlite", "postgresql") and all(
                    sa.inspect(connection).has_table(name) for name in _OURS
                )
        except (exc.SQLAlchemyError, OSError, TypeError) as error:
            raise SourceError(
                N_("The DMS database {place} cannot be opened ({detail}); check NOTIFIER_DMS_URL and whether it runs."),
                place=self.place,
                detail=_said(error, self._engine.url),
            ) from None
        if found:
            raise ConfigError(
                N_("NOTIFIER_DMS_URL names {place}, which is Notifier's own database; name the database of your DMS."),
                place=self.place,
            )

    def _refused(self, query: Query, error: Exception) -> SourceError:
        return SourceError(
            N_(
                "{file}, line {line}: the DMS database did not answer the query of {kind} to its end ({detail}). Mend "
                "the query, or try again where the database was away; nothing of it was imported."
            ),
            file=query.file,
            line=query.line,
            kind=query.records,
            detail=_said(error, self._engine.url),
        )


@contextmanager
def open_dms(url: str) -> Iterator[Dms]:
    """The database at `url`, opened to read only. Raises ConfigError or SourceError where it cannot be."""
    engine = _engine(url)
    try:
        dms = Dms(engine)
        dms.raise_if_ours()
        yield dms
    finally:
        engine.dispose()


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
        engine = _sqlite_engine(parsed) if parsed.get_backend_name() == "sqlite" else _server_engine(parsed)
    except exc.NoSuchModuleError:
        raise ConfigError(
            N_(
                "NOTIFIER_DMS_URL names the database {name}, which SQLAlchemy does not know by itself; install its "
                "dialect beside Notifier with: {pip} PACKAGE"
            ),
            name=parsed.drivername,
            pip=_pip(),
        ) from None
    except ImportError:
        driver = parsed.get_driver_name()
        raise ConfigError(
            N_("The driver {driver} for NOTIFIER_DMS_URL is not installed; install it beside Notifier with: {pip}"),
            driver=driver,
            pip=f'{_pip()} "{_PACKAGES.get(driver, driver)}"',
        ) from None
    except (exc.SQLAlchemyError, ValueError, TypeError):
        raise ConfigError(
            N_("NOTIFIER_DMS_URL is not right (its value is not shown); write it like {example}."),
            example="mssql+pyodbc://user:password@host/dms?driver=ODBC+Driver+18+for+SQL+Server",
        ) from None
    return engine


def _pip() -> str:
    return f"{sys.executable} -m pip install"


def _server_engine(url: sa.URL) -> sa.Engine:
    name = url.get_backend_name()
    waits = url.get_driver_name() in ("psycopg", "psycopg2", "pymysql") and "connect_timeout" not in url.query
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=sa.NullPool,
        connect_args={"connect_timeout": CONNECT_SECONDS} if waits else {},
    )
    if name in _SAID_FIRST:

        @sa.event.listens_for(engine, "begin")
        def _said_first(connection: sa.Connection) -> None:
            cursor = connection.connection.cursor()  # the driver's own: a stream would make a cursor of each statement
            for statement in _SAID_FIRST[name]:
                cursor.execute(statement)
            cursor.close()

    return engine


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    """``mode=ro`` also keeps a mistyped path from becoming a new, empty database."""
    path = url.database or ""
    if path in ("", ":memory:"):
        raise exc.ArgumentError("no file")
    address = path if path.startswith("file:") else f"file:{quote(str(Path(path).expanduser().absolute()))}"
    read_only = url.set(database=address).update_query_dict({"mode": "ro", "uri": "true"})
    engine = sa.create_engine(
        read_only, hide_parameters=True, poolclass=sa.NullPool, connect_args={"timeout": BUSY_SECONDS}
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.text_factory = decoded  # Chinese programs store GBK in it all the same
        connection.execute("PRAGMA query_only=ON")

    return engine


def _narrowed(
    query: Query, since: Stamp | None, connection: sa.Connection
) -> tuple[sa.TextClause, Mapping[str, Stamp]]:
    """The query as written, or only what has changed of it. A row without a stamp is read each time."""
    written = query.sql.replace(":", "\\:")  # nothing in it is a parameter of ours
    if since is None or query.changed_column is None:
        return sa.text(written), {}
    column = f"changed_rows.{connection.dialect.identifier_preparer.quote(query.changed_column)}"
    # The line ends keep a comment in the last line from swallowing the bracket.
    text = f"SELECT * FROM (\n{written}\n) changed_rows WHERE {column} >= :since OR {column} IS NULL"  # noqa: S608
    return sa.text(text), {"since": set_back(since, query.overlap)}


def _shown(url: sa.URL) -> str:
    """Driver, user, host and database; what follows a question mark may hold a password and is left out."""
    bare = sa.URL.create(url.drivername, url.username, None, url.host, url.port, url.database)
    return shown_url(bare).replace("file:", "")


def _said(error: BaseException, url: sa.URL) -> str:
    """The driver's own words, one line. Words about data may quote a customer's, so they are left out."""
    if isinstance(error, exc.DataError):
        return type(error).__name__
    told = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    lines = [line.strip() for line in str(told).splitlines() if line.strip()]
    line = lines[0] if lines else type(told).__name__
    secrets = [url.password, *(value for key, value in url.query.items() if SECRET_OPTION.search(key))]
    for secret in secrets:
        if secret and len(str(secret)) > 3:
            line = line.replace(str(secret), "***")
    return line[:300]
