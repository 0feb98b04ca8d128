"""What a cell of an export means: each rule takes the text as it was and gives ``(value, doubt)``.

The value is None where nothing usable is written; the doubt is a fixed English word for the import report, None where
all is well. Keep what can be kept, and say what was doubted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from operator import mul
from typing import NamedTuple

__all__ = [
    "CHINESE_PROVINCES",
    "Name",
    "clean_amount",
    "clean_code",
    "clean_count",
    "clean_name",
    "clean_odometer",
    "clean_plate",
    "clean_sex",
    "clean_text",
    "clean_vin",
    "has_vin_check_digit",
    "unwrapped",
]

NOTHING = frozenset(
    {"", "-", "--", "/", "\\", "无", "無", "没有", "暂无", "未知", "空", "null", "none", "nan", "n/a", "na"}
)
"""What people and programs write into a field that has nothing."""

_SPACES = re.compile(r"\s+")
_AS_IT_SHOULD_BE = re.compile(r"[0-9A-Z][0-9A-Z_/-]{4,99}")
"""Longer than any word for nothing."""
_WRAPPED = re.compile(r'\s*="(.*)"\s*')
_MADE_HARMLESS = re.compile(r"^'+(?=[=+\-@])")


def unwrapped(text: str) -> str:
    """What stands in a cell that was written so that Excel keeps it as text: ``="00123"`` → ``00123``."""
    while "=" in text and (match := _WRAPPED.fullmatch(text)):
        text = match[1]
    return text


@lru_cache(maxsize=16_384)
def clean_text(text: str, longest: int = 200) -> str | None:
    """Free text: half-width, single spaces, None where it says nothing.

    A formula stays the text it is, without the apostrophe our own exports make it harmless with.
    """
    plain = unwrapped(unicodedata.normalize("NFKC", text))
    if not plain.isprintable():
        plain = "".join(c for c in plain if c.isprintable() or c.isspace())
    plain = _MADE_HARMLESS.sub("", _SPACES.sub(" ", plain).strip()).strip()
    return None if plain.lower() in NOTHING else plain[:longest]


def clean_code(text: str) -> str | None:
    """An order, customer, policy or coupon number: no spaces, upper case, without what Excel adds (', .0)."""
    if _AS_IT_SHOULD_BE.fullmatch(text):
        return text
    plain = _SPACES.sub("", unwrapped(unicodedata.normalize("NFKC", text))).strip("'`").upper()
    if not plain.isprintable():
        plain = "".join(c for c in plain if c.isprintable())
    plain = re.sub(r'^="?(.*?)"?$', r"\1", plain) if plain.startswith("=") else plain
    plain = re.sub(r"^(\d+)\.0+$", r"\1", plain)
    return None if plain.lower() in NOTHING else plain[:100]


_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_UNSAID_IN_VIN = re.compile(r"[\s\-*'`.·]+")
_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
) | {str(n): n for n in range(10)}
_VIN_TABLE = bytes(_VIN_VALUES.get(chr(code), 0) for code in range(256))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def clean_vin(text: str) -> tuple[str | None, str | None]:
    """17 characters without I, O, Q; spaces and dashes ignored. Doubts: ``bad_vin``, ``vin_check_digit`` (kept)."""
    vin = (
        text if _VIN.fullmatch(text) else _UNSAID_IN_VIN.sub("", unwrapped(unicodedata.normalize("NFKC", text))).upper()
    )
    if not _VIN.fullmatch(vin) or vin.count(vin[0]) == 17:
        return None, "bad_vin"
    return vin, None if has_vin_check_digit(vin) else "vin_check_digit"


def has_vin_check_digit(vin: str) -> bool:
    """Whether the ninth character is the check digit of the others (ISO 3779 as China and North America use it)."""
    return vin[8] == "0123456789X"[(_weighed(vin[:8], 0) + _weighed(vin[8:13], 8) + _weighed(vin[13:], 13)) % 11]


@lru_cache(maxsize=32_768)
def _weighed(part: str, place: int) -> int:
    """What the characters of a VIN from `place` on add to its check sum; the parts of many VINs are alike."""
    return sum(map(mul, part.encode().translate(_VIN_TABLE), _VIN_WEIGHTS[place:]))


CHINESE_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"
"""What a Chinese plate begins with."""
_CHINESE_PLATE = re.compile(rf"[{CHINESE_PROVINCES}][A-Z][A-Z0-9]{{4,6}}[A-Z0-9挂学警港澳领使]")
_OTHER_PLATE = re.compile(r"[^\W_]{2,10}")
_NO_PLATE = (
    frozenset(
        {"无牌", "无牌车", "未上牌", "临牌", "新车", "未挂牌", "暂未上牌", "临时牌照", "无牌照", "待上牌", "未上户"}
    )
    | NOTHING
)


@lru_cache(maxsize=4096)
def clean_plate(text: str, region: str) -> tuple[str | None, str | None]:
    """A number plate, upper case without dots and spaces. Doubt: ``bad_plate`` (emptied)."""
    plate = re.sub(r"[\s·•.\-_'`*]+", "", unwrapped(unicodedata.normalize("NFKC", text))).upper()
    if plate.lower() in _NO_PLATE:
        return None, None
    if (_CHINESE_PLATE if region == "CN" else _OTHER_PLATE).fullmatch(plate):
        return plate, None
    return None, "bad_plate"


_PLAIN_MONEY = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,2})?")
_MONEY = re.compile(r"-?\d+(\.\d+)?")
_MOST_MONEY = 1_000_000_000
"""No order is a thousand million; a phone in the wrong column is more."""


