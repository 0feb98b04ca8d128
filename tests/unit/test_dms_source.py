"""notifier/dms/source.py: dms.yaml, read with the line of everything that is wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from notifier.dms.source import DEFAULT_OVERLAP, Query, read_queries
from notifier.errors import ConfigError

GOOD = """\
# what we ask our DMS
visits:
  query: |
    SELECT ro.no AS 工单号, ro.vin, ro.opened AS 进厂日期, ro.changed
    FROM repair_orders ro;
  changed_column: changed
  overlap: 2h
customers:
  query: SELECT * FROM customer_view
  mapping:
    phone: 联络方式一
"""


def written(folder: Path, text: str | bytes) -> Path:
    """A dms.yaml."""
    path = folder / "dms.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_queries_come_in_the_order_of_the_imports(tmp_path: Path) -> None:
    """Customers first, so that no visit waits for its car."""
    queries = read_queries(written(tmp_path, GOOD))
    assert list(queries) == ["customers", "visits"]
    visits, customers = queries["visits"], queries["customers"]
    assert visits.sql.startswith("SELECT ro.no AS 工单号")
    assert visits.sql.endswith("FROM repair_orders ro")
    assert (visits.changed_column, visits.overlap, visits.mapping) == ("changed", timedelta(hours=2), {})
    assert (visits.line, visits.name) == (2, "dms.yaml: visits")
    assert (customers.changed_column, customers.overlap) == (None, DEFAULT_OVERLAP)
    assert customers.mapping == {"phone": "联络方式一"}


@pytest.mark.parametrize(
    "text, line, said",
    [
        ("customer:\n  query: SELECT 1\n", 1, "customer is not a known key; did you mean customers"),
        ("customers:\n  qery: SELECT 1\n", 2, "customers.qery is not a known key; did you mean query"),
        ("customers:\n  xyz: 1\n", 2, "known here: query, changed_column, overlap, mapping"),
        ("customers:\n  changed_column: x\n", 1, "customers has no “query”"),
        ("customers: SELECT 1\n", 1, "customers must be a group of keys"),
        ("customers:\n  query:\n", 2, "customers.query has no value"),
        ("customers:\n  query: [SELECT]\n", 2, "takes one value"),
        ("visits:\n  query: |\n    DELETE FROM t\n", 2, "it has “DELETE” in it"),
        ("visits:\n  query: SELECT 1\n  overlap: soon\n", 3, "visits.overlap is soon"),
        ("visits:\n  query: SELECT 1\n  overlap: 367d\n", 3, "up to 366d"),
        ("visits:\n  query: SELECT 1\n  mapping:\n    plat: 车牌\n", 4, "visits.mapping.plat is not a known key"),
        ("visits:\n  query: SELECT 1\n  query: SELECT 2\n", 3, "a second time, first in line 2"),
        ("visits:\n  query: SELECT 1\nvisits:\n  query: SELECT 2\n", 3, "a second time, first in line 1"),
        ("visits:\n  query: 'SELECT 1\n", 2, "this is not YAML near"),
        ("visits:\n  query: SELECT 1\n bad\n", 3, "this is not YAML near “bad”"),
        ("- visits\n", 1, "must start with keys"),
        ("客户:\n  query: SELECT 1\n", 1, "客户 is not a known key; known here: customers, visits, renewals"),
        ("visits:\n  query: 查询\n".encode("gbk"), 2, "not saved as UTF-8"),
    ],
)
def test_a_refusal_names_the_line(tmp_path: Path, text: str | bytes, line: int, said: str) -> None:
    """One sentence, from which it can be mended."""
    with pytest.raises(ConfigError) as refused:
        read_queries(written(tmp_path, text))
    assert f"dms.yaml, line {line}: " in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n"])
def test_a_file_without_a_query_says_where_to_read_how(tmp_path: Path, text: str) -> None:
    """An empty file is a beginning."""
    with pytest.raises(ConfigError, match=r"holds no query; docs/sync\.md"):
        read_queries(written(tmp_path, text))


def test_a_file_that_is_not_there_or_not_one_is_refused(tmp_path: Path) -> None:
    """The sentence names the setting that points elsewhere."""
    with pytest.raises(ConfigError, match=r"does not exist; .* NOTIFIER_DMS_QUERIES"):
        read_queries(tmp_path / "dms.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_queries(tmp_path)
    with pytest.raises(ConfigError, match="far too large"):
        read_queries(written(tmp_path, "#" * 1_000_001))


def test_another_query_column_mapping_or_place_is_another_digest() -> None:
    """Each changes which rows are read or what is taken from them, so all is read anew; the overlap changes nothing."""
    query = Query("visits", "SELECT 1")
    others = [
        Query("visits", "SELECT 2"),
        Query("visits", "SELECT 1", "changed"),
        Query("visits", "SELECT 1", mapping={"vin": "x"}),
    ]
    digests = {query.digest("a"), query.digest("b"), *(other.digest("a") for other in others)}
    assert len(digests) == 5
    assert Query("visits", "SELECT 1", overlap=timedelta(days=1), line=9).digest("a") == query.digest("a")
