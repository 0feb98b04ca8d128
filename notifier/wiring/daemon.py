"""The daemon: `notifier run` and the two processes it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from notifier.config import Settings
from notifier.engines.embedded import EmbeddedEngine
from notifier.engines.log import configure_logging
from notifier.engines.parts import EngineParts
from notifier.engines.supervisor import supervise
from notifier.locale import current_language, use_language
from notifier.wiring.house import House
from notifier.wiring.parts import engine_parts, web_parts

__all__ = ["run_daemon", "run_engine", "run_web"]


def run_daemon(settings: Settings) -> int:
    """`notifier run`: engine and web as two processes of this one; returns the exit code.

    Raises NotifierError before any process begins where settings, database or schedules cannot be used.
    """
    from notifier.engines.server import raise_if_port_is_taken  # uvicorn: 0.1 s no other command should pay

    configure_logging(settings.log_format)
    raise_if_port_is_taken(settings.host, settings.port)
    house = House(settings)
    try:
        web_parts(house)
        engine_parts(house)
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
        parts = engine_parts(house)
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
        return serve(create_app(web_parts(house)), settings.host, settings.port)
    finally:
        house.close()


def _speaking(language: str, run: Callable[[Settings], int], settings: Settings) -> int:
    use_language(language)
    return run(settings)
