"""What `explain` found, as rows for people: one a campaign and car, each with one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from notifier.jobs.answers import Answer, Explained
from notifier.locale.mends import Mend

__all__ = ["Row", "about", "rows"]


@dataclass(frozen=True, slots=True)
class Row:
    """`title`: the campaign, of several occasions with the day; `car`: plate or VIN, empty where it is about nobody's.

    `status` is a fixed word (docs/json.md). `mend`: what can be done about it, worded for where it is read.
    """

    title: str
    car: str
    sentence: str
    status: str
    mend: Mend | None


def rows(explained: Explained, title: Callable[[str], str]) -> Iterator[Row]:
    """One row an answer; what is the same of several occasions (four festivals) is said once.

    `title`: of a campaign, by its key.
    """
    answers = list({(_subject(answer), answer.sentence): answer for answer in explained.answers}.values())
    several = Counter(map(_subject, answers))
    for answer in answers:
        said, subject = title(answer.campaign), _subject(answer)
        if several[subject] > 1 and answer.due_on is not None:
            said = f"{said} · {answer.due_on:%m-%d}"
        yield Row(said, subject[1], answer.sentence, answer.status, answer.mend)


def about(answer: Answer) -> str:
    """What of a campaign an answer is about: the car, the touch, the day."""
    return " · ".join(filter(None, (answer.plate or answer.vin, answer.touch, str(answer.due_on or ""))))


def _subject(answer: Answer) -> tuple[str, str]:
    return answer.campaign, answer.plate or answer.vin or ""
