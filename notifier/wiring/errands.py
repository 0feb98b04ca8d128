"""What the engine has done in a process of its own: each function below is the whole of one such process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from notifier.config import Settings
from notifier.engines.log import configure_logging
from notifier.jobs.attribute import attribute
from notifier.jobs.plan import plan
from notifier.locale import use_language
from notifier.schedules import Schedules
from notifier.wiring.dms import Dms
from notifier.wiring.house import House
from notifier.wiring.inbox import Inbox

if TYPE_CHECKING:
    from notifier.dms.inbox import Mark

__all__ = ["attribute_errand", "inbox_errand", "plan_errand", "sync_errand"]


def plan_errand(settings: Settings, schedules: Schedules, language: str, now: datetime) -> Mapping[str, object]:
    """One planning, in a process of its own."""
    with _errand_house(settings, schedules, language) as house:
        return plan(house.planner(), now).document()


def attribute_errand(settings: Settings, schedules: Schedules, language: str, now: datetime) -> Mapping[str, object]:
    """One attribution, in a process of its own."""
    with _errand_house(settings, schedules, language) as house:
        return attribute(house.store, schedules, now).document()


def sync_errand(settings: Settings, schedules: Schedules, language: str, now: datetime) -> Mapping[str, object]:
    """One reading of the DMS's database, in a process of its own."""
    with _errand_house(settings, schedules, language) as house:
        return {synced.kind: synced.document() for synced in Dms(house).of_its_shop().sync(now)}


def inbox_errand(
    settings: Settings, schedules: Schedules, language: str, now: datetime, ready: Mapping[str, Mark]
) -> Mapping[str, object]:
    """One round through the watched folder, in a process of its own."""
    with _errand_house(settings, schedules, language) as house:
        return Inbox(house).import_watched(ready, now)


@contextmanager
def _errand_house(settings: Settings, schedules: Schedules, language: str) -> Iterator[House]:
    configure_logging(settings.log_format)
    use_language(language)
    house = House(settings, given_schedules=schedules)
    try:
        yield house
    finally:
        house.close()
