"""Changing schedules.yaml by form: only the lines that must change do, comments and all else stay as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.errors import NotFound, Refused, ScheduleError
from notifier.schedules import ScheduleProblems, Schedules, parse_schedules
from notifier.schedules.editing import (
    campaign_changes,
    changed,
    enabling,
    entry_of,
    fits,
    guard_changes,
    guards_of,
    new_campaign,
    overtaken,
    read_tree,
    removal,
)
from notifier.schedules.line_changes import hunks, shown, taken_back
from notifier.schedules.splicing import respliced
from notifier.schedules.trees import Change, Tree, at, put
from notifier.schedules.trees import Path as TreePath
from tests.unit.test_schedules_shops import group

FILE = "schedules.yaml"
SHIPPED = (Path(__file__).parents[2] / FILE).read_text(encoding="utf-8")

HAND_WRITTEN = """\
# 张店长的文件\twith a tab in a comment
shop: {name: 东南汽车泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN,
       phone: 0595-22880000,   language: zh-CN}   # all in brackets

campaigns:
    care :   {rule: maintenance_due, when: '0 10 * * mon-sat', stages: {early: -14d, last: -3}, template: care,
           kind: service}

    winback:   # 流失
        rule: "winback"
        when: 0 10 * * tue
        stages: {
          at_risk: 6m,   # 准流失
          lost: 12m,     # 流失
          gone: 24m,
        }
        template:
            at_risk: a   # first

            # the two that follow are the same
            lost: b
            gone: b
        kind: marketing
        audience:
            model:
              - 卡罗拉
              - "凯美瑞*"   # and all of them
            district: {not: [晋江]}
            # spend: {min: 5}
        control: 20%
    # trailing words
"""


def edit(text: str, *values: tuple[str, Tree | None]) -> str:
    """The text with these values at these dotted places."""
    tree: dict[str, Tree] = read_tree(text, FILE)
    for path, value in values:
        tree = put(tree, tuple(path.split("/")), value)
    return respliced(text, FILE, tree)


def differing(before: str, after: str) -> list[tuple[list[str], list[str]]]:
    """Which lines became which."""
    return [([*hunk.before], [*hunk.after]) for hunk in hunks(before, after)]


def read(text: str) -> Schedules:
    """The text as schedules."""
    return parse_schedules(text, FILE)


def test_an_offset_changes_its_own_line_and_nothing_else() -> None:
    """The comment behind it keeps its words and its column."""
    assert differing(SHIPPED, edit(SHIPPED, ("campaigns/maintenance_due/stages/early", "-7"))) == [
        (
            ["    stages: {early: -14, last: -3}     # 触达节点:到期日前 14 天、前 3 天 / days from the due day"],
            ["    stages: {early: -7, last: -3}      # 触达节点:到期日前 14 天、前 3 天 / days from the due day"],
        )
    ]


QUIET = next(line for line in SHIPPED.splitlines() if "quiet_hours" in line)


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([("campaigns/birthday/enabled", "false")], [([], ["    enabled: false"])]),
        ([("campaigns/birthday/name", "生日祝福")], [([], ["    name: 生日祝福"])]),
        ([("campaigns/birthday/name", "=生日: # 祝福")], [([], ['    name: "=生日: # 祝福"'])]),
        ([("campaigns/birthday/name", "👨\u200d👩 祝福")], [([], ['    name: "👨\\u200d👩 祝福"'])]),
        (
            [("campaigns/winback/coupon", None)],
            [(["    coupon: {value: 200.00, valid: 60d}  # 优惠券:面值与有效期,每人一码 / one code a customer"], [])],
        ),
        (
            [("campaigns/birthday/template", {"day": "birthday_warm"})],
            [
                (
                    ["    template: birthday                 # 短信模板 / template"],
                    ["    template: {day: birthday_warm}     # 短信模板 / template"],
                )
            ],
        ),
        (
            [("guards/closed_days", {"weekdays": ["sun"]})],
            [([], ["  closed_days: {weekdays: [sun]}"])],
        ),
        (
            [("guards/quiet_hours", "19:00-10:00")],
            [
                ([QUIET], [QUIET.replace("20:00-09:00", "19:00-10:00")])
            ],
        ),
    ],
)  # fmt: skip
def test_each_kind_of_change_in_the_shipped_file(
    values: list[tuple[str, Tree | None]], lines: list[tuple[list[str], list[str]]]
) -> None:
    """A key that is new stands where the shipped campaigns have it; one that goes takes its own line along."""
    assert differing(SHIPPED, edit(SHIPPED, *values)) == lines


def test_a_group_on_lines_of_its_own_becomes_one_value() -> None:
    """The words beside its key stay; the lines below it go."""
    made = edit(SHIPPED, ("campaigns/insurance_expiry/template", "insurance_last"))
    assert "    template: insurance_last           # 每个节点的模板 / a template for each stage\n    kind" in made


def test_a_removed_campaign_takes_its_lines_and_one_blank_line() -> None:
    """The section's comment above its neighbour stays."""
    tree = read_tree(SHIPPED, FILE)
    made = changed(SHIPPED, FILE, removal(tree, "first_service"))
    assert "first_service" not in made
    assert (
        "# 什么时候发、发给谁、什么情况取消 / when it fires, for whom, what cancels it: docs/rules.md\n\n  inspection:"
        in made
    )


