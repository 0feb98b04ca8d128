"""What a campaign caused, read from the control group it was enrolled with.

First view: from each customer's enrolment to the end of their window. Second view: to the end of the last window of the
enrolment period, for campaigns whose control is never reminded in the end (not kind service). A verdict is given only
when every window has closed; before that the interval is wider (alpha / 3) and the view is called interim.
Source: facts/statistics.md, "Assignment" and "Estimators".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from notifier.domain.buckets import BUCKETS
from notifier.domain.lift import (
    INTERIM_DIVISOR,
    MIN_BUYERS,
    SAMPLE_RATIO_ALARM,
    MeanLift,
    RateLift,
    Sums,
    is_distinguishable,
    newcombe,
    sample_ratio_p,
    smallest_visible_effect,
    welch_of_sums,
)
from notifier.reports.campaigns import ReportCampaign
from notifier.store import arms
from notifier.store.arms import ArmCounts
from notifier.store.engine import Session
from notifier.store.facts import Period

__all__ = ["VERDICTS", "ArmFigures", "LiftFigures", "LiftView", "lift_of_campaign", "lift_view"]

VERDICTS = ("distinguishable", "not_distinguishable", "interim", "too_few", "ratio_alarm", "no_control")

ALPHA = 0.05
NOTHING = Sums(0, 0, 0)


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm in customers; `came` in the window, `phoned` by staff in it, `revenue` in minor units."""

    n: int = 0
    came: int = 0
    buyers: int = 0
    phoned: int = 0
    revenue: Sums = NOTHING

    @property
    def rate(self) -> float | None:
        """The share that came, 0 … 1; None for an empty arm."""
        return self.came / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class LiftView:
    """Treatment against control over one kind of window.

    `verdict` is one of VERDICTS. `until` is the last day of the last window, None where nobody is enrolled. `rate` is
    None for ratio_alarm, no_control and an empty arm; `revenue` also where an arm has fewer than 30 buyers.
    `smallest_effect` (0.108 = 10.8 points) is what arms of these sizes show in 4 cases of 5, None where nothing is.
    """

    verdict: str
    until: date | None
    treatment: ArmFigures
    control: ArmFigures
    rate: RateLift | None = None
    revenue: MeanLift | None = None
    smallest_effect: float | None = None


@dataclass(frozen=True, slots=True)
class LiftFigures:
    """Both views of one campaign. `ratio_p` is the chance of arms as unequal as these, None without a control.

    `out_of_lift` counts, by reason, the enrolments that stand in neither arm.
    """

    first: LiftView
    second: LiftView | None
    ratio_p: float | None
    out_of_lift: Mapping[str, int]


def lift_of_campaign(  # noqa: PLR0917 (read in this order everywhere)
    session: Session, shop_id: int, campaign: ReportCampaign, period_from: date, period_to: date, today: date
) -> LiftFigures:
    """The lift among the customers enrolled in [period_from, period_to], as known on `today`."""
    period = Period(shop_id, period_from, period_to)
    shares = arms.control_shares(session, shop_id, campaign.id)
    rows = arms.arm_counts(session, period, campaign.id, success=campaign.success, today=today)
    drawn = _with_control(rows, shares, campaign.control_bp)
    has_control = bool(drawn) if rows else _is_drawn(campaign.control_bp)
    ratio_p = _ratio_p(drawn, shares, campaign.control_bp)
    second = None
    if has_control and campaign.kind != "service":
        ends = _period_ends(arms.last_windows(session, shop_id, campaign.id), campaign.lift_window_days)
        later = arms.arm_counts(session, period, campaign.id, success=campaign.success, today=today, until=ends)
        second = lift_view(_with_control(later, shares, campaign.control_bp), ratio_p, today)
    return LiftFigures(
        first=lift_view(drawn, ratio_p, today) if has_control else _without_control(rows),
        second=second,
        ratio_p=ratio_p,
        out_of_lift=arms.out_of_lift_counts(session, period, campaign.id, success=campaign.success),
    )


