"""The `template:` of a campaign: one text for all stages, one a stage, or several of one stage under comparison."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from ruamel.yaml.nodes import ScalarNode

from notifier.domain.cycles import Stage
from notifier.errors import ScheduleError
from notifier.locale import N_
from notifier.schedules import values
from notifier.schedules.campaigns import Campaign
from notifier.schedules.places import Section, Value, nearest

__all__ = ["SAME_TEXT", "WordingReader", "Wordings", "of_every_stage"]

MAX_VARIANTS = 4
SAME_TEXT = N_("{file}, line {line}: {key} compares a text with itself; name another template for each variant.")


@dataclass(frozen=True, slots=True)
class Wordings:
    """`templates`: stage → its template. `variants`: stage → variant → template, for stages that compare some."""

    templates: Mapping[str, str]
    variants: Mapping[str, Mapping[str, str]]


class WordingReader:
    """Reads `template:`. `templates`: the names that exist in the folder `templates_in`; None = not checked."""

    def __init__(self, problems: list[ScheduleError], templates: Container[str] | None, templates_in: str) -> None:
        self.problems = problems
        self.templates = templates
        self.templates_in = templates_in

    def read(self, stages: tuple[Stage, ...], value: Value) -> Wordings | None:
        """The wordings of these stages; None where something in them is wrong."""
        if isinstance(value.node, ScalarNode):
            name = self._template(value)
            return Wordings({stage.name: name for stage in stages}, {})
        before = len(self.problems)
        section = Section(value, self.problems)
        example = next((name for name, _entry in section.values()), "early")
        asked = [stage.name for stage in stages] or [name for name, _entry in section.values()]
        found = {name: section.required(name, self._of_stage, example) for name in asked}
        section.refuse_unknown_keys()
        if len(self.problems) > before:
            return None
        told = {stage: wording for stage, wording in found.items() if wording}
        return Wordings(
            {stage: next(iter(wording.values())) for stage, wording in told.items()},
            {stage: wording for stage, wording in told.items() if len(wording) > 1},
        )

    def _of_stage(self, value: Value) -> Mapping[str, str] | None:
        """Variant → template; a stage with one template has one variant without a name."""
        if isinstance(value.node, ScalarNode):
            return {"": self._template(value)}
        section = Section(value, self.problems)
        names = [name for name, _entry in section.values()]
        if not 2 <= len(names) <= MAX_VARIANTS:
            raise value.refuse(
                N_("{file}, line {line}: {key} compares {count} texts; write 2 to {most}, for example {example}."),
                count=len(names), most=MAX_VARIANTS, example="{plain: maintenance_due, warm: maintenance_warm}",
            )  # fmt: skip
        for name in names:
            section.optional(name, partial(values.stage_name, name=name), name)
        found = {name: section.optional(name, self._template, "") for name in names}
        if len(set(found.values())) < len(found):
            raise value.refuse(SAME_TEXT)
        return found

    def _template(self, value: Value) -> str:
        name = values.template(value)
        if self.templates is None or name in self.templates:
            return name
        near = nearest(name, (str(known) for known in self.templates)) if isinstance(self.templates, Iterable) else None
        if near:
            sentence = N_(
                "{file}, line {line}: {key} names the template {value}, but no folder of {folder} has {value}.j2; "
                "did you mean {nearest}?"
            )
        else:
            sentence = N_(
                "{file}, line {line}: {key} names the template {value}, but no folder of {folder} has {value}.j2; "
                "write that file or name another."
            )
        raise value.refuse(sentence, value=name, folder=self.templates_in, nearest=near)


def of_every_stage(base: Campaign, stages: tuple[Stage, ...]) -> Mapping[str, str]:
    """The template of each stage; one that repeats the last written stage has its template."""
    last = base.templates.get(base.stages[-1].name, "") if base.stages else ""
    return {stage.name: base.templates.get(stage.name, last) for stage in stages}
