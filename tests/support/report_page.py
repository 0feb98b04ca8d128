"""A campaign report without a database: one campaign of each verdict, with figures easy to recognise."""

from __future__ import annotations

from datetime import UTC, date, datetime

from notifier.domain.lift import Sums, sample_ratio_p
from notifier.reports.campaigns import ReportCampaign, ReportShop
from notifier.reports.figures import CampaignReport, CampaignRow, Enrolled
from notifier.reports.lift import LiftFigures, lift_view
from notifier.store.arms import ArmCounts
from notifier.store.facts import CreditCounts, MessageCounts, OrderCounts

TODAY = date(2026, 5, 31)
CLOSED = date(2026, 5, 20)
OPEN = date(2026, 7, 20)


def arm(name: str, n: int, came: int, until: date = CLOSED, phoned: int = 0) -> ArmCounts:
    """One arm whose every comer paid 890.00."""
    return ArmCounts("2026", name, n, came, came, phoned, Sums(n, came * 890_00, came * 890_00**2), until)


def arms(treatment: tuple[int, int], control: tuple[int, int], until: date = CLOSED) -> list[ArmCounts]:
    """Both arms, each (customers, came); an arm of none is left out, as the query does."""
    pairs = (("treatment", treatment), ("control", control))
    return [arm(name, n, came, until) for name, (n, came) in pairs if n]


def lift_of(rows: list[ArmCounts], second: list[ArmCounts] | None = None) -> LiftFigures:
    """Both views of arms drawn at 80/20."""
    in_control = sum(row.n for row in rows if row.arm == "control")
    ratio_p = sample_ratio_p(sum(row.n for row in rows) - in_control, in_control, 0.2)
    later = lift_view(second, ratio_p, TODAY) if second else None
    return LiftFigures(lift_view(rows, ratio_p, TODAY), later, ratio_p, {"came_before_enrolment": 3})


def campaign(title: str, success: str = "visit", kind: str = "service") -> ReportCampaign:
    """A campaign of that title, drawn at 80/20."""
    return ReportCampaign(title.lower(), title, title, kind, success, 2000, 45, 14, 30)


def page(*titles: str) -> CampaignReport:
    """A page with a campaign for each of at most four titles: proven, not distinguishable, uneven, interim."""
    names = (*titles, "Maintenance due", "Insurance expiry", "Birthday", "Win-back")[:4]
    texts = MessageCounts(planned=3, sending=1, withheld=1000, sent=10_240, delivered=9_801, undelivered=400, failed=12,
                          unknown=2, cancelled=310, replied=1_250, booked=640, opted_out=12, segments=10_440,
                          cost_micros=522_000_000)  # fmt: skip
    rows = (
        CampaignRow(campaign(names[0]), Enrolled(4000, 1000), texts, CreditCounts(412, 366_680_00, 31),
                    lift_of([arm("treatment", 4000, 480, phoned=3), arm("control", 1000, 90)])),
        CampaignRow(campaign(names[1], "renewal"), Enrolled(458, 115), MessageCounts(sent=458, delivered=440),
                    CreditCounts(81, 29_160_00, 4), lift_of(arms((458, 92), (115, 17)))),
        CampaignRow(campaign(names[2], kind="marketing"), Enrolled(500, 10, 12), MessageCounts(), CreditCounts(),
                    lift_of(arms((500, 40), (10, 1)))),
        CampaignRow(campaign(names[3], kind="marketing"), Enrolled(400, 98, 26), MessageCounts(planned=120, sent=280),
                    CreditCounts(14, 18_900_00, 2),
                    lift_of(arms((400, 12), (98, 2), OPEN), arms((400, 12), (98, 2), OPEN))),
    )  # fmt: skip
    return CampaignReport(
        shop=ReportShop(1, "东南汽车泉州店", "Asia/Shanghai"),
        from_day=date(2026, 4, 1),
        to_day=TODAY,
        today=TODAY,
        orders=OrderCounts(orders=1320, merged=41, pdi=36, internal=22, accident=90, parked=0, visits=1131),
        rows=rows,
        known_to={"visits": datetime(2026, 5, 30, 18, tzinfo=UTC)},
    )
