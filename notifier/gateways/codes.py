"""What an error code asks for, by the gateway that told it: for an event kept before anybody knew whose it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from notifier.gateways import twilio_codes
from notifier.gateways.base import Policy

__all__ = ["policy_of", "reason_of"]

_POLICIES: Mapping[str, Callable[[str], Policy]] = {
    "twilio": twilio_codes.policy_of,
    "simulator": twilio_codes.policy_of,  # it speaks Twilio's language
}


_REASONS: Mapping[str, Callable[[str], str | None]] = {
    "twilio": twilio_codes.reason_of,
    "simulator": twilio_codes.reason_of,
}


def reason_of(gateway: str, code: str) -> str | None:
    """A short fixed English word for the code; None where nobody knows it."""
    reasons = _REASONS.get(gateway)
    return reasons(code) if reasons is not None else None


def policy_of(gateway: str, code: str) -> Policy | None:
    """What to do about a status with this error code; None for a gateway that has none of ours."""
    policies = _POLICIES.get(gateway)
    return policies(code) if policies is not None else None
