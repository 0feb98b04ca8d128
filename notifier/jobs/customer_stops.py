"""Texts to one customer stopped and allowed again by a person, marketing alone or all of them; complaints settled."""

from __future__ import annotations

from notifier.dms.cleaning import clean_text
from notifier.domain.consents import BY_DESK, is_by_desk
from notifier.errors import BadInput, NotFound, Refused
from notifier.jobs.customer_doing import Doing, person_to_change
from notifier.locale import N_
from notifier.store.complaints import close_complaint
from notifier.store.consents import Told, give_back_consent, refuse_marketing
from notifier.store.dossiers import PersonFacts, StopRow, complaints_of, stop_of
from notifier.store.engine import Session
from notifier.store.suppressions import has_said_stop_since, lift, suppress

__all__ = [
    "allow_marketing", "is_liftable", "is_marketing_liftable", "lift_stop", "settle_complaint", "stop_marketing",
    "stop_texts",
]  # fmt: skip


def stop_texts(session: Session, doing: Doing, why: str) -> int:
    """Put the customer's phone on the stop list; how many planned texts were cancelled, in the same transaction.

    Raises Refused without a phone, or where the list has it already.
    """
    person = person_to_change(session, doing)
    if person.phone_key is None:
        raise Refused(N_("The customer has no phone, so no text goes to them anyway."))
    known = stop_of(session, person.phone_key)
    if known is not None and known.lifted_at is None:
        raise Refused(N_("The phone is on the stop list already."))
    reason = _reason(why)
    cancelled = suppress(session, person.phone_key, reason="staff", source=_source(doing, reason))
    doing.write_down(session, "stop", after={"why": reason, "cancelled": cancelled})
    return cancelled


def lift_stop(session: Session, doing: Doing, why: str) -> None:
    """Take the phone off the stop list, where a person put it there: never against the customer's own word.

    Raises Refused for a stop the customer or the carrier said, and where there is none.
    """
    person = person_to_change(session, doing)
    known = stop_of(session, person.phone_key, to_change=True) if person.phone_key else None
    if person.phone_key is None or known is None or known.lifted_at is not None:
        raise Refused(N_("The phone is not on the stop list."))
    if not is_liftable(session, person.phone_key, known):
        raise Refused(
            N_("The customer said stop themselves; only they can take it back, by texting START to the shop's number.")
        )
    reason = _reason(why)
    lift(session, person.phone_key)
    doing.write_down(session, "lift_stop", before={"source": known.source, "since": known.since}, after={"why": reason})


def is_liftable(session: Session, phone_key: str, stop: StopRow) -> bool:
    """Whether a person put the phone there at a desk, and the customer has not said stop since."""
    if stop.reason != "staff" or not is_by_desk(stop.source):
        return False
    return not has_said_stop_since(session, phone_key, stop.since)


def stop_marketing(session: Session, doing: Doing, why: str) -> int:
    """Offers and greetings end, service goes on; how many planned texts were cancelled, in the same transaction.

    Raises Refused where the customer has refused marketing already.
    """
    person = person_to_change(session, doing)
    if person.consent == "no":
        raise Refused(N_("This customer gets no marketing already."))
    reason = _reason(why)
    cancelled = refuse_marketing(session, person.id, Told(doing.now, doing.today, _source(doing, reason)))
    now = {"consent": "no", "since": doing.today, "why": reason, "cancelled": cancelled}
    doing.write_down(session, "stop_marketing", before=_consent_of(person), after=now)
    return cancelled


def allow_marketing(session: Session, doing: Doing, why: str) -> str:
    """Take back a refusal a person entered; the consent that stands again: yes, or unknown where there was none.

    Raises Refused where the customer has not refused, or has said so in their own words: on the phone, in the DMS.
    """
    person = person_to_change(session, doing)
    if person.consent != "no":
        raise Refused(N_("This customer has not refused marketing."))
    if not is_marketing_liftable(person):
        raise Refused(
            N_("The customer refused marketing themselves; only a newer consent of theirs, entered in the DMS with its "
               "day, changes that.")
        )  # fmt: skip
    reason = _reason(why)
    value = give_back_consent(session, person.id, Told(doing.now, doing.today, _source(doing, reason)))
    now = {"consent": value, "since": doing.today, "why": reason}
    doing.write_down(session, "allow_marketing", before=_consent_of(person), after=now)
    return value


def is_marketing_liftable(person: PersonFacts) -> bool:
    """Whether a person refused it for them at a desk, and nothing since was the customer's own word."""
    return person.consent == "no" and is_by_desk(person.consent_source)


def settle_complaint(session: Session, doing: Doing, complaint_id: int, note: str) -> None:
    """The complaint is settled: what it held back may go out again. Raises NotFound where none of theirs is open."""
    person = person_to_change(session, doing)
    if complaint_id not in {each.id for each in complaints_of(session, person.id) if each.closed_on is None}:
        raise NotFound(N_("This complaint is settled already."))
    done = clean_text(note, 500)
    close_complaint(session, complaint_id, day=doing.today, note=done)
    doing.write_down(session, "settle_complaint", after={"complaint": complaint_id, "note": done})


def _consent_of(person: PersonFacts) -> dict[str, object]:
    return {"consent": person.consent, "since": person.consent_since}


def _source(doing: Doing, reason: str) -> str:
    return f"{BY_DESK}{doing.actor.name}: {reason}"


def _reason(why: str) -> str:
    reason = clean_text(why, 100)
    if reason is None:
        raise BadInput(N_("Say why; whoever looks at this customer next year will want to know."))
    return reason
