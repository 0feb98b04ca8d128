"""A template file taken apart and put together again: nothing that was not edited changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.templating import parse_template
from notifier.templating.sources import FrontMatter, front_of, parts_of, with_body, with_front

SHIPPED = sorted(Path("templates/sms").glob("*/*.j2"))
FILE = "---\ntitle: 定期保养提醒  # 门店常用\nkind: service\nreplies: {1: booking, 0: already_done}\n---\n\n您好。\n"

pieces = st.sampled_from(
    ["---", "\n", "\r\n", "title: a", "{{ 车辆.车牌 }}", "您好", " ", "\u2028", "\x0b", "\ufeff", "#"]
)
sources = st.lists(pieces).map("".join)


@given(sources)
def test_the_parts_of_any_text_are_the_text(source: str) -> None:
    """Whatever a file holds, its three parts put together are that file again."""
    assert "".join(parts_of(source)) == source
    assert with_body(source, parts_of(source).body) == source


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_body_is_what_the_parser_renders(file: Path) -> None:
    """The words somebody edits are the words that are parsed."""
    source = file.read_text(encoding="utf-8")
    assert parts_of(source).body == parse_template(source, name="x", language="en", origin="x").body
    assert with_front(source, front_of(source)) == source


def test_another_title_leaves_all_else_as_it_was() -> None:
    """Comment, order, flow style and the empty line survive a change of the title."""
    changed = with_front(FILE, replace(front_of(FILE), title="保养: 提醒"))
    assert changed.startswith("---\ntitle: '保养: 提醒' # 门店常用\n")
    assert front_of(changed).title == "保养: 提醒"
    assert changed.endswith("kind: service\nreplies: {1: booking, 0: already_done}\n---\n\n您好。\n")


def test_what_replies_mean_is_written_as_people_write_it() -> None:
    """Digits stand without quotes in one line; none at all takes the key out."""
    two = with_front(FILE, replace(front_of(FILE), replies={"1": "quote", "km": "odometer"}))
    assert "replies: {1: quote, km: odometer}\n" in two
    none = with_front(FILE, replace(front_of(FILE), replies={}, provider={"alibaba": "SMS_1"}, note="试用"))
    assert "replies" not in none
    assert "provider: {alibaba: SMS_1}\nnote: 试用\n---\n\n您好。\n" in none


def test_a_text_without_front_matter_gets_one() -> None:
    """What a form says goes between fences of its own, above the words."""
    made = with_front("您好", FrontMatter(title="问候", kind="marketing"))
    assert made == "---\ntitle: 问候\nkind: marketing\n---\n您好"
    assert parse_template(made, name="x", language="zh-CN", origin="x").title == "问候"


def test_line_ends_and_the_byte_order_mark_of_windows_stay() -> None:
    """A file written by Notepad is still Notepad's after the form has changed it."""
    source = "\ufeff" + FILE.replace("\n", "\r\n")
    changed = with_front(source, replace(front_of(source), kind="marketing"))
    assert changed == source.replace("kind: service", "kind: marketing")


@pytest.mark.parametrize("front", ["title: [a", "- a\n- b", "title: {a: b}\nkind: 3", ""])
def test_front_matter_that_cannot_be_read_is_empty_in_the_form(front: str) -> None:
    """A form opens for every file; saving it writes what the form says."""
    source = f"---\n{front}\n---\n您好"
    assert front_of(source).title == ""
    mended = with_front(source, FrontMatter(title="问候", kind="marketing"))
    assert parse_template(mended, name="x", language="zh-CN", origin="x").kind == "marketing"
