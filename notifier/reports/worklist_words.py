"""The worklist in words: why somebody is to be called, what was texted and answered, and how to fill the list in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from notifier.locale import N_, _, ngettext
from notifier.locale.contact_words import reason_code_word, result_word
from notifier.reports import numbers
from notifier.reports.worklist import ASKS, NOT_COME, NOT_TEXTED, REST, Worklist, WorklistRow

__all__ = [
    "GROUPS", "ReasonWords", "advice_on_filling", "answers_words", "headline", "last_call_words", "phone_words",
    "remarks", "texts_words", "why_words",
]  # fmt: skip

ReasonWords = Callable[[str], str]

GROUPS: Mapping[str, str] = {
    ASKS: N_("Ask for something by reply"),
    NOT_COME: N_("Texted, have not come"),
    NOT_TEXTED: N_("Could not be texted"),
    REST: N_("The rest"),
}
_STATES: Mapping[str, str] = {
    "planned": N_("planned"), "sending": N_("being sent"), "accepted": N_("accepted"), "sent": N_("sent"),
    "delivered": N_("delivered"), "undelivered": N_("undelivered"), "failed": N_("failed"), "unknown": N_("unknown"),
}  # fmt: skip
_ASKED: Mapping[str, str] = {
    "booking": N_("asks for an appointment"),
    "quote": N_("asks for a quotation"),
    "help": N_("asks for help"),
}
_ANSWERS: Mapping[str, str] = {
    "booking": N_("wants an appointment"), "quote": N_("wants a quotation"), "already_done": N_("done already"),
    "sold": N_("car sold"), "stop": N_("wants no texts"), "start": N_("wants texts again"), "help": N_("asks for help"),
}  # fmt: skip
LONGEST_WORDS = 60


def why_words(row: WorklistRow, reason_words: ReasonWords) -> str:
    """Why to call, in a few words. `reason_words` says a reason of a plan or a cancellation."""
    if row.group == ASKS:
        return _(_ASKED.get(row.why or "", N_("has written, and waits for an answer")))
    if row.group == NOT_COME:
        return _("texted, has not renewed") if row.why == "renewal" else _("texted, has not come")
    if row.group == NOT_TEXTED:
        reason = row.why or ""
        why = _(_STATES[reason]) if reason in _STATES else reason_words(reason)
        return _("could not be texted: {why}").format(why=why)
    if row.why == "planned":
        return _("a text is planned")
    return _("its text waits: {why}").format(why=reason_words(row.why or ""))


def texts_words(row: WorklistRow) -> str:
    """What was texted: touch, day and state of each text."""
    return "; ".join(f"{text.touch} {text.day} {_(_STATES.get(text.state, text.state))}" for text in row.texts)


def answers_words(row: WorklistRow) -> str:
    """What they answered: day and meaning, or their own words."""
    return "; ".join(f"{day} {_said(meaning, words)}" for day, meaning, words in row.answers)


def _said(meaning: str, words: str) -> str:
    if meaning in _ANSWERS:
        return _(_ANSWERS[meaning])
    plain = " ".join(words.split())
    return plain if len(plain) <= LONGEST_WORDS else f"{plain[: LONGEST_WORDS - 1]}…"


def last_call_words(row: WorklistRow) -> str:
    """The latest call about the same: day, clerk, result, reason, when to call again, note."""
    call = row.last_call
    if call is None:
        return ""
    again = _("call again on {day}").format(day=call.next_contact_on) if call.next_contact_on else None
    parts = (call.clerk, result_word(call.result), reason_code_word(call.reason_code), again, call.note)
    return " · ".join([str(call.contacted_on), *(part for part in parts if part)])


def phone_words(phone: str | None, region: str) -> str:
    """As clerks dial it: a Chinese number without +86 for a shop in China, any other as it is."""
    if phone and region == "CN" and phone.startswith("+86"):
        return phone.removeprefix("+86")
    return phone or ""


def headline(report: Worklist) -> str:
    """How many rows of which group."""
    groups = [
        f"{_(title)} {numbers.count(found)}"
        for group, title in GROUPS.items()
        if (found := sum(row.group == group for row in report.rows))
    ]
    rows = ngettext("{number} row", "{number} rows", len(report.rows)).format(number=numbers.count(len(report.rows)))
    return " · ".join([rows, *groups])


def remarks(report: Worklist) -> Iterator[str]:
    """What must be known to read the list."""
    if not report.rows:
        yield _("Nobody is to be called: nothing was texted or decided in these days, or everybody has come.")
    if report.in_control:
        yield ngettext(
            "{number} row of the control groups is not listed: a call would spoil the comparison.",
            "{number} rows of the control groups are not listed: a call would spoil the comparison.",
            report.in_control,
        ).format(number=numbers.count(report.in_control))


def advice_on_filling(report: Worklist) -> Iterator[str]:
    """The second sheet: how to fill the list in, and how it comes back."""
    yield _("Fill in the shaded columns, one row a call; leave a row empty where nobody has called yet.")
    yield _("Choose result and reason from the list of the cell. A call without its day counts for the day of import.")
    yield _("Call twice: write the second call's day over the first and import again; each day is kept.")
    yield _("Sort and filter as you like, always the whole table. Leave the two last columns as they are.")
    yield _("Then: notifier import contacts FILE. Importing the same file twice changes nothing.")
    yield _("“wants no offers” ends marketing, “wants no texts” every SMS.")
    yield _("“car sold” ends the reminders about that car, “wrong number” all texts to that phone.")
    yield from remarks(report)
