"""Wordings in words: nobody who has never seen a template meets a brace on the screen."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifier.locale import LANGUAGES, language
from notifier.locale.text_fields import LABELS
from notifier.templating import FIELDS, FLAGS
from notifier.web.console.templates.field_words import chip_fields
from notifier.web.console.templates.presence import Presence, Present
from notifier.web.console.templates.words import in_words, mend_words, plain_sentence, words_of_source
from tests.unit.test_schedules import entry, read

SHIPPED = sorted(Path("templates/sms").glob("*/*.j2"))
MORNING = datetime(2026, 5, 9, 2, tzinfo=UTC)
KEY = ("birthday", "zh-CN")


@pytest.mark.parametrize("tongue", LANGUAGES)
def test_every_field_has_a_name_of_its_own(tongue: str) -> None:
    """Two chips that look alike would put the wrong day into a text."""
    with language(tongue):
        known = chip_fields()
    assert set(LABELS) == set(FIELDS)
    assert len({str(known[name]["label"]) for name in FIELDS}) == len(FIELDS)
    spellings = [(field.name, field.alias) for field in FIELDS.values()]
    spellings += [(flag.name, flag.alias) for flag in FLAGS.values()]
    assert set(known) == {each for both in spellings for each in both}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Dear {{ customer.salutation }}!", "Dear 〔salutation〕!"),
        ("{{-车辆.车牌-}}", "〔plate number〕"),
        ('{{ vehicle.plate | default("car") }}', "〔plate number, or “car”〕"),
        ("{% if gateway.two_way %}1{% else %}2{% endif %}", "〔if replies are heard〕1〔otherwise〕2〔end of if〕"),
        ("{% if not coupon.code and 通道.可回复 %}x", "〔if there is no coupon code and replies are heard〕x"),
        ("{% elif coupon.code %}", "〔or if there is coupon code〕"),
        ("{{ vehicle.plaet }}{{ a.b.c | upper }}{# why #}{% set x %}", "〔vehicle.plaet〕〔code〕〔remark〕〔code〕"),
    ],
)
def test_a_stretch_of_code_is_said_in_words(source: str, said: str) -> None:
    """Fields by their chips' names, conditions as sentences, whatever else as code."""
    assert in_words(source) == said


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_no_shipped_wording_shows_a_brace(file: Path) -> None:
    """What is compared and published is read in words alone."""
    front, body = words_of_source(file.read_text(encoding="utf-8"))
    assert not {"{", "}", "%"} & set(front + body)
    assert not {"〔code〕", "〔remark〕"} & set(re.findall("〔.+?〕", body))


def test_what_a_check_says_names_chips() -> None:
    """The nearest field is told as its chip, not as it is spelled in the file."""
    assert (
        plain_sentence("There is no field a.b. Nearest: 车辆.车牌.")
        == "There is no field a.b. Nearest: 〔plate number〕."
    )
    assert mend_words("vehicle.plate") == "〔plate number〕"
    assert mend_words("...") == "..."


def test_what_a_check_says_names_campaigns() -> None:
    """One key may begin like another, and a name may hold a key: each is told once."""
    birthday = entry("birthday", rule="birthday", stages="{day: 0}")
    second = entry("birthday_2", rule="birthday", stages="{day: 0}", name="winback 客户生日")
    lost = entry("winback", rule="winback", stages="{lost: 12m}")
    told = plain_sentence("birthday_2, birthday and winback use it.", read(birthday, second, lost).campaigns)
    assert told == "winback 客户生日, Birthday and Win-back use it."


def test_people_learn_of_each_other() -> None:
    """Whoever comes or goes is told to the others; one's own second window is no colleague."""
    told: list[str] = []
    presence = Presence()

    def present(person_id: int, name: str, minutes: int) -> Present:
        return Present(person_id, name, MORNING + timedelta(minutes=minutes), lambda: told.append(name))

    presence.enter(KEY, "a", present(1, "陈小燕", 0))
    presence.enter(KEY, "b", present(1, "陈小燕", 1))
    assert presence.others(KEY, 1) == []
    told.clear()
    presence.enter(KEY, "c", present(2, "林静", 2))
    assert told == ["陈小燕", "陈小燕"]
    assert [(each.name, each.since) for each in presence.others(KEY, 2)] == [("陈小燕", MORNING)]
    told.clear()
    presence.leave(KEY, "c")
    presence.leave(KEY, "c")
    presence.leave(("birthday", "en"), "c")
    assert told == ["陈小燕", "陈小燕"]
    assert presence.others(KEY, 1) == []