def clean_amount(text: str) -> tuple[int | None, str | None]:
    """Money in minor units: ￥1,234.50 → 123450; (80), -80 and 80- → -8000, a refund. Doubt: ``bad_amount``."""
    if _PLAIN_MONEY.fullmatch(text):
        return round(float(text) * 100), None  # exact: twelve digits are far from the limit of a float
    plain = unwrapped(unicodedata.normalize("NFKC", text))
    plain = re.sub(r"(?i)cny|rmb|usd|人民币|[\s,¥$€£元圆整']+", "", plain).replace("−", "-")
    if plain.lower() in NOTHING:
        return None, None
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    elif plain.endswith("-"):
        plain = f"-{plain[:-1]}"
    if not _MONEY.fullmatch(plain) or len(plain) > 30 or abs(Decimal(plain)) >= _MOST_MONEY:
        return None, "bad_amount"
    return int((Decimal(plain) * 100).quantize(Decimal(1), ROUND_HALF_UP)), None


@lru_cache(maxsize=65_536)
def clean_odometer(text: str) -> tuple[int | None, str | None]:
    """Whole kilometres: ``12,345 km``, ``1.2万公里``. Zero and what is no number are doubted: ``bad_odometer``."""
    if text.isascii() and text.isdigit() and len(text) < 8:
        return (int(text), None) if int(text) else (0, "bad_odometer")
    plain = re.sub(r"(?i)km|[\s,公里千米']+", "", unicodedata.normalize("NFKC", text))
    if plain.lower() in NOTHING:
        return None, None
    factor = 10_000 if plain.endswith("万") else 1
    try:
        km = int(Decimal(plain.removesuffix("万")) * factor)
    except (InvalidOperation, ValueError, OverflowError):
        return None, "bad_odometer"
    if not 0 <= km < 10_000_000:
        return None, "bad_odometer"
    return km, None if km else "bad_odometer"


def clean_count(text: str) -> tuple[int | None, str | None]:
    """A whole number such as points. Doubt: ``bad_number``."""
    plain = re.sub(r"[\s,']+", "", unicodedata.normalize("NFKC", text))
    if plain.lower() in NOTHING:
        return None, None
    match = re.fullmatch(r"(-?\d{1,9})(?:\.\d*)?", plain)
    return (int(match[1]), None) if match else (None, "bad_number")


class Name(NamedTuple):
    """A name without its title; the sex the title tells; whether it is a company's."""

    name: str | None
    sex: str | None
    is_company: bool


_TITLES_BEHIND: Mapping[str, str] = {"先生": "m", "女士": "f", "小姐": "f", "太太": "f", "夫人": "f"}
_TITLES_BEFORE: Mapping[str, str] = {"mr": "m", "mrs": "f", "ms": "f", "miss": "f"}
_CHINESE_TITLE = re.compile(rf"[\s(]*({'|'.join(_TITLES_BEHIND)})\)?$")
_EITHER_TITLE = re.compile(r"[\s(]*(?:先生|女士|小姐)\s*[/、或]\s*(?:先生|女士|小姐)\)?$")
"""先生/女士 as a form prints it, nobody having crossed one out, tells no sex."""
_ENGLISH_TITLE = re.compile(r"(mr|mrs|ms|miss)[. ]+", re.IGNORECASE)
_COMPANY = re.compile(
    r"公司|集团|有限|工厂|商行|商店|学校|大学|中学|小学|幼儿园|医院|银行|酒店|宾馆|超市|合作社|事务所|委员会|村委|政府|"
    r"管理局|研究院|研究所|基金会|协会|商会|车队|大队|支队|经营部|门市部|服务部|加油站|[^\W\d_]{2,}(?:中心|厂|局)$|"
    r"\b(co\.|ltd|inc|gmbh|llc|company|corp)\b|\b(co\.|corp\.)",
    re.IGNORECASE,
)
_NO_NAME = frozenset({"测试", "test", "无名", "车主", "客户", "未填写", "不详", "匿名", "散客"})


def clean_name(text: str) -> Name:
    """陈女士 → 陈, f; Mr. Smith → Smith, m; a company is marked. A name like ``=1+1`` is a name."""
    name = clean_text(text, 80)
    if name is None or name.lower() in _NO_NAME:
        return Name(None, None, is_company=False)
    if _COMPANY.search(name):
        return Name(name, None, is_company=True)
    if match := _ENGLISH_TITLE.match(name):
        return Name(name[match.end() :] or None, _TITLES_BEFORE[match[1].lower()], is_company=False)
    plain = _EITHER_TITLE.sub("", name)
    bare = _CHINESE_TITLE.sub("", plain).strip()
    title = _CHINESE_TITLE.search(plain)
    return Name(bare or None, _TITLES_BEHIND[title[1]] if title else None, is_company=False)


_SEXES = {
    "男": "m",
    "男性": "m",
    "m": "m",
    "male": "m",
    "1": "m",
    "先生": "m",
    "mr": "m",
    "女": "f",
    "女性": "f",
    "f": "f",
    "female": "f",
    "2": "f",
    "女士": "f",
    "小姐": "f",
    "ms": "f",
    "mrs": "f",
}


def clean_sex(text: str) -> str | None:
    """m, f or None (GB/T 2261.1 writes 1 and 2)."""
    return _SEXES.get(unicodedata.normalize("NFKC", text).strip().strip(".").lower())
