"""What a careful colleague would say about a wording before it goes out: `notifier templates check`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from jinja2 import nodes
from ruamel.yaml import YAML

from notifier.domain.segments import Segments, count_segments
from notifier.errors import TemplateError
from notifier.locale import N_, _
from notifier.templating.fields import hardest_values, is_chinese
from notifier.templating.grammar import checked
from notifier.templating.invitations import digits_told, promised_digits
from notifier.templating.parsing import ODOMETER_KEY, Template
from notifier.templating.rendering import GatewayLimits, preview, raise_if_gateway_cannot
from notifier.templating.values import ShopFacts

__all__ = ["LintFinding", "Severity", "hardest_text", "lint"]

Severity = Literal["error", "warning", "note"]

REASONS: Mapping[str, str] = {
    "superlative": N_("advertising law forbids superlatives; ask counsel"),
    "insurance_gift": N_("insurance law forbids cash back and gifts for a policy; ask counsel"),
    "refused_sign": N_("some providers refuse this sign; write the word instead"),
    "filtered": N_("carriers' filters take this for fraud; say it another way"),
}

_DAYS_LEFT = re.compile(
    r"[还仅只]?[有剩][\d一二两三四五六七八九十]+天|[\d一二两三四五六七八九十]+天后|[今明后]天"
    r"|\bin (?:\d+|one|two|three|seven) days?\b|\b\d+ days? (?:left|to go|remaining)\b|\b(?:today|tomorrow)\b",
    re.IGNORECASE,
)
_WAY_OUT = re.compile(
    r"拒收|退订|回复?(?:R|TD|T|N)(?![A-Za-z])|\bopt[- ]?out\b|\bunsubscribe\b|\b(?:reply|text|send) stop\b",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"【[^】]*】|^\s*\[[^\]]+\]")
_FIELD_TYPED_BY_HAND = re.compile(r"〔[^〕]*〕")  # as the console shows a field; in the file it is {{ … }}
_ODD_MARKS = frozenset("\u2018\u2019\u201c\u201d`")


@dataclass(frozen=True, slots=True)
class LintFinding:
    """`severity`: error = do not send it so; warning = look again; note = worth knowing. `line`: of the file.

    `word`: what it is about, as it stands on that line; empty = the whole text.
    """

    severity: Severity
    sentence: str
    line: int
    word: str = ""


@dataclass(frozen=True, slots=True)
class _Sms:
    """A gateway a wording is measured for when none is given."""

    two_way: bool
    signature: str = "ours"


_TWO_WAY, _ONE_WAY = _Sms(two_way=True), _Sms(two_way=False)
_MOST_SEGMENTS_ONE_WAY = 2  # a phone number takes the room of "reply 1"


_LONG_SIGNATURE = {"zh": "东南汽车泉州江南", "en": "Dongnans"}  # eight characters, as facts/glossary.md reckons


def hardest_text(
    template: Template, *, shop: ShopFacts | None = None, capabilities: GatewayLimits | None = None
) -> tuple[str, Segments]:
    """The text with the longest values one has to reckon with, and its segments.

    Without `shop` an eight-character signature stands in, without `capabilities` a gateway that hears replies.
    """
    values = hardest_values(template.language)
    if shop is None:
        signature = _LONG_SIGNATURE["zh" if is_chinese(template.language) else "en"]
        shop = ShopFacts(values["shop_name"], values["shop_phone"], signature)
    else:
        values |= {"shop_name": shop.name, "shop_phone": shop.phone}
    seen = preview(template, values, shop=shop, capabilities=capabilities or _TWO_WAY)
    return seen.text, seen.segments


def lint(
    template: Template, *, shop: ShopFacts | None = None, capabilities: GatewayLimits | None = None
) -> list[LintFinding]:
    """What is worth saying about a wording, by line. `shop` and `capabilities` as the texts will really be sent.

    Without `capabilities` a wording that asks which kind of gateway it leaves by is looked at for both kinds.
    """
    words = _Words(template)
    checks: tuple[Callable[[], Iterable[LintFinding]], ...] = (
        lambda: _on_gateway(template, capabilities, words),
        lambda: _on_digits(template, words),
        lambda: words.each(_SIGNATURE, "error", _("{word}: the signature is added for you. Take it out.")),
        lambda: words.each(
            _FIELD_TYPED_BY_HAND,
            "error",
            _("{word} is typed, not a field: it would go out so. Choose the field instead."),
        ),
        lambda: words.each(_WAY_OUT, "error", _("{word}: the way out is added for you. Take it out.")),
        lambda: words.each(_DAYS_LEFT, "warning", _("{word}: a text that goes out later would lie. Name the date.")),
        lambda: _on_forbidden_words(words),
        lambda: _on_characters(template, words),
        lambda: _on_length(template, shop, capabilities, words),
    )
    return sorted((finding for check in checks for finding in check()), key=lambda finding: finding.line)


class _Words:
    """The literal words of a template, with the file line each stands on."""

    def __init__(self, template: Template) -> None:
        known = checked(template.body, origin=template.origin, first_line=template.body_line)
        parts = known.tree.find_all(nodes.TemplateData)
        self.parts = [(node.data, template.body_line + node.lineno - 1) for node in parts]
        self.has_both_kinds = bool(known.flags)
        self.text = "\u0000".join(text for text, _line in self.parts)

    def each(self, pattern: re.Pattern[str], severity: Severity, sentence: str) -> Iterable[LintFinding]:
        """One finding for each place where `pattern` fits; `sentence` has {word}."""
        for text, line in self.parts:
            for match in pattern.finditer(text):
                at = line + text[: match.start()].count("\n")
                yield LintFinding(severity, sentence.format(word=match[0].strip()), at, match[0].strip())

    def line_of(self, char: str) -> int:
        return next(line + text[: text.index(char)].count("\n") for text, line in self.parts if char in text)


def _on_gateway(template: Template, capabilities: GatewayLimits | None, words: _Words) -> Iterable[LintFinding]:
    try:
        raise_if_gateway_cannot(template, capabilities or (_ONE_WAY if words.has_both_kinds else _TWO_WAY))
    except TemplateError as error:
        yield LintFinding("error", str(error), template.body_line)


def _on_digits(template: Template, words: _Words) -> Iterable[LintFinding]:
    promised = promised_digits(words.text)
    for digit in sorted(promised - set(template.replies)):
        sentence = _(
            "The text promises an answer to {digit}, but replies does not say what {digit} means. Add it there."
        )
        yield LintFinding("error", sentence.format(digit=digit), template.body_line)
    for digit in sorted(set(template.replies) - {ODOMETER_KEY} - promised - digits_told(words.text)):
        sentence = _("replies declares {digit}, but the text does not offer it. Offer it, or take it out of replies.")
        yield LintFinding("warning", sentence.format(digit=digit), 1)


@cache
def _forbidden() -> dict[str, str]:
    """Pattern of forbidden words → reason, from the packaged list."""
    source = files("notifier.templating").joinpath("forbidden_words.yaml").read_text(encoding="utf-8")
    by_reason = YAML(typ="safe", pure=True).load(source)
    return {str(word): reason for reason, listed in by_reason.items() for word in listed}


def _on_forbidden_words(words: _Words) -> Iterable[LintFinding]:
    for word, reason in _forbidden().items():
        sentence = _("{word}: {reason}.").replace("{reason}", _(REASONS[reason]))
        yield from words.each(re.compile(word, re.IGNORECASE), "warning", sentence)


def _on_characters(template: Template, words: _Words) -> Iterable[LintFinding]:
    """Names the characters nobody sees or nobody meant, and in an English text all that halve its room."""
    if "\n" in template.body:
        yield LintFinding(
            "note",
            _("The text runs over several lines and will be sent so. Join them if that is not meant."),
            template.body_line,
        )
    forcing = set() if is_chinese(template.language) else set(count_segments(words.text.replace("\u0000", "")).forcing)
    for char in dict.fromkeys(words.text.replace("\u0000", "").replace("\n", "")):
        name = unicodedata.name(char, f"U+{ord(char):04X}").lower()
        if unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn"} or (char.isspace() and char not in " \u3000"):
            sentence = _("An invisible character stands in the text ({name}). Remove it or write a plain space.")
            yield LintFinding("warning", sentence.format(name=name), words.line_of(char), char)
        elif char in forcing or (char in _ODD_MARKS and not is_chinese(template.language)):
            sentence = _("{char} ({name}) leaves 70 characters of room instead of 160. Write a plain character.")
            yield LintFinding("warning", sentence.format(char=char, name=name), words.line_of(char), char)


def _on_length(
    template: Template, shop: ShopFacts | None, capabilities: GatewayLimits | None, words: _Words
) -> Iterable[LintFinding]:
    yield from _on_segments(template, shop, capabilities or _TWO_WAY, most=1)
    if capabilities is None and words.has_both_kinds:
        yield from _on_segments(template, shop, _ONE_WAY, most=_MOST_SEGMENTS_ONE_WAY)


def _on_segments(
    template: Template, shop: ShopFacts | None, gateway: GatewayLimits, *, most: int
) -> Iterable[LintFinding]:
    try:
        _text, segments = hardest_text(template, shop=shop, capabilities=gateway)
    except TemplateError as error:
        yield LintFinding("error", str(error), template.body_line)
        return
    if segments.count > most:
        sentence = _(
            "With long values, signature and way out this takes {units} characters, which is {count} segments. "
            "One segment holds {room}."
        )
        room = 160 if segments.encoding == "GSM-7" else 70
        facts = {"units": segments.units, "count": segments.count, "room": room}
        yield LintFinding("warning", sentence.format(**facts), template.body_line)
