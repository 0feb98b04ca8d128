"""A template file: front matter between `---` lines, then the text without signature and without opt-out wording."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.tokens import (
    AliasToken,
    AnchorToken,
    BlockEndToken,
    BlockMappingStartToken,
    BlockSequenceStartToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    TagToken,
)

from notifier.errors import TemplateError
from notifier.locale import N_
from notifier.templating.fields import FIELDS, nearest
from notifier.templating.grammar import checked

__all__ = [
    "KINDS",
    "ODOMETER_KEY",
    "REPLY_MEANINGS",
    "YAML_STUMBLES",
    "Template",
    "is_plain_yaml",
    "parse_template",
    "raise_if_campaign_cannot_fill",
    "raise_if_not_storable",
    "raise_if_template_uses_unknown_field",
]

KINDS: Mapping[str, str] = {
    "marketing": N_("offers and greetings: needs consent, carries the way out"),
    "service": N_("reminders about the customer's own car: carries the way out"),
    "transactional": N_("an answer the customer asked for: no way out"),
    "safety": N_("recalls and warnings: never withheld, no way out"),
}

REPLY_MEANINGS: Mapping[str, str] = {
    "booking": N_("the customer wants an appointment"),
    "quote": N_("the customer wants an offer, of an insurance policy for example"),
    "call_back": N_("the customer wants to be called"),
    "already_done": N_("the customer has had it done: serviced, renewed"),
    "sold": N_("the car has been sold"),
    "wrong_person": N_("this phone is not the customer's"),
    "satisfied": N_("the customer was content with the visit"),
    "unsatisfied": N_("the customer was not content: a manager looks after it"),
    "odometer": N_("the customer tells the kilometres; it stands behind km, not behind a digit"),
}

ODOMETER_KEY = "km"
"""What stands in place of a digit where the answer is the odometer itself."""

LONGEST_SOURCE = 12_000
LONGEST_FRONT = 4000  # characters; Python reads no number of more digits
_DEEPEST_FRONT = 3  # replies: {1: booking} is two deep
_MOST_BRACKETS = 40  # a reader takes a second for a thousand open ones

_KEYS = ("title", "kind", "replies", "provider", "note")
_OPENING = (BlockMappingStartToken, BlockSequenceStartToken, FlowMappingStartToken, FlowSequenceStartToken)
_CLOSING = (BlockEndToken, FlowMappingEndToken, FlowSequenceEndToken)
YAML_STUMBLES = (YAMLError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What the reader of YAML itself raises for a date like 2026-13-45 or a number like 0o9."""
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_UNKNOWN_KEY = N_("{file}, line {line}: there is no key {word}. Nearest: {nearest}. Known: {known}.")
_UNKNOWN_KIND = N_("{file}, line {line}: there is no kind {word}. Nearest: {nearest}. Known: {known}.")
_UNKNOWN_MEANING = N_("{file}, line {line}: a reply cannot mean {word}. Nearest: {nearest}. Known: {known}.")


@dataclass(frozen=True, slots=True)
class Template:
    """One wording in one language, known to be renderable.

    `replies`: digit → meaning (a key of REPLY_MEANINGS). `provider`: gateway → that provider's code for this template.
    `fields`: names of the fields it uses; `required`: those it cannot do without. `source`: the file as it was;
    `origin` and `body_line` say where it stands.
    """

    name: str
    language: str
    title: str
    kind: str
    replies: Mapping[str, str]
    provider: Mapping[str, str]
    note: str
    body: str
    fields: frozenset[str]
    required: frozenset[str]
    source: str
    origin: str
    body_line: int


def parse_template(source: str, *, name: str, language: str, origin: str) -> Template:
    """The template in `source`. `origin` is named in errors: the file, or where else it came from.

    Raises TemplateError, with file, line and the mend, for whatever would keep it from being rendered.
    """
    try:
        known = _template_of(source)
    except TemplateError:
        known = _read(source, origin)  # raises the same, and says where
    return replace(known, name=name, language=language, origin=origin)


