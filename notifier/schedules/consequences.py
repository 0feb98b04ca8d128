"""What a change of a campaign or of the guards brings about that nobody reads off the form, told before it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from notifier.locale import N_, _
from notifier.schedules.campaigns import Campaign, Guards, Kind, Schedules
from notifier.schedules.places import without_place
from notifier.schedules.review import namesakes, warnings_of
from notifier.schedules.stage_words import stage_words

__all__ = ["Consequence", "History", "disappointments", "of_campaign", "of_guards"]

GONE_BEFORE = N_(
    "A campaign of this rule was removed: {key}. For the new one everybody counts as new: who got texts and coupons "
    "of the former one can get them again. To go on with the former one, give the new one the short name {key}."
)


@dataclass(frozen=True, slots=True)
class Consequence:
    """One sentence; ``str()`` puts it into the reader's language, without a place in the file.

    `is_grave`: too many texts, too few, or a question of law.
    """

    sentence: str
    is_grave: bool = False
    fields: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return without_place(_(self.sentence)).format(**self.fields)


@dataclass(frozen=True, slots=True)
class History:
    """What the database knows of a campaign. `has_run`: ever; `is_drawn`: its share of this year is fixed already;
    `off_for_long`: more than a week; `gone`: the ids of those of its rule that ran and the file has no more."""

    has_run: bool = False
    is_drawn: bool = False
    off_for_long: bool = False
    gone: tuple[str, ...] = ()


def of_campaign(before: Campaign | None, after: Campaign | None, history: History) -> list[Consequence]:
    """What follows when `before` becomes `after`; None = it is not there."""
    if after is None:
        return [
            Consequence(
                N_("Nothing more is planned for it. Texts that wait already still go out: pause the campaign first to "
                   "hold them back."))
        ]  # fmt: skip
    found = list(_switched(before, after, history))
    if before is not None:
        found += _stages(before, after)
        found += _share(before, after, history)
        found += _law_and_pace(before, after, history)
    return found


def of_guards(before: Guards, after: Guards, *, is_drawn: bool) -> list[Consequence]:
    """What follows when the guards become `after`. `is_drawn`: this year's universal control is fixed already."""
    found: list[Consequence] = []
    if before.quiet_hours is not None and after.quiet_hours is None:
        found.append(Consequence(N_("Texts will go out at night as well. Ask counsel first."), is_grave=True))
    if before.frequency_cap is not None and after.frequency_cap is None:
        found.append(Consequence(N_("A customer may then get several texts on one day."), is_grave=True))
    if before.daily_budget is not None and after.daily_budget is None:
        found.append(Consequence(N_("Nothing then limits what a day of texts may cost."), is_grave=True))
    if before.universal_control_bp != after.universal_control_bp and is_drawn:
        found.append(
            Consequence(N_("The universal control of this year is drawn already and stays; the new share begins next "
                           "year."))
        )  # fmt: skip
    if before.quiet_hours != after.quiet_hours or before.closed_days != after.closed_days:
        found.append(Consequence(N_("Texts that wait already keep to the new hours too.")))
    return found


def disappointments(schedules: Schedules, key: str) -> list[Consequence]:
    """What `schedules check` warns of one campaign: stages its runs step over, a list that is not there, a name
    that another one has."""
    only = replace(schedules, campaigns=tuple(each for each in schedules.campaigns if each.key == key), own={})
    told = [
        Consequence(each.sentence, is_grave=True, fields={**each.fields, "campaign": each.campaign, "line": each.line})
        for each in warnings_of(only)
    ]
    if any(key in (each.key, other.key) for each, other in namesakes(schedules)):
        told.append(Consequence(N_("Another campaign is called the same: on screens nobody can tell the two apart."),
                                is_grave=True))  # fmt: skip
    return told


