"""`notifier web` whose clock was set: its first word is how many seconds its time is ahead of the machine's."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from notifier.config import load_settings
from notifier.engines.log import configure_logging
from notifier.engines.server import serve
from notifier.web.app import create_app
from notifier.wiring import House
from notifier.wiring.parts import web_parts
from tests.support.prepared_cli import ROOT


def main(ahead: timedelta) -> int:
    """Serve until SIGTERM; returns the exit code."""
    settings = load_settings(env_file=None)
    configure_logging(settings.log_format)
    house = House(settings)

    def clock() -> datetime:
        return datetime.now(UTC) + ahead

    parts = web_parts(house)
    assert parts.console is not None
    set_ahead = replace(parts, clock=clock, console=replace(parts.console, clock=clock))
    try:
        return serve(create_app(set_ahead), settings.host, settings.port)
    finally:
        house.close()


if __name__ == "__main__":
    sys.path.append(str(ROOT))  # the processes it starts import this module once more
    sys.exit(main(timedelta(seconds=float(sys.argv[1]))))
