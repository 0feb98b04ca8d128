"""Builds everything from the settings: the one place that knows all rooms."""

from notifier.wiring.daemon import Stage, run_daemon, run_engine, run_on_stage, run_web, run_worker
from notifier.wiring.dms import Dms
from notifier.wiring.house import House
from notifier.wiring.inbox import Inbox
from notifier.wiring.parts import engine_parts, system_clock, web_parts
from notifier.wiring.welcome import link_address, link_reach

__all__ = [
    "Dms", "House", "Inbox", "Stage", "engine_parts", "link_address", "link_reach", "run_daemon", "run_engine",
    "run_on_stage", "run_web", "run_worker", "system_clock", "web_parts",
]  # fmt: skip
