"""What the command line refuses: one sentence with the mend, exit 1 or 2, never a traceback."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.cli_shop import CliShop
from tests.support.import_desk import phone, vin

AT = "2026-03-10T10:00+08:00"


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> CliShop:
    """Made once; each test gets a copy."""
    made = CliShop(tmp_path_factory.mktemp("new"))
    made.run("runs", "list")
    return made


@pytest.fixture
def shop(new: CliShop, tmp_path: Path) -> CliShop:
    """An installation without data."""
    return new.copy_to(tmp_path)


def _with_line(text: str, after: str, line: str) -> str:
    lines = text.splitlines()
    place = next(number for number, each in enumerate(lines) if each.strip().startswith(after))
    return "\n".join([*lines[: place + 1], line, *lines[place + 1 :]]) + "\n"


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "unknown key": (lambda text: _with_line(text, "rule: birthday", "    wen: daily"), "wen"),
    "bad cron": (lambda text: text.replace('"30 9 * * *"', '"30 9 * *"'), "30 9 * *"),
    "tab": (lambda text: _with_line(text, "rule: birthday", "\tkind: marketing"), "tab"),
    "missing template": (lambda text: text.replace("template: birthday", "template: greetings"), "greetings"),
    "duplicated name": (lambda text: f"{text.rstrip()}\n  birthday:\n    rule: birthday\n", "birthday"),
}


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_a_broken_schedule_is_one_sentence_with_its_line(shop: CliShop, what: str) -> None:
    """`schedules check`: exit 1, the line, and what it is about."""
    break_it, named = BROKEN[what]
    text = shop.schedules.read_text(encoding="utf-8")
    shop.schedules.write_text(break_it(text), encoding="utf-8")
    wanted = next(
        number
        for number, (old, new) in enumerate(
            zip([*text.splitlines(), ""], break_it(text).splitlines(), strict=False), start=1
        )
        if old != new
    )
    done = shop.run("schedules", "check", code=1)
    assert done.stdout == ""
    (sentence, *more) = done.stderr.splitlines()
    assert f"line {wanted}" in sentence, sentence
    assert named in sentence
    assert all("line " in each for each in more)


def test_every_problem_is_told_at_once(shop: CliShop) -> None:
    """Two slips are two sentences, in the order of the file."""
    text = shop.schedules.read_text(encoding="utf-8")
    broken = text.replace('"30 9 * * *"', '"99 9 * * *"', 1).replace("template: birthday", "template: greetings")
    shop.schedules.write_text(broken, encoding="utf-8")
    said = shop.run("schedules", "check", code=1).stderr.splitlines()
    assert len(said) == 2
    assert shop.run("plan", "--at", AT, code=1).stderr.splitlines() == said
    lines = [int(match[1]) for each in said if (match := re.search(r"line (\d+)", each))]
    assert lines == sorted(lines)


def test_a_renamed_campaign_is_refused(shop: CliShop) -> None:
    """A key that vanished while a new one of its rule appeared: nobody is texted twice over a new name."""
    row = {"客户编号": "K1", "手机": phone(1), "VIN": vin(1)}
    for kind, rows in (("customers", [row]), ("visits", [{"工单号": "R1", "VIN": vin(1), "进厂日期": "2025-09-12"}])):
        shop.run("import", kind, shop.file(f"{kind}.csv", rows), "--at", AT)
    shop.run("plan", "--at", AT)
    text = shop.schedules.read_text(encoding="utf-8")
    shop.schedules.write_text(text.replace("  birthday:  ", "  greetings:  ", 1), encoding="utf-8")
    said = shop.run("schedules", "check", code=1).stderr
    assert "id: birthday" in said
    assert "line " in said


def test_a_good_schedule_is_said_to_be_fine(shop: CliShop) -> None:
    """Exit 0, and what comes next in the shop's time."""
    assert "16 campaigns" in shop.run("schedules", "check").stdout
    said = shop.run("schedules", "next", "--days", "1", "--at", AT).stdout
    assert "2026-03-10 10:00" in said
    assert "2026-03-12" not in said


