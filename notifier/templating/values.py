"""From records to spoken values: what one text to one customer may say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

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


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """`sex`: m, f or None."""

    name: str | None = None
    sex: str | None = None
    is_company: bool = False


@dataclass(frozen=True, slots=True)
class CarFacts:
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


@dataclass(frozen=True, slots=True)
class OccasionFacts:
    """What a text is about beside the customer's cars: a festival, an event, points, a level.

    `festival`: its name as spoken. `event`, `event_on`: the title and day of a list or topic.
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

_CUSTOMER_NAME = FIELDS["customer.name"].variable
_SALUTATION = FIELDS["customer.salutation"].variable
_PLATE = FIELDS["vehicle.plate"].variable
_MODEL = FIELDS["vehicle.model"].variable
_DUE_ON = FIELDS["service.due_on"].variable
_SERVICE_KIND = FIELDS["service.kind"].variable
_INSURANCE_ENDS_ON = FIELDS["insurance.ends_on"].variable
_INSPECTION_ENDS_ON = FIELDS["inspection.ends_on"].variable
_LOAN_ENDS_ON = FIELDS["loan.ends_on"].variable
_WARRANTY_ENDS_ON = FIELDS["warranty.ends_on"].variable
_VISITED_ON = FIELDS["visit.on"].variable
_YEARS = FIELDS["vehicle.years"].variable
_FESTIVAL = FIELDS["festival.name"].variable
_EVENT = FIELDS["event.title"].variable
_EVENT_ON = FIELDS["event.on"].variable
_LEVEL = FIELDS["member.level"].variable
_POINTS = FIELDS["points.balance"].variable
_POINTS_END_ON = FIELDS["points.ends_on"].variable
_COUPON_CODE = FIELDS["coupon.code"].variable
_COUPON_VALUE = FIELDS["coupon.value"].variable
_COUPON_ENDS_ON = FIELDS["coupon.ends_on"].variable
_SHOP_NAME = FIELDS["shop.name"].variable
_SHOP_PHONE = FIELDS["shop.phone"].variable


def build_values(
    customer: CustomerFacts,
    cars: Sequence[CarFacts],
    coupon: CouponFacts | None,
    shop: ShopFacts,
    language: str,
    *,
    occasion: OccasionFacts | None = None,
) -> Values:
    """Every value these facts can fill, as spoken in `language` (zh… in Chinese, all others in English).

    Fields of several cars are joined in car order. Where one of several cars lacks a value without fallback the field
    is absent for all: a list of two plates and one date would name the wrong day.
    """
    values = dict(_shop_values(shop))
    values[_SALUTATION] = spoken_salutation(
        customer.name, customer.sex, is_company=customer.is_company, language=language
    )
    if name := cleaned(customer.name):
        values[_CUSTOMER_NAME] = name
    if cars:
        _add_cars(values, cars, language)
    else:
        values[_PLATE], values[_MODEL] = _fallback("plate", language), _fallback("model", language)
    if coupon is not None:
        _add_coupon(values, coupon, language)
    if occasion is not None:
        _add_occasion(values, occasion, language)
    return values


@lru_cache(maxsize=256)
def _shop_values(shop: ShopFacts) -> tuple[tuple[str, str], ...]:
    known = ((_SHOP_NAME, cleaned(shop.name)), (_SHOP_PHONE, cleaned(shop.phone)))
    return tuple((variable, value) for variable, value in known if value)


def _add_cars(values: dict[str, str], cars: Sequence[CarFacts], language: str) -> None:
    kinds = _SERVICE_KINDS[_tongue(language)]
    no_plate, no_model, no_kind = (_fallback(what, language) for what in ("plate", "model", "kind"))
    spoken: tuple[tuple[str, Callable[[CarFacts], str]], ...] = (
        (_PLATE, lambda car: spoken_plate(car.plate, language) or no_plate),
        (_MODEL, lambda car: cleaned(car.model) or no_model),
        (_DUE_ON, lambda car: _date(car.due_on, language)),
        (_SERVICE_KIND, lambda car: kinds.get(car.service_kind or "", no_kind)),
        (_INSURANCE_ENDS_ON, lambda car: _date(car.insurance_ends_on, language)),
        (_INSPECTION_ENDS_ON, lambda car: _date(car.inspection_ends_on, language)),
        (_LOAN_ENDS_ON, lambda car: _date(car.loan_ends_on, language)),
        (_WARRANTY_ENDS_ON, lambda car: _date(car.warranty_ends_on, language)),
        (_VISITED_ON, lambda car: _date(car.visited_on, language)),
        (_YEARS, lambda car: str(car.years or "")),
    )
    for variable, speak in spoken:
        parts = [speak(car) for car in cars]
        if all(parts):
            values[variable] = spoken_list(parts, language)


def _add_coupon(values: dict[str, str], coupon: CouponFacts, language: str) -> None:
    if code := cleaned(coupon.code):
        values[_COUPON_CODE] = code
    if coupon.value_minor and coupon.value_minor > 0:
        values[_COUPON_VALUE] = spoken_money(coupon.value_minor)
    values[_COUPON_ENDS_ON] = spoken_date(coupon.ends_on, language)


def _add_occasion(values: dict[str, str], occasion: OccasionFacts, language: str) -> None:
    spoken = (
        (_FESTIVAL, cleaned(occasion.festival)),
        (_EVENT, cleaned(occasion.event)),
        (_EVENT_ON, _date(occasion.event_on, language)),
        (_LEVEL, cleaned(occasion.level)),
        (_POINTS, str(occasion.points or "")),
        (_POINTS_END_ON, _date(occasion.points_end_on, language)),
    )
    values.update((variable, value) for variable, value in spoken if value)


def _date(day: date | None, language: str) -> str:
    return spoken_date(day, language) if day else ""


def _tongue(language: str) -> str:
    return "zh" if is_chinese(language) else "en"


def _fallback(what: str, language: str) -> str:
    return _FALLBACKS[_tongue(language)][what]
