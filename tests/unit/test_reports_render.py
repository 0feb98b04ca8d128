"""The campaign summary on a terminal and in sentences."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from notifier.locale import language
from notifier.reports import sentences
from notifier.reports.figures import CampaignReport
from notifier.reports.lift import ArmFigures, LiftFigures, LiftView
from notifier.reports.render_terminal import bar, print_campaigns
from tests.support.report_page import TODAY, arms, lift_of, page

CHINESE = ("定期保养招揽", "续保提醒", "生日关怀", "流失招揽")


def printed(report: CampaignReport, width: int) -> str:
    """What a terminal of that width shows."""
    out = io.StringIO()
    print_campaigns(Console(file=out, width=width, force_terminal=False), report)
    return out.getvalue()


@pytest.mark.parametrize("name", ["en", "zh-CN"])
@pytest.mark.parametrize("titles", [(), CHINESE])
@pytest.mark.parametrize("width", [80, 109, 110, 120, 160])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut(width: int, titles: tuple[str, ...], name: str) -> None:
    """Chinese counts double; no figure ends in an ellipsis."""
    report = page(*titles)
    large = replace(report.rows[0], messages=replace(report.rows[0].messages, sent=1_234_567, delivered=1_234_567))
    with language(name):
        shown = printed(report, width) + printed(replace(report, rows=(large, *report.rows[1:])), width)
    assert max(map(cell_len, shown.splitlines())) <= width
    assert "…" not in shown
    assert "366,680" in shown


def test_counts_lead_and_bars_follow() -> None:
    """The table of all campaigns comes first; in the funnel the number stands before the bar that ends the line."""
    lines = printed(page(), 120).splitlines()
    overview = next(line for line in lines if line.startswith("Maintenance due") and "412" in line)
    assert overview.split()[2:8] == ["5,000", "10,240", "9,801", "1,250", "640", "412"]
    narrow = printed(page(), 80).splitlines()
    funnel = next(line for line in narrow if line.startswith("Replied"))
    assert funnel.split() == ["Replied", "1,250", "12.2%", "██▉"]
    assert narrow.index(funnel) > next(n for n, line in enumerate(narrow) if line.startswith("Win-back"))


def test_every_state_that_holds_a_text_is_shown() -> None:
    """Waiting, sending, withheld, undelivered, failed, unknown, cancelled and opted out, with cost and segments."""
    shown = " ".join(printed(page(), 80).split())
    for words in ("waiting 3", "being sent 1", "withheld 1,000", "undelivered 400", "failed 12", "unknown 2",
                  "cancelled 310", "opted out 12", "segments 10,440", "cost ¥522"):  # fmt: skip
        assert words in shown


def test_pieces_are_never_broken_across_lines() -> None:
    """At any width a figure stays beside its word."""
    for width in range(60, 130, 7):
        lines = printed(page(), width).splitlines()
        assert any("cancelled 310" in line for line in lines)
        assert any("opted out 12" in line for line in lines)


def test_a_shop_without_campaigns_is_told_what_to_do() -> None:
    """No empty table."""
    assert "schedules.yaml" in printed(replace(page(), rows=()), 80)


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 10, ""), (5, 0, ""), (10, 10, "████"), (20, 10, "████"), (5, 10, "██"), (1, 1000, "▏"), (9, 32, "█▏")],
)
def test_bars_are_true_to_an_eighth_of_a_cell(part: int, whole: int, shown: str) -> None:
    """Half is half; anything above nothing is seen; more than all is all."""
    assert bar(part, whole, 4) == shown


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 60))
def test_bars_never_leave_their_cells(part: int, whole: int, cells: int) -> None:
    """Whatever the figures."""
    assert cell_len(bar(part, whole, cells)) <= cells


@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        (0, "Visits gained: 120 (plausible range 33 to 197)"),
        (1, "Not distinguishable from zero (plausible range −14 to 55 renewals)"),
        (2, "No verdict: 500 to 10 customers is not how the groups were drawn (chance below 1 in 1,000); "
            "find out who was left out of one group"),
        (3, "Interim, verdict after 2026-07-20: visits gained so far 4 (plausible range −24 to 17)"),
    ],
)  # fmt: skip
def test_the_verdict_is_a_sentence(index: int, sentence: str) -> None:
    """One sentence a verdict, with its range; a gain of renewals is said in renewals."""
    row = page().rows[index]
    shown = sentences.verdict_sentence(row.lift.first, row.campaign.success)
    assert shown == sentence


@pytest.mark.parametrize(
    ("view", "start"),
    [
        (LiftView("no_control", None, ArmFigures(), ArmFigures()), "No control group"),
        (LiftView("too_few", None, ArmFigures(), ArmFigures()), "No verdict: one of the two groups has no customers"),
        (lift_of(arms((4, 1), (1, 1))).first, "Too few customers to show any difference"),
    ],
)
def test_what_cannot_be_told_is_said(view: LiftView, start: str) -> None:
    """No control, no customers, too few of them."""
    assert sentences.verdict_sentence(view, "visit").startswith(start)


def test_revenue_is_refused_in_words_or_shown_with_its_range() -> None:
    """17 renewals in control are too few buyers; 90 are enough."""
    proven, few, uneven, _interim = (sentences.revenue_sentence(row.lift.first, "CNY") for row in page().rows)
    assert proven is not None
    assert proven.startswith("¥106,800 (plausible range ¥")
    assert few == "Not shown: fewer than 30 buyers in a group"
    assert uneven is None


def test_credited_and_gained_stand_side_by_side_and_are_not_added() -> None:
    """Both figures and their ratio are on the page, no line holds their sum."""
    shown = printed(page(), 120)
    assert "Visits credited: 412" in shown
    assert "Visits gained: 120" in shown
    assert "3.4 credited for each one gained" in shown
    assert "532" not in shown


def test_the_opening_line_adds_up_and_names_parked_orders_only_where_there_are_any() -> None:
    """1,320 - 41 - 36 - 22 - 90 = 1,131."""
    report = page()
    assert sentences.opening_sentence(report) == (
        "Orders 1,320 − merged same day 41 − PDI 36 − internal 22 − accident 90 = visits counted 1,131"
    )
    parked = replace(report, orders=replace(report.orders, parked=4, visits=1127))
    assert "− waiting for their car 4 −" in sentences.opening_sentence(parked)


def test_freshness_is_told_in_the_shops_own_day() -> None:
    """18:00 UTC on the 30th is the 31st in Quanzhou; without any import the mend is said."""
    assert sentences.data_sentence(page()) == "Data known: visits to 2026-05-31"
    assert "import customers" in sentences.data_sentence(replace(page(), known_to={}))


def test_what_limits_the_comparison_is_said() -> None:
    """Phone calls to either group, customers in neither, the windows, the smallest effect."""
    shown = " ".join(printed(page(), 120).split())
    row = page().rows[0]
    assert sentences.phoned_sentence(row.lift.first) == (
        "phoned by staff: 3 of the treatment group, 0 of the control group"
    )
    assert sentences.phoned_sentence(page().rows[1].lift.first) is None
    assert sentences.out_of_lift_sentence(row.lift) == "in neither group: came before enrolment 3"
    assert sentences.out_of_lift_sentence(LiftFigures(row.lift.first, None, None, {})) is None
    assert sentences.windows_sentence(row.campaign) == (
        "credited within 30 days of a text, 14 days with a reply; gained within 45 days of enrolment"
    )
    assert "percentage points" in shown
    assert "given the other campaigns running" in shown
    assert TODAY.isoformat() in shown


def test_the_second_view_is_on_the_page_where_there_is_one() -> None:
    """Only the win-back has one here."""
    assert printed(page(), 120).count("To the period's end") == 1
