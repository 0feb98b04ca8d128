"""Shops made by hand, every figure computed on paper, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from notifier.domain.lift import Sums
from notifier.reports.campaigns import ReportCampaign, ReportShop
from notifier.reports.figures import Enrolled, campaign_report
from notifier.reports.lift import ArmFigures, LiftFigures, lift_of_campaign
from notifier.store import arms, facts
from notifier.store.engine import Store
from notifier.store.facts import CreditCounts, MessageCounts, OrderCounts, Period
from tests.support.hand_made_shop import HandMadeShop

MARCH_1, MARCH_2, MARCH_31 = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 31)
TODAY = date(2026, 6, 30)


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    """One open transaction on a fresh database; nothing need be committed to be counted in it."""
    with store.write() as opened:
        yield opened


@pytest.fixture
def shop(session: Session) -> HandMadeShop:
    """An empty shop."""
    return HandMadeShop(session)


def march(shop: HandMadeShop) -> Period:
    """March 2026 of the shop."""
    return Period(shop.id, MARCH_1, MARCH_31)


def campaign(kind: str = "marketing", success: str = "visit", control_bp: int = 2000) -> ReportCampaign:
    """The campaign `due`."""
    return ReportCampaign("due", "due", "Maintenance due", kind, success, control_bp, lift_window_days=30)


def lift(shop: HandMadeShop, campaign: ReportCampaign, today: date = TODAY) -> LiftFigures:
    """The lift of the year's enrolments."""
    return lift_of_campaign(shop.session, shop.id, campaign, date(2026, 1, 1), date(2026, 12, 31), today)


def enrol_ten(shop: HandMadeShop) -> None:
    """Six in treatment and three in control count; Lu and Feng came too early, Jiang was merged, Shen's run is void."""
    for name in ("Chen", "Lin", "Wang", "Zhao", "Qian", "Sun"):
        shop.enrol(name, "treatment", MARCH_2, MARCH_31)
    for name in ("Zhou", "Wu", "Zheng"):
        shop.enrol(name, "control", MARCH_2, MARCH_31)
    shop.enrol("Lu", "treatment", date(2026, 3, 10), date(2026, 4, 9), opens=MARCH_1)
    shop.enrol("Feng", "control", date(2026, 3, 10), date(2026, 4, 9), opens=MARCH_1)
    shop.enrol("Jiang", "treatment", MARCH_2, MARCH_31, out="merged")
    shop.enrol("Shen", "treatment", MARCH_2, MARCH_31, run=shop.run("void"))
    shop.enrol("Han", "universal", MARCH_2, MARCH_31)
    shop.enrol("Yang", "treatment", date(2026, 4, 1), date(2026, 4, 30))


def visit_as_they_did(shop: HandMadeShop) -> None:
    """Four of treatment came in the window and one of control; the others came outside it or did not count."""
    shop.visit("Chen", date(2026, 3, 10), 500_00)
    shop.visit("Lin", date(2026, 3, 11), 300_00)
    shop.visit("Lin", MARCH_31, 200_00)
    shop.visit("Wang", date(2026, 4, 1), 900_00)
    shop.visit("Zhao", MARCH_2, 100_00)
    shop.visit("Qian", date(2026, 3, 12), 700_00, counted=False)
    shop.visit("Sun", date(2026, 3, 13), 200_00, vin="SECOND CAR")
    shop.visit("Zhou", date(2026, 3, 14), 400_00)
    shop.visit("Zheng", date(2026, 2, 28), 400_00)
    for name in ("Lu", "Feng"):
        shop.visit(name, MARCH_1, 100_00)
        shop.visit(name, date(2026, 3, 20), 100_00)
    for name in ("Jiang", "Shen", "Han"):
        shop.visit(name, date(2026, 3, 15), 800_00)


def test_arms_are_counted_by_intention_to_treat(shop: HandMadeShop) -> None:
    """Who came, what they spent and who was phoned, each as the rules say and as added up by hand."""
    enrol_ten(shop)
    visit_as_they_did(shop)
    shop.phone_call("Sun", date(2026, 3, 5))
    shop.phone_call("Sun", date(2026, 3, 6))
    shop.phone_call("Wu", MARCH_1)
    shop.phone_call("Zheng", MARCH_31)
    rows = {row.arm: row for row in arms.arm_counts(shop.session, march(shop), "due", success="visit", today=TODAY)}
    treatment, control = rows.pop("treatment"), rows.pop("control")
    assert rows == {}
    assert (treatment.n, treatment.came, treatment.buyers, treatment.phoned) == (6, 4, 4, 1)
    assert treatment.revenue == Sums.of([500_00, 500_00, 0, 100_00, 0, 200_00])
    assert (control.n, control.came, control.buyers, control.phoned) == (3, 1, 1, 1)
    assert control.revenue == Sums.of([400_00, 0, 0])
    assert treatment.until == MARCH_31
    assert arms.out_of_lift_counts(shop.session, march(shop), "due", success="visit") == {
        "merged": 1,
        arms.CAME_BEFORE: 2,
    }


