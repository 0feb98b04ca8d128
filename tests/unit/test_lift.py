"""Lift: the numbers of facts/statistics.md, and scipy over ranges."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from notifier.domain.lift import (
    INTERIM_DIVISOR,
    MIN_BUYERS,
    SAMPLE_RATIO_ALARM,
    ArmTooSmall,
    Interval,
    Sums,
    is_distinguishable,
    newcombe,
    sample_ratio_p,
    size_needed,
    smallest_visible_effect,
    welch,
    welch_of_sums,
    wilson,
)
from notifier.errors import BadInput

ALPHAS = st.sampled_from([0.1, 0.05, 0.05 / 3, 0.01])


@st.composite
def arms(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 20_000))
    return draw(st.integers(0, n)), n


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (480, 4000, 0.110292343, 0.130436834),
        (90, 1000, 0.073796149, 0.109341793),
        (0, 50, 0.0, 0.071347599),
    ],
)
def test_wilson_as_computed(successes: int, n: int, low: float, high: float) -> None:
    """The table of estimators."""
    interval = wilson(successes, n)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-9)


@given(arms(), ALPHAS)
def test_wilson_agrees_with_scipy(arm: tuple[int, int], alpha: float) -> None:
    """And never leaves 0 … 1."""
    successes, n = arm
    oracle = stats.binomtest(successes, n).proportion_ci(1 - alpha, method="wilson")
    interval = wilson(successes, n, alpha)
    assert (interval.low, interval.high) == pytest.approx((oracle.low, oracle.high), abs=1e-12)
    assert 0 <= interval.low <= successes / n <= interval.high <= 1


def test_newcombe_where_the_campaign_works() -> None:
    """480 of 4000 against 90 of 1000: 120 visits that would not have happened."""
    lift = newcombe(480, 4000, 90, 1000)
    assert lift.difference == pytest.approx(0.03)
    assert (lift.interval.low, lift.interval.high) == pytest.approx((0.008358753, 0.049274135), abs=1e-9)
    assert lift.z == pytest.approx(2.669912, abs=1e-6)
    assert lift.p_value == pytest.approx(0.007587111, abs=1e-9)
    assert lift.incremental == pytest.approx(120)
    assert (lift.incremental_interval.low, lift.incremental_interval.high) == pytest.approx((33.435, 197.097), abs=1e-3)
    assert is_distinguishable(lift.interval)


def test_newcombe_where_the_list_is_too_small() -> None:
    """92 of 458 against 17 of 115 looks like five points and shows nothing."""
    lift = newcombe(92, 458, 17, 115)
    assert lift.difference == pytest.approx(0.053047275, abs=1e-9)
    assert (lift.interval.low, lift.interval.high) == pytest.approx((-0.030452878, 0.119268186), abs=1e-9)
    assert lift.p_value == pytest.approx(0.195032, abs=1e-6)
    assert not is_distinguishable(lift.interval)


@pytest.mark.parametrize("came", [0, 10])
def test_newcombe_where_nobody_or_everybody_came(came: int) -> None:
    """Nothing to tell apart, and the interval says how little is known."""
    lift = newcombe(came, 10, came, 10)
    assert (lift.interval.low, lift.interval.high) == pytest.approx((-0.277532800, 0.277532800), abs=1e-9)
    assert (lift.z, lift.p_value) == (0, 1)


@given(arms(), arms(), ALPHAS)
def test_newcombe_against_its_definition(treatment: tuple[int, int], control: tuple[int, int], alpha: float) -> None:
    """From scipy's Wilson limits and scipy's chi-square without correction (z squared)."""
    (x_t, n_t), (x_c, n_c) = treatment, control
    lift = newcombe(x_t, n_t, x_c, n_c, alpha)
    p_t, p_c = x_t / n_t, x_c / n_c
    wt = stats.binomtest(x_t, n_t).proportion_ci(1 - alpha, method="wilson")
    wc = stats.binomtest(x_c, n_c).proportion_ci(1 - alpha, method="wilson")
    low = p_t - p_c - math.hypot(p_t - wt.low, wc.high - p_c)
    high = p_t - p_c + math.hypot(wt.high - p_t, p_c - wc.low)
    assert (lift.interval.low, lift.interval.high) == pytest.approx((low, high), abs=1e-9)
    assert -1 <= lift.interval.low <= lift.difference <= lift.interval.high <= 1
    assume(0 < x_t + x_c < n_t + n_c)
    oracle = stats.chi2_contingency([[x_t, n_t - x_t], [x_c, n_c - x_c]], correction=False)
    assert lift.z**2 == pytest.approx(oracle.statistic, rel=1e-6, abs=1e-9)
    assert lift.p_value == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-9)


@given(arms(), arms())
def test_swapping_the_arms_swaps_the_sign(treatment: tuple[int, int], control: tuple[int, int]) -> None:
    """Neither arm is favoured."""
    there, back = newcombe(*treatment, *control), newcombe(*control, *treatment)
    assert there.difference == pytest.approx(-back.difference, abs=1e-12)
    assert there.interval.low == pytest.approx(-back.interval.high, abs=1e-12)


def test_welch_from_means() -> None:
    """Revenue of 4,000 against 1,000 customers, and its total."""
    lift = welch(106.8, 310, 4000, 80.1, 280, 1000)
    assert lift.difference == pytest.approx(26.7)
    assert lift.standard_error == pytest.approx(10.120524, abs=1e-6)
    assert lift.degrees_of_freedom == pytest.approx(1665.9995, abs=1e-4)
    assert (lift.interval.low, lift.interval.high) == pytest.approx((6.849717, 46.550283), abs=1e-6)
    assert lift.total == pytest.approx(106_800)
    assert (lift.total_interval.low, lift.total_interval.high) == pytest.approx((27_398.87, 186_201.13), abs=1e-2)


def test_welch_from_running_sums() -> None:
    """The same from what a query adds up."""
    treated = Sums.of([0, 0, 0, 890, 0, 1200, 0, 0, 450, 0, 890, 0])
    control = Sums(8, 890, 890 * 890)
    lift = welch_of_sums(treated, control)
    assert lift.difference == pytest.approx(174.583333, abs=1e-6)
    assert lift.degrees_of_freedom == pytest.approx(17.921957, abs=1e-6)
    # scipy: -185.72498992, 534.89165659; the table of statistics.md rounds the lower end to ...988
    assert (lift.interval.low, lift.interval.high) == pytest.approx((-185.72498992, 534.89165659), abs=1e-8)


VALUES = st.lists(st.integers(0, 50_000_00), min_size=2, max_size=40)


@given(VALUES, VALUES, ALPHAS)
def test_welch_agrees_with_scipy(treated: list[int], control: list[int], alpha: float) -> None:
    """Money in minor units."""
    # scipy warns of an arm without spread; that case has its own test
    assume(len({*treated}) > 1 and len({*control}) > 1)
    lift = welch_of_sums(Sums.of(treated), Sums.of(control), alpha)
    oracle = stats.ttest_ind(treated, control, equal_var=False)
    interval = oracle.confidence_interval(1 - alpha)
    assert lift.degrees_of_freedom == pytest.approx(oracle.df, rel=1e-9)
    assert (lift.interval.low, lift.interval.high) == pytest.approx((interval.low, interval.high), rel=1e-7, abs=1e-4)


def test_sums_lose_nothing_to_rounding() -> None:
    """A million customers who all spent nearly the same: the spread is not noise."""
    n, value = 1_000_000, 10**9
    sums = Sums(n, n * value + n // 2, (n // 2) * value**2 + (n // 2) * (value + 1) ** 2)
    assert sums.sd == pytest.approx(0.5 * math.sqrt(n / (n - 1)), rel=1e-12)


def test_arms_without_any_spread() -> None:
    """Everybody spent the same: the interval is a point; with spread in one arm that arm alone sets its width."""
    one = welch_of_sums(Sums.of([0, 1, 2, 3]), Sums.of([1, 1]))
    half = stats.t.ppf(0.975, 3) * math.sqrt(5 / 3 / 4)
    assert (one.degrees_of_freedom, one.interval.high) == pytest.approx((3, 0.5 + half))
    lift = welch(5, 0, 10, 3, 0, 20)
    assert (lift.interval, lift.degrees_of_freedom) == (Interval(2, 2), 28)


def test_sample_ratio() -> None:
    """4000/900 against 80/20 is suspicious but no alarm; 80 % that became 66.6 % is one."""
    assert sample_ratio_p(4000, 900, 0.2) == pytest.approx(0.004274734, abs=1e-9)
    assert sample_ratio_p(4000, 1000, 0.2) == pytest.approx(1)
    assert sample_ratio_p(666, 334, 0.2) < SAMPLE_RATIO_ALARM < sample_ratio_p(4000, 900, 0.2)


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.floats(0.01, 0.99))
def test_sample_ratio_agrees_with_scipy(n_t: int, n_c: int, share: float) -> None:
    """One empty arm included."""
    total = n_t + n_c
    oracle = stats.chisquare([n_t, n_c], [total - total * share, total * share])
    assert sample_ratio_p(n_t, n_c, share) == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("base", "effect", "size"), [(0.10, 0.02, 12_225), (0.10, 0.05, 2_225), (0.20, 0.05, 3_480)])
def test_sizes_for_80_percent_power(base: float, effect: float, size: int) -> None:
    """The three sizes of facts/statistics.md, 80/20."""
    assert size_needed(base, effect, 0.2) == size


def test_a_list_of_573_sees_only_effects_of_10_8_points() -> None:
    """458 treated against 115, 10 % coming anyway."""
    effect = smallest_visible_effect(458, 115, 0.10)
    assert effect is not None
    assert round(effect * 100, 1) == 10.8


@given(st.floats(0.02, 0.5), st.floats(0.01, 0.3), st.floats(0.05, 0.5))
def test_a_list_of_the_size_needed_shows_the_effect(base: float, effect: float, share: float) -> None:
    """The two functions are each other's inverse, up to the rounding of the arms."""
    size = size_needed(base, effect, share)
    in_control = round(size * share)
    visible = smallest_visible_effect(size - in_control, in_control, base)
    assert visible is not None
    assert visible <= effect * 1.05
    assert visible == pytest.approx(effect, rel=0.25)


