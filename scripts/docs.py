"""Lists the pages with their titles and follows every link between them; says which lead nowhere.

A link to the web is not followed: docs must be checkable without a network.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
WEB = ("http://", "https://", "mailto:")


def pages(root: Path) -> list[Path]:
    """Every Markdown page of the project: those at the top and those under docs/."""
    return sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*.md"))


def title_of(page: Path) -> str:
    """The first heading of a page, else its name."""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            return line[2:].strip()
    return page.stem


def anchors_of(page: Path) -> set[str]:
    """The anchors a page offers, one a heading, as GitHub names them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    """The links of a page that lead to no file, or to no heading of their file."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for match in LINK.finditer(text):
        target = match["target"]
        if target.startswith(WEB):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors_of(file)):
            yield target


def main(root: Path = ROOT) -> int:
    """Entry point: 1 where a link leads nowhere."""
    broken = 0
    for page in pages(root):
        print(f"{page.relative_to(root)!s:32} {title_of(page)}")
        for target in broken_links(page):
            print(f"{page.relative_to(root)}: the link to {target} leads nowhere", file=sys.stderr)
            broken += 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