def test_a_new_campaign_stands_behind_the_others_after_a_blank_line() -> None:
    """Written as the shipped ones are."""
    entry: dict[str, Tree] = {
        "rule": "birthday",
        "when": "30 9 * * *",
        "stages": {"day": "0"},
        "template": "birthday",
        "kind": "marketing",
        "audience": {"member_level": ["金卡", "银卡: old"], "spend": {"min": "2000.00", "within": "24m"}},
    }
    made = changed(SHIPPED, FILE, new_campaign(read_tree(SHIPPED, FILE), "birthday_gold", entry))
    assert made == (
        SHIPPED
        + "\n  birthday_gold:\n    rule: birthday\n"
        + '    when: "30 9 * * *"\n    stages: {day: 0}\n    template: birthday\n    kind: marketing\n'
        + '    audience:\n      member_level: [金卡, "银卡: old"]\n      spend: {min: 2000.00, within: 24m}\n'
    )
    assert changed(made, FILE, removal(read_tree(made, FILE), "birthday_gold")) == SHIPPED


CARE = next(line for line in HAND_WRITTEN.splitlines() if "care :" in line)


def test_a_file_written_by_hand_keeps_its_manner() -> None:
    """Brackets over several lines, other quotes, lists on lines, wide indentation, comments everywhere."""
    made = edit(
        HAND_WRITTEN,
        ("campaigns/care/stages/last", "-5"),
        ("campaigns/care/when", "0 9 * * mon-sat"),
        ("campaigns/winback/rule", "winback"),
        ("campaigns/winback/stages/lost", None),
        ("campaigns/winback/stages/gone", "18m"),
        ("campaigns/winback/template/lost", None),
        ("campaigns/winback/audience/model", ["卡罗拉", "亚洲龙"]),
        ("campaigns/winback/audience/member_level", ["金卡"]),
        ("shop/phone", "0595-1234567"),
    )
    assert differing(HAND_WRITTEN, made) == [
        (["       phone: 0595-22880000,   language: zh-CN}   # all in brackets"],
         ["       phone: 0595-1234567,   language: zh-CN}    # all in brackets"]),
        ([CARE], [CARE.replace("0 10", "0 9").replace("-3}", "-5}")]),
        (["          lost: 12m,     # 流失", "          gone: 24m,"],
         ["               # 流失", "          gone: 18m,"]),
        (["            lost: b"], []),
        (['              - "凯美瑞*"   # and all of them'], ['              - "亚洲龙"    # and all of them']),
        ([], ["            member_level: [金卡]"]),
    ]  # fmt: skip


def test_carriage_returns_stay() -> None:
    """A file saved on Windows is saved so again, new lines included."""
    windows = SHIPPED.replace("\n", "\r\n")
    values: list[tuple[str, Tree | None]] = [
        ("campaigns/birthday/enabled", "false"), ("campaigns/insurance_expiry/template", "insurance_last"),
        ("campaigns/tips", None), ("campaigns/winback/stages/gone", None), ("guards/pace", "5"),
    ]  # fmt: skip
    assert edit(windows, *values) == edit(SHIPPED, *values).replace("\n", "\r\n")


