"""From a character of the text that leaves back to the character of the template it came from."""

from __future__ import annotations

import jinja2

from notifier.templating.grammar import compile_marked, pieces
from notifier.templating.values import Values

__all__ = ["traced"]

_FIRST_MARK = 0xF0000
"""Characters for private use, of a plane no font and no keyboard knows."""


def traced(body: str, values: Values, *, two_way: bool) -> list[tuple[str, int]]:
    """The text a checked `body` makes of `values`, as (character, offset in the body); a value's at its field.

    Empty where the body holds characters we mark with, or a value is missing.
    """
    if any(ord(char) >= _FIRST_MARK for char in body):
        return []
    marked, places = _marked(body)
    try:
        text = compile_marked(marked, two_way=two_way).render(values)
    except jinja2.TemplateError:
        return []
    return _stripped(_followed(text, places))


def _marked(body: str) -> tuple[str, list[tuple[int, bool]]]:
    """The body with a mark before each piece of words and each field; and for each mark (offset, are they words?)."""
    parts: list[str] = []
    places: list[tuple[int, bool]] = []
    for at, kind, text in pieces(body):
        if kind in ("data", "variable_begin"):
            parts.append(chr(_FIRST_MARK + len(places)))
            places.append((at, kind == "data"))
        parts.append(text)
    return "".join(parts), places


def _followed(text: str, places: list[tuple[int, bool]]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    at, is_words = 0, False
    for char in text:
        if ord(char) >= _FIRST_MARK:
            at, is_words = places[ord(char) - _FIRST_MARK]
            continue
        found.append((char, at))
        at += is_words
    return found


def _stripped(text: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Without the white space at both ends, as a text leaves."""
    kept = [place for place, (char, _at) in enumerate(text) if not char.isspace()]
    return text[kept[0] : kept[-1] + 1] if kept else []
