"""Databases' addresses in sentences: readable, and without any secret."""

from __future__ import annotations

import re
from urllib.parse import unquote

import sqlalchemy as sa

__all__ = ["SECRET_OPTION", "masked_url", "shown_url"]

SECRET_OPTION = re.compile(r"pass|pwd|secret|token|key|connect$", re.IGNORECASE)
"""Options behind the question mark whose values nobody may read; drivers take whole passwords there."""


def masked_url(url: str | sa.URL) -> str:
    """The address as programs read it, with ``***`` for every secret."""
    parsed = sa.make_url(url)
    hidden = {name: "***" for name in parsed.query if SECRET_OPTION.search(name)}
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)


def shown_url(url: str | sa.URL) -> str:
    """The address as people write it: signs as they are, not as ``%3A``, and no secret."""
    return unquote(masked_url(url))
