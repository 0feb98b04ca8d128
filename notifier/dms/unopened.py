"""Why a file given by a person cannot be opened, in the person's language: the system says it in English."""

from __future__ import annotations

from pathlib import Path

from notifier.errors import BadInput
from notifier.locale import N_
from notifier.locale.system import system_words

__all__ = ["cannot_be_opened"]


def cannot_be_opened(path: Path, error: OSError | ValueError) -> BadInput:
    """The refusal for `error`; a ValueError is a NUL in the name."""
    if isinstance(error, FileNotFoundError):
        sentence = N_("The file {path} cannot be opened: there is no file of that name. Check the name and the folder.")
        return BadInput(sentence, path=str(path))
    if isinstance(error, PermissionError):
        return BadInput(N_("The file {path} cannot be opened: you have no right to read it."), path=str(path))
    return BadInput(
        N_("The file {path} cannot be opened ({detail}); check its name and your rights to it."),
        path=str(path),
        detail=system_words(error),
    )
