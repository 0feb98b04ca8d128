"""Every sentence for people passes through here: zh-CN and en, by gettext.

A sentence is written in English with named fields, marked with :func:`N_` where it is kept for later (errors)
or translated on the spot with :func:`_`. The language belongs to the current context (a command, a web request),
so two requests in two languages never meet.
"""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("zh-CN", "en")
DEFAULT_LANGUAGE = "zh-CN"
CATALOGUE_DIR = Path(__file__).parent
DOMAIN = "notifier"

_language: ContextVar[str] = ContextVar("notifier_language", default="en")


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    return _gettext.translation(DOMAIN, CATALOGUE_DIR, [language.replace("-", "_")], fallback=True)


def current_language() -> str:
    """The language sentences are shown in right now: ``zh-CN`` or ``en``."""
    return _language.get()


def use_language(language: str) -> None:
    """Show sentences in `language` from here on, in this context; an unknown one becomes English."""
    _language.set(nearest_language(language))


@contextmanager
def language(name: str) -> Iterator[None]:
    """Show sentences in another language for the length of a ``with`` block."""
    token = _language.set(nearest_language(name))
    try:
        yield
    finally:
        _language.reset(token)


def nearest_language(name: str) -> str:
    """``zh_CN.UTF-8``, ``zh``, ``zh-Hans`` → ``zh-CN``; everything else → ``en``."""
    return "zh-CN" if name.lower().replace("_", "-").startswith("zh") else "en"


def language_of_environment(environ: Mapping[str, str] = os.environ) -> str | None:
    """The language the person's terminal asks for, or None where it does not say (unset, C, POSIX)."""
    for key in ("NOTIFIER_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(key, "")
        if value and value.split(".")[0] not in ("C", "POSIX"):
            return nearest_language(value)
    return None


def _(sentence: str) -> str:
    """The sentence in the current language (fields still unfilled)."""
    return _catalogue(current_language()).gettext(sentence) if sentence else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The sentence in the right number for `count`, in the current language."""
    return _catalogue(current_language()).ngettext(one, many, count)


def N_(sentence: str) -> str:
    """Mark a sentence for translation without translating it yet."""
    return sentence


def listed(words: Iterable[str]) -> str:
    """Words one after the other, parted as the current language parts them."""
    return _(", ").join(words)


class WhenShown:
    """Words that are made when somebody reads them: a field of an error, which may be shown in another language."""

    def __init__(self, words: Callable[[], str]) -> None:
        self._words = words

    def __str__(self) -> str:
        return self._words()
