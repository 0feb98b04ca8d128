"""What a form makes of the values of schedules.yaml, and back: when, for whom, and what is wrong at which field."""

from __future__ import annotations

import pytest

from notifier.domain.cycles import Offset, Stage
from notifier.domain.quiet_hours import QuietHours
from notifier.errors import ScheduleError
from notifier.locale import language
from notifier.schedules import Campaign, FrequencyCap, parse_schedules
from notifier.schedules.conditions import Condition, audience_of, conditions_of
from notifier.schedules.consequences import History, of_campaign, of_guards
from notifier.schedules.field_problems import (
    as_before,
    checked_campaign,
    checked_guards,
    first_values,
    tree_of_words,
)
from notifier.schedules.guards import usual_guards
from notifier.schedules.plain_when import WEEK, PlainWhen, cron_of, plain_when
from notifier.schedules.trees import Tree
from notifier.schedules.writing import written_out
from tests.unit.test_schedules_editing import SHIPPED

CARE: dict[str, Tree] = {
    "rule": "maintenance_due",
    "when": "0 10 * * mon-sat",
    "stages": {"early": "-14", "last": "-3"},
    "template": "care",
    "kind": "service",
}


def checked(**values: Tree) -> tuple[Campaign | None, dict[str, str]]:
    """The campaign these values make beside the usual ones, and field → sentence."""
    campaign, problems = checked_campaign(
        "care", {**CARE, **values}, currency="CNY", templates={"care", "warm"}, templates_in="templates/sms",
        shops=["main"],
    )  # fmt: skip
    return campaign, {problem.field: problem.said("It") for problem in problems}


def made(**values: Tree) -> Campaign:
    """The campaign, which is right."""
    campaign, problems = checked(**values)
    assert not problems
    assert campaign is not None
    return campaign


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("0 10 * * mon-sat", PlainWhen(("10:00",), WEEK[:6])),
        ("30 9 * * *", PlainWhen(("09:30",))),
        ("0 10 * * tue,fri", PlainWhen(("10:00",), ("tue", "fri"))),
        ("0 10 1,15 * *", PlainWhen(("10:00",), WEEK, (1, 15))),
        ("0,30 9,14 * * sun", PlainWhen(("09:00", "09:30", "14:00", "14:30"), ("sun",))),
    ],
)
def test_when_in_plain_words_and_back(line: str, plain: PlainWhen) -> None:
    """Weekdays, days of the month and times can be clicked."""
    assert plain_when(line) == plain
    assert cron_of(plain) == line


@pytest.mark.parametrize(
    "line", ["*/30 9-18 * * *", "0 10 * 5 *", "0 10 1-7 * *", "0 10 0 * *", "0 10 * *", "0 25 * * *", "0 10 * * x"]
)
def test_what_plain_words_cannot_say(line: str) -> None:
    """It is shown as the line it is."""
    assert plain_when(line) is None


@pytest.mark.parametrize(
    "plain",
    [PlainWhen(("10:00", "14:30")), PlainWhen(()), PlainWhen(("25:00",)), PlainWhen(("10:00",), ()), PlainWhen(("1",))],
)
def test_what_one_line_cannot_say(plain: PlainWhen) -> None:
    """Two times a day with other minutes, no time, no day: the form says so."""
    assert cron_of(plain) is None


def test_weekdays_from_numbers_and_ranges_over_the_weekend() -> None:
    """However cron counts them."""
    assert plain_when("0 10 * * 0,6") == PlainWhen(("10:00",), ("sat", "sun"))
    assert plain_when("0 10 * * fri-mon") == PlainWhen(("10:00",), ("mon", "fri", "sat", "sun"))


