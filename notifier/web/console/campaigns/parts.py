"""Small pieces the pages about campaigns share: how one stands, when it runs next, what a run came to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from notifier.jobs.campaigns import CampaignLook, Standing
from notifier.jobs.reasons import short_words
from notifier.locale import N_, _, current_language, ngettext
from notifier.reports import numbers
from notifier.reports.cron_words import weekday_words
from notifier.store.pauses import PauseRow
from notifier.store.runs import RunRow
from notifier.web.console.campaigns.foresight import Expected

__all__ = ["expected_words", "moment_words", "pause_words", "planned_words", "standing_tag", "standing_words"]

STANDINGS: Mapping[Standing, tuple[str, str]] = {
    Standing.ON: ("good", N_("on")),
    Standing.OFF: ("", N_("off")),
    Standing.PAUSED: ("warn", N_("paused")),
    Standing.REFUSED: ("bad", N_("cannot be sent")),
    Standing.WAITS: ("warn", N_("waits")),
}


def standing_tag(standing: Standing) -> None:
    """On, off, paused … as a tag."""
    look, word = STANDINGS[standing]
    ui.label(_(word)).classes(f"tag {look}")


def standing_words(look: CampaignLook) -> str | None:
    """Why it does not run as it should, in a sentence; None where it does."""
    if look.standing is Standing.PAUSED:
        return _("Paused: nothing of it is planned or sent until somebody resumes it. What is planned waits.")
    if look.standing is Standing.REFUSED:
        return str(look.problem)
    if look.standing is Standing.WAITS and look.waits_for:
        return _("The next run waits: {reason}.").format(reason=short_words(look.waits_for))
    return None


def pause_words(pause: PauseRow, zone: ZoneInfo) -> str:
    """A pause of everything or of this shop, with who and since when."""
    since, by = moment_words(pause.since, zone), pause.by or "–"
    if pause.shop is None:
        said = _("Sending is paused for all shops since {since}, by {by}: no text leaves, of any kind.")
    else:
        said = _("This shop is paused since {since}, by {by}: no text of it leaves, of any kind.")
    return said.format(since=since, by=by)


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """Tue 2026-03-10 10:00, on the shop's clock."""
    local = moment.astimezone(zone)
    day = weekday_words([local.weekday()])
    return f"{local:%Y-%m-%d} {day} {local:%H:%M}" if current_language() == "zh-CN" else f"{day} {local:%Y-%m-%d %H:%M}"


def expected_words(expected: Expected | None) -> str:
    """How many texts a coming run will about be; nothing where nobody can tell."""
    if expected is None or expected.texts is None:
        return ""
    if expected.texts == 0:
        return _("nobody is due")
    said = ngettext("about {count} text", "about {count} texts", expected.texts)
    return said.format(count=numbers.count(expected.texts))


def planned_words(run: RunRow) -> str:
    """What a run planned: ``24 texts, 3 in the control group``."""
    planned, withheld = int(run.counts.get("planned", 0)), int(run.counts.get("withheld", 0))
    words = ngettext("{count} text", "{count} texts", planned).format(count=numbers.count(planned))
    if not withheld:
        return words
    return _("{texts}, {count} in the control group").format(texts=words, count=numbers.count(withheld))
