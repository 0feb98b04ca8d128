"""The text of schedules.yaml → Schedules, or every problem in it at once."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from functools import partial
from pathlib import Path

from notifier.errors import ScheduleError
from notifier.locale import N_
from notifier.schedules.campaigns import Schedules
from notifier.schedules.document import MAX_BYTES, too_large, top_of
from notifier.schedules.entries import CampaignReader
from notifier.schedules.guards import read_guards, usual_guards
from notifier.schedules.places import ScheduleProblems, Section
from notifier.schedules.shops import GroupSettings, read_shops

__all__ = ["TEMPLATES", "load_schedules", "parse_schedules", "read_text"]

TEMPLATES = "templates/sms"


def load_schedules(path: Path, *, templates: Container[str] | None = None, templates_in: str = TEMPLATES) -> Schedules:
    """Read the file. `templates`: the names that exist, found in `templates_in`; None = not checked.

    Raises ScheduleProblems (a ScheduleError) that holds every problem of the file.
    """
    return parse_schedules(read_text(path), str(path), templates=templates, templates_in=templates_in)


def parse_schedules(
    text: str, filename: str, *, templates: Container[str] | None = None, templates_in: str = TEMPLATES
) -> Schedules:
    """The same from a text; `filename` is named in every sentence. Raises ScheduleProblems."""
    problems: list[ScheduleError] = []
    try:
        top = Section(top_of(text, filename), problems)
    except ScheduleError as problem:
        raise ScheduleProblems([problem]) from problem
    shops = read_shops(top, problems)
    before = len(problems)
    guards = top.optional("guards", partial(read_guards, problems), usual_guards())
    are_guards_good = len(problems) == before
    currency = shops[0].settings.currency if shops else "CNY"
    reader = CampaignReader(problems, currency, templates, templates_in, [shop.settings.key for shop in shops])
    campaigns = top.required("campaigns", reader.campaigns, "") or ()
    top.refuse_unknown_keys()
    guards_entry = top.entry("guards") if are_guards_good else None
    group = GroupSettings(guards, campaigns, guards_entry, top.entry("campaigns"), currency)
    own = {shop.settings.key: group.of(shop, reader) for shop in shops}
    if problems:
        raise ScheduleProblems(sorted(problems, key=lambda problem: int(problem.fields["line"])))
    return Schedules(
        tuple(shop.settings for shop in shops),
        guards,
        campaigns,
        Path(filename),
        hashlib.sha256(text.encode()).hexdigest(),
        {key: settings for key, settings in own.items() if settings is not None},
    )


def read_text(path: Path) -> str:
    """The file as text. Raises ScheduleProblems if it is missing, too large or not UTF-8."""
    where = {"file": str(path), "line": 1, "key": ""}
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ScheduleProblems([too_large(str(path))])
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        sentence = N_(
            "{file} does not exist; copy the schedules.yaml that came with Notifier, or set NOTIFIER_SCHEDULES."
        )
        raise ScheduleProblems([ScheduleError(sentence, **where)]) from error
    except UnicodeDecodeError as error:
        where["line"] = error.object[: error.start].count(b"\n") + 1
        sentence = N_("{file}, line {line}: the file is not saved as UTF-8; in the editor choose “save as … UTF-8”.")
        raise ScheduleProblems([ScheduleError(sentence, **where)]) from error
    except OSError as error:
        sentence = N_("{file} cannot be read ({detail}); check the path and its permissions.")
        raise ScheduleProblems([ScheduleError(sentence, **where, detail=error.strerror or str(error))]) from error
