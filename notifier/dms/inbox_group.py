"""The watched folder of a group: a folder of its own for each shop in it, named by the shop's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from notifier.dms.inbox import FolderWatch, Mark, Sighting, unusable

__all__ = ["GroupWatch", "names_of_shop"]


@dataclass
class GroupWatch:
    """Looks into the folder of every shop; files are named ``key/name``.

    What lies beside the folders belongs to no shop and is passed over. `keys`: those of the shops as they are now.
    """

    folder: Path
    settles: timedelta
    keys: Callable[[], Sequence[str]]
    _watches: dict[str, FolderWatch] = field(default_factory=dict)

    def look(self, now: datetime) -> Sighting:
        """What lies in all of them. Raises BadInput where one cannot be read or made."""
        keys = self.keys()
        seen = {key: self._watch(key).look(now) for key in keys}
        beside = FolderWatch(self.folder, self.settles).look(now)
        strangers = [*beside.settling, *(name for name in beside.passed_over if name not in keys)]
        return Sighting(
            {f"{key}/{name}": mark for key, each in seen.items() for name, mark in each.ready.items()},
            tuple(f"{key}/{name}" for key, each in seen.items() for name in each.settling),
            (*sorted(strangers), *(f"{key}/{name}" for key, each in seen.items() for name in each.passed_over)),
            any(each.left_behind for each in seen.values()),
        )

    def _watch(self, key: str) -> FolderWatch:
        place = self.folder / key
        try:
            if self.folder.is_dir():  # an unmounted share must not be mistaken for an empty one
                place.mkdir(exist_ok=True)
        except OSError as error:
            raise unusable(place, error) from error
        return self._watches.setdefault(key, FolderWatch(place, self.settles))


def names_of_shop(ready: Mapping[str, Mark], key: str) -> dict[str, Mark]:
    """Of the files a `GroupWatch` saw those of one shop, by their names in its folder."""
    start = f"{key}/"
    return {name.removeprefix(start): mark for name, mark in ready.items() if name.startswith(start)}
