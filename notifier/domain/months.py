"""Calendar months on dates, clamped to the month's end.

Computed here and bound to queries as dates, because databases disagree: ``2025-08-31 + 6 months`` is 2026-03-03 in
SQLite and 2026-02-28 in PostgreSQL.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, date, timedelta

from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["first_day_when_months_back_reaches", "months_back", "months_forward"]


def months_back(day: date, months: int) -> date:
    """The same day `months` (≥ 0) calendar months earlier, or that month's last day where it is shorter.

    Raises BadInput for a negative number of months or a year outside the calendar.
    """
    return _shift(day, months, -1)


def months_forward(day: date, months: int) -> date:
    """The same day `months` (≥ 0) calendar months later, or that month's last day where it is shorter.

    Raises BadInput for a negative number of months or a year outside the calendar.
    """
    return _shift(day, months, 1)


def first_day_when_months_back_reaches(anchor: date, months: int) -> date:
    """The day on which a stage "`months` after `anchor`" opens: the first T with ``months_back(T, months) >= anchor``.

    Mostly ``months_forward(anchor, months)``; where that was clamped (31 August + 6 months), the first of the next
    month, so that looking back from today and forward from the anchor never disagree.
    """
    day = months_forward(anchor, months)
    return day if months_back(day, months) >= anchor else day + timedelta(days=1)


def _shift(day: date, months: int, direction: int) -> date:
    if months < 0:
        raise BadInput(N_("{months} is not a number of months; give 0 or more."), months=months)
    year, month = divmod(day.year * 12 + day.month - 1 + direction * months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise BadInput(
            N_("{months} months from {day} lie outside the calendar; check the number of months."),
            months=months,
            day=day.isoformat(),
        )
    month += 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
