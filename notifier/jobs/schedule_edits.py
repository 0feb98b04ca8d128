"""Saving what a form changed in schedules.yaml: nothing of anybody else's is lost, and who did it is written down.

The daemon takes the new file up by itself (schedules/live.py). Every saved change can be undone while its lines stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

from notifier.errors import NotFound, Refused
from notifier.jobs.texts import load_live
from notifier.locale import N_
from notifier.schedules import Campaign, Schedules, parse_schedules, raise_if_campaign_was_renamed
from notifier.schedules.consequences import Consequence, History, disappointments, of_campaign, of_guards
from notifier.schedules.editing import Changes, changed, enabling, overtaken, read_tree
from notifier.schedules.line_changes import Hunk, Line, hunks, shown, taken_back
from notifier.schedules.parse import TEMPLATES
from notifier.schedules.place import (
    OpenFile,
    fingerprint_of,
    held,
    open_file,
    raise_if_not_writable,
    replace_file,
)
from notifier.schedules.trees import Change, Tree
from notifier.store import audit
from notifier.store.audit import Actor, Entry
from notifier.store.campaigns import OFF_FOR_LONG, UNIVERSAL, KnownCampaign, known_campaigns, standing
from notifier.store.engine import Session, Store

__all__ = [
    "GUARDS", "SUBJECT_TYPE", "ChangedMeanwhile", "Draft", "Edited", "Opened", "ScheduleDesk", "Subject",
    "saved_changes", "set_enabled",
]  # fmt: skip

MOST_TURNS = 5
EDITED, UNDONE = "schedules.edit", "schedules.undo"
GUARDS = "(guards)"
SUBJECT_TYPE = "schedules"
"""Audit entries about the file: the subject is the campaign's key, or GUARDS, which no key can be."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The file as somebody opened it, read: what their changes are changes of."""

    file: OpenFile
    schedules: Schedules
    tree: Mapping[str, Tree]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is changed: a campaign's key, or GUARDS; `shop`: for that shop of a group alone."""

    name: str
    shop: str | None = None

    @property
    def is_guards(self) -> bool:
        """Whether it is no campaign."""
        return self.name == GUARDS


@dataclass(frozen=True, slots=True)
class Draft:
    """What saving would do: the new text, its differing lines, the schedules it makes, and what follows from it."""

    text: str
    lines: tuple[Line, ...]
    schedules: Schedules
    consequences: Sequence[Consequence]


@dataclass(frozen=True, slots=True)
class Edited:
    """What was saved; `lines`: empty where nothing had to change."""

    lines: tuple[Line, ...]
    schedules: Schedules


class ChangedMeanwhile(Refused):
    """The file on the disk is no longer the one that was opened; nothing was written.

    `now`: the file as it is; `theirs`: how it differs from the one opened; `mine`: how the changes would have made it
    differ; `clashes`: the values both sides changed; `who`: the person at a console who saved last, where it was one.
    """

    def __init__(self, opened: Opened, now: Opened, changes: Changes, who: str | None) -> None:
        super().__init__(
            N_("{file} was changed by somebody else since you opened it. Nothing is lost: compare both below."),
            file=opened.file.path.name,
        )
        self.now = now
        self.theirs = shown(opened.file.text, now.file.text)
        self.mine = shown(opened.file.text, changed(opened.file.text, str(opened.file.path), changes))
        self.clashes = overtaken(now.tree, changes)
        self.who = who


