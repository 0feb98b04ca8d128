"""Files two programs wrote into: half of the names would be read wrong, so they are refused with the lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.dms.readers import open_csv
from notifier.dms.readers.mixture import MixtureWatch
from notifier.errors import BadInput

EVERYDAY = [bytes((first, second)).decode("gb2312") for first in range(0xB0, 0xD7) for second in range(0xA1, 0xFF)]


def written(folder: Path, *lines: tuple[str, str], end: str = "\n") -> Path:
    """A file of these lines, each in its own encoding."""
    path = folder / "x.csv"
    path.write_bytes(b"".join((text + end).encode(encoding) for text, encoding in lines))
    return path


PLAIN = ("VIN,phone,name", "ascii")
GBK = [("V1,1,陈女士", "gbk"), ("V2,2,李明", "gbk")]
UTF_8 = [("V3,3,张三", "utf-8"), ("V4,4,王强先生", "utf-8")]


@pytest.mark.parametrize(
    ("lines", "utf_8", "other"),
    [
        ([PLAIN, *GBK, *UTF_8], 4, 2),
        ([PLAIN, *UTF_8, *GBK], 2, 4),
        ([PLAIN, *[GBK[0]] * 30_000, UTF_8[0]], 30_002, 2),
        ([PLAIN, *[("V1,1,Chen", "ascii")] * 40_000, UTF_8[0], GBK[0]], 40_002, 40_003),
        ([("车架号,手机,姓名", "gbk"), *UTF_8], 2, 1),
        ([("VIN,客户手机,客户姓名", "utf-8"), *GBK], 1, 2),
        ([("车架号码,手机号码,客户姓名", "utf-8"), *GBK], 1, 2),
        ([PLAIN, ("V1,1,古丽·买提", "utf-8"), *GBK], 2, 3),
        ([("車架號,手機號碼,姓名", "big5"), ("V1,1,李明", "utf-8")], 2, 1),
    ],
    ids=["behind", "before", "one of many", "far below", "header of the one", "header of the other", "header unread",
         "a name's dot", "big5"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_in_two_encodings_is_refused_with_both_lines(
    tmp_path: Path, lines: list[tuple[str, str]], utf_8: int, other: int, end: str
) -> None:
    """GBK reads nearly all of UTF-8, as other people's names."""
    with pytest.raises(BadInput) as refused:
        open_csv(written(tmp_path, *lines, end=end))
    said = str(refused.value)
    assert f"line {utf_8} is UTF-8, line {other} is not" in said, said


def test_a_last_line_without_an_end_counts_too(tmp_path: Path) -> None:
    """As a script appends it."""
    path = written(tmp_path, PLAIN, *GBK)
    path.write_bytes(path.read_bytes() + "V9,9,张三".encode())
    with pytest.raises(BadInput, match="line 4 is UTF-8, line 2 is not"):
        open_csv(path)


def test_what_no_encoding_reads_is_named_with_the_line_it_was_read_to(tmp_path: Path) -> None:
    """Three characters of UTF-8 are nine bytes: those GBK refuses by itself, and not the GBK lines are to be mended."""
    with pytest.raises(BadInput, match=r"neither UTF-8 nor GBK \(line 4\)"):
        open_csv(written(tmp_path, PLAIN, *GBK, ("V3,3,张小三", "utf-8"), GBK[0]))


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_lines_over_the_ends_of_blocks(size: int) -> None:
    """A file is read in blocks, and a line may lie in several."""
    raw = "V1,1,陈女士\n".encode("gbk") + "V3,3,张三\n".encode()
    blocks = [raw[at : at + size] for at in range(0, len(raw), size)]
    watch = MixtureWatch("gb18030")
    assert [watch.is_mixed(block) for block in [*blocks, b""]].count(True) == 1


@given(st.lists(st.text(EVERYDAY, min_size=1, max_size=8), min_size=1), st.sampled_from(["", "V1,1,", "闽C12345,"]))
def test_a_file_of_gbk_is_never_taken_for_a_mixture(names: list[str], before: str) -> None:
    """Whatever everyday names stand in it, alone in their lines or behind others."""
    watch = MixtureWatch("gb18030")
    assert not watch.is_mixed("".join(f"{before}{name}\n" for name in names).encode("gb18030"))


@given(st.text(EVERYDAY, min_size=2, max_size=4))
def test_an_everyday_name_in_utf_8_is_never_read_as_gbk(name: str) -> None:
    """It is either refused by GBK itself or noticed."""
    line = f"V1,1,{name},x\n".encode()
    try:
        line.decode("gb18030")
    except UnicodeDecodeError:
        return
    assert MixtureWatch("gb18030").is_mixed(line)
