"""`notifier status`: waiting, sending, unknown, rate, oldest, last provider error."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from notifier.cli.opening import first_shop, open_house
from notifier.cli.options import Json
from notifier.cli.run_words import LAPSED_TOLD, key_of, lapsed_sentence, review_sentence
from notifier.cli.sync_words import failed_sync, failed_sync_sentence
from notifier.cli.terminal import say, show, show_json
from notifier.locale import _
from notifier.reports.tables import table

if TYPE_CHECKING:
    from notifier.wiring import House

__all__ = ["status_command"]


def status_command(as_json: Json = False) -> None:
    """How the lane stands now."""
    from notifier.store.lanes import lane_of
    from notifier.store.overview import standing
    from notifier.store.runs import lapsed_runs, runs_in_review

    with open_house(makes_database=False) as house:
        gateway = house.settings.gateway
        with house.store.read() as session:
            now, lane = standing(session), lane_of(session, gateway)
            reviews, lapsed = runs_in_review(session), lapsed_runs(session, datetime.now(UTC) - LAPSED_TOLD)
        document: dict[str, Any] = {
            "waiting": now.waiting,
            "in_review": now.in_review,
            "reviews": [{"run": run.id, "campaign": key_of(run), "until": _iso(run.review_until)} for run in reviews],
            "expired": [{"run": run.id, "campaign": key_of(run), "until": _iso(run.review_until)} for run in lapsed],
            "sending": now.sending,
            "unknown": now.unknown,
            "rate": now.rate,
            "oldest_waiting": _iso(now.oldest_waiting),
            "gateway": gateway,
            "stopped": lane.stopped,
            "stopped_at": _iso(lane.stopped_at),
            "last_error": lane.last_error,
            "last_error_at": _iso(lane.last_error_at),
            "failed_sync": _failed_sync(house),
        }
        if as_json:
            show_json(document)
        else:
            zone = first_shop(house).zone
            _show(document, zone)
            say(*(review_sentence(run, run.counts.get("planned", 0), datetime.now(UTC), zone) for run in reviews))
            say(*(lapsed_sentence(run, zone) for run in lapsed))
            if document["failed_sync"]:
                say(failed_sync_sentence(house))


def _failed_sync(house: House) -> dict[str, Any] | None:
    failure = failed_sync(house) if house.settings.dms_url is not None else None
    if failure is None:
        return None
    since, at = _iso(failure.since), _iso(failure.at)
    return {"kind": failure.kind, "since": since, "at": at, "code": failure.code, "sentence": str(failure)}


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
