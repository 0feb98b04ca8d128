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

__all__ = ["CarFacts", "CouponFacts", "CustomerFacts", "ShopFacts", "Values", "build_values"]

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
    """`service_kind`: first, regular or None."""

    plate: str | None = None
    model: str | None = None
    due_on: date | None = None
    service_kind: str | None = None
    insurance_ends_on: date | None = None


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


def _date(day: date | None, language: str) -> str:
    return spoken_date(day, language) if day else ""


def _tongue(language: str) -> str:
    return "zh" if is_chinese(language) else "en"


def _fallback(what: str, language: str) -> str:
    return _FALLBACKS[_tongue(language)][what]
