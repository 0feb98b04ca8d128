"""`notifier status`: waiting, sending, unknown, rate, oldest, last provider error."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from notifier.cli.opening import first_shop, open_house
from notifier.cli.options import Json
from notifier.cli.terminal import say, show, show_json, table
from notifier.locale import _

__all__ = ["status_command"]


def status_command(as_json: Json = False) -> None:
    """How the lane stands now."""
    from notifier.store.lanes import lane_of
    from notifier.store.overview import standing

    with open_house() as house:
        gateway = house.settings.gateway
        with house.store.read() as session:
            now, lane = standing(session), lane_of(session, gateway)
        document: dict[str, Any] = {
            "waiting": now.waiting,
            "in_review": now.in_review,
            "sending": now.sending,
            "unknown": now.unknown,
            "rate": now.rate,
            "oldest_waiting": _iso(now.oldest_waiting),
            "gateway": gateway,
            "stopped": lane.stopped,
            "stopped_at": _iso(lane.stopped_at),
            "last_error": lane.last_error,
            "last_error_at": _iso(lane.last_error_at),
        }
        if as_json:
            show_json(document)
        else:
            _show(document, first_shop(house).zone)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _show(document: dict[str, Any], zone: ZoneInfo) -> None:
    made = table("", "")
    for label, key in (
        (_("Waiting"), "waiting"),
        (_("Waiting for review"), "in_review"),
        (_("Being sent"), "sending"),
        (_("Unknown"), "unknown"),
        (_("Texts a second, last minute"), "rate"),
        (_("May go since"), "oldest_waiting"),
        (_("Gateway"), "gateway"),
        (_("Last provider error"), "last_error"),
        (_("Last provider error on"), "last_error_at"),
    ):
        made.add_row(label, _shown(document[key], key, zone))
    show(made)
    if document["stopped"]:
        say(
            _("The lane stands still since {moment} (code {code}). notifier doctor says what to mend.").format(
                moment=_shown(document["stopped_at"], "stopped_at", zone), code=document["stopped"]
            )
        )


def _shown(value: object, key: str, zone: ZoneInfo) -> str:
    if value is None:
        return "–"
    if isinstance(value, str) and (key.endswith("_at") or key == "oldest_waiting"):
        return f"{datetime.fromisoformat(value).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return str(value)
