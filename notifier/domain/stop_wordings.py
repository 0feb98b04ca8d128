"""Sentences that ask for no more texts, in English and Chinese: the "any reasonable wording" of the law.

Two ways lead to a stop: a clause made only of opt-out vocabulary ("please stop all these messages now"), or a pattern
in which a verb meets what it is to stop ("don't text me again", "别再给我发短信"). What looks alike and is not ("stop
by on Tuesday", "不要再发票了", "我要取消明天的预约") is listed in the tests. Add a wording here with its two tests.
"""

from __future__ import annotations

import re

__all__ = ["asks_to_stop"]


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_STRONG = _words("stop stopall unsubscribe unsubscribed quit revoke optout cease desist")
_WEAK = _words("cancel end remove delete")
"""Words that may as well be about an appointment: they want a noun of ours beside them."""
_POLITE = _words("please pls plz kindly thanks thank you now immediately ok okay hi hello sir")
_OURS = _words(
    "message messages messaging msg msgs text texts texting txt txts sms reminder reminders notification notifications "
    "spam spamming ads advertising advertisements promotions marketing subscription subscriptions"
)
_FILLERS = _words(
    "all these those the this your any more anymore me us my from to for sending contacting calling bothering annoying "
    "harassing with it of just i want would like id im am and again forever future service promotional must should "
    "everything receiving getting right away asap"
)
_TOKEN = re.compile(r"[a-z]+|[^\W\d_a-z]+|[0-9]+")
_CLAUSE = re.compile(r"[.,;:!?。、…\n]+")

_SMS = r"(?:texts?|txts?|messages?|msgs?|sms|spam|reminders|notifications|ads|mailings?)"
_WHICH = (
    r"(?:(?:all|any|more|further|future|these|those|this|such|that|your|my|the|of|so|many|marketing|promotional|service|"
    r"automated|text|texting|sms|annoying|stupid|damn)\s+)*"
)
_NUMBER = r"(?:(?:phone|mobile|cell)\s+)?(?:number|phone|no)"
_REFUSE = r"\b(?:dont|do not|never|not to|no longer)\s+(?:ever\s+)?"

_ENGLISH = (
    # stop texting me · quit sending these messages · cancel my reminders · no more texts
    r"\b(?:stop|quit|cease)\s+(?:all\s+)?(?:texting|messaging|contacting|spamming|bothering|harassing|annoying)\b",
    rf"\b(?:stop|quit|cease)\s+send(?:ing)?\s+(?:me\s+|us\s+)?{_WHICH}"
    rf"(?:{_SMS}|stuff|things|crap|this|these|to me|to this)\b",
    r"\b(?:stop|quit|cease)\s+send(?:ing)?(?:\s+(?:me|us))?\s*(?:$|[.,;!?])",
    rf"\b(?:stop|cease|cancel|end|no more|no further)\s+{_WHICH}(?:{_SMS}|messaging|subscriptions?)\b",
    # don't text me · never message us again · I no longer wish to get these texts
    rf"{_REFUSE}(?:text|txt|message|msg|sms|contact|spam|bother|disturb|harass)\s+(?:me|us|this {_NUMBER})\b"
    r"(?!\s+(?:when|if|while|before|until|till|unless|after|on|the|a|an)\b)",
    rf"{_REFUSE}send\s+(?:me\s+|us\s+)?{_WHICH}(?:{_SMS}|anything|stuff|any ?more)\b",
    rf"{_REFUSE}(?:want|wish|need|care)\s+(?:to\s+)?(?:(?:get|receive|have|be|see|hear)\s+)?{_WHICH}(?:{_SMS}|texted|messaged|contacted)\b",
    # take me off your list · remove my number · opt me out · leave me alone
    rf"\b(?:take|remove|delete|drop|get)\s+(?:me|my {_NUMBER}|this {_NUMBER})\s+(?:off|from|out of)\s+"
    rf"{_WHICH}(?:(?:mailing|contact|message)\s+)?(?:lists?|database|system|contacts|{_SMS})\b",
    rf"\b(?:remove|delete|lose)\s+my\s+{_NUMBER}\b(?!\s*(?:plates?|and (?:use|add)))",
    r"(?:^|please )remove me(?:$|[.,!]| please| now)",
    r"\bleave me alone\b|\bi said (?:stop|no more)\b",
    r"\b(?:revoke|withdraw)\s+(?:my\s+)?(?:consent|permission)\b",
    r"\b(?:unsubscribe|opt(?:ing)?[ -]?(?:me[ -]|us[ -])?out)\b"
    r"(?!\s+(?:of|from)\s+(?:the\s+)?(?:warranty|insurance|extended|plan|oil))",
)

