"""Which files of a folder are taken: all of the watched one, which is theirs; of any other only what is surely meant.

Whoever names a folder by hand may have named the wrong one. There a file is taken only if it is called like a table and
its columns are those of customers, visits, renewals or calls; everything else is left where it lies, and named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from notifier.dms.file_names import is_called_like_a_table, shown_name
from notifier.dms.headers import guess_kind
from notifier.dms.inbox import WORKING, Mark, is_worked_in
from notifier.dms.mappings import Mappings, read_mappings
from notifier.dms.readers import Table, open_table
from notifier.errors import BadInput, NotifierError
from notifier.locale import N_

__all__ = ["Choice", "choose", "opened"]


@dataclass(frozen=True, slots=True)
class Choice:
    """`taken`: what is imported. `left`: tables that are none of ours → why. `others`: what is called like no table."""

    taken: Mapping[str, Mark]
    left: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def choose(folder: Path, ready: Mapping[str, Mark]) -> Choice:
    """Of the `ready` files of a folder that is nobody's inbox, those to import; none is moved or changed.

    Raises BadInput where a mapping in it cannot be used, or where it has a working folder that is not ours.
    """
    mappings = read_mappings(folder)
    taken, left, others = {}, {}, []
    for name in sorted(ready):
        if not is_called_like_a_table(name):
            others.append(shown_name(name))
            continue
        try:
            opened(folder / name, shown_name(name), mappings)
        except NotifierError as error:
            left[shown_name(name)] = str(error)
        else:
            taken[name] = ready[name]
    if taken and (folder / WORKING).exists() and not is_worked_in(folder):
        raise BadInput(
            N_(
                "{folder} has a folder {name} that this program has not made; put the files into a folder of their own."
            ),
            folder=str(folder),
            name=WORKING,
        )
    return Choice(taken, left, tuple(others))


def opened(path: Path, name: str, mappings: Mappings) -> tuple[Table, str, Mapping[str, str]]:
    """A file as a table, with its kind and the mapping that holds for it. Raises BadInput for what is none of ours."""
    table: Table = open_table(path, mappings.columns)
    by_kind = mappings.of_file(table.headers)
    kind = guess_kind(table.headers, by_kind, name=name)
    return table, kind, by_kind[kind]
