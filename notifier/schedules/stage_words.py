"""The touches of a campaign in words: so many days before or after what its rule speaks of."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from notifier.domain.cycles import Offset
from notifier.locale import N_, _, listed, ngettext
from notifier.locale.phrases import all_of
from notifier.schedules.campaigns import Campaign
from notifier.schedules.trees import Tree

__all__ = [
    "ANCHORS", "OWN", "Anchor", "event_words", "moved_words", "offset_words", "reminder_words", "stage_words",
    "touch_in_settings", "touch_order", "touch_words", "written_offset", "written_words",
]  # fmt: skip

_WRITTEN = re.compile(r"([+-]?\d{1,4})\s?([dm]?)")
DAYS_A_MONTH = 30
A_SERIES = 4
"""So many stages in equal steps of months are told as a series."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a rule counts from. `event`: as it stands behind "before" and "after"; `on_day`: on its day."""

    event: str
    on_day: str


ANCHORS: Mapping[str, Anchor] = {
    "first_service": Anchor(N_("first service is due"), N_("on the day first service is due")),
    "maintenance_due": Anchor(N_("service is due"), N_("on the day service is due")),
    "insurance_expiry": Anchor(N_("the policy ends"), N_("on the day the policy ends")),
    "inspection": Anchor(N_("the inspection ends"), N_("on the day the inspection ends")),
    "loan_end": Anchor(N_("the last instalment"), N_("on the day of the last instalment")),
    "warranty_end": Anchor(N_("the warranty ends"), N_("on the day the warranty ends")),
    "birthday": Anchor(N_("the birthday"), N_("on the birthday")),
    "anniversary": Anchor(N_("the purchase anniversary"), N_("on the purchase anniversary")),
    "festival": Anchor(N_("the festival"), N_("on the festival")),
    "thank_you": Anchor(N_("the delivery"), N_("on the day of the delivery")),
    "follow_up": Anchor(N_("the visit"), N_("on the day of the visit")),
    "winback": Anchor(N_("the last visit"), N_("on the day of the last visit")),
    "points": Anchor(N_("the points expire"), N_("on the day the points expire")),
    "level": Anchor(N_("the new level is known"), N_("on the day the new level is known")),
    "referral": Anchor(N_("the delivery to the friend"), N_("on the day of the delivery to the friend")),
    "tips": Anchor(N_("the topic's day"), N_("on the topic's day")),
    "list": Anchor(N_("the list's day"), N_("on the list's day")),
}
"""Rule → what it counts from; a rule of one's own that is not here counts from the due day."""
OWN = Anchor(N_("the due day"), N_("on the due day"))


def stage_words(campaign: Campaign, names: Collection[str] | None = None) -> str:
    """``14 and 3 days before service is due``; `names`: only these touches, those among them that there are."""
    offsets = [each.offset for each in campaign.stages if names is None or each.name in names]
    return _offsets_words(campaign.rule, offsets)


def touch_words(campaign: Campaign, name: str) -> str:
    """One touch: ``14 days before service is due``; its name, where the campaign has it no more."""
    return stage_words(campaign, (name,)) or name


def touch_in_settings(settings: Mapping[str, Any], name: str) -> str:
    """One touch of a campaign as a run's settings keep it, also long after the campaign is gone."""
    return written_words(str(settings.get("rule")), settings.get("stages", {}).get(name)) or name


def offset_words(campaign: Campaign, offset: Offset) -> str:
    """A day before or after what the rule speaks of."""
    return _offsets_words(campaign.rule, [offset])


def event_words(campaign: Campaign) -> str:
    """What the touches are counted from: ``service is due``."""
    return _(_anchor(campaign.rule).event)


def reminder_words(number: int) -> str:
    """What people call a touch: by its place in the order of time, from 1."""
    return _("Reminder {number}").format(number=number)


def written_offset(written: str) -> Offset | None:
    """``-14``, ``-14d`` or ``6m``; None for anything else."""
    match = _WRITTEN.fullmatch(written.strip())
    if match is None:
        return None
    number = int(match[1])
    return Offset(months=number) if match[2] == "m" else Offset(days=number)


def written_words(rule: str, written: str | None) -> str | None:
    """A day before or after what `rule` speaks of, as the file writes it; what is no offset stays as it is."""
    offset = written_offset(written or "")
    return _offsets_words(rule, [offset]) if offset is not None else written


def touch_order(stages: Tree | None) -> list[str]:
    """The names of the touches, written as name → offset, in the order of time; one without a day follows the one it
    stands behind."""
    places: dict[str, int] = {}
    place = -(10**6)
    for name, written in stages.items() if isinstance(stages, Mapping) else ():
        offset = written_offset(str(written))
        if offset is not None:
            place = offset.months * DAYS_A_MONTH + offset.days
        places[name] = place
    return sorted(places, key=lambda name: places[name])


def moved_words(rule: str, before: Offset, after: Offset) -> tuple[str, str]:
    """A touch of `rule` that moves: ``30 days before the policy ends`` and ``25 days``, which side is said once."""
    was = _offsets_words(rule, [before])
    if _side(before) != _side(after) or not _side(after):
        return was, _offsets_words(rule, [after])
    if after.months:
        return was, ngettext("{count} month", "{count} months", after.months).format(count=after.months)
    days = abs(after.days)
    return was, ngettext("{count} day", "{count} days", days).format(count=days)


def _side(offset: Offset) -> str:
    """Days before, days after, or months; nothing for the day itself."""
    return "m" if offset.months else "-" if offset.days < 0 else "+" if offset.days > 0 else ""


def _offsets_words(rule: str, offsets: Sequence[Offset]) -> str:
    anchor = _anchor(rule)
    days = [offset.days for offset in offsets if not offset.months]
    months = [offset.months for offset in offsets if offset.months]
    parts = []
    if before := [-day for day in days if day < 0]:
        parts.append(_days_before(before, _(anchor.event)))
    if 0 in days:
        parts.append(_(anchor.on_day))
    if after := [day for day in days if day > 0]:
        parts.append(_days_after(after, _(anchor.event)))
    if months:
        parts.append(_months_after(months, _(anchor.event)))
    return listed(parts)


def _anchor(rule: str) -> Anchor:
    return ANCHORS.get(rule, OWN)


def _days_before(days: Sequence[int], event: str) -> str:
    return ngettext("{numbers} day before {event}", "{numbers} days before {event}", max(days)).format(
        numbers=_numbers(days), event=event
    )


def _days_after(days: Sequence[int], event: str) -> str:
    return ngettext("{numbers} day after {event}", "{numbers} days after {event}", max(days)).format(
        numbers=_numbers(days), event=event
    )


def _months_after(months: Sequence[int], event: str) -> str:
    steps = {later - earlier for earlier, later in pairwise(months)}
    if len(months) >= A_SERIES and len(steps) == 1:
        step = steps.pop()
        said = ngettext(
            "every month from {first} to {last} months after {event}",
            "every {count} months from {first} to {last} months after {event}",
            step,
        )
        return said.format(count=step, first=months[0], last=months[-1], event=event)
    return ngettext("{numbers} month after {event}", "{numbers} months after {event}", max(months)).format(
        numbers=_numbers(months), event=event
    )


def _numbers(numbers: Sequence[int]) -> str:
    return all_of([*map(str, numbers)])
