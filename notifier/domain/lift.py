"""What a campaign caused: enrolled treatment against enrolled control, with intervals.

Closed forms over ``math`` and ``statistics.NormalDist``. Source: facts/statistics.md, "Estimators"; Newcombe (1998)
method 10 for the difference of two shares, Welch (1947) for the difference of two means.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

from notifier.domain.student import t_quantile
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = [
    "INTERIM_DIVISOR",
    "MIN_BUYERS",
    "SAMPLE_RATIO_ALARM",
    "ArmTooSmall",
    "Interval",
    "MeanLift",
    "RateLift",
    "Sums",
    "is_distinguishable",
    "newcombe",
    "sample_ratio_p",
    "size_needed",
    "smallest_visible_effect",
    "welch",
    "welch_of_sums",
    "wilson",
]

SAMPLE_RATIO_ALARM = 0.001
"""Below this p of :func:`sample_ratio_p` no verdict is shown: the arms are not the arms that were drawn."""

INTERIM_DIVISOR = 3
"""Looks before the window closes use alpha / 3; three looks at 5 % would raise false alarms to 11.8 %."""

MIN_BUYERS = 30
"""With fewer buyers than this in either arm a Welch interval for revenue is not shown."""

_NORMAL = NormalDist()


class ArmTooSmall(BadInput):
    """An arm has too few customers for the figure asked: none for a share, fewer than two for a mean."""

    code = "arm_too_small"


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, both ends included."""

    low: float
    high: float

    def scaled(self, factor: float) -> Interval:
        """The same interval for `factor` (≥ 0) times the quantity."""
        return Interval(self.low * factor, self.high * factor)


@dataclass(frozen=True, slots=True)
class RateLift:
    """Difference of two shares, treatment minus control, and what it means in customers of the treatment arm.

    `z` and the two-sided `p_value` are those of the pooled two-proportion test; the verdict follows the interval.
    """

    difference: float
    interval: Interval
    z: float
    p_value: float
    incremental: float
    incremental_interval: Interval


@dataclass(frozen=True, slots=True)
class MeanLift:
    """Difference of two means, treatment minus control, in the values' unit; `total` is it times the treatment arm."""

    difference: float
    standard_error: float
    degrees_of_freedom: float
    interval: Interval
    total: float
    total_interval: Interval


@dataclass(frozen=True, slots=True)
class Sums:
    """Running sums of one arm: customers, sum and sum of squares of their values, zero for those who did not buy.

    Kept in integer minor units they lose nothing to rounding, however large the revenue.
    """

    n: int
    total: int
    squares: int

    @classmethod
    def of(cls, values: list[int]) -> Self:
        """The sums of these values."""
        return cls(len(values), sum(values), sum(v * v for v in values))

    @property
    def mean(self) -> float:
        """Mean of the values; raises ArmTooSmall when there are none."""
        _need(self.n, 1)
        return self.total / self.n

    @property
    def sd(self) -> float:
        """Sample standard deviation (n - 1); raises ArmTooSmall below two values."""
        _need(self.n, 2)
        return math.sqrt((self.n * self.squares - self.total * self.total) / (self.n * (self.n - 1)))


def wilson(successes: int, n: int, alpha: float = 0.05) -> Interval:
    """Wilson's score interval of a share; raises ArmTooSmall for n = 0."""
    _need(n, 1)
    z = _NORMAL.inv_cdf(1 - alpha / 2)
    share, weight = successes / n, z * z / n
    middle = share + weight / 2
    half = z * math.sqrt(share * (1 - share) / n + weight / n / 4)
    # With nobody, or everybody, the limit is exact; rounding must not carry it past the edge.
    low = 0.0 if successes == 0 else (middle - half) / (1 + weight)
    high = 1.0 if successes == n else (middle + half) / (1 + weight)
    return Interval(low, high)


def newcombe(x_t: int, n_t: int, x_c: int, n_c: int, alpha: float = 0.05) -> RateLift:
    """Who came in treatment (`x_t` of `n_t`) against control (`x_c` of `n_c`); raises ArmTooSmall for an empty arm."""
    treated, control = wilson(x_t, n_t, alpha), wilson(x_c, n_c, alpha)
    p_t, p_c = x_t / n_t, x_c / n_c
    difference = p_t - p_c
    interval = Interval(
        difference - math.hypot(p_t - treated.low, control.high - p_c),
        difference + math.hypot(treated.high - p_t, p_c - control.low),
    )
    z = _pooled_z(x_t, n_t, x_c, n_c)
    p_value = math.erfc(abs(z) / math.sqrt(2))
    return RateLift(difference, interval, z, p_value, n_t * difference, interval.scaled(n_t))


def _pooled_z(x_t: int, n_t: int, x_c: int, n_c: int) -> float:
    """The pooled z; 0 where everybody or nobody came, since then the arms cannot differ."""
    pooled = (x_t + x_c) / (n_t + n_c)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n_t + 1 / n_c))
    return (x_t / n_t - x_c / n_c) / error if error else 0.0


