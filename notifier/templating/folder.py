"""The folder marketing staff edit: `<language>/<name>.j2`. The way in for new wordings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from notifier.errors import TemplateError
from notifier.locale import N_
from notifier.templating.fields import nearest
from notifier.templating.parsing import Template, parse_template

__all__ = ["LoadedTemplates", "TemplateFolder", "choose_language"]

LAST_RESORTS = ("zh-CN", "en")
_SUFFIX = ".j2"


class LoadedTemplates(NamedTuple):
    """What a folder holds: the valid templates, and one error for each file that is not."""

    templates: tuple[Template, ...]
    problems: tuple[TemplateError, ...]


def choose_language(available: Collection[str], customer: str | None, shop: str) -> str | None:
    """The language of `available` to write in: the customer's, else the shop's, else zh-CN, else en.

    None if none of them exists. Case, and _ for -, do not matter; `en-GB` is served by `en`, and `zh` by `zh-CN`.
    """
    by_key = {_key(language): language for language in sorted(available, reverse=True)}
    by_root = {_key(language).partition("-")[0]: language for language in sorted(available, reverse=True)}
    for wanted in (customer, shop, *LAST_RESORTS):
        if wanted:
            found = by_key.get(_key(wanted)) or by_root.get(_key(wanted).partition("-")[0])
            if found:
                return found
    return None


def _key(language: str) -> str:
    return language.lower().replace("_", "-")


class TemplateFolder:
    """The template files below `path`; read anew at each call, so an edit is seen at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        """Every template name, in whichever languages it exists."""
        return sorted({file.stem for file in self._files()})

    def languages(self, name: str) -> list[str]:
        """The languages in which this template exists."""
        return sorted(file.parent.name for file in self._files() if file.stem == name)

    def load(self, name: str, language: str) -> Template:
        """One template in exactly this language. Raises TemplateError where there is no such file or it is wrong."""
        file = self.path / language / f"{name}{_SUFFIX}"
        if file not in self._files():
            raise self._missing(file, name)
        return self._read(file)

    def load_all(self) -> LoadedTemplates:
        """Every template of the folder; a wrong file becomes a problem and keeps no other from loading."""
        templates: list[Template] = []
        problems: list[TemplateError] = []
        for file in self._files():
            try:
                templates.append(self._read(file))
            except TemplateError as error:
                problems.append(error)
        return LoadedTemplates(tuple(templates), tuple(problems))

    def _files(self) -> list[Path]:
        return sorted(file for file in self.path.glob(f"*/*{_SUFFIX}") if not file.name.startswith("."))

    def _missing(self, file: Path, name: str) -> TemplateError:
        known = self.names()
        if not known:
            return TemplateError(
                N_("{folder} holds no templates. Put them there as <language>/<name>.j2, or set NOTIFIER_TEMPLATES."),
                folder=str(self.path),
            )
        return TemplateError(
            N_("There is no template file {file}. Nearest name: {nearest}. Known: {known}."),
            file=str(file),
            nearest=nearest(name, known),
            known=", ".join(known),
        )

    def _read(self, file: Path) -> Template:
        try:
            source = file.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise TemplateError(
                N_("{file} is not written in UTF-8. Save it again as UTF-8 (in Notepad: Save as, Encoding)."),
                file=str(file),
            ) from error
        return parse_template(source, name=file.stem, language=file.parent.name, origin=str(file))
