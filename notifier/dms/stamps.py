"""When a row of the DMS was last changed, as the DMS writes it: compared, kept, and set back by the overlap.

A stamp is a moment with or without a zone, a day, or a text that sorts like one (``2026-03-01 10:00:00``): what is
asked for next time must be of the kind the column holds, or the database could not compare it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["BadStamp", "Stamp", "Watermark", "kept", "loaded", "set_back"]

Stamp = datetime | date | str

_TEXT = re.compile(
    r"(?P<y>\d{4})(?P<a>[-/.]?)(?P<m>\d{2})(?P=a)(?P<d>\d{2})"
    r"(?:(?P<t>[ T]?)(?P<H>\d{2})(?P<b>:?)(?P<M>\d{2})(?P=b)(?P<S>\d{2})(?:\.\d+)?(?P<z> ?(?:Z|[+-]\d{2}:?\d{2}))?)?"
)


class BadStamp(Exception):
    """The column holds what is no stamp, or stamps that cannot be put in order with each other."""


class Watermark:
    """The greatest stamp seen that does not lie in the future.

    One row dated 2099 by mistake would otherwise hide every change until then. A moment without a zone may be meant
    in the shop's time or in UTC: it is in the future only if it is in both.
    """

    def __init__(self, now: datetime, zone: ZoneInfo, since: Stamp | None = None) -> None:
        self._now = now
        self._wall = max(now.astimezone(place).replace(tzinfo=None) for place in (UTC, zone))
        self._shape = _shape(since) if since is not None else None
        self.greatest = since

    def note(self, value: object) -> None:
        """Take in one row's stamp; None says nothing. Raises BadStamp."""
        if value is None:
            return
        if not isinstance(value, date | str):
            raise BadStamp(str(value))
        shape = _shape(value)
        if self._shape is None:
            self._shape = shape
        elif not _sort_together(self._shape, shape):
            raise BadStamp(f"{self.greatest} · {value}")
        is_later = self.greatest is None or value > self.greatest  # type: ignore[operator]  # of one shape
        if is_later and not self._is_future(value):
            self.greatest = value

    def _is_future(self, stamp: Stamp) -> bool:
        moment = _moment(stamp)
        return moment > (self._wall if moment.tzinfo is None else self._now)


def kept(stamp: Stamp) -> str:
    """The stamp as it is stored until the next sync, its kind in front."""
    if isinstance(stamp, str):
        return f"text {stamp}"
    return f"{'moment' if isinstance(stamp, datetime) else 'day'} {stamp.isoformat()}"


def loaded(text: str) -> Stamp:
    """The stamp stored as `text`."""
    kind, _space, value = text.partition(" ")
    if kind == "text":
        return value
    return datetime.fromisoformat(value) if kind == "moment" else date.fromisoformat(value)


def set_back(stamp: Stamp, overlap: timedelta) -> Stamp:
    """`overlap` before `stamp`, of the same kind; days and texts of days go back by whole days."""
    days = timedelta(days=-(-overlap // timedelta(days=1)))
    try:
        if isinstance(stamp, str):
            return _text_set_back(stamp, overlap, days)
        return stamp - (overlap if isinstance(stamp, datetime) else days)
    except OverflowError:  # the first day there is: nothing lies before
        return stamp


def _text_set_back(text: str, overlap: timedelta, days: timedelta) -> str:
    """Without fraction and zone: the shorter text sorts first, so that never less is read."""
    match = _matched(text)
    has_clock = match["H"] is not None
    back = _moment(text).replace(tzinfo=None) - (overlap if has_clock else days)
    day = match["a"].join((f"{back.year:04d}", f"{back.month:02d}", f"{back.day:02d}"))
    return day + (f"{match['t']}{back:%H}{match['b']}{back:%M}{match['b']}{back:%S}" if has_clock else "")


def _matched(text: str) -> re.Match[str]:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise BadStamp(text)
    return match


def _moment(stamp: Stamp) -> datetime:
    if isinstance(stamp, datetime):
        return stamp
    if isinstance(stamp, date):
        return datetime(stamp.year, stamp.month, stamp.day)  # noqa: DTZ001  # the source names no zone
    match = _matched(stamp)
    zone = (match["z"] or "").strip().replace("Z", "+00:00")
    try:
        year, month, day, hour, minute, second = (int(match[name] or 0) for name in "ymdHMS")
        naive = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
        return datetime.fromisoformat(f"{naive.isoformat()}{zone}")
    except ValueError:
        raise BadStamp(stamp) from None


def _shape(stamp: Stamp) -> tuple[str | None, ...]:
    """What two stamps must share to be put in order."""
    if isinstance(stamp, str):
        match = _matched(stamp)
        return ("text", match["a"], match["t"], match["b"], match["z"])
    if isinstance(stamp, datetime):
        return ("moment", "aware" if stamp.tzinfo else "naive")
    return ("day",)


def _sort_together(one: tuple[str | None, ...], other: tuple[str | None, ...]) -> bool:
    """Texts of days sort with texts of moments."""
    if one[0] == other[0] == "text":
        only_days = one[3] is None or other[3] is None
        return one[1] == other[1] if only_days else one == other
    return one == other
