"""The people of the demo and their cars as they truly are; what the DMS makes of them is told by exports.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

__all__ = ["SERVICE_DAYS", "SERVICE_KM", "Booking", "Car", "Person", "Policy", "Pull", "Visit"]

SERVICE_DAYS = 182
SERVICE_KM = 5_000


@dataclass(frozen=True, slots=True)
class Visit:
    """A car's coming to the workshop. `category` in the DMS's own words; `amount` in whole yuan."""

    vin: str
    at: datetime
    category: str
    km: int
    amount: int
    coupon: str | None = None

    @property
    def day(self) -> date:
        """The shop's day."""
        return self.at.date()


@dataclass(frozen=True, slots=True)
class Policy:
    """An insurance policy written by the shop."""

    vin: str
    written_on: date
    starts_on: date
    ends_on: date
    premium: int


@dataclass(frozen=True, slots=True)
class Pull:
    """What one delivered text does to its reader: so much more chance a day, for so many days after `day`."""

    campaign: str
    day: date
    chance: float
    days: int

    def on(self, day: date) -> float:
        """The chance it adds on `day`."""
        return self.chance if 0 < (day - self.day).days <= self.days else 0.0


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment made by reply, which the customer keeps."""

    campaign: str
    day: date


@dataclass(slots=True)
class Standing:
    """How things stand with a car's upkeep since `since`: its latest visit, and when its driver thinks it is due."""

    since: date
    due_on: date
    is_quiet: bool


@dataclass(slots=True)
class Car:
    """A car. `rate`: km a day. `tardiness`: days after the due day at which its driver usually comes.

    `luck` and `policy_luck` hold one number between 0 and 1 a simulated day: what would have happened without a text is
    judged by the same luck as what did happen, so the difference is the text's alone.
    """

    vin: str
    plate: str
    model: str
    rate: float
    delivered_on: date
    insurance_ends_on: date
    tardiness: float
    state: str = "在用"
    luck: list[float] = field(default_factory=list)
    policy_luck: list[float] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    policy_pulls: list[Pull] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    coupon: str | None = None
    coupon_ends_on: date | None = None

    @property
    def standing(self) -> Standing:
        """How things stand now."""
        return self.standings[-1]

    def standing_on(self, day: date) -> Standing:
        """How things stood when `day` began."""
        return next((s for s in reversed(self.standings) if s.since < day), self.standings[0])

    def km_on(self, day: date) -> int:
        """The true odometer."""
        return max(10, round(self.rate * (day - self.delivered_on).days))

    def due_after(self, day: date) -> date:
        """When the service after one on `day` is due: by time or distance, whichever comes first."""
        return day + timedelta(days=min(SERVICE_DAYS, round(SERVICE_KM / self.rate)))


@dataclass(slots=True)
class Person:
    """A customer. `phone` is the true number; `consent` as they gave it: 是, 否 or nothing at all."""

    number: str
    name: str
    sex: str
    phone: str
    birthday: date | None
    district: str
    consent: str
    cars: list[Car] = field(default_factory=list)
