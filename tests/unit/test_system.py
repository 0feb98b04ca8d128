"""What the system says went wrong, in the reader's language."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from notifier.locale import language
from notifier.locale.system import system_words


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "no such file or folder"), (errno.EACCES, "permission denied"),
        (errno.ENOSPC, "no space left on the disk"), (errno.EISDIR, "it is a folder"),
        (errno.ENOTDIR, "it is not a folder"), (errno.EXDEV, os.strerror(errno.EXDEV)),
    ],
)  # fmt: skip
def test_the_usual_ones_have_words_and_others_those_of_the_system(number: int, said: str) -> None:
    """By their number, whatever the system calls them."""
    with language("en"):
        assert str(system_words(OSError(number, os.strerror(number)))) == said


def test_they_are_put_into_words_when_they_are_read(tmp_path: Path) -> None:
    """An error of the daemon is read in every user's language."""
    with pytest.raises(OSError, match="x") as failed:
        (tmp_path / "x").read_bytes()
    words = system_words(failed.value)
    with language("en"):
        english = str(words)
    with language("zh-CN"):
        assert str(words) != english


def test_what_has_no_words_is_named_by_its_kind() -> None:
    """A NUL in a name is no error of the system."""
    assert str(system_words(ValueError("embedded null byte"))) == "ValueError"
