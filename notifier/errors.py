"""The error family: a code for machines, a sentence for people, permanent or not.

A sentence says what is wrong, where, and what to do. It is kept untranslated with its fields and put into the
reader's language when it is shown, so an error raised in the daemon reads right in every user's console.
"""

from __future__ import annotations

from typing import Any, ClassVar

from notifier.locale import N_, _
from notifier.locale.mends import Mend, with_mend

__all__ = [
    "BadInput",
    "ConfigError",
    "GatewayError",
    "ImportBrokenOff",
    "NotFound",
    "NotifierError",
    "Refused",
    "ScheduleError",
    "SourceError",
    "StoreError",
    "TemplateError",
]


class NotifierError(Exception):
    """Base of everything Notifier refuses or fails at on purpose.

    `sentence` is an English sentence marked with ``N_`` whose ``{fields}`` are given as keywords;
    ``str(error)`` is that sentence in the current language, with the command that mends it where a
    :class:`Mend` is given as the keyword `mend`.
    `permanent` says whether trying again can help.
    """

    code: ClassVar[str] = "error"
    permanent: ClassVar[bool] = True

    def __init__(self, sentence: str, /, **fields: Any) -> None:
        super().__init__(sentence)
        mend: Mend | None = fields.pop("mend", None)
        self.sentence = sentence
        self.fields = fields
        self.mend = mend and mend.about(**fields)

    def __str__(self) -> str:
        return with_mend(self.verdict(), self.mend.in_terminal() if self.mend else "")

    def in_console(self) -> str:
        """For the console's readers: no command, but the page that mends it, or whom to ask."""
        return with_mend(self.verdict(), self.mend.in_console() if self.mend else "")

    def verdict(self) -> str:
        """What is wrong, without what to do about it."""
        return _(self.sentence).format(**self.fields)


class ConfigError(NotifierError):
    """A setting of the environment or of .env is missing or wrong."""

    code = "config"


class ScheduleError(NotifierError):
    """schedules.yaml says something that cannot be run: names file, line and key."""

    code = "schedules"


class TemplateError(NotifierError):
    """A template is wrong, or cannot be rendered for a customer."""

    code = "template"


class BadInput(NotifierError):
    """A value given by a person, a file or a caller cannot be used."""

    code = "bad_input"


class NotFound(NotifierError):
    """The thing named does not exist."""

    code = "not_found"


class Refused(NotifierError):
    """The step is not allowed in the present state."""

    code = "refused"


class StoreError(NotifierError):
    """The database cannot be used as it stands."""

    code = "store"


class SourceError(NotifierError):
    """The DMS database could not be asked, or refused what it was asked; trying later may help."""

    code = "dms"
    permanent = False


class ImportBrokenOff(NotifierError):
    """A defect of ours ended an import midway: what it had stored stays, marked unfinished. The defect is its cause."""

    code = "unexpected"


class GatewayError(NotifierError):
    """The SMS provider could not be asked; trying later may help."""

    code = "gateway"
    permanent = False


UNEXPECTED = N_("Something unexpected went wrong: {detail}. Nothing was half-written; the log has the details.")
BROKEN_OFF = N_(
    "Something unexpected went wrong in the middle of importing {source}: {detail}. Whatever was stored is whole, but "
    "not all of it is there: the import is marked as unfinished, reminders wait, and importing the same again "
    "completes it. The log has the details."
)
DATABASE_SILENT = N_(
    "The database could not be used ({detail}): it is away, its disk is full, or another program holds it. What "
    "was committed stays; mend that and run the command again."
)
