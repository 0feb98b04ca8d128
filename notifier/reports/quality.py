"""Data quality: what is wrong in the shop's records, and what it costs in customers no text reaches.

The waterfall counts each customer once, at the first step that stops them, in the order of the guards; findings count
each record that has the defect, so one record may stand in several. Nothing here flatters: see :class:`Worth`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from notifier.domain.months import months_back
from notifier.reports.campaigns import ReportShop
from notifier.reports.import_news import ImportNews, import_news
from notifier.store import quality, quality_workshop
from notifier.store.engine import Session
from notifier.store.quality import UNUSABLE, CustomerGroup, StepVisits
from notifier.store.quality_lists import LISTED, Case, cases

__all__ = ["OUT_OF_REACH", "Finding", "QualityReport", "Step", "Worth", "listed_cases", "quality_report"]

Of = Literal["customers", "cars", "orders", "policies"]
Section = Literal["mend", "look", "left_out"]
Cost = Literal["customers", "marketing", "greetings", "service", "insurance", "cars"]

BLOCKED = ("no_phone", *(f"phone_{reason}" for reason in UNUSABLE), "number_dead", "opted_out")
"""Steps at which a text stops, in the order of the guards."""
OUT_OF_REACH = BLOCKED[:-1]
"""Those who said stop have chosen so: nothing to be mended, and no loss."""
LEFT_STATES = ("sold", "scrapped", "pdi", "test_drive", "stock")
LEAST_SEEN = 30
"""Fewer visits, or customers on either side, give no average worth showing."""
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the waterfall: `is_total` = so many are left; otherwise so many leave here."""

    key: str
    customers: int
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Worth:
    """What the shop's own visits of the last 12 months allow to say of customers no text reaches.

    An estimate, and an upper end: ``customers with a car in use × (visits a year of one in reach - of one out of reach)
    × average value of a visit``, at least 0. It would be that much if a text made them come as often as the others.
    Nobody knows that it would, so the range begins at 0. One rate for all who are out of reach: the parts add up, and
    a group of six has no rate of its own. `customers` and `visits_of`: step → those with a car in use.
    """

    first: date
    last: date
    visits: int
    amount_minor: int
    customers: Mapping[str, int]
    visits_of: Mapping[str, int]

    @property
    def mean_minor(self) -> float:
        """Average value of a counted visit, refunds and those without a bill included."""
        return self.amount_minor / self.visits

    def visits_a_year(self, *steps: str) -> float:
        """Of a customer who stops at one of these steps; 0 where there is none."""
        number, came = (sum(of.get(step, 0) for step in steps) for of in (self.customers, self.visits_of))
        return came / number if number else 0.0

    @property
    def is_known(self) -> bool:
        """Whether enough visits and customers stand behind the averages."""
        missed = sum(self.customers.get(step, 0) for step in OUT_OF_REACH)
        least = min(self.visits, self.customers.get("reachable", 0), missed)
        return least >= LEAST_SEEN and self.amount_minor > 0

    def at_most_minor(self, *steps: str) -> int | None:
        """Revenue a year, at most, of the customers who stop at these steps, in minor units; None where unknown."""
        if not self.is_known:
            return None
        fewer = max(0.0, self.visits_a_year("reachable") - self.visits_a_year(*OUT_OF_REACH))
        return round(sum(self.customers.get(step, 0) for step in steps) * fewer * self.mean_minor)


