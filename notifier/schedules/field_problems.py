"""What is wrong with a form's values before they stand in any file: each problem with the field it belongs to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from notifier.domain.filters import Filter
from notifier.domain.rules import RULES
from notifier.errors import ScheduleError
from notifier.locale import _
from notifier.schedules.campaigns import Campaign, Guards
from notifier.schedules.editing import Group, read_tree
from notifier.schedules.entries import CampaignReader
from notifier.schedules.filters import AudienceReader
from notifier.schedules.guards import read_guards
from notifier.schedules.length_words import length_words
from notifier.schedules.places import NO_VALUE, Value, without_place
from notifier.schedules.trees import Tree, node_of

__all__ = [
    "FieldProblem", "as_before", "audience_in", "checked_campaign", "checked_guards", "first_values", "tree_of_words",
]  # fmt: skip

_DAYS = re.compile(r"([+-]?\d+)d")
_WORDS = ("name", "title")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """`field`: the key of the campaign or of the guards, with those inside it: ``stages.early``."""

    field: str
    error: ScheduleError

    @property
    def key(self) -> str:
        """The key of the campaign or of the guards alone."""
        return self.field.partition(".")[0]

    @property
    def is_missing(self) -> bool:
        """Whether nothing is written where something must be."""
        return "missing" in self.error.fields or self.error.sentence == NO_VALUE

    def said(self, label: str, touches: Mapping[str, str] | None = None) -> str:
        """The sentence without file and line; `label` is what the form calls the field, `touches` what it calls them.

        Lengths of time are said in words: 24 hours, not 24h.
        """
        if self.is_missing:
            return _("{name} is missing.").format(name=label)
        fields = {name: _said(value, touches or {}) for name, value in self.error.fields.items()}
        return without_place(_(self.error.sentence)).format(**{**fields, "key": label})


def checked_campaign(
    key: str, entry: Group, *, currency: str, templates: Container[str] | None, templates_in: str, shops: Sequence[str]
) -> tuple[Campaign | None, list[FieldProblem]]:
    """The campaign these values make, None where something is wrong with them."""
    problems: list[ScheduleError] = []
    reader = CampaignReader(problems, currency, templates, templates_in, shops)
    path = f"campaigns.{key}"
    campaign = reader.campaign(key, Value(node_of(entry), path, "", 0))
    return (None if problems else campaign), [_placed(problem, path) for problem in problems]


def checked_guards(guards: Group) -> tuple[Guards | None, list[FieldProblem]]:
    """The guards these values make, None where something is wrong with them."""
    problems: list[ScheduleError] = []
    made = read_guards(problems, Value(node_of(guards), "guards", "", 0))
    return (None if problems else made), [_placed(problem, "guards") for problem in problems]


def tree_of_words(text: str) -> Tree:
    """A value typed as YAML, in brackets or on lines of its own. Raises ScheduleError for what is none."""
    is_inline = text.lstrip().startswith(("{", "[")) or "\n" not in text.strip()
    lines = [text.strip()] if is_inline else ["", *("  " + line for line in text.strip("\n").split("\n"))]
    if is_inline and not text.lstrip().startswith(("{", "[")) and ": " in text:
        lines = ["{" + text.strip() + "}"]
    return read_tree("value: " + "\n".join(lines) + "\n", _("the text"))["value"]


def as_before(before: Tree | None, after: Tree, key: str = "") -> Tree:
    """`after`, with whatever means the same as `before` written as it was: ``-14d`` stays where a form says ``-14``.

    Under a `key` whose value is words for people, every sign counts.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {name: as_before(before.get(name), value, name) for name, value in after.items()}
    if before is not None and key not in _WORDS and _same(before) == _same(after):
        return before
    return after


def first_values(rule: str, alike: Campaign | None) -> dict[str, Tree]:
    """What a new campaign of the rule begins with; `alike`: one of that rule in the file. It begins switched off."""
    known = RULES[rule]
    stages: dict[str, Tree] = {"first": "6m"} if known.counts_months else {"day": "-7" if known.has_due_date else "0"}
    return {
        "enabled": "false",
        "rule": rule,
        "when": alike.when if alike else "0 10 * * mon-sat",
        "stages": stages,
        "template": next(iter(alike.templates.values())) if alike else "",
        "kind": alike.kind.value if alike else "marketing",
    }


def audience_in(value: Tree, currency: str) -> Filter | None:
    """The filter that a written `audience` is; None where it is none."""
    try:
        return AudienceReader([], currency).read(Value(node_of(value), "audience", "", 0))
    except ScheduleError:
        return None


def _said(value: object, touches: Mapping[str, str]) -> object:
    if not isinstance(value, str):
        return value
    return touches.get(value) or (length_words(value) if value[-1:].isalpha() else value)


def _placed(problem: ScheduleError, path: str) -> FieldProblem:
    inside = str(problem.fields["key"]).removeprefix(path).removeprefix(".")
    missing = problem.fields.get("missing")
    if missing:
        inside = f"{inside}.{missing}" if inside else str(missing)
    return FieldProblem(inside or "id", problem)  # what is wrong with the campaign's own key is its name


def _same(tree: Tree) -> object:
    """A form of the value that is equal for what means the same."""
    if isinstance(tree, str):
        plain = unicodedata.normalize("NFKC", tree).strip()
        days = _DAYS.fullmatch(plain)
        return days[1] if days else plain
    if isinstance(tree, Mapping):
        return {key: _same(value) for key, value in tree.items()}
    return _same(tree[0]) if len(tree) == 1 else [_same(value) for value in tree]
