"""`notifier runs show`: what a person looks at before releasing a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from notifier.cli.opening import shop_of_run
from notifier.cli.run_words import key_of, local, review_sentence, run_state
from notifier.cli.terminal import say, show
from notifier.cli.titles import campaign_title, state_word
from notifier.locale import _, ngettext
from notifier.reports.tables import table

if TYPE_CHECKING:
    from rich.table import Table

    from notifier.jobs.review import Outlook
    from notifier.schedules import ShopSettings
    from notifier.store.reviews import SampleText, StageTotal
    from notifier.store.runs import RunRow
    from notifier.wiring import House

__all__ = ["departure_sentences", "print_run"]

SAMPLES_A_KIND = 2
DAYS_NAMED = 7


def print_run(house: House, run_id: int, now: datetime) -> None:
    """Counts, reasons, cost, samples, and what approving now would do."""
    from notifier.store.reviews import run_totals, sample_texts
    from notifier.store.runs import run_of

    with house.store.read() as session:
        run = run_of(session, run_id)
        totals, samples = run_totals(session, run_id), sample_texts(session, run_id, SAMPLES_A_KIND)
    shop = shop_of_run(house, run)
    say(_("Run {run}: {campaign}, planned for {moment}, {state}").format(
        run=run.id, campaign=campaign_title(key_of(run)), moment=local(run.planned_for, shop.zone),
        state=run_state(run, shop.zone)), "")  # fmt: skip
    show(_totals(totals, shop))
    if reasons := list(_reasons(run)):
        listed = table("", "", right=(1,))
        for row in reasons:
            listed.add_row(*row)
        say("", _("Left out (for good) and put off (looked at again by the next run):"))
        show(listed)
    _print_samples(samples)
    say(*_reviewed(run, shop.zone))
    if run.state == "review" and run.review_until is not None:
        _print_choice(house, run, run.review_until, now, shop.zone)


def _print_choice(house: House, run: RunRow, until: datetime, now: datetime, zone: ZoneInfo) -> None:
    """What approving would do and the commands; after the last moment there is nothing left to choose."""
    from notifier.jobs.review import outlook

    if until < now:
        say("", review_sentence(run, run.counts.get("planned", 0), now, zone))
        return
    say("", _("Approved now:"))
    say(*departure_sentences(outlook(house.planner(), run.id, now), zone, max(now, run.planned_for)))
    say("", _("To send it: {command}").format(command=f"notifier runs approve {run.id}"))
    say(_("Not to send it: {command}").format(command=f"notifier runs reject {run.id}"))
    say(_("After {moment} it is void by itself.").format(moment=local(until, zone)))


def _totals(totals: Sequence[StageTotal], shop: ShopSettings) -> Table:
    made = table(_("Stage"), _("State"), _("Texts"), _("Segments"), _("Cost"), right=(2, 3, 4))
    for row in totals:
        paid = row.state != "withheld"
        made.add_row(
            row.stage, state_word(row.state), str(row.messages), str(row.segments if paid else 0),
            f"{row.cost_micros / 1_000_000 if paid else 0:.2f} {shop.currency}",
        )  # fmt: skip
    return made


def _reasons(run: RunRow) -> Iterator[tuple[str, str]]:
    from notifier.jobs.reasons import short_words

    for words, key in ((_("left out"), "excluded"), (_("put off"), "deferred")):
        for reason, number in Counter(run.counts.get(key, {})).most_common():
            yield f"{words}: {short_words(reason)}", str(number)


def _print_samples(samples: Sequence[SampleText]) -> None:
    if samples:
        say("", _("Samples, the longest first:"))
    kind = None
    for sample in samples:
        named = (sample.stage, sample.template, sample.variant, sample.language)
        if named != kind:
            said = ngettext("{kind}: {count} text", "{kind}: {count} texts", sample.texts)
            say(said.format(kind=" · ".join(filter(None, named)), count=sample.texts))
        kind = named
        said = ngettext("{text} ({segments} segment)", "{text} ({segments} segments)", sample.segments)
        say(said.format(text=sample.text, segments=sample.segments), mark="    ")


def _reviewed(run: RunRow, zone: ZoneInfo) -> Iterator[str]:
    """Who decided, and when."""
    review = run.counts.get("review")
    if not review or review["verdict"] == "expired":
        return
    moment = local(datetime.fromisoformat(review["at"]), zone) if review["at"] else "–"
    sentences = {"approved": _("Approved by {name} on {moment}."), "void": _("Rejected by {name} on {moment}.")}
    yield ""
    yield sentences[review["verdict"]].format(name=review["by"], moment=moment)


def departure_sentences(found: Outlook, zone: ZoneInfo, not_before: datetime | None = None) -> Iterator[str]:
    """On which days the texts go, and what became of those whose day is over. `not_before`: when the first could go."""
    for each in found.departures[:DAYS_NAMED]:
        yield ngettext("{count} text goes out from {moment}", "{count} texts go out from {moment}", each.texts).format(
            count=each.texts, moment=local(each.first, zone)
        )
    if more := found.departures[DAYS_NAMED:]:
        texts = sum(each.texts for each in more)
        yield ngettext(
            "and {count} on {days} more day, {day}", "and {count} on {days} more days, the last on {day}", len(more)
        ).format(count=texts, days=len(more), day=more[-1].day)
    if not found.departures:
        yield _("No text goes out.")
    elif not_before is not None and found.departures[0].first > not_before:
        yield _(
            "The first may not go before {moment}: quiet hours, closed days, or the day's share is given out."
        ).format(moment=local(found.departures[0].first, zone))
    if found.moved:
        yield ngettext(
            "{count} of them gets another day, for the one planned is over.",
            "{count} of them get another day, for the one planned is over.",
            found.moved,
        ).format(count=found.moved)
    if found.cancelled:
        yield ngettext(
            "{count} finds no place before its last day is over: it is cancelled.",
            "{count} find no place before their last day is over: they are cancelled.",
            found.cancelled,
        ).format(count=found.cancelled)
