"""notifier/dms/file_names.py: what the name of a file says."""

from __future__ import annotations

import os

import pytest

from notifier.dms.file_names import is_called_like_a_table, shown_name


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("二月 客户.csv".encode(), "二月 客户.csv"),
        ("客户.csv".encode("gbk"), "客户.csv"),
        (b"a\nb\x1b[31m.csv", "a_b_[31m.csv"),
        (b"\xff\xfe\xfd.csv", None),
        (("客" * 85).encode()[:249] + b".xlsx", None),
        (b"x" * 255, None),
        (b"noending", "noending"),
    ],
)
def test_names_as_people_and_databases_can_read_them(raw: bytes, shown: str | None) -> None:
    """Whatever bytes they are: valid UTF-8, no control character, room for what is put around, the ending kept."""
    name = shown_name(os.fsdecode(raw))
    assert name == (shown or name)
    assert len(name.encode("utf-8")) <= 180
    assert name.isprintable() or "\ufffd" in name
    assert name.endswith(os.fsdecode(raw[-4:])) or "." not in os.fsdecode(raw)


@pytest.mark.parametrize(
    ("name", "is_table"),
    [
        ("客户.csv", True), ("EXPORT.XLSX", True), ("a.xls", True), ("a.ods", True), ("a.tsv", True), ("a.txt", True),
        ("报价.pdf", False), ("a.docx", False), ("csv", False), ("a.csv.zip", False), ("照片.jpg", False),
    ],
)  # fmt: skip
def test_a_table_is_told_by_its_ending(name: str, is_table: bool) -> None:
    """Only for folders that are nobody's inbox; elsewhere a file's name says nothing."""
    assert is_called_like_a_table(name) is is_table
