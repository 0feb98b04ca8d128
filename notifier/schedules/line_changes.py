"""What differs between two texts of schedules.yaml, line by line: to show it, to keep it, and to take it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from notifier.errors import Refused
from notifier.locale import N_

__all__ = ["Hunk", "Line", "hunks", "shown", "taken_back"]

CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is shown. `sign`: ``+`` new, ``-`` gone, a space kept, ``…`` lines left out between others."""

    sign: str
    text: str
    old: int | None = None
    new: int | None = None


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stood at `line` (from 1, of the newer text) and what stands there now; `above`: the line before."""

    line: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    above: str = ""


def hunks(before: str, after: str) -> tuple[Hunk, ...]:
    """Every place at which the two differ."""
    # Split at line feeds alone: the lines are put back one day, and must bring their carriage returns with them.
    old, new = before.split("\n"), after.split("\n")
    return tuple(
        Hunk(since + 1, tuple(old[first:last]), tuple(new[since:until]), new[since - 1] if since else "")
        for tag, first, last, since, until in _opcodes(old, new)
        if tag != "equal"
    )


def shown(before: str, after: str, context: int = CONTEXT) -> tuple[Line, ...]:
    """The lines that differ, each with `context` lines around it."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[Line] = []
    groups = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(context)
    for number, group in enumerate(groups):
        if number:
            lines.append(Line("…", ""))
        for opcode in group:
            lines.extend(_lines(old, new, opcode))
    return tuple(lines)


def taken_back(text: str, done: Sequence[Hunk]) -> str:
    """The text with these changes undone. Raises Refused where one of their lines has been changed since."""
    lines = text.split("\n")
    for hunk in sorted(done, key=lambda each: each.line, reverse=True):
        place = _place(lines, hunk)
        if place is None:
            raise Refused(
                N_(
                    "The lines of this change have been changed again since, so it cannot be undone by itself; edit "
                    "them."
                )
            )
        lines[place : place + len(hunk.after)] = hunk.before
    return "\n".join(lines)


def _place(lines: Sequence[str], hunk: Hunk) -> int | None:
    """Where the hunk's lines stand now, nearest to where they stood."""
    length = len(hunk.after)
    found = [
        place
        for place in range(len(lines) - length + 1)
        if tuple(lines[place : place + length]) == hunk.after and (lines[place - 1] if place else "") == hunk.above
    ]
    return min(found, key=lambda place: abs(place - hunk.line + 1), default=None)


def _lines(old: Sequence[str], new: Sequence[str], opcode: tuple[str, int, int, int, int]) -> Iterator[Line]:
    tag, first, last, since, until = opcode
    if tag == "equal":
        for place in range(last - first):
            yield Line(" ", old[first + place], first + place + 1, since + place + 1)
        return
    for place in range(first, last):
        yield Line("-", old[place], old=place + 1)
    for place in range(since, until):
        yield Line("+", new[place], new=place + 1)


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
