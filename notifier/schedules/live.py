"""The schedules of a running daemon: edits are taken up, a broken edit leaves the last good version running."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path

from notifier.errors import ScheduleError
from notifier.schedules.campaigns import Schedules
from notifier.schedules.parse import TEMPLATES, parse_schedules, read_text

__all__ = ["Change", "LiveSchedules"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a refresh found: the version now running, and the problem of the file where that is an older one."""

    schedules: Schedules
    problem: ScheduleError | None


class LiveSchedules:
    """The last good version of the file (`current`) and what is wrong with its newest text (`problem`).

    `templates`, where given, is asked for the names that exist at each reading. `check` may raise ScheduleError for
    a readable version that must not run (see `raise_if_campaign_was_renamed`). Not safe to refresh from two threads.
    """

    def __init__(
        self,
        path: Path,
        *,
        templates: Callable[[], Container[str]] | None = None,
        templates_in: str = TEMPLATES,
        check: Callable[[Schedules], None] | None = None,
    ) -> None:
        """Read the file for the first time. Raises ScheduleError: there is no good version to go on with."""
        self.path = path
        self._templates = templates
        self._templates_in = templates_in
        self._check = check
        self._text = read_text(path)
        self.current = self._parse(self._text)
        self.problem: ScheduleError | None = None

    def refresh(self) -> Change | None:
        """Take up an edit. A Change where a new version runs, or the file broke, broke otherwise or was mended.

        The text itself is compared, not its time: it is a few KB, and two edits within one tick of the file system's
        clock would look the same. A broken text is tried again, since its template may have been written meanwhile.
        """
        try:
            text = read_text(self.path)
            if text == self._text and self.problem is None:
                return None
            self.current = self._parse(text)
        except ScheduleError as problem:
            return self._broken(problem)
        self._text, self.problem = text, None
        return Change(self.current, None)

    def _broken(self, problem: ScheduleError) -> Change | None:
        is_news = str(problem) != str(self.problem)
        self.problem = problem
        return Change(self.current, problem) if is_news else None

    def _parse(self, text: str) -> Schedules:
        templates = self._templates() if self._templates else None
        schedules = parse_schedules(text, str(self.path), templates=templates, templates_in=self._templates_in)
        if self._check:
            self._check(schedules)
        return schedules
