"""Small pieces the pages about campaigns share: how one stands, when it runs next, what a run came to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from notifier.domain.freshness import Freshness
from notifier.jobs.campaigns import CampaignLook, Standing
from notifier.jobs.reasons import stale_mend, stale_words
from notifier.locale import N_, _, current_language, ngettext
from notifier.locale.mends import Mend
from notifier.reports import numbers
from notifier.reports.cron_words import weekday_words
from notifier.store.pauses import PauseRow
from notifier.store.runs import RunRow
from notifier.web.console.campaigns.foresight import Expected
from notifier.web.console.desk import Desk
from notifier.web.console.doors import show_mend

__all__ = ["expected_words", "moment_words", "pause_words", "planned_words", "standing_note", "standing_tag"]

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


def standing_words(look: CampaignLook, now: datetime, zone: ZoneInfo) -> str | None:
    """Why it does not run as it should, in a sentence; None where it does."""
    if look.standing is Standing.PAUSED:
        return _("Paused: nothing of it is planned or sent until somebody resumes it. What is planned waits.")
    if look.standing is Standing.REFUSED and look.problem is not None:
        return look.problem.verdict()
    if look.standing is Standing.WAITS and look.waits_for is not None:
        known = stale_words(look.waits_for, now, zone)
        if look.waits_for.freshness is Freshness.UNFINISHED:
            return _("The next run waits for an import that has not finished ({records}).").format(records=known)
        return _("The next run waits for newer records: {known}.").format(known=known)
    return None


def standing_mend(look: CampaignLook) -> Mend | None:
    """What can be done about it; None where nothing is to be done, or a button beside it does it."""
    if look.standing is Standing.REFUSED and look.problem is not None:
        return look.problem.mend
    return stale_mend(look.waits_for) if look.standing is Standing.WAITS and look.waits_for else None


def standing_note(look: CampaignLook, desk: Desk, classes: str = "") -> None:
    """Both, in a note; nothing where all is well."""
    if why := standing_words(look, desk.now(), desk.zone):
        with ui.element("div").classes(f"note warn {classes}").props("role=status"):
            ui.label(why).classes("wrap-any")
            show_mend(standing_mend(look))


def pause_words(pause: PauseRow, desk: Desk) -> str:
    """A pause of everything or of this shop, with who and since when."""
    since, by = moment_words(desk.in_business_time(pause.since), desk.zone), pause.by or "–"
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
