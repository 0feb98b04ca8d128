"""From template and values to the text that goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import TemplateError
from notifier.gateways.base import Capabilities
from notifier.templating import (
    FIELDS,
    FLAGS,
    CarFacts,
    CouponFacts,
    CustomerFacts,
    MissingValue,
    Renderer,
    ShopFacts,
    Template,
    as_billed,
    build_values,
    compose,
    example_values,
    parse_template,
    preview,
    raise_if_gateway_cannot,
    way_out_words,
)

TWO_WAY = Capabilities(two_way=True, links=True)
ONE_WAY = Capabilities(two_way=False, links=False)
PROVIDER_SIGNS = Capabilities(two_way=True, links=True, signature="provider")
SHOP = ShopFacts("东南汽车泉州店", "0595-22880000", "东南泉州")


def template(body: str, *, kind: str = "service", language: str = "zh-CN", front: str = "") -> Template:
    source = f"---\ntitle: t\nkind: {kind}\n{front}---\n{body}"
    return parse_template(source, name="t", language=language, origin="t.j2")


def rendered(body: str, values: dict[str, str]) -> str:
    return Renderer().render_body(template(body), values, two_way=True)


def test_chen_s_reminder_reads_as_the_glossary_has_it() -> None:
    """The maintenance text for a named customer, Chinese and English field names alike."""
    values = build_values(
        CustomerFacts("陈晓芳", "f"), [CarFacts("闽C12345", None, date(2026, 5, 9), "regular")], None, SHOP, "zh-CN"
    )
    chinese = template("{{ 客户.称呼 }}您好,{{ 车辆.车牌 }}约{{ 保养.日期 }}该做{{ 保养.项目 }}了")
    english_names = template(
        "{{ customer.salutation }}您好,{{ vehicle.plate }}约{{ service.due_on }}该做{{ service.kind }}了"
    )
    renderer = Renderer()
    assert renderer.render_body(chinese, values, two_way=True) == "陈女士您好,闽C12345约5月9日该做定期保养了"
    assert renderer.render_body(english_names, values, two_way=True) == "陈女士您好,闽C12345约5月9日该做定期保养了"


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_value_is_named_and_never_rendered(name: str) -> None:
    """Whatever the field, its absence stops the text and says which field it was."""
    with pytest.raises(MissingValue) as caught:
        rendered(f"x {{{{ {name} }}}}", {})
    assert caught.value.field == name
    assert name in str(caught.value)


@pytest.mark.parametrize("filtered", ["upper", "lower", "trim"])
def test_a_filter_does_not_hide_a_missing_value(filtered: str) -> None:
    """Filters are no way round: the gap is still refused."""
    with pytest.raises(MissingValue):
        rendered(f"x {{{{ coupon.code | {filtered} }}}}", {})


@pytest.mark.parametrize(
    ("body", "without", "with_code"),
    [
        ("{{ coupon.code | default('无券') }}", "无券", "K7"),
        ("a{% if coupon.code %}券{{ coupon.code }}{% endif %}", "a", "a券K7"),
        ("{% if not coupon.code %}检测{% else %}{{ coupon.code }}{% endif %}", "检测", "K7"),
        ("{% if coupon.code or shop.name %}x{% elif shop.phone %}y{% else %}z{% endif %}", "z", "x"),
        ("{{ coupon.code | default('ab') | upper }}", "AB", "K7"),
    ],
)
def test_conditions_and_defaults(body: str, without: str, with_code: str) -> None:
    """A value that is not there is false in a condition and filled by a default."""
    assert rendered(body, {}) == without
    assert rendered(body, {"coupon_code": "K7"}) == with_code


def test_a_text_of_which_nothing_is_left_is_refused() -> None:
    """An empty SMS would cost money and say nothing."""
    with pytest.raises(TemplateError, match="nothing is left"):
        rendered("{% if coupon.code %}券{% endif %}", {})


def test_condition_lines_leave_no_empty_lines() -> None:
    """Tags on lines of their own vanish with their line."""
    assert rendered("a\n{% if shop.name %}\nb\n{% endif %}\nc", {"shop_name": "x"}) == "a\nb\nc"


def test_values_are_text_and_never_run() -> None:
    """A customer whose name looks like a template stays a name."""
    values = build_values(CustomerFacts("{{ shop.phone }}", None), [], None, SHOP, "en")
    assert rendered("{{ customer.name }}", dict(values)) == "shop.phone"


@dataclass(frozen=True)
class Way:
    kind: str
    language: str
    gateway: Capabilities
    words: str


@pytest.mark.parametrize(
    "way",
    [
        Way("marketing", "zh-CN", TWO_WAY, "拒收请回复R"),
        Way("service", "zh-CN", TWO_WAY, "拒收请回复R"),
        Way("marketing", "en", TWO_WAY, "Reply STOP to opt out"),
        Way("marketing", "zh-CN", ONE_WAY, "退订电话0595-22880000"),
        Way("service", "en", ONE_WAY, "To opt out call 0595-22880000"),
        Way("transactional", "zh-CN", TWO_WAY, ""),
        Way("safety", "en", ONE_WAY, ""),
    ],
)
def test_the_way_out_fits_kind_language_and_gateway(way: Way) -> None:
    """A reply where replies are heard, the shop's phone where not, nothing for answers and recalls."""
    assert way_out_words(way.kind, phone="0595-22880000", language=way.language, capabilities=way.gateway) == way.words


