"""What becomes different when somebody changes settings of schedules.yaml, one line a setting: from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from notifier.locale import _, listed
from notifier.reports.setting_words import About, setting_title, setting_words
from notifier.schedules.stage_words import moved_words, reminder_words, touch_order, written_offset, written_words
from notifier.schedules.trees import Change, Path, Tree, differences, put

__all__ = ["SettingChange", "change_line", "changes_of_paths", "comes_or_goes", "setting_changes"]

Group = Mapping[str, Tree]
GUARDS: Path = ("guards",)


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting: its name, and what it says before and after; None = there was or will be nothing."""

    name: str
    before: str | None
    after: str | None


def change_line(change: SettingChange) -> str:
    """``Reminder 2: 30 days before the policy ends → 25 days``."""
    said = " → ".join(words for words in (change.before, change.after or _("taken out")) if words is not None)
    return _("{name}: {words}").format(name=change.name, words=said)


def setting_changes(before: Group, after: Group, about: About) -> list[SettingChange]:
    """What differs between what a campaign or the guards said and what they will say; of a new one all it says."""
    is_new_campaign = not before and bool(about.rule)
    return _told(_Both(before, after, about, is_new=is_new_campaign))


def changes_of_paths(changes: Iterable[Change], about: About) -> list[SettingChange]:
    """The same of what was saved once, of which only the values that changed are known, each with its whole path."""
    single = [each for change in changes for each in _key_by_key(change)]
    if comes_or_goes(single):
        return []
    scopes = dict.fromkeys(_scope(change.path) for change in single)
    return [
        told
        for scope in scopes
        for told in _of_scope([change for change in single if _scope(change.path) == scope], about, scope)
    ]


def comes_or_goes(changes: Iterable[Change]) -> bool:
    """Whether a whole campaign is among what changes."""
    return any(not _inside(change.path) for change in changes if change.path != GUARDS)


def _key_by_key(change: Change) -> Iterable[Change]:
    """The first guard ever written makes the group of them, and the last one taken out removes it."""
    return differences(_group(change.before), _group(change.after), GUARDS) if change.path == GUARDS else [change]


def _scope(path: Path) -> Path:
    """The shop of a group that does it its own way; nothing for what holds everywhere."""
    return path[:2] if path[0] == "shops" else ()


def _of_scope(changes: Sequence[Change], about: About, scope: Path) -> list[SettingChange]:
    before: dict[str, Tree] = {}
    after: dict[str, Tree] = {}
    paths = [_inside(change.path) for change in changes]
    for path, change in zip(paths, changes, strict=True):
        before = put(before, path, change.before) if change.before is not None else before
        after = put(after, path, change.after) if change.after is not None else after
    partly = frozenset(path[0] for path in paths if len(path) > 1)
    return _told(_Both(before, after, about, is_own=bool(scope), partly=partly))


def _inside(path: Path) -> Path:
    """The path within its campaign or the guards, whoever's they are."""
    rest = path[2:] if path[0] == "shops" else path
    return rest[2:] if rest[0] == "campaigns" else rest[1:]


@dataclass(frozen=True, slots=True)
class _Both:
    """`is_new`: there was no such campaign; `is_own`: one shop's, which has as all have what it does not write itself;
    `partly`: the keys of which only some values are known."""

    before: Group
    after: Group
    about: About
    is_new: bool = False
    is_own: bool = False
    partly: frozenset[str] = frozenset()

    def unwritten(self, key: str) -> str | None:
        """What a key says that is not written; None where that cannot be told."""
        if key in self.partly:
            return None
        return _("as all shops have it") if self.is_own else setting_words(key, None, self.about)

    def reminder(self, name: str) -> str:
        """What people call the touch: by its place as it was, for a new one as it will be."""
        for stages in (self.before.get("stages"), self.after.get("stages")):
            order = list(self.about.touches) or touch_order(stages)
            if name in order:
                return reminder_words(order.index(name) + 1)
        return name


def _told(both: _Both) -> list[SettingChange]:
    before, after = both.before, both.after
    return [
        change
        for key in [*after, *(key for key in before if key not in after)]
        if before.get(key) != after.get(key)
        for change in _changes(key, before.get(key), after.get(key), both)
    ]


def _changes(key: str, before: Tree | None, after: Tree | None, both: _Both) -> Iterator[SettingChange]:
    if both.is_own and key not in both.partly and (before is None or after is None):
        yield SettingChange(setting_title(key), _own_words(key, before, both), _own_words(key, after, both))
    elif key == "stages":
        yield from _stages(before, after, both)
    elif key == "template":
        yield from _wordings(before, after, both)
    elif both.is_new:
        yield SettingChange(setting_title(key), None, setting_words(key, after, both.about))
    else:
        was, becomes = (
            both.unwritten(key) if value is None else setting_words(key, value, both.about) for value in (before, after)
        )
        if was != becomes:
            yield SettingChange(setting_title(key), was, becomes)


def _own_words(key: str, value: Tree | None, both: _Both) -> str | None:
    """A key that one shop writes itself, or does not, as a whole."""
    if value is None:
        return both.unwritten(key)
    if key == "stages":
        group = _group(value)
        named = ((reminder_words(number), group.get(name)) for number, name in enumerate(touch_order(group), 1))
        said = ((reminder, written_words(both.about.rule, _text(written))) for reminder, written in named)
        return listed(_("{name}: {words}").format(name=reminder, words=words) for reminder, words in said)
    if key == "template" and isinstance(value, Mapping):
        told = ((both.reminder(name), _template(each, both.about)) for name, each in value.items())
        return listed(_("{name}: {words}").format(name=reminder, words=words) for reminder, words in told)
    return _template(value, both.about) if key == "template" else setting_words(key, value, both.about)


def _stages(before: Tree | None, after: Tree | None, both: _Both) -> Iterator[SettingChange]:
    old, new = _group(before), _group(after)
    rule = both.about.rule
    for name in (*new, *(name for name in old if name not in new)):
        was, becomes = _text(old.get(name)), _text(new.get(name))
        if was == becomes:
            continue
        one, other = written_offset(was or ""), written_offset(becomes or "")
        if one is not None and other is not None:
            if one != other:
                yield SettingChange(both.reminder(name), *moved_words(rule, one, other))
        else:
            yield SettingChange(both.reminder(name), written_words(rule, was), written_words(rule, becomes))


def _wordings(before: Tree | None, after: Tree | None, both: _Both) -> Iterator[SettingChange]:
    names = list(dict.fromkeys([*_group(before), *_group(after)]))
    if not names:
        said = [_template(value, both.about) for value in (before, after)]
        yield SettingChange(_("Wording of all reminders"), *said)
    for name in names:
        was, becomes = (_template(_of_touch(value, name), both.about) for value in (before, after))
        if was != becomes:
            yield SettingChange(_("Wording of “{reminder}”").format(reminder=both.reminder(name)), was, becomes)


def _of_touch(template: Tree | None, name: str) -> Tree | None:
    return template.get(name) if isinstance(template, Mapping) else template


def _template(value: Tree | None, about: About) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return about.titles.get(value, value)
    names = value.items() if isinstance(value, Mapping) else ((str(place), each) for place, each in enumerate(value))
    return ", ".join(f"{name}: {_template(each, about)}" for name, each in names)


def _group(tree: Tree | None) -> Group:
    return tree if isinstance(tree, Mapping) else {}


def _text(tree: Tree | None) -> str | None:
    return tree if isinstance(tree, str) else None
