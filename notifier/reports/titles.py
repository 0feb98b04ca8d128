"""Campaign names and other fixed words as screens show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifier.domain.rules import RULES
from notifier.locale import N_, _

if TYPE_CHECKING:
    from notifier.schedules import Campaign

__all__ = ["campaign_title", "state_word", "title_of"]

_STATES = {
    "planning": N_("being planned"),
    "review": N_("waits for review"),
    "ready": N_("being sent"),
    "done": N_("done"),
    "void": N_("void"),
    "planned": N_("planned"),
    "sending": N_("being sent"),
    "accepted": N_("accepted"),
    "sent": N_("sent"),
    "delivered": N_("delivered"),
    "undelivered": N_("undelivered"),
    "withheld": N_("withheld"),
    "cancelled": N_("cancelled"),
    "failed": N_("failed"),
    "unknown": N_("unknown"),
}


def campaign_title(key: str) -> str:
    """The display name of a campaign; one of staff's own keeps its key."""
    return _(RULES[key].title) if key in RULES else key


def title_of(campaign: Campaign) -> str:
    """The display name of a campaign of the file: a list's is what its texts call it."""
    listed = campaign.options.listed
    return listed.title if listed is not None and campaign.key not in RULES else campaign_title(campaign.key)


def state_word(state: str) -> str:
    """The state of a run or a message."""
    return _(_STATES.get(state, state))