def test_conditions_as_rows_and_back() -> None:
    """One row each; one word stands alone, several as a list."""
    audience: Tree = {
        "model": ["卡罗拉", "凯美瑞*"],
        "district": {"not": "晋江"},
        "car_age": {"from": "3y", "to": "6y"},
        "spend": {"min": "2000.00", "within": "24m"},
        "company": "false",
    }
    rows = conditions_of(audience)
    assert rows is not None
    assert rows[1] == Condition("district", ("晋江",), is_not=True)
    assert rows[2] == Condition("car_age", parts={"from": "3y", "to": "6y"})
    assert audience_of(rows) == audience
    assert conditions_of(None) == []
    assert audience_of([]) is None


@pytest.mark.parametrize(
    "audience",
    [{"any": [{"sex": "f"}]}, {"not": {"sex": "f"}}, {"modell": "x"}, {"car_age": "3y"}, {"model": {"no": "x"}}, "x"],
)
def test_groups_of_conditions_stay_text(audience: Tree) -> None:
    """What rows cannot show is edited as it is written."""
    assert conditions_of(audience) is None
    assert tree_of_words(written_out(audience)) == audience


def test_text_typed_into_a_form() -> None:
    """In brackets, without them, or on lines."""
    assert tree_of_words("{sex: f}") == tree_of_words("sex: f") == {"sex": "f"}
    assert tree_of_words("any:\n  - sex: f\n  - model: [A, B]") == {"any": [{"sex": "f"}, {"model": ["A", "B"]}]}
    with pytest.raises(ScheduleError):
        tree_of_words("{sex: f")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"name": ""}, "name", "It is missing."),
        ({"name": "春" * 41}, "name", "It is longer than 40 letters."),
        ({"name": "春\n季"}, "name", "It holds a line break or another sign that cannot be seen"),
        ({"control": "viel"}, "control", "It is viel, which is no percentage; write it like 10%."),
        ({"when": ""}, "when", "It is missing."),
        ({"template": "cere"}, "template", "It names the template cere, but no folder of templates/sms has cere.j2"),
        ({"stages": {"early": "-14", "last": "-14"}}, "stages", "open on the same day"),
        ({"stages": {"early": "-14", "Last": "-3"}}, "stages.Last", "name a stage with small letters"),
        ({"template": {"early": "care"}}, "template.last", "It is missing."),
        ({"coupon": {"value": "10"}}, "coupon.valid", "It is missing."),
        ({"kind": "safety", "control": "10%"}, "control", "texts of kind safety are never withheld"),
        ({"audience": {"car_age": {"from": "6y", "to": "3y"}}}, "audience.car_age", "exchange them"),
    ],
)
def test_each_problem_is_told_at_its_field(values: dict[str, Tree], field: str, words: str) -> None:
    """In the sentences of the file's reader, without file and line, under the name the form gives the field."""
    campaign, problems = checked(**values)
    assert campaign is None
    assert words in problems[field]
    with language("zh-CN"):
        assert "行：" not in checked(**values)[1][field]


def test_guards_are_checked_the_same_way() -> None:
    """Field by field."""
    guards, problems = checked_guards({"quiet_hours": "20:00", "frequency_cap": {"messages": "2"}})
    assert guards is None
    assert [problem.field for problem in problems] == ["quiet_hours", "frequency_cap.days"]
    guards, problems = checked_guards({"frequency_cap": {"messages": "2", "days": "7"}})
    assert guards is not None
    assert guards.frequency_cap == FrequencyCap(2, 7)


def test_what_means_the_same_stays_written_as_it_was() -> None:
    """A form says 14 where the file says 14d, and a list of one where it says one word."""
    before: Tree = {"early": "-14d", "last": "-3"}
    assert as_before(before, {"early": "-14", "last": "-5"}) == {"early": "-14d", "last": "-5"}
    assert as_before("卡罗拉", ["卡罗拉"]) == "卡罗拉"
    assert as_before("Model", "Modeld") == "Modeld"
    assert as_before(None, "7") == "7"


