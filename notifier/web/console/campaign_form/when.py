"""When a campaign runs: weekday chips and times, days of the month, or the crontab line itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from nicegui import ui

from notifier.locale import _
from notifier.reports.cron_words import cron_words, weekday_words
from notifier.schedules.crontab import is_crontab
from notifier.schedules.plain_when import WEEK, PlainWhen, cron_of, is_time, plain_when
from notifier.web.console.campaign_form.controls import CLOCK, FIELD, button_add, button_remove, heard
from notifier.web.console.campaign_form.state import FormState

__all__ = ["WhenControl"]

MORNING = "10:00"


class WhenControl:
    """Draws the control and writes `when`."""

    def __init__(self, state: FormState) -> None:
        self.state = state
        plain = plain_when(state.text("when"))
        self.mode = "cron" if plain is None else "month" if plain.month_days else "week"
        plain = plain or PlainWhen((MORNING,))
        self.times, self.weekdays, self.month_days = list(plain.times), list(plain.weekdays), list(plain.month_days)
        modes = {"week": _("On weekdays"), "month": _("On days of the month"), "cron": _("Advanced")}
        toggle = ui.toggle(modes, value=self.mode, on_change=lambda event: self._mode(event.value))
        toggle.props("no-caps dense unelevated toggle-color=primary").classes("form-toggle")
        self.box = ui.element("div").classes("stack form-wide")
        self.words = ui.label().classes("quiet small")
        self.words.props["aria-live"] = "polite"
        self._draw()
        self._say()

    def _mode(self, mode: str) -> None:
        self.mode = mode
        if mode == "month" and not self.month_days:
            self.month_days = [1]
        self._draw()
        if mode != "cron":
            self._write()

    def _draw(self) -> None:
        self.box.clear()
        with self.box:
            if self.mode == "cron":
                self._cron()
                return
            if self.mode == "week":
                self._week()
            else:
                self._month()
            self._times()

    def _cron(self) -> None:
        line = ui.input(_("Cron line"), value=self.state.text("when"), on_change=heard(self._typed))
        line.props(f"{FIELD} stack-label").classes("mono form-wide")
        ui.label(_("Minute, hour, day of the month, month, weekday: “0 10 * * mon-sat”; * means every.")).classes(
            "quiet small"
        )

    def _typed(self, line: str) -> None:
        self.state.reasons.pop("when", None)
        self.state.set("when", line)
        self._say()

    def _week(self) -> None:
        with ui.element("div").classes("row-of form-chips").props("role=group") as group:
            group.props["aria-label"] = _("Weekdays")
            for day in WEEK:
                self._chip(day)

    def _chip(self, day: str) -> None:
        is_on = day in self.weekdays
        words, color = weekday_words([WEEK.index(day)]), "primary" if is_on else None
        chip = ui.button(words, color=color, on_click=lambda: self._flip(day)).props("no-caps dense unelevated")
        chip.props(f"aria-pressed={'true' if is_on else 'false'}")
        chip.classes("form-chip" if is_on else "form-chip is-off")

    def _flip(self, day: str) -> None:
        self.weekdays = [each for each in WEEK if (each in self.weekdays) is not (each == day)]
        self._draw()
        self._write()

    def _month(self) -> None:
        days = ", ".join(str(day) for day in self.month_days)
        line = ui.input(value=days, on_change=heard(self._month_days_typed)).props(FIELD)
        line.props["aria-label"] = _("Days of the month")
        line.props["hint"] = _("Days of the month with commas: 1, 15")
        line.props(remove="hide-bottom-space")

    def _month_days_typed(self, text: str) -> None:
        found = [each.strip() for each in text.replace("，", ",").split(",") if each.strip()]
        self.month_days = [int(each) for each in found if each.isdigit()] if all(map(str.isdigit, found)) else []
        self._write()

    def _times(self) -> None:
        with ui.element("div").classes("row-of"):
            for place, time in enumerate(self.times):
                with ui.element("div").classes("form-time"):
                    box = ui.input(value=time, on_change=heard(partial(self._time, place)))
                    box.props(CLOCK).classes("form-tiny").props["aria-label"] = _("Time")
                    if len(self.times) > 1:
                        button_remove(_("Remove {time}").format(time=time), partial(self._drop, place))
            button_add(_("Another time"), self._add)

    def _time(self, place: int, time: str) -> None:
        self.times[place] = time
        self._write()

    def _drop(self, place: int) -> None:
        del self.times[place]
        self._draw()
        self._write()

    def _add(self) -> None:
        hour, _colon, minute = (self.times[-1] if self.times else MORNING).partition(":")
        self.times.append(f"{(int(hour or 0) + 4) % 24:02}:{minute or '00'}")
        self._draw()
        self._write()

    def _write(self) -> None:
        """What cannot be written is nothing, which is refused, with the reason that is known here alone."""
        days: Sequence[int] = self.month_days if self.mode == "month" else ()
        weekdays: Sequence[str] = () if self.mode == "month" else self.weekdays
        written = cron_of(PlainWhen(tuple(self.times), tuple(weekdays), tuple(days)))
        if written is None:
            self.state.reasons["when"] = self._reason(days or weekdays)
        else:
            self.state.reasons.pop("when", None)
        self.state.set("when", written or "")
        self._say()

    def _reason(self, days: Sequence[object]) -> str:
        if not days:
            return _("Choose at least one day.")
        if not all(is_time(time) for time in self.times):
            return _("Write each time like 10:00.")
        return _("Several times a day must share their minutes, like 10:00 and 15:00: move one of them.")

    def _say(self) -> None:
        """The time in words, whichever way it was made."""
        line = self.state.text("when")
        self.words.text = _("Runs: {when}").format(when=cron_words(line)) if is_crontab(line) else ""
