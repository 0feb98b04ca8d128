"""The sentences of `explain`, each made whole in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo

from notifier.domain.consents import BY_DESK, is_by_desk
from notifier.domain.rules import RULES
from notifier.domain.service_due import Reading
from notifier.jobs.reasons import PHONE_WORDS, REASONS, cancel_words, detail_words
from notifier.locale import N_, _
from notifier.locale.mends import Mend
from notifier.store.histories import ToldRow

__all__ = [
    "STATUSES", "consent_words", "driven", "gets", "kept_out", "mend_of_told", "not_due", "not_due_of",
    "not_long_enough", "nothing_due", "over", "phone_words", "status_of", "stop_words", "switched_off", "told", "waits",
]  # fmt: skip

STATUSES = (
    "gets", "waiting", "texted", "withheld", "deferred", "excluded", "not_due", "over", "nothing_due", "cancelled",
    "failed", "unknown", "off",
)  # fmt: skip
"""What an answer of `explain` can be; docs/json.md says what each means."""

_STATUS_OF = {
    "planned": "waiting", "sending": "waiting", "accepted": "texted", "sent": "texted", "delivered": "texted",
    "undelivered": "texted", "withheld": "withheld", "cancelled": "cancelled", "failed": "failed", "unknown": "unknown",
}  # fmt: skip


def status_of(state: str) -> str:
    """The status of a touch whose message is in `state`."""
    return _STATUS_OF[state]


def stop_words(reason: str, source: str | None, day: date) -> str:
    """Why and since when a phone is on the stop list, as part of a sentence."""
    if reason == "stop":
        return _("replied “{words}” on {day}").format(words=source or "–", day=day)
    if reason == "carrier":
        return _("the carrier reported an opt-out (code {code}) on {day}").format(code=source or "–", day=day)
    return _("entered by staff ({source}) on {day}").format(source=source_words(source), day=day)


def phone_words(unreachable: str | None) -> str:
    """What is wrong with a phone: what the import doubted, or the provider's code."""
    if unreachable is None:
        return _(PHONE_WORDS["missing"])
    known = PHONE_WORDS.get(unreachable)
    return _(known) if known else _("the provider's code {code}").format(code=unreachable)


def consent_words(source: str | None, since: date | None) -> str:
    """Where a consent, or its refusal, comes from."""
    if is_by_desk(source):
        return _("entered by {clerk}, on {day}").format(clerk=source_words(source), day=since or "–")
    return _("source {source}, since {day}").format(source=source_words(source), day=since or "–")


def source_words(source: str | None) -> str:
    """Where a stop or a consent comes from: a call by staff, or the words of who wrote it."""
    if source == "call":
        return _("a call")
    if source is not None and source.startswith("call "):
        return _("a call by {clerk}").format(clerk=source.removeprefix("call "))
    return (source or "–").removeprefix(BY_DESK)


def switched_off() -> str:
    """The campaign does not run at all."""
    return _("The campaign is switched off in schedules.yaml.")


def nothing_due(rule: str) -> str:
    """The rule finds nothing about this customer."""
    return _(RULES[rule].nothing_due)


def kept_out(reason: str | None, detail: str | None) -> str:
    """The customer gets no text, and why."""
    return _("Gets no text: {why}").format(why=_why(reason, detail))


def waits(reason: str | None, detail: str | None) -> str:
    """The text is put off, and why."""
    return _("Put off: {why}").format(why=_why(reason, detail))


def _why(reason: str | None, detail: str | None) -> str:
    known = REASONS.get(reason or "")
    return _(known.sentence).format(detail=detail_words(reason, detail) or "–") if known else f"{reason} ({detail})"


def gets(touch: str, at: datetime | None) -> str:
    """The run due now plans it, or the one at `at`. `touch`: which of the campaign's texts, in words."""
    if at is None:
        return _("Gets the text “{touch}” with the run that is due now.").format(touch=touch)
    return _("Gets the text “{touch}” when the campaign runs next, on {moment}.").format(
        touch=touch, moment=f"{at:%Y-%m-%d %H:%M}"
    )


def not_due(opens_on: date, due_on: date, first: date | None, last: date | None) -> str:
    """Nothing is open yet."""
    if first is not None and last is not None and first < last:
        return _("Not due until {opens}; the service is expected on {due} ({first} to {last}).").format(
            opens=opens_on, due=due_on, first=first, last=last
        )
    return _("Not due until {opens}; the service is expected on {due}.").format(opens=opens_on, due=due_on)


