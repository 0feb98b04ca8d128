"""Whom a campaign is for: one row a condition, or the text of the file where rows cannot say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from nicegui import ui

from notifier.errors import ScheduleError
from notifier.locale import N_, _
from notifier.schedules.conditions import AGES, TERMS, Condition, audience_of, conditions_of
from notifier.schedules.field_problems import tree_of_words
from notifier.schedules.writing import written_out
from notifier.web.console.campaign_form.controls import FIELD, button_remove, heard, words_list
from notifier.web.console.campaign_form.state import FormState

__all__ = ["AudienceControl"]

TITLES: Mapping[str, str] = {
    "model": N_("Model"),
    "district": N_("District"),
    "member_level": N_("Member level"),
    "advisor": N_("Advisor of the latest visit"),
    "car_age": N_("Age of the car"),
    "last_visit": N_("Time since the last visit"),
    "spend": N_("What visits brought"),
    "language": N_("Language of texts"),
    "sex": N_("Women or men"),
    "company": N_("Company or private"),
    "shop": N_("Shop"),
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "language": {"zh-CN": N_("Chinese"), "en": N_("English")},
    "sex": {"f": N_("women"), "m": N_("men")},
    "company": {"true": N_("companies"), "false": N_("private persons")},
}
UNITS: Mapping[str, str] = {"y": N_("years"), "m": N_("months"), "d": N_("days")}
PARTS: Mapping[str, str] = {
    "from": N_("at least"), "to": N_("less than"), "min": N_("from"), "max": N_("up to"), "within": N_("in the last"),
}  # fmt: skip


class AudienceControl:
    """Draws the conditions and writes `audience`."""

    def __init__(self, state: FormState) -> None:
        self.state = state
        self.conditions = conditions_of(state.entry.get("audience"))
        self.box = ui.element("div").classes("stack form-wide")
        self._draw()

    def _draw(self) -> None:
        self.box.clear()
        with self.box:
            if self.conditions is None:
                self._raw()
                return
            if not self.conditions:
                ui.label(_("Everybody who is due.")).classes("quiet")
            for place, condition in enumerate(self.conditions):
                with ui.element("div").classes("form-condition"):
                    self._row(place, condition)
            self._more()

    def _more(self) -> None:
        taken = {each.term for each in self.conditions or ()}
        free = [
            term for term in TERMS if term not in taken and (term != "shop" or self.state.opened.schedules.is_group)
        ]
        with ui.element("div").classes("row-of"):
            with ui.button(_("Add a condition"), icon="add").props("no-caps flat dense color=primary"), ui.menu():
                for term in free:
                    ui.menu_item(_(TITLES[term]), lambda _event=None, term=term: self._add(term))
            ui.button(_("Write it as text"), color=None, on_click=self._as_text).props("no-caps flat dense").classes(
                "quiet"
            )

    def _row(self, place: int, condition: Condition) -> None:
        with ui.element("div").classes("row-of"):
            ui.label(_(TITLES[condition.term])).classes("strong")
            if condition.parts is None:
                options = {False: _("is one of"), True: _("is none of")}
                asked = ui.select(options, value=condition.is_not,
                                  on_change=lambda event: self._turn(place, is_not=event.value))  # fmt: skip
                asked.props(f"{FIELD} options-dense").classes("form-short").props["aria-label"] = _("is or is not")
            ui.element("div").classes("grow")
            title = _(TITLES[condition.term])
            button_remove(_("Remove the condition {name}").format(name=title), lambda: self._drop(place))
        if condition.parts is None:
            self._words(place, condition)
        elif condition.term in AGES:
            self._lengths(place, condition, ("from", "to"))
        else:
            self._spend(place, condition)

    def _words(self, place: int, condition: Condition) -> None:
        options: dict[str, str] | None = None
        if condition.term in CHOICES:
            options = {value: _(word) for value, word in CHOICES[condition.term].items()}
        elif condition.term == "shop":
            options = {shop.key: shop.name for shop in self.state.opened.schedules.shops}
        words_list(
            condition.words, lambda words: self._change(place, words=tuple(words)), options=options,
            label=_(TITLES[condition.term]),
        )  # fmt: skip

    def _lengths(self, place: int, condition: Condition, parts: tuple[str, ...]) -> None:
        with ui.element("div").classes("row-of"):
            for part in parts:
                self._length(place, condition, part)

    def _length(self, place: int, condition: Condition, part: str) -> None:
        written = (condition.parts or {}).get(part, "")
        unit = written[-1:] if written[-1:] in UNITS else "m" if part == "within" else "y"
        figure = written.removesuffix(unit).strip()
        with ui.element("div").classes("row-of form-part"):
            ui.label(_(PARTS[part])).classes("quiet")
            box = ui.input(value=figure).props(f"{FIELD} inputmode=numeric").classes("form-tiny")
            box.props["aria-label"] = _(PARTS[part])
            units = {key: _(word) for key, word in UNITS.items() if part != "within" or key != "d"}
            picked = ui.select(units, value=unit).props(f"{FIELD} options-dense").classes("form-tiny")
            picked.props["aria-label"] = _("Days or months")

        def write() -> None:
            typed = (box.value or "").strip()
            self._part(place, part, f"{typed}{picked.value}" if typed else "")

        box.on_value_change(write)
        picked.on_value_change(write)

    def _spend(self, place: int, condition: Condition) -> None:
        with ui.element("div").classes("row-of"):
            for part in ("min", "max"):
                with ui.element("div").classes("row-of form-part"):
                    ui.label(_(PARTS[part])).classes("quiet")
                    box = ui.input(
                        value=(condition.parts or {}).get(part, ""),
                        on_change=heard(partial(self._part, place, part)),
                    ).props(f"{FIELD} inputmode=decimal")
                    box.props["suffix"] = _(self.state.desk.shop.currency)
                    box.classes("form-short").props["aria-label"] = _(PARTS[part])
            self._length(place, condition, "within")

    def _raw(self) -> None:
        written = self.state.entry.get("audience")
        are_rows = conditions_of(written) is not None
        about = _("These conditions are grouped, so they are shown as schedules.yaml writes them.")
        ui.label(_("As schedules.yaml writes them.") if are_rows else about).classes("quiet small")
        said = written_out(written) if written is not None else ""
        box = ui.textarea(value=said, on_change=heard(self._typed)).props("outlined dense autogrow")
        box.classes("mono form-wide")
        box.props["aria-label"] = _("For whom")
        if are_rows:
            back = ui.button(_("Show as rows"), color=None, on_click=self._as_rows)
            back.props("no-caps flat dense").classes("quiet form-add")

    def _typed(self, text: str) -> None:
        if not text.strip():
            self.state.set("audience", None)
            return
        try:
            self.state.set("audience", tree_of_words(text))
        except ScheduleError:
            self.state.set("audience", text)  # the reader says what is wrong with it

    def _as_text(self) -> None:
        self.conditions = None
        self._draw()

    def _as_rows(self) -> None:
        self.conditions = conditions_of(self.state.entry.get("audience"))
        self._draw()

    def _add(self, term: str) -> None:
        parts: dict[str, str] | None = {} if term in AGES or term == "spend" else None
        self.conditions = [*(self.conditions or ()), Condition(term, parts=parts)]
        self._draw()
        self._write()

    def _drop(self, place: int) -> None:
        assert self.conditions is not None
        del self.conditions[place]
        self._draw()
        self._write()

    def _turn(self, place: int, *, is_not: bool) -> None:
        assert self.conditions is not None
        self.conditions[place] = replace(self.conditions[place], is_not=is_not)
        self._write()

    def _change(self, place: int, *, words: tuple[str, ...]) -> None:
        assert self.conditions is not None
        self.conditions[place] = replace(self.conditions[place], words=words)
        self._write()

    def _part(self, place: int, part: str, value: str) -> None:
        assert self.conditions is not None
        parts = {**(self.conditions[place].parts or {}), part: value}
        self.conditions[place] = replace(self.conditions[place], parts=parts)
        self._write()

    def _write(self) -> None:
        self.state.set("audience", audience_of(self.conditions or ()))
