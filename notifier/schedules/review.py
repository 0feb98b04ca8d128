"""What a readable schedule may still do wrong: miss a whole stage, or text everybody again after a renaming."""

from __future__ import annotations

import os.path
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from notifier.domain.cycles import Window, stage_windows
from notifier.domain.festivals import days_of
from notifier.errors import ScheduleError
from notifier.locale import LANGUAGES, N_, _, language
from notifier.schedules.campaigns import Campaign, Schedules, ShopSettings
from notifier.schedules.crontab import first_due_of_each_day
from notifier.schedules.places import ScheduleProblems

__all__ = ["KnownCampaign", "ScheduleWarning", "namesakes", "raise_if_campaign_was_renamed", "warnings_of"]

DAY = timedelta(days=1)
SIMULATED_DAYS = 400
# A fixed start keeps the answer the same every day; it is a leap year, so 29 February is tried too.
SIMULATED_FROM = date(2028, 1, 1)


@dataclass(frozen=True, slots=True)
class ScheduleWarning:
    """Something that can be run but will disappoint; ``str()`` is the sentence in the current language."""

    sentence: str
    campaign: str
    line: int
    fields: dict[str, Any]

    def __str__(self) -> str:
        return _(self.sentence).format(campaign=self.campaign, line=self.line, **self.fields)


class KnownCampaign(Protocol):
    """A campaign the store has run before."""

    @property
    def campaign_id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def rule(self) -> str: ...


def warnings_of(schedules: Schedules, *, start: date = SIMULATED_FROM) -> list[ScheduleWarning]:
    """Stages that `when` can step over whole, found by living through the 400 days from `start`; names that are alike.

    What several shops of a group share is lived through, and told, once.
    """
    looked_at: set[tuple[int, int, str, str]] = set()
    found: list[ScheduleWarning] = []
    for shop in schedules.shops:
        view = schedules.of_shop(shop.key)
        for campaign in view.campaigns:
            shared = (id(campaign), id(view.guards), shop.zone.key, shop.region)
            if campaign.enabled and shared not in looked_at:
                looked_at.add(shared)
                found += (each for each in _missable_stages(view, shop, campaign, start) if each not in found)
                found += (each for each in _missing_list(view, campaign) if each not in found)
    return [*found, *(_called_alike(schedules, *pair) for pair in namesakes(schedules))]


def namesakes(schedules: Schedules) -> list[tuple[Campaign, Campaign]]:
    """Each campaign that is called as one above it, with that one, where the shop gave the name to one of them."""
    first: dict[str, Campaign] = {}
    pairs = [(each, first.setdefault(title, each)) for each in schedules.campaigns for title in _titles(each)]
    return [(each, other) for each, other in pairs if each is not other and (each.name or other.name)]


def _titles(campaign: Campaign) -> list[str]:
    """What it is called on any screen: one without a name in each language otherwise."""
    found = []
    for name in LANGUAGES:
        with language(name):
            found.append(_heard(campaign.title))
    return list(dict.fromkeys(found))


def _heard(title: str) -> str:
    """The same for what people take for the same."""
    return "".join(unicodedata.normalize("NFKC", title).casefold().split())


def _called_alike(schedules: Schedules, campaign: Campaign, other: Campaign) -> ScheduleWarning:
    return ScheduleWarning(
        N_(
            "{file}, line {line}: {campaign} is called “{name}” as {other} (line {first}) is, so nobody can tell their "
            "reports apart; give one of them another name."
        ),
        campaign.key,
        campaign.line,
        {"file": str(schedules.path), "name": campaign.name or other.name, "other": other.key, "first": other.line},
    )


def raise_if_campaign_was_renamed(schedules: Schedules, known: Iterable[KnownCampaign]) -> None:
    """Raise ScheduleProblems where a known id vanished and a new campaign of its rule has no `id:` of its own.

    Cycles belong to the id, so a renamed key alone would text everybody a second time.
    """
    known = list(known)
    present = {campaign.id for campaign in schedules.campaigns}
    known_ids = {campaign.campaign_id for campaign in known}
    new = [campaign for campaign in schedules.campaigns if campaign.id not in known_ids and not campaign.explicit_id]
    problems = [
        ScheduleError(
            N_(
                "{file}, line {line}: {key} is new and {old} is gone. If it was renamed, add “id: {old}” under it so "
                "that nobody is texted twice; if it is another campaign, add “id: {new}”."
            ),
            file=str(schedules.path),
            line=campaign.line,
            key=f"campaigns.{campaign.key}",
            old=vanished.campaign_id,
            new=campaign.key,
        )
        for campaign in new
        for vanished in known
        if vanished.campaign_id not in present and vanished.rule == campaign.rule
    ]
    if problems:
        raise ScheduleProblems(problems)


