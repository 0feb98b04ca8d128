"""The `audience:` of a campaign as rows of a form: one condition each, all of which must hold; and back again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from notifier.schedules.trees import Tree

__all__ = ["AGES", "TERMS", "WORDS", "Condition", "audience_of", "conditions_of"]

WORDS = ("model", "district", "member_level", "advisor", "language", "sex", "company", "shop")
AGES = ("car_age", "last_visit")
TERMS = (*WORDS[:4], *AGES, "spend", *WORDS[4:])
_PARTS: Mapping[str, tuple[str, ...]] = {**dict.fromkeys(AGES, ("from", "to")), "spend": ("min", "max", "within")}


@dataclass(frozen=True, slots=True)
class Condition:
    """`words`: one of them holds, with `is_not` none; `parts`: from, to, min, max, within, as written."""

    term: str
    words: tuple[str, ...] = ()
    is_not: bool = False
    parts: Mapping[str, str] | None = None


def conditions_of(audience: Tree | None) -> list[Condition] | None:
    """One row a condition; None for what rows cannot show: groups of `any` and `not`, and keys nobody knows."""
    if audience is None:
        return []
    if not isinstance(audience, Mapping):
        return None
    found = [_condition(term, value) for term, value in audience.items()]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else None


def audience_of(conditions: Iterable[Condition]) -> dict[str, Tree] | None:
    """As it stands in the file; None where there is no condition. A row with nothing in it is written empty."""
    made: dict[str, Tree] = {}
    for each in conditions:
        if each.term in _PARTS:
            written = each.parts or {}
            made[each.term] = {name: written[name] for name in _PARTS[each.term] if written.get(name)}
        else:
            words: Tree = each.words[0] if len(each.words) == 1 else list(each.words)
            made[each.term] = {"not": words} if each.is_not else words
    return made or None


def _condition(term: str, value: Tree) -> Condition | None:
    if term in _PARTS:
        if not isinstance(value, Mapping) or not all(name in _PARTS[term] for name in value):
            return None
        return Condition(term, parts={name: part for name, part in value.items() if isinstance(part, str)})
    if term not in WORDS:
        return None
    is_not = isinstance(value, Mapping)
    if isinstance(value, Mapping):
        if list(value) != ["not"]:
            return None
        value = value["not"]
    words = _words(value)
    return None if words is None else Condition(term, words, is_not)


def _words(value: Tree) -> tuple[str, ...] | None:
    items: Sequence[Tree] = [value] if isinstance(value, str) else list(value)
    words = tuple(item for item in items if isinstance(item, str))
    return words if len(words) == len(items) and not isinstance(value, Mapping) else None
