"""The kilometres a customer answers with: ``53200``, ``5.3万公里``, ``里程53200公里``, ``53,200 km``, ``公里数:53200``.

A whole message must come down to one figure. A sentence that merely speaks of kilometres ("离你们店20公里",
"60000公里再来") is for people: a reading nobody meant would move the next service.
"""

from __future__ import annotations

import re

__all__ = ["odometer_told"]

HIGHEST = 999_999
LOWEST_BARE = 1_000
"""A smaller figure by itself may be a time, a house number, or a digit mistyped."""

_NAMED = re.compile(
    r"(?:(?:现在|目前|当前|总|行驶|行车|仪表|表显|显示)*(?:的)?(?:里程表|里程数|公里数|里程|公里)(?:数)?"
    r"|(?:current |the )?(?:mileage|odometer)(?: reading)?)"
    r"\s*(?:现在|目前|now)?\s*(?:(?:显示|大约|大概|约|是|为|is|shows|at|about)\s*)*[\s:=]*"
)
_OPENING = re.compile(
    r"(?:(?:你好|您好|hi|hello)[\s,!。]*)?"
    r"(?:(?:我的|我|车子|这车|车|现在|目前|已经|一共|总共|才|刚|行驶了?|跑了?|开了|开到|有|大约|大概|差不多|约|回复"
    r"|it has|it is|it's|it shows|now|about|currently|around|i have|i've driven|driven)[\s,:]*)*"
)
_FIGURE = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+)(?P<part>\.[0-9]+)?\s*(?P<times>万|千|k(?!m))?(?P<rest>[0-9]{1,4})?"
)
_UNIT = re.compile(r"\s*(?:公里|千米|km|kms|kilomet(?:er|re)s?)(?![a-z])")
_CLOSING = re.compile(r"(?:了|多|左右|上下|吧|哈|哦|呢|啦|now|so far|or so|thanks|thank you|谢谢|[\s,.!。~])*")
_TIMES = {"万": 10_000, "千": 1_000, "k": 1_000, None: 1}


def odometer_told(plain: str, *, asked: bool) -> int | None:
    """The kilometres that a message is, 1 to 999,999; None where it is anything else.

    `plain`: lower case, ASCII digits and punctuation, simplified characters. A bare figure counts only where the
    answered text `asked` for it, and from 1,000 on; with a unit or a word for it, always.
    """
    named = _NAMED.match(plain)
    start = named.end() if named else _end(_OPENING, plain, 0)
    named = named or _NAMED.match(plain, start)
    start = max(start, named.end()) if named else start
    figure = _FIGURE.match(plain, start)
    if figure is None:
        return None
    unit = _UNIT.match(plain, figure.end())
    if _end(_CLOSING, plain, unit.end() if unit else figure.end()) != len(plain):
        return None
    km = _kilometres(figure)
    is_told = named is not None or unit is not None or asked
    least = 1 if named is not None else LOWEST_BARE
    return km if km is not None and is_told and least <= km <= HIGHEST else None


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _kilometres(figure: re.Match[str]) -> int | None:
    """5.3万 = 53,000; 5万3 = 53,000; 5万3200 = 53,200; 53.2 by itself is no odometer."""
    whole, part = re.sub("[, ]", "", figure["whole"]), figure["part"] or ""
    times, rest = figure["times"], figure["rest"]
    if rest and (times != "万" or part):
        return None
    if times is None:
        return int(whole) if len(whole) <= 6 else None
    km = round(float(f"{whole[:6]}{part}") * _TIMES[times])
    return km + (int(rest) * (1_000 if len(rest) == 1 else 1) if rest else 0)
