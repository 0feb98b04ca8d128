"""What is wrong with a wording, where, and what it costs: asked with every key that is pressed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from notifier.domain.rules import RULES
from notifier.domain.segments import Segments, count_segments
from notifier.errors import NotifierError, TemplateError
from notifier.gateways.base import Capabilities
from notifier.jobs.wording_places import TAG, FieldSpan, Finding, Page, field_spans, only_quoted, unknown_fields
from notifier.locale import _
from notifier.schedules import Campaign, ShopSettings
from notifier.templating import (
    FIELDS,
    ShopFacts,
    Template,
    as_billed,
    example_values,
    hardest_text,
    lint,
    parse_template,
    preview,
    raise_if_campaign_cannot_fill,
)
from notifier.templating.tracing import traced

__all__ = [
    "Bench", "DearCharacter", "FieldSpan", "Finding", "LimitPassed", "SourceCheck", "bench_for", "check_source",
    "field_spans", "provided_by",
]  # fmt: skip

ALWAYS_PROVIDED = frozenset(
    {"customer", "vehicle", "insurance", "inspection", "loan", "warranty", "member", "points", "shop"}
)
_PREFIX = re.compile(r"^\{file\}(?:.*?\{line\}[^:：]*)?\s*[:：]\s*")
_WORDS_ON_A_LINE = ("field", "mark", "word", "flag", "name", "key", "detail")
_PLAIN_FORM = {
    "‘": "'", "’": "'", "“": '"', "”": '"', "`": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " ", "，": ", ",
    "。": ". ", "：": ": ", "！": "! ", "？": "? ", "（": " (", "）": ") ", "；": "; ", "、": ", ", "\u3000": " ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bench:
    """What a wording is measured against: the shop, its gateway, the price of a segment, and its campaigns."""

    shop: ShopFacts
    capabilities: Capabilities
    price_micros: int
    currency: str
    campaigns: Sequence[Campaign] = ()


@dataclass(frozen=True, slots=True)
class DearCharacter:
    """A character that leaves room for 70 instead of 160."""

    char: str
    name: str
    start: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class LimitPassed:
    """Where segment `segment` begins, after `units` characters. `start` None = in the signature or the way out."""

    segment: int
    units: int
    start: int | None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """Everything an editor shows. Without a valid `template` there are findings and nothing else.

    `text`: the whole text with example values; `before` and `after`: what signature and way out add to it. `segments`:
    of that text as it is billed; `long`: with the longest values. Costs in millionths of the currency.
    """

    findings: tuple[Finding, ...]
    template: Template | None = None
    text: str = ""
    before: str = ""
    after: str = ""
    segments: Segments | None = None
    cost_micros: int = 0
    long: Segments | None = None
    long_cost_micros: int = 0
    dear: tuple[DearCharacter, ...] = ()
    limits: tuple[LimitPassed, ...] = ()

    @property
    def can_be_published(self) -> bool:
        """Whether nothing in it must be mended first."""
        return self.template is not None and not any(each.severity == "error" for each in self.findings)


def bench_for(
    shop: ShopSettings, capabilities: Capabilities, price_micros: int, campaigns: Sequence[Campaign] = ()
) -> Bench:
    """The bench of a shop."""
    facts = ShopFacts(shop.name, shop.phone, shop.signature)
    return Bench(facts, capabilities, price_micros, shop.currency, campaigns)


def provided_by(campaign: Campaign) -> frozenset[str]:
    """The groups of fields a campaign can fill."""
    coupon = {"coupon"} if campaign.coupon else set()
    return ALWAYS_PROVIDED | set(RULES[campaign.rule].provides) | coupon


def check_source(source: str, name: str, language: str, bench: Bench) -> SourceCheck:
    """Everything worth saying about a source, as it stands. A few milliseconds; never raises."""
    page = Page(source)
    unknown = tuple(unknown_fields(page))
    try:
        template = parse_template(source, name=name, language=language, origin=f"{language}/{name}.j2")
    except TemplateError as error:
        is_said = any(each.line == error.fields.get("line") for each in unknown)
        found = unknown if is_said else (*unknown, _of_error(page, error))
        return SourceCheck(tuple(sorted(found, key=lambda each: each.start)))
    return _Measuring(page, template, bench).check()


def _without_place(error: NotifierError) -> str:
    """The error's sentence without file and line: the editor points at the place itself."""
    sentence = _PREFIX.sub("", _(error.sentence))
    return sentence.format(**error.fields)


