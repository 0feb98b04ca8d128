"""The whole way by hand, on the command line: import → plan → send → reconcile → attribute → report → explain."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.cli_shop import CliShop
from tests.support.import_desk import phone, vin

AT = "2026-03-10T10:00+08:00"
NOON = datetime.fromisoformat("2026-03-10T12:00+08:00")
NEXT_DAY, NEXT_WEEK = "2026-03-11T10:00+08:00", "2026-03-17T10:00+08:00"

CHINESE = {
    "customers": ("客户编号", "姓名", "手机", "VIN", "交车日期", "车牌", "保险到期", "营销同意", "生日"),
    "visits": ("工单号", "VIN", "进厂日期", "里程", "维修类别", "金额"),
    "renewals": ("保单号", "VIN", "起保日期", "终保日期", "出单日期", "保费"),
}
ENGLISH = {
    "customers": (
        "customer no", "name", "phone", "vin", "delivery date", "plate", "insurance end", "consent", "birthday"
    ),
    "visits": ("order no", "vin", "date in", "odometer", "category", "amount"),
    "renewals": ("policy no", "vin", "start date", "end date", "issue date", "premium"),
}  # fmt: skip
PEOPLE = (
    ("陈晓芳", "2026-03-17", "是", "1988-03-10"),
    ("王强", "2026-03-17", "", "1990-07-01"),
    ("李娜", "2026-09-30", "否", "1979-03-10"),
    ("赵敏", "2026-09-30", "是", "1975-03-10"),
    ("孙磊", "2026-03-17", "是", "1982-11-02"),
    ("周婷", "2026-03-17", "是", "1982-11-02"),
)


def fill(
    shop: CliShop, words: dict[str, tuple[str, ...]] = CHINESE, encoding: str = "utf-8", insured_until: str = ""
) -> None:
    """Six customers with a car each, serviced half a year ago; `insured_until` for all of them alike."""
    cells = [
        (f"K{n}", name, phone(n), vin(n), "2024-01-05", f"闽C{n:05d}", insured_until or ends, *rest)
        for n, (name, ends, *rest) in enumerate(PEOPLE, start=1)
    ]
    orders = [
        (f"R{n}-{day}", vin(n), day, km, "定期保养", "800")
        for n in range(1, len(PEOPLE) + 1)
        for day, km in (("2025-03-14", "5000"), ("2025-09-12", "10000"))
    ]
    for kind, rows in (("customers", cells), ("visits", orders)):
        table = [dict(zip(words[kind], row, strict=True)) for row in rows]
        shop.run("import", kind, shop.file(f"{kind}.csv", table, encoding), "--at", AT)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> CliShop:
    """Made once; each test gets a copy."""
    made = CliShop(tmp_path_factory.mktemp("filled"))
    fill(made)
    return made


@pytest.fixture
def shop(filled: CliShop, tmp_path: Path) -> CliShop:
    """An installation with six customers."""
    return filled.copy_to(tmp_path)


@pytest.mark.parametrize("words, encoding, language", [(CHINESE, "gb18030", "zh_CN.UTF-8"), (ENGLISH, "utf-8", "C")])
def test_the_whole_way(tmp_path: Path, words: dict[str, tuple[str, ...]], encoding: str, language: str) -> None:
    """Each step does its part, a second time nothing, and every page is in the reader's language."""
    shop = CliShop(tmp_path, language)
    if language == "C":
        shop.settings["NOTIFIER_LANGUAGE"] = "en"
    fill(shop, words, encoding)
    again = shop.json("import", "customers", str(tmp_path / "customers.csv"), "--at", AT)
    assert (again["read"], again["unchanged"], again["rejected"]) == (6, 6, {})

    planned = shop.json("plan", "--at", AT)
    assert planned["planned"] >= 6
    assert shop.json("plan", "--at", AT)["planned"] == 0

    sent = shop.json("send", "--at", AT, "--until-empty")
    assert (sent["accepted"], sent["waiting"], sent["unknown"]) == (planned["planned"] - sent["failed"], 0, 0)
    assert shop.json("send", "--at", AT) == {"accepted": 0, "failed": 0, "unknown": 0, "cancelled": 0, "waiting": 0}
    assert shop.json("reconcile", "--at", NEXT_DAY)["still_unknown"] == 0
    assert shop.json("send", "--at", NEXT_DAY)["waiting"] == 0  # one was not delivered, and is tried once more

    visit = dict(zip(words["visits"], ("R100", vin(1), "2026-03-13", "15000", "定期保养", "950"), strict=True))
    shop.run("import", "visits", shop.file("later.csv", [visit]), "--at", NEXT_WEEK)
    policy = ("P100", vin(5), "2026-03-18", "2027-03-17", "2026-03-13", "4200")
    renewal = dict(zip(words["renewals"], policy, strict=True))
    shop.run("import", "renewals", shop.file("policies.csv", [renewal]), "--at", NEXT_WEEK)
    assert shop.json("attribute", "--at", NEXT_WEEK)["credited"] == 2
    assert shop.json("attribute", "--at", NEXT_WEEK)["outcomes"] == 0

    rows = json.loads(shop.run("report", "--format", "json", "--at", NEXT_WEEK).stdout)
    by_key = {row["key"]: row for row in rows}
    assert sum(row["credited"] for row in rows) == 2
    assert (by_key["maintenance_due"]["credited"], by_key["insurance_expiry"]["credited"]) == (1, 1)
    assert sum(row["sent"] for row in rows) == sent["accepted"]
    assert by_key["maintenance_due"]["enrolled"] == 6

    shop.starts_anew = language == "C"  # a bare terminal: Python itself starts differently there
    page = shop.run("report", "--at", NEXT_WEEK).stdout + shop.run("explain", phone(1), "--at", NEXT_WEEK).stdout
    expected = (
        ("归因", "已于", "定期保养招揽") if language.startswith("zh") else ("Credited", "Was texted", "Maintenance")
    )
    assert all(word in page for word in expected)


