"""Every reason word in plain words: one registry for plan's page, `explain`, the import report and docs/json.md.

The words themselves are fixed English (JSON, database); what people read stands here, marked for translation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from notifier.domain.freshness import Freshness, Stale
from notifier.locale import N_, _
from notifier.locale.mends import Mend
from notifier.locale.records import known_words, records_word
from notifier.locale.text_fields import text_field_word

__all__ = [
    "CANCELLED",
    "DOUBTED_ADVICE",
    "IMPORT_WORDS",
    "PHONE_WORDS",
    "REASONS",
    "REJECTED_ADVICE",
    "Reason",
    "cancel_words",
    "detail_words",
    "doubted_advice",
    "import_words",
    "rejected_advice",
    "rejected_note",
    "short_words",
    "stale_mend",
    "stale_words",
    "unknown_words",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """`short`: a few words beside a count. `sentence`: what it means for one customer; may name a ``{detail}``.

    `mend`: what ends it, where something is to be done; may name the ``{campaign}`` and the ``{records}`` it needs.
    """

    short: str
    sentence: str
    mend: Mend | None = None


REASONS: Mapping[str, Reason] = {
    "no_phone": Reason(
        N_("no mobile number"),
        N_("there is no mobile number on record ({detail})."),
        Mend(
            N_("Enter one in the DMS and import it."),
            N_("Ask for it and enter it here with “Change number”, or in the DMS."),
        ),
    ),
    "unreachable": Reason(
        N_("phone out of reach"),
        N_("no text reaches the phone ({detail})."),
        Mend(
            N_("Ask for a new number and import it."),
            N_("Ask for a new number and enter it here with “Change number”."),
        ),
    ),
    "consent_refused": Reason(N_("refused marketing"), N_("the customer refused marketing ({detail}).")),
    "consent_unknown": Reason(
        N_("consent to marketing unknown"),
        N_("nobody knows whether the customer agreed to marketing."),
        Mend(
            N_("Import the consent, or use --consent SOURCE."),
            N_("Ask the customer and enter the answer in the DMS; its next file brings it here."),
        ),
    ),
    "suppressed": Reason(N_("said stop"), N_("the phone is on the stop list: {detail}.")),
    "vehicle_sold": Reason(N_("car sold"), N_("the car is sold.")),
    "vehicle_scrapped": Reason(N_("car scrapped"), N_("the car is scrapped.")),
    "vehicle_pdi": Reason(N_("car not delivered yet"), N_("the car is not delivered yet (PDI).")),
    "vehicle_test_drive": Reason(N_("test-drive car"), N_("it is a test-drive car.")),
    "vehicle_stock": Reason(N_("car in stock"), N_("the car is still in stock.")),
    "vehicle_missing": Reason(N_("no car on record"), N_("there is no car of this customer on record.")),
    "came": Reason(N_("came already"), N_("the customer came already, on {detail}.")),
    "booked": Reason(N_("booked already"), N_("the customer booked already, on {detail}.")),
    "renewed": Reason(N_("renewed already"), N_("the policy is renewed already, until {detail}.")),
    "already_done": Reason(N_("says it is done"), N_("the customer replied that it is done already.")),
    "sold": Reason(N_("says the car is sold"), N_("the customer replied that the car is sold.")),
    "complaint_open": Reason(
        N_("complaint open"),
        N_("a complaint of the customer is open."),
        Mend(N_("Settle it first: notifier complaints list."), N_("Settle it first, at the top of this page.")),
    ),
    "in_workshop": Reason(N_("car in the workshop"), N_("the car stands in the workshop.")),
    "contacted": Reason(
        N_("called lately"), N_("staff called about this on {detail}; texts of the same purpose wait.")
    ),
    "accident_repair": Reason(
        N_("accident repair"), N_("an accident repair on {detail} is less than 14 days ago.")
    ),
    "campaign_control": Reason(
        N_("control group"), N_("the customer is in the campaign's control group, which shows what the texts bring.")
    ),
    "universal_control": Reason(
        N_("universal control"), N_("the customer is in the universal control: no marketing this year, for comparison.")
    ),
    "frequency_cap": Reason(N_("frequency cap"), N_("the frequency cap is reached ({detail}).")),
    "budget": Reason(N_("daily budget"), N_("the daily budget is used up ({detail}).")),
    "spread": Reason(N_("spread over days"), N_("the campaign's texts for these days are given out ({detail}).")),
    "window_closed": Reason(
        N_("window closed"), N_("the stage closes before a text may go out, or a later stage was texted already.")
    ),
    "before_first_run": Reason(
        N_("before the first run"), N_("the stage opened before the campaign's first run reaches back ({detail}).")
    ),
    "other_shop": Reason(
        N_("another shop's"),
        N_("another shop of the group looks after this customer or car, or has texted this already."),
    ),
    "already_told": Reason(
        N_("told already"), N_("another row of the list has named the same person, and the text for it was made.")
    ),
    "missing_value": Reason(
        N_("value missing"),
        N_("the text needs {detail}, which is not on record."),
        Mend(
            N_("Complete the record and import it."),
            N_("Complete the record: here with “Correct”, or in the DMS, whose next file brings it."),
        ),
    ),
    "data_too_old": Reason(
        N_("data too old"),
        N_("the campaign needs newer records: {detail}."),
        Mend(
            N_("Bring a newer export: notifier import {kind} FILE."),
            N_("Ask whoever exports from the DMS for a newer file of {records}; it goes into the watched folder."),
            "today",
        ),
    ),
    "import_unfinished": Reason(
        N_("import unfinished"),
        N_("an import this campaign needs has not finished ({detail})."),
        Mend(
            N_("Repeat that import: notifier import {kind} FILE."),
            N_("Ask whoever exports from the DMS to bring the same file of {records} once more."),
            "today",
        ),
    ),
    "cannot_be_sent": Reason(
        N_("cannot be sent"), N_("a template of the campaign is missing or does not suit the gateway.")
    ),
    "list_unreadable": Reason(
        N_("list not readable"), N_("the campaign's list cannot be read; put the file where schedules.yaml says.")
    ),
    "not_in_audience": Reason(N_("not for this customer"), N_("the campaign is not for this customer: {detail}.")),
    "unknown_person": Reason(
        N_("nobody we know"), N_("a row of the campaign's list names no customer or car we know.")
    ),
    "changed": Reason(
        N_("record corrected"),
        N_("the day, the points or the level its text spoke of was corrected; the next run looks at it again."),
    ),
    "no_run_left": Reason(
        N_("no run left"), N_("the campaign does not run again before the stage closes on {detail}.")
    ),
    "review_expired": Reason(
        N_("nobody reviewed the run"), N_("nobody reviewed its run in time; the next run plans it again.")
    ),
    "run_rejected": Reason(N_("run rejected"), N_("a person rejected its run; the next run looks at it again.")),
    "paused": Reason(
        N_("campaign paused"),
        N_("the campaign is paused."),
        Mend(
            N_("To let it go on: notifier campaigns resume {campaign}."),
            N_("It goes on once somebody clicks “Resume” on the campaign's page."),
            "campaign",
        ),
    ),
}  # fmt: skip

CANCELLED: Mapping[str, str] = {
    "came": N_("the customer came"),
    "booked": N_("the customer booked"),
    "renewed": N_("the policy was renewed"),
    "sold": N_("the car was sold"),
    "already_done": N_("the customer replied that it is done"),
    "opted_out": N_("the phone said stop"),
    "unreachable": N_("no text reaches the phone"),
    "contacted": N_("staff called the customer about it"),
    "consent_refused": N_("the customer refused marketing"),
    "validity_over": N_("its last day was over"),
    "next_stage": N_("the next stage opened"),
    "missing_value": N_("a value of the text went missing"),
    "merged": N_("two records of the customer became one"),
    "changed": N_("the day, the points or the level it spoke of has changed"),
    "void": N_("its run was rejected"),
    "erased": N_("the customer's data was erased"),
}

PHONE_WORDS: Mapping[str, str] = {
    "missing": N_("none given"),
    "too_short": N_("too short"),
    "too_long": N_("too long"),
    "rounded": N_("rounded by Excel"),
    "not_a_number": N_("not a number"),
    "not_mobile": N_("not a mobile number"),
    "wrong_number": N_("staff found it wrong when they called"),
}

IMPORT_WORDS: Mapping[str, str] = {
    "bad_vin": N_("VIN not usable"),
    "total_row": N_("total of the table"),
    "duplicate_vin": N_("VIN twice, an older row"),
    "missing_order_no": N_("no order number"),
    "duplicate_order": N_("order number twice"),
    "missing_policy_no": N_("no policy number"),
    "duplicate_policy": N_("policy number twice"),
    "bad_date": N_("date not readable"),
    "future_date": N_("date in the future"),
    "placeholder_date": N_("date stands for none"),
    "vin_check_digit": N_("VIN with a wrong check digit"),
    "bad_plate": N_("plate not readable"),
    "bad_amount": N_("amount not readable"),
    "bad_odometer": N_("odometer not readable"),
    "implausible_odometer": N_("odometer does not fit the others"),
    "bad_number": N_("number not readable"),
    "unknown_category": N_("category not known, taken as other"),
    "unknown_state": N_("vehicle state not known"),
    "unclear_consent": N_("consent not clear"),
    "unknown_language": N_("language not known"),
    "unknown_vehicle": N_("car not known yet"),
    "referrer_by_name": N_("referrer named without number or phone"),
    "phone_conflict": N_("phones contradict each other"),
    "missing_customer": N_("neither row, VIN nor phone"),
    "unknown_customer": N_("customer not known"),
    "unknown_row": N_("row of the worklist not known"),
    "row_mismatch": N_("row and car or customer do not belong together"),
    "missing_contact_day": N_("no day of the call"),
    "duplicate_contact": N_("the same call twice"),
    "unknown_result": N_("result not known"),
    "unknown_reason_code": N_("reason not known"),
    "unknown_purpose": N_("purpose not known"),
    "several_cars": N_("which of several cars is not said"),
    "car_changed_hands": N_("the car is not this customer's, or no longer"),
    "phone_missing": N_("no phone"),
    "phone_too_short": N_("phone too short"),
    "phone_too_long": N_("phone too long"),
    "phone_rounded": N_("phone rounded by Excel, as 1.38E+10"),
    "phone_several": N_("several phones in one field, the first taken"),
    "phone_not_a_number": N_("phone not a number"),
    "phone_not_mobile": N_("phone not a mobile number"),
}

_ONE_STAYS = N_(
    "the earliest by date stays; if both rows are the same order there is nothing to do, else give the other its own "
    "number"
)
_ONE_STAYS_POLICY = N_(
    "the earliest by date stays; if both rows are the same policy there is nothing to do, else give the other its own "
    "number"
)

REJECTED_ADVICE: Mapping[str, str] = {
    "bad_vin": N_("correct it: 17 characters, without I, O and Q"),
    "total_row": N_("nothing to do"),
    "duplicate_vin": N_("nothing to do if the later delivery is the owner; else correct that date"),
    "missing_order_no": N_("fill it in"),
    "duplicate_order": _ONE_STAYS,
    "missing_policy_no": N_("fill it in"),
    "duplicate_policy": _ONE_STAYS_POLICY,
    "bad_date": N_("write the day like 2026-03-05"),
    "future_date": N_("correct the day, or import it when it has come"),
    "missing_customer": N_("fill in the VIN or the phone"),
    "unknown_customer": N_("correct the VIN or the phone, or import the customer first"),
    "unknown_row": N_("take it from the worklist; or empty it and fill in VIN or phone"),
    "row_mismatch": N_("part of the table was sorted alone or filled down; put the row's own number back"),
    "missing_contact_day": N_("write the day like 2026-03-05"),
    "duplicate_contact": N_("nothing to do if it was one call; of two on one day write the time of day too"),
}
"""What to do about a row that was not taken."""

_NOT_TEXTED = N_("kept, not texted until a mobile number comes")
_LEFT_EMPTY = N_("kept, the field left empty")
_NOT_USED = N_("row kept, the reading not used")

DOUBTED_ADVICE: Mapping[str, str] = {
    "phone_missing": _NOT_TEXTED,
    "phone_too_short": _NOT_TEXTED,
    "phone_too_long": _NOT_TEXTED,
    "phone_rounded": N_("kept, not texted; make the column text in Excel, then export it again"),
    "phone_several": N_("the first is texted; keep one number in the field"),
    "phone_not_a_number": _NOT_TEXTED,
    "phone_not_mobile": _NOT_TEXTED,
    "phone_conflict": N_("that of the latest delivery counts"),
    "bad_date": N_("kept, the day left empty; write it like 2026-03-05"),
    "placeholder_date": N_("kept, the day left empty"),
    "future_date": N_("kept, the day left empty"),
    "vin_check_digit": N_("kept; compare it with the car's papers"),
    "bad_plate": _LEFT_EMPTY,
    "bad_number": _LEFT_EMPTY,
    "bad_amount": _LEFT_EMPTY,
    "bad_odometer": _NOT_USED,
    "implausible_odometer": _NOT_USED,
    "unknown_category": N_("kept; no next service follows from it"),
    "unknown_state": N_("kept; the state stays as it was known"),
    "unknown_language": N_("kept; the shop's language is used"),
    "unclear_consent": N_("kept, as if nothing were written"),
    "referrer_by_name": N_("kept, nobody is thanked; export the referrer's customer number or phone"),
    "unknown_vehicle": N_("waits; import the car's customer"),
    "unknown_result": N_("kept, the word in the note; choose one from the list"),
    "unknown_reason_code": N_("kept, the word in the note; choose one from the list"),
    "unknown_purpose": N_("kept, the word in the note; it holds no text back"),
    "several_cars": N_("kept; fill in the VIN, so that the car is known"),
    "car_changed_hands": N_("the call is kept, nothing follows for a car; look up whose it is now"),
}
"""What was done about something doubted, and where it helps, how to mend it."""


def short_words(reason: str) -> str:
    """A plan reason in a few words of the reader's language; an unknown one as it is."""
    known = REASONS.get(reason)
    return _(known.short) if known else reason