def _of_error(page: Page, error: TemplateError) -> Finding:
    words = [str(error.fields[key]) for key in _WORDS_ON_A_LINE if key in error.fields]
    span = page.span(int(error.fields.get("line", 1)), words)
    is_word = page.source[span[0] : span[1]] == error.fields.get("word")
    mend = str(error.fields["nearest"]) if is_word and "nearest" in error.fields else None
    return page.finding("error", _without_place(error), span, mend)


@dataclass(frozen=True)
class _Measuring:
    """One valid template on the bench."""

    page: Page
    template: Template
    bench: Bench

    @cached_property
    def body_at(self) -> int:
        """Where the body begins in the source; line ends of Windows are the only other difference."""
        start, _end = self.page.span(self.template.body_line)
        return self.page.source.index(self.template.body[:1], start)

    def offset(self, in_body: int) -> int:
        """A place in the body, in the source."""
        before = self.template.body[:in_body].count("\n") if "\r\n" in self.page.source else 0
        return self.body_at + in_body + before

    @cached_property
    def values(self) -> dict[str, str]:
        shop = self.bench.shop
        return example_values(self.template.language) | {"shop_name": shop.name, "shop_phone": shop.phone}

    def check(self) -> SourceCheck:
        template, bench = self.template, self.bench
        dear = tuple(self.dear())
        findings = [*self.of_lint({each.char for each in dear}), *self.of_campaigns()]
        try:
            seen = preview(template, self.values, shop=bench.shop, capabilities=bench.capabilities)
            _text, long = hardest_text(template, shop=bench.shop, capabilities=bench.capabilities)
        except TemplateError as error:
            told = self.page.finding("error", _without_place(error), self.page.span(template.body_line))
            known = {each.sentence for each in findings}
            more = [] if told.sentence in known else [told]
            return SourceCheck(_ordered([*findings, *more]), template)
        before, after, limits = self.limits(seen.text)
        findings += self.of_dear(dear, seen.text, seen.segments)
        return SourceCheck(
            _ordered(findings), template, seen.text, before, after, seen.segments,
            seen.segments.count * bench.price_micros, long, long.count * bench.price_micros, dear, tuple(limits),
        )  # fmt: skip

    def of_lint(self, dear: Collection[str]) -> Iterator[Finding]:
        found = lint(self.template, shop=self.bench.shop, capabilities=self.bench.capabilities)
        for each in found:
            if each.word not in dear or not each.word:
                sentence = each.sentence.removeprefix(f"{self.template.origin}: ").removeprefix(self.template.origin)
                yield self.page.finding(each.severity, sentence, self.page.span(each.line, [each.word]))

    def of_campaigns(self) -> Iterator[Finding]:
        """Fields a campaign that uses this wording never fills: everybody would be skipped."""
        for campaign in self.bench.campaigns:
            if self.template.name not in campaign.every_template:
                continue
            provided = provided_by(campaign)
            try:
                raise_if_campaign_cannot_fill(self.template, provided)
            except TemplateError:
                for name in sorted(self.template.required):
                    if FIELDS[name].provided_by not in provided:
                        yield self.unfillable(name, campaign)

    def unfillable(self, name: str, campaign: Campaign) -> Finding:
        sentence = _("The campaign {campaign} cannot fill {field}: every customer would be skipped.").format(
            campaign=campaign.key, field=name
        )
        spans = field_spans(self.page.source)
        span = next(
            ((each.start, each.end) for each in spans if each.field is FIELDS[name]),
            self.page.span(self.template.body_line),
        )
        return self.page.finding("error", sentence, span)

    def dear(self) -> Iterator[DearCharacter]:
        """In a text that would else be plain, each character of the words that is not; none in a Chinese text."""
        if self.template.language.lower().startswith("zh"):
            return
        body = self.template.body
        words = TAG.sub(lambda tag: only_quoted(tag[0]), body)
        for at, char in enumerate(words):
            if count_segments(char).forcing:
                start = self.offset(at)
                yield DearCharacter(char, _name_of(char), start, *self.page.place(start))

    def of_dear(self, dear: Sequence[DearCharacter], text: str, segments: Segments) -> Iterator[Finding]:
        """What the dear characters cost: twice the price is said as such."""
        mended = text
        for each in dear:
            mended = mended.replace(each.char, _PLAIN_FORM.get(each.char, "?"))
        plain = count_segments(self.billed(mended))
        for each in dear:
            if plain.count < segments.count:
                sentence = _(
                    "{char} ({name}) makes this text cost {count} segments instead of {fewer}: one such character "
                    "leaves room for 70 characters, plain ones for 160."
                ).format(char=each.char, name=each.name, count=segments.count, fewer=plain.count)
            else:
                sentence = _("{char} ({name}) leaves 70 characters of room instead of 160. Write a plain character.")
                sentence = sentence.format(char=each.char, name=each.name)
            span = each.start, each.start + len(each.char)
            yield self.page.finding("warning", sentence, span, _PLAIN_FORM.get(each.char))
        is_dear_by_values = segments.encoding == "UCS-2" and not self.template.language.lower().startswith("zh")
        if is_dear_by_values and not dear:
            sentence = _("The words are plain, but the signature or a value ({chars}) leaves 70 characters of room.")
            told = sentence.format(chars=" ".join(segments.forcing[:5]))
            yield self.page.finding("note", told, self.page.span(self.template.body_line))

    def billed(self, text: str) -> str:
        return as_billed(
            text, signature=self.bench.shop.signature, language=self.template.language,
            capabilities=self.bench.capabilities,
        )  # fmt: skip

    def limits(self, text: str) -> tuple[str, str, list[LimitPassed]]:
        """What is added before and after the words, and where each further segment begins."""
        trace = traced(self.template.body, self.values, two_way=self.bench.capabilities.two_way)
        body = "".join(char for char, _at in trace)
        billed = self.billed(text)
        first = billed.find(body) if body else -1
        if first < 0:
            return "", "", []
        passed = []
        for segment, units, place in _segment_starts(billed):
            in_body = place - first
            if 0 <= in_body < len(trace):
                start = self.offset(trace[in_body][1])
                passed.append(LimitPassed(segment, units, start, *self.page.place(start)))
            else:
                passed.append(LimitPassed(segment, units, None))
        return billed[:first], billed[first + len(body) :], passed


def _segment_starts(text: str) -> Iterator[tuple[int, int, int]]:
    """(segment, units before it, index of its first character) of each segment after the first."""
    whole = count_segments(text)
    if whole.count == 1:
        return
    room, used, units, segment = whole.per_segment, 0, 0, 1
    for place, char in enumerate(text):
        width = _width(char, whole.encoding)
        if used + width > room:
            segment, used = segment + 1, 0
            yield segment, units, place
        used, units = used + width, units + width


def _width(char: str, encoding: str) -> int:
    if encoding == "UCS-2":
        return 2 if ord(char) > 0xFFFF else 1
    return count_segments(char).units


def _name_of(char: str) -> str:
    return unicodedata.name(char, f"U+{ord(char):04X}").lower()


def _ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(dict.fromkeys(findings), key=lambda each: (each.start, each.severity)))