def test_anchors_are_refused_before_anything_is_changed() -> None:
    """They are refused when the file is read, so no form ever meets one."""
    with pytest.raises(ScheduleError, match="anchors"):
        edit(SHIPPED.replace("kind: service", "kind: &k service", 1), ("guards/pace", "5"))


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1, max_size=12)
LEAVES = WORDS | st.sampled_from(
    ["-14", "10%", "6m", "true", "null", "~", "0 10 * * *", "20:00-09:00", "- x", "#", "a #b"]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(WORDS, inner, min_size=1, max_size=4),
    max_leaves=8,
)


def _paths(tree: Tree, path: TreePath = ()) -> list[TreePath]:
    if not isinstance(tree, dict):
        return [path]
    return [path, *(each for key, value in tree.items() for each in _paths(value, (*path, key)))]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([SHIPPED, HAND_WRITTEN, HAND_WRITTEN.replace("\n", "\r\n"), group("guards: {pace: 5}")]),
    st.data(),
    st.none() | TREES,
)
def test_whatever_is_changed_nothing_else_is(text: str, data: st.DataObject, value: Tree | None) -> None:
    """The new text says what is wanted; lines of other places stay; the same again changes nothing; and back."""
    tree = read_tree(text, FILE)
    paths = [path for path in _paths(tree) if len(path) > 1]
    path = data.draw(st.sampled_from(paths))
    wanted = put(tree, path, value)
    try:
        made = respliced(text, FILE, wanted)
    except (Refused, ScheduleError):  # said in a sentence, and nothing written: a sign no YAML may hold
        return
    assert read_tree(made, FILE) == wanted
    assert respliced(made, FILE, wanted) == made
    places = hunks(text, made)
    assert taken_back(made, places) == text
    comments_before = {line for line in text.split("\n") if line.lstrip().startswith("#")}
    gone = {line for hunk in places for line in hunk.before}
    assert comments_before <= set(made.split("\n")) | gone
    if value is not None and not isinstance(at(tree, path), dict):
        assert len(places) <= 1 + sum("\n" in line for line in text)


def test_a_shop_of_a_group_writes_only_what_it_does_its_own_way() -> None:
    """Its keys are laid over the group's: changed ones are written at the shop, those that are the group's again go."""
    text = group("campaigns: {winback: {control: 10%}}")
    tree = read_tree(text, FILE)
    entry = entry_of(tree, "winback", "jinjiang")
    assert entry["control"] == "10%"
    made = changed(text, FILE, campaign_changes(tree, "winback", {**entry, "when": "0 15 * * wed"}, "jinjiang"))
    assert 'campaigns: {winback: {when: "0 15 * * wed", control: 10%}}' in made
    assert read(made).of_shop("jinjiang").campaign("winback").when == "0 15 * * wed"
    assert read(made).of_shop("quanzhou").campaign("winback").when == "0 10 * * tue"
    again = read_tree(made, FILE)
    as_group = entry_of(again, "winback")
    assert changed(made, FILE, campaign_changes(again, "winback", as_group, "jinjiang")) == group("").replace(
        "    language: zh-CN\n", "    language: zh-CN\n", 1
    )


def test_what_a_single_shop_cannot_do() -> None:
    """Leave out what the group has, or make it another campaign."""
    tree = read_tree(group(), FILE)
    entry = entry_of(tree, "winback", "jinjiang")
    with pytest.raises(Refused, match="coupon"):
        campaign_changes(tree, "winback", {key: value for key, value in entry.items() if key != "coupon"}, "jinjiang")
    with pytest.raises(Refused, match="kind is the same"):
        campaign_changes(tree, "winback", {**entry, "kind": "service"}, "jinjiang")


