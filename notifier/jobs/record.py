"""Recording what became of POSTs: the attempt, its message, and what the answer teaches about phone and lane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from notifier.domain.states import MessageState
from notifier.gateways.base import Answer, AnswerKind, Policy
from notifier.jobs.receive import learn_about_phones, take_up_early_events
from notifier.store import lanes
from notifier.store.attempts import Claimed
from notifier.store.engine import Session
from notifier.store.transitions import Applied, AttemptChange, apply_events

NOT_BEGUN = "post_not_begun"
STATE_COUNTED_AS = {
    AnswerKind.ACCEPTED: "accepted",
    AnswerKind.REFUSED: "failed",
    AnswerKind.AMBIGUOUS: "unknown",
    AnswerKind.FREE: "free",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """One claimed text and what came back."""

    text: Claimed
    answer: Answer


def record_answers(session: Session, gateway: str, answered: Sequence[Answered]) -> Counter[str]:
    """Write down a batch of answers in the caller's transaction.

    Returns how many messages stand now as accepted, failed, unknown or free (to be tried again).
    """
    changes = [
        AttemptChange(item.text.message_id, item.text.n, item.answer.event, sid=item.answer.sid,
                      code=item.answer.code, text=item.answer.text)
        for item in answered
    ]  # fmt: skip
    applied = apply_events(session, changes)
    learn_about_phones(session, [(item.text.message_id, item.answer.policy, item.answer.code) for item in answered])
    sids = [item.answer.sid for item in answered if item.answer.sid]
    take_up_early_events(session, gateway, sids)
    _learn_about_lane(session, gateway, [item.answer for item in answered])
    return Counter(_counted_as(item, result) for item, result in zip(answered, applied, strict=True))


def _counted_as(item: Answered, result: Applied) -> str:
    """What the answer made of the message; a callback that came first may have settled it already."""
    if item.answer.kind is AnswerKind.AMBIGUOUS and result.after is not MessageState.UNKNOWN:
        return "accepted"
    return STATE_COUNTED_AS[item.answer.kind]


def _learn_about_lane(session: Session, gateway: str, answers: Sequence[Answer]) -> None:
    for answer in answers:
        if answer.policy is Policy.STOP_LANE:
            lanes.stop(session, gateway, code=answer.code or "", error=answer.text or answer.code or "")
            return
    refused = [answer for answer in answers if answer.kind is AnswerKind.FREE and answer.code != NOT_BEGUN]
    if refused:
        waits = [answer.retry_after for answer in refused if answer.retry_after is not None]
        last = refused[-1]
        lanes.back_off(session, gateway, seconds=max(waits) if waits else None, error=last.text or last.code or "")
    elif any(answer.kind in (AnswerKind.ACCEPTED, AnswerKind.REFUSED) for answer in answers):
        lanes.calm(session, gateway)
