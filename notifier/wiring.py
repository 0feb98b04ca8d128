"""Builds everything from the settings: the one place that knows all rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from notifier.schedules import LiveSchedules, Schedules, raise_if_campaign_was_renamed
from notifier.store.campaigns import known_campaigns
from notifier.store.engine import Store
from notifier.store.migrations import make_if_new
from notifier.store.simulated import SimulatedNetwork


@dataclass
class House:
    """One installation: settings, database, schedules and gateway, each made when first asked for."""

    settings: Settings
    behaviour: Behaviour | None = None

    @cached_property
    def store(self) -> Store:
        """The database; the embedded one is made and migrated at first use."""
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
        return self.live_schedules.current

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
        return Planner(self.store, self.schedules, gateway.name, gateway.capabilities, self.settings.price_micros)

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
            ReconcileSettings(timedelta(seconds=settings.reconcile_after), timedelta(seconds=settings.reconcile_gap)),
            self.secret,
            self.schedules.shops[0].region,
            pulls=settings.gateway == "simulator" or settings.public_url is None,
        )

    def close(self) -> None:
        """Give the database back."""
        if "store" in self.__dict__:
            self.store.close()


def system_clock() -> datetime:
    """Business time where nobody gives another."""
    return datetime.now(UTC)
