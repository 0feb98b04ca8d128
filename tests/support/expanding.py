"""What a step of the migrations takes away from, or asks of, programs of the release before it.

They go on writing to the tables they know: nothing of those may vanish, and no row of theirs may be refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

NEVER_DELETED = ("shop",)
"""Tables of which no release deletes a row: a reference to them can refuse nothing."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table as the database itself describes it."""

    columns: dict[str, Any]
    key: Sequence[str]
    uniques: dict[str, Sequence[str]]
    checks: dict[str, str]
    references: dict[str, Any]


Shape = dict[str, TableShape]


def shape_of(engine: sa.Engine) -> Shape:
    """Every table but Alembic's own."""
    seen = sa.inspect(engine)
    return {
        table: TableShape(
            columns={column["name"]: column for column in seen.get_columns(table)},
            key=seen.get_pk_constraint(table)["constrained_columns"],
            uniques=_uniques(seen, table),
            checks={str(check["name"]): str(check["sqltext"]) for check in seen.get_check_constraints(table)},
            references={str(key["name"]): key for key in seen.get_foreign_keys(table)},
        )
        for table in seen.get_table_names()
        if table != "alembic_version"
    }


def _uniques(seen: sa.Inspector, table: str) -> dict[str, Sequence[str]]:
    constraints: dict[str, Sequence[str]] = {
        str(each["name"]): each["column_names"] for each in seen.get_unique_constraints(table)
    }
    indexes: dict[str, Sequence[str]] = {
        str(each["name"]): [column or "an expression" for column in each["column_names"]]
        for each in seen.get_indexes(table)
        if each["unique"]
    }
    return constraints | indexes


def breaches(before: Shape, after: Shape) -> list[str]:
    """What programs that know only `before` would miss or be refused on `after`; empty = they can work with it."""
    found = [f"{table} is gone" for table in before.keys() - after.keys()]
    for table in before.keys() & after.keys():
        found += [f"{table}: {what}" for what in _of_table(before[table], after[table])]
    for table in after.keys() - before.keys():
        found += [f"{table}: {what}" for what in _hold_fast(after[table].references.values(), before)]
    return sorted(found)


def _of_table(before: TableShape, after: TableShape) -> Iterator[str]:
    yield from (f"{name} is gone" for name in before.columns.keys() - after.columns.keys())
    for name in before.columns.keys() & after.columns.keys():
        yield from _of_column(name, before.columns[name], after.columns[name])
    added = after.columns.keys() - before.columns.keys()
    left_empty = {name for name in added if after.columns[name]["default"] is None}
    for name in left_empty:
        if not after.columns[name]["nullable"]:
            yield f"{name} is new, wants a value and has no default"
    if list(before.key) != list(after.key):
        yield "another key"
    yield from _of_uniques(before.uniques, after.uniques, left_empty)
    yield from (f"{check} is a new check" for check in after.checks.keys() - before.checks.keys())
    for reference in after.references.keys() - before.references.keys():
        if not added & set(after.references[reference]["constrained_columns"]):
            yield f"{reference} is a new reference"


def _of_uniques(
    before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]], left_empty: set[str]
) -> Iterator[str]:
    """A column that old programs leave empty makes any two of their rows different."""
    for bar, columns in after.items():
        if columns != before.get(bar) and not left_empty & set(columns):
            yield f"{bar} is a new bar to equal rows"
    for bar in before.keys() - after.keys():
        yield f"{bar} is gone: rows that stood once may stand twice"


def _of_column(name: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    if str(before["type"]) != str(after["type"]):
        yield f"{name} was {before['type']} and is {after['type']}"
    if before["nullable"] and not after["nullable"]:
        yield f"{name} must have a value now"
    if not before["nullable"] and after["nullable"]:
        yield f"{name} may be empty now"
    if before["default"] != after["default"] and before["default"] is not None:
        yield f"{name} has another default"


def _hold_fast(references: Any, before: Shape) -> Iterator[str]:
    """Rows of a new table that keep an old program from deleting what it always deleted (a merged customer)."""
    for reference in references:
        target = reference["referred_table"]
        is_let_go = (reference.get("options") or {}).get("ondelete") in ("CASCADE", "SET NULL")
        if target in before and target not in NEVER_DELETED and not is_let_go:
            yield f"its rows would keep those of {target} from being deleted"
