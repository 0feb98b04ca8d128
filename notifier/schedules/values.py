"""How staff write a value → what it means: durations, shares, money, offsets, names, zones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from babel.numbers import get_currency_precision, list_currencies

from notifier.domain.cycles import Offset
from notifier.domain.quiet_hours import QuietHours
from notifier.errors import BadInput, ScheduleError
from notifier.locale import N_
from notifier.schedules.crontab import raise_if_not_a_crontab
from notifier.schedules.places import Value, nearest

MICROS = 1_000_000
MAX_CONTROL_BP = 5_000
MIN_PACE, MAX_PACE = 0.01, 1000
MAX_CAMPAIGN_NAME = 40

_DURATION = re.compile(r"([0-9]{1,4})\s?([dh])")
_OFFSET = re.compile(r"([+-]?[0-9]{1,4})\s?([dm]?)")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)\s?%")
_PACE = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,3})?")
_MONEY = re.compile(r"([0-9]{1,9})(?:\.([0-9]+))?")
_WHOLE = re.compile(r"[0-9]{1,9}")
_TEMPLATE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_STAGE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_ID = re.compile(r"\w[\w-]{0,63}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{3,22}[0-9]")
_REGION = re.compile(r"[A-Z]{2}")
_SIGNATURE = re.compile(r"[\w&.·()\uff08\uff09 -]{2,20}")
_JOINERS = "\u200c\u200d"
# Letters in name only, which keyboards of Korean and braille give.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
# Signs this Python does not know yet: new emoji, and rare characters of people's and places' names.
_OF_LATER = "Cn"
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")
# The zone database has no Beijing, yet that is what people call their time.
_BEIJING = ("beijing", "peking", "北京")


def plain(value: Value) -> str:
    """The text with full-width digits and signs made plain, as Chinese keyboards produce them."""
    return unicodedata.normalize("NFKC", value.text()).strip()


def when(value: Value) -> str:
    """A crontab line of five parts."""
    text = " ".join(plain(value).split())
    try:
        raise_if_not_a_crontab(text)
    except BadInput as problem:
        raise at(value, problem) from problem
    return text


def quiet_hours(value: Value) -> QuietHours | None:
    """``20:00-09:00``, or ``none``."""
    try:
        hours = QuietHours.parse(value.text())
    except BadInput as problem:
        raise at(value, problem) from problem
    return hours if hours.start is not None else None


def at(value: Value, problem: BadInput) -> ScheduleError:
    """A refusal of a domain rule, with its place in the file in front."""
    return value.refuse(N_("{file}, line {line}: {key}: {problem}"), problem=problem)


def duration(minimum: timedelta, maximum: timedelta) -> Callable[[Value], timedelta]:
    """Reads ``24h`` or ``2d`` within the limits."""

    def read(value: Value) -> timedelta:
        match = _DURATION.fullmatch(plain(value))
        if match is None:
            raise value.refuse(
                N_("{file}, line {line}: {key} is {value}, which is no length of time; write it like 24h or 14d."),
                value=value.text(),
            )
        length = timedelta(days=int(match[1])) if match[2] == "d" else timedelta(hours=int(match[1]))
        if not minimum <= length <= maximum:
            raise _outside(value, _span(minimum), _span(maximum))
        return length

    return read


def days(minimum: int, maximum: int, *, bare: bool = False) -> Callable[[Value], int]:
    """Reads ``14d`` within the limits; with `bare` also ``14``."""

    def read(value: Value) -> int:
        text = plain(value)
        number = text.removesuffix("d").rstrip()
        if not _WHOLE.fullmatch(number) or (number == text and not bare):
            raise value.refuse(
                N_("{file}, line {line}: {key} is {value}, which is no number of days; write it like 14d."),
                value=value.text(),
            )
        if not minimum <= int(number) <= maximum:
            raise _outside(value, f"{minimum}d", f"{maximum}d")
        return int(number)

    return read


def months(minimum: int, maximum: int) -> Callable[[Value], int]:
    """Reads ``2m`` within the limits."""

    def read(value: Value) -> int:
        match = _OFFSET.fullmatch(plain(value))
        if match is None or match[2] != "m":
            raise value.refuse(
                N_("{file}, line {line}: {key} is {value}, which is no number of months; write it like 2m."),
                value=value.text(),
            )
        if not minimum <= int(match[1]) <= maximum:
            raise _outside(value, f"{minimum}m", f"{maximum}m")
        return int(match[1])

    return read


def whole(minimum: int, maximum: int) -> Callable[[Value], int]:
    """Reads a whole number within the limits."""

    def read(value: Value) -> int:
        text = plain(value)
        if not _WHOLE.fullmatch(text):
            raise value.refuse(
                N_("{file}, line {line}: {key} is {value}; write a whole number without signs, like 5000."),
                value=value.text(),
            )
        if not minimum <= int(text) <= maximum:
            raise _outside(value, str(minimum), str(maximum))
        return int(text)

    return read


def pace(value: Value) -> float:
    """``5`` or ``0.5``: so many a second."""
    text = plain(value)
    if not _PACE.fullmatch(text):
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}; write it like {example}."), value=value.text(), example="5"
        )
    if not MIN_PACE <= float(text) <= MAX_PACE:
        raise _outside(value, str(MIN_PACE), str(MAX_PACE))
    return float(text)


def share(value: Value) -> int:
    """``10%`` → 1000 basis points; at most half of the customers."""
    match = _PERCENT.fullmatch(plain(value))
    if match is None:
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}, which is no percentage; write it like 10%."), value=value.text()
        )
    basis_points = int(Decimal(match[1]) * 100)
    if basis_points > MAX_CONTROL_BP:
        raise _outside(value, "0%", f"{MAX_CONTROL_BP // 100}%")
    return basis_points


def money(currency: str) -> Callable[[Value], int]:
    """Reads ``200.00`` → minor units of the currency, exactly, never through a float."""
    digits = get_currency_precision(currency)

    def read(value: Value) -> int:
        amount = _amount(value, digits)
        minor = int(amount.scaleb(digits))
        if minor == 0:
            raise _no_amount(value)
        return minor

    return read


def micros(value: Value) -> int:
    """``400.00`` → millionths of the currency, exactly."""
    amount = int(_amount(value, 6) * MICROS)
    if amount == 0:
        raise _no_amount(value)
    return amount


def offset(value: Value, *, counts_months: bool) -> Offset:
    """``-14``, ``-14d`` or, for rules that count months, ``6m``."""
    match = _OFFSET.fullmatch(plain(value))
    if match is None:
        raise value.refuse(
            N_(
                "{file}, line {line}: {key} is {value}; write days from the due day, like -14 or -14d, or months, "
                "like 6m."
            ),
            value=value.text(),
        )
    number, unit = int(match[1]), match[2]
    if unit != "m":
        if abs(number) > 999:
            raise _outside(value, "-999d", "999d")
        return Offset(days=number)
    if not counts_months:
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}, but this rule counts days from a due day; write it like -14d."),
            value=value.text(),
        )
    if not 1 <= number <= 120:
        raise _outside(value, "1m", "120m")
    return Offset(months=number)


def yes_or_no(value: Value) -> bool:
    """``true`` or ``false`` (yes, no, on, off are understood)."""
    text = plain(value).lower()
    if text not in _TRUE + _FALSE:
        raise value.refuse(N_("{file}, line {line}: {key} is {value}; write true or false."), value=value.text())
    return text in _TRUE


def zone(value: Value) -> ZoneInfo:
    """A name of the IANA zone database."""
    name = value.text()
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        is_beijing = any(word in name.lower() for word in _BEIJING)
        near = "Asia/Shanghai" if is_beijing else nearest(name, sorted(available_timezones()))
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}, which is no known time zone; write it like {nearest}."),
            value=name,
            nearest=near or "Asia/Shanghai",
        ) from error


def template(value: Value) -> str:
    """The name of a template file, without folder and ending."""
    return _like(_TEMPLATE, value, "maintenance_due")


def stage_name(value: Value, name: str) -> str:
    """A stage's own name: it is stored with every message, so it is short and plain."""
    if not _STAGE.fullmatch(name):
        raise value.refuse(
            N_("{file}, line {line}: {key}: name a stage with small letters, digits and _, for example {example}."),
            example="early",
        )
    return name


