"""`send`, `unknown`, `status` and `doctor` against a provider that does not always answer (a local Twilio)."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli_shop import CliShop
from tests.support.import_desk import phone, vin
from tests.support.twilio_faults import Fault, FaultKind
from tests.support.twilio_server import TwilioHandle, running_twilio

AT = "2026-03-10T10:00+08:00"


@pytest.fixture
def twilio() -> Iterator[TwilioHandle]:
    """A provider of the test's own."""
    with running_twilio(seed=1) as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, twilio: TwilioHandle) -> CliShop:
    """Two customers with a policy about to end, and texts that ask for no reply."""
    shop = CliShop(tmp_path)
    shop.settings |= {
        "NOTIFIER_GATEWAY": "twilio", "TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token,
        "TWILIO_FROM": "+15005550006", "TWILIO_API_BASE_URL": twilio.url, "NOTIFIER_POST_TIMEOUT": "30",
    }  # fmt: skip
    for file in (shop.folder / "templates/sms").glob("*/*.j2"):
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join(line for line in lines if not line.startswith("replies")) + "\n", encoding="utf-8")
    rows = [{"客户编号": f"K{n}", "手机": phone(n), "VIN": vin(n), "保险到期": "2026-03-17"} for n in (1, 2)]
    for kind in ("customers", "renewals"):
        made = rows if kind == "customers" else [{"保单号": "P1", "VIN": vin(3), "终保日期": "2027-01-01"}]
        shop.run("import", kind, shop.file(f"{kind}.csv", made), "--at", AT)
    shop.run("plan", "--at", AT)
    return shop


def test_an_operator_settles_what_nobody_can_tell(shop: CliShop, twilio: TwilioHandle) -> None:
    """Two time-outs: listed with their evidence; one was sent, the other was not and goes out once more."""
    hang = Fault(FaultKind.HANG_BEFORE_ACCEPTING, seconds=3)
    twilio.script(hang, hang)
    shop.settings["NOTIFIER_POST_TIMEOUT"] = "1"
    assert shop.json("send", "--at", AT)["unknown"] == 2
    shop.settings["NOTIFIER_POST_TIMEOUT"] = "30"
    assert shop.json("status")["unknown"] == 2
    listed = shop.run("unknown", "list").stdout
    assert listed.count("Insurance expiry to 138****000") == 2
    ids = sorted(line.split()[1].rstrip(",") for line in listed.splitlines() if line.startswith("Message "))
    shop.run("unknown", "sent", ids[0], "--at", AT)
    shop.run("unknown", "not-sent", ids[1], "--at", AT)
    assert shop.run("unknown", "list").stdout == "Nothing is unknown.\n"
    assert shop.json("send", "--at", AT)["accepted"] == 1
    assert len(twilio.accepted()) == 1


def test_a_refused_set_up_stops_the_lane_until_a_person_starts_it(shop: CliShop, twilio: TwilioHandle) -> None:
    """Exit 1 with the mend; doctor and status say it too; nothing is lost, and the next send takes it."""
    twilio.chances((1.0, Fault(FaultKind.REFUSE, code=20003)))  # the second text may never be tried
    done = shop.run("send", "--at", AT, code=1)
    assert "The lane stands still: the provider refused our set-up (code 20003)" in done.stderr
    assert shop.json("status")["stopped"] == "20003"
    assert "✗ The lane stands still" in shop.run("doctor", "--at", AT, code=1).stdout
    twilio.chances()
    assert shop.json("send", "--at", AT)["accepted"] == 2


def test_sigterm_finishes_what_is_in_flight(shop: CliShop, twilio: TwilioHandle) -> None:
    """The POSTs under way are answered and recorded, then the command ends with 0."""
    slow = Fault(FaultKind.SLOW_ANSWER, seconds=0.8)
    twilio.script(slow, slow)
    sending = subprocess.Popen(
        [sys.executable, "-m", "notifier.cli", "send", "--at", AT, "--json"],
        env=shop.environment() | {"PYTHONWARNINGS": "ignore"}, cwd=shop.folder, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not twilio.posts():
        assert sending.poll() is None
        time.sleep(0.02)
    sending.send_signal(signal.SIGTERM)
    out, _err = sending.communicate(timeout=60)
    assert sending.returncode == 0
    assert '"unknown": 0' in out
    assert shop.json("status")["sending"] == 0
