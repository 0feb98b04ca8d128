"""The page before the console: one card with a form. Everything in it is text; no script runs on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifier.locale import current_language

__all__ = ["Field", "Link", "door_page"]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    # Under no-referrer, as elsewhere, browsers would send our own forms with the origin "null".
    "Referrer-Policy": "same-origin",
}
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. `type` and `autocomplete` as HTML has them; a fixed one is only shown."""

    name: str
    label: str
    type: str
    autocomplete: str
    value: str = ""
    hint: str | None = None
    is_fixed: bool = False
    has_focus: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A way on to another page of ours."""

    words: str
    target: str


def door_page(
    *,
    title: str,
    form: str,
    status: int = 200,
    action: str = "",
    about: str | None = None,
    error: str | None = None,
    good: str | None = None,
    fields: Sequence[Field] = (),
    button: str | None = None,
    next: str | None = None,  # noqa: A002  # the field's own name
    after: str | None = None,
    links: Sequence[Link] = (),
) -> Response:
    """The card: heading, what went well or wrong, questions, button, and a quiet sentence `after` them.

    `form`: the token its form carries.
    """
    html = _pages.get_template("door.html").render(
        language=current_language(), title=title, about=about, action=action, error=error, good=good, form=form,
        fields=fields, button=button, next=next, after=after, links=links,
    )  # fmt: skip
    return HTMLResponse(html, status_code=status, headers=HEADERS)
