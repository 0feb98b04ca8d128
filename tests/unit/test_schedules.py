"""schedules.yaml: what it means, how it refuses, when it runs, and how a running daemon follows it."""

from __future__ import annotations

import json
import pickle
import re
import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.cycles import Offset, Stage
from notifier.domain.quiet_hours import QuietHours
from notifier.domain.rules import RULES
from notifier.errors import BadInput, NotFound, ScheduleError
from notifier.locale import language
from notifier.schedules import (
    Campaign,
    CouponOffer,
    CreditWindows,
    DailyBudget,
    FrequencyCap,
    Kind,
    LiveSchedules,
    ScheduleProblems,
    Schedules,
    load_schedules,
    parse_schedules,
    raise_if_campaign_was_renamed,
    warnings_of,
)
from notifier.schedules.crontab import FIELDS, due_times, raise_if_not_a_crontab, weekday_names
from notifier.store.campaigns import KnownCampaign
from tests.support.examples import example as example_of

ROOT = Path(__file__).parents[2]
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
SHOP = (
    "shop: {name: 东南汽车泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN, phone: 0595-22880000,"
    " language: zh-CN}\n"
)
LINES = {
    "rule": "maintenance_due",
    "when": '"0 10 * * mon-sat"',
    "stages": "{early: -14, last: -3}",
    "template": "maintenance_due",
    "kind": "service",
}


def entry(key: str = "care", **changes: str | None) -> str:
    """One campaign as text; a change to None leaves the line out."""
    lines = {name: text for name, text in {**LINES, **changes}.items() if text is not None}
    return f"  {key}:\n" + "".join(f"    {name}: {text}\n" for name, text in lines.items())


def file_of(*entries: str, guards: str = "") -> str:
    """A whole file; the shop is line 1, `guards` (one line) comes after it, the first campaign's key is line 3 or 4."""
    return SHOP + guards + "campaigns:\n" + "".join(entries or (entry(),))


def read(*entries: str, guards: str = "") -> Schedules:
    return parse_schedules(file_of(*entries, guards=guards), "s.yaml")


def campaign(**changes: str | None) -> Campaign:
    return read(entry("care", **changes)).campaigns[0]


def problems_of(text: str, **options: object) -> list[str]:
    with pytest.raises(ScheduleProblems) as refused:
        parse_schedules(text, "s.yaml", **options)  # type: ignore[arg-type]
    return [str(problem) for problem in refused.value.problems]


# The file as it is shipped


def test_the_shipped_file_has_four_campaigns_on_and_no_warning() -> None:
    """A fresh clone can plan at once; of every other rule but a list, which is made by hand, one stands ready."""
    schedules = load_schedules(ROOT / "schedules.yaml")
    switched_on = [each.rule for each in schedules.campaigns if each.enabled]
    assert switched_on == ["maintenance_due", "insurance_expiry", "birthday", "winback"]
    ready = [each.rule for each in schedules.campaigns if not each.enabled]
    assert sorted(ready) == sorted(RULES.keys() - {*switched_on, "list"})
    assert warnings_of(schedules) == []
    assert schedules.shops[0].key == "main"
    insurance = schedules.campaign("insurance_expiry")
    assert (insurance.success, insurance.kind) == ("renewal", Kind.SERVICE)
    assert insurance.stages == (Stage("early", Offset(-60)), Stage("middle", Offset(-30)), Stage("last", Offset(-7)))
    birthday = schedules.campaign("birthday")
    assert (birthday.when, birthday.kind, birthday.stages) == ("30 9 * * *", Kind.MARKETING, (Stage("day", Offset()),))


