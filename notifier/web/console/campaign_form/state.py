"""What a form about schedules.yaml holds while somebody fills it in: the values as written, and what is wrong where."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from nicegui import background_tasks, ui

from notifier.errors import NotifierError
from notifier.jobs.schedule_edits import Draft, Opened, ScheduleDesk, Subject
from notifier.reports.setting_changes import SettingChange, setting_changes
from notifier.reports.setting_words import About, consequence_in_words
from notifier.schedules import Campaign, Guards
from notifier.schedules.consequences import Consequence
from notifier.schedules.editing import Changes, Group
from notifier.schedules.field_problems import FieldProblem, as_before, checked_campaign, checked_guards
from notifier.schedules.stage_words import reminder_words, touch_order
from notifier.schedules.trees import Tree, put
from notifier.web.console.campaign_form.field_sentences import said_plainly
from notifier.web.console.desk import Desk

__all__ = ["FormState", "Wish"]

CHECK_AFTER = 0.35  # seconds without another change


@dataclass(frozen=True, slots=True)
class Wish:
    """How a form's values become changes of the file, and what they are about."""

    subject: Subject
    changes: Callable[[Opened, Group], Changes]


@dataclass
class FormState:
    """`original`: as the file says it; `entry`: as the form does. `made`: what the values make, None while they are
    wrong. `trouble`: what is wrong with no field of the form; `refusal`: with the file as a whole. `shows`: asked after
    each check."""

    desk: Desk
    editing: ScheduleDesk
    opened: Opened
    wish: Wish
    original: Group
    templates: Mapping[str, str]
    entry: dict[str, Tree] = field(init=False)
    made: Campaign | Guards | None = None
    draft: Draft | None = None
    refusal: str = ""
    trouble: str = ""
    shows: list[Callable[[], None]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    """Field → what its own control says is wrong with what was typed, which the written value cannot tell."""
    _labels: dict[str, str] = field(default_factory=dict)
    _lines: dict[str, ui.label] = field(default_factory=dict)
    _checks: int = 0
    _changes_so_far: int = 0

    def __post_init__(self) -> None:
        self.entry = dict(self.original)

    @property
    def changes(self) -> Changes:
        """What differs from the file."""
        return self.wish.changes(self.opened, self.entry)

    @property
    def is_changed(self) -> bool:
        """Whether anything differs."""
        return self.entry != dict(self.original)

    @property
    def about(self) -> About:
        """Whose settings they are, to say them in words."""
        return About(self.text("rule"), self.desk.shop.currency, self.templates)

    @property
    def setting_changes(self) -> list[SettingChange]:
        """What differs from the file, in words."""
        return setting_changes(self.original, self.entry, self.about)

    @property
    def consequences(self) -> list[Consequence]:
        """What follows from saving, with the campaign, its reminders and its time called as people do."""
        told, made = self.draft.consequences if self.draft is not None else (), self.made
        return [consequence_in_words(each, made) if isinstance(made, Campaign) else each for each in told]

    @property
    def touches(self) -> dict[str, str]:
        """Touch → what people call it: by its place in the order of time."""
        return {name: reminder_words(number) for number, name in enumerate(touch_order(self.entry.get("stages")), 1)}

    def text(self, key: str, default: str = "") -> str:
        """A plain value as it is written now."""
        value = self.entry.get(key, default)
        return value if isinstance(value, str) else default

    def group(self, key: str) -> Group:
        """A value that is a group of keys; an empty one where it is not written."""
        value = self.entry.get(key)
        return value if isinstance(value, Mapping) else {}

    def set(self, key: str, value: Tree | None) -> None:
        """Another value; None = it is not written. What means the same as in the file stays written as there."""
        if value is not None:
            value = as_before(self.original.get(key), value, key)
        self.entry = put(self.entry, (key,), value)
        self.soon()

    def set_part(self, key: str, part: str, value: str | None) -> None:
        """Another value of one key of a group; the group goes with its last one."""
        group = {name: each for name, each in self.group(key).items() if name != part}
        if value:
            group = {name: value if name == part else each for name, each in {**self.group(key), part: value}.items()}
        self.set(key, group or None)

    @contextmanager
    def row(self, key: str, label: str, about: str = "") -> Iterator[None]:
        """A field: its name and what it is for at the left, its control at the right, what is wrong below it."""
        with ui.element("div").classes("form-row"):
            with ui.element("div").classes("form-about"):
                ui.label(label).classes("strong")
                if about:
                    ui.label(about).classes("quiet small")
            with ui.element("div").classes("form-control"):
                yield
                self.line_for(key, label)

    def line_for(self, key: str, label: str) -> None:
        """Where it is said what is wrong with the field."""
        self._labels[key] = label
        line = ui.label().classes("error small").props(f"role=alert data-field={key}")
        line.visible = False
        self._lines[key] = line

    def label_of(self, key: str) -> str:
        """What the form calls a field."""
        return self._labels.get(key, key)

    async def check(self) -> None:
        """Say at each field what is wrong with it; where nothing is, work out what saving would do."""
        self._checks += 1
        self._changes_so_far += 1  # one that still waits for a pause in typing would make this one's answer stale
        number = self._checks
        self.made, problems = self._read()
        self._tell(problems)
        draft, refusal = None, ""
        if self.made is not None and self.is_changed:
            try:
                draft = await self.desk.work(
                    self.editing.look, self.opened, self.changes, self.wish.subject, self.desk.now()
                )
            except NotifierError as refused:
                name = refused.fields.get("name")
                refused.fields |= {"name": self.label_of(str(name))} if name is not None else {}
                refusal = refused.in_console()
            if number != self._checks:
                return  # somebody went on typing
        self.draft, self.refusal = draft, refusal
        for show in self.shows:
            show()

    def _read(self) -> tuple[Campaign | Guards | None, Sequence[FieldProblem]]:
        if self.wish.subject.is_guards:
            return checked_guards(self.entry)
        shops = [shop.key for shop in self.opened.schedules.shops]
        return checked_campaign(
            self.wish.subject.name, self.entry, currency=self.desk.shop.currency, templates=self.templates.keys(),
            templates_in=self.editing.templates_in, shops=shops,
        )  # fmt: skip

    def _tell(self, problems: Sequence[FieldProblem]) -> None:
        told: dict[str, str] = {}
        for problem in problems:
            key = problem.key
            place = key if key in self._lines else ""
            said = self.reasons.get(key) or said_plainly(problem, self.label_of(key), self.entry, self.touches)
            told.setdefault(place, said)
        for key, line in self._lines.items():
            line.text = told.get(key, "")
            line.visible = key in told
        self.trouble = told.get("", "")

    def soon(self) -> None:
        """Check once nobody has typed for a moment."""
        self._changes_so_far += 1
        background_tasks.create(self._check_unless_changed(self._changes_so_far))

    def replaced_by(self, other: FormState) -> FormState:
        """The other form takes this one's place on the page: nothing is checked here any more."""
        self._changes_so_far += 1
        self._checks += 1
        return other

    async def _check_unless_changed(self, number: int) -> None:
        await asyncio.sleep(CHECK_AFTER)
        if number == self._changes_so_far:
            await self.check()
