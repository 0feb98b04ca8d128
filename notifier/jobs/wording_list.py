"""The shelf at a glance: every wording by campaign and where it stands, its history, and how two texts differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher

from notifier.errors import TemplateError
from notifier.jobs.wording import Shelf
from notifier.jobs.wording_files import FileLook, look_at
from notifier.schedules import Campaign
from notifier.store.template_drafts import Draft, Version, open_drafts, versions_of_all
from notifier.store.template_drafts import versions as all_versions
from notifier.store.wording_figures import Brought, brought
from notifier.templating import Template, parse_template

__all__ = [
    "DAYS",
    "CampaignWordings",
    "Change",
    "Piece",
    "VersionRow",
    "WordingRow",
    "difference",
    "overview",
    "versions",
]

DAYS = 90
"""What a version has brought is told of texts due in the last so many days."""
EVER = date(2000, 1, 1)
_WORDS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|[A-Za-z0-9_]+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WordingRow:
    """One template in one language. `marks`: draft, review, new (never live), refused, conflict, behind.

    `stages`: of the campaign it is listed under. `brought`: by the live version, in the last DAYS days.
    """

    name: str
    language: str
    title: str
    kind: str
    stages: tuple[str, ...]
    live_version: int | None
    published_at: datetime | None
    published_by: str | None
    draft: Draft | None
    file: FileLook
    marks: frozenset[str]
    brought: Brought = field(default_factory=Brought)


@dataclass(frozen=True, slots=True)
class CampaignWordings:
    """The wordings of one campaign; of none where `campaign` is None: those no campaign uses."""

    campaign: Campaign | None
    rows: tuple[WordingRow, ...]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version and what its texts have brought since counting began."""

    version: Version
    brought: Brought


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line, changed or not."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a comparison. `kind`: same, removed, added, changed; lines count from 1, None = not there."""

    kind: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    line_before: int | None
    line_after: int | None


def overview(
    shelf: Shelf, campaigns: Sequence[Campaign], today: date, *, shop_id: int | None = None
) -> list[CampaignWordings]:
    """Every wording there is, by campaign in the order of schedules.yaml, then those no campaign uses.

    A wording several campaigns use is listed under each. What it has brought: in the shop `shop_id`, else in all.
    """
    known, drafts, figures = _shelved(shelf, today, shop_id)
    keys = sorted({*known, *drafts, *_files(shelf)})
    rows = {key: _row(shelf, key, known.get(key, []), drafts.get(key), figures) for key in keys}
    listed = [CampaignWordings(each, tuple(_of_campaign(each, rows))) for each in campaigns]
    used = {name for each in campaigns for name in each.every_template}
    others = tuple(row for (name, _language), row in rows.items() if name not in used)
    return [*listed, CampaignWordings(None, others)] if others else listed


def _shelved(
    shelf: Shelf, today: date, shop_id: int | None
) -> tuple[Mapping[tuple[str, str], list[Version]], Mapping[tuple[str, str], Draft], Mapping[int, Brought]]:
    with shelf.store.read() as session:
        known = versions_of_all(session)
        drafts = {(draft.name, draft.language): draft for draft in open_drafts(session)}
        live = [each.id for found in known.values() for each in found if each.live]
        shops = None if shop_id is None else [shop_id]
        return known, drafts, brought(session, live, since=today - timedelta(days=DAYS), shop_ids=shops)


def _files(shelf: Shelf) -> Iterator[tuple[str, str]]:
    for file in shelf.folder.glob("*/*.j2"):
        if not file.name.startswith("."):
            yield file.stem, file.parent.name


def _row(
    shelf: Shelf, key: tuple[str, str], known: list[Version], draft: Draft | None, figures: Mapping[int, Brought]
) -> WordingRow:
    name, language = key
    live = next((version for version in known if version.live), None)
    file = look_at(shelf.folder, name, language, known)
    template = _template(live, draft, file, key)
    return WordingRow(
        name, language, template.title if template else name, template.kind if template else "", (),
        live.version if live else None, live.published_at if live else None, live.published_by if live else None,
        draft, file, frozenset(_marks(live, draft, file)), figures.get(live.id, Brought()) if live else Brought(),
    )  # fmt: skip


def _template(live: Version | None, draft: Draft | None, file: FileLook, key: tuple[str, str]) -> Template | None:
    """What is live, else the draft, else the file: title and kind are read from the first that is a template."""
    for source in (live and live.source, draft and draft.source, file.source):
        try:
            if source:
                return parse_template(source, name=key[0], language=key[1], origin="")
        except TemplateError:
            continue
    return None


def _marks(live: Version | None, draft: Draft | None, file: FileLook) -> Iterator[str]:
    if live is None:
        yield "new"
    if draft is not None:
        yield draft.state
        if live is not None and draft.base_version != live.version:
            yield "behind"
    if file.state == "refused":
        yield "refused"
    if file.state == "stale" or (file.is_conflict and draft is not None):
        yield "conflict"


def _of_campaign(campaign: Campaign, rows: Mapping[tuple[str, str], WordingRow]) -> Iterator[WordingRow]:
    for (name, _language), row in rows.items():
        if name in campaign.every_template:
            yield _with_stages(row, campaign)


def _with_stages(row: WordingRow, campaign: Campaign) -> WordingRow:
    stages = [
        stage for stage, name in campaign.templates.items()
        if row.name in (name, *campaign.variants.get(stage, {}).values())
    ]  # fmt: skip
    return replace(row, stages=tuple(stages))


def versions(shelf: Shelf, name: str, language: str) -> list[VersionRow]:
    """Every version, the newest first: who made it live, when, what it says, what it has brought."""
    with shelf.store.read() as session:
        known = all_versions(session, name, language)
        figures = brought(session, [each.id for each in known], since=EVER)
    return [VersionRow(each, figures.get(each.id, Brought())) for each in known]


def difference(before: str, after: str) -> list[Change]:
    """Two sources compared by line, and lines that differ by word; a field is one word, a Chinese character too."""
    old, new = before.splitlines(), after.splitlines()
    changes: list[Change] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            changes += [
                Change("same", _whole(line, changed=False), _whole(line, changed=False), i1 + n + 1, j1 + n + 1)
                for n, line in enumerate(old[i1:i2])
            ]
            continue
        pairs = min(i2 - i1, j2 - j1)
        changes += [_changed(old[i1 + n], new[j1 + n], i1 + n + 1, j1 + n + 1) for n in range(pairs)]
        changes += [Change("removed", _whole(old[n], changed=True), (), n + 1, None) for n in range(i1 + pairs, i2)]
        changes += [Change("added", (), _whole(new[n], changed=True), None, n + 1) for n in range(j1 + pairs, j2)]
    return changes


def _whole(line: str, *, changed: bool) -> tuple[Piece, ...]:
    return (Piece(line, changed),)


def _changed(before: str, after: str, line_before: int, line_after: int) -> Change:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return Change(
        "changed",
        tuple(_pieces((old[i1:i2], kind) for kind, i1, i2, _j1, _j2 in codes)),
        tuple(_pieces((new[j1:j2], kind) for kind, _i1, _i2, j1, j2 in codes)),
        line_before,
        line_after,
    )


def _pieces(runs: Iterable[tuple[list[str], str]]) -> Iterator[Piece]:
    for words, kind in runs:
        if words:
            yield Piece("".join(words), kind != "equal")