def welch(  # noqa: PLR0917  two arms, each its mean, spread and size, as the formula is written
    mean_t: float, sd_t: float, n_t: int, mean_c: float, sd_c: float, n_c: int, alpha: float = 0.05
) -> MeanLift:
    """Value per customer in treatment against control, with unequal spreads.

    Without any spread in either arm the interval is the difference itself, with n_t + n_c - 2 degrees of freedom.
    Raises ArmTooSmall where an arm has fewer than two customers.
    """
    _need(min(n_t, n_c), 2)
    difference = mean_t - mean_c
    part_t, part_c = sd_t * sd_t / n_t, sd_c * sd_c / n_c
    variance = part_t + part_c
    if variance == 0:
        degrees = float(n_t + n_c - 2)
    else:
        # Shares of the variance, not its square: spreads near the smallest float would underflow.
        share_t, share_c = part_t / variance, part_c / variance
        degrees = 1 / (share_t * share_t / (n_t - 1) + share_c * share_c / (n_c - 1))
    error = math.sqrt(variance)
    half = t_quantile(1 - alpha / 2, degrees) * error
    interval = Interval(difference - half, difference + half)
    return MeanLift(difference, error, degrees, interval, n_t * difference, interval.scaled(n_t))


def welch_of_sums(treatment: Sums, control: Sums, alpha: float = 0.05) -> MeanLift:
    """:func:`welch` from running sums, as a query gives them; raises ArmTooSmall likewise."""
    return welch(treatment.mean, treatment.sd, treatment.n, control.mean, control.sd, control.n, alpha)


def is_distinguishable(interval: Interval) -> bool:
    """Does the interval exclude zero? If not, reports say "not distinguishable from zero"."""
    return not interval.low <= 0 <= interval.high


def sample_ratio_p(n_t: int, n_c: int, share_control: float) -> float:
    """The p of the chi-square test (1 degree of freedom) that the arms have the sizes that were drawn.

    `share_control` lies strictly between 0 and 1, else BadInput; raises ArmTooSmall when both arms are empty.
    """
    _need(n_t + n_c, 1)
    _need_share(share_control)
    expected_c = (n_t + n_c) * share_control
    expected_t = (n_t + n_c) - expected_c
    chi_square = (n_t - expected_t) ** 2 / expected_t + (n_c - expected_c) ** 2 / expected_c
    return math.erfc(math.sqrt(chi_square / 2))


def size_needed(base: float, effect: float, control_share: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Customers in both arms together, to see a rise of `effect` (0.02 = two points) over the control's rate `base`.

    The two-proportion z test with pooled variance under "no effect" and unpooled under the effect, the pooled rate
    weighted by the unequal arms (Fleiss, Levin & Paik 2003, without continuity correction); control is rounded up
    first, treatment follows from the split: 10→12 % at 80/20 is 5 × ⌈2444.56⌉ = 12,225.

    Raises BadInput for a share or a rate outside (0, 1) or an effect of zero.
    """
    _need_share(control_share)
    _need_share(base)
    if effect == 0 or not 0 <= base + effect <= 1:
        raise BadInput(
            N_("An effect of {effect} on a rate of {base} is impossible; both rates lie between 0 and 1 and differ."),
            effect=effect,
            base=base,
        )
    per_customer = _deviation_needed(base, base + effect, 1 - control_share, control_share, power=power, alpha=alpha)
    in_control = math.ceil(round((per_customer / effect) ** 2 * control_share, 9))
    return in_control + math.ceil(round(in_control * (1 - control_share) / control_share, 9))


def smallest_visible_effect(
    n_t: int, n_c: int, base_rate: float, power: float = 0.8, alpha: float = 0.05
) -> float | None:
    """The smallest rise over the control's rate that arms of these sizes show with `power`; None if they show none.

    The inverse of :func:`size_needed`: 573 customers at 80/20 with 10 % coming anyway see 10.8 points or more. Raises
    ArmTooSmall for an empty arm, BadInput for a rate outside (0, 1).
    """
    _need(min(n_t, n_c), 1)
    _need_share(base_rate)
    low, high = 0.0, 1 - base_rate
    if high < _deviation_needed(base_rate, 1.0, n_t, n_c, power=power, alpha=alpha):
        return None
    for _ in range(60):
        effect = (low + high) / 2
        if effect < _deviation_needed(base_rate, base_rate + effect, n_t, n_c, power=power, alpha=alpha):
            low = effect
        else:
            high = effect
    return high


def _deviation_needed(p_c: float, p_t: float, n_t: float, n_c: float, *, power: float, alpha: float) -> float:
    """The difference that arms of n_t and n_c show with `power`, were the rates p_t and p_c."""
    pooled = (n_t * p_t + n_c * p_c) / (n_t + n_c)
    under_none = math.sqrt(max(pooled * (1 - pooled), 0.0) * (1 / n_t + 1 / n_c))
    under_effect = math.sqrt(max(p_t * (1 - p_t), 0.0) / n_t + p_c * (1 - p_c) / n_c)
    return _NORMAL.inv_cdf(1 - alpha / 2) * under_none + _NORMAL.inv_cdf(power) * under_effect


def _need(n: int, least: int) -> None:
    if n < least:
        raise ArmTooSmall(
            N_("An arm of {n} customers is too small; at least {least} are needed in each."), n=n, least=least
        )


def _need_share(share: float) -> None:
    if not 0 < share < 1:
        raise BadInput(N_("A share of {share} is impossible here; it lies between 0 and 1."), share=share)
