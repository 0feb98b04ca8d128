"""What `templates check` says about a wording."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from ruamel.yaml import YAML

from notifier.gateways.base import Capabilities
from notifier.templating import LintFinding, ShopFacts, Template, lint, parse_template
from notifier.templating.lint import REASONS

HARMLESS = "{{ customer.salutation }}您好,{{ vehicle.plate }}约{{ service.due_on }}该保养了"


def template(body: str, language: str = "zh-CN", replies: str = "") -> Template:
    front = f"---\ntitle: t\nkind: service\n{f'replies: {replies}' if replies else 'note: none'}\n---\n"
    return parse_template(front + body, name="t", language=language, origin="t.j2")


def findings(body: str, language: str = "zh-CN", replies: str = "") -> list[LintFinding]:
    return lint(template(body, language, replies))


def test_a_good_text_passes_without_a_word() -> None:
    """No finding where there is nothing to say."""
    assert findings(HARMLESS) == []


@pytest.mark.parametrize(
    ("body", "language", "severity", "said"),
    [
        ("还有3天到期", "zh-CN", "warning", "还有3天"),
        ("仅剩两天", "zh-CN", "warning", "仅剩两天"),
        ("5天后到期", "zh-CN", "warning", "5天后"),
        ("明天到期", "zh-CN", "warning", "明天"),
        ("Due in 3 days", "en", "warning", "in 3 days"),
        ("2 days left", "en", "warning", "2 days left"),
        ("Come tomorrow", "en", "warning", "tomorrow"),
        ("【东南泉州】您好", "zh-CN", "error", "【东南泉州】"),
        ("[Dongnan] Hello", "en", "error", "[Dongnan]"),
        ("您的〔车牌〕该保养了", "zh-CN", "error", "〔车牌〕"),
        ("您好,拒收请回复R", "zh-CN", "error", "拒收"),
        ("您好,回T退订", "zh-CN", "error", "退订"),
        ("Hello. Reply STOP to opt out", "en", "error", "Reply STOP"),
        ("全城最低价", "zh-CN", "warning", "最低"),
        ("销量第一", "zh-CN", "warning", "第一"),
        ("续保返现", "zh-CN", "warning", "返现"),
        ("只要¥200", "zh-CN", "warning", "¥"),
        ("只要￥200", "zh-CN", "warning", "￥"),
        ("★好消息", "zh-CN", "warning", "★"),
        ("The CHEAPEST service", "en", "warning", "CHEAPEST"),
        ("您好\u00a0车主", "zh-CN", "warning", "no-break space"),
        ("您好\t车主", "zh-CN", "warning", "U+0009"),
        ("您好\u200b车主", "zh-CN", "warning", "zero width space"),
        ("Don\u2019t wait", "en", "warning", "right single quotation mark"),
        ("Caf\u00ea", "en", "warning", "latin small letter e with circumflex"),
        ("first line\nsecond line", "en", "note", "several lines"),
        ("您" * 71, "zh-CN", "warning", "2 segments"),
    ],
)
def test_what_a_colleague_would_say(body: str, language: str, severity: str, said: str) -> None:
    """Each trap is named by the words that stand in the text."""
    found = [finding for finding in findings(body, language) if said.lower() in finding.sentence.lower()]
    assert {finding.severity for finding in found} == {severity}


@pytest.mark.parametrize(
    ("body", "language"),
    [
        ("第一次保养", "zh-CN"),
        ("每天营业", "zh-CN"),
        ("“贵宾”您好", "zh-CN"),
        ("open 7 days a week", "en"),
        ("Stop by any time", "en"),
        ("2026年见", "zh-CN"),
    ],
)
def test_innocent_words_pass(body: str, language: str) -> None:
    """Words that only look like a trap are left in peace."""
    assert findings(body, language) == []


@pytest.mark.parametrize(
    ("body", "replies", "severity", "digit"),
    [
        ("回复1预约", "", "error", "1"),
        ("回复1预约,回复0已续保", "{1: quote}", "error", "0"),
        ("Reply 2 to book", "{1: booking}", "error", "2"),
        ("请来电", "{1: booking}", "warning", "1"),
        ("{{ shop.phone }}", "{5: booking}", "warning", "5"),
    ],
)
def test_digits_promised_and_declared_must_agree(body: str, replies: str, severity: str, digit: str) -> None:
    """A "reply 1" nobody understands is an error, a digit nobody is told of a warning."""
    found = [finding for finding in findings(body, replies=replies) if digit in finding.sentence]
    assert severity in {finding.severity for finding in found}


@pytest.mark.parametrize("body", ["回复1预约,0已转手", "Reply 1 to book, 0 if sold", "回1预约,按0已转手"])
def test_digits_told_in_passing_count_as_told(body: str) -> None:
    """ "Reply 1 to book, 0 if sold" tells both digits."""
    assert findings(body, replies="{1: booking, 0: sold}", language="zh-CN" if "回" in body else "en") == []


def test_kilometres_are_asked_for_without_a_digit() -> None:
    """`km: odometer` promises none."""
    assert findings("回复1预约,或直接回复当前公里数", replies="{1: booking, km: odometer}") == []


def test_findings_stand_on_the_line_of_the_file() -> None:
    """Front matter counts, so that an editor jumps to the right place."""
    found = findings("您好\n还有3天\n返现")
    assert [(finding.line, finding.severity) for finding in found] == [(6, "note"), (7, "warning"), (8, "warning")]


def test_a_gateway_without_ears_is_named() -> None:
    """The check knows the gateway the texts will really take."""
    one_way = Capabilities(two_way=False, links=False)
    found = lint(template("回复1预约", replies="{1: booking}"), capabilities=one_way)
    assert [(finding.severity, "hears none" in finding.sentence) for finding in found] == [("error", True)]


def test_both_kinds_of_gateway_are_looked_at_where_a_text_knows_them() -> None:
    """Without a gateway at hand the check reads both branches: an invitation or a long text on the wrong side shows."""
    guarded = "{% if gateway.two_way %}回复1预约{% else %}预约电话{{ shop.phone }}{% endif %}"
    assert findings(guarded, replies="{1: booking}") == []
    wrong = findings(guarded.replace("预约电话", "回复1或致电"), replies="{1: booking}")
    assert [(finding.severity, "hears none" in finding.sentence) for finding in wrong] == [("error", True)]
    long = findings(guarded.replace("预约电话", "您" * 110), replies="{1: booking}")
    assert [(finding.severity, "3 segments" in finding.sentence) for finding in long] == [("warning", True)]


def test_a_chinese_signature_makes_an_english_text_dear() -> None:
    """With the shop's own signature the check says what the text will really take."""
    body = "{{ customer.salutation }}, {{ vehicle.plate }} is due for {{ service.kind }} around {{ service.due_on }}."
    english = template(body, "en")
    assert lint(english) == []
    found = lint(english, shop=ShopFacts("东南汽车泉州店", "0595-22880000", "东南泉州"))
    assert ["One segment holds 70." in finding.sentence for finding in found] == [True]


def test_a_shop_without_phone_is_told_so() -> None:
    """Where the phone is the way out and there is none, the check finds it before planning does."""
    one_way = Capabilities(two_way=False, links=False)
    found = lint(template("请来店"), shop=ShopFacts("店", "", "店"), capabilities=one_way)
    assert [(finding.severity, "shop.phone" in finding.sentence) for finding in found] == [("error", True)]


def test_the_list_of_forbidden_words_is_whole() -> None:
    """Every reason has its sentence, every entry is a pattern that can be compiled, none is listed twice."""
    source = files("notifier.templating").joinpath("forbidden_words.yaml").read_text(encoding="utf-8")
    by_reason = YAML(typ="safe", pure=True).load(source)
    assert set(by_reason) == set(REASONS)
    words = [word for listed in by_reason.values() for word in listed]
    assert len(words) == len(set(words))
    for word in words:
        assert isinstance(word, str)
        re.compile(word)
