"""One registry of reason words: the code's, the people's and the programs' (docs/json.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from notifier.jobs import sayings
from notifier.jobs.reasons import (
    CANCELLED,
    DOUBTED_ADVICE,
    IMPORT_WORDS,
    PHONE_WORDS,
    REASONS,
    REJECTED_ADVICE,
    cancel_words,
    short_words,
)
from notifier.store.contacts import WRONG_NUMBER
from notifier.store.phones import PHONE_DOUBTS
from notifier.store.put_off import GIVEN_BACK
from notifier.store.tables import Vehicle
from notifier.store.touches import CLOSING_ANSWERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/json.md").read_text(encoding="utf-8")
DOCUMENTED = set(re.findall(r"`([a-z_]+)`", PAGE))
DECIDING = [ROOT / "notifier/domain/guards.py", *sorted((ROOT / "notifier/jobs/plan").glob("*.py"))]
DECIDING.append(ROOT / "notifier/jobs/explainer.py")
CANCELLING = [*sorted((ROOT / "notifier/store").glob("*.py")), *sorted((ROOT / "notifier/jobs").glob("*.py"))]
MAKES_A_DECISION = {"_excluded": 0, "_deferred": 0, "Decision": 1}
CANCELS = {"_cancel": 1} | dict.fromkeys(
    ("close_touches", "close_cycles_of_message", "cancel_for_phone", "cancel_by_ids", "put_off"), 2
)


def _calls(files: list[Path], places: dict[str, int]) -> Iterator[str]:
    """The literal reason of every call of these functions (name → which argument it is)."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "") or getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and name in places and len(node.args) > places[name]:
                argument = node.args[places[name]]
                chosen = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
                yield from (part.value for part in chosen if isinstance(part, ast.Constant) and type(part.value) is str)


def _vehicle_states() -> list[str]:
    described = Vehicle.model_fields["state"].description or ""
    return [f"vehicle_{state}" for state in described.split(", ") if state != "in_use"]


WAITING = {"data_too_old", "import_unfinished", "cannot_be_sent", "list_unreadable", "unknown_person"}
VOIDED = {"review_expired", "run_rejected", *GIVEN_BACK}
REASONS_OF_CODE = sorted({*_calls(DECIDING, MAKES_A_DECISION), *_vehicle_states(), *CLOSING_ANSWERS, *WAITING, *VOIDED})


def test_the_scan_finds_reasons() -> None:
    """The scan reads guards, pace and arms, or the tests below would hold nothing."""
    assert {"came", "consent_unknown", "frequency_cap", "campaign_control", "window_closed"} <= set(REASONS_OF_CODE)


@pytest.mark.parametrize("reason", REASONS_OF_CODE)
def test_every_reason_a_plan_can_give_has_words(reason: str) -> None:
    """In the registry for people and in docs/json.md for programs."""
    assert reason in REASONS
    assert reason in DOCUMENTED


def test_no_reason_is_left_that_nothing_gives() -> None:
    """The registry holds what the code can say, and no more."""
    assert set(REASONS) == set(REASONS_OF_CODE) | {"vehicle_missing"}


@pytest.mark.parametrize("reason", sorted({*_calls(CANCELLING, CANCELS), "void", "merged", "opted_out", "unreachable"}))
def test_every_cancellation_has_words(reason: str) -> None:
    """Why a text was cancelled is said in explain and listed in docs/json.md."""
    assert reason in CANCELLED
    assert cancel_words(reason) != reason
    assert reason in DOCUMENTED


@pytest.mark.parametrize("status", sayings.STATUSES)
def test_every_status_of_explain_is_documented(status: str) -> None:
    """An answer's status is a fixed word of docs/json.md."""
    assert status in DOCUMENTED


@pytest.mark.parametrize("word", sorted(IMPORT_WORDS))
def test_every_word_of_an_import_is_documented(word: str) -> None:
    """Reasons of rejected and doubted rows."""
    assert word in DOCUMENTED


def _listed(start: str) -> list[str]:
    """The words of one of docs/json.md's lists."""
    return re.findall(r"`([a-z_]+)`", PAGE.partition(f"\n{start} ")[2].partition("\n\n")[0])


@pytest.mark.parametrize("start, advice", [("Rejected for:", REJECTED_ADVICE), ("Warned of:", DOUBTED_ADVICE)])
def test_every_word_of_an_import_comes_with_what_to_do(start: str, advice: Mapping[str, str]) -> None:
    """A clerk is never left with a reason alone; and the registry holds no advice that nobody gets."""
    assert set(advice) == set(_listed(start))
    assert set(REJECTED_ADVICE) | set(DOUBTED_ADVICE) == set(IMPORT_WORDS)


def test_every_doubt_about_a_phone_has_words() -> None:
    """What an import, or a call by staff, keeps as the reason why nobody can be texted."""
    assert {*PHONE_DOUBTS, WRONG_NUMBER} == set(PHONE_WORDS)


def test_an_unknown_reason_is_shown_as_it_is() -> None:
    """A word of a newer version hides nothing."""
    assert short_words("brand_new") == "brand_new"
