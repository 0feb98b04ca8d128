"""notifier/dms/sql.py: addresses that cannot be used are refused in one sentence, without the password."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from notifier.dms.sql import open_dms
from notifier.errors import ConfigError, NotifierError, SourceError

PASSWORD = "geheim-9f3"


def refusal(url: str) -> NotifierError:
    """What opening this address is refused with."""
    with pytest.raises(NotifierError) as refused, open_dms(url):
        pass
    assert PASSWORD not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    return refused.value


@pytest.mark.parametrize(
    "url, package",
    [
        ("mssql://u:geheim-9f3@host/dms", 'pip install "pyodbc"'),
        ("mssql+pymssql://u:geheim-9f3@host/dms", 'pip install "pymssql"'),
        ("oracle://u:geheim-9f3@host/dms", 'pip install "oracledb"'),
        ("mysql://u:geheim-9f3@host/dms", 'pip install "pymysql"'),
        ("mysql+mysqldb://u:geheim-9f3@host/dms", 'pip install "mysqlclient"'),
        ("mariadb://u:geheim-9f3@host/dms", 'pip install "pymysql"'),
        ("postgresql+psycopg2://u:geheim-9f3@host/dms", 'pip install "psycopg2-binary"'),
    ],
)
def test_a_missing_driver_is_named_with_its_package(url: str, package: str) -> None:
    """Shops install the driver of their DMS themselves; the sentence is the command."""
    refused = refusal(url)
    assert isinstance(refused, ConfigError)
    assert package in str(refused)
    assert "is not installed" in str(refused)


@pytest.mark.parametrize("url", ["kingbase://u:geheim-9f3@host/dms", "sqlite+nothing:///x.db"])
def test_a_database_sqlalchemy_does_not_know_is_named(url: str) -> None:
    """There are dialects for many more, each a package of its own."""
    assert "does not know by itself" in str(refusal(url))


@pytest.mark.parametrize(
    "url", ["nonsense", "postgresql://u:geheim-9f3@host:port/dms", "sqlite://", "sqlite:///:memory:"]
)
def test_an_address_that_is_none_is_refused_without_being_shown(url: str) -> None:
    """Whatever is wrong with it, it may hold a password."""
    assert "NOTIFIER_DMS_URL is not right" in str(refusal(url))


def test_a_mistyped_file_does_not_become_a_new_database(tmp_path: Path) -> None:
    """SQLite would make it; then all customers would seem gone."""
    refused = refusal(f"sqlite:///{tmp_path}/dsm.db")
    assert isinstance(refused, SourceError)
    assert f"{tmp_path}/dsm.db" in str(refused)
    assert "mode=" not in str(refused)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """An Excel file under that name, say."""
    (tmp_path / "dms.db").write_bytes(b"PK\x03\x04" + b"x" * 4096)
    assert "file is not a database" in str(refusal(f"sqlite:///{tmp_path}/dms.db"))


def test_a_server_that_is_away_is_named_without_the_password() -> None:
    """User, host and database are what staff need to check."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    refused = refusal(f"postgresql://dms:{PASSWORD}@127.0.0.1:{port}/dms?application_name={PASSWORD}")
    assert isinstance(refused, SourceError)
    assert f"dms@127.0.0.1:{port}/dms cannot be opened" in str(refused)
    assert "\n" not in str(refused)


def test_an_option_the_driver_does_not_know_is_one_sentence() -> None:
    """Options are copied from other programs' addresses."""
    assert "cannot be opened" in str(refusal("postgresql://dms:geheim-9f3@127.0.0.1:1/dms?charset=utf8"))
