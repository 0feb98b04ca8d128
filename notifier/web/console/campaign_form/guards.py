"""The guards as a form: quiet hours, closed days, caps and budgets, for all campaigns of the shop."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from notifier.domain.festivals import FESTIVALS, spoken_festival
from notifier.locale import _, current_language
from notifier.locale.records import records_word
from notifier.reports.cron_words import weekday_words
from notifier.reports.setting_words import USUAL
from notifier.schedules.guards import IMPORTS
from notifier.schedules.plain_when import WEEK
from notifier.schedules.trees import Tree
from notifier.web.console.campaign_form.controls import (
    CLOCK,
    FIELD,
    choice,
    days_number,
    heard,
    length,
    number,
    percent,
    plain_text,
    switch,
    whole_of,
    words_list,
)
from notifier.web.console.campaign_form.sections import section
from notifier.web.console.campaign_form.state import FormState

__all__ = ["draw_guards"]

USUAL_HOURS = str(USUAL["quiet_hours"])
USUAL_HOLD = 7


def draw_guards(state: FormState) -> None:
    """All fields."""
    with section(_("When texts may go out")):
        _quiet_hours(state)
        _closed_days(state)
    with section(_("How many texts")):
        _caps(state)
    with section(_("What must be true first")):
        _data_age(state)
        with state.row(
            "contact_hold", _("After a call"), _("So long a call by staff holds back texts of its purpose.")
        ):
            days_number(state, "contact_hold", label=_("After a call"), default=USUAL_HOLD)
    with section(_("What the whole programme brings")):
        about = _("These customers get no marketing at all for a year, so that one can see what all of it brings.")
        with state.row("universal_control", _("Universal control"), about):
            percent(state, "universal_control", label=_("Universal control"))


def _quiet_hours(state: FormState) -> None:
    about = _("Nothing goes out then; it waits until they end. Safety texts never wait.")
    with state.row("quiet_hours", _("Quiet hours"), about):
        written = state.text("quiet_hours", USUAL_HOURS)
        since, _dash, until = written.partition("-")
        has_hours = written.lower() != "none" and bool(until)
        with ui.element("div").classes("row-of") as box:
            since_box = ui.input(value=since.strip() if has_hours else "20:00").props(CLOCK).classes("form-tiny")
            since_box.props["aria-label"] = _("Quiet from")
            ui.label(_("to")).classes("quiet")
            until_box = ui.input(value=until.strip() if has_hours else "09:00").props(CLOCK).classes("form-tiny")
            until_box.props["aria-label"] = _("Quiet until")
        box.visible = has_hours

        def write() -> None:
            hours = f"{since_box.value or ''}-{until_box.value or ''}"
            is_usual = hours == USUAL_HOURS and "quiet_hours" not in state.original
            state.set("quiet_hours", None if is_usual else hours)

        def turned(on: bool) -> None:
            box.visible = on
            if on:
                write()
            else:
                state.set("quiet_hours", "none")

        since_box.on_value_change(write)
        until_box.on_value_change(write)
        switch(_("With quiet hours"), has_hours, turned).move(target_index=0)
    with state.row("quiet_hours_zone", _("On whose clock"), _("The customer's: the zone of their phone number.")):
        choice(state, "quiet_hours_zone", {"shop": _("the shop's"), "customer": _("the customer's")}, default="shop",
               label=_("On whose clock"))  # fmt: skip


def _closed_days(state: FormState) -> None:
    about = _("Nobody could answer then, so texts wait for the first open day.")
    with state.row("closed_days", _("Closed days"), about), ui.element("div").classes("stack form-wide"):
        days = {day: weekday_words([place]) for place, day in enumerate(WEEK)}
        _list_of(state, "weekdays", _("Weekdays"), days)
        _list_of(state, "dates", _("Dates"), hint=_("2026-05-01, or 10-01..10-03 for every year; Enter after each"))
        _list_of(state, "lunar", _("Lunar days"), hint=_("除夕..初六; Enter after each"))
        festivals = {name: spoken_festival(name, current_language()) for name in FESTIVALS}
        _list_of(state, "festivals", _("Days of festivals"), festivals)
        _list_of(state, "public_holidays", _("Public holidays of"), hint=_("CN, HK, DE-BY; Enter after each"))


def _list_of(state: FormState, part: str, title: str, options: dict[str, str] | None = None, hint: str = "") -> None:
    written: Tree = state.group("closed_days").get(part, [])
    values = [written] if isinstance(written, str) else [str(each) for each in written]

    def changed(words: list[str]) -> None:
        group = dict(state.group("closed_days"))
        if words:
            group[part] = words
        else:
            group.pop(part, None)
        state.set("closed_days", group or None)

    with ui.element("div").classes("form-part-of"):
        ui.label(title).classes("quiet")
        words_list(values, changed, options=options, label=title, placeholder=hint)


def _set_whole(state: FormState, key: str, part: str, value: int | None) -> None:
    state.set_part(key, part, None if value is None else str(value))


def _caps(state: FormState) -> None:
    about = _("At most so many texts to one customer in so many days; the rest waits its turn. Empty: no cap.")
    with state.row("frequency_cap", _("Frequency cap"), about), ui.element("div").classes("row-of"):
        for part, unit, most in (("messages", _("texts"), 100), ("days", _("days"), 366)):
            number(whole_of(str(state.group("frequency_cap").get(part, ""))),
                   partial(_set_whole, state, "frequency_cap", part),
                   label=unit, unit=unit, least=1, most=most)  # fmt: skip
        if state.opened.schedules.is_group:
            across = str(state.group("frequency_cap").get("across", "shop"))
            box = ui.select({"shop": _("each shop by itself"), "group": _("all shops together")}, value=across,
                            on_change=lambda event: state.set_part("frequency_cap", "across", event.value))  # fmt: skip
            box.props(f"{FIELD} options-dense").classes("form-short").props["aria-label"] = _("Counted")
    about = _("Texts, money or both a day. Empty: no limit.")
    with state.row("daily_budget", _("Daily budget"), about), ui.element("div").classes("row-of"):
        number(whole_of(str(state.group("daily_budget").get("messages", ""))),
               partial(_set_whole, state, "daily_budget", "messages"),
               label=_("Texts a day"), unit=_("texts"), least=1)  # fmt: skip
        money = ui.input(
            value=str(state.group("daily_budget").get("amount", "")),
            on_change=heard(partial(state.set_part, "daily_budget", "amount")),
        ).props(f"{FIELD} inputmode=decimal").classes("form-short")  # fmt: skip
        money.props["suffix"] = _(state.desk.shop.currency)
        money.props["aria-label"] = _("Money a day")
    with state.row("pace", _("Pace"), _("At most so many a second, so that the workshop's phone can keep up. Empty: as "
                                        "fast as the gateway.")):  # fmt: skip
        plain_text(state, "pace", label=_("Pace"), wide=False).props["suffix"] = _("a second")


def _data_age(state: FormState) -> None:
    about = _("Where an import is older than this, runs that need it wait and say so. Empty: not checked.")
    with state.row("data_max_age", _("Fresh data"), about), ui.element("div").classes("form-ages form-wide"):
        for part in IMPORTS:
            ui.label(records_word(part)).classes("quiet")
            length(str(state.group("data_max_age").get(part, "")), partial(state.set_part, "data_max_age", part),
                   label=records_word(part))  # fmt: skip
