"""Lengths of time as people say them."""

from __future__ import annotations

from datetime import timedelta

from notifier.locale import ngettext

__all__ = ["span_words"]


def span_words(span: timedelta) -> str:
    """A length of time as people say it: days from two on, else hours, else minutes."""
    minutes = max(0, int(span.total_seconds())) // 60
    if minutes >= 48 * 60:
        days = minutes // (24 * 60)
        return ngettext("{count} day", "{count} days", days).format(count=days)
    if minutes >= 2 * 60:
        hours = minutes // 60
        return ngettext("{count} hour", "{count} hours", hours).format(count=hours)
    return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)
