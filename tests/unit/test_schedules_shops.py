"""`shops:` of schedules.yaml: what a group shares, what a shop does its own way, and how it refuses."""

from __future__ import annotations

import pickle
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifier.domain.cycles import Offset, Stage
from notifier.errors import NotFound
from notifier.schedules import FrequencyCap, ScheduleProblems, Schedules, parse_schedules, warnings_of

ROOT = Path(__file__).parents[2]
FIELDS = "timezone: Asia/Shanghai, region: CN, phone: 0595-22880000, language: zh-CN"
QUANZHOU = f"  quanzhou: {{name: 东南汽车泉州店, signature: 东南泉州, {FIELDS}}}\n"
JINJIANG = """\
  jinjiang:
    name: 东南汽车晋江店
    signature: 东南晋江
    timezone: Asia/Shanghai
    region: CN
    phone: 0595-85660000
    language: zh-CN
"""
GUARDS = """\
guards:
  quiet_hours: "20:00-09:00"
  frequency_cap: {messages: 2, days: 7, across: group}
  data_max_age: {visits: 2d}
"""
CAMPAIGNS = """\
campaigns:
  care: {rule: maintenance_due, when: "0 10 * * mon-sat", stages: {early: -14, last: -3}, template: care, kind: service}
  winback:
    rule: winback
    when: "0 10 * * tue"
    stages: {at_risk: 6m, lost: 12m}
    template: {at_risk: at_risk, lost: lost}
    kind: marketing
    control: 20%
    coupon: {value: 200.00, valid: 60d}
"""


def group(own: str = "", guards: str = GUARDS, campaigns: str = CAMPAIGNS, first: str = QUANZHOU) -> str:
    """A file of two shops; `own`: what Jinjiang does its own way, indented as if it stood at the left."""
    indented = "".join(f"    {line}\n" for line in own.splitlines())
    return f"shops:\n{first}{JINJIANG}{indented}{guards}{campaigns}"


def read(text: str) -> Schedules:
    """The text as schedules."""
    return parse_schedules(text, "schedules.yaml")


def problems_of(text: str) -> list[str]:
    """What is wrong with it, in sentences."""
    with pytest.raises(ScheduleProblems) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def line_of(text: str, words: str) -> int:
    """The first line that holds these words, from 1."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def test_each_shop_has_its_key_and_its_own_fields() -> None:
    """The word before the colon is the key; everything else is what `shop:` has."""
    schedules = read(group())
    assert [(shop.key, shop.name, shop.signature) for shop in schedules.shops] == [
        ("quanzhou", "东南汽车泉州店", "东南泉州"),
        ("jinjiang", "东南汽车晋江店", "东南晋江"),
    ]
    assert schedules.is_group
    assert schedules.caps_span_group
    assert schedules.shops[1].zone == ZoneInfo("Asia/Shanghai")


def test_a_shop_that_says_nothing_has_the_group_s_guards_and_campaigns() -> None:
    """Its view is a file of itself alone."""
    schedules = read(group())
    view = schedules.of_shop("jinjiang")
    assert view.shops == (schedules.shops[1],)
    assert view.guards is schedules.guards
    assert view.campaigns is schedules.campaigns
    assert not view.is_group
    assert view.fingerprint == schedules.fingerprint


def test_a_shop_s_view_says_which_campaigns_run_at_the_others() -> None:
    """By id; a view of a view says the same."""
    schedules = read(group("campaigns: {winback: {enabled: false}}"))
    care, winback = (each.id for each in schedules.campaigns)
    view = schedules.of_shop("quanzhou")
    assert view.sisters == {"jinjiang": {care}}
    assert view.of_shop("quanzhou").sisters == view.sisters
    assert schedules.of_shop("jinjiang").sisters == {"quanzhou": {care, winback}}


def test_guards_of_a_shop_are_laid_over_the_group_s_key_by_key() -> None:
    """What it does not write stays the group's; what it writes replaces that key whole."""
    own = 'guards:\n  quiet_hours: "19:00-10:00"\n  data_max_age: {customers: 7d}\n'
    schedules = read(group(own))
    guards, theirs = schedules.of_shop("jinjiang").guards, schedules.of_shop("quanzhou").guards
    assert guards.frequency_cap == theirs.frequency_cap == FrequencyCap(2, 7, spans_group=True)
    assert guards.data_max_age == {"customers": timedelta(days=7)}
    assert guards.quiet_hours != theirs.quiet_hours
    assert theirs is schedules.guards


@pytest.mark.parametrize(
    ("theirs", "own", "expected"), [("", "0.5", (None, 0.5)), ("  pace: 5\n", "\uff12\uff10", (5.0, 20.0))]
)
def test_each_shop_has_a_pace_of_its_own(theirs: str, own: str, expected: tuple[float | None, float]) -> None:
    """Slower or faster than the others; also in the full-width digits of a Chinese keyboard."""
    schedules = read(group(f"guards: {{pace: {own}}}", guards=GUARDS + theirs))
    assert tuple(schedules.of_shop(key).guards.pace for key in ("quanzhou", "jinjiang")) == expected


