"""New values put into the text of schedules.yaml where the old ones stand, and nothing else of it touched.

ruamel.yaml says where each value stands; its own dump would keep the comments, but not the spaces, the blank lines and
the breaking of lines of whoever wrote the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from notifier.errors import Refused
from notifier.locale import N_
from notifier.schedules.document import top_of
from notifier.schedules.trees import Tree, tree_of
from notifier.schedules.writing import item_lines, member_lines, one_line, scalar

__all__ = ["respliced"]

_TO_COMMENT = re.compile(r"([ \t]+)#")
_COMMA = re.compile(r"[ \t]*,")
_COLON = re.compile(r"\s*:")
_COMMENT_LINE = re.compile(r"([ ]*)#")


def respliced(text: str, file: str, wanted: Tree) -> str:
    """The text that says what is `wanted`, with every line kept that need not change.

    Raises ScheduleError for a text that is no schedule, and Refused where it is written in a way that cannot be
    changed piece by piece; nothing is ever returned that says anything else.
    """
    node = top_of(text, file).node
    splices = _Splices(text)
    splices.change(node, wanted, head=0, tail=len(text))
    made = splices.applied()
    if tree_of(top_of(made, file).node) != wanted:
        raise Refused(
            N_("{file} is written in a way that no form can change safely; change it in an editor."), file=file
        )
    return made


@dataclass(frozen=True, slots=True)
class _Member:
    """One key with its value, or one value of a list: from `start` up to `end`; `head`: where its value may begin."""

    name: str
    start: int
    head: int
    end: int
    node: Node


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What becomes of members: each one's new value, None where it goes; and the new ones, by whom they stand behind.

    `value`: the whole group or list as it is wanted.
    """

    kept: Sequence[Tree | None]
    new: Mapping[int, Sequence[tuple[str, Tree]]]
    value: Tree


