"""The people of a dry run, one row a touch: who would be texted, who not, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from notifier.domain.guards import Verdict
from notifier.domain.phone import as_dialled
from notifier.jobs.plan.run import Work
from notifier.jobs.plan.touch import Touch, is_overtaken, subject_of
from notifier.jobs.reasons import PHONE_WORDS, detail_words, short_words
from notifier.locale import N_, _
from notifier.schedules import Campaign
from notifier.schedules.stage_words import touch_words
from notifier.store.engine import Store
from notifier.store.histories import vins_of
from notifier.store.outbox import PlannedChunk
from notifier.store.shops import shop_keys
from notifier.store.touches import ChunkFacts

__all__ = ["HEADINGS", "People", "RehearsedTouch", "rehearsed"]

HEADINGS = (
    N_("Shop"), N_("Campaign"), N_("Name"), N_("Phone"), N_("Plate"), N_("VIN"), N_("Stage"), N_("Due on"),
    N_("Verdict"), N_("Why so"), N_("Detail"), N_("Goes out from"), N_("Segments"), N_("Text"),
)  # fmt: skip

VERDICTS = {
    Verdict.PLANNED: N_("gets a text"),
    Verdict.WITHHELD: N_("withheld"),
    Verdict.EXCLUDED: N_("left out"),
    Verdict.DEFERRED: N_("put off"),
}


@dataclass(frozen=True, slots=True)
class RehearsedTouch:
    """One touch as it was decided. `goes_from` is on the shop's clock; it, `text` and what belongs to it are
    None where there is none to send. `is_overtaken`: a later stage was texted already.
    """

    shop_id: int
    customer_id: int
    campaign: Campaign
    name: str | None
    phone: str | None
    plate: str | None
    vin: str | None
    stage: str
    due_on: date
    verdict: Verdict
    reason: str | None
    detail: str | None
    goes_from: datetime | None
    segments: int | None
    text: str | None
    is_overtaken: bool = False


@dataclass(slots=True)
class People:
    """Collects what a dry run decides; `rows` in the order in which it was decided."""

    store: Store
    rows: list[RehearsedTouch] = field(default_factory=list)

    def __call__(self, work: Work, touches: Sequence[Touch], facts: ChunkFacts, chunk: PlannedChunk) -> None:
        """One chunk of decisions."""
        with self.store.read() as session:
            vins = vins_of(session, [touch.due.vehicle_id for touch in touches if touch.due.vehicle_id is not None])
        self.rows += rehearsed(work, touches, facts, chunk, vins)

    def cells(self) -> Iterator[list[str]]:
        """The rows as texts for a file, which alone holds whole phones."""
        with self.store.read() as session:
            shops = shop_keys(session)
        for row in self.rows:
            goes_from = f"{row.goes_from:%Y-%m-%d %H:%M}" if row.goes_from else ""
            cells = (
                shops.get(row.shop_id), row.campaign.title, row.name, as_dialled(row.phone or ""), row.plate, row.vin,
                touch_words(row.campaign, row.stage), row.due_on, _(VERDICTS[row.verdict]),
                short_words(row.reason) if row.reason else "", _detail(row), goes_from, row.segments, row.text,
            )  # fmt: skip
            yield ["" if cell is None else str(cell) for cell in cells]


def rehearsed(
    work: Work, touches: Sequence[Touch], facts: ChunkFacts, chunk: PlannedChunk, vins: Mapping[int, str]
) -> Iterator[RehearsedTouch]:
    """One chunk's touches as they were decided; `vins`: vehicle id → its VIN, as far as it is wanted."""
    texts = {
        (each.cycle.subject_type, each.cycle.subject_id, each.cycle.subject_key, each.stage): text.values
        for text in chunk.texts
        for each in text.touches
    }
    for touch in touches:
        decision, customer = touch.decision, facts.customers[touch.due.customer_id]
        assert decision is not None  # the planner decides every touch it shows
        text = texts.get((*subject_of(touch.due), touch.due.subject_key, touch.stage), {})
        is_sent = decision.verdict is Verdict.PLANNED
        yield RehearsedTouch(
            shop_id=work.setting.shop_id, customer_id=customer.id, campaign=work.setting.campaign,
            name=customer.name, phone=customer.phone, plate=touch.car.plate if touch.car else None,
            vin=vins.get(touch.due.vehicle_id or 0), stage=touch.stage, due_on=touch.due.due_on,
            verdict=decision.verdict, reason=decision.reason, detail=decision.detail,
            goes_from=text["not_before"].astimezone(work.setting.zone) if is_sent else None,
            segments=text.get("segments") if is_sent else None, text=text.get("text") if is_sent else None,
            is_overtaken=is_overtaken(touch),
        )  # fmt: skip


def _detail(row: RehearsedTouch) -> str | None:
    known = PHONE_WORDS.get(row.detail or "") if row.reason == "unreachable" else None
    return _(known) if known else detail_words(row.reason, row.detail)
