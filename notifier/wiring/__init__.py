"""Builds everything from the settings: the one place that knows all rooms."""

from notifier.wiring.daemon import run_daemon, run_engine, run_web, run_worker
from notifier.wiring.dms import Dms
from notifier.wiring.house import House
from notifier.wiring.inbox import Inbox
from notifier.wiring.parts import engine_parts, system_clock, web_parts
from notifier.wiring.welcome import link_address

__all__ = [
    "Dms", "House", "Inbox", "engine_parts", "link_address", "run_daemon", "run_engine", "run_web", "run_worker",
    "system_clock", "web_parts",
]  # fmt: skip
