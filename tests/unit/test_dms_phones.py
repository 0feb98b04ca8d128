"""The phone in a cell."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.dms.phones import clean_phone, first_phone
from notifier.store.phones import PHONE_DOUBTS

CHENS = "+8613800138000"


@pytest.mark.parametrize(
    "text",
    [
        "13800138000", "138-0013-8000", "138 0013 8000", "+86 138 0013 8000", "008613800138000", "8613800138000",
        "86-138-0013-8000", "（86）13800138000", "１３８００１３８０００", "'13800138000", "13800138000.0",
        "13800138000\t", '="13800138000"', "1.3800138000E+10", "138-0013-8000(妻子)", "13800138000（微信同号）",
        "手机：13800138000", "13800138000、0595-22880000", "0595-22880000/13800138000", "陈红 13800138000",
        "13800138000/13800138000",
    ],
)  # fmt: skip
def test_every_way_to_write_ms_chens_number(text: str) -> None:
    """One number, nothing to doubt: remarks, a landline beside it and the same number twice are passed over."""
    assert clean_phone(text, "CN") == (CHENS, None)


@pytest.mark.parametrize(
    "text",
    [
        "13800138000/13900139000", "13800138000 13900139000", "13800138000；13900139000",
        "13800138000-13900139000", "妻13800138000 夫13900139000", "13800138000(13900139000)",
    ],
)  # fmt: skip
def test_of_two_numbers_the_first_is_taken_and_doubted(text: str) -> None:
    """Both are the customer's; which is the better, only they know."""
    assert clean_phone(text, "CN") == (CHENS, "several")


@pytest.mark.parametrize(
    "text, doubt",
    [
        ("", "missing"), ("无", "missing"), ("0", "missing"), ("00000000000", "missing"), ("1380013800", "too_short"),
        ("1380013800(妻子)", "too_short"), ("138001380001", "too_long"), ("1380013800013900139000", "too_long"),
        ("0595-22880000", "not_mobile"), ("(0595)22880000", "not_mobile"), ("0595-22880000/22880001", "not_mobile"),
        ("22880000", "not_mobile"), ("陈红", "not_a_number"), ("1380013800O", "not_a_number"),
        ("wx13800138000", "not_a_number"), ("13800138000@163.com", "not_a_number"), ("1.38E+10", "rounded"),
        ("1.38001E+10", "rounded"), ("10000000000", "not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_mobile_number_has_a_reason(text: str, doubt: str) -> None:
    """A fixed word each, which the customer's record keeps."""
    assert clean_phone(text, "CN") == (None, doubt)
    assert doubt in PHONE_DOUBTS


def test_of_several_columns_the_first_with_a_mobile_number_counts() -> None:
    """手机 before 电话; where 手机 is empty or unusable and 电话 is a mobile, that is taken without a doubt."""
    assert first_phone(["13800138000", "13900139000"], "CN") == (CHENS, None)
    assert first_phone(["", "13800138000"], "CN") == (CHENS, None)
    assert first_phone(["1380013800", "13800138000"], "CN") == (CHENS, None)
    assert first_phone(["", "0595-22880000"], "CN") == (None, "not_mobile")
    assert first_phone(["138", "0595-22880000"], "CN") == (None, "too_short")
    assert first_phone(["", ""], "CN") == (None, "missing")


@given(st.text(max_size=40), st.sampled_from(["CN", "TW", "US"]))
def test_any_cell_gives_a_phone_or_a_reason(text: str, region: str) -> None:
    """Never both missing, never a phone that is no E.164."""
    phone, doubt = clean_phone(text, region)
    assert doubt in (*PHONE_DOUBTS, None) if phone is None else re.fullmatch(r"\+[1-9]\d{6,14}", phone)
    assert phone is not None or doubt is not None


@given(st.integers(0, 99_999_999), st.sampled_from(["{}", "+86{}", "0086 {}", "{}(女儿)", "电话:{}", "{}.0"]))
def test_a_written_number_is_read_back(n: int, form: str) -> None:
    """Any 138 number in any of the usual forms."""
    assert clean_phone(form.format(f"138{n:08d}"), "CN") == (f"+86138{n:08d}", None)
