"""What a clerk reads of an import: how the file was understood, and what became of its rows, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from notifier.cli.dry_run import understanding
from notifier.cli.import_report import account, freshness_sentence, remarks
from notifier.cli.import_words import COSTS, cost_of_absence, value_words
from notifier.cli.terminal import shortened
from notifier.dms.columns import KINDS
from notifier.dms.headers import map_headers
from notifier.dms.readers import TableOfRows
from notifier.dms.report import ImportReport
from notifier.jobs.reasons import DOUBTED_ADVICE, REJECTED_ADVICE, doubted_advice, rejected_advice
from notifier.locale import _, language
from notifier.locale.fields import FIELDS, field_word

HEADERS = ("客户姓名", "手机", "VIN", "车牌", "交车日期", "车辆状态", "营销同意", "生日", "备注")
VIN = "LSVAU2A39N0000001"
CELLS = [
    ["陈晓芳女士", "13800000001", VIN, "闽C12345", "2024年3月5日", "在用", "是", "农历八月初八", "老客户"],
    ["泉州市东南汽车销售服务有限公司", "12", VIN, "", "", "怪", "", "", ""],
    ["王五", "13800000005", "LSVAU2A30IO000005", "", "2023-01-01", "", "", "", ""],
]
FILE = TableOfRows("customers.csv", HEADERS, CELLS)


def report() -> ImportReport:
    """Of FILE: one car new, the same car again in an older row, one without a usable VIN."""
    made = ImportReport("customers", map_headers(HEADERS, KINDS["customers"]), read=1203, new=1200)
    made.understand(2, {
        "vin": VIN, "phone": "+8613800000001", "name": "陈晓芳", "sex": "f", "plate": "闽C12345", "state": "in_use",
        "delivered_on": date(2024, 3, 5), "consent": "yes", "is_company": False, "birth_mmdd": "0808",
        "birth_calendar": "lunar", "number": None,
    })  # fmt: skip
    made.understand(3, {"vin": VIN, "name": CELLS[1][0], "is_company": True}, ["unknown_state", "phone_too_short"])
    made.reject(4, "bad_vin")
    made.reject(3, "duplicate_vin")
    made.warn(["unknown_state", "phone_too_short"])
    return made


def lines(parts: Sequence[RenderableType], width: int) -> list[str]:
    """The page as a terminal of that many cells shows it."""
    page = StringIO()
    console = Console(file=page, width=width, markup=False, highlight=False, emoji=False)
    for part in parts:
        console.print(part)
    return [line.rstrip() for line in page.getvalue().splitlines()]


@pytest.mark.parametrize("name", ["en", "zh-CN"])
@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_pages_fit_the_terminal(name: str, width: int) -> None:
    """Chinese characters count double; how a file was understood never takes more than a hundred cells."""
    with language(name):
        understood = lines(list(understanding(report(), FILE, width)), width)
        told = lines(list(account(report(), FILE.name)), width)
    assert max(map(cell_len, understood)) <= min(width, 100)
    assert max(map(cell_len, told)) <= width


def test_a_dry_run_says_which_column_is_what() -> None:
    """Our field, the file's column, a cell of it; what nobody reads, and what the shop goes without."""
    found = lines(list(understanding(report(), FILE, 100)), 100)
    columns = [line.split() for line in found]
    assert ["delivery", "date", "交车日期", "2024年3月5日"] in columns
    assert ["plate", "车牌", "闽C12345"] in columns
    assert any(line.startswith("Columns nobody reads: 备注.") for line in found)
    assert any(line.split("  ")[0] == "insurance until" and "no insurance reminders" in line for line in found)
    assert any(line.startswith("Missing as well") and "member level" in line for line in found)


def test_the_first_rows_are_shown_as_understood() -> None:
    """Telling fields in columns, the others below; doubts and rejections in words; a rejected row as it was written."""
    found = lines(list(understanding(report(), FILE, 100)), 100)
    at = found.index(next(line for line in found if line.startswith("Line")))
    heading, first, rest, second, doubts, why, third, bad = found[at : at + 8]
    assert heading.split() == ["Line", "VIN", "name", "phone", "plate", "delivery", "date"]
    assert first.split() == ["2", VIN, "陈晓芳", "+8613800000001", "闽C12345", "2024-03-05"]
    assert rest.split(" · ") == ["      sex female", "vehicle state in use", "consent yes", "birthday lunar 08-08"]
    assert second.split() == ["3", VIN, "泉州市东南汽车销售..", "-", "-", "-"]
    assert doubts.strip() == "doubted: vehicle state not known · phone too short"
    assert why.strip() == "rejected: VIN twice, an older row"
    assert third.split() == ["4", "LSVAU2A30IO000005", "王五", "13800000005", "-", "2023-01-01"]
    assert bad.strip() == "rejected: VIN not usable"


def test_columns_stand_under_their_headings() -> None:
    """By cells, so that Chinese names push nothing aside; what has no room goes into the line below."""
    found = lines(list(understanding(report(), FILE, 60)), 60)
    at = found.index(next(line for line in found if line.startswith("Line")))
    assert found[at].split() == ["Line", "VIN", "name"]
    first, second = (found[n][: found[n].index(VIN)] for n in (at + 1, at + 5))
    assert (cell_len(first), cell_len(second)) == (6, 6)
    assert "phone +8613800000001" in found[at + 2]


