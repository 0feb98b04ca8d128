"""The editor with chips: what somebody sees is chips, what is stored is the exact source, whatever it holds."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import CDPSession, Page, expect

from notifier.locale import language
from notifier.templating.sources import parts_of
from notifier.web.console.templates.words import in_words
from tests.browser.conftest import SignedIn
from tests.support.prepared_cli import ROOT

ADDRESS = "/templates/zh-CN/birthday"
PUT = """source => {
    const editor = getElement(Number(document.querySelector('.chip-editor').id.slice(1)));
    editor.takeText({n: editor.n + 1, text: source});
    return editor.text();
}"""
TEXT = "() => getElement(Number(document.querySelector('.chip-editor').id.slice(1))).text()"
TYPED_AND_UNDONE = """source => {
    const editor = getElement(Number(document.querySelector('.chip-editor').id.slice(1)));
    editor.takeText({n: editor.n + 1, text: source});
    editor.insert({text: '{{ 车辆.车牌 }}'});
    const typed = editor.text();
    document.querySelector('.cm-content').dispatchEvent(
        new KeyboardEvent('keydown', {key: 'z', code: 'KeyZ', keyCode: 90, ctrlKey: true, bubbles: true}));
    return [typed, editor.text()];
}"""

pieces = st.sampled_from([
    "{{ 车辆.车牌 }}", "{{customer.name}}", "{{ 没有.这个 }}", "{{ a | default('}}') }}", "{% if 通道.可回复 %}",
    "{% else %}", "{% endif %}", "{% if not coupon.code and x %}", "{#", "#}", "{{", "}}", "{%", "%}", "{", "'", '"',
    "\\", "\n", "\r\n", "\r", "\t", "  ", "\u00a0", "\u200b", "\u2028", "\ufeff", "<b>&amp;</b>",
    "<script>alert(1)</script>", "👍🏽", "e\u0301", "您好,", "Dear ",
])  # fmt: skip
sources = st.lists(st.one_of(pieces, st.text(st.characters(exclude_categories=["Cs"]), max_size=5))).map("".join)
SPOKEN = [
    "{{ vehicle.plate | default('爱车') }}{% if not coupon.code and 通道.可回复 %}1{% elif 优惠券.券码 %}{% endif %}",
    "{{ vehicle.plaet }}{{ a.b | upper }}{% set x = 1 %}{# why #}",
]
few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)


def _opened(signed_in: SignedIn) -> Page:
    page = signed_in("marketing", ADDRESS)
    expect(page.locator(".cm-content")).to_be_visible()
    return page


def test_what_goes_in_comes_out_to_the_byte(signed_in: SignedIn) -> None:
    """Fields, conditions, halves of both, odd line ends and invisible characters: chips change none of them."""
    page = _opened(signed_in)

    @few
    @given(sources)
    def every_source(source: str) -> None:
        assert page.evaluate(PUT, source) == source
        typed, undone = page.evaluate(TYPED_AND_UNDONE, source)
        assert len(typed) >= len("{{ 车辆.车牌 }}")
        assert undone == source

    every_source()


def test_a_chip_says_what_comparisons_say(signed_in: SignedIn) -> None:
    """The browser's names of fields and conditions are those of versions and dialogs."""
    page = _opened(signed_in)
    shipped = [
        ROOT / "templates" / "sms" / "zh-CN" / f"{name}.j2" for name in ("festival", "maintenance_due", "winback_lost")
    ]
    for source in [*SPOKEN, *(file.read_text(encoding="utf-8") for file in shipped)]:
        body = parts_of(source).body
        page.evaluate(PUT, body)
        with language("zh-CN"):
            said = re.findall("〔(.+?)〕", in_words(body))
        assert page.locator(".cm-content .chip-editor-chip").all_inner_texts() == said


def test_a_chip_is_one_thing_to_caret_and_keys(signed_in: SignedIn) -> None:
    """The caret steps over a chip, one stroke deletes it, undo brings it back, and the clipboard holds its source."""
    page = _opened(signed_in)
    page.evaluate(PUT, "{{ 客户.称呼 }}您好{{ 车辆.车牌 }}")
    content = page.locator(".cm-content")
    expect(content.locator(".chip-editor-chip")).to_have_text(["称呼", "车牌"])
    content.click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Backspace")
    assert page.evaluate(TEXT) == "{{ 客户.称呼 }}您好"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.insert_text(",")
    assert page.evaluate(TEXT) == "{{ 客户.称呼 }},您好{{ 车辆.车牌 }}"
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+x")
    assert page.evaluate(TEXT) == ""
    page.keyboard.press("Control+v")
    page.keyboard.press("Control+v")
    assert page.evaluate(TEXT) == "{{ 客户.称呼 }},您好{{ 车辆.车牌 }}" * 2


def test_an_input_method_writes_beside_chips(signed_in: SignedIn) -> None:
    """Pinyin between two chips becomes Chinese and nothing else; script text is text, a whole book is not taken."""
    page = _opened(signed_in)
    page.evaluate(PUT, "{{ 客户.称呼 }}{{ 车辆.车牌 }}")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    _compose(page.context.new_cdp_session(page), "zai", "在")
    assert page.evaluate(TEXT) == "{{ 客户.称呼 }}在{{ 车辆.车牌 }}"
    page.keyboard.insert_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".cm-content")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator(".cm-content img:not(.cm-widgetBuffer)").count() == 0
    before = page.evaluate(TEXT)
    page.keyboard.insert_text("很" * 5000)
    assert page.evaluate(TEXT) == before


def _compose(keyboard: CDPSession, typed: str, chosen: str) -> None:
    """As a Chinese input method does it: letter by letter, then the choice."""
    for end in range(1, len(typed) + 1):
        composed: dict[str, Any] = {"text": typed[:end], "selectionStart": end, "selectionEnd": end}
        keyboard.send("Input.imeSetComposition", composed)
    keyboard.send("Input.insertText", {"text": chosen})
