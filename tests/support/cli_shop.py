"""A folder with schedules, templates and files of a DMS, and `notifier` run in it as a real process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from notifier.domain.phone_network import SimulatedSms, Step
from notifier.store.engine import Store
from notifier.store.simulated import SimulatedNetwork
from tests.support.prepared_cli import ROOT, run_anew, run_prepared

LOCAL = ("NOTIFIER_", "TWILIO_", "LC_", "LANG")


@dataclass
class CliShop:
    """One installation in `folder`. `language` of the terminal; `settings` for every command.

    The secret key is always the same, so that the same customers fall into the same groups. Commands are forked by a
    process that has imported Notifier already; `starts_anew` has Python started for each of them, as for a person.
    """

    folder: Path
    language: str = "en_US.UTF-8"
    settings: dict[str, str] = field(default_factory=dict)
    starts_anew: bool = False

    def __post_init__(self) -> None:
        if not self.schedules.exists():
            shutil.copy(ROOT / "schedules.yaml", self.schedules)
            shutil.copytree(ROOT / "templates", self.folder / "templates")
        self.settings = {
            "NOTIFIER_DATABASE_URL": f"sqlite:///{self.folder}/notifier.sqlite3",
            "NOTIFIER_SCHEDULES": str(self.folder / "schedules.yaml"),
            "NOTIFIER_TEMPLATES": str(self.folder / "templates" / "sms"),
            "NOTIFIER_SECRET_KEY": "a key for tests only, thirty-two b",
        } | self.settings

    def copy_to(self, folder: Path) -> CliShop:
        """The same installation once more, as it stands now."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return CliShop(folder, self.language, starts_anew=self.starts_anew)

    @property
    def schedules(self) -> Path:
        """The schedules.yaml staff edit."""
        return self.folder / "schedules.yaml"

    def environment(self) -> dict[str, str]:
        """The environment of a command: nothing of the tester's own language or settings."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(LOCAL)}
        return {**own, "LANG": self.language, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **self.settings}

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """`notifier` with these words; it must end with `code` and without a traceback."""
        run = run_anew if self.starts_anew else run_prepared
        done = run(words, self.folder, self.environment())
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *words: str, code: int = 0) -> Any:
        """The document a command prints with --json."""
        return json.loads(self.run(*words, "--json", code=code).stdout)

    def file(self, name: str, rows: Sequence[Mapping[str, str]], encoding: str = "utf-8") -> str:
        """A CSV file with these rows."""
        headers = list(rows[0])
        lines = [",".join(headers), *(",".join(row.get(header, "") for header in headers) for row in rows)]
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding=encoding)
        return str(self.folder / name)

    def store(self) -> Store:
        """The database, for what only tests do."""
        return Store(self.settings["NOTIFIER_DATABASE_URL"])

    def customer_texts(self, replies: Mapping[str, str], moment: datetime) -> None:
        """Phones (E.164) text these words to the shop, over the simulated network, at business time `moment`."""
        store = self.store()
        network = SimulatedNetwork(store)
        for phone, words in replies.items():
            step = Step(moment, reply=words, reply_sid=f"SM{uuid4().hex}")
            network.accept([SimulatedSms(f"SM{uuid4().hex}", phone, "", "0:0", (step,))])
        store.close()
