"""`notifier report quality`: what is wrong in the records, what it costs, and the work list."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from notifier.cli.opening import first_shop
from notifier.cli.report_pages import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from notifier.reports.campaigns import ReportShop
    from notifier.reports.quality import Finding, QualityReport
    from notifier.store.quality_lists import Case
    from notifier.wiring import House

__all__ = ["quality_of", "quality_pages"]


def quality_of(house: House, shop: ReportShop, now: datetime) -> QualityReport:
    """The page as of `now`."""
    from notifier.reports.import_news import readers_of
    from notifier.reports.quality import quality_report

    schedules = house.schedules
    with house.store.read() as session:
        return quality_report(
            session, shop=shop, now=now, today=now.astimezone(first_shop(house).zone).date(),
            limits=schedules.guards.data_max_age, readers=readers_of(schedules),
        )  # fmt: skip


def quality_pages(house: House, report: QualityReport) -> Pages:
    """Its formats; the work list is read from the database while it is written."""
    from notifier.jobs.reasons import import_words
    from notifier.reports import quality_files as files
    from notifier.reports.quality import listed_cases
    from notifier.reports.render_quality import print_quality

    def with_list(write: Callable[[Iterable[tuple[Finding, Case]]], bytes]) -> bytes:
        with house.store.read() as session:
            return write(listed_cases(session, report))

    return Pages(
        lambda console: print_quality(console, report, import_words),
        {
            "json": lambda: files.quality_json(report),
            "csv": lambda: with_list(files.quality_csv),
            "xlsx": lambda: with_list(lambda listed: files.quality_xlsx(report, listed, import_words)),
        },
    )