def identity(value: Value) -> str:
    """A campaign's id: letters, digits, _ and -."""
    text = _like(_ID, value, "winback")
    # Shares of the universal control are stored under this name beside those of the campaigns.
    if text == "universal":
        raise value.refuse(
            N_("{file}, line {line}: {key}: “universal” is kept for the universal control; name it otherwise.")
        )
    return text


def name(value: Value) -> str:
    """One line of text for people, up to 60 characters."""
    text = value.text()
    if len(text) > 60 or not text.isprintable():
        raise value.refuse(N_("{file}, line {line}: {key} must be one line of up to 60 characters; shorten it."))
    return text


def campaign_name(value: Value) -> str:
    """What the shop calls a campaign: words of any script on one line, single spaces between them."""
    text = " ".join(re.split(r"[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+", value.text()))
    if any(_is_unseen(sign) for sign in text) or not any(map(_has_ink, text)):
        raise value.refuse(
            N_("{file}, line {line}: {key} holds a line break or another sign that cannot be seen; write plain words.")
        )
    if len(text) > MAX_CAMPAIGN_NAME:
        raise value.refuse(N_("{file}, line {line}: {key} is longer than {most} letters."), most=MAX_CAMPAIGN_NAME)
    return text


def _is_unseen(sign: str) -> bool:
    """A control character, or one that turns the direction of writing; the joiners inside a word are none."""
    kind = unicodedata.category(sign)
    return (kind.startswith("C") and kind != _OF_LATER and sign not in _JOINERS) or kind in ("Zl", "Zp")


