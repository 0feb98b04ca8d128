"""A template file taken apart and put together again: what a form edits above, what an editor edits below.

Whatever is not changed stays as it was, byte for byte: comments, order, quotes, line ends.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from notifier.templating.parsing import YAML_STUMBLES, is_plain_yaml

__all__ = ["FrontMatter", "SourceParts", "front_of", "parts_of", "with_body", "with_front"]

_FENCE = "---"
_LONGEST_LINE = 4096  # of YAML: a title is never broken over two lines


class SourceParts(NamedTuple):
    """`head + body + tail` is the source. `body`: the words alone; `head` ends above them, `tail` is empty space."""

    head: str
    body: str
    tail: str


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands between the fences, as far as it can be read. `replies`: digit (or km) → meaning."""

    title: str = ""
    kind: str = ""
    replies: Mapping[str, str] = field(default_factory=dict)
    provider: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def parts_of(source: str) -> SourceParts:
    """The source in three; one without fences is all body."""
    at = _end_of_front(source)
    rest = source[at:]
    body = rest.strip()
    start = at + (rest.index(body) if body else len(rest))
    return SourceParts(source[:start], body, source[start + len(body) :])


def with_body(source: str, body: str) -> str:
    """The same file with other words."""
    head, _old, tail = parts_of(source)
    return f"{head}{body}{tail}"


def front_of(source: str) -> FrontMatter:
    """The front matter, for a form: what cannot be read is empty."""
    data: Mapping[str, Any] = _loaded(_yaml_of(source)) or {}
    return FrontMatter(
        title=_word(data.get("title")),
        kind=_word(data.get("kind")),
        replies=_words(data.get("replies")),
        provider=_words(data.get("provider")),
        note=_word(data.get("note")),
    )


def with_front(source: str, front: FrontMatter) -> str:
    """The same file with another front matter; keys that mean the same as before are not touched."""
    if front == front_of(source) and _end_of_front(source):
        return source
    head, body, tail = parts_of(source)
    loaded = _loaded(_yaml_of(source))
    data: CommentedMap = CommentedMap() if loaded is None else loaded
    _put_word(data, "title", front.title, needed=True)
    _put_word(data, "kind", front.kind, needed=True)
    _put_words(data, "replies", front.replies)
    _put_words(data, "provider", front.provider)
    _put_word(data, "note", front.note)
    return f"{_new_head(source, head, _dumped(data))}{body}{tail}"


def _end_of_front(source: str) -> int:
    """Where the line of the second fence ends; 0 where there is no front matter."""
    lines = [f"{line}\n" for line in source.split("\n")]
    if lines[0].removeprefix("\ufeff").rstrip() != _FENCE:
        return 0
    at = len(lines[0])
    for line in lines[1:]:
        at += len(line)
        if line.rstrip() == _FENCE:
            return min(at, len(source))
    return 0


def _yaml_of(source: str) -> str:
    front = source[: _end_of_front(source)].replace("\r\n", "\n")
    return "\n".join(front.split("\n")[1:]).rstrip().removesuffix(_FENCE) if front else ""


def _new_head(source: str, head: str, yaml: str) -> str:
    mark = "\ufeff" if source.startswith("\ufeff") else ""
    gap = head[_end_of_front(source) :]
    front = f"{_FENCE}\n{yaml}{_FENCE}\n"
    if "\r\n" in head:
        front = front.replace("\n", "\r\n")
    return f"{mark}{front}{gap}"


def _machine() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = _LONGEST_LINE
    yaml.allow_unicode = True
    return yaml


def _loaded(text: str) -> CommentedMap | None:
    try:
        data = _machine().load(text) if is_plain_yaml(text) else None
    except YAML_STUMBLES:
        return None
    return data if isinstance(data, CommentedMap) else None


def _dumped(data: CommentedMap) -> str:
    written = io.StringIO()
    _machine().dump(data, written)
    return written.getvalue()


def _word(value: Any) -> str:
    return "" if value is None or isinstance(value, Mapping | list) else str(value).strip()


def _words(value: Any) -> dict[str, str]:
    return {str(key): _word(each) for key, each in value.items()} if isinstance(value, Mapping) else {}


def _put_word(data: CommentedMap, key: str, word: str, *, needed: bool = False) -> None:
    if word != _word(data.get(key)):
        data[key] = word
    if not word and not needed:
        data.pop(key, None)


def _put_words(data: CommentedMap, key: str, words: Mapping[str, str]) -> None:
    if list(words.items()) == list(_words(data.get(key)).items()):
        return
    if not words:
        data.pop(key, None)
        return
    written = CommentedMap({_key(each): word for each, word in words.items()})
    written.fa.set_flow_style()
    data[key] = written


def _key(word: str) -> int | str:
    """1 rather than '1', as people write it; 01 stays a word."""
    return int(word) if word.isascii() and word.isdigit() and str(int(word)) == word else word
