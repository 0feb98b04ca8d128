"""Texts made anew: those that lost a car, and those a person wants in the latest wording."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.errors import TemplateError
from notifier.gateways.base import Capabilities
from notifier.jobs.texts import MadeText, TextMaker, car_facts, load_live, occasion_facts
from notifier.schedules import Schedules
from notifier.store.engine import Store
from notifier.store.messages import cancel_by_ids, texts_to_render
from notifier.store.rewording import Rewording, planned_with_template, reword, rewordings
from notifier.templating import CouponFacts, MissingValue

BATCH = 200


def rerender_shrunk(store: Store, schedules: Schedules, capabilities: Capabilities, price_micros: int) -> int:
    """Word anew every planned text that lost one of its cars. Returns how many."""
    count = 0
    while True:
        with store.read() as session:
            ids = texts_to_render(session, BATCH)
        if not ids:
            return count
        count += _reword_all(store, schedules, capabilities, price_micros, ids)


def rerender_template(
    store: Store, schedules: Schedules, capabilities: Capabilities, price_micros: int, name: str
) -> int:
    """Put every still planned text of template `name` into its latest version. Returns how many."""
    with store.read() as session:
        ids = planned_with_template(session, name)
    count = 0
    for start in range(0, len(ids), BATCH):
        count += _reword_all(store, schedules, capabilities, price_micros, ids[start : start + BATCH])
    return count


def _reword_all(
    store: Store, schedules: Schedules, capabilities: Capabilities, price_micros: int, ids: Sequence[int]
) -> int:
    live = load_live(store)
    with store.read() as session:
        items = rewordings(session, ids)
    makers = {shop.key: TextMaker(shop, live, capabilities, price_micros) for shop in schedules.shops}
    made: list[tuple[Rewording, MadeText]] = []
    impossible: list[int] = []
    for item in items:
        maker = makers.get(item.shop_key)
        try:
            if maker is None:
                impossible.append(item.message_id)
            else:
                made.append((item, _make(maker, item)))
        except (MissingValue, TemplateError):
            impossible.append(item.message_id)
    with store.write("send.rerender") as session:
        reword(session, made)
        cancel_by_ids(session, impossible, "missing_value")
    return len(made)


def _make(maker: TextMaker, item: Rewording) -> MadeText:
    coupon = item.coupon and CouponFacts(item.coupon.code, item.coupon.value_minor, item.coupon.ends_on)
    rule, anchor_on = item.rule, item.anchor_on
    cars = [car_facts(car, rule=rule, anchor_on=anchor_on) for car in item.cars] or [car_facts(None, rule=rule)]
    occasion = occasion_facts(rule, item.subject_key, anchor_on, item.customer, title=item.list_title)
    return maker.make(item.template_name, item.kind, item.customer, cars, coupon or None, occasion=occasion)
