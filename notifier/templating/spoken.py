"""Values as a person says them: 5月9日, 陈女士, 200, and nothing at all where the records hold only a dash."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from notifier.templating.fields import is_chinese
from notifier.templating.surnames import PINYIN, in_letters, surname_of

__all__ = ["cleaned", "spoken_date", "spoken_list", "spoken_money", "spoken_plate", "spoken_salutation"]

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PROVINCES = in_letters(
    """
    京Jing 津Jin 沪Hu 渝Yu 冀Ji 豫Yu 云Yun 辽Liao 黑Hei 湘Xiang 皖Wan 鲁Lu 新Xin 苏Su 浙Zhe 赣Gan 鄂E 桂Gui 甘Gan
    晋Jin 蒙Meng 陕Shan 吉Ji 闽Min 贵Gui 粤Yue 青Qing 藏Zang 川Chuan 宁Ning 琼Qiong
    """
)

# What clerks type where there is nothing to say.
_NOTHING = frozenset(
    {
        "none",
        "null",
        "nan",
        "nil",
        "n/a",
        "na",
        "undefined",
        "unknown",
        "0",
        "无",
        "暂无",
        "没有",
        "未知",
        "不详",
        "空",
        "test",
    }
    | {"未上牌", "未挂牌", "待上牌", "无牌", "临牌", "新车", "无牌照", "无姓名", "测试"}
)
# Braces and brackets in a name are dirt that looks like a field or a signature; curly marks make English texts dear.
_TIDY = str.maketrans({**dict.fromkeys("{}[]【】<>", None), "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-"})

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_COMPANY = re.compile(
    r"公司|集团|工厂|银行|学校|医院|酒店|商行|事务所|合作社|委员会|\b(?:ltd|inc|llc|gmbh|co)\b", re.IGNORECASE
)
_REMARK = re.compile(r"[(/\\,、;|（，；]|\d{2,}")
_HONORIFIC_ZH = re.compile(r"(.*?)(先生|女士|小姐|太太)$")
_HONORIFIC_EN = re.compile(r"^(mr|mrs|ms|miss)\b\.?\s*", re.IGNORECASE)
_SEX_OF = {"先生": "m", "女士": "f", "小姐": "f", "太太": "f", "mr": "m", "mrs": "f", "ms": "f", "miss": "f"}
_TITLES_ZH = {"m": "先生", "f": "女士"}
_TITLES_EN = {"m": "Mr", "f": "Ms"}
_SURNAMES_IN_LETTERS = frozenset(PINYIN.values())
# One or two syllables of pinyin: tells Chen Wei (surname first) from Wen Miller.
_GIVEN_NAME_IN_LETTERS = re.compile(
    r"(?:(?:[zcs]h|[bpmfdtnlgkhjqxzcsryw])?[aeiou]{1,3}(?:ng|n|r)?){1,2}", re.IGNORECASE
)


def cleaned(raw: str | None) -> str:
    """The value without invisible characters, braces and doubled spaces; empty where it says nothing ("无", "None")."""
    if not raw:
        return ""
    text = " ".join(raw.translate(_TIDY).split())
    if not text.isprintable():
        text = "".join(char for char in text if char.isprintable())
    return "" if text.lower() in _NOTHING or not any(map(str.isalnum, text)) else text


@lru_cache(maxsize=4096)
def spoken_date(day: date, language: str) -> str:
    """5月9日, or 9 May. Without the year: a text speaks of the next such day."""
    return f"{day.month}月{day.day}日" if is_chinese(language) else f"{day.day} {_MONTHS[day.month - 1]}"


def spoken_money(minor: int) -> str:
    """Minor units as an amount without currency: 200, not 200.00; 199.50 where there are cents."""
    return f"{minor // 100}.{minor % 100:02d}" if minor % 100 else str(minor // 100)


def spoken_plate(raw: str | None, language: str) -> str:
    """The plate as written; in English `Min C12345`, since one Chinese character would halve the room of the text."""
    plate = cleaned(raw)
    if is_chinese(language) or not plate:
        return plate
    plate = plate.replace("·", "")
    province = _PROVINCES.get(plate[0])
    return f"{province} {plate[1:]}" if province else plate


def spoken_list(parts: list[str], language: str) -> str:
    """One value a car, in car order: joined with 、 or "and", and said once where all are equal."""
    if len(set(parts)) == 1:
        return parts[0]
    if is_chinese(language):
        return "、".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def spoken_salutation(name: str | None, sex: str | None, *, is_company: bool, language: str) -> str:
    """陈女士, 欧阳先生, Ms Chen; the full name where the sex is not known; 尊敬的车主 / Dear customer else.

    A company reads its texts through whoever drives the car, so it is addressed as an owner. `sex`: m, f or None.
    """
    nobody = "尊敬的车主" if is_chinese(language) else "Dear customer"
    known = cleaned(name)
    if is_company or _COMPANY.search(known):
        return nobody
    person, said_sex = _without_honorific(_REMARK.split(known, maxsplit=1)[0].strip())
    if not any(map(str.isalpha, person)):
        return nobody
    spoken = _in_chinese if is_chinese(language) else _in_english
    return spoken(person, said_sex or sex or "") or nobody


def _without_honorific(name: str) -> tuple[str, str | None]:
    """The name alone, and the sex that "陈先生" or "Mr Smith" in the name column tells."""
    if _CHINESE.search(name):
        name = name.replace(" ", "")
    if chinese := _HONORIFIC_ZH.match(name):
        return chinese[1], _SEX_OF[chinese[2]]
    if english := _HONORIFIC_EN.match(name):
        return name[english.end() :], _SEX_OF[english[1].lower()]
    return name, None


def _in_chinese(name: str, sex: str) -> str:
    title = _TITLES_ZH.get(sex, "")
    if not _CHINESE.search(name):
        return f"{_latin_surname(name)}{title}" if title else name
    if "·" in name:
        return f"{name.partition('·')[0]}{title}" if title else name
    if not title:
        return name if len(name) > 1 else ""
    return f"{surname_of(name)}{title}"


def _in_english(name: str, sex: str) -> str:
    title = _TITLES_EN.get(sex, "")
    if not _CHINESE.search(name):
        return f"{title} {_latin_surname(name)}" if title else _in_mixed_case(name)
    surname = PINYIN.get(surname_of(name))
    return f"{title} {surname}" if title and surname else ""


def _latin_surname(name: str) -> str:
    """The last word, or the first of a Chinese name written surname first: Chen Xiaofang, Anna Chen."""
    words = _in_mixed_case(name).split()
    is_surname_first = (
        len(words) == 2
        and words[0] in _SURNAMES_IN_LETTERS
        and words[1] not in _SURNAMES_IN_LETTERS
        and _GIVEN_NAME_IN_LETTERS.fullmatch(words[1])
    )
    return words[0] if is_surname_first else words[-1]


def _in_mixed_case(name: str) -> str:
    return name.title() if name.isupper() else name