def test_a_shop_can_lift_the_cap_or_count_for_itself() -> None:
    """Only Jinjiang counts for itself; the group is still planned as one, since Quanzhou counts for all."""
    schedules = read(group("guards: {frequency_cap: {messages: 3, days: 7}}"))
    assert schedules.of_shop("jinjiang").guards.frequency_cap == FrequencyCap(3, 7)
    assert schedules.caps_span_group


def test_campaigns_of_a_shop_change_single_keys() -> None:
    """The rest of the campaign is the group's; so are all other campaigns, and their order."""
    own = 'campaigns:\n  winback: {when: "0 15 * * wed", control: 10%, spread: {per_day: 20}}\n'
    schedules = read(group(own))
    care, winback = schedules.of_shop("jinjiang").campaigns
    assert care is schedules.campaigns[0]
    assert (winback.id, winback.rule, winback.key) == ("winback", "winback", "winback")
    assert (winback.when, winback.control_bp, winback.spread_per_day) == ("0 15 * * wed", 1000, 20)
    assert (winback.coupon, winback.templates) == (schedules.campaigns[1].coupon, schedules.campaigns[1].templates)
    assert schedules.of_shop("quanzhou").campaign("winback").control_bp == 2000


def test_a_campaign_of_one_shop_only() -> None:
    """Switched off in the group, on in the shop."""
    campaigns = CAMPAIGNS.replace("    rule: winback\n", "    rule: winback\n    enabled: false\n")
    schedules = read(group("campaigns: {winback: {enabled: true}}", campaigns=campaigns))
    assert [view.campaign("winback").enabled for view in map(schedules.of_shop, ("quanzhou", "jinjiang"))] == [
        False, True,
    ]  # fmt: skip


def test_stages_and_templates_are_replaced_whole() -> None:
    """Stages of a shop's own come with their templates."""
    own = "campaigns:\n  winback:\n    stages: {sleepy: 5m}\n    template: lost\n"
    winback = read(group(own)).of_shop("jinjiang").campaign("winback")
    assert winback.stages == (Stage("sleepy", Offset(months=5)),)
    assert dict(winback.templates) == {"sleepy": "lost"}


def test_amounts_of_a_shop_are_in_its_own_currency() -> None:
    """200.00 are 20,000 分, and 200 yen are 200 yen: the group's amount is read once more for such a shop."""
    campaigns = CAMPAIGNS.replace("200.00", "200")
    coupon = read(group("currency: JPY", campaigns=campaigns)).of_shop("jinjiang").campaign("winback").coupon
    assert coupon is not None
    assert coupon.value_minor == 200


def test_a_group_can_be_handed_to_another_process() -> None:
    """The daemon plans in a child process."""
    schedules = read(group("campaigns: {winback: {enabled: false}}"))
    again = pickle.loads(pickle.dumps(schedules))
    assert again == schedules
    assert not again.of_shop("jinjiang").campaign("winback").enabled


def test_one_shop_is_known_by_its_key_too() -> None:
    """`shop:` stays what it was, with the key main."""
    one = f"shop: {{name: 东南汽车泉州店, signature: 东南泉州, {FIELDS}}}\n{CAMPAIGNS}"
    schedules = read(one)
    assert schedules.of_shop("main") == schedules
    assert not schedules.is_group
    assert not schedules.caps_span_group


def test_an_unknown_shop_is_refused_with_the_keys_there_are() -> None:
    """So that the command line can be mended without opening the file."""
    with pytest.raises(NotFound, match=r"no shop main in schedules\.yaml; it has: quanzhou, jinjiang"):
        read(group()).of_shop("main")


REFUSALS = [
    ("campaigns: {winbak: {control: 10%}}", "winbak", ["shops.jinjiang.campaigns.winbak", "did you mean winback"]),
    ("campaigns: {recall: {control: 10%}}", "recall", ["no campaign of the group", "Known: care, winback"]),
    ("campaigns:\n  winback:\n    contrl: 10%", "contrl", ["shops.jinjiang.campaigns.winback.contrl", "control"]),
    ("campaigns:\n  winback:\n    when: never", "never", ["shops.jinjiang.campaigns.winback.when"]),
    ("campaigns:\n  winback:\n    rule: birthday", "rule: birthday", ["winback.rule", "same in every shop"]),
    ("campaigns:\n  winback:\n    name: 晋江流失", "name: 晋江", ["winback.name", "same in every shop"]),
    ("campaigns:\n  winback:\n    id: other", "id: other", ["winback.id", "same in every shop"]),
    ("campaigns:\n  winback:\n    control: 10%\n    control: 5%", "control: 5%", ["a second time"]),
    ("campaigns:\n  winback: often", "often", ["winback", "must be a group of keys"]),
    ("campaigns: [winback]", "[winback]", ["shops.jinjiang.campaigns", "must be a group of keys"]),
    ("campaigns:\n  care:\n    control: 10%\n    stages: {last: -3}", "control: 10%", ["two stages or more"]),
    ("guards:\n  quiet_hour: none", "quiet_hour: none", ["shops.jinjiang.guards.quiet_hour", "quiet_hours"]),
    ("guards:\n  frequency_cap: {messages: 2, days: 7, across: all}", "across: all", ["across is all", "shop, group"]),
    ("guards: none", "guards: none", ["shops.jinjiang.guards", "must be a group of keys"]),
    ("key: jj", "key: jj", ["shops.jinjiang.key", "is not a known key"]),
    ("signatur: 东南", "signatur:", ["shops.jinjiang.signatur", "signature"]),
]