def test_a_handful_shows_nothing() -> None:
    """Two against one cannot show even that everybody came."""
    assert smallest_visible_effect(2, 1, 0.5) is None


@pytest.mark.parametrize(
    "question",
    [
        lambda: wilson(0, 0),
        lambda: newcombe(0, 0, 1, 10),
        lambda: newcombe(1, 10, 0, 0),
        lambda: welch(1, 1, 1, 1, 1, 10),
        lambda: welch_of_sums(Sums.of([]), Sums.of([1, 2])),
        lambda: Sums.of([3]).sd,
        lambda: sample_ratio_p(0, 0, 0.2),
        lambda: smallest_visible_effect(10, 0, 0.1),
    ],
)
def test_an_empty_arm_is_refused_by_name(question: object) -> None:
    """A report catches this one and says "too few"."""
    assert callable(question)
    with pytest.raises(ArmTooSmall, match="too small"):
        question()


@pytest.mark.parametrize(
    "question",
    [
        lambda: size_needed(0.1, 0, 0.2),
        lambda: size_needed(0.1, 0.95, 0.2),
        lambda: size_needed(0, 0.1, 0.2),
        lambda: size_needed(0.1, 0.1, 0),
        lambda: sample_ratio_p(1, 1, 1),
        lambda: smallest_visible_effect(10, 10, 1),
    ],
)
def test_impossible_shares_are_refused(question: object) -> None:
    """Rates and shares lie between 0 and 1."""
    assert callable(question)
    with pytest.raises(BadInput, match="between 0 and 1"):
        question()


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(-1, 1, False), (0, 1, False), (-1, 0, False), (0.1, 1, True), (-1, -0.1, True)]
)
def test_an_interval_that_holds_zero_is_not_distinguishable(low: float, high: float, expected: bool) -> None:
    """Touching zero is holding it; a negative result is a result."""
    assert is_distinguishable(Interval(low, high)) is expected


def test_the_rules_of_reading() -> None:
    """Interim looks at a third of alpha; no revenue interval below 30 buyers."""
    assert (INTERIM_DIVISOR, MIN_BUYERS, SAMPLE_RATIO_ALARM) == (3, 30, 0.001)
    assert (
        newcombe(480, 4000, 90, 1000, 0.05 / INTERIM_DIVISOR).interval.low < newcombe(480, 4000, 90, 1000).interval.low
    )
