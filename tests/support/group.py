"""A group of shops in one database: people known to several of them, planned for by the real planner."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from notifier.jobs.plan import PlanResult, plan
from notifier.store.engine import Store
from notifier.store.tables import Customer, Message, Vehicle
from tests.support.shop import Dealership

FIELDS = "timezone: Asia/Shanghai, region: CN, phone: 0595-22880000, language: zh-CN"
SIGNATURES = {"quanzhou": "东南泉州", "jinjiang": "东南晋江", "shishi": "东南石狮"}
KEYS = tuple(SIGNATURES)


class Text(NamedTuple):
    """A message: of which shop, to whom, which campaign and stage, and where it stands."""

    shop: str
    name: str
    campaign: str
    stage: str
    state: str


def yaml(*campaigns: str, guards: str = "", own: dict[str, str] | None = None, keys: tuple[str, ...] = KEYS) -> str:
    """A schedules.yaml of a group; `guards` and, for each shop, `own` as the inside of ``{…}``."""
    lines = ["shops:"]
    for key in keys:
        fields = f"name: 东南汽车{key}, signature: {SIGNATURES[key]}, {FIELDS}"
        extra = (own or {}).get(key)
        lines.append(f"  {key}: {{{fields}{f', {extra}' if extra else ''}}}")
    if guards:
        lines.append(f"guards: {{{guards}}}")
    return "\n".join([*lines, "campaigns:", *campaigns])


class Group:
    """Shops by key; what is common to them is asked here."""

    def __init__(self, store: Store, schedules: str) -> None:
        self.store = store
        keys = [shop.key for shop in Dealership.read(schedules).shops]
        self.shops = {
            key: Dealership(store, schedules, key=key, first=10_000 * place + 1) for place, key in enumerate(keys)
        }
        self._first = next(iter(self.shops.values()))
        self._people = 0

    def __getitem__(self, key: str) -> Dealership:
        return self.shops[key]

    def person(self, name: str, *keys: str, last_visits: dict[str, date] | None = None, **columns: Any) -> None:
        """One person, known to these shops by one phone; `last_visits`: when they were where."""
        self._people += 1
        for key in keys:
            self[key].customer(
                name, phone=f"+86188{self._people:08d}", bucket_key=f"person-{self._people}",
                last_visit_on=(last_visits or {}).get(key), **columns,
            )  # fmt: skip

    def car(self, plate: str, owner: str, *keys: str, **columns: Any) -> None:
        """One car, known to these shops by one VIN."""
        self._people += 1
        for key in keys:
            self[key].car(plate, owner, vin=f"LGRPA{self._people:012d}", **columns)

    def plan_at(self, moment: datetime, **how: Any) -> PlanResult:
        """Plan the whole group at `moment`, on records that are up to date."""
        for shop in self.shops.values():
            shop.fresh(moment)
        return plan(self._first.planner(), moment, **how)

    def new_schedules(self, schedules: str) -> None:
        """Another schedules.yaml from now on."""
        for shop in self.shops.values():
            shop.schedules = shop.read(schedules)

    def texts(self) -> list[Text]:
        """Every message of every shop."""
        keys = {shop.id: key for key, shop in self.shops.items()}
        return sorted(
            Text(keys[row["shop_id"]], self._first.one(Customer, id=row["customer_id"])["name"], row["campaign_id"],
                 row["stage"], row["state"])
            for row in self._first.rows(Message)
        )  # fmt: skip

    def told(self) -> list[tuple[str, str]]:
        """(shop, name) of every message that is not cancelled."""
        return [(text.shop, text.name) for text in self.texts() if text.state != "cancelled"]

    def owners(self, plate: str) -> list[int]:
        """The ids of the car's rows, a shop each."""
        return [row["id"] for row in self._first.rows(Vehicle, plate=plate)]