def test_the_shipped_file_explains_every_line_to_staff() -> None:
    """Each line with a value carries a comment."""
    lines = (ROOT / "schedules.yaml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.strip() and "#" not in line] == []


def test_the_page_for_staff_names_every_key() -> None:
    """What the reader accepts stands in docs/schedules.md, and its complete example can be read."""
    page = (ROOT / "docs" / "schedules.md").read_text(encoding="utf-8")
    for prefix, text in (
        ("shop", file_of().replace("name:", "xxxxxxxx: 1, name:")),
        ("guards", file_of(guards="guards: {xxxxxxxx: 1}\n")),
        ("campaigns", file_of(entry(xxxxxxxx="1"))),
    ):
        known = problems_of(text)[0].rpartition("known here: ")[2].rstrip(".").split(", ")
        assert len(known) > 4, prefix
        assert [key for key in known if f"| `{key}` |" not in page] == []
    example = page.partition("## A complete example\n")[2].replace("\n    ", "\n")
    assert parse_schedules(example, "page").campaigns[0].control_bp == 1000
    assert parse_schedules(example_of("name"), "page").campaign("birthday_2").title == "生日当天再祝福"


# What the values mean


def test_a_campaign_reads_as_it_is_written() -> None:
    """Every key of the win-back example of the design."""
    winback = campaign(
        rule="winback",
        stages="{gone: 24m, at_risk: 6m, lost: 12m}",
        template="{at_risk: winback_at_risk, lost: winback_lost, gone: winback_gone}",
        kind="marketing",
        control="20%",
        coupon="{value: 200.00, valid: 60d}",
        spread="{per_day: 20}",
        review="required",
        lift_window="90d",
        late="30d",
        grace="2d",
        first_run="catch_up",
        priority="7",
        credit="{reply: 10d, sent: 5d}",
        id="old_name",
        enabled="false",
    )
    assert [stage.name for stage in winback.stages] == ["at_risk", "lost", "gone"]
    assert winback.stages[0].offset == Offset(months=6)
    assert winback.templates == {"at_risk": "winback_at_risk", "lost": "winback_lost", "gone": "winback_gone"}
    assert (winback.control_bp, winback.spread_per_day, winback.review, winback.priority) == (2000, 20, True, 7)
    assert winback.coupon == CouponOffer(20_000, 60)
    assert (winback.lift_window_days, winback.late_days, winback.grace) == (90, 30, timedelta(days=2))
    assert winback.credit == CreditWindows(10, 5)
    assert (winback.id, winback.key, winback.explicit_id) == ("old_name", "care", True)
    assert (winback.catch_up, winback.enabled, winback.line) == (True, False, 3)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("春季空调检查", "春季空调检查"),
        ('"  春季　 空调 "', "春季 空调"),
        ("春" * 40, "春" * 40),
        ("Spring <b>A/C</b> check", "Spring <b>A/C</b> check"),
        ('"=HYPERLINK(1)"', "=HYPERLINK(1)"),
        ("true", "true"),
        ("2026", "2026"),
        ('"👨\u200d👩\u200d👧 می\u200cخواهم"', "👨\u200d👩\u200d👧 می\u200cخواهم"),
        ("\U00031350春", "\U00031350春"),
        ('"\U0001fae8"', "\U0001fae8"),
        ("春\u3164检", "春\u3164检"),
    ],
)
def test_a_name_is_words_of_any_script(written: str, name: str) -> None:
    """Trimmed, and never anything but text; each run keeps it."""
    named = campaign(name=written)
    assert (named.name, named.title, named.settings_document()["name"]) == (name, name, name)


def test_what_a_campaign_without_a_name_is_called() -> None:
    """By its rule where the key is the rule's, by its list, else by its key; in the reader's language."""
    week = entry("week", rule="list", stages="{now: 0}", list="{id: w1, title: 免费检测周, day: 2026-03-20, file: all}")
    birthday = entry("birthday", rule="birthday", stages="{day: 0}")
    plain = read(entry("care"), birthday, week, entry("x", name="年检季"))
    assert [each.title for each in plain.campaigns] == ["care", "Birthday", "免费检测周", "年检季"]
    with language("zh-CN"):
        assert plain.campaign("birthday").title == "生日关怀"
    assert read(week + "    name: 检测周短信\n").campaigns[0].title == "检测周短信"


def test_what_is_left_out_has_its_default() -> None:
    """The defaults of rules.md and facts/statistics.md."""
    care = campaign()
    assert (care.id, care.explicit_id, care.success, care.control_bp) == ("care", False, "visit", 0)
    assert (care.coupon, care.spread_per_day, care.review, care.catch_up) == (None, None, False, False)
    assert (care.lift_window_days, care.late_days, care.grace) == (60, 0, timedelta(hours=24))
    assert care.templates == {"early": "maintenance_due", "last": "maintenance_due"}
    guards = read().guards
    assert guards.quiet_hours == QuietHours.parse("20:00-09:00")
    assert (guards.frequency_cap, guards.daily_budget, guards.universal_control_bp) == (None, None, 0)
    assert (guards.data_max_age, guards.pace) == ({}, None)
    assert campaign(rule="winback", kind="marketing", stages="{a: 6m}").late_days == 180
    assert campaign(rule="insurance_expiry").success == "renewal"


@pytest.mark.parametrize(
    "rule, written, expected",
    [
        ("maintenance_due", None, (14, 30)),
        ("insurance_expiry", None, (14, 30)),
        ("birthday", None, (14, 7)),
        ("winback", None, (14, 7)),
        ("maintenance_due", "{reply: 20d}", (20, 30)),
        ("birthday", "{sent: 3d}", (14, 3)),
    ],
)
def test_credit_windows_depend_on_the_rule(rule: str, written: str | None, expected: tuple[int, int]) -> None:
    """Reminders with a due date earn for 30 days after the send, others for 7."""
    assert campaign(rule=rule, credit=written).credit == CreditWindows(*expected)


@pytest.mark.parametrize("kind, priority", [("safety", 0), ("transactional", 1), ("service", 2), ("marketing", 3)])
def test_priority_follows_the_kind(kind: str, priority: int) -> None:
    """Safety goes first where caps and budgets leave no room for all."""
    assert campaign(kind=kind).priority == priority


def test_guards_read_as_they_are_written() -> None:
    """Money is exact: 400.10 is no float on its way."""
    guards = read(
        guards=(
            'guards: {quiet_hours: "21:00-08:30", frequency_cap: {messages: 2, days: 7},'
            " daily_budget: {messages: 5000, amount: 400.10}, data_max_age: {visits: 36h, customers: 7d},"
            " universal_control: 2.5%, pace: 5}\n"
        )
    ).guards
    assert guards.quiet_hours == QuietHours.parse("21:00-08:30")
    assert guards.frequency_cap == FrequencyCap(2, 7)
    assert guards.daily_budget == DailyBudget(5000, 400_100_000)
    assert guards.data_max_age == {"visits": timedelta(hours=36), "customers": timedelta(days=7)}
    assert (guards.universal_control_bp, guards.pace) == (250, 5.0)
    assert read(guards="guards: {quiet_hours: none}\n").guards.quiet_hours is None


