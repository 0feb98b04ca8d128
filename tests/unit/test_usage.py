"""notifier/cli/usage.py: help that fits the terminal it is read on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from rich.cells import cell_len

from notifier.cli import execute
from notifier.cli.app import _app


def commands() -> Iterator[tuple[str, ...]]:
    """Every command and group, as the words after `notifier`."""
    yield ()
    built: Any = typer.main.get_command(_app())
    for name, command in built.commands.items():
        yield (name,)
        for below in getattr(command, "commands", {}):
            yield (name, below)


@pytest.mark.parametrize(("columns", "widest"), [("80", 80), ("60", 60), ("100", 100), ("200", 100)])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_no_line_is_wider_than_the_terminal_nor_than_a_hundred(
    columns: str, widest: int, language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Chinese character is two cells wide."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("NOTIFIER_LANGUAGE", language)
    for words in commands():
        assert execute([*words, "--help"]) == 0
        shown = capsys.readouterr().out
        assert shown.count("\n") > 2
        assert [line for line in shown.splitlines() if cell_len(line) > widest] == []


def test_where_nobody_says_how_wide_it_is_a_hundred(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe or a file: as on a wide terminal."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("NOTIFIER_LANGUAGE", "en")
    assert execute(["report", "--help"]) == 0
    assert 80 < max(map(cell_len, capsys.readouterr().out.splitlines())) <= 100
