"""Data quality on both databases: every figure of a hand-made shop, counted on paper."""

from __future__ import annotations

import csv
import io
import random
from datetime import date, timedelta
from itertools import pairwise

import pytest

from notifier.dms.cleaning import has_vin_check_digit
from notifier.domain.freshness import Freshness
from notifier.reports.campaigns import ReportShop
from notifier.reports.quality import Finding, QualityReport, listed_cases, quality_report
from notifier.reports.quality_files import quality_csv
from notifier.store.engine import Store
from notifier.store.imports import begin_import, finish_import
from notifier.store.quality import cars_in_use
from notifier.store.quality_lists import LISTED, Case, cases
from tests.support.import_desk import NOW, vin
from tests.support.quality_shop import TODAY, WRONG_VIN, QualityShop, hand_made

LIMITS = {"customers": timedelta(days=7), "visits": timedelta(days=2)}
READERS = {"customers": ["Birthday"], "visits": ["Maintenance due"]}


def report_on(shop: QualityShop) -> QualityReport:
    """The page of 1 March 2026, 10:00 in the shop."""
    with shop.store.read() as session:
        return quality_report(
            session, shop=ReportShop(shop.id, "东南汽车泉州店", "Asia/Shanghai"), now=NOW, today=TODAY,
            limits=LIMITS, readers=READERS,
        )  # fmt: skip


@pytest.fixture
def shop(store: Store) -> QualityShop:
    """The hand-made shop."""
    return hand_made(store)


WATERFALL = [
    ("customers", 11, True), ("no_phone", 1, False), ("phone_too_short", 1, False), ("phone_too_long", 0, False),
    ("phone_not_a_number", 0, False), ("phone_not_mobile", 1, False), ("number_dead", 1, False),
    ("opted_out", 1, False), ("reached", 6, True), ("no_car", 1, False), ("service", 5, True),
    ("consent_refused", 1, False), ("consent_unknown", 1, False), ("marketing", 3, True),
]  # fmt: skip


def test_the_waterfall_counts_each_customer_once(shop: QualityShop) -> None:
    """Eve's number is dead and said stop: she leaves at the first. Gao's stop was lifted. Ivy's only car is sold."""
    report = report_on(shop)
    assert [(step.key, step.customers, step.is_total) for step in report.waterfall] == WATERFALL
    assert (report.greeted_without_car, report.erased) == (1, 1)


def test_the_steps_add_up_exactly(shop: QualityShop) -> None:
    """From one total to the next, what leaves is what is missing."""
    steps = report_on(shop).waterfall
    totals = [place for place, step in enumerate(steps) if step.is_total]
    for above, below in pairwise(totals):
        left = sum(step.customers for step in steps[above + 1 : below])
        assert steps[above].customers - left == steps[below].customers


FINDINGS = {  # count, base, cost, more
    "no_phone": (1, 11, 1, {}),
    "phone_too_short": (1, 11, 1, {}),
    "phone_too_long": (0, 11, 0, {}),
    "phone_not_a_number": (0, 11, 0, {}),
    "phone_not_mobile": (1, 11, 1, {}),
    "number_dead": (1, 11, 1, {}),
    "consent_unknown": (2, 11, 1, {}),  # Cai has no mobile, so only Han is lost to marketing
    "birthday_missing": (2, 11, 1, {}),  # Han's consent is unknown anyway; a company has none
    "phone_shared": (1, 11, 0, {"numbers": 2}),
    "company": (1, 11, 0, {}),
    "opted_out": (2, 11, 0, {}),
    "consent_refused": (2, 11, 0, {}),
    "owner_missing": (1, 10, 1, {}),
    "insurance_missing": (2, 10, 1, {}),  # Bo has no phone: no reminder is lost for want of the date
    "service_unknown": (1, 10, 1, {}),
    "delivery_missing": (2, 10, 1, {}),  # Jin's car had its maintenance, and is reminded all the same
    "model_missing": (1, 10, 0, {}),
    "plate_twins": (2, 10, 0, {"plates": 1}),  # O and 0; the third such plate is on a sold car
    "never_visited": (2, 10, 0, {}),  # Cai's car was here for PDI only
    "vin_check_digit": (1, 10, 0, {}),
    "use_irregular": (1, 10, 0, {}),
    "time_alone": (2, 10, 0, {}),
    "model_alone": (4, 10, 0, {}),  # Cai, Gao (one reading believed), Jin (one day), the car without owner
    "car_sold": (1, 15, 0, {}),
    "car_scrapped": (1, 15, 0, {}),
    "car_pdi": (1, 15, 0, {}),
    "car_test_drive": (1, 15, 0, {}),
    "car_stock": (1, 15, 0, {}),
    "orders_parked": (5, 13, 0, {"cars": 4, "under_30_days": 2, "under_365_days": 2, "older": 1}),
    "policies_parked": (1, 2, 0, {"cars": 1, "under_30_days": 1, "under_365_days": 0, "older": 0}),
    "odometer_doubted": (1, 13, 0, {"cars": 1}),
    "erased": (1, 12, 0, {}),
}


