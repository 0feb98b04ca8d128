"""The SMS gateways as people call them."""

from __future__ import annotations

from notifier.locale import N_, _

__all__ = ["gateway_words"]

_WORDS = {"simulator": N_("The simulated gateway (nothing really leaves)"), "twilio": N_("The gateway Twilio")}


def gateway_words(name: str) -> str:
    """The gateway of this name in the reader's language; an unknown one as it is."""
    return _(_WORDS.get(name, name))
