"""Template files: what is read, and what is refused with file, line and a mend."""

from __future__ import annotations

import pytest

from notifier.errors import TemplateError
from notifier.templating import (
    FIELDS,
    Template,
    field_named,
    parse_template,
    raise_if_campaign_cannot_fill,
    raise_if_template_uses_unknown_field,
)

FRONT = "---\ntitle: 保养提醒\nkind: service\n---\n"


def parsed(source: str, language: str = "zh-CN") -> Template:
    return parse_template(source, name="maintenance_due", language=language, origin="maintenance_due.j2")


def body(text: str) -> Template:
    return parsed(FRONT + text)


def refused(source: str) -> str:
    with pytest.raises(TemplateError) as caught:
        parsed(source)
    return str(caught.value)


def test_a_whole_file_is_read() -> None:
    """Front matter, text and the fields it uses, English and Chinese names alike."""
    template = parsed(
        "---\ntitle: 保养\nkind: service\nreplies: {1: booking, 0: already_done}\nprovider: {alibaba: SMS_1}\n"
        "note: checked by Chen\n---\n\n{{ 客户.称呼 }}您好,{{ service.due_on }}\n"
    )
    assert (template.title, template.kind, template.note) == ("保养", "service", "checked by Chen")
    assert template.replies == {"1": "booking", "0": "already_done"}
    assert template.provider == {"alibaba": "SMS_1"}
    assert template.body == "{{ 客户.称呼 }}您好,{{ service.due_on }}"
    assert template.fields == {"customer.salutation", "service.due_on"}
    assert template.body_line == 9


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    """Notepad's way of saving a file gives the same template."""
    source = FRONT + "{{ shop.name }}祝您平安"
    assert parsed("\ufeff" + source.replace("\n", "\r\n")).body == parsed(source).body


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("祝您平安", ["line 1", "---"]),
        ("---\ntitle: x\nkind: service\n祝您平安", ["line 1", "---"]),
        ("---\ntitle: x\nkind: service\n---\n\n", ["line 4", "no text"]),
        ("---\nkind: service\n---\nhi", ["title", "missing"]),
        ("---\ntitle: x\n---\nhi", ["kind", "missing"]),
        ("---\ntitle: [x]\nkind: service\n---\nhi", ["line 2", "title"]),
        ("---\n---\nhi", ["title", "missing"]),
        ("---\njust words\n---\nhi", ["line 2", "front matter"]),
        ("---\ntitle: \x07\n---\nhi", ["line 1", "front matter"]),
        ("---\ntitle: x\nkind: servise\n---\nhi", ["line 3", "servise", "Nearest: service"]),
        ("---\ntitle: x\nkind: service\nreplys: {1: booking}\n---\nhi", ["line 4", "replys", "Nearest: replies"]),
        ("---\ntitle: x\nkind: service\nreplies: {1: bookin}\n---\nhi", ["line 4", "Nearest: booking", "wrong_person"]),
        ("---\ntitle: x\nkind: service\nreplies:\n  1: booking\n  yes: sold\n---\nhi", ["line 6", "yes", "digit"]),
        ("---\ntitle: x\nkind: service\nreplies: 1\n---\nhi", ["line 4", "{1: booking}"]),
        ("---\ntitle: x\nkind: service\nreplies: {1: odometer}\n---\nhi", ["line 4", "1", "{km: odometer}"]),
        ("---\ntitle: x\nkind: service\nreplies: {km: booking}\n---\nhi", ["line 4", "km", "{km: odometer}"]),
        ("---\ntitle: x\nkind: service\nprovider: SMS_1\n---\nhi", ["line 4", "alibaba"]),
        ("---\ntitle: x\n\tkind: service\n---\nhi", ["line 3", "front matter"]),
        ("---\ntitle: x\nkind: service\ntitle: y\n---\nhi", ["line 4", "front matter"]),
    ],
)
def test_a_wrong_front_matter_is_refused_with_line_and_mend(source: str, said: list[str]) -> None:
    """The sentence names the file, the line, what is wrong and what is right."""
    sentence = refused(source)
    assert sentence.startswith("maintenance_due.j2")
    for words in said:
        assert words in sentence


@pytest.mark.parametrize(
    ("spelling", "nearest"),
    [
        ("customer.salutaton", "customer.salutation"),
        ("vehicle.plat", "vehicle.plate"),
        ("客户.称谓", "客户.称呼"),
        ("车辆.车牌号", "车辆.车牌"),
        ("salutation", "customer.salutation"),
        ("customer_name", "customer.name"),
        ("gateway.twoway", "gateway.two_way"),
        ("通道.能回复", "通道.可回复"),
    ],
)
def test_an_unknown_field_names_the_nearest_and_its_line(spelling: str, nearest: str) -> None:
    """A slip of the pen is answered with the field that was meant, on the line where it stands in the file."""
    sentence = refused(f"{FRONT}您好\n{{{{ {spelling} }}}}")
    assert "line 6" in sentence
    assert f"Nearest: {nearest}." in sentence


