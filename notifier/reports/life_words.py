"""Whether the daemon lives, in a few words: for `notifier status` and the page Today."""

from __future__ import annotations

from datetime import tzinfo

from notifier.locale import _, ngettext
from notifier.reports import numbers
from notifier.store.beats import Liveness

__all__ = ["life_words"]


def life_words(life: Liveness, zone: tzinfo) -> str:
    """Since when it runs, or is silent, on the clock of `zone`; of a cluster also how many workers live."""
    if life.since is None:
        return _("Never started")
    moment = numbers.day_and_time(life.since, zone)
    if life.state == "silent":
        return _("Silent since {moment}").format(moment=moment)
    running = _("Running since {moment}").format(moment=moment)
    if life.engines == 1:
        return running
    workers = ngettext("{count} worker, {since}", "{count} workers, {since}", life.engines)
    return workers.format(count=life.engines, since=running)
