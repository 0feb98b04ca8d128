"""The words a DMS uses."""

from __future__ import annotations

import pytest

from notifier.dms.words import clean_category, clean_consent, clean_language, clean_state


@pytest.mark.parametrize(
    "text, category",
    [
        ("首保", "first_service"), ("定期保养", "maintenance"), ("一般维修", "repair"), ("事故车", "accident"),
        ("索赔", "warranty"), ("装潢", "decoration"), ("PDI", "pdi"), ("pdi检测", "pdi"), ("内部", "internal"),
        ("Maintenance", "maintenance"), ("免费首保(5000km)", "first_service"), ("索赔维修", "warranty"),
        ("保修期外维修", "repair"), ("质保期外保养", "maintenance"), ("非事故维修", "repair"),
        ("强制保养", "first_service"),
        ("二保", "maintenance"), ("钣金", "accident"), ("交车前检查", "pdi"), ("试驾车保养", "internal"),
        ("年检", "other"),
        ("三包索赔", "warranty"), ("精品加装", "decoration"), ("机修", "repair"), ("ＰＤＩ", "pdi"),
        ("内部保养", "internal"), ("其他", "other"), ("first service", "first_service"),
    ],
)  # fmt: skip
def test_categories(text: str, category: str) -> None:
    """The words of facts/dealership.md and their kin."""
    assert clean_category(text) == (category, None)


def test_an_unknown_category_is_other_and_doubted() -> None:
    """So nothing is silently left out of the count."""
    assert clean_category("Z9") == clean_category("") == ("other", "unknown_category")


@pytest.mark.parametrize(
    "text, state",
    [
        ("在用", "in_use"),
        ("已转卖", "sold"),
        ("试驾车", "test_drive"),
        ("PDI", "pdi"),
        ("库存", "stock"),
        ("报废", "scrapped"),
        ("2023年已转卖", "sold"),
        ("试驾车(2号)", "test_drive"),
        ("展车", "stock"),
        ("公务车", "in_use"),
    ],
)
def test_states(text: str, state: str) -> None:
    """What became of a car."""
    assert clean_state(text) == (state, None)


def test_no_state_and_an_unknown_one() -> None:
    """Empty is empty; the unknown is doubted."""
    assert (clean_state(""), clean_state("飞了")) == ((None, None), (None, "unknown_state"))
    assert clean_state("未过户") == clean_state("准备转卖") == (None, "unknown_state")


@pytest.mark.parametrize(
    "text, consent",
    [
        ("是", "yes"),
        ("同意", "yes"),
        ("Y", "yes"),
        ("否", "no"),
        ("不同意", "no"),
        ("N", "no"),
        ("", None),
        ("未知", None),
    ],
)
def test_consent(text: str, consent: str | None) -> None:
    """Yes, no, or nothing said."""
    assert clean_consent(text) == (consent, None)


def test_unclear_consent_is_no_consent() -> None:
    """Nobody is taken to have agreed."""
    assert clean_consent("再说吧") == (None, "unclear_consent")


def test_languages() -> None:
    """Those we have texts in."""
    assert [clean_language(text)[0] for text in ("中文", "EN", "", "Deutsch")] == ["zh-CN", "en", None, None]
    assert clean_language("Deutsch")[1] == "unknown_language"
