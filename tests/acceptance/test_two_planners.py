"""Planners, and daemons, at the same moment on one PostgreSQL: each message once, for one shop and for three."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from notifier.store.engine import Store
from notifier.store.tables import Attempt, Cycle, Enrolment, Message, MessageCycle, Run
from tests.support.cli_shop import CliShop
from tests.support.daemon import ROOT, free_port, running_daemon
from tests.support.group import KEYS, Group, yaml
from tests.support.shop import BIRTHDAY, MAINTENANCE, SECRET, ZONE, at, days

TUESDAY = date(2026, 3, 10)
ONE, THREE = KEYS[:1], KEYS
REFUSED = "Another process is planning for this shop right now"
CAP = "frequency_cap: {messages: 2, days: 7, across: group}"


def group_of(keys: tuple[str, ...], store: Store, text: str, each: int, **car: date) -> Group:
    """A group in that database, with so many customers at each shop."""
    group = Group(store, text)
    for key in keys:
        names = [f"{key} {number}" for number in range(each)]
        group[key].crowd(names, **car)
        group[key].fresh(at(TUESDAY))
    return group


def raise_if_anything_stands_twice(group: Group, expected: int) -> None:
    """One cycle, one enrolment and one message a person."""
    shop = next(iter(group.shops.values()))
    messages = shop.rows(Message)
    assert len(messages) == expected
    assert len({row["customer_id"] for row in messages}) == expected
    assert [shop.count(table) for table in (Cycle, Enrolment, MessageCycle)] == [expected] * 3
    for row in shop.rows(Run):
        assert row["state"] in ("ready", "done")


@pytest.mark.slow
@pytest.mark.parametrize("guards", ["", CAP], ids=["each its cap", "caps across the group"])
@pytest.mark.parametrize("keys", [ONE, THREE], ids=["one shop", "three shops"])
def test_three_planners_started_together_plan_everybody_once(
    tmp_path: Path, postgres_url: str, open_store: Callable[[str], Store], keys: tuple[str, ...], guards: str
) -> None:
    """Whoever finds another at work says so and stops; together they plan everybody, and nobody twice."""
    each = 600
    text = yaml(MAINTENANCE, guards=guards, keys=keys)
    group = group_of(keys, open_store(postgres_url), text, each, service_on=TUESDAY + days(10))
    shop = CliShop(tmp_path, settings={"NOTIFIER_DATABASE_URL": postgres_url})
    shop.schedules.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "notifier.cli", "plan", "--at", at(TUESDAY).isoformat(), "--json"]
    started = [
        subprocess.Popen(
            command, cwd=tmp_path, env=shop.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    ended = [(*process.communicate(timeout=120), process.returncode) for process in started]
    documents = [json.loads(out) for out, _said, code in ended if code == 0]
    assert documents, ended
    assert [said for _out, said, code in ended if code != 0 and REFUSED not in said] == []
    assert sum(document["planned"] for document in documents) == each * len(keys)
    raise_if_anything_stands_twice(group, each * len(keys))
    assert sorted(Counter(row["shop_id"] for row in group[keys[0]].rows(Run)).values()) == [1] * len(keys)


@pytest.mark.slow
@pytest.mark.parametrize("keys", [ONE, THREE], ids=["one shop", "three shops"])
def test_two_daemons_on_one_database_text_everybody_once(
    tmp_path: Path, postgres_url: str, open_store: Callable[[str], Store], keys: tuple[str, ...]
) -> None:
    """Both plan and send from the first moment on; each greeting is one message and one attempt."""
    now = datetime.now(UTC)
    text = yaml(BIRTHDAY.replace("30 9 * * *", "* * * * *"), guards="quiet_hours: none", keys=keys)
    schedules = tmp_path / "schedules.yaml"
    schedules.write_text(text, encoding="utf-8")
    group = Group(open_store(postgres_url), text)
    each = 40
    for key in keys:
        for number in range(each):
            group[key].customer(f"{key} {number}", birth_on=now.astimezone(ZONE).date())
        group[key].fresh(now)
    environ = {
        "NOTIFIER_DATABASE_URL": postgres_url, "NOTIFIER_SECRET_KEY": SECRET.decode(), "NOTIFIER_LOG_FORMAT": "json",
        "NOTIFIER_SCHEDULES": str(schedules), "NOTIFIER_TEMPLATES": str(ROOT / "templates" / "sms"),
    }  # fmt: skip
    with ExitStack() as running:
        daemons = []
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            daemons.append(running.enter_context(running_daemon(environ | {"NOTIFIER_PORT": str(free_port())}, folder)))
        daemons[0].wait_until(lambda: _handed_over(group) == each * len(keys), 60)
        assert [daemon.process.poll() for daemon in daemons] == [None, None]
        for daemon in daemons:
            assert daemon.stop()[0] == 0
            errors = [line for line in daemon.log() if line["level"] == "error"]
            assert not errors, json.dumps(errors, indent=1)
    raise_if_anything_stands_twice(group, each * len(keys))
    assert group[keys[0]].count(Attempt) == each * len(keys)


def _handed_over(group: Group) -> int:
    shop = next(iter(group.shops.values()))
    return sum(row["state"] in ("accepted", "sent", "delivered", "undelivered") for row in shop.rows(Message))
