"""The text of schedules.yaml → Schedules, or every problem in it at once."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from functools import partial
from pathlib import Path

from notifier.errors import ScheduleError
from notifier.locale import LANGUAGES, N_
from notifier.schedules import values
from notifier.schedules.campaigns import Schedules, ShopSettings
from notifier.schedules.document import MAX_BYTES, too_large, top_of
from notifier.schedules.entries import CampaignReader
from notifier.schedules.guards import read_guards, usual_guards
from notifier.schedules.places import ScheduleProblems, Section, Value

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
    shop = top.required("shop", partial(_shop, problems), "{name: …, signature: …}")
    guards = top.optional("guards", partial(read_guards, problems), usual_guards())
    currency = shop.currency if shop else "CNY"
    reader = CampaignReader(problems, currency, templates, templates_in)
    campaigns = top.required("campaigns", reader.campaigns, "")
    top.refuse_unknown_keys()
    if problems or shop is None or campaigns is None:
        raise ScheduleProblems(sorted(problems, key=lambda problem: int(problem.fields["line"])))
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    return Schedules((shop,), guards, campaigns, Path(filename), fingerprint)


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


def _shop(problems: list[ScheduleError], value: Value) -> ShopSettings | None:
    section = Section(value, problems)
    key = section.optional("key", values.identity, "main")
    name = section.required("name", values.name, "东南汽车泉州店")
    signature = section.required("signature", values.signature, "东南泉州")
    zone = section.required("timezone", values.zone, "Asia/Shanghai")
    region = section.required("region", values.region, "CN")
    phone = section.required("phone", values.phone, "0595-22880000")
    language = section.required("language", lambda v: v.choice(LANGUAGES), "zh-CN")
    currency = section.optional("currency", values.currency, "CNY")
    section.refuse_unknown_keys()
    if not (name and signature and zone and region and phone and language):
        return None
    return ShopSettings(key, name, signature, zone, region, phone, language, currency)
