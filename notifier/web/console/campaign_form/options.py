"""What a campaign of one rule alone can say: which festivals, which topics, whose list, and touches that repeat."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from notifier.domain.festivals import FESTIVALS, spoken_festival
from notifier.domain.rules import RULES
from notifier.locale import _, current_language
from notifier.schedules.trees import Tree
from notifier.web.console.campaign_form.controls import FIELD, button_add, button_remove, heard, number, words_list
from notifier.web.console.campaign_form.state import FormState

__all__ = ["draw_options"]


def draw_options(state: FormState) -> None:
    """The rows of the options of the campaign's rule."""
    drawn = {"festivals": _festivals, "topics": _topics, "list": _list, "repeat": _repeat}
    for name in RULES[state.text("rule")].options:
        drawn[name](state)


def _festivals(state: FormState) -> None:
    label = _("Which festivals")
    with state.row("festivals", label):
        options = {name: spoken_festival(name, current_language()) for name in FESTIVALS}
        written = state.entry.get("festivals", [])
        values = [written] if isinstance(written, str) else [str(each) for each in written]
        words_list(values, lambda chosen: state.set("festivals", list(chosen)), options=options, label=label)


def _topics(state: FormState) -> None:
    about = _("What the texts are about, each with its month and day of every year, like 11-15.")
    with state.row("topics", _("Topics"), about):
        _Topics(state)


class _Topics:
    def __init__(self, state: FormState) -> None:
        self.state = state
        self.rows = [(name, str(day)) for name, day in state.group("topics").items()]
        self.box = ui.element("div").classes("stack form-wide")
        self._draw()

    def _draw(self) -> None:
        self.box.clear()
        with self.box:
            for place, (name, day) in enumerate(self.rows):
                with ui.element("div").classes("row-of"):
                    title = ui.input(value=name, on_change=heard(partial(self._change, place, 0)))
                    title.props(FIELD).classes("grow").props["aria-label"] = _("Topic")
                    box = ui.input(value=day, on_change=heard(partial(self._change, place, 1)))
                    box.props(FIELD).classes("form-tiny").props["aria-label"] = _("Month and day")
                    button_remove(_("Remove the topic {name}").format(name=name), partial(self._drop, place))
            button_add(_("Add a topic"), self._add)

    def _change(self, place: int, part: int, value: str) -> None:
        row = list(self.rows[place])
        row[part] = value
        self.rows[place] = (row[0], row[1])
        self._write()

    def _drop(self, place: int) -> None:
        del self.rows[place]
        self._draw()
        self._write()

    def _add(self) -> None:
        self.rows.append(("", ""))
        self._draw()

    def _write(self) -> None:
        self.state.set("topics", {name: day for name, day in self.rows if name or day})


def _list(state: FormState) -> None:
    about = _("Whom the broadcast is for and when. Its id names the list for ever: nobody gets a text of it twice.")
    with state.row("list", _("List"), about), ui.element("div").classes("form-grid form-wide"):
        labels = {
            "id": _("Id, like check-2026-03"),
            "title": _("Title, as texts call it"),
            "day": _("Its day, like 2026-03-20"),
            "ends_on": _("Last day, if later"),
            "file": _("File, like lists/recall.csv; “all”: everybody; empty: whom the conditions below leave"),
        }
        for part, label in labels.items():
            box = ui.input(
                label=label, value=str(state.group("list").get(part, "")),
                on_change=heard(partial(state.set_part, "list", part)),
            )  # fmt: skip
            box.props(f"{FIELD} stack-label").classes("form-wide" if part == "file" else "")


def _set_months(state: FormState, part: str, value: int | None) -> None:
    state.set_part("repeat", part, None if value is None else f"{value}m")


def _repeat(state: FormState) -> None:
    about = _("After a last reminder in months, further ones go out in the same step, with its wording.")
    with state.row("repeat", _("Goes on after the last reminder"), about), ui.element("div").classes("row-of"):
        for part, label in (("every", _("every")), ("until", _("until"))):
            ui.label(label).classes("quiet")
            written: Tree = state.group("repeat").get(part, "")
            digits = str(written).removesuffix("m")
            number(
                int(digits) if digits.isdigit() else None,
                partial(_set_months, state, part),
                label=label, unit=_("months"), most=120,
            )  # fmt: skip
