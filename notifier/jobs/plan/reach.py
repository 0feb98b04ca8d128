"""How many of those who are due a campaign's audience filter leaves: said by a dry run, counted nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from notifier.domain.cycles import due_range
from notifier.jobs.plan.run import Work
from notifier.store.audiences import AUDIENCES, Ask

__all__ = ["Reach", "reach_of"]


@dataclass(frozen=True, slots=True)
class Reach:
    """Cars, or customers, with a stage open today: `due` by the rule alone, `left` of them by the filter."""

    due: int
    left: int

    def document(self) -> dict[str, int]:
        """As JSON."""
        return {"due": self.due, "left": self.left}


def reach_of(work: Work) -> Reach | None:
    """What the filter of the run's campaign does today; None without a filter."""
    setting = work.setting
    if setting.campaign.audience is None:
        return None
    ask = setting.ask(*due_range(setting.today, setting.campaign.stages, setting.campaign.late_days))
    return Reach(_open_today(work, replace(ask, audience=None)), _open_today(work, ask))


def _open_today(work: Work, ask: Ask) -> int:
    with work.store.read() as session:
        rows = AUDIENCES[work.setting.campaign.rule](session, ask)
    return sum(work.setting.windows_of(due.due_on)[1] is not None for due in rows)
