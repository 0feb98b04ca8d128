"""The audit log in words: what was done, to what, and what is different since."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.domain.rules import rule_title
from notifier.jobs.customer_words import CAR_STATE_WORDS, CONSENT_WORDS, word
from notifier.jobs.sayings import source_words
from notifier.locale import N_, _
from notifier.locale.contact_words import reason_code_word, result_word
from notifier.reports.numbers import count
from notifier.reports.role_words import role_word
from notifier.reports.titles import Titles, state_word
from notifier.store.audit import Entry
from notifier.web.console.templates.words import language_name

__all__ = [
    "ACTION_WORDS", "Difference", "action_word", "deed_words", "differences", "line_changes", "who_words",
]  # fmt: skip

ACTION_WORDS: Mapping[str, str] = {
    "user.sign_in": N_("signed in"),
    "user.sign_in_failed": N_("failed to sign in"),
    "user.lock_out": N_("locked out after failed tries"),
    "user.sign_out": N_("signed out"),
    "user.sign_out_everywhere": N_("signed out everywhere"),
    "user.add": N_("added a person"),
    "user.change_role": N_("changed a person's role"),
    "user.end": N_("ended a person's access"),
    "user.let_in_again": N_("let a person in again"),
    "user.make_link": N_("made a one-time link"),
    "user.choose_password": N_("chose a password by a link"),
    "user.change_password": N_("changed the own password"),
    "user.change_preferences": N_("changed the own language or theme"),
    "customer.reveal_phone": N_("looked at a whole phone number"),
    "customer.call": N_("recorded a call"),
    "customer.correct": N_("corrected a customer"),
    "customer.correct_car": N_("corrected a car"),
    "customer.correct_phone": N_("corrected a phone number"),
    "customer.phone_is_right": N_("confirmed a phone number"),
    "customer.odometer": N_("entered an odometer reading"),
    "customer.stop": N_("stopped texts to a customer"),
    "customer.lift_stop": N_("allowed texts to a customer again"),
    "customer.stop_marketing": N_("stopped marketing to a customer"),
    "customer.allow_marketing": N_("allowed marketing to a customer again"),
    "customer.settle_complaint": N_("settled a complaint"),
    "campaign.pause": N_("paused a campaign"),
    "campaign.resume": N_("resumed a campaign"),
    "shop.pause": N_("paused a shop"),
    "shop.resume": N_("resumed a shop"),
    "run.approve": N_("released a run"),
    "run.reject": N_("rejected a run"),
    "schedules.edit": N_("changed schedules.yaml"),
    "schedules.undo": N_("took back a change of schedules.yaml"),
    "template.draft": N_("began a template draft"),
    "template.save": N_("saved a template draft"),
    "template.submit": N_("submitted a template for review"),
    "template.take_back": N_("took a template back from review"),
    "template.rebase": N_("put a draft on the newest version"),
    "template.drop": N_("dropped a template draft"),
    "template.publish": N_("published a template"),
    "template.write_file": N_("wrote the live version over a file"),
    "template.take_up_file": N_("took a file over as the next version"),
    "template.new_file": N_("took up a template file that was changed on the disk"),
    "template.test_send": N_("sent a test text"),
}

FIELD_WORDS: Mapping[str, str] = {
    "address": N_("network address"), "until": N_("closed until"), "role": N_("role"), "shop": N_("shop"),
    "language": N_("language"), "theme": N_("theme"), "phone": N_("phone"), "customer": N_("customer number"),
    "name": N_("name of the customer"), "sex": N_("sex"), "is_company": N_("is a company"),
    "birth_on": N_("born on"), "birth_mmdd": N_("birthday"), "birth_calendar": N_("calendar of the birthday"),
    "car": N_("car"), "plate": N_("number plate"), "model": N_("car model"), "state": N_("state"),
    "insurance_ends_on": N_("insurance ends on"), "inspection_ends_on": N_("inspection ends on"),
    "km": N_("kilometres"), "day": N_("on the day"), "why": N_("why"), "cancelled": N_("texts cancelled by it"),
    "source": N_("came from"), "consent": N_("consent to marketing"),
    "since": N_("since when"), "complaint": N_("number of the complaint"), "note": N_("note"),
    "purpose": N_("about"), "contacted_on": N_("called on"), "clerk": N_("called by"), "result": N_("result"),
    "reason_code": N_("reason"), "next_contact_on": N_("call again on"), "odometer": N_("kilometres"),
    "booked_for": N_("appointment on"), "paused": N_("paused"), "campaign": N_("campaign"),
    "texts": N_("texts planned"), "version": N_("version"), "base": N_("begun from version"),
}  # fmt: skip
THEME_WORDS = {"light": N_("light"), "dark": N_("dark")}
CALENDAR_WORDS = {"solar": N_("solar"), "lunar": N_("lunar")}
SEX_WORDS = {"f": N_("female"), "m": N_("male")}

BY_ITSELF = frozenset({"template.new_file"})
"""What no person does at a console."""
_OWN_PLACE = frozenset({"text", "file", "lines", "values", "places", "fingerprint"})
"""Shown as lines, or known to programs alone."""
_SAME = frozenset({"car"})
"""Says what the others are about."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was so and is otherwise now; None = it was not, or is not any more."""

    label: str
    before: str | None
    after: str | None


