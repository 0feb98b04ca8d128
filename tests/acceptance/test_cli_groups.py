"""Two shops from the command line: whose file it is, what each plans, and what each is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from notifier.config import load_settings
from notifier.wiring import House, Inbox, engine_parts
from tests.support.cli_shop import CliShop
from tests.support.import_desk import phone, vin

AT = "2026-03-10T10:00+08:00"
FIELDS = "timezone: Asia/Shanghai, region: CN, phone: 0595-22880000, language: zh-CN"
SCHEDULES = f"""\
shops:
  quanzhou: {{name: 东南汽车泉州店, signature: 东南泉州, {FIELDS}}}
  jinjiang:
    name: 东南汽车晋江店
    signature: 东南晋江
    timezone: Asia/Shanghai
    region: CN
    phone: 0595-85660000
    language: zh-CN
    campaigns:
      insurance_expiry: {{when: "0 10 * * *"}}
guards: {{data_max_age: {{visits: 2d}}}}
campaigns:
  insurance_expiry:
    rule: insurance_expiry
    when: "0 10 * * mon-fri"
    stages: {{early: -60, last: -7}}
    template: {{early: insurance_early, last: insurance_last}}
    kind: service
  maintenance_due:
    rule: maintenance_due
    when: "0 10 * * *"
    stages: {{early: -14, last: -3}}
    template: maintenance_due
    kind: service
