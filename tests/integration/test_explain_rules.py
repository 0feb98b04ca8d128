"""What `explain` says of each rule, in the words of the rule: nothing known, not due yet, open now, over."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from notifier.jobs.explain import explain
from notifier.store.engine import Store
from notifier.store.tables import Customer
from tests.support.rules_page import RuleShop, example
from tests.support.shop import SECRET, at, days, yaml

MONDAY = date(2026, 3, 2)


def said(shop: RuleShop, day: date, campaign: str | None = None) -> list[tuple[str, str]]:
    """(status, sentence) of everything told of the customer."""
    phone = shop.one(Customer, id=shop.id_of("陈晓芳"))["phone"]
    shop.fresh(at(day))
    found = explain(shop.planner(), SECRET, phone, at(day), campaign=campaign)
    return [(answer.status, answer.sentence) for each in found.customers for answer in each.answers]


def known(store: Store, rule: str, customer: dict[str, Any], car: dict[str, Any]) -> RuleShop:
    """A shop with one campaign, a customer and a car of whom this is on record."""
    shop = RuleShop(store, MONDAY, example(rule))
    shop.customer("陈晓芳", **customer)
    shop.car("闽C11111", "陈晓芳", **car)
    return shop


FIRST = {"next_service_kind": "first", "service_on": date(2026, 6, 30), "delivered_on": date(2026, 1, 5)}


@pytest.mark.parametrize(
    ("rule", "customer", "car", "sentence"),
    [
        ("first_service", {}, FIRST, "Not due until 2026-05-31; the first service is expected on 2026-06-30."),
        ("inspection", {}, {"inspection_ends_on": date(2026, 6, 30)},
         "Not due until 2026-05-01; the inspection ends on 2026-06-30."),
        ("loan_end", {}, {"loan_ends_on": date(2026, 6, 30)},
         "Not due until 2026-05-31; the last instalment falls on 2026-06-30."),
        ("warranty_end", {}, {"warranty_ends_on": date(2026, 12, 31)},
         "Not due until 2026-10-02; the warranty ends on 2026-12-31."),
        ("anniversary", {}, {"delivered_on": date(2024, 5, 5)},
         "Not due until 2026-05-05; the anniversary of the delivery is on 2026-05-05."),
        ("thank_you", {}, {"delivered_on": date(2026, 3, 20)},
         "Delivered on 2026-03-20; the first thank-you opens on 2026-03-21."),
        ("points", {"points": 100, "points_end_on": date(2026, 12, 31)}, {},
         "Not due until 2026-12-01; the points end on 2026-12-31."),
        ("birthday", {"birth_on": date(1990, 5, 9)}, {},
         "Not due until 2026-05-09; the birthday is on 2026-05-09."),
        ("insurance_expiry", {}, {"insurance_ends_on": date(2026, 6, 30)},
         "Not due until 2026-05-01; the policy ends on 2026-06-30."),
    ],
)  # fmt: skip
def test_what_is_not_due_yet_is_told_in_the_words_of_the_rule(
    sqlite_store: Store, rule: str, customer: dict[str, Any], car: dict[str, Any], sentence: str
) -> None:
    """Since when it counts, and when it opens."""
    shop = known(sqlite_store, rule, customer, car)
    assert said(shop, MONDAY + days(18), rule) == [("not_due", sentence)]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("first_service", "No first service lies ahead: no delivery is on record, or it is done."),
        ("inspection", "No end of the annual inspection is on record."),
        ("loan_end", "No end of a car loan is on record."),
        ("warranty_end", "No end of the warranty is on record."),
        ("anniversary", "No delivery is on record."),
        ("thank_you", "No delivery is on record."),
        ("follow_up", "No visit of the last weeks is on record."),
        ("points", "No points with an end date are on record."),
        ("level", "No change of the member level is on record."),
        ("referral", "No delivery names this customer as the one who brought the buyer."),
    ],
)
def test_where_nothing_is_known_the_missing_record_is_named(sqlite_store: Store, rule: str, sentence: str) -> None:
    """So that a clerk knows what to look up."""
    assert said(known(sqlite_store, rule, {}, {}), MONDAY, rule) == [("nothing_due", sentence)]


def test_an_anniversary_open_now_is_told_before_the_next(sqlite_store: Store) -> None:
    """On the day, its text; once it is over for a month, next year's."""
    shop = known(sqlite_store, "anniversary", {}, {"delivered_on": date(2024, 3, 2)})
    ((status, sentence),) = said(shop, MONDAY, "anniversary")
    assert (status, sentence) == ("gets", "Gets the text “on the purchase anniversary” with the run that is due now.")
    ((status, sentence),) = said(shop, MONDAY + days(60), "anniversary")
    assert sentence == "Not due until 2027-03-02; the anniversary of the delivery is on 2027-03-02."


def test_a_campaign_switched_off_is_told_of_only_when_asked_for(sqlite_store: Store) -> None:
    """The shipped file has many that nobody uses."""
    shop = known(sqlite_store, "points", {}, {})
    shop.planner(yaml(example("points", enabled="false"), example("birthday")))
    assert [status for status, _sentence in said(shop, MONDAY)] == ["nothing_due"]
    assert said(shop, MONDAY, "points") == [("off", "The campaign is switched off in schedules.yaml.")]