def test_a_plan_says_what_waits_and_how_to_mend_it(tmp_path: Path) -> None:
    """Visits never imported: the campaign waits, and the page names the command."""
    shop = CliShop(tmp_path)
    row = dict(zip(CHINESE["customers"], ("K1", "陈晓芳", phone(1), vin(1), "2024-01-05", "", "", "", ""), strict=True))
    shop.run("import", "customers", shop.file("c.csv", [row]), "--at", AT)
    said = shop.run("plan", "--at", AT).stdout
    assert (
        "Maintenance due waits: data too old. Mend: notifier import customers FILE · notifier import visits FILE"
        in said
    )
    assert shop.json("plan", "--at", AT)["waiting"]["maintenance_due"] == "data_too_old"


def test_unknown_consent_is_said_with_its_mend(shop: CliShop) -> None:
    """Plan, explain and doctor: who gets service reminders only, and what to do about it; then --consent mends it."""
    shop.file("b.csv", [{"客户编号": "K2", "手机": phone(2), "VIN": vin(2), "生日": "1990-03-10"}])
    shop.run("import", "customers", str(shop.folder / "b.csv"), "--at", AT)
    assert "--consent SOURCE" in shop.run("plan", "--at", AT).stdout
    assert "--consent SOURCE" in shop.run("explain", phone(2), "--at", AT, "--campaign", "birthday").stdout
    shop.run("import", "customers", str(shop.folder / "b.csv"), "--consent", "contract 2026", "--at", AT)
    (customer,) = shop.json("explain", phone(2), "--at", AT)["customers"]
    assert customer["consent"] == "yes"


def test_doctor_says_how_many_consents_are_unknown(shop: CliShop) -> None:
    """Where many are, the mend stands beside the figure."""
    rows = [{"客户编号": f"N{n}", "手机": phone(n), "VIN": vin(n)} for n in range(50, 60)]
    shop.run("import", "customers", shop.file("n.csv", rows), "--at", AT)
    said = shop.run("doctor", "--at", AT).stdout
    assert "Of 11 of 16 customers in reach nobody knows whether they agreed to marketing" in said
    assert "--consent SOURCE" in said


STOPS = {1: "STOP", 2: "R", 3: "退订", 5: "TD", 6: "please stop texting me"}


def test_a_stop_silences_at_once(tmp_path: Path) -> None:
    """However it is worded: the next plan leaves the phone out, and explain says why in one sentence."""
    shop = CliShop(tmp_path)
    fill(shop, insured_until="2026-03-21")
    shop.json("plan", "--at", AT)
    shop.json("send", "--at", AT)
    shop.customer_texts({f"+86{phone(n)}": words for n, words in STOPS.items()}, NOON)
    shop.json("reconcile", "--at", NEXT_DAY)
    for kind in ("customers", "visits"):
        shop.run("import", kind, str(shop.folder / f"{kind}.csv"), "--at", NEXT_WEEK)
    planned = shop.json("plan", "--at", NEXT_WEEK)
    (insurance,) = [run for run in planned["runs"] if run["campaign"] == "insurance_expiry"]
    assert insurance["excluded"] == {"suppressed": len(STOPS)}
    for n, words in STOPS.items():
        said = shop.run("explain", phone(n), "--at", NEXT_WEEK).stdout.splitlines()[0]
        assert said == f"138****{n:04d} gets no text at all: replied “{words}” on 2026-03-10."
    assert "no text at all" not in shop.run("explain", phone(4), "--at", NEXT_WEEK).stdout


