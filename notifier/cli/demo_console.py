"""`notifier demo --console`: the demo's shop goes on in a browser of this machine, until Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from notifier.cli.terminal import remark, say
from notifier.errors import BadInput, ConfigError, Refused
from notifier.locale import N_, _, listed

if TYPE_CHECKING:
    from notifier.demo.console import WayIn
    from notifier.demo.play import Script

__all__ = ["open_console", "show_way_in"]


def open_console(script: Script, port: int | None, given: Sequence[str], play: Callable[[Script], int]) -> int:
    """Serve the console of the demo in the script's folder, after `play` where there is none; returns the exit code.

    `given`: options that ask for a certain story. Raises BadInput where there are some and another was played already.
    """
    from notifier.demo.console import PORT, serve_console, stands_at
    from notifier.engines.log import configure_logging

    configure_logging(level="error")
    chosen = PORT if port is None else port
    _raise_if_port_is_taken(chosen)
    code = 0
    if stands_at(script.folder) is None:
        code = play(script)
    elif given:
        raise BadInput(
            N_("{folder} holds a demo already, and the console shows it as it is. Leave out {options}, or name another "
               "folder with --folder."),
            folder=str(script.folder), options=listed(given),
        )  # fmt: skip
    remark(_("Opening the console …"))
    ended = serve_console(script.folder, chosen, show_way_in)
    if ended == 0:
        say("", _("The console has ended. The same command opens it again; notifier demo begins anew."))
    return ended or code


def _raise_if_port_is_taken(port: int) -> None:
    """Before anybody waits a minute for the demo."""
    from notifier.demo.console import HOST
    from notifier.engines.server import raise_if_port_is_taken

    try:
        raise_if_port_is_taken(HOST, port)
    except ConfigError as taken:
        raise Refused(
            N_("Port {port} of this machine is in use, or not for you. Name another: notifier demo --console --port "
               "{other}."),
            port=port, other=port + 1 if port < 65535 else port - 1,
        ) from taken  # fmt: skip


def show_way_in(way_in: WayIn) -> None:
    """The link and what one has to know, once the console can be opened."""
    from notifier.reports import numbers

    moment = numbers.day_and_time(way_in.stands_at, way_in.zone)
    begun = _("The shop goes on in its web console. Its clock stands at {moment}, and nothing real is sent.")
    say("", begun.format(moment=moment), _("Open this link in a browser and choose a password; it works once:"), "")
    print(f"    {way_in.link}")
    later = _("From then on, sign in as {name} with that password:").format(name=way_in.name)
    say("", later, "")
    print(f"    {way_in.address}")
    say("", _("Ctrl-C ends it."))
    sys.stdout.flush()