@pytest.mark.parametrize(("own", "at", "said"), REFUSALS, ids=[own.replace("\n", " ") for own, _at, _said in REFUSALS])
def test_what_a_shop_writes_wrong_is_refused_on_its_line(own: str, at: str, said: list[str]) -> None:
    """One sentence each, with the line, the whole key and the mend."""
    text = group(own)
    (sentence,) = problems_of(text)
    assert f"schedules.yaml, line {line_of(text, at)}:" in sentence
    assert all(words in sentence for words in said), sentence


def test_shop_and_shops_together_are_refused() -> None:
    """One of the two."""
    text = f"shop: {{name: 东南汽车泉州店, signature: 东南泉州, {FIELDS}}}\n{group()}"
    (sentence,) = problems_of(text)
    assert "line 1" in sentence
    assert "under its key" in sentence


def test_shops_without_a_shop_are_refused() -> None:
    """Nothing would ever go out."""
    (sentence,) = problems_of(f"shops: {{}}\n{CAMPAIGNS}")
    assert "line 1: shops names no shop" in sentence


@pytest.mark.parametrize(("key", "said"), [("quan zhou", "quan zhou"), ("universal", "universal"), ("..", "..")])
def test_a_key_is_one_plain_word(key: str, said: str) -> None:
    """It names folders and stands on the command line."""
    (sentence,) = problems_of(group(first=QUANZHOU.replace("quanzhou", f'"{key}"')))
    assert "line 2" in sentence
    assert said in sentence


def test_the_same_key_twice_is_refused() -> None:
    """Two shops would be one in the database."""
    (sentence,) = problems_of(group(first=QUANZHOU + QUANZHOU.replace("泉州", "石狮")))
    assert "line 3: shops.quanzhou stands here a second time" in sentence


def test_every_problem_of_every_shop_is_told_at_once() -> None:
    """In the order of the lines; a broken campaign of the group is told once, not once a shop."""
    text = group("campaigns: {care: {control: 90%}}", campaigns=CAMPAIGNS.replace("control: 20%", "control: 20"))
    sentences = problems_of(text)
    assert len(sentences) == 2
    assert "shops.jinjiang.campaigns.care.control" in sentences[0]
    assert "campaigns.winback.control" in sentences[1]


def test_shop_misspelt_still_says_which_word_is_meant() -> None:
    """`shops` is known beside `shop`."""
    said = " ".join(problems_of(group().replace("shops:", "shopps:", 1)))
    assert "shopps" in said
    assert "did you mean shops" in said


def test_warnings_name_the_shop_s_own_campaign_and_the_shared_one_once() -> None:
    """A greeting that skips weekends in both shops is one warning; one that only Jinjiang thins out is one more."""
    greeting = (
        "  greeting: {rule: birthday, when: '0 9 * * mon-fri', stages: {day: 0}, template: greeting, kind: marketing}\n"
    )
    shared = warnings_of(read(group(campaigns=CAMPAIGNS + greeting)))
    assert [warning.campaign for warning in shared] == ["greeting"]
    own = 'campaigns:\n  care:\n    when: "0 10 1 * *"\n'
    text = group(own, campaigns=CAMPAIGNS + greeting)
    found = warnings_of(read(text))
    assert {(warning.campaign, warning.line) for warning in found} == {
        ("greeting", line_of(text, "greeting: {")), ("care", line_of(text, "  care:")),
    }  # fmt: skip


def test_the_example_of_the_page_for_staff_is_a_group_that_works() -> None:
    """docs/schedules.md shows three shops; whoever copies them gets what the page says."""
    page = (ROOT / "docs" / "schedules.md").read_text(encoding="utf-8")
    example = page[page.index("    shops:\n") :].split("\n\n")[0]
    schedules = read("\n".join(line.removeprefix("    ") for line in example.splitlines()) + "\n")
    assert [shop.key for shop in schedules.shops] == ["quanzhou", "jinjiang", "shishi"]
    on = {shop.key for shop in schedules.shops if schedules.of_shop(shop.key).campaign("winback").enabled}
    assert on == {"shishi"}
    assert schedules.caps_span_group
