"""Takes the pictures of docs/pictures/: the report of the demo's shop, as the terminal shows it, in both languages.

    .venv/bin/python scripts/pictures.py

The demo is lived through once in a temporary folder; the same seed gives the same pictures.
"""

from __future__ import annotations

import html
import re
import tempfile
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import MONOKAI

from notifier.cli.report import report_of
from notifier.demo.play import START, Script, live_through, open_shop
from notifier.demo.shop import MORNING
from notifier.locale import language
from notifier.reports.render_terminal import print_campaigns

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
WIDTH = 112
CELL = 12.2
FONTS = "'Sarasa Mono SC', 'Noto Sans Mono CJK SC', 'Noto Sans Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
FORMAT = (
    '<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">'
    "<style>.{unique_id}-matrix {{ font-family: " + FONTS + "; font-size: {char_height}px; "
    "line-height: {line_height}px; }} {styles}</style>"
    '<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" '
    'height="{terminal_height}" /></clipPath>{lines}</defs>{chrome}'
    '<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}'
    '<g class="{unique_id}-matrix">{matrix}</g></g></svg>'
)


def main() -> None:
    """Write one picture a language."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        script = Script(folder=Path(folder) / "demo")
        shop = open_shop(script)
        live_through(shop, script, lambda _day, _done: None)
        now = shop.at(START + timedelta(days=script.days), MORNING)
        for name in ("zh-CN", "en"):
            with language(name):
                report = report_of(shop.house, now, None, START, date(2026, 3, 31))
                console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
                print_campaigns(console, report)
            picture = console.export_svg(title="notifier report", theme=MONOKAI, code_format=FORMAT, unique_id="report")
            (PICTURES / f"report-{name}.svg").write_text(_in_cells(picture), encoding="utf-8")
        shop.house.close()


def _in_cells(picture: str) -> str:
    """Text lengths counted in terminal cells: rich counts characters, which squeezes Chinese to half its width."""
    return re.sub(
        r'textLength="[\d.]+"([^>]*)>([^<]*)</text>',
        lambda found: f'textLength="{CELL * cell_len(html.unescape(found[2])):g}"{found[1]}>{found[2]}</text>',
        picture,
    )


if __name__ == "__main__":
    main()
