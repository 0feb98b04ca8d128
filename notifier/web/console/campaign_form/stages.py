"""The touches of a campaign as rows: how many days before or after, and which wording; several wordings compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from nicegui import ui

from notifier.domain.rules import RULES, Rule
from notifier.locale import _
from notifier.schedules.stage_words import ANCHORS, OWN, reminder_words, written_offset
from notifier.schedules.trees import Tree
from notifier.web.console.campaign_form.controls import FIELD, button_add, button_remove, number
from notifier.web.console.campaign_form.state import FormState

__all__ = ["StagesControl"]

BEFORE, AFTER, MONTHS = "before", "after", "months"
MOST_TEXTS = 4


@dataclass
class StageRow:
    """One touch: its name, `number` of `unit`, and its wordings: variant → template.

    `is_new`: nobody has been texted by its name yet, which follows what it says until it has been saved.
    """

    name: str
    unit: str
    number: int | None
    texts: dict[str, str] = field(default_factory=dict)
    is_new: bool = False

    @property
    def written(self) -> str:
        """The offset as it stands in the file."""
        if self.number is None:
            return ""
        figure = str(self.number)
        if self.unit == MONTHS:
            return f"{figure}m"
        return f"-{figure}" if self.unit == BEFORE and figure != "0" else figure

    @property
    def template(self) -> Tree:
        """The wording as it stands in the file."""
        return next(iter(self.texts.values()), "") if len(self.texts) < 2 else dict(self.texts)


def rows_of(stages: Mapping[str, Tree], template: Tree | None) -> list[StageRow]:
    """The rows of what the file says."""
    return [_row(name, str(offset), template) for name, offset in stages.items()]


class StagesControl:
    """Draws the rows and writes `stages` and `template`."""

    def __init__(self, state: FormState) -> None:
        self.state = state
        self.rule: Rule = RULES[state.text("rule")]
        self.rows = rows_of(state.group("stages"), state.entry.get("template"))
        self.tags: list[ui.label] = []
        self.box = ui.element("div").classes("stack form-wide")
        self._draw()

    def _units(self) -> dict[str, str]:
        event = _(ANCHORS.get(self.rule.name, OWN).event)
        days = {
            BEFORE: _("days before {event}").format(event=event),
            AFTER: _("days after {event}").format(event=event),
        }
        months = {MONTHS: _("months after {event}").format(event=event)}
        if self.rule.counts_months:
            return months
        return days | months if self.rule.mixes_units else days

    def _draw(self) -> None:
        self.box.clear()
        self.tags.clear()
        with self.box:
            for place, row in enumerate(self.rows):
                with ui.element("div").classes("form-stage"):
                    self._when(place, row)
                    self._texts(row)
            button_add(_("Add a reminder"), self._add)
        self._number_tags()

    def _when(self, place: int, row: StageRow) -> None:
        with ui.element("div").classes("row-of"):
            self.tags.append(ui.label().classes("tag info"))
            ui.element("div").classes("grow")
            if len(self.rows) > 1:
                words = _("Remove: {reminder}").format(reminder=reminder_words(place + 1))
                button_remove(words, lambda: self._drop(place))
        with ui.element("div").classes("form-touch"):
            number(row.number, lambda value: self._number(row, value), label=_("How many"), most=999).classes(
                "form-tiny", remove="form-short"
            )
            units = self._units()
            unit = ui.select(units, value=row.unit if row.unit in units else next(iter(units)),
                             on_change=lambda event: self._unit(row, event.value))  # fmt: skip
            unit.props(f"{FIELD} options-dense").classes("form-unit").props["aria-label"] = _("Days or months")

    def _texts(self, row: StageRow) -> None:
        for variant, template in list(row.texts.items()):
            with ui.element("div").classes("row-of"):
                if len(row.texts) > 1:
                    ui.label(variant).classes("tag mono")
                self._text(row, variant, template)
                if len(row.texts) > 1:
                    words = _("Remove the wording {name}").format(name=variant)
                    button_remove(words, partial(self._drop_text, row, variant))
        if len(row.texts) < MOST_TEXTS:
            words = _("Compare with another wording") if len(row.texts) < 2 else _("One more wording")
            button_add(words, lambda: self._compare(row))

    def _text(self, row: StageRow, variant: str, template: str) -> None:
        options = dict(self.state.templates)
        if template and template not in options:
            options[template] = _("{name} (there is no such template)").format(name=template)
        picked = ui.select(options, value=template or None, with_input=True,
                           on_change=lambda event: self._pick(row, variant, event.value or ""))  # fmt: skip
        picked.props(f"{FIELD} options-dense").classes("grow form-template").props["aria-label"] = _("Template")

    def _number(self, row: StageRow, value: int | None) -> None:
        row.number = value
        self._write()

    def _unit(self, row: StageRow, unit: str) -> None:
        row.unit = unit
        self._write()

    def _pick(self, row: StageRow, variant: str, template: str) -> None:
        row.texts[variant] = template
        self._write()

    def _compare(self, row: StageRow) -> None:
        if len(row.texts) < 2:
            row.texts = {"a": next(iter(row.texts.values()), "")}
        letter = next(letter for letter in "abcdefgh" if letter not in row.texts)
        row.texts[letter] = ""
        self._draw()
        self._write()

    def _drop_text(self, row: StageRow, variant: str) -> None:
        del row.texts[variant]
        self._draw()
        self._write()

    def _add(self) -> None:
        """After the last one, and with its wording."""
        last = self.rows[-1]
        text = next(iter(last.texts.values()), "")
        self.rows.append(StageRow("", last.unit, None, {"": text}, is_new=True))
        self._write()
        self._draw()

    def _drop(self, place: int) -> None:
        del self.rows[place]
        self._write()
        self._draw()

    def _number_tags(self) -> None:
        """Each is called by its place in the order of time, which changes as its days do."""
        touches = self.state.touches
        for place, (tag, row) in enumerate(zip(self.tags, self.rows, strict=True), 1):
            tag.text = touches.get(row.name) or reminder_words(place)

    def _name_new_ones(self) -> None:
        """After what they say: one that is taken away and added once more is the same one to the database."""
        for row in self.rows:
            if row.is_new:
                name = f"{row.unit}{row.number if row.number is not None else ''}"
                taken = {each.name for each in self.rows if each is not row}
                row.name = next(each for each in (name, *(f"{name}_{more}" for more in range(2, 99)))
                                if each not in taken)  # fmt: skip

    def _write(self) -> None:
        self._name_new_ones()
        self.state.set("stages", {row.name: row.written for row in self.rows})
        templates = [row.template for row in self.rows]
        was_one = isinstance(self.state.original.get("template", ""), str)
        is_one = all(isinstance(each, str) and each == templates[0] for each in templates)
        one: Tree = templates[0]
        self.state.set("template", one if is_one and was_one else {row.name: row.template for row in self.rows})
        self._number_tags()


def _row(name: str, offset: str, template: Tree | None) -> StageRow:
    found = written_offset(offset)
    unit, figure = BEFORE, None
    if found is not None:
        figure = found.months or abs(found.days)
        unit = MONTHS if found.months else AFTER if found.days > 0 else BEFORE
    own = template.get(name, "") if isinstance(template, Mapping) else template or ""
    texts = {key: str(each) for key, each in own.items()} if isinstance(own, Mapping) else {"": str(own)}
    return StageRow(name, unit, figure, texts)
