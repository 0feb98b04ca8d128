"""The fields of texts in a few words, as they stand on chips and in reasons."""

from __future__ import annotations

from collections.abc import Mapping

from notifier.locale import N_, _

__all__ = ["LABELS", "text_field_word"]

LABELS: Mapping[str, str] = {
    "customer.name": N_("full name"),
    "customer.salutation": N_("salutation"),
    "vehicle.plate": N_("plate number"),
    "vehicle.model": N_("model"),
    "vehicle.years": N_("years owned"),
    "service.due_on": N_("service day"),
    "service.kind": N_("service kind"),
    "insurance.ends_on": N_("policy end"),
    "inspection.ends_on": N_("inspection end"),
    "loan.ends_on": N_("loan end"),
    "warranty.ends_on": N_("warranty end"),
    "visit.on": N_("visit day"),
    "festival.name": N_("festival"),
    "event.title": N_("event"),
    "event.on": N_("event day"),
    "member.level": N_("member level"),
    "points.balance": N_("points"),
    "points.ends_on": N_("points end"),
    "coupon.code": N_("coupon code"),
    "coupon.value": N_("coupon value"),
    "coupon.ends_on": N_("coupon end"),
    "shop.name": N_("shop name"),
    "shop.phone": N_("shop phone"),
}


def text_field_word(name: str) -> str:
    """The field of this name in the reader's language; one too new to have a short name as it is."""
    return _(LABELS.get(name, name))
