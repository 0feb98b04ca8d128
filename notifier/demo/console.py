"""The demo's console: its shop goes on where the two months ended, on this machine alone, until somebody ends it.

Engine and web are those of every shop. Only the clock is the demo's, and the customers are made up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from notifier.config import Settings, load_settings
from notifier.demo.play import DATABASE, ENVIRONMENT, MARK, SCHEDULES, STANDS_AT, TEMPLATES
from notifier.domain.roles import Role
from notifier.errors import Refused
from notifier.gateways.base import Outgoing
from notifier.gateways.simulator_profile import NetworkProfile, Reaction, ordinary_customers
from notifier.jobs.passwords import folded
from notifier.jobs.plan import plan
from notifier.jobs.staff import add_user, let_in_again
from notifier.jobs.welcome import link_token
from notifier.locale import N_
from notifier.store.audit import Actor
from notifier.store.filelock import try_file_lock
from notifier.store.users import find_user
from notifier.wiring import House, Stage, engine_parts, link_address, run_on_stage, system_clock

__all__ = [
    "HOST", "PORT", "WayIn", "console_settings", "prepared_way_in", "quick_customers", "serve_console", "stands_at",
]  # fmt: skip

HOST, PORT = "127.0.0.1", 8321
OWNER = "demo"
PLANS_AT = time(10)
"""The shop's hour at which the day's campaigns are due."""
OPENS_AFTER = timedelta(minutes=5)
"""So long after it whoever comes in sees what has become of them."""
REVIEWED = "winback"
UNSET = ("NOTIFIER_PUBLIC_URL", "NOTIFIER_DMS_URL", "NOTIFIER_INBOX", "NOTIFIER_LOG_FORMAT")
"""Settings that would lead out of the demo's folder, whoever wrote them there."""

_ANSWERS = {"1": 0.2, "0": 0.04, "谢谢": 0.05, "R": 0.02}


@dataclass(frozen=True, slots=True)
class WayIn:
    """How a person comes in. `link` works once; with the password chosen there, `address` does from then on."""

    link: str
    address: str
    name: str
    stands_at: datetime
    zone: ZoneInfo


def stands_at(folder: Path) -> datetime | None:
    """The moment the demo in this folder has come to; None where none was lived through to its end."""
    if not (folder / MARK).exists():
        return None
    try:
        return datetime.fromisoformat((folder / STANDS_AT).read_text(encoding="ascii").strip())
    except (FileNotFoundError, ValueError):
        return None


def console_settings(folder: Path, port: int) -> Settings:
    """The settings of the demo in `folder`, on this machine alone. Raises Refused for any gateway but the simulator."""
    own = {
        "NOTIFIER_DATABASE_URL": f"sqlite:///{folder / DATABASE}",
        "NOTIFIER_SCHEDULES": str(folder / SCHEDULES),
        "NOTIFIER_TEMPLATES": str(folder / TEMPLATES),
        "NOTIFIER_HOST": HOST,
        "NOTIFIER_PORT": str(port),
    }
    settings = load_settings(own | dict.fromkeys(UNSET, ""), env_file=folder / ENVIRONMENT)
    if settings.gateway != "simulator":
        raise Refused(
            N_("{file} names the gateway {gateway}, and a demo sends nothing real. Set NOTIFIER_GATEWAY=simulator "
               "there, or begin anew with notifier demo."),
            file=str(folder / ENVIRONMENT), gateway=settings.gateway,
        )  # fmt: skip
    return settings


def serve_console(folder: Path, port: int, tell: Callable[[WayIn], None]) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. The clock goes on from where the folder's demo stands.

    `tell`, which must be picklable, is called in another process as soon as the console can be opened.
    Raises Refused where the console of this folder is open already.
    """
    settings, moment = console_settings(folder, port), _opening_moment(folder)
    with _held(folder):
        way_in = prepared_way_in(settings, moment)
        stage = Stage(moment - system_clock(), quick_customers, partial(tell, way_in))
        code = run_on_stage(settings, stage)
        stood = stage.clock().astimezone(moment.tzinfo)
        (folder / STANDS_AT).write_text(stood.isoformat(), encoding="ascii")
    return code


def quick_customers(text: Outgoing, now: datetime, draw: Random) -> Reaction:
    """Ordinary customers, but who answers does so within minutes: somebody is watching."""
    reaction = _ordinary(text, now, draw)
    return replace(reaction, replies=tuple((after / 60, words) for after, words in reaction.replies))


_ordinary = ordinary_customers(NetworkProfile(replies=_ANSWERS))


def _opening_moment(folder: Path) -> datetime:
    """Where the demo stands, but not before the day's texts are out."""
    stood = stands_at(folder)
    if stood is None:
        raise Refused(N_("There is no demo in {folder} yet: notifier demo --folder FOLDER."), folder=str(folder))
    return max(stood, datetime.combine(stood, PLANS_AT, stood.tzinfo) + OPENS_AFTER)


def _begin_the_day(house: House, moment: datetime) -> None:
    """Plan and send what is due, as the engine does from then on."""
    plan(house.planner(), moment)
    asyncio.run(house.lane(lambda: moment).drain(until_empty=True))


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    with try_file_lock(folder / MARK) as is_mine:
        if not is_mine:
            raise Refused(
                N_("The console of the demo in {folder} is open already; the terminal that serves it shows the link."),
                folder=str(folder),
            )
        yield


def prepared_way_in(settings: Settings, moment: datetime) -> WayIn:
    """What the first page shows is there before anybody opens it: a way in, counted days, something to review."""
    house, by = House(settings, behaviour=quick_customers), Actor(OWNER)
    try:
        with house.store.write() as session:
            known = find_user(session, folded(OWNER))
            if known is not None:
                let_in_again(session, known.id, by=by, now=moment)
            user = find_user(session, folded(OWNER)) or add_user(session, OWNER, Role.OWNER, None, by=by, now=moment)
            token = link_token(session, user, by=by, now=moment)
        if known is None:
            _begin_the_day(house, moment - OPENS_AFTER)
            plan(house.planner(), moment, campaign=REVIEWED)
            asyncio.run(house.reconciler().run(lambda: moment, wait=False))
        engine_parts(house).tally(moment)
        link = link_address(settings, token)
        zone = house.schedules.shops[0].zone
        return WayIn(link, f"http://{HOST}:{settings.port}/console/", OWNER, moment, zone)
    finally:
        house.close()
