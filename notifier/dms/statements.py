"""Is this one query that only reads? Asked before a statement of dms.yaml is handed to the DMS database.

No parser of SQL: quoted texts, quoted names and comments are blanked, and what is left must be one SELECT without any
word that writes. The database itself is opened read-only besides, where its driver can.
"""

from __future__ import annotations

import re

__all__ = ["one_select", "why_not_one_select"]

_QUOTED = re.compile(
    r"""
      '(?:[^']|'')*'            # a text
    | "(?:[^"]|"")*"            # a name
    | `[^`]*`                   # a name, in MySQL
    | \[[^\]\n]*\]              # a name, in SQL Server
    | \$(\w*)\$.*?\$\1\$        # a text, in PostgreSQL
    | --[^\n]*                  # a comment
    | /\*(?!!).*?\*/            # a comment; /*! is none to MySQL
    """,
    re.VERBOSE | re.DOTALL,
)
_WRITES = re.compile(
    r"\b(insert|update|delete|merge|into|create|alter|drop|truncate|grant|revoke|exec|execute)\b", re.IGNORECASE
)


def one_select(text: str) -> str:
    """The statement as it is run: without the space around it and the semicolon behind it."""
    return text.rstrip("; \t\r\n").strip()


def why_not_one_select(text: str) -> str | None:
    """The word of `text` that shows it to be more than one reading statement (``;`` = a second one); None = it is one.

    SELECT … INTO makes a table in two databases and SELECT … FOR UPDATE holds rows, so both are told by their word.
    """
    bare = _QUOTED.sub(_blank, one_select(text))
    first = re.match(r"[\s(]*(\w*)", bare)
    word = first[1] if first else ""
    if word.lower() not in ("select", "with"):
        return word or bare.strip()[:1] or "?"
    if ";" in bare:
        return ";"
    found = _WRITES.search(bare)
    return found[1] if found else None


def _blank(match: re.Match[str]) -> str:
    """A quoted name still stands between two words; a comment parts them."""
    return " " if match[0].startswith(("--", "/*")) else " x "
