"""What comes of a call, and why a customer stays away, in words: the drop-downs of the worklist and what people read.

What is read back in (notifier/dms/calls.py) knows these words in every language; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from notifier.locale import N_, _

__all__ = ["REASON_WORDS", "RESULT_WORDS", "reason_code_word", "result_word"]

RESULT_WORDS: Mapping[str, str] = {
    "reached": N_("spoke to them"),
    "booked": N_("booked"),
    "call_again": N_("call again"),
    "no_answer": N_("no answer"),
    "declined": N_("not this time"),
    "already_done": N_("done already"),
    "sold": N_("car sold"),
    "wrong_number": N_("wrong number"),
    "refused": N_("wants no offers"),
    "do_not_text": N_("wants no texts"),
}

REASON_WORDS: Mapping[str, str] = {
    "price": N_("price"),
    "skill": N_("quality of repair"),
    "waiting": N_("waiting time"),
    "distance": N_("too far"),
    "own_garage": N_("another garage"),
    "little_driving": N_("little driving"),
    "sold": N_("car sold"),
    "other": N_("other reason"),
}


def result_word(result: str | None) -> str:
    """A result in the reader's language; an unknown one as it is, none as nothing."""
    return _(RESULT_WORDS.get(result, result)) if result else ""


def reason_code_word(code: str | None) -> str:
    """A reason in the reader's language; an unknown one as it is, none as nothing."""
    return _(REASON_WORDS.get(code, code)) if code else ""
