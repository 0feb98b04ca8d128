"""notifier/dms/statements.py: one statement that reads, and nothing else."""

from __future__ import annotations

import pytest

from notifier.dms.statements import one_select, why_not_one_select

READING = (
    "SELECT vin FROM cars",
    "select 1;",
    "  \n-- all cars\nSELECT vin FROM cars -- not sold; really\n",
    "WITH c AS (SELECT * FROM cars) SELECT * FROM c",
    "(SELECT vin FROM cars) UNION (SELECT vin FROM old_cars)",
    "SELECT replace(phone, '-', '') AS phone, last_update, created FROM people",
    "SELECT 'delete; drop' AS note, \"update\", `into`, [exec] FROM t",
    "SELECT $$ ; delete $$, $x$ drop; $x$ FROM t",
    "SELECT /* ; delete from t */ 'it''s; update' FROM t",
    "SELECT 客户编号, 手机 FROM 客户 WHERE 状态 <> '删除'",
)
WRITING = (
    ("DELETE FROM cars", "DELETE"),
    ("update cars set vin = ''", "update"),
    ("SELECT 1; DROP TABLE cars", ";"),
    ("SELECT 1 DROP TABLE cars", "DROP"),
    ("SELECT * INTO copy FROM cars", "INTO"),
    ("SELECT * FROM cars FOR UPDATE", "UPDATE"),
    ("WITH gone AS (DELETE FROM cars RETURNING *) SELECT * FROM gone", "DELETE"),
    ("EXEC refresh_customers", "EXEC"),
    ("SELECT /*!50000 vin INTO OUTFILE '/tmp/x' */ FROM cars", "INTO"),
    ("SELECT 'a' -- it's\n; DELETE FROM cars", ";"),
    ("PRAGMA writable_schema = 1", "PRAGMA"),
    ("-- nothing", "?"),
    (";", "?"),
    ("'SELECT'", "x"),
)


@pytest.mark.parametrize("text", READING)
def test_a_query_that_reads_is_taken(text: str) -> None:
    """Words that write may stand in texts, names and comments."""
    assert why_not_one_select(text) is None


@pytest.mark.parametrize("text, word", WRITING)
def test_what_could_write_is_refused_by_its_word(text: str, word: str) -> None:
    """The word is what staff look for in their query."""
    assert why_not_one_select(text) == word


def test_the_semicolon_behind_a_statement_is_left_out() -> None:
    """The query is put in brackets to be narrowed, where no semicolon may stand."""
    assert one_select("\n SELECT 1 ; ; ") == "SELECT 1"
