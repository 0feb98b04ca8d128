"""What a report says in words: the verdict, the windows, the opening line. For every renderer."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from notifier.domain.lift import Interval
from notifier.locale import N_, _
from notifier.locale.records import records_word
from notifier.reports import numbers
from notifier.reports.campaigns import ReportCampaign
from notifier.reports.figures import CampaignReport, CampaignRow
from notifier.reports.lift import LiftFigures, LiftView

__all__ = [
    "credited_sentence",
    "data_sentence",
    "footnotes",
    "kind_word",
    "opening_sentence",
    "out_of_lift_sentence",
    "phoned_sentence",
    "ratio_sentence",
    "revenue_sentence",
    "smallest_sentence",
    "verdict_sentence",
    "verdict_word",
    "windows_sentence",
]

_KINDS = {
    "marketing": N_("marketing"),
    "service": N_("service reminder"),
    "transactional": N_("answer asked for"),
    "safety": N_("safety notice"),
}

_VERDICT_WORDS = {
    "distinguishable": N_("difference shown"),
    "not_distinguishable": N_("not distinguishable from zero"),
    "interim": N_("interim"),
    "too_few": N_("too few customers"),
    "ratio_alarm": N_("groups uneven, no verdict"),
    "no_control": N_("no control group"),
}

_OUT_OF_LIFT = {
    "came_before_enrolment": N_("came before enrolment"),
    "last_stage": N_("began at the last reminder"),
    "merged_arms": N_("two records of one customer in both groups"),
    "split": N_("one record of two customers"),
}


def kind_word(kind: str) -> str:
    """The kind of a campaign in the reader's language."""
    return _(_KINDS.get(kind, kind))


def verdict_word(verdict: str) -> str:
    """The verdict in two or three words, for a cell."""
    return _(_VERDICT_WORDS[verdict])


def opening_sentence(report: CampaignReport) -> str:
    """How the dealership's orders became the visits counted here; parked orders only where there are any."""
    orders = report.orders
    sentence = _(
        "Orders {orders} − merged same day {merged} − PDI {pdi} − internal {internal} − accident {accident} "
        "= visits counted {visits}"
    )
    if orders.parked:
        sentence = _(
            "Orders {orders} − waiting for their car {parked} − merged same day {merged} − PDI {pdi} "
            "− internal {internal} − accident {accident} = visits counted {visits}"
        )
    fields = ("orders", "parked", "merged", "pdi", "internal", "accident", "visits")
    return sentence.format(**{name: numbers.count(getattr(orders, name)) for name in fields})


def data_sentence(report: CampaignReport) -> str:
    """Up to which day the shop's records are known, in the shop's own zone."""
    if not report.known_to:
        return _("Nothing has been imported yet: import customers and visits, then look again.")
    zone = ZoneInfo(report.shop.timezone)
    known = [
        _("{records} to {day}").format(records=records_word(kind), day=at.astimezone(zone).date().isoformat())
        for kind, at in report.known_to.items()
    ]
    return _("Data known: {list}").format(list=_(", ").join(known))


def credited_sentence(row: CampaignRow, currency: str) -> str:
    """What is credited to the campaign's texts."""
    sentence = _("Visits credited: {count}, revenue {amount}; helped with {assisted} more")
    if row.campaign.success == "renewal":
        sentence = _("Renewals credited: {count}, commission {amount}; helped with {assisted} more")
    return sentence.format(
        count=numbers.count(row.credit.outcomes),
        amount=numbers.money(row.credit.amount_minor, currency),
        assisted=numbers.count(row.credit.assisted),
    )


def verdict_sentence(view: LiftView, success: str) -> str:
    """What the campaign caused, as one sentence with its range: shown as it is, also where it is less than nothing."""
    if view.verdict == "no_control":
        return _("No control group: what the campaign caused cannot be told")
    if view.verdict == "ratio_alarm":
        return _(
            "No verdict: {treatment} to {control} customers is not how the groups were drawn "
            "(chance below 1 in 1,000); find out who was left out of one group"
        ).format(
            treatment=numbers.count(view.treatment.n),
            control=numbers.count(view.control.n),
        )
    if view.rate is None:
        return _("No verdict: one of the two groups has no customers yet")
    sentence = _RENEWALS[view.verdict] if success == "renewal" else _VISITS[view.verdict]
    return _(sentence).format(
        count=numbers.count(view.rate.incremental),
        day=numbers.day(view.until),
        **_range(view.rate.incremental_interval),
    )


