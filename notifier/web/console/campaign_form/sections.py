"""The fields of a campaign, in the order in which people think of them: when, what, for whom, how many, what for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from nicegui import ui

from notifier.domain.rules import RULES
from notifier.locale import N_, _
from notifier.reports.setting_words import FIRST_RUNS, USUAL
from notifier.schedules import Campaign, Kind
from notifier.schedules.length_words import length_words
from notifier.web.console.campaign_form.audience import AudienceControl
from notifier.web.console.campaign_form.controls import (
    FIELD,
    choice,
    days_number,
    heard,
    length,
    number,
    percent,
    percent_of,
    switch,
    whole_of,
)
from notifier.web.console.campaign_form.options import draw_options
from notifier.web.console.campaign_form.stages import StagesControl
from notifier.web.console.campaign_form.state import FormState
from notifier.web.console.campaign_form.when import WhenControl

__all__ = ["draw_campaign", "section"]

KINDS = {
    "marketing": N_("Marketing: only customers who agreed to it"),
    "service": N_("Service reminder: about the customer's own car"),
    "transactional": N_("Answer to something the customer asked for"),
    "safety": N_("Safety notice: never held back"),
}
DUE_CREDIT, USUAL_CREDIT, REPLY_CREDIT = 30, 7, 14
LIFT_WINDOW = 60
USUAL_SPREAD, USUAL_COUPON, USUAL_VALID = "20", "100.00", "60d"


@contextmanager
def section(title: str) -> Iterator[None]:
    """A card of fields."""
    with ui.element("section").classes("card form-section"):
        with ui.element("h2"):
            ui.label(title)
        yield


def draw_campaign(state: FormState, *, of_one_shop: bool) -> None:
    """All fields. `of_one_shop`: of a group, where what makes the campaign is the same in every shop."""
    with section(_("When it runs")):
        _enabled(state)
        about = _("On the shop's clock. Each run takes the reminders that are open and were not sent yet.")
        with state.row("when", _("Runs on"), about):
            WhenControl(state)
    with section(_("What goes out")):
        draw_options(state)
        about = _("A reminder stays open until the next one opens, so a Sunday delays a text and loses nothing.")
        with state.row("stages", _("Reminders"), about):
            StagesControl(state)
            with ui.element("div"):
                _template_line(state)
        _late(state)
    with section(_("For whom")):
        _kind(state, is_fixed=of_one_shop)
        with state.row("audience", _("Conditions"), _("All of them must hold. Without any: everybody who is due.")):
            AudienceControl(state)
    with section(_("How many, and who looks at it")):
        _pace(state)
    with section(_("What it brings")):
        _coupon(state)
        _measure(state)


def _enabled(state: FormState) -> None:
    with state.row("enabled", _("On or off")):
        is_on = state.text("enabled", "true").lower() in ("true", "yes", "on")
        was_written = "enabled" in state.original
        switch(_("It runs"), is_on,
               lambda on: state.set("enabled", None if on and not was_written else str(on).lower()))  # fmt: skip


def _template_line(state: FormState) -> None:
    """Where problems of `template` are told: the wordings are chosen in the rows of the touches."""
    state.line_for("template", _("Template"))


def _late(state: FormState) -> None:
    if "list" in RULES[state.text("rule")].options:
        return  # a list says itself how long it runs
    about = _("So many days after the due day the last reminder may still go out.")
    with state.row("late", _("Days late"), about):
        days_number(state, "late", label=_("Days late"), default=RULES[state.text("rule")].late_days)


def _kind(state: FormState, *, is_fixed: bool) -> None:
    about = _("What the text is in law. Who may be texted follows from it.")
    with state.row("kind", _("Kind"), about):
        box = choice(state, "kind", {key: _(word) for key, word in KINDS.items()}, default="", label=_("Kind"))
        if is_fixed:
            box.disable()


def _set_review(state: FormState, on: bool) -> None:
    unasked = "none" if "review" in state.original else None
    state.set("review", "required" if on else unasked)


def _pace(state: FormState) -> None:
    with state.row("review", _("Review"), _("A person reads samples, numbers and cost, and releases each run.")):
        is_asked = state.text("review") == "required"
        switch(_("Somebody releases each run"), is_asked,
               partial(_set_review, state))  # fmt: skip
    with state.row("spread", _("Spread"), _("No more texts a day than the workshop can take. Empty: all at once.")):
        number(
            whole_of(str(state.group("spread").get("per_day", ""))),
            lambda value: state.set("spread", None if value is None else {"per_day": str(value)}),
            label=_("Texts a day"), unit=_("texts a day"), least=1, most=100_000,
        )  # fmt: skip
    about = _("Who goes first where caps and budgets leave no room for all.")
    with state.row("priority", _("Priority"), about):
        usual = Kind(state.text("kind", "service")).priority if state.text("kind") in set(Kind) else 0
        numbers = {str(each): str(each) for each in range(10)}
        numbers["0"], numbers["9"] = _("0 (first)"), _("9 (last)")
        options = {"": _("usual for its kind ({number})").format(number=usual), **numbers}
        box = ui.select(options, value=state.text("priority"),
                        on_change=lambda event: state.set("priority", event.value or None))  # fmt: skip
        box.props(f"{FIELD} options-dense").classes("form-wide").props["aria-label"] = _("Priority")
    is_list = "list" in RULES[state.text("rule")].options
    with state.row(
        "first_run", _("First run"), _("Which reminders the very first run takes, and one after more than a week off.")
    ):
        options = {each: _(words) for each, words in FIRST_RUNS.items()}
        choice(state, "first_run", options, default="catch_up" if is_list else "recent", label=_("First run"))
    a_day = str(USUAL["grace"])
    about = _("A run that was missed is made up for within this time. Empty: {length}.")
    with state.row("grace", _("Made up for"), about.format(length=length_words(a_day))):
        length(state.text("grace"), lambda written: state.set("grace", written or None), label=_("Made up for"),
               usual=a_day)  # fmt: skip


def _coupon(state: FormState) -> None:
    has_one = "coupon" in state.entry
    about = _("Every customer gets a code of their own, where the wording tells of it.")
    with state.row("coupon", _("Coupon"), about):
        box = ui.element("div").classes("row-of")

        def draw(on: bool) -> None:
            box.clear()
            if not on:
                return
            with box:
                worth = ui.input(
                    value=str(state.group("coupon").get("value", "")),
                    on_change=heard(partial(state.set_part, "coupon", "value")),
                ).props(f"{FIELD} inputmode=decimal").classes("form-short")  # fmt: skip
                worth.props["suffix"] = _(state.desk.shop.currency)
                worth.props["aria-label"] = _("Value of the coupon")
                number(whole_of(str(state.group("coupon").get("valid", ""))),
                       partial(_set_days, state, "coupon", "valid"),
                       label=_("Days it is valid"), unit=_("days"), least=1, most=730)  # fmt: skip

        def turned(on: bool) -> None:
            kept = state.original.get("coupon") or {"value": USUAL_COUPON, "valid": USUAL_VALID}
            state.set("coupon", kept if on else None)
            draw(on)

        switch(_("With a coupon"), has_one, turned)
        box.move(target_index=1)
        draw(has_one)


def _set_days(state: FormState, key: str, part: str, value: int | None) -> None:
    state.set_part(key, part, None if value is None else f"{value}d")


def _measure(state: FormState) -> None:
    about = _("These customers are not texted, so that one can see what the texts really bring.")
    with state.row("control", _("Control group"), about):
        percent(state, "control", label=_("Control group"))
        cost = ui.label().classes("quiet small")

        def say() -> None:
            cost.text = _control_words(state)

        state.shows.append(say)
        say()
    with state.row("success", _("Success"), _("What answers the text.")):
        usual = RULES[state.text("rule")].success
        choice(state, "success", {"visit": _("a visit"), "renewal": _("a renewal")}, default=usual, label=_("Success"))
    with state.row("credit", _("Credited"), _("So long after a reply, or after the text, an outcome counts for it.")):
        due = RULES[state.text("rule")].has_due_date
        with ui.element("div").classes("row-of"):
            usual_sent = DUE_CREDIT if due else USUAL_CREDIT
            for part, words, usual_days in (
                ("reply", _("after a reply"), REPLY_CREDIT),
                ("sent", _("after the text"), usual_sent),
            ):
                ui.label(words).classes("quiet")
                number(whole_of(str(state.group("credit").get(part, ""))),
                       partial(_set_days, state, "credit", part),
                       label=words, unit=_("days"), most=366, placeholder=str(usual_days)).classes(
                           "form-days", remove="form-short")  # fmt: skip
    about = _("So long the visits of texted and untexted customers are compared.")
    with state.row("lift_window", _("Lift window"), about):
        days_number(state, "lift_window", label=_("Lift window"), default=LIFT_WINDOW)


def _control_words(state: FormState) -> str:
    share = percent_of(state.text("control", "0%"))
    if not share:
        return _("Nobody is left out: what it brings is then only guessed from who came.")
    people = f"{share:g}"
    if state.text("kind") == "service":
        return _("Of 100 who are due, {count} do not get the early reminders; everybody gets the last one.").format(
            count=people
        )
    made = state.made
    window = made.lift_window_days if isinstance(made, Campaign) else LIFT_WINDOW
    return _("Of 100 who are due, {count} hear nothing; after {days} days the difference can be read.").format(
        count=people, days=window
    )
