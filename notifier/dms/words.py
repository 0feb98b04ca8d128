"""Words a DMS uses for one of a few things: visit categories, vehicle states, consent, languages.

Each rule gives ``(value, doubt)`` as in cleaning.py.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from notifier.dms.cleaning import NOTHING

__all__ = ["clean_category", "clean_consent", "clean_language", "clean_state"]

_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "first_service": ("first service", "first_service", "首保", "首次保养", "首保养", "免费首保", "首次免费保养"),
    "maintenance": (
        "maintenance",
        "service",
        "periodic maintenance",
        "routine maintenance",
        "定期保养",
        "定保",
        "保养",
        "常规保养",
        "普通保养",
        "例行保养",
        "二保",
        "保养维护",
        "大保养",
        "小保养",
    ),
    "repair": ("repair", "general repair", "一般维修", "普通维修", "维修", "机电维修", "小修", "大修", "返修", "快修"),
    "accident": (
        "accident",
        "accident repair",
        "body",
        "body repair",
        "insurance repair",
        "事故车",
        "事故",
        "事故维修",
        "钣喷",
        "保险事故",
        "事故车维修",
        "保险理赔",
        "钣金喷漆",
    ),
    "warranty": ("warranty", "claim", "warranty claim", "索赔", "保修", "质保", "三包", "质保索赔", "召回"),
    "decoration": ("decoration", "accessories", "装潢", "装饰", "精品", "加装", "美容", "精品加装"),
    "pdi": ("pdi", "pdi检查", "新车检查", "新车pdi", "售前检查"),
    "internal": ("internal", "内部", "内部维修", "内部工单", "内修", "本店", "公司车"),
    "other": ("other", "others", "其他", "其它"),
}
_INSIDE_LONGER = ("pdi", "internal", "accident", "first_service", "warranty", "maintenance", "decoration", "repair")
"""Where several words stand in one cell, what leaves the order out of the count comes first: 内部保养 is internal."""

_STATES: Mapping[str, tuple[str, ...]] = {
    "in_use": ("in use", "in_use", "active", "在用", "正常", "自用", "在册", "家用", "营运", "非营运", "使用中"),
    "sold": ("sold", "resold", "transferred", "已售", "已转卖", "转卖", "已卖", "已过户", "过户", "已转手", "已转让"),
    "scrapped": ("scrapped", "scrap", "written off", "报废", "已报废", "注销"),
    "pdi": ("pdi", "pdi车", "在途"),
    "test_drive": (
        "test drive",
        "test_drive",
        "demo",
        "demonstrator",
        "试驾",
        "试驾车",
        "试乘试驾",
        "试乘试驾车",
        "展车",
    ),
    "stock": ("stock", "in stock", "库存", "库存车", "未售", "在库", "商品车"),
}
_CONSENT: Mapping[str, tuple[str, ...]] = {
    "yes": ("yes", "y", "true", "1", "是", "同意", "已同意", "愿意", "接受", "接收", "有", "opt in", "opted in", "√"),
    "no": (
        "no",
        "n",
        "false",
        "0",
        "否",
        "不同意",
        "未同意",
        "拒绝",
        "不愿意",
        "不接受",
        "不接收",
        "退订",
        "已退订",
        "opt out",
        "opted out",
        "×",
    ),
    "unknown": ("unknown", "未知", "不详", "未确认", "?"),
}
_LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "zh-CN": ("zh", "zh-cn", "zh_cn", "cn", "chinese", "中文", "汉语", "普通话", "简体中文", "简体", "国语"),
    "en": ("en", "en-us", "en-gb", "en_us", "english", "英文", "英语"),
}


def _by_word(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {word: value for value, words in table.items() for word in words}


_CATEGORY_OF, _STATE_OF = _by_word(_CATEGORIES), _by_word(_STATES)
_CONSENT_OF, _LANGUAGE_OF = _by_word(_CONSENT), _by_word(_LANGUAGES)

_TELLING = {
    name: tuple(word for word in _CATEGORIES[name] if word == "pdi" or not word.isascii()) for name in _INSIDE_LONGER
}


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=1024)
def clean_category(text: str) -> tuple[str, str | None]:
    """What the car came for; an unknown word is ``other``, doubted as ``unknown_category``, an empty cell as well.

    A word inside a longer one counts: ``免费首保(5000公里)``, ``索赔维修``.
    """
    plain = _plain(text)
    if plain in _CATEGORY_OF:
        return _CATEGORY_OF[plain], None
    found = next((name for name in _INSIDE_LONGER if any(word in plain for word in _TELLING[name])), None)
    return (found, None) if found else ("other", "unknown_category")


@lru_cache(maxsize=1024)
def clean_state(text: str) -> tuple[str | None, str | None]:
    """What became of the car: in_use, sold, scrapped, pdi, test_drive, stock. Doubt: ``unknown_state`` (emptied)."""
    plain = _plain(text)
    if plain in NOTHING:
        return None, None
    return (_STATE_OF[plain], None) if plain in _STATE_OF else (None, "unknown_state")


@lru_cache(maxsize=1024)
def clean_consent(text: str) -> tuple[str | None, str | None]:
    """Marketing consent: yes, no, or None where nothing is said. Doubt: ``unclear_consent`` (nothing said)."""
    plain = _plain(text)
    if plain in NOTHING or _CONSENT_OF.get(plain) == "unknown":
        # 无 and 没有 stand for "nothing here" in other columns; in this one nobody can tell, so nothing is said.
        return None, None
    return (_CONSENT_OF[plain], None) if plain in _CONSENT_OF else (None, "unclear_consent")


@lru_cache(maxsize=256)
def clean_language(text: str) -> tuple[str | None, str | None]:
    """zh-CN or en. Doubt: ``unknown_language`` (the shop's language is used)."""
    plain = _plain(text)
    if plain in NOTHING:
        return None, None
    return (_LANGUAGE_OF[plain], None) if plain in _LANGUAGE_OF else (None, "unknown_language")
