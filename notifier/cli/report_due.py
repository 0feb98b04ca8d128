"""`notifier report due_list`: what falls due next month, and how the list comes about."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from notifier.cli.opening import first_shop
from notifier.cli.report_pages import Pages
from notifier.domain.months import months_forward
from notifier.errors import BadInput
from notifier.locale import N_

if TYPE_CHECKING:
    from notifier.reports.campaigns import ReportShop
    from notifier.wiring import House

__all__ = ["due_list_pages", "month_after"]


def month_after(today: date) -> tuple[date, date]:
    """The first and the last day of the next month."""
    first = months_forward(today.replace(day=1), 1)
    return first, months_forward(first, 1) - timedelta(days=1)


def due_list_pages(house: House, shop: ReportShop, now: datetime, first: date | None, last: date | None) -> Pages:
    """Its formats; days left out are those of the next month, or the rest of the month one of them names."""
    from notifier.reports import render_due_list as render
    from notifier.reports.due_list import due_list

    settings = first_shop(house)
    today = now.astimezone(settings.zone).date()
    from_day, to_day = _range(today, first, last)
    schedules = house.schedules.of_shop(settings.key)
    with house.store.snapshot() as session:
        found = due_list(
            session, shop=shop, today=today, first=from_day, last=to_day, campaigns=schedules.campaigns,
            sisters=schedules.sisters,
        )  # fmt: skip
    return Pages(
        lambda console: render.print_due_list(console, found),
        {
            "json": lambda: render.due_list_json(found),
            "csv": lambda: render.due_list_csv(found),
            "xlsx": lambda: render.due_list_xlsx(found),
        },
    )


def _range(today: date, first: date | None, last: date | None) -> tuple[date, date]:
    if first is None and last is None:
        return month_after(today)
    from_day = first or (last or today).replace(day=1)
    to_day = last or months_forward(from_day.replace(day=1), 1) - timedelta(days=1)
    if from_day > to_day:
        raise BadInput(N_("--from {first} is after --to {last}; exchange them."), first=from_day, last=to_day)
    return from_day, to_day
