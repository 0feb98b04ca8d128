"""Why this customer gets, or does not get, a message: whom the question is about, and their answers together."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from notifier.dms.cleaning import clean_vin
from notifier.domain.phone import BadPhone, mask, phone_key, to_e164
from notifier.errors import BadInput, NotFound
from notifier.jobs import sayings
from notifier.jobs.answers import Answer, Explained, Explanation
from notifier.jobs.explainer import Explainer
from notifier.jobs.plan.shop import Planner
from notifier.locale import N_
from notifier.store import histories
from notifier.store.histories import PersonRow
from notifier.store.pauses import pauses_in_force
from notifier.store.shops import find_shop
from notifier.store.suppressions import suppression_of

__all__ = ["Answer", "Explained", "Explanation", "explain", "explain_customer"]


def explain(
    planner: Planner, secret: bytes, who: str, now: datetime, *, campaign: str | None = None, walked: bool = False
) -> Explanation:
    """Everything about the customers with this phone, or the owner of the car with this VIN, at `now`.

    `walked`: with every guard of the way, not only the one that decides.

    Raises BadPhone for what is neither, NotFound for a phone or VIN nobody knows, NotFound for an unknown campaign.
    """
    if campaign is not None:
        planner.schedules.campaign(campaign)
    vin, _doubt = clean_vin(who)
    people, phone, only = _owner(planner, vin) if vin else _by_phone(planner, secret, who)
    key = phone_key(secret, phone) if phone else None
    stopped = _stopped(planner, key) if key else None
    if not people and stopped is None:
        raise NotFound(
            N_("No customer has the phone {phone}. Check it, or import the customer: notifier import customers."),
            phone=mask(phone or ""),
        )
    explained = []
    for shop in planner.schedules.shops:
        here = planner.schedules.of_shop(shop.key)
        # One that is switched off has nothing to say, unless it is asked for by name.
        running = [each for each in here.campaigns if each.enabled]
        chosen = [here.campaign(campaign)] if campaign is not None else running
        with planner.store.read() as session:
            shop_id = find_shop(session, shop.key)
        for person in people:
            if person.shop_id == shop_id:
                explained.append(
                    Explainer(planner, shop, person, now, only=only, stopped=stopped, walked=walked).explain(chosen)
                )
    with planner.store.read() as session:
        paused = [pause for pause in pauses_in_force(session) if any(pause.holds(each.shop) for each in explained)]
    return Explanation(phone, stopped, explained, paused)


def explain_customer(planner: Planner, shop_key: str, customer_id: int, now: datetime) -> Explained:
    """What `explain` says of one customer of one shop, known by their row: all campaigns that are switched on.

    Raises NotFound where the shop has no such customer.
    """
    shop = next(each for each in planner.schedules.shops if each.key == shop_key)
    with planner.store.read() as session:
        shop_id = find_shop(session, shop.key)
        person = histories.person_if_any(session, customer_id)
    if person is None or person.shop_id != shop_id:
        raise NotFound(N_("This customer is not there any more; perhaps two records became one. Search again."))
    stopped = _stopped(planner, person.phone_key) if person.phone_key else None
    running = [each for each in planner.schedules.of_shop(shop.key).campaigns if each.enabled]
    return Explainer(planner, shop, person, now, only=None, stopped=stopped, walked=False).explain(running)


def _by_phone(planner: Planner, secret: bytes, who: str) -> tuple[list[PersonRow], str, None]:
    phone = _read_phone(who, [shop.region for shop in planner.schedules.shops])
    with planner.store.read() as session:
        return histories.people_with_phone(session, phone_key(secret, phone)), phone, None


def _read_phone(who: str, regions: Sequence[str]) -> str:
    """The number as the first of the shops' countries reads it. Raises BadPhone where none does, BadInput for words."""
    if any(map(str.isalpha, who)):
        raise BadInput(
            N_("“{who}” is neither a mobile number nor a VIN; give the phone or the 17 characters of the VIN."), who=who
        )
    *others, last = dict.fromkeys(regions)
    for region in others:
        with suppress(BadPhone):
            return to_e164(who, region)
    return to_e164(who, last)


def _owner(planner: Planner, vin: str) -> tuple[list[PersonRow], str | None, str]:
    with planner.store.read() as session:
        cars = histories.cars_with_vin(session, vin)
        people = [histories.person(session, car.customer_id) for car in cars if car.customer_id is not None]
    if not cars:
        raise NotFound(N_("No car has the VIN {vin}. Check it, or import the car: notifier import customers."), vin=vin)
    if not people:
        raise NotFound(N_("The car {vin} has no owner on record, so nobody is texted about it."), vin=vin)
    return people, people[0].phone, vin


def _stopped(planner: Planner, key: str) -> str | None:
    """Why the phone stands on the stop list, in words; None where it does not."""
    with planner.store.read() as session:
        stop = suppression_of(session, key)
        replied = histories.latest_stop(session, key)
    if stop is None:
        return None
    since = replied[1] if replied and stop.reason == "stop" else stop.since.astimezone(_zone(planner)).date()
    return sayings.stop_words(stop.reason, (replied[0] if replied else None) or stop.source, since)


def _zone(planner: Planner) -> Any:
    return planner.schedules.shops[0].zone
