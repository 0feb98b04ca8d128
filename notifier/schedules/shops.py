"""The `shop:` of schedules.yaml, or the `shops:` of a group with what each does its own way.

A shop's own keys are laid over the group's before anything is read, so every key of guards and campaigns can be one's
own, and every sentence names the line on which the value stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial

from ruamel.yaml.nodes import MappingNode, ScalarNode

from notifier.errors import ScheduleError
from notifier.locale import LANGUAGES, N_
from notifier.schedules import values
from notifier.schedules.campaigns import Campaign, Guards, ShopSettings
from notifier.schedules.entries import CampaignReader
from notifier.schedules.guards import read_guards
from notifier.schedules.places import Section, Value, nearest

__all__ = ["GroupSettings", "ShopEntry", "read_shops"]

EXAMPLE = "{name: …, signature: …}"
SAME_IN_EVERY_SHOP = ("id", "name", "rule", "kind")
"""What makes a campaign the campaign it is: cycles belong to the id, and reports of the group are read by all four."""


@dataclass(frozen=True, slots=True)
class ShopEntry:
    """One shop as the file has it, with the places where it writes guards and campaigns of its own."""

    settings: ShopSettings
    guards: Value | None = None
    campaigns: Value | None = None


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """What all shops share: as read, and where it stands. None = not read, for what is wrong with it."""

    guards: Guards
    campaigns: Sequence[Campaign]
    guards_entry: Value | None
    campaigns_entry: Value | None
    currency: str

    def of(self, shop: ShopEntry, reader: CampaignReader) -> tuple[Guards, tuple[Campaign, ...]] | None:
        """The shop's own guards and campaigns, None where they are the group's; problems go to those of `reader`."""
        has_other_currency = shop.settings.currency != self.currency
        if shop.guards is None and shop.campaigns is None and not has_other_currency:
            return None
        guards = self.guards
        if shop.guards is not None:
            guards = read_guards(reader.problems, _laid_over(self.guards_entry, shop.guards))
        return guards, self._campaigns(shop, reader, reread=has_other_currency)

    def _campaigns(self, shop: ShopEntry, reader: CampaignReader, *, reread: bool) -> tuple[Campaign, ...]:
        own_reader = copy(reader)
        own_reader.currency = shop.settings.currency
        entries = _entries(self.campaigns_entry)
        own = self._own_entries(shop, reader.problems, entries)
        found: list[Campaign | None] = []
        for campaign in self.campaigns:
            entry = entries[campaign.key]
            if campaign.key in own:
                found.append(own_reader.campaign(campaign.key, _laid_over(entry, own[campaign.key])))
            else:
                found.append(own_reader.campaign(campaign.key, entry) if reread else campaign)
        return tuple(campaign for campaign in found if campaign is not None)

    def _own_entries(
        self, shop: ShopEntry, problems: list[ScheduleError], known: Mapping[str, Value]
    ) -> dict[str, Value]:
        """What the shop writes of campaigns the group has; others are noted."""
        if shop.campaigns is None:
            return {}
        own = dict(Section(shop.campaigns, problems).values())
        for name, entry in own.items():
            if name not in known:
                problems.append(_unknown_campaign(name, entry, known))
            # Keys that stand twice are noted when the entry is read, laid over the group's.
            for key, value in Section(entry, [] if _is_group(entry) else problems).values():
                if key in SAME_IN_EVERY_SHOP:
                    problems.append(
                        value.refuse(
                            N_(
                                "{file}, line {line}: {key} is the same in every shop; remove the line here, or write "
                                "a campaign of its own and switch it on for this shop only."
                            )
                        )
                    )
        return {name: _without(SAME_IN_EVERY_SHOP, entry) for name, entry in own.items() if _is_group(entry)}


def read_shops(top: Section, problems: list[ScheduleError]) -> list[ShopEntry]:
    """The shops of the file, of `shop:` or of `shops:`; what is wrong goes to `problems`."""
    if "shops" not in top:
        one = top.required("shop", partial(_shop, problems, None), EXAMPLE)
        top.optional("shops", _itself, None)  # makes “shops” a known word beside “shop”
        return [one] if one else []
    entries: list[ShopEntry] = top.optional("shops", partial(_shops, problems), [])
    if "shop" in top:
        top.optional("shop", _refuse_both, None)
    return entries


def _refuse_both(value: Value) -> None:
    raise value.refuse(
        N_("{file}, line {line}: the file has “shop” and “shops”; move the one shop into “shops”, under its key.")
    )


def _shops(problems: list[ScheduleError], value: Value) -> list[ShopEntry]:
    entries = _entries(value)
    Section(value, problems)  # notes what is no group of keys, and keys that stand twice
    if not entries and _is_group(value):
        raise value.refuse(
            N_("{file}, line {line}: {key} names no shop; write one, for example {example}."),
            example=f"quanzhou: {EXAMPLE}",
        )
    found = [_shop(problems, key, entry) for key, entry in entries.items()]
    return [shop for shop in found if shop is not None]


def _shop(problems: list[ScheduleError], key: str | None, value: Value) -> ShopEntry | None:
    """One shop; `key`: its word under `shops:`, None for that of `shop:`, which may say its key itself."""
    section = Section(value, problems)
    if key is None:
        own_key: str | None = section.optional("key", values.identity, "main")
    else:
        own_key = _read_key(problems, key, value)
    name = section.required("name", values.name, "东南汽车泉州店")
    signature = section.required("signature", values.signature, "东南泉州")
    zone = section.required("timezone", values.zone, "Asia/Shanghai")
    region = section.required("region", values.region, "CN")
    phone = section.required("phone", values.phone, "0595-22880000")
    language = section.required("language", lambda v: v.choice(LANGUAGES), "zh-CN")
    currency = section.optional("currency", values.currency, "CNY")
    own = [section.optional(each, _itself, None) for each in ("guards", "campaigns")] if key is not None else []
    section.refuse_unknown_keys()
    if not (own_key and name and signature and zone and region and phone and language):
        return None
    return ShopEntry(ShopSettings(own_key, name, signature, zone, region, phone, language, currency), *own)


def _read_key(problems: list[ScheduleError], key: str, value: Value) -> str | None:
    try:
        return values.identity(replace(value, node=ScalarNode("tag:yaml.org,2002:str", key)))
    except ScheduleError as problem:
        problems.append(problem)
        return None


def _itself(value: Value) -> Value:
    return value


def _is_group(value: Value | None) -> bool:
    return value is not None and isinstance(value.node, MappingNode)


def _entries(value: Value | None) -> dict[str, Value]:
    """The keys of a group that has been looked through for problems already."""
    return dict(Section(value, []).values()) if value is not None else {}


def _laid_over(base: Value | None, own: Value) -> Value:
    """`own` with the keys of `base` it does not write itself; each stays on its line."""
    if base is None or not _is_group(own) or not _is_group(base):
        return own
    written = {key.value for key, _value in own.node.value}
    kept = [pair for pair in base.node.value if pair[0].value not in written]
    return replace(own, node=MappingNode(own.node.tag, [*kept, *own.node.value], own.node.start_mark))


def _without(keys: Sequence[str], value: Value) -> Value:
    pairs = [pair for pair in value.node.value if pair[0].value not in keys]
    return replace(value, node=MappingNode(value.node.tag, pairs, value.node.start_mark))


def _unknown_campaign(name: str, entry: Value, known: Mapping[str, Value]) -> ScheduleError:
    near = nearest(name, known)
    if near:
        return entry.refuse(
            N_("{file}, line {line}: {key} is no campaign of the group; did you mean {nearest}?"), nearest=near
        )
    return entry.refuse(
        N_("{file}, line {line}: {key} is no campaign of the group; write it under “campaigns” first. Known: {known}."),
        known=", ".join(known) or "–",
    )
