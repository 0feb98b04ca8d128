"""What a customer's page says, each sentence whole in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, tzinfo

from notifier.jobs.reasons import cancel_words, import_words
from notifier.jobs.sayings import consent_words, phone_words, stop_words
from notifier.locale import N_, _
from notifier.store.dossier_outcomes import CreditRow
from notifier.store.dossier_talks import TextRow
from notifier.store.dossiers import PersonFacts, StopRow
from notifier.templating import REPLY_MEANINGS

__all__ = [
    "BOOKING_WORDS", "CAR_STATE_WORDS", "CATEGORY_WORDS", "CONSENT_WORDS", "MEANING_WORDS", "credit_words",
    "doubt_words", "reach_words", "refused_words", "state_words", "stopped_words", "word",
]  # fmt: skip

CAR_STATE_WORDS: Mapping[str, str] = {
    "in_use": N_("in use"),
    "sold": N_("sold"),
    "scrapped": N_("scrapped"),
    "pdi": N_("not delivered yet"),
    "test_drive": N_("test-drive car"),
    "stock": N_("in stock"),
}
CATEGORY_WORDS: Mapping[str, str] = {
    "first_service": N_("first service"),
    "maintenance": N_("maintenance"),
    "repair": N_("repair"),
    "accident": N_("accident repair"),
    "warranty": N_("warranty claim"),
    "decoration": N_("accessories"),
    "pdi": N_("pre-delivery inspection"),
    "internal": N_("internal order"),
    "other": N_("other work"),
}
CONSENT_WORDS: Mapping[str, str] = {
    "yes": N_("agreed to marketing"),
    "no": N_("refused marketing"),
    "unknown": N_("consent to marketing unknown: service reminders only"),
}
MEANING_WORDS: Mapping[str, str] = {
    **REPLY_MEANINGS,
    "stop": N_("wants no texts"),
    "start": N_("wants texts again"),
    "help": N_("asks for help"),
    "odometer": N_("tells the kilometres"),
    "text": N_("words for a person to read"),
    "empty": N_("an empty text"),
}
BOOKING_WORDS: Mapping[str, str] = {
    "asked": N_("asked for"),
    "booked": N_("agreed on"),
    "cancelled": N_("cancelled"),
}
_STATE_WORDS: Mapping[str, str] = {
    "planned": N_("Planned: leaves from {moment}"),
    "sending": N_("Being handed over right now"),
    "accepted": N_("Accepted by the provider; no receipt yet"),
    "sent": N_("Sent; no receipt yet"),
    "delivered": N_("Delivered {moment}"),
    "undelivered": N_("Not delivered ({why})"),
    "withheld": N_("Not sent on purpose: control group, for comparison"),
    "cancelled": N_("Not sent: {why}"),
    "failed": N_("Refused by the provider for good ({why})"),
    "unknown": N_("Nobody can tell yet whether it went out"),
}
_EVIDENCE: Mapping[str, str] = {
    "coupon": N_("Brought by the text of {day}: its coupon was used"),
    "booking": N_("Brought by the text of {day}: the customer booked by it"),
    "reply": N_("Brought by the text of {day}: the customer replied to it"),
    "sent": N_("Brought by the text of {day}: came within its time"),
}


def word(words: Mapping[str, str], value: str | None) -> str:
    """The word for a fixed value in the reader's language; one nobody knows as it is, none as a dash."""
    return _(words.get(value, value)) if value else "–"


def state_words(row: TextRow, zone: tzinfo) -> str:
    """What the state of a text means."""
    if row.state == "planned" and row.run_state == "review":
        return _("Ready, and waits for a person's review")
    at = (row.delivered_at or row.sent_at or row.not_before) if row.state == "delivered" else row.not_before
    why = cancel_words(row.reason) if row.state == "cancelled" else row.reason or "–"
    return _(_STATE_WORDS[row.state]).format(moment=f"{at.astimezone(zone):%Y-%m-%d %H:%M}", why=why)


def credit_words(credit: CreditRow, zone: tzinfo) -> str:
    """Which text brought an outcome, and what shows it."""
    day = credit.sent_at.astimezone(zone).date() if credit.sent_at else "–"
    return _(_EVIDENCE.get(credit.evidence, _EVIDENCE["sent"])).format(day=day)


def reach_words(person: PersonFacts) -> str | None:
    """Why no text reaches the phone; None where one does."""
    if person.phone is None and person.phone_key is None:
        return _("No mobile number on record ({why}).").format(why=phone_words(person.unreachable))
    if person.unreachable is not None:
        return _("No text reaches this phone ({why}).").format(why=phone_words(person.unreachable))
    return None


def stopped_words(stop: StopRow, said_on: tuple[str | None, date] | None, zone: tzinfo) -> str:
    """Why and since when no text at all goes to the phone. `said_on`: the customer's own words, and their day."""
    since = said_on[1] if said_on and stop.reason == "stop" else stop.since.astimezone(zone).date()
    why = stop_words(stop.reason, (said_on[0] if said_on else None) or stop.source, since)
    return _("Gets no text at all: {why}.").format(why=why)


def refused_words(person: PersonFacts, *, elsewhere: bool, gets_none: bool) -> str | None:
    """Why and since when no offers and greetings go to the customer, and that the rest does; None where they may.

    `elsewhere`: they have refused at another shop of the group. `gets_none`: no text of any kind reaches them anyway.
    """
    if person.consent == "no":
        why = consent_words(person.consent_source, person.consent_since)
    elif elsewhere:
        why = _("at another shop of the group")
    else:
        return None
    if gets_none:
        return _("Has refused marketing too ({why}).").format(why=why)
    return _("Gets no marketing ({why}). Service and safety texts still come.").format(why=why)


def doubt_words(doubts: tuple[str, ...]) -> str:
    """What of a call was not done, and why."""
    return "; ".join(import_words(doubt) for doubt in doubts)
