"""notifier/web/console/timeline.py: what lies on a car's line, and that it is said in words as well."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from notifier.locale import language
from notifier.store.dossiers import CarFacts
from notifier.web.console.customers.timeline import line_of

TODAY = date(2026, 3, 10)
CAR = CarFacts(
    id=1, vin="LSVAU2A30N1234567", customer_id=1, plate="闽C12345", model=None, state="in_use", delivered_on=None,
    insurance_ends_on=None, inspection_ends_on=None, loan_ends_on=None, warranty_ends_on=None, last_maintenance_on=None,
    next_service_on=None, next_service_from=None, next_service_to=None, next_service_kind=None, km_per_day=None,
    last_odometer=None, irregular=False, in_workshop_since=None,
)  # fmt: skip


def test_a_car_nothing_is_known_of_has_a_year_behind_and_some_months_ahead() -> None:
    """Today is on it, and nothing else."""
    line = line_of(CAR, (), TODAY)
    assert line.first < TODAY - timedelta(days=365) < TODAY + timedelta(days=90) < line.last
    assert (line.visits, line.expected, line.ends) == ([], None, [])
    assert 0 < line.at(TODAY) < 100
    with language("en"):
        assert line.words == "Today 2026-03-10."


def test_all_that_is_near_is_on_the_line_and_in_its_words() -> None:
    """Visits, the range of the next service, and what ends; what is far away is told below in words alone."""
    car = replace(CAR, next_service_on=date(2026, 4, 1), next_service_from=date(2026, 3, 25),
                  next_service_to=date(2026, 4, 20), insurance_ends_on=date(2026, 12, 1),
                  warranty_ends_on=date(2031, 1, 1))  # fmt: skip
    with language("en"):
        line = line_of(car, [date(2025, 9, 1), date(2020, 1, 1)], TODAY)
        assert line.words == (
            "Today 2026-03-10. Visits: 2025-09-01. Next service between 2026-03-25 and 2026-04-20. "
            "Insurance ends: 2026-12-01."
        )
    assert all(0 <= line.at(on) <= 100 for on in (*line.visits, *(line.expected or ()), line.ends[0][2]))


def test_an_overdue_service_is_on_the_line() -> None:
    """A range that is over stays where it was."""
    car = replace(CAR, next_service_on=date(2025, 12, 1))
    assert line_of(car, (), TODAY).expected == (date(2025, 12, 1), date(2025, 12, 1))


def test_months_are_marked_in_quarters_and_never_beyond_the_edge() -> None:
    """January, April, July, October."""
    line = line_of(CAR, (), TODAY)
    assert {on.month for on in line.months()} <= {1, 4, 7, 10}
    assert all(line.at(on) < 95 for on in line.months())
