"""docs/rules.md as tests read it, and a shop that lives by its examples for some days."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from notifier.jobs.texts import publish_folder
from notifier.store.customers import refresh_last_visits
from notifier.store.engine import Store
from notifier.store.runs import approve
from notifier.store.tables import Customer
from tests.support.shop import TEMPLATES, Dealership, at, yaml

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"

Text = tuple[str, str, str]
"""(day, who, the text without signature and way out)."""

_SIGNATURE, _WAY_OUT = "【东南泉州】", ",拒收请回复R"


def section(name: str) -> str:
    """What the page says of a rule, or under any heading that begins so."""
    page = PAGE.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^## {re.escape(name)}.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return str(found)


def block(text: str, language: str, number: int = 0) -> str:
    """One of the page's fenced pieces."""
    pieces: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [piece for written_in, piece in pieces if written_in == language][number]


def example(rule: str, number: int = 0, **lines: str) -> str:
    """The YAML lines of a rule; `lines` are added to them."""
    added = "".join(f"    {key}: {value}\n" for key, value in lines.items())
    return block(section(f"`{rule}`"), "yaml", number) + added


class RuleShop(Dealership):
    """A shop with the campaigns given, texting in the shipped words, its first run on the eve of `first`.

    `words`: further texts, name → template.
    """

    def __init__(
        self, store: Store, first: date, *campaigns: str, guards: str = "", words: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(store, yaml(*campaigns, guards=guards))
        publish_folder(store, TEMPLATES)
        for name, source in (words or {}).items():
            self.wording(name, source)
        for campaign in self.schedules.campaigns:
            self.plan_at(at(first - timedelta(days=1)), campaign=campaign.key)
            self.release_reviews()

    @staticmethod
    def moment(day: date) -> datetime:
        """When customers answer: in the evening."""
        return at(day, "18:00")

    def came(self, plate: str, day: date, **columns: Any) -> None:
        """A visit, as an import brings it: the customer's latest one is known."""
        self.visit(plate, day, **columns)
        owner = self.one_car(plate)["customer_id"]
        self.write(lambda session: refresh_last_visits(session, {owner}, at(day)))

    def live(self, first: date, last: date, *, every: int = 1) -> list[Text]:
        """Plan and send each morning (or every so many days); what has gone out in these days, in order."""
        for number in range(0, (last - first).days + 1, every):
            day = first + timedelta(days=number)
            self.plan_at(at(day, "10:30"))
            self.release_reviews()
            self.send_at(at(day, "10:31"))
        return self.sent(first, last)

    def sent(self, first: date, last: date) -> list[Text]:
        """What has gone out in these days."""
        names = {row["id"]: row["name"] for row in self.rows(Customer)}
        gone = [row for row in self.messages() if row["sent_at"] is not None]
        days = [(row["sent_at"].astimezone(at(first).tzinfo).date(), row) for row in gone]
        told = [(day.isoformat(), names[row["customer_id"]], _body(row["text"])) for day, row in days]
        return sorted(text for text in told if first.isoformat() <= text[0] <= last.isoformat())

    def release_reviews(self) -> None:
        """Somebody looks at every run that waits, and releases it."""
        for run in self.runs():
            if run["state"] == "review":
                self.write(partial(approve, run_id=run["id"], by="林经理"))


def _body(text: str) -> str:
    assert text.startswith(_SIGNATURE)
    assert text.endswith(_WAY_OUT)
    return text.removeprefix(_SIGNATURE).removesuffix(_WAY_OUT)
