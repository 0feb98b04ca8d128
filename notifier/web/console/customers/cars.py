"""A customer's cars: each with its line of visits and what falls due, and the days in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from nicegui import ui

from notifier.domain.roles import Permission
from notifier.jobs.customer_page import Dossier
from notifier.jobs.customer_words import CAR_STATE_WORDS, word
from notifier.locale import N_, _
from notifier.reports.numbers import count, day
from notifier.store.dossiers import CarFacts
from notifier.web.console.customers.edit import ask_for_car
from notifier.web.console.customers.timeline import letter_of, line_of, show_line

if TYPE_CHECKING:
    from notifier.web.console.customers.customer import CustomerPage

__all__ = ["show_cars"]

SHOWN = 4
"""So many cars are open; of a fleet the others are opened one by one."""
LEGEND = (
    ("timeline-visit", N_("visit")),
    ("timeline-range", N_("next service expected")),
    ("timeline-today", N_("today")),
)


def show_cars(page: CustomerPage, found: Dossier) -> None:
    """One card for all."""
    with ui.element("section").classes("card"):
        with ui.element("div").classes("row-of"):
            with ui.element("h2").classes("grow"):
                ui.label(_("Cars"))
            if found.cars:
                _legend()
        if not found.cars:
            ui.label(_("No car on record.")).classes("quiet")
        for car in found.cars[:SHOWN]:
            _car(page, found, car)
        if len(found.cars) > SHOWN:
            with ui.expansion(_("{count} more cars").format(count=len(found.cars) - SHOWN)).classes("full"):
                for car in found.cars[SHOWN:]:
                    _car(page, found, car)


def _legend() -> None:
    with ui.element("div").classes("row-of timeline-legend quiet small").props("aria-hidden=true"):
        for mark, words in LEGEND:
            with ui.element("span").classes("timeline-key"):
                ui.element("span").classes(mark)
                ui.label(_(words))


def _car(page: CustomerPage, found: Dossier, car: CarFacts) -> None:
    today = page.doing().today
    with ui.element("article").classes("customer-car"):
        with ui.element("div").classes("row-of"):
            with ui.element("h3"):
                ui.label(car.plate or _("no plate yet"))
            ui.label(car.model or "").classes("wrap-any")
            if car.state != "in_use":
                ui.label(word(CAR_STATE_WORDS, car.state)).classes("tag warn")
            if car.in_workshop_since is not None:
                ui.label(_("in the workshop since {day}").format(day=day(car.in_workshop_since))).classes("tag info")
            ui.label(car.vin).classes("mono quiet small grow")
            if page.may_edit:
                correct = ui.button(
                    _("Correct"),
                    on_click=page.desk.does(lambda: ask_for_car(page, car), needs=Permission.EDIT_CUSTOMERS),
                )
                correct.props("no-caps flat dense color=primary")
                correct.props["aria-label"] = _("Correct the car {plate}").format(plate=car.plate or car.vin)
        if car.state in ("in_use", "test_drive"):
            show_line(line_of(car, found.visited.get(car.id, ()), today))
        with ui.element("dl").classes("facts"):
            for what, told, letter in _facts(car, today):
                with ui.element("div"):
                    with ui.element("dt").classes("row-of"):
                        if letter:
                            ui.label(letter).classes("timeline-end").props("aria-hidden=true")
                        ui.label(what)
                    with ui.element("dd"):
                        ui.label(told).classes("wrap-any")


def _facts(car: CarFacts, today: date) -> Iterator[tuple[str, str, str]]:
    """What, when, and the letter it has on the line."""
    if car.next_service_on is not None:
        what = _("First service expected") if car.next_service_kind == "first" else _("Next service expected")
        yield what, _expected(car), ""
    ends = (
        (_("Insurance ends"), car.insurance_ends_on, letter_of("insurance")),
        (_("Inspection ends"), car.inspection_ends_on, letter_of("inspection")),
        (_("Loan ends"), car.loan_ends_on, ""),
        (_("Warranty ends"), car.warranty_ends_on, letter_of("warranty")),
    )
    for what, on, letter in ends:
        if on is not None:
            yield what, _("{day} (over)").format(day=day(on)) if on < today else day(on), letter
    if car.delivered_on is not None:
        yield _("Car delivered"), day(car.delivered_on), ""
    if car.last_maintenance_on is not None:
        yield _("Last serviced"), day(car.last_maintenance_on), ""
    if car.last_odometer is not None:
        yield _("Kilometres"), _kilometres(car), ""


def _expected(car: CarFacts) -> str:
    first, last = car.next_service_from, car.next_service_to
    said = day(car.next_service_on)
    if first is not None and last is not None and first < last:
        said = _("{day} ({first} to {last})").format(day=said, first=day(first), last=day(last))
    return f"{said} · {_('a guess: used very unevenly')}" if car.irregular else said


def _kilometres(car: CarFacts) -> str:
    told = count(car.last_odometer or 0)
    if car.km_per_day is None:
        return told
    return _("{km} (some {a_day} a day)").format(km=told, a_day=count(car.km_per_day))
