"""The language of one command: what the person or the terminal says, else the shop's. Read cheaply; never fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from notifier.locale import DEFAULT_LANGUAGE, language_of_environment, nearest_language

__all__ = ["language_of_cli"]

_DOTENV = re.compile(r"^\s*(?:export\s+)?(NOTIFIER_LANGUAGE|NOTIFIER_SCHEDULES)\s*=\s*[\"']?([^\"'\s#]*)", re.MULTILINE)
# The shop's language is the only key of that name in the file.
_SHOP_LANGUAGE = re.compile(r"(?:^|[\s{,])language:\s*[\"']?(zh|en)", re.MULTILINE | re.IGNORECASE)
_LOOKED_AT = 100_000


def language_of_cli(environ: Mapping[str, str]) -> str:
    """NOTIFIER_LANGUAGE (environment, then .env), else the terminal's, else shop.language, else Chinese."""
    dotenv = dict(_DOTENV.findall(_text(Path(".env"))))
    chosen = environ.get("NOTIFIER_LANGUAGE") or dotenv.get("NOTIFIER_LANGUAGE")
    if chosen:
        return nearest_language(chosen)
    spoken = language_of_environment(environ)
    if spoken:
        return spoken
    schedules = environ.get("NOTIFIER_SCHEDULES") or dotenv.get("NOTIFIER_SCHEDULES") or "schedules.yaml"
    shop = _SHOP_LANGUAGE.search(_text(Path(schedules)))
    return nearest_language(shop[1]) if shop else DEFAULT_LANGUAGE


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(_LOOKED_AT).decode("utf-8", errors="replace")
    except OSError:
        return ""
