"""`notifier status --watch`: on a terminal one page that changes in its place, else a line a time."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from notifier.cli.status_page import Picture
from notifier.cli.terminal import stdout
from notifier.errors import DATABASE_SILENT
from notifier.locale import _
from notifier.locale.wrapping import Wrapped

__all__ = ["watch"]

Look = Callable[[], Picture]
Seen = Picture | str
"""What was seen, or the sentence why nothing could be seen."""


def watch(look: Look, every: float, *, as_json: bool) -> None:
    """Look each `every` seconds and show it, until Ctrl-C. A database that is away is told, and looked for again."""
    with _until_interrupted() as ended, suppress(KeyboardInterrupt), _shower(every, as_json=as_json) as show:
        while not ended.is_set():
            show(_seen(look))
            ended.wait(every)


@contextmanager
def _until_interrupted() -> Iterator[Event]:
    """Set by the first Ctrl-C; a second one breaks off what hangs.

    Raised as an exception, it may fall into a place that swallows it: a connection on its way back to its pool.
    """
    ended = Event()

    def end(*_: object) -> None:
        signal.signal(signal.SIGINT, former)
        ended.set()

    former = signal.signal(signal.SIGINT, end)
    try:
        yield ended
    finally:
        signal.signal(signal.SIGINT, former)


def _seen(look: Look) -> Seen:
    from notifier.store.trouble import is_database_trouble, trouble_words

    try:
        return look()
    except Exception as error:
        if isinstance(error, BrokenPipeError) or not is_database_trouble(error):
            raise
        return _(DATABASE_SILENT).format(detail=trouble_words(error))


@contextmanager
def _shower(every: float, *, as_json: bool) -> Iterator[Callable[[Seen], None]]:
    console = stdout()
    if as_json:
        yield _print_json
    elif not console.is_terminal:
        yield _print_line
    else:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda seen: live.update(_page(seen, every), refresh=True)


def _print_json(seen: Seen) -> None:
    document = seen.document() if isinstance(seen, Picture) else {"error": {"code": "store", "sentence": seen}}
    print(json.dumps(document, ensure_ascii=False), flush=True)


def _print_line(seen: Seen) -> None:
    print(seen.line() if isinstance(seen, Picture) else seen, flush=True)


def _page(seen: Seen, every: float) -> RenderableType:
    footer = Text(_("every {seconds} s, Ctrl-C ends").format(seconds=f"{every:g}"), "dim")
    if isinstance(seen, str):
        return Group(Wrapped(seen, "bold"), footer)
    return Group(seen.table(), *(Wrapped(sentence) for sentence in seen.sentences()), footer)
