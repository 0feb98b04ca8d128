"""A value of schedules.yaml and the place where it stands, so that every sentence can name file, line and key."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from notifier.errors import ScheduleError
from notifier.locale import N_, _

__all__ = ["NO_VALUE", "ScheduleProblems", "Section", "Value", "nearest", "without_place"]

T = TypeVar("T")

NO_VALUE = N_("{file}, line {line}: {key} has no value; write one, or remove the line.")

_NULL_TAG = "tag:yaml.org,2002:null"


class ScheduleProblems(ScheduleError):
    """Everything that is wrong with the file, in the order of its lines; `problems` holds one error each."""

    def __init__(self, problems: Iterable[ScheduleError]) -> None:
        super().__init__(N_("The schedules have problems."))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    def in_console(self) -> str:
        """Each problem on a line of its own."""
        return "\n".join(problem.in_console() for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its node, its dotted key from the top, the file, and the line of its key (from 1)."""

    node: Node
    key: str
    file: str
    line: int

    def refuse(self, sentence: str, /, **fields: Any) -> ScheduleError:
        """The error for this value; `sentence` starts with ``{file}, line {line}: {key}``."""
        return ScheduleError(sentence, file=self.file, line=self.line, key=self.key, **fields)

    def text(self) -> str:
        """The value as it is written, without quotes. Raises ScheduleError for a list, a mapping or nothing."""
        if not isinstance(self.node, ScalarNode):
            raise self.refuse(N_("{file}, line {line}: {key} takes one value, not a list or a group of keys."))
        if self.node.tag == _NULL_TAG or not self.node.value.strip():
            raise self.refuse(NO_VALUE)
        return str(self.node.value).strip()

    def items(self) -> list[Value]:
        """The values of a list, each with its own line; one value that is no list counts as a list of one.

        Raises ScheduleError for a list of nothing.
        """
        if not isinstance(self.node, SequenceNode):
            return [self]
        if not self.node.value:
            raise self.refuse(N_("{file}, line {line}: {key} is an empty list; write a value, or remove the line."))
        return [replace(self, node=node, line=node.start_mark.line + 1) for node in self.node.value]

    def choice(self, known: Iterable[str]) -> str:
        """One of `known`. Raises ScheduleError with the nearest of them."""
        text, names = self.text(), list(known)
        if text in names:
            return text
        near = nearest(text, names)
        if near:
            raise self.refuse(
                N_("{file}, line {line}: {key} is {value}, which is not known; did you mean {nearest}?"),
                value=text,
                nearest=near,
            )
        raise self.refuse(
            N_("{file}, line {line}: {key} is {value}, which is not known; write one of {known}."),
            value=text,
            known=", ".join(names),
        )


class Section:
    """A group of keys. What goes wrong inside is added to `problems`, so that reading goes on to the end."""

    def __init__(self, value: Value, problems: list[ScheduleError]) -> None:
        self.value = value
        self.problems = problems
        self._entries: dict[str, Value] = {}
        self._asked: list[str] = []
        if isinstance(value.node, MappingNode):
            self._collect(value.node)
        else:
            problems.append(value.refuse(N_("{file}, line {line}: {key} must be a group of keys, as “name: value”.")))

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def entry(self, key: str) -> Value | None:
        """What stands under the key, unread."""
        return self._entries.get(key)

    def required(self, key: str, read: Callable[[Value], T], example: str) -> T | None:
        """The key's value, or None after noting what is wrong; `example` shows a right line."""
        if key not in self._entries and isinstance(self.value.node, MappingNode):
            self.problems.append(
                self.value.refuse(
                    N_("{file}, line {line}: {key} has no “{missing}”; add a line like “{example}”."),
                    missing=key,
                    example=f"{key}: {example}",
                )
            )
        return self.optional(key, read, None)

    def optional(self, key: str, read: Callable[[Value], T], default: T) -> T:
        """The key's value, or `default` where it is not written or (after noting it) wrong."""
        self._asked.append(key)
        value = self._entries.get(key)
        if value is None:
            return default
        try:
            return read(value)
        except ScheduleError as problem:
            self.problems.append(problem)
            return default

    def values(self) -> Iterator[tuple[str, Value]]:
        """Every (key, value), for groups whose keys the writer chooses."""
        return iter(self._entries.items())

    def each(self, value: Value, read: Callable[[Value], T]) -> tuple[T, ...]:
        """The values of a list that can be read; what is wrong with the others is noted."""
        found: list[T] = []
        for entry in value.items():
            try:
                found.append(read(entry))
            except ScheduleError as problem:
                self.problems.append(problem)
        return tuple(found)

    def refuse_unknown_keys(self) -> None:
        """Note every key that was never asked for, with the nearest one that was."""
        for name, value in self._entries.items():
            if name in self._asked:
                continue
            near = nearest(name, self._asked)
            if near:
                sentence = N_("{file}, line {line}: {key} is not a known key; did you mean {nearest}?")
            else:
                sentence = N_("{file}, line {line}: {key} is not a known key; known here: {known}.")
            self.problems.append(value.refuse(sentence, nearest=near, known=", ".join(self._asked)))

    def _collect(self, node: MappingNode) -> None:
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.problems.append(
                    self.value.refuse(N_("{file}, line {line}: inside {key} a key is not a plain word; write one."))
                )
                continue
            name = str(key_node.value)
            path = f"{self.value.key}.{name}" if self.value.key else name
            value = Value(value_node, path, self.value.file, line)
            if name in self._entries:
                self.problems.append(
                    value.refuse(
                        N_("{file}, line {line}: {key} stands here a second time, first in line {first}; keep one."),
                        first=self._entries[name].line,
                    )
                )
            else:
                self._entries[name] = value


def without_place(sentence: str) -> str:
    """A sentence of the reader, in the current language and still unfilled, without its file and line in front."""
    return sentence.removeprefix(_("{file}, line {line}")).lstrip(":： ")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None where nothing is near."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None