"""
NEEDS_ONE = "schedules.yaml has several shops, and this is for one: say which, with --shop KEY."
KEYS = "The keys: quanzhou, jinjiang."


def owner(number: int, name: str) -> dict[str, str]:
    """A customer whose policy ends in eight weeks."""
    return {"客户编号": f"K{number}", "姓名": name, "手机": phone(number), "VIN": vin(number),
            "车牌号": f"闽CA{number:04d}", "保险到期日": "2026-05-05"}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> CliShop:
    """Two shops that share Ms Chen and her car; each has one customer more."""
    shop = CliShop(tmp_path)
    shop.schedules.write_text(SCHEDULES, encoding="utf-8")
    shop.file("quanzhou.csv", [owner(1, "陈芳"), owner(2, "王伟")])
    shop.file("jinjiang.csv", [owner(1, "陈芳"), owner(3, "林红")])
    for key in ("quanzhou", "jinjiang"):
        shop.run("import", "customers", f"{key}.csv", "--shop", key, "--at", AT)
    return shop


@pytest.mark.parametrize(
    "words",
    [
        ("import", "customers", "quanzhou.csv"),
        ("import", "folder", "."),
        ("report",),
        ("report", "quality"),
        ("templates", "preview", "insurance_early"),
        ("templates", "test-send", "insurance_early", "13800000000"),
        ("sync",),
    ],
)
def test_a_command_about_one_shop_lists_the_keys_where_none_is_named(shop: CliShop, words: Sequence[str]) -> None:
    """And says the same of a key there is not."""
    said = " ".join(shop.run(*words, code=1).stderr.split())
    assert NEEDS_ONE in said or "schedules.yaml has several shops" in said
    assert KEYS in said
    unknown = " ".join(shop.run(*words, "--shop", "xiamen", code=1).stderr.split())
    assert "There is no shop xiamen in" in unknown
    assert "it has: quanzhou, jinjiang." in unknown


def test_each_shop_plans_its_own_and_one_of_them_the_car_they_share(shop: CliShop) -> None:
    """Quanzhou knew Ms Chen first; Jinjiang says whose she is."""
    planned = shop.json("plan", "--at", AT)
    assert {(run["shop"], run["campaign"], run["planned"]) for run in planned["runs"]} == {
        ("quanzhou", "insurance_expiry", 2), ("jinjiang", "insurance_expiry", 1),
    }  # fmt: skip
    assert planned["waiting"] == {
        "quanzhou/maintenance_due": "data_too_old", "jinjiang/maintenance_due": "data_too_old",
    }  # fmt: skip
    listed = shop.run("runs", "list").stdout
    assert "quanzhou · " in listed
    assert "jinjiang · " in listed
    explained = shop.run("explain", phone(1), "--campaign", "insurance_expiry", "--at", AT).stdout
    assert "quanzhou · 陈芳" in explained
    assert "jinjiang · 陈芳" in explained
    assert "another shop of the group looks after this customer" in " ".join(explained.split())


def test_plan_says_per_shop_what_waits_and_how_to_mend_it(shop: CliShop) -> None:
    """The mend names the shop."""
    said = " ".join(shop.run("plan", "--at", AT).stdout.split())
    assert "notifier import visits FILE --shop jinjiang" in said
    again = " ".join(shop.run("plan", "--shop", "quanzhou", "--dry-run", "--at", AT).stdout.split())
    assert "--shop jinjiang" not in again
    assert "--shop quanzhou" in again


def test_a_report_and_a_preview_are_those_of_the_shop_named(shop: CliShop) -> None:
    """With its own name, signature and figures."""
    shop.run("plan", "--at", AT)
    shop.run("send", "--at", AT)
    rows = {key: shop.run("report", "--shop", key, "--format", "csv", "--at", AT).stdout for key in KEYS_OF_SHOPS}
    assert rows["quanzhou"] != rows["jinjiang"]
    assert "【东南晋江】" in shop.run("templates", "preview", "insurance_early", "--shop", "jinjiang").stdout


def test_doctor_tells_each_shop_s_trouble_and_a_key_that_was_changed(shop: CliShop) -> None:
    """What all shops share is said once."""
    shop.file("v.csv", [{"工单号": "R1", "VIN": vin(2), "进厂日期": "2026-03-09", "维修类型": "保养"}])
    shop.run("import", "visits", "v.csv", "--shop", "quanzhou", "--at", AT)
    said = " ".join(shop.run("doctor", "--at", AT, code=1).stdout.split())
    assert "jinjiang: " in said
    assert "notifier import visits FILE --shop jinjiang" in said
    assert "notifier import visits FILE --shop quanzhou" not in said
    assert said.count("template is valid") == 1
    shop.schedules.write_text(SCHEDULES.replace("  jinjiang:", "  jj:"), encoding="utf-8")
    changed = " ".join(shop.run("doctor", "--at", AT, code=1).stdout.split())
    assert "does not name: jinjiang" in changed


def test_one_shop_needs_no_key(shop: CliShop) -> None:
    """Taken from a group, its shop may still be named."""
    one = f"shop: {{name: 东南汽车泉州店, signature: 东南泉州, key: quanzhou, {FIELDS}}}\ncampaigns:"
    shop.schedules.write_text(one + SCHEDULES.split("\ncampaigns:")[1], encoding="utf-8")
    assert shop.json("import", "customers", "quanzhou.csv", "--at", AT)["unchanged"] == 2
    assert shop.json("import", "customers", "quanzhou.csv", "--shop", "quanzhou", "--at", AT)["unchanged"] == 2


def test_the_watched_folder_has_a_folder_for_each_shop(shop: CliShop) -> None:
    """The daemon takes each file for the shop in whose folder it lies; one beside them is nobody's."""
    inbox = shop.folder / "inbox"
    inbox.mkdir()
    environ = {**shop.settings, "NOTIFIER_INBOX": str(inbox), "NOTIFIER_INBOX_RESTS": "1"}
    house = House(load_settings(environ, env_file=None))
    parts = engine_parts(house).inbox
    assert parts is not None
    parts.look(datetime.fromisoformat(AT))
    for key, number in (("quanzhou", 4), ("jinjiang", 5)):
        shop.file(f"inbox/{key}/customers.csv", [owner(number, f"新客{number}")])
    shop.file("inbox/customers.csv", [owner(6, "无主")])
    parts.look(datetime.fromisoformat("2026-03-10T10:01+08:00"))
    seen = parts.look(datetime.fromisoformat("2026-03-10T10:02+08:00"))
    assert set(seen.ready) == {"quanzhou/customers.csv", "jinjiang/customers.csv"}
    assert seen.passed_over == ("customers.csv",)
    done = Inbox(house).import_watched(seen.ready, datetime.fromisoformat(AT))
    files = done["files"]
    assert isinstance(files, list)
    assert [(each["file"], each["state"]) for each in files] == [
        ("quanzhou/customers.csv", "done"), ("jinjiang/customers.csv", "done"),
    ]  # fmt: skip
    house.close()
    said = shop.run("explain", phone(5), "--campaign", "insurance_expiry", "--at", AT).stdout
    assert "jinjiang · 新客5" in said
    assert (inbox / "customers.csv").exists()


KEYS_OF_SHOPS = ("quanzhou", "jinjiang")
