"""`audience:` in schedules.yaml: what is read, and how each slip is refused with its line and a mend."""

from __future__ import annotations

import json

import pytest

from notifier.domain.filters import Ago, Filter, Length, Pattern, Spend, Words
from notifier.schedules import Campaign, ScheduleProblems, parse_schedules

FILE = """shop: {{name: 东南汽车泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN, phone: 0595-22880000, language: zh-CN}}
campaigns:
  care:
    rule: maintenance_due
    when: "0 10 * * mon-sat"
    stages: {{early: -14, last: -3}}
    template: maintenance_due
    kind: service
    audience: {audience}
"""  # noqa: E501
LINE = "s.yaml, line 9: campaigns.care.audience"


def campaign(audience: str) -> Campaign:
    return parse_schedules(FILE.format(audience=audience), "s.yaml").campaigns[0]


def problems(audience: str) -> list[str]:
    with pytest.raises(ScheduleProblems) as refused:
        parse_schedules(FILE.format(audience=audience), "s.yaml")
    return [str(problem) for problem in refused.value.problems]


def words(term: str, *written: str, is_not: bool = False) -> Words:
    return Words(term, tuple(Pattern.of(word) for word in written), is_not)


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("{model: 卡罗拉}", words("model", "卡罗拉")),
        ('{model: [卡罗拉, "凯美瑞*"]}', words("model", "卡罗拉", "凯美瑞*")),
        ("{district: {not: [晋江]}}", words("district", "晋江", is_not=True)),
        ("{district: {not: 晋江}}", words("district", "晋江", is_not=True)),
        ("{member_level: [金卡, 银卡]}", words("member_level", "金卡", "银卡")),
        ("{advisor: 王强}", words("advisor", "王强")),
        ("{language: zh-CN}", words("language", "zh-CN")),
        ("{sex: f}", words("sex", "f")),
        ("{shop: main}", words("shop", "main")),
        ("{company: no}", words("company", "no")),
        ("{company: true}", words("company", "yes")),
        ("{car_age: {from: 3y, to: 6y}}", Ago("car_age", Length(36), Length(72))),
        ("{car_age: {to: 18m}}", Ago("car_age", until=Length(18))),
        ("{last_visit: {from: 90d}}", Ago("last_visit", Length(days=90))),
        ("{spend: {min: 2000.00, within: 24m}}", Spend(200_000, None, 24)),
        ("{spend: {max: 500}}", Spend(None, 50_000, None)),
        ("{spend: {min: 0.01, max: 500, within: 2y}}", Spend(1, 50_000, 24)),
    ],
)
def test_each_condition_as_staff_write_it(written: str, term: object) -> None:
    """One value, a list, a group with not, lengths of time, sums of money."""
    assert campaign(written).audience == Filter((term,))  # type: ignore[arg-type]


def test_groups_and_conditions_stand_side_by_side() -> None:
    """All conditions, one group of any, no group of not; a single group needs no list."""
    found = campaign("{sex: m, any: [{member_level: 金卡}, {spend: {min: 5000}}], not: {district: 晋江}}").audience
    assert found == Filter(
        (words("sex", "m"),),
        any_of=(Filter((words("member_level", "金卡"),)), Filter((Spend(500_000),))),
        none_of=(Filter((words("district", "晋江"),)),),
    )


def test_without_audience_a_campaign_is_for_everybody() -> None:
    """No line, no filter; and a run's settings say so."""
    text = FILE.format(audience="x").replace("    audience: x\n", "")
    without = parse_schedules(text, "s.yaml").campaigns[0]
    assert without.audience is None
    assert without.settings_document()["audience"] is None