def test_rejected_rows_can_be_mended_and_imported(shop: CliShop) -> None:
    """--rejects writes them with their reason; --dry-run keeps nothing; --mapping reads odd headers."""
    file = shop.file("odd.csv", [{"我的列": "BAD", "手机": phone(9)}, {"我的列": vin(9), "手机": phone(9)}])
    (shop.folder / "m.yaml").write_text("vin: 我的列\n", encoding="utf-8")
    out = shop.folder / "rejects.csv"
    words = ("import", "customers", file, "--mapping", str(shop.folder / "m.yaml"), "--at", AT)
    assert shop.json(*words, "--dry-run")["new"] == 1
    shop.run("explain", phone(9), code=1)
    counted = shop.json(*words, "--rejects", str(out))
    assert (counted["new"], counted["rejected"]) == (1, {"bad_vin": 1})
    with out.open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["我的列"], row["notifier_reason"], row["notifier_line"]) == ("BAD", "bad_vin", "2")


def test_reports_become_files(shop: CliShop) -> None:
    """CSV, workbook and page; a period of one's own; one campaign."""
    for name in ("r.csv", "r.xlsx", "r.txt"):
        written_as = {"r.txt": "table"}.get(name, name[2:])
        shop.run("report", "--format", written_as, "--out", str(shop.folder / name), "--at", AT)
    assert (shop.folder / "r.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (shop.folder / "r.xlsx").read_bytes().startswith(b"PK")
    assert "Campaign summary" in (shop.folder / "r.txt").read_text(encoding="utf-8")
    words = ("report", "campaigns", "--campaign", "winback", "--from", "2026-01-01", "--to", "2026-02-28")
    (row,) = json.loads(shop.run(*words, "--format", "json").stdout)
    assert (row["key"], row["from"], row["to"]) == ("winback", "2026-01-01", "2026-02-28")


def test_the_accuracy_of_the_prediction_is_a_report(shop: CliShop) -> None:
    """Six cars came two days before the half year was over; nothing told yet how much they are driven."""
    words = ("report", "accuracy", "--from", "2025-01-01", "--to", "2025-12-31", "--at", AT)
    ours, fixed = json.loads(shop.run(*words, "--format", "json").stdout)
    assert (ours["rule"], ours["n"], ours["mean_error_days"], ours["bias_days"]) == ("prediction", 6, 2.0, -2.0)
    assert (fixed["rule"], fixed["n"], fixed["mean_error_days"]) == ("fixed_months", 6, 2.0)
    assert "Every 6 months" in shop.run(*words).stdout
    shop.run(*words, "--format", "xlsx", "--out", str(shop.folder / "accuracy.xlsx"))
    assert (shop.folder / "accuracy.xlsx").read_bytes().startswith(b"PK")


def test_a_plan_of_one_campaign_is_made_due_or_not(shop: CliShop) -> None:
    """--campaign plans it now; a dry run keeps nothing."""
    sunday = "2026-03-15T10:00+08:00"
    shop.run("import", "customers", str(shop.folder / "customers.csv"), "--at", sunday)
    shop.run("import", "visits", str(shop.folder / "visits.csv"), "--at", sunday)
    words = ("plan", "--campaign", "maintenance_due", "--at", sunday)
    tried = shop.json(*words, "--dry-run")
    assert tried["runs"][0]["run"] is None
    done = shop.json(*words)
    assert (done["planned"], done["withheld"]) == (tried["planned"], tried["withheld"])
    assert [run["campaign"] for run in done["runs"]] == ["maintenance_due"]


def test_text_of_a_review_waits_for_a_person(shop: CliShop) -> None:
    """Win-back needs a review: shown, approved, sent; another is rejected and planned again."""
    later = datetime.fromisoformat(AT) + timedelta(days=7)  # a Tuesday; six months have gone by
    moment = later.isoformat()
    for kind in ("customers", "visits"):
        shop.run("import", kind, str(shop.folder / f"{kind}.csv"), "--at", moment)
    planned = shop.json("plan", "--campaign", "winback", "--at", moment)
    run = str(planned["runs"][0]["run"])
    assert planned["runs"][0]["state"] == "review"
    assert planned["planned"] > 0
    assert shop.json("send", "--at", moment)["accepted"] == 0
    assert shop.json("status")["in_review"] == planned["planned"]
    assert f"notifier runs approve {run}" in shop.run("runs", "show", run, "--at", moment).stdout
    late = shop.run("runs", "show", run, "--at", (later + timedelta(days=4)).isoformat()).stdout
    assert "【东南泉州】" in late
    assert "runs approve" not in late  # it would be refused
    assert "notifier plan --campaign winback" in late
    shop.run("runs", "reject", run, "--at", moment)
    anew = shop.json("plan", "--campaign", "winback", "--at", moment)
    assert anew["planned"] == planned["planned"]
    shop.run("runs", "approve", str(anew["runs"][0]["run"]), "--at", moment)
    shop.run("campaigns", "pause", "winback")
    assert shop.json("send", "--at", moment)["accepted"] == 0
    shop.run("campaigns", "resume", "winback")
    sent = shop.json("send", "--at", moment)
    assert sent["accepted"] + sent["failed"] == planned["planned"]
    assert "Win-back" in shop.run("runs", "list").stdout
