"""The short lists of the page Today: the next runs, and how fresh the imported records are."""

from __future__ import annotations

from datetime import datetime, timedelta

from nicegui import ui

from notifier.locale import _
from notifier.locale.records import records_word
from notifier.locale.spans import span_words
from notifier.reports import numbers
from notifier.reports.import_news import ImportNews
from notifier.reports.today import ComingRun, Today
from notifier.web.console.desk import Desk

__all__ = ["age_of", "draw_coming", "draw_records"]


def draw_coming(found: Today, desk: Desk) -> None:
    """The next runs."""
    if not found.coming:
        ui.label(_("No campaign is switched on.")).classes("quiet")
        return
    with ui.element("ul").classes("plain today-list"):
        for run in found.coming:
            with ui.element("li").classes("today-row"):
                ui.label(_when(run.due_at, found, desk)).classes("today-when")
                ui.label(run.title).classes("today-what")
                _draw_marks(run)


def _draw_marks(run: ComingRun) -> None:
    if run.is_paused:
        ui.label(_("paused")).classes("tag warn")
    elif run.is_reviewed:
        ui.label(_("review")).classes("tag")


def _when(moment: datetime, found: Today, desk: Desk) -> str:
    at = moment.astimezone(desk.zone)
    if at.date() == found.day:
        return _("today {time}").format(time=f"{at:%H:%M}")
    if at.date() == found.day + timedelta(days=1):
        return _("tomorrow {time}").format(time=f"{at:%H:%M}")
    return numbers.day_and_time(moment, desk.zone)


def age_of(news: ImportNews, now: datetime) -> str:
    """How old they are; empty where there are none."""
    return "" if news.known_to is None else span_words(now - news.known_to)


def draw_records(found: Today, desk: Desk) -> None:
    """Each kind of records: up to when it is known, and whether that is enough."""
    with ui.element("ul").classes("plain today-list"):
        for news in found.records:
            with ui.element("li").classes("today-row"):
                ui.label(records_word(news.kind)).classes("today-when")
                if news.known_to is None:
                    ui.label(_("never imported")).classes("today-what quiet")
                else:
                    ui.label(numbers.day_and_time(news.known_to, desk.zone)).classes("today-what")
                _draw_freshness(news, found.now)


def _draw_freshness(news: ImportNews, now: datetime) -> None:
    if news.unfinished:
        ui.label(_("not finished")).classes("tag bad")
    elif news.waits and news.readers:
        ui.label(_("too old") if news.known_to else _("missing")).classes("tag bad")
    elif news.known_to is not None:
        ui.label(_("{age} ago").format(age=age_of(news, now))).classes("tag good" if news.limit else "tag")