def test_a_campaign_stays_the_one_it_is() -> None:
    """Its rule and id are what the database knows it by."""
    tree = read_tree(SHIPPED, FILE)
    for key, value in (("rule", "winback"), ("id", "birthday_2")):
        with pytest.raises(Refused, match="never changes"):
            campaign_changes(tree, "birthday", {**entry_of(tree, "birthday"), key: value})
    with pytest.raises(Refused, match="already"):
        new_campaign(tree, "birthday", {})
    with pytest.raises(NotFound):
        entry_of(tree, "nobody")


def test_on_and_off() -> None:
    """Nothing is written where it is so already, however it is written."""
    tree = read_tree(SHIPPED, FILE)
    assert enabling(tree, "birthday", enabled=True) == ()
    assert enabling(tree, "points", enabled=False) == ()
    assert enabling(tree, "points", enabled=True) == (Change(("campaigns", "points", "enabled"), "false", "true"),)
    yes = put(tree, ("campaigns", "points", "enabled"), "YES")
    assert enabling(yes, "points", enabled=True) == ()


def test_guards_of_the_group_and_of_a_shop() -> None:
    """A shop's own guards are laid over the group's, key by key."""
    text = group('guards: {quiet_hours: "19:00-10:00"}')
    tree = read_tree(text, FILE)
    assert guards_of(tree, "jinjiang")["quiet_hours"] == "19:00-10:00"
    assert guards_of(tree)["quiet_hours"] == "20:00-09:00"
    made = changed(text, FILE, guard_changes(tree, {**guards_of(tree, "jinjiang"), "pace": "2"}, "jinjiang"))
    assert read(made).of_shop("jinjiang").guards.pace == 2
    assert read(made).guards.pace is None
    assert guard_changes(tree, guards_of(tree)) == ()


def test_a_removed_campaign_goes_from_the_shops_too() -> None:
    """Else the file would speak of a campaign nobody has."""
    text = group("campaigns: {winback: {control: 10%}}")
    made = changed(text, FILE, removal(read_tree(text, FILE), "winback"))
    assert "winback" not in made
    assert [each.key for each in read(made).campaigns] == ["care"]


def test_two_people_change_different_things() -> None:
    """What one of them changed is no clash for the other, unless it is the same value."""
    mine = campaign_changes(
        read_tree(SHIPPED, FILE), "birthday", {**entry_of(read_tree(SHIPPED, FILE), "birthday"), "control": "5%"}
    )
    theirs = read_tree(edit(SHIPPED, ("campaigns/birthday/when", "0 9 * * *")), FILE)
    assert fits(theirs, mine)
    same = read_tree(edit(SHIPPED, ("campaigns/birthday/control", "10%")), FILE)
    assert overtaken(same, mine) == mine


def test_the_difference_as_it_is_shown() -> None:
    """Old and new lines with what stands around them, and the numbers of both sides."""
    made = edit(SHIPPED, ("campaigns/birthday/enabled", "false"), ("campaigns/tips/review", None))
    lines = shown(SHIPPED, made, context=1)
    assert [(line.sign, line.text.strip()[:14], line.old, line.new) for line in lines] == [
        (" ", "birthday:     ", 43, 43),
        ("+", "enabled: false", None, 44),
        (" ", "rule: birthday", 44, 45),
        ("…", "", None, None),
        (" ", "spread: {per_d", 164, 165),
        ("-", "review: requir", 165, None),
    ]


def test_an_undo_finds_its_lines_where_they_stand_now() -> None:
    """Later changes elsewhere move them; changed again, they are nobody's to take back."""
    made = edit(SHIPPED, ("campaigns/winback/control", "10%"))
    done = hunks(SHIPPED, made)
    later = edit(made, ("campaigns/birthday/enabled", "false"))
    assert taken_back(later, done) == edit(SHIPPED, ("campaigns/birthday/enabled", "false"))
    with pytest.raises(Refused, match="undone"):
        taken_back(edit(made, ("campaigns/winback/control", "15%")), done)


def test_what_cannot_run_is_refused_by_the_reader() -> None:
    """The text is made as it is asked for; whether it may run is said by the same reader as ever."""
    with pytest.raises(ScheduleProblems, match="percentage"):
        read(edit(SHIPPED, ("campaigns/winback/control", "viel")))