@dataclass(frozen=True)
class ScheduleDesk:
    """Where schedules.yaml is changed. `templates_in`: the folder that sentences name."""

    store: Store
    path: Path
    templates_in: str = TEMPLATES
    shop_ids: Mapping[str, int] = field(default_factory=dict)

    def open(self) -> Opened:
        """The file, to change it. Raises ScheduleProblems where it is broken as it stands, and Refused where it is
        read-only."""
        raise_if_not_writable(self.path)
        return self._read()

    def look(self, opened: Opened, changes: Changes, subject: Subject, now: datetime) -> Draft:
        """What these changes would make of the file. Raises ScheduleProblems where it could not run."""
        text = changed(opened.file.text, str(self.path), changes)
        schedules = self._runnable(text, opened.schedules)
        told = self._consequences(opened.schedules, schedules, subject, now)
        return Draft(text, shown(opened.file.text, text), schedules, told)

    def save(self, opened: Opened, changes: Changes, subject: Subject, by: Actor, now: datetime) -> Edited:
        """Write them into the file. Raises ChangedMeanwhile, ScheduleProblems or Refused, and then nothing was written.

        To go on over what somebody else saved meanwhile, save upon the `now` of ChangedMeanwhile.
        """
        with held(self.path):
            current = self._read()
            if current.file.fingerprint != opened.file.fingerprint:
                raise ChangedMeanwhile(opened, current, changes, self._who_saved(current))
            text = changed(current.file.text, str(self.path), changes)
            return self._write(current, text, subject, _Deed(EDITED, by, now, changes))

    def undo(self, entry_id: int, by: Actor, now: datetime) -> Edited:
        """Put back the lines a saved change replaced. Raises NotFound, or Refused where they were changed since."""
        with self.store.read() as session:
            entry = audit.entry(session, entry_id)
        if entry is None or entry.subject_type != SUBJECT_TYPE:
            raise NotFound(N_("There is no such change."))
        with held(self.path):
            current = self._read()
            text = taken_back(current.file.text, _hunks_of(entry))
            back = tuple(change.undone for change in saved_changes(entry))
            return self._write(current, text, _subject_of(entry), _Deed(UNDONE, by, now, back))

    def history(self, subject: str | None = None, limit: int = 10) -> Sequence[Entry]:
        """What was saved about one campaign or the guards, or about anything, the newest first."""
        with self.store.read() as session:
            return audit.entries_about(session, SUBJECT_TYPE, subject, actions=(EDITED, UNDONE), limit=limit)

    def _read(self) -> Opened:
        file = open_file(self.path)
        return Opened(file, self._parsed(file.text), read_tree(file.text, str(self.path)))

    def _parsed(self, text: str) -> Schedules:
        names = load_live(self.store).names()
        return parse_schedules(text, str(self.path), templates=names, templates_in=self.templates_in)

    def must_say_id(self, opened: Opened, rule: str) -> bool:
        """Whether a new campaign of this rule could be taken for one that is gone, and so must say its id itself."""
        return bool(self._gone(opened.schedules, rule))

    def _gone(self, schedules: Schedules, rule: str) -> tuple[str, ...]:
        present = {each.id for each in schedules.campaigns}
        ids = {each.campaign_id for each in self._known() if each.rule == rule}
        return tuple(sorted(ids - present))

    def free_key(self, opened: Opened, rule: str) -> str:
        """The key of a new campaign of this rule: one that no campaign has, nor any had whose texts are remembered."""
        campaigns, known = opened.schedules.campaigns, self._known()
        taken = {name for each in campaigns for name in (each.key, each.id)} | {each.campaign_id for each in known}
        return next(key for key in chain([rule], (f"{rule}_{number}" for number in count(2))) if key not in taken)

    def _runnable(self, text: str, before: Schedules) -> Schedules:
        schedules, known = self._parsed(text), self._known()
        raise_if_campaign_was_renamed(schedules, known)
        _raise_if_name_was_another_s(before, schedules, known)
        return schedules

    def _known(self) -> Sequence[KnownCampaign]:
        with self.store.read() as session:
            return known_campaigns(session)

    def _write(self, current: Opened, text: str, subject: Subject, deed: _Deed) -> Edited:
        if text == current.file.text:
            return Edited((), current.schedules)
        schedules = self._runnable(text, current.schedules)
        with self.store.write() as session:
            self._record(session, current, text, subject, deed)
            # Last of all: what cannot be written is not written down either.
            replace_file(self.path, text)
        return Edited(shown(current.file.text, text), schedules)

    def _record(self, session: Session, current: Opened, text: str, subject: Subject, deed: _Deed) -> None:
        made = hunks(current.file.text, text)
        about = {"shop": subject.shop, "file": self.path.name}
        audit.record(
            session, at=deed.at, who=deed.by.name, user_id=deed.by.user_id, action=deed.action,
            subject_type=SUBJECT_TYPE, subject=subject.name,
            shop_id=self.shop_ids.get(subject.shop) if subject.shop is not None else None,
            before={**about, "values": _values(deed.changes, "before"), "lines": [list(hunk.before) for hunk in made]},
            after={**about, "values": _values(deed.changes, "after"), "lines": [list(hunk.after) for hunk in made],
                   "places": [[hunk.line, hunk.above] for hunk in made],
                   "fingerprint": fingerprint_of(text)},
        )  # fmt: skip

    def _who_saved(self, current: Opened) -> str | None:
        newest = self.history(limit=1)
        return (
            newest[0].who if newest and (newest[0].after or {}).get("fingerprint") == current.file.fingerprint else None
        )

    def _consequences(
        self, before: Schedules, after: Schedules, subject: Subject, now: datetime
    ) -> Sequence[Consequence]:
        """For a group without a shop: of what the group says."""
        old, new = (self._of(each, subject.shop) for each in (before, after))
        if subject.is_guards:
            return of_guards(
                old.guards, new.guards, is_drawn=self._history(UNIVERSAL, None, new, subject, now).is_drawn
            )
        was, becomes = _campaign(old, subject.name), _campaign(new, subject.name)
        either = was or becomes
        if either is None:
            return []
        period = either.options.listed.period if either.options.listed else None
        known = self._history(either.id, period, new, subject, now)
        if was is None and becomes is not None:
            known = replace(known, gone=self._gone(after, becomes.rule))
        told = of_campaign(was, becomes, known)
        return [*told, *disappointments(new if subject.shop else new.of_shop(new.shops[0].key), subject.name)]

    def _of(self, schedules: Schedules, shop: str | None) -> Schedules:
        return schedules if shop is None else schedules.of_shop(shop)

    def _history(
        self, campaign_id: str, period: str | None, schedules: Schedules, subject: Subject, now: datetime
    ) -> History:
        today = now.astimezone(schedules.shops[0].zone).date()
        shop_id = self.shop_ids.get(subject.shop) if subject.shop is not None else None
        with self.store.read() as session:
            known = standing(session, campaign_id, period or str(today.year), shop_id)
        is_long = known.off_since is not None and today - known.off_since > OFF_FOR_LONG
        return History(known.has_run, known.is_drawn, is_long)