@given(st.integers(min_value=1, max_value=99_999_999))
def test_money_is_exact(minor: int) -> None:
    """Every amount comes back to the last cent, however it would look as a float."""
    written = f"{minor // 100}.{minor % 100:02d}"
    assert campaign(coupon=f"{{value: {written}, valid: 60d}}").coupon == CouponOffer(minor, 60)


def test_money_has_the_decimals_of_the_currency() -> None:
    """Yen have none."""
    text = file_of(entry(coupon="{value: 2000, valid: 60d}")).replace("zh-CN}", "en, currency: JPY}")
    assert parse_schedules(text, "s.yaml").campaigns[0].coupon == CouponOffer(2000, 60)
    assert "write it like 200." in problems_of(text.replace("2000,", "2000.00,"))[0]


def test_full_width_digits_and_signs_are_understood() -> None:
    """Chinese keyboards produce them."""
    assert campaign(control="\uff11\uff10\uff05", lift_window="45d").control_bp == 1000


@pytest.mark.parametrize("text", ["-14", "-14d", '"-14"', "'-14 d'"])
def test_a_stage_may_be_written_as_a_number_or_with_its_unit(text: str) -> None:
    """Both mean days from the due day."""
    assert campaign(stages=f"{{early: {text}, last: 0}}").stages[0] == Stage("early", Offset(-14))


# What is refused

REFUSED = [
    (entry(rule="maintenace_due"), 4, "campaigns.care.rule", "did you mean maintenance_due?"),
    (entry(kind="servise"), 8, "campaigns.care.kind", "did you mean service?"),
    (entry(kind="lottery"), 8, "campaigns.care.kind", "write one of safety, transactional, service, marketing"),
    (entry(controll="10%"), 9, "campaigns.care.controll", "did you mean control?"),
    (entry(control="0.1"), 9, "campaigns.care.control", "write it like 10%"),
    (entry(control="60%"), 9, "campaigns.care.control", "between 0% and 50%"),
    (entry(control="10%", kind="safety"), 9, "campaigns.care.control", "never withheld"),
    (entry(control="10%", kind="transactional"), 9, "campaigns.care.control", "never withheld"),
    (entry(control="10%", stages="{only: -3}"), 9, "campaigns.care.control", "needs two stages"),
    (entry(when=None), 3, "campaigns.care", "no “when”"),
    (entry(kind=None), 3, "campaigns.care", "no “kind”"),
    (entry(template=None), 3, "campaigns.care", "no “template”"),
    (entry(when=""), 5, "campaigns.care.when", "has no value"),
    (entry(when="[1, 2]"), 5, "campaigns.care.when", "takes one value"),
    (entry(when='"0 10 * mon"'), 5, "campaigns.care.when", "has 4 parts"),
    (entry(when='"0 25 * * *"'), 5, "campaigns.care.when", "“25” is no hour"),
    (entry(when='"0 10 * * 8"'), 5, "campaigns.care.when", "“8” is no day_of_week"),
    (entry(when='"0 10 * * monday"'), 5, "campaigns.care.when", "“monday” is no day_of_week"),
    (entry(when='"0 10 1 * mon"'), 5, "campaigns.care.when", "leave one of them “*”"),
    (entry(when='"0 10 31 2 *"'), 5, "campaigns.care.when", "never comes"),
    (entry(when='"@daily"'), 5, "campaigns.care.when", "has 1 parts"),
    (entry(stages="{}"), 6, "campaigns.care.stages", "has 0 stages"),
    (entry(stages="-14"), 6, "campaigns.care.stages", "must be a group of keys"),
    (entry(stages="{early: -14, last: -14d}"), 6, "campaigns.care.stages", "early and last open on the same day"),
    (entry(stages="{early: 6m}"), 6, "campaigns.care.stages.early", "counts days from a due day"),
    (entry(rule="winback", stages="{a: 90d, b: 6m}"), 6, "campaigns.care.stages", "mixes days and months"),
    (entry(rule="winback", stages="{a: 0m}"), 6, "campaigns.care.stages.a", "between 1m and 120m"),
    (entry(stages="{early: 2w}"), 6, "campaigns.care.stages.early", "like -14 or -14d"),
    (entry(stages="{Früh: -2}"), 6, "campaigns.care.stages.Früh", "small letters"),
    (entry(template="../secret"), 7, "campaigns.care.template", "write it like maintenance_due"),
    (entry(template="{early: x}"), 7, "campaigns.care.template", "no “last”"),
    (entry(template="{early: x, last: y, lost: z}"), 7, "campaigns.care.template.lost", "did you mean last?"),
    (entry(success="purchase"), 9, "campaigns.care.success", "write one of visit, renewal"),
    (entry(coupon="{value: 200.001, valid: 60d}"), 9, "campaigns.care.coupon.value", "write it like 200.00"),
    (entry(coupon="{value: ¥200, valid: 60d}"), 9, "campaigns.care.coupon.value", "write it like 200.00"),
    (entry(coupon="{value: 0, valid: 60d}"), 9, "campaigns.care.coupon.value", "is nothing"),
    (entry(coupon="{value: 200.00}"), 9, "campaigns.care.coupon", "no “valid”"),
    (entry(lift_window="60"), 9, "campaigns.care.lift_window", "write it like 14d"),
    (entry(grace="soon"), 9, "campaigns.care.grace", "write it like 24h"),
    (entry(grace="0h"), 9, "campaigns.care.grace", "between 1h and 31d"),
    (entry(spread="{per_day: 0}"), 9, "campaigns.care.spread.per_day", "between 1 and 100000"),
    (entry(spread="{per_day: many}"), 9, "campaigns.care.spread.per_day", "whole number"),
    (entry(review="maybe"), 9, "campaigns.care.review", "write one of required, none"),
    (entry(enabled="perhaps"), 9, "campaigns.care.enabled", "write true or false"),
    (entry(priority="10"), 9, "campaigns.care.priority", "between 0 and 9"),
    (entry(name=""), 9, "campaigns.care.name", "has no value"),
    (entry(name='"  "'), 9, "campaigns.care.name", "has no value"),
    (entry(name="春" * 41), 9, "campaigns.care.name", "longer than 40 letters"),
    (entry(name='"春季\\n空调"'), 9, "campaigns.care.name", "holds a line break"),
    (entry(name='"春季\\e[2J"'), 9, "campaigns.care.name", "cannot be seen"),
    (entry(name='"\\u202e春季"'), 9, "campaigns.care.name", "cannot be seen"),
    (entry(name='"\\u200d"'), 9, "campaigns.care.name", "cannot be seen"),
    (entry(name="\u115f\u1160\u2800\u3164\uffa0"), 9, "campaigns.care.name", "cannot be seen"),
    (entry(name="[春季, 空调]"), 9, "campaigns.care.name", "takes one value"),
    (entry(id="universal"), 9, "campaigns.care.id", "kept for the universal control"),
    (entry(id="a b"), 9, "campaigns.care.id", "write it like winback"),
    (entry(kind="service\n    kind: marketing"), 9, "campaigns.care.kind", "a second time, first in line 8"),
    (entry() + entry(), 9, "campaigns.care", "a second time, first in line 3"),
    (entry("one") + entry("two", id="one"), 9, "campaigns.two", "has the id one of one (line 3)"),
]


