"""What the name of a file says: whether it can be data at all, whether it is called like a table, how it is shown."""

from __future__ import annotations

import os
import unicodedata

__all__ = ["TABLE_ENDINGS", "is_called_like_a_table", "is_never_data", "shown_name"]

LONGEST_NAME = 180
"""Bytes of UTF-8; 255 fit, and a moment and ``.report.json`` are put around it."""

TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")
"""What programs call the files the readers understand."""
_BEGINNINGS = (".", "~$")
_ENDINGS = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".yaml", ".yml")
_SYSTEMS_OWN = frozenset({"thumbs.db", "desktop.ini"})


def is_never_data(name: str) -> bool:
    """Hidden, half-copied (browsers, WinSCP, Excel's own locks), a mapping, or the system's."""
    lower = name.lower()
    return lower.startswith(_BEGINNINGS) or lower.endswith(_ENDINGS) or lower in _SYSTEMS_OWN


def is_called_like_a_table(name: str) -> bool:
    """Whether its ending is that of a spreadsheet or a CSV file."""
    return name.lower().endswith(TABLE_ENDINGS)


def shown_name(name: str) -> str:
    """A file's name as people and databases can read it, short enough to be written behind.

    Bytes that are no UTF-8 are mostly a Chinese Windows' GBK; control characters and separators become ``_``.
    """
    raw = os.fsencode(name)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    text = "".join("_" if unicodedata.category(each) in ("Cc", "Cs") or each in "/\\" else each for each in text)
    stem, dot, ending = text.rpartition(".") if len(text.rpartition(".")[2]) <= 8 else (text, "", "")
    room = LONGEST_NAME - len(f"{dot}{ending}".encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + ending