@lru_cache(maxsize=1024)
def _template_of(source: str) -> Template:
    """What the text alone says; kept, since a file and the version published from it are the same text."""
    return _read(source, "")


def _read(source: str, origin: str) -> Template:
    raise_if_not_storable(source, origin)
    front, body, body_line = _split(source.removeprefix("\ufeff"), origin)
    matter = _FrontMatter(origin, front)
    grammar = checked(body, origin=origin, first_line=body_line)
    return Template(
        name="",
        language="",
        title=matter.text("title", required=True),
        kind=matter.kind(),
        replies=matter.replies(),
        provider=matter.provider(),
        note=matter.text("note"),
        body=body,
        fields=grammar.fields,
        required=grammar.required,
        source=source,
        origin=origin,
        body_line=body_line,
    )


def raise_if_template_uses_unknown_field(template: Template) -> None:
    """Refuse a template, stored by an older version perhaps, that names a field which the registry does not have."""
    checked(template.body, origin=template.origin, first_line=template.body_line)


def raise_if_campaign_cannot_fill(template: Template, provided: Collection[str]) -> None:
    """Refuse a template that cannot do without a field its campaign never fills.

    `provided`: what the campaign has for each customer, of customer, vehicle, service, insurance, coupon, shop
    (`Field.provided_by`).
    """
    missing = sorted(name for name in template.required if FIELDS[name].provided_by not in provided)
    if missing:
        raise TemplateError(
            N_(
                "{file}: this campaign cannot fill {fields}. "
                "Take the field out, or give the campaign what it lacks: {what}."
            ),
            file=template.origin,
            fields=", ".join(missing),
            what=", ".join(sorted({FIELDS[name].provided_by for name in missing})),
        )


def raise_if_not_storable(source: str, origin: str) -> None:
    """Refuse what no database takes, and what is no text at all, before anybody spends seconds on it."""
    if len(source) > LONGEST_SOURCE:
        raise TemplateError(
            N_("{file}: {length} characters are no template; at most {limit} are. Shorten it."),
            file=origin,
            length=len(source),
            limit=LONGEST_SOURCE,
        )
    found = _NO_TEXT.search(source)
    if found:
        raise TemplateError(
            N_("{file}, line {line}: a character that cannot be sent stands here (U+{code}). Type the text anew."),
            file=origin,
            line=source.count("\n", 0, found.start()) + 1,
            code=f"{ord(found[0]):04X}",
        )


def _split(source: str, origin: str) -> tuple[str, str, int]:
    """Front matter, body and the body's first line (from 1)."""
    lines = source.replace("\r\n", "\n").split("\n")
    fences = [number for number, line in enumerate(lines) if line.rstrip() == "---"]
    if len(fences) < 2 or fences[0] != 0:
        raise TemplateError(
            N_(
                "{file}, line {line}: a template begins with its title and kind between two lines of ---. "
                "Put them above the text."
            ),
            file=origin,
            line=1,
        )
    body_at = fences[1] + 1
    while body_at < len(lines) and not lines[body_at].strip():
        body_at += 1
    body = "\n".join(lines[body_at:]).strip()
    if not body:
        raise TemplateError(
            N_("{file}, line {line}: there is no text below the second ---. Write it there."),
            file=origin,
            line=fences[1] + 1,
        )
    return "\n".join(lines[1 : fences[1]]), body, body_at + 1


def is_plain_yaml(front: str) -> bool:
    """Whether nothing in it lets a few lines take hours: names for parts (&a, *a), types (!!set), depth, length.

    Raises YAMLError where it cannot be read.
    """
    if len(front) > LONGEST_FRONT or front.count("[") + front.count("{") > _MOST_BRACKETS:
        return False
    depth = 0
    for token in YAML(typ="rt", pure=True).scan(front):
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if isinstance(token, AnchorToken | AliasToken | TagToken) or depth > _DEEPEST_FRONT:
            return False
    return True