def test_enrolled_counts_everyone_but_void_runs(shop: HandMadeShop) -> None:
    """Enrolled by arm holds those left out of lift too, but no void run, no other month and no other shop."""
    enrol_ten(shop)
    HandMadeShop(shop.session, "xiamen").enrol("Chen", "control", MARCH_2, MARCH_31)
    assert facts.enrolled_by_arm(shop.session, march(shop), ["due"]) == {
        "due": {"treatment": 8, "control": 4, "universal": 1}
    }


def test_a_renewal_campaign_counts_renewals_and_their_commission(shop: HandMadeShop) -> None:
    """A visit answers no insurance reminder; a policy written does, and brings in the commission."""
    shop.enrol("Chen", "treatment", MARCH_2, MARCH_31)
    shop.enrol("Lin", "treatment", MARCH_2, MARCH_31)
    shop.enrol("Wang", "control", date(2026, 3, 10), MARCH_31, opens=MARCH_1)
    shop.visit("Lin", date(2026, 3, 9), 500_00)
    shop.visit("Wang", date(2026, 3, 9), 500_00)
    shop.renewal("Chen", date(2026, 3, 9), 360_00)
    (control, treatment) = sorted(
        arms.arm_counts(shop.session, march(shop), "due", success="renewal", today=TODAY), key=lambda row: row.arm
    )
    assert (treatment.n, treatment.came, treatment.revenue.total) == (2, 1, 360_00)
    assert (control.n, control.came) == (1, 0)


def test_squares_of_large_invoices_are_exact(shop: HandMadeShop) -> None:
    """Five invoices of 20 million yuan: their squares add up to more than 64 bits, and to the last digit."""
    amounts = [2_000_000_001, 2_000_000_003, 2_000_000_005, 2_000_000_007, 1]
    for name, amount in zip(("Chen", "Lin", "Wang", "Zhao", "Qian"), amounts, strict=True):
        shop.enrol(name, "treatment", MARCH_2, MARCH_31)
        shop.visit(name, MARCH_2, amount)
    (row,) = arms.arm_counts(shop.session, march(shop), "due", success="visit", today=TODAY)
    assert row.revenue == Sums.of(amounts)
    assert row.revenue.squares > 2**63


def test_messages_are_counted_by_what_became_of_them(shop: HandMadeShop) -> None:
    """Each text stands in one state; sent = taken over by the provider; a repeated text is paid for twice."""
    for state in ("planned", "sending", "unknown", "failed", "cancelled", "accepted", "sent"):
        shop.message(state, state, MARCH_2)
    shop.message("Han", "withheld", MARCH_2, arm="universal")
    shop.message("Wu", "withheld", MARCH_2, arm="control")
    delivered = [shop.message(f"delivered {n}", "delivered", MARCH_31) for n in range(3)]
    undelivered = shop.message("Zhao", "undelivered", MARCH_1, repeated=True)
    shop.message("Shen", "cancelled", MARCH_2, run_id=shop.run("void"))
    shop.message("Yang", "delivered", date(2026, 4, 1))
    HandMadeShop(shop.session, "xiamen").message("Chen", "delivered", MARCH_2)
    for meaning in ("booking", "text"):
        shop.reply(delivered[0], meaning)
    shop.reply(delivered[1], "stop")
    shop.booking("delivered 0", delivered[0])
    shop.booking("Wu", None)
    shop.booking("Zhao", undelivered)
    assert facts.message_counts(shop.session, march(shop), ["due", "other"]) == {
        "due": MessageCounts(
            planned=1, sending=1, withheld=2, sent=6, delivered=3, undelivered=1, failed=1, unknown=1, cancelled=1,
            replied=1, booked=2, opted_out=1, segments=14, cost_micros=700_000,
        )
    }  # fmt: skip


def test_a_planned_repeat_was_paid_for_once(shop: HandMadeShop) -> None:
    """A text back in the queue after a proven non-delivery is waiting, not sent; its first try cost money."""
    shop.message("Chen", "planned", MARCH_2, repeated=True)
    counts = facts.message_counts(shop.session, march(shop), ["due"])["due"]
    assert (counts.planned, counts.sent, counts.segments, counts.cost_micros) == (1, 0, 2, 100_000)