@pytest.mark.parametrize("text, line, key, mend", REFUSED, ids=[f"{row[2]} {row[3]}" for row in REFUSED])
def test_a_slip_is_refused_with_file_line_key_and_mend(text: str, line: int, key: str, mend: str) -> None:
    """One sentence each, and only that one."""
    found = problems_of(file_of(text))
    assert len(found) == 1, found
    assert re.match(rf"s\.yaml, line {line}: {re.escape(key)}[ :.]", found[0]), found[0]
    assert mend in found[0]


@pytest.mark.parametrize(
    "old, new, key, mend",
    [
        ("timezone: Asia/Shanghai", "timezone: Asia/Beijing", "shop.timezone", "Asia/Shanghai"),
        ("timezone: Asia/Shanghai", "timezone: Asia/Shangai", "shop.timezone", "Asia/Shanghai"),
        ("timezone: Asia/Shanghai", "timezone: Asia", "shop.timezone", "no known time zone"),
        ("timezone: Asia/Shanghai", "timezone: ../../etc/passwd", "shop.timezone", "no known time zone"),
        (" phone: 0595-22880000,", "", "shop", "no “phone”"),
        ("phone: 0595-22880000", "phone: call us", "shop.phone", "write it like 0595-22880000"),
        ("signature: 东南泉州", "signature: 【东南泉州】", "shop.signature", "without 【】"),
        ("signature: 东南泉州", "signature: 东", "shop.signature", "2 to 20"),
        ("name: 东南汽车泉州店", f"name: {'店' * 61}", "shop.name", "60 characters"),
        ("region: CN", "region: China", "shop.region", "CN"),
        ("language: zh-CN", "language: fr", "shop.language", "zh-CN, en"),
        ("language: zh-CN", "language: zh-CN, currency: RMB", "shop.currency", "CNY"),
        ("language: zh-CN", "langauge: zh-CN, language: en", "shop.langauge", "did you mean language?"),
        ("shop: {", "Shop: {", "Shop", "did you mean shop?"),
    ],
)
def test_a_slip_about_the_shop_is_refused(old: str, new: str, key: str, mend: str) -> None:
    """The shop stands in line 1."""
    found = problems_of(file_of().replace(old, new, 1))
    assert any(re.match(rf"s\.yaml, line 1: {re.escape(key)} ", each) and mend in each for each in found), found


