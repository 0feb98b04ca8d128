"""A campaign in words made from its settings: every rule, every option of docs/schedules.md, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from notifier.domain.rules import RULES
from notifier.locale import language
from notifier.reports.campaign_words import TOPICS, campaign_line, clauses_of
from notifier.reports.control_cost import ControlCost
from notifier.reports.cron_words import cron_words
from notifier.schedules import Schedules, parse_schedules
from notifier.schedules.stage_words import ANCHORS, offset_words, stage_words, touch_words
from tests.support.rules_page import example
from tests.support.shop import SHOP, yaml

FIELDS = re.compile(r"[{}]")
OWN = """
  winback:
    rule: winback
    when: "0 10 * * tue"
    stages: {at_risk: 6m, lost: 12m}
    template: {at_risk: {plain: a, warm: b}, lost: a}
    kind: marketing
    control: 12.5%
    coupon: {value: 200.00, valid: 60d}
    spread: {per_day: 20}
    review: required
    lift_window: 60d
    late: 90d
    grace: 36h
    first_run: catch_up
    priority: 1
    audience:
      model: [卡罗拉, "凯美瑞*"]
      car_age: {from: 3y, to: 6y}
      last_visit: {from: 6m}
      district: {not: [晋江]}
      sex: f
      company: false
      language: en
      advisor: 王强
      spend: {min: 2000.00, within: 24m}
      any: [{member_level: 金卡}, {spend: {max: 500.00}}]
      not: {district: 鲤城}
"""
GUARDS = """quiet_hours: "20:00-09:00", quiet_hours_zone: customer, frequency_cap: {messages: 1, days: 7},
  daily_budget: {messages: 5000, amount: 400.00}, data_max_age: {visits: 2d, customers: 36h}, universal_control: 5%,
  contact_hold: 7d, pace: 0.5, closed_days: {weekdays: [sat, sun], dates: [2026-05-01, 10-01..10-03],
  lunar: [除夕..初六], festivals: [qingming], public_holidays: CN}"""


@pytest.fixture(params=["en", "zh-CN"])
def tongue(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each language in turn."""
    with language(request.param):
        yield str(request.param)


def schedules(*campaigns: str, guards: str = "") -> Schedules:
    return parse_schedules(yaml(*campaigns, guards=guards), "schedules.yaml")


def line(campaign: str, guards: str = "", **cost: object) -> str:
    """The one campaign's line, in English."""
    with language("en"):
        found = schedules(campaign, guards=guards)
        return campaign_line(found.campaigns[0], found, **cost)  # type: ignore[arg-type]


def said(campaign: str, guards: str = "") -> dict[str, str]:
    """Topic → words, in English."""
    with language("en"):
        found = schedules(campaign, guards=guards)
        return {clause.topic: clause.words for clause in clauses_of(found.campaigns[0], found)}


@pytest.mark.parametrize("rule", list(RULES))
def test_every_rule_is_told_in_both_languages(rule: str, tongue: str) -> None:
    """The example of docs/rules.md: its touches and its run, with nothing left unfilled."""
    assert rule in ANCHORS
    found = schedules(example(rule))
    words = campaign_line(found.campaigns[0], found)
    assert words.count(" · ") >= 1
    assert not FIELDS.search(words)
    if tongue == "zh-CN":
        assert not re.search(r"[a-z]{3,} [a-z]{3,}", words), words


def test_every_option_is_told_in_both_languages(tongue: str) -> None:
    """A campaign with every key there is, under every guard: each topic that applies, nothing unfilled or foreign."""
    found = schedules(OWN, guards=GUARDS)
    clauses = clauses_of(found.campaigns[0], found)
    assert {clause.topic for clause in clauses} == set(TOPICS) - {"occasion"}
    for clause in clauses:
        assert clause.words
        assert not FIELDS.search(clause.words + clause.title)
        if tongue == "zh-CN":
            assert not re.search(r"[a-z]{3,} [a-z]{2,}", clause.words), clause.words


def test_the_line_of_the_issue() -> None:
    """As the page shows a maintenance reminder whose control has shown a difference."""
    maintenance = """
  maintenance_due:
    rule: maintenance_due
    when: "0 10 * * mon-sat"
    stages: {early: -14, last: -3}
    template: a
    kind: service
    control: 10%
"""
    cost = ControlCost(30, 3.2, 5.0, 240_000, 380_000, is_shown=True)
    words = line(maintenance, "frequency_cap: {messages: 1, days: 7}", cost=cost, is_cost_known=True)
    assert words == (
        "14 and 3 days before service is due · Mon–Sat 10:00 · not within 7 days of another text · "
        "10% control, which costs about 3 visits and ¥2,400 this month"
    )


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (None, "nobody knows what yet"),
        (ControlCost(0, 0.0, 0.0, None, None, is_shown=True), "nothing this month"),
        (
            ControlCost(30, 1.0, 4.6, 50_000, 230_000, is_shown=False),
            "at most 5 visits and ¥2,300 this month, perhaps",
        ),
        (ControlCost(3, 0.6, 1.0, None, None, is_shown=True), "about 1 visit this month"),
    ],
)
def test_what_a_control_costs_is_told_only_as_far_as_the_figures_go(cost: ControlCost | None, expected: str) -> None:
    """An estimate where a difference is shown, its upper end where not yet, and else that nobody knows."""
    assert expected in line(OWN, cost=cost, is_cost_known=True)


