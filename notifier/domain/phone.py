"""Phone numbers as dealerships type them → E.164, and the two safe ways to show or remember one.

Exports carry full-width digits, an apostrophe or ".0" left by Excel, "+86" in every spelling and landlines; a number is
either made certain or refused with a reason that the import report can count.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from functools import lru_cache
from typing import ClassVar, Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult

from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["BadPhone", "Reason", "as_dialled", "mask", "phone_key", "to_e164"]

Reason = Literal["missing", "too_short", "too_long", "not_a_number", "not_mobile"]

_SENTENCES: dict[Reason, str] = {
    "missing": N_("The phone number is missing; fill in a mobile number."),
    "too_short": N_("The phone number is too short for a mobile number; compare it with the customer's record."),
    "too_long": N_("The phone number is too long for a mobile number; keep one number in the field."),
    "not_a_number": N_("The phone field holds no phone number in use; fill in one mobile number, digits only."),
    "not_mobile": N_("The phone number is not a mobile number and cannot receive an SMS; ask for a mobile number."),
}

# What people and programs write into a field that they must not leave empty.
_PLACEHOLDERS = frozenset({"无", "没有", "暂无", "未知", "空", "na", "n/a", "none", "null", "nil", "nan"})
_APOSTROPHES = "'`‘’′"
_EXCEL_FRACTION = re.compile(r"(?<=[0-9])\.0+$")
_SEPARATORS = re.compile(r"[\s().\-‐‑‒–—―−·_]+")
_CHINESE_PREFIX = re.compile(r"^(?:(?:\+|00)?86)?0?(?=1[0-9]{10}$)")
_CHINESE_LOCAL_LANDLINE = re.compile(r"^[2-9][0-9]{6,7}$")
_MOBILE_TYPES = frozenset(
    {
        PhoneNumberType.MOBILE,
        # In the US and its neighbours nobody can tell the two apart by the number.
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
)
_PARSE_REASONS: dict[int, Reason] = {
    NumberParseException.TOO_SHORT_NSN: "too_short",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    NumberParseException.TOO_LONG: "too_long",
}
_LENGTH_REASONS: dict[int, Reason] = {
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too_short",
    ValidationResult.TOO_LONG: "too_long",
}


class BadPhone(BadInput):
    """A phone field that cannot be texted; `reason` is a fixed English word for counts and JSON.

    The sentence never repeats the number: it ends up in logs and in reports that travel.
    """

    code: ClassVar[str] = "bad_phone"

    def __init__(self, reason: Reason) -> None:
        super().__init__(_SENTENCES[reason], reason=reason)
        self.reason: Reason = reason


def to_e164(raw: str, region: str) -> str:
    """The mobile number in `raw` as E.164, ``"+8613812345678"``.

    `region` is the two-letter country of the shop, in which numbers without a country code are read. Landlines are
    refused where the region tells them from mobiles (China does, the US does not).

    Raises BadPhone with its `reason`; BadInput for a region that does not exist. Source of the ranges: libphonenumber.
    """
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise BadInput(
            N_("The region {region} is not known; give a country by its two capital letters, such as CN."),
            region=repr(region),
        )
    digits = _digits_of(raw, region)
    if region == "CN" and len(digits) == 11 and _is_chinese_mobile(digits[:7]):
        return f"+86{digits}"
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException as problem:
        raise BadPhone(_PARSE_REASONS.get(problem.error_type, "not_a_number")) from None
    if phonenumbers.number_type(number) not in _MOBILE_TYPES:
        raise BadPhone(_why_not_mobile(number, digits, region))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=16_384)
def _is_chinese_mobile(beginning: str) -> bool:
    """Whether eleven digits that begin so are a mobile number: carriers are given ranges of ten thousand numbers.

    Asking libphonenumber once a range makes an import of a hundred thousand customers seconds faster.
    """
    if not beginning.startswith("1"):
        return False
    number = phonenumbers.parse(f"{beginning}0000", "CN")
    return phonenumbers.number_type(number) == PhoneNumberType.MOBILE


def _digits_of(raw: str, region: str) -> str:
    """The digits, with "+" before a country code, that `raw` means; raises BadPhone where it holds none."""
    # NFKC turns full-width digits into plain ones; format characters (Cf) come along from web pages and chats.
    text = "".join(c for c in unicodedata.normalize("NFKC", raw) if unicodedata.category(c) != "Cf")
    text = text.strip().strip(_APOSTROPHES).strip()
    if text.lower() in _PLACEHOLDERS:
        raise BadPhone("missing")
    text = _SEPARATORS.sub("", _EXCEL_FRACTION.sub("", text))
    # A row of zeros is how a required field is left empty.
    if not text.strip("0"):
        raise BadPhone("missing")
    if not re.fullmatch(r"\+?[0-9]+", text):
        raise BadPhone("not_a_number")
    if region == "CN":
        text = _CHINESE_PREFIX.sub("", text)
    return re.sub(r"^00(?=[1-9])", "+", text)


def _why_not_mobile(number: phonenumbers.PhoneNumber, digits: str, region: str) -> Reason:
    if phonenumbers.is_valid_number(number) or (region == "CN" and _CHINESE_LOCAL_LANDLINE.match(digits)):
        return "not_mobile"
    length = phonenumbers.is_possible_number_for_type_with_reason(number, PhoneNumberType.MOBILE)
    return _LENGTH_REASONS.get(length, "not_a_number")


def mask(e164: str) -> str:
    """The number as it may be shown or logged: ``138****1234`` for +86, else the first 2 and last 4 digits.

    Numbers of fewer than ten digits keep only the last two, or the mask would hide nearly nothing.
    """
    digits = e164.removeprefix("+")
    national = digits.removeprefix("86")
    if e164.startswith("+86") and len(national) == 11:
        return f"{national[:3]}****{national[-4:]}"
    if len(digits) < 10:
        return "*" * max(len(digits) - 2, 0) + digits[-2:] if len(digits) > 4 else "*" * len(digits)
    return f"+{digits[:2]}{'*' * (len(digits) - 6)}{digits[-4:]}"


def as_dialled(e164: str) -> str:
    """The number as staff dial it: ``13812345678`` for +86, else as it is."""
    digits = e164.removeprefix("+86")
    return digits if len(digits) == 11 and digits.isdecimal() and e164.startswith("+86") else e164


def phone_key(secret: bytes, e164: str) -> str:
    """32 hex digits that stand for the phone wherever it must be joined or remembered after erasure.

    The first half of HMAC-SHA256 under the installation's own `secret`: without it, all mobile numbers of a country
    could be hashed in minutes and the key turned back into a phone. Raises BadInput for an empty secret.
    """
    if not secret:
        raise BadInput(N_("The secret key is empty; set NOTIFIER_SECRET_KEY to a long random text."))
    return hmac.new(secret, e164.encode(), "sha256").hexdigest()[:32]