def _has_ink(sign: str) -> bool:
    """A letter, digit or sign that leaves something to see."""
    kind = unicodedata.category(sign)
    return (kind[0] in "LNPS" or kind == _OF_LATER) and sign not in _BLANKS


def signature(value: Value) -> str:
    """What stands in 【】 before every text: 2 to 20 letters, signs of brackets left out."""
    text = value.text()
    if not _SIGNATURE.fullmatch(text):
        raise value.refuse(
            N_(
                "{file}, line {line}: {key} is {value}; write 2 to 20 letters or digits without 【】, "
                "the brackets are added by themselves."
            ),
            value=text,
        )
    return text


def phone(value: Value) -> str:
    """The phone customers may call, as it is printed in texts."""
    return _like(_PHONE, value, "0595-22880000")


def region(value: Value) -> str:
    """ISO 3166 country of the shop's phone numbers."""
    return _like(_REGION, value, "CN")


def currency(value: Value) -> str:
    """ISO 4217 code."""
    text = value.text()
    if text not in list_currencies():
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}; write it like {example}."), value=text, example="CNY"
        )
    return text


def _like(pattern: re.Pattern[str], value: Value, example: str) -> str:
    text = value.text()
    if not pattern.fullmatch(text):
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}; write it like {example}."), value=text, example=example
        )
    return text


def _amount(value: Value, digits: int) -> Decimal:
    text = plain(value)
    match = _MONEY.fullmatch(text)
    if match is None or len(match[2] or "") > digits:
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}, which is no amount of money; write it like {example}."),
            value=value.text(),
            example="200.00" if digits else "200",
        )
    return Decimal(text)


def _no_amount(value: Value) -> ScheduleError:
    return value.refuse(N_("{file}, line {line}: {key} is nothing; write an amount, or remove the line."))


def _outside(value: Value, minimum: str, maximum: str) -> ScheduleError:
    return value.refuse(
        N_("{file}, line {line}: {key} is {value}; it must lie between {minimum} and {maximum}."),
        value=value.text(),
        minimum=minimum,
        maximum=maximum,
    )


def _span(length: timedelta) -> str:
    return f"{length.days}d" if length % timedelta(days=1) == timedelta() else f"{length // timedelta(hours=1)}h"