_NO = r"(?:不要|不用|不必|别|勿|莫|停止|禁止|不准|不许|甭)"
_AGAIN = r"(?:再|继续|老是|总是|一直|天天|老|总|随便|来)*"
_SEND = r"(?:给我|向我|跟我|往我这)?(?:群发|发送|推送|发|推)(?:给我|我|来)?"
_ZH_SMS = r"(?:短信|简讯|信息|消息|广告|垃圾|营销|推广|促销|推销|推送)"
_ZH_WHICH = r"(?:这|那|些|种|类|样|个|任何|你们?|贵店|贵司|此|的|什么|所有|一切|我|垃圾|营销|广告|推广|提醒|服务)*"
# What else a shop may send, and what else may be cancelled.
_OTHER_POST = r"发票|快递|链接|地址|定位|位置|图|照片|报价|视频|合同|清单|文件|微信|邮件|邮箱|包裹"
_BUSINESS = r"预约|预定|订单|保养|维修|保险|续保|套餐|机油|定金|酒店|机票|贷款|年检|年审|合同|名额"

_CHINESE = (
    # 别再给我发短信 · 不要再发 · 停止发送 · 再发我就投诉
    rf"{_NO}{_AGAIN}{_SEND}{_ZH_WHICH}{_ZH_SMS}",
    rf"^(?!.*(?:{_OTHER_POST})).*{_NO}{_AGAIN}{_SEND}(?=$|[了啦吧呀啊哦好行,。;!?~…\s]|[这那]|任何)",
    r"(?:再|还|继续)(?:给我)?发.{0,6}(?:投诉|举报|拉黑|报警|起诉)",
    rf"{_NO}{_AGAIN}(?:打扰|骚扰|烦)(?!别人|他|她)|(?:免|勿)打?扰",
    rf"(?:停发|停止){_ZH_WHICH}(?:{_ZH_SMS}|订阅|打扰|骚扰|群发)",
    # 不想再收到短信 · 拒绝短信 · 不需要这种短信
    rf"(?:不想|不愿|不要|不再|不希望|拒绝|不接受|不需要|取消|停止|不)(?:再|继续|意|想|要)*(?:收到?|接收|接受|看到){_ZH_WHICH}(?:{_ZH_SMS}|$|了)",
    rf"(?:拒绝|拒收|不需要|不想要|不要|屏蔽)(?:再|有)?{_ZH_WHICH}(?:{_ZH_SMS}|打扰|骚扰)",
    # 拒收, but not our own footer quoted back (拒收请回复R), nor a parcel
    r"拒收(?!请|回复|.{0,4}(?:快递|货|订单|包裹))(?<!快递拒收)(?<!货拒收)",
    rf"退订(?!.{{0,8}}(?:{_BUSINESS}))",
    rf"^(?!.*(?:{_BUSINESS})).*取消{_ZH_WHICH}(?:订阅|群发|接收|关注|提醒|{_ZH_SMS})",
    # 删除我的号码 · 把我从名单里删掉
    r"(?:删除|删掉|移除|去掉|抹掉|拉黑)我的?(?:手机|电话|联系)?(?:号码?|信息|资料|方式|名单)",
    r"把我(?:的?(?:手机号码?|电话号码?|手机|电话|号码?|信息|名字))?(?:从.{0,8})?(?:删|移除|移出|拉黑|去掉|除名)",
    r"^(?:又是|都是|全是)?垃圾短信",
)

_WORDINGS = re.compile("|".join((*_ENGLISH, *_CHINESE)))

# Taken out before anything is read: they hold a stop's words and say the contrary, or tell of one.
_FALSE_FRIENDS = re.compile(
    # don't stop texting me · I don't want to unsubscribe · I can't stop by · why did you stop sending
    r"\b(?:dont|do not|didnt|did not|never|not)\s+(?:ever\s+)?(?:(?:want|mean|wish|ask|trying)\s+(?:you\s+)?)?"
    r"(?:to\s+)?(?:stop|quit|cease|cancel|end|remove|delete|unsubscribe|opt(?:ing)?[ -]out)\b"
    r"|\b(?:cant|cannot|couldnt)\s+(?:stop|end)\b"
    r"|\b(?:why|when|did|if|have|has)\s+(?:did\s+|do\s+|have\s+|has\s+)?(?:you|they|u)\s+(?:just\s+)?(?:stop|quit|cease|end)"
    r"|(?:不要|别|不用|不想|不是要?|没想|误|误发了?|不小心|取消)(?:停止|停发|取消|退订|删|拉黑|拒收|拒绝)|没有?退订(?!成功|掉)|不退订"
)


def asks_to_stop(text: str) -> bool:
    """Does `text` (lower case, simplified characters, no apostrophes) ask for no more texts, in whatever wording?"""
    said = _FALSE_FRIENDS.sub(" ", text)
    return any(_is_opt_out_vocabulary(clause) for clause in _CLAUSE.split(said)) or _WORDINGS.search(said) is not None


def _is_opt_out_vocabulary(clause: str) -> bool:
    """Only opt-out words, with a verb among them; digits beside them ("STOP 1") do not matter."""
    words = {token for token in _TOKEN.findall(clause) if not token.isdigit()}
    if words & _STRONG:
        return words <= _STRONG | _WEAK | _POLITE | _OURS | _FILLERS
    if words & _WEAK:
        return bool(words & _OURS) and words <= _WEAK | _POLITE | _OURS | _FILLERS
    return False