def test_credits_follow_their_text_and_assists_are_outcomes_of_others(shop: HandMadeShop) -> None:
    """Two visits credited; the one helped by two texts counts once, the campaign's own not at all."""
    early, late = shop.message("Chen", "delivered", MARCH_2), shop.message("Chen", "delivered", MARCH_31)
    other = shop.message("Chen", "delivered", MARCH_2, campaign_id="other")
    april = shop.message("Chen", "delivered", date(2026, 4, 2))
    own, second, others, after = (shop.visit("Chen", date(2026, 5, day)) for day in (1, 2, 3, 4))
    shop.credit(own, early, 500_00)
    shop.assist(own, late)
    shop.credit(second, late, 250_50)
    shop.credit(others, other, 100_00, campaign="other")
    shop.assist(others, early)
    shop.assist(others, late)
    shop.credit(after, april, 900_00)
    assert facts.credit_counts(shop.session, march(shop), ["due", "other", "none"]) == {
        "due": CreditCounts(outcomes=2, amount_minor=750_50, assisted=1),
        "other": CreditCounts(outcomes=1, amount_minor=100_00, assisted=0),
    }


def test_orders_become_visits_in_one_line_that_adds_up(shop: HandMadeShop) -> None:
    """11 orders - 1 parked - 2 merged - 1 PDI - 2 internal - 1 accident = 4 visits, and the visits say so too."""
    for vin, categories in (
        ("A", ("maintenance", "decoration", "repair")), ("B", ("first_service", "accident")), ("C", ("warranty",)),
        ("D", ("pdi",)), ("E", ("internal", "internal")),
    ):  # fmt: skip
        for category in categories:
            shop.order(vin, MARCH_2, category)
    shop.order("A", MARCH_31, "maintenance")
    shop.order("UNHEARD OF", MARCH_2, "pdi", is_parked=True)
    shop.order("A", date(2026, 4, 1), "maintenance")
    for vin, day in (("A", MARCH_2), ("A", MARCH_31), ("B", MARCH_2), ("C", MARCH_2), ("A", date(2026, 4, 1))):
        shop.visit(vin, day, vin=vin)
    for vin in ("D", "E"):
        shop.visit(vin, MARCH_2, counted=False, vin=vin)
    counted = facts.order_counts(shop.session, march(shop))
    assert counted == OrderCounts(orders=11, merged=2, pdi=1, internal=2, accident=1, parked=1, visits=4)
    left_out = counted.merged + counted.pdi + counted.internal + counted.accident + counted.parked
    assert counted.orders - left_out == counted.visits


def test_freshness_is_told_per_kind(shop: HandMadeShop) -> None:
    """The moment up to which each kind of import is known, this shop's only."""
    shop.known("visits", datetime(2026, 3, 30, 16, tzinfo=UTC))
    HandMadeShop(shop.session, "xiamen").known("customers", datetime(2026, 3, 1, tzinfo=UTC))
    assert facts.known_to(shop.session, shop.id) == {"visits": datetime(2026, 3, 30, 16, tzinfo=UTC)}


def enrol_arms(shop: HandMadeShop, treatment: int, control: int, *, period: str = "2026") -> None:
    """So many in each arm, from 2 to 31 March; the first half of treatment and the first quarter of control came."""
    for arm, size, share in (("treatment", treatment, 2), ("control", control, 4)):
        for number in range(size):
            name = f"{arm} {period} {number}"
            shop.enrol(name, arm, MARCH_2, MARCH_31, period=period)
            if number < size // share:
                shop.visit(name, date(2026, 3, 20), 100_00)


def test_lift_of_a_closed_window_has_a_verdict(shop: HandMadeShop) -> None:
    """40 of 80 against 5 of 20 at 20 %: 20 visits gained, and the interval of Newcombe leaves zero out."""
    enrol_arms(shop, 80, 20)
    figures = lift(shop, campaign())
    assert figures.first.verdict == "distinguishable"
    assert figures.first.rate is not None
    assert figures.first.rate.incremental == pytest.approx(20)
    assert figures.ratio_p == pytest.approx(1)
    assert figures.first.treatment == ArmFigures(80, 40, 40, 0, Sums(80, 40 * 100_00, 40 * 100_00**2))
    assert figures.first.revenue is None, "five buyers in control are too few"


@pytest.mark.parametrize(("today", "verdict"), [(MARCH_31, "interim"), (date(2026, 4, 1), "distinguishable")])
def test_a_window_is_closed_on_the_day_after_its_last(shop: HandMadeShop, today: date, verdict: str) -> None:
    """On the window's last day somebody may still come."""
    enrol_arms(shop, 80, 20)
    assert lift(shop, campaign(), today).first.verdict == verdict


def test_what_happens_after_today_is_not_known(shop: HandMadeShop) -> None:
    """A report made for 19 March sees none of the visits of 20 March."""
    enrol_arms(shop, 80, 20)
    view = lift(shop, campaign(), date(2026, 3, 19)).first
    assert (view.treatment.came, view.control.came) == (0, 0)


