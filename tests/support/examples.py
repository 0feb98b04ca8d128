"""The examples of docs/schedules.md, so that what staff copy is what tests have lived through."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tests.support.shop import SHOP

PAGE = Path(__file__).parents[2] / "docs" / "schedules.md"


def example(name: str) -> str:
    """The schedules.yaml of the example that begins with ``# example: NAME``, under the tests' own shop."""
    page = PAGE.read_text(encoding="utf-8")
    block = page.partition(f"    # example: {name}\n")[2].partition("\n\n")[0]
    assert block, f"docs/schedules.md has no example {name}"
    return f"{SHOP}\n{textwrap.dedent(block)}\n"
