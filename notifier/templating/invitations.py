"""Does a wording ask for an answer, and for which digits?"""

from __future__ import annotations

import re

__all__ = ["digits_told", "invites_a_reply", "promised_digits"]

_PROMISED = re.compile(
    r"(?:回复?|按|发送?|(?:reply|answer|text|send)(?: with)?)\s*[\"'“]?(\d{1,2})(?!\d)", re.IGNORECASE
)
_DIGIT_ALONE = re.compile(r"(?<![\dA-Za-z])(\d{1,2})(?![\dA-Za-z])")
_REPLY = re.compile(r"回复|回短信|\b(?:reply|answer)\b", re.IGNORECASE)


def promised_digits(words: str) -> set[str]:
    """The digits these words ask for: 1 and 0 of 回复1预约,回复0已续保."""
    return set(_PROMISED.findall(words))


def digits_told(words: str) -> set[str]:
    """The digits a reader sees standing alone, as the 0 of "Reply 1 to book, 0 if sold"."""
    return set(_DIGIT_ALONE.findall(words))


def invites_a_reply(words: str) -> bool:
    """Do these words ask the reader to answer, with a digit or at all?"""
    return bool(_PROMISED.search(words) or _REPLY.search(words))
