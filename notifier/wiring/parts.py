"""What the house hands to the engine and to the web app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from threading import Lock

from notifier.engines.parts import Edits, EngineParts, InboxParts, SyncParts
from notifier.jobs.plan import Planner
from notifier.jobs.send import start_lane
from notifier.jobs.tally import tally
from notifier.jobs.wording_figures import count_wordings
from notifier.locale import current_language
from notifier.schedules import Schedules
from notifier.store.beats import beat
from notifier.store.engine import Store
from notifier.store.runs import has_run_since
from notifier.store.syncs import last_tried
from notifier.web.parts import ConsoleParts, TwilioDoor, WebParts
from notifier.wiring.dms import Dms
from notifier.wiring.errands import (
    answered,
    attribute_errand,
    foresee_errand,
    inbox_errand,
    plan_errand,
    rehearse_errand,
    sync_errand,
)
from notifier.wiring.house import House
from notifier.wiring.inbox import Inbox

__all__ = ["engine_parts", "system_clock", "web_parts"]

PULL_EVERY = timedelta(seconds=20)
RECONCILE_EVERY = timedelta(minutes=1)
LOOK_EVERY = timedelta(seconds=20)  # into the watched folder
REHEARSE_WITHIN = 300.0  # seconds
FORESEE_WITHIN = 600.0  # seconds; nobody waits for it
FORESEEN_DAYS = 14


def system_clock() -> datetime:
    """Business time where nobody gives another."""
    return datetime.now(UTC)


def engine_parts(house: House, clock: Callable[[], datetime] = system_clock) -> EngineParts:
    """What an engine triggers, when business time is what `clock` says."""
    settings = house.settings
    return EngineParts(
        clock=clock,
        take_up_edits=partial(_take_up_edits, house),
        plan=lambda now: partial(plan_errand, settings, house.schedules, current_language(), now),
        attribute=lambda now: partial(attribute_errand, settings, house.schedules, current_language(), now),
        is_run_made=partial(_is_run_made, house),
        lane=lambda: house.lane(clock),
        reconciler=house.reconciler,
        start_lane=lambda: start_lane(house.store, settings.gateway),
        tally=partial(_tally, house.store),
        beat=partial(_beat, house),
        reconcile_every=PULL_EVERY if house.pulls else RECONCILE_EVERY,
        inbox=_inbox_parts(house),
        sync=_sync_parts(house),
    )


def _take_up_edits(house: House) -> Edits:
    templates = house.publish_templates()
    return Edits(house.live_schedules.refresh(), templates)


def _tally(store: Store, now: datetime) -> int:
    return tally(store, now) + count_wordings(store, now)


def _beat(house: House, name: str, is_first: bool) -> None:
    with house.store.write() as session:
        beat(session, name, version("notifier"), is_first=is_first)


def _is_run_made(house: House, name: str, since: datetime) -> bool:
    """`name`: a campaign's key, in a group behind its shop's and a slash; the file need not have either any more."""
    shop, _slash, key = name.rpartition("/")
    is_known = shop in {each.key for each in house.schedules.shops}
    schedules = house.schedules.of_shop(shop) if is_known else house.schedules
    ids = [campaign.id for campaign in schedules.campaigns if campaign.key == key]
    with house.store.read() as session:
        return has_run_since(session, shop or None, ids[0] if ids else key, since)


def _inbox_parts(house: House) -> InboxParts | None:
    settings = house.settings
    if settings.inbox is None:
        return None
    rests = timedelta(seconds=settings.inbox_rests)
    return InboxParts(
        look=Inbox(house).look(rests),
        take_in=lambda now, ready: partial(inbox_errand, settings, house.schedules, current_language(), now, ready),
        every=min(LOOK_EVERY, rests),
    )


def _sync_parts(house: House) -> SyncParts | None:
    settings = house.settings
    if settings.dms_url is None or not settings.dms_every:
        return None
    Dms(house).of_its_shop()  # a group that does not say whose it is must hear so now
    return SyncParts(
        read=lambda now: partial(sync_errand, settings, house.schedules, current_language(), now),
        every=timedelta(minutes=settings.dms_every),
        tried_at=partial(_synced_at, house),
    )


def _synced_at(house: House) -> datetime | None:
    with house.store.read() as session:
        return last_tried(session)


def web_parts(house: House, clock: Callable[[], datetime] = system_clock, *, is_demo: bool = False) -> WebParts:
    """What the web app serves with, when business time is what `clock` says."""
    settings = house.settings
    token, public_url = settings.twilio_auth_token, settings.public_url
    is_reached = settings.gateway == "twilio" and token is not None and public_url is not None
    return WebParts(
        store=house.store,
        secret=house.secret,
        region=house.schedules.shops[0].region,
        gateway=settings.gateway,
        clock=clock,
        twilio=TwilioDoor(token.get_secret_value(), public_url) if is_reached and token and public_url else None,
        is_https=_is_https(house),
        console=replace(_console_parts(house, clock), is_demo=is_demo),
    )


def _is_https(house: House) -> bool:
    public_url = house.settings.public_url
    return public_url is not None and public_url.startswith("https:")


def _console_parts(house: House, clock: Callable[[], datetime]) -> ConsoleParts:
    settings, turn = house.settings, Lock()

    def schedules() -> Schedules:
        with turn:  # pages are asked for at the same time, and a refresh is for one thread
            house.live_schedules.refresh()
            return house.schedules

    def planner() -> Planner:
        schedules()  # what somebody has just saved counts at once
        return house.planner()

    return ConsoleParts(
        store=house.store,
        secret=house.secret,
        clock=clock,
        schedules=schedules,
        schedules_problem=lambda: house.live_schedules.problem,
        schedules_file=settings.schedules,
        templates_folder=settings.templates,
        publish_templates=house.publish_templates,
        planner=planner,
        makes_gateway=house.gateway,
        gateway=settings.gateway,
        price_micros=settings.price_micros,
        post_timeout=settings.post_timeout,
        rehearse=lambda shop, campaign, now: answered(
            partial(rehearse_errand, settings, schedules(), current_language(), now, shop=shop, campaign=campaign),
            REHEARSE_WITHIN,
        ),
        foresee=lambda shop, now: answered(
            partial(foresee_errand, settings, schedules(), current_language(), now, shop=shop, days=FORESEEN_DAYS),
            FORESEE_WITHIN,
        ),
        needs_second_person=settings.template_review == "second_person",
        is_https=_is_https(house),
        public_url=settings.public_url,
    )
