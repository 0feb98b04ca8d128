"""Imports that began and never ended: which file, and the command that completes it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifier.locale import _
from notifier.locale.records import records_word

if TYPE_CHECKING:
    from notifier.store.imports import ImportMade
    from notifier.wiring import House

__all__ = ["Unfinished"]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Those of every shop."""

    imports: Sequence[ImportMade]

    @classmethod
    def of(cls, house: House) -> Unfinished:
        """As they stand now."""
        from notifier.store.imports import unfinished_imports
        from notifier.store.shops import find_shop

        with house.store.read() as session:
            found = (find_shop(session, shop.key) for shop in house.schedules.shops)
            ids = [shop_id for shop_id in found if shop_id is not None]
            return cls([made for shop_id in ids for made in unfinished_imports(session, shop_id)])

    def mends(self, kinds: Collection[str]) -> Iterator[str]:
        """What to do about those of `kinds`, each with its file."""
        for made in self.imports:
            if made.kind in kinds:
                yield _(
                    "the import of {records} from {source} has not finished; if it broke off, run it again with the "
                    "same file: {command}"
                ).format(records=records_word(made.kind), source=made.source, command=_command(made))


def _command(made: ImportMade) -> str:
    """A query is named by its file and kind, and is asked again by `sync`."""
    if made.source.endswith(f": {made.kind}"):
        return f"notifier sync {made.kind}"
    return f"notifier import {made.kind} {shlex.quote(made.source)}"
