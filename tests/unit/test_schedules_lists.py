"""`list:` in schedules.yaml: for whom a broadcast is, how long it runs, and how each slip is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from notifier.domain.options import Listed
from notifier.schedules import Campaign, ScheduleProblems, parse_schedules, warnings_of

FILE = """shop: {{name: 东南汽车泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN, phone: 0595-22880000, language: zh-CN}}
campaigns:
  event:
    rule: list
    when: "0 10 * * *"
    stages: {stages}
    template: event_invitation
    kind: marketing
    list: {listed}
    {more}
"""  # noqa: E501
LINE = "s.yaml, line 9: campaigns.event.list"
WEEK = "{id: week, title: 免费检测周, day: 2026-03-20, ends_on: 2026-03-27, file: lists/week.csv}"


def text_of(listed: str = WEEK, stages: str = "{invite: -14}", more: str = "") -> str:
    return FILE.format(listed=listed, stages=stages, more=more)


def campaign(**parts: str) -> Campaign:
    return parse_schedules(text_of(**parts), "s.yaml").campaigns[0]


def problems(**parts: str) -> list[str]:
    with pytest.raises(ScheduleProblems) as refused:
        parse_schedules(text_of(**parts), "s.yaml")
    return [str(problem) for problem in refused.value.problems]


def test_a_list_as_staff_write_it() -> None:
    """Its id, what texts call it, its day, its end and its file."""
    assert campaign().options.listed == Listed(
        "week", date(2026, 3, 20), date(2026, 3, 27), "免费检测周", "lists/week.csv"
    )


def test_a_list_without_an_end_ends_on_its_day() -> None:
    """A storm warning is of no use tomorrow."""
    found = campaign(listed="{id: storm, title: 暴雨, day: 2026-07-01, file: all}", stages="{now: 0}")
    assert found.options.listed == Listed("storm", date(2026, 7, 1), date(2026, 7, 1), "暴雨", None, is_for_all=True)
    assert found.late_days == 0


@pytest.mark.parametrize(("stages", "late"), [("{invite: -14}", 7), ("{on_day: 0}", 7), ("{a: -14, b: 3}", 4)])
def test_the_last_stage_is_open_until_the_list_ends(stages: str, late: int) -> None:
    """From the day, or from a stage that opens after it."""
    assert campaign(stages=stages).late_days == late


def test_the_first_run_of_a_list_takes_all_that_is_open() -> None:
    """It is made by hand for these people; nobody is surprised by a backlog. Who wants the other says so."""
    assert campaign().catch_up
    assert not campaign(more="first_run: recent").catch_up


def test_what_a_run_keeps_of_its_list() -> None:
    """Plain JSON values; the title words texts anew."""
    assert campaign().settings_document()["list"] == {
        "id": "week", "title": "免费检测周", "day": "2026-03-20", "ends_on": "2026-03-27", "file": "lists/week.csv",
    }  # fmt: skip


@pytest.mark.parametrize("more", ["audience: {district: 鲤城}", ""])
def test_for_whom_a_list_is_must_be_said(more: str) -> None:
    """A file, a filter, or the word all; silence would text everybody by accident."""
    listed = "{id: week, title: 免费检测周, day: 2026-03-20}"
    if more:
        assert campaign(listed=listed, more=more).options.listed is not None
    else:
        assert problems(listed=listed) == [
            f"{LINE} says for whom neither by a file nor by an audience; add “file: lists/NAME.csv” to it or "
            "“audience:” to the campaign, or “file: all” where everybody is meant."
        ]


@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        ("{title: 周, day: 2026-03-20, file: all}", f"{LINE} has no “id”; add a line like “id: check-week-2026-03”."),
        ("{id: week, title: 周, day: 2026-02-30, file: all}",
         f"{LINE}.day is 2026-02-30, which is no day; write it like 2026-03-20."),
        ("{id: week, title: 周, day: 20.3.2026, file: all}",
         f"{LINE}.day is 20.3.2026, which is no day; write it like 2026-03-20."),
        ("{id: week, title: 周, day: 2026-03-20, ends_on: 2026-03-19, file: all}",
         f"{LINE}: ends_on 2026-03-19 is before the day 2026-03-20, or more than two years after it; "
         "correct one of them."),
        ("{id: week, title: 周, day: 2026-03-20, ends: 2026-03-27, file: all}",
         f"{LINE}.ends is not a known key; did you mean ends_on?"),
        ("{id: week, title: 周, day: 2026-03-20, file: /etc/passwd}",
         f"{LINE}.file is /etc/passwd; put the file into the folder of s.yaml or one below it, and write it like "
         "lists/recall.csv."),
        ("{id: week, title: 周, day: 2026-03-20, file: ../x.csv}",
         f"{LINE}.file is ../x.csv; put the file into the folder of s.yaml or one below it, and write it like "
         "lists/recall.csv."),
        ("recall.csv", f"{LINE} must be a group of keys, as “name: value”."),
    ],
)  # fmt: skip
def test_every_slip_is_refused_with_its_place_and_a_mend(listed: str, sentence: str) -> None:
    """File, line, key, what is wrong, what is right."""
    assert problems(listed=listed) == [sentence]


def test_a_list_says_its_end_itself() -> None:
    """`late` beside `ends_on` would be a second truth."""
    assert problems(more="late: 5") == [
        "s.yaml, line 10: campaigns.event.late: a list says itself how long it runs; write ends_on in it."
    ]


def test_a_stage_after_the_end_is_refused() -> None:
    """It could never open."""
    assert problems(stages="{after: 8}") == [
        f"{LINE} ends on 2026-03-27, before its stage after opens on 2026-03-28; correct one."
    ]


def test_a_list_counts_days() -> None:
    """Months since an event mean nothing."""
    assert "counts days" in problems(stages="{after: 1m}")[0]


def test_other_rules_have_no_list() -> None:
    """The key is the rule's own."""
    text = text_of(more="").replace("rule: list", "rule: birthday")
    with pytest.raises(ScheduleProblems, match="list is not a known key"):
        parse_schedules(text, "s.yaml")


def test_a_file_that_is_not_there_yet_is_worth_a_look(tmp_path: Path) -> None:
    """The check says so before the day on which the campaign would wait for it."""
    path = tmp_path / "schedules.yaml"
    schedules = parse_schedules(text_of(), str(path))
    assert [str(warning) for warning in warnings_of(schedules)] == [
        f"{path}, line 3: event names the list {tmp_path / 'lists/week.csv'}, which is not there; until it is, the "
        "campaign waits."
    ]
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "week.csv").write_text("手机\n")
    assert warnings_of(schedules) == []


def test_a_file_nobody_can_look_for_is_worth_a_look_too(tmp_path: Path) -> None:
    """A name longer than the system takes, or a folder that may not be entered, is a file that is not there."""
    name = "x" * 300
    schedules = parse_schedules(text_of().replace("lists/week.csv", f"lists/{name}.csv"), str(tmp_path / "s.yaml"))
    assert [str(warning).split(", ")[2] for warning in warnings_of(schedules)] == ["which is not there; until it is"]


@pytest.mark.parametrize(("when", "warns"), [("0 10 * * mon-fri", False), ("0 10 * * sun", True)])
def test_only_the_lists_own_days_are_looked_at(when: str, warns: bool) -> None:
    """A warning on Friday 20 March needs no run at a weekend; one that runs on Sundays misses it."""
    text = text_of(listed="{id: storm, title: 暴雨, day: 2026-03-20, file: all}", stages="{now: 0}").replace(
        "0 10 * * *", when
    )
    assert bool(warnings_of(parse_schedules(text, "s.yaml"))) is warns
