"""The mapping files of the watched folder: ``mapping.yaml`` for every kind, ``customers.mapping.yaml`` for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notifier.dms.columns import KINDS
from notifier.dms.headers import normal, read_mapping
from notifier.errors import BadInput
from notifier.locale import N_

__all__ = ["Mappings", "read_mappings"]

SHARED = "mapping.yaml"


@dataclass(frozen=True, slots=True)
class Mappings:
    """`shared`: a line of it holds where the kind has its field and the file its column. `by_kind`: kind → a mapping
    that holds as it stands, before the shared one.
    """

    shared: Mapping[str, str] = field(default_factory=dict)
    by_kind: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def columns(self) -> Mapping[str, str]:
        """Every column named, whatever for: what a header row is found by."""
        every = [*self.shared.values(), *(header for own in self.by_kind.values() for header in own.values())]
        return {header: header for header in every}

    def of_file(self, headers: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Kind → the mapping for a file with these headers."""
        there = {normal(header) for header in headers}
        return {name: {**self._shared_of(name, there), **self.by_kind.get(name, {})} for name in KINDS}

    def _shared_of(self, kind: str, there: set[str]) -> Mapping[str, str]:
        known = KINDS[kind].aliases
        return {name: header for name, header in self.shared.items() if name in known and normal(header) in there}


def read_mappings(folder: Path) -> Mappings:
    """The mapping files of a folder, where there are any. Raises BadInput for one that cannot be read."""
    shared = _read(folder / SHARED)
    known = {name for kind in KINDS.values() for name in kind.aliases}
    if unknown := [name for name in shared if name not in known]:
        raise BadInput(
            N_("{file} names the field {field}, which no kind of file has; docs/import.md lists the fields."),
            file=SHARED,
            field=unknown[0],
        )
    return Mappings(shared, {kind: _read(folder / f"{kind}.{SHARED}") for kind in KINDS})


def _read(path: Path) -> Mapping[str, str]:
    return read_mapping(path) if path.is_file() else {}