@pytest.mark.parametrize(
    "guards, key, mend",
    [
        ('{quiet_hour: "20:00-09:00"}', "guards.quiet_hour", "did you mean quiet_hours?"),
        ('{quiet_hours: "20-9"}', "guards.quiet_hours", "20:00-09:00"),
        ("{frequency_cap: 2}", "guards.frequency_cap", "group of keys"),
        ("{frequency_cap: {messages: 2}}", "guards.frequency_cap", "no “days”"),
        ("{daily_budget: {amount: lots}}", "guards.daily_budget.amount", "200.00"),
        ("{data_max_age: {visit: 2d}}", "guards.data_max_age.visit", "did you mean visits?"),
        ("{data_max_age: {visits: 2}}", "guards.data_max_age.visits", "24h or 14d"),
        ("{universal_control: 5}", "guards.universal_control", "10%"),
        ("{pace: fast}", "guards.pace", "write it like 5"),
        ("{pace: -1}", "guards.pace", "write it like 5"),
        ("{pace: 5/s}", "guards.pace", "write it like 5"),
        ("{pace: 0}", "guards.pace", "between 0.01 and 1000"),
        ("{pace: 1000.5}", "guards.pace", "between 0.01 and 1000"),
        ("{pace: }", "guards.pace", "has no value"),
        ("{paces: 5}", "guards.paces", "did you mean pace?"),
    ],
)
def test_a_slip_in_the_guards_is_refused(guards: str, key: str, mend: str) -> None:
    """Guards protect people, so a misspelt one must not silently fall away."""
    found = problems_of(file_of(guards=f"guards: {guards}\n"))
    assert len(found) == 1, found
    assert found[0].startswith(f"s.yaml, line 2: {key}")
    assert mend in found[0]


@pytest.mark.parametrize(
    "text, line, said",
    [
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
        ("- shop\n- campaigns\n", 1, "must start with keys"),
        ("just words\n", 1, "must start with keys"),
        (file_of().replace("    when", "\twhen"), 5, "indented with a tab"),
        (file_of().replace("    when:", "    when\uff1a"), 5, "full-width"),
        (file_of().replace('"0 10 * * mon-sat"', '"0 10 * * mon-sat'), 5, "not YAML near"),
        (file_of().replace("    when", "   when"), 5, "not YAML near “when"),
        (file_of().replace("    when: ", "    when: @"), 5, "not YAML near"),
        (file_of().replace("rule: maint", "rule: &a maint"), 4, "anchors and aliases"),
        (file_of().replace("rule: maint", "rule: !x maint"), 4, "tags"),
        (file_of() + "---\na: 1\n", 9, "second document"),
        (file_of(entry(stages="[" * 5000)), 6, "nested too deeply"),
        ("a: \x01\n", 1, "not YAML"),
    ],
)
def test_what_is_not_plain_yaml_is_one_sentence_with_its_line(text: str, line: int, said: str) -> None:
    """Never the parser's own trace."""
    found = problems_of(text)
    assert len(found) == 1, found
    assert said in found[0]
    assert "\n" not in found[0]
    assert found[0].startswith("s.yaml is empty" if said == "is empty" else f"s.yaml, line {line}: "), found[0]


def test_every_problem_is_told_at_once_in_the_order_of_lines() -> None:
    """Nobody mends a file by running the check six times."""
    text = file_of(entry("one", rule="birthdya", when="daily", kind="x"), entry("two", control="0.5", foo="1"))
    text = text.replace("region: CN", "region: cn")
    found = problems_of(text)
    lines = [int(re.match(r"s\.yaml, line (\d+)", each)[1]) for each in found]  # type: ignore[index]
    assert lines == [1, 4, 5, 8, 15, 16]
    with pytest.raises(ScheduleError) as refused:
        parse_schedules(text, "s.yaml")
    assert str(refused.value).count("\n") == len(found) - 1
    assert refused.value.permanent
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)


def test_the_sentences_can_be_shown_in_every_language() -> None:
    """Problems found by the daemon are shown in each console's language: fields survive."""
    with pytest.raises(ScheduleProblems) as refused:
        parse_schedules(file_of(entry(when='"0 25 * * *"')), "s.yaml")
    with language("zh-CN"):
        assert "25" in str(refused.value)


def test_a_missing_template_names_where_it_was_looked_for() -> None:
    """And the nearest one that is there."""
    found = problems_of(file_of(entry(template="maintenance_du")), templates={"maintenance_due"}, templates_in="t/sms")
    assert len(found) == 1
    assert "t/sms" in found[0]
    assert "maintenance_du.j2" in found[0]
    assert "did you mean maintenance_due?" in found[0]
    assert "write that file" in problems_of(file_of(), templates=frozenset())[0]
    assert parse_schedules(file_of(), "s.yaml", templates={"maintenance_due"}).campaigns


def test_what_is_no_schedule_is_refused_quickly(tmp_path: Path) -> None:
    """A huge file, and one of aliases that would become huge, cost less than a moment."""
    huge, bomb = tmp_path / "huge.yaml", tmp_path / "bomb.yaml"
    huge.write_bytes(b"a: 1\n" * 300_000)
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    bomb.write_text("l0: &l0 [x]\n" + levels)
    started = time.process_time()
    for path, said in ((huge, "far larger"), (bomb, "anchors and aliases")):
        with pytest.raises(ScheduleProblems, match=said):
            load_schedules(path)
    assert time.process_time() - started < 1
    with pytest.raises(ScheduleProblems, match="far larger"):
        parse_schedules("a: 1\n" * 300_000, "s.yaml")