def test_without_phone_there_is_no_way_out_on_a_one_way_gateway() -> None:
    """Such a text must not leave; the error names what the shop must set."""
    with pytest.raises(MissingValue, match=r"shop\.phone"):
        way_out_words("service", phone=" ", language="en", capabilities=ONE_WAY)


@pytest.mark.parametrize(
    ("body", "language", "whole"),
    [
        ("该保养了", "zh-CN", "【东南泉州】该保养了,拒收请回复R"),
        ("该保养了。", "zh-CN", "【东南泉州】该保养了。拒收请回复R"),
        ("生日快乐!", "zh-CN", "【东南泉州】生日快乐!拒收请回复R"),
        ("生日快乐！", "zh-CN", "【东南泉州】生日快乐！拒收请回复R"),
        ("该保养了，", "zh-CN", "【东南泉州】该保养了，拒收请回复R"),
        ("Time for a service", "en", "【东南泉州】Time for a service. Reply STOP to opt out"),
        ("Happy birthday!", "en", "【东南泉州】Happy birthday! Reply STOP to opt out"),
        ("Time for a service.", "en", "【东南泉州】Time for a service. Reply STOP to opt out"),
    ],
)
def test_signature_and_way_out_join_the_text_cleanly(body: str, language: str, whole: str) -> None:
    """No doubled punctuation, none missing."""
    words = way_out_words("service", phone="1", language=language, capabilities=TWO_WAY)
    assert compose(body, signature="东南泉州", way_out=words, language=language, capabilities=TWO_WAY) == whole


def test_a_plain_signature_keeps_an_english_text_plain() -> None:
    """Brackets that would force 70 characters a segment are spared."""
    text = compose("Hello.", signature="Dongnan", way_out="", language="en", capabilities=TWO_WAY)
    assert text == "Dongnan: Hello."


def test_a_signature_the_provider_writes_is_counted_but_not_sent() -> None:
    """The text goes without it, the bill comes with it."""
    text = compose("您好", signature="东南泉州", way_out="", language="zh-CN", capabilities=PROVIDER_SIGNS)
    assert text == "您好"
    billed = as_billed(text, signature="东南泉州", language="zh-CN", capabilities=PROVIDER_SIGNS)
    assert billed == "【东南泉州】您好"
    ours = as_billed("【东南泉州】您好", signature="东南泉州", language="zh-CN", capabilities=TWO_WAY)
    assert ours == "【东南泉州】您好"


def test_a_text_that_asks_for_a_digit_needs_ears() -> None:
    """Where nobody hears a reply, asking for one is refused."""
    asks = template("回复1预约", front="replies: {1: booking}\n")
    raise_if_gateway_cannot(asks, TWO_WAY)
    raise_if_gateway_cannot(template("请来电"), ONE_WAY)
    with pytest.raises(TemplateError, match=r"\(1\).*hears none.*通道\.可回复"):
        raise_if_gateway_cannot(asks, ONE_WAY)


GUARDED = "{% if gateway.two_way %}回复1预约{% else %}预约电话{{ shop.phone }}{% endif %}"


@pytest.mark.parametrize(
    ("body", "is_refused"),
    [
        (GUARDED, False),
        ("{% if 通道.可回复 %}回复1预约{% endif %}请来店", False),
        ("{% if not gateway.two_way %}请来电{% else %}回复1预约{% endif %}", False),
        (
            "{% if coupon.code and gateway.two_way %}凭券回复1{% elif gateway.two_way %}回复1{% else %}来电{% endif %}",
            False,
        ),
        ("回复1预约", True),
        (GUARDED + "或回复0", True),
        ("{% if gateway.two_way %}请来店{% else %}回复1预约{% endif %}", True),
        ("{% if gateway.two_way or coupon.code %}回复1预约{% endif %}", True),
        ("{% if gateway.two_way %}{% endif %}Reply 1 to book", True),
        ("{% if gateway.two_way %}回复1{% endif %}请回复本短信", True),
        ("请来店", True),
    ],
)
def test_an_invitation_must_stand_where_replies_are_heard(body: str, is_refused: bool) -> None:
    """Only a text that keeps all of its invitation inside the condition may leave by a one-way gateway."""
    asks = template(body, front="replies: {1: booking}\n")
    if is_refused:
        with pytest.raises(TemplateError, match="hears none"):
            raise_if_gateway_cannot(asks, ONE_WAY)
    else:
        raise_if_gateway_cannot(asks, ONE_WAY)