@pytest.mark.parametrize(
    "words, code, said",
    [
        (("plan", "--at", "2026-03-10T10:00"), 1, "has no time zone"),
        (("plan", "--at", "tomorrow"), 1, "is no moment"),
        (("plan", "--campaign", "birthdays"), 1, "did you mean birthday"),
        (("import", "customers", "nowhere.csv"), 1, "cannot be opened"),
        (("import", "customers", "schedules.yaml"), 1, "hold no column name we know"),
        (("explain", "1381234"), 1, "too short"),
        (("explain", "13812345999"), 1, "No customer has the phone 138****5999"),
        (("report", "nothing"), 1, "There is no report nothing"),
        (("report", "accuracy"), 1, "import customers first"),
        (("report", "accuracy", "--campaign", "winback"), 1, "leave --campaign out"),
        (("report",), 1, "import customers first"),
        (("runs", "approve", "7"), 1, "There is no run 7"),
        (("campaigns", "pause", "winback"), 1, "has been planned yet"),
        (("unknown", "sent", "7"), 1, "has nothing unknown"),
        (("templates", "preview", "birthdy"), 1, "Nearest name: birthday"),
        (("templates", "rerender", "birthdy"), 1, "There is no template birthdy"),
        (("db", "restore", "nowhere.db"), 1, "There is no file nowhere.db"),
        (("plann",), 2, "did you mean plan"),
        (("plan", "--dry"), 2, "There is no option --dry"),
        (("import", "customers"), 2, "FILE is missing"),
        (("schedules", "next", "--days", "some"), 2, "some is no whole number"),
        (("report", "--format", "pdf"), 2, "pdf is none of table, json, csv, xlsx"),
        (("report", "--from", "yesterday"), 2, "is no day"),
        (("report", "worklist", "--from", "0001-01-01"), 2, "give a year from 2000 to 2100"),
        (("plan", "now"), 2, "There is a word too much: now"),
    ],
)
def test_a_refusal_says_what_and_how_to_mend_it(shop: CliShop, words: tuple[str, ...], code: int, said: str) -> None:
    """stdout stays empty; stderr says it in a sentence."""
    done = shop.run(*words, code=code)
    assert said in done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == (1 if code == 1 else 3)


def test_a_refusal_is_json_for_programs(shop: CliShop) -> None:
    """With --json stdout holds one document, also where nothing was done."""
    done = shop.run("plan", "--at", "2026-03-10T10:00", "--json", code=1)
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "bad_input"
    assert error["sentence"] == done.stderr.strip()


