"""The keys of schedules.yaml as plain values, each as it is written, and what differs between two versions of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

__all__ = ["Change", "Path", "Tree", "at", "differences", "node_of", "put", "tree_of"]

Tree: TypeAlias = "str | Sequence[Tree] | Mapping[str, Tree]"
"""A value as written, without quotes; a list of them; or a group of keys. A key without a value has an empty word."""
Path: TypeAlias = tuple[str, ...]

CAMPAIGN_KEYS = (
    "name", "id", "enabled", "rule", "festivals", "list", "when", "topics", "stages", "repeat", "template", "kind",
    "audience", "control", "success", "credit", "coupon", "spread", "review", "lift_window", "late", "grace",
    "first_run", "priority",
)  # fmt: skip
GUARD_KEYS = (
    "quiet_hours", "quiet_hours_zone", "closed_days", "frequency_cap", "daily_budget", "pace", "data_max_age",
    "contact_hold", "universal_control",
)  # fmt: skip
TOP_KEYS = ("shop", "shops", "guards", "campaigns")
_USUAL_ORDER = (*TOP_KEYS, *GUARD_KEYS, *CAMPAIGN_KEYS)
"""A key that is new stands behind those that come before it here."""

_MAP, _SEQ, _STR = ("tag:yaml.org,2002:" + kind for kind in ("map", "seq", "str"))


@dataclass(frozen=True, slots=True)
class Change:
    """One value that becomes another one; None = it is not written."""

    path: Path
    before: Tree | None
    after: Tree | None

    @property
    def undone(self) -> Change:
        """The change back."""
        return Change(self.path, self.after, self.before)


def tree_of(node: Node) -> Tree:
    """What stands in a node."""
    if isinstance(node, MappingNode):
        return {str(key.value): tree_of(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [tree_of(value) for value in node.value]
    return str(node.value)


def node_of(tree: Tree) -> Node:
    """A node without a place, to read a value that stands in no file yet."""
    if isinstance(tree, str):
        return _at_no_place(ScalarNode(_STR, tree))
    if isinstance(tree, Mapping):
        pairs = [(node_of(key), node_of(value)) for key, value in tree.items()]
        return _at_no_place(MappingNode(_MAP, pairs))
    return _at_no_place(SequenceNode(_SEQ, [node_of(value) for value in tree]))


def at(tree: Tree | None, path: Iterable[str]) -> Tree | None:
    """The value under the path; None where nothing is written."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def put(tree: Tree | None, path: Path, value: Tree | None) -> dict[str, Tree]:
    """The group with the value under the path; None removes it, and the groups that are empty without it."""
    group = dict(tree) if isinstance(tree, Mapping) else {}
    key, rest = path[0], path[1:]
    inner: Tree | None = (put(group.get(key), rest, value) or None) if rest else value
    if inner is None:
        group.pop(key, None)
    elif key in group:
        group[key] = inner
    else:
        group = _with_new(group, key, inner)
    return group


def differences(before: Tree | None, after: Tree | None, path: Path = ()) -> Iterator[Change]:
    """The values that differ, each as deep inside as it can be named; lists differ as a whole."""
    if before == after:
        return
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        yield Change(path, before, after)
        return
    for key in (*after, *(key for key in before if key not in after)):
        yield from differences(before.get(key), after.get(key), (*path, key))


def _with_new(group: dict[str, Tree], key: str, value: Tree) -> dict[str, Tree]:
    if key not in _USUAL_ORDER:
        return {**group, key: value}
    earlier = _USUAL_ORDER[: _USUAL_ORDER.index(key)]
    places = [place for place, known in enumerate(group) if known in earlier]
    after = (places[-1] + 1) if places else 0
    items = list(group.items())
    return dict([*items[:after], (key, value), *items[after:]])


def _at_no_place(node: Node) -> Node:
    node.start_mark = node.end_mark = _NO_PLACE
    return node


@dataclass(frozen=True, slots=True)
class _Mark:
    line: int = 0
    column: int = 0
    index: int = 0


_NO_PLACE = _Mark()
