"""The data quality page for programs (JSON) and spreadsheets: CSV is the work list, XLSX the page and the work list."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from notifier.locale import _
from notifier.reports import import_news as words_of
from notifier.reports import numbers
from notifier.reports import quality_words as words
from notifier.reports.import_news import ImportNews, ReasonWords
from notifier.reports.quality import OUT_OF_REACH, Finding, QualityReport
from notifier.spreadsheets import CSV_ENCODING, SHEET_ROWS, harmless, new_workbook
from notifier.store.quality_lists import Case

__all__ = ["quality_csv", "quality_document", "quality_json", "quality_xlsx"]

Listed = Iterable[tuple[Finding, Case]]

WIDTHS = (30, 16, 12, 16, 20, 12, 20, 12, 24, 70)


def quality_json(report: QualityReport) -> str:
    """One JSON object; docs/json.md explains the keys."""
    return json.dumps(quality_document(report), ensure_ascii=False, indent=2)


def quality_document(report: QualityReport) -> dict[str, Any]:
    """The page as plain values with fixed English keys; money in minor units of `currency`."""
    total, reached = report.customers_at("customers"), report.customers_at("reached")
    worth = report.worth
    return {
        "shop": report.shop.name,
        "currency": report.shop.currency,
        "at": report.now.isoformat(),
        "customers": total,
        "reached": reached,
        "reached_share": reached / total if total else None,
        "waterfall": [asdict(step) for step in report.waterfall],
        "greeted_without_car": report.greeted_without_car,
        "out_of_reach_at_most_minor": report.out_of_reach_minor,
        "estimate": {
            "from": worth.first.isoformat(),
            "to": worth.last.isoformat(),
            "visits": worth.visits,
            "visit_minor": worth.mean_minor if worth.is_known else None,
            "visits_a_year_reached": worth.visits_a_year("reachable") if worth.is_known else None,
            "visits_a_year_out_of_reach": worth.visits_a_year(*OUT_OF_REACH) if worth.is_known else None,
        },
        "findings": [_finding(finding) for finding in report.findings],
        "imports": [_import(news) for news in report.imports],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "finding": finding.key,
        "section": finding.section,
        "of": finding.of,
        "count": finding.count,
        "base": finding.base,
        "share": finding.share,
        "costs": finding.costs,
        "cost": finding.cost,
        "at_most_minor": finding.at_most_minor,
        "more": dict(finding.more),
        "examples": [_case(case) for case in finding.examples],
    }


def _case(case: Case) -> dict[str, str | None]:
    return {
        "number": case.number,
        "name": words.masked_name(case),
        "phone": words.masked_phone(case),
        "vin": case.vin,
        "plate": case.plate,
        "reference": case.reference,
        "day": case.day.isoformat() if case.day else None,
        "detail": case.detail,
    }


def _import(news: ImportNews) -> dict[str, Any]:
    last = news.last
    return {
        "kind": news.kind,
        "freshness": news.freshness.value,
        "known_to": news.known_to.isoformat() if news.known_to else None,
        "limit_seconds": int(news.limit.total_seconds()) if news.limit is not None else None,
        "waiting": list(news.readers) if news.waits else [],
        "last": None if last is None else {"source": last.source, "at": last.at.isoformat(), **last.counts},
        "unfinished": [{"source": made.source, "at": made.at.isoformat()} for made in news.unfinished],
    }


def _list_headings() -> tuple[str, ...]:
    return (
        _("Finding"), _("DMS number"), _("Name"), _("Phone"), _("VIN"), _("Plate"), _("Order or policy"), _("Day"),
        _("Detail"), _("What to do"),
    )  # fmt: skip


def _list_row(finding: Finding, case: Case) -> list[str]:
    cells = _case(case)
    return [
        words.finding_title(finding.key),
        *(cells[name] or "" for name in ("number", "name", "phone", "vin", "plate", "reference", "day", "detail")),
        words.mend_sentence(finding.key),
    ]


def quality_csv(listed: Listed) -> bytes:
    """The work list, one row a finding and record, in the reader's language."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_list_headings())
    for finding, case in listed:
        writer.writerow(map(harmless, _list_row(finding, case)))
    return text.getvalue().encode(CSV_ENCODING)


