"""A watched folder for tests: files dropped in, a round through it, and what lies where afterwards."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from notifier.dms.inbox import FolderWatch, Mark
from notifier.jobs.inbox import InboxDesk, InboxResult, import_folder
from notifier.schedules import parse_schedules
from notifier.store.engine import Store
from notifier.store.shops import keep_shop
from tests.support.import_desk import HEADERS, NOW, SECRET

SCHEDULES = """\
shop: {name: 东南汽车泉州店, signature: 东南泉州, timezone: Asia/Shanghai, region: CN, phone: 0595-1, language: zh-CN}
campaigns:
  birthday: {rule: birthday, when: "30 9 * * *", stages: {day: 0}, template: birthday, kind: marketing}
"""
RESTS = timedelta(seconds=60)


class InboxShop:
    """A shop with a folder; everybody who dropped a file did so the day before `NOW` unless `at` says when."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        folder.mkdir(exist_ok=True)
        shop = parse_schedules(SCHEDULES, "schedules.yaml").shops[0]
        with store.write() as session:
            self.id = keep_shop(session, shop)
        self.desk = InboxDesk(store, self.id, shop, SECRET)

    def drop(self, name: str, content: bytes | str, at: datetime = NOW - timedelta(days=1)) -> Path:
        """A file, last written `at`."""
        path = self.folder / name
        path.write_bytes(content.encode("gbk") if isinstance(content, str) else content)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def drop_rows(
        self, name: str, kind: str, rows: Sequence[Mapping[str, str]], at: datetime = NOW - timedelta(days=1)
    ) -> Path:
        """A GBK file of a kind with these rows."""
        text = io.StringIO()
        writer = csv.DictWriter(text, HEADERS[kind], restval="")
        writer.writeheader()
        writer.writerows(rows)
        return self.drop(name, text.getvalue(), at)

    def ready(self) -> Mapping[str, Mark]:
        """What two looks, far enough apart, find."""
        watch = FolderWatch(self.folder, RESTS)
        watch.look(NOW - RESTS)
        return watch.look(NOW).ready

    def round(self, now: datetime = NOW, desk: InboxDesk | None = None) -> InboxResult:
        """Look, and work through what is ready."""
        return import_folder(desk or self.desk, self.folder, self.ready(), now)

    def lying(self, place: str = "") -> list[str]:
        """The files in a part of the folder, the moments of filing left out of their names."""
        files = [path for path in (self.folder / place).rglob("*") if path.is_file() and path.name != ".lock"]
        return sorted(str(path.relative_to(self.folder)).replace("20260301-100000-", "") for path in files)

    def text(self, place: str, ending: str) -> str:
        """The one file with that ending."""
        (path,) = (self.folder / place).rglob(f"*{ending}")
        return path.read_text("utf-8-sig")


def wait_for(path: Path, seconds: float = 20) -> None:
    """Until it is there."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.02)
