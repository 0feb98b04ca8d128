"""Sentences on a terminal: lines of cells, Chinese counted double."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from notifier.locale.wrapping import Wrapped, wrapped


@pytest.mark.parametrize(
    "words, width, lines",
    [
        ("one two three", 80, ["one two three"]),
        ("one two three", 8, ["one two", "three"]),
        ("客户没有手机号", 8, ["客户没有", "手机号"]),
        ("没有 notifier.key 文件", 10, ["没有", "notifier.key", "文件"]),
        ("客户没有。手机", 8, ["客户没", "有。手机"]),
        ("", 8, [""]),
    ],
)
def test_lines(words: str, width: int, lines: list[str]) -> None:
    """Latin words stay whole, Chinese breaks anywhere but before a mark."""
    assert list(wrapped(words, width)) == lines


def test_later_lines_are_indented() -> None:
    """A mark stands in front of the first line, the others under its words."""
    assert list(wrapped("one two", 6, "✓ ", "  ")) == ["✓ one", "  two"]


@pytest.mark.parametrize("width", [12, 23, 80])
def test_a_page_breaks_its_sentences_so_too(width: int) -> None:
    """Not at the spaces alone; alone on a page, and in a column that must share the width."""
    words = "在 ERP 里查一查：客户没有手机号的，请在下次进厂时补上 VIN。"
    for page in (Wrapped(words), table_of(Wrapped(words))):
        shown = io.StringIO()
        Console(file=shown, width=width).print(page)
        assert [line.rstrip() for line in shown.getvalue().splitlines()] == list(wrapped(words, width))


def table_of(*cells: Wrapped) -> Table:
    """A table of one row."""
    table = Table.grid()
    table.add_row(*cells)
    return table


@given(st.text(st.sampled_from("客户号a b。,"), max_size=60), st.integers(min_value=6, max_value=40))
def test_nothing_is_lost_and_nothing_is_too_wide(words: str, width: int) -> None:
    """Whatever is written: the same characters, and no line beyond the width unless it is one unbreakable piece."""
    lines = list(wrapped(words, width))
    assert "".join("".join(lines).split()) == "".join(words.split())
    longest = max((cell_len(piece) for piece in words.split()), default=0)
    assert all(cell_len(line) <= max(width, longest) for line in lines)
