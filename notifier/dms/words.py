"""Words a DMS uses for one of a few things: visit categories, vehicle states, consent, languages.

Each rule gives ``(value, doubt)`` as in cleaning.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from notifier.dms.cleaning import NOTHING, unwrapped

__all__ = ["MAINTENANCE", "NOT_COUNTED", "clean_category", "clean_consent", "clean_language", "clean_state"]


def _listed(**words: str) -> Mapping[str, tuple[str, ...]]:
    return {value: tuple(text.split(", ")) for value, text in words.items()}


_CATEGORIES = _listed(
    first_service=(
        "first service, first_service, 首保, 首次保养, 首保养, 免费首保, 首次免费保养, 强保, 强制保养, 一保"
    ),
    maintenance=(
        "maintenance, service, periodic maintenance, routine maintenance, 定期保养, 定保, 保养, 常规保养, 普通保养, "
        "例行保养, 二保, 保养维护, 大保养, 小保养, 保养套餐, 机油保养, 换机油, 季度保养, 年度保养"
    ),
    repair=(
        "repair, general repair, 一般维修, 普通维修, 维修, 机电维修, 机修, 机电, 小修, 大修, 中修, 返修, 快修, 修理, "
        "故障维修, 自费维修, 客户自费"
    ),
    accident=(
        "accident, accident repair, body, body repair, insurance repair, collision, 事故车, 事故, 事故维修, 钣喷, "
        "钣金, 喷漆, 油漆, 保险事故, 事故车维修, 保险理赔, 保险维修, 钣金喷漆, 理赔"
    ),
    warranty=(
        "warranty, claim, warranty claim, recall, 索赔, 保修, 质保, 三包, 质保索赔, 厂家索赔, 保用, 召回, 质量担保, "
        "善意索赔"
    ),
    decoration="decoration, accessories, 装潢, 装饰, 精品, 加装, 美容, 精品加装, 装具, 改装, 贴膜, 用品",
    pdi="pdi, pdi检查, 新车检查, 新车pdi, 售前检查, 交车前检查, 交车检查, 新车整备, 新车检测, 出库检查",
    internal="internal, 内部, 内部维修, 内部工单, 内修, 本店, 公司车, 自用车, 本公司, 试驾车, 试乘试驾车, 商品车",
    other="other, others, 其他, 其它, 年检, 年审, 代办年审, 检测, 检查, 免费检测, 洗车, 救援, 咨询, 预检",
)
_INSIDE_LONGER = ("pdi", "internal", "accident", "first_service", "warranty", "maintenance", "decoration", "repair")
"""Where several words stand in one cell, what leaves the order out of the count comes first: 内部保养 is internal."""
_DENIED = re.compile(
    r"(?:保修|质保|三包|索赔)期?(?:以?外|已过)|(?:非|不含|无)(?:索赔|事故|保养|质保|保修|保险|内部)|过保(?!养)"
)
"""What a word denies is not what the car came for: 保修期外维修 is an ordinary repair."""

NOT_COUNTED = frozenset({"pdi", "internal", "accident"})
"""Orders of these categories alone make no visit that counts."""
MAINTENANCE = frozenset({"first_service", "maintenance"})

_STATES = _listed(
    in_use=(
        "in use, in_use, active, 在用, 正常, 正常使用, 自用, 在册, 家用, 家庭自用, 营运, 非营运, 使用中, 使用, 私家车, "
        "私车, 私人, 公务车, 公务, 公车, 单位用车, 商用, 出租, 出租车, 网约车, 租赁, 保有"
    ),
    sold=(
        "sold, resold, transferred, traded in, 已售, 已转卖, 转卖, 已卖, 已出售, 出售, 已过户, 过户, 已转手, 转手, "
        "已转让, 转让, 卖掉, 已转籍, 转籍, 迁出, 已置换, 置换"
    ),
    scrapped="scrapped, scrap, written off, total loss, 报废, 已报废, 注销, 已注销, 灭失, 全损",
    pdi="pdi, pdi车, 在途, 待交车, 未交车",
    test_drive="test drive, test_drive, demo, demonstrator, 试驾, 试驾车, 试乘试驾, 试乘试驾车, 试乘车",
    stock="stock, in stock, 库存, 库存车, 未售, 在库, 商品车, 展车, 展示车, 待售",
)
_STATE_INSIDE_LONGER = (
    ("scrapped", ("报废", "注销", "灭失", "全损")), ("test_drive", ("试驾", "试乘")),
    ("stock", ("库存", "在库", "商品车", "展车")), ("pdi", ("pdi",)),
    ("sold", ("转卖", "过户", "转手", "转让", "卖掉", "已卖", "转籍")),
)  # fmt: skip
_DENYING = re.compile("[未非不没否无]|正在|准备")
_CONSENT = _listed(
    yes=(
        "yes, y, true, 1, 是, 同意, 已同意, 愿意, 接受, 接收, 有, 可以, 允许, 授权, 已授权, 同意接收, 已订阅, 订阅, "
        "opt in, opted in, opt-in, √, ✓, ✔"
    ),
    no=(
        "no, n, false, 0, 否, 不同意, 未同意, 拒绝, 不愿意, 不接受, 不接收, 不可以, 不允许, 未授权, 不授权, 拒收, "
        "拒绝接收, 勿扰, 免打扰, 取消, 已取消, 退订, 已退订, 取消订阅, opt out, opted out, opt-out, ×, ✗, ✘"
    ),
    unknown="unknown, 未知, 不详, 未确认, 待确认, ?",
)
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
    return " ".join(unwrapped(unicodedata.normalize("NFKC", text)).casefold().strip("'").split())


@lru_cache(maxsize=1024)
def clean_category(text: str) -> tuple[str, str | None]:
    """What the car came for; an unknown word is ``other``, doubted as ``unknown_category``, an empty cell as well.

    A word inside a longer one counts (``免费首保(5000公里)``, ``索赔维修``) unless it is denied (``保修期外维修``).
    """
    plain = _plain(text)
    if plain in _CATEGORY_OF:
        return _CATEGORY_OF[plain], None
    plain = _DENIED.sub("", plain)
    found = next((name for name in _INSIDE_LONGER if any(word in plain for word in _TELLING[name])), None)
    return (found, None) if found else ("other", "unknown_category")


@lru_cache(maxsize=1024)
def clean_state(text: str) -> tuple[str | None, str | None]:
    """What became of the car: in_use, sold, scrapped, pdi, test_drive, stock. Doubt: ``unknown_state`` (emptied).

    A word inside a longer one counts (2023年已转卖) unless something in the cell denies it (未过户).
    """
    plain = _plain(text)
    if plain in NOTHING:
        return None, None
    if plain in _STATE_OF:
        return _STATE_OF[plain], None
    inside = () if _DENYING.search(plain) else _STATE_INSIDE_LONGER
    found = next((state for state, words in inside if any(word in plain for word in words)), None)
    return found, None if found else "unknown_state"


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
