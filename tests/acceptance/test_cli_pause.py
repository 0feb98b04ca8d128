"""`notifier pause` and `resume`: everything or one shop, at once; and `status`, once and live."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from notifier.store import lanes
from tests.acceptance.test_cli_way import AT, fill
from tests.support.cli_shop import CliShop

NIGHT = "2026-03-10T21:00+08:00"
BY_WANG = "by 王经理: no text leaves, of any kind. notifier resume ends that."


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> CliShop:
    """A shop with texts that may go."""
    shop = CliShop(tmp_path_factory.mktemp("pause"))
    fill(shop)
    shop.run("plan", "--at", AT)
    return shop


@pytest.fixture
def shop(planned: CliShop, tmp_path: Path) -> CliShop:
    """The same, each test its own."""
    return planned.copy_to(tmp_path)


def test_nothing_leaves_until_it_is_resumed(shop: CliShop) -> None:
    """Whoever looks is told since when and by whom: send, status, doctor, explain, a second pause."""
    waiting = shop.json("status", "--at", AT)["may_go"]
    assert waiting > 5
    done = shop.run("pause", "--by", "王经理")
    assert BY_WANG in done.stdout
    assert f"Planned and not sent in all: {waiting}." in done.stdout
    sent = shop.run("send", "--until-empty", "--at", AT)
    assert BY_WANG in sent.stderr
    assert "Nothing is lost" in sent.stderr
    again = shop.json("pause")
    assert (again["changed"], again["waiting"]) == (False, waiting)
    assert [each["by"] for each in again["paused"]] == ["王经理"]
    told = shop.json("status", "--at", AT)
    assert (told["waiting"], told["may_go"], told["paused"], told["oldest_waiting"]) == (waiting, 0, waiting, None)
    assert told["pauses"] == again["paused"]
    assert BY_WANG in shop.run("status", "--at", AT).stdout
    assert f"· Sending is paused since {told['pauses'][0]['since'][:4]}" in shop.run("doctor", "--at", AT).stdout
    assert BY_WANG in shop.run("explain", "13800000001", "--at", AT).stdout
    assert shop.json("explain", "13800000001", "--at", AT)["pauses"] == again["paused"]
    assert shop.json("resume") == {"changed": True, "lane_started": False, "paused": []}
    assert shop.json("send", "--at", AT)["accepted"] == waiting
    assert shop.run("resume").stdout == "There was no pause of everything.\n"


def test_a_shop_paused_by_itself_stays_paused_and_is_named(shop: CliShop) -> None:
    """Even while schedules.yaml is broken, which may be why somebody stops it."""
    shop.schedules.write_text("shop: [", encoding="utf-8")
    assert "The shop main is paused" in shop.run("pause", "--shop", "main", "--by", "王经理").stdout
    shop.run("pause", "--by", "陈晨")
    done = shop.run("resume").stdout
    assert done.startswith("The pause of everything is over.\nThe shop main is paused since ")
    assert "notifier resume --shop main ends that." in done
    assert shop.run("resume", "--shop", "main").stdout == "The pause of main is over.\n"
    assert shop.run("resume", "--shop", "main").stdout == "main was not paused.\n"


def test_a_shop_nobody_knows_is_refused(shop: CliShop) -> None:
    """With the keys there are; nothing is paused."""
    for command in ("pause", "resume"):
        assert "it has: main." in shop.run(command, "--shop", "jinjiang", code=1).stderr
    assert shop.json("status")["pauses"] == []


def test_a_new_database_and_an_edited_template_do_not_stand_in_the_way(tmp_path: Path) -> None:
    """Nothing has been planned, so the key is looked up in schedules.yaml, which publishes the templates."""
    shop = CliShop(tmp_path)
    for command in ("pause", "resume"):
        assert "so nothing was paused or resumed" in shop.run(command, code=1).stderr
    shop.run("db", "upgrade")
    assert "The shop main is paused" in shop.run("pause", "--shop", "main").stdout
    wording = tmp_path / "templates" / "sms" / "en" / "birthday.j2"
    wording.write_text(f"{wording.read_text(encoding='utf-8').rstrip()} Come by!\n", encoding="utf-8")
    assert "it has: main." in shop.run("resume", "--shop", "jinjiang", code=1).stderr
    assert shop.run("resume", "--shop", "main").stdout == "The pause of main is over.\n"


def test_resuming_everything_lets_a_stopped_lane_try_again(shop: CliShop) -> None:
    """Resuming one shop does not: the set-up is everybody's."""
    store = shop.store()
    with store.write() as session:
        lanes.stop(session, "simulator", code="20003", error="Authenticate")
    store.close()
    assert not shop.json("resume", "--shop", "main")["lane_started"]
    assert shop.json("status", "--at", AT)["lane"] == "stopped"
    assert "had stopped over our set-up, tries again." in shop.run("resume").stdout
    assert shop.json("status", "--at", AT)["lane"] == "idle"


def test_a_paused_campaign_is_named_too(shop: CliShop) -> None:
    """And what it holds is counted as paused."""
    shop.run("campaigns", "pause", "maintenance_due")
    told = shop.json("status", "--at", AT)
    assert told["paused_campaigns"] == ["maintenance_due"]
    assert 0 < told["paused"] < told["waiting"]
    shown = " ".join(shop.run("status", "--at", AT).stdout.split())
    assert "Maintenance due is paused" in shown
    assert "notifier campaigns resume maintenance_due ends that." in shown


def test_at_night_the_page_says_until_when(shop: CliShop) -> None:
    """What was late before stays late."""
    told = shop.json("status", "--at", NIGHT)
    assert told["quiet_until"] == "2026-03-11T01:00:00+00:00"
    shown = shop.run("status", "--at", NIGHT).stdout
    assert "reminders go from 2026-03-11 09:00" in shown
    assert "2026-03-10 10:00:00 (11 hours)" in shown


def test_live_until_ctrl_c(shop: CliShop) -> None:
    """One object a line; Ctrl-C is how it ends, so the exit code is 0. `--every` means `--watch`."""
    watching = subprocess.Popen(
        [sys.executable, "-m", "notifier.cli", "status", "--every", "0.1", "--json", "--at", AT],
        env=shop.environment() | {"PYTHONWARNINGS": "ignore"}, cwd=shop.folder, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watching.stdout is not None
    seen = [json.loads(watching.stdout.readline()) for _ in range(2)]
    watching.send_signal(signal.SIGINT)
    rest, _err = watching.communicate(timeout=60)
    assert watching.returncode == 0
    assert seen[0]["waiting"] == seen[1]["waiting"] > 0
    assert seen[0]["at"] < seen[1]["at"]
    assert all(json.loads(line) for line in rest.splitlines())


@pytest.mark.parametrize("every", ["0", "-1", "soon", "nan", "inf"])
def test_how_often_is_a_number_of_seconds(shop: CliShop, every: str) -> None:
    """Wrong usage otherwise."""
    done = shop.run("status", "--watch", "--every", every, code=2)
    assert "is no number of seconds from 0.1 to 3600" in done.stderr