@pytest.mark.parametrize(
    "escape",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ customer.__class__ }}",
        "{{ customer['name'] }}",
        "{{ customer.name.__class__ }}",
        "{{ customer.name() }}",
        "{{ customer.name.format('x') }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self.__init__ }}",
        "{{ lipsum() }}",
        "{{ range(10) }}",
        "{{ 1 + 1 }}",
        "{{ 'words' }}",
        "{{ customer.name ~ 'x' }}",
        "{{ customer.name if coupon.code else 'x' }}",
        "{{ customer.name == 'x' }}",
        "{{ customer.name | attr('__class__') }}",
        "{{ customer.name | map('upper') }}",
        "{{ customer.name | upper(1) }}",
        "{{ customer.name | default }}",
        "{{ customer.name | default('') }}",
        "{{ customer.name | default('  ') }}",
        "{{ customer.name | default(shop.name) }}",
        "{{ customer.name | default(default_value='x') }}",
        "{{ customer.name | default(*'x') }}",
        "{% for x in customer.name %}{{ x }}{% endfor %}",
        "{% set x = customer.name %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% filter upper %}x{% endfilter %}",
        "{% if customer.name == 'x' %}x{% endif %}",
        "{% if range(3) %}x{% endif %}",
        "{% if coupon.code is defined %}x{% endif %}",
        "{% if coupon.code %}{{ range(3) }}{% endif %}",
        "{% if coupon.code %}x{% elif lipsum() %}y{% endif %}",
        "{% if coupon.code %}x{% else %}{% set y = 1 %}{% endif %}",
        "{% raw %}{{ customer.name }}{% endraw %}",
        "name }} alone",
        "{{ customer.name",
        "{% if coupon.code %}never closed",
        "{{ gateway.two_way }}",
        "{{ 通道.可回复 | default('x') }}",
        "{% if gateway.two_way %}{{ gateway.two_way }}{% endif %}",
        "{% if gateway.links_or_so %}x{% endif %}",
        "{{ " + "(" * 400 + "customer.name" + ")" * 400 + " }}",
        "很" * 1601,
    ],
)
def test_nothing_but_fields_gets_into_a_text(escape: str) -> None:
    """Calls, private names, loops, calculations and loose braces are refused before anything is rendered."""
    with pytest.raises(TemplateError) as caught:
        body(escape)
    assert "maintenance_due.j2, line 5" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "{{ customer.name | upper }}",
        "{{ customer.name | trim | lower }}",
        '{{ coupon.value | default("200") }}',
        "{% if coupon.code %}{{ coupon.code }}{% else %}免费检测{% endif %}",
        "{% if not coupon.code or coupon.value and shop.phone %}x{% elif shop.name %}y{% endif %}",
        "{# a remark #}您好",
        "50% off {a}",
    ],
)
def test_what_the_page_allows_is_allowed(text: str) -> None:
    """Filters, defaults, conditions and remarks as docs/templates.md promises."""
    assert body(text).body == text


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("{{ coupon.code }}", {"coupon.code"}),
        ("{{ coupon.code | upper }}", {"coupon.code"}),
        ("{{ coupon.code | default('A') | upper }}", set()),
        ("{% if coupon.code %}{{ coupon.code }}{% endif %}x", set()),
        ("{{ vehicle.plate }}", set()),
        (
            "{% if gateway.two_way %}{{ coupon.code }}{% else %}{{ shop.phone }}{% endif %}",
            {"coupon.code", "shop.phone"},
        ),
        ("{% if gateway.two_way and coupon.code %}{{ coupon.code }}{% endif %}x", set()),
    ],
)
def test_a_field_with_a_way_round_is_not_required(text: str, required: set[str]) -> None:
    """Conditions, defaults and the registry's fallbacks make a field optional."""
    assert body(text).required == required


def test_a_flag_is_no_value() -> None:
    """The refusal shows where the flag belongs."""
    sentence = refused(FRONT + "{{ 通道.可回复 }}")
    assert "{% if 通道.可回复 %} … {% else %} … {% endif %}" in sentence


def test_a_campaign_without_coupon_cannot_use_a_text_with_one() -> None:
    """The sentence names the field and what the campaign lacks."""
    template = body("{{ customer.salutation }},券{{ coupon.code }}")
    raise_if_campaign_cannot_fill(template, {"customer", "coupon"})
    with pytest.raises(TemplateError, match=r"coupon\.code.*lacks: coupon"):
        raise_if_campaign_cannot_fill(template, {"customer", "shop"})


def test_a_stored_version_is_checked_again() -> None:
    """A wording whose field has left the registry never reaches planning."""
    template = body("{{ shop.name }}")
    raise_if_template_uses_unknown_field(template)
    old = Template(**{name: getattr(template, name) for name in Template.__slots__} | {"body": "{{ shop.fax }}"})
    with pytest.raises(TemplateError, match=r"shop\.fax"):
        raise_if_template_uses_unknown_field(old)


def test_names_and_aliases_lead_to_one_field_each() -> None:
    """No two fields share a name, an alias or a variable."""
    assert len({field.alias for field in FIELDS.values()}) == len(FIELDS)
    assert len({field.variable for field in FIELDS.values()}) == len(FIELDS)
    for field in FIELDS.values():
        assert field_named(field.alias) is field
        assert field_named(field.name) is field


def test_a_text_may_ask_for_the_kilometres() -> None:
    """They stand beside the digits."""
    template = parsed("---\ntitle: x\nkind: service\nreplies: {1: booking, km: odometer}\n---\n回复1预约,或回复公里数")
    assert template.replies == {"1": "booking", "km": "odometer"}
