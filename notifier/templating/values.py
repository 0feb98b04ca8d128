"""From records to spoken values: what one text to one customer may say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from notifier.domain.festivals import spoken_festival
from notifier.templating.fields import FIELDS, is_chinese
from notifier.templating.spoken import (
    cleaned,
    spoken_date,
    spoken_list,
    spoken_money,
    spoken_plate,
    spoken_salutation,
)

__all__ = ["CarFacts", "CouponFacts", "CustomerFacts", "OccasionFacts", "ShopFacts", "Values", "build_values"]

Values = Mapping[str, str]
"""Spoken values keyed by `Field.variable`. A field without a value is absent, never empty."""


class CustomerFacts(NamedTuple):
    """`sex`: m, f or None."""

    name: str | None = None
    sex: str | None = None
    is_company: bool = False


class CarFacts(NamedTuple):
    """`service_kind`: first, regular or None. `years`: how many years ago it was delivered, on its anniversary."""

    plate: str | None = None
    model: str | None = None
    due_on: date | None = None
    service_kind: str | None = None
    insurance_ends_on: date | None = None
    inspection_ends_on: date | None = None
    loan_ends_on: date | None = None
    warranty_ends_on: date | None = None
    visited_on: date | None = None
    years: int | None = None


class OccasionFacts(NamedTuple):
    """What a text is about beside the customer's cars: a festival, an event, points, a level.

    `festival`: its name as domain/festivals knows it. `event`, `event_on`: the title and day of a list or topic.
    """

    festival: str | None = None
    event: str | None = None
    event_on: date | None = None
    level: str | None = None
    points: int | None = None
    points_end_on: date | None = None


@dataclass(frozen=True, slots=True)
class CouponFacts:
    """`value_minor` in minor units of the shop's currency; None or 0 for a coupon without an amount."""

    code: str
    value_minor: int | None
    ends_on: date


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The shop as schedules.yaml has it. `signature` without brackets."""

    name: str
    phone: str
    signature: str


_SERVICE_KINDS = {
    "zh": {"first": "首保", "regular": "定期保养"},
    "en": {"first": "first service", "regular": "maintenance"},
}
_FALLBACKS = {
    "zh": {"plate": "您的爱车", "model": "爱车", "kind": "保养"},
    "en": {"plate": "your car", "model": "car", "kind": "service"},
}


class _Facts(NamedTuple):
    """Everything a text may speak of, for one customer."""

    customer: CustomerFacts
    cars: Sequence[CarFacts]
    coupon: CouponFacts | None
    shop: ShopFacts
    language: str
    occasion: OccasionFacts

    @property
    def tongue(self) -> str:
        return "zh" if is_chinese(self.language) else "en"


_NO_OCCASION = OccasionFacts()
_NO_CAR = CarFacts()


def build_values(
    customer: CustomerFacts,
    cars: Sequence[CarFacts],
    coupon: CouponFacts | None,
    shop: ShopFacts,
    language: str,
    *,
    occasion: OccasionFacts | None = None,
    wanted: Iterable[str] | None = None,
) -> Values:
    """Every value these facts can fill, as spoken in `language` (zh… in Chinese, all others in English).

    `wanted`: names of the fields to speak, None for all. Fields of several cars are joined in car order. Where one of
    several cars lacks a value without fallback the field is absent for all: a list of two plates and one date would
    name the wrong day.
    """
    facts = _Facts(customer, cars or (_NO_CAR,), coupon, shop, language, occasion or _NO_OCCASION)
    values = {}
    for name in _SPEAKERS if wanted is None else wanted:
        if spoken := _SPEAKERS[name](facts):
            values[_VARIABLES[name]] = spoken
    return values


def _of_cars(speak: Callable[[CarFacts, _Facts], str]) -> Callable[[_Facts], str]:
    """A field of each car, joined; empty where one of them has no value."""

    def spoken(facts: _Facts) -> str:
        if len(facts.cars) == 1:
            return speak(facts.cars[0], facts)
        parts = [speak(car, facts) for car in facts.cars]
        return spoken_list(parts, facts.language) if all(parts) else ""

    return spoken


def _salutation(facts: _Facts) -> str:
    person = facts.customer
    return spoken_salutation(person.name, person.sex, is_company=person.is_company, language=facts.language)


def _coupon_value(facts: _Facts) -> str:
    worth = facts.coupon.value_minor if facts.coupon is not None else None
    return spoken_money(worth) if worth and worth > 0 else ""


def _coupon_ends_on(facts: _Facts) -> str:
    return spoken_date(facts.coupon.ends_on, facts.language) if facts.coupon is not None else ""


def _date(day: date | None, facts: _Facts) -> str:
    return spoken_date(day, facts.language) if day else ""


def _kind(car: CarFacts, facts: _Facts) -> str:
    if car is _NO_CAR:
        return ""
    return _SERVICE_KINDS[facts.tongue].get(car.service_kind or "", _fallback("kind", facts))


def _fallback(what: str, facts: _Facts) -> str:
    return _FALLBACKS[facts.tongue][what]


_cleaned_of_shop = lru_cache(maxsize=256)(cleaned)

_SPEAKERS: Mapping[str, Callable[[_Facts], str]] = {
    "customer.name": lambda facts: cleaned(facts.customer.name),
    "customer.salutation": _salutation,
    "vehicle.plate": _of_cars(lambda car, facts: spoken_plate(car.plate, facts.language) or _fallback("plate", facts)),
    "vehicle.model": _of_cars(lambda car, facts: cleaned(car.model) or _fallback("model", facts)),
    "vehicle.years": _of_cars(lambda car, _facts: str(car.years or "")),
    "service.due_on": _of_cars(lambda car, facts: _date(car.due_on, facts)),
    "service.kind": _of_cars(_kind),
    "insurance.ends_on": _of_cars(lambda car, facts: _date(car.insurance_ends_on, facts)),
    "inspection.ends_on": _of_cars(lambda car, facts: _date(car.inspection_ends_on, facts)),
    "loan.ends_on": _of_cars(lambda car, facts: _date(car.loan_ends_on, facts)),
    "warranty.ends_on": _of_cars(lambda car, facts: _date(car.warranty_ends_on, facts)),
    "visit.on": _of_cars(lambda car, facts: _date(car.visited_on, facts)),
    "festival.name": lambda facts: spoken_festival(facts.occasion.festival or "", facts.language),
    "event.title": lambda facts: cleaned(facts.occasion.event),
    "event.on": lambda facts: _date(facts.occasion.event_on, facts),
    "member.level": lambda facts: cleaned(facts.occasion.level),
    "points.balance": lambda facts: str(facts.occasion.points or ""),
    "points.ends_on": lambda facts: _date(facts.occasion.points_end_on, facts),
    "coupon.code": lambda facts: cleaned(facts.coupon.code) if facts.coupon is not None else "",
    "coupon.value": _coupon_value,
    "coupon.ends_on": _coupon_ends_on,
    "shop.name": lambda facts: _cleaned_of_shop(facts.shop.name),
    "shop.phone": lambda facts: _cleaned_of_shop(facts.shop.phone),
}
_VARIABLES = {name: FIELDS[name].variable for name in _SPEAKERS}
