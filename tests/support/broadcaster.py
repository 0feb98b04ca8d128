"""A shop whose campaigns have lists of people beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from notifier.store.engine import Store
from tests.support.shop import TEMPLATES, Dealership, yaml

__all__ = ["CHEN", "DAY", "EVENT", "HUANG", "LIN", "RECALL", "STORM", "VINS", "Broadcaster"]

DAY = date(2026, 3, 20)
EVENT = """
  event:
    rule: list
    when: "0 10 * * *"
    stages: {invite: -14}
    template: event_invitation
    kind: marketing
    list: {id: week, title: 免费检测周, day: 2026-03-20, ends_on: 2026-03-27, file: lists/week.csv}
"""
STORM = """
  storm:
    rule: list
    when: "0 * * * *"
    stages: {now: 0}
    template: weather_warning
    kind: safety
    list: {id: storm-1, title: 暴雨, day: 2026-03-20, file: all}
"""
RECALL = """
  recall:
    rule: list
    when: "0 10 * * *"
    stages: {first: 0, again: 30}
    template: recall
    kind: safety
    list: {id: recall-2026-03, title: 燃油泵更换, day: 2026-03-20, ends_on: 2026-12-31, file: lists/recall.csv}
"""
CHEN, LIN, HUANG = "+8613800138001", "+8613800138002", "+8613800138003"
VINS = ("LSVAU2A30N0000011", "LSVAU2A32N0000012", "LSVAU2A34N0000013", "LSVAU2A36N0000014")


class Broadcaster(Dealership):
    """A shop whose schedules.yaml has a folder of lists beside it, and the texts it ships with."""

    def __init__(self, store: Store, folder: Path, *campaigns: str, guards: str = "") -> None:
        super().__init__(store, yaml(*(campaigns or (EVENT,)), guards=guards))
        self.folder = folder
        self.schedules = replace(self.schedules, path=folder / "schedules.yaml")
        for name in ("event_invitation", "weather_warning", "recall"):
            self.wording(name, (TEMPLATES / "zh-CN" / f"{name}.j2").read_text(encoding="utf-8"))

    def file(self, name: str, *lines: str) -> None:
        """Put a list where the schedules expect it."""
        path = self.folder / "lists" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def texts(self) -> dict[str, str]:
        """Name → text of every message."""
        return {self.name_of(row["customer_id"]): row["text"] for row in self.messages()}
