"""Names are compared folded, passwords are long and not the first ones a thief would try."""

from __future__ import annotations

import pytest

from notifier.errors import BadInput
from notifier.jobs.passwords import clean_name, folded, hashed, is_right, raise_if_password_is_weak


@pytest.mark.parametrize(
    "password",
    [
        "", "neun_lang", "九个字符的密码呀呀"[:9], "1234567890", "PASSWORD123", "ｐａｓｓｗｏｒｄ１２３",
        "woaini1314520", "aaaaaaaaaaaa",
        "1212121212", "Chen Xiaofang", "chenxiaofang", "chen xiaofang 2026!", "CHENXIAOFANG123", "x" * 201,
    ],
)  # fmt: skip
def test_a_password_that_is_soon_guessed_is_refused(password: str) -> None:
    """Short, common, of one letter, the person's own name with or without figures, or endless."""
    with pytest.raises(BadInput):
        raise_if_password_is_weak(password, "Chen Xiaofang")


@pytest.mark.parametrize(
    "password", ["eight horses", "八匹马拉一辆大车走得快", "tr0ub4dor&3", "chen xiaofang likes rain"]
)
def test_a_sentence_is_a_good_password(password: str) -> None:
    """In any script."""
    raise_if_password_is_weak(password, "Chen Xiaofang")


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "陈\u0000", "a\u200bb", "\u202egnaf"])
def test_a_name_can_be_read(name: str) -> None:
    """Nothing invisible, nothing endless."""
    with pytest.raises(BadInput):
        clean_name(name)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("陈晓芳", "陈晓芳"), ("  李　强 ", "李 强"), ("Ｆａｎｇ", "fang"), ("STRASSE", "strasse"), ("Straße", "strasse")],
)
def test_names_are_compared_folded(typed: str, kept: str) -> None:
    """Width, capitals and spaces make no difference; folding twice changes nothing."""
    assert folded(typed) == kept == folded(kept)


def test_only_the_password_itself_fits_its_hash() -> None:
    """Typed in full width it is the same; where nothing is kept nothing fits."""
    kept = hashed("eight horses")
    assert kept.startswith("$argon2id$")
    assert is_right("eight horses", kept)
    assert is_right("ｅｉｇｈｔ horses", kept)
    assert not is_right("Eight horses", kept)
    assert not is_right("nobody has this password", None)
    assert not is_right("\udcff", kept)
