"""Builds everything from the settings: the one place that knows all rooms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from notifier.config import Settings
from notifier.dms.inbox import FolderWatch, leftovers
from notifier.dms.inbox_group import GroupWatch, names_of_shop
from notifier.engines.embedded import EmbeddedEngine
from notifier.engines.log import configure_logging
from notifier.engines.parts import Edits, EngineParts, InboxParts, SyncParts
from notifier.engines.supervisor import supervise
from notifier.errors import ConfigError, TemplateError
from notifier.gateways.base import Gateway
from notifier.gateways.simulator import Simulator
from notifier.gateways.simulator_profile import Behaviour
from notifier.gateways.twilio import TwilioGateway
from notifier.jobs.attribute import attribute
from notifier.jobs.plan import Planner, plan
from notifier.jobs.reconcile import Reconciler, ReconcileSettings
from notifier.jobs.send import Lane, LaneSettings, start_lane
from notifier.jobs.texts import load_live, publish_folder
from notifier.locale import N_, current_language, use_language
from notifier.schedules import LiveSchedules, Schedules, raise_if_campaign_was_renamed
from notifier.store.campaigns import known_campaigns
from notifier.store.engine import Store
from notifier.store.migrations import make_if_new, raise_if_not_made
from notifier.store.shops import keep_shop
from notifier.store.simulated import SimulatedNetwork
from notifier.web.parts import TwilioDoor, WebParts

if TYPE_CHECKING:
    from notifier.dms.inbox import Mark, Sighting
    from notifier.dms.source import Query
    from notifier.jobs.inbox import InboxResult
    from notifier.jobs.inbox_choice import Choice
    from notifier.jobs.sync import Synced, Watch

PULL_EVERY = timedelta(seconds=20)
RECONCILE_EVERY = timedelta(minutes=1)
LOOK_EVERY = timedelta(seconds=20)  # into the watched folder


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

    def sync(
        self,
        now: datetime,
        *,
        kinds: Collection[str] = (),
        full: bool = False,
        dry_run: bool = False,
        watch: Watch | None = None,
    ) -> Iterator[Synced]:
        """Bring customers, visits and renewals from the DMS's database, as fresh as `now`; see `sync_all`."""
        from notifier.dms.settings import ImportSettings  # 0.07 s that few other commands should pay
        from notifier.jobs.sync import sync_all

        url, queries = self._dms()
        shop = self.schedules.shops[0]
        with self.store.write() as session:
            shop_id = keep_shop(session, shop)
        settings = ImportSettings(
            now=now, secret=self.secret, region=shop.region, zone=shop.zone,
            contact_hold_days=self.schedules.of_shop(shop.key).guards.contact_hold_days,
        )  # fmt: skip
        return sync_all(
            self.store, shop_id, url, queries, settings, kinds=kinds, full=full, dry_run=dry_run, watch=watch
        )

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

    def inbox(self, folder: Path | None = None) -> Path:
        """The watched folder, or another one to be worked through as if it were it.

        One shop of a group has the folder of its key in the watched one; it is made where it is missing. Raises
        ConfigError where none is named, or where it holds what is ours: it would be filed away as rejected.
        """
        chosen = folder or self._own_inbox()
        if chosen is None:
            raise ConfigError(N_("No folder is named: say which one, or set {key}."), key="NOTIFIER_INBOX")
        found = chosen.absolute()
        if found.resolve() in {Path.home().resolve(), Path(found.anchor)}:
            raise ConfigError(
                N_("{folder} is no folder of its own, and every file in it would be moved; make a new one and name it "
                   "in {key}."),
                folder=str(found),
                key="NOTIFIER_INBOX",
            )  # fmt: skip
        ours = (self.settings.schedules, self.settings.database_file, self.settings.dms_queries)
        places = {path.absolute().parent.resolve() for path in ours if path} | {Path.cwd().resolve()}
        if found.resolve() in places:
            raise ConfigError(
                N_("{folder} holds files of this program and cannot be the folder imports are taken from; make a new "
                   "one and name it in {key}."),
                folder=str(found),
                key="NOTIFIER_INBOX",
            )  # fmt: skip
        return found

    def _own_inbox(self) -> Path | None:
        inbox = self.settings.inbox
        if inbox is None or not self.schedules.sisters:
            return inbox
        own = inbox / self.schedules.shops[0].key
        if inbox.is_dir():
            own.mkdir(exist_ok=True)
        return own

    def choose_files(self, folder: Path, ready: Mapping[str, Mark]) -> Choice:
        """Of the `ready` files those to take: all of the watched folder, of any other only what is surely meant."""
        from notifier.jobs.inbox_choice import Choice, choose  # 0.07 s that few other commands should pay

        watched = self._own_inbox()
        if watched is not None and folder.resolve() == watched.resolve():
            return Choice(ready)
        return choose(folder, ready)

    def import_folder(
        self, folder: Path, ready: Mapping[str, Mark], now: datetime, progress: Callable[[int], None] | None = None
    ) -> InboxResult:
        """One round through a folder that is worked in like the watched one."""
        from notifier.jobs.inbox import InboxDesk, import_folder  # 0.07 s that few other commands should pay

        shop = self.schedules.shops[0]
        with self.store.write() as session:
            shop_id = keep_shop(session, shop)
        hold_days = self.schedules.of_shop(shop.key).guards.contact_hold_days
        return import_folder(InboxDesk(self.store, shop_id, shop, self.secret, progress, hold_days), folder, ready, now)

    def _inbox_parts(self) -> InboxParts | None:
        if self.settings.inbox is None:
            return None
        rests = timedelta(seconds=self.settings.inbox_rests)
        return InboxParts(
            look=self._inbox_look(rests),
            take_in=lambda now, ready: partial(
                inbox_errand, self.settings, self.schedules, current_language(), now, ready
            ),
            every=min(LOOK_EVERY, rests),
        )

    def _inbox_look(self, rests: timedelta) -> Callable[[datetime], Sighting]:
        if not self.schedules.is_group:
            return FolderWatch(self.inbox(), rests).look
        self.inbox()
        return GroupWatch(self.inbox(), rests, lambda: [shop.key for shop in self.schedules.shops]).look

    def import_watched(self, ready: Mapping[str, Mark], now: datetime) -> Mapping[str, object]:
        """One round through the watched folder, or, of a group, through each shop's folder in it, as JSON."""
        if not self.schedules.is_group:
            return self.import_folder(self.inbox(), ready, now).document()
        from notifier.jobs.inbox import in_one_document  # 0.07 s that few other commands should pay

        rounds = {}
        for here in self.each_shop():
            key, folder = here.schedules.shops[0].key, here.inbox()
            own = names_of_shop(ready, key)
            if own or leftovers(folder):
                rounds[key] = here.import_folder(folder, own, now)
        return in_one_document(rounds)

    def of_dms(self) -> House:
        """The house of the shop whose DMS database is read. Raises ConfigError where a group does not say whose."""
        key = self.settings.dms_shop
        if key is not None:
            return self.at_shop(key)
        if self.schedules.is_group:
            raise ConfigError(
                N_("{file} has several shops; say in {key} whose DMS database is read. The keys: {known}."),
                file=str(self.schedules.path),
                key="NOTIFIER_DMS_SHOP",
                known=", ".join(shop.key for shop in self.schedules.shops),
            )
        return self

    def ask_dms(self) -> tuple[str, tuple[str, ...]]:
        """Where the DMS's database is (without its password), and the kinds it is asked for. Raises as `sync` does."""
        from notifier.dms.sql import open_dms

        url, queries = self._dms()
        with open_dms(url) as dms:
            return dms.place, tuple(queries)

    def _dms(self) -> tuple[str, dict[str, Query]]:
        from notifier.dms.source import read_queries

        url = self.settings.dms_url
        if url is None:
            raise ConfigError(N_("{key} is missing: where the DMS's database is. docs/sync.md explains it."),
                              key="NOTIFIER_DMS_URL")  # fmt: skip
        return url, read_queries(self.settings.dms_queries)

    def _sync_parts(self) -> SyncParts | None:
        if self.settings.dms_url is None or not self.settings.dms_every:
            return None
        self.of_dms()
        return SyncParts(
            read=lambda now: partial(sync_errand, self.settings, self.schedules, current_language(), now),
            every=timedelta(minutes=self.settings.dms_every),
        )

    def engine_parts(self) -> EngineParts:
        """What an engine triggers."""
        return EngineParts(
            clock=system_clock,
            take_up_edits=self._take_up_edits,
            plan=lambda now: partial(plan_errand, self.settings, self.schedules, current_language(), now),
            attribute=lambda now: partial(attribute_errand, self.settings, self.schedules, current_language(), now),
            lane=lambda: self.lane(system_clock),
            reconciler=self.reconciler,
            start_lane=lambda: start_lane(self.store, self.settings.gateway),
            reconcile_every=PULL_EVERY if self.pulls else RECONCILE_EVERY,
            inbox=self._inbox_parts(),
            sync=self._sync_parts(),
        )

    def _take_up_edits(self) -> Edits:
        templates = self.publish_templates()
        return Edits(self.live_schedules.refresh(), templates)

    def web_parts(self) -> WebParts:
        """What the web app serves with."""
        settings = self.settings
        token, public_url = settings.twilio_auth_token, settings.public_url
        is_reached = settings.gateway == "twilio" and token is not None and public_url is not None
        return WebParts(
            store=self.store,
            secret=self.secret,
            region=self.schedules.shops[0].region,
            gateway=settings.gateway,
            clock=system_clock,
            twilio=TwilioDoor(token.get_secret_value(), public_url) if is_reached and token and public_url else None,
            is_https=public_url is not None and public_url.startswith("https:"),
        )

    def close(self) -> None:
        """Give the database back."""
        if "store" in self.__dict__:
            self.store.close()