def test_the_second_view_runs_to_the_last_window_of_the_year(shop: HandMadeShop) -> None:
    """A visit in November counts in the second view, one after 30 January does not; it closes on 31 January 2027."""
    enrol_arms(shop, 80, 20)
    shop.visit("control 2026 18", date(2027, 1, 30))
    shop.visit("control 2026 19", date(2027, 1, 31))
    before = lift(shop, campaign(), date(2027, 1, 30)).second
    after = lift(shop, campaign(), date(2027, 1, 31)).second
    assert before is not None
    assert after is not None
    assert (before.verdict, before.until, before.control.came) == ("interim", date(2027, 1, 30), 6)
    assert (after.verdict, after.control.came) == ("not_distinguishable", 6)


def test_a_list_is_over_with_its_own_last_window(shop: HandMadeShop) -> None:
    """An enrolment period that is no year (a list) has its last window where the last customer's ends."""
    enrol_arms(shop, 80, 20, period="event-17")
    second = lift(shop, campaign()).second
    assert second is not None
    assert second.until == MARCH_31


def test_a_service_campaign_has_no_second_view(shop: HandMadeShop) -> None:
    """In the end its control is reminded too, so nothing is to be seen over the year."""
    enrol_arms(shop, 80, 20)
    assert lift(shop, campaign(kind="service")).second is None


def test_without_a_control_the_treatment_is_still_counted(shop: HandMadeShop) -> None:
    """No share, no verdict, but the customers who came are shown."""
    enrol_arms(shop, 80, 0)
    figures = lift(shop, campaign(control_bp=0))
    assert figures.first.verdict == "no_control"
    assert (figures.first.treatment.n, figures.first.treatment.came) == (80, 40)
    assert (figures.ratio_p, figures.second) == (None, None)


def test_uneven_arms_raise_the_alarm_instead_of_a_verdict(shop: HandMadeShop) -> None:
    """20 of 100 in control where half were drawn: p is far below 0.001, and no interval is shown."""
    enrol_arms(shop, 80, 20)
    figures = lift(shop, campaign(control_bp=5000))
    assert figures.first.verdict == "ratio_alarm"
    assert figures.first.rate is None
    assert figures.ratio_p is not None
    assert figures.ratio_p < 0.001


def test_the_share_a_period_was_drawn_with_beats_todays_setting(shop: HandMadeShop) -> None:
    """The setting is 50 % now, the year was drawn with 20 %: no alarm."""
    shop.share("2026", 2000)
    enrol_arms(shop, 80, 20)
    assert lift(shop, campaign(control_bp=5000)).first.verdict == "distinguishable"


def test_periods_without_a_control_stay_out_of_the_comparison(shop: HandMadeShop) -> None:
    """Customers enrolled while no control was drawn would only swell one arm."""
    shop.share("before", 0)
    enrol_arms(shop, 30, 0, period="before")
    enrol_arms(shop, 80, 20)
    view = lift(shop, campaign()).first
    assert (view.treatment.n, view.control.n) == (80, 20)


def test_nobody_enrolled_is_too_few(shop: HandMadeShop) -> None:
    """A campaign that has a control and no customers yet has no verdict and no date."""
    view = lift(shop, campaign()).first
    assert (view.verdict, view.until, view.rate) == ("too_few", None, None)


def test_the_report_puts_everything_of_a_campaign_in_one_row(shop: HandMadeShop) -> None:
    """Campaigns in the order given, one without any data with zeros, the opening line and the freshness on top."""
    enrol_arms(shop, 80, 20)
    message = shop.message("treatment 2026 0", "delivered", MARCH_2)
    shop.credit(shop.visit("treatment 2026 0", date(2026, 3, 28)), message, 500_00)
    shop.known("visits", datetime(2026, 3, 30, 16, tzinfo=UTC))
    quiet = ReportCampaign("quiet", "quiet", "Birthday", "marketing", "visit", 0, 30)
    report = campaign_report(
        shop.session,
        shop=ReportShop(shop.id, "东南汽车泉州店", "Asia/Shanghai"),
        campaigns=[quiet, campaign()],
        today=TODAY,
        from_day=MARCH_1,
        to_day=MARCH_31,
    )
    empty, due = report.rows
    assert (empty.enrolled, empty.messages, empty.credit) == (Enrolled(), MessageCounts(), CreditCounts())
    assert (due.enrolled, due.messages.delivered, due.credit.outcomes) == (Enrolled(80, 20), 1, 1)
    assert due.credited_per_caused == pytest.approx(1 / 20)
    assert report.orders.visits == 46
    assert list(report.known_to) == ["visits"]
