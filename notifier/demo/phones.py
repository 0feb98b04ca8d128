"""The customers' phones: each text that is delivered is read, felt, sometimes answered, and counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from notifier.demo.behaviour import feel
from notifier.demo.cast import Car, Person
from notifier.domain.replies import is_stop
from notifier.gateways.base import Outgoing
from notifier.gateways.simulator_profile import Behaviour, NetworkProfile, Reaction, ordinary_customers
from notifier.store.accounts import PlannedText

__all__ = ["Phones"]

_CODE = re.compile(r"[A-HJ-NP-Z2-9]{8}")
_READ_WITHIN_MINUTES = 180
COUPON_DAYS = 60


def _network() -> Behaviour:
    return ordinary_customers(NetworkProfile(replies={}))


@dataclass
class Phones:
    """The simulator's customers, and their own account of what reached them.

    `reached`: message → how many texts of it arrived (or may have: no receipt). `stops`: phone → since when it wants no
    more; `after_stop`: texts that came all the same.
    """

    people: Mapping[str, Person]
    zone: ZoneInfo
    texts: dict[int, PlannedText] = field(default_factory=dict)
    reached: Counter[int] = field(default_factory=Counter)
    stops: dict[str, datetime] = field(default_factory=dict)
    after_stop: int = 0
    network: Behaviour = field(default_factory=_network)

    def expect(self, texts: Iterable[PlannedText]) -> None:
        """These may come soon."""
        self.texts |= {text.message_id: text for text in texts}

    def __call__(self, text: Outgoing, now: datetime, draw: Random) -> Reaction:
        """How the customer at `text.to` reacts: the behaviour the simulator asks for."""
        reaction = self.network(text, now, draw)
        self.after_stop += text.to in self.stops and self.stops[text.to] <= now
        if reaction.receipt == "undelivered":
            return reaction
        self.reached[text.message_id] += 1
        person = self.people.get(text.to.removeprefix("+86"))
        if person is None or reaction.receipt is None:
            return reaction
        words = self._read(person, text, now.astimezone(self.zone).date(), draw)
        if words is None:
            return reaction
        after = timedelta(minutes=draw.randint(1, _READ_WITHIN_MINUTES))
        if is_stop(words):
            self.stops.setdefault(text.to, now + reaction.sent_after + reaction.receipt_after + after)
        return replace(reaction, replies=((after, words),))

    def _read(self, person: Person, text: Outgoing, day: date, draw: Random) -> str | None:
        planned = self.texts[text.message_id]
        car = _car_of(person, planned)
        code = _CODE.search(text.body) if planned.campaign_id == "winback" else None
        if code is not None:
            car.coupon, car.coupon_ends_on = code.group(), day + timedelta(days=COUPON_DAYS)
        return feel(car, planned.campaign_id, planned.stage, day, draw)


def _car_of(person: Person, planned: PlannedText) -> Car:
    """The car the text speaks of; a text to the person makes them think of the one they drive."""
    return next((car for car in person.cars if car.vin in planned.vins), person.cars[0])
