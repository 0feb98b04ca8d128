"""`notifier runs show`: what a person looks at before releasing a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from notifier.cli.opening import shop_of_run
from notifier.cli.run_words import review_sentence
from notifier.cli.terminal import say, show
from notifier.locale import _, ngettext
from notifier.reports.run_words import departure_sentences, local, reviewed_sentence, run_state
from notifier.reports.tables import table
from notifier.reports.titles import Titles, state_word

if TYPE_CHECKING:
    from rich.table import Table

    from notifier.schedules import ShopSettings
    from notifier.store.reviews import SampleText, StageTotal
    from notifier.store.runs import RunRow
    from notifier.wiring import House

__all__ = ["print_run"]

SAMPLES_A_KIND = 2


def print_run(house: House, run_id: int, now: datetime) -> None:
    """Counts, reasons, cost, samples, and what approving now would do."""
    from notifier.store.reviews import run_totals, sample_texts
    from notifier.store.runs import run_of

    with house.store.read() as session:
        run = run_of(session, run_id)
        totals, samples = run_totals(session, run_id), sample_texts(session, run_id, SAMPLES_A_KIND)
    shop, titles = shop_of_run(house, run), Titles(house.schedules.campaigns)
    say(_("Run {run}: {campaign}, planned for {moment}, {state}").format(
        run=run.id, campaign=titles.of_run(run), moment=local(run.planned_for, shop.zone),
        state=run_state(run, shop.zone)), "")  # fmt: skip
    show(_totals(run, totals, shop))
    if reasons := list(_reasons(run)):
        listed = table("", "", right=(1,))
        for row in reasons:
            listed.add_row(*row)
        say("", _("Left out (for good) and put off (looked at again by the next run):"))
        show(listed)
    _print_samples(run, samples)
    if decided := reviewed_sentence(run, shop.zone):
        say("", decided)
    if run.state == "review" and run.review_until is not None:
        _print_choice(house, run, run.review_until, now, shop.zone)


def _print_choice(house: House, run: RunRow, until: datetime, now: datetime, zone: ZoneInfo) -> None:
    """What approving would do and the commands; after the last moment there is nothing left to choose."""
    from notifier.jobs.review import outlook

    if until < now:
        say("", review_sentence(run, Titles(house.schedules.campaigns), now, zone))
        return
    say("", _("Approved now:"))
    say(*departure_sentences(outlook(house.planner(), run.id, now), zone, max(now, run.planned_for)))
    say("", _("To send it: {command}").format(command=f"notifier runs approve {run.id}"))
    say(_("Not to send it: {command}").format(command=f"notifier runs reject {run.id}"))
    say(_("After {moment} it is void by itself.").format(moment=local(until, zone)))


def _totals(run: RunRow, totals: Sequence[StageTotal], shop: ShopSettings) -> Table:
    from notifier.schedules.stage_words import touch_in_settings

    made = table(_("Stage"), _("State"), _("Texts"), _("Segments"), _("Cost"), right=(2, 3, 4))
    for row in totals:
        paid = row.state != "withheld"
        made.add_row(
            touch_in_settings(run.settings, row.stage), state_word(row.state), str(row.messages),
            str(row.segments if paid else 0), f"{row.cost_micros / 1_000_000 if paid else 0:.2f} {shop.currency}",
        )  # fmt: skip
    return made


def _reasons(run: RunRow) -> Iterator[tuple[str, str]]:
    from notifier.jobs.reasons import short_words

    for words, key in ((_("left out"), "excluded"), (_("put off"), "deferred")):
        for reason, number in Counter(run.counts.get(key, {})).most_common():
            yield f"{words}: {short_words(reason)}", str(number)


def _print_samples(run: RunRow, samples: Sequence[SampleText]) -> None:
    from notifier.schedules.stage_words import touch_in_settings

    if samples:
        say("", _("Samples, the longest first:"))
    kind = None
    for sample in samples:
        named = (touch_in_settings(run.settings, sample.stage), sample.template, sample.variant, sample.language)
        if named != kind:
            said = ngettext("{kind}: {count} text", "{kind}: {count} texts", sample.texts)
            say(said.format(kind=" · ".join(filter(None, named)), count=sample.texts))
        kind = named
        said = ngettext("{text} ({segments} segment)", "{text} ({segments} segments)", sample.segments)
        say(said.format(text=sample.text, segments=sample.segments), mark="    ")