def lift_view(rows: Iterable[ArmCounts], ratio_p: float | None, today: date) -> LiftView:
    """The verdict over these arms, on `today`; `ratio_p` as :func:`sample_ratio_p` gives it, None for no customers."""
    counted = list(rows)
    treatment, control = _arm(counted, "treatment"), _arm(counted, "control")
    until = _last_day(counted)
    if ratio_p is not None and ratio_p < SAMPLE_RATIO_ALARM:
        return LiftView("ratio_alarm", until, treatment, control)
    if until is None or not treatment.n or not control.n:
        return LiftView("too_few", until, treatment, control)
    is_closed = until < today
    alpha = ALPHA if is_closed else ALPHA / INTERIM_DIVISOR
    rate = newcombe(treatment.came, treatment.n, control.came, control.n, alpha)
    smallest = smallest_visible_effect(treatment.n, control.n, _base_rate(control))
    verdict = _verdict(rate, smallest) if is_closed else "interim"
    return LiftView(verdict, until, treatment, control, rate, _revenue(treatment, control, alpha), smallest)


def _without_control(rows: list[ArmCounts]) -> LiftView:
    return LiftView("no_control", _last_day(rows), _arm(rows, "treatment"), _arm(rows, "control"))


def _verdict(rate: RateLift, smallest: float | None) -> str:
    if is_distinguishable(rate.interval):
        return "distinguishable"
    return "too_few" if smallest is None else "not_distinguishable"


def _revenue(treatment: ArmFigures, control: ArmFigures, alpha: float) -> MeanLift | None:
    if min(treatment.buyers, control.buyers) < MIN_BUYERS:
        return None
    return welch_of_sums(treatment.revenue, control.revenue, alpha)


def _base_rate(control: ArmFigures) -> float:
    """The control's rate; where none or all of them came, Laplace's (came + 1) / (n + 2): the truth is neither."""
    if 0 < control.came < control.n:
        return control.came / control.n
    return (control.came + 1) / (control.n + 2)


def _arm(rows: Iterable[ArmCounts], arm: str) -> ArmFigures:
    own = [row for row in rows if row.arm == arm]
    n = sum(row.n for row in own)
    total, squares = sum(row.revenue.total for row in own), sum(row.revenue.squares for row in own)
    return ArmFigures(
        n=n,
        came=sum(row.came for row in own),
        buyers=sum(row.buyers for row in own),
        phoned=sum(row.phoned for row in own),
        revenue=Sums(n, total, squares),
    )


def _last_day(rows: Iterable[ArmCounts]) -> date | None:
    return max((row.until for row in rows), default=None)


def _is_drawn(share_bp: int) -> bool:
    return 0 < share_bp < BUCKETS


def _with_control(rows: list[ArmCounts], shares: Mapping[str, int], default_bp: int) -> list[ArmCounts]:
    """Rows of the enrolment periods in which a control was drawn."""
    return [row for row in rows if _is_drawn(shares.get(row.period, default_bp))]


def _ratio_p(rows: list[ArmCounts], shares: Mapping[str, int], default_bp: int) -> float | None:
    """The sample-ratio check against the shares drawn with, each period weighing as many customers as it has."""
    total = sum(row.n for row in rows)
    if not total:
        return None
    expected = sum(row.n * shares.get(row.period, default_bp) for row in rows) / total / BUCKETS
    in_control = sum(row.n for row in rows if row.arm == "control")
    return sample_ratio_p(total - in_control, in_control, expected)


def _period_ends(last_windows: Mapping[str, date], window_days: int) -> dict[str, date]:
    """When each enrolment period is over for good: a year's last window opens on 31 December; a list's has opened."""
    ends = {}
    for period, last in last_windows.items():
        is_year = len(period) == 4 and period.isdigit()
        ends[period] = date(int(period), 12, 31) + timedelta(days=window_days) if is_year else last
    return ends
