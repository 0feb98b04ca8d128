"""What is wrong at a field, for people who see a form and no file: where the reader of the file would speak of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from notifier.domain.quiet_hours import SAME_TIMES
from notifier.errors import BadInput
from notifier.locale import N_, _
from notifier.schedules.conditions import conditions_of
from notifier.schedules.editing import Group
from notifier.schedules.field_problems import FieldProblem
from notifier.schedules.trees import at
from notifier.schedules.wordings import SAME_TEXT

__all__ = ["said_plainly"]

Says = Callable[[FieldProblem, Group, Mapping[str, str]], str | None]


def said_plainly(problem: FieldProblem, label: str, entry: Group, touches: Mapping[str, str]) -> str:
    """The sentence at the field called `label`. `entry`: what the form holds; `touches`: what it calls them."""
    says = _SAYINGS.get(problem.key)
    return (says(problem, entry, touches) if says is not None else None) or problem.said(label, touches)


def _short_name(problem: FieldProblem, _entry: Group, _touches: Mapping[str, str]) -> str | None:
    if "example" not in problem.error.fields:
        return None
    return _("Only letters, digits and _, without spaces, like {example}.").format(example="spring_check")


def _stages(problem: FieldProblem, _entry: Group, touches: Mapping[str, str]) -> str | None:
    if not problem.is_missing:
        return None
    name = problem.field.partition(".")[2]
    return _("{reminder}: say how many days or months.").format(reminder=touches.get(name, name))


def _audience(problem: FieldProblem, entry: Group, _touches: Mapping[str, str]) -> str | None:
    if conditions_of(entry.get("audience")) is None:
        return None  # it is written as text, so the reader of the file says what is wrong with it
    if "maximum" in problem.error.fields:
        return None  # it is filled in, with a figure that is too large or too small
    return _("Fill in each condition, of two figures the smaller one first, or remove it.")


def _control(problem: FieldProblem, _entry: Group, _touches: Mapping[str, str]) -> str | None:
    if "value" in problem.error.fields:
        return None
    if "kind" in problem.error.fields:
        return _("Texts of this kind are never held back, so there is no control group: set it to 0%.")
    return _("Of service reminders the last one always goes out, so a control group needs two reminders or more.")


def _template(problem: FieldProblem, entry: Group, touches: Mapping[str, str]) -> str | None:
    path = problem.field.split(".")
    if problem.is_missing or not at(entry, path):
        return _("Choose a text for every reminder.")
    if problem.error.sentence == SAME_TEXT:
        return _("{reminder}: choose another text for each wording that is compared.").format(
            reminder=touches.get(path[-1], path[-1])
        )
    if "folder" in problem.error.fields:
        gone = problem.error.fields["value"]
        return _("There is no text {name} any more; choose another one.").format(name=gone)
    return None


def _quiet_hours(problem: FieldProblem, _entry: Group, _touches: Mapping[str, str]) -> str | None:
    reason = problem.error.fields.get("problem")
    if isinstance(reason, BadInput) and reason.sentence == SAME_TIMES:
        return _("They start and end at the same time; choose two different times, or switch quiet hours off.")
    return _("Write both times like 20:00.")


def _where_missing(sentence: str) -> Says:
    return lambda problem, _entry, _touches: _(sentence) if problem.is_missing else None


_SAYINGS: Mapping[str, Says] = {
    "id": _short_name,
    "stages": _stages,
    "audience": _audience,
    "control": _control,
    "template": _template,
    "quiet_hours": _quiet_hours,
    "name": _where_missing(N_("Give it a name that says what it is for, like “Spring A/C check”.")),
    "coupon": _where_missing(N_("Say what the coupon is worth, and for how many days it is valid.")),
    "frequency_cap": _where_missing(N_("Say both: how many texts, and in how many days.")),
}