def _missable_stages(
    schedules: Schedules, shop: ShopSettings, campaign: Campaign, start: date
) -> Iterator[ScheduleWarning]:
    listed = campaign.options.listed
    if listed is not None:
        start = min(stage.offset.opens_on(listed.day) for stage in campaign.stages)
    runs = list(_runs(schedules, shop, campaign, start))
    last_day = start + SIMULATED_DAYS * DAY
    missed: dict[str, tuple[date, Window]] = {}
    for due_on, window in _windows(campaign, start):
        is_simulated = start <= window.opens_on and window.closes_on < last_day
        if window.stage not in missed and is_simulated and _is_missed(window, runs):
            missed[window.stage] = due_on, window
    for stage in campaign.stages:
        if stage.name in missed:
            yield _warning(schedules, campaign, *missed[stage.name])


def _missing_list(schedules: Schedules, campaign: Campaign) -> Iterator[ScheduleWarning]:
    """The file of a list that is not there (yet)."""
    listed = campaign.options.listed
    path = schedules.path.parent / listed.file if listed is not None and listed.file is not None else None
    if path is not None and not os.path.isfile(path):  # noqa: PTH113 — Path.is_file raises where it may not look
        yield ScheduleWarning(
            N_(
                "{file}, line {line}: {campaign} names the list {path}, which is not there; until it is, the campaign "
                "waits."
            ),
            campaign.key,
            campaign.line,
            {"file": str(schedules.path), "path": str(path)},
        )


def _warning(schedules: Schedules, campaign: Campaign, due_on: date, window: Window) -> ScheduleWarning:
    return ScheduleWarning(
        N_(
            "{file}, line {line}: {campaign} can miss the stage {stage}: with when “{when}” none goes out from "
            "{opens} to {closes} for what is due on {due}. Run it on more days, or give the stage more of them."
        ),
        campaign.key,
        campaign.line,
        {
            "file": str(schedules.path),
            "stage": window.stage,
            "when": campaign.when,
            "opens": window.opens_on.isoformat(),
            "closes": window.closes_on.isoformat(),
            "due": due_on.isoformat(),
        },
    )


def _runs(schedules: Schedules, shop: ShopSettings, campaign: Campaign, start: date) -> Iterator[tuple[date, date]]:
    """(day of the run, first day its texts may go out) over the simulated days, one a day."""
    since = datetime.combine(start, time(), shop.zone)
    until = datetime.combine(start + SIMULATED_DAYS * DAY, time(), shop.zone)
    hours = schedules.guards.hours(shop.zone)
    for due_at in first_due_of_each_day(campaign.when, shop.zone, since, until):
        goes_at = hours.next_open(due_at)
        yield due_at.astimezone(shop.zone).date(), goes_at.astimezone(shop.zone).date()


def _windows(campaign: Campaign, start: date) -> Iterator[tuple[date, Window]]:
    """The windows of everything due from so early that its last stage opens in the simulated days, to so late that its
    first does."""
    offsets = [stage.offset for stage in campaign.stages]
    earliest = max(offset.days + offset.months * 31 for offset in offsets)
    latest = min(offset.days + offset.months * 28 for offset in offsets)
    for due_on in _due_days(campaign, start - max(earliest, 0) * DAY, start + (SIMULATED_DAYS - min(latest, 0)) * DAY):
        for window in stage_windows(due_on, campaign.stages, campaign.late_days):
            yield due_on, window


def _due_days(campaign: Campaign, first: date, end: date) -> list[date]:
    """The days in [first, end) on which something can be due: all of them, but for festivals and topics."""
    days = [first + number * DAY for number in range((end - first).days)]
    options = campaign.options
    if options.listed:
        return [options.listed.day]
    if options.festivals:
        return sorted({day for name in options.festivals for day in days_of(name, first, end - DAY)})
    if options.topics:
        return [day for day in days if (day.month, day.day) in options.topics.values()]
    return days


def _is_missed(window: Window, runs: list[tuple[date, date]]) -> bool:
    first = bisect_left(runs, (window.opens_on, date.min))
    return first == len(runs) or runs[first][1] > window.closes_on
