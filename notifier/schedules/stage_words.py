"""The touches of a campaign in words: so many days before or after what its rule speaks of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from notifier.domain.cycles import Offset
from notifier.locale import N_, _, listed, ngettext
from notifier.locale.phrases import all_of
from notifier.schedules.campaigns import Campaign

__all__ = ["ANCHORS", "OWN", "Anchor", "event_words", "offset_words", "stage_words", "touch_words"]

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
    return _offsets_words(campaign, [each.offset for each in campaign.stages if names is None or each.name in names])


def touch_words(campaign: Campaign, name: str) -> str:
    """One touch: ``14 days before service is due``; its name, where the campaign has it no more."""
    return stage_words(campaign, (name,)) or name


def offset_words(campaign: Campaign, offset: Offset) -> str:
    """A day before or after what the rule speaks of."""
    return _offsets_words(campaign, [offset])


def event_words(campaign: Campaign) -> str:
    """What the touches are counted from: ``service is due``."""
    return _(_anchor(campaign).event)


def _offsets_words(campaign: Campaign, offsets: Sequence[Offset]) -> str:
    anchor = _anchor(campaign)
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


def _anchor(campaign: Campaign) -> Anchor:
    return ANCHORS.get(campaign.rule, OWN)


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