@pytest.mark.parametrize(
    "content, said",
    [(None, "does not exist"), (file_of().encode("gbk"), "line 1: the file is not saved as UTF-8")],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A missing file, and one saved in the encoding old Windows editors choose."""
    path = tmp_path / "schedules.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScheduleProblems, match=said):
        load_schedules(path)


def test_a_byte_order_mark_and_windows_line_ends_are_harmless(tmp_path: Path) -> None:
    """Notepad writes both."""
    path = tmp_path / "schedules.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + file_of().replace("\n", "\r\n").encode())
    assert load_schedules(path).campaigns[0].line == 3


# When it runs


@pytest.mark.parametrize(
    "field, names",
    [
        ("*", "*"),
        ("0", "sun"),
        ("7", "sun"),
        ("1", "mon"),
        ("6", "sat"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("5-7", "sun,fri,sat"),
        ("0-6", "*"),
        ("0,3", "sun,wed"),
        ("*/2", "sun,tue,thu,sat"),
        ("1-5/2", "mon,wed,fri"),
        ("mon-sat", "mon,tue,wed,thu,fri,sat"),
        ("fri-mon", "sun,mon,fri,sat"),
        ("SUN-Thu", "sun,mon,tue,wed,thu"),
        ("mon-sun", "*"),
    ],
)
def test_weekday_numbers_count_as_cron_counts(field: str, names: str) -> None:
    """0 and 7 are Sunday; APScheduler alone would take 0 for Monday."""
    assert weekday_names(field) == names


@pytest.mark.parametrize("number, weekday", [(0, 7), (1, 1), (5, 5), (6, 6), (7, 7)])
def test_a_numbered_weekday_falls_on_that_day(number: int, weekday: int) -> None:
    """Held against the calendar, not against names."""
    due = campaign(when=f'"0 10 * * {number}"').next_due(datetime(2026, 5, 1, tzinfo=UTC), SHANGHAI, 3)
    assert {each.astimezone(SHANGHAI).isoweekday() for each in due} == {weekday}


def test_due_times_are_the_shops_wall_clock_in_utc() -> None:
    """10:00 in Shanghai is 02:00 UTC; Sunday is left out."""
    care = campaign()
    friday = datetime(2026, 5, 8, 10, 0, tzinfo=SHANGHAI)
    assert care.next_due(friday, SHANGHAI, 2) == [friday + timedelta(days=1), friday + timedelta(days=3)]
    assert care.next_due(friday, SHANGHAI)[0].tzinfo is UTC


@pytest.mark.parametrize(
    "moment, due",
    [
        ("2026-05-08T10:00", "2026-05-08T10:00"),
        ("2026-05-08T09:59:59", "2026-05-07T10:00"),
        ("2026-05-08T23:00", "2026-05-08T10:00"),
        ("2026-05-10T10:00", "2026-05-09T10:00"),  # Sunday: Saturday's is exactly one day old
        ("2026-05-10T10:00:01", None),
    ],
)
def test_due_is_the_last_time_within_grace(moment: str, due: str | None) -> None:
    """At or before the moment, not older than grace; both ends count."""
    found = campaign().due_at(datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI), SHANGHAI)
    assert found == (datetime.fromisoformat(due).replace(tzinfo=SHANGHAI) if due else None)


def test_a_missed_run_is_made_up_once() -> None:
    """After three days without power only the last due time within grace is left, whatever the grace."""
    care = campaign(grace="3d")
    moment = datetime(2026, 5, 13, 9, 0, tzinfo=SHANGHAI)
    assert care.due_at(moment, SHANGHAI) == datetime(2026, 5, 12, 10, 0, tzinfo=SHANGHAI)


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["* * * * *", "*/7 3-5 * * *", "30 2 * * *", "0 10 * * 1-6", "0 9 1,15 * *", "59 23 28-31 * *"]),
    st.sampled_from([SHANGHAI, BERLIN]),
)
def test_due_at_agrees_with_walking_through_all_due_times(wall: datetime, when: str, zone: ZoneInfo) -> None:
    """Looking back in growing steps finds what a walk from the start of grace finds, clock changes included."""
    moment = wall.replace(tzinfo=UTC)
    care = campaign(when=f'"{when}"', grace="30h")
    walked = care.runs_between(moment - timedelta(hours=30), moment + timedelta(microseconds=1), zone)
    assert care.due_at(moment, zone) == (walked[-1] if walked else None)
    assert all(earlier < later for earlier, later in pairwise(walked))


@pytest.mark.parametrize("day, count", [(date(2026, 3, 29), 1), (date(2026, 10, 25), 2)])
def test_a_clock_change_loses_no_run(day: date, count: int) -> None:
    """02:30 is skipped in March (it runs an hour later on the wall) and comes twice in October."""
    care = campaign(when='"30 2 * * *"')
    start = datetime(day.year, day.month, day.day, tzinfo=BERLIN)
    assert len(care.runs_between(start, start + timedelta(days=1), BERLIN)) == count
    following = list(zip(range(4), due_times("30 2 * * *", BERLIN, start), strict=False))
    assert following[-1][1].astimezone(BERLIN).date() > day


def test_runs_between_takes_its_start_and_leaves_its_end() -> None:
    """Half open, so that successive spans count each run once."""
    care = campaign()
    start = datetime(2026, 5, 4, 10, 0, tzinfo=SHANGHAI)
    runs = care.runs_between(start, start + timedelta(days=7), SHANGHAI)
    assert runs == [start + timedelta(days=number) for number in range(6)]


def test_a_disabled_campaign_is_never_due() -> None:
    """It keeps its place in the file and does nothing."""
    off = campaign(enabled="no")
    assert off.due_at(datetime(2026, 5, 8, 12, 0, tzinfo=SHANGHAI), SHANGHAI) is None
    assert off.next_due(datetime(2026, 5, 8, 12, 0, tzinfo=SHANGHAI), SHANGHAI, 3) == []


def test_a_crontab_of_thousands_of_numbers_is_refused_unread() -> None:
    """A form sends what it is given; reading it would keep everybody else's pages waiting."""
    with pytest.raises(BadInput, match="400002 characters"):
        raise_if_not_a_crontab("1," * 199_996 + "1 10 * * *")
    raise_if_not_a_crontab(",".join(str(minute) for minute in range(60)) + " * * * *")


@given(
    st.lists(
        st.sampled_from(["*", "0", "5", "1-5", "*/2", "mon", "99", "x", "5-1", "*/0", "", "last"]),
        min_size=5,
        max_size=5,
    )
)
def test_a_crontab_is_read_or_refused_but_never_breaks(parts: list[str]) -> None:
    """Whatever passes the check also has a next time."""
    when = " ".join(parts)
    try:
        raise_if_not_a_crontab(when)
    except BadInput:
        return
    assert len(when.split()) == len(FIELDS)
    assert next(due_times(when, BERLIN, datetime(2024, 1, 1, tzinfo=UTC)))


def test_a_moment_without_a_zone_is_refused() -> None:
    """Whose ten o'clock would it be?"""
    with pytest.raises(BadInput, match="has no time zone"):
        campaign().due_at(datetime(2026, 5, 8, 12, 0), SHANGHAI)  # noqa: DTZ001


# What is kept with a run


def test_the_settings_document_is_plain_json() -> None:
    """A run's settings can be read years later without this code."""
    document = load_schedules(ROOT / "schedules.yaml").campaign("winback").settings_document()
    assert json.loads(json.dumps(document)) == document
    assert document["stages"] == {"at_risk": "6m", "lost": "12m", "gone": "24m"}
    assert document["coupon"] == {"value_minor": 20_000, "valid_days": 60}
    assert (document["kind"], document["control_bp"], document["grace_seconds"]) == ("marketing", 2000, 86_400)


def test_schedules_travel_to_the_planning_process() -> None:
    """Planning runs in a child process, so campaigns must survive pickling; hashing works too."""
    schedules = load_schedules(ROOT / "schedules.yaml")
    assert pickle.loads(pickle.dumps(schedules)) == schedules
    assert len({*schedules.campaigns}) == len(schedules.campaigns)


def test_a_campaign_is_found_by_key_and_by_id() -> None:
    """The key first: it is what people see."""
    schedules = read(entry("care", id="old_care"), entry("other"))
    assert schedules.campaign("care") is schedules.campaign("old_care") is schedules.campaigns[0]
    with pytest.raises(NotFound, match="did you mean other"):
        schedules.campaign("othr")
    with pytest.raises(NotFound, match="care, other"):
        schedules.campaign("zzz")
    with pytest.raises(NotFound, match="did you mean spring_ac"):
        read(entry("care"), entry("spring_ac", name="春季空调检查")).campaign("春季空调检查")
    week = entry("week", rule="list", stages="{now: 0}", list="{id: w1, title: 免费检测周, day: 2026-03-20, file: all}")
    with pytest.raises(NotFound, match="did you mean week"):
        read(entry("care"), week).campaign("免费检测周")


# What can be run and disappoints


@pytest.mark.parametrize(
    "changes, missed",
    [
        ({}, []),
        ({"rule": "birthday", "stages": "{day: 0}", "when": '"30 9 * * *"'}, []),
        ({"rule": "birthday", "stages": "{day: 0}", "when": '"30 9 * * mon-fri"'}, ["day"]),
        ({"rule": "birthday", "stages": "{day: 0}", "when": '"30 21 * * *"'}, ["day"]),  # goes out after the day
        ({"rule": "birthday", "stages": "{day: 0}", "when": '"30 21 * * *"', "late": "1d"}, []),
        ({"when": '"0 10 * * mon"'}, ["last"]),  # three days and the due day, seven between runs
        ({"when": '"0 10 1 * *"'}, ["early", "last"]),
        ({"when": '"0 10 * * mon"', "stages": "{early: -14, last: -7}"}, []),
        ({"rule": "winback", "kind": "marketing", "stages": "{a: 6m, b: 12m}", "when": '"0 10 1 1,9 *"'}, ["a", "b"]),
        ({"rule": "winback", "kind": "marketing", "stages": "{a: 6m, b: 12m}", "when": '"0 10 1 * *"'}, []),
        ({"rule": "birthday", "stages": "{day: 0}", "when": '"30 9 * * mon-fri"', "enabled": "false"}, []),
    ],
)
def test_a_stage_that_can_be_stepped_over_is_warned_about(changes: dict[str, str], missed: list[str]) -> None:
    """Found by living through 400 days of due times."""
    warnings = warnings_of(read(entry(**changes)))
    assert [re.search(r"miss the stage (\w+)", str(each))[1] for each in warnings] == missed  # type: ignore[index]
    assert all(str(each).startswith("s.yaml, line 3: care ") and each.line == 3 for each in warnings)


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ("年检季", "年检季", True),
        ("Car check", "car CHECK", True),
        ("年检季", None, False),
        (None, "Maintenance due", False),
        (None, None, False),
    ],
)
def test_two_campaigns_called_the_same_are_warned_about(first: str | None, second: str | None, is_told: bool) -> None:
    """They can run, but nobody can tell them apart; the second one's line is named, and the first one's."""
    found = warnings_of(read(entry("one", name=first), entry("two", name=second)))
    lines = [f"line {each.line}: {each.campaign} is called “{second}” as one (line 3) is" for each in found]
    assert len(found) == is_told
    assert all(line in str(each) for each, line in zip(found, lines, strict=True))


