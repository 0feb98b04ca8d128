"""What the daemon says at its first start: how the first owner comes in."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from notifier.config import load_settings
from notifier.jobs.welcome import choose_password
from notifier.store.audit import entries
from notifier.wiring import House, link_address, link_reach, system_clock
from notifier.wiring.welcome import say_how_to_begin
from tests.support.quiet_log import configured_log


def house(url: str, **environ: str) -> House:
    """An installation on this database."""
    return House(load_settings({"NOTIFIER_DATABASE_URL": url, **environ}, env_file=None))


def test_as_long_as_nobody_can_sign_in_a_link_is_printed(store_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """At each start another; once the first owner is in, none. It stands in no log."""
    here = house(store_url)
    with configured_log("console"):
        say_how_to_begin(here)
        told = capfd.readouterr().err
        assert "opens on this machine only" in told
        token = re.findall(r"http://127\.0\.0\.1:8321/console/welcome/(\S+)", told)[0]
        choose_password(here.store, token, "eight horses", "林涛", address="::1", now=system_clock())
        say_how_to_begin(here)
    assert capfd.readouterr().err == ""
    with here.store.read() as session:
        assert token not in str(entries(session))
    here.close()


def test_a_log_for_machines_tells_the_command_and_no_secret(sqlite_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Such logs are collected and kept."""
    here = house(sqlite_url, NOTIFIER_LOG_FORMAT="json")
    with configured_log("json"):
        say_how_to_begin(here)
    line = json.loads(capfd.readouterr().err)
    assert (line["event"], "users add" in line["mend"]) == ("nobody_can_sign_in", True)
    assert "welcome" not in str(line)
    here.close()


@pytest.mark.parametrize(
    ("environ", "address", "is_for_others"),
    [
        ({}, "http://127.0.0.1:8321/console/welcome/t", False),
        ({"NOTIFIER_HOST": "0.0.0.0", "NOTIFIER_PORT": "80"}, "http://127.0.0.1:80/console/welcome/t", False),
        ({"NOTIFIER_HOST": "::1"}, "http://[::1]:8321/console/welcome/t", False),
        ({"NOTIFIER_HOST": "192.0.2.7"}, "http://192.0.2.7:8321/console/welcome/t", True),
        ({"NOTIFIER_PUBLIC_URL": "https://sms.example.com/"}, "https://sms.example.com/console/welcome/t", True),
    ],
)
def test_a_link_leads_where_a_browser_reaches_us(
    environ: dict[str, str], address: str, is_for_others: bool, tmp_path: Path
) -> None:
    """The public address where there is one, else this machine's own; one that opens nowhere else says what to set."""
    settings = load_settings({"NOTIFIER_DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3", **environ}, env_file=None)
    assert link_address(settings, "t") == address
    assert (link_reach(settings) is None) == is_for_others