class _Splices:
    """Collects what is cut out of the text and what takes its place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.cuts: list[tuple[int, int, str]] = []
        self.grown: dict[int, int] = {}

    def applied(self) -> str:
        """The text after all of it, comments behind changed values moved back to their column."""
        for tail, wider in self.grown.items():
            gap = _TO_COMMENT.match(self.text, tail)
            if gap is not None and "\t" not in gap[1]:
                least = min(len(gap[1]), 2)
                self.cuts.append((tail, gap.end(1), " " * max(len(gap[1]) - wider, least)))
        made = self.text
        for start, end, new in sorted(self.cuts, key=lambda cut: cut[:2], reverse=True):
            made = made[:start] + new + made[end:]
        return made

    def change(self, node: Node, wanted: Tree, *, head: int, tail: int) -> None:
        """Make the node say what is wanted. `head`: behind its key; `tail`: the end of the value on its line."""
        current = tree_of(node)
        if current == wanted:
            return
        if isinstance(node, MappingNode) and isinstance(wanted, Mapping) and current and wanted:
            self._group(node, wanted, head, tail)
        elif isinstance(node, SequenceNode) and not isinstance(wanted, str | Mapping) and current and wanted:
            self._list(node, wanted, head, tail)
        else:
            self._replace(node, wanted, head, tail)

    def _group(self, node: MappingNode, wanted: Mapping[str, Tree], head: int, tail: int) -> None:
        members = [self._pair(key, value) for key, value in node.value]
        kept: list[Tree | None] = [wanted.get(member.name) for member in members]
        places = {member.name: place for place, member in enumerate(members)}
        new: dict[int, list[tuple[str, Tree]]] = {}
        place = -1
        for key, value in wanted.items():
            if key in places:
                place = places[key]
            else:
                new.setdefault(place, []).append((key, value))
        self._members(node, members, _Outcome(kept, new, wanted), head, tail)

    def _list(self, node: SequenceNode, wanted: Sequence[Tree], head: int, tail: int) -> None:
        members = [self._item(value) for value in node.value]
        current = [tree_of(value) for value in node.value]
        kept: list[Tree | None] = list(current)
        new: dict[int, list[tuple[str, Tree]]] = {}
        matcher = SequenceMatcher(None, [one_line(value) for value in current], [one_line(value) for value in wanted])
        for tag, first, last, since, until in matcher.get_opcodes():
            if tag == "equal":
                continue
            added = list(wanted[since:until])
            for place in range(first, last):
                kept[place] = added.pop(0) if added else None
            if added:
                new.setdefault(last - 1, []).extend(("", value) for value in added)
        self._members(node, members, _Outcome(kept, new, wanted), head, tail)

    def _members(
        self, node: CollectionNode, members: Sequence[_Member], outcome: _Outcome, head: int, tail: int
    ) -> None:
        """Change the members that stay, cut out those that go, and put the new ones behind their places."""
        stays = [place for place, value in enumerate(outcome.kept) if value is not None]
        moves = len(stays) < len(members) or bool(outcome.new)
        stands_free = node.flow_style or all(self._stands_free(node, member) for member in members)
        if not stays or (moves and not stands_free):
            self._replace(node, outcome.value, head, tail)
            return
        for member, value in zip(members, outcome.kept, strict=True):
            if value is not None:
                self.change(member.node, value, head=member.head, tail=tail if node.flow_style else member.end)
        if node.flow_style:
            self._cut_from_line(members, stays, tail)
        else:
            self._cut_lines(members, stays)
        for place, values in outcome.new.items():
            before = [each for each in stays if each <= place]
            anchor = members[before[-1]] if before else None
            if node.flow_style:
                self._add_to_line(anchor, members[stays[0]], values, tail)
            else:
                self._add_lines(node, members, anchor, members[stays[0]], values)

    def _pair(self, key: Node, value: Node) -> _Member:
        colon = _COLON.match(self.text, key.end_mark.index)
        head = colon.end() if colon else key.end_mark.index
        return _Member(str(key.value), key.start_mark.index, head, self._end(value, head), value)

    def _item(self, value: Node) -> _Member:
        start = value.start_mark.index
        return _Member("", start, start, self._end(value, start), value)

    def _end(self, node: Node, head: int) -> int:
        """Where the value really ends: a block reaches over the comments and blank lines behind it."""
        if isinstance(node, ScalarNode):
            if not node.value and not node.style:
                return head
            end = int(node.end_mark.index)
            return len(self.text[:end].rstrip()) if node.style in ("|", ">") else end
        assert isinstance(node, CollectionNode)
        if node.flow_style or not node.value:
            return int(node.end_mark.index)
        last = node.value[-1]
        return (self._pair(*last) if isinstance(node, MappingNode) else self._item(last)).end

    # --- values -------------------------------------------------------------------------------------------------

    def _replace(self, node: Node, wanted: Tree, head: int, tail: int) -> None:
        """Another value in place of the whole node, on the line of its key."""
        end = self._end(node, head)
        start = int(node.start_mark.index)
        if isinstance(node, ScalarNode) and not node.value and not node.style:
            self._cut(head, head, " " + one_line(wanted), tail)
        elif isinstance(node, CollectionNode) and not node.flow_style and self._line_end(head) < start:
            self._cut(head, head, " " + one_line(wanted), head)
            self.cuts.append((self._line_end(head), self._line_end(end), ""))
        else:
            quote = node.style if isinstance(node, ScalarNode) and node.style in ("'", '"') else ""
            new = scalar(wanted, quote) if isinstance(wanted, str) else one_line(wanted)
            self._cut(start, end, new, tail)

    def _cut(self, start: int, end: int, new: str, tail: int) -> None:
        self.cuts.append((start, end, new))
        if "\n" not in self.text[start:tail]:
            self.grown[tail] = self.grown.get(tail, 0) + _width(new) - _width(self.text[start:end])

    # --- inside brackets ----------------------------------------------------------------------------------------

    def _cut_from_line(self, members: Sequence[_Member], stays: Sequence[int], tail: int) -> None:
        gone = [place for place in range(len(members)) if place not in stays]
        last_kept = stays[-1]
        for place in gone:
            member = members[place]
            following = members[place + 1].start if place + 1 < len(members) else None
            if place > last_kept and "\n" not in self.text[members[place - 1].end : member.end]:
                self._cut(members[place - 1].end, member.end, "", tail)
            elif following is not None and "\n" not in self.text[member.start : following]:
                self._cut(member.start, following, "", tail)
            else:
                comma = _COMMA.match(self.text, member.end)
                self.cuts.append(self._or_whole_line(member.start, comma.end() if comma else member.end))

    def _or_whole_line(self, start: int, end: int) -> tuple[int, int, str]:
        """The cut, with its line where nothing else stands on it."""
        first, last = self._line_start(start), self._line_end(end)
        if self.text[first:start].strip() or self.text[end:last].strip():
            return start, end, ""
        return first, self._next_line(last), ""

    def _add_to_line(
        self, anchor: _Member | None, first: _Member, values: Sequence[tuple[str, Tree]], tail: int
    ) -> None:
        written = ", ".join(f"{scalar(key)}: {one_line(value)}" if key else one_line(value) for key, value in values)
        if anchor is not None:
            self._cut(anchor.end, anchor.end, f", {written}", tail)
        else:
            self._cut(first.start, first.start, f"{written}, ", tail)

    # --- on lines of their own ----------------------------------------------------------------------------------

    def _cut_lines(self, members: Sequence[_Member], stays: Sequence[int]) -> None:
        for place, member in enumerate(members):
            if place in stays:
                continue
            first = self._line_start(member.start)
            end = self._next_line(self._end_with_comments(member, member.start - first))
            if self._is_blank_before(first):
                while end < len(self.text) and not self.text[end : self._line_end(end)].strip():
                    end = self._next_line(self._line_end(end))
                if end == len(self.text):
                    first = len(self.text[:first].rstrip()) + len(self.newline)
            self.cuts.append((first, end, ""))

    def _add_lines(
        self, node: Node, members: Sequence[_Member], anchor: _Member | None, first: _Member,
        values: Sequence[tuple[str, Tree]],
    ) -> None:  # fmt: skip
        start = first.start if isinstance(node, MappingNode) else self._dash(first)
        column = start - self._line_start(start)
        lines = [member_lines(key, value, column) if isinstance(node, MappingNode) else list(item_lines(value, column))
                 for key, value in values]  # fmt: skip
        parting = self.newline * (2 if self._are_parted(members) else 1)
        if anchor is not None:
            place = self._end_with_comments(anchor, column)
            self.cuts.append((place, place, "".join(parting + self.newline.join(each) for each in lines)))
        else:
            place = self._line_start(start)
            self.cuts.append((place, place, "".join(self.newline.join(each) + parting for each in lines)))

    def _end_with_comments(self, member: _Member, column: int) -> int:
        """The end of the member's last line; comments that stand deeper than a group's key belong to it."""
        end = self._line_end(member.end)
        if not isinstance(member.node, CollectionNode) or member.node.flow_style:
            return end
        while end < len(self.text):
            comment = _COMMENT_LINE.match(self.text, self._next_line(end))
            if comment is None or len(comment[1]) <= column:
                break
            end = self._line_end(comment.end())
        return end

    def _are_parted(self, members: Sequence[_Member]) -> bool:
        """Whether the members are written with blank lines between them."""
        gaps = [self.text[one.end : other.start] for one, other in pairwise(members)]
        return any(re.search(r"\n[ \t]*\r?\n", gap) for gap in gaps)

    def _stands_free(self, node: Node, member: _Member) -> bool:
        start = member.start if isinstance(node, MappingNode) else self._dash(member)
        return not self.text[self._line_start(start) : start].strip(" ")

    def _dash(self, member: _Member) -> int:
        return self.text.rindex("-", 0, member.start)

    def _is_blank_before(self, line_start: int) -> bool:
        above = self.text[:line_start].removesuffix("\n").removesuffix("\r")
        return not above[above.rfind("\n") + 1 :].strip()

    def _line_start(self, place: int) -> int:
        return self.text.rfind("\n", 0, place) + 1

    def _line_end(self, place: int) -> int:
        """Before the signs that end the line."""
        end = self.text.find("\n", place)
        end = len(self.text) if end < 0 else end
        return end - 1 if end > place and self.text[end - 1] == "\r" and end < len(self.text) else end

    def _next_line(self, line_end: int) -> int:
        """Behind the signs that end the line."""
        if self.text.startswith("\r\n", line_end):
            return line_end + 2
        return min(line_end + 1, len(self.text))


def _width(text: str) -> int:
    """In columns of an editor: Chinese letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