def system_clock() -> datetime:
    """Business time where nobody gives another."""
    return datetime.now(UTC)


# The daemon: each function below is the whole of one process.


def run_daemon(settings: Settings) -> int:
    """`notifier run`: engine and web as two processes of this one; returns the exit code.

    Raises NotifierError before any process begins where settings, database or schedules cannot be used.
    """
    from notifier.engines.server import raise_if_port_is_taken  # uvicorn: 0.1 s no other command should pay

    configure_logging(settings.log_format)
    raise_if_port_is_taken(settings.host, settings.port)
    house = House(settings)
    try:
        house.web_parts()
        house.engine_parts()
    finally:
        house.close()
    language = current_language()
    return supervise({
        "engine": partial(_speaking, language, run_engine, settings),
        "web": partial(_speaking, language, run_web, settings),
    })  # fmt: skip


def run_engine(settings: Settings) -> int:
    """The embedded engine alone, until SIGTERM; returns the exit code."""
    configure_logging(settings.log_format)
    house = House(settings)
    try:
        parts = house.engine_parts()
        house.live_schedules  # noqa: B018  # read now: there must be a good version to go on with
        return asyncio.run(_engine(parts))
    finally:
        house.close()


async def _engine(parts: EngineParts) -> int:
    return await EmbeddedEngine(parts).run()