def test_every_finding_is_counted(shop: QualityShop) -> None:
    """Each with what it is measured against and what it costs; no money where too little is known."""
    found = {f.key: (f.count, f.base, f.cost, dict(f.more)) for f in report_on(shop).findings}
    assert found == FINDINGS
    assert {f.at_most_minor for f in report_on(shop).findings} == {None}


@pytest.mark.parametrize("finding", sorted(LISTED))
def test_the_list_behind_a_count_has_as_many_rows(shop: QualityShop, finding: str) -> None:
    """The same conditions make both; a limit gives the first of them."""
    with shop.store.read() as session:
        listed = list(cases(session, shop.id, finding))
        assert len(listed) == FINDINGS[finding][0]
        assert list(cases(session, shop.id, finding, 1)) == listed[:1]


def of(shop: QualityShop, finding: str) -> list[Case]:
    """The whole list of a finding."""
    with shop.store.read() as session:
        return list(cases(session, shop.id, finding))


def test_a_case_names_what_staff_find_it_by(shop: QualityShop) -> None:
    """DMS number, car, order, policy; the number we made up for a customer without one is not shown."""
    assert of(shop, "number_dead") == [
        Case(number="K5", name="Eve", phone="+8613800000005", vin=WRONG_VIN, detail="30005")
    ]
    assert of(shop, "phone_shared") == [
        Case(number="K10", name="Jin Ltd", is_company=True, phone="+8613800000010", vin=vin(10), detail="K10, K11")
    ]
    assert [(case.number, case.plate) for case in of(shop, "plate_twins")] == [("K1", "闽C10O01"), ("K2", "闽C10001")]
    assert [case.number for case in of(shop, "service_unknown")] == [None]
    assert [(case.reference, case.day) for case in of(shop, "orders_parked")][:2] == [
        ("P5", date(2025, 3, 1)), ("P4", date(2025, 3, 2))
    ]  # fmt: skip
    assert of(shop, "odometer_doubted") == [Case(reference="R6", day=date(2025, 7, 1), vin="VIN of 6", detail="900000")]
    assert of(shop, "policies_parked") == [Case(reference="I2", day=date(2026, 2, 1), vin="VIN of None")]


def test_the_work_list_holds_every_listed_finding(shop: QualityShop) -> None:
    """And nothing that is as the customer or the shop wants it."""
    report = report_on(shop)
    with shop.store.read() as session:
        rows = list(csv.reader(io.StringIO(quality_csv(listed_cases(session, report)).decode("utf-8-sig"))))
    expected = sum(finding.count for finding in report.findings if finding.key in LISTED)
    assert len(rows) - 1 == expected == 30
    assert "Said stop" not in {row[0] for row in rows}
    assert ["Number dead", "K5", "E**", "138****0005", WRONG_VIN] in [row[:5] for row in rows]


def test_check_digits_are_judged_as_by_an_import(store: Store) -> None:
    """The database's arithmetic and Python's agree on any VIN."""
    shop, random_ = QualityShop(store), random.Random(7)
    vins = {"".join(random_.choices("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", k=17)) for _ in range(300)}
    for n, number in enumerate(sorted(vins | {vin(n) for n in range(40)})):
        shop.car(number, None, plate=f"P{n}")
    wrong = sum(not has_vin_check_digit(number) for number in vins)
    with store.read() as session:
        assert cars_in_use(session, shop.id)["vin_check_digit"] == (wrong, 0)


