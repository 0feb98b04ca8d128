"""What a customer's answer means: stop, start, help, a digit the answered message declares, kilometres, or a text for
people.

Two errors are possible and neither is small: a stop that is missed breaks the law ("any reasonable wording" is to be
honoured), a stop that is only imagined silences somebody who wanted an appointment. So a word alone counts as such,
patterns want a verb *and* what it is to stop, and everything else goes to people. Source: facts/providers.md, "Law and
custom" and Twilio's list of words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from notifier.domain.odometer import odometer_told
from notifier.domain.stop_wordings import asks_to_stop

__all__ = ["ODOMETER", "How", "Understood", "is_start", "is_stop", "understand"]

How = Literal["word", "wording", "yes", "digit", "figure", "none"]
ODOMETER = "odometer"
"""The meaning of an answer that tells the kilometres; a message that asks for them declares it for ``km``."""


@dataclass(frozen=True, slots=True)
class Understood:
    """`meaning`: "stop", "start", "help", "odometer", "text", "empty", or what the message declares for the digit.

    `how` says by what: one of the fixed words, a wording (a sentence understood), the lone word YES (a start to Twilio,
    perhaps only politeness to the customer), a declared digit, a figure (kilometres, in `km`), or nothing of these.
    """

    meaning: str
    how: How
    km: int | None = None


_STOP_WORDS = frozenset(
    {
        *("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "revoke", "optout", "opt out", "cancel"),
        *("r", "td", "t", "n"),
        *("退订", "拒收", "取消订阅", "不要再发", "别再发了", "停止", "停发", "勿扰"),
    }
)
_START_WORDS = frozenset(
    {
        *("start", "unstop", "subscribe", "resubscribe", "optin", "opt in", "opt back in"),
        *("订阅", "我要订阅", "恢复订阅", "重新订阅", "恢复接收", "重新接收", "继续接收", "恢复短信", "恢复发送"),
        *("取消退订", "取消拒收"),
    }
)
_HELP_WORDS = frozenset({"help", "info", "帮助"})
_POLITE = re.compile(
    r"^(?:please|pls|plz|kindly|请|麻烦|谢谢|你好|您好)\s*|\s*(?:please|pls|plz|thanks|thank you|谢谢|多谢)$"
)

# "回复R", "reply 1": customers copy the instruction together with its answer.
_INSTRUCTION = re.compile(
    r"^(?:我)?(?:回复|回|选择|选|按|发送|发|输入|(?:i )?(?:reply(?:ing)?|answer|option|press|send|text)\b)"
    r"\s*(?:with\b)?[\s:]*(?=\S)"
)
# Hong Kong, Macao and Taiwan type traditional characters; only those of our own words and patterns matter.
_SIMPLIFIED = str.maketrans(
    "訂發擾絕復覆閱幫別請給訊號點預約謝煩廣刪碼這們簡個種類終還電話資機訴舉報對後裡裏數萬車現總當駛顯開儀",
    "订发扰绝复复阅帮别请给讯号点预约谢烦广删码这们简个种类终还电话资机诉举报对后里里数万车现总当驶显开仪",
)
# The square that turns "1" into a keycap and its variation selector are marks (Me, Mn).
_INVISIBLE = frozenset({"Cf", "Cc", "Mn", "Me"})

_DIGIT_FIRST = re.compile(r"([0-9]+)(.*)", re.DOTALL)
_WORDS_AFTER_DIGIT = re.compile(r"(?:预约|明|后天|今|上午|下午|谢|好|可以|ok)")
# "1 week later", "1号下午", "1.5万公里", "1 or 2": a number, not an answer.
_UNIT = re.compile(
    r"(?:st|nd|rd|th|of|or|and|to|more|weeks?|days?|months?|years?|hours?|minutes?|o'?clock|am|pm|km|kilomet\w*|miles?|"
    r"cars?|vehicles?|questions?|times?|persons?|people|another|other|thing)\b"
    r"|[万千百公里天周月日号點点时年次分楼位辆台个块元折升岁成]|或|还是|和|至|到"
)
_ANOTHER_NUMBER = re.compile(r"[0-9]+(?:$|[\s,;!。、]|\.(?![0-9]))")
_ALTERNATIVE = re.compile(r"(?:or|and)\b|或|还是|和")
_SEPARATOR = re.compile(r"[\s,;!.?。、)\]】」”\"'~]+")


def understand(text: str, declared: Mapping[str, str]) -> Understood:
    """The meaning of `text` as an answer to a message that declares `declared`, ``{"1": "booking", "km": "odometer"}``.

    Stop comes before all else. A digit that the message does not declare, and every text not understood, is "text": it
    waits for a person. So does a bare figure that nobody asked for. Never raises, whatever a phone sends.
    """
    plain = _plain(text)
    if not plain:
        return Understood("empty", "none")
    if by_word := _by_word(_core(plain)):
        return by_word
    if _trimmed(plain) == "yes":
        return Understood("start", "yes")
    if asks_to_stop(plain.replace("'", "")):
        return Understood("stop", "wording")
    digit = _digit(plain)
    if digit is not None and digit in declared:
        return Understood(declared[digit], "digit")
    km = odometer_told(_trimmed(plain), asked=ODOMETER in declared.values())
    return Understood("text", "none") if km is None else Understood(ODOMETER, "figure", km)


def _by_word(core: str) -> Understood | None:
    for words, meaning in ((_STOP_WORDS, "stop"), (_START_WORDS, "start"), (_HELP_WORDS, "help")):
        if core in words:
            return Understood(meaning, "word")
    return None


def is_stop(text: str) -> bool:
    """Does the customer want no more texts?"""
    return understand(text, {}).meaning == "stop"


def is_start(text: str) -> bool:
    """Does the customer want texts again? The lone word YES counts, as it does for Twilio."""
    return understand(text, {}).meaning == "start"


def _plain(text: str) -> str:
    """Lower case, full-width and circled forms made plain, every script's digits as 0-9, single spaces."""
    chars: list[str] = []
    for char in unicodedata.normalize("NFKC", text):
        decimal = unicodedata.decimal(char, None)
        if decimal is not None:
            chars.append(str(decimal))
        elif char.isspace():
            chars.append(" ")
        elif unicodedata.category(char) not in _INVISIBLE:
            chars.append("'" if char in "’‘`" else char)
    return " ".join("".join(chars).casefold().translate(_SIMPLIFIED).split())


