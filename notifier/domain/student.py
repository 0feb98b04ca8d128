"""Student's t quantile, for Welch's interval: scipy would add 216 MB to an install for this page.

Source: the t tail as a regularised incomplete beta function, I_x(df/2, 1/2) with x = df / (df + t²), evaluated by its
continued fraction (Abramowitz & Stegun 26.5.8, 26.7.1), and for large df the expansion of 26.7.5.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["t_quantile"]

# Above this many degrees of freedom the expansion around the normal quantile is good to 1e-12, while lgamma's own
# rounding would start to show in the incomplete beta function.
_NEARLY_NORMAL = 2_000.0
_TINY = 1e-300
_CONVERGED = 1e-16


def t_quantile(probability: float, degrees: float) -> float:
    """The t that a Student variable with `degrees` (> 0, fractions allowed) stays below with `probability`.

    Good to 1e-8 for probabilities from 0.00001 to 0.99999 and at least one degree of freedom. Raises BadInput outside
    0 < probability < 1 or for degrees ≤ 0.
    """
    if not 0 < probability < 1 or not degrees > 0:
        raise BadInput(
            N_("No t quantile for probability {probability} with {degrees} degrees of freedom; check the figures."),
            probability=probability,
            degrees=degrees,
        )
    if probability < 0.5:
        return -t_quantile(1 - probability, degrees)
    if degrees > _NEARLY_NORMAL:
        return _expanded(NormalDist().inv_cdf(probability), degrees)
    return _by_halving(1 - probability, degrees)


def _expanded(z: float, df: float) -> float:
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return sum(term / df**power for power, term in enumerate(terms))


def _by_halving(tail: float, df: float) -> float:
    low, high = 0.0, 1.0
    while _upper_tail(high, df) > tail:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        if _upper_tail(middle, df) > tail:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _upper_tail(t: float, df: float) -> float:
    """P(T > t) for t ≥ 0."""
    return _incomplete_beta(df / 2, 0.5, df / (df + t * t), t * t / (df + t * t)) / 2


def _incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """I_x(a, b) with y = 1 - x given apart, so that neither loses digits near 1."""
    if x == 0 or y == 0:
        return 0.0 if x == 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(y))
    # The fraction converges fast only left of the mean; right of it the mirrored one does.
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, y) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 1_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            result *= d * c
        if abs(d * c - 1) < _CONVERGED:
            break
    return result


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
