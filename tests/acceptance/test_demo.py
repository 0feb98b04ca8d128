"""`notifier demo` in small: a village shop's three weeks, ending with books that add up and a truth to hold against."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from notifier.cli.report import report_of
from notifier.demo.ending import Check, Compared
from notifier.demo.play import ENVIRONMENT, START, Script, live_through, open_shop
from notifier.demo.shop import Done
from notifier.errors import Refused
from notifier.reports.render_json import campaigns_json
from tests.support.cli_shop import LOCAL, CliShop
from tests.support.prepared_cli import ROOT

CUSTOMERS, DAYS = 300, 21


@dataclass(frozen=True)
class Played:
    """A demo from beginning to end."""

    done: Done
    checks: list[Check]
    compared: list[Compared]
    report: str
    texts: dict[str, str]
    days_watched: list[date]


def play(folder: Path, seed: int = 1) -> Played:
    """Play the small demo in `folder`."""
    script, watched = Script(folder, customers=CUSTOMERS, days=DAYS, seed=seed), list[date]()
    shop = open_shop(script)
    try:
        ended = live_through(shop, script, lambda day, _done: watched.append(day))
        report = report_of(shop.house, ended.now, None, ended.first_day, ended.reported_until)
        compared = ended.compare(report)
        return Played(shop.done, ended.checks(), compared, campaigns_json(report), ended.sample_texts(), watched)
    finally:
        shop.house.close()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The small demo, played once."""
    return play(tmp_path_factory.mktemp("demo") / "shop")


def test_the_books_add_up(played: Played) -> None:
    """Every text accounted for, nobody twice, nobody after a stop, every visit known to the shop."""
    assert [check.sentence for check in played.checks if not check.is_right] == []
    assert len(played.checks) == 4
    assert played.done.planned > 100
    assert played.done.accepted > 100
    assert played.days_watched[0] == START
    assert len(played.days_watched) == DAYS


def test_every_campaign_spoke_and_the_dirt_was_noticed(played: Played) -> None:
    """Texts of all four campaigns arrived; rows nobody can read were rejected, shared phones merged."""
    assert set(played.texts) == {"maintenance_due", "insurance_expiry", "birthday", "winback"}
    assert all(text.startswith("【东南泉州】") for text in played.texts.values())
    customers, visits = played.done.imports["customers"], played.done.imports["visits"]
    assert set(customers.rejected) == {"bad_vin", "duplicate_vin"}
    assert customers.merged > 0
    assert visits.rejected["duplicate_order"] > 0
    assert visits.warned["implausible_odometer"] > 0


def test_the_truth_stands_beside_what_was_measured(played: Played) -> None:
    """Campaigns with a control have an interval; without one nothing is claimed; a greeting brings nobody in."""
    by_campaign = {one.row.campaign.id: one for one in played.compared}
    assert {key for key, one in by_campaign.items() if one.measured is not None} == {"maintenance_due", "winback"}
    assert by_campaign["birthday"].truth.caused == 0
    assert by_campaign["winback"].truth.caused > 0
    for one in played.compared:
        treatment = one.row.lift.first.treatment
        assert (one.truth.n, one.truth.came) == (treatment.n, treatment.came)


def test_the_same_seed_tells_the_same_story(played: Played, tmp_path: Path) -> None:
    """Every figure of a second run is that of the first; another seed tells another story."""
    again = play(tmp_path / "again")
    assert again.report == played.report
    assert [one.truth for one in again.compared] == [one.truth for one in played.compared]
    assert [dict(check.fields) for check in again.checks] == [dict(check.fields) for check in played.checks]
    assert (again.done.planned, again.done.credited) == (played.done.planned, played.done.credited)
    assert play(tmp_path / "other", seed=2).report != played.report


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    """Only what an earlier demo made is ever removed."""
    precious = tmp_path / "thesis.txt"
    precious.write_text("three years of work", encoding="utf-8")
    with pytest.raises(Refused, match="no demo made"):
        open_shop(Script(tmp_path, customers=10, days=1))
    assert precious.read_text(encoding="utf-8") == "three years of work"


def test_the_command_shows_it_all_and_its_commands_work(tmp_path: Path) -> None:
    """The real executable, with no folder named, in both languages of a terminal; then a command it suggests."""
    shop = CliShop(tmp_path, language="zh_CN.UTF-8")
    options = ("demo", "--customers", "60", "--days", "9")
    told = subprocess.run(
        [ROOT / ".venv" / "bin" / "notifier", *options], cwd=tmp_path, env=shop.environment(), capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert "notifier demo --console " in told.stdout
    command = "notifier report --at 2026-03-11T08:00+08:00"
    for words in ("活动效果汇总", "流失招揽", f". out/demo/{ENVIRONMENT}", command):
        assert words in told.stdout
    assert "2026-03-08" in told.stderr
    plain = {key: value for key, value in os.environ.items() if not key.startswith(LOCAL)}
    status = subprocess.run(
        ["/bin/sh", "-c", f". out/demo/{ENVIRONMENT} && {command}"], cwd=tmp_path,
        env=plain | {"PATH": f"{ROOT}/.venv/bin:{plain['PATH']}", "LANG": "en_US.UTF-8"}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert "Campaign summary" in status.stdout