@dataclass(frozen=True, slots=True)
class Finding:
    """`count` of `base` (`of`: customers, cars in use, orders or policies) have it; `cost` of `costs` is what it costs.

    `at_most_minor`: the estimate a year of :class:`Worth`. `more`: further counts, such as ages. `examples`: the first.
    """

    key: str
    section: Section
    of: Of
    count: int
    base: int
    costs: Cost | None = None
    cost: int = 0
    at_most_minor: int | None = None
    more: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Case, ...] = ()

    @property
    def share(self) -> float | None:
        """`count` of `base`; None where there is nothing to have it."""
        return self.count / self.base if self.base else None


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The whole page as of `now`. `greeted_without_car`: agreed to marketing, within reach, no car in use."""

    shop: ReportShop
    now: datetime
    today: date
    waterfall: tuple[Step, ...]
    greeted_without_car: int
    erased: int
    worth: Worth
    out_of_reach_minor: int | None
    findings: tuple[Finding, ...]
    imports: tuple[ImportNews, ...]

    def customers_at(self, key: str) -> int:
        """The count of one line of the waterfall."""
        return next(step.customers for step in self.waterfall if step.key == key)


def quality_report(
    session: Session,
    *,
    shop: ReportShop,
    now: datetime,
    today: date,
    limits: Mapping[str, timedelta],
    readers: Mapping[str, Sequence[str]],
) -> QualityReport:
    """The page of one shop. `limits`: data_max_age; `readers`: kind of import → campaigns that read it."""
    groups = quality.customer_groups(session, shop.id)
    worth = _worth(session, shop.id, groups, today)
    found = [*_customer_findings(session, shop.id, groups, worth), *_car_findings(session, shop.id)]
    found += _waiting_findings(session, shop.id, today)
    erased = quality.erased_customers(session, shop.id)
    found.append(Finding("erased", "left_out", "customers", erased, _number(groups) + erased))
    return QualityReport(
        shop=shop,
        now=now,
        today=today,
        waterfall=tuple(_waterfall(groups)),
        greeted_without_car=_number(groups, step="reachable", has_car=False, consent="yes"),
        erased=erased,
        worth=worth,
        out_of_reach_minor=worth.at_most_minor(*OUT_OF_REACH),
        findings=tuple(found),
        imports=tuple(import_news(session, shop.id, now, limits, readers)),
    )


def listed_cases(session: Session, report: QualityReport) -> Iterator[tuple[Finding, Case]]:
    """The work list: every record of every finding that a person can mend or look at, in a stream."""
    for finding in report.findings:
        if finding.count and finding.key in LISTED:
            yield from ((finding, case) for case in cases(session, report.shop.id, finding.key))


def _number(groups: Iterable[CustomerGroup], **wanted: object) -> int:
    return sum(
        group.customers for group in groups if all(getattr(group, name) == value for name, value in wanted.items())
    )


def _waterfall(groups: Sequence[CustomerGroup]) -> Iterator[Step]:
    yield Step("customers", _number(groups), is_total=True)
    for step in BLOCKED:
        yield Step(step, _number(groups, step=step))
    yield Step("reached", _number(groups, step="reachable"), is_total=True)
    yield Step("no_car", _number(groups, step="reachable", has_car=False))
    theirs = {"step": "reachable", "has_car": True}
    yield Step("service", _number(groups, **theirs), is_total=True)
    yield Step("consent_refused", _number(groups, **theirs, consent="no"))
    yield Step("consent_unknown", _number(groups, **theirs, consent="unknown"))
    yield Step("marketing", _number(groups, **theirs, consent="yes"), is_total=True)


def _worth(session: Session, shop_id: int, groups: Sequence[CustomerGroup], today: date) -> Worth:
    first = months_back(today, 12) + timedelta(days=1)
    seen = quality.visits_by_step(session, shop_id, first, today)
    steps = ("reachable", *BLOCKED)
    return Worth(
        first, today, sum(row.visits for row in seen), sum(row.amount_minor for row in seen),
        customers={step: _number(groups, step=step, has_car=True) for step in steps},
        visits_of={step: _visits(seen, step) for step in steps},
    )  # fmt: skip


def _visits(seen: Iterable[StepVisits], step: str) -> int:
    return sum(row.visits for row in seen if row.step == step and row.has_car)


def _customer_findings(
    session: Session, shop_id: int, groups: Sequence[CustomerGroup], worth: Worth
) -> Iterator[Finding]:
    base = _number(groups)

    def found(key: str, section: Section, count: int, costs: Cost | None = None, cost: int = 0) -> Finding:
        money = worth.at_most_minor(key) if costs == "customers" and count else None
        shown = _examples(session, shop_id, key) if count else ()
        return Finding(key, section, "customers", count, base, costs, cost, money, examples=shown)

    for step in OUT_OF_REACH:
        number = _number(groups, step=step)
        yield found(step, "mend", number, "customers", number)
    unknown = _number(groups, consent="unknown")
    yield found("consent_unknown", "mend", unknown, "marketing",
                _number(groups, consent="unknown", step="reachable"))  # fmt: skip
    ungreeted = sum(g.without_birthday for g in groups if g.step == "reachable" and g.consent == "yes")
    yield found("birthday_missing", "mend", sum(g.without_birthday for g in groups), "greetings", ungreeted)
    phones, numbers = quality.shared_phones(session, shop_id)
    shared = found("phone_shared", "look", phones)
    yield Finding(shared.key, "look", "customers", phones, base, more={"numbers": numbers}, examples=shared.examples)
    yield found("company", "look", sum(group.companies for group in groups))
    yield found("opted_out", "left_out", sum(group.stopped for group in groups))
    yield found("consent_refused", "left_out", _number(groups, consent="no"))


_CARS: Mapping[str, tuple[Section, Cost | None]] = {
    "owner_missing": ("mend", "cars"),
    "insurance_missing": ("mend", "insurance"),
    "service_unknown": ("mend", "service"),
    "delivery_missing": ("mend", "service"),
    "model_missing": ("mend", None),
    "plate_twins": ("mend", None),
    "never_visited": ("look", None),
    "vin_check_digit": ("look", None),
    "use_irregular": ("look", None),
    "time_alone": ("look", None),
    "model_alone": ("look", None),
}


def _car_findings(session: Session, shop_id: int) -> Iterator[Finding]:
    states = quality.cars_by_state(session, shop_id)
    in_use = states.get(quality.IN_USE, 0)
    counts = quality.cars_in_use(session, shop_id)
    plates, cars = quality.twin_plates(session, shop_id)
    counts |= {"plate_twins": (cars, 0)}
    counts |= {basis: (number, 0) for basis, number in quality_workshop.basis_counts(session, shop_id).items()}
    for key, (section, costs) in _CARS.items():
        count, cost = counts[key]
        yield Finding(
            key, section, "cars", count, in_use, costs, count if costs == "cars" else cost,
            more={"plates": plates} if key == "plate_twins" else {},
            examples=_examples(session, shop_id, key) if count else (),
        )  # fmt: skip
    for state in LEFT_STATES:
        yield Finding(f"car_{state}", "left_out", "cars", states.get(state, 0), sum(states.values()))


def _waiting_findings(session: Session, shop_id: int, today: date) -> Iterator[Finding]:
    orders = quality_workshop.order_counts(session, shop_id, today)
    policies = quality_workshop.policy_counts(session, shop_id, today)
    for key, of, waiting in (("orders_parked", "orders", orders), ("policies_parked", "policies", policies)):
        shown = _examples(session, shop_id, key) if waiting.parked else ()
        more = {"cars": waiting.cars, **waiting.by_age}
        yield Finding(key, "mend", of, waiting.parked, waiting.rows, more=more, examples=shown)  # type: ignore[arg-type]
    doubted = _examples(session, shop_id, "odometer_doubted") if orders.doubted else ()
    more = {"cars": orders.doubted_cars}
    yield Finding("odometer_doubted", "mend", "orders", orders.doubted, orders.rows, more=more, examples=doubted)


def _examples(session: Session, shop_id: int, key: str) -> tuple[Case, ...]:
    return tuple(cases(session, shop_id, key, EXAMPLES)) if key in LISTED else ()
