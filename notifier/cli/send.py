"""`notifier send`, `notifier reconcile` and `notifier attribute`: the lane, what nobody could tell, who earned what."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.opening import open_house
from notifier.cli.options import At, Json, moment_or_now
from notifier.cli.terminal import progress, remark, show, show_json
from notifier.locale import N_, _
from notifier.reports.pause_words import pause_sentences
from notifier.reports.tables import table

if TYPE_CHECKING:
    from notifier.jobs.send import Lane, SendResult
    from notifier.wiring import House

__all__ = ["attribute_command", "reconcile_command", "send_command"]

LOOK_EVERY = 0.2


def send_command(
    at: At = None,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help=N_("go on until nothing can be sent now, waiting out the pace"))
    ] = False,
    as_json: Json = False,
) -> None:
    """Send what may go now."""
    from notifier.jobs.send import start_lane

    with open_house() as house:
        lane = house.lane(_clock(at))
        start_lane(house.store, lane.gateway.name)  # a person starting it lets a stopped lane try again
        result = asyncio.run(_drain(house, lane, until_empty=until_empty, quiet=as_json))
        if as_json:
            show_json(result.document())
        else:
            _show_sent(result)
        if result.pauses and result.waiting:
            with house.store.read() as session:
                paused = pause_sentences(session, result.pauses)
            for sentence in (*paused, _("Nothing is lost: what is planned waits, as long as it is worth sending.")):
                remark(sentence)
        if result.stopped is not None:
            remark(
                _(
                    "The lane stands still: the provider refused our set-up (code {code}). Nothing is lost. notifier "
                    "doctor says what to mend; then run notifier send again."
                ).format(code=result.stopped)
            )
            raise typer.Exit(1)


def _clock(at: datetime | None) -> Callable[[], datetime]:
    return (lambda: at) if at is not None else lambda: moment_or_now(None)


async def _drain(house: House, lane: Lane, *, until_empty: bool, quiet: bool) -> SendResult:
    """Drain the lane; SIGTERM and SIGINT let what is in flight finish."""
    from notifier.store.messages import waiting_count

    with house.store.read() as session:
        waiting = waiting_count(session)
    with _stop_on_signals(lane.stopping), progress(_("Sending"), waiting, quiet=quiet) as shown:
        draining = asyncio.create_task(lane.drain(until_empty=until_empty))
        while not draining.done():
            await asyncio.wait([draining], timeout=LOOK_EVERY)
            done = lane.result
            shown(done.accepted + done.failed + done.unknown + done.cancelled)
        return await draining


@contextmanager
def _stop_on_signals(stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stopping.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)


def _show_sent(result: SendResult) -> None:
    _show_counts(
        (_("Accepted"), result.accepted),
        (_("Failed"), result.failed),
        (_("Unknown"), result.unknown),
        (_("Cancelled"), result.cancelled),
        (_("Still waiting"), result.waiting),
    )
    if result.unknown:
        remark(_("What is unknown is settled by notifier reconcile; nothing of it is sent again before that."))


def _show_counts(*figures: tuple[str, int]) -> None:
    made = table(*(heading for heading, _figure in figures), right=tuple(range(len(figures))))
    made.add_row(*(str(figure) for _heading, figure in figures))
    show(made)


def reconcile_command(
    at: At = None,
    wait: Annotated[bool, typer.Option("--wait", help=N_("go on until nothing is unknown or under way"))] = False,
    as_json: Json = False,
) -> None:
    """Settle what nobody could tell, and fetch statuses and replies."""
    with open_house() as house:
        result = asyncio.run(house.reconciler().run(_clock(at), wait=wait))
        if as_json:
            show_json(result.document())
            return
        _show_counts(
            (_("Proven accepted"), result.settled_accepted),
            (_("Proven not accepted"), result.settled_not_accepted),
            (_("Still unknown"), result.still_unknown),
        )
        if result.still_unknown:
            remark(
                _(
                    "A text counts as not accepted only after two complete lists of the provider some minutes apart: "
                    "run notifier reconcile again later, or with --wait. notifier unknown list shows the evidence."
                )
            )


def attribute_command(at: At = None, as_json: Json = False) -> None:
    """Credit each new outcome to at most one message."""
    from notifier.jobs.attribute import attribute

    with open_house() as house:
        result: Any = attribute(house.store, house.schedules, moment_or_now(at))
        if as_json:
            show_json(result.document())
        else:
            _show_counts(
                (_("Outcomes"), result.outcomes), (_("Credited"), result.credited), (_("Assisted"), result.assisted)
            )
