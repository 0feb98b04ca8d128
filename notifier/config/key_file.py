"""The key of an installation with an embedded database: a file beside it, made once."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from notifier.errors import ConfigError
from notifier.locale import N_
from notifier.locale.system import system_words

__all__ = ["KEY_FILE", "key_of_file"]

KEY_FILE = "notifier.key"


def key_of_file(path: Path) -> bytes:
    """The key in the file, or a new one. Two processes that start together get the same: the first link wins."""
    try:
        if not path.exists():
            _make_key_file(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(
            N_(
                "The key file {file} cannot be made or read ({detail}); mend its permissions or set "
                "NOTIFIER_SECRET_KEY."
            ),
            file=str(path),
            detail=system_words(error),
        ) from error
    if len(key) < 32:
        raise ConfigError(
            N_("The key file {file} is damaged; restore it from your backup, or customers are not recognised."),
            file=str(path),
        )
    return key


def _make_key_file(path: Path) -> None:
    """Written whole (mode 0600, O_EXCL) under another name and linked: nobody ever reads half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(draft)
    except FileExistsError:
        pass  # another process was first; its key is read
    finally:
        Path(draft).unlink()
