"""What a form says at a field: in the words of its screen, not of the file."""

from __future__ import annotations

import re

import pytest

from notifier.locale import language
from notifier.schedules.field_problems import checked_campaign, checked_guards
from notifier.schedules.trees import Tree
from notifier.web.console.campaign_form.field_sentences import said_plainly
from tests.unit.test_schedules_forms import CARE

TOUCHES = {"early": "Reminder 1", "last": "Reminder 2"}
OF_THE_FILE = re.compile(r"\b(stage|early|last|key|line|[a-z]+_[a-z]+)\b|\d[dhm]\b|[{}]")
"""Words and figures that only who reads schedules.yaml knows."""


def said(values: dict[str, Tree], *, guards: bool = False) -> list[str]:
    """The sentences of a form with these values."""
    entry = values if guards else {**CARE, **values}
    if guards:
        _made, problems = checked_guards(entry)
    else:
        _campaign, problems = checked_campaign(
            "care", entry, currency="CNY", templates={"care"}, templates_in="templates/sms", shops=["main"]
        )  # fmt: skip
    with language("en"):
        return [said_plainly(problem, "It", entry, TOUCHES) for problem in problems]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"stages": {"early": "", "last": "-3"}}, "Reminder 1: say how many days or months."),
        ({"stages": {"early": "-3", "last": "-3"}},
         "It: Reminder 1 and Reminder 2 open on the same day; move one of them."),
        ({"template": ""}, "Choose a text for every reminder."),
        ({"template": {"early": "care", "last": ""}}, "Choose a text for every reminder."),
        ({"template": "nope"}, "There is no text nope any more; choose another one."),
        ({"template": {"early": {"a": "care", "b": "care"}, "last": "care"}},
         "Reminder 1: choose another text for each wording that is compared."),
        ({"audience": {"last_visit": {"from": "999y"}}},
         "It is 999 years; it must lie between 0 days and 50 years."),
        ({"control": "10%", "stages": {"last": "-3"}},
         "Of service reminders the last one always goes out, so a control group needs two reminders or more."),
        ({"control": "10%", "kind": "safety"},
         "Texts of this kind are never held back, so there is no control group: set it to 0%."),
        ({"control": "60%"}, "It is 60%; it must lie between 0% and 50%."),
        ({"grace": "40d"}, "It is 40 days; it must lie between 1 hour and 31 days."),
        ({"coupon": {"value": "", "valid": "60d"}},
         "Say what the coupon is worth, and for how many days it is valid."),
        ({"audience": {"last_visit": {}}},
         "Fill in each condition, of two figures the smaller one first, or remove it."),
    ],
)  # fmt: skip
def test_a_campaign_s_field_speaks_plainly(values: dict[str, Tree], sentence: str) -> None:
    """No stage names, no “24h”, no braces."""
    assert said(values) == [sentence]
    assert not OF_THE_FILE.search(sentence.replace("the last one", "").replace("It ", ""))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"quiet_hours": "25:00-09:00"}, "Write both times like 20:00."),
        ({"quiet_hours": "20:00-"}, "Write both times like 20:00."),
        (
            {"quiet_hours": "20:00-20:00"},
            "They start and end at the same time; choose two different times, or switch quiet hours off.",
        ),
        ({"frequency_cap": {"messages": "2"}}, "Say both: how many texts, and in how many days."),
        ({"data_max_age": {"visits": "999d"}}, "It is 999 days; it must lie between 1 hour and 366 days."),
    ],
)
def test_so_does_a_guard_s(values: dict[str, Tree], sentence: str) -> None:
    """The same of what holds for all campaigns."""
    assert said(values, guards=True) == [sentence]


def test_what_is_written_as_text_is_told_by_the_reader_of_the_file() -> None:
    """Grouped conditions are edited as the file writes them, so its words are right there."""
    (sentence,) = said({"audience": {"any": [{"nothing": "x"}]}})
    assert "not a known key" in sentence
