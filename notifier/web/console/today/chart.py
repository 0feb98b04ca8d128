"""The chart of thirty days: what was sent and delivered as bars, who came as a line, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from nicegui import ui

from notifier.locale import _
from notifier.reports import numbers
from notifier.store.day_figures import Day, Figures

__all__ = ["chart_options", "chart_words", "table_of_days"]

Days = Sequence[tuple[date, Day | None]]
Values = list[int | None]

# Drawn as SVG, so that each colour is the style sheet's own and follows the light.
DELIVERED, OPEN, CAME = "var(--chart-delivered)", "var(--chart-open)", "var(--chart-came)"
FONTS = "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
"""By name: ECharts measures its words before they stand in the page."""
TEXT, LINE, CARD = "var(--quiet)", "var(--line)", "var(--card)"


def chart_options(days: Days) -> dict[str, Any]:
    """What ECharts draws; a day nobody has counted is a gap."""
    figures = [found.figures if found else None for _day, found in days]
    undelivered = [each.sent - each.delivered if each else None for each in figures]
    return {
        "animation": False,
        "textStyle": {"color": TEXT, "fontFamily": FONTS},
        "grid": {"left": 8, "right": 8, "top": 56, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemWidth": 14, "itemHeight": 10, "textStyle": {"color": TEXT}},
        "tooltip": {
            "trigger": "axis", "confine": True, "backgroundColor": CARD, "borderColor": LINE,
            "textStyle": {"color": "var(--ink)"}, "axisPointer": {"type": "line", "lineStyle": {"color": LINE}},
        },
        "xAxis": {
            "type": "category", "data": [f"{day:%m-%d}" for day, _found in days],
            "axisLabel": {"color": TEXT, "hideOverlap": True}, "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": LINE}},
        },
        "yAxis": [_axis(_("Texts"), "left"), _axis(_("Visits and renewals"), "right")],
        "series": [
            _bars(_("Delivered"), DELIVERED, [each.delivered if each else None for each in figures]),
            _bars(_("Not delivered"), OPEN, undelivered),
            _line(_("Came back"), CAME, [each.came if each else None for each in figures]),
        ],
    }  # fmt: skip


def _axis(name: str, side: str) -> dict[str, Any]:
    """Whole numbers; only the left one draws lines across."""
    return {
        "type": "value", "name": name, "minInterval": 1, "min": 0, "position": side,
        "nameTextStyle": {"color": TEXT, "align": side}, "axisLabel": {"color": TEXT},
        "splitLine": {"show": side == "left", "lineStyle": {"color": LINE}},
    }  # fmt: skip


def _bars(name: str, color: str, data: Values) -> dict[str, Any]:
    return {
        "name": name, "type": "bar", "stack": "sent", "data": data, "barMaxWidth": 18, "color": color,
        "itemStyle": {"color": color}, "emphasis": {"disabled": True},
    }  # fmt: skip


def _line(name: str, color: str, data: Values) -> dict[str, Any]:
    return {
        "name": name, "type": "line", "yAxisIndex": 1, "data": data, "symbol": "circle", "symbolSize": 5,
        "color": color, "itemStyle": {"color": color}, "lineStyle": {"color": color, "width": 2},
        "emphasis": {"disabled": True},
    }  # fmt: skip


def chart_words(month: Figures) -> str:
    """The chart for those who cannot see it; the days are in the table."""
    said = _("Chart of the last 30 days: {sent} texts sent, {delivered} delivered, {came} visits and renewals.")
    return said.format(
        sent=numbers.count(month.sent), delivered=numbers.count(month.delivered), came=numbers.count(month.came)
    )


def table_of_days(days: Days) -> None:
    """Every day's figures, the latest first."""
    columns = (_("Day"), _("Planned"), _("Sent"), _("Delivered"), _("Replied"), _("Opted out"), _("Came back"))
    with ui.element("table").classes("list"):
        with ui.element("thead"), ui.element("tr"):
            for place, name in enumerate(columns):
                with ui.element("th").props("scope=col").classes("" if place == 0 else "number"):
                    ui.label(name)
        with ui.element("tbody"):
            for day, found in reversed(days):
                _row(day, found)


def _row(day: date, found: Day | None) -> None:
    with ui.element("tr"):
        with ui.element("th").props("scope=row"):
            ui.label(numbers.day(day))
        each = found.figures if found else None
        cells = (each.planned, each.sent, each.delivered, each.replied, each.stopped, each.came) if each else [None] * 6
        for cell in cells:
            with ui.element("td").classes("number"):
                ui.label("–" if cell is None else numbers.count(cell))