def test_of_words_for_people_every_sign_counts() -> None:
    """Full-width brackets instead of plain ones are another name, and another title of a list."""
    assert as_before("空调检查(春)", "空调检查（春）", "name") == "空调检查（春）"
    assert as_before({"title": "检测(春)", "id": "w1"}, {"title": "检测（春）", "id": "ｗ1"}, "list") == {
        "title": "检测（春）", "id": "w1",
    }  # fmt: skip


def test_a_new_campaign_begins_switched_off_and_like_its_kin() -> None:
    """Of every rule the first values are right but for what only a person knows."""
    schedules = parse_schedules(SHIPPED, "schedules.yaml")
    for alike in schedules.campaigns:
        values = first_values(alike.rule, alike)
        assert values["enabled"] == "false"
        _campaign, found = checked_campaign(
            "x", values, currency="CNY", templates=None, templates_in="", shops=[]
        )  # fmt: skip
        assert {problem.field for problem in found} <= {"festivals", "topics", "list"}
    assert first_values("list", None)["template"] == ""


def test_what_follows_from_a_change() -> None:
    """Each sentence where it holds, the grave ones marked."""
    care, fresh, run = made(), History(), History(has_run=True, is_drawn=True)

    def said(after: Campaign | None, history: History = fresh, before: Campaign | None = care) -> list[str]:
        return [str(each)[:30] + ("!" if each.is_grave else "") for each in of_campaign(before, after, history)]

    assert said(care) == []
    assert said(None) == ["Nothing more is planned for it"]
    assert said(made(stages={"early": "-21", "last": "-3"})) == ["Who already got the reminder 1"]
    assert said(made(stages={"last": "-3"})) == ["The reminder 14 days before se"]
    assert said(made(stages={"first": "-14", "last": "-3"})) == ["The reminder 14 days before se!"]
    assert said(made(stages={"early": "-14", "mid": "-7", "last": "-3"})) == []
    assert said(made(kind="marketing")) == ["Customers whose consent to mar"]
    assert said(care, before=made(kind="marketing")) == ["It will reach customers who ne!"]
    assert said(care, before=made(spread={"per_day": "20"})) == ["Everybody who is due is texted!"]
    assert said(made(control="10%")) == []
    assert said(made(control="10%"), run) == ["The control group of this year"]
    assert said(care, run, made(enabled="false")) == ["It was off for less than a wee"]
    assert said(care, History(has_run=True, off_for_long=True), made(enabled="false")) == [
        "The first run takes only remin"
    ]
    assert said(made(first_run="catch_up"), run) == ["It has run before: how the fir"]
    assert made(stages={"early": "-21", "last": "-3"}).stages[0] == Stage("early", Offset(-21))


def test_a_list_under_another_id_is_another_list() -> None:
    """Whoever got its texts gets them again: that must be heard."""
    listed: dict[str, Tree] = {"rule": "list", "stages": {"now": "0"}, "kind": "marketing"}
    spring: Tree = {"id": "spring", "title": "春检", "day": "2026-03-20", "file": "all"}
    summer: Tree = {"id": "summer", "title": "夏检", "day": "2026-06-20", "file": "all"}
    told = of_campaign(made(**listed, list=spring), made(**listed, list=summer), History(has_run=True))
    assert [(str(each)[:39], each.is_grave) for each in told] == [("Under its new id it is another list: wh", True)]


def test_what_follows_from_other_guards() -> None:
    """No quiet hours, no cap and no budget are grave; a drawn universal control stays for its year."""
    usual = usual_guards()
    assert of_guards(usual, usual, is_drawn=True) == []
    without, _problems = checked_guards({"quiet_hours": "none", "universal_control": "5%"})
    capped, _problems = checked_guards(
        {"frequency_cap": {"messages": "2", "days": "7"}, "daily_budget": {"amount": "9"}}
    )
    assert without is not None
    assert capped is not None
    assert [each.is_grave for each in of_guards(capped, without, is_drawn=True)] == [True, True, True, False, False]
    assert usual.quiet_hours == QuietHours.parse("20:00-09:00")