def crowd(shop: QualityShop, missed_visits: int) -> None:
    """30 customers in reach with 45 visits in 12 months, 30 without a phone with `missed_visits`; 100.00 each."""
    days = iter(date(2025, 3, 2) + timedelta(days=n) for n in range(364))
    owners = [shop.customer(f"in {n}") for n in range(30)]
    owners += [shop.customer(f"out {n}", phone=None, unreachable="missing") for n in range(30)]
    cars = [shop.car(vin(n), owner) for n, owner in enumerate(owners)]
    seen = [n % 30 for n in range(45)] + [30 + n % 30 for n in range(missed_visits)]
    for place in seen:
        shop.visit(cars[place], next(days), owners[place], minor=100_00)


def test_the_estimate_is_made_of_the_shops_own_visits(store: Store) -> None:
    """30 × (45/30 - 18/30) × 103.00 = 2,781.00 at most, by hand; what lies outside the 12 months is left out."""
    shop = QualityShop(store)
    crowd(shop, 18)
    sold = shop.customer("Ivy")
    car = shop.car(vin(60), sold, state="sold")
    shop.visit(car, date(2025, 5, 1), sold, minor=100_00)
    shop.visit(car, date(2026, 3, 1), None, minor=295_00)
    shop.visit(car, date(2025, 3, 1), sold, minor=999_00)
    shop.visit(car, date(2025, 6, 1), sold, counted=False, minor=999_00)
    report = report_on(shop)
    worth = report.worth
    assert (worth.first, worth.last) == (date(2025, 3, 2), TODAY)
    assert (worth.visits, worth.mean_minor) == (65, 103_00)
    assert worth.visits_a_year("reachable") == 1.5
    found = finding(report, "no_phone")
    assert (found.cost, found.at_most_minor, report.out_of_reach_minor) == (30, 2_781_00, 2_781_00)


def test_no_gain_is_promised_where_they_come_as_often(store: Store) -> None:
    """48 visits of 30 customers out of reach are more than the others': the estimate is 0, not less."""
    shop = QualityShop(store)
    crowd(shop, 48)
    assert finding(report_on(shop), "no_phone").at_most_minor == 0


@pytest.mark.parametrize(
    "change",
    [
        "unreachable = '30005' WHERE name = 'in 0'",
        "unreachable = NULL, phone = '+8613800000000', phone_key = 'x' WHERE name = 'out 0'",
    ],
)
def test_no_estimate_without_enough_customers(store: Store, change: str) -> None:
    """29 of them, in reach or out of it, are too few for an average: three who came twice would decide it."""
    shop = QualityShop(store)
    crowd(shop, 18)
    assert report_on(shop).worth.is_known
    with store.write() as session:
        session.connection().exec_driver_sql(f"UPDATE customer SET {change}")
    report = report_on(shop)
    assert not report.worth.is_known
    assert (finding(report, "no_phone").at_most_minor, report.out_of_reach_minor) == (None, None)


def finding(report: QualityReport, key: str) -> Finding:
    """One finding of the page."""
    return next(finding for finding in report.findings if finding.key == key)


def test_a_shop_without_customers_divides_nothing(store: Store) -> None:
    """Every count is 0, no share is known."""
    report = report_on(QualityShop(store))
    assert {finding.count for finding in report.findings} == {0}
    assert {finding.share for finding in report.findings} == {None}


@pytest.fixture
def imported(store: Store) -> QualityShop:
    """Customers fresh, visits too old with an older file that never ended, renewals never."""
    shop = QualityShop(store)
    with store.write() as session:
        counts = {"read": 5, "rejected": {"bad_vin": 2}, "warned": {"phone_missing": 1}}
        for kind, at in (("customers", NOW), ("visits", NOW - timedelta(days=3))):
            key = begin_import(session, shop.id, kind, source=f"{kind}.csv", fingerprint=kind, at=at)
            finish_import(session, key, counts)
        begin_import(session, shop.id, "visits", source="broken.csv", fingerprint="b", at=NOW - timedelta(hours=1))
    return shop


def test_imports_say_how_fresh_they_are_and_who_waits(imported: QualityShop) -> None:
    """The last import's reasons, the file that never ended, and only those campaigns that wait."""
    customers, visits, renewals = report_on(imported).imports
    assert (customers.freshness, customers.waits, customers.known_to) == (Freshness.FRESH, False, NOW)
    assert customers.last is not None
    assert customers.last.counts["rejected"] == {"bad_vin": 2}
    assert (visits.freshness, visits.waits, visits.readers) == (Freshness.UNFINISHED, True, ("Maintenance due",))
    assert [made.source for made in visits.unfinished] == ["broken.csv"]
    assert (renewals.freshness, renewals.waits, renewals.last) == (Freshness.NEVER, False, None)
