"""The daemon: `notifier run` with the two processes it is made of, and `notifier worker`, a cluster's engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from notifier.config import Settings
from notifier.engines.embedded import EmbeddedEngine
from notifier.engines.log import configure_logging
from notifier.engines.supervisor import supervise
from notifier.errors import ConfigError
from notifier.gateways.simulator_profile import Behaviour
from notifier.locale import N_, current_language, use_language
from notifier.wiring.house import House
from notifier.wiring.parts import engine_parts, system_clock, web_parts
from notifier.wiring.welcome import say_how_to_begin

__all__ = ["Stage", "run_daemon", "run_engine", "run_on_stage", "run_web", "run_worker"]


class Engine(Protocol):
    """What triggers everything, until it is told to stop."""

    async def run(self) -> int: ...


def run_daemon(settings: Settings) -> int:
    """`notifier run`: engine and web as two processes of this one; returns the exit code.

    Raises NotifierError before any process begins where settings, database, key or schedules cannot be used.
    """
    from notifier.engines.server import raise_if_port_is_taken  # uvicorn: 0.1 s no other command should pay

    configure_logging(settings.log_format)
    raise_if_port_is_taken(settings.host, settings.port)
    house = House(settings)
    try:
        web_parts(house)
        engine_parts(house)
        say_how_to_begin(house)
    finally:
        house.close()
    return _supervised(settings, None)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a demo's daemon plays: `ahead` = business time less the machine's; `behaviour`: of the made-up customers.

    `ready` is called in the web part's process as soon as the console can be opened. All of it must be picklable.
    """

    ahead: timedelta
    behaviour: Behaviour
    ready: Callable[[], None]

    def clock(self) -> datetime:
        """Business time."""
        return system_clock() + self.ahead


def run_on_stage(settings: Settings, stage: Stage) -> int:
    """Engine and web of a demo, as two processes of this one, until SIGTERM or SIGINT; returns the exit code."""
    return _supervised(settings, stage)


def _supervised(settings: Settings, stage: Stage | None) -> int:
    language = current_language()
    return supervise({
        "engine": partial(_speaking, language, partial(run_engine, stage=stage), settings),
        "web": partial(_speaking, language, partial(run_web, is_alone=False, stage=stage), settings),
    })  # fmt: skip


def _log(settings: Settings, stage: Stage | None) -> None:
    """On a stage only of what is broken: a number that proves dead now and then is part of the play."""
    configure_logging(settings.log_format, level="info" if stage is None else "error")


def run_engine(settings: Settings, stage: Stage | None = None) -> int:
    """The embedded engine alone, until SIGTERM; returns the exit code. `stage`: None but for a demo."""
    _log(settings, stage)
    house = House(settings, behaviour=stage.behaviour if stage else None)
    try:
        parts = engine_parts(house, stage.clock if stage else system_clock)
        _read_now(house)
        return asyncio.run(_run(lambda: EmbeddedEngine(parts)))
    finally:
        house.close()


def _read_now(house: House) -> None:
    """What would else be missed only when the first text is planned or sent: a good version to go on with, and the key.

    Raises NotifierError where either is missing.
    """
    house.live_schedules  # noqa: B018  # reading it is what counts
    house.secret  # noqa: B018


async def _run(make: Callable[[], Engine]) -> int:
    """Made inside its event loop, where its parts belong."""
    return await make().run()


def run_worker(settings: Settings) -> int:
    """One worker of a cluster, until SIGTERM; returns the exit code.

    Raises NotifierError before anything begins where settings, database, queue, key or schedules cannot be used.
    """
    from notifier.engines.cluster import ClusterEngine
    from notifier.engines.queue import open_queue, raise_if_cluster_is_not_installed, raise_if_queue_is_not_ready

    configure_logging(settings.log_format)
    if settings.is_sqlite:
        raise ConfigError(
            N_("A worker is part of a cluster, which shares a PostgreSQL database, and NOTIFIER_DATABASE_URL names an "
               "SQLite file. On one machine use notifier run; docs/cluster.md tells how to move to many.")
        )  # fmt: skip
    raise_if_cluster_is_not_installed()
    house = House(settings)
    try:
        parts = engine_parts(house)
        raise_if_queue_is_not_ready(house.store)
        _read_now(house)
        return asyncio.run(_run(lambda: ClusterEngine(parts, partial(open_queue, house.store))))
    finally:
        house.close()


def run_web(settings: Settings, *, is_alone: bool = True, stage: Stage | None = None) -> int:
    """The web part, alone or of a daemon, until SIGTERM; returns the exit code. `stage`: None but for a demo.

    Raises ConfigError where the port is taken.
    """
    # FastAPI takes 0.3 s to import, which no other command should pay.
    from notifier.engines.server import serve
    from notifier.web.app import create_app

    _log(settings, stage)
    house = House(settings)
    try:
        parts = web_parts(house, stage.clock if stage else system_clock, is_demo=stage is not None)
        if is_alone:
            say_how_to_begin(house)
        return serve(create_app(parts), settings.host, settings.port, stage.ready if stage else None)
    finally:
        house.close()


def _speaking(language: str, run: Callable[[Settings], int], settings: Settings) -> int:
    use_language(language)
    return run(settings)
