"""Every sentence in both languages: the catalogue, and who is shown which language."""

from __future__ import annotations

import asyncio
import json
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from notifier.errors import NotFound
from notifier.locale import (
    N_,
    _,
    current_language,
    language,
    language_of_environment,
    nearest_language,
    ngettext,
    use_language,
)
from notifier.store.runs import RUNS

ROOT = Path(__file__).parents[2]
FOLDER = Path("notifier/locale/zh_CN/LC_MESSAGES")
PO = str(FOLDER / "notifier.po")
CODE = re.compile(
    r"\{[^}]*\}|`[^`]*`|“[A-Za-z\d #*:,-]*”|(?:\b(?:notifier|pg_dump|pg_restore|python) [^，。；）]*)"
    r"|<[^>]*>|\[[^\]]*\]|https?://[^\s，。]*|\([A-Za-z ]+\)"
)


def script(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts/messages.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def translated() -> list[Message]:
    """Every entry of the Chinese catalogue that somebody has translated; scripts/messages.py names the others."""
    with (ROOT / FOLDER / "notifier.po").open("rb") as file:
        return [message for message in read_po(file, locale="zh_CN") if message.id and words_of(message)]


def words_of(message: Message) -> str:
    return message.string if isinstance(message.string, str) else str((message.string or ("",))[0])


def prose_of(words: str) -> str:
    """The words without fields, commands and quoted code."""
    return CODE.sub("", words)


def test_the_catalogue_is_whole() -> None:
    """No sentence missing, gone, fuzzy, with other fields or not compiled: what make check runs."""
    done = script("--check")
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


def test_no_english_is_left_in_a_chinese_sentence() -> None:
    """Three English words in a row outside of commands and code are a sentence nobody finished."""
    left = [
        words_of(each)
        for each in translated()
        if re.search(r"(?:\b[a-z]{2,} ){2}[a-z]{2,}\b", prose_of(words_of(each)))
    ]
    assert left == []


def test_what_has_english_words_has_chinese_ones() -> None:
    """A sentence of words comes back in Chinese characters; only names of things may stay as they are."""
    plain = [
        each.id
        for each in translated()
        if re.search(r"[a-z]{3,} [a-z]{2,}", prose_of(str(each.id)))
        and not re.search(r"[\u4e00-\u9fff]", words_of(each))
    ]
    assert plain == []


def test_chinese_sentences_are_set_in_chinese() -> None:
    """After a Chinese character stands a full-width mark, never an ASCII one; “除夕..初六” stands so in the file."""
    wrong = [
        words_of(each)
        for each in translated()
        if re.search(r"[\u4e00-\u9fff][,;:!?.](?![\w/.])", prose_of(words_of(each)))
    ]
    assert wrong == []


def test_a_chinese_sentence_ends_as_the_english_one() -> None:
    """A full stop stays a full stop, a bare label stays bare."""
    wrong = [
        words_of(each)
        for each in translated()
        if isinstance(each.id, str)
        and each.id.endswith(".") != words_of(each).endswith("。")
        and "{" not in each.id[-12:]
    ]
    assert wrong == []


def test_every_sentence_can_be_filled_in() -> None:
    """No translation breaks `format`: its braces are those of its fields."""
    for message in translated():
        fields = {name for _text, name, _form, _how in string.Formatter().parse(words_of(message)) if name is not None}
        assert all(fields), words_of(message)


def project(tmp_path: Path, code: str, told: dict[str, str]) -> Path:
    """A small program with its catalogue, brought up to date."""
    (tmp_path / "notifier").mkdir()
    (tmp_path / "notifier" / "errors.py").write_text("class BadInput(Exception): ...\n")
    (tmp_path / "notifier" / "shop.py").write_text(code)
    (tmp_path / "told.json").write_text(json.dumps(told))
    done = script("--root", str(tmp_path), "--merge", str(tmp_path / "told.json"))
    assert done.returncode == 0, done.stderr
    return tmp_path


CODE_OF_A_SHOP = '_("Hello " "{name}.")\nngettext("{n} car", "{n} cars", 2)\n_(known.get("x", N_("Nothing.")))\n'
TOLD = {"Hello {name}.": "您好，{name}。", "Nothing.": "没有。", "{n} car": "{n} 辆车"}


def test_a_whole_catalogue_passes(tmp_path: Path) -> None:
    """Plurals are told by their first form, a mark inside another is seen, a second run writes the same bytes."""
    root = project(tmp_path, CODE_OF_A_SHOP, TOLD)
    assert (script("--root", str(root), "--check").stdout, script("--root", str(root), "--missing").stdout) == (
        "",
        "{}\n",
    )
    before = [file.read_bytes() for file in sorted((root / FOLDER).iterdir())]
    script("--root", str(root))
    assert [file.read_bytes() for file in sorted((root / FOLDER).iterdir())] == before
    assert not re.search(rb"shop\.py|20\d\d-\d\d|Babel", b"".join(before))


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("notifier/shop.py", 'ngettext("{n} car"', 'ngettext("{n} van"', ["missing: '{n} van'", "obsolete: '{n} car'"]),
        ("notifier/shop.py", '_("Hello " "{name}.")', "", ["obsolete: 'Hello {name}.'"]),
        ("notifier/shop.py", '_("Hello " "{name}.")', '_(f"Hello {name}.")', ["sentence: notifier/shop.py, line 1"]),
        ("notifier/shop.py", '_("H', 'BadInput("No.")\n_("H', ["sentence: notifier/shop.py, line 1"]),
        (PO, "您好，{name}。", "您好。", ["other fields: 'Hello {name}.'", "notifier.mo is not"]),
        (PO, "{n} 辆车", "{n:,} 辆车", ["other fields: '{n} car'", "notifier.mo is not"]),
        (PO, "您好，{name}。", "", ["missing: 'Hello {name}.'"]),
        (PO, "#, python-brace-format\nmsgid \"H", "#, fuzzy\nmsgid \"H", ["fuzzy: 'Hello {name}.'"]),
        (PO, "您好，", "你好，", ["notifier.mo is not what"]),
        (PO, "msgid \"H", "msgit \"H", ["unreadable"]),
    ],
)  # fmt: skip
def test_a_fault_is_named(tmp_path: Path, file: str, old: str, new: str, said: list[str]) -> None:
    """Each way a catalogue and its code can part is found and named."""
    root = project(tmp_path, CODE_OF_A_SHOP, TOLD)
    text = (root / file).read_text(encoding="utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new), encoding="utf-8")
    done = script("--root", str(root), "--check")
    assert done.returncode == 1
    for words in said:
        assert words in done.stdout


def test_new_sentences_are_listed_and_old_ones_dropped(tmp_path: Path) -> None:
    """A translator gets what is missing; what is no longer said leaves the catalogue; a stranger is named."""
    root = project(tmp_path, CODE_OF_A_SHOP, TOLD)
    (root / "notifier" / "shop.py").write_text('_("Hello {name}.")\n_("Goodbye.")\n')
    assert json.loads(script("--root", str(root), "--missing").stdout) == {"Goodbye.": ""}
    (root / "told.json").write_text(json.dumps({"Goodbye.": "再见。", "Never said.": "没说过。"}))
    done = script("--root", str(root), "--merge", str(root / "told.json"))
    assert done.stderr == "not in the code, left out: 'Never said.'\n"
    assert script("--root", str(root), "--check").stdout == ""


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_plurals_follow_the_language(count: int) -> None:
    """English has two forms; Chinese one, also for the numbers English calls plural."""
    with language("en"):
        assert ngettext("{n} car", "{n} cars", count) == ("{n} car" if count == 1 else "{n} cars")
    with language("zh-CN"):
        assert len({ngettext(*pair, count) for pair in [("{n} car", "{n} car")]}) == 1


def test_every_plural_of_the_catalogue_has_one_chinese_form() -> None:
    """nplurals=1: one form, used for one and for many alike."""
    for message in translated():
        if not isinstance(message.id, str):
            assert not isinstance(message.string, str)
            assert len(message.string or ()) == 1
            with language("zh-CN"):
                assert {ngettext(message.id[0], message.id[1], count) for count in (0, 1, 2)} == {words_of(message)}


def test_an_error_reads_in_the_language_of_its_reader() -> None:
    """Raised once, shown in two languages: the sentence is put together when it is shown."""
    error = NotFound(N_("There is no run {run}."), mend=RUNS, run=7)
    with language("zh-CN"):
        assert str(error) == "没有批次 7。可用 notifier runs list 查看。"
        assert error.in_console() == "没有批次 7。批次见“审核”页面和各活动页面。"
    with language("en"):
        assert str(error) == "There is no run 7. notifier runs list shows them."
        assert error.in_console() == "There is no run 7. The page “Review” and those of the campaigns show them."


def test_two_requests_never_meet() -> None:
    """The language belongs to the task that chose it."""

    async def spoken(name: str) -> str:
        use_language(name)
        await asyncio.sleep(0)
        return current_language()

    async def both() -> list[str]:
        return list(await asyncio.gather(spoken("zh-CN"), spoken("en")))

    assert asyncio.run(both()) == ["zh-CN", "en"]


def test_no_words_stay_no_words() -> None:
    """gettext answers an empty text with its own header; nobody wants to read that."""
    with language("zh-CN"):
        assert _("") == ""


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("zh_CN.UTF-8", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("en_GB", "en"),
        ("de_DE.UTF-8", "en"),
        ("", "en"),
    ],
)
def test_the_nearest_language(asked: str, given: str) -> None:
    """Every kind of Chinese is zh-CN; whoever reads neither gets English."""
    assert nearest_language(asked) == given


@pytest.mark.parametrize(
    ("environment", "given"),
    [
        ({}, None),
        ({"LANG": "C.UTF-8"}, None),
        ({"LANG": "POSIX"}, None),
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LC_ALL": "en_US.UTF-8", "NOTIFIER_LANGUAGE": "zh-CN"}, "zh-CN"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "zh-CN"),
    ],
)
def test_the_language_of_a_terminal(environment: dict[str, str], given: str | None) -> None:
    """Our own key first, then the terminal's in gettext's order; C and POSIX ask for nothing."""
    assert language_of_environment(environment) == given
