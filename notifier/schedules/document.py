"""The YAML of schedules.yaml as nodes with line numbers, after refusing what no schedule needs.

Anchors, aliases, tags and deep nesting are refused before anything is built from them: they are how a small file
becomes a large one in memory.
"""

from __future__ import annotations

import re
from functools import partial

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
)
from ruamel.yaml.nodes import MappingNode
from ruamel.yaml.parser import RoundTripParser

from notifier.errors import ScheduleError
from notifier.locale import N_
from notifier.schedules.places import Value

__all__ = ["MAX_BYTES", "too_large", "top_of"]

MAX_BYTES = 1_000_000
MAX_EVENTS = 40_000
MAX_DEPTH = 12

_TAB = re.compile(r"^[ ]*\t+\s*\S")
_FULL_WIDTH = re.compile(r"^\s*[^#\s:]+\uff1a")


def top_of(text: str, file: str) -> Value:
    """The top group of keys. Raises ScheduleError, with the line, for what is not one plain YAML mapping."""
    if len(text.encode()) > MAX_BYTES:
        raise too_large(file)
    _refuse_tabs(text, file)
    yaml = YAML(typ="rt")
    yaml.Parser = partial(_PlainParser, file=file)
    try:
        node = yaml.compose(text)
    except YAMLError as error:
        raise _not_yaml(error, text, file) from error
    if node is None:
        raise ScheduleError(
            N_("{file} is empty; copy the schedules.yaml that came with Notifier."), file=file, line=1, key=""
        )
    if not isinstance(node, MappingNode):
        raise _refused(
            N_("{file}, line {line}: the file must start with keys, as “shop:” and “campaigns:”."),
            file,
            node.start_mark.line,
        )
    return Value(node, "", file, 1)


def too_large(file: str) -> ScheduleError:
    """The refusal of a file no schedule can be."""
    return ScheduleError(
        N_("{file} is far larger than any schedule; check that it is the right file."), file=file, line=1, key=""
    )


def _refuse_tabs(text: str, file: str) -> None:
    for number, line in enumerate(text.splitlines()):
        if _TAB.match(line):
            sentence = N_("{file}, line {line}: the line is indented with a tab; YAML wants spaces, replace it by two.")
            raise _refused(sentence, file, number)


class _PlainParser(RoundTripParser):
    """Gives the composer one event after the other, and refuses the first that no schedule needs."""

    def __init__(self, loader: YAML, file: str) -> None:
        super().__init__(loader)
        self.file = file
        self._events = self._depth = self._documents = 0

    def get_event(self) -> Event:
        """The next event. Raises ScheduleError, with the line, for what is refused."""
        event: Event = super().get_event()
        self._events += 1
        self._depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        self._documents += isinstance(event, DocumentStartEvent)
        self._refuse(event, event.start_mark.line)
        return event

    def _refuse(self, event: Event, line: int) -> None:
        if self._events > MAX_EVENTS:
            raise too_large(self.file)
        if self._depth > MAX_DEPTH:
            sentence = N_("{file}, line {line}: nested too deeply; a bracket may not be closed.")
            raise _refused(sentence, self.file, line)
        if self._documents > 1:
            sentence = N_("{file}, line {line}: a second document starts here; remove the line “---”.")
            raise _refused(sentence, self.file, line)
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            sentence = N_("{file}, line {line}: anchors and aliases (& and *) are not allowed; write the value out.")
            raise _refused(sentence, self.file, line)
        if isinstance(event, NodeEvent) and getattr(event, "tag", None):
            sentence = N_("{file}, line {line}: tags (words after !) are not allowed; write the value alone.")
            raise _refused(sentence, self.file, line)


def _not_yaml(error: YAMLError, text: str, file: str) -> ScheduleError:
    """One sentence instead of the parser's trace, pointing at the usual slip of that line."""
    number = _line_of(error, text)
    lines = text.splitlines() or [""]
    number = min(number, len(lines) - 1)
    # The parser notices a missing ": " only on the next line, so look one back for the full-width colon.
    for suspect in (number, number - 1):
        if suspect >= 0 and _FULL_WIDTH.match(lines[suspect]):
            sentence = N_("{file}, line {line}: the colon is a full-width “\uff1a”; type a plain “:” and a space.")
            return _refused(sentence, file, suspect)
    sentence = N_(
        "{file}, line {line}: this is not YAML near “{near}”; look for a missing quote, bracket or space after a "
        "colon, or a wrong indentation."
    )
    return _refused(sentence, file, number, near=lines[number].strip()[:40])


def _line_of(error: YAMLError, text: str) -> int:
    if not isinstance(error, MarkedYAMLError):
        return text[: int(getattr(error, "position", 0))].count("\n")
    # An open quote is noticed at the end of the file, but it is mended where it began.
    began = error.context_mark if "quoted scalar" in (error.context or "") else None
    mark = began or error.problem_mark or error.context_mark
    return int(mark.line) if mark else 0


def _refused(sentence: str, file: str, line: int, **fields: str) -> ScheduleError:
    return ScheduleError(sentence, file=file, line=line + 1, key="", **fields)