def quality_xlsx(report: QualityReport, listed: Listed, reason_words: ReasonWords) -> bytes:
    """The page, the work list with a filter, the imports, and how to read it. Memory does not grow with the list."""
    file = io.BytesIO()
    workbook = new_workbook(file, in_stream=True)
    workbook.set_properties({"title": _("Data quality"), "created": datetime.combine(report.today, time())})
    _page_sheet(workbook, report)
    is_whole = _list_sheet(workbook, listed)
    _notes_sheet(workbook, report, reason_words, is_whole=is_whole)
    workbook.close()
    return file.getvalue()


def _page_sheet(workbook: Any, report: QualityReport) -> None:
    sheet = workbook.add_worksheet(_("Data quality"))
    bold, share = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "0.0%"})
    count, money = workbook.add_format({"num_format": "#,##0"}), workbook.add_format({"num_format": "#,##0.00"})
    for column, width in enumerate((34, 12, 9, 12, 44, 18, 80)):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, f"{_('Data quality')}  {report.shop.name}  {numbers.day(report.today)}", bold)
    sheet.write_string(1, 0, words.headline(report))
    line = 3
    total = report.customers_at("customers")
    for step in report.waterfall:
        sign = "" if step.key == "customers" else "= " if step.is_total else "− "
        sheet.write_string(line, 0, sign + words.step_title(step.key), bold if step.is_total else None)
        sheet.write_number(line, 1, step.customers, count)
        if total:
            sheet.write_number(line, 2, step.customers / total, share)
        line += 1
    headings = (_("Finding"), _("Number"), _("Share"), _("Of"), _("What it costs"), _("Estimate a year, at most"),
                _("What to do"))  # fmt: skip
    for column, heading in enumerate(headings):
        sheet.write_string(line + 1, column, heading, bold)
    line += 2
    for finding in report.findings:
        _write_finding(sheet, line, finding, report, {"count": count, "share": share, "money": money})
        line += 1


def _write_finding(sheet: Any, line: int, finding: Finding, report: QualityReport, formats: dict[str, Any]) -> None:
    sheet.write_string(line, 0, words.finding_title(finding.key))
    sheet.write_number(line, 1, finding.count, formats["count"])
    if finding.share is not None:
        sheet.write_number(line, 2, finding.share, formats["share"])
    sheet.write_string(line, 3, words.of_word(finding))
    sheet.write_string(line, 4, words.cost_sentence(finding, "", with_estimate=False) or words.more_sentence(finding))
    if finding.at_most_minor is not None:
        sheet.write_number(
            line, 5, round(finding.at_most_minor / numbers.minor_units(report.shop.currency)), formats["money"]
        )
    sheet.write_string(line, 6, words.mend_sentence(finding.key) or _(words.SECTIONS[finding.section]))


def _list_sheet(workbook: Any, listed: Listed) -> bool:
    """Returns whether every record found room."""
    sheet = workbook.add_worksheet(_("Work list"))
    bold, text = workbook.add_format({"bold": True, "bottom": 1}), workbook.add_format({"num_format": "@"})
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width, text)
    for column, heading in enumerate(_list_headings()):
        sheet.write_string(0, column, heading, bold)
    line, is_whole = 0, True
    for finding, case in listed:
        if line == SHEET_ROWS:
            is_whole = False
            break
        line += 1
        for column, cell in enumerate(_list_row(finding, case)):
            sheet.write_string(line, column, cell, text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(line, 1), len(WIDTHS) - 1)
    # Or Excel marks each number with a green corner: "number stored as text".
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return is_whole


def _notes_sheet(workbook: Any, report: QualityReport, reason_words: ReasonWords, *, is_whole: bool) -> None:
    sheet = workbook.add_worksheet(_("How to read it"))
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 120)
    for line, sentence in enumerate(_sentences(report, reason_words, is_whole=is_whole)):
        sheet.write_string(line, 0, sentence, wrapped)


def _sentences(report: QualityReport, reason_words: ReasonWords, *, is_whole: bool) -> Iterator[str]:
    if not is_whole:
        yield _("A worksheet holds 1,048,575 rows, and the work list is longer; take it as CSV: --format csv")
    yield from words.notes(report)
    zone = ZoneInfo(report.shop.timezone)
    for news in report.imports:
        yield from (words_of.unfinished_sentence(news, made, zone) for made in news.unfinished)
        yield words_of.freshness_sentence(news, report.now, zone)
        if news.last is not None:
            yield words_of.last_sentence(news)
            yield from words_of.reasons_of_last(news, reason_words)
