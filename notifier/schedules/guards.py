"""The `guards:` of schedules.yaml: what holds texts back, for all campaigns of a shop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from notifier.domain.closed_days import ClosedDays
from notifier.domain.contacts import CONTACT_HOLD_DAYS
from notifier.domain.quiet_hours import QuietHours
from notifier.errors import ScheduleError
from notifier.schedules import values
from notifier.schedules.campaigns import DailyBudget, FrequencyCap, Guards
from notifier.schedules.closed_days import read_closed_days
from notifier.schedules.places import Section, Value

__all__ = ["read_guards", "usual_guards"]

IMPORTS = ("customers", "visits", "renewals", "contacts")
DEFAULT_QUIET_HOURS: QuietHours | None = QuietHours.parse("20:00-09:00")
ZONES = ("shop", "customer")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read_guards(problems: list[ScheduleError], value: Value) -> Guards:
    """The guards as the file has them; what is wrong goes to `problems`."""
    section = Section(value, problems)
    guards = _guards_of(section)
    section.refuse_unknown_keys()
    return guards


def usual_guards() -> Guards:
    """Those of a file that says nothing: the quiet hours of law and custom, and nothing else."""
    return Guards(DEFAULT_QUIET_HOURS, None, None, {}, 0)


def _guards_of(section: Section) -> Guards:
    problems = section.problems
    return Guards(
        quiet_hours=section.optional("quiet_hours", values.quiet_hours, DEFAULT_QUIET_HOURS),
        frequency_cap=section.optional("frequency_cap", partial(_frequency_cap, problems), None),
        daily_budget=section.optional("daily_budget", partial(_daily_budget, problems), None),
        data_max_age=section.optional("data_max_age", partial(_data_max_age, problems), {}),
        universal_control_bp=section.optional("universal_control", values.share, 0),
        closed_days=section.optional("closed_days", partial(read_closed_days, problems), ClosedDays()),
        in_customers_zone=section.optional("quiet_hours_zone", lambda v: v.choice(ZONES), ZONES[0]) == ZONES[1],
        contact_hold_days=section.optional("contact_hold", values.days(0, 366, bare=True), CONTACT_HOLD_DAYS),
        pace=section.optional("pace", values.pace, None),
    )


def _frequency_cap(problems: list[ScheduleError], value: Value) -> FrequencyCap | None:
    section = Section(value, problems)
    messages = section.required("messages", values.whole(1, 100), "2")
    days = section.required("days", values.days(1, 366, bare=True), "7")
    across = section.optional("across", lambda v: v.choice(("shop", "group")), "shop")
    section.refuse_unknown_keys()
    return FrequencyCap(messages, days, across == "group") if messages and days else None


def _daily_budget(problems: list[ScheduleError], value: Value) -> DailyBudget:
    section = Section(value, problems)
    budget = DailyBudget(
        messages=section.optional("messages", values.whole(1, 10_000_000), None),
        amount_micros=section.optional("amount", values.micros, None),
    )
    section.refuse_unknown_keys()
    return budget


def _data_max_age(problems: list[ScheduleError], value: Value) -> Mapping[str, timedelta]:
    section = Section(value, problems)
    read = values.duration(HOUR, 366 * DAY)
    ages = {name: section.optional(name, read, None) for name in IMPORTS}
    section.refuse_unknown_keys()
    return {name: age for name, age in ages.items() if age is not None}
