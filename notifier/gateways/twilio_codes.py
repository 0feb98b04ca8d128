"""Twilio's codes and statuses as data: what each proves, and what to do about it.

Source: the table "what came back, what to do" agreed for the house, tried against the official package 9.13, and
Twilio's error dictionary for the few set-up codes that table leaves out. One row a policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from notifier.domain.states import AttemptEvent
from notifier.gateways.base import AnswerKind, Policy

CODES: Mapping[Policy, Mapping[str, str]] = {
    # Never processed, or held at the door: wait (Retry-After where given) and try again.
    Policy.RETRY: {"20429": "too_many_requests", "21611": "queue_full", "30001": "queue_full"},
    # Twilio itself was unwell: the text may have been accepted.
    Policy.AMBIGUOUS: {"20500": "server_error", "20503": "unavailable"},
    # Accepted, surely not delivered: once more, hours later, if still relevant.
    Policy.REPEAT_ONCE: {"30003": "unreachable", "30009": "segment_missing", "30500": "carrier_error"},
    Policy.FAIL: {
        "21602": "body_missing",
        "21617": "body_too_long",
        "30008": "cause_unknown",
        "30036": "validity_over",
    },
    # A carrier takes us for a nuisance: the next text of this wording would fare no better.
    Policy.BLOCKED: {"30004": "blocked", "30007": "filtered"},
    Policy.MARK_NUMBER: {
        "21211": "bad_number",
        "21612": "no_route",
        "21614": "not_a_mobile",
        "30005": "number_unknown",
        "30006": "landline",
    },
    Policy.SUPPRESS: {"21610": "opted_out"},
    # Our set-up is wrong: another text would fare no better, so everything planned stays planned.
    Policy.STOP_LANE: {
        "20003": "credentials",
        "20404": "account_unknown",
        "21212": "bad_sender",
        "21408": "region_not_allowed",
        "21603": "sender_missing",
        "21606": "sender_not_ours",
        "21609": "callback_url",
        "21703": "service_without_sender",
        "21705": "service_unknown",
        "30002": "account_suspended",
        "30034": "sender_unregistered",
    },
}

_POLICY = {code: policy for policy, codes in CODES.items() for code in codes}
_REASON = {code: reason for codes in CODES.values() for code, reason in codes.items()}

_KIND = {
    Policy.RETRY: AnswerKind.FREE,
    Policy.STOP_LANE: AnswerKind.FREE,
    Policy.AMBIGUOUS: AnswerKind.AMBIGUOUS,
    Policy.REPEAT_ONCE: AnswerKind.REFUSED,
    Policy.FAIL: AnswerKind.REFUSED,
    Policy.BLOCKED: AnswerKind.REFUSED,
    Policy.MARK_NUMBER: AnswerKind.REFUSED,
    Policy.SUPPRESS: AnswerKind.REFUSED,
}

EVENTS: Mapping[str, AttemptEvent] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending"), AttemptEvent.ACCEPTED),
    "sent": AttemptEvent.SENT,
    **dict.fromkeys(("delivered", "read"), AttemptEvent.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), AttemptEvent.UNDELIVERED),
}


def policy_of(code: str | None, http_status: int | None = None) -> Policy:
    """What to do about an answer (`http_status` given) or a callback's error code (`http_status` None).

    The status line outranks the code where it proves more: any 5xx may have been accepted, any 429 was not
    processed. A 4xx whose code we do not know is about that text and fails it; a 4xx without a code is not
    Twilio's answer to a text at all (a proxy, a wrong address) and would fail every text, so it stops the lane.
    """
    if http_status is not None:
        by_status = _policy_of_status(http_status)
        if by_status is not None:
            return by_status
    if code in _POLICY:
        return _POLICY[code]
    if http_status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Policy.STOP_LANE
    return Policy.STOP_LANE if http_status is not None and code is None else Policy.FAIL


def _policy_of_status(http_status: int) -> Policy | None:
    if http_status == HTTPStatus.TOO_MANY_REQUESTS:
        return Policy.RETRY
    if http_status == HTTPStatus.REQUEST_TIMEOUT or not 400 <= http_status < 500:
        return Policy.AMBIGUOUS
    return None


def reason_of(code: str | None) -> str | None:
    """A short fixed English word for `code`, or None where it is not in the table."""
    return _REASON.get(code) if code is not None else None


def kind_of(policy: Policy) -> AnswerKind:
    """What an answer with this policy proves about the POST."""
    return _KIND[policy]


def event_of(status: str) -> AttemptEvent | None:
    """The attempt event a raw status is, or None for one we do not know (kept, changes nothing)."""
    return EVENTS.get(status.lower())


def error_code_of(raw: object) -> str | None:
    """An error code as text; Twilio writes none as null, "" or 0."""
    text = str(raw).strip() if raw is not None else ""
    return text if text not in ("", "0") else None
