"""notifier/store/addresses.py: addresses in sentences are readable and hold no secret."""

from __future__ import annotations

import pytest

from notifier.store.addresses import masked_url, shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/我的 店/x.db", "sqlite:////srv/我的 店/x.db"),
        ("sqlite:///C%3A/dms/x.db", "sqlite:///C:/dms/x.db"),
        ("sqlite:///file:/srv/x.db?mode=ro", "sqlite:///file:/srv/x.db?mode=ro"),
        ("postgresql://me:s%40ft@host/shop", "postgresql://me:***@host/shop"),
        ("postgresql://me@host/shop?password=s%40ft&sslmode=x", "postgresql://me@host/shop?password=***&sslmode=x"),
        ("mssql+pyodbc:///?odbc_connect=PWD%3Ds%40ft", "mssql+pyodbc:///?odbc_connect=***"),
    ],
)
def test_signs_stand_as_people_write_them_and_secrets_not_at_all(url: str, shown: str) -> None:
    """Drivers take passwords before the host and behind the question mark."""
    assert shown_url(url) == shown
    assert "s@ft" not in shown_url(url)
    assert "s%40ft" not in masked_url(url)


def test_for_programs_signs_stay_escaped() -> None:
    """A command that is copied must still be read as it was meant."""
    assert masked_url("postgresql://m%40e:geheim@host/shop") == "postgresql://m%40e:***@host/shop"
