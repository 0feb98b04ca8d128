"""A campaign switched on by one word, a customer who answers "not content", and the person who settles it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.support.cli_shop import CliShop
from tests.support.import_desk import phone, vin

AT, SOON = "2026-03-10T10:00+08:00", "2026-03-10T18:00+08:00"


def test_a_complaint_is_listed_until_it_is_settled(tmp_path: Path) -> None:
    """With the phone masked; it holds the next question, and settled twice it is refused with the way to the list."""
    shop = CliShop(tmp_path)
    yaml = shop.schedules.read_text(encoding="utf-8")
    before, name, after = yaml.partition("\n  follow_up:")
    shop.schedules.write_text(before + name + after.replace("enabled: false", "enabled: true", 1), encoding="utf-8")
    owner = {"客户编号": "K1", "姓名": "陈晓芳", "手机": phone(1), "VIN": vin(1), "交车日期": "2024-01-05"}
    shop.run("import", "customers", shop.file("c.csv", [owner]), "--at", AT)
    visit = {
        "工单号": "R1",
        "VIN": vin(1),
        "进厂日期": "2026-03-06",
        "里程": "9000",
        "维修类别": "定期保养",
        "金额": "800",
    }
    shop.run("import", "visits", shop.file("v.csv", [visit]), "--at", AT)
    assert "No complaint is open." in shop.run("complaints", "list").stdout
    assert shop.json("plan", "--campaign", "follow_up", "--at", AT)["planned"] == 1
    assert shop.json("send", "--until-empty", "--at", AT)["accepted"] == 1
    shop.customer_texts({f"+86{phone(1)}": "2"}, datetime.fromisoformat(SOON))
    shop.run("reconcile", "--at", SOON)
    listed = shop.run("complaints", "list").stdout
    assert "2026-03-10" in listed
    assert "陈晓芳" in listed
    assert phone(1) not in listed
    told = shop.run("explain", f"+86{phone(1)}", "--at", "2026-03-16T10:00+08:00", "--campaign", "follow_up").stdout
    assert "complaint" in told
    assert "Complaint 1 is settled." in shop.run("complaints", "close", "1", "--note", "called").stdout
    again = shop.run("complaints", "close", "1", code=1)
    assert "notifier complaints list" in again.stdout + again.stderr
