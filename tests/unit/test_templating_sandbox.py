"""What somebody who means harm may write into a template: refused with a sentence, and within two seconds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.errors import NotifierError, TemplateError
from notifier.templating import Renderer, ShopFacts, Template, example_values, lint, parse_template

HEAD = "---\ntitle: 保养\nkind: service\n---\n"
FIELD = "会员.等级"
SECONDS = 2.0
SHOP = ShopFacts("东南汽车泉州店", "0595-22880000", "东南泉州")


def parsed(source: str) -> Template:
    return parse_template(source, name="care", language="zh-CN", origin="care.j2")


BODIES = {
    "attribute chain": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "attribute of a field": "{{ customer.name.__class__.__init__.__globals__ }}",
    "attribute of a group": "{{ customer.__class__ }}",
    "attribute by filter": "{{ customer.name | attr('__class__') }}",
    "item": "{{ customer['__class__'] }}",
    "Jinja's own names": "{{ cycler.__init__.__globals__.os.popen('id') }}",
    "self": "{{ self._TemplateReference__context }}",
    "format": "{{ '{0.__class__.__mro__}'.format(1) }}",
    "format filter": "{{ '%1000000000d' | format(1) }}",
    "percent": "{{ '%1000000000d' % 1 }}",
    "repetition": "{{ 'a' * 10**9 }}",
    "power": "{{ 9**9**9 }}",
    "padding": "{{ customer.name | center(10**9) }}",
    "loop": "{% for i in range(10**9) %}a{% endfor %}",
    "nested loops": "{% for i in range(10**5) %}{% for j in range(10**5) %}a{% endfor %}{% endfor %}",
    "macro that calls itself": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "call": "{{ customer.name() }}",
    "set": "{% set x = 'a' * 10**9 %}{{ x }}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import 'os' as os %}",
    "extends": "{% extends 'x' %}",
    "raw": "{% raw %}{{ customer.name }}{% endraw %}",
    "filter block": "{% filter upper %}a{% endfilter %}",
    "filters on filters": "{{ " + FIELD + "|upper" * 250 + " }}",
    "defaults on defaults": "{{ " + FIELD + "|default('x')" * 100 + " }}",
    "not not not": "{% if " + "not " * 300 + FIELD + " %}a{% endif %}",
    "and and and": "{% if " + " and ".join([FIELD] * 140) + " %}a{% endif %}",
    "not not not of a flag": "{%if " + "not " * 300 + "通道.可回复%}a{%else%}b{%endif%}",
    "conditions in conditions": ("{%if " + FIELD + "%}") * 70 + "a" + "{%endif%}" * 70,
    "brackets": "{{ " + "(" * 700 + FIELD + ")" * 700 + " }}",
    "lists": "{{ " + "[" * 700 + "]" * 700 + " }}",
    "minus minus": "{{ " + "-" * 1500 + "1 }}",
    "a half character": '您好{{ customer.name | default("\\ud800") }}',
    "a NUL": '您好{{ customer.name | default("\\x00") }}',
    "a raw NUL": "您好\x00",
    "a raw half character": "您好\ud800",
    "length": "您好" * 3_000_000,
}

_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)
_SOUND = "title: x\nkind: service\n"
FRONTS = {
    "billion laughs": _BOMB,
    "billion laughs as a key": _BOMB + "? *j\n: 1\n",
    "billion laughs as a code": _SOUND + "provider:\n" + "".join(f"  {line}\n" for line in _BOMB.splitlines()),
    "Python": "title: !!python/object/apply:os.system [ls]\nkind: service\n",
    "a list as a meaning": _SOUND + "replies: {1: [booking]}\n",
    "a merged key": _SOUND + "<<: {a: 1}\n",
    "no day": "title: 2026-13-45\nkind: service\n",
    "depth": "title: " + "[" * 1500 + "]" * 1500 + "\nkind: service\n",
    "a long number": "title: " + "9" * 5000 + "\nkind: service\n",
    "a NUL": "title: \x00\nkind: service\n",
    "many keys": "".join(f"k{n}: 1\n" for n in range(20_000)),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_no_text_is_refused_before_it_runs(body: str) -> None:
    """None of it is compiled, let alone rendered."""
    raise_within_seconds(HEAD + body)


@pytest.mark.parametrize("front", FRONTS.values(), ids=FRONTS)
def test_a_front_matter_that_blows_up_is_refused(front: str) -> None:
    """A few lines of YAML can stand for a billion words."""
    raise_within_seconds(f"---\n{front}---\n您好")


def raise_within_seconds(source: str) -> None:
    begun = time.process_time()
    with pytest.raises(TemplateError) as refused:
        parsed(source)
    assert str(refused.value)
    assert time.process_time() - begun < SECONDS


def test_what_a_text_needs_is_not_too_deep() -> None:
    """A few conditions in each other, joined words and a fallback: all of it is rendered."""
    body = (
        "{% if 客户.称呼 and not 优惠券.券码 or 优惠券.金额 %}{% if 通道.可回复 %}{% if 车辆.车牌 %}回复1"
        "{% endif %}{% elif 车辆.车型 %}b{% endif %}{{ 优惠券.券码 | trim | default('无') | upper }}{% endif %}"
    )
    assert Renderer().render_body(parsed(HEAD + body), example_values("zh-CN"), two_way=True) == "回复1K7M2Q9XD"


_TOKENS = (
    "{{", "}}", "{%", "%}", "{#", "#}", " ", FIELD, "customer.name", "gateway.two_way", "if", "elif", "else", "endif",
    "not", "and", "or", "(", ")", "|", "default", "upper", "'a'", '"', "\\", "for", "in", "range(10**9)", "set",
    "macro", "x", "1", "**", "*", "~", ".", "[", "]", "-", "\n", "回复1", "{", "}", "is", "raw", "endraw", "call",
    "__class__",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_TOKENS), max_size=40), st.booleans())
def test_whatever_is_typed_is_rendered_or_refused_in_a_sentence(tokens: list[str], spaced: bool) -> None:
    """Nothing an editor can hold raises anything but our own errors."""
    try:
        template = parsed(HEAD + "您好" + (" " if spaced else "").join(tokens))
        lint(template, shop=SHOP)
        Renderer().render_body(template, example_values("zh-CN"), two_way=True)
    except NotifierError as refused:
        sentence = str(refused)
    else:
        sentence = "rendered"
    assert sentence
