"""What campaigns are called on screens, also those the file has no more; and the words of states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from notifier.domain.rules import campaign_title, rule_title
from notifier.locale import N_, _

if TYPE_CHECKING:
    from notifier.schedules import Campaign, Schedules
    from notifier.store.engine import Session
    from notifier.store.runs import RunRow

__all__ = ["Titles", "state_word", "titles_of"]

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


@dataclass(frozen=True, slots=True)
class Titles:
    """Campaigns by key, id or run → what people call them, in the reader's language.

    What the file calls a campaign now holds for its old runs too. `gone`: id → the settings of its latest run, of
    those the file has no more; of one nobody knows anything its key or id stands.
    """

    campaigns: Iterable[Campaign] = ()
    gone: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of_key(self, key: str) -> str:
        """Of the campaign with this key in schedules.yaml, now or once; else of the one with this id."""
        here = (campaign.title for campaign in self.campaigns if campaign.key == key)
        before = (_title_in(settings) for settings in self.gone.values() if settings.get("key") == key)
        return next(chain(here, before), None) or self.of_id(key)

    def of_id(self, campaign_id: str) -> str:
        """Of the campaign the database knows by this id."""
        if campaign_id in self.gone:
            return _title_in({"key": campaign_id, **self.gone[campaign_id]})
        return self._here(campaign_id) or rule_title(campaign_id)

    def of_run(self, run: RunRow) -> str:
        """Of the campaign of a run, which knows by itself what it was called."""
        return self._here(run.campaign_id) or _title_in({"key": run.campaign_id, **run.settings})

    def _here(self, campaign_id: str) -> str | None:
        return next((campaign.title for campaign in self.campaigns if campaign.id == campaign_id), None)


def titles_of(session: Session, schedules: Schedules) -> Titles:
    """Of all campaigns there are and were, where ids come without their runs."""
    from notifier.store.runs import settings_of_gone

    return Titles(schedules.campaigns, settings_of_gone(session, [campaign.id for campaign in schedules.campaigns]))


def state_word(state: str) -> str:
    """The state of a run or a message."""
    return _(_STATES.get(state, state))


def _title_in(settings: Mapping[str, Any]) -> str:
    """What a campaign was called when the run of these settings was planned."""
    return campaign_title(str(settings["key"]), settings.get("name"), (settings.get("list") or {}).get("title"))
