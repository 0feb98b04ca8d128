"""What the engine has done in a process of its own: each function below is the whole of one such process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from notifier.config import Settings
from notifier.engines.errand import ErrandFailed, run_errand
from notifier.engines.log import configure_logging
from notifier.errors import NotifierError, Refused
from notifier.jobs.attribute import attribute
from notifier.jobs.forecast import forecast
from notifier.jobs.funnel import rehearse
from notifier.jobs.plan import plan
from notifier.locale import N_, use_language
from notifier.reports.campaign_figures import campaign_figures
from notifier.schedules import Schedules
from notifier.wiring.dms import Dms
from notifier.wiring.house import House
from notifier.wiring.inbox import Inbox

if TYPE_CHECKING:
    from notifier.dms.inbox import Mark

__all__ = [
    "answered", "attribute_errand", "foresee_errand", "inbox_errand", "plan_errand", "rehearse_errand", "sync_errand",
]  # fmt: skip

COURTESY = 3
"""What is worked out for a page gives way to whatever else the machine has to do: pages, the lane, the database."""


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


def rehearse_errand(
    settings: Settings, schedules: Schedules, language: str, now: datetime, *, shop: str, campaign: str
) -> dict[str, Any]:
    """A dry run of one campaign of one shop, with the people behind each step, in a process of its own."""
    os.nice(COURTESY)
    with _errand_house(settings, schedules, language) as house:
        try:
            return rehearse(house.planner(), campaign, shop, now)
        except NotifierError as refused:
            raise Refused(N_("{said}"), said=refused.in_console()) from refused


def foresee_errand(
    settings: Settings, schedules: Schedules, language: str, now: datetime, *, shop: str, days: int
) -> dict[str, Any]:
    """The next `days` days of one shop with expected counts, and its campaigns' figures, in a process of its own."""
    os.nice(COURTESY)
    with _errand_house(settings, schedules, language) as house:
        here = schedules.of_shop(shop)
        foreseen = forecast(replace(house.planner(), schedules=here), now, days)
        return {"forecast": foreseen.document(), "campaigns": campaign_figures(house.store, here, now)}


async def answered(errand: Callable[[], Any], within: float) -> Any:
    """What an errand for somebody who waits comes to; ended after `within` seconds, or when the waiting is cancelled.

    Raises Refused, with the errand's own sentence where it has one.
    """
    try:
        async with asyncio.timeout(within):
            return await run_errand(errand)
    except TimeoutError:
        raise Refused(
            N_("This took longer than {minutes} minutes and was ended. Try again at a quieter time."),
            minutes=round(within / 60),
        ) from None
    except ErrandFailed as failed:
        if failed.code in ("crashed", "ended"):
            raise Refused(N_("The calculation broke off; the log says why.")) from failed
        if failed.is_over_the_database:
            asked = N_("The database could not be asked just now ({detail}). Try again.")
            raise Refused(asked, detail=str(failed)) from failed
        raise Refused(N_("{said}"), said=str(failed)) from failed


@contextmanager
def _errand_house(settings: Settings, schedules: Schedules, language: str) -> Iterator[House]:
    configure_logging(settings.log_format)
    use_language(language)
    house = House(settings, given_schedules=schedules)
    try:
        yield house
    finally:
        house.close()