def _switched(before: Campaign | None, after: Campaign, history: History) -> Iterator[Consequence]:
    was_on = before is not None and before.enabled
    if was_on and not after.enabled:
        yield Consequence(
            N_("Nothing more is planned for it. Texts that wait already still go out: pause the campaign as well to "
               "hold them back."))  # fmt: skip
    if before is None and history.has_run:
        yield Consequence(N_("There was a campaign of this short name and rule before: who got its texts does not "
                             "get them again."))  # fmt: skip
    elif before is None:
        yield from (Consequence(GONE_BEFORE, is_grave=True, fields={"key": key}) for key in history.gone)
    if was_on or not after.enabled:
        return
    if history.has_run and not history.off_for_long:
        yield Consequence(
            N_("It was off for less than a week: reminders it missed meanwhile are made up, while they are open.")
        )
    elif after.catch_up:
        yield Consequence(
            N_("The first run takes every reminder that is open, however long ago it opened. That may be very many "
               "texts: look at the dry run before its next run."), is_grave=True)  # fmt: skip
    else:
        yield Consequence(
            N_("The first run takes only reminders that opened in the last 7 days; older ones are not sent.")
        )


def _stages(before: Campaign, after: Campaign) -> Iterator[Consequence]:
    old = {stage.name: stage.offset for stage in before.stages}
    new = {stage.name: stage.offset for stage in after.stages}
    added, gone = [name for name in new if name not in old], [name for name in old if name not in new]
    if added and gone:
        yield Consequence(
            N_("The reminder {added} is a new one: who got the one {gone} gets it as well. To move a reminder, change "
               "its days instead of removing it and adding another."),
            is_grave=True, fields={"added": stage_words(after, added), "gone": stage_words(before, gone)})  # fmt: skip
    elif gone:
        yield Consequence(
            N_("The reminder {gone} is not planned any more; texts of it that wait already still go out."),
            fields={"gone": stage_words(before, gone)})  # fmt: skip
    moved = [name for name in new if name in old and old[name] != new[name]]
    if moved:
        yield Consequence(
            N_("Who already got the reminder {before} does not get it again when it moves: {after}."),
            fields={"before": stage_words(before, moved), "after": stage_words(after, moved)})  # fmt: skip


def _share(before: Campaign, after: Campaign, history: History) -> Iterator[Consequence]:
    if before.control_bp == after.control_bp or not history.is_drawn:
        return
    if after.options.listed is not None:
        yield Consequence(N_("The control group of this list is drawn already and stays; the new share begins with the "
                             "next list."))  # fmt: skip
    else:
        yield Consequence(N_("The control group of this year is drawn already and stays; the new share begins next "
                             "year."))  # fmt: skip


def _law_and_pace(before: Campaign, after: Campaign, history: History) -> Iterator[Consequence]:
    if before.kind is Kind.MARKETING and after.kind is not Kind.MARKETING:
        yield Consequence(
            N_("It will reach customers who never agreed to marketing. That is right only where the text is about "
               "their own car or an answer they asked for: ask counsel."), is_grave=True)  # fmt: skip
    if after.kind is Kind.MARKETING and before.kind is not Kind.MARKETING:
        yield Consequence(N_("Customers whose consent to marketing is not on record are left out from now on."))
    if before.review and not after.review:
        yield Consequence(N_("Its runs go out without anybody looking at them first."), is_grave=True)
    if before.spread_per_day is not None and after.spread_per_day is None and after.enabled:
        yield Consequence(N_("Everybody who is due is texted in one run, not so many a day."), is_grave=True)
    if after.catch_up and not before.catch_up and history.has_run:
        yield Consequence(N_("It has run before: how the first run goes matters again only once it was off for more "
                             "than a week."))  # fmt: skip
    if _list_id(before) != _list_id(after):
        yield Consequence(N_("Under its new id it is another list: who got its texts under the old id gets them "
                             "again."), is_grave=True)  # fmt: skip


def _list_id(campaign: Campaign) -> str | None:
    return campaign.options.listed.id if campaign.options.listed else None