def test_an_account_tells_what_to_do() -> None:
    """Counts that add up, each reason in words with its mend; the most frequent first."""
    told = report()
    told.rejected["bad_vin"] += 4
    found = lines(list(account(told, FILE.name)), 100)
    assert found[0] == "Customers  customers.csv"
    assert found[1].split() == ["Read", "New", "Changed", "Unchanged", "Merged", "Parked", "Rejected"]
    assert found[2].split() == ["1,203", "1,200", "0", "0", "0", "0", "6"]
    at = found.index(next(line for line in found if line.startswith("Rejected ")))
    assert found[at + 1].split(maxsplit=4) == [
        "VIN", "not", "usable", "5", "correct it: 17 characters, without I, O and Q"
    ]  # fmt: skip
    assert found[at + 2].startswith("VIN twice")
    assert any(line.startswith("phone too short") and "not texted" in line for line in found)


def behind(line: str, cells: int) -> str:
    """What stands in a line behind its first `cells`."""
    return line[next((at for at in range(len(line)) if cell_len(line[:at]) >= cells), len(line)) :]


@pytest.mark.parametrize("name", ["en", "zh-CN"])
@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_advice_loses_a_character(name: str, width: int) -> None:
    """However narrow: the lines of the last column, put together again, are every advice whole."""
    told = ImportReport("customers", map_headers(HEADERS, KINDS["customers"]), read=60)
    told.rejected.update(list(REJECTED_ADVICE))
    told.warned.update(list(DOUBTED_ADVICE))
    with language(name):
        found = lines(list(account(told, FILE.name)), width)
        rows = _("Rows")
        advice = [*map(rejected_advice, REJECTED_ADVICE), *map(doubted_advice, DOUBTED_ADVICE)]
    heading = next(line for line in found if line.endswith(rows))
    column = "".join(behind(line, cell_len(heading)) for line in found[4:])
    missing = [each for each in advice if "".join(each.split()) not in "".join(column.split())]
    assert missing == []


def test_a_clean_import_has_no_list_of_reasons() -> None:
    """Three lines, and nothing to do."""
    told = ImportReport("customers", map_headers(HEADERS, KINDS["customers"]), read=1, new=1)
    assert len(lines(list(account(told, FILE.name)), 100)) == 3


def test_remarks_say_where_the_rejects_are() -> None:
    """In a file; nowhere, though there are some; in a file without rows."""
    told = report()
    assert any("2 rejected rows are in r.xlsx" in said for said in remarks(told, Path("r.xlsx"), 2, dry_run=False))
    assert any("--rejects OUT" in said for said in remarks(told, None, 0, dry_run=False))
    assert any("No row was rejected" in said for said in remarks(told, Path("r.xlsx"), 0, dry_run=False))
    assert list(remarks(told, None, 0, dry_run=True))[-1] == "This was a dry run: nothing was kept."


def test_freshness_is_said_by_the_shops_own_clock() -> None:
    """Every kind has its sentence."""
    at = datetime(2026, 3, 1, 2, tzinfo=UTC)
    for kind in KINDS:
        said = freshness_sentence(kind, at, ZoneInfo("Asia/Shanghai"))
        assert said == f"{kind.capitalize()} are known up to 2026-03-01 10:00."


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_word(kind: str) -> None:
    """Whatever a file may hold can be shown; only fields that exist have a cost."""
    assert set(KINDS[kind].aliases) <= set(FIELDS)
    assert set(COSTS) <= {field for each in KINDS.values() for field in each.aliases}
    assert not set(KINDS[kind].required) & set(COSTS)


@pytest.mark.parametrize("field, value, shown", [
    ("premium", 320_000, "3,200.00"), ("amount", -1250, "-12.50"), ("odometer", 12345, "12,345"), ("points", 0, "0"),
    ("delivered_on", date(2024, 3, 5), "2024-03-05"),
    ("date_in", datetime(2024, 3, 5, 9, 30, tzinfo=UTC), "2024-03-05 09:30"),
    ("category", "first_service", "first service"), ("state", "test_drive", "test drive"), ("name", "yes", "yes"),
    ("is_company", True, "yes"), ("vin", None, "-"), ("category", "of tomorrow", "of tomorrow"),
])  # fmt: skip
def test_values_are_shown_as_people_read_them(field: str, value: object, shown: str) -> None:
    """Money with two decimals, days ISO, fixed words in the reader's language, a new word as it is."""
    assert value_words(field, value) == shown


def test_an_unknown_field_is_shown_by_its_own_name() -> None:
    """A field of a newer version hides nothing and costs nothing known."""
    assert (field_word("of_tomorrow"), cost_of_absence("of_tomorrow")) == ("of_tomorrow", None)


@pytest.mark.parametrize("text, width, shown", [
    ("陈晓芳", 6, "陈晓芳"), ("陈晓芳", 5, "陈.."), ("a  b\nc", 9, "a b c"), ("abcdef", 4, "ab.."),
])  # fmt: skip
def test_what_is_too_wide_is_cut_with_two_dots(text: str, width: int, shown: str) -> None:
    """Within its cells, in one line."""
    assert shortened(text, width) == shown