def test_the_settings_of_a_run_hold_the_filter() -> None:
    """As plain JSON."""
    document = campaign("{model: [卡罗拉], car_age: {from: 3y}}").settings_document()
    assert json.loads(json.dumps(document))["audience"] == {"model": ["卡罗拉"], "car_age": {"from": "3y"}}


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("{modell: DX7}", f"{LINE}.modell is not a known key; did you mean model?"),
        ("{language: zh-CH}", f"{LINE}.language is zh-CH, which is not known; did you mean zh-CN?"),
        ("{sex: w}", f"{LINE}.sex is w, which is not known; write one of m, f."),
        ("{shop: maim}", f"{LINE}.shop is maim, which is not known; did you mean main?"),
        ("{company: maybe}", f"{LINE}.company is maybe; write true or false."),
        ('{model: "*DX"}', f"{LINE}.model is *DX; a * stands only at the end of a word, for all that begin so."),
        ("{model: []}", f"{LINE}.model is an empty list; write a value, or remove the line."),
        ("{model: }", f"{LINE}.model has no value; write one, or remove the line."),
        ("{model: [[DX7]]}", f"{LINE}.model takes one value, not a list or a group of keys."),
        ("{model: {without: DX7}}", f"{LINE}.model.without is not a known key; known here: not."),
        ("{car_age: 3y}", f"{LINE}.car_age takes a group of keys; write it like car_age: {{from: 3y, to: 6y}}."),
        ("{car_age: {}}", f"{LINE}.car_age takes a group of keys; write it like car_age: {{from: 3y, to: 6y}}."),
        ("{model: {}}", f"{LINE}.model takes a group of keys; write it like model: {{not: [A, B]}}."),
        ("{car_age: {form: 3y}}", f"{LINE}.car_age.form is not a known key; did you mean from?"),
        ("{car_age: {from: 3}}",
         f"{LINE}.car_age.from is 3, which is no length of time; write it like 3y, 18m or 90d."),
        ("{car_age: {from: 6y, to: 3y}}", f"{LINE}.car_age: from 6y is not before to 3y; exchange them."),
        ("{car_age: {from: 365d, to: 1y}}", None),
        ("{car_age: {to: 99y}}", f"{LINE}.car_age.to is 99y; it must lie between 0d and 50y."),
        ("{spend: 2000}",
         f"{LINE}.spend takes a group of keys; write it like spend: {{min: 2000.00, within: 24m}}."),
        ("{spend: {within: 24m}}",
         f"{LINE}.spend names no amount; write it like spend: {{min: 2000.00, within: 24m}}."),
        ("{spend: {min: ¥2000}}",
         f"{LINE}.spend.min is ¥2000, which is no amount of money; write it like 200.00."),
        ("{spend: {min: 2000, max: 1000}}", f"{LINE}.spend: min is more than max; exchange them."),
        ("{spend: {min: 2000, within: 30d}}",
         f"{LINE}.spend.within is 30d, which is no number of months; write it like 24m or 2y."),
        ("{}", f"{LINE} names no condition; write one like district: [晋江], or remove the line."),
        ("everybody", f"{LINE} must be a group of keys, as “name: value”."),
        ("{any: [{model: DX7}, {modell: DX7}]}", f"{LINE}.any.modell is not a known key; did you mean model?"),
        ("{any: [DX7]}", f"{LINE}.any must be a group of keys, as “name: value”."),
        ("{not: [{}]}", f"{LINE}.not names no condition; write one like district: [晋江], or remove the line."),
        ("{not: {not: {not: {sex: f}}}}", f"{LINE}.not.not.not nests groups more than 3 deep; write it flatter."),
        (f"{{model: [{', '.join(f'M{n}' for n in range(201))}]}}",
         f"{LINE}.model holds more than 200; a longer choice belongs into a list of phones or VINs."),
    ],
)  # fmt: skip
def test_every_slip_is_refused_with_its_place_and_a_mend(written: str, sentence: str | None) -> None:
    """File, line, key, what is wrong, what is right. Days beside years are compared as about so many days."""
    if sentence is None:
        assert campaign(written).audience is not None
    else:
        assert problems(written) == [sentence]


def test_the_line_is_that_of_the_word() -> None:
    """A list written over several lines says which of its words is wrong."""
    audience = "\n      language:\n        - zh-CN\n        - english"
    assert problems(audience) == [
        "s.yaml, line 12: campaigns.care.audience.language is english, which is not known; write one of zh-CN, en."
    ]


def test_no_code_hides_in_a_filter() -> None:
    """A word is a word, whatever it looks like; tags are refused as everywhere."""
    assert campaign('{model: "x\' OR 1=1 --"}').audience == Filter((words("model", "x' OR 1=1 --"),))
    assert problems("!!python/object/apply:os.system {model: x}") == [
        "s.yaml, line 9: tags (words after !) are not allowed; write the value alone."
    ]