def test_a_name_that_is_a_rule_s_title_is_warned_about() -> None:
    """The shipped birthday campaign is shown by its title."""
    shipped = entry("birthday", rule="birthday", stages="{day: 0}", when='"30 9 * * *"')
    (told,) = warnings_of(read(shipped, entry("two", name="Birthday")))
    assert "two is called “Birthday” as birthday (line 3) is" in str(told)
    (told,) = warnings_of(read(entry("two", name="生日关怀"), shipped))
    assert "birthday is called “生日关怀” as two (line 3) is" in str(told)


def test_a_warning_costs_little_even_for_every_minute() -> None:
    """One due time a day is enough to know."""
    started = time.process_time()
    assert warnings_of(read(entry(when='"* * * * *"'))) == []
    assert time.process_time() - started < 2


# Renamed campaigns

KNOWN = [KnownCampaign("care", "care", "maintenance_due"), KnownCampaign("birthday", "birthday", "birthday")]
BIRTHDAY = entry("birthday", rule="birthday", stages="{day: 0}")


def test_a_renamed_campaign_is_refused_with_its_mend() -> None:
    """Cycles belong to the id: a new name alone would text everybody twice."""
    with pytest.raises(ScheduleError, match=r"line 3: campaigns\.service .*add “id: care”"):
        raise_if_campaign_was_renamed(read(entry("service"), BIRTHDAY), KNOWN)