def run_web(settings: Settings) -> int:
    """The web part alone, until SIGTERM; returns the exit code. Raises ConfigError where the port is taken."""
    # FastAPI takes 0.3 s to import, which no other command should pay.
    from notifier.engines.server import serve
    from notifier.web.app import create_app

    configure_logging(settings.log_format)
    house = House(settings)
    try:
        return serve(create_app(house.web_parts()), settings.host, settings.port)
    finally:
        house.close()


def plan_errand(settings: Settings, schedules: Schedules, language: str, now: datetime) -> Mapping[str, object]:
    """One planning, in a process of its own."""
    with _errand_house(settings, schedules, language) as house:
        return plan(house.planner(), now).document()


def attribute_errand(settings: Settings, schedules: Schedules, language: str, now: datetime) -> Mapping[str, object]:
    """One attribution, in a process of its own."""
    with _errand_house(settings, schedules, language) as house:
        return attribute(house.store, schedules, now).document()


def sync_errand(settings: Settings, schedules: Schedules, language: str, now: datetime) -> Mapping[str, object]:
    """One reading of the DMS's database, in a process of its own."""
    with _errand_house(settings, schedules, language) as house:
        return {synced.kind: synced.document() for synced in house.of_dms().sync(now)}


def inbox_errand(
    settings: Settings, schedules: Schedules, language: str, now: datetime, ready: Mapping[str, Mark]
) -> Mapping[str, object]:
    """One round through the watched folder, in a process of its own."""
    with _errand_house(settings, schedules, language) as house:
        return house.import_watched(ready, now)


@contextmanager
def _errand_house(settings: Settings, schedules: Schedules, language: str) -> Iterator[House]:
    configure_logging(settings.log_format)
    use_language(language)
    house = House(settings, given_schedules=schedules)
    try:
        yield house
    finally:
        house.close()


def _speaking(language: str, run: Callable[[Settings], int], settings: Settings) -> int:
    use_language(language)
    return run(settings)
