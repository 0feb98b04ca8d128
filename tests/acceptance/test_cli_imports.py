"""What a clerk sees and gets of an import: the real command, its pages, its JSON and its files."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from tests.support.cli_shop import CliShop
from tests.support.import_desk import phone, vin

AT = "2026-03-10T10:00+08:00"
BAD = "LSVAU2A30IO000001"
BAD_VIN_NOTE = "VIN not usable: correct it: 17 characters, without I, O and Q"


def people() -> list[dict[str, str]]:
    """A good row, a doubted one, and one that cannot be taken."""
    return [
        {"客户编号": "0001", "手机": phone(1), "VIN": vin(1), "姓名": "=1+1", "备注": "x"},
        {"客户编号": "0002", "手机": "12", "VIN": vin(2), "姓名": "陈晓芳"},
        {"客户编号": "202403050000000123", "手机": phone(3), "VIN": BAD, "姓名": "@林"},
    ]


@pytest.fixture
def shop(tmp_path: Path) -> CliShop:
    """An installation on an English terminal."""
    return CliShop(tmp_path)


def workbook(path: Path, rows: list[dict[str, str]]) -> str:
    """An Excel file with a title above the header, as a DMS writes it."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["泉州店客户档案"])
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([row.get(header, "") for header in rows[0]])
    for cell in (cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"):
        cell.data_type = "s"
    book.save(path)
    return str(path)


def test_a_dry_run_shows_how_the_file_is_understood(shop: CliShop) -> None:
    """Columns, what is missing, the first rows and the counts; nothing is kept."""
    page = shop.run("import", "customers", shop.file("c.csv", people()), "--at", AT, "--dry-run").stdout
    for words in (
        "Columns as understood", "Columns nobody reads: 备注", "Not in the file", "The first rows as understood",
        f"+86{phone(1)}", "doubted: phone too short", "rejected: VIN not usable", "nothing was kept",
    ):  # fmt: skip
        assert words in page
    assert "known up to" not in page
    shop.run("explain", phone(1), "--at", AT, code=1)


def test_a_dry_run_shows_the_columns_that_speak_where_another_is_empty(shop: CliShop) -> None:
    """Recognised, but overruled by a better name: whoever looks must see that they are read, and when."""
    rows = [{"VIN": vin(1), "手机": phone(1), "联系电话": phone(2), "车主": "陈", "姓名": "", "交车日期": "2024-01-02"}]
    page = shop.run("import", "customers", shop.file("c.csv", rows), "--at", AT, "--dry-run").stdout
    lines = [line.split() for line in page.splitlines()]
    assert ["phone", "手机", phone(1)] in lines
    assert ["phone,", "where", "empty", "联系电话", phone(2)] in lines
    assert ["name,", "where", "empty", "车主", "陈"] in lines or ["name,", "where", "empty", "姓名", "-"] in lines
    assert page.count("where empty") == 2
    assert "Columns nobody reads" not in page


def test_a_dry_run_tells_programs_the_same(shop: CliShop) -> None:
    """The counts of an import, and beside them the mapping, what nobody reads, and the first rows."""
    words = ("import", "customers", shop.file("c.csv", people()), "--at", AT)
    tried = shop.json(*words, "--dry-run")
    done = shop.json(*words)
    assert {key: tried[key] for key in done} == done
    assert (tried["mapping"]["phone"], tried["unrecognised"]) == ("手机", ["备注"])
    assert [(row["line"], row["rejected"]) for row in tried["rows"]] == [(2, None), (3, None), (4, "bad_vin")]
    assert tried["rows"][0]["understood"]["phone"] == f"+86{phone(1)}"
    assert set(tried) - set(done) == {"mapping", "unrecognised", "rows"}


@pytest.mark.parametrize("language, words", [
    ("en_US.UTF-8", ("Rejected", "VIN not usable", "17 characters", "are known up to 2026-03-10 10:00.")),
    ("zh_CN.UTF-8", ("退回", "车架号无效", "2026-03-10 10:00")),
])  # fmt: skip
def test_the_account_says_what_to_do_and_how_fresh_it_is(tmp_path: Path, language: str, words: tuple[str, ...]) -> None:
    """In the language of the terminal, from a workbook as from a CSV."""
    shop = CliShop(tmp_path, language)
    page = shop.run("import", "customers", workbook(tmp_path / "客户.xlsx", people()), "--at", AT).stdout
    assert not [word for word in words if word not in page]


def cells(path: Path) -> list[Mapping[str, object]]:
    """The rows of a workbook of rejects, by their headings."""
    header, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_rejects_are_a_workbook_to_mend(shop: CliShop) -> None:
    """Without an ending it is a workbook; every digit and every formula as text; mended there, it comes in."""
    file = shop.file("c.csv", people())
    page = shop.run("import", "customers", file, "--at", AT, "--rejects", str(shop.folder / "bad")).stdout
    out = shop.folder / "bad.xlsx"
    assert out.name in page
    (row,) = cells(out)
    assert (row["客户编号"], row["姓名"], row["notifier_line"]) == ("202403050000000123", "@林", "4")
    assert (row["notifier_reason"], row["notifier_note"]) == ("bad_vin", BAD_VIN_NOTE)
    book = openpyxl.load_workbook(out)
    sheet = book.worksheets[0]
    sheet.cell(2, [cell.value for cell in sheet[1]].index("VIN") + 1).value = vin(3)
    book.save(out)
    again = shop.json("import", "customers", str(out), "--at", AT)
    assert (again["read"], again["new"], again["rejected"]) == (1, 1, {})
    assert phone(3)[-4:] in shop.run("explain", phone(3), "--at", AT).stdout


def test_a_mended_file_needs_what_the_first_was_given(shop: CliShop) -> None:
    """Without --consent its people would stay unknown; the sentence is to be copied, so it is quoted."""
    (shop.folder / "m.yaml").write_text("number: 客户编号\n", encoding="utf-8")
    words = ("import", "customers", shop.file("c.csv", people()), "--rejects", str(shop.folder / "bad"))
    assert "same options" not in shop.run(*words).stdout
    page = shop.run(*words, "--consent", "contract 2026", "--mapping", "m.yaml").stdout
    assert "same options: --consent 'contract 2026' --mapping m.yaml" in " ".join(page.split())


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_records_are_as_fresh_as_the_file(shop: CliShop, zone: str) -> None:
    """An export of last week tells nothing of this one; with --at the clerk says what time it is; never the future."""
    shop.settings["TZ"] = zone
    file = shop.file("c.csv", people()[:2])
    written = datetime(2025, 11, 18, 2, 0, 30, 123456, tzinfo=UTC).timestamp()
    os.utime(file, (written, written))
    page = " ".join(shop.run("import", "customers", file).stdout.split())
    assert "Customers are known up to 2025-11-18 10:00, when this file was written." in page
    page = " ".join(shop.run("import", "customers", file, "--at", AT).stdout.split())
    assert "Customers are known up to 2026-03-10 10:00." in page
    os.utime(file, (4e9, 4e9))
    page = shop.run("import", "customers", file).stdout
    assert "when this file" not in page
    assert "2096" not in page


def test_mended_rows_are_no_new_export(shop: CliShop) -> None:
    """It says so, and the doctor goes on asking for one."""
    old = "2026-01-10T10:00+08:00"
    words = ("import", "customers", shop.file("c.csv", people()), "--at", old, "--rejects", str(shop.folder / "bad"))
    shop.run(*words)
    book = openpyxl.load_workbook(shop.folder / "bad.xlsx")
    sheet = book.worksheets[0]
    sheet.cell(2, [cell.value for cell in sheet[1]].index("VIN") + 1).value = vin(3)
    book.save(shop.folder / "bad.xlsx")
    page = " ".join(shop.run("import", "customers", str(shop.folder / "bad.xlsx"), "--at", AT).stdout.split())
    assert "the records are as fresh as they were. Customers are known up to 2026-01-10 10:00." in page
    said = " ".join(check["sentence"] for check in shop.json("doctor", "--at", AT, code=1)["checks"])
    assert "known to 2026-01-10 10:00, 59 days ago" in said
    quality = json.loads(shop.run("report", "quality", "--format", "json", "--at", AT).stdout)
    last = next(one["last"] for one in quality["imports"] if one["kind"] == "customers")
    assert (last["source"], last["read"]) == ("c.csv", 3)


def test_rejects_of_another_ending_are_refused_before_anything_is_imported(shop: CliShop) -> None:
    """.xls is a format nobody should write today; nothing was imported."""
    file = shop.file("c.csv", people())
    done = shop.run("import", "customers", file, "--at", AT, "--rejects", str(shop.folder / "bad.xls"), code=1)
    assert ".xlsx" in done.stderr
    shop.run("explain", phone(1), "--at", AT, code=1)


@pytest.mark.parametrize("name", ["x.xlsx", "x.csv", "x"])
def test_where_rejects_cannot_go_is_named_as_it_was_given(shop: CliShop, name: str) -> None:
    """A workbook may become a CSV, but nobody has asked for one."""
    file = shop.file("c.csv", people())
    out = f"{shop.folder}/nowhere/{name}"
    said = shop.run("import", "customers", file, "--rejects", out, code=1).stderr
    assert f"--rejects {out}{'' if '.' in name else '.xlsx'} cannot be written" in said


def test_rejects_never_overwrite_the_file_they_come_from(shop: CliShop) -> None:
    """Named with or without its ending."""
    file = Path(workbook(shop.folder / "c.xlsx", people()))
    before = file.read_bytes()
    for out in (file, file.with_suffix("")):
        shop.run("import", "customers", str(file), "--at", AT, "--rejects", str(out), code=1)
    assert file.read_bytes() == before


def test_a_bar_moves_while_rows_are_read_and_while_they_are_stored(shop: CliShop) -> None:
    """On a terminal, on stderr; it leaves stdout to the account, and the screen as it was."""
    rows = [{"手机": phone(n), "VIN": vin(n)} for n in range(1, 2200)]
    words = [sys.executable, "-m", "notifier.cli", "import", "customers", shop.file("many.csv", rows), "--at", AT]
    ours, theirs = pty.openpty()
    environment = {**shop.environment(), "PYTHONWARNINGS": "", "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(words, cwd=shop.folder, env=environment, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 65_536):
                shown += block
        except OSError:
            pass  # the terminal is closed when the command has ended
        assert process.stdout is not None
        answer = process.stdout.read().decode()
    os.close(ours)
    assert process.returncode == 0
    page = shown.decode()
    assert page.index("Reading customers") < page.index("Storing customers")
    assert "2199/2199" in page[page.index("Storing customers") :]
    assert "Storing" not in answer
    assert "Customers are known up to" in answer