@pytest.mark.parametrize(
    "entries",
    [
        (entry("care"), BIRTHDAY),
        (entry("service", id="care"), BIRTHDAY),  # renamed, and says so
        (entry("service", id="service"), BIRTHDAY),  # another campaign, and says so
        (BIRTHDAY,),  # removed
        (entry("care"), entry("second"), BIRTHDAY),  # one more of the same rule
        (entry("care", enabled="false"), BIRTHDAY),
    ],
)
def test_what_is_no_renaming_passes(entries: tuple[str, ...]) -> None:
    """Adding, removing, switching off and saying `id:` are all plain."""
    raise_if_campaign_was_renamed(read(*entries), KNOWN)


# The running daemon


def test_an_edit_is_taken_up(tmp_path: Path) -> None:
    """Nothing to do while nothing changes; then the new version runs."""
    path = tmp_path / "schedules.yaml"
    path.write_text(file_of(), encoding="utf-8")
    live = LiveSchedules(path)
    before = live.current
    assert live.refresh() is None
    assert live.current is before
    path.write_text(file_of(entry("caro")), encoding="utf-8")  # of the same length, within the same moment
    change = live.refresh()
    assert change is not None
    assert change.problem is None
    assert [each.key for each in live.current.campaigns] == ["caro"]
    assert live.current.fingerprint != before.fingerprint
    assert live.refresh() is None


@pytest.mark.parametrize("broken", [file_of(entry(when="daily")), "\t", None])
def test_a_broken_edit_keeps_the_last_good_version_running(tmp_path: Path, broken: str | None) -> None:
    """It is said once, stays readable, and a mended file is said too."""
    path = tmp_path / "schedules.yaml"
    path.write_text(file_of(), encoding="utf-8")
    live = LiveSchedules(path)
    good = live.current
    if broken is None:
        path.unlink()
    else:
        path.write_text(broken, encoding="utf-8")
    change = live.refresh()
    assert change is not None
    assert change.problem is live.problem is not None
    assert change.schedules is live.current is good
    assert live.refresh() is None
    path.write_text(file_of(), encoding="utf-8")
    mended = live.refresh()
    assert mended is not None
    assert mended.problem is None
    assert live.current == good
    assert live.refresh() is None


def test_a_template_written_later_mends_the_problem(tmp_path: Path) -> None:
    """The file itself did not change, yet what was wrong with it is gone."""
    path = tmp_path / "schedules.yaml"
    path.write_text(file_of(), encoding="utf-8")
    names = {"maintenance_due"}
    live = LiveSchedules(path, templates=lambda: names)
    path.write_text(file_of(entry(template="spring")), encoding="utf-8")
    live.refresh()
    assert "spring.j2" in str(live.problem)
    names.add("spring")
    change = live.refresh()
    assert change is not None
    assert change.problem is None
    assert live.current.campaigns[0].templates["last"] == "spring"


def test_a_readable_version_that_must_not_run_is_not_taken_up(tmp_path: Path) -> None:
    """The check against the store's known campaigns holds for the daemon too."""
    path = tmp_path / "schedules.yaml"
    path.write_text(file_of(), encoding="utf-8")
    live = LiveSchedules(path, check=lambda found: raise_if_campaign_was_renamed(found, KNOWN[:1]))
    path.write_text(file_of(entry("service")), encoding="utf-8")
    live.refresh()
    assert "id: care" in str(live.problem)
    assert [each.key for each in live.current.campaigns] == ["care"]


def test_the_first_version_must_be_good(tmp_path: Path) -> None:
    """There is nothing to fall back on."""
    with pytest.raises(ScheduleProblems, match="does not exist"):
        LiveSchedules(tmp_path / "schedules.yaml")
