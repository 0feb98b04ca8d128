"""A car's years on one line: visits as dots, today, the range its next service is expected in, and what ends when.

It is a picture; the same is said in words to whoever cannot see it, and below it to everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nicegui import ui

from notifier.locale import N_, _, listed
from notifier.reports.numbers import day
from notifier.store.dossiers import CarFacts

__all__ = ["Line", "letter_of", "line_of", "show_line"]

LETTERS = {"insurance": N_("insurance|I"), "inspection": N_("inspection|E"), "warranty": N_("warranty|W")}

BACK, AHEAD = timedelta(days=400), timedelta(days=120)
FURTHEST_BACK, FURTHEST_AHEAD = timedelta(days=732), timedelta(days=550)
EDGE = timedelta(days=10)
LABELS_END = 94
"""Percent: behind it the name of a month would stand out of the picture."""


@dataclass(frozen=True, slots=True)
class Line:
    """From which day to which, and what lies on it. `ends`: (what, its letter, day), those on the line alone."""

    first: date
    last: date
    today: date
    visits: Sequence[date]
    expected: tuple[date, date] | None
    ends: Sequence[tuple[str, str, date]]

    def at(self, on: date) -> float:
        """The place of a day, in percent from the left."""
        return round(100 * (on - self.first).days / (self.last - self.first).days, 2)

    def months(self) -> Iterator[date]:
        """Every third month's first day: what the line is marked with."""
        year, month = self.first.year, self.first.month
        while True:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
            on = date(year, month, 1)
            if on >= self.last:
                return
            if month % 3 == 1 and self.at(on) < LABELS_END:
                yield on

    @property
    def words(self) -> str:
        """All of it in one sentence each."""
        said = [_("Today {day}.").format(day=day(self.today))]
        if self.visits:
            said.append(_("Visits: {days}.").format(days=listed(map(day, self.visits))))
        if self.expected is not None:
            said.append(_("Next service between {first} and {last}.").format(
                first=day(self.expected[0]), last=day(self.expected[1])))  # fmt: skip
        said += [f"{what}: {day(on)}." for what, _letter, on in self.ends]
        return " ".join(said)


def line_of(car: CarFacts, visits: Sequence[date], today: date) -> Line:
    """The line of a car: some past, some future, and as much more as what lies on it needs."""
    earliest, latest = today - FURTHEST_BACK, today + FURTHEST_AHEAD
    ends = [
        (what, letter, on)
        for what, letter, on in (
            (_("Insurance ends"), letter_of("insurance"), car.insurance_ends_on),
            (_("Inspection ends"), letter_of("inspection"), car.inspection_ends_on),
            (_("Warranty ends"), letter_of("warranty"), car.warranty_ends_on),
        )
        if on is not None and earliest <= on <= latest
    ]
    seen = [on for on in visits if earliest <= on <= latest]
    expected = _expected(car, earliest, latest)
    days = [*seen, *(on for _what, _letter, on in ends), *(expected or ())]
    return Line(
        first=min([today - BACK, *days]) - EDGE,
        last=max([today + AHEAD, *days]) + EDGE,
        today=today,
        visits=seen,
        expected=expected,
        ends=ends,
    )


def letter_of(what: str) -> str:
    """One letter for what ends, as it stands on the line and before its day in words."""
    return _(LETTERS[what]).rpartition("|")[2]


def _expected(car: CarFacts, earliest: date, latest: date) -> tuple[date, date] | None:
    if car.next_service_on is None:
        return None
    first, last = car.next_service_from or car.next_service_on, car.next_service_to or car.next_service_on
    return (max(first, earliest), min(last, latest)) if first <= latest and last >= earliest else None


def show_line(line: Line) -> None:
    """The picture, as wide as there is room."""
    with ui.element("div").classes("timeline").props("role=img") as drawn:
        drawn.props["aria-label"] = line.words
        with ui.element("div").classes("timeline-track"):
            for on in line.months():
                mark = ui.label(f"{on:%Y-%m}" if on.month == 1 else f"{on:%m}")
                mark.classes("timeline-month" if on.month == 1 else "timeline-month minor")
                mark.style(f"left: {line.at(on)}%")
            if line.expected is not None:
                first, last = map(line.at, line.expected)
                bar = ui.element("div").classes("timeline-range")
                bar.style(f"left: {first}%; width: max(6px, {round(last - first, 2)}%)")
            for on in line.visits:
                ui.element("div").classes("timeline-visit").style(f"left: {line.at(on)}%")
            for _what, letter, on in line.ends:
                mark = ui.label(letter).classes("timeline-end")
                mark.style(f"left: {line.at(on)}%")
            ui.element("div").classes("timeline-today").style(f"left: {line.at(line.today)}%")
