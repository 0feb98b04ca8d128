"""Lengths of time as schedules.yaml writes them, in words: ``24h`` is 24 hours."""

from __future__ import annotations

import re

from notifier.locale import ngettext

__all__ = ["length_words", "split_length"]

_WRITTEN = re.compile(r"([0-9]{1,4})\s?([hdmy]?)")


def split_length(written: str) -> tuple[int, str] | None:
    """The figure of ``24h`` and its unit (h, d, m, y; none written: days); None for anything else."""
    match = _WRITTEN.fullmatch(written.strip())
    return (int(match[1]), match[2] or "d") if match else None


def length_words(written: str) -> str:
    """24 hours, 14 days, 6 months, 2 years; what is no length stays as it is written."""
    length = split_length(written)
    if length is None:
        return written
    count, unit = length
    said = {
        "h": lambda: ngettext("{count} hour", "{count} hours", count),
        "d": lambda: ngettext("{count} day", "{count} days", count),
        "m": lambda: ngettext("{count} month", "{count} months", count),
        "y": lambda: ngettext("{count} year", "{count} years", count),
    }
    return said[unit]().format(count=count)
