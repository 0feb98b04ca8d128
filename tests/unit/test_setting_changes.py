"""What a change of schedules.yaml says before it is saved and in the log: each setting in words, old → new."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from notifier.locale import language
from notifier.reports.setting_changes import change_line, changes_of_paths, comes_or_goes, setting_changes
from notifier.reports.setting_words import TITLES, About, consequence_in_words, setting_words
from notifier.schedules import parse_schedules
from notifier.schedules.consequences import Consequence
from notifier.schedules.editing import Group, campaign_changes, entry_of, guard_changes, guards_of, read_tree, removal
from notifier.schedules.stage_words import touch_order
from notifier.schedules.trees import CAMPAIGN_KEYS, GUARD_KEYS, Change, Path, Tree, at, put
from notifier.web.console.campaign_form.saving import clash_words
from tests.unit.test_schedules_editing import SHIPPED

RENEWAL = About("insurance_expiry", titles={"insurance_early": "续保（提前）", "insurance_last": "续保（最后）"})
WRITTEN: dict[str, Tree] = {
    "rule": "insurance_expiry",
    "when": "0 10 * * mon-sat",
    "stages": {"early": "-60", "middle": "-30", "last": "-7"},
    "template": {"early": "insurance_early", "middle": "insurance_early", "last": "insurance_last"},
    "kind": "service",
}

GROUP = """
shops:
  quanzhou: {name: 泉州, guards: {quiet_hours: "22:00-10:00"}}
  jinjiang: {name: 晋江}
guards: {quiet_hours: "21:00-08:30", contact_hold: 14d, data_max_age: {visits: 36h, policies: 7d}}
campaigns:
  care:
    rule: maintenance_due
    enabled: false
    when: 0 10 * * *
    stages: {early: -14, last: -3}
    template: care
    kind: service
