"""Changes of schedules.yaml as forms make them: which values become which, and the text of the file that says so.

What a form hands over is a campaign (or the guards) as a group of written values; `campaign_changes` and its sisters
say what differs from the file, and `changed` puts just that into its text, comments and order kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from notifier.errors import NotFound, Refused
from notifier.locale import N_
from notifier.schedules.document import top_of
from notifier.schedules.shops import SAME_IN_EVERY_SHOP
from notifier.schedules.splicing import respliced
from notifier.schedules.trees import Change, Path, Tree, at, differences, put, tree_of

__all__ = [
    "Changes", "Group", "campaign_changes", "changed", "enabling", "entry_of", "fits", "guard_changes", "guards_of",
    "new_campaign", "overtaken", "read_tree", "removal",
]  # fmt: skip

Group = Mapping[str, Tree]
Changes = tuple[Change, ...]

IMMUTABLE = ("id", "rule")
"""What makes a campaign the one whose texts the database remembers."""


def read_tree(text: str, file: str) -> dict[str, Tree]:
    """Everything the file says, as written. Raises ScheduleError for what is no schedule."""
    tree = tree_of(top_of(text, file).node)
    assert isinstance(tree, Mapping)  # top_of refuses anything else
    return dict(tree)


def entry_of(tree: Group, key: str, shop: str | None = None) -> dict[str, Tree]:
    """What a campaign says; with `shop`, as that shop of a group has it: its own keys laid over the group's.

    Raises NotFound for a campaign the file does not have.
    """
    entry = at(tree, ("campaigns", key))
    if not isinstance(entry, Mapping):
        raise NotFound(N_("There is no campaign {name} in the file any more."), name=key)
    return {**entry, **_group(at(tree, _own(shop, "campaigns", key)))}


def guards_of(tree: Group, shop: str | None = None) -> dict[str, Tree]:
    """What the guards say; with `shop`, as that shop of a group has them."""
    return {**_group(at(tree, ("guards",))), **_group(at(tree, _own(shop, "guards")))}


def campaign_changes(tree: Group, key: str, entry: Group, shop: str | None = None) -> Changes:
    """What to change so that the campaign says `entry`; with `shop` for that shop of a group alone.

    Raises Refused where it would become another campaign: under the same name nobody would be texted by its rule who
    was texted by the old one.
    """
    before = entry_of(tree, key, shop)
    for name in IMMUTABLE:
        if entry.get(name) != before.get(name):
            raise Refused(
                N_("{name} of a campaign never changes: the database knows by it who was texted. Add a new campaign."),
                name=name,
            )
    if shop is None:
        return tuple(differences(before, entry, ("campaigns", key)))
    for name in SAME_IN_EVERY_SHOP:
        if entry.get(name) != before.get(name):
            raise Refused(N_("{name} is the same in every shop; change it for all of them."), name=name)
    return tuple(_own_changes(tree, ("campaigns", key), before, entry, shop))


def guard_changes(tree: Group, guards: Group, shop: str | None = None) -> Changes:
    """What to change so that the guards say `guards`; with `shop` for that shop of a group alone."""
    before = guards_of(tree, shop)
    if shop is not None:
        return tuple(_own_changes(tree, ("guards",), before, guards, shop))
    return tuple(differences(before, dict(guards), ("guards",)))


def enabling(tree: Group, key: str, *, enabled: bool, shop: str | None = None) -> Changes:
    """What to change so that the campaign runs, or does not; nothing where it is so already."""
    entry = entry_of(tree, key, shop)
    written = entry.get("enabled", "true")
    is_on = str(written).strip().lower() in ("true", "yes", "on")
    return () if is_on == enabled else campaign_changes(tree, key, {**entry, "enabled": str(enabled).lower()}, shop)


def new_campaign(tree: Group, key: str, entry: Group) -> Changes:
    """What to add for a campaign of this key. Raises Refused where there is one already."""
    if at(tree, ("campaigns", key)) is not None:
        raise Refused(N_("There is a campaign {name} already; choose another short name."), name=key)
    return (Change(("campaigns", key), None, entry),)


def removal(tree: Group, key: str) -> Changes:
    """What to take away so that the campaign is gone, with whatever single shops say of it."""
    before = at(tree, ("campaigns", key))
    if before is None:
        raise NotFound(N_("There is no campaign {name} in the file any more."), name=key)
    own = [("shops", shop, "campaigns", key) for shop in _group(tree.get("shops"))]
    written = [(path, at(tree, path)) for path in own]
    return (*(Change(path, value, None) for path, value in written if value is not None),
            Change(("campaigns", key), before, None))  # fmt: skip


def fits(tree: Group, changes: Iterable[Change]) -> bool:
    """Whether every value that is to change still is what it was."""
    return not overtaken(tree, changes)


def overtaken(tree: Group, changes: Iterable[Change]) -> Changes:
    """The changes whose value somebody has changed meanwhile to something else."""
    return tuple(each for each in changes if at(tree, each.path) not in (each.before, each.after))


def changed(text: str, file: str, changes: Sequence[Change]) -> str:
    """The text with these values changed, and every line kept that need not change.

    Raises ScheduleError for a text that is no schedule, and Refused where it cannot be changed piece by piece.
    """
    wanted = read_tree(text, file)
    for change in changes:
        wanted = put(wanted, change.path, change.after)
    return respliced(text, file, wanted)


def _own_changes(tree: Group, path: Path, before: Group, after: Group, shop: str) -> Iterable[Change]:
    """Keys a shop writes itself are replaced whole; one that is as the group has it need not be written."""
    group, own = _group(at(tree, path)), _own(shop, *path)
    for key in (*after, *(key for key in before if key not in after)):
        if after.get(key) == before.get(key):
            continue
        if key not in after and key in group:
            raise Refused(
                N_("The group has {name}, and a single shop cannot leave it out; change it for all shops."), name=key
            )
        wanted = after.get(key) if after.get(key) != group.get(key) else None
        yield Change((*own, key), at(tree, (*own, key)), wanted)


def _own(shop: str | None, *path: str) -> Path:
    """Where a shop of a group writes what it does its own way; nowhere for the group itself."""
    return ("shops", shop, *path) if shop is not None else ("", "")


def _group(tree: Tree | None) -> Group:
    return tree if isinstance(tree, Mapping) else {}
