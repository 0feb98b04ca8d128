"""How a wording reads to real customers: one of choice, or the hardest ten of the shop."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from notifier.domain.phone import mask
from notifier.errors import NotFound, TemplateError
from notifier.jobs.texts import car_facts, occasion_facts
from notifier.jobs.wording_check import Bench
from notifier.locale import N_
from notifier.store.engine import Session, Store
from notifier.store.preview_people import SampledPerson, sampled_people
from notifier.store.touches import ChunkFacts, load_facts
from notifier.templating import (
    CouponFacts,
    CustomerFacts,
    Renderer,
    Template,
    Values,
    build_values,
    example_values,
    preview,
)

__all__ = ["WHY_WORDS", "PersonPreview", "preview_customer", "preview_hardest"]

TEN = 10
SAMPLE = 600
"""Customers looked at for the hardest ten; a shop that has no more is looked at whole."""
EXAMPLE_COUPON = ("K7M2Q9XD", 20_000)
EXAMPLE_COUPON_DAYS = 60
OF_THE_CAMPAIGN = ("festival", "event", "visit", "coupon")
"""What a campaign brings, and no record holds: shown by example."""

WHY_WORDS: Mapping[str, str] = {
    "longest_name": N_("the longest name"),
    "longest_model": N_("the longest model"),
    "two_cars": N_("more than one car"),
    "no_name": N_("no name on record"),
    "no_sex": N_("sex not known"),
    "company": N_("a company"),
    "no_plate": N_("no number plate yet"),
    "no_model": N_("model not known"),
    "no_car": N_("no car on record"),
    "other_language": N_("another language"),
    "foreign_phone": N_("a foreign phone"),
    "chosen": N_("chosen by you"),
}


@dataclass(frozen=True, slots=True)
class PersonPreview:
    """A text as this customer would get it. `why`: keys of WHY_WORDS. `skipped`: why there would be none, a sentence.

    `phone` is masked. `language`: the customer's own, None = the shop's. Costs in millionths of the currency.
    """

    customer_id: int
    name: str | None
    phone: str | None
    why: tuple[str, ...]
    cars: int
    language: str | None
    text: str = ""
    segments: int = 0
    encoding: str = ""
    cost_micros: int = 0
    skipped: str | None = None


def preview_hardest(
    store: Store, shop_id: int, template: Template, bench: Bench, today: date, *, region: str = "CN"
) -> list[PersonPreview]:
    """At most ten customers on whom a wording breaks first, by everything that makes a text long, dear or empty.

    Of a large shop out of a sample, another one each day. `template`: of `check_source`.
    """
    start = hashlib.sha256(today.isoformat().encode()).hexdigest()[:8]
    with store.read() as session:
        people = sampled_people(session, shop_id, start=start, size=SAMPLE)
        chosen = _hardest(people, template.language, region)
        facts = _facts(session, list(chosen), today)
    return _previews(facts, chosen, template, bench, today)


def preview_customer(store: Store, customer_id: int, template: Template, bench: Bench, today: date) -> PersonPreview:
    """The text one customer would get. Raises NotFound where there is no such customer."""
    with store.read() as session:
        facts = _facts(session, [customer_id], today)
    if customer_id not in facts.customers:
        raise NotFound(N_("There is no such customer any more."))
    return _previews(facts, {customer_id: ("chosen",)}, template, bench, today)[0]


def _facts(session: Session, customer_ids: Sequence[int], today: date) -> ChunkFacts:
    return load_facts(
        session, campaign_id="", period="", today=today, customer_ids=customer_ids, vehicle_ids=[], cap_days=None
    )


def _hardest(people: Sequence[SampledPerson], language: str, region: str) -> dict[int, tuple[str, ...]]:
    """Customer → why; one for each reason, and more of the longest names where that leaves room."""
    chosen: dict[int, list[str]] = {}
    for why, wanted in _wishes(language, region).items():
        found = _longest(people, why) if wanted is None else next(filter(wanted, people), None)
        if found is not None:
            chosen.setdefault(found.id, []).append(why)
    by_length = sorted(people, key=lambda person: -len(person.name or ""))
    for person in by_length:
        if len(chosen) >= TEN:
            break
        chosen.setdefault(person.id, ["longest_name"])
    return {key: tuple(why) for key, why in list(chosen.items())[:TEN]}


def _wishes(language: str, region: str) -> dict[str, Callable[[SampledPerson], bool] | None]:
    here = "+86" if region == "CN" else ""
    return {
        "longest_name": None,
        "longest_model": None,
        "two_cars": lambda each: len(each.cars) > 1,
        "no_name": lambda each: not each.name,
        "company": lambda each: each.is_company,
        "no_plate": lambda each: any(not plate for plate, _model in each.cars),
        "no_model": lambda each: any(not model for _plate, model in each.cars),
        "no_sex": lambda each: bool(each.name) and not each.is_company and each.sex is None,
        "other_language": lambda each: bool(each.language) and (each.language or "")[:2] != language[:2],
        "foreign_phone": lambda each: bool(each.phone and here and not each.phone.startswith(here)),
        "no_car": lambda each: not each.cars,
    }


def _longest(people: Iterable[SampledPerson], why: str) -> SampledPerson | None:
    def length(person: SampledPerson) -> int:
        if why == "longest_name":
            return len(person.name or "")
        return max((len(model or "") for _plate, model in person.cars), default=0)

    found = max(people, key=length, default=None)
    return found if found is not None and length(found) else None


def _previews(
    facts: ChunkFacts, chosen: Mapping[int, tuple[str, ...]], template: Template, bench: Bench, today: date
) -> list[PersonPreview]:
    renderer = Renderer()
    made = []
    for key, why in chosen.items():
        if key not in facts.customers:
            continue
        row, cars = facts.customers[key], facts.cars_of.get(key, ())
        phone = mask(row.phone) if row.phone else None
        told = PersonPreview(key, row.name, phone, why, len(cars), row.language)
        values = _values(facts, key, template, bench, today)
        try:
            seen = preview(template, values, shop=bench.shop, capabilities=bench.capabilities,
                           price_micros=bench.price_micros, renderer=renderer)  # fmt: skip
        except TemplateError as error:  # of a missing value among others
            made.append(replace(told, skipped=str(error)))
        else:
            counted = seen.segments
            made.append(replace(told, text=seen.text, segments=counted.count, encoding=counted.encoding,
                                cost_micros=seen.cost_micros))  # fmt: skip
    return made


def _values(facts: ChunkFacts, key: int, template: Template, bench: Bench, today: date) -> Values:
    """From the records, all cars in one text; what only a campaign brings, by example."""
    row = facts.customers[key]
    cars = [car_facts(car, rule="maintenance_due") for car in facts.cars_of.get(key, ())]
    coupon = CouponFacts(*EXAMPLE_COUPON, today + timedelta(days=EXAMPLE_COUPON_DAYS))
    values = build_values(
        CustomerFacts(row.name, row.sex, row.is_company),
        cars or [car_facts(None, rule="maintenance_due")],
        coupon,
        bench.shop,
        template.language,
        occasion=occasion_facts("", "", today, row),
    )
    examples = {
        variable: example
        for variable, example in example_values(template.language).items()
        if variable.partition("_")[0] in OF_THE_CAMPAIGN or variable == "vehicle_years"
    }
    return {**examples, **values}
