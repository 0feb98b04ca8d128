"""What the data quality page says in words: each step, each finding with its mend, each cost. For every renderer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from notifier.domain.phone import mask
from notifier.locale import N_, _, listed
from notifier.reports import numbers
from notifier.reports.quality import OUT_OF_REACH, Finding, QualityReport
from notifier.store.quality_lists import Case

__all__ = [
    "SECTIONS",
    "case_words",
    "cost_sentence",
    "finding_title",
    "headline",
    "masked_name",
    "masked_phone",
    "mend_sentence",
    "more_sentence",
    "notes",
    "of_word",
    "step_title",
    "worth_sentence",
]

SECTIONS: Mapping[str, str] = {
    "mend": N_("To be mended"),
    "look": N_("Worth a look"),
    "left_out": N_("Left out on purpose"),
}

_TITLES: Mapping[str, str] = {
    "no_phone": N_("No phone on record"),
    "phone_not_mobile": N_("Phone is not a mobile"),
    "phone_too_short": N_("Phone too short"),
    "phone_too_long": N_("Phone too long"),
    "phone_not_a_number": N_("Phone is no number"),
    "number_dead": N_("Number dead"),
    "opted_out": N_("Said stop"),
    "consent_unknown": N_("Consent unknown"),
    "consent_refused": N_("Refused marketing"),
    "birthday_missing": N_("Birthday missing"),
    "phone_shared": N_("One phone, several DMS numbers"),
    "company": N_("Company customers"),
    "erased": N_("Erased on request"),
    "owner_missing": N_("Car without owner"),
    "insurance_missing": N_("Insurance end missing"),
    "service_unknown": N_("No service day known"),
    "delivery_missing": N_("Delivery date missing"),
    "model_missing": N_("Model missing"),
    "plate_twins": N_("Plates that look alike"),
    "never_visited": N_("Car never seen here"),
    "vin_check_digit": N_("VIN check digit wrong"),
    "use_irregular": N_("Irregular use"),
    "time_alone": N_("Service day by time alone"),
    "model_alone": N_("Service day by model's mean"),
    "car_sold": N_("Sold"),
    "car_scrapped": N_("Scrapped"),
    "car_pdi": N_("Not delivered yet (PDI)"),
    "car_test_drive": N_("Test-drive cars"),
    "car_stock": N_("In stock"),
    "orders_parked": N_("Orders waiting for their car"),
    "policies_parked": N_("Policies waiting for their car"),
    "odometer_doubted": N_("Odometer not believed"),
}

_STEPS: Mapping[str, str] = {
    "customers": N_("All customers"),
    "reached": N_("reached by SMS"),
    "no_car": N_("No car in use"),
    "service": N_("reached for service"),
    "marketing": N_("reached for marketing"),
}

_MENDS: Mapping[str, str] = {
    "no_phone": N_("Ask at the next visit; enter the mobile number in the DMS and import customers."),
    "phone_not_mobile": N_("A landline: call it and ask for a mobile number."),
    "phone_too_short": N_("Digits are missing: compare with the papers of the last order."),
    "phone_too_long": N_("Often two numbers in one field: keep the mobile number."),
    "phone_not_a_number": N_("Words or no number in use: ask anew."),
    "number_dead": N_("The provider says so: ask for the new number; it is tried again once the number changes."),
    "consent_unknown": N_("Import the consent column, or notifier import customers FILE --consent SOURCE."),
    "birthday_missing": N_("Ask when the customer is here anyway; enter it in the DMS."),
    "phone_shared": N_("One text goes to all of them. Where many share one it is a clerk's own: replace it."),
    "company": N_("Ask for the phone of the person who drives."),
    "owner_missing": N_("Nobody is written to about it: enter the owner in the DMS."),
    "insurance_missing": N_("Ask at the next visit, or import renewals."),
    "service_unknown": N_("Neither a delivery date nor a maintenance visit is known: enter one of the two."),
    "delivery_missing": N_("Take it from the sales contract or the registration."),
    "model_missing": N_("Enter it: without a model its service day has no mean to lean on."),
    "plate_twins": N_("A plate belongs to one car: correct the wrong one, or mark the old car as sold."),
    "never_visited": N_("Bought here, serviced elsewhere, or older visits were never imported."),
    "vin_check_digit": N_("Compare with the registration: a slip parts a car from its visits. Some makes use none."),
    "use_irregular": N_("The service day is a guess: ask for the kilometres."),
    "time_alone": N_("No odometer and no mean of its model: have the odometer written on each order."),
    "model_alone": N_("Fewer than two readings of its own: have the odometer written on each order."),
    "orders_parked": N_("Import the customers of these cars: until then they may be reminded though they came."),
    "policies_parked": N_("Import the customers of these cars: until then they may be reminded though they renewed."),
    "odometer_doubted": N_("It falls or leaps: the visit counts, the reading does not. Correct it in the DMS."),
}  # fmt: skip

_COSTS: Mapping[str, str] = {
    "customers": N_("customers out of reach: {count}"),
    "marketing": N_("in reach, without marketing: {count}"),
    "greetings": N_("birthdays without a greeting: {count}"),
    "service": N_("cars in reach, without a service reminder: {count}"),
    "insurance": N_("cars in reach, without an insurance reminder: {count}"),
    "cars": N_("cars without any reminder: {count}"),
}

_OF: Mapping[str, str] = {
    "customers": N_("customers"),
    "cars": N_("cars"),
    "orders": N_("orders"),
    "policies": N_("policies"),
}

_MORE: Mapping[str, str] = {
    "numbers": N_("DMS numbers {count}"),
    "plates": N_("plates {count}"),
    "cars": N_("cars {count}"),
    "under_30_days": N_("under 30 days old {count}"),
    "under_365_days": N_("30 to 364 days {count}"),
    "older": N_("older {count}"),
}


def finding_title(key: str) -> str:
    """The name of a finding."""
    return _(_TITLES[key])


def step_title(key: str) -> str:
    """The name of a line of the waterfall."""
    return _(_STEPS.get(key) or _TITLES[key])


def of_word(finding: Finding) -> str:
    """What is counted."""
    return _(_OF[finding.of])


def headline(report: QualityReport) -> str:
    """Of how many customers how many can be reached."""
    total, reached = report.customers_at("customers"), report.customers_at("reached")
    if not total:
        return _("There are no customers yet: import customers (notifier import customers FILE).")
    return _("Of {total} customers, {reached} can be reached by SMS today ({share}).").format(
        total=numbers.count(total), reached=numbers.count(reached), share=numbers.share(reached / total)
    )


def cost_sentence(finding: Finding, currency: str, *, with_estimate: bool = True) -> str:
    """What it costs, the estimate marked as one; empty where it costs nothing that can be counted."""
    if finding.costs is None or not finding.cost:
        return ""
    cost = _(_COSTS[finding.costs]).format(count=numbers.count(finding.cost))
    if finding.at_most_minor is None or not with_estimate:
        return cost
    if not finding.at_most_minor:
        return _("{cost}; they came as often as the others").format(cost=cost)
    amount = numbers.money(finding.at_most_minor, currency, is_rough=True)
    return _("{cost}; estimate: 0 to {amount} a year").format(cost=cost, amount=amount)


def mend_sentence(key: str) -> str:
    """What to do about it; empty for what is as it should be."""
    return _(_MENDS[key]) if key in _MENDS else ""


def more_sentence(finding: Finding) -> str:
    """Further counts, such as the age of what waits."""
    shown = [_(_MORE[key]).format(count=numbers.count(number)) for key, number in finding.more.items() if number]
    return listed(shown)


def worth_sentence(report: QualityReport) -> str:
    """How the estimate is made, with its figures; or why there is none."""
    worth = report.worth
    if not worth.is_known:
        return _(
            "No estimate in money: it takes 30 visits with a bill in the last 12 months, and 30 customers each in "
            "reach and out of reach."
        )
    return _(
        "Estimate a year = customers with a car in use × ({reached} visits a year of one in reach − {missed} of one "
        "out of reach) × {mean} a visit ({visits} visits, {first} to {last}). That is the most: as if a text made them "
        "come as often as the others. Many of them have left for good, so the range begins at 0."
    ).format(
        reached=f"{worth.visits_a_year('reachable'):.2f}",
        missed=f"{worth.visits_a_year(*OUT_OF_REACH):.2f}",
        mean=numbers.money(worth.mean_minor, report.shop.currency),
        visits=numbers.count(worth.visits),
        first=numbers.day(worth.first),
        last=numbers.day(worth.last),
    )


def notes(report: QualityReport) -> Iterator[str]:
    """What must be known to read the page."""
    yield worth_sentence(report)
    if report.out_of_reach_minor is not None:
        yield _(
            "All customers out of reach together (who said stop left out): 0 to {amount} a year, estimated."
        ).format(amount=numbers.money(report.out_of_reach_minor, report.shop.currency, is_rough=True))
    yield _("The steps above count each customer once; findings count every record that has them.")
    if report.greeted_without_car:
        yield _("Greetings also reach {count} customers without a car in use who agreed to marketing.").format(
            count=numbers.count(report.greeted_without_car)
        )
    yield _("The whole work list: notifier report quality --format xlsx --out quality.xlsx")


def masked_name(case: Case) -> str | None:
    """Enough of a person's name to recognise the record beside its number; a company's whole."""
    if case.name is None or case.is_company:
        return case.name
    return f"{case.name[0]}**"


def masked_phone(case: Case) -> str | None:
    """138****5001."""
    return mask(case.phone) if case.phone else None


def case_words(case: Case) -> str:
    """One record in a line: what it is found by in the DMS."""
    day = numbers.day(case.day) if case.day else None
    parts = (case.reference or case.number, masked_name(case), day, case.plate, case.vin, case.detail)
    return " ".join(part for part in parts if part)