def set_enabled(
    desk: ScheduleDesk, key: str, *, enabled: bool, by: Actor, now: datetime, shop: str | None = None
) -> Edited:
    """Switch a campaign on or off, whatever else is being changed in the file at the same time.

    `shop`: for that shop of a group alone. Nothing is written where it is so already. Raises as `ScheduleDesk.save`.
    """
    for _turn in range(MOST_TURNS):
        opened = desk.open()
        changes = enabling(opened.tree, key, enabled=enabled, shop=shop)
        try:
            return desk.save(opened, changes, Subject(key, shop), by, now)
        except ChangedMeanwhile:
            continue
    raise Refused(N_("{file} is being changed all the time; try again in a moment."), file=desk.path.name)


@dataclass(frozen=True, slots=True)
class _Deed:
    action: str
    by: Actor
    at: datetime
    changes: Changes


def _raise_if_name_was_another_s(before: Schedules, after: Schedules, known: Sequence[KnownCampaign]) -> None:
    present, rules = {each.id for each in before.campaigns}, {each.campaign_id: each.rule for each in known}
    for campaign in after.campaigns:
        if campaign.id not in present and rules.get(campaign.id, campaign.rule) != campaign.rule:
            raise Refused(
                N_("The short name {name} belonged to a campaign of another rule, whose texts the database remembers; "
                   "choose another one."), name=campaign.id)  # fmt: skip


def _campaign(schedules: Schedules, key: str) -> Campaign | None:
    return next((each for each in schedules.campaigns if each.key == key), None)


def _values(changes: Changes, side: str) -> list[list[Any]]:
    """[path, value] of each change, as plain JSON."""
    return [[list(change.path), getattr(change, side)] for change in changes]


def saved_changes(entry: Entry) -> Changes:
    """What an entry of the audit log says was changed; nothing where it is about something else."""
    before, after = ((document or {}).get("values", []) for document in (entry.before, entry.after))
    return tuple(Change(tuple(path), old, new) for (path, old), (_path, new) in zip(before, after, strict=True))


def _hunks_of(entry: Entry) -> list[Hunk]:
    before, after = entry.before or {}, entry.after or {}
    return [
        Hunk(line, tuple(old), tuple(new), above)
        for (line, above), old, new in zip(after["places"], before["lines"], after["lines"], strict=True)
    ]


def _subject_of(entry: Entry) -> Subject:
    return Subject(entry.subject, (entry.after or {}).get("shop"))
