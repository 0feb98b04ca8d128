"""Recording what became of POSTs: the attempt, its message, and what the answer teaches about phone and lane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notifier.domain.states import MessageState
from notifier.gateways.base import Answer, AnswerKind, Policy
from notifier.jobs.receive import heed_codes, take_up_early_events
from notifier.store import lanes
from notifier.store.claims import Claimed
from notifier.store.engine import Session
from notifier.store.transitions import AttemptChange, apply_events

NOT_BEGUN = "post_not_begun"
GIVEN_BACK = "given_back"
INTERRUPTED = "interrupted"
OUR_OWN_DOING = (GIVEN_BACK, INTERRUPTED)  # nothing of the provider's
COUNTED_AS: Mapping[MessageState | None, str] = {
    MessageState.ACCEPTED: "accepted",
    MessageState.SENT: "accepted",
    MessageState.DELIVERED: "accepted",
    MessageState.UNDELIVERED: "accepted",
    MessageState.FAILED: "failed",
    MessageState.UNKNOWN: "unknown",
    MessageState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """One claimed text and what came back."""

    text: Claimed
    answer: Answer


def record_answers(
    session: Session,
    gateway: str,
    answered: Sequence[Answered],
    *,
    in_doubt: bool = False,
    was_troubled: bool = True,
) -> Counter[str]:
    """Write down a batch of answers in the caller's transaction.

    `in_doubt`: so many POSTs in a row came to no clear answer that the lane had better wait. `was_troubled`: the lane
    was in trouble when these texts were claimed, so an answer ends that.
    Returns how many messages stand now as accepted, failed, unknown, cancelled or free (to be tried again); a
    callback that came first may have settled one otherwise than its answer says.
    """
    changes = [
        AttemptChange(item.text.message_id, item.text.n, item.answer.event, sid=item.answer.sid,
                      code=item.answer.code, text=item.answer.text)
        for item in answered
    ]  # fmt: skip
    applied = apply_events(session, changes)
    heed_codes(session, [(item.text.message_id, item.answer.policy, item.answer.code) for item in answered])
    sids = [item.answer.sid for item in answered if item.answer.sid]
    take_up_early_events(session, gateway, sids)
    _learn_about_lane(
        session, gateway, [item.answer for item in answered], in_doubt=in_doubt, was_troubled=was_troubled
    )
    return Counter(COUNTED_AS.get(result.after, "free") for result in applied)


def _learn_about_lane(
    session: Session, gateway: str, answers: Sequence[Answer], *, in_doubt: bool, was_troubled: bool
) -> None:
    for answer in answers:
        if answer.policy is Policy.STOP_LANE:
            lanes.stop(session, gateway, code=answer.code or "", error=answer.text or answer.code or "")
            return
    # A POST not begun for want of lease counts too: whoever is that slow must not claim and give back without end.
    troubles = (AnswerKind.FREE, AnswerKind.AMBIGUOUS) if in_doubt else (AnswerKind.FREE,)
    refused = [answer for answer in answers if answer.kind in troubles and answer.code not in OUR_OWN_DOING]
    if refused:
        waits = [answer.retry_after for answer in refused if answer.retry_after is not None]
        last = refused[-1]
        lanes.back_off(session, gateway, seconds=max(waits) if waits else None, error=last.text or last.code or "")
    elif was_troubled and any(answer.kind in (AnswerKind.ACCEPTED, AnswerKind.REFUSED) for answer in answers):
        lanes.calm(session, gateway)
