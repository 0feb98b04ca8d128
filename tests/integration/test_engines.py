"""What every engine does, whoever tells it the time: one contract, kept by the embedded one and a cluster's worker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from notifier.jobs.tally import DAYS
from tests.support.daemon import STOPS_WITHIN
from tests.support.engines import ENGINES, OLD_DATA, EngineShop, running_engine


@pytest.fixture(params=ENGINES)
def kind(request: pytest.FixtureRequest) -> str:
    """Which engine."""
    found: str = request.param
    return found


@pytest.fixture
def shop(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EngineShop]:
    """A shop on the database the engine is for."""
    url = request.getfixturevalue("sqlite_url" if kind == "embedded" else "cluster_url")
    made = EngineShop(tmp_path, url)
    yield made
    made.store.close()


def test_an_engine_does_all_there_is_to_do(kind: str, shop: EngineShop, tmp_path: Path) -> None:
    """It makes up for midnight's run as soon as the data allows, by the last good schedules; sends, reconciles,
    attributes, counts the days, says that it lives; a chore that failed is told and done at a later time; and SIGTERM
    ends it cleanly.
    """
    shop.came_in("LSVAA4182E2000001")
    shop.do("ALTER TABLE credit RENAME TO mislaid")
    with running_engine(kind, shop.environ, tmp_path) as engine:
        engine.wait_for("plan_waits", 30)
        engine.wait_for("attribute_failed", 30)
        engine.wait_for("tally_failed", 30)
        shop.schedules.write_text(OLD_DATA.replace("rule:", "rool:"), encoding="utf-8")
        engine.wait_for("schedules_broken")
        shop.data_is(timedelta())
        engine.wait_until(lambda: shop.handed_over == 3, 30)
        shop.do("ALTER TABLE mislaid RENAME TO credit")
        engine.wait_for("attributed", 30)
        engine.wait_until(lambda: shop.states().get("accepted", 0) < 3, 30)  # the network told what became of one
        engine.wait_until(lambda: shop.days_counted() == DAYS, 30)
        assert shop.liveness() == "alive"
        code, seconds = engine.stop()
        lines = engine.log()
    assert (code, seconds < STOPS_WITHIN) == (0, True)
    assert shop.states().get("sending", 0) == 0
    broken = [line for line in lines if line["event"] == "schedules_broken"]
    assert [line["alert"] for line in broken] == [True]
    assert "rool" in broken[0]["problem"]
    failed = [line for line in lines if line["event"] == "attribute_failed"]
    assert {line["alert"] for line in failed} == {True}
    assert {line["event"] for line in lines if line.get("alert")} == {
        "schedules_broken", "attribute_failed", "tally_failed",
    }  # fmt: skip
    assert not any(word in str(lines) for word in ("陈晓芳", "+86138"))