def detail_words(reason: str | None, detail: str | None) -> str | None:
    """The value that decided, as people read it: a cap of 2/7d is 2 texts in 7 days. Others are told as they are."""
    if reason == "frequency_cap" and (found := re.fullmatch(r"(\d+)/(\d+)d", detail or "")):
        return _("at most {messages} in {days} days").format(messages=found[1], days=found[2])
    if reason == "missing_value" and detail:
        return text_field_word(detail)
    if reason == "spread" and (found := re.fullmatch(r"(\d+)/day", detail or "")):
        return _("at most {messages} a day").format(messages=found[1])
    return detail


def stale_words(stale: Stale, now: datetime, zone: tzinfo) -> str:
    """Which records planning waits for, and how old they are; to stand in a sentence."""
    if stale.freshness is Freshness.UNFINISHED:
        return records_word(stale.kind)
    return known_words(stale.kind, stale.known_to, stale.limit, now, zone)


def stale_mend(stale: Stale) -> Mend | None:
    """What makes them newer."""
    mend = REASONS[stale.reason].mend
    return mend and mend.about(kind=stale.kind, records=records_word(stale.kind))


def unknown_words(why: str) -> str:
    """Why a row of a list names nobody, in the reader's language: no such person, no owner, or a doubt of imports."""
    known = {"unknown": N_("not in our records"), "no_owner": N_("no owner on record")}
    return _(known[why]) if why in known else import_words(why)


def cancel_words(reason: str | None) -> str:
    """Why a text was cancelled, in the reader's language."""
    return _(CANCELLED.get(reason or "", reason or "–"))


def import_words(reason: str) -> str:
    """Why a row was rejected or doubted, in the reader's language."""
    return _(IMPORT_WORDS.get(reason, reason))


def rejected_advice(reason: str) -> str:
    """What to do about a rejected row, in the reader's language; nothing for a reason nobody knows."""
    return _(REJECTED_ADVICE.get(reason, ""))


def rejected_note(reason: str) -> str:
    """Why a row was rejected and what to do about it, in the reader's language."""
    advice = rejected_advice(reason)
    return (
        _("{reason}: {advice}").format(reason=import_words(reason), advice=advice) if advice else import_words(reason)
    )


def doubted_advice(reason: str) -> str:
    """What was done about a doubt, in the reader's language; nothing for one nobody knows."""
    return _(DOUBTED_ADVICE.get(reason, ""))
