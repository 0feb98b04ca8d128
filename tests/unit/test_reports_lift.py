"""The verdict over two arms, from counts alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.lift import newcombe
from notifier.reports.lift import VERDICTS, ArmFigures, lift_view
from tests.support.report_page import CLOSED, OPEN, TODAY, arms, page


@pytest.mark.parametrize(
    ("treatment", "control", "verdict"),
    [
        ((4000, 480), (1000, 90), "distinguishable"),
        ((4000, 360), (1000, 120), "distinguishable"),
        ((458, 92), (115, 17), "not_distinguishable"),
        ((100, 0), (100, 0), "not_distinguishable"),
        ((4, 1), (1, 1), "too_few"),
        ((4, 1), (0, 0), "too_few"),
        ((0, 0), (4, 1), "too_few"),
    ],
)
def test_verdict_of_a_closed_window(treatment: tuple[int, int], control: tuple[int, int], verdict: str) -> None:
    """The interval decides; where even everybody coming would show nothing, the list is too small."""
    assert lift_view(arms(treatment, control), 0.5, TODAY).verdict == verdict


def test_the_figures_are_those_of_the_facts() -> None:
    """480 of 4000 against 90 of 1000: 120 gained, 33 to 197."""
    rate = lift_view(arms((4000, 480), (1000, 90)), 0.5, TODAY).rate
    assert rate is not None
    assert rate.incremental == pytest.approx(120)
    assert rate.incremental_interval.low == pytest.approx(33.435, abs=0.001)
    assert rate.incremental_interval.high == pytest.approx(197.097, abs=0.001)


def test_a_loss_is_shown_as_it_is() -> None:
    """Fewer came than in control: the gain is negative and still a verdict."""
    view = lift_view(arms((4000, 360), (1000, 120)), 0.5, TODAY)
    assert view.rate is not None
    assert view.rate.incremental == pytest.approx(-120)


def test_an_interim_look_has_a_wider_interval_and_no_verdict() -> None:
    """Before the last window closes the interval is that of a third of alpha."""
    view = lift_view(arms((4000, 480), (1000, 90), OPEN), 0.5, TODAY)
    assert view.verdict == "interim"
    assert view.rate == newcombe(480, 4000, 90, 1000, 0.05 / 3)


@pytest.mark.parametrize(("days", "is_interim"), [(0, True), (1, False)])
def test_the_last_day_of_a_window_belongs_to_it(days: int, is_interim: bool) -> None:
    """The verdict comes on the day after."""
    view = lift_view(arms((40, 4), (10, 1)), 0.5, CLOSED + timedelta(days=days))
    assert (view.verdict == "interim") is is_interim


@pytest.mark.parametrize(("ratio_p", "verdict"), [(0.00099, "ratio_alarm"), (0.001, "distinguishable")])
def test_uneven_arms_have_no_verdict_and_no_interval(ratio_p: float, verdict: str) -> None:
    """Below 0.001 the arms are not the arms that were drawn."""
    view = lift_view(arms((4000, 480), (1000, 90)), ratio_p, TODAY)
    assert view.verdict == verdict
    assert (view.rate is None) == (verdict == "ratio_alarm")


@pytest.mark.parametrize(("buyers", "is_shown"), [(29, False), (30, True)])
def test_revenue_needs_thirty_buyers_in_each_arm(buyers: int, is_shown: bool) -> None:
    """29 buyers in control are too few for a mean of what they spent."""
    view = lift_view(arms((4000, 480), (1000, buyers)), 0.5, TODAY)
    assert (view.revenue is not None) is is_shown


def test_the_smallest_effect_is_told_from_the_controls_own_rate() -> None:
    """458 and 115 with 17 come anyway: about 12 points, by domain/lift; with nobody come it is still told."""
    assert lift_view(arms((458, 92), (115, 17)), 0.5, TODAY).smallest_effect == pytest.approx(0.121, abs=0.001)
    assert lift_view(arms((458, 0), (115, 0)), 0.5, TODAY).smallest_effect is not None


@given(st.data())
def test_every_pair_of_arms_has_a_known_verdict(data: st.DataObject) -> None:
    """Whatever the counts, there is one of the six verdicts, and an interval only around the estimate."""
    sizes = [data.draw(st.integers(0, 60)) for _ in range(2)]
    treatment, control = ((n, data.draw(st.integers(0, n))) for n in sizes)
    ratio_p = data.draw(st.none() | st.floats(0, 1))
    view = lift_view(arms(treatment, control), ratio_p, TODAY)
    assert view.verdict in VERDICTS
    if view.rate is not None:
        assert view.rate.interval.low <= view.rate.difference <= view.rate.interval.high


def test_an_empty_arm_has_no_rate() -> None:
    """Nought of nought is no share."""
    assert ArmFigures().rate is None


def test_the_ratio_of_credited_to_gained_needs_a_proven_gain() -> None:
    """412 credited for 120 gained; nothing for what is not distinguishable, uneven or interim."""
    ratios = [row.credited_per_caused for row in page().rows]
    assert ratios == [pytest.approx(412 / 120), None, None, None]
