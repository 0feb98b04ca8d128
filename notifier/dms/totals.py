"""The line under a table that sums it up: nobody's row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = ["is_total"]

_WORDS = frozenset({"合计", "合計", "总计", "總計", "小计", "小計", "total", "sum"})
_AROUND = re.compile(r"[\s:：]+")


def is_total(cells: Sequence[str]) -> bool:
    """Does the row's first filled cell say that it adds up the others? Whether it is more than that, its VIN tells."""
    first = next((cell for cell in cells if cell and not cell.isspace()), "")
    return _AROUND.sub("", unicodedata.normalize("NFKC", first)).casefold() in _WORDS