def test_before_anybody_has_looked_only_the_share_is_told() -> None:
    """The page is there before the figures are."""
    assert said(OWN)["control"] == "12.5% control"


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ("{early: -14, last: -1}", "14 and 1 days before service is due"),
        ("{last: -1}", "1 day before service is due"),
        ("{early: -60, middle: -30, last: -7}", "60, 30 and 7 days before service is due"),
        ("{day: 0}", "on the day service is due"),
        ("{early: -7, day: 0, late: 2}", "7 days before service is due, on the day service is due, "
                                         "2 days after service is due"),
    ],
)  # fmt: skip
def test_stages_count_from_what_the_rule_speaks_of(stages: str, expected: str) -> None:
    """With the right plural."""
    campaign = f"""
  maintenance_due:
    {{rule: maintenance_due, when: "0 10 * * *", stages: {stages}, template: a, kind: service}}
"""
    assert said(campaign)["stages"] == expected


def test_a_series_of_months_is_told_as_one() -> None:
    """The thank-you of docs/rules.md: m2, m4 … m24."""
    assert said(example("thank_you"))["stages"] == (
        "1 and 7 days after the delivery, every 2 months from 2 to 24 months after the delivery"
    )
    with language("en"):
        campaign = schedules(example("thank_you")).campaigns[0]
        assert offset_words(campaign, campaign.stages[2].offset) == "2 months after the delivery"
        assert touch_words(campaign, "gone") == "gone"


def test_some_touches_are_told_together() -> None:
    """Those a wording is for, on the list of templates; one alone as everywhere."""
    campaign = schedules(example("thank_you")).campaigns[0]
    first, second, *_months = [stage.name for stage in campaign.stages]
    with language("en"):
        assert stage_words(campaign, (second, first)) == "1 and 7 days after the delivery"
        assert touch_words(campaign, second) == "7 days after the delivery"


@pytest.mark.parametrize(
    ("when", "english", "chinese"),
    [
        ("0 10 * * mon-sat", "Mon–Sat 10:00", "周一至周六 10:00"),
        ("30 9 * * *", "every day 9:30", "每天 9:30"),
        ("0 10 * * tue,fri", "Tue, Fri 10:00", "周二、周五 10:00"),
        ("0 10 * * 0", "Sun 10:00", "周日 10:00"),
        ("0 10 1,15 * *", "days 1 and 15 of the month 10:00", "每月 1 和 15 日 10:00"),
        ("0 10 1 jan,7 *", "Jan, Jul: day 1 of the month 10:00", "1月、7月：每月 1 日 10:00"),
        ("*/30 9-18 * * *", "every 30 minutes, 9:00 to 18:30", "9:00 至 18:30 每 30 分钟一次"),
        ("0 * * * *", "every hour", "每 1 小时一次"),
        ("* * * * *", "every minute", "每 1 分钟一次"),
        ("0 9-17/2 * * mon-fri", "Mon–Fri every 2 hours, 9:00 to 17:00", "周一至周五 9:00 至 17:00 每 2 小时一次"),
        ("0,20,50 9-12 * * sat,sun", "Sat, Sun 12 times between 9:00 and 12:50", "周六、周日 9:00 至 12:50 之间 12 次"),
        ("0 10 last * *", "by its line “0 10 last * *”", "按“0 10 last * *”这一行"),
    ],
)
def test_a_crontab_line_as_people_say_it(when: str, english: str, chinese: str) -> None:
    """As docs/schedules.md explains it, and some more."""
    with language("en"):
        assert cron_words(when) == english
    with language("zh-CN"):
        assert cron_words(when) == chinese


def test_the_audience_reads_as_people_say_it() -> None:
    """Every condition of docs/schedules.md."""
    assert said(OWN)["audience"] == (
        "model is 卡罗拉 or 凯美瑞…, district is not 晋江, advisor is 王强, language is English, women, "
        "private persons, "
        "car from 3 years to under 6 years old, last visit 6 months ago or longer, "
        "spent ¥2,000 or more in the last 24 months, "
        "(member level is 金卡) or (spent ¥500 or less), none of (district is 鲤城)"
    )


def test_safety_texts_know_no_guard_but_the_stop_list() -> None:
    """No consent, cap, budget, quiet hours or closed day holds a recall back; a STOP does."""
    recall = """
  recall:
    rule: list
    when: "0 10 * * *"
    stages: {first: 0}
    template: a
    kind: safety
    list: {id: r-1, title: 燃油泵更换, day: 2026-03-20, ends_on: 2026-12-31, file: all}
"""
    words = said(recall, "frequency_cap: {messages: 2, days: 7}, universal_control: 5%")
    assert set(words) & {"consent", "frequency_cap", "quiet_hours", "universal_control", "contact_hold"} == set()
    assert words["suppression"] == "never to a phone that said stop"
    assert words["occasion"] == "燃油泵更换 on 2026-03-20, to be told until 2026-12-31"
    assert words["audience"] == "everybody"


def test_the_words_of_a_foreign_shop_name_its_currency() -> None:
    """Dollars are no yuan."""
    text = SHOP.replace("language: zh-CN", "language: en\n  currency: USD") + "\ncampaigns:" + OWN
    with language("en"):
        found = parse_schedules(text, "schedules.yaml")
        assert "coupon of USD 200, valid 60 days" in campaign_line(found.campaigns[0], found)
