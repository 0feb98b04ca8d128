"""The way into a console nobody has come into yet, and the address of one-time links."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog

from notifier.config import Settings
from notifier.jobs.welcome import first_owner_token
from notifier.locale import _
from notifier.store.users import has_users
from notifier.wiring.house import House

__all__ = ["link_address", "link_reach", "say_how_to_begin"]

log = structlog.get_logger(__name__)

ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104  # listened on by servers, opened by nobody
THIS_MACHINE = ("127.0.0.1", "localhost", "::1", *ANY_ADDRESS)


def link_address(settings: Settings, token: str) -> str:
    """Where a browser opens the one-time link that ends in `token`: the public address where there is one."""
    own = _own_link(settings, token)
    return own if settings.public_url is None else f"{settings.public_url}{urlsplit(own).path}"


def link_reach(settings: Settings) -> str | None:
    """A sentence for a link that leads nowhere on any other machine, with what to set; None where it leads further."""
    if settings.public_url is not None or settings.host not in THIS_MACHINE:
        return None
    return _(
        "The link opens on this machine only. For others to open it, set NOTIFIER_PUBLIC_URL to the https address of "
        "your proxy or, within the shop's own network, NOTIFIER_HOST to this machine's address there."
    )


def _own_link(settings: Settings, token: str) -> str:
    host = "127.0.0.1" if settings.host in ANY_ADDRESS else settings.host
    place = f"[{host}]" if ":" in host else host
    return f"http://{place}:{settings.port}/console/welcome/{token}"


def say_how_to_begin(house: House) -> None:
    """As long as nobody may sign in: a one-time link for the first owner, on stderr for whoever started us.

    A log for machines is collected and kept, and a link is a secret: there it says only which command makes one.
    """
    if house.settings.log_format == "json":
        _log_how_to_begin(house)
        return
    with house.store.write() as session:
        token = first_owner_token(session, datetime.now(UTC))
    if token is not None:
        begin = _("Nobody can sign in at the console yet. This link makes whoever opens it the owner, once, for a day:")
        # A proxy may not pass the console on, so the machine's own address is told as well.
        links = dict.fromkeys((link_address(house.settings, token), _own_link(house.settings, token)))
        lines = "".join(f"    {link}\n" for link in links)
        reach = link_reach(house.settings)
        sys.stderr.write(f"\n{begin}\n\n{lines}\n" + (f"{reach}\n\n" if reach else ""))
        sys.stderr.flush()


def _log_how_to_begin(house: House) -> None:
    with house.store.read() as session:
        is_new = not has_users(session)
    if is_new:
        log.info("nobody_can_sign_in", mend="notifier users add NAME --role owner --link")
