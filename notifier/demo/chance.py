"""Where the demo's luck comes from: a stream of its own for each thing, so that a seed always tells the same story."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TypeVar

__all__ = ["chance", "pick"]

T = TypeVar("T")


def chance(*key: object) -> Random:
    """Random numbers that depend on `key` alone: one customer more does not change all the others."""
    return Random(":".join(map(str, key)))  # noqa: S311  a game, no secret


def pick(luck: Random, shares: Mapping[T, float]) -> T:
    """One of the keys, by its share; the shares add up to 1."""
    return luck.choices(list(shares), list(shares.values()))[0]
