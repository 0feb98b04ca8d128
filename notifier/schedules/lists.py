"""The `list:` of a broadcast, and what follows from it for its campaign: how long it is open, and for whom it is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath, PureWindowsPath

from notifier.domain.options import Listed
from notifier.errors import ScheduleError
from notifier.locale import N_
from notifier.schedules import values
from notifier.schedules.campaigns import Campaign
from notifier.schedules.places import Section, Value

__all__ = ["fitted_to_list", "read_list"]

ALL = "all"
LONGEST_DAYS = 731

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_list(problems: list[ScheduleError], value: Value) -> Listed | None:
    """``{id: recall-2026-03, title: 免费检测周, day: 2026-03-20, ends_on: 2026-03-27, file: lists/recall.csv}``."""
    before = len(problems)
    section = Section(value, problems)
    list_id = section.required("id", values.identity, "check-week-2026-03")
    title = section.required("title", values.name, "免费检测周")
    day = section.required("day", _day, "2026-03-20")
    ends_on = section.optional("ends_on", _day, day)
    file = section.optional("file", _file, None)
    section.refuse_unknown_keys()
    if len(problems) > before or not (list_id and title and day and ends_on):
        return None
    if not 0 <= (ends_on - day).days <= LONGEST_DAYS:
        raise value.refuse(
            N_(
                "{file}, line {line}: {key}: ends_on {last} is before the day {day}, or more than two years after it; "
                "correct one of them."
            ),
            day=day.isoformat(),
            last=ends_on.isoformat(),
        )
    return Listed(list_id, day, ends_on, title, None if file == ALL else file, is_for_all=file == ALL)


def fitted_to_list(section: Section, campaign: Campaign) -> Campaign:
    """A broadcast, its last stage open until the list ends; what does not fit together is noted in `section`."""
    listed, entry = campaign.options.listed, section.entry("list")
    if listed is None or entry is None or not campaign.stages:
        return campaign
    late = section.entry("late")
    if late is not None:
        section.problems.append(
            late.refuse(N_("{file}, line {line}: {key}: a list says itself how long it runs; write ends_on in it."))
        )
    if listed.file is None and not listed.is_for_all and "audience" not in section:
        section.problems.append(
            entry.refuse(
                N_(
                    "{file}, line {line}: {key} says for whom neither by a file nor by an audience; add “file: "
                    "lists/NAME.csv” to it or “audience:” to the campaign, or “file: all” where everybody is meant."
                )
            )
        )
    last = campaign.stages[-1]
    opens_on = last.offset.opens_on(listed.day)
    if opens_on > listed.ends_on:
        section.problems.append(
            entry.refuse(
                N_(
                    "{file}, line {line}: {key} ends on {last}, before its stage {stage} opens on {opens}; correct one."
                ),
                last=listed.ends_on.isoformat(),
                stage=last.name,
                opens=opens_on.isoformat(),
            )
        )
    return replace(campaign, late_days=max((listed.ends_on - max(listed.day, opens_on)).days, 0))


def _day(value: Value) -> date:
    text = values.plain(value)
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2200:
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}, which is no day; write it like 2026-03-20."), value=value.text()
        )
    return day


def _file(value: Value) -> str:
    """``all``, or a path below the folder of schedules.yaml: a schedule opens no other file of the machine."""
    text = value.text()
    path = PurePosixPath(text.replace("\\", "/"))
    if path.is_absolute() or PureWindowsPath(text).drive or ".." in path.parts:
        raise value.refuse(
            N_(
                "{file}, line {line}: {key} is {value}; put the file into the folder of {file} or one below it, and "
                "write it like lists/recall.csv."
            ),
            value=text,
        )
    return ALL if text.lower() == ALL else str(path)
