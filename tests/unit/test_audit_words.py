"""The audit log in words: every deed has its sentence, and what is different is named, not dumped."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import notifier
from notifier.jobs import schedule_edits, trial_send
from notifier.jobs.schedule_edits import GUARDS
from notifier.reports.titles import Titles
from notifier.schedules import parse_schedules
from notifier.store.audit import Entry
from notifier.store.audit_subjects import Named, NamedCustomer, NamedRun
from notifier.web.console.staff.audit_subjects import Known, Subject, subject_of
from notifier.web.console.staff.audit_words import (
    ACTION_WORDS,
    action_word,
    deed_words,
    differences,
    line_changes,
    who_words,
)
from tests.unit.test_schedules_editing import SHIPPED

PACKAGE = Path(notifier.__file__).parent
WRITERS = {"record", "audit", "note_down", "_note", "_decide", "write_down"}


def deeds() -> Iterator[str]:
    """Every action the code writes down with its own words."""
    for folder in ("jobs", "web/console"):
        for file in (PACKAGE / folder).rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call):
                    yield from _deeds_of(call)


def _deeds_of(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in WRITERS:
        return
    given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "action")]
    for text in (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)):
        if name == "write_down":
            yield f"customer.{text}"
        elif re.fullmatch(r"[a-z]+\.[a-z_]+", text):
            yield text


def entry(action: str, subject: str = "", **told: Any) -> Entry:
    """A line of the log, of something 林静 did."""
    before, after = told.get("before"), told.get("after")
    kind = action.partition(".")[0]
    return Entry(1, datetime(2026, 3, 9, tzinfo=UTC), 1, "林静", action, kind, subject, None, before, after)


def test_every_deed_has_words() -> None:
    """No raw key on the screen."""
    found = {*deeds(), schedule_edits.EDITED, schedule_edits.UNDONE, trial_send.ACTION}
    assert len(found) > 30
    assert sorted(found - set(ACTION_WORDS)) == []
    assert action_word("user.end") == "ended a person's access"
    assert action_word("of.a.later.version") == "of.a.later.version"


def test_only_what_differs_is_shown_with_its_values_in_words() -> None:
    """What stays the same is left out; the car says which of two it is about."""
    told = entry(
        "customer.correct_car", "7",
        before={"car": "闽C12345", "state": "in_use", "model": "DX7", "insurance_ends_on": None},
        after={"car": "闽C12345", "state": "sold", "model": "DX7", "insurance_ends_on": "2027-03-01"},
    )  # fmt: skip
    assert [(each.label, each.before, each.after) for each in differences(told, Titles())] == [
        ("car", "闽C12345", "闽C12345"), ("state", "in use", "sold"), ("insurance ends on", None, "2027-03-01"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "before", "after", "shown"),
    [
        ("user.change_role", {"role": "reader", "shop": None}, {"role": "manager", "shop": "quanzhou"},
         [("role", "Reader", "Manager"), ("shop", None, "quanzhou")]),
        ("user.change_preferences", {"language": None, "theme": "dark"}, {"language": "zh-CN", "theme": None},
         [("language", None, "中文"), ("theme", "dark", None)]),
        ("user.lock_out", None, {"address": "192.0.2.1", "until": "2026-03-09T17:15+08:00"},
         [("network address", None, "192.0.2.1"), ("closed until", None, "2026-03-09 17:15")]),
        ("campaign.pause", {"paused": False}, {"paused": True}, [("paused", "no", "yes")]),
        ("run.approve", {"state": "review"}, {"state": "ready", "campaign": "winback", "texts": 1200},
         [("state", "waits for review", "being sent"), ("campaign", None, "Win-back"),
          ("texts planned", None, "1,200")]),
        ("customer.call", None, {"result": "booked", "purpose": "winback", "note": "wants <b>Monday</b>"},
         [("result", None, "booked"), ("about", None, "Win-back"), ("note", None, "wants <b>Monday</b>")]),
        ("template.publish", {"version": 1, "text": "a"}, {"version": 2, "text": "b"}, [("version", "1", "2")]),
        ("user.end", None, None, []),
    ],
)  # fmt: skip
def test_each_kind_of_deed_reads_well(
    action: str, before: Any, after: Any, shown: list[tuple[str, str | None, str | None]]
) -> None:
    """Roles, languages, states, campaigns and figures by the words of the other pages."""
    told = differences(entry(action, before=before, after=after), Titles())
    assert [(each.label, each.before, each.after) for each in told] == shown


def test_of_a_wording_the_lines_that_changed_are_shown() -> None:
    """What stays is left out; a file that was overwritten is all gone."""
    published = entry("template.publish", before={"text": "title\nold\nend"}, after={"text": "title\nnew\nend"})
    assert line_changes(published) == [("−", "old"), ("+", "new")]
    overwritten = entry("template.write_file", before={"state": "changed", "file": "old\nend"})
    assert line_changes(overwritten) == [("−", "old"), ("−", "end")]
    edited = entry("schedules.edit", before={"lines": [["a: 1"], []]}, after={"lines": [["a: 2"], ["b: 3"]]})
    assert line_changes(edited) == [("−", "a: 1"), ("+", "a: 2"), ("+", "b: 3")]
    assert line_changes(entry("user.end")) == []


KNOWN = Known(
    Named(
        {"7": NamedCustomer("陈晓芳", 1), "8": NamedCustomer(None, 1), "9": NamedCustomer("林志强", 2)},
        {"12": NamedRun("winback", datetime(2026, 3, 9, 2, tzinfo=UTC), 1)},
        {"zh-CN/birthday": "---\ntitle: 生日祝福\nkind: marketing\n---\n生日快乐\n"},
    ),
    1, ZoneInfo("Asia/Shanghai"),
    {each.key: each for each in parse_schedules(SHIPPED, "schedules.yaml").campaigns},
    {"quanzhou": "东南汽车泉州店"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("action", "subject", "words", "address"),
    [
        ("user.sign_out", "林静", "", None),
        ("user.add", "林静", "", None),
        ("user.end", "周海", "周海", "/users"),
        ("user.end", "林静", "林静", "/users"),
        ("customer.call", "7", "陈晓芳", "/customers/7"),
        ("customer.call", "8", "customer 8", "/customers/8"),
        ("customer.call", "9", "林志强", None),
        ("customer.call", "228", "customer 228", None),
        ("template.save", "zh-CN/birthday", "生日祝福 · 中文", "/templates/zh-CN/birthday"),
        ("template.drop", "en/old", "old · English", None),
        ("campaign.pause", "winback", "Win-back", "/campaigns/winback"),
        ("schedules.edit", GUARDS, "for all campaigns", "/campaigns/guards"),
        ("schedules.edit", "our_own", "our_own", None),
        ("run.reject", "12", "Win-back · 2026-03-09 10:00", "/reviews/12"),
        ("run.reject", "13", "run 13", None),
        ("shop.pause", "quanzhou", "东南汽车泉州店", None),
        ("later.deed", "x", "x", None),
    ],
)
def test_to_what_it_was_done_is_said_by_its_name(action: str, subject: str, words: str, address: str | None) -> None:
    """With its page, where it has one here; what is gone is called by its number; nothing where the deed says all."""
    assert subject_of(entry(action, subject), KNOWN) == Subject(words, address)


@pytest.mark.parametrize(("before", "after"), [(None, "春季空调"), ("春季空调", None)])
def test_a_campaign_that_never_ran_and_is_gone_has_its_name_from_the_change(
    before: str | None, after: str | None
) -> None:
    """The change that added it and the one that removed it hold what it was called; one without a name has its key."""

    def line(**sides: str | None) -> Entry:
        documents = {
            side: {"values": [[["campaigns", "spring_ac"], {"name": name, "rule": "birthday"} if name else None]]}
            for side, name in sides.items()
        }
        return entry("schedules.edit", "spring_ac", **documents)

    assert subject_of(line(before=before, after=after), KNOWN) == Subject("春季空调")
    assert subject_of(entry("schedules.edit", "spring_ac"), KNOWN) == Subject("spring_ac")


def test_who_did_it_is_always_said() -> None:
    """The first owner came by themselves, a file by the notifier itself, and a wrong name by somebody unknown."""
    assert deed_words(entry("user.add", "林静")) == "became the first owner of this console"
    assert deed_words(entry("user.add", "周海")) == "added a person"
    assert who_words(entry("user.end", "周海")) == "林静"
    assert who_words(replace(entry("template.new_file"), who="")) == "The notifier itself"
    assert who_words(replace(entry("user.sign_in_failed"), who="")) == "Somebody unknown"
