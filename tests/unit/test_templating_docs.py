"""docs/templates.md says what the registries say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from notifier.templating import ALLOWED_FILTERS, FIELDS, FLAGS, KINDS, REPLY_MEANINGS, Field

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")


def row(field: Field) -> str:
    """The line of the fields table that describes `field`."""
    example = " / ".join(dict.fromkeys(field.example))
    return f"| `{field.name}` | {field.alias} | {field.meaning} | {example} | {field.fallback or 'customer skipped'} |"


def test_the_table_of_fields_is_the_registry() -> None:
    """Every field stands in the table in registry order, with alias, meaning, example and fallback."""
    between = PAGE.split("<!-- fields:")[1].split("<!-- /fields -->")[0]
    lines = [line for line in between.splitlines() if line.startswith("| `")]
    assert lines == [row(field) for field in FIELDS.values()]


def test_the_table_of_flags_is_the_registry() -> None:
    """Every flag stands in its table with alias and meaning."""
    between = PAGE.split("<!-- flags:")[1].split("<!-- /flags -->")[0]
    lines = [line for line in between.splitlines() if line.startswith("| `")]
    assert lines == [f"| `{flag.name}` | {flag.alias} | {flag.meaning} |" for flag in FLAGS.values()]


@pytest.mark.parametrize("word", [*KINDS, *REPLY_MEANINGS, *ALLOWED_FILTERS])
def test_every_word_staff_may_write_is_explained(word: str) -> None:
    """Kinds, meanings of replies and filters are all on the page."""
    assert re.search(rf"`{word}`|{word}\(", PAGE)


@pytest.mark.parametrize("meaning", REPLY_MEANINGS)
def test_meanings_of_replies_are_told_in_the_same_words(meaning: str) -> None:
    """The page's explanation of a reply is the registry's."""
    assert f"| `{meaning}` | {REPLY_MEANINGS[meaning]} |" in PAGE
