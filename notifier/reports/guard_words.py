"""What holds a campaign's texts back, in words: the guards of the shop as far as they apply to its kind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta

from babel import Locale

from notifier.domain.closed_days import ClosedDays, DatedRange, LunarRange, PublicHolidays, YearlyRange
from notifier.domain.festivals import spoken_festival
from notifier.domain.rules import RULES
from notifier.locale import _, current_language, listed, ngettext
from notifier.locale.records import records_word
from notifier.reports import numbers
from notifier.reports.cron_words import weekday_words
from notifier.schedules import Campaign, DailyBudget, FrequencyCap, Guards, Kind

__all__ = ["cap_words", "closed_words", "duration_words", "guard_words"]

BOUND = (Kind.MARKETING, Kind.SERVICE)
"""Kinds of text that cap and budget count and hold back."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def guard_words(campaign: Campaign, guards: Guards, currency: str) -> dict[str, str]:
    """Key of the guard → what it does to this campaign's texts, in the order in which planning asks; only what applies.

    `currency`: of the shop.
    """
    return dict(_said(campaign, guards, currency))


def cap_words(cap: FrequencyCap) -> str:
    """``not within 7 days of another text``."""
    if cap.messages == 1:
        said = ngettext("not within {days} day of another text", "not within {days} days of another text", cap.days)
        words = said.format(days=cap.days)
    else:
        said = ngettext(
            "at most {count} texts to one customer a day", "at most {count} texts to one customer in {days} days",
            cap.days,
        )  # fmt: skip
        words = said.format(count=cap.messages, days=cap.days)
    return _("{words}, all shops of the group together").format(words=words) if cap.spans_group else words


def duration_words(length: timedelta) -> str:
    """``2 days``, ``36 hours``."""
    if length % DAY == timedelta():
        return ngettext("{count} day", "{count} days", length // DAY).format(count=length // DAY)
    return ngettext("{count} hour", "{count} hours", length // HOUR).format(count=length // HOUR)


def _said(campaign: Campaign, guards: Guards, currency: str) -> Iterator[tuple[str, str]]:
    is_safety = campaign.kind is Kind.SAFETY
    if campaign.kind is Kind.MARKETING:
        yield "consent", _("only to customers who agreed to marketing")
    yield "suppression", _("never to a phone that said stop")
    if not is_safety and guards.contact_hold_days:
        days = guards.contact_hold_days
        said = ngettext("not within {days} day of a call about the same", "not within {days} days of a call about the "
                        "same", days)  # fmt: skip
        yield "contact_hold", said.format(days=days)
    if ages := _ages(campaign, guards):
        yield "data_max_age", ages
    if campaign.kind is Kind.MARKETING and guards.universal_control_bp:
        share = numbers.percent(guards.universal_control_bp)
        yield (
            "universal_control",
            _("not to the {share} of customers who get no marketing this year").format(share=share),
        )
    if campaign.kind in BOUND and guards.frequency_cap is not None:
        yield "frequency_cap", cap_words(guards.frequency_cap)
    if campaign.kind in BOUND and guards.daily_budget is not None:
        yield "daily_budget", _budget(guards.daily_budget, currency)
    if not is_safety:
        yield from _hours(guards)
    if guards.pace is not None:
        yield "pace", _("at most {units} a second").format(units=f"{guards.pace:g}")


def _ages(campaign: Campaign, guards: Guards) -> str:
    limits = [(kind, guards.data_max_age[kind]) for kind in RULES[campaign.rule].reads if kind in guards.data_max_age]
    return listed(
        _("waits where records of {records} are older than {length}").format(
            records=records_word(kind), length=duration_words(age)
        )
        for kind, age in limits
    )


def _budget(budget: DailyBudget, currency: str) -> str:
    parts = []
    if budget.messages is not None:
        said = ngettext("{count} text", "{count} texts", budget.messages)
        parts.append(said.format(count=numbers.count(budget.messages)))
    if budget.amount_micros is not None:
        parts.append(numbers.money_micros(budget.amount_micros, currency))
    return _("all campaigns together at most {limits} a day").format(limits=listed(parts))


def _hours(guards: Guards) -> Iterator[tuple[str, str]]:
    quiet = guards.quiet_hours
    if quiet is not None and quiet.start is not None and quiet.end is not None:
        zone = _("on the clock of the customer's phone") if guards.in_customers_zone else ""
        words = _("not from {start} to {end}").format(start=_clock(quiet.start), end=_clock(quiet.end))
        yield "quiet_hours", listed([words, zone] if zone else [words])
    if closed := closed_words(guards.closed_days):
        yield "closed_days", _("not on {days}").format(days=closed)


def closed_words(closed: ClosedDays) -> str:
    """The weekdays, dates, festivals and public holidays on which nothing goes out."""
    parts = [weekday_words(sorted(closed.weekdays))] if closed.weekdays else []
    parts += [_range(each) for each in closed.ranges]
    parts += [spoken_festival(name, current_language()) for name in closed.festivals]
    parts += [_("public holidays of {country}").format(country=_country(each)) for each in closed.holidays]
    return listed(parts)


def _range(days: DatedRange | YearlyRange | LunarRange) -> str:
    if isinstance(days, DatedRange):
        first, last = numbers.day(days.first), numbers.day(days.last)
    else:
        first, last = ("{:02}-{:02}".format(*end) for end in (days.first, days.last))
    words = first if first == last else _("{first} to {last}").format(first=first, last=last)
    return _("{days} of the lunar calendar").format(days=words) if isinstance(days, LunarRange) else words


def _country(holidays: PublicHolidays) -> str:
    named = Locale.parse(current_language(), sep="-").territories.get(holidays.country, holidays.country)
    return f"{named} ({holidays.subdivision})" if holidays.subdivision else str(named)


def _clock(clock: time) -> str:
    return f"{clock.hour}:{clock.minute:02}"
