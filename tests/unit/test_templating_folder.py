"""The folder staff edit, and the texts shipped in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from notifier.errors import TemplateError
from notifier.gateways.base import Capabilities
from notifier.templating import Template, TemplateFolder, choose_language, hardest_text, lint

SHIPPED = TemplateFolder(Path(__file__).parents[2] / "templates" / "sms")
NAMES = [
    "anniversary",
    "birthday",
    "event_invitation",
    "first_service",
    "follow_up",
    "follow_up_2",
    "inspection",
    "insurance_early",
    "insurance_last",
    "level",
    "loan_end",
    "maintenance_due",
    "points",
    "recall",
    "referral",
    "thank_you_care",
    "thank_you_d1",
    "thank_you_d7",
    "tips",
    "warranty_end",
    "weather_warning",
    "winback_at_risk",
    "winback_gone",
    "winback_lost",
]
GOOD = "---\ntitle: t\nkind: service\n---\n您好"


def write(folder: Path, name: str, content: bytes | str = GOOD) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_a_wrong_file_keeps_no_other_from_loading(tmp_path: Path) -> None:
    """Good templates and problems come back side by side, each problem naming its file."""
    write(tmp_path, "zh-CN/good.j2")
    write(tmp_path, "zh-CN/wrong.j2", "no front matter")
    write(tmp_path, "en/gbk.j2", GOOD.encode("gbk"))
    write(tmp_path, "en/notes.txt", "not a template")
    write(tmp_path, "en/.hidden.j2", "an editor's leftover")
    templates, problems = TemplateFolder(tmp_path).load_all()
    assert [(template.language, template.name) for template in templates] == [("zh-CN", "good")]
    assert [Path(problem.fields["file"]).name for problem in problems] == ["gbk.j2", "wrong.j2"]
    assert "UTF-8" in str(problems[0])


def test_names_and_languages(tmp_path: Path) -> None:
    """A name is listed once, whatever the languages."""
    for name in ("zh-CN/b.j2", "en/b.j2", "en/a.j2"):
        write(tmp_path, name)
    folder = TemplateFolder(tmp_path)
    assert folder.names() == ["a", "b"]
    assert folder.languages("b") == ["en", "zh-CN"]
    assert folder.load("b", "en").language == "en"


@pytest.mark.parametrize("name", ["../en/a", "birthdya", "/etc/passwd"])
def test_a_name_that_is_no_file_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    """A slip is answered with the nearest name; a path leads nowhere."""
    write(tmp_path, "zh-CN/birthday.j2")
    write(tmp_path, "en/a.j2")
    with pytest.raises(TemplateError, match=r"no template file .*Known: a, birthday"):
        TemplateFolder(tmp_path).load(name, "zh-CN")


def test_an_empty_folder_says_where_templates_belong(tmp_path: Path) -> None:
    """The sentence names the folder and the setting."""
    with pytest.raises(TemplateError, match="NOTIFIER_TEMPLATES"):
        TemplateFolder(tmp_path).load("birthday", "zh-CN")


@pytest.mark.parametrize(
    ("available", "customer", "shop", "chosen"),
    [
        ({"zh-CN", "en"}, "en", "zh-CN", "en"),
        ({"zh-CN", "en"}, None, "zh-CN", "zh-CN"),
        ({"zh-CN", "en"}, "fr", "en", "en"),
        ({"zh-CN", "en"}, "fr", "fr", "zh-CN"),
        ({"en"}, None, "zh-CN", "en"),
        ({"zh-CN", "en"}, "en_GB", "zh-CN", "en"),
        ({"zh-CN", "en"}, "zh", "en", "zh-CN"),
        ({"zh-CN", "zh-TW"}, "zh-tw", "zh-CN", "zh-TW"),
        ({"zh-CN", "zh-TW"}, "zh", "en", "zh-CN"),
        ({"de"}, "fr", "fr", None),
        (set(), "en", "en", None),
    ],
)
def test_the_language_of_a_text(available: set[str], customer: str | None, shop: str, chosen: str | None) -> None:
    """The customer's, else the shop's, else zh-CN, else en: whichever exists."""
    assert choose_language(available, customer, shop) == chosen


def test_every_shipped_text_exists_in_both_languages() -> None:
    """The texts the shipped campaigns name, in Chinese and in English, without a problem."""
    templates, problems = SHIPPED.load_all()
    assert problems == ()
    assert set(NAMES) <= set(SHIPPED.names())
    assert len(templates) == 2 * len(SHIPPED.names())


TWO_WAY = Capabilities(two_way=True, links=True)
ONE_WAY = Capabilities(two_way=False, links=False)
EVERY_SHIPPED_TEXT = pytest.mark.parametrize(
    "template", SHIPPED.load_all().templates, ids=lambda t: f"{t.language}-{t.name}"
)


@pytest.mark.parametrize("gateway", [TWO_WAY, ONE_WAY], ids=["two-way", "one-way"])
@EVERY_SHIPPED_TEXT
def test_every_shipped_text_fits_one_segment_and_pleases_lint(template: Template, gateway: Capabilities) -> None:
    """70 characters in Chinese, 160 in English, with eight for the signature, long values and the way out."""
    _text, segments = hardest_text(template, capabilities=gateway)
    encoding, room = ("UCS-2", 70) if template.language == "zh-CN" else ("GSM-7", 160)
    assert (segments.encoding, segments.count) == (encoding, 1)
    assert segments.units <= room
    assert lint(template) == []
    assert lint(template, capabilities=gateway) == []


@EVERY_SHIPPED_TEXT
def test_every_shipped_text_says_only_what_its_gateway_can_hear(template: Template) -> None:
    """Replies are asked for where they are heard; elsewhere the phone is named, once."""
    heard, unheard = (hardest_text(template, capabilities=gateway)[0] for gateway in (TWO_WAY, ONE_WAY))
    # A warning tells nobody how to hear no more of them.
    assert heard.endswith(("拒收请回复R", "Reply STOP to opt out")) == (template.kind != "safety")
    assert ("回复1" in heard or "回复0" in heard or "Reply 1" in heard or "Reply 0" in heard) == bool(template.replies)
    assert "回复" not in unheard
    assert "reply" not in unheard.lower()
    assert len(re.findall(r"0595-22880000|\+86 595 2288 0000", unheard)) == 1


@pytest.mark.parametrize("name", SHIPPED.names())
def test_both_languages_ask_the_same_of_the_customer(name: str) -> None:
    """Kind and digits do not depend on the language."""
    chinese, english = SHIPPED.load(name, "zh-CN"), SHIPPED.load(name, "en")
    assert (chinese.kind, chinese.replies) == (english.kind, english.replies)
