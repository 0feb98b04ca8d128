"""dms.yaml: what is asked of a DMS database, one query a kind. A refusal names file, line and key.

It is read as nodes, so that every sentence can name its line; nothing in it is built or executed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from notifier.dms.columns import KINDS
from notifier.dms.statements import one_select, why_not_one_select
from notifier.errors import ConfigError
from notifier.locale import N_, WhenShown, listed
from notifier.locale.records import records_word
from notifier.locale.system import system_words

__all__ = ["DEFAULT_OVERLAP", "Query", "read_queries"]

DEFAULT_OVERLAP = timedelta(minutes=10)
"""Read again behind the latest change known: a row may be committed after one that was stamped later."""
LONGEST_OVERLAP = timedelta(days=366)
MAX_BYTES = 1_000_000

_KEYS = ("query", "changed_column", "overlap", "mapping")
_LENGTH = re.compile(r"([0-9]{1,4})\s?([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_NULL_TAG = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class Query:
    """One kind's query. `changed_column`: the column of its answer that says when a row was last changed, if any.

    `mapping`: field → column, for names we do not know. `file` and `line` are for sentences.
    """

    kind: str
    sql: str
    changed_column: str | None = None
    overlap: timedelta = DEFAULT_OVERLAP
    mapping: Mapping[str, str] = field(default_factory=dict)
    file: str = "dms.yaml"
    line: int = 1

    @property
    def records(self) -> WhenShown:
        """What it asks for, in words."""
        return WhenShown(lambda: records_word(self.kind))

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{Path(self.file).name}: {self.kind}"

    def digest(self, place: str) -> str:
        """sha256 of all that decides which rows it gives, and how they are read; `place`: the database asked."""
        said = (place, self.sql, self.changed_column, sorted(self.mapping.items()))
        return sha256(repr(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Value:
    """A node with its dotted key and the line of that key (from 1)."""

    node: Node
    key: str
    file: str
    line: int

    def refuse(self, sentence: str, /, **fields: Any) -> ConfigError:
        return ConfigError(sentence, file=self.file, line=self.line, key=self.key, **fields)

    def text(self) -> str:
        if not isinstance(self.node, ScalarNode):
            raise self.refuse(N_("{file}, line {line}: {key} takes one value, not a list or a group of keys."))
        if self.node.tag == _NULL_TAG or not self.node.value.strip():
            raise self.refuse(N_("{file}, line {line}: {key} has no value; write one, or remove the line."))
        return str(self.node.value).strip()

    def group(self) -> dict[str, _Value]:
        """The keys below, each once."""
        if not isinstance(self.node, MappingNode):
            raise self.refuse(N_("{file}, line {line}: {key} must be a group of keys, as “name: value”."))
        found: dict[str, _Value] = {}
        for key_node, node in self.node.value:
            name = str(key_node.value) if isinstance(key_node, ScalarNode) else "?"
            path = f"{self.key}.{name}" if self.key else name
            value = _Value(node, path, self.file, key_node.start_mark.line + 1)
            if name in found:
                raise value.refuse(
                    N_("{file}, line {line}: {key} stands here a second time, first in line {first}; keep one."),
                    first=found[name].line,
                )
            found[name] = value
        return found


def read_queries(path: Path) -> dict[str, Query]:
    """The queries by kind, in the order in which they are to be asked: customers, visits, renewals, contacts.

    Raises ConfigError, one sentence, for the first thing that is wrong.
    """
    file = str(path)
    groups = _Value(_node(_text(path), file), "", file, 1).group()
    _refuse_unknown(groups, KINDS)
    if not groups:
        raise _empty(file)
    return {kind: _query(kind, groups[kind]) for kind in KINDS if kind in groups}


def _query(kind: str, value: _Value) -> Query:
    keys = value.group()
    _refuse_unknown(keys, _KEYS)
    if "query" not in keys:
        raise value.refuse(
            N_("{file}, line {line}: {key} has no “{missing}”; add a line like “{example}”."),
            missing="query",
            example="query: SELECT …",
        )
    return Query(
        kind,
        _statement(keys["query"]),
        keys["changed_column"].text() if "changed_column" in keys else None,
        _length(keys["overlap"]) if "overlap" in keys else DEFAULT_OVERLAP,
        _mapping(kind, keys["mapping"]) if "mapping" in keys else {},
        value.file,
        value.line,
    )


def _statement(value: _Value) -> str:
    text = value.text()
    word = why_not_one_select(text)
    if word is not None:
        raise value.refuse(
            N_(
                "{file}, line {line}: {key} must be one statement that only reads, beginning with SELECT or WITH; "
                "it has “{word}” in it. A column of that name goes in quotation marks."
            ),
            word=word,
        )
    return one_select(text)


def _length(value: _Value) -> timedelta:
    text = value.text()
    match = _LENGTH.fullmatch(text)
    length = int(match[1]) * _UNITS[match[2]] if match else None
    if length is None or length > LONGEST_OVERLAP:
        raise value.refuse(
            N_("{file}, line {line}: {key} is {value}; write a length of time up to 366d, like 10m, 2h or 1d."),
            value=text,
        )
    return length


def _mapping(kind: str, value: _Value) -> dict[str, str]:
    columns = value.group()
    _refuse_unknown(columns, KINDS[kind].aliases)
    return {name: column.text() for name, column in columns.items()}


def _refuse_unknown(found: Mapping[str, _Value], known: Iterable[str]) -> None:
    names = list(known)
    for name, value in found.items():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
            if near:
                raise value.refuse(
                    N_("{file}, line {line}: {key} is not a known key; did you mean {nearest}?"), nearest=near[0]
                )
            raise value.refuse(
                N_("{file}, line {line}: {key} is not a known key; known here: {known}."),
                known=WhenShown(lambda: listed(names)),
            )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(N_("{file} is far too large for a list of queries; name another file."), file=str(path))
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            N_(
                "{file} does not exist; write the queries for your DMS database into it (docs/sync.md shows how), or "
                "set NOTIFIER_DMS_QUERIES."
            ),
            file=str(path),
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            N_("{file}, line {line}: the file is not saved as UTF-8; in the editor choose “save as … UTF-8”."),
            file=str(path),
            line=error.object[: error.start].count(b"\n") + 1,
        ) from error
    except OSError as error:
        raise ConfigError(
            N_("{file} cannot be read ({detail}); check the path and its permissions."),
            file=str(path),
            detail=system_words(error),
        ) from error


def _node(text: str, file: str) -> Node:
    try:
        node = YAML(typ="rt").compose(text)
    except YAMLError as error:
        mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
        lines = text.splitlines() or [""]
        number = min(mark.line if mark else 0, len(lines) - 1)
        raise ConfigError(
            N_(
                "{file}, line {line}: this is not YAML near “{near}”; look for a missing quote, bracket or space after "
                "a colon, or a wrong indentation."
            ),
            file=file,
            line=number + 1,
            near=lines[number].strip()[:40],
        ) from error
    if node is None:
        raise _empty(file)
    if not isinstance(node, MappingNode):
        raise ConfigError(
            N_("{file}, line {line}: the file must start with keys, as “customers:” and “visits:”."),
            file=file,
            line=node.start_mark.line + 1,
        )
    return node


def _empty(file: str) -> ConfigError:
    return ConfigError(N_("{file} holds no query; docs/sync.md shows how to write one."), file=file)
