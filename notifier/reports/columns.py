"""The campaign summary as flat columns: one definition for JSON, CSV and XLSX, so that they cannot disagree.

Keys are fixed English words (docs/json.md), headings are translated. A value is given in the unit its format names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from notifier.locale import N_, _
from notifier.reports import numbers, sentences
from notifier.reports.figures import CampaignReport, CampaignRow
from notifier.reports.lift import ArmFigures, LiftView

__all__ = ["COLUMNS", "Column", "Format", "Value", "cell", "shown_columns"]

Format = Literal["text", "count", "number", "share", "minor", "micros"]
"""share: 0 … 1; minor: minor units of the shop's currency; micros: millionths of it."""

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `heading` None keeps it out of the tables for people (it is for programs)."""

    key: str
    heading: str | None
    format: Format
    value: Callable[[CampaignRow], Value]


def shown_columns() -> list[Column]:
    """The columns of tables for people, in order."""
    return [column for column in COLUMNS if column.heading is not None]


def cell(column: Column, row: CampaignRow, report: CampaignReport) -> Value:
    """The value for a spreadsheet: money in whole units of the currency, ids in words."""
    value = column.value(row)
    if column.key == "kind":
        return sentences.kind_word(row.campaign.kind)
    if column.key in ("verdict", "second_verdict") and isinstance(value, str):
        return sentences.verdict_word(value)
    if isinstance(value, (int, float)) and column.format == "minor":
        return round(value / numbers.minor_units(report.shop.currency), 2)
    if isinstance(value, (int, float)) and column.format == "micros":
        return round(value / numbers.MICROS, 4)
    return value


def _campaign_columns() -> Iterator[Column]:
    yield Column("campaign", N_("Campaign id"), "text", lambda row: row.campaign.id)
    yield Column("key", None, "text", lambda row: row.campaign.key)
    yield Column("title", N_("Campaign"), "text", lambda row: row.campaign.title)
    yield Column("kind", N_("Kind"), "text", lambda row: row.campaign.kind)
    yield Column("success", None, "text", lambda row: row.campaign.success)
    yield Column("enrolled", N_("Enrolled"), "count", lambda row: row.enrolled.total)
    yield Column("enrolled_treatment", N_("Treatment"), "count", lambda row: row.enrolled.treatment)
    yield Column("enrolled_control", N_("Control"), "count", lambda row: row.enrolled.control)
    yield Column("enrolled_universal", N_("Universal control"), "count", lambda row: row.enrolled.universal)


def _message_columns() -> Iterator[Column]:
    yield Column("planned", N_("Waiting"), "count", lambda row: row.messages.planned)
    yield Column("sending", N_("Being sent"), "count", lambda row: row.messages.sending)
    yield Column("withheld", N_("Withheld"), "count", lambda row: row.messages.withheld)
    yield Column("sent", N_("Sent"), "count", lambda row: row.messages.sent)
    yield Column("delivered", N_("Delivered"), "count", lambda row: row.messages.delivered)
    yield Column("undelivered", N_("Undelivered"), "count", lambda row: row.messages.undelivered)
    yield Column("failed", N_("Failed"), "count", lambda row: row.messages.failed)
    yield Column("unknown", N_("Unknown"), "count", lambda row: row.messages.unknown)
    yield Column("cancelled", N_("Cancelled"), "count", lambda row: row.messages.cancelled)
    yield Column("replied", N_("Replied"), "count", lambda row: row.messages.replied)
    yield Column("booked", N_("Booked"), "count", lambda row: row.messages.booked)
    yield Column("opted_out", N_("Opted out"), "count", lambda row: row.messages.opted_out)
    yield Column("segments", N_("Segments"), "count", lambda row: row.messages.segments)
    yield Column("cost_micros", N_("Cost"), "micros", lambda row: row.messages.cost_micros)
    yield Column("credited", N_("Credited"), "count", lambda row: row.credit.outcomes)
    yield Column("attributed_revenue_minor", N_("Revenue credited"), "minor", lambda row: row.credit.amount_minor)
    yield Column("assisted", N_("Assisted"), "count", lambda row: row.credit.assisted)


def _arm_columns(arm: str, heading: str | None, of: Callable[[LiftView], ArmFigures]) -> Iterator[Column]:
    yield Column(f"{arm}_n", None, "count", lambda row: of(row.lift.first).n)
    yield Column(f"{arm}_came", None, "count", lambda row: of(row.lift.first).came)
    yield Column(f"{arm}_rate", heading, "share", lambda row: of(row.lift.first).rate)
    yield Column(f"{arm}_buyers", None, "count", lambda row: of(row.lift.first).buyers)
    yield Column(f"{arm}_phoned", None, "count", lambda row: of(row.lift.first).phoned)
    yield Column(f"{arm}_revenue_minor", None, "minor", lambda row: of(row.lift.first).revenue.total)


def _lift_columns() -> Iterator[Column]:
    yield Column("verdict", N_("Verdict"), "text", lambda row: row.lift.first.verdict)
    yield Column("window_ends_on", N_("Window ends"), "text", lambda row: _window_end(row.lift.first))
    yield Column("incremental", N_("Gained"), "number", lambda row: _gain(row.lift.first, "value"))
    yield Column("incremental_low", N_("Gained, at least"), "number", lambda row: _gain(row.lift.first, "low"))
    yield Column("incremental_high", N_("Gained, at most"), "number", lambda row: _gain(row.lift.first, "high"))
    yield Column("p_value", None, "number", lambda row: row.lift.first.rate.p_value if row.lift.first.rate else None)
    yield Column("incremental_revenue_minor", N_("Revenue gained"), "minor", lambda row: _revenue(row, "value"))
    yield Column("incremental_revenue_low_minor", N_("Revenue, at least"), "minor", lambda row: _revenue(row, "low"))
    yield Column("incremental_revenue_high_minor", N_("Revenue, at most"), "minor", lambda row: _revenue(row, "high"))
    yield Column("credited_per_gained", N_("Credited per gained"), "number", lambda row: row.credited_per_caused)
    yield Column("smallest_effect", N_("Smallest effect"), "share", lambda row: row.lift.first.smallest_effect)
    yield Column("ratio_p", None, "number", lambda row: row.lift.ratio_p)
    yield Column("second_verdict", N_("To the period's end"), "text", lambda row: _second(row, "verdict"))
    yield Column("second_incremental", None, "number", lambda row: _second(row, "value"))
    yield Column("second_incremental_low", None, "number", lambda row: _second(row, "low"))
    yield Column("second_incremental_high", None, "number", lambda row: _second(row, "high"))


def _window_columns() -> Iterator[Column]:
    yield Column("lift_window_days", N_("Days gained"), "count", lambda row: row.campaign.lift_window_days)
    yield Column("credit_sent_days", N_("Days after a text"), "count", lambda row: row.campaign.credit_sent_days)
    yield Column("credit_reply_days", N_("Days after a reply"), "count", lambda row: row.campaign.credit_reply_days)


def _window_end(view: LiftView) -> str | None:
    return view.until.isoformat() if view.until else None


def _gain(view: LiftView | None, part: str) -> float | None:
    if view is None or view.rate is None:
        return None
    interval = view.rate.incremental_interval
    figure = {"value": view.rate.incremental, "low": interval.low, "high": interval.high}[part]
    return round(figure, 6)


def _revenue(row: CampaignRow, part: str) -> int | None:
    revenue = row.lift.first.revenue
    if revenue is None:
        return None
    interval = revenue.total_interval
    return round({"value": revenue.total, "low": interval.low, "high": interval.high}[part])


def _second(row: CampaignRow, part: str) -> Value:
    if part == "verdict":
        return row.lift.second.verdict if row.lift.second else None
    return _gain(row.lift.second, part)


COLUMNS: tuple[Column, ...] = (
    *_campaign_columns(),
    *_message_columns(),
    *_arm_columns("treatment", N_("Treatment rate"), lambda view: view.treatment),
    *_arm_columns("control", N_("Control rate"), lambda view: view.control),
    *_lift_columns(),
    *_window_columns(),
)


def headings(columns: list[Column]) -> list[str]:
    """The headings in the reader's language."""
    return [_(column.heading or column.key) for column in columns]
