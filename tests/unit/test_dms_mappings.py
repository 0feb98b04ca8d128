"""notifier/dms/mappings.py: the mapping files that lie in the watched folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from notifier.dms.headers import count_known
from notifier.dms.mappings import read_mappings
from notifier.errors import BadInput


def test_without_files_there_is_nothing(tmp_path: Path) -> None:
    """Every kind is read by the names we know."""
    mappings = read_mappings(tmp_path)
    assert mappings.of_file(["VIN"]) == {"customers": {}, "visits": {}, "renewals": {}, "contacts": {}}
    assert mappings.columns == {}


def test_the_shared_one_holds_where_it_fits_and_a_kinds_own_one_wins(tmp_path: Path) -> None:
    """One mapping.yaml for all kinds of files: a line counts where the kind has the field and the file the column."""
    (tmp_path / "mapping.yaml").write_text("vin: 底盘\nphone: 联络\norder_no: 序号\n", "utf-8")
    (tmp_path / "visits.mapping.yaml").write_text("order_no: 流水\n", "utf-8")
    mappings = read_mappings(tmp_path)
    assert mappings.of_file(["底 盘", "联络", "流水"]) == {
        "customers": {"vin": "底盘", "phone": "联络"},
        "visits": {"vin": "底盘", "order_no": "流水"},
        "renewals": {"vin": "底盘"},
        "contacts": {"vin": "底盘", "phone": "联络"},
    }
    assert count_known(["底盘", "流水", "序号", "别的"], mappings.columns) == 3


@pytest.mark.parametrize(
    ("text", "words"), [("vin: [1\n", "cannot be read"), ("vim: 底盘\n", "names the field vim")], ids=["torn", "typo"]
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    """Before any data file is touched."""
    (tmp_path / "mapping.yaml").write_text(text, "utf-8")
    with pytest.raises(BadInput, match=words):
        read_mappings(tmp_path)