@pytest.mark.parametrize(
    "key, value, said",
    [
        ("NOTIFIER_GATEWAY", "pigeon", "simulator or twilio"),
        ("NOTIFIER_GATEWAY", "twilio", "TWILIO_ACCOUNT_SID is missing"),
        ("NOTIFIER_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "127.0.0.1:1"),
        ("NOTIFIER_SCHEDULES", "nowhere.yaml", "nowhere.yaml does not exist"),
    ],
)
def test_a_wrong_set_up_is_one_sentence(shop: CliShop, key: str, value: str, said: str) -> None:
    """Settings, database, schedules: what is wrong is named, with what is right."""
    shop.settings[key] = value
    done = shop.run("plan", "--at", AT, code=1)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_unexpected_error_is_a_sentence_too(shop: CliShop) -> None:
    """A broken table nobody planned for: a sentence and the places in the log, without any value."""
    shop.run("runs", "list")
    store = shop.store()
    with store.write() as session:
        session.connection().exec_driver_sql("DROP TABLE decision")
        session.connection().exec_driver_sql("DROP TABLE run")
    store.close()
    done = shop.run("runs", "list", code=1)
    assert done.stderr.startswith("Something unexpected went wrong: OperationalError.")
    assert "recent_runs" not in done.stdout
    assert "runs.py:" in done.stderr


def test_doctor_names_every_mend(shop: CliShop) -> None:
    """A new installation: the imports are missing, the rest is fine; with --json one document."""
    said = shop.run("doctor", "--at", AT, code=1).stdout
    assert "✗ visits: never imported. Planning waits: Maintenance due, Win-back." in said
    assert "Mend: notifier import visits FILE" in said
    assert "· renewals: never imported.\n" in said
    checks = shop.json("doctor", "--at", AT, code=1)
    assert [check["ok"] for check in checks["checks"]].count(False) == 2


def test_doctor_says_how_old_the_records_are(shop: CliShop) -> None:
    """Fresh, too old, and a file of which every row was rejected, which counts as never."""
    row = {"客户编号": "K1", "手机": phone(1), "VIN": vin(1)}
    shop.run("import", "customers", shop.file("c.csv", [row]), "--at", "2026-03-07T10:00+08:00")
    bad = {"工单号": "R1", "VIN": vin(1), "进厂日期": "2030-01-01"}
    shop.run("import", "visits", shop.file("v.csv", [bad]), "--at", AT)
    said = shop.run("doctor", "--at", AT, code=1).stdout
    assert "✓ customers: known to 2026-03-07 10:00, 3 days ago; 7 days are allowed." in said
    assert "✗ visits: never imported." in said
    late = shop.run("doctor", "--at", "2026-03-20T10:00+08:00", code=1).stdout
    assert "✗ customers: known to 2026-03-07 10:00, 13 days ago; 7 days are allowed. Planning waits:" in late


def test_doctor_names_the_file_of_an_unfinished_import(shop: CliShop) -> None:
    """Which one, since when, and what to do; the mend is said once."""
    row = {"客户编号": "K1", "手机": phone(1), "VIN": vin(1)}
    shop.run("import", "customers", shop.file("c.csv", [row]), "--at", AT)
    store = shop.store()
    with store.write() as session:
        session.connection().exec_driver_sql("UPDATE dms_import SET state = 'running'")
    store.close()
    said = shop.run("doctor", "--at", AT, code=1).stdout
    assert "✗ An import of customers from c.csv began on 2026-03-10 10:00 and has not finished; repeat it." in said
    assert said.count("Mend: notifier import customers FILE") == 1


@pytest.mark.parametrize(
    "source, command",
    [("c.csv", "notifier import customers c.csv"), ("二月 客户.csv", "notifier import customers '二月 客户.csv'"),
     ("dms.yaml: customers", "notifier sync customers")],
)  # fmt: skip
def test_planning_that_waits_for_an_import_names_its_file(shop: CliShop, source: str, command: str) -> None:
    """And the command that completes it."""
    row = {"客户编号": "K1", "手机": phone(1), "VIN": vin(1)}
    shop.run("import", "customers", shop.file("c.csv", [row]), "--at", AT)
    store = shop.store()
    with store.write() as session:
        session.connection().execute(sa.text("UPDATE dms_import SET state = 'running', source = :s"), {"s": source})
    store.close()
    said = shop.run("plan", "--campaign", "birthday", "--at", AT).stdout
    assert f"the import of customers from {source} has not finished" in said
    assert said.strip().splitlines()[-1].endswith(f"same file: {command}")


@pytest.mark.parametrize("words", [("status",), ("report",), ("report", "quality"), ("explain", "13812345001")])
def test_whoever_only_asks_makes_no_database(shop: CliShop, words: tuple[str, ...]) -> None:
    """A mistyped address would be answered as an empty shop, and the file would stay."""
    shop.settings["NOTIFIER_DATABASE_URL"] = f"sqlite:///{shop.folder}/nowhere/shpo.sqlite3"
    said = shop.run(*words, code=1).stderr
    assert f"There is no database at {shop.folder}/nowhere/shpo.sqlite3" in said
    assert not (shop.folder / "nowhere").exists()
    shop.run("plan")
    shop.run("status")


def test_a_report_is_written_as_the_ending_of_its_file_says(shop: CliShop) -> None:
    """A workbook called so is one; what contradicts itself or says nothing is refused before anything is written."""
    row = {"客户编号": "K1", "手机": phone(1), "VIN": vin(1)}
    shop.run("import", "customers", shop.file("c.csv", [row]), "--at", AT)
    for ending, start in (("xlsx", b"PK"), ("XLSX", b"PK"), ("json", b"{"), ("csv", b"\xef\xbb\xbf")):
        shop.run("report", "quality", "--at", AT, "--out", f"q.{ending}")
        assert (shop.folder / f"q.{ending}").read_bytes().startswith(start)
    shop.run("report", "quality", "--at", AT, "--out", "q.txt")
    assert "customers" in (shop.folder / "q.txt").read_text("utf-8")
    refused = shop.run("report", "quality", "--at", AT, "--format", "csv", "--out", "r.xlsx", code=1).stderr
    assert "--format csv does not fit --out r.xlsx" in refused
    for name in ("r.pdf", "r"):
        assert f"--out {name} does not say how" in shop.run("report", "--at", AT, "--out", name, code=1).stderr
    assert not [path for path in shop.folder.iterdir() if path.name.startswith("r.")]
    shop.run("report", "quality", "--at", AT, "--format", "json", "--out", "r")
    assert (shop.folder / "r").read_bytes().startswith(b"{")


def test_doctor_looks_into_the_watched_folder(shop: CliShop) -> None:
    """Said to be watched where it can be; where it cannot, what to do."""
    shop.settings["NOTIFIER_INBOX"] = str(shop.folder / "inbox")
    assert "inbox cannot be worked in" in shop.run("doctor", "--at", AT, code=1).stdout
    (shop.folder / "inbox").mkdir()
    said = shop.run("doctor", "--at", AT, code=1).stdout
    assert "✓ The daemon imports the files put into" in said
    assert "rejected/" not in said
    (shop.folder / "inbox" / "rejected").mkdir()
    for name in ("20260302-090000-b.pdf", "20260301-090000-a.csv"):
        (shop.folder / "inbox/rejected" / name).touch()
        (shop.folder / "inbox/rejected" / f"{name}.why.txt").touch()
    said = shop.run("doctor", "--at", AT, code=1).stdout
    assert (
        "· In rejected/ of that folder lie files that were not imported: 2; the latest: 20260302-090000-b.pdf" in said
    )


def test_doctor_refuses_the_sample_shop_with_real_texts(shop: CliShop) -> None:
    """On the simulator the sample is welcome; a provider would send its name and phone to real people."""
    assert "sample shop" not in shop.run("doctor", "--at", AT, code=1).stdout
    shop.settings |= {
        "NOTIFIER_GATEWAY": "twilio", "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "0" * 32,
        "TWILIO_FROM": "+15005550006", "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
    }  # fmt: skip
    said = shop.run("doctor", "--at", AT, code=1).stdout
    assert "still has the sample shop (name, signature, phone), and twilio sends real texts" in said
    own = shop.schedules.read_text(encoding="utf-8").replace("0595-22880000", "0595-22881111")
    own = own.replace("signature: 东南泉州 ", "signature: 海丝汽车 ").replace("name: 东南汽车泉州店", "name: 海丝汽车")
    shop.schedules.write_text(own, encoding="utf-8")
    assert "sample shop" not in shop.run("doctor", "--at", AT, code=1).stdout


@pytest.mark.parametrize("option", [("--campaign", "birthday"), ("--from", "2026-01-01"), ("--to", "2026-02-01")])
def test_quality_is_that_of_today_and_of_no_campaign(shop: CliShop, option: tuple[str, str]) -> None:
    """An option that would be passed over in silence is refused."""
    assert "leave" in shop.run("report", "quality", *option, "--at", AT, code=1).stderr


def test_doctor_notices_another_secret_key(shop: CliShop) -> None:
    """A lost key would forget every stop: said before anything else is."""
    del shop.settings["NOTIFIER_SECRET_KEY"]  # then it lies in a file
    row = {"客户编号": "K1", "手机": phone(1), "VIN": vin(1)}
    shop.run("import", "customers", shop.file("c.csv", [row]), "--at", AT)
    assert "fits the data" in shop.run("doctor", "--at", AT, code=1).stdout
    (shop.folder / "notifier.key").unlink()
    said = shop.run("doctor", "--at", AT, code=1).stdout
    assert "✗ The secret key is not the one the customers were imported with" in said


def test_doctor_and_check_name_a_broken_template(shop: CliShop) -> None:
    """The file, the line, the mend; the last good version stays live, so planning goes on."""
    shop.run("templates", "list")
    file = shop.folder / "templates/sms/en/birthday.j2"
    file.write_text(file.read_text(encoding="utf-8").replace("customer.", "custmer."), encoding="utf-8")
    assert "birthday.j2" in shop.run("doctor", "--at", AT, code=1).stdout
    assert "birthday.j2" in shop.run("templates", "check", code=1).stdout
    assert "The last good version stays live." in shop.run("plan", "--at", AT).stderr


def test_templates_can_be_seen_and_tried(shop: CliShop) -> None:
    """Listed, checked, previewed with a customer's values, and tried on one's own phone unless it said stop."""
    row = {
        "客户编号": "K1",
        "姓名": "欧阳晓芳",
        "手机": phone(1),
        "VIN": vin(1),
        "车牌": "闽C12345",
        "保险到期": "2026-06-30",
    }
    shop.run("import", "customers", shop.file("c.csv", [row]), "--at", AT)
    assert "winback_lost" in shop.run("templates", "list").stdout
    assert "0 must be mended" in shop.run("templates", "check").stdout
    seen = shop.run("templates", "preview", "insurance_last", "--customer", phone(1), "--language", "zh-CN").stdout
    assert "闽C12345" in seen
    assert "6月30日" in seen
    assert "1 segments" in seen
    tried = shop.run("templates", "test-send", "birthday", phone(77)).stdout
    assert "simulator took the text for 138****0077." in tried
    shop.customer_texts({f"+86{phone(77)}": "退订"}, datetime.fromisoformat(AT))
    shop.run("reconcile", "--at", "2026-03-11T10:00+08:00")
    assert "said stop" in shop.run("templates", "test-send", "birthday", phone(77), code=1).stderr


def test_backup_and_restore(shop: CliShop) -> None:
    """One file, back only over what is told to give way."""
    shop.run("runs", "list")
    backup = str(shop.folder / "b.db")
    assert "up to date" in shop.run("db", "upgrade").stdout
    shop.run("db", "backup", backup)
    assert "exists" in shop.run("db", "backup", backup, code=1).stderr
    assert "--replace" in shop.run("db", "restore", backup, code=1).stderr
    assert "replaced-1" in shop.run("db", "restore", backup, "--replace").stdout


@pytest.mark.parametrize(
    "language, settings, word",
    [
        ("zh_CN.UTF-8", {}, "用法"),
        ("en_GB.UTF-8", {}, "Usage"),
        ("C", {}, "用法"),  # the shop's language
        ("zh_CN.UTF-8", {"NOTIFIER_LANGUAGE": "en"}, "Usage"),
    ],
)
def test_the_language_of_help(tmp_path: Path, language: str, settings: dict[str, str], word: str) -> None:
    """NOTIFIER_LANGUAGE, else the terminal, else the shop."""
    shop = CliShop(tmp_path, language, settings, starts_anew=True)
    assert shop.run("--help").stdout.startswith(word)


def test_every_command_explains_itself_in_chinese(tmp_path: Path) -> None:
    """No English sentence on a Chinese screen: neither help nor usage errors."""
    shop = CliShop(tmp_path, "zh_CN.UTF-8")
    words = ("Usage", "Options", "Arguments", "Commands", "missing")
    page = "".join(shop.run(*names, "--help").stdout for names in (("import", "customers"), ("report",), ("runs",)))
    page += shop.run("import", "customers", code=2).stderr
    assert not [word for word in words if word in page]


HEAVY = {"alembic", "apscheduler", "fastapi", "jinja2", "nicegui", "pydantic", "sqlalchemy", "sqlmodel", "twilio"}


def test_help_answers_at_once(shop: CliShop) -> None:
    """It waits for none of the large libraries: what is asked for most must not take a second."""
    command = [sys.executable, "-X", "importtime", "-m", "notifier.cli", "--help"]
    told = subprocess.run(command, env=shop.environment(), capture_output=True, text=True, check=True).stderr
    packages = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.splitlines()}
    assert "typer" in packages
    assert not packages & HEAVY


