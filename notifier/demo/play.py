"""The demo from beginning to end: a folder, a shop in it, two months, and what became of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from shlex import quote

from notifier.config import load_settings
from notifier.config.key_file import KEY_FILE
from notifier.demo.ending import Ended
from notifier.demo.life import make_world
from notifier.demo.phones import Phones
from notifier.demo.shop import DAY, MORNING, DemoShop, Done
from notifier.errors import Refused
from notifier.locale import N_
from notifier.schedules import load_schedules
from notifier.store.filelock import try_file_lock
from notifier.wiring import House

__all__ = ["ENVIRONMENT", "START", "Script", "live_through", "open_shop"]

START = date(2026, 3, 2)
DATABASE, SCHEDULES, TEMPLATES, ENVIRONMENT = "notifier.sqlite3", "schedules.yaml", "templates", "demo.env"
MARK, STANDS_AT = "made-by-notifier-demo", "stands-at"

SHIPPED_TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "sms"
"""Beside the package, in the source tree that an editable install and the Docker image both keep."""

Watch = Callable[[date, Done], None]


@dataclass(frozen=True, slots=True)
class Script:
    """What is played: how many customers, for how many days from START, in which folder, with which wordings.

    The same numbers and the same wordings give the same figures.
    """

    folder: Path = Path("out/demo")
    templates: Path = SHIPPED_TEMPLATES
    customers: int = 3_000
    days: int = 60
    seed: int = 1


def open_shop(script: Script) -> DemoShop:
    """The shop on its first morning, its past imported; the caller closes its house.

    Raises Refused where the folder holds something else than an earlier demo.
    """
    shop = _furnish(script)
    shop.open()
    return shop


def live_through(shop: DemoShop, script: Script, watch: Watch) -> Ended:
    """Live through all days; `watch` is told each that has passed."""
    for n in range(script.days):
        day = START + n * DAY
        shop.live(day)
        watch(day, shop.done)
    last_day = START + (script.days - 1) * DAY
    now = shop.at(last_day + DAY, MORNING)
    shop.settle(now)
    (script.folder / STANDS_AT).write_text(now.isoformat(), encoding="ascii")
    return Ended(shop, START, last_day, now)


def _furnish(script: Script) -> DemoShop:
    folder = script.folder
    _clear(folder)
    environment = _environment(script)
    shutil.copytree(script.templates, folder / TEMPLATES)  # so that who plays with words changes none of ours
    (folder / SCHEDULES).write_bytes(Path(__file__).with_name(SCHEDULES).read_bytes())
    (folder / KEY_FILE).write_text(f"{environment['NOTIFIER_SECRET_KEY']}\n", encoding="ascii")
    lines = [f"export {name}={quote(value)}\n" for name, value in environment.items()]
    (folder / ENVIRONMENT).write_text("".join(lines), encoding="utf-8")
    world = make_world(script.seed, script.customers, START, script.days)
    zone = load_schedules(folder / SCHEDULES, templates=None).shops[0].zone
    phones = Phones({person.phone: person for person in (*world.people, *world.newcomers)}, zone)
    return DemoShop(House(load_settings(environment, env_file=None), behaviour=phones), world, phones, folder)


def _environment(script: Script) -> dict[str, str]:
    """The settings of the demo's own installation: nothing of it ever leaves the machine, whatever .env says."""
    return {
        "NOTIFIER_DATABASE_URL": f"sqlite:///{script.folder / DATABASE}",
        "NOTIFIER_SCHEDULES": str(script.folder / SCHEDULES),
        "NOTIFIER_TEMPLATES": str(script.folder / TEMPLATES),
        "NOTIFIER_GATEWAY": "simulator",
        "NOTIFIER_SIMULATOR_SEED": str(script.seed),
        # Arms are hashed from phones under this key: a key of its own each time would give other figures each time.
        "NOTIFIER_SECRET_KEY": sha256(f"demo:{script.seed}".encode()).hexdigest(),
    }


def _clear(folder: Path) -> None:
    """An empty folder: what an earlier demo left is removed, anything else stays and is refused."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise Refused(
                N_("{folder} holds files that no demo made. Name an empty folder: notifier demo --folder FOLDER."),
                folder=str(folder),
            )
        with try_file_lock(folder / MARK) as is_mine:
            if not is_mine:
                raise Refused(
                    N_("The console of the demo in {folder} is open. End it with Ctrl-C first, or name another folder "
                       "with --folder."),
                    folder=str(folder),
                )  # fmt: skip
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