class _FrontMatter:
    """The YAML between the fences, read with line numbers."""

    def __init__(self, origin: str, front: str) -> None:
        self.origin = origin
        self.data = self._read(front)
        for key in self.data:
            if key not in _KEYS:
                self.refuse_word(_UNKNOWN_KEY, str(key), _KEYS, self.line(self.data, key))

    def _read(self, front: str) -> Any:
        try:
            if not is_plain_yaml(front):
                self.refuse_yaml("& * ! [ { …", 1, None)
            data = YAML(typ="rt", pure=True).load(front)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self.refuse_yaml(error.problem or "?", mark.line + 2 if mark else 1, error)
        except YAML_STUMBLES as error:
            self.refuse_yaml("?", 1, error)
        if data is None:
            return {}
        if not isinstance(data, Mapping):
            self.refuse_yaml("title: … kind: …", 2, None)
        return data

    def refuse_yaml(self, detail: str, line: int, cause: Exception | None) -> NoReturn:
        raise TemplateError(
            N_("{file}, line {line}: the front matter cannot be read ({detail}). Write one `key: value` a line."),
            file=self.origin,
            line=line,
            detail=detail,
        ) from cause

    def refuse_word(self, sentence: str, word: str, known: Collection[str], line: int) -> NoReturn:
        raise TemplateError(
            sentence,
            file=self.origin,
            line=line,
            word=word,
            nearest=nearest(word, known),
            known=", ".join(known),
        )

    def line(self, mapping: Any, key: Any) -> int:
        is_written = key in mapping and key in mapping.lc.data  # and not merged in by <<
        return int(mapping.lc.key(key)[0]) + 2 if is_written else 1

    def text(self, key: str, *, required: bool = False) -> str:
        value = self.data.get(key)
        if value is not None and not isinstance(value, Mapping | list):
            return str(value).strip()
        if required or value is not None:
            raise TemplateError(
                N_("{file}, line {line}: {key} is missing or not a text. Write `{key}: …`."),
                file=self.origin,
                line=self.line(self.data, key),
                key=key,
            )
        return ""

    def kind(self) -> str:
        kind = self.text("kind", required=True)
        if kind not in KINDS:
            self.refuse_word(_UNKNOWN_KIND, kind, tuple(KINDS), self.line(self.data, "kind"))
        return kind

    def mapping(self, key: str, form: str) -> Any:
        value = self.data.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise TemplateError(
                N_("{file}, line {line}: {key} is written {form}."),
                file=self.origin,
                line=self.line(self.data, key),
                key=key,
                form=form,
            )
        return value

    def replies(self) -> dict[str, str]:
        declared = self.mapping("replies", "{1: booking}")
        for digit, meaning in declared.items():
            line = self.line(declared, digit)
            is_km = str(digit) == ODOMETER_KEY
            if not is_km and (isinstance(digit, bool) or not re.fullmatch(r"[0-9]{1,2}", str(digit))):
                raise TemplateError(
                    N_("{file}, line {line}: customers answer with a digit, not with {word}. Write {form}."),
                    file=self.origin,
                    line=line,
                    word=str(digit),
                    form="{1: booking}",
                )
            if not isinstance(meaning, str) or meaning not in REPLY_MEANINGS:
                self.refuse_word(_UNKNOWN_MEANING, str(meaning), tuple(REPLY_MEANINGS), line)
            if is_km != (meaning == "odometer"):
                raise TemplateError(
                    N_("{file}, line {line}: {word} cannot mean {meaning}. Kilometres are asked for by {form}."),
                    file=self.origin,
                    line=line,
                    word=str(digit),
                    meaning=str(meaning),
                    form="{km: odometer}",
                )
        return {str(digit): str(meaning) for digit, meaning in declared.items()}

    def provider(self) -> dict[str, str]:
        codes = self.mapping("provider", "{alibaba: SMS_123456}")
        return {str(gateway): str(code) for gateway, code in codes.items()}
