"""Who is killed when, and where in the code: all of it drawn from one seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from notifier.crashpoints import POINTS
from tests.support.twilio_faults import Fault, FaultKind

SENDER, RECONCILER, WEB = "sender", "reconciler", "web"
LANE_STEPS = ("send.", "post.", "write.")
RECONCILER_STEPS = ("reconcile.", "list.", "pull.")
PULLING = ("pull.", "reconcile.keep_", "reconcile.polled")
"""What a reconciler passes only where statuses are fetched: tried early, when there is little to fetch yet."""
ONCE_A_LIFE = (
    "send.prepare",
    "send.rerender",
    "send.finish",
    "reconcile.finish",
    "reconcile.polled",
    "write.",
    "pull.",
)


def sending_points() -> list[str]:
    """Every named place between a planned text and the settled one."""
    return [point for point in POINTS if point.startswith((*LANE_STEPS, *RECONCILER_STEPS, "web."))]


def role_of(point: str) -> str:
    """Who passes it."""
    if point.startswith("web."):
        return WEB
    return SENDER if point.startswith(LANE_STEPS) else RECONCILER


def is_pulling(point: str) -> bool:
    """Whether only a reconciler that fetches statuses passes it."""
    return point.startswith(PULLING)


@dataclass(frozen=True, slots=True)
class Death:
    """One death, once the provider has accepted `after` texts: at the `passing`-th passing of `point`, or anywhere."""

    after: int
    station: str
    point: str | None = None
    passing: int = 1


def deaths(seed: int, *, messages: int, kills: int, stations: Sequence[str], points: Sequence[str]) -> list[Death]:
    """`kills` deaths anywhere and one at each of `points`, in order of time; the same for the same arguments."""
    rng = random.Random(f"deaths:{seed}")
    found = [Death(_moment(rng, messages, 0.9), rng.choice(stations)) for _ in range(kills)]
    for point in points:
        station = rng.choice([name for name in stations if name.startswith(role_of(point))])
        after = _moment(rng, messages, 0.1 if is_pulling(point) else 0.8)
        passing = rng.randint(1, 5)
        found.append(Death(after, station, point, 1 if point.startswith(ONCE_A_LIFE) or is_pulling(point) else passing))
    return sorted(found, key=lambda death: death.after)


def stations_with(senders: int, *, web: bool) -> list[str]:
    """Who is at work: so many senders, one reconciler, and who hears the callbacks."""
    return [*(f"{SENDER}-{each + 1}" for each in range(senders)), RECONCILER, *([WEB] if web else [])]


def _moment(rng: random.Random, messages: int, until: float) -> int:
    return int(messages * rng.uniform(0.01, until))


def provider_faults(post_timeout: float, refusals: float) -> list[tuple[float, Fault]]:
    """What goes wrong at the provider, each with its probability."""
    too_long = post_timeout * 1.5
    return [
        (0.05, Fault(FaultKind.HANG_AFTER_ACCEPTING, seconds=too_long)),
        (0.05, Fault(FaultKind.ERROR_AFTER_ACCEPTING)),
        (0.05, Fault(FaultKind.HANG_BEFORE_ACCEPTING, seconds=too_long)),
        (0.025, Fault(FaultKind.RESET_BEFORE_ACCEPTING)),
        (0.025, Fault(FaultKind.RESET_AFTER_ACCEPTING)),
        (refusals, Fault(FaultKind.RATE_LIMITED, retry_after=0.2)),
    ]
