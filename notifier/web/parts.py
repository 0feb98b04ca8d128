"""What the web app needs from the house."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from notifier.errors import ScheduleError, TemplateError
from notifier.gateways.base import Gateway
from notifier.jobs.plan import Planner
from notifier.schedules import Schedules
from notifier.store.engine import Store

__all__ = ["ConsoleParts", "TwilioDoor", "WebParts"]


@dataclass(frozen=True, slots=True)
class TwilioDoor:
    """What proves that a webhook is Twilio's: the account's token, and the public URL Twilio was given.

    The Host header proves nothing: anybody may send any, and behind a TLS proxy it is another.
    """

    auth_token: str = field(repr=False)
    public_url: str

    def url_of(self, path: str, query: str) -> str:
        """The address as Twilio signed it."""
        return f"{self.public_url}{path}?{query}" if query else f"{self.public_url}{path}"


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """What the console works with, beside the database and the clock.

    `schedules`: the last good version of `schedules_file`, read anew where it changed; `schedules_problem`: what is
    wrong with the file's newest text, if anything. `publish_templates`: take over what has changed in
    `templates_folder`; what was wrong with other files. `price_micros`: of one segment, in millionths of the currency.
    `post_timeout` in seconds. `needs_second_person`: nobody publishes their own words. `makes_gateway`: one of its own
    for each event loop that asks. `is_demo`: the shop is made up, and its clock another than the machine's.
    `rehearse(shop, campaign, moment)`: a dry run (jobs/funnel.py says what comes back); `foresee(shop, moment)`: the
    coming runs with expected counts and the campaigns' figures. Both in a process of their own, ended when cancelled.
    """

    store: Store
    secret: bytes = field(repr=False)
    clock: Callable[[], datetime]
    schedules: Callable[[], Schedules]
    schedules_problem: Callable[[], ScheduleError | None]
    schedules_file: Path
    templates_folder: Path
    publish_templates: Callable[[], Sequence[TemplateError]]
    planner: Callable[[], Planner]
    makes_gateway: Callable[[], Gateway]
    gateway: str
    price_micros: int
    post_timeout: float
    rehearse: Callable[[str, str, datetime], Awaitable[Mapping[str, Any]]]
    foresee: Callable[[str, datetime], Awaitable[Mapping[str, Any]]]
    needs_second_person: bool = False
    is_https: bool = False
    public_url: str | None = None
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class WebParts:
    """The database, the key of remembered phones, the region replies are read in, and business time.

    `gateway`: whose lane the metrics show. `twilio` is None where Twilio has no way to reach us: its webhooks are
    then refused like unsigned ones. Without `console` there are no pages for people.
    """

    store: Store
    secret: bytes = field(repr=False)
    region: str
    gateway: str
    clock: Callable[[], datetime]
    twilio: TwilioDoor | None = None
    is_https: bool = False
    console: ConsoleParts | None = None
