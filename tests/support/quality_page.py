"""A data quality page without a database, its figures easy to recognise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from notifier.domain.freshness import Freshness
from notifier.reports.campaigns import ReportShop
from notifier.reports.import_news import ImportNews
from notifier.reports.quality import Finding, QualityReport, Step, Worth
from notifier.store.imports import ImportMade
from notifier.store.quality_lists import Case

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
TODAY = date(2026, 3, 1)

CASES = (
    Case(number="K00031", name="林小红", phone="+8613812345678", vin="LSVAU2A37N0000031", plate="闽C00031"),
    Case(number="=1+1", name="泉州海丝物流有限公司", is_company=True, vin="LSVAU2A30N0000078", plate="闽C00078"),
    Case(reference="R004761", day=date(2024, 3, 10), vin="LSVAU2A31N0009761", detail="79980"),
)


def _steps() -> tuple[Step, ...]:
    return (
        Step("customers", 1_234_567, is_total=True), Step("no_phone", 34_567), Step("number_dead", 0),
        Step("reached", 1_200_000, is_total=True), Step("no_car", 200_000), Step("service", 1_000_000, is_total=True),
        Step("consent_unknown", 999_999), Step("marketing", 1, is_total=True),
    )  # fmt: skip


def _findings() -> tuple[Finding, ...]:
    waiting = {"cars": 4_000, "under_30_days": 1_000, "under_365_days": 0, "older": 4_000}
    return (
        Finding("no_phone", "mend", "customers", 34_567, 1_234_567, "customers", 34_567, 123_456_789_00,
                examples=CASES[:2]),
        Finding("number_dead", "mend", "customers", 0, 1_234_567, "customers"),
        Finding("phone_too_short", "mend", "customers", 7, 1_234_567, "customers", 7, 0, examples=CASES[:1]),
        Finding("orders_parked", "mend", "orders", 5_000, 4_000_000, more=waiting, examples=CASES[2:]),
        Finding("phone_shared", "look", "customers", 3, 1_234_567, more={"numbers": 40}, examples=CASES[:1]),
        Finding("vin_check_digit", "look", "cars", 12, 1_100_000),
        Finding("opted_out", "left_out", "customers", 321, 1_234_567),
    )  # fmt: skip


def _imports() -> tuple[ImportNews, ...]:
    last = ImportMade("visits", "工单.xlsx", NOW, {"read": 9, "rejected": {"bad_vin": 2}, "warned": {"bad_plate": 1}})
    refused = ImportMade("renewals", "r.csv", NOW, {"read": 3, "rejected": {"bad_date": 3}, "warned": {}})
    broken = ImportMade("visits", "broken.csv", NOW - timedelta(hours=1), {})
    two_days = timedelta(days=2)
    return (
        ImportNews("customers", Freshness.FRESH, NOW - timedelta(minutes=50), None, ("Birthday",), None, ()),
        ImportNews("visits", Freshness.UNFINISHED, NOW - timedelta(days=3), two_days, ("定期保养",), last, (broken,)),
        ImportNews("renewals", Freshness.NEVER, None, two_days, ("Insurance expiry",), refused, ()),
    )


WORTH = Worth(
    date(2025, 3, 2), TODAY, 50, 5150_00, {"reachable": 30, "no_phone": 30}, {"reachable": 45, "no_phone": 18}
)  # fmt: skip


def quality_page(**changes: object) -> QualityReport:
    """The page, with other parts where given."""
    page = QualityReport(
        shop=ReportShop(1, "东南汽车泉州店", "Asia/Shanghai"), now=NOW, today=TODAY, waterfall=_steps(),
        greeted_without_car=35, erased=0, worth=WORTH, out_of_reach_minor=123_456_789_00, findings=_findings(),
        imports=_imports(),
    )  # fmt: skip
    return replace(page, **changes)  # type: ignore[arg-type]
