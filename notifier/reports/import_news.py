"""How fresh the shop's records are, who waits for it, and what the last import did: figures and words.

`notifier doctor` and the data quality page say the same, in the same words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.domain.freshness import Freshness, freshness_of, makes_planning_wait
from notifier.domain.rules import RULES
from notifier.locale import N_, _, listed
from notifier.locale.records import known_words, records_word
from notifier.reports import numbers
from notifier.schedules import Schedules
from notifier.store import imports
from notifier.store.engine import Session
from notifier.store.imports import ImportMade

__all__ = [
    "ImportNews", "ReasonWords", "freshness_sentence", "import_news", "last_sentence", "readers_of", "reasons_of_last",
    "unfinished_sentence",
]  # fmt: skip

ReasonWords = Callable[[str], str]
"""Why a row was rejected or doubted → in the reader's language."""

KINDS = ("customers", "visits", "renewals")


@dataclass(frozen=True, slots=True)
class ImportNews:
    """One kind of import: how fresh its records are, who waits for it, what the last one rejected and doubted.

    `readers`: campaigns that read it; `waits` = they plan nothing for its sake. `unfinished`: imports that began and
    never ended.
    """

    kind: str
    freshness: Freshness
    known_to: datetime | None
    limit: timedelta | None
    readers: tuple[str, ...]
    last: ImportMade | None
    unfinished: tuple[ImportMade, ...]

    @property
    def waits(self) -> bool:
        """Whether planning waits, if anybody reads it."""
        return makes_planning_wait(self.freshness, self.limit)


def readers_of(schedules: Schedules) -> dict[str, list[str]]:
    """Kind of import → the campaigns, switched on, that read it."""
    readers: dict[str, list[str]] = defaultdict(list)
    for campaign in schedules.campaigns:
        for kind in RULES[campaign.rule].reads if campaign.enabled else ():
            readers[kind].append(campaign.title)
    return dict(readers)


def import_news(
    session: Session,
    shop_id: int,
    now: datetime,
    limits: Mapping[str, timedelta],
    readers: Mapping[str, Sequence[str]],
) -> list[ImportNews]:
    """Each kind a shop imports. `limits`: data_max_age; `readers`: kind → titles of the campaigns that read it."""
    known, last = imports.freshness(session, shop_id), imports.last_imports(session, shop_id)
    open_ = imports.unfinished_imports(session, shop_id)
    news = []
    for kind in dict.fromkeys((*KINDS, *limits, *known, *(made.kind for made in open_))):
        unfinished = tuple(made for made in open_ if made.kind == kind)
        limit = limits.get(kind)
        found = freshness_of(known.get(kind), limit, now, is_unfinished=bool(unfinished))
        theirs = tuple(readers.get(kind, ()))
        news.append(ImportNews(kind, found, known.get(kind), limit, theirs, last.get(kind), unfinished))
    return news


def unfinished_sentence(news: ImportNews, made: ImportMade, zone: ZoneInfo) -> str:
    """Which file began and never ended, and since when."""
    return _("An import of {kind} from {source} began on {at} and has not finished; repeat it.").format(
        kind=records_word(news.kind), source=made.source, at=_at(made.at, zone)
    )


def freshness_sentence(news: ImportNews, now: datetime, zone: ZoneInfo) -> str:
    """Up to when the records are known, how old that is, how old it may be, and who waits."""
    sentence = _("{said}.").format(said=known_words(news.kind, news.known_to, news.limit, now, zone))
    if news.waits and news.readers:
        sentence = _("{said} Planning waits: {campaigns}.").format(said=sentence, campaigns=listed(news.readers))
    return sentence


def last_sentence(news: ImportNews) -> str:
    """What the last import that came to its end did; empty before the first."""
    if news.last is None:
        return ""
    counts = news.last.counts
    rejected, warned = (sum(counts.get(name, {}).values()) for name in ("rejected", "warned"))
    sentence = _("Last import of {kind} ({source}): {read} rows read, {rejected} rejected, {warned} doubts.")
    if not news.last.is_news and not counts.get("read", 0):
        sentence = _("Last import of {kind} ({source}): no row at all, so it does not count as fresh.")
    did_not_stamp = news.known_to is None or news.known_to < news.last.at
    totals = counts.get("rejected", {}).get("total_row", 0)
    if did_not_stamp and counts.get("read", 0) - totals == rejected - totals > 0:
        sentence = _("Last import of {kind} ({source}): all {rejected} rows rejected, so it does not count as fresh.")
    return sentence.format(
        kind=records_word(news.kind),
        source=news.last.source,
        read=numbers.count(counts.get("read", 0)),
        rejected=numbers.count(rejected),
        warned=numbers.count(warned),
    )


def reasons_of_last(news: ImportNews, reason_words: ReasonWords) -> Iterator[str]:
    """Why rows of the last import were rejected, then what was doubted, the most frequent first."""
    counts = news.last.counts if news.last else {}
    labels = {"rejected": N_("rejected: {reason} {count}"), "warned": N_("doubted: {reason} {count}")}
    for name, label in labels.items():
        for reason, number in sorted(counts.get(name, {}).items(), key=lambda item: (-item[1], item[0])):
            yield _(label).format(reason=reason_words(reason), count=numbers.count(number))


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
