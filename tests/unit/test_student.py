"""Student's t quantile against scipy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from notifier.domain.student import t_quantile
from notifier.errors import BadInput


@given(st.floats(0.00001, 0.99999), st.floats(1, 5_000) | st.floats(5_000, 1e7))
def test_the_quantile_agrees_with_scipy(probability: float, degrees: float) -> None:
    """Fractional degrees of freedom, as Welch gives them; 1e-8 where lift is read."""
    assert t_quantile(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("degrees", [1, 1.5, 2, 17.921957, 30, 1665.9995, 1999.99, 2000.01, 1e5, 1e9])
@pytest.mark.parametrize("alpha", [0.1, 0.05, 0.05 / 3, 0.01, 0.001])
def test_the_usual_levels_agree_with_scipy(alpha: float, degrees: float) -> None:
    """Both sides of the change from the fraction to the expansion."""
    assert t_quantile(1 - alpha / 2, degrees) == pytest.approx(stats.t.ppf(1 - alpha / 2, degrees), rel=1e-9)


@given(st.floats(0.001, 0.499), st.floats(1, 1e4))
def test_the_quantile_is_symmetrical(probability: float, degrees: float) -> None:
    """The lower tail mirrors the upper."""
    assert t_quantile(probability, degrees) == pytest.approx(-t_quantile(1 - probability, degrees), rel=1e-12)


def test_the_middle_is_zero() -> None:
    """Half of it lies on each side."""
    assert t_quantile(0.5, 7) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("probability", "degrees"), [(0, 5), (1, 5), (0.9, 0), (0.9, -1), (0.9, float("nan"))])
def test_an_impossible_question_is_refused(probability: float, degrees: float) -> None:
    """No quantile exists there."""
    with pytest.raises(BadInput, match="degrees of freedom"):
        t_quantile(probability, degrees)