def test_rejects_never_overwrite_what_is_imported(shop: CliShop) -> None:
    """The shop's own export is the last thing to lose; and a folder that is not there is said before the import."""
    file = shop.folder / "customers.csv"
    text = f"VIN,手机,姓名\n{vin(1)},{phone(1)},陈晓芳\n"
    file.write_text(text, encoding="utf-8")
    for out in (file, shop.folder / "nowhere" / "r.csv"):
        done = shop.run("import", "customers", str(file), "--at", AT, "--rejects", str(out), code=1)
        assert str(out) in done.stderr
    assert file.read_text(encoding="utf-8") == text


def test_customers_without_a_row_are_an_export_that_failed(shop: CliShop) -> None:
    """Taken as fresh, it would let reminders run on records nobody has renewed."""
    file = shop.folder / "customers.csv"
    file.write_text("VIN,手机\n", encoding="utf-8")
    assert "export it again" in shop.run("import", "customers", str(file), "--at", AT, code=1).stderr


@pytest.mark.parametrize("at", ["9999-12-31T23:59+00:00", "0001-01-01T00:00+14:00"])
def test_a_moment_outside_the_calendar_is_refused(shop: CliShop, at: str) -> None:
    """No sum with such a day can be done."""
    assert "2000" in shop.run("plan", "--at", at, "--dry-run", code=1).stderr


def test_a_long_answer_that_cannot_be_written_says_so(shop: CliShop) -> None:
    """Sent into a file on a full disk."""
    words = ("schedules", "next", "--days", "200", "--at", AT, "--json")
    assert len(shop.run(*words).stdout) > 8192  # more than waits for the end of the command
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "notifier.cli", *words],
            env=shop.environment(), cwd=shop.folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "The output cannot be written (no space left on the disk).\n")


def test_a_terminal_without_chinese_ends_no_command(shop: CliShop) -> None:
    """What it cannot show is spelt out, as on stderr."""
    shop.settings["PYTHONIOENCODING"] = "ascii"
    shop.settings["NOTIFIER_LANGUAGE"] = "zh-CN"
    shop.starts_anew = True
    assert "\\u" in shop.run("schedules", "check").stdout
