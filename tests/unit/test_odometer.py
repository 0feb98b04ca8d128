"""Kilometres told by SMS: as people write them, and never what merely speaks of kilometres."""

from __future__ import annotations

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.odometer import HIGHEST, odometer_told
from notifier.domain.replies import Understood, understand

ASKING = {"km": "odometer", "1": "booking", "0": "already_done"}
BOOKING = {"1": "booking", "0": "already_done"}


@pytest.mark.parametrize(
    ("text", "km"),
    [
        ("5.3万公里", 53_000),
        ("里程53200公里", 53_200),
        ("53,200 km", 53_200),
        ("公里数:53200", 53_200),
        ("公里数:53200。", 53_200),
        ("53200KM", 53_200),
        ("５３２００公里", 53_200),
        ("53200㎞", 53_200),
        ("五万公里", None),
        ("5万3公里", 53_000),
        ("5万3200公里", 53_200),
        ("53k km", 53_000),
        ("53 200 km", 53_200),
        ("53200.5公里", 53_200),
        ("我的车现在跑了53200公里了", 53_200),
        ("大约5.3万公里左右,谢谢", 53_000),
        ("里程數是53200", 53_200),
        ("行驶里程 53,200", 53_200),
        ("Mileage: 53,200", 53_200),
        ("odometer is 53200", 53_200),
        ("It has 53200 km now, thanks", 53_200),
        ("里程850", 850),
    ],
)
def test_kilometres_in_so_many_words_are_an_odometer_whatever_was_asked(text: str, km: int | None) -> None:
    """A word for it, or the unit behind it."""
    told = Understood("odometer", "figure", km) if km else Understood("text", "none")
    assert understand(text, BOOKING) == understand(text, ASKING) == understand(text, {}) == told


@pytest.mark.parametrize(
    ("text", "km"),
    [("53200", 53_200), ("53,200。", 53_200), ("5.3万", 53_000), ("现在53200", 53_200), ("回复 53200", 53_200),
     ("1000", 1_000), ("999999", 999_999), ("约5万3", 53_000)],
)  # fmt: skip
def test_a_bare_figure_counts_only_where_the_text_asked_for_it(text: str, km: int) -> None:
    """Otherwise it may be a price, a plate, a code: it waits for a person."""
    assert understand(text, ASKING) == Understood("odometer", "figure", km)
    assert understand(text, BOOKING) == Understood("text", "none")


@pytest.mark.parametrize(
    "text",
    [
        "999",
        "1234567",
        "800公里",
        "1 or 2",
        "1 53200",
        "离你们店20公里",
        "60000公里再来",
        "1.5万公里保养多少钱",
        "53200公里可以吗",
        "跑了5公里就没油了",
        "里程53200,什么时候可以去?",
        "2026年3月10日",
        "13812345001",
        "5.3.2",
        "53.200.100 km",
        "-53200 km each way",
        "53200 kmh",
        "明天上午9点",
    ],
)
def test_whatever_else_has_figures_in_it_waits_for_a_person(text: str) -> None:
    """Also where the odometer was asked for."""
    assert understand(text, ASKING) == Understood("text", "none")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("1", "booking"), ("0", "already_done"), ("1,明天上午", "booking"), ("退订", "stop"), ("R", "stop")],
)
def test_a_declared_digit_and_a_stop_come_before_kilometres(text: str, meaning: str) -> None:
    """The text asked for the odometer, and the customer answered something else."""
    assert understand(text, ASKING).meaning == meaning


@given(st.integers(1_000, HIGHEST), st.sampled_from(["{}公里", "里程{}", "{} km", "公里数:{}", "跑了{:,}公里了"]))
def test_every_odometer_is_read_as_it_was_written(km: int, words: str) -> None:
    """From the first thousand to the last."""
    assert understand(words.format(km), {}).km == km


@given(st.text(alphabet="0123456789., 万千k公里程数跑了大概约km", max_size=30), st.booleans())
def test_whatever_is_read_is_a_possible_odometer(text: str, asked: bool) -> None:
    """Nothing else comes out, and nothing raises."""
    km = odometer_told(text, asked=asked)
    assert km is None or 1 <= km <= HIGHEST


def test_a_long_text_is_read_at_once() -> None:
    """Whatever it repeats."""
    for piece in ("大概", "车", "我的车子跑了", "1 ", "111,", "里程", "5万", "了。", "km"):
        began = thread_time()
        odometer_told(piece * 20_000, asked=True)
        assert thread_time() - began < 1
