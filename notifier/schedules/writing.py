"""Values → YAML as the staff of a shop would write it: on one line where it fits, quoted only where it must be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from notifier.schedules.trees import Tree

__all__ = ["block_lines", "is_for_one_line", "member_lines", "one_line", "scalar", "written_out"]

WIDTH = 100
STEP = 2

_PLAIN = re.compile(r"[^\W_](?:[\w+./*%-]| (?=[\w+./-]))*|-[\w.]+|\w(?:[\w.-])*")
_EMPTY_WORDS = ("null", "Null", "NULL")


def scalar(value: str, quote: str = "") -> str:
    """One value; `quote`: the quotes it had, which it keeps."""
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if not quote and _PLAIN.fullmatch(value) and value not in _EMPTY_WORDS and " *" not in value:
        return value
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in json.dumps(value, ensure_ascii=False))


def _escaped(sign: str) -> str:
    """YAML takes no halves of a sign, as JSON writes those beyond four digits."""
    return f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"


def one_line(tree: Tree) -> str:
    """Any value on one line, with brackets."""
    if isinstance(tree, str):
        return scalar(tree)
    if isinstance(tree, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {one_line(value)}" for key, value in tree.items()) + "}"
    return "[" + ", ".join(one_line(value) for value in tree) + "]"


def is_for_one_line(tree: Tree, column: int) -> bool:
    """Whether people would write it behind its key: short, and no group that holds groups."""
    if isinstance(tree, str):
        return True
    if isinstance(tree, Mapping) and any(isinstance(value, Mapping) for value in tree.values()):
        return False
    return column + len(one_line(tree)) <= WIDTH


def member_lines(key: str, value: Tree, column: int) -> list[str]:
    """The lines of one key of a group that stands at `column`."""
    head = " " * column + scalar(key) + ":"
    if is_for_one_line(value, len(head) + 1) or not value:
        return [f"{head} {one_line(value)}"]
    return [head, *block_lines(value, column + STEP)]


def block_lines(tree: Tree, column: int) -> list[str]:
    """A group or a list on lines of its own."""
    if isinstance(tree, Mapping):
        return [line for key, value in tree.items() for line in member_lines(key, value, column)]
    if isinstance(tree, str):
        return [" " * column + scalar(tree)]
    return [line for value in tree for line in item_lines(value, column)]


def item_lines(value: Tree, column: int) -> Iterator[str]:
    """The lines of one value of a list that stands at `column`."""
    if is_for_one_line(value, column + STEP) or not value:
        yield " " * column + "- " + one_line(value)
        return
    first, *rest = block_lines(value, column + STEP)
    yield " " * column + "- " + first.lstrip(" ")
    yield from rest


def written_out(tree: Tree) -> str:
    """Any value as text to be edited by itself: on one line where it fits."""
    return one_line(tree) if is_for_one_line(tree, 0) else "\n".join(block_lines(tree, 0))