def action_word(action: str) -> str:
    """What was done, as the end of a sentence that begins with a name."""
    return _(ACTION_WORDS.get(action, action))


def deed_words(entry: Entry) -> str:
    """The same of a line: who adds themselves has come first."""
    if entry.action == "user.add" and entry.subject == entry.who:
        return _("became the first owner of this console")
    return action_word(entry.action)


def who_words(entry: Entry) -> str:
    """Who did it: the notifier itself, where it found what somebody did on its disk."""
    if entry.who:
        return entry.who
    return _("The notifier itself") if entry.action in BY_ITSELF else _("Somebody unknown")


def differences(entry: Entry, titles: Titles) -> list[Difference]:
    """What is otherwise than before, each thing by its name."""
    before, after = entry.before or {}, entry.after or {}
    names = [name for name in dict.fromkeys([*before, *after]) if name not in _OWN_PLACE]
    return [
        Difference(
            _(FIELD_WORDS.get(name, name)), _value(name, before, entry, titles), _value(name, after, entry, titles)
        )
        for name in names
        if name in _SAME or before.get(name) != after.get(name)
    ]


def _value(name: str, told: Mapping[str, Any], entry: Entry, titles: Titles) -> str | None:
    value = told.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return str(value) if name in ("customer", "complaint", "version", "base") else count(value)
    if name == "state":
        return _state(str(value), entry)
    if name == "campaign":
        return titles.of_key(str(value))
    return _WORDS[name](str(value)) if name in _WORDS else str(value)


def _state(state: str, entry: Entry) -> str:
    if entry.subject_type == "customer":
        return _(CAR_STATE_WORDS.get(state, state))
    return state_word(state)


_WORDS: Mapping[str, Callable[[str], str]] = {
    "role": role_word,
    "theme": lambda value: _(THEME_WORDS.get(value, value)),
    "language": language_name,
    "birth_calendar": lambda value: _(CALENDAR_WORDS.get(value, value)),
    "sex": lambda value: _(SEX_WORDS.get(value, value)),
    "source": source_words,
    "consent": lambda value: word({**CONSENT_WORDS, "unknown": N_("nobody knows")}, value),
    "result": result_word,
    "reason_code": reason_code_word,
    "purpose": rule_title,
    "until": lambda value: value[:16].replace("T", " "),
    "since": lambda value: value[:16].replace("T", " "),
    "booked_for": lambda value: value[:16].replace("T", " "),
}


def line_changes(entry: Entry) -> list[tuple[str, str]]:
    """The lines of a file or a wording that went (−) or came (+), in their order."""
    before, after = entry.before or {}, entry.after or {}
    if "lines" in before or "lines" in after:
        return list(_hunk_lines(before.get("lines") or [], after.get("lines") or []))
    old, new = (str(told.get("text") or told.get("file") or "").splitlines() for told in (before, after))
    if entry.action == "template.write_file":  # the document tells what the file said; it is not said any more
        old, new = new or old, []
    marked = difflib.unified_diff(old, new, lineterm="", n=0)
    return [(_sign(line), line[1:]) for line in list(marked)[2:] if line[:1] in "+-"]


def _hunk_lines(before: Sequence[Sequence[str]], after: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    for old, new in zip(before, after, strict=False):
        yield from (("−", line) for line in old)
        yield from (("+", line) for line in new)


def _sign(line: str) -> str:
    return "+" if line.startswith("+") else "−"
