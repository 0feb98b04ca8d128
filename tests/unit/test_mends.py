"""What can be done about what was said: a command in a terminal, never one on a clerk's screen."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TypeGuard

import pytest

from notifier.errors import Refused
from notifier.jobs.reasons import REASONS, detail_words
from notifier.locale import LANGUAGES, N_, _, language
from notifier.locale.mends import Mend, with_mend

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "campaigns complaints db demo doctor explain import pause plan reconcile report resume run runs schedules send "
    "status sync templates unknown users worker"
)
COMMAND = re.compile(rf"\bnotifier ({'|'.join(COMMANDS.split())})\b|--[a-z]|\bdocs/|\.j2\b|\bUCS-2\b")
SHOWN_ONLY_IN_THE_CONSOLE = [
    *sorted((ROOT / "notifier/web").rglob("*.py")),
    *(ROOT / "notifier/reports" / name for name in ("attention.py", "lane_words.py", "role_words.py")),
]
MADE_BY_HAND = Mend(N_("Look at it: notifier runs show {run}."), N_("“Review” shows the run."), "review")


def _marked(file: Path) -> list[str]:
    """The English sentences a module says."""
    calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    marked = [node for node in calls if getattr(node.func, "id", "") in ("_", "N_", "ngettext")]
    values = [argument.value for node in marked for argument in node.args if isinstance(argument, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


def _mends() -> list[tuple[str, str]]:
    """(command, here) of every mend of the code."""
    found = []
    for file in sorted((ROOT / "notifier").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Mend":
                told = [argument.args[0].value for argument in node.args[:2]]  # type: ignore[attr-defined]
                found.append((told[0], told[1]))
    return found


@pytest.mark.parametrize("file", SHOWN_ONLY_IN_THE_CONSOLE, ids=lambda file: file.name)
def test_no_screen_tells_a_clerk_to_type_a_command(file: Path) -> None:
    """Nor where in the documentation of programmers something stands."""
    assert [sentence for sentence in _marked(file) if COMMAND.search(sentence)] == []


def _said_as_in_a_terminal(file: Path) -> list[int]:
    """The lines in which a caught error is turned into text by `str`, and not for the log."""
    found: list[int] = []
    for handler in (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if _catches_by_name(node)):
        calls = [node for node in ast.walk(handler) if isinstance(node, ast.Call)]
        logged = {id(part) for call in calls if ast.unparse(call.func).startswith("log.") for part in ast.walk(call)}
        told = f"str({handler.name})"
        found += [call.lineno for call in calls if ast.unparse(call) == told and id(call) not in logged]
    return found


def _catches_by_name(node: ast.AST) -> TypeGuard[ast.ExceptHandler]:
    return isinstance(node, ast.ExceptHandler) and node.name is not None


def test_what_the_console_says_of_an_error_is_worded_for_it() -> None:
    """`str` gives the terminal's wording, with the command to type; a page says `in_console`."""
    files = sorted((ROOT / "notifier/web").rglob("*.py"))
    assert {file.name: lines for file in files if (lines := _said_as_in_a_terminal(file))} == {}


@pytest.mark.parametrize("name", LANGUAGES)
def test_no_mend_of_the_console_is_a_command(name: str) -> None:
    """Each has words of its own for people without a terminal."""
    mends = _mends()
    assert len(mends) > 15
    with language(name):
        assert [here for _command, here in mends if COMMAND.search(_(here))] == []


def test_what_holds_a_text_back_is_said_without_a_command() -> None:
    """The verdict is the same wherever it is read; only the mend is worded for the place."""
    apart = ("cannot_be_sent", "list_unreadable")
    assert [key for key, each in REASONS.items() if COMMAND.search(each.sentence) and key not in apart] == []


def test_an_error_has_a_mend_for_each_place() -> None:
    """With the error's own fields."""
    refused = Refused(N_("There is no run {run}."), mend=MADE_BY_HAND, run=7)
    assert str(refused) == "There is no run 7. Look at it: notifier runs show 7."
    assert refused.in_console() == "There is no run 7. “Review” shows the run."
    assert refused.verdict() == with_mend(refused.verdict(), "") == "There is no run 7."


def test_a_value_that_is_missing_is_called_as_on_the_chips() -> None:
    """Not by the name a template writes."""
    assert detail_words("missing_value", "insurance.ends_on") == "policy end"
