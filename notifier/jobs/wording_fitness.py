"""What keeps a wording from going live: not only what is no template, but also what nobody should be sent."""

from __future__ import annotations

from notifier.errors import TemplateError
from notifier.jobs.wording_check import Bench, check_source
from notifier.locale import N_
from notifier.templating import lint, parse_template

__all__ = ["raise_if_not_publishable"]


def raise_if_not_publishable(source: str, name: str, language: str, origin: str, bench: Bench | None) -> None:
    """Raise TemplateError where something in the words must be mended before anybody gets them.

    Without `bench` they are looked at as they would be for any gateway and campaign.
    """
    template = parse_template(source, name=name, language=language, origin=origin)
    found = check_source(source, name, language, bench).findings if bench is not None else lint(template)
    for each in found:
        if each.severity == "error":
            raise TemplateError(
                N_("{file}, line {line}: {problem} Nothing was published."),
                file=origin, line=each.line, problem=each.sentence,
            )  # fmt: skip