"""
CARE = About("maintenance_due", titles={"care": "保养", "warm": "保养（亲切）"}, touches=("early", "last"))

ODD: tuple[Tree, ...] = ("x", ["x"], {"x": "y"}, {}, ["x", {"y": "z"}])


def lines(changed: dict[str, Tree]) -> list[str]:
    """What is said of these changes."""
    return [change_line(each) for each in setting_changes(WRITTEN, {**WRITTEN, **changed}, RENEWAL)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"stages": {"early": "-60", "middle": "-25", "last": "-7"}},
         "Reminder 2: 30 days before the policy ends → 25 days"),
        ({"stages": {"early": "-60", "middle": "-30", "last": "3"}},
         "Reminder 3: 7 days before the policy ends → 3 days after the policy ends"),
        ({"stages": {"early": "-60", "middle": "-30", "last": "0"}},
         "Reminder 3: 7 days before the policy ends → on the day the policy ends"),
        ({"stages": {"early": "-60", "middle": "-30"}}, "Reminder 3: 7 days before the policy ends → taken out"),
        ({"stages": {**WRITTEN["stages"], "before3": "-3"}}, "Reminder 4: 3 days before the policy ends"),  # type: ignore[dict-item]
        ({"template": "insurance_early"}, "Wording of “Reminder 3”: 续保（最后） → 续保（提前）"),
        ({"when": "30 9 * * tue"}, "Runs on: Mon–Sat 10:00 → Tue 9:30"),
        ({"enabled": "false"}, "On or off: on → off"),
        ({"grace": "2d"}, "Made up for: 24 hours → 2 days"),
        ({"late": "5"}, "Days late: 0 days → 5 days"),
        ({"control": "10%"}, "Control group: 0% → 10%"),
        ({"credit": {"reply": "10d", "sent": "30d"}},
         "Credited: after a reply 14 days, after the text 30 days → after a reply 10 days, after the text 30 days"),
        ({"review": "required"}, "Review: nobody looks at it first → Somebody releases each run"),
        ({"spread": {"per_day": "20"}}, "Spread: not set → 20 texts a day"),
        ({"priority": "0"}, "Priority: as usual for its kind → 0 (first)"),
        ({"audience": {"district": ["晋江"]}}, "Conditions: not set → district is 晋江"),
    ],
)  # fmt: skip
def test_a_change_is_said_with_its_unit(changed: dict[str, Tree], said: str) -> None:
    """What a clerk reads before saving."""
    with language("en"):
        assert lines(changed) == [said]


def test_nothing_is_said_of_what_means_the_same() -> None:
    """A usual value written out, or left out again, changes nothing."""
    with language("en"):
        assert lines({}) == []
        stages: Tree = {"early": "-60d", "middle": "-30", "last": "-7"}
        assert lines({"enabled": "true", "grace": "24h", "stages": stages}) == []


def test_guards_are_said_in_words() -> None:
    """Caps, budgets, ages and closed days, of which none shows how the file writes it."""
    before: dict[str, Tree] = {"quiet_hours": "20:00-09:00", "frequency_cap": {"messages": "2", "days": "7"}}
    after: dict[str, Tree] = {
        "quiet_hours": "21:00-09:00", "frequency_cap": {"messages": "3", "days": "7"},
        "data_max_age": {"visits": "36h"}, "closed_days": {"weekdays": ["sun"]},
        "daily_budget": {"messages": "5000"},
    }  # fmt: skip
    with language("en"):
        assert [change_line(each) for each in setting_changes(before, after, About())] == [
            "Quiet hours: 20:00 to 09:00 → 21:00 to 09:00",
            "Frequency cap: 2 texts, in 7 days → 3 texts, in 7 days",
            "Fresh data: not set → visits 36 hours",
            "Closed days: not set → Sun",
            "Daily budget: not set → 5,000 texts a day",
        ]


def test_what_was_saved_once_is_said_the_same_way() -> None:
    """An entry of the log knows only the values that changed; a shop's own and the group's are told alike."""
    about = About("insurance_expiry", touches=("early", "middle", "last"))
    moved = Change(("campaigns", "insurance_expiry", "stages", "middle"), "-30", "-25")
    own = Change(("shops", "jinjiang", "guards", "frequency_cap", "messages"), "2", "3")
    whole = Change(("campaigns", "tips"), None, {"rule": "tips"})
    with language("en"):
        said = [[change_line(each) for each in changes_of_paths([change], about)] for change in (moved, own, whole)]
    assert said == [
        ["Reminder 2: 30 days before the policy ends → 25 days"], ["Frequency cap: 2 texts → 3 texts"], [],
    ]  # fmt: skip


def told(changes: Iterable[Change], about: About = CARE) -> list[str]:
    """What the log says of these."""
    with language("en"):
        return [change_line(each) for each in changes_of_paths(tuple(changes), about)]


def own(key: str, value: Tree | None, *, shop: str = "quanzhou") -> list[str]:
    """What the log says once a shop of the group has a guard its own way; None = as the group has it."""
    tree = read_tree(GROUP, "schedules.yaml")
    wanted = value if value is not None else at(tree, ("guards", key))
    assert wanted is not None
    return told(guard_changes(tree, {**guards_of(tree, shop), key: wanted}, shop), About())


def test_what_a_shop_of_a_group_does_not_write_is_as_all_shops_have_it() -> None:
    """Not as it is usual for the program: their group has other hours and another hold."""
    assert own("quiet_hours", None) == ["Quiet hours: 22:00 to 10:00 → as all shops have it"]
    assert own("contact_hold", "3d") == ["After a call: as all shops have it → 3 days"]
    assert own("quiet_hours", "20:00-10:00") == ["Quiet hours: 22:00 to 10:00 → 20:00 to 10:00"]


def test_a_campaign_of_one_shop_goes_on_and_off() -> None:
    """Both leave a line, although a campaign of which nothing is written is usually on."""
    tree = read_tree(GROUP, "schedules.yaml")
    on = campaign_changes(tree, "care", {**entry_of(tree, "care"), "enabled": "true"}, "jinjiang")
    tree = put(tree, on[0].path, on[0].after)
    off = campaign_changes(tree, "care", {**entry_of(tree, "care", "jinjiang"), "enabled": "false"}, "jinjiang")
    assert told(on) == ["On or off: as all shops have it → on"]
    assert told(off) == ["On or off: on → as all shops have it"]


def test_reminders_and_wordings_of_one_shop() -> None:
    """They replace the group's as a whole, so they are told as a whole."""
    tree = read_tree(GROUP, "schedules.yaml")
    entry = {**entry_of(tree, "care"), "stages": {"early": "-7", "last": "-3"}, "template": {"early": "warm",
             "last": "care"}}  # fmt: skip
    assert told(campaign_changes(tree, "care", entry, "jinjiang")) == [
        "Reminders: as all shops have it → Reminder 1: 7 days before service is due, "
        "Reminder 2: 3 days before service is due",
        "Wordings: as all shops have it → Reminder 1: 保养（亲切）, Reminder 2: 保养",
    ]