@pytest.mark.parametrize(
    ("gateway", "text"),
    [
        (TWO_WAY, "【东南泉州】回复1预约,拒收请回复R"),
        (ONE_WAY, "【东南泉州】预约电话0595-22880000,退订同号"),
    ],
)
def test_one_wording_serves_both_kinds_of_gateway(gateway: Capabilities, text: str) -> None:
    """A reply where it is heard; else the phone, named once, since the way out is the same number."""
    values = build_values(CustomerFacts(), [], None, SHOP, "zh-CN")
    assert preview(template(GUARDED), values, shop=SHOP, capabilities=gateway).text == text


def test_one_renderer_serves_both_kinds_of_gateway() -> None:
    """What was compiled for one kind is never sent by the other."""
    renderer, values = Renderer(), {"shop_phone": "1"}
    texts = [renderer.render_body(template(GUARDED), values, two_way=two_way) for two_way in (True, False, True)]
    assert texts == ["回复1预约", "预约电话1", "回复1预约"]


@pytest.mark.parametrize(("length", "segments"), [(1, 1), (57, 1), (58, 2)])
def test_preview_counts_signature_and_way_out(length: int, segments: int) -> None:
    """Segments and cost are those of the whole text: here 6 + length + 7 of 70 characters."""
    seen = preview(template("您" * length), {}, shop=SHOP, capabilities=TWO_WAY, price_micros=45_000)
    assert seen.text == "【东南泉州】" + "您" * length + ",拒收请回复R"
    assert (seen.segments.count, seen.cost_micros) == (segments, segments * 45_000)


ANY_TEXT = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["None", "{{ x }}", "}}", "nan", "陈明", "Undefined"])
)
ANY_DAY = st.one_of(st.none(), st.dates())
CARS = st.lists(
    st.builds(CarFacts, ANY_TEXT, ANY_TEXT, ANY_DAY, st.sampled_from(["first", "regular", None]), ANY_DAY), max_size=3
)
COUPONS = st.one_of(
    st.none(), st.builds(CouponFacts, st.text(max_size=8), st.one_of(st.none(), st.integers(0, 10**7)), st.dates())
)
CUSTOMERS = st.builds(CustomerFacts, ANY_TEXT, st.sampled_from(["m", "f", None]), st.booleans())
EVERY_FIELD = st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=6)


CONDITIONS = st.recursive(
    st.sampled_from([*FLAGS, "coupon.code", "shop.name"]),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
    ),
    max_leaves=5,
)


@given(CONDITIONS, CONDITIONS, st.booleans(), st.booleans(), st.booleans())
def test_a_condition_means_the_same_decided_early_or_late(
    first: str, second: str, two_way: bool, has_coupon: bool, has_shop: bool
) -> None:
    """Deciding what the gateway decides at compile time changes no text: Python's own and, or, not say the same."""
    facts = {"gateway.two_way": two_way, "coupon.code": has_coupon, "shop.name": has_shop}

    def holds(condition: str) -> bool:
        for name, fact in facts.items():
            condition = condition.replace(name, str(fact))
        return bool(eval(condition))

    expected = "a" if holds(first) else "b" if holds(second) else "c"
    values = {"coupon_code": "K7"} if has_coupon else {}
    values |= {"shop_name": "店"} if has_shop else {}
    body = f"{{% if {first} %}}a{{% elif {second} %}}b{{% else %}}c{{% endif %}}"
    assert Renderer().render_body(template(body), values, two_way=two_way) == expected


@given(CUSTOMERS, CARS, COUPONS, EVERY_FIELD, st.sampled_from(["zh-CN", "en"]))
def test_no_text_ever_shows_the_machine(
    customer: CustomerFacts, cars: list[CarFacts], coupon: CouponFacts | None, names: list[str], language: str
) -> None:
    """Whatever the records hold, a text is either refused or free of None, braces, Undefined and gaps."""
    body = "".join(f"[{{{{ {name} }}}}]" for name in names)
    values = build_values(customer, cars, coupon, SHOP, language)
    assert all(value.strip() for value in values.values())
    try:
        text = Renderer().render_body(template(body, language=language), values, two_way=True)
    except MissingValue as missing:
        assert FIELDS[missing.field].variable not in values  # noqa: PT017
        return
    assert not [bad for bad in ("None", "{{", "}}", "Undefined", "[]") if bad in text]
    assert text.isprintable()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_examples_fill_every_field(language: str) -> None:
    """A preview without a customer needs nothing but the registry."""
    body = " ".join(f"{{{{ {name} }}}}" for name in FIELDS)
    assert Renderer().render_body(template(body), example_values(language), two_way=True)
