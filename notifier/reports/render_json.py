"""The campaign summary for programs: a list of rows, fixed English keys, never translated. docs/json.md lists them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from notifier.reports.columns import COLUMNS
from notifier.reports.figures import CampaignReport, CampaignRow

__all__ = ["campaign_rows", "campaigns_json"]


def campaigns_json(report: CampaignReport) -> str:
    """One JSON list, a row a campaign."""
    return json.dumps(campaign_rows(report), ensure_ascii=False, indent=2)


def campaign_rows(report: CampaignReport) -> list[dict[str, Any]]:
    """The rows as plain values; money in minor units (`…_minor`) or millionths (`…_micros`) of `currency`.

    What holds for the whole page (period, orders, freshness) is repeated in each row, so that a row can stand alone.
    """
    page = {
        "shop": report.shop.name,
        "currency": report.shop.currency,
        "from": report.from_day.isoformat(),
        "to": report.to_day.isoformat(),
    }
    visits = {
        "reconciliation": asdict(report.orders),
        "known_to": {kind: at.isoformat() for kind, at in report.known_to.items()},
    }
    return [{**page, **_row(row), **visits} for row in report.rows]


def _row(row: CampaignRow) -> dict[str, Any]:
    return {column.key: column.value(row) for column in COLUMNS} | {"out_of_lift": dict(row.lift.out_of_lift)}
