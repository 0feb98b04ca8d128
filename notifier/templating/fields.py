"""The one registry of what a text may name: shared by parsing, values, preview, lint, the console and the docs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from notifier.locale import N_

__all__ = [
    "FIELDS",
    "FLAGS",
    "Field",
    "Flag",
    "example_values",
    "field_named",
    "flag_named",
    "hardest_values",
    "is_chinese",
    "nearest",
    "nearest_field",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a text can say about a customer, a car, an offer or the shop.

    `name` is what a template writes, `alias` the same in Chinese. `meaning` and `fallback` are English sentences marked
    for translation; an empty `fallback` means that a customer without the value is skipped and counted. `example` and
    `hardest` (the longest value one has to reckon with) are spoken values, first in Chinese, then in English.
    """

    name: str
    alias: str
    meaning: str
    example: tuple[str, str]
    hardest: tuple[str, str]
    fallback: str = ""

    @property
    def variable(self) -> str:
        """The key of this field among the values handed to a renderer: `customer_salutation`."""
        return self.name.replace(".", "_")

    @property
    def provided_by(self) -> str:
        """What the campaign must provide for it: customer, vehicle, service, insurance, coupon, festival … or shop."""
        return self.name.partition(".")[0]


_REGISTRY = (
    Field(
        "customer.name",
        "客户.姓名",
        N_("the customer's name as in the records"),
        ("陈晓芳", "Anna Miller"),
        ("欧阳晓芳", "Anna Featherstone"),
    ),
    Field(
        "customer.salutation",
        "客户.称呼",
        N_("how a good shop addresses the customer: surname and Mr or Ms"),
        ("陈女士", "Ms Chen"),
        ("尊敬的车主", "Mr Featherstone"),
        N_(
            "the full name where the sex is not known; "
            "尊敬的车主 / Dear customer for companies and where there is no name"
        ),
    ),
    Field(
        "vehicle.plate",
        "车辆.车牌",
        N_("the number plate; in English the province is written in Latin letters, so that the text stays cheap"),
        ("闽C12345", "Min C12345"),
        ("闽C·D12345", "Qiong CD12345"),
        N_("您的爱车 / your car where there is no plate yet"),
    ),
    Field(
        "vehicle.model",
        "车辆.车型",
        N_("the model as in the records"),
        ("卡罗拉", "Corolla"),
        ("凯美瑞双擎混动版", "Corolla Cross Hybrid"),
        N_("爱车 / car where the model is not known"),
    ),
    Field(
        "service.due_on",
        "保养.日期",
        N_("the day around which the next service is due"),
        ("5月9日", "9 May"),
        ("12月28日", "28 September"),
    ),
    Field(
        "service.kind",
        "保养.项目",
        N_("what is due: 首保 / first service, or 定期保养 / maintenance"),
        ("定期保养", "maintenance"),
        ("定期保养", "first service"),
        N_("保养 / service where the kind is not known"),
    ),
    Field(
        "insurance.ends_on",
        "保险.到期日",
        N_("the last day of the present policy"),
        ("6月30日", "30 June"),
        ("12月28日", "28 September"),
    ),
    Field(
        "inspection.ends_on",
        "年审.到期日",
        N_("the last day of the present annual inspection"),
        ("6月30日", "30 June"),
        ("12月28日", "28 September"),
    ),
    Field(
        "loan.ends_on",
        "贷款.到期日",
        N_("the day of the last instalment"),
        ("6月30日", "30 June"),
        ("12月28日", "28 September"),
    ),
    Field(
        "warranty.ends_on",
        "质保.到期日",
        N_("the last day of the warranty"),
        ("6月30日", "30 June"),
        ("12月28日", "28 September"),
    ),
    Field(
        "visit.on",
        "进厂.日期",
        N_("the day of the visit a follow-up asks about"),
        ("5月9日", "9 May"),
        ("12月28日", "28 September"),
    ),
    Field(
        "vehicle.years",
        "车辆.周年",
        N_("how many years ago the car was delivered, on its anniversary"),
        ("3", "3"),
        ("12", "12"),
    ),
    Field(
        "festival.name",
        "节日.名称",
        N_("the festival of a greeting"),
        ("中秋节", "Mid-Autumn Festival"),
        ("中秋节", "Chinese New Year's Eve"),
    ),
    Field(
        "event.title",
        "活动.名称",
        N_("what a list or a topic is about, from schedules.yaml"),
        ("免费检测周", "free check week"),
        ("冬季用车免费检测周", "free winter check week"),
    ),
    Field(
        "event.on",
        "活动.日期",
        N_("the day of a list's event, from schedules.yaml"),
        ("6月30日", "30 June"),
        ("12月28日", "28 September"),
    ),
    Field(
        "member.level",
        "会员.等级",
        N_("the customer's member level as in the records"),
        ("金卡", "Gold"),
        ("钻石卡会员", "Platinum"),
    ),
    Field(
        "points.balance",
        "积分.余额",
        N_("the points the customer has"),
        ("1200", "1200"),
        ("128000", "128000"),
    ),
    Field(
        "points.ends_on",
        "积分.到期日",
        N_("the day on which the points end"),
        ("12月31日", "31 December"),
        ("12月28日", "28 September"),
    ),
    Field(
        "coupon.code",
        "优惠券.券码",
        N_("the customer's own code; redeeming it proves which text brought the visit"),
        ("K7M2Q9XD", "K7M2Q9XD"),
        ("K7M2Q9XD", "K7M2Q9XD"),
    ),
    Field(
        "coupon.value",
        "优惠券.金额",
        N_("the coupon's value, without the currency: 200"),
        ("200", "200"),
        ("500", "500"),
    ),
    Field(
        "coupon.ends_on",
        "优惠券.到期日",
        N_("the last day on which the coupon is taken"),
        ("7月31日", "31 July"),
        ("12月28日", "28 September"),
    ),
    Field(
        "shop.name",
        "门店.名称",
        N_("the shop's name, from schedules.yaml"),
        ("东南汽车泉州店", "Dongnan Quanzhou"),
        ("东南汽车泉州江南店", "Dongnan Quanzhou South"),
    ),
    Field(
        "shop.phone",
        "门店.电话",
        N_("the shop's phone, from schedules.yaml"),
        ("0595-22880000", "0595-22880000"),
        ("0595-22880000", "+86 595 2288 0000"),
    ),
)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a text may ask in a condition and never print: `{% if gateway.two_way %}`, or its Chinese `alias`."""

    name: str
    alias: str
    meaning: str


_FLAGS = (
    Flag(
        "gateway.two_way",
        "通道.可回复",
        N_("the gateway hears replies, so that a text may ask for one"),
    ),
)

FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for field in _REGISTRY})
FLAGS: Mapping[str, Flag] = MappingProxyType({flag.name: flag for flag in _FLAGS})
_BY_EITHER_NAME = {spelling: field for field in _REGISTRY for spelling in (field.name, field.alias)}
_FLAG_BY_EITHER_NAME = {spelling: flag for flag in _FLAGS for spelling in (flag.name, flag.alias)}


@lru_cache(maxsize=64)
def is_chinese(language: str) -> bool:
    """Are values and additions of a text in `language` spoken in Chinese? Every other language gets English ones."""
    return language.lower().startswith("zh")


def field_named(spelling: str) -> Field | None:
    """The field behind a name or its Chinese alias; None where there is none."""
    return _BY_EITHER_NAME.get(spelling)


def flag_named(spelling: str) -> Flag | None:
    """The flag behind a name or its Chinese alias; None where there is none."""
    return _FLAG_BY_EITHER_NAME.get(spelling)


def nearest_field(spelling: str) -> str:
    """The known name or alias, of a field or a flag, that looks most like `spelling`."""
    return nearest(spelling, [*_BY_EITHER_NAME, *_FLAG_BY_EITHER_NAME])


def nearest(word: str, known: Iterable[str]) -> str:
    """The word of `known` that looks most like `word`; always one, since even a wrong guess shows the form."""
    return get_close_matches(word, list(known), n=1, cutoff=0.0)[0]


def example_values(language: str) -> dict[str, str]:
    """A pleasant example of every field, as values for a renderer."""
    return {field.variable: field.example[0 if is_chinese(language) else 1] for field in _REGISTRY}


def hardest_values(language: str) -> dict[str, str]:
    """The longest value of every field one has to reckon with, as values for a renderer."""
    return {field.variable: field.hardest[0 if is_chinese(language) else 1] for field in _REGISTRY}
