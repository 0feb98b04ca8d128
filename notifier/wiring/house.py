"""One installation: what its settings describe, each part made when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from notifier.config import Settings
from notifier.errors import TemplateError
from notifier.gateways.base import Gateway
from notifier.gateways.simulator import Simulator
from notifier.gateways.simulator_profile import Behaviour
from notifier.gateways.twilio import TwilioGateway
from notifier.jobs.plan import Planner
from notifier.jobs.reconcile import Reconciler, ReconcileSettings
from notifier.jobs.send import Lane, LaneSettings
from notifier.jobs.texts import load_live, publish_folder
from notifier.schedules import LiveSchedules, Schedules, ShopSettings, raise_if_campaign_was_renamed
from notifier.store.campaigns import known_campaigns
from notifier.store.engine import Store
from notifier.store.migrations import make_if_new, raise_if_not_made
from notifier.store.shops import keep_shop
from notifier.store.simulated import SimulatedNetwork

__all__ = ["House"]


@dataclass
class House:
    """One installation: settings, database, schedules and gateway, each made when first asked for."""

    settings: Settings
    behaviour: Behaviour | None = None
    makes_database: bool = True
    given_schedules: Schedules | None = None  # for an errand: the version its engine runs, whatever the file says

    @cached_property
    def store(self) -> Store:
        """The database; the embedded one is made and migrated at first use, unless `makes_database` is False."""
        if not self.makes_database:
            raise_if_not_made(self.settings.database_url)
        store = Store(self.settings.database_url)
        make_if_new(store)
        return store

    @cached_property
    def secret(self) -> bytes:
        """The key under which phones are remembered."""
        return self.settings.secret_key()

    @cached_property
    def live_schedules(self) -> LiveSchedules:
        """schedules.yaml, kept up to date; a broken edit keeps the last good version."""
        return LiveSchedules(
            self.settings.schedules,
            templates=self.template_names,
            templates_in=str(self.settings.templates),
            check=self._raise_if_renamed,
        )

    @property
    def schedules(self) -> Schedules:
        """The schedules in force."""
        return self.given_schedules or self.live_schedules.current

    def template_names(self) -> frozenset[str]:
        """Every wording that can be planned with: the folder's valid files are published first."""
        self.publish_templates()
        return load_live(self.store).names()

    def publish_templates(self) -> tuple[TemplateError, ...]:
        """Take over what has changed in the templates folder; returns what was wrong with other files."""
        return tuple(publish_folder(self.store, self.settings.templates))

    def _raise_if_renamed(self, schedules: Schedules) -> None:
        with self.store.read() as session:
            known = known_campaigns(session)
        raise_if_campaign_was_renamed(schedules, known)

    def gateway(self) -> Gateway:
        """A gateway of its own for each event loop that asks."""
        if self.settings.gateway == "twilio":
            return self._twilio()
        return Simulator(
            SimulatedNetwork(self.store),
            seed=self.settings.simulator_seed,
            behaviour=self.behaviour,
            price_micros=self.settings.price_micros,
        )

    def _twilio(self) -> TwilioGateway:
        settings = self.settings
        token = settings.twilio_auth_token
        return TwilioGateway(
            settings.twilio_account_sid or "",
            token.get_secret_value() if token else "",
            messaging_service_sid=settings.twilio_messaging_service_sid,
            sender=settings.twilio_from,
            public_url=settings.public_url,
            api_base_url=settings.twilio_api_base_url,
            price_micros=settings.price_micros,
            units_per_second=settings.twilio_rate,
            mainland_china=any(shop.region == "CN" for shop in self.schedules.shops),
        )

    def planner(self) -> Planner:
        """What planning works with, as things are now."""
        gateway = self.gateway()
        price = self.settings.price_micros
        return Planner(self.store, self.schedules, gateway.name, gateway.capabilities, price, self.secret)

    def lane(self, business_now: Callable[[], datetime]) -> Lane:
        """One sender."""
        settings = self.settings
        return Lane(
            self.store,
            self.gateway(),
            lambda: self.schedules,
            LaneSettings(settings.post_timeout, settings.lease, settings.in_flight),
            business_now,
            settings.price_micros,
        )

    def reconciler(self) -> Reconciler:
        """Who settles what nobody could tell."""
        settings = self.settings
        return Reconciler(
            self.store,
            self.gateway(),
            ReconcileSettings(
                timedelta(seconds=settings.reconcile_after),
                timedelta(seconds=settings.reconcile_gap),
                timedelta(seconds=settings.post_timeout),
            ),
            self.secret,
            self.schedules.shops[0].region,
            pulls=self.pulls,
        )

    @property
    def pulls(self) -> bool:
        """Are statuses and replies fetched, since nobody can push them to us?"""
        return self.settings.gateway == "simulator" or self.settings.public_url is None

    def at_shop(self, key: str) -> House:
        """The same house, speaking for one shop of the group alone. Not to be closed: the database is this one's."""
        house = replace(self, given_schedules=self.schedules.of_shop(key))
        house.__dict__["store"] = self.store
        return house

    def each_shop(self) -> list[House]:
        """The house as each shop has it; itself where there is only one."""
        if not self.schedules.is_group:
            return [self]
        return [self.at_shop(shop.key) for shop in self.schedules.shops]

    def kept_shop(self) -> tuple[int, ShopSettings]:
        """The shop the house speaks for (a group's first) with the id of its row, made where there is none yet."""
        shop = self.schedules.shops[0]
        with self.store.write() as session:
            return keep_shop(session, shop), shop

    def close(self) -> None:
        """Give the database back."""
        if "store" in self.__dict__:
            self.store.close()
