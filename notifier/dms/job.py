"""One import under way: where it writes, as which import, with which settings, and what it has counted."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.dms.report import ImportReport
from notifier.dms.settings import ImportSettings
from notifier.store.engine import Store

__all__ = ["ImportJob"]


@dataclass(frozen=True, slots=True)
class ImportJob:
    """Handed from step to step."""

    store: Store
    shop_id: int
    import_id: int
    settings: ImportSettings
    report: ImportReport