def test_a_setting_that_is_known_in_part_is_not_said_to_be_unset() -> None:
    """The age of one kind of data goes, those of others stay: the log knows of the one alone."""
    tree = read_tree(GROUP, "schedules.yaml")
    less = guard_changes(tree, {**guards_of(tree), "data_max_age": {"policies": "7d"}})
    assert told(less, About()) == ["Fresh data: visits 36 hours → taken out"]
    assert told([each.undone for each in less], About()) == ["Fresh data: visits 36 hours"]


def test_the_first_guard_of_all_is_named_and_so_is_the_last_one_taken_out() -> None:
    """Before it holds what is usual; also where the whole group of guards is written down as one change."""
    none: Group = {"campaigns": {}}
    first = guard_changes(none, {"contact_hold": "3d"})
    assert told(first, About()) == ["After a call: 7 days → 3 days"]
    whole = Change(("guards",), None, {"contact_hold": "3d"})
    assert told([whole], About()) == ["After a call: 7 days → 3 days"]
    assert told([whole.undone], About()) == ["After a call: 3 days → 7 days"]
    with language("en"):
        shown = setting_changes({}, {"contact_hold": "3d"}, About())
    assert [change_line(each) for each in shown] == ["After a call: 7 days → 3 days"]
    assert not comes_or_goes([*first, whole])


def clash(path: Path, before: Tree | None, after: Tree | None) -> str:
    """What is said where both changed this."""
    with language("en"):
        return clash_words((Change(path, before, after),), CARE)


def test_a_clash_says_what_one_s_own_changes_would_do() -> None:
    """Also where they take the campaign out, or put one in, of which no single setting can be named."""
    tree = read_tree(GROUP, "schedules.yaml")
    with language("en"):
        gone = clash_words(removal(tree, "care"), CARE)
    assert gone == "They changed the campaign that you remove. If you go on, it is gone, with what they changed."
    assert clash(("campaigns", "tips"), None, {"rule": "tips"}) == (
        "Both of you added a campaign of this short name. If you go on, yours takes the place of theirs."
    )
    assert clash(("campaigns", "care", "grace"), None, "2d") == (
        "Both of you changed the same value. Yours would be: Made up for: 24 hours → 2 days"
    )
    assert clash(("campaigns", "care", "grace"), None, "24h") == (
        "Both of you changed the same value. If you go on, it is as it was before they changed it."
    )


def test_reminders_are_numbered_in_the_order_of_time() -> None:
    """However the file lists them; one whose days somebody has just deleted keeps its place."""
    assert touch_order({"last": "-3", "early": "-14d", "care": "2m"}) == ["early", "last", "care"]
    assert touch_order({"early": "-14", "middle": "", "last": "-3", "new": ""}) == ["early", "middle", "last", "new"]
    assert touch_order(None) == []


def test_every_setting_has_a_name_and_survives_what_nobody_expects() -> None:
    """A new key of schedules.yaml needs its word; a value of another shape is shown as it is written."""
    for key in (*CAMPAIGN_KEYS, *GUARD_KEYS):
        assert key in TITLES
        for value in ODD:
            assert isinstance(setting_words(key, value, RENEWAL), str)


def test_what_follows_calls_reminder_and_time_as_people_do() -> None:
    """The check of the file speaks of stages and crontab lines; beside the form it does not."""
    fields = {"campaign": "birthday", "stage": "day", "when": "0 10 * * tue", "opens": "2028-01-01",
              "closes": "2028-01-01", "due": "2028-01-01"}  # fmt: skip
    birthday = next(each for each in parse_schedules(SHIPPED, "schedules.yaml").campaigns if each.key == "birthday")
    with language("en"):
        told = consequence_in_words(Consequence("{campaign}: {stage}", is_grave=True, fields=fields), birthday)
        assert str(told).startswith("The reminder on the birthday can be missed: running Tue 10:00, none goes out")
        plain = consequence_in_words(Consequence("Nothing."), birthday)
    assert (told.is_grave, str(plain)) == (True, "Nothing.")
