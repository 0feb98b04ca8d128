"""A recall from the command line: dry run, run, and the call list of those no text reaches."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from tests.support.cli_shop import CliShop
from tests.support.import_desk import phone, vin
from tests.support.prepared_cli import ROOT

AT = "2026-03-20T10:00+08:00"
RECALL = """
  recall:
    rule: list
    when: "0 10 * * *"
    stages: {first: 0}
    template: recall
    kind: safety
    list: {id: recall-2026-03, title: 燃油泵更换, day: 2026-03-20, ends_on: 2026-12-31, file: lists/recall.csv}
    audience: {not: {district: 台北}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> CliShop:
    """Four cars under recall: one owner in reach, one without a phone, one who said stop, one nobody knows."""
    (tmp_path / "schedules.yaml").write_text(
        (ROOT / "schedules.yaml").read_text(encoding="utf-8").split("campaigns:")[0] + f"campaigns:{RECALL}",
        encoding="utf-8",
    )
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    shop = CliShop(tmp_path)
    rows = [
        {"客户编号": "K1", "姓名": "陈芳", "手机": phone(1), "VIN": vin(1), "车牌号": "闽CA1111"},
        {"客户编号": "K2", "姓名": "王伟", "手机": "", "VIN": vin(2), "车牌号": "闽CA2222"},
        {"客户编号": "K3", "姓名": "林红", "手机": phone(3), "VIN": vin(3), "车牌号": "闽CA3333"},
    ]
    shop.run("import", "customers", shop.file("c.csv", rows), "--at", AT)
    (tmp_path / "lists").mkdir()
    shop.file("lists/recall.csv", [{"车架号": vin(number)} for number in (1, 2, 3, 4)])
    return shop


def test_a_recall_is_rehearsed_planned_and_phoned(shop: CliShop) -> None:
    """The dry run names the rows nobody knows; the call list holds whom no text reaches, with all that helps."""
    said = shop.run("plan", "--campaign", "recall", "--dry-run", "--at", AT).stdout
    assert "燃油泵更换: its audience leaves 3 of 3 that are due today." in said
    assert "燃油泵更换: 1 row of its list names nobody we know, and nobody is texted for it:" in said
    assert f"line 5: {vin(4)}, not in our records" in said
    assert shop.json("plan", "--campaign", "recall", "--at", AT)["planned"] == 2
    page = shop.run("report", "call_list", "--campaign", "recall", "--at", AT).stdout
    headline = "2 of 燃油泵更换 cannot be texted and must be told by phone or letter; 3 are on record."
    assert headline in " ".join(page.split())
    assert "王伟" in page
    assert "陈芳" not in page


def test_the_call_list_for_programs_and_spreadsheets(shop: CliShop) -> None:
    """The same rows as JSON, CSV and workbook; numbers stay text."""
    how = ("report", "call_list", "--campaign", "recall", "--at", AT)
    rows = json.loads(shop.run(*how, "--format", "json").stdout)
    nothing = dict.fromkeys(("name", "phone", "plate", "model", "vin", "line", "value"))
    assert rows == [
        nothing | {"reason": "no_phone", "name": "王伟", "plate": "闽CA2222", "vin": vin(2)},
        nothing | {"reason": "unknown", "line": 5, "value": vin(4)},
    ]
    text = shop.run(*how, "--format", "csv").stdout.removeprefix("\ufeff")
    assert list(csv.reader(io.StringIO(text)))[1][:2] == ["no mobile number", "王伟"]
    out = shop.folder / "calls.xlsx"
    shop.run(*how, "--format", "xlsx", "--out", str(out))
    sheet = openpyxl.load_workbook(out).worksheets[0]
    assert [cell.value for cell in sheet[3]][-2:] == ["5", vin(4)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Whose list? Name the campaign: notifier report call_list --campaign C."),
        (("--campaign", "recal"), "There is no campaign recal in"),
    ],
)
def test_a_call_list_needs_its_campaign(shop: CliShop, words: tuple[str, ...], sentence: str) -> None:
    """Refused with a mend."""
    assert sentence in shop.run("report", "call_list", *words, code=1).stderr


def test_whoever_said_stop_to_marketing_is_not_phoned_instead(shop: CliShop) -> None:
    """Only a warning is worth a call to somebody who wants to hear nothing."""
    text = shop.schedules.read_text(encoding="utf-8")
    shop.schedules.write_text(text.replace("kind: safety", "kind: marketing"), encoding="utf-8")
    assert "recall is no list of kind safety" in shop.run("report", "call_list", "--campaign", "recall", code=1).stderr


def test_a_missing_file_is_said_by_the_check_and_by_the_plan(shop: CliShop) -> None:
    """The check warns; the plan waits with the reason, and is refused where a person asks for it."""
    (shop.folder / "lists" / "recall.csv").unlink()
    assert "names the list" in shop.run("schedules", "check").stdout
    said = shop.run("plan", "--at", AT).stdout
    assert "The list of recall cannot be read." in said
    assert "there is no file of that name" in said
    assert shop.json("plan", "--at", AT)["waiting"] == {"recall": "list_unreadable"}
    refused = shop.run("plan", "--campaign", "recall", "--at", AT, code=1)
    assert "there is no file of that name" in refused.stderr