_NOT_DUE_YET = N_("Not due until {opens}; the day itself is {due}.")
_NOT_DUE: Mapping[str, str] = {
    "first_service": N_("Not due until {opens}; the first service is expected on {due}."),
    "insurance_expiry": N_("Not due until {opens}; the policy ends on {due}."),
    "inspection": N_("Not due until {opens}; the inspection ends on {due}."),
    "loan_end": N_("Not due until {opens}; the last instalment falls on {due}."),
    "warranty_end": N_("Not due until {opens}; the warranty ends on {due}."),
    "birthday": N_("Not due until {opens}; the birthday is on {due}."),
    "anniversary": N_("Not due until {opens}; the anniversary of the delivery is on {due}."),
    "festival": N_("Not due until {opens}; the festival is on {due}."),
    "thank_you": N_("Delivered on {due}; the first thank-you opens on {opens}."),
    "follow_up": N_("Was here on {due}; the first question about it opens on {opens}."),
    "points": N_("Not due until {opens}; the points end on {due}."),
    "level": N_("The level is known since {due}; the text about it opens on {opens}."),
    "referral": N_("The car recommended was delivered on {due}; the thanks open on {opens}."),
    "tips": N_("Not due until {opens}; the day of the topic is {due}."),
    "list": N_("Not due until {opens}; the day of the list is {due}."),
}


def not_due_of(rule: str, opens_on: date, due_on: date) -> str:
    """Nothing is open yet, in the words of the rule; one without words of its own is told by its day."""
    return _(_NOT_DUE.get(rule, _NOT_DUE_YET)).format(opens=opens_on, due=due_on)


def driven(*, irregular: bool, told: Reading | None) -> Iterator[str]:
    """What is to be known of a predicted day: that it is a guess, and what the owner told."""
    if irregular:
        yield _("The car is used very unevenly (a season in the garage, say), so the day is a guess.")
    if told is not None:
        yield _("The customer told {km} km on {day}.").format(km=f"{told.km:,}", day=told.day)


def not_long_enough(opens_on: date, seen_on: date) -> str:
    """The customer has been here too lately for a win-back."""
    return _("Not due until {opens}; the last visit or delivery was on {day}.").format(opens=opens_on, day=seen_on)


def over(closes_on: date) -> str:
    """Every stage is closed and none was planned."""
    return _("Its last day was {day}; no text was planned for it.").format(day=closes_on)


def told(row: ToldRow, zone: tzinfo) -> str:
    """Where the message of a touch stands."""
    day = f"{(row.sent_at or row.not_before).astimezone(zone):%Y-%m-%d}"
    moment = f"{row.not_before.astimezone(zone):%Y-%m-%d %H:%M}"
    if row.state == "planned" and row.run_state == "review":
        return _("A text is ready and waits for a person to release its run.")
    if row.state == "cancelled":
        return _("The text was cancelled: {why}.").format(why=cancel_words(row.reason))
    sentence = _TOLD[row.state]
    return _(sentence).format(day=day, moment=moment, code=row.reason or "–", message=row.id)


_TOLD: Mapping[str, str] = {
    "planned": N_("A text is planned and goes out from {moment}."),
    "sending": N_("The text is being handed over right now."),
    "accepted": N_("Was texted already on {day} (accepted)."),
    "sent": N_("Was texted already on {day} (sent, no receipt yet)."),
    "delivered": N_("Was texted already on {day} (delivered)."),
    "undelivered": N_("Was texted already on {day}, but it was not delivered ({code})."),
    "withheld": N_("Gets no text: is in the control group, and was counted there on {day}."),
    "failed": N_("The text was refused for good on {day} ({code})."),
    "unknown": N_("Nobody can tell yet whether the text of {day} went out."),
}
_RELEASE = Mend(N_("Look at it: notifier runs show {run}."), N_("“Review” shows the run."), "review")
_ASKS_BY_ITSELF = Mend(
    N_("Ask the provider now: notifier reconcile; all of them: notifier unknown list."),
    N_("Notifier asks the SMS provider by itself and does not send it twice."),
)


def mend_of_told(row: ToldRow) -> Mend | None:
    """What can be done about the message of a touch; None where nothing is to be done."""
    if row.state == "planned" and row.run_state == "review":
        return _RELEASE.about(run=row.run_id)
    return _ASKS_BY_ITSELF if row.state == "unknown" else None
