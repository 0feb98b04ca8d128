"""A campaign in words made from its settings: a line for the list, and every setting for its own page.

What a sentence says follows schedules.yaml and nothing else; what the control costs comes from the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from notifier.domain.festivals import spoken_festival
from notifier.locale import N_, _, current_language, listed, ngettext
from notifier.locale.phrases import all_of
from notifier.reports import numbers
from notifier.reports.control_cost import ControlCost, control_words
from notifier.reports.cron_words import cron_words
from notifier.reports.guard_words import duration_words, guard_words
from notifier.schedules import Campaign, Schedules
from notifier.schedules.filter_words import filter_words
from notifier.schedules.stage_words import stage_words

__all__ = ["KINDS", "TOPICS", "Clause", "campaign_line", "clauses_of", "kind_word"]

KINDS: Mapping[str, str] = {
    "marketing": N_("marketing"),
    "service": N_("service reminder"),
    "transactional": N_("answer to a request"),
    "safety": N_("safety notice"),
}
BRIEF = ("stages", "occasion", "when", "audience", "frequency_cap", "control", "coupon", "spread", "review", "variants")
"""What the line of the list is made of, in this order."""
TOPICS: Mapping[str, str] = {
    "stages": N_("Reminders"),
    "occasion": N_("Occasions"),
    "when": N_("Runs on"),
    "audience": N_("For whom"),
    "control": N_("Control group"),
    "coupon": N_("Coupon"),
    "spread": N_("Spread"),
    "review": N_("Review"),
    "variants": N_("Wordings compared"),
    "late": N_("Open late"),
    "grace": N_("Made up for"),
    "first_run": N_("First run"),
    "success": N_("Success"),
    "credit": N_("Credited"),
    "lift_window": N_("Lift window"),
    "priority": N_("Priority"),
    "consent": N_("Consent"),
    "suppression": N_("Stop list"),
    "contact_hold": N_("After a call"),
    "data_max_age": N_("Fresh data"),
    "universal_control": N_("Universal control"),
    "frequency_cap": N_("Frequency cap"),
    "daily_budget": N_("Daily budget"),
    "quiet_hours": N_("Quiet hours"),
    "closed_days": N_("Closed days"),
    "pace": N_("Pace"),
}
"""Topic → its title, in the order of a campaign's page."""
GUARDS = (
    "consent", "suppression", "contact_hold", "data_max_age", "universal_control", "frequency_cap", "daily_budget",
    "quiet_hours", "closed_days", "pace",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clause:
    """One setting in words. `aside`: what the campaign's own page adds."""

    topic: str
    words: str
    aside: str = ""

    @property
    def title(self) -> str:
        """What the setting is called."""
        return _(TOPICS[self.topic])

    @property
    def is_guard(self) -> bool:
        """Whether it is the shop's, for all campaigns of this kind."""
        return self.topic in GUARDS


def kind_word(kind: str) -> str:
    """What a text is in law: service reminder, marketing …"""
    return _(KINDS[kind])


def campaign_line(
    campaign: Campaign, schedules: Schedules, cost: ControlCost | None = None, *, is_cost_known: bool = False
) -> str:
    """The campaign in one line; `schedules`: those of its shop. `is_cost_known`: somebody has looked at the figures."""
    said = {each.topic: each.words for each in clauses_of(campaign, schedules, cost, is_cost_known=is_cost_known)}
    return " · ".join(said[topic] for topic in BRIEF if topic in said)


def clauses_of(
    campaign: Campaign, schedules: Schedules, cost: ControlCost | None = None, *, is_cost_known: bool = False
) -> list[Clause]:
    """Everything the settings say of the campaign, in the order of TOPICS; what does not apply is left out."""
    currency = schedules.shops[0].currency
    said = {topic: say(campaign, currency) for topic, say in _SAYINGS.items()}
    asides = {}
    if campaign.control_bp:
        said["control"] = control_words(campaign.control_bp, cost, campaign.success, currency, is_known=is_cost_known)
        if campaign.kind == "service":
            asides["control"] = _("Only early reminders are withheld; the last always goes.")
    said |= guard_words(campaign, schedules.guards, currency)
    return [Clause(topic, words, asides.get(topic, "")) for topic in TOPICS if (words := said.get(topic))]


def _occasion(campaign: Campaign, _currency: str) -> str:
    """Which festivals, topics or list: whatever a rule has for an option of its own."""
    options = campaign.options
    if options.festivals:
        return listed(spoken_festival(name, current_language()) for name in options.festivals)
    if options.topics:
        return listed(
            _("{topic} ({day})").format(topic=topic, day=f"{month:02}-{day:02}")
            for topic, (month, day) in options.topics.items()
        )
    if options.listed is not None:
        listing = options.listed
        said = _("{title} on {day}, to be told until {ends_on}")
        return said.format(title=listing.title, day=numbers.day(listing.day), ends_on=numbers.day(listing.ends_on))
    return ""


def _audience(campaign: Campaign, currency: str) -> str:
    return listed(_whom(campaign, currency))


def _whom(campaign: Campaign, currency: str) -> Iterator[str]:
    listing = campaign.options.listed
    if listing is not None and listing.file is not None:
        yield _("the list {file}").format(file=listing.file)
    elif listing is not None and listing.is_for_all:
        yield _("everybody")
    if campaign.audience is not None:
        yield filter_words(campaign.audience, currency)


def _coupon(campaign: Campaign, currency: str) -> str:
    if campaign.coupon is None:
        return ""
    days = campaign.coupon.valid_days
    said = ngettext("coupon of {value}, valid {days} day", "coupon of {value}, valid {days} days", days)
    return said.format(value=numbers.money(campaign.coupon.value_minor, currency), days=days)


def _spread(campaign: Campaign, _currency: str) -> str:
    if campaign.spread_per_day is None:
        return ""
    said = ngettext("at most {count} text a day", "at most {count} texts a day", campaign.spread_per_day)
    return said.format(count=numbers.count(campaign.spread_per_day))


def _review(campaign: Campaign, _currency: str) -> str:
    return _("a person releases each run") if campaign.review else ""


def _variants(campaign: Campaign, _currency: str) -> str:
    if not campaign.variants:
        return ""
    stages = [
        _("{stage}: {names}").format(stage=stage, names=all_of(list(compared)))
        for stage, compared in campaign.variants.items()
    ]
    return _("wordings compared ({stages})").format(stages=listed(stages))


def _late(campaign: Campaign, _currency: str) -> str:
    if campaign.options.listed is not None or not campaign.late_days:
        return ""
    said = ngettext("the last reminder may go {days} day late", "the last reminder may go {days} days late",
                    campaign.late_days)  # fmt: skip
    return said.format(days=campaign.late_days)


def _grace(campaign: Campaign, _currency: str) -> str:
    return _("a run that was missed is made up for within {length}").format(length=duration_words(campaign.grace))


def _first_run(campaign: Campaign, _currency: str) -> str:
    if campaign.catch_up or campaign.options.listed is not None:
        return _("the first run takes everything that is open")
    return _("the first run takes only what opened in the last 7 days")


def _success(campaign: Campaign, _currency: str) -> str:
    return _("a renewal") if campaign.success == "renewal" else _("a visit")


def _credit(campaign: Campaign, _currency: str) -> str:
    credit = campaign.credit
    if campaign.success == "renewal":
        said = _("a renewal within {reply} days of a reply, or {sent} days of the text")
    else:
        said = _("a visit within {reply} days of a reply, or {sent} days of the text")
    return said.format(reply=credit.reply_days, sent=credit.sent_days)


def _lift_window(campaign: Campaign, _currency: str) -> str:
    if not campaign.control_bp:
        return ""
    days = campaign.lift_window_days
    said = ngettext("texted and untexted are compared for {days} day", "texted and untexted are compared for {days} "
                    "days", days)  # fmt: skip
    return said.format(days=days)


def _priority(campaign: Campaign, _currency: str) -> str:
    if campaign.priority == campaign.kind.priority:
        return ""
    return _("{number} of 0 (first) to 9 (last)").format(number=campaign.priority)


_SAYINGS: Mapping[str, Callable[[Campaign, str], str]] = {
    "stages": lambda campaign, _currency: stage_words(campaign),
    "occasion": _occasion,
    "when": lambda campaign, _currency: cron_words(campaign.when),
    "audience": _audience,
    "coupon": _coupon,
    "spread": _spread,
    "review": _review,
    "variants": _variants,
    "late": _late,
    "grace": _grace,
    "first_run": _first_run,
    "success": _success,
    "credit": _credit,
    "lift_window": _lift_window,
    "priority": _priority,
}
