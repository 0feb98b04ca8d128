"""`notifier report worklist`: whom clerks call, and the sheet they fill in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from notifier.cli.opening import first_shop
from notifier.cli.report_pages import Pages
from notifier.errors import BadInput
from notifier.locale import N_

if TYPE_CHECKING:
    from notifier.reports.campaigns import ReportShop
    from notifier.reports.worklist import Worklist
    from notifier.wiring import House

__all__ = ["worklist_of", "worklist_pages"]

DAYS_BACK, DAYS_AHEAD = timedelta(days=30), timedelta(days=30)


def worklist_of(
    house: House, shop: ReportShop, now: datetime, campaign: str | None, between: tuple[date | None, date | None]
) -> Worklist:
    """The list of the days `between` (both included); left out, they are the 30 before today and the 30 after it."""
    from notifier.reports.worklist import worklist

    settings, (first, last) = first_shop(house), between
    today = now.astimezone(settings.zone).date()
    days = (first or (last or today) - DAYS_BACK, last or max(first or today, today) + DAYS_AHEAD)
    if days[0] > days[1]:
        raise BadInput(N_("--from {first} is after --to {last}; exchange them."), first=days[0], last=days[1])
    schedules = house.schedules.of_shop(settings.key)
    only = schedules.campaign(campaign).id if campaign else None
    with house.store.read() as session:
        return worklist(session, shop, schedules.campaigns, days, today=today, region=settings.region, only=only)


def worklist_pages(report: Worklist) -> Pages:
    """Its formats."""
    from notifier.jobs.reasons import CANCELLED, cancel_words, short_words
    from notifier.reports import worklist_files as files

    def reason_words(reason: str) -> str:
        return cancel_words(reason) if reason in CANCELLED and reason != "contacted" else short_words(reason)

    return Pages(
        lambda console: files.print_worklist(console, report, reason_words),
        {
            "json": lambda: files.worklist_json(report),
            "csv": lambda: files.worklist_csv(report, reason_words),
            "xlsx": lambda: files.worklist_xlsx(report, reason_words),
        },
    )
