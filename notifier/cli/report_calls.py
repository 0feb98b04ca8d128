"""`notifier report call_list`: whom of a warning or recall no text reaches."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from notifier.cli.opening import first_shop
from notifier.cli.report_pages import Pages
from notifier.errors import BadInput
from notifier.locale import N_

if TYPE_CHECKING:
    from notifier.reports.campaigns import ReportShop
    from notifier.wiring import House

__all__ = ["call_list_pages"]


def call_list_pages(house: House, shop: ReportShop, now: datetime, campaign: str | None) -> Pages:
    """Its formats. Raises BadInput where no campaign is named, or one that has no call list."""
    from notifier.jobs.call_list import people_named
    from notifier.reports import call_list as calls

    if campaign is None:
        raise BadInput(N_("Whose list? Name the campaign: notifier report call_list --campaign C."))
    settings = first_shop(house)
    chosen = house.schedules.of_shop(settings.key).campaign(campaign)
    named = people_named(house.planner(), settings, shop.id, chosen, now)
    with house.store.read() as session:
        found = calls.call_list(
            session, named.ask, campaign_id=chosen.id, title=chosen.title,
            today=now.astimezone(settings.zone).date(), unknown=named.unknown,
        )  # fmt: skip
    return Pages(
        lambda console: calls.print_call_list(console, found),
        {
            "json": lambda: calls.call_list_json(found),
            "csv": lambda: calls.call_list_csv(found),
            "xlsx": lambda: calls.call_list_xlsx(found),
        },
    )
