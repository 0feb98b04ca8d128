"""Where each value of a walk comes from: the file and its moment, or the line of schedules.yaml that sets it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from notifier.domain.rules import RULES
from notifier.jobs.plan.run import Work
from notifier.locale import _
from notifier.store.audiences import Due
from notifier.store.sources import Source, latest_import, source_of_renewal, source_of_visit

__all__ = ["Origins"]


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins of what one campaign of one shop looks at. `schedules`: the file it stands in."""

    work: Work
    schedules: Path

    def of_records(self, kind: str) -> str | None:
        """The latest import of a kind of records; None where there was none."""
        with self.work.store.read() as session:
            return self._words(latest_import(session, self.work.setting.shop_id, kind))

    def of_visit(self, due: Due, came_on: date) -> str | None:
        """The order behind a visit, with the file that brought it."""
        with self.work.store.read() as session:
            found = source_of_visit(session, came_on, vehicle_id=due.vehicle_id, customer_id=due.customer_id)
        return self._words(found) or self.of_records("visits")

    def of_renewal(self, vehicle_id: int, renewed_to: date) -> str | None:
        """The policy behind a renewal, with the file that brought it."""
        with self.work.store.read() as session:
            found = source_of_renewal(session, vehicle_id, renewed_to)
        return self._words(found) or self.of_records("renewals")

    def of_due(self) -> str | None:
        """The records the due day follows from."""
        kinds = RULES[self.work.setting.campaign.rule].reads
        return self.of_records(kinds[0]) if kinds else None

    def of_campaign(self) -> str:
        """The campaign's line."""
        return _("{file}, line {line}").format(file=self.schedules.name, line=self.work.setting.campaign.line)

    def of_setting(self, key: str) -> str:
        """Where a guard is set; one that is not set has the value Notifier begins with."""
        try:
            lines = self.schedules.read_text(encoding="utf-8").splitlines()
        except OSError:
            lines = []
        key_at = re.compile(rf"(?:^|[\s{{,]){key}\s*:")
        for number, line in enumerate(lines, start=1):
            if key_at.search(line.partition("#")[0]):
                return _("{file}, line {line}").format(file=self.schedules.name, line=number)
        return _("not set in {file}").format(file=self.schedules.name)

    def local(self, moment: datetime | None) -> str | None:
        """A moment as the shop's clock shows it."""
        return None if moment is None else f"{moment.astimezone(self.work.setting.zone):%Y-%m-%d %H:%M}"

    def _words(self, source: Source | None) -> str | None:
        if source is None:
            return None
        file, day = source.file or "–", self.local(source.at) or "–"
        if source.reference is not None:
            return _("{reference}, in {file} of {moment}").format(reference=source.reference, file=file, moment=day)
        return _("{file} of {moment}").format(file=file, moment=day)
