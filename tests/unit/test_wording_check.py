"""What an editor is told while somebody types: where it is wrong, in which words, and which character makes it dear."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from notifier.gateways.base import Capabilities
from notifier.jobs.wording_check import Bench, SourceCheck, bench_for, check_source, field_spans
from notifier.jobs.wording_list import difference
from notifier.locale import language
from notifier.schedules import load_schedules
from notifier.templating import ShopFacts, TemplateFolder

ROOT = Path(__file__).parents[2]
SCHEDULES = load_schedules(ROOT / "schedules.yaml")
CHINESE = bench_for(SCHEDULES.shops[0], Capabilities(two_way=True, links=True), 45_000, SCHEDULES.campaigns)
ENGLISH = replace(CHINESE, shop=ShopFacts("Dongnan", "0595-22880000", "Dongnan"))
HEAD = "---\ntitle: x\nkind: service\n---\n"
LONG = "{{ customer.salutation }}, your car is due around {{ service.due_on }}. We look forward to your visit "


def checked(body: str, *, bench: Bench = ENGLISH, tongue: str = "en", name: str = "maintenance_due") -> SourceCheck:
    return check_source(HEAD + body, name, tongue, bench)


def pointed_at(check: SourceCheck, source: str) -> list[tuple[str, str | None]]:
    return [(source[each.start : each.end], each.mend) for each in check.findings]


def test_every_unknown_field_is_pointed_at_with_the_nearest_one() -> None:
    """Two slips of the key are two findings, each at its own place, each with its mend."""
    body = "Dear {{ customer.salutatoin }},\nyour {{ vehicle.modell | default('car') }} is due."
    found = checked(body)
    assert pointed_at(found, HEAD + body) == [
        ("customer.salutatoin", "customer.salutation"),
        ("vehicle.modell", "vehicle.model"),
    ]
    assert [(each.line, each.column) for each in found.findings] == [(5, 9), (6, 9)]
    assert "maintenance_due.j2" not in found.findings[0].sentence
    assert not found.can_be_published


def test_a_sentence_of_an_error_stands_without_file_and_line_in_both_languages() -> None:
    """The editor points at the place, so the words need not."""
    for tongue in ("en", "zh-CN"):
        with language(tongue):
            (found,) = check_source(HEAD.replace("service", "servce") + "hi", "care", "en", ENGLISH).findings
        assert "care.j2" not in found.sentence
        assert "line" not in found.sentence
        assert (found.line, found.column, found.mend) == (3, 7, "service")


@pytest.mark.parametrize("source", ["", "no fences", HEAD, HEAD + "{{", "\x00", HEAD + "{% if %}", "---\n" * 3000])
def test_whatever_is_typed_gets_an_answer(source: str) -> None:
    """Half a template is what an editor mostly holds."""
    found = check_source(source, "care", "zh-CN", CHINESE)
    assert found.template is None
    assert found.findings
    assert all(each.sentence for each in found.findings)


def test_the_very_character_that_doubles_the_price_is_named() -> None:
    """One curly quote among 130 plain ones: two segments instead of one, and the plain quote to write."""
    body = LONG + "and to your car’s."
    found = checked(body)
    (dear,) = found.dear
    assert (dear.char, dear.name, (HEAD + body)[dear.start]) == ("’", "right single quotation mark", "’")
    told = next(each for each in found.findings if each.mend == "'")
    assert "2 segments instead of 1" in told.sentence
    assert (told.start, told.line, told.column) == (dear.start, 5, body.index("’") + 1)
    assert found.segments is not None
    assert (found.segments.count, found.cost_micros) == (2, 90_000)
    mended = checked(body.replace("’", "'"))
    assert mended.segments is not None
    assert (mended.segments.count, mended.dear) == (1, ())


def test_a_chinese_fallback_in_an_english_text_is_dear_too() -> None:
    """It stands in quotes inside the field, and goes out where the value is missing."""
    (dear,) = checked("Code {{ coupon.code | default('无') }}").dear
    assert dear.char == "无"


def test_a_chinese_signature_is_named_where_the_words_are_plain() -> None:
    """Nothing the clerk types can mend it, so she is told what it is."""
    found = checked("Hello {{ customer.salutation }}", bench=CHINESE)
    assert found.dear == ()
    assert any("【" in each.sentence and each.severity == "note" for each in found.findings)


def test_the_place_where_the_second_segment_begins_is_found_in_the_source() -> None:
    """Twelve sentences of Chinese: signature 6, 陈女士 3, 您好 2; the 68th character lies in the words."""
    body = "{{ 客户.称呼 }}您好，" + "您的爱车该保养了，" * 9
    found = checked(body, bench=CHINESE, tongue="zh-CN")
    (passed,) = found.limits
    assert (passed.segment, passed.units) == (2, 67)
    assert passed.start is not None
    typed = (HEAD + body)[: passed.start]
    told = typed.removeprefix(HEAD).replace("{{ 客户.称呼 }}", "陈女士")
    assert len(found.before + told) == 67
    assert (found.before, found.after) == ("【东南泉州】", "拒收请回复R")


def test_windows_line_ends_and_conditions_do_not_shift_the_places() -> None:
    """A file of Notepad with a condition: the character found is the one that stands there."""
    body = "Hello\r\n{% if gateway.two_way %}Reply 1{% else %}Call{% endif %} “now”"
    source = HEAD.replace("\n", "\r\n") + body
    found = check_source(source, "care", "en", ENGLISH)
    assert [source[each.start] for each in found.dear] == ["“", "”"]


def test_a_field_the_campaign_never_fills_is_pointed_at() -> None:
    """Maintenance gives no coupon: every customer would be skipped."""
    body = "Your code is {{ coupon.code }}."
    found = checked(body)
    told = next(each for each in found.findings if each.severity == "error")
    assert (HEAD + body)[told.start : told.end] == "{{ coupon.code }}"
    assert "maintenance_due" in told.sentence
    assert checked(body, name="nobody_uses_it").can_be_published


def test_fields_are_found_for_chips() -> None:
    """Plain fields become chips; one with a filter, and one nobody knows, are marked as such."""
    source = "{{ 客户.称呼 }}您好{{vehicle.plate|upper}}{{ a.b }}{# {{ 客户.姓名 }} #}{{ x }}"
    spans = field_spans(source.replace("{# {{ 客户.姓名 }} #}", ""))
    assert [(each.spelling, each.field and each.field.name, each.is_plain) for each in spans] == [
        ("客户.称呼", "customer.salutation", True),
        ("vehicle.plate", "vehicle.plate", False),
        ("a.b", None, True),
    ]


@pytest.mark.parametrize("tongue", ["zh-CN", "en"])
def test_no_shipped_text_has_an_error(tongue: str) -> None:
    """What we ship can be published as it is, by both kinds of gateway."""
    templates = TemplateFolder(ROOT / "templates" / "sms").load_all().templates
    for two_way in (True, False):
        bench = replace(CHINESE, capabilities=Capabilities(two_way=two_way, links=False))
        for each in (one for one in templates if one.language == tongue):
            found = check_source(each.source, each.name, tongue, bench)
            assert found.can_be_published, (each.name, found.findings)


def test_two_texts_are_compared_by_line_and_word() -> None:
    """One word changed is one word shown; a field counts as one word, and so does each Chinese character."""
    changes = difference("a\n{{ 客户.称呼 }}您好\nc", "a\n{{ 客户.姓名 }}您好\nc\nd")
    assert [each.kind for each in changes] == ["same", "changed", "same", "added"]
    changed = changes[1]
    assert [(each.text, each.is_changed) for each in changed.before] == [("{{ 客户.称呼 }}", True), ("您好", False)]
    assert [(each.text, each.is_changed) for each in changed.after] == [("{{ 客户.姓名 }}", True), ("您好", False)]
    assert (changes[3].line_before, changes[3].line_after) == (None, 4)
