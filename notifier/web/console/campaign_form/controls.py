"""Controls of a form about schedules.yaml: each reads one key of it and writes it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui import ui

from notifier.locale import N_, _
from notifier.schedules.length_words import split_length
from notifier.web.console.campaign_form.state import FormState

__all__ = [
    "CLOCK", "FIELD", "button_add", "button_remove", "choice", "days_number", "heard", "length", "number", "percent",
    "percent_of", "plain_text", "switch", "whole_of", "words_list",
]  # fmt: skip

FIELD = "outlined dense hide-bottom-space"
MOST_LENGTH = 9999
"""A box takes what the file can write and its reader judges it: what is above a box's own limit becomes that limit."""
CLOCK = f'{FIELD} mask="##:##" placeholder="10:00" inputmode=numeric'
"""A time of day in 24 hours: the browser's own control shows it as its machine is set, in whatever language."""

CURRENCIES = (N_("CNY"),)
"""Whose code people do not read: `_` of a shop's currency says it as they do, and leaves the others alone."""


def heard(doing: Callable[[str], None]) -> Callable[[Any], None]:
    """Gives what was typed or chosen to `doing`, without spaces around it; nothing is an empty word."""
    return lambda event: doing(str(event.value if event.value is not None else "").strip())


def choice(
    state: FormState, key: str, options: Mapping[str, str], *, default: str, label: str, wide: bool = True
) -> ui.select:
    """One of several; the default is not written where the file did not write it."""

    def chosen(event: Any) -> None:
        is_default = event.value == default and key not in state.original
        state.set(key, None if is_default else event.value)

    value = state.text(key, default)
    known = dict(options) if value in options or not value else {**options, value: value}
    made = ui.select(known, value=value or None, on_change=chosen).props(f"{FIELD} options-dense")
    made.props["aria-label"] = label
    return made.classes("form-wide" if wide else "form-short")


def plain_text(state: FormState, key: str, *, label: str, placeholder: str = "", wide: bool = True) -> ui.input:
    """A value as it is written."""
    made = ui.input(
        value=state.text(key), placeholder=placeholder, on_change=lambda event: state.set(key, event.value or None)
    ).props(FIELD)
    made.props["aria-label"] = label
    return made.classes("form-wide" if wide else "form-short")


def number(
    value: float | None, changed: Callable[[int | None], None], *, label: str, unit: str = "", least: int = 0,
    most: int | None = None, placeholder: str = "",
) -> ui.number:  # fmt: skip
    """A whole number with its unit; empty = None."""

    def typed(event: Any) -> None:
        changed(None if event.value is None else int(event.value))

    made = ui.number(
        value=value, min=least, max=most, precision=0, step=1, suffix=unit or None, placeholder=placeholder or None,
        on_change=typed,
    ).props(FIELD)  # fmt: skip
    made.props["aria-label"] = label
    return made.classes("form-short")


def days_number(state: FormState, key: str, *, label: str, default: int, most: int = 366) -> None:
    """A number of days, written ``14d``; empty = the default."""
    number(
        whole_of(state.text(key)), lambda value: state.set(key, None if value is None else f"{value}d"), label=label,
        unit=_("days"), most=most, placeholder=str(default),
    )  # fmt: skip


def length(written: str, changed: Callable[[str], None], *, label: str, usual: str = "") -> None:
    """A length of time, as a figure and hours or days; an empty one is an empty word. `usual`: what holds then."""
    figure, unit = split_length(written) or (None, (split_length(usual) or (0, "d"))[1])

    def write() -> None:
        changed("" if box.value is None else f"{int(box.value)}{picked.value}")

    with ui.element("div").classes("row-of form-part"):
        hint = split_length(usual)
        box = ui.number(value=figure, min=1, max=MOST_LENGTH, precision=0, step=1,
                        placeholder=str(hint[0]) if hint else None)  # fmt: skip
        box.props(FIELD).classes("form-tiny").props["aria-label"] = label
        picked = ui.select({"h": _("hours"), "d": _("days")}, value=unit).props(f"{FIELD} options-dense")
        picked.classes("form-tiny").props["aria-label"] = _("Hours or days")
    box.on_value_change(write)
    picked.on_value_change(write)


def percent(state: FormState, key: str, *, label: str, most: int = 50) -> None:
    """A share, by a slider and in figures."""
    value = percent_of(state.text(key, "0%"))

    def moved(event: Any) -> None:
        share = event.value or 0
        is_default = share == 0 and key not in state.original
        state.set(key, None if is_default else f"{share:g}%")

    with ui.element("div").classes("row-of form-wide"):
        box = ui.number(value=value, min=0, max=most, step=1, suffix="%", on_change=moved).props(FIELD)
        box.props["aria-label"] = label
        box.classes("form-tiny")
        slider = ui.slider(min=0, max=most, step=1, value=value).classes("grow").bind_value(box)
        slider.props["aria-label"] = label


def switch(words: str, value: bool, changed: Callable[[bool], None]) -> ui.switch:
    """On or off."""
    return ui.switch(words, value=value, on_change=lambda event: changed(bool(event.value)))


def words_list(
    values: Sequence[str], changed: Callable[[list[str]], None], *, label: str,
    options: Mapping[str, str] | None = None, placeholder: str = "",
) -> ui.select:  # fmt: skip
    """Several words as chips: of the options, or typed, each ended by Enter."""
    if options is not None:
        known = {**options, **{value: value for value in values if value not in options}}
        made = ui.select(known, value=list(values), multiple=True, on_change=lambda event: changed(list(event.value)))
    else:
        made = ui.select(
            list(values), value=list(values), multiple=True, new_value_mode="add-unique",
            on_change=lambda event: changed([str(each).strip() for each in event.value if str(each).strip()]),
        )  # fmt: skip
        made.props("hide-dropdown-icon input-debounce=0")
        _keep_what_was_typed(made)
        made.props["hint"] = placeholder or _("Type a word and press Enter; * at its end: all that begin so")
        made.props(remove="hide-bottom-space")
    made.props(f"{FIELD} use-chips options-dense").classes("form-wide")
    made.props["aria-label"] = label
    return made


def _keep_what_was_typed(box: ui.select) -> None:
    """A word somebody typed and left without Enter is meant as well."""
    typed = ""

    def heard_letters(event: Any) -> None:
        nonlocal typed
        typed = str(event.args or "").strip()

    def left() -> None:
        nonlocal typed
        word, typed = typed, ""
        if word and word not in (box.value or []):
            box.options = [*box.options, word]
            box.value = [*(box.value or []), word]
            box.update()

    box.on("input-value", heard_letters)
    box.on("blur", left)


def button_add(words: str, doing: Callable[[], None]) -> ui.button:
    """Adds a row."""
    return ui.button(words, icon="add", on_click=doing).props("no-caps flat dense color=primary").classes("form-add")


def button_remove(words: str, doing: Callable[[], None]) -> ui.button:
    """Takes a row away; `words` say which."""
    made = ui.button(icon="close", on_click=doing).props("flat round dense size=sm")
    made.props["aria-label"] = words
    with made:
        ui.tooltip(words)
    return made


def whole_of(text: str) -> int | None:
    """``14d`` or ``14`` → 14; None for anything else."""
    digits = text.strip().removesuffix("d").strip()
    return int(digits) if digits.lstrip("+-").isdigit() else None


def percent_of(text: str) -> float:
    """``12.5%`` → 12.5."""
    try:
        return float(text.replace("%", "").strip() or 0)
    except ValueError:
        return 0