_VISITS = {
    "distinguishable": N_("Visits gained: {count} (plausible range {low} to {high})"),
    "not_distinguishable": N_("Not distinguishable from zero (plausible range {low} to {high} visits)"),
    "interim": N_("Interim, verdict after {day}: visits gained so far {count} (plausible range {low} to {high})"),
    "too_few": N_("Too few customers to show any difference (plausible range {low} to {high} visits)"),
}

_RENEWALS = {
    "distinguishable": N_("Renewals gained: {count} (plausible range {low} to {high})"),
    "not_distinguishable": N_("Not distinguishable from zero (plausible range {low} to {high} renewals)"),
    "interim": N_("Interim, verdict after {day}: renewals gained so far {count} (plausible range {low} to {high})"),
    "too_few": N_("Too few customers to show any difference (plausible range {low} to {high} renewals)"),
}


def revenue_sentence(view: LiftView, currency: str) -> str | None:
    """The revenue caused; None where there is nothing to compare, a refusal in words below 30 buyers."""
    if view.rate is None:
        return None
    if view.revenue is None:
        return _("Not shown: fewer than 30 buyers in a group")
    interval = view.revenue.total_interval
    return _("{amount} (plausible range {low} to {high})").format(
        amount=numbers.money(view.revenue.total, currency),
        low=numbers.money(interval.low, currency),
        high=numbers.money(interval.high, currency),
    )


def ratio_sentence(row: CampaignRow) -> str | None:
    """Credited against caused, where a gain is proven."""
    ratio = row.credited_per_caused
    return None if ratio is None else _("{times} credited for each one gained").format(times=numbers.times(ratio))


def smallest_sentence(view: LiftView) -> str | None:
    """The smallest effect a list of this size can show; None where there is no comparison."""
    if view.rate is None:
        return None
    if view.smallest_effect is None:
        return _("A list of this size cannot show any effect")
    return _("{points} percentage points").format(points=numbers.points(view.smallest_effect))


def phoned_sentence(view: LiftView) -> str | None:
    """How many of each group the staff phoned: calls to the control spoil the comparison. None where nobody was."""
    if not view.treatment.phoned and not view.control.phoned:
        return None
    return _("phoned by staff: {treatment} of the treatment group, {control} of the control group").format(
        treatment=numbers.count(view.treatment.phoned), control=numbers.count(view.control.phoned)
    )


def out_of_lift_sentence(lift: LiftFigures) -> str | None:
    """Who stands in neither group, by reason; None where nobody."""
    if not lift.out_of_lift:
        return None
    reasons = [
        _("{reason} {count}").format(reason=_(_OUT_OF_LIFT.get(name, name)), count=numbers.count(number))
        for name, number in sorted(lift.out_of_lift.items())
    ]
    return _("in neither group: {list}").format(list=_(", ").join(reasons))


def windows_sentence(campaign: ReportCampaign) -> str:
    """The windows the figures of one campaign were made with."""
    return _(
        "credited within {sent} days of a text, {reply} days with a reply; gained within {lift} days of enrolment"
    ).format(sent=campaign.credit_sent_days, reply=campaign.credit_reply_days, lift=campaign.lift_window_days)


def footnotes(report: CampaignReport) -> list[str]:
    """What a reader must know to read the figures right."""
    notes = [
        _(
            "Credited and gained answer two questions and are never added: which text a visit is booked to, "
            "and how many visits there would not have been without the campaign."
        ),
        _(
            "Each campaign's gain is given the other campaigns running. "
            "A customer counts once, however often they came."
        ),
        _(
            "Plausible range: 95% confidence interval, wider while interim. "
            "Smallest effect: what a list of this size shows in 4 cases of 5."
        ),
        _("Answers, bookings and credit belong to the texts of the period, whenever they came."),
    ]
    if any(row.campaign.success == "renewal" for row in report.rows):
        notes.append(_("The revenue of a renewal is the shop's commission."))
    return notes


def _range(interval: Interval) -> dict[str, str]:
    return {"low": numbers.count(interval.low), "high": numbers.count(interval.high)}
