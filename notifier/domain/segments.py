"""How many SMS segments a text costs, and which characters make it dear.

Source: 3GPP TS 23.038 (GSM 7-bit alphabet and its extension table) and 23.040 (six octets of header on each part of a
split text); numbers as in the providers' billing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Encoding", "Segments", "billed", "count_segments"]

Encoding = Literal["GSM-7", "UCS-2"]

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")
_GSM = _GSM_BASIC | _GSM_EXTENDED

_FORCING = re.compile(f"[^{re.escape(''.join(sorted(_GSM)))}]")
# Characters that take two units.
_WIDE: dict[Encoding, re.Pattern[str]] = {
    "GSM-7": re.compile(f"[{re.escape(''.join(sorted(_GSM_EXTENDED)))}]"),
    "UCS-2": re.compile("[\U00010000-\U0010ffff]"),
}

# (units in a text of one segment, units in each part of a split one)
_ROOM: dict[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs on the air.

    `units` are septets (GSM-7) or UTF-16 code units (UCS-2); `per_segment` is the room of each of the `count` segments;
    `forcing` are the distinct characters, in order of appearance, that force UCS-2.
    """

    encoding: Encoding
    count: int
    units: int
    per_segment: int
    forcing: tuple[str, ...]


def count_segments(text: str) -> Segments:
    """Encoding, segments and units of `text`.

    An empty text counts as one GSM-7 segment: that is what a provider bills for one that goes out.
    """
    encoding, count, units = billed(text)
    forcing = tuple(c for c in dict.fromkeys(text) if c not in _GSM)
    single, part = _ROOM[encoding]
    return Segments(encoding, count, units, single if count == 1 else part, forcing)


def billed(text: str) -> tuple[Encoding, int, int]:
    """Encoding, segments and units alone: a planner counts a hundred thousand texts a minute."""
    encoding: Encoding = "UCS-2" if _FORCING.search(text) else "GSM-7"
    single, part = _ROOM[encoding]
    wide = _WIDE[encoding].search(text) is not None
    widths = [_width(char, encoding) for char in text] if wide else ()
    units = sum(widths) if wide else len(text)
    if units <= single:
        return encoding, 1, units
    return encoding, _parts(widths, part) if wide else -(-units // part), units


def _width(char: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if char in _GSM_EXTENDED else 1
    return 2 if ord(char) > 0xFFFF else 1


def _parts(widths: Iterable[int], room: int) -> int:
    """Parts needed when a pair of units never straddles two of them."""
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts
