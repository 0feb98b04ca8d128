"""Words in which staff write what came of a call, in Chinese and English, whoever exported the list.

Each rule gives ``(value, doubt)`` as in cleaning.py; an unknown word is doubted, and the caller keeps it in the note.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from notifier.dms.cleaning import NOTHING, unwrapped
from notifier.domain.rules import RULES
from notifier.locale import LANGUAGES, _, language
from notifier.locale.contact_words import REASON_WORDS, RESULT_WORDS

__all__ = ["clean_purpose", "clean_reason_code", "clean_result"]


def _listed(**words: str) -> Mapping[str, tuple[str, ...]]:
    return {value: tuple(text.split(", ")) for value, text in words.items()}


_RESULTS = _listed(
    reached=(
        "spoke to them, spoke, reached, contacted, answered, talked, connected, 已接通, 接通, 已联系, 联系上, "
        "已联系上, 已跟进, 已通话, 通话, 成功, 接听, 已接听, 有人接听"
    ),
    booked=(
        "booked, appointment, appointed, scheduled, 已预约, 预约, 预约成功, 预约进店, 预约到店, 预约进厂, 预约回厂, "
        "同意到店, 答应到店"
    ),
    call_again=(
        "call again, call back, callback, call later, follow up, later, thinking, 再联系, 再次联系, 稍后联系, "
        "另约时间, 改天联系, 改日联系, 需再跟进, 继续跟进, 待跟进, 约定再联系, 考虑中, 再考虑, 考虑, 忙, 在忙, "
        "开会, 不方便"
    ),
    no_answer=(
        "no answer, not answered, unanswered, busy, voicemail, not reached, missed, 无人接听, 无人接, 没人接, 未接, "
        "未接通, 未接听, 没接, 不接, 占线, 忙音, 关机, 已关机, 无法接通, 联系不上, 未联系上, 拒接, 挂断, 转语音, "
        "呼转"
    ),
    declined=(
        "not this time, not now, not interested, declined, no need, no interest, 暂不需要, 不需要, 暂无需求, "
        "无意向, 没意向, 暂无意向, 没有意向, 不来, 不考虑, 暂不考虑, 暂不到店, 不感兴趣, 没兴趣"
    ),
    already_done=(
        "done already, already done, done, done elsewhere, renewed, already renewed, 已完成, 已做, 已经做了, "
        "已做过, 做过了, 已保养, 已保养过, 已续保, 已在别处做, 他店已做, 在外已做, 已在外保养, 已回厂, 已到店, "
        "已年审, 已办"
    ),
    sold=(
        "car sold, sold, resold, vehicle sold, traded in, 车已卖, 已卖车, 已卖, 卖车, 车卖了, 车已售, 已售, 已转卖, "
        "转卖, 已过户, 过户, 已转手, 车已转手, 已置换, 车辆已售, 车辆已转卖, 车辆已过户, 已换车"
    ),
    wrong_number=(
        "wrong number, bad number, number dead, dead number, invalid number, disconnected, 号码错误, 错号, 空号, "
        "停机, 号码错, 打错, 错误号码, 非本人, 不是本人, 非车主, 号码不对, 号码有误, 号码停机, 已停机, 号码空号, "
        "换号, 已换号"
    ),
    refused=(
        "wants no offers, refused, refuses, refused marketing, no marketing, no offers, 拒绝, 拒绝营销, 拒绝联系, "
        "不要再打, 不要推销, 拒绝推销, 谢绝推销, 不接受营销, 拒绝回访, 反感, 勿再打扰, 勿扰"
    ),
    do_not_text=(
        "wants no texts, do not text, no texts, no sms, stop texting, stop, opt out, opted out, unsubscribe, "
        "不要再发短信, 不要发短信, 拒收短信, 拒收, 勿发短信, 别发短信, 别再发短信, 不再接收短信, 不接收短信, "
        "短信退订, 退订"
    ),
)
_REASONS = _listed(
    price="price, too expensive, expensive, cost, 价格, 价格高, 价格贵, 太贵, 贵, 嫌贵, 费用高, 收费高, 性价比",
    skill=(
        "quality of repair, quality, skill, repair quality, trust, service, attitude, 技术, 维修质量, 技术不好, "
        "修不好, 质量, 不信任, 服务, 服务态度, 服务差, 技术水平, 维修技术"
    ),
    waiting=(
        "waiting time, waiting, wait, too slow, slow, no time, 等待, 等待时间, 等待时间长, 等候时间长, 等太久, "
        "排队, 慢, 没时间"
    ),
    distance=(
        "too far, distance, far, far away, moved, moved away, 距离, 距离远, 路远, 太远, 远, 在外地, 外地, 搬家, 异地"
    ),
    own_garage=(
        "another garage, own garage, friend's garage, other garage, elsewhere, competitor, 朋友修理厂, 朋友的店, "
        "熟人修理厂, 自有修理厂, 外面修理厂, 其他修理厂, 他店, 别的店, 路边店, 快修店, 外修, 单位定点, 其他4s店, "
        "在外保养, 自己的修理厂"
    ),
    little_driving=(
        "little driving, low mileage, drives little, not driving, 开得少, 里程少, 很少开, 行驶少, 用车少, 不怎么开, "
        "里程不到, 里程未到"
    ),
    sold="car sold, sold, resold, 车已卖, 已卖车, 已卖, 卖车, 车卖了, 已售, 已转卖, 转卖, 已过户, 过户, 已转手, 已置换",
    other="other reason, other, others, 其他, 其它, 其他原因, 其它原因",
)
_PURPOSES = _listed(
    first_service="first service, 首保, 首保招揽, 首次保养",
    maintenance_due=(
        "maintenance due, maintenance, service due, service, 定期保养招揽, 定期保养, 定保, 定保招揽, 保养招揽, 保养"
    ),
    insurance_expiry="insurance expiry, insurance, renewal, 续保提醒, 续保, 保险到期, 续保招揽, 车险续保, 保险",
    inspection="annual inspection, inspection, 年审提醒, 年审, 年检, 年检提醒",
    loan_end="loan end, loan, 按揭到期, 按揭, 贷款到期",
    warranty_end="warranty end, warranty, 质保到期, 质保, 保修到期",
    birthday="birthday, 生日关怀, 生日",
    anniversary="purchase anniversary, anniversary, 爱车周年, 购车周年",
    thank_you="delivery thank-you, thank-you, 交车感谢, 交车回访",
    follow_up="after-visit follow-up, follow-up, csi, 售后回访, 回访, 维修回访",
    winback="win-back, winback, lost customers, 流失招揽, 流失, 流失客户招揽, 流失召回",
    points="points expiring, points, 积分到期, 积分",
    level="member level, level, 会员等级, 会员升级",
    referral="referral thanks, referral, 转介绍(荐者有份), 转介绍, 荐者有份, 转介绍感谢",
    tips="car-care tips, tips, 用车提示, 用车小贴士, 用车知识",
    festival="festival greeting, festival greetings, festivals, festival, 节日问候, 节日",
    list="list, event invitation, recall, broadcast, 名单, 活动邀约, 召回通知, 群发, 天气与安全提醒",
)


def _plain(text: str) -> str:
    return " ".join(unwrapped(unicodedata.normalize("NFKC", text)).casefold().strip("'’").split())


@cache
def _known(what: str) -> Mapping[str, str]:
    """Word → value, compared as a cell is: the value's own name, the words above, what our lists say anywhere."""
    table, spoken = _TABLES[what]
    words = {_plain(word): value for value in spoken for word in (value, *table.get(value, ()))}
    for name in LANGUAGES:
        with language(name):
            words |= {_plain(_(sentence)): value for value, sentence in spoken.items()}
    return words


_TABLES: Mapping[str, tuple[Mapping[str, tuple[str, ...]], Mapping[str, str]]] = {
    "result": (_RESULTS, RESULT_WORDS),
    "reason_code": (_REASONS, REASON_WORDS),
    "purpose": (_PURPOSES, {name: rule.title for name, rule in RULES.items()}),
}


@lru_cache(maxsize=1024)
def clean_result(text: str) -> tuple[str | None, str | None]:
    """One of domain.contacts.RESULTS. Doubt: ``unknown_result``."""
    return _read(text, "result")


@lru_cache(maxsize=1024)
def clean_reason_code(text: str) -> tuple[str | None, str | None]:
    """One of domain.contacts.REASON_CODES. Doubt: ``unknown_reason_code``."""
    return _read(text, "reason_code")


@lru_cache(maxsize=1024)
def clean_purpose(text: str) -> tuple[str | None, str | None]:
    """The rule the call was about, by its name or its title. Doubt: ``unknown_purpose``."""
    return _read(text, "purpose")


def _read(text: str, what: str) -> tuple[str | None, str | None]:
    plain = _plain(text)
    if plain in NOTHING:
        return None, None
    found = _known(what).get(plain)
    return found, None if found else f"unknown_{what}"