def _is_ornament(char: str) -> bool:
    """Punctuation, brackets, emoji, spaces: nothing that carries a meaning at the edge of a word."""
    return unicodedata.category(char)[0] in "PSZ"


def _trimmed(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _is_ornament(text[start]):
        start += 1
    while end > start and _is_ornament(text[end - 1]):
        end -= 1
    return text[start:end]


def _core(plain: str) -> str:
    """The word a whole message comes down to: without ornaments, politeness, "回复" in front and hyphens inside."""
    word = _trimmed(plain)
    for pattern in (_POLITE, _INSTRUCTION):
        rest = _trimmed(pattern.sub("", word))
        # One letter with politeness around it is no longer the entire message: "T谢谢" may be a slip.
        if rest and not (pattern is _POLITE and len(rest) < 2):
            word = rest
    return re.sub(r"[\s_-]+", " ", word)


def _digit(plain: str) -> str | None:
    """The number a message answers with: alone, behind "回复", or in front of a remark ("1,明天上午")."""
    text = _trimmed(plain)
    text = _trimmed(_INSTRUCTION.sub("", text)) or text
    match = _DIGIT_FIRST.fullmatch(text)
    if match is None:
        return None
    digits, rest = match.groups()
    if not rest:
        return digits
    separator = _SEPARATOR.match(rest)
    if separator is None:
        return digits if _WORDS_AFTER_DIGIT.match(rest) else None
    return None if _is_quantity(separator.group(), rest[separator.end() :]) else digits


def _is_quantity(separator: str, remark: str) -> bool:
    """Does what follows make the digit a number of something, or one number of several?"""
    if remark[:1].isdigit() and separator in {".", "、"}:
        return True
    if _ANOTHER_NUMBER.match(remark) or _ALTERNATIVE.match(remark):
        return True
    return separator.isspace() and _UNIT.match(remark) is not None
