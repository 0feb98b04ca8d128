"""Places in a wording: lines, columns and spans of what is said about it, and where its fields stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notifier.locale import _
from notifier.templating import Field, Severity, field_named, flag_named
from notifier.templating.fields import nearest_field

__all__ = ["TAG", "FieldSpan", "Finding", "Page", "field_spans", "only_quoted", "unknown_fields"]

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_DOTTED = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\s*\.\s*\w+)+")
_PLAIN = re.compile(r"\{\{-?\s*(\w+\.\w+)\s*-?\}\}")


@dataclass(frozen=True, slots=True)
class Finding:
    """`start`, `end`: offsets into the source; lines and columns count from 1. `mend`: what to put in its place."""

    severity: Severity
    sentence: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class FieldSpan:
    """One `{{ … }}` of a source. `field` None = nobody knows it; `is_plain` = nothing but the field stands in it."""

    start: int
    end: int
    spelling: str
    field: Field | None
    is_plain: bool


class Page:
    """A source with its lines."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n", source))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1."""
        line = next(n for n in range(len(self.starts), 0, -1) if self.starts[n - 1] <= offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, line: int, words: Sequence[str] = ()) -> tuple[int, int]:
        """Where the first of `words` that stands on `line` is, else the whole line."""
        line = min(max(line, 1), len(self.starts))
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.source)
        text = self.source[start:end].rstrip("\r\n")
        for word in words:
            if word and word in text:
                return start + text.index(word), start + text.index(word) + len(word)
        return start, start + len(text)

    def finding(self, severity: Severity, sentence: str, span: tuple[int, int], mend: str | None = None) -> Finding:
        """What is said of that span."""
        return Finding(severity, sentence, *self.place(span[0]), *self.place(span[1]), *span, mend)


def unknown_fields(page: Page) -> Iterator[Finding]:
    """Each name nobody knows, with the nearest one: all of them, not the first alone."""
    for tag in TAG.finditer(page.source):
        if tag[0].startswith("{#"):
            continue
        bare = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), tag[0])
        for found in _DOTTED.finditer(bare):
            spelling = re.sub(r"\s", "", found[0])
            if field_named(spelling) is None and flag_named(spelling) is None:
                near = nearest_field(spelling)
                sentence = _("There is no field {field}. Nearest: {nearest}.").format(field=spelling, nearest=near)
                span = tag.start() + found.start(), tag.start() + found.end()
                yield page.finding("error", sentence, span, near)


def field_spans(source: str) -> list[FieldSpan]:
    """Where the fields of a source stand, for chips in the place of `{{ … }}`."""
    spans = []
    for tag in TAG.finditer(source):
        name = _DOTTED.search(_QUOTED.sub("", tag[0])) if tag[0].startswith("{{") else None
        if name is not None:
            plain = _PLAIN.fullmatch(tag[0])
            spelling = re.sub(r"\s", "", name[0])
            spans.append(FieldSpan(tag.start(), tag.end(), spelling, field_named(spelling), plain is not None))
    return spans


def only_quoted(tag: str) -> str:
    """A tag blanked out but for what its fallbacks say, which may stand in the text."""
    if not tag.startswith("{{"):
        return " " * len(tag)
    blank = list(" " * len(tag))
    for quoted in _QUOTED.finditer(tag):
        blank[quoted.start() + 1 : quoted.end() - 1] = quoted[0][1:-1]
    return "".join(blank)
