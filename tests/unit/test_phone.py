"""Phone numbers as exports hold them: made certain, or refused with a reason that can be counted."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.phone import BadPhone, mask, phone_key, to_e164
from notifier.errors import BadInput

CHEN = "+8613812345678"


@pytest.mark.parametrize(
    "raw",
    [
        "13812345678",
        "  138-1234-5678 ",
        "138 1234 5678",
        "138.1234.5678",
        "１３８１２３４５６７８",
        "１３８－１２３４－５６７８",
        "+8613812345678",
        "+86 138 1234 5678",
        "(+86) 138-1234-5678",
        "008613812345678",
        "0086 13812345678",
        "8613812345678",
        "86-13812345678",
        "013812345678",
        "13812345678.0",
        "13812345678.00",
        "'13812345678",
        "’13812345678",
        "\u200b13812345678\ufeff",
        "138\u00a01234\u00a05678",
        "138\t1234\n5678",
    ],
)
def test_every_spelling_of_ms_chens_number_is_one_number(raw: str) -> None:
    """Excel, chats and habits spell one number in many ways."""
    assert to_e164(raw, "CN") == CHEN


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("4155552671.0", "US", "+14155552671"),
        ("+1 415 555 2671", "CN", "+14155552671"),
        ("0014155552671", "CN", "+14155552671"),
        ("+8613812345678", "US", CHEN),
        ("+852 9123 4567", "CN", "+85291234567"),
        ("07400 123456", "GB", "+447400123456"),
        ("19212345678", "CN", "+8619212345678"),
    ],
)
def test_a_country_code_wins_over_the_shops_region(raw: str, region: str, expected: str) -> None:
    """The region reads only numbers without a country code; US numbers that may be mobile are accepted."""
    assert to_e164(raw, region) == expected


@pytest.mark.parametrize(
    ("raw", "region", "reason"),
    [
        ("", "CN", "missing"),
        ("   ", "CN", "missing"),
        ("-", "CN", "missing"),
        ("'", "CN", "missing"),
        ("无", "CN", "missing"),
        ("N/A", "CN", "missing"),
        ("1381234567", "CN", "too_short"),
        ("138", "CN", "too_short"),
        ("5552671", "US", "too_short"),
        ("138123456789", "CN", "too_long"),
        ("1381234567813912345678", "CN", "too_long"),
        ("1" * 300, "CN", "too_long"),
        ("abc", "CN", "not_a_number"),
        ("1.38E+10", "CN", "not_a_number"),
        ("13812345678/13912345678", "CN", "not_a_number"),
        ("138****5678", "CN", "not_a_number"),
        ("11111111111", "CN", "not_a_number"),
        ("00000000000", "CN", "missing"),
        ("0.0", "CN", "missing"),
        ("+", "CN", "not_a_number"),
        ("0595-22880000", "CN", "not_mobile"),
        ("010-62881234", "CN", "not_mobile"),
        ("+86 595 22880000", "CN", "not_mobile"),
        ("22880000", "CN", "not_mobile"),
        ("400-800-1234", "CN", "not_mobile"),
        ("+44 20 7946 0018", "GB", "not_mobile"),
    ],
)
def test_a_number_that_cannot_be_texted_says_why(raw: str, region: str, reason: str) -> None:
    """The reason is a fixed word for counts; the sentence never repeats the number."""
    with pytest.raises(BadPhone) as refused:
        to_e164(raw, region)
    assert refused.value.reason == reason
    digits = re.sub("[^0-9]", "", raw)
    assert len(digits) < 3 or digits not in str(refused.value)


def test_an_unknown_region_is_the_shops_mistake_not_the_customers() -> None:
    """A wrong region must not turn every customer into one without a phone."""
    with pytest.raises(BadInput, match="'XX'") as refused:
        to_e164("13812345678", "XX")
    assert not isinstance(refused.value, BadPhone)


@given(st.text() | st.text("0123456789０１２+-. '()E", max_size=24), st.sampled_from(["CN", "US", "GB", "HK"]))
def test_any_text_is_a_number_or_a_bad_phone(raw: str, region: str) -> None:
    """Whatever stands in the field, the import goes on; and a number made certain stays itself."""
    try:
        number = to_e164(raw, region)
    except BadPhone:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
    assert to_e164(number, region) == number


@given(
    st.integers(0, 99_999_999),
    st.sampled_from(["{}", "+86{}", "0086{}", "86{}", "0{}", "'{}", "{}.0", " +86 {} "]),
    st.sampled_from(["", " ", "-", "－"]),
)
def test_prefixes_and_separators_never_change_the_number(tail: int, spelling: str, separator: str) -> None:
    """All 138 numbers, in every spelling."""
    digits = f"138{tail:08d}"
    raw = spelling.format(separator.join((digits[:3], digits[3:7], digits[7:])))
    assert to_e164(raw, "CN") == f"+86{digits}"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+8613812341234", "138****1234"),
        ("+14155552671", "+14*****2671"),
        ("+85291234567", "+85*****4567"),
        ("+2905123", "*****23"),
        ("12", "**"),
        ("", ""),
    ],
)
def test_a_mask_shows_enough_to_recognise_and_too_little_to_call(number: str, shown: str) -> None:
    """Chinese numbers are masked the way every Chinese screen does."""
    assert mask(number) == shown


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_mask_hides_at_least_four_digits(number: str) -> None:
    """Whatever the country, the number cannot be read back."""
    assert mask(number).count("*") >= 4
    assert number[1:] not in mask(number)


def test_a_phone_key_is_an_hmac_of_32_hex_digits() -> None:
    """Fixed here because keys already stored must match for ever."""
    assert phone_key(b"k" * 32, CHEN) == "5b17df700f0ec776637fe7107f91a72b"  # openssl dgst -sha256 -hmac
    assert phone_key(b"k" * 32, CHEN) != phone_key(b"j" * 32, CHEN)
    assert phone_key(b"k" * 32, CHEN) != phone_key(b"k" * 32, "+8613812345679")


def test_a_phone_key_without_a_secret_is_refused() -> None:
    """An HMAC under an empty key can be turned back into phones within minutes."""
    with pytest.raises(BadInput, match="NOTIFIER_SECRET_KEY"):
        phone_key(b"", CHEN)


@given(st.integers(10**10, 2 * 10**10 - 1))
def test_asking_once_a_range_answers_for_every_number_of_it(number: int) -> None:
    """Eleven digits that begin with 1 are a Chinese mobile number exactly where libphonenumber says so of them."""
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(str(number), "CN"))
    except phonenumbers.NumberParseException:  # it begins like a carrier's code
        kind = phonenumbers.PhoneNumberType.UNKNOWN
    if kind == phonenumbers.PhoneNumberType.MOBILE:
        assert to_e164(str(number), "CN") == f"+86{number}"
    else:
        with pytest.raises(BadPhone):
            to_e164(str(number), "CN")
